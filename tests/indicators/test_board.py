"""The board of 2018, cell by cell against the printed table, and the board as people reach it."""

import csv
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from indicators import results
from indicators.models import Note
from qualepref.demo import content
from referentiel.measures import Verdict
from sheets import reading
from sites.models import Membership, Prefecture, TraceEntry
from tests import factories

PRINTED = Path(content.__file__).parent / "annual_results_2018.csv"
BOARD = "/agents/bouches-du-rhone/indicateurs/2018/"

# What the printed table says, read by hand: (unit, engagement) → target met?
JUDGED = {
    ("Préfecture", "E36", "94,00%"): False,
    ("Préfecture", "E36", "100%"): True,
    ("Préfecture", "E15", "74,16%"): False,
    ("Sous-préfecture d'Aix-en-Provence", "E10", "6.49 %"): True,
    ("Sous-préfecture d'Aix-en-Provence", "E10", "1.22 %"): True,
    ("Sous-préfecture d'Aix-en-Provence", "E36", "95,00%"): True,
    ("Sous-préfecture d'Aix-en-Provence", "E36", "89.58 %"): False,
    ("Sous-préfecture d'Aix-en-Provence", "E15", "95.6 %"): True,
    ("Sous-préfecture d'Arles", "E10", "3.27 %"): True,
    ("Sous-préfecture d'Arles", "E10", "1.05 %"): True,
    ("Sous-préfecture d'Arles", "E17", "77.78 %"): False,
    ("Sous-préfecture d'Arles", "E18", "3"): True,
    ("Sous-préfecture d'Arles", "E36", "97.56 %"): True,
    ("Sous-préfecture d'Arles", "E15", "99.42 %"): True,
    ("Sous-préfecture d'Istres", "E10", "12.83%"): False,
    ("Sous-préfecture d'Istres", "E10", "0.79 %"): True,
    ("Sous-préfecture d'Istres", "E17", "100,00%"): True,
    ("Sous-préfecture d'Istres", "E18", "1.5"): True,
    ("Sous-préfecture d'Istres", "E36", "58.3 %"): False,
    ("Sous-préfecture d'Istres", "E15", "87.6 %"): True,
}


@pytest.fixture(scope="module")
def loaded_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Prefecture]:
    """The printed year, kept in a transaction of its own for all the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield content.load_year()
        transaction.set_rollback(True)


@pytest.fixture
def printed_year(loaded_once: Prefecture, db: None) -> Prefecture:
    return loaded_once


def agent_of(prefecture: Prefecture, role: Membership.Role, **scope: object) -> Client:
    membership = factories.MembershipFactory(prefecture=prefecture, role=role, **scope)
    client = Client()
    client.force_login(membership.agent, backend="django.contrib.auth.backends.ModelBackend")
    return client


def printed_rows() -> list[dict[str, str]]:
    with PRINTED.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_printed_result_is_on_the_board_and_nothing_else(printed_year):
    board = results.of_year(printed_year, 2018)

    shown = sorted((r.unit.name, r.shown) for r in board.results if r.shown is not None)

    numbers = [
        (row["unit"], row["printed_result_2018"].rstrip("% ").replace(",", ".")) for row in printed_rows()
    ]
    assert shown == sorted((unit, Decimal(number)) for unit, number in numbers if number not in ("", "-"))


def test_every_verdict_follows_the_figures_whatever_the_printed_face(printed_year):
    board = results.of_year(printed_year, 2018)

    judged = {
        (r.unit.name, r.indicator.engagement.code, r.figure.printed_text): r.verdict == Verdict.MET
        for r in board.results
        if r.value is not None and r.verdict in (Verdict.MET, Verdict.MISSED)
    }

    assert judged == JUDGED


def test_digital_points_are_counted_over_the_months_that_the_document_says(printed_year):
    board = results.of_year(printed_year, 2018)

    months = {
        (r.unit.short_name, r.indicator.key): r.months_label
        for r in board.results
        if r.months_label and r.unit.kind == "headquarters"
    }

    assert {key: label for (_, key), label in months.items()} == {
        "point-numerique-usagers-recus": "avril à décembre",
        "point-numerique-information-seule": "juillet à décembre",
        "point-numerique-teleprocedures-abouties": "juillet à décembre",
        "point-numerique-satisfaction": "avril à décembre",
    }


def test_the_year_before_is_taken_from_the_same_table_where_it_fits(printed_year):
    board = results.of_year(printed_year, 2018)

    istres = {
        r.indicator.key: (r.previous.shown, r.previous.verdict)
        for r in board.results
        if r.unit.name == "Sous-préfecture d'Istres" and r.indicator.engagement.code == "E37"
    }

    assert istres == {
        "rct-rendez-vous-reponse-dans-les-delais": (Decimal(100), Verdict.MET),
        "rct-rendez-vous-reponse-delai-moyen": (Decimal(1), Verdict.MET),
        "rct-rendez-vous-date-dans-les-delais": (Decimal(100), Verdict.MET),
        "rct-rendez-vous-date-delai-moyen": (Decimal(4), Verdict.MET),
    }


def test_the_page_says_the_verdict_in_words(printed_year):
    page = agent_of(printed_year, Membership.Role.QUALITY_MANAGER).get(BOARD).content.decode()

    year_before = sum(row["printed_previous_year_met"].lower() in ("oui", "non") for row in printed_rows())
    assert page.count("verdict--met") + page.count("verdict--missed") == len(JUDGED) + year_before
    assert "94,00\N{NO-BREAK SPACE}%" in page
    assert "En juin, réponse à un courriel en 7 jours" in page


def test_six_queries_beyond_session_and_rights(printed_year, django_assert_num_queries):
    client = agent_of(printed_year, Membership.Role.QUALITY_MANAGER)

    with django_assert_num_queries(3 + 6):  # session, agent, memberships
        client.get(BOARD)


def test_a_referent_sees_the_column_of_the_own_unit_alone(printed_year):
    arles = printed_year.units.get(short_name="Arles")
    Note.objects.create(prefecture=printed_year, year=2018, unit=arles, text="Note d'Arles")
    Note.objects.create(
        prefecture=printed_year, year=2018, unit=printed_year.units.get(short_name="Aix"), text="Note d'Aix"
    )

    response = agent_of(printed_year, Membership.Role.REFERENT, unit=arles).get(BOARD)

    assert [unit.short_name for unit in response.context["board"].units] == ["Arles"]
    page = response.content.decode()
    assert "77,78" in page
    assert "Note d&#x27;Arles" in page
    assert "89,58" not in page
    assert "Note d&#x27;Aix" not in page


def test_the_latest_year_with_figures_opens_first(printed_year):
    client = agent_of(printed_year, Membership.Role.DIRECTOR)

    assert client.get("/agents/bouches-du-rhone/indicateurs/").headers["Location"] == BOARD


def test_an_empty_year_names_those_that_have_figures(printed_year):
    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD.replace("2018", "2016"))

    assert "Aucun chiffre n’est enregistré pour vos unités (2016)" in page.content.decode()
    assert page.context["years"] == [2018, 2017]


@pytest.mark.parametrize("year", ["1999", "9999", "99999999999"])
def test_a_year_out_of_reach_is_not_found(printed_year, year):
    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD.replace("2018", year))

    assert page.status_code == 404


def test_a_membership_that_ended_yesterday_opens_nothing(printed_year):
    yesterday = printed_year.today() - datetime.timedelta(days=1)

    client = agent_of(printed_year, Membership.Role.QUALITY_MANAGER, ends_on=yesterday)

    assert client.get(BOARD).status_code == 404


def test_hostile_text_in_a_note_is_shown_as_text(printed_year):
    Note.objects.create(prefecture=printed_year, year=2018, text="<script>alert(1)</script>")

    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


# --- A part of it ------------------------------------------------------------------------------------------


def cells_of(page):
    return [
        (result.indicator.engagement.code, result.unit.short_name)
        for _, rows in page.context["selection"].bands
        for _, results in rows
        for result in results
        if result
    ]


def test_the_results_that_miss_their_target_alone(printed_year):
    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD, {"resultat": "missed"})

    assert len(cells_of(page)) == sum(not met for met in JUDGED.values())
    assert 'value="missed" selected' in page.content.decode()


def test_one_unit_and_one_theme(printed_year):
    arles = printed_year.units.get(short_name="Arles")
    chosen = {"unite": arles.pk, "theme": "Accueil téléphonique"}

    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD, chosen)

    assert cells_of(page) == [("E10", "Arles"), ("E10", "Arles")]
    assert [unit.short_name for unit, _ in page.context["columns"]] == ["Arles"]


def test_filters_that_nothing_answers_say_what_to_do(printed_year):
    chosen = {"theme": "Accueil téléphonique", "resultat": "no_target"}

    page = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD, chosen).content.decode()

    assert "Aucun résultat ne répond à ces filtres." in page
    assert f'href="{BOARD}">Tout afficher' in page


@pytest.mark.parametrize(
    "hostile", [{"unite": "'; --"}, {"unite": 10**30}, {"theme": "Rien"}, {"resultat": "x"}]
)
def test_a_filter_that_makes_no_sense_is_left_out_and_said(printed_year, hostile):
    client = agent_of(printed_year, Membership.Role.DIRECTOR)

    page = client.get(BOARD, hostile)

    assert page.status_code == 200
    assert cells_of(page) == cells_of(client.get(BOARD))
    assert page.context["filters"].errors


def test_a_referent_does_not_choose_a_unit_that_is_not_the_own(printed_year):
    arles, aix = (printed_year.units.get(short_name=name) for name in ("Arles", "Aix"))

    page = agent_of(printed_year, Membership.Role.REFERENT, unit=arles).get(BOARD, {"unite": aix.pk})

    assert {unit for _, unit in cells_of(page)} == {"Arles"}


@pytest.mark.parametrize("kind", ["csv", "ods", "xlsx"])
def test_what_is_shown_is_exported_number_by_number(printed_year, tmp_path, kind):
    chosen = {"resultat": "missed", "export": kind}

    answer = agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD, chosen)

    path = tmp_path / f"tableau.{kind}"
    path.write_bytes(answer.getvalue())
    rows = [row.cells for row in reading.read_table(path)]
    missed = sorted((unit, code) for (unit, code, _), met in JUDGED.items() if not met)
    names = {"Préfecture": printed_year.units.get(kind="headquarters").name}
    assert sorted((row["unite"], row["engagement"]) for row in rows) == sorted(
        (names.get(unit, unit), code) for unit, code in missed
    )
    assert {row["objectif_atteint"] for row in rows} == {"objectif non atteint"}
    assert f"Tableau de bord 2018.{kind}" in unquote(answer.headers["Content-Disposition"])


def test_an_export_is_kept_in_the_journal(printed_year):
    agent_of(printed_year, Membership.Role.DIRECTOR).get(BOARD, {"export": "csv"})

    entry = TraceEntry.objects.get(event="exported")
    assert (entry.about, entry.prefecture) == ("Tableau de bord 2018 (csv)", printed_year)


def test_a_year_that_is_followed_and_has_no_figure_yet_is_typed_cell_by_cell(printed_year):
    year = BOARD.replace("2018", "2020")

    page = agent_of(printed_year, Membership.Role.QUALITY_MANAGER).get(year)

    assert "Ouvrez une case du tableau ci-dessous" in page.content.decode()
    assert cells_of(page)
