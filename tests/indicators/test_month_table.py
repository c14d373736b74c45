"""The grid of some months, taken away and brought back: what changes, what is refused, what is never lost."""

import datetime
import hashlib
from dataclasses import replace

import pytest

from indicators import entry, month_import, month_table
from indicators.entry import Said, Typed
from indicators.models import FigureImport, Measurement, MonthlyReturn
from indicators.month_import import ProblemsError, examine
from indicators.month_table import TITLES
from indicators.periods import Period
from sheets.child import read_apart
from sheets.reading import Row
from sheets.writing import KINDS, write
from sites.conflicts import RefusedError
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

YEAR = Period.year(2020)
NAMES = list(TITLES)


@pytest.fixture
def world(db):
    return Monthly()


def taken(world, period=YEAR, services=None, **how):
    """The rows of a table, as a program reads them back."""
    sheet = month_table.sheet(world.prefecture, period, services or world.services[:1], **how)
    return read_apart(write(sheet, "ods"))


def filled(rows, world, asked, of="mars\xa02020", **cells):
    """The rows, with some cells of one of them typed."""
    return [
        Row(row.line, {**row.cells, **{key(name): text for name, text in cells.items()}})
        if (row["mois"], row["indicateur"]) == (of, asked.title)
        else row
        for row in rows
    ]


def key(name):
    return {title: column for column, title in zip(read_keys(), NAMES, strict=True)}[name]


def read_keys():
    return [month_table.folded(title).replace(" ", "_") for title in TITLES.values()]


def source(world, year=2020):
    return FigureImport(
        prefecture=world.prefecture,
        number=1,
        year=year,
        contents="months",
        file_name="mars.ods",
        sha256=hashlib.sha256(b"").hexdigest(),
        stored_as="imports/mars",
        uploaded_by=world.referent,
    )


def looked_at(world, rows, services=None):
    return examine(source(world), rows, services or world.services[:1])


def brought(world, rows, by=None):
    """The table, written."""
    given = source(world)
    given.number = FigureImport.objects.count() + 1
    examined = examine(given, rows, world.services[:1])
    month_import.write(given, examined, by=by or world.referent)
    return given, examined


def sentences(world, rows):
    return [(problem.column, problem.message) for problem in looked_at(world, rows).problems]


def stored(world, indicator):
    return entry.figures(world.services[0], MARCH).get(indicator.pk)


# --- taken away ---


def test_one_row_for_each_figure_owed_with_what_is_known(world):
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 9, 10)], by=world.referent)

    rows = taken(world, Period.month(MARCH))

    assert [row["indicateur"] for row in rows] == [one.title for one in (world.rate, world.mean, world.count)]
    first = rows[0]
    assert (first["service"], first["mois"], first["numerateur"], first["denominateur"]) == (
        "Accueil",
        "mars\xa02020",
        "9",
        "10",
    )
    assert int(first["version"]) == entry.versions(world.services[0], MARCH)[world.rate.pk]
    assert (rows[1]["numerateur"], rows[1]["version"]) == ("", "0")


def test_a_suspended_month_is_absent_and_a_closed_one_says_so(world):
    world.suspend(MARCH, MARCH)
    april = datetime.date(2020, 4, 1)
    april_return = entry.returns.new(world.services[0], april)
    april_return.state = "closed"
    april_return.save()

    rows = taken(world, Period.parse("2020-T2")) + taken(world, Period.parse("2020-02"))

    assert {row["etat"] for row in rows if row["mois"] == "avril\xa02020"} == {"clos"}
    with pytest.raises(RefusedError, match="suspendu"):
        taken(world, Period.month(MARCH))


def test_the_whole_has_what_is_stored_and_not_owed(world):
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 9, 10)], by=world.referent)
    world.suspend(MARCH, MARCH)

    (row,) = taken(world, Period.month(MARCH), is_whole=True)

    assert (row["etat"], row["origine"], row["numerateur"]) == ("suspendu", "saisi", "9")


def test_without_monthly_figures_there_is_nothing_to_take(world):
    world.schedule.delete()

    with pytest.raises(RefusedError, match="mois par mois"):
        taken(world)


def test_two_services_of_one_name_are_told_apart_by_their_initials(world):
    world.services[1].name = "Accueil"
    world.services[1].save()

    rows = taken(world, Period.month(MARCH), world.services)

    assert [row["service"] for row in rows[::3]] == ["Accueil", "Titres"]
    assert looked_at(world, rows, world.services).problems == []


def test_the_table_costs_the_same_for_a_month_and_a_year(world, django_assert_num_queries):
    for period in (Period.month(MARCH), YEAR):
        with django_assert_num_queries(8):
            month_table.sheet(world.prefecture, period, world.services)


# --- brought back ---


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_taken_away_and_brought_back_changes_nothing(world, kind):
    entry.save(
        world.services[0],
        MARCH,
        [
            world.typed(world.rate, 0, 0, comment="Guichet fermé.\nPuis rouvert."),
            world.typed(world.mean, 1_234_567, 10, reserve="Compteur défectueux."),
            world.typed(world.count, reason="=Panne"),
        ],
        by=world.referent,
    )
    april = datetime.date(2020, 4, 1)
    without = world.typed(world.rate, month=april, reserve="Compteur défectueux.")
    replaced = world.typed(
        world.mean, 900, 10, month=april, reserve="Panne.", instead_numerator=30, instead_denominator=10
    )
    entry.save(world.services[0], april, [without, replaced], by=world.referent)
    rows = read_apart(write(month_table.sheet(world.prefecture, YEAR, world.services[:1]), kind))

    examined = looked_at(world, rows)

    assert (examined.problems, examined.changes, examined.unchanged) == ([], [], 36)


def test_typed_figures_are_written_with_their_source_and_the_second_time_nothing(world):
    rows = filled(taken(world), world, world.rate, numerator="9", denominator="10", comment="Panne le 12.")
    rows = filled(rows, world, world.mean, answer="Aucun cas")
    rows = filled(rows, world, world.count, answer="non mesurable", reason="Compteur volé.")

    given, examined = brought(world, rows)

    row = stored(world, world.rate)
    assert (row.numerator, row.denominator, row.comment, row.source) == (9, 10, "Panne le 12.", given)
    assert row.history.get().history_user == world.referent
    assert (stored(world, world.mean).denominator, stored(world, world.count).reason) == (0, "Compteur volé.")
    assert [(change.before, change.after) for change in examined.changes] == [
        ("", "9 sur 10 (note : Panne le 12.)"),
        ("", "aucun cas"),
        ("", "non mesurable : Compteur volé."),
    ]
    assert month_import.changes_of(given) == examined.changes
    assert looked_at(world, rows).changes == []


def test_a_changed_and_an_emptied_cell_say_what_was_there(world):
    brought(world, filled(taken(world), world, world.rate, numerator="9", denominator="10"))
    brought(world, filled(taken(world), world, world.count, numerator="4"))
    rows = filled(taken(world), world, world.rate, numerator="8")
    rows = filled(rows, world, world.mean, numerator="30", denominator="10")
    given, examined = brought(world, filled(rows, world, world.count, numerator=""))

    said = {(change.before, change.after) for change in examined.changes}
    assert said == {("9 sur 10", "8 sur 10"), ("", "30 pour 10 cas"), ("4", "")}
    assert {(change.before, change.after) for change in month_import.changes_of(given)} == said
    assert stored(world, world.count) is None


def test_what_somebody_typed_meanwhile_is_not_written_over(world):
    rows = taken(world)
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 7, 10)], by=world.manager)

    assert looked_at(world, rows).changes == []
    ((column, sentence),) = sentences(world, filled(rows, world, world.rate, numerator="9", denominator="10"))

    assert column == "version"
    assert "(7 sur 10)" in sentence


def test_a_closed_month_takes_nothing_and_says_which_lock_holds(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    MonthlyReturn.objects.update(state="closed")
    rows = taken(world)

    assert looked_at(world, rows).problems == []
    ((column, sentence),) = sentences(world, filled(rows, world, world.rate, numerator="8"))
    assert column == "month"
    assert "ce mois est clos" in sentence


def test_a_reopened_month_asks_why(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    MonthlyReturn.objects.update(state="reopened", comment="Erreur.")
    rows = filled(taken(world), world, world.rate, numerator="8")

    ((_, sentence),) = sentences(world, rows)
    assert "pourquoi ce chiffre change" in sentence
    brought(world, filled(rows, world, world.rate, reason="Un appel compté deux fois."))
    assert stored(world, world.rate).origin == "corrected"


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(world):
    rows = filled(taken(world), world, world.rate, numerator="92.00%", denominator="10")
    rows = filled(rows, world, world.mean, numerator="01/03/2020", denominator="-1", version="neuf")
    rows = filled(rows, world, world.count, of="avril\xa02020", numerator="3", denominator="4")
    rows = filled(rows, world, world.rate, of="avril\xa02020", numerator="14", denominator="13")

    examined = looked_at(world, rows)

    lines = {(row["mois"][:5], row["indicateur"]): row.line for row in rows}
    march, april = [lines["mars\xa0", one.title] for one in (world.rate, world.mean)], lines
    assert [(problem.row, problem.column) for problem in examined.problems] == [
        (march[0], "numerator"),
        (march[1], "numerator"),
        (march[1], "denominator"),
        (march[1], "version"),
        (april["avril", world.rate.title], "numerator"),
        (april["avril", world.count.title], "numerator"),
    ]
    with pytest.raises(ProblemsError, match="6 problèmes"):
        brought(world, rows)
    assert not Measurement.objects.exists()
    assert not FigureImport.objects.exists()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"numerator": "92 %"}, "est un pourcentage"),
        ({"numerator": "0.92"}, "n'est pas un nombre entier :"),
        ({"numerator": "1.234"}, "n'est pas un nombre entier :"),
        ({"numerator": "2020-03-01 00:00:00"}, "est une date"),
        ({"numerator": "9" * 14}, "est trop grand"),
        ({"numerator": "#REF!"}, "n'est pas un nombre entier sans signe"),
        ({"numerator": "(formule non calculée)"}, "n'est pas un nombre entier sans signe"),
        ({"numerator": "٣"}, "n'est pas un nombre entier sans signe"),
        ({"numerator": "3"}, "Donner les deux nombres"),
        ({"comment": "Rien."}, "Une note ne suffit pas"),
        ({"answer": "peut-être"}, "n'est pas une réponse"),
        ({"answer": "aucun cas", "numerator": "3", "denominator": "4"}, "garder l'un ou l'autre"),
        ({"answer": "non mesurable", "numerator": "0", "denominator": "0"}, "garder l'un ou l'autre"),
        ({"answer": "non mesurable"}, "Indiquer pourquoi"),
        ({"answer": "non mesurable", "instead_numerator": "3"}, "garder l'un ou l'autre"),
        (
            {"instead_numerator": "3", "instead_denominator": "4"},
            "indiquer pourquoi celui-ci est sous réserve",
        ),
        ({"answer": "non mesurable", "reason": "Panne.", "reserve": "?"}, "n’est pas sous réserve"),
        ({"service": "Bureau des rêves"}, "n'est pas un service de la préfecture"),
        ({"service": "Titres", "numerator": "3", "denominator": "4"}, "ne sont pas à saisir par vous"),
        ({"indicator": "Taux de bonheur"}, "n'est pas un indicateur suivi"),
        ({"code": "Z9"}, "n'est pas un indicateur suivi"),
        ({"month": "15/03/2020"}, "n'est pas un mois"),
        ({"month": "ma 2020"}, "n'est pas un mois"),
        ({"month": "13/2020"}, "n'est pas un mois"),
        ({"month": "mars 2019"}, "Ce mois n'est pas de 2020"),
    ],
)
def test_a_wrong_cell_ends_in_a_sentence(world, cells, sentence):
    (_, said), *others = sentences(world, filled(taken(world), world, world.rate, **cells))

    assert sentence in said
    assert not others


@pytest.mark.parametrize(
    "month",
    [
        *("mars 2020", "Mars\xa02020", "mars-20", "1er mars 2020", "01/03/2020", "01/03/20", "3/2020"),
        *("2020-03", "2020-03-01", "2020-03-01 00:00:00"),
    ],
)
def test_a_month_is_read_as_spreadsheets_write_it(world, month):
    rows = filled(taken(world), world, world.rate, month="mars\xa02020", numerator="9", denominator="10.0")

    brought(world, [replace(row, cells={**row.cells, "mois": month}) for row in rows if row["numerateur"]])

    assert stored(world, world.rate).denominator == 10


def test_merged_cells_and_columns_in_another_order_or_language_are_understood(world):
    one = world.rate.title, world.count.title
    rows = [
        Row(
            2,
            {
                "denominator": "10",
                "numerator": "9",
                "month": "mars 2020",
                "service": "Accueil",
                "indicator": one[0],
            },
        ),
        Row(3, {"denominator": "", "numerator": "4", "month": "", "service": "", "indicator": one[1]}),
    ]

    brought(world, rows)

    assert (stored(world, world.rate).numerator, stored(world, world.count).numerator) == (9, 4)


def test_without_versions_nothing_that_is_stored_is_written_over(world):
    entry.save(world.services[0], MARCH, [world.typed(world.count, 4)], by=world.referent)
    row = {"numerator": "5", "month": "mars 2020", "service": "Accueil", "indicator": world.count.title}

    ((column, _),) = sentences(world, [Row(2, row)])
    assert column == "version"


def test_a_row_repeated_is_one_row_and_two_that_differ_are_refused(world):
    rows = filled(taken(world), world, world.count, numerator="4")
    (row,) = [one for one in rows if one["numerateur"]]
    twin = replace(row, line=99)

    assert len(looked_at(world, [*rows, twin]).changes) == 1
    other = replace(twin, cells={**twin.cells, "numerateur": "5"})
    ((_, sentence),) = sentences(world, [*rows, other])
    assert f"La ligne {row.line} dit autre chose" in sentence


def test_a_version_of_another_cell_is_no_right_to_write(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    other = entry.versions(world.services[0], MARCH)[world.rate.pk]

    ((column, _),) = sentences(
        world, filled(taken(world), world, world.count, numerator="5", version=str(other))
    )
    assert column == "version"


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"unit": "Arles", "printed_result_2020": "3"}, "Il manque la colonne « Service »"),
        ({"mois": "1", "month": "2"}, "Deux colonnes disent « Mois »"),
        (dict.fromkeys(("service", "mois", "indicateur"), "x"), "Il manque la colonne « Numérateur »"),
    ],
)
def test_a_table_of_another_kind_is_refused(world, cells, sentence):
    with pytest.raises(RefusedError, match=sentence):
        looked_at(world, [Row(2, cells)])


def test_a_suspended_month_and_an_indicator_of_others_take_nothing(world):
    rows = taken(world)
    world.suspend(MARCH, MARCH)

    ((_, sentence),) = sentences(world, filled(rows, world, world.rate, numerator="9", denominator="10"))
    assert "Rien à saisir" in sentence


def test_looking_costs_the_same_whatever_the_rows(world, django_assert_max_num_queries):
    rows = [
        Row(row.line, {**row.cells, "numerateur": "4"}) if row["indicateur"] == world.count.title else row
        for row in taken(world)
    ]

    for some in (rows[:3], rows):
        with django_assert_max_num_queries(10):
            looked_at(world, some)


def test_the_fingerprint_changes_with_what_is_stored(world):
    rows = filled(taken(world), world, world.count, numerator="4")
    before = looked_at(world, rows).fingerprint

    assert looked_at(world, rows).fingerprint == before
    entry.save(world.services[0], MARCH, [Typed(world.count, Said(4), 0)], by=world.manager)
    assert looked_at(world, rows).fingerprint != before


def test_social_networks_are_own_indicators_of_the_prefecture(world):
    """New subscribers, posts and engagement rate (« données fictives »): no figure of a kind of its own."""
    own = {"engagement": world.rate.engagement, "prefecture": world.prefecture}
    followers, posts, rate = (
        factories.IndicatorFactory(key=key, title=title, unit=unit, **own)
        for key, title, unit in (
            ("abonnes", "Nouveaux abonnés", "count"),
            ("publications", "Publications du mois", "count"),
            ("engagement", "Taux d’engagement", "percent"),
        )
    )
    rows = filled(taken(world), world, followers, numerator="12 480")
    rows = filled(
        filled(rows, world, posts, answer="aucun cas"), world, rate, numerator="310", denominator="9800"
    )

    brought(world, rows)

    assert (stored(world, followers).numerator, stored(world, posts).numerator) == (12_480, 0)
    assert stored(world, rate).denominator == 9_800
    assert looked_at(world, taken(world)).changes == []
