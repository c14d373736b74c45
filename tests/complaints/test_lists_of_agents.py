"""What agents do with the work lists: give cases to a service, keep a view, search; and what stays hidden."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from complaints import keeping, register
from complaints.models import Case, KeptList
from complaints.worklists import LATE
from sites.models import Membership, TraceEntry
from tests.factories import CaseFactory, MembershipFactory, ServiceFactory

AGENTS = "/agents/bouches-du-rhone/"
HERE = f"{AGENTS}affaires/"
GIVE = f"{HERE}confier/"
VIEWS = f"{HERE}vues/"


@pytest.fixture
def titres(arles):
    return ServiceFactory(unit=arles, name="Bureau des titres", short_name="BT")


@pytest.fixture
def cases(accueil, titres):
    """Two of the siège, and one of Arles that names nobody."""
    return [
        CaseFactory(
            unit=accueil.unit, service=accueil, number=1, subject="Siège un", searchable="2020 0001 siege"
        ),
        CaseFactory(
            unit=accueil.unit, service=accueil, number=2, subject="Siège deux", searchable="2020 0002 siege"
        ),
        CaseFactory(
            unit=titres.unit, service=titres, number=3, subject="Arles trois", searchable="2020 0003 arles"
        ),
    ]


def words(response):
    page = response.text
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(strip_tags(main).replace("\xa0", " ").replace("&nbsp;", " ").split())


def tick(*cases):
    return [f"{case.pk}-{case.version}" for case in cases]


# --- given together ----------------------------------------------------------------------------------------


def test_ticked_cases_are_given_together_and_one_returns_to_the_same_list(cases, titres, browser):
    list_url = f"{HERE}liste/a-traiter/?kind=enquiry"
    assert browser.get(list_url).text.count('form="confier" name="cases"') == 3
    asked = browser.get(GIVE, {"cases": tick(*cases[:2]), "retour": list_url})
    assert "2 affaires changent de service ensemble" in words(asked)
    assert Case.objects.filter(service=titres).count() == 1

    typed = {
        "cases": tick(*cases[:2]),
        "retour": list_url,
        "place": f"service-{titres.pk}",
        "remark": "Pour vous.",
    }
    answer = browser.post(GIVE, typed)

    assert answer.url == list_url
    assert "2 affaires sont confiées à « Bureau des titres »." in words(browser.get(list_url))
    moved = Case.objects.filter(service=titres, unit=titres.unit, version=2)
    assert [case.events.get().remark.text for case in moved] == ["Pour vous."] * 2


def test_all_are_given_or_none_and_who_was_overtaken_is_told(cases, titres, browser, claire):
    seen = tick(*cases[:2])
    on = cases[1].prefecture.today()
    register.acknowledge(cases[1], sent_on=on, seen=1, by=claire, on=on)

    answer = browser.post(GIVE, {"cases": seen, "place": f"service-{titres.pk}"})

    assert answer.status_code == 409
    assert "L’affaire n° 2020-0002 a changé entre-temps." in words(answer)
    assert Case.objects.filter(service=titres).count() == 1
    again = re.findall(r'name="cases" value="([\d-]+)"', answer.text)
    assert browser.post(GIVE, {"cases": again, "place": f"service-{titres.pk}"}).status_code == 302
    assert Case.objects.filter(service=titres).count() == 3


def test_ticked_cases_sent_twice_are_given_once(cases, titres, accueil, browser, claire, client_of):
    """By who still handles them, and by who has given them away."""
    referent = MembershipFactory(
        role=Membership.Role.REFERENT, prefecture=titres.unit.prefecture, unit=accueil.unit
    ).agent
    for client, case in ((browser, cases[0]), (client_of(referent), cases[1])):
        sent = {"cases": tick(case), "place": f"service-{titres.pk}", "remark": "Pour vous."}
        answers = [client.post(GIVE, sent) for _ in range(2)]
        assert [answer.get("Location") for answer in answers] == [HERE] * 2
        assert [event.kind for event in case.events.all()] == ["assigned"]
    assert client.post(GIVE, {**sent, "cases": tick(cases[0])}).status_code == 404


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("", "Choisir un service, ou une unité."),
        ("service-999999", "Ce service n’est plus ouvert : en choisir un autre."),
    ],
)
def test_a_place_that_is_none_is_refused_in_words(place, sentence, cases, browser):
    answer = browser.post(GIVE, {"cases": tick(cases[0]), "place": place})

    assert sentence in words(answer)
    assert "Siège un" in words(answer)


def test_nothing_ticked_says_what_to_do(cases, browser):
    for ticked in ([], ["x", "1-", "-1-1", "1" * 40 + "-1"]):
        assert "Aucune affaire à traiter n’est cochée" in words(browser.get(GIVE, {"cases": ticked}))


def test_one_gives_to_a_unit_that_will_find_a_service(cases, arles, browser):
    browser.post(GIVE, {"cases": tick(cases[0]), "place": f"unite-{arles.pk}"})

    case = Case.objects.get(pk=cases[0].pk)
    assert (case.unit, case.service) == (arles, None)


def test_one_returns_nowhere_else(cases, titres, browser):
    for elsewhere in ("https://ailleurs.test/", "//ailleurs.test", "/agents/bas-rhin/affaires/"):
        answer = browser.post(
            GIVE, {"cases": tick(cases[0]), "place": f"service-{titres.pk}", "retour": elsewhere}
        )
        assert answer.url == HERE
        cases[0].refresh_from_db()


# --- kept under a name -------------------------------------------------------------------------------------


def keep(browser, title, query="", worklist="en-retard"):
    return browser.post(VIEWS, {"title": title, "query": query, "worklist": worklist}, follow=True)


def test_a_view_keeps_the_filters_that_mean_something_and_opens_them_again(cases, browser, arles):
    """A name that was searched is kept nowhere."""
    query = f"unit={arles.pk}&q=Dominique+Petit&kind=enquiry&month=1999-13&page=4&sort=-due_on&x=1"
    page = keep(browser, "  Les  miens ", query)

    kept = KeptList.objects.get()
    expected = f"?kind=enquiry&sort=-due_on&unit={arles.pk}"
    assert (kept.title, kept.worklist, kept.address) == ("Les miens", "en-retard", expected)
    assert page.redirect_chain == [(f"{HERE}liste/en-retard/{expected}", 302)]
    assert f'href="{HERE}liste/en-retard/{expected}"'.replace("&", "&amp;") in browser.get(HERE).text


def test_a_view_is_renamed_and_removed(browser, claire, prefecture):
    kept = keeping.keep(claire, prefecture, "Retards", LATE, {})
    keeping.keep(claire, prefecture, "Autre", LATE, {})

    refused = browser.post(f"{VIEWS}{kept.pk}/", {"title": "Autre"})
    assert "Vous avez déjà une vue de ce nom." in words(refused)
    assert f'id="vue-{kept.pk}-title"' in refused.text
    browser.post(f"{VIEWS}{kept.pk}/", {"title": "Mes retards"})
    assert {one.title for one in KeptList.objects.all()} == {"Autre", "Mes retards"}
    browser.post(f"{VIEWS}{kept.pk}/retirer/")
    assert KeptList.objects.get().title == "Autre"
    assert not TraceEntry.objects.filter(about__contains="retards").exists()


def test_a_name_is_asked_for_and_what_was_filtered_is_not_lost(browser, claire, prefecture):
    refused = browser.post(VIEWS, {"title": " ", "query": "kind=enquiry", "worklist": "tous"})
    assert "Donner un nom à cette vue." in words(refused)
    assert 'value="kind=enquiry"' in refused.text

    for number in range(keeping.MOST):
        keeping.keep(claire, prefecture, f"Vue {number}", LATE, {})
    assert "Vous gardez déjà 20 vues : en retirer une d’abord." in words(keep(browser, "De trop"))


# --- searched from every page ------------------------------------------------------------------------------


def test_a_number_opens_its_case_and_words_find_theirs(cases, browser):
    found = browser.get(f"{AGENTS}recherche/", {"q": "SIÈGE"})

    assert browser.get(f"{AGENTS}recherche/", {"q": "2020-3"}).url == f"{HERE}2020/3/"
    assert "N° 2020-0002, Siège deux" in words(found)
    assert "Arles" not in words(found)
    assert f'href="{HERE}liste/tous/?q=SI%C3%88GE"' in found.text
    assert 'role="search" action="/agents/bouches-du-rhone/recherche/"' in browser.get("/agents/").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Écrire un numéro, un nom ou des mots."),
        ("?!", "Écrire un numéro, un nom ou des mots."),
        ("\x00", "Écrire un numéro, un nom ou des mots."),
        ("a" * 201, "Chercher moins de mots à la fois."),
        ("introuvable", "Rien ne répond à cette recherche"),
        ("2020-99", "Rien ne répond à cette recherche"),
    ],
)
def test_a_search_that_finds_nothing_says_what_to_type(typed, sentence, cases, browser):
    assert sentence in words(browser.get(f"{AGENTS}recherche/", {"q": typed}))


@pytest.mark.parametrize("number", [1, 30])
def test_a_search_costs_the_same_for_one_case_and_for_thirty(
    number, accueil, claire, client_of, django_assert_num_queries
):
    CaseFactory.create_batch(number, unit=accueil.unit, service=accueil, searchable="essai")
    browser = client_of(claire)

    with django_assert_num_queries(5):  # session, agent, memberships, cases, malfunctions
        page = browser.get(f"{AGENTS}recherche/", {"q": "essai"})
    assert page.text.count('<li><a href="/agents/bouches-du-rhone/affaires/20') == min(number, 10)


# --- who sees what -----------------------------------------------------------------------------------------


def test_a_referent_meets_no_case_of_another_unit_by_any_door(cases, titres, rachid, claire, client_of):
    browser = client_of(rachid)
    own, hidden = cases[2], cases[0]
    doors = [
        browser.get(f"{HERE}liste/tous/"),
        browser.get(f"{HERE}liste/tous/", {"q": "siege"}),
        browser.get(f"{HERE}liste/tous/", {"unit": hidden.unit_id}),
        browser.get(f"{HERE}liste/tous/", {"service": hidden.service_id}),
        browser.get(f"{AGENTS}recherche/", {"q": "siege"}),
        browser.get(f"{AGENTS}recherche/", {"q": "2020-0001"}),
        browser.get("/agents/"),
        browser.get(VIEWS),
    ]
    assert not any("Siège" in words(page) for page in doors)
    assert re.findall(r">Toutes <span[^>]*>(\d+)<", doors[0].text) == ["1"]
    export = browser.get(f"{HERE}liste/tous/", {"export": "csv"}).content.decode()
    assert ("Arles trois" in export, "Siège" in export) == (True, False)

    for ticked in (tick(hidden), tick(own, hidden)):
        assert browser.get(GIVE, {"cases": ticked}).status_code == 404
        assert browser.post(GIVE, {"cases": ticked, "place": f"service-{titres.pk}"}).status_code == 404
    assert Case.objects.get(pk=hidden.pk).version == 1

    kept = keeping.keep(claire, hidden.prefecture, "Les retards de Claire", LATE, {})
    assert "Claire" not in browser.get(HERE).text
    assert browser.post(f"{VIEWS}{kept.pk}/", {"title": "Volée"}).status_code == 404
    assert browser.post(f"{VIEWS}{kept.pk}/retirer/").status_code == 404


def test_the_service_that_is_asked_reads_the_case_and_does_not_give_it_away(cases, titres, rachid, client_of):
    Case.objects.filter(pk=cases[0].pk).update(asked_service=titres)
    browser = client_of(rachid)

    page = browser.get(f"{HERE}liste/en-attente/", {"asked": "own"})
    assert "Siège un" in words(page)
    assert 'name="cases"' not in page.text
    assert browser.post(GIVE, {"cases": tick(cases[0]), "place": f"service-{titres.pk}"}).status_code == 404


def test_who_only_reads_ticks_nothing_and_keeps_nothing(cases, helene, client_of):
    page = client_of(helene).get(HERE)

    assert "Siège un" in words(page)
    assert "Garder cette vue" not in page.text
    assert 'name="cases"' not in page.text


def test_another_prefecture_has_its_own_register(cases, elsewhere, zoe, claire, client_of):
    MembershipFactory(agent=claire, prefecture=elsewhere, role=Membership.Role.QUALITY_MANAGER)

    there = client_of(claire).get("/agents/bas-rhin/affaires/liste/tous/")
    assert "Siège" not in words(there)
    assert client_of(claire).get("/agents/bas-rhin/recherche/", {"q": "2020-0001"}).status_code == 200
    assert (
        client_of(zoe)
        .post(GIVE.replace("bouches-du-rhone", "bas-rhin"), {"cases": tick(cases[0])})
        .status_code
        == 404
    )


def test_giving_thirty_cases_asks_the_page_as_many_queries_as_one(accueil, claire, client_of):
    browser, counted = client_of(claire), []
    cases = CaseFactory.create_batch(30, unit=accueil.unit, service=accueil)
    for ticked in (cases[:1], cases):
        with CaptureQueriesContext(connection) as queries:
            browser.get(GIVE, {"cases": tick(*ticked)})
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 8
