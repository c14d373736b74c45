"""The page on which a service types its month, and the list of the months to do."""

import datetime
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from indicators import bounds, entry, returns
from indicators.entry import figures, versions
from indicators.models import Bounds, Measurement, MonthlyReturn
from tests import factories
from tests.indicators.monthly import MARCH, Monthly
from tests.pages import words

APRIL = datetime.date(2020, 4, 1)


@pytest.fixture
def world(db):
    return Monthly()


@pytest.fixture
def browser(world, client_of):
    return client_of(world.referent)


def address(world, month="2020-03", service=0):
    return reverse("entry_month", args=[world.prefecture.slug, world.services[service].pk, month])


def cell_address(world, indicator, month="2020-03"):
    slug, service = world.prefecture.slug, world.services[0].pk
    return reverse("entry_cell", args=[slug, service, month, indicator.pk])


def row(indicator, *numbers, seen=0, **said):
    """The fields of a row as a browser sends them."""
    named = dict(zip(("numerator", "denominator"), numbers, strict=False))
    fields = {"numerator": "", "denominator": "", "answer": "figure", "version": seen} | named | said
    return {f"c{indicator.pk}-{name}": value for name, value in fields.items()}


def whole(world):
    return row(world.rate, "9", "10") | row(world.mean, "30", "10") | row(world.count, "4")


def stored(world, month=MARCH):
    return {
        pk: (found.numerator, found.denominator) for pk, found in figures(world.services[0], month).items()
    }


def save(world, *cells, by=None):
    entry.save(world.services[0], MARCH, cells, by=by or world.manager)


# --- Reading -----------------------------------------------------------------------------------------------


def test_the_rows_are_what_the_service_owes_in_the_words_of_the_referentiel(world, browser):
    world.rate.numerator_name, world.rate.denominator_name = "appels perdus", "appels reçus"
    world.rate.save()
    perimeter = world.services[0].perimeters.get()
    perimeter.measured = ["taux", "nombre"]
    perimeter.save()

    page = browser.get(address(world))

    assert [each.indicator for each in page.context["grid"].rows] == [world.rate, world.count]
    assert "Appels perdus" in words(page)
    assert "Il reste 2 chiffres à saisir." in words(page)


def test_the_year_before_and_the_last_three_months_stand_beside(world, browser):
    service = world.services[0]
    for year, month, numerator in ((2019, 3, 50), (2019, 12, 60), (2020, 1, 70), (2020, 2, 80)):
        factories.MonthFactory(
            service=service, indicator=world.rate, year=year, month=month, numerator=numerator
        )

    page = browser.get(address(world))

    assert page.context["months_before"] == [
        "mars\xa02019",
        "décembre\xa02019",
        "janvier\xa02020",
        "février\xa02020",
    ]
    (rate, *_) = page.context["grid"].rows
    assert [before.text for before in rate.before] == [
        "50,00\xa0% (50 sur 100)",
        "60,00\xa0% (60 sur 100)",
        "70,00\xa0% (70 sur 100)",
        "80,00\xa0% (80 sur 100)",
    ]


def test_a_month_before_that_was_suspended_says_so_even_without_a_figure(world, browser):
    world.suspend(datetime.date(2019, 12, 1), datetime.date(2020, 1, 1))

    (rate, *_) = browser.get(address(world)).context["grid"].rows

    assert [before.text for before in rate.before] == ["—", "suivi suspendu", "suivi suspendu", "—"]


def test_a_suspended_indicator_is_shown_and_not_typed(world, browser):
    world.suspend(MARCH, MARCH, indicator=world.rate)

    page = browser.get(address(world))

    assert "Suivi suspendu : rien à saisir. Suivi suspendu en mars 2020" in words(page)
    assert f"c{world.rate.pk}-numerator" not in page.content.decode()
    assert f"c{world.mean.pk}-numerator" in page.content.decode()


@pytest.mark.parametrize("month", ["2020", "2020-T1", "2020-03-glissants", "1999-12", "2100-01", "0000-01"])
def test_what_is_no_month_is_not_there(world, browser, month):
    assert browser.get(address(world, month)).status_code == 404


def test_the_service_of_others_is_not_there(world, browser):
    assert browser.get(address(world, service=1)).status_code == 404
    assert browser.post(address(world, service=1), whole(world)).status_code == 404
    other = reverse(
        "entry_cell", args=[world.prefecture.slug, world.services[1].pk, "2020-03", world.rate.pk]
    )
    assert browser.post(other, row(world.rate, "9", "10")).status_code == 404


def test_the_page_costs_the_same_whatever_it_shows(world, browser, django_assert_num_queries):
    save(world, world.typed(world.rate, 9, 10))
    # session, agent, memberships, service, its month, what is owed (4), figures, versions, targets, bounds
    with django_assert_num_queries(13):
        browser.get(address(world))
    engagement = world.rate.engagement
    for number in range(9):
        indicator = factories.IndicatorFactory(engagement=engagement, key=f"k{number}", unit="percent")
        factories.TargetFactory(indicator=indicator)
        for month in range(1, 12):
            factories.MonthFactory(service=world.services[0], indicator=indicator, year=2019, month=month)
        save(world, world.typed(indicator, 9, 10))

    with django_assert_num_queries(13):
        page = browser.get(address(world))
    assert len(page.context["grid"].rows) == 12


# --- The plain form ----------------------------------------------------------------------------------------


def test_the_plain_form_saves_all_of_it(world, browser):
    answer = browser.post(address(world), whole(world))

    assert answer.status_code == 302
    assert stored(world) == {world.rate.pk: (9, 10), world.mean.pk: (30, 10), world.count.pk: (4, None)}
    page = browser.get(address(world))
    assert "90,00 %" in words(page)
    assert "Tous les chiffres du mois sont saisis." in words(page)


def test_all_that_is_wrong_is_said_at_once(world, browser):
    sent = row(world.rate, "14", "13") | row(world.mean, "abc", "10") | row(world.count, "4")

    page = browser.post(address(world), sent)

    assert "Il y en a 14 sur 13" in words(page)
    assert "« abc » n’est pas un nombre entier sans signe." in words(page)
    assert stored(world) == {}


def test_numbers_are_read_as_french_writes_them(world, browser):
    browser.post(
        address(world), row(world.rate, "1\u202f234", "12\xa0345") | row(world.mean) | row(world.count)
    )

    assert stored(world) == {world.rate.pk: (1234, 12345)}


def test_the_other_answers_are_figures_too(world, browser):
    sent = row(world.rate, answer="nothing") | row(world.mean) | row(world.count)
    sent |= row(world.mean, answer="unmeasured", reason="Compteur en panne.")
    sent |= row(world.count, "4", comment="Grève le 12.", reserve="Doublons.")

    browser.post(address(world), sent)

    rows = figures(world.services[0], MARCH)
    assert stored(world) == {world.rate.pk: (0, 0), world.mean.pk: (None, None), world.count.pk: (4, None)}
    assert rows[world.mean.pk].reason == "Compteur en panne."
    assert (rows[world.count.pk].comment, rows[world.count.pk].reserve) == ("Grève le 12.", "Doublons.")
    page = browser.get(address(world))
    assert "aucun cas" in words(page)
    again = browser.post(address(world), _as_shown(page))
    assert again.status_code == 302
    assert Measurement.history.count() == 3


def test_a_month_under_reserve_may_have_no_figure(world, browser):
    sent = row(world.rate, reserve="Compteur en panne.") | row(world.mean, "30", "10") | row(world.count, "4")

    browser.post(address(world), sent)

    page = browser.get(address(world))
    assert "Tous les chiffres du mois sont saisis." in words(page)
    assert "sans chiffre" in words(page)
    assert browser.post(address(world), _as_shown(page)).status_code == 302
    assert Measurement.history.count() == 3
    april = browser.get(address(world, "2020-04"))
    assert "sans chiffre, sous réserve : Compteur en panne." in words(april)
    half = browser.post(address(world), row(world.rate, "9", seen=1, reserve="Compteur en panne."))
    assert "Donner les deux nombres" in words(half)


def test_a_figure_under_reserve_is_replaced_and_the_page_shows_what_was_typed(world, browser):
    replaced = {"reserve": "Compteur en panne.", "instead_numerator": "2", "instead_denominator": "20"}
    sent = row(world.rate, "9", "10", **replaced) | row(world.mean, "30", "10")
    sent |= row(world.count, reserve="Compteur en panne.", instead_numerator="4")

    browser.post(address(world), sent)

    assert stored(world) == {world.rate.pk: (2, 20), world.mean.pk: (30, 10), world.count.pk: (4, None)}
    page = browser.get(address(world))
    assert "10,00 % (remplacement)" in words(page)
    assert "4 (remplacement)" in words(page)
    assert "À compter à la place" in words(page)
    assert f'role="group" aria-label="{world.rate.short_title}"' in page.text
    assert browser.post(address(world), _as_shown(page)).status_code == 302
    assert Measurement.history.count() == 3
    april = words(browser.get(address(world, "2020-04")))
    assert (
        "10,00 % (2 sur 20), chiffre de remplacement ; sous réserve : 90,00 % (9 sur 10), Compteur en panne."
        in april
    )
    assert "4, chiffre de remplacement : Compteur en panne." in april


def test_a_replacement_without_its_reserve_is_refused_in_a_sentence(world, browser):
    sent = row(world.rate, "9", "10", instead_numerator="2", instead_denominator="20")

    refused = words(browser.post(address(world), sent))

    assert "indiquer pourquoi celui-ci est sous réserve" in refused
    assert stored(world) == {}


def _as_shown(page):
    """What a browser sends of a page that nobody has changed."""
    cells = [cell for _, rows in page.context["bands"] for row, cell in rows if not row.suspension]
    return {
        bound.html_name: "" if bound.value() is None else bound.value()
        for cell in cells
        for bound in cell
        if bound.name != "keep"
    }


@pytest.mark.parametrize(
    ("numbers", "said", "sentence"),
    [
        (("14", "13"), {}, "Il y en a 14 sur 13 : le premier nombre ne peut pas dépasser le second."),
        (("-1", "13"), {}, "« -1 » n’est pas un nombre entier sans signe."),
        (("douze", "13"), {}, "« douze » n’est pas un nombre entier sans signe."),
        (("12", ""), {}, "Donner les deux nombres, ou dire pourquoi le chiffre manque."),
        (("", ""), {"answer": "unmeasured"}, "Indiquer pourquoi il n’a pas pu être mesuré."),
        (("", ""), {"comment": "Une note."}, "Donner ce chiffre, ou dire pourquoi il manque."),
        (("12", "13"), {"answer": "unmeasured", "reason": "Panne."}, "Un nombre est tapé"),
        (("12", "13"), {"answer": "nothing"}, "Un nombre est tapé"),
        (("12", "13"), {"reason": "Panne."}, "Un motif va avec « non mesurable »"),
        (
            ("", ""),
            {"answer": "unmeasured", "reason": "a", "reserve": "b"},
            "Seul un chiffre est sous réserve",
        ),
    ],
)
def test_what_cannot_be_is_said_in_its_cell_and_nothing_is_lost(world, browser, numbers, said, sentence):
    sent = row(world.rate, *numbers, **said) | row(world.mean, "30", "10") | row(world.count, "4")

    page = browser.post(address(world), sent)

    assert sentence in words(page)
    assert "Rien n’est encore enregistré" in words(page)
    assert stored(world) == {}
    assert _as_shown(page).items() >= {name: str(value) for name, value in sent.items() if value}.items() - {
        (name, str(value)) for name, value in sent.items() if name.endswith("-version")
    }


def test_a_cell_emptied_is_awaited_again(world, browser):
    browser.post(address(world), whole(world))
    sent = _as_shown(browser.get(address(world)))

    browser.post(address(world), sent | {f"c{world.count.pk}-numerator": ""})

    assert set(stored(world)) == {world.rate.pk, world.mean.pk}


# --- Two people --------------------------------------------------------------------------------------------


def test_two_people_in_one_cell_lose_nothing(world, browser):
    opened = _as_shown(browser.get(address(world)))
    save(world, world.typed(world.rate, 12, 13))
    sent = opened | {f"c{world.rate.pk}-numerator": "11", f"c{world.rate.pk}-denominator": "13"}

    page = browser.post(address(world), sent)

    assert page.status_code == 409
    text = words(page, 409)
    assert f"{world.manager.full_name} a enregistré une autre réponse" in text
    assert "ce qui est enregistré : 92,31 % (12 sur 13)" in text
    assert "ce que vous avez tapé : 84,62 % (11 sur 13)" in text
    again = _as_shown(page)
    assert again[f"c{world.rate.pk}-numerator"] == "11"
    assert browser.post(address(world), again).status_code == 409  # nothing chosen, nothing written
    mine = f"mine-{versions(world.services[0], MARCH)[world.rate.pk]}"
    theirs = browser.post(address(world), again | {f"c{world.rate.pk}-keep": "theirs"})
    assert theirs.status_code == 302
    assert stored(world)[world.rate.pk] == (12, 13)
    kept = browser.post(address(world), again | {f"c{world.rate.pk}-keep": mine})
    assert kept.status_code == 302
    assert stored(world)[world.rate.pk] == (11, 13)


def test_a_conflict_with_oneself_in_another_tab_names_nobody_else(world, browser):
    save(world, world.typed(world.rate, 12, 13), by=world.referent)

    page = browser.post(address(world), row(world.rate, "11", "13"))
    told = browser.post(cell_address(world, world.rate), row(world.rate, "11", "13")).json()

    own = "Pendant votre saisie, vous avez, dans un autre onglet, enregistré une autre réponse, le"
    assert own in words(page, 409)
    assert own in told["html"]
    assert "d’autre a" not in words(page, 409) + told["sentence"]


def test_a_choice_made_before_a_third_person_wrote_is_asked_again(world, browser):
    save(world, world.typed(world.rate, 12, 13))
    mine = f"mine-{versions(world.services[0], MARCH)[world.rate.pk]}"
    save(world, world.typed(world.rate, 10, 13))

    page = browser.post(address(world), row(world.rate, "11", "13", keep=mine))

    assert page.status_code == 409
    assert stored(world)[world.rate.pk] == (10, 13)


# --- Cell by cell ------------------------------------------------------------------------------------------


def test_a_cell_saved_alone_answers_what_its_row_shows(world, browser):
    said = browser.post(cell_address(world, world.rate), row(world.rate, "12", "13")).json()

    assert said["state"] == "saved"
    assert (said["result"], said["left"]) == ("92,31\xa0%", "Il reste 2 chiffres à saisir.")
    assert said["version"] == versions(world.services[0], MARCH)[world.rate.pk]
    assert stored(world) == {world.rate.pk: (12, 13)}


def test_a_cell_refused_says_why(world, browser):
    said = browser.post(cell_address(world, world.rate), row(world.rate, "14", "13")).json()

    assert said["state"] == "refused"
    assert "ne peut pas dépasser" in said["sentence"]
    assert stored(world) == {}


def test_a_cell_that_another_wrote_offers_both(world, browser):
    save(world, world.typed(world.rate, 12, 13))

    said = browser.post(cell_address(world, world.rate), row(world.rate, "11", "13")).json()

    assert said["state"] == "clash"
    assert "12 sur 13" in said["html"]
    assert "11 sur 13" in said["html"]
    theirs = browser.post(cell_address(world, world.rate), row(world.rate, "11", "13", keep="theirs")).json()
    assert theirs["fields"][f"c{world.rate.pk}-numerator"] == 12
    assert stored(world)[world.rate.pk] == (12, 13)


def test_a_cell_of_what_is_not_owed_is_not_there(world, browser):
    other = factories.IndicatorFactory()

    assert browser.post(cell_address(world, other), row(other, "9", "10")).status_code == 404


def test_an_indicator_suspended_while_somebody_types_it_gives_the_typed_text_back(world, browser):
    world.suspend(MARCH, MARCH, indicator=world.rate)

    cell = browser.post(cell_address(world, world.rate), row(world.rate, "9", "10")).json()
    page = browser.post(address(world), whole(world))

    assert (cell["state"], "Suivi suspendu" in cell["sentence"]) == ("refused", True)
    assert "Ce que vous aviez tapé n’est pas gardé : 9 sur 10." in words(page)
    assert stored(world) == {}
    browser.post(address(world), _as_shown(page))
    assert set(stored(world)) == {world.mean.pk, world.count.pk}


def test_a_row_that_left_the_perimeter_while_somebody_typed_it_gives_the_typed_text_back(world, browser):
    world.services[0].perimeters.update(measured=["delai", "nombre"])

    cell = browser.post(cell_address(world, world.rate), row(world.rate, "9", "10")).json()
    page = browser.post(address(world), whole(world))

    assert (cell["state"], "n’a pas à saisir" in cell["sentence"]) == ("refused", True)
    assert "Des lignes ne sont plus à saisir" in words(page)
    assert f"{world.rate.title} : 9 sur 10" in words(page)
    assert stored(world) == {}
    browser.post(address(world), _as_shown(page))
    assert set(stored(world)) == {world.mean.pk, world.count.pk}


def test_a_row_that_left_the_perimeter_and_that_nobody_typed_is_no_matter(world, browser):
    save(world, world.typed(world.rate, 9, 10))
    sent = _as_shown(browser.get(address(world)))
    world.services[0].perimeters.update(measured=["delai", "nombre"])

    assert browser.post(address(world), sent | row(world.count, "4")).status_code == 302

    assert stored(world) == {world.rate.pk: (9, 10), world.count.pk: (4, None)}


def test_what_was_typed_when_the_session_ended_is_found_again(world, browser, client_of):
    signed_out = client_of(None)
    sent = whole(world) | row(world.count, "4", comment="Grève <le 12>.") | {"send": "oui"}

    over = signed_out.post(address(world), sent)

    assert "rien n’est perdu tant que cette page reste ouverte" in words(over, 403)
    fields = re.findall('name="([^"]*)" value="([^"]*)"', over.content.decode())
    kept = {name: unescape(value) for name, value in fields if name.startswith("c")}
    too_soon = signed_out.post(over.context["resume"], kept)
    assert too_soon.context["resume"] == over.context["resume"]
    again = Client(enforce_csrf_checks=True)
    again.force_login(world.referent, backend="django.contrib.auth.backends.ModelBackend")
    page = again.post(over.context["resume"], kept)
    assert "Voici ce que vous aviez tapé avant la fin de votre session." in words(page)
    assert f'action="{address(world)}"' in page.content.decode()
    assert stored(world) == {}
    assert browser.post(address(world), _as_shown(page)).status_code == 302
    assert stored(world) == {world.rate.pk: (9, 10), world.mean.pk: (30, 10), world.count.pk: (4, None)}
    assert figures(world.services[0], MARCH)[world.count.pk].comment == "Grève <le 12>."


def test_what_was_typed_before_the_session_ended_of_a_month_closed_since_is_shown(world, browser):
    closed(world)

    page = browser.post(f"{address(world)}reprise/", row(world.rate, "11", "13"))

    assert "11 sur 13" in words(page, 409)


def test_a_version_that_nobody_has_shown_is_refused(world, browser):
    answer = browser.post(cell_address(world, world.rate), row(world.rate, "9", "10", seen=4242))

    assert answer.status_code == 400


# --- Locks -------------------------------------------------------------------------------------------------


def closed(world):
    save(world, *world.whole)
    returns.close(world.prefecture, MARCH, world.services, by=world.manager)


def test_a_closed_month_is_read(world, browser):
    closed(world)

    page = browser.get(address(world))

    assert "ce mois est clos" in words(page)
    assert "90,00 % (9 sur 10)" in words(page)
    assert '<input type="text"' not in page.content.decode()


def test_a_month_closed_while_somebody_types_gives_the_typed_text_back(world, browser):
    sent = _as_shown(browser.get(address(world))) | row(world.rate, "11", "13")
    closed(world)

    page = browser.post(address(world), sent)

    assert "Votre saisie n’a pas été enregistrée" in words(page, 409)
    assert "11 sur 13" in words(page, 409)
    impossible = browser.post(address(world), row(world.rate, "14", "13", comment="Panne."))
    assert "14 sur 13, note : Panne." in words(impossible, 409)
    cell = browser.post(cell_address(world, world.rate), row(world.rate, "11", "13")).json()
    assert (cell["state"], "ce mois est clos" in cell["sentence"]) == ("refused", True)
    assert stored(world)[world.rate.pk] == (9, 10)


def test_a_month_that_is_not_over_says_from_when_it_is_sent(world, browser, monkeypatch):
    sentence = "Mars 2020 n’est pas fini : il se transmet à partir du mardi 31 mars 2020."
    said = {}
    for day in (30, 31):
        monkeypatch.setattr(type(world.prefecture), "today", lambda self, day=day: MARCH.replace(day=day))
        said[day] = sentence in words(browser.get(address(world)))

    assert said == {30: True, 31: False}


def test_a_month_sent_back_shows_what_to_correct(world, browser):
    browser.post(address(world), whole(world) | {"send": "oui"})
    returns.send_back(world.services[0], MARCH, "Vérifier les appels.", by=world.manager)

    assert "Vérifier les appels." in words(browser.get(address(world)))
    (chore,) = [one for one in listed(browser, world) if one.month == MARCH]
    assert (chore.due_on, chore.is_late) == (world.prefecture.today(), False)


def test_in_a_reopened_month_a_changed_cell_says_why(world, browser):
    closed(world)
    returns.reopen(world.services[0], MARCH, "Chiffre retrouvé.", by=world.manager)
    shown = _as_shown(browser.get(address(world)))
    changed = shown | {f"c{world.rate.pk}-numerator": "8"}

    page = browser.post(address(world), changed)

    assert "Ce mois a été clos : indiquer pourquoi ce chiffre change." in words(page)
    assert stored(world)[world.rate.pk] == (9, 10)
    browser.post(address(world), changed | {f"c{world.rate.pk}-reason": "Une fiche oubliée."})
    assert figures(world.services[0], MARCH)[world.rate.pk].reason == "Une fiche oubliée."


# --- Sending -----------------------------------------------------------------------------------------------


def test_sent_a_month_says_thank_you_and_what_is_next(world, browser):
    answer = browser.post(address(world), whole(world) | {"send": "oui"}, follow=True)

    text = words(answer)
    assert "Merci. Les chiffres de mars 2020 sont transmis (Accueil)." in text
    assert "Continuer : Accueil, janvier 2019" in text
    assert MonthlyReturn.objects.get().state == MonthlyReturn.State.ENTERED


def test_a_month_that_lacks_figures_is_saved_and_not_sent(world, browser):
    sent = row(world.rate, "9", "10") | row(world.mean) | row(world.count) | {"send": "oui"}

    page = browser.post(address(world), sent)

    assert "Chiffres enregistrés, mois non transmis" in words(page)
    assert "Il reste à saisir" in words(page)
    assert stored(world) == {world.rate.pk: (9, 10)}
    assert MonthlyReturn.objects.get().state == MonthlyReturn.State.AWAITED


# --- What looks odd ----------------------------------------------------------------------------------------


def lost_calls(world, *numerators):
    for month, numerator in enumerate(numerators, start=1):
        factories.MonthFactory(
            service=world.services[0],
            indicator=world.rate,
            year=2019,
            month=month,
            numerator=numerator,
            denominator=1000,
        )


def test_what_looks_odd_is_asked_about_and_saved_all_the_same(world, browser):
    lost_calls(world, 40, 45, 50, 45, 42, 48)

    said = browser.post(cell_address(world, world.rate), row(world.rate, "128", "1000")).json()

    assert said["state"] == "saved"
    assert said["question"] == (
        f"{world.rate.short_title}\xa0: 12,80\xa0%, contre 3 à 6\xa0% d’habitude. "
        "Ce chiffre est-il exact\xa0? Vous pouvez l’expliquer dans une note."
    )
    seen = said["version"]
    explained = row(world.rate, "128", "1000", seen=seen, comment="Panne du serveur.")
    assert browser.post(cell_address(world, world.rate), explained).json()["question"] == ""


def test_suspended_months_and_months_under_reserve_teach_nothing(world, browser):
    lost_calls(world, 40, 45, 50, 45, 42, 48)
    Measurement.objects.filter(first_month=1).update(reserve="Compteur en panne.")

    said = browser.post(cell_address(world, world.rate), row(world.rate, "128", "1000")).json()

    assert said["question"] == ""


def usual(world):
    return reverse("entry_usual", args=[world.prefecture.slug, world.services[0].pk, world.rate.pk])


def said_usual(manager, world, low, high, *, seen=None):
    seen = bounds.version(world.services[0], world.rate) if seen is None else seen
    return manager.post(usual(world), {"low": low, "high": high, "version": seen})


def test_what_the_quality_manager_says_is_usual_wins(world, browser, client_of):
    lost_calls(world, 40, 45, 50, 45, 42, 48)
    manager = client_of(world.manager)
    assert "il en faut six" in words(manager.get(usual(world)))

    assert said_usual(manager, world, "2,5", "15").status_code == 302

    said = browser.post(cell_address(world, world.rate), row(world.rate, "128", "1000")).json()
    assert said["question"] == ""
    assert browser.get(usual(world)).status_code == 403
    assert "dépasse" in words(said_usual(manager, world, "16", "15"))
    assert "Donner les deux valeurs" in words(said_usual(manager, world, "16", ""))
    said_usual(manager, world, "", "")
    seen = versions(world.services[0], MARCH)[world.rate.pk]
    said = browser.post(cell_address(world, world.rate), row(world.rate, "129", "1000", seen=seen)).json()
    assert "contre 3 à 6" in said["question"]


@pytest.mark.parametrize("first", [("3", "6"), ("", "")], ids=["changed", "taken back"])
def test_who_comes_second_on_what_is_usual_sees_what_the_first_said(world, client_of, first):
    manager = client_of(world.manager)
    said_usual(manager, world, "2,5", "15")
    seen = manager.get(usual(world)).context["form"]["version"].value()
    said_usual(manager, world, *first)

    second = said_usual(manager, world, "4", "20", seen=seen)

    assert "à la place de « 2,5 à 15 % »" in words(second, 409)
    assert "vous avez, dans un autre onglet, enregistré, le" in words(second, 409)
    assert second.context["form"]["low"].value() == "4"
    assert not Bounds.objects.filter(high=20).exists()
    said_usual(manager, world, "4", "20", seen=second.context["form"]["version"].value())
    assert Bounds.objects.get().high == 20


# --- The months to do --------------------------------------------------------------------------------------


def listed(browser, world):
    page = browser.get(reverse("entry_list", args=[world.prefecture.slug]))
    return page.context["listing"]["table"].data.data


def test_the_list_has_the_months_that_are_not_sent(world, browser, monkeypatch):
    monkeypatch.setattr(type(world.prefecture), "today", lambda self: datetime.date(2020, 4, 3))
    world.schedule.first_month = datetime.date(2020, 1, 1)
    world.schedule.save()
    browser.post(address(world), row(world.rate, "9", "10") | row(world.mean) | row(world.count))

    found = listed(browser, world)

    assert [(one.month.month, one.state_label, one.left) for one in found] == [
        (1, "en retard", 3),
        (2, "en retard", 3),
        (3, "attendu", 2),
    ]
    assert {one.service for one in found} == {world.services[0]}
    browser.post(address(world), whole(world) | {"send": "oui"})
    assert [one.month.month for one in listed(browser, world)] == [1, 2]


def test_suspended_months_ask_for_nothing(world, browser, monkeypatch):
    monkeypatch.setattr(type(world.prefecture), "today", lambda self: datetime.date(2020, 4, 3))
    world.schedule.first_month = datetime.date(2020, 1, 1)
    world.schedule.save()
    world.suspend(datetime.date(2020, 2, 1), MARCH)

    assert [one.month.month for one in listed(browser, world)] == [1]


def test_the_list_costs_the_same_whatever_it_shows(world, client_of, monkeypatch, django_assert_num_queries):
    browser = client_of(world.manager)
    monkeypatch.setattr(type(world.prefecture), "today", lambda self: datetime.date(2020, 4, 3))
    page = reverse("entry_list", args=[world.prefecture.slug])
    for first in (datetime.date(2020, 3, 1), datetime.date(2019, 1, 1)):
        world.schedule.first_month = first
        world.schedule.save()
        with django_assert_num_queries(15):
            browser.get(page)


def test_the_home_tells_a_referent_what_is_to_be_entered(world, client_of, monkeypatch):
    monkeypatch.setattr(type(world.prefecture), "today", lambda self: datetime.date(2020, 4, 3))
    world.schedule.first_month = datetime.date(2020, 2, 1)
    world.schedule.save()

    page = client_of(world.referent).get(reverse("home"))

    text = words(page).replace(" ,", ",")
    assert "Chiffres à saisir Accueil, février 2020, en retard de 29 jours" in text
    assert "Accueil, mars 2020, dans 3 jours" in text
    assert address(world) in page.content.decode()
    assert "Chiffres à saisir" not in words(client_of(world.manager).get(reverse("home")))
