"""The work lists: what is in each, how many, in which order, and what an agent never finds there."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from bench.world import blocks_of
from complaints import register, searching, worklists
from complaints.models import Case, Theme
from complaints.searching import Reference
from complaints.telling import due_in_words
from sheets.reading import read_table
from sites import closures
from sites.models import Prefecture, TraceEntry
from tests.complaints.conftest import SOMEBODY
from tests.factories import CaseFactory, ClosureFactory, ServiceFactory, UnitFactory

HERE = "/agents/bouches-du-rhone/affaires/"
WEDNESDAY = date(2021, 3, 17)


def day(number):
    """Of March 2021, which begins on a Monday."""
    return date(2021, 3, number)


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch):
    """A letter received on the 3rd is due today, the 17th."""
    monkeypatch.setattr(Prefecture, "today", lambda self: WEDNESDAY)


@pytest.fixture
def of_arles(arles):
    return ServiceFactory(unit=arles, name="Bureau des titres", short_name="BT")


@pytest.fixture
def register_(receive, basile, of_arles, arles):
    """One case for each list: `late`, `today`, `tomorrow`, `later`, `unassigned` in Arles, `awaiting` of the
    siège on Arles, `paused`, `answered`."""
    cases = {
        "late": receive(received_on=day(1), subject="Carte grise"),
        "today": receive(received_on=day(3), subject="Titre de séjour"),
        "tomorrow": receive(received_on=day(4), subject="Passeport"),
        "later": receive(received_on=day(10), subject="Œuvre de l’association"),
        "unassigned": receive(received_on=day(11), subject="Guichet d’Arles", unit=arles, service=None),
        "awaiting": receive(received_on=day(12), subject="Manifestation"),
        "paused": receive(received_on=day(2), subject="Permis"),
        "answered": receive(received_on=day(1), subject="Merci"),
    }
    how = {"seen": 1, "by": basile, "on": WEDNESDAY}
    register.ask(cases["awaiting"], of_arles, **how)
    register.pause(cases["paused"], starts_on=day(3), reason="requester", **how)
    register.answer(cases["answered"], answered_on=day(16), **how)
    return cases


def rows(response):
    """The cells of the table, row by row, as they read."""
    body = re.search(r"<tbody[^>]*>(.*?)</tbody>", response.text, re.DOTALL)
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [[_words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)] for line in lines]


def subjects(response):
    return [row[-3] for row in rows(response)]


def tabs(response):
    nav = re.search(r'aria-label="Listes du registre">(.*?)</nav>', response.text, re.DOTALL)[1]
    return {
        label.strip(): int(number)
        for label, number in re.findall(r">([^<>]+) <span[^>]*>(\d+)</span>", nav, re.DOTALL)
    }


def _words(html):
    return " ".join(strip_tags(html).replace("&nbsp;", " ").split())


def words(response):
    page = response.text
    return _words(page[page.index("<main") : page.index("</main>")])


# --- what is in each ---------------------------------------------------------------------------------------


def test_each_list_holds_its_cases_the_most_urgent_first(register_, browser):
    found = {
        name: subjects(browser.get(f"{HERE}liste/{name}/"))
        for name in ("aujourd-hui", "cette-semaine", "en-retard", "sans-service", "en-attente", "traites")
    }

    assert found == {
        "aujourd-hui": ["Titre de séjour"],
        "cette-semaine": ["Titre de séjour", "Passeport"],
        "en-retard": ["Carte grise"],
        "sans-service": ["Guichet d’Arles"],
        "en-attente": ["Manifestation"],
        "traites": ["Merci"],
    }
    todo = ["Carte grise", "Titre de séjour", "Passeport", "Œuvre de l’association"]
    assert subjects(browser.get(HERE)) == [*todo, "Guichet d’Arles", "Manifestation", "Permis"]
    assert len(subjects(browser.get(f"{HERE}liste/tous/"))) == 8


def test_each_list_says_how_many_it_holds_of_what_is_filtered(register_, browser, arles):
    labels = ["À traiter", "Aujourd’hui", "Cette semaine", "En retard", "Sans service"]
    labels += ["En attente d’un autre service", "Traitées", "Toutes"]

    assert tabs(browser.get(HERE)) == dict(zip(labels, (7, 1, 2, 1, 1, 1, 1, 8), strict=True))
    of_arles = tabs(browser.get(HERE, {"unit": arles.pk}))
    assert of_arles == dict(zip(labels, (1, 0, 0, 0, 1, 0, 0, 1), strict=True))


def test_a_line_says_when_where_and_what(register_, browser):
    late, today, tomorrow, *_, awaiting, paused = rows(browser.get(HERE))

    what = "demande d’information courrier"
    assert late[1:] == [
        "2021-0001",
        "01/03/2021",
        "2 jours ouvrés de retard 15/03/2021",
        what,
        "Carte grise",
        "Siège, BA",
        "à traiter",
    ]
    assert (today[3], tomorrow[3]) == ("aujourd’hui 17/03/2021", "demain 18/03/2021")
    assert (paused[3], paused[-1], awaiting[-1]) == (
        "délai suspendu",
        "délai suspendu",
        "à traiter, BT sollicité",
    )
    answered = rows(browser.get(f"{HERE}liste/traites/"))[0]
    assert (answered[3], answered[-1]) == ("15/03/2021", "répondue le 16/03/2021 hors délai")


def test_days_of_delay_are_working_days(prefecture):
    ClosureFactory(prefecture=prefecture, starts_on=day(19), ends_on=day(19), stops_the_clock=True)
    days = closures.calendar(prefecture)

    said = [due_in_words(day(due), WEDNESDAY, days) for due in (12, 16, 17, 18, 22, 24)]
    assert [one.replace("\xa0", " ") for one in said] == [
        "3 jours ouvrés de retard",
        "1 jour ouvré de retard",
        "aujourd’hui",
        "demain",
        "dans 2 jours ouvrés",
        "dans 4 jours ouvrés",
    ]


def test_an_empty_list_announces_what_comes(register_, browser):
    register.assign(
        [register_["late"]],
        unit=UnitFactory(prefecture=register_["late"].prefecture),
        service=None,
        by=register_["late"].registered_by,
        on=WEDNESDAY,
    )
    register.answer(
        register_["late"], answered_on=WEDNESDAY, seen=2, by=register_["late"].registered_by, on=WEDNESDAY
    )

    late = words(browser.get(f"{HERE}liste/en-retard/"))
    assert "Aucune affaire en retard. Prochaine échéance : mercredi 17 mars 2021." in late
    assert "Aucune ligne ne répond à ces filtres." in words(browser.get(HERE, {"channel": "qr"}))


# --- sorted, filtered, searched ----------------------------------------------------------------------------


def test_three_columns_sort_and_what_has_no_due_date_comes_last(register_, browser):
    by_due = [subjects(browser.get(HERE, {"sort": sort})) for sort in ("due_on", "-due_on")]
    by_number = rows(browser.get(f"{HERE}liste/tous/", {"sort": "-reference"}))
    by_receipt = rows(browser.get(f"{HERE}liste/tous/", {"sort": "received_on"}))

    assert [found[-1] for found in by_due] == ["Permis", "Permis"]
    assert by_due[1][0] == "Manifestation"
    assert [row[1] for row in by_number][:2] == ["2021-0008", "2021-0007"]
    assert [row[2] for row in by_receipt] == sorted(row[2] for row in by_receipt)
    sorts = re.findall(r"\?sort=-?(\w+)", browser.get(HERE).text)
    assert sorts == ["reference", "received_on", "due_on"]


def test_each_filter_leaves_its_cases(receive, browser, arles, of_arles, accueil, prefecture):
    theme = Theme.objects.create(prefecture=prefecture, title="Accueil")
    receive(subject="Plainte", kind="complaint", channel="email", theme=theme)
    receive(subject="Mairie", requester_kind="authority", received_on=date(2020, 11, 30))
    receive(subject="Arles", unit=arles, service=of_arles, received_on=day(2))
    every = f"{HERE}liste/tous/"

    def found(**asked):
        return sorted(subjects(browser.get(every, asked)))

    assert found(kind="complaint") == found(channel="email") == found(theme=theme.pk) == ["Plainte"]
    assert found(requester_kind="authority") == found(month="2020") == found(month="2020-11") == ["Mairie"]
    assert found(unit=arles.pk) == found(service=of_arles.pk) == ["Arles"]
    assert found(service=accueil.pk, state="open", month="2021-03") == ["Plainte"]
    assert found(is_within="true") == found(state="answered") == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2021-0002", ["Titre de séjour"]),
        ("n° 2021/2", ["Titre de séjour"]),
        ("SEJOUR titre", ["Titre de séjour"]),
        ("oeuvre", ["Œuvre de l’association"]),
        ("mérieux", ["Passeport"]),
        ("2021-0042", []),
        ("titre %", ["Titre de séjour"]),
    ],
)
def test_search_knows_neither_case_nor_accents(typed, expected, register_, browser, basile):
    case = register_["tomorrow"]
    said = register.Description(
        **{
            name: getattr(case, name)
            for name in ("kind", "channel", "received_on", "subject", "unit", "service")
        },
        requester=register.Identity(name="Mme Merieux", address=SOMEBODY.address),
    )
    register.correct(case, said, seen=1, by=basile, on=WEDNESDAY)

    assert subjects(browser.get(HERE, {"q": typed})) == expected


def test_search_of_signs_alone_is_left_aside_and_says_so(register_, browser):
    found = browser.get(HERE, {"q": "!! —"})
    assert subjects(found) == subjects(browser.get(HERE))
    assert "Écrire un numéro, un nom ou des mots." in words(found)
    assert "pour ces filtres" not in words(found)


def test_a_number_is_read_as_it_is_said_or_written():
    assert searching.reference_in(" N°\xa02020-0042 ") == Reference(2020, 42)
    assert [searching.reference_in(typed) for typed in ("42", "2020", "12-2020-42", "2020-0042 bis")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "asked",
    [
        {"unit": "x"},
        {"month": "2021-13"},
        {"q": "a" * 300},
        {"q": "\x00"},
        {"sort": "text"},
        {"page": "99"},
        {"service": "99999999999999999999"},
    ],
)
def test_a_senseless_address_shows_the_list(asked, register_, browser):
    assert browser.get(HERE, asked).status_code == 200
    assert browser.get(f"{HERE}liste/ailleurs/").status_code == 404


# --- taken out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "ods", "xlsx"])
def test_what_is_shown_goes_out_and_is_kept_in_the_journal(kind, register_, browser, claire, tmp_path):
    asked = {"export": kind, "sort": "-due_on", "month": "2021-03"}
    response = browser.get(f"{HERE}liste/cette-semaine/", asked)

    (tmp_path / "registre").write_bytes(response.content)
    found = [dict(row.cells) for row in read_table(tmp_path / "registre")]
    assert [(row["n"], row["objet"], row["delai"], row["service"]) for row in found] == [
        ("2021-0003", "Passeport", "demain", "BA"),
        ("2021-0002", "Titre de séjour", "aujourd’hui", "BA"),
    ]
    last = TraceEntry.objects.first()
    assert (last.event, last.about) == ("exported", f"Courriers et réclamations, cette semaine ({kind})")


# --- what it costs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 30])
def test_a_list_costs_the_same_for_one_case_and_for_thirty(
    number, accueil, claire, client_of, of_arles, django_assert_num_queries
):
    for n in range(number):
        CaseFactory(
            unit=accueil.unit, service=accueil, due_on=None, asked_service=of_arles if n % 2 else None
        )
    claire.kept_case_lists.create(prefecture=accueil.unit.prefecture, title="Moi", worklist="tous")
    browser = client_of(claire)

    # session, agent, memberships, what filters offer, how many in each list, closures, views, rows
    with django_assert_num_queries(8):
        page = browser.get(HERE, {"kind": "enquiry", "unit": accueil.unit_id, "service": accueil.pk})
    assert len(rows(page)) == number


def close_many(service, number):
    """Cases that were received and answered in March 2021, written at once."""
    closed = {"state": "answered", "answered_on": day(8), "closed_on": day(8), "received_on": day(1)}
    kept = CaseFactory.build(unit=service.unit, service=service, **closed)
    Case.objects.bulk_create(
        Case(
            prefecture=service.unit.prefecture,
            unit=service.unit,
            service=service,
            year=2021,
            number=n,
            kind=kept.kind,
            channel=kept.channel,
            requester_kind=kept.requester_kind,
            month=day(1),
            subject="Close",
            is_answerable=True,
            **closed,
        )
        for n in range(1000, 1000 + number)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE complaints_case")


def test_the_late_ones_are_found_by_the_index_of_open_cases(accueil, claire, client_of):
    if connection.vendor != "postgresql":
        pytest.skip("the plan is that of PostgreSQL")
    CaseFactory.create_batch(20, unit=accueil.unit, service=accueil, due_on=day(9), allowed_days=10)
    close_many(accueil, 5000)
    prefecture = accueil.unit.prefecture

    late = Case.objects.filter(prefecture=prefecture).late(WEDNESDAY)
    assert "open_cases_by_due_date" in late.order_by("due_on", "id")[:50].explain()


def test_lists_read_no_more_where_another_prefecture_has_many_cases(accueil, elsewhere):
    if connection.vendor != "postgresql":
        pytest.skip("the pages are those of PostgreSQL")
    CaseFactory.create_batch(60, unit=accueil.unit, service=accueil, due_on=day(9), allowed_days=10)
    close_many(accueil, 1000)
    own = Case.objects.filter(prefecture=accueil.unit.prefecture)

    def blocks():
        with CaptureQueriesContext(connection) as asked:
            worklists.counted(own, WEDNESDAY)
            list(worklists.LATE.of(own, WEDNESDAY).order_by("due_on", "id")[:50])
            list(own.order_by("-received_on", "-id")[1000:1050])
        return [blocks_of([query["sql"]]) for query in asked.captured_queries]

    before = blocks()
    close_many(ServiceFactory(unit__prefecture=elsewhere), 10_000)

    assert all(many <= 1.1 * few for many, few in zip(blocks(), before, strict=True))
