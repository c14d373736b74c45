"""The Espace Qualité that everybody reads: its entries, their history, the notices."""

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from publications import documents
from publications.models import Bilan, Document, Entry
from referentiel.models import Engagement, Indicator
from sites import files
from sites.models import Agent, Prefecture, Unit
from tests import factories

SLUG = "bouches-du-rhone"
NOTICES = ["public_legal", "public_privacy", "public_accessibility", "public_contact", "public_site_map"]
POLICY = f"/{SLUG}/politique-de-qualite/"


@pytest.fixture
def policy(prefecture: Prefecture, claire: Agent) -> Document:
    """The politique of 2021, published, with its file."""
    sha256 = files.keep("documents/policy.pdf", b"%PDF-1.7\n%%EOF\n")
    return factories.DocumentFactory(
        prefecture=prefecture,
        created_by=claire,
        number=1,
        title="Politique de qualité 2021",
        file_name="documents/policy.pdf",
        sha256=sha256,
        is_published=True,
    )


def titles(page: object, place: str) -> list[str]:
    return [item.document.title for item in getattr(page.context["shelf"], place)]


# --- the entries -------------------------------------------------------------------------------------------


def test_the_home_leads_to_the_seven_entries_and_says_which_are_empty(
    client: Client, prefecture: Prefecture, policy: Document
) -> None:
    page = client.get(f"/{SLUG}/")

    assert [shelf.entry.label for shelf in page.context["shelves"]] == [
        "Politique de qualité",
        "Engagements qualité",
        "Enquêtes auprès des usagers",
        "Suggestions et réclamations",
        "Comité local des usagers (CLU)",
        "Bilan annuel",
        "Synthèse annuelle du contrôle de légalité",
    ]
    assert page.text.count("Rien n’est encore publié ici") == 6
    assert "Politique de qualité 2021" in page.text
    assert "Mis à jour le 20 janvier 2021." in page.text


@pytest.mark.parametrize("entry", Entry.of_the_public())
def test_an_empty_entry_says_so_and_is_a_page_like_the_others(
    client: Client, prefecture: Prefecture, entry: Entry
) -> None:
    page = client.get(f"/{SLUG}/{entry}/")

    assert page.status_code == 200
    assert "Aucun document n’est publié dans cette rubrique pour l’instant." in page.text


def test_internal_documents_have_no_public_entry(client: Client, prefecture: Prefecture) -> None:
    assert client.get(f"/{SLUG}/documents-internes/").status_code == 404


def test_an_entry_shows_what_holds_and_what_held(
    client: Client, prefecture: Prefecture, policy: Document, claire: Agent
) -> None:
    old = factories.ReferentielFactory(short_title="Qualipref 2.0")
    new = factories.ReferentielFactory(short_title="Qual-e-Pref")
    factories.AdoptionFactory(prefecture=prefecture, referentiel=old, ends_on=datetime.date(2017, 12, 31))
    factories.AdoptionFactory(prefecture=prefecture, referentiel=new, starts_on=datetime.date(2018, 1, 1))
    own = {"prefecture": prefecture, "created_by": claire, "is_published": True}
    factories.DocumentFactory(
        title="Politique 2016",
        dated_on=datetime.date(2016, 3, 1),
        replaced_at=policy.published_at,
        number=2,
        **own,
    )
    factories.DocumentFactory(title="Note de 2019", ends_on=datetime.date(2019, 12, 31), number=3, **own)

    page = client.get(POLICY)

    assert titles(page, "current") == ["Politique de qualité 2021"]
    assert titles(page, "history") == ["Note de 2019", "Politique 2016"]
    assert [item.referentiels for item in page.context["shelf"].history] == [
        ["Qual-e-Pref"],
        ["Qualipref 2.0"],
    ]
    assert "Référentiel suivi à cette date&nbsp;: Qualipref 2.0." in page.text


def test_an_introduction_stands_at_the_head_of_its_entry_with_its_date(
    client: Client, prefecture: Prefecture
) -> None:
    introduction = documents.introduction_of(prefecture, Entry.CLU)
    documents.introduce(introduction, text="Deux fois par **an**.\n\nOuvert <b>à tous</b>.", seen_version=0)

    page = client.get(f"/{SLUG}/comite-local-des-usagers/")

    assert "<p>Deux fois par <strong>an</strong>.</p>\n<p>Ouvert &lt;b&gt;à tous&lt;/b&gt;.</p>" in page.text
    assert "Mis à jour le " in page.text


def test_the_engagements_followed_today_are_listed_without_any_document(
    client: Client, figures: Indicator, prefecture: Prefecture
) -> None:
    Engagement.objects.update(title="Nous répondons à vos courriels en cinq jours")
    factories.EngagementFactory(module=figures.engagement.module, title="")
    elsewhere = factories.ModuleFactory(referentiel=figures.engagement.referentiel)
    factories.EngagementFactory(module=elsewhere, title="Nous délivrons les titres")

    page = client.get(f"/{SLUG}/engagements-qualite/")

    (promise,) = page.context["promises"]
    assert [engagement.title for engagement in promise.themes[0].engagements] == [
        "Nous répondons à vos courriels en cinq jours"
    ]
    assert "Un autre engagement du référentiel n’est pas repris ici" in page.text
    assert "Nous délivrons les titres" not in page.text  # of a module that no service keeps


def test_the_entry_of_the_bilan_leads_to_the_published_ones(client: Client, published: Bilan) -> None:
    page = client.get(f"/{SLUG}/bilan-annuel/")

    assert [bilan.year for bilan in page.context["bilans"]] == [2018]
    assert reverse("public_bilan", args=[SLUG, 2018]) in page.text
    assert "Aucun document" not in page.text


def test_a_document_says_what_keeps_people_from_reading_it(client: Client, policy: Document) -> None:
    assert "PDF balisé, avec sa langue et son titre (contrôle automatique)" in client.get(POLICY).text
    Document.objects.update(lacks=["text", "tags"])

    page = client.get(POLICY)

    assert "Accessibilité&nbsp;: ce document a des défauts" in page.text
    assert "Ce PDF n’est pas balisé\xa0: un lecteur d’écran ne peut pas le lire." in page.text
    assert "Sur 1 autre document en ligne, 1 a des défauts" in client.get(f"/{SLUG}/accessibilite/").text


# --- before, during, after ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"published_at": None, "published_by": None},
        {"audience": "internal"},
        {"audience": "internal", "entry": "documents-internes"},
    ],
)
def test_what_is_not_for_the_public_is_nowhere(
    client: Client, policy: Document, changes: dict[str, str | None]
) -> None:
    Document.objects.update(**changes)

    assert client.get(f"/{SLUG}/documents/1.pdf").status_code == 404
    for page in ("", "politique-de-qualite/", "plan-du-site/"):
        assert "Politique de qualité 2021" not in client.get(f"/{SLUG}/{page}").text


def test_what_is_withdrawn_is_gone_at_once_from_a_cache_too(
    client: Client, policy: Document, claire: Agent
) -> None:
    file, page = client.get(f"/{SLUG}/documents/1.pdf"), client.get(POLICY)
    known = {"if-none-match": file["ETag"]}
    assert client.get(f"/{SLUG}/documents/1.pdf", headers=known).status_code == 304
    assert client.get(POLICY, headers={"if-none-match": page["ETag"]}).status_code == 304

    documents.withdraw(policy, by=claire, reason="Un nom y figure.")

    assert client.get(f"/{SLUG}/documents/1.pdf", headers=known).status_code == 404
    after = client.get(POLICY, headers={"if-none-match": page["ETag"]})
    assert (after.status_code, titles(after, "current"), titles(after, "history")) == (200, [], [])
    assert (file["Cache-Control"], page["Cache-Control"]) == ("no-cache", "no-cache")


def test_a_document_answers_only_under_its_own_prefecture(
    client: Client, policy: Document, elsewhere: Prefecture
) -> None:
    assert client.get(f"/{SLUG}/documents/1.pdf").status_code == 200
    assert client.get("/bas-rhin/documents/1.pdf").status_code == 404
    assert "Politique de qualité 2021" not in client.get("/bas-rhin/politique-de-qualite/").text


def test_the_file_has_a_readable_name_and_its_own_type(client: Client, policy: Document) -> None:
    response = client.get(f"/{SLUG}/documents/1.pdf")

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="politique-de-qualite-2021.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_was_changed_on_the_disk_is_not_shown(client: Client, policy: Document) -> None:
    files.path_of(policy.file_name).write_bytes(b"%PDF-1.7 something else")

    assert client.get(f"/{SLUG}/documents/1.pdf").status_code == 503
    assert client.get(POLICY).status_code == 200


# --- the notices -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTICES)
def test_every_page_of_the_prefecture_leads_to_its_notices(
    client: Client, prefecture: Prefecture, name: str
) -> None:
    address = reverse(name, args=[SLUG])

    assert client.get(address).status_code == 200
    for page in ("", "politique-de-qualite/", "contact/"):
        assert f'href="{address}"' in client.get(f"/{SLUG}/{page}").text
    assert client.get(reverse(name, args=["atlantide"])).status_code == 404


def test_empty_notices_say_it_to_agents_and_a_sentence_to_the_public(
    client: Client, prefecture: Prefecture, claire: Agent, client_of: Callable[[Agent], Client]
) -> None:
    public, agent = (
        client.get(f"/{SLUG}/mentions-legales/"),
        client_of(claire).get(f"/{SLUG}/mentions-legales/"),
    )

    assert "À compléter" not in public.text
    assert "Le nom de l’hébergeur peut être demandé à la préfecture." in public.text
    assert agent.text.count("À compléter") == 3


def test_notices_that_were_typed_are_read(client: Client, prefecture: Prefecture, siege: Unit) -> None:
    factories.SiteFactory(unit=siege, name="Peytral", address="1 rue Fictive\n13000 Marseille")
    said = {"host": "Un centre\n<b>de données</b>", "email": "qualite@prefecture.test", "dpo": "Le DPO"}
    documents.notify(documents.notices_of(prefecture), said, seen_version=0)

    assert "Un centre<br>&lt;b&gt;de données&lt;/b&gt;" in client.get(f"/{SLUG}/mentions-legales/").text
    assert "Le DPO" in client.get(f"/{SLUG}/donnees-personnelles/").text
    contact = client.get(f"/{SLUG}/contact/").text
    assert "mailto:qualite@prefecture.test" in contact
    assert "1 rue Fictive<br>13000 Marseille" in contact
    assert "Défenseur des droits" in contact


def test_the_notices_of_the_installation_lead_to_those_of_each_prefecture(
    client: Client, prefecture: Prefecture, elsewhere: Prefecture
) -> None:
    page = client.get("/mentions-legales/").text

    assert f'href="/{SLUG}/mentions-legales/"' in page
    assert 'href="/bas-rhin/donnees-personnelles/"' in page


def test_security_txt_says_whom_to_tell_and_until_when(client: Client, settings: Settings) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:securite@prefecture.test"
    settings.SECURITY_CONTACT_UNTIL = datetime.date(2027, 11, 30)

    response = client.get("/.well-known/security.txt")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == (
        "Contact: mailto:securite@prefecture.test\n"
        "Expires: 2027-11-30T00:00:00Z\n"
        "Preferred-Languages: fr, en\n"
        "Canonical: http://127.0.0.1:8000/.well-known/security.txt\n"
    )


# --- for everybody -----------------------------------------------------------------------------------------


def test_no_public_page_leaves_a_cookie(client: Client, published: Bilan, policy: Document) -> None:
    addresses = [
        "/",
        f"/{SLUG}/",
        *(f"/{SLUG}/{entry}/" for entry in Entry.of_the_public()),
        *(reverse(name, args=[SLUG]) for name in NOTICES),
        f"/{SLUG}/documents/1.pdf",
        f"/{SLUG}/bilans/2018/",
        "/mentions-legales/",
        "/accessibilite/",
    ]

    for address in addresses:
        response = client.get(address)
        assert (response.status_code, response.cookies) == (200, {}), address


@pytest.mark.parametrize("page", ["", "politique-de-qualite/", "engagements-qualite/", "plan-du-site/"])
def test_pages_cost_the_same_with_one_and_with_three_documents(
    client: Client, figures: Indicator, prefecture: Prefecture, claire: Agent, page: str
) -> None:
    counts = []
    for _ in range(3):
        factories.DocumentFactory(prefecture=prefecture, created_by=claire, is_published=True)
        factories.EngagementFactory(module=figures.engagement.module)
        factories.SiteFactory(unit__prefecture=prefecture)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/{SLUG}/{page}")
        counts.append(len(queries))

    assert len(set(counts)) == 1, counts
