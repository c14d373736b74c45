"""The user guide speaks of pages that exist, by the words that stand on them."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from qualepref.shell import SUBJECTS

ROOT = Path(settings.BASE_DIR)
GUIDE = ROOT / "docs" / "guide"
CHAPTERS = sorted(path.name for path in GUIDE.glob("*.md") if path.name != "README.md")
ENTRIES = {section.label: {page.label for page in section.pages} for section in SUBJECTS}


def text_of(name):
    return re.sub(r"\s+", " ", (GUIDE / name).read_text("utf-8"))


def test_the_index_leads_to_every_chapter():
    linked = re.findall(r"\]\(([\w.-]+\.md)\)", text_of("README.md"))

    assert sorted(linked) == CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_leads_to_files_that_are_there(name):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(name))

    assert [link for link in links if not (GUIDE / link).exists()] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_way_through_the_pages_is_one_that_the_menus_and_the_pages_offer(name):
    """« **Organisation › Unités › Ajouter une unité** »: a subject, its page, then words of that page."""
    sources = [*(ROOT / "templates").rglob("*.html"), *ROOT.glob("*/*.py")]
    words = "\n".join(path.read_text("utf-8") for path in sources).replace("&nbsp;", " ")
    lost = []
    for way in re.findall(r"\*\*([^*]+ › [^*]+)\*\*", text_of(name)):
        subject, page, *buttons = (part.strip(" .:;,") for part in way.split("›"))
        if page not in ENTRIES.get(subject, ()) or any(button not in words for button in buttons):
            lost.append(way)

    assert lost == []
