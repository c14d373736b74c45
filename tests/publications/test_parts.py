"""Two people who write the same part: neither loses a word."""

from functools import partial

import pytest

from publications import parts
from publications.models import Part
from sites.conflicts import ConflictError
from sites.models import Prefecture
from tests.races import at_once, refusals

SUMMARY = Part.Section.SUMMARY


def test_a_part_that_nobody_wrote_is_empty_and_not_yet_a_row(prefecture: Prefecture) -> None:
    part = parts.find(prefecture, 2018, SUMMARY)

    assert (part.text, part.version, part.pk) == ("", 0, None)


def test_each_version_is_numbered_and_kept_in_the_history(prefecture: Prefecture) -> None:
    part = parts.find(prefecture, 2018, SUMMARY)
    parts.write(part, text="Un.", seen_version=0)
    parts.write(part, text="Deux.", seen_version=1)

    saved = parts.find(prefecture, 2018, SUMMARY)
    assert (saved.text, saved.version) == ("Deux.", 2)
    assert [line.text for line in saved.history.order_by("history_id")] == ["Un.", "Deux."]


def test_a_part_may_be_emptied(prefecture: Prefecture) -> None:
    part = parts.find(prefecture, 2018, SUMMARY)
    parts.write(part, text="Un.", seen_version=0)
    parts.write(part, text="", seen_version=1)

    assert parts.find(prefecture, 2018, SUMMARY).text == ""


def test_a_part_that_nobody_wrote_yet_is_in_conflict_with_nobody(prefecture: Prefecture) -> None:
    parts.write(parts.find(prefecture, 2018, SUMMARY), text="Un.", seen_version=12)

    assert parts.find(prefecture, 2018, SUMMARY).text == "Un."


def test_what_was_read_too_early_is_not_overwritten(prefecture: Prefecture) -> None:
    part = parts.find(prefecture, 2018, SUMMARY)
    parts.write(part, text="Un.", seen_version=0)

    with pytest.raises(ConflictError) as conflict:
        parts.write(part, text="Deux.", seen_version=0)

    assert (conflict.value.saved.text, conflict.value.saved.version) == ("Un.", 1)
    assert parts.find(prefecture, 2018, SUMMARY).text == "Un."


def test_the_same_part_of_another_year_is_another_text(prefecture: Prefecture) -> None:
    parts.write(parts.find(prefecture, 2018, SUMMARY), text="Un.", seen_version=0)
    parts.write(parts.find(prefecture, 2019, SUMMARY), text="Deux.", seen_version=0)

    assert parts.find(prefecture, 2018, SUMMARY).text == "Un."


@pytest.mark.django_db(transaction=True)
def test_two_who_write_the_first_version_at_once_make_one_text_and_one_conflict(
    prefecture: Prefecture,
) -> None:
    seen = [parts.find(prefecture, 2018, SUMMARY) for _ in range(2)]

    outcomes = at_once(
        *(
            partial(parts.write, part, text=text, seen_version=0)
            for part, text in zip(seen, ("Un.", "Deux."), strict=True)
        )
    )

    (conflict,) = refusals(outcomes, ConflictError)
    saved = Part.objects.get()
    assert saved.version == 1
    assert saved.text == ("Un.", "Deux.")[1 - outcomes.index(conflict)]
    assert conflict.saved.text == saved.text
