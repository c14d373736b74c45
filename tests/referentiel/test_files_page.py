"""What the shipped files say that the rows do not."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from referentiel import editing, loading
from referentiel.loading import Fate
from referentiel.models import Engagement, Module, Question, Referentiel
from tests import factories
from tests.pages import words

pytestmark = pytest.mark.django_db

NAME = "qual-e-pref-2019.toml"
PATH = next(path for path in loading.shipped_files() if path.name == NAME)
PAGE = reverse("shipped_files")


def correct(row, **changes):
    for name, value in changes.items():
        setattr(row, name, value)
    editing.save(row, seen=editing.version_of(row))


def test_a_dry_run_says_what_a_load_does_and_writes_nothing():
    planned = loading.load(PATH, dry=True)

    assert not Referentiel.objects.exists()
    done = loading.load(PATH)
    assert planned == done
    assert [(change.fate, change.where) for change in planned.changes] == [
        (change.fate, change.where) for change in done.changes
    ]
    assert loading.load(PATH, dry=True) == loading.LoadReport(NAME, unchanged=done.created)


def test_a_dry_run_tells_every_fate_apart():
    loading.load(PATH)
    correct(Engagement.objects.get(key="telephone"), title="Décrocher")
    module = Module.objects.get(number=1)
    module.title = "Ancien titre"
    module.save()
    Engagement.objects.get(key="svi").delete()
    factories.EngagementFactory(module=module, key="ancien")

    report = loading.load(PATH, dry=True)

    assert [(change.fate, change.where) for change in report.changes] == [
        (Fate.UPDATED, "module 1"),
        (Fate.KEPT, "engagement telephone"),
        (Fate.CREATED, "engagement svi"),
        (Fate.ORPHAN, "engagement « Qual-e-Pref », « ancien »"),
    ]
    module.refresh_from_db()
    assert module.title == "Ancien titre"


def test_the_command_says_line_by_line_what_would_change():
    out = StringIO()

    call_command("load_referentiels", PATH, dry_run=True, stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0] == "Essai : rien n'est écrit."
    assert lines[2:4] == ["  referentiel : créée", "  module 1 : créée"]
    assert not Referentiel.objects.exists()


def test_the_page_loads_a_file(client_of, paul):
    browser = client_of(paul)

    before = words(browser.get(PAGE))
    answer = browser.post(reverse("shipped_file_load", args=[NAME]), follow=True)

    assert f"{NAME} Lignes à créer : 161. À modifier : 0. Inchangées : 0." in before
    assert f"{NAME} est chargé, lignes créées : 161, modifiées : 0." in words(answer)
    assert f"{NAME} Lignes à créer : 0. À modifier : 0. Inchangées : 161." in words(answer)


def test_a_row_corrected_by_hand_is_shown_and_given_back(client_of, paul):
    loading.load(PATH)
    engagement = Engagement.objects.get(key="telephone")
    correct(engagement, title="Décrocher", code="E11")
    browser = client_of(paul)

    page = browser.get(PAGE)
    said = words(page)
    seen = re.search(r'name="seen" value="(\d+)"', page.content.decode())[1]
    answer = browser.post(
        reverse("shipped_file_take_back", args=[NAME]),
        {"where": "engagement telephone", "seen": seen},
        follow=True,
    )

    assert "Intitulé : Décrocher sur la ligne, Prendre les appels téléphoniques dans le fichier" in said
    assert "« engagement telephone » dit de nouveau ce que dit le fichier." in words(answer)
    engagement.refresh_from_db()
    assert (engagement.title, engagement.code, engagement.edited_by_hand) == (
        "Prendre les appels téléphoniques",
        "E10",
        False,
    )


def test_a_row_corrected_again_meanwhile_is_not_taken_back(client_of, paul):
    loading.load(PATH)
    engagement = Engagement.objects.get(key="telephone")
    correct(engagement, title="Décrocher")
    seen = editing.version_of(engagement)
    correct(engagement, title="Décrocher vite")

    answer = client_of(paul).post(
        reverse("shipped_file_take_back", args=[NAME]),
        {"where": "engagement telephone", "seen": seen},
        follow=True,
    )

    assert "Cette ligne vient d’être corrigée" in words(answer)
    engagement.refresh_from_db()
    assert engagement.title == "Décrocher vite"


def test_a_file_that_cannot_be_read_says_so_and_leaves_the_others(client_of, paul, monkeypatch, tmp_path):
    broken = tmp_path / "essai.toml"
    broken.write_text("[referentiel")
    monkeypatch.setattr(loading, "shipped_files", lambda: [broken, PATH])
    browser = client_of(paul)

    page = words(browser.get(PAGE))
    answer = words(browser.post(reverse("shipped_file_load", args=["essai.toml"]), follow=True))

    assert "essai.toml essai.toml, fin du fichier : ce n'est pas du TOML valide." in page
    assert f"{NAME} Lignes à créer : 161." in page
    assert answer.count("ce n'est pas du TOML valide.") == 2


def test_a_file_that_is_not_shipped_is_not_found(client_of, paul):
    for name in ("..", "autre.toml", "../settings.py"):
        address = reverse("shipped_file_load", args=["x"]).replace("/x/", f"/{name}/")
        assert client_of(paul).post(address).status_code == 404


def test_a_load_keeps_the_answers_to_the_questions():
    loading.load_questions(loading.QUESTIONS)
    question = Question.objects.get(key="suite")
    editing.answer(question, text="Non.", source="Note", on="2026-01-15", seen=editing.version_of(question))
    question.refresh_from_db()
    question.title = "Ancien titre"
    question.save()

    report = loading.load_questions(loading.QUESTIONS)

    question.refresh_from_db()
    assert (report.updated, question.answer) == (1, "Non.")
    assert question.title.startswith("Qual-e-Pref a-t-il été révisé")


@pytest.mark.parametrize(
    ("concern", "said"),
    [
        ('rows = "agent"\ntitle = "x"', "« rows » est l'un de referentiel, module"),
        ('rows = "engagement"\ntitle = "x"\nmot = 1', "« mot » n'est pas une colonne de ces lignes."),
        ('rows = "engagement"', "chaque « concerns » a un « title »."),
    ],
)
def test_a_question_that_names_no_rows_is_refused(tmp_path, concern, said):
    path = tmp_path / "questions.toml"
    path.write_text(f'[[question]]\nkey = "a"\ntitle = "A ?"\n[[question.concerns]]\n{concern}\n')

    with pytest.raises(loading.LoadingError) as error:
        loading.load_questions(path)

    assert said in str(error.value)
