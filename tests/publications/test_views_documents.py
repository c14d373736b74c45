"""The agents' Espace Qualité, as its readers and its quality manager use it."""

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from publications import documents
from publications.models import Document, Entry
from sites import files
from sites.models import Agent, Prefecture, TraceEntry
from tests import factories
from tests.sites.test_inspection import blank, opens_with, script, written

HERE = "/agents/bouches-du-rhone/espace-qualite/"
TYPED = {
    "entry": Entry.POLICY.value,
    "audience": "public",
    "title": "Politique de qualité 2021",
    "dated_on": "2021-01-15",
    "starts_on": "",
    "ends_on": "",
    "remark": "",
    "version": "1",
}

ClientOf = Callable[[Agent | None], Client]


@pytest.fixture
def internal(prefecture: Prefecture, claire: Agent) -> Document:
    """Published for the agents of the préfecture alone, with its file."""
    sha256 = files.keep("documents/internal.pdf", b"%PDF-1.7\n%%EOF\n")
    return factories.DocumentFactory(
        number=7,
        prefecture=prefecture,
        created_by=claire,
        entry=Entry.INTERNAL,
        audience=Document.Audience.INTERNAL,
        title="Procédure d’accueil",
        file_name="documents/internal.pdf",
        sha256=sha256,
        is_published=True,
    )


def sent(body: bytes, name: str = "scan0042.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type="application/pdf")


def deposit(browser: Client, body: bytes, **typed: str):
    return browser.post(HERE + "documents/deposer/", TYPED | typed | {"file": sent(body)}, follow=True)


# --- from the file to its readers --------------------------------------------------------------------------


def test_a_document_is_deposited_read_again_and_published(browser: Client, prefecture: Prefecture) -> None:
    draft = deposit(browser, written(blank()))
    assert draft.redirect_chain == [(HERE + "documents/1/", 302)]
    assert "Le document est déposé. Relisez-le, puis publiez-le." in draft.text
    assert "Ce PDF n’est pas balisé\xa0: un lecteur d’écran ne peut pas le lire." in draft.text

    page = browser.post(HERE + "documents/1/publier/", {"version": "1"}, follow=True)

    assert "Le document est publié\xa0: chacun peut le lire." in page.text
    assert "Ce PDF n’est pas balisé" in page.text
    assert [
        (entry.event, entry.about, entry.prefecture)
        for entry in TraceEntry.objects.filter(event="wrote").order_by("pk")
    ] == [
        ("wrote", "Document n° 1, déposé", prefecture),
        ("wrote", "Document n° 1, publié pour\xa0: tout le monde", prefecture),
    ]


def test_a_second_click_publishes_nothing_more(browser: Client, prefecture: Prefecture) -> None:
    deposit(browser, written(blank()))
    browser.post(HERE + "documents/1/publier/", {"version": "1"})
    before = Document.objects.get().published_at

    page = browser.post(HERE + "documents/1/publier/", {"version": "1"}, follow=True)

    assert "Ce document est déjà publié." in page.text
    assert Document.objects.get().published_at == before
    assert TraceEntry.objects.filter(about__contains="publié").count() == 1


def test_sent_twice_a_file_is_one_draft(browser: Client, prefecture: Prefecture) -> None:
    body = written(blank())

    pages = [deposit(browser, body) for _ in range(2)]

    assert [page.redirect_chain for page in pages] == [[(HERE + "documents/1/", 302)]] * 2
    assert Document.objects.count() == 1


def test_a_file_with_a_program_is_refused_and_what_was_typed_is_kept(
    browser: Client, prefecture: Prefecture
) -> None:
    hostile = blank()
    opens_with(hostile, script())

    page = deposit(browser, written(hostile), remark="Signée le 15 janvier.")

    assert page.status_code == 200
    assert "<title>Erreur&nbsp;: Déposer un document" in page.text
    assert "Ce PDF contient un programme ou une action qui sort du document" in page.text
    assert 'value="Politique de qualité 2021"' in page.text
    assert "Signée le 15 janvier." in page.text
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "Écrire le titre du document."),
        ({"title": "a" * 161}, "Ce titre compte 161 caractères\xa0: le ramener à 160 au plus."),
        ({"dated_on": ""}, "Indiquer cette date."),
        ({"dated_on": "2021-02-30"}, "Cette date n’existe pas."),
        ({"dated_on": "0021-01-15"}, "Écrire l’année en entier"),
        ({"entry": ""}, "Choisir la rubrique."),
        ({"entry": "autre"}, "Sélectionnez un choix valide"),
        ({"audience": ""}, "Choisir qui lira ce document."),
        ({"entry": "documents-internes"}, "Un document interne est destiné aux agents de la préfecture."),
        ({"starts_on": "2021-02-01", "ends_on": "2021-01-01"}, "La date de fin doit être égale"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    browser: Client, prefecture: Prefecture, typed: dict[str, str], sentence: str
) -> None:
    page = deposit(browser, written(blank()), **typed)

    assert page.status_code == 200
    assert sentence in page.text
    assert not Document.objects.exists()


def test_a_title_is_one_line_that_reads_as_it_was_typed(browser: Client, prefecture: Prefecture) -> None:
    deposit(browser, written(blank()), title="Politique\n de  qualité \u202e1202")

    assert Document.objects.get().title == "Politique de qualité 1202"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [(b"", "Ce fichier est vide."), (b"PK\x03\x04", "Ce fichier n’est pas un PDF")],
)
def test_another_file_is_refused(browser: Client, prefecture: Prefecture, body: bytes, sentence: str) -> None:
    assert sentence in deposit(browser, body).text


def test_a_new_version_takes_the_place_of_the_former(browser: Client, prefecture: Prefecture) -> None:
    deposit(browser, written(blank()))
    browser.post(HERE + "documents/1/publier/", {"version": "1"})
    form = browser.get(HERE + "documents/deposer/?remplace=1")
    assert 'value="Politique de qualité 2021"' in form.text
    second = blank()
    second.add_blank_page()

    browser.post(
        HERE + "documents/deposer/?remplace=1",
        TYPED | {"title": "Politique de qualité 2024", "file": sent(written(second))},
    )
    browser.post(HERE + "documents/2/publier/", {"version": "1"})

    page = browser.get(HERE + "politique-de-qualite/")
    assert [item.document.title for item in page.context["shelf"].current] == ["Politique de qualité 2024"]
    assert [item.document.title for item in page.context["shelf"].history] == ["Politique de qualité 2021"]
    assert browser.get(HERE + "documents/1/document.pdf").status_code == 200


@pytest.mark.parametrize("number", ["99", "-1", "²", "1" * 40, "abc"])
def test_a_version_of_nothing_is_not_found(browser: Client, prefecture: Prefecture, number: str) -> None:
    assert browser.get(HERE + f"documents/deposer/?remplace={number}").status_code == 404


def test_who_corrects_second_sees_both_and_loses_neither(
    browser: Client, shelved: list[Document], client_of: ClientOf, prefecture: Prefecture
) -> None:
    other = factories.MembershipFactory(prefecture=prefecture).agent
    typed = TYPED | {"title": "Politique 2021 (relue)"}
    client_of(other).post(HERE + "documents/2/corriger/", typed)

    page = browser.post(HERE + "documents/2/corriger/", TYPED | {"title": "Notre politique"})

    assert page.status_code == 409
    assert "<dd>Politique 2021 (relue)</dd>" in page.text
    assert 'value="Notre politique"' in page.text
    assert re.search(r'name="version" value="2"', page.text)
    assert Document.objects.get(number=2).title == "Politique 2021 (relue)"


def test_a_withdrawn_document_is_gone_for_its_readers_and_stays_for_who_publishes(
    browser: Client, internal: Document, basile: Agent, client_of: ClientOf
) -> None:
    reader = client_of(basile)
    assert reader.get(HERE + "documents/7/").status_code == 200
    page = browser.post(HERE + "documents/7/retirer/", {"reason": ""})
    assert "Indiquer le motif du retrait." in page.text

    browser.post(HERE + "documents/7/retirer/", {"reason": "Un nom y figure."})

    assert [reader.get(HERE + f"documents/7/{end}").status_code for end in ("", "document.pdf")] == [404, 404]
    assert "Motif&nbsp;: Un nom y figure." in browser.get(HERE + "documents/7/").text


def test_a_draft_is_thrown_away_with_a_question_first(browser: Client, shelved: list[Document]) -> None:
    assert browser.get(HERE + "documents/2/supprimer/").status_code == 200
    assert Document.objects.count() == 2

    browser.post(HERE + "documents/2/supprimer/")

    assert [document.number for document in Document.objects.all()] == [1]
    assert browser.get(HERE + "documents/1/supprimer/").status_code == 404


# --- who reads what ----------------------------------------------------------------------------------------


def test_every_agent_of_the_prefecture_reads_internal_documents_and_nobody_else(
    internal: Document,
    client_of: ClientOf,
    basile: Agent,
    odile: Agent,
    zoe: Agent,
    paul: Agent,
    elsewhere: Prefecture,
) -> None:
    pages = ["documents/7/", "documents/7/document.pdf"]

    answers = {
        agent.full_name if agent else "visiteur": [
            client_of(agent).get(HERE + page).status_code for page in pages
        ]
        for agent in (basile, odile, zoe, paul, None)
    }

    assert answers == {
        "Basile Roux": [200, 200],
        "Odile Petit": [200, 200],
        "Zoe Keller": [404, 404],
        "Paul Nguyen": [404, 404],
        "visiteur": [302, 302],
    }
    assert client_of(zoe).get("/agents/bas-rhin/espace-qualite/documents/7/").status_code == 404


def test_drafts_and_withdrawn_documents_are_on_no_list_of_readers(
    shelved: list[Document], internal: Document, basile: Agent, claire: Agent, client_of: ClientOf
) -> None:
    documents.withdraw(internal, by=claire, reason="Un nom y figure.")

    def numbers(agent: Agent) -> list[int]:
        page = client_of(agent).get(HERE + "documents/")
        return [row.record.number for row in page.context["listing"]["table"].page.object_list]

    def exported(agent: Agent) -> list[str]:
        answer = client_of(agent).get(HERE + "documents/?export=csv")
        lines = answer.getvalue().decode("utf-8-sig").strip().splitlines()
        return [line.split(";")[0] for line in lines[1:]]

    assert (numbers(claire), numbers(basile)) == ([7, 2, 1], [1])
    assert (exported(claire), exported(basile)) == (["7", "2", "1"], ["1"])
    assert client_of(basile).get(HERE + "documents/2/").status_code == 404


def test_the_list_is_filtered_by_entry_and_state_and_sorted(
    browser: Client, shelved: list[Document], internal: Document
) -> None:
    def numbers(query: str) -> list[int]:
        page = browser.get(HERE + "documents/" + query)
        return [row.record.number for row in page.context["listing"]["table"].page.object_list]

    assert numbers("?state=draft") == [2]
    assert numbers("?state=published&sort=number") == [1, 7]
    assert numbers("?entry=documents-internes") == [7]
    assert numbers("?audience=public&sort=state") == [2, 1]


def test_readers_of_the_entry_see_both_audiences(
    internal: Document, shelved: list[Document], prefecture: Prefecture, basile: Agent, client_of: ClientOf
) -> None:
    Document.objects.filter(pk=internal.pk).update(entry=Entry.POLICY)

    page = client_of(basile).get(HERE + "politique-de-qualite/")

    assert [item.document.number for item in page.context["shelf"].current] == [7, 1]
    assert "réservé aux agents" in page.text
    assert list(page.context["drafts"]) == []
    assert "Déposer un document" not in page.text


@pytest.mark.parametrize("page", ["", "politique-de-qualite/", "documents/", "bilan-annuel/"])
def test_pages_cost_the_same_with_one_and_with_three_documents(
    browser: Client, prefecture: Prefecture, claire: Agent, page: str
) -> None:
    counts = []
    for _ in range(3):
        factories.DocumentFactory(prefecture=prefecture, created_by=claire, is_published=True)
        browser.get(HERE + page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(HERE + page)
        counts.append(len(queries))

    assert len(set(counts)) == 1, counts


# --- introductions, notices --------------------------------------------------------------------------------


def test_an_introduction_is_written_and_who_comes_second_sees_both(
    browser: Client, prefecture: Prefecture
) -> None:
    address = HERE + "comite-local-des-usagers/presentation/"
    browser.post(address, {"text": "Le comité se réunit deux fois par an.", "version": "0"})

    page = browser.post(address, {"text": "Le comité se réunit.", "version": "0"})

    assert page.status_code == 409
    assert "<dd>Le comité se réunit deux fois par an.</dd>" in page.text
    assert "Le comité se réunit.</textarea>" in page.text
    assert "deux fois par an." in browser.get(HERE + "comite-local-des-usagers/").text


def test_hostile_text_is_shown_as_text(
    browser: Client, prefecture: Prefecture, shelved: list[Document]
) -> None:
    hostile = "<script>alert('x')</script>"
    Document.objects.update(title=hostile, remark=hostile)
    browser.post(HERE + "politique-de-qualite/presentation/", {"text": hostile, "version": "0"})

    for page in ("", "politique-de-qualite/", "documents/", "documents/1/", "documents/2/"):
        answer = browser.get(HERE + page)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_notices_say_what_is_left_to_fill_in(browser: Client, prefecture: Prefecture) -> None:
    assert "Les mentions des pages publiques sont à compléter" in browser.get(HERE).text
    typed = {
        "editor": "Préfecture des Bouches-du-Rhône",
        "director": "le préfet des Bouches-du-Rhône",
        "host": "Un centre de données de l’État",
        "email": "qualite@prefecture.test",
        "phone": "",
        "address": "Place de la Préfecture",
        "dpo": "",
        "version": "0",
    }

    browser.post(HERE + "mentions/", typed)

    page = browser.get(HERE + "mentions/")
    assert page.context["missing"] == ["le délégué à la protection des données"]
    assert browser.post(HERE + "mentions/", typed | {"dpo": "dpo@prefecture.test"}).status_code == 409
