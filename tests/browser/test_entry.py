"""A month typed in a real browser: the keyboard of a spreadsheet, a pasted block, each row saved alone."""

import random
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from indicators import returns
from indicators.entry import Said, Typed, figures, save
from indicators.models import Measurement
from referentiel.measures import Comparator, Target, rounded, with_unit
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

pytestmark = pytest.mark.browser


@pytest.fixture
def world(db):
    return Monthly()


@pytest.fixture
def opened(world, window_of):
    def open_as(agent, **options):
        window = window_of(agent, **options)
        window.open(reverse("entry_month", args=[world.prefecture.slug, world.services[0].pk, "2020-03"]))
        return window

    return open_as


def cell(window, indicator, name="numerator"):
    return window.page.locator(f"[name=c{indicator.pk}-{name}]")


def row(window, indicator):
    return window.page.locator(f"[data-prefix=c{indicator.pk}]")


def is_saved(window, indicator):
    row(window, indicator).get_by_text("enregistré", exact=True).wait_for()


def reads(window, indicator, result):
    """Waits for the result of a row; a pattern, for a string would stand for other spaces too."""
    exactly = re.compile(f"^{re.escape(result)}$")
    expect(row(window, indicator).locator("output")).to_have_text(exactly)


def stored(world):
    return {
        pk: (found.numerator, found.denominator) for pk, found in figures(world.services[0], MARCH).items()
    }


def test_a_month_is_typed_with_the_keyboard_alone(world, opened):
    """Seven fields, sixteen keys and no click: two numbers, Tab between them, Enter after them."""
    window = opened(world.referent)
    expect(window.page.get_by_text("passent d’une case à l’autre")).to_be_visible()
    keyboard = window.page.keyboard
    cell(window, world.rate).focus()

    keyboard.type("12")
    keyboard.press("Tab")
    keyboard.type("13")
    reads(window, world.rate, "92,31\xa0%")
    keyboard.press("Enter")
    assert window.focused == f"c{world.mean.pk}-numerator"
    keyboard.type("30")
    keyboard.press("Tab")
    keyboard.type("10")
    keyboard.press("Enter")
    keyboard.type("4")
    keyboard.press("Enter")
    assert window.focused == "Enregistrer et transmettre"
    for indicator in (world.rate, world.mean, world.count):
        is_saved(window, indicator)

    assert stored(world) == {world.rate.pk: (12, 13), world.mean.pk: (30, 10), world.count.pk: (4, None)}
    expect(window.page.get_by_text("Tous les chiffres du mois sont saisis.").first).to_be_visible()
    keyboard.press("Enter")
    window.page.get_by_text("Merci. Les chiffres de mars 2020 sont transmis").wait_for()
    assert window.faults == []


def test_the_arrows_go_up_and_down_a_column(world, opened):
    window = opened(world.referent)
    cell(window, world.rate, "denominator").focus()

    window.page.keyboard.press("ArrowDown")
    assert window.focused == f"c{world.mean.pk}-denominator"
    window.page.keyboard.press("ArrowDown")  # a count has no second number
    assert window.focused == f"c{world.mean.pk}-denominator"
    window.page.keyboard.press("ArrowUp")
    assert window.focused == f"c{world.rate.pk}-denominator"


def paste(window, indicator, text):
    cell(window, indicator).evaluate(
        """(input, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const how = {clipboardData, bubbles: true, cancelable: true};
            input.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


def test_a_block_of_libreoffice_fills_the_cells(world, opened):
    window = opened(world.referent)

    paste(window, world.rate, "1\u202f234\t12\xa0345\n30\t10\n4\t\n99\t\n")
    for indicator in (world.rate, world.mean, world.count):
        is_saved(window, indicator)

    assert stored(world) == {
        world.rate.pk: (1234, 12345),
        world.mean.pk: (30, 10),
        world.count.pk: (4, None),
    }
    window.page.get_by_text("Cases remplies : 5 ; 1 en trop, laissées de côté.").wait_for()


def test_a_pasted_column_waits_for_the_other(world, opened):
    window = opened(world.referent)

    paste(window, world.rate, "12\n30\n4\n")
    is_saved(window, world.count)

    assert stored(world) == {world.count.pk: (4, None)}
    expect(row(window, world.rate).get_by_text("à compléter")).to_be_visible()


def test_what_is_refused_is_said_in_the_row_and_stays_typed(world, opened):
    window = opened(world.referent)
    cell(window, world.rate).fill("14")
    cell(window, world.rate, "denominator").fill("13")
    cell(window, world.count).focus()

    row(window, world.rate).get_by_text("refusé : Il y en a 14 sur 13").wait_for()

    assert cell(window, world.rate).input_value() == "14"
    assert window.axe() == []
    cell(window, world.rate).fill("12")
    cell(window, world.count).focus()
    is_saved(window, world.rate)
    assert stored(world) == {world.rate.pk: (12, 13)}


def test_the_other_answers_wait_for_their_reason(world, opened):
    window = opened(world.referent)
    row(window, world.rate).get_by_text("Préciser").click()
    cell(window, world.rate, "answer").select_option("non mesurable")
    expect(row(window, world.rate).get_by_text("à compléter")).to_be_visible()

    cell(window, world.rate, "reason").fill("Compteur en panne.")
    cell(window, world.count).focus()
    is_saved(window, world.rate)

    assert figures(world.services[0], MARCH)[world.rate.pk].reason == "Compteur en panne."


def both_on_the_rate(world, opened):
    """The referent's window and the manager's: 11 out of 13 is typed after 12 out of 13 was saved."""
    mine, theirs = opened(world.referent), opened(world.manager)
    for window, numerator in ((theirs, "12"), (mine, "11")):
        cell(window, world.rate).fill(numerator)
        cell(window, world.rate, "denominator").fill("13")
        cell(window, world.count).focus()
        if window is theirs:
            is_saved(window, world.rate)
    return mine, theirs


def hold(window):
    """The next save of a row waits on its way until it is given to `release`."""
    held = []
    window.page.route("**/saisie/**/*", lambda route: held.append(route), times=1)
    return held


def release(window, held):
    while not held:
        window.page.wait_for_timeout(20)
    with window.page.expect_response(lambda answer: answer.request.method == "POST"):
        held[0].continue_()


def test_what_is_typed_on_while_a_row_is_saved_stays_in_sight(world, opened):
    window = opened(world.referent)
    held = hold(window)
    cell(window, world.rate).fill("12")
    cell(window, world.rate, "denominator").fill("13")
    cell(window, world.mean).focus()
    cell(window, world.rate, "denominator").select_text()
    window.page.keyboard.type("12")

    release(window, held)

    expect(row(window, world.rate).locator("[data-state]")).to_have_text("")
    reads(window, world.rate, "100,00\xa0%")
    cell(window, world.mean).focus()
    is_saved(window, world.rate)
    assert stored(world) == {world.rate.pk: (12, 12)}


def test_what_is_typed_on_is_not_replaced_by_the_figure_of_another(world, opened):
    mine, _ = both_on_the_rate(world, opened)
    held = hold(mine)
    row(mine, world.rate).get_by_label("ce qui est enregistré").check()
    cell(mine, world.rate).select_text()
    mine.page.keyboard.type("10")
    release(mine, held)
    expect(row(mine, world.rate).locator("fieldset")).to_have_count(0)
    cell(mine, world.count).focus()

    row(mine, world.rate).get_by_label("ce que vous avez tapé").check()

    is_saved(mine, world.rate)
    assert stored(world)[world.rate.pk] == (10, 13)


def test_a_replacement_counts_in_the_place_of_what_is_under_reserve(world, opened):
    window = opened(world.referent)
    row(window, world.rate).locator("summary").click()
    typed = {"numerator": "12", "denominator": "13", "reserve": "Compteur en panne."}
    for name, text in (typed | {"instead_numerator": "1", "instead_denominator": "20"}).items():
        cell(window, world.rate, name).fill(text)

    reads(window, world.rate, "5,00\xa0% (remplacement)")
    cell(window, world.count).focus()
    is_saved(window, world.rate)
    reads(window, world.rate, "5,00\xa0% (remplacement)")
    assert stored(world) == {world.rate.pk: (1, 20)}


def test_two_browsers_on_the_same_cell_lose_nothing(world, opened):
    mine, theirs = both_on_the_rate(world, opened)

    clash = row(mine, world.rate).locator("fieldset")
    clash.wait_for()
    assert "12 sur 13" in clash.inner_text()
    assert mine.axe() == []
    clash.get_by_label("ce que vous avez tapé").check()
    is_saved(mine, world.rate)
    assert stored(world)[world.rate.pk] == (11, 13)

    # the other page learns of it in its turn, and takes it
    cell(theirs, world.rate).fill("10")
    cell(theirs, world.count).focus()
    row(theirs, world.rate).get_by_label("ce qui est enregistré").check()
    is_saved(theirs, world.rate)
    expect(cell(theirs, world.rate)).to_have_value("11")
    assert stored(world)[world.rate.pk] == (11, 13)


def test_the_result_is_rounded_as_the_server_does(world, opened):
    """Three hundred pairs, near the target above all."""
    factories.TargetFactory(indicator=world.rate, comparator="≥", value=Decimal("95.5"))
    target = Target(Comparator.GE, Fraction(191, 2))
    rng = random.Random(2020)
    pairs = [(rng.randint(0, n), n) for n in (rng.randint(1, 10**6) for _ in range(150))]
    pairs += [(n * 955 // 1000 + rng.randint(-1, 1), n) for n in (rng.randint(10, 10**5) for _ in range(150))]
    window = opened(world.referent)

    shown = row(window, world.rate).evaluate(
        """(row, pairs) => pairs.map(([numerator, denominator]) => {
            const [first, second] = row.querySelectorAll("input[type=text]");
            first.value = numerator;
            second.value = denominator;
            first.dispatchEvent(new Event("input", {bubbles: true}));
            return row.querySelector("output").textContent;
        })""",
        pairs,
    )

    assert shown == [
        with_unit(rounded(Fraction(100 * numerator, denominator), 2, target), "percent")
        for numerator, denominator in pairs
    ]


def test_what_could_not_be_saved_is_tried_again(world, opened):
    window = opened(world.referent)
    window.page.clock.install()
    window.page.route("**/saisie/**/*", lambda route: route.abort(), times=1)
    cell(window, world.count).fill("4")
    cell(window, world.rate).focus()

    row(window, world.count).get_by_text("pas encore enregistré").wait_for()
    window.page.clock.run_for(6000)
    is_saved(window, world.count)

    assert stored(world) == {world.count.pk: (4, None)}


def test_a_number_that_is_being_typed_is_not_saved_before_it_is_whole(world, opened):
    window = opened(world.referent)
    held = hold(window)
    cell(window, world.rate).fill("12")
    cell(window, world.rate, "denominator").fill("13")
    window.page.keyboard.press("Tab")
    cell(window, world.rate).select_text()
    window.page.keyboard.type("1")
    release(window, held)
    expect(row(window, world.rate).locator("[data-state]")).to_have_text("")
    window.page.keyboard.type("1")
    with window.page.expect_response(lambda answer: answer.request.method == "POST"):
        window.page.keyboard.press("Enter")

    written = Measurement.history.order_by("history_id").values_list("numerator", "denominator")
    assert list(written) == [(12, 13), (11, 13)]


def test_who_signs_in_again_in_another_tab_loses_nothing(world, opened, client_of):
    window = opened(world.referent)
    window.page.clock.install()
    window.page.context.clear_cookies()
    cell(window, world.count).fill("4")
    cell(window, world.rate).focus()
    row(window, world.count).get_by_text("votre session est finie").wait_for()

    name = settings.SESSION_COOKIE_NAME
    session = client_of(world.referent).cookies[name].value
    window.page.context.add_cookies([{"name": name, "value": session, "url": window.base}])
    is_renewed = window.page.expect_response(lambda answer: answer.request.method == "GET")
    with is_renewed:  # refused once more: the token of the page is that of the old session
        window.page.clock.run_for(6000)
    is_saved(window, world.count)

    assert stored(world) == {world.count.pk: (4, None)}


def test_in_a_reopened_month_the_row_asks_why(world, opened):
    save(world.services[0], MARCH, world.whole, by=world.manager)
    returns.close(world.prefecture, MARCH, world.services, by=world.manager)
    returns.reopen(world.services[0], MARCH, "Chiffre retrouvé.", by=world.manager)
    window = opened(world.referent)
    cell(window, world.count).fill("5")
    cell(window, world.rate).focus()
    row(window, world.count).get_by_text("indiquer pourquoi ce chiffre change").wait_for()

    cell(window, world.count, "reason").fill("Une fiche oubliée.")
    cell(window, world.rate).focus()
    is_saved(window, world.count)

    assert figures(world.services[0], MARCH)[world.count.pk].reason == "Une fiche oubliée."


def test_on_a_phone_both_numbers_of_an_indicator_are_in_sight(world, opened):
    window = opened(world.referent, width=390)

    first, second = (cell(window, world.rate, name).bounding_box() for name in ("numerator", "denominator"))

    assert first["y"] == second["y"]
    assert second["x"] + second["width"] <= 390


def test_without_scripts_the_month_is_a_plain_form(world, opened):
    window = opened(world.referent, script=False)
    expect(window.page.get_by_text("passent d’une case à l’autre")).to_be_hidden()
    cell(window, world.rate).fill("12")
    cell(window, world.rate, "denominator").fill("13")
    cell(window, world.mean).fill("30")
    cell(window, world.mean, "denominator").fill("10")
    cell(window, world.count).fill("4")
    window.page.get_by_role("button", name="Enregistrer et transmettre").click()

    window.page.get_by_text("Merci. Les chiffres de mars 2020 sont transmis").wait_for()
    assert stored(world)[world.rate.pk] == (12, 13)


def test_the_pages_are_accessible_and_fit_a_phone(world, opened):
    save(
        world.services[0], MARCH, [Typed(world.rate, Said(12, 13, comment="Une note."), 0)], by=world.manager
    )
    world.suspend(MARCH, MARCH, indicator=world.mean)
    window = opened(world.referent)
    faults = window.axe() + window.overflow(640) + window.overflow(320) + window.axe()
    window.open(reverse("entry_list", args=[world.prefecture.slug]))
    faults += window.axe() + window.overflow(320)
    usual = opened(world.manager)
    row(usual, world.rate).get_by_role("link", name="Valeurs habituelles").click()
    usual.settle()
    faults += usual.axe() + usual.overflow(320) + usual.faults
    returns.close(world.prefecture, MARCH, world.services, by=world.manager)
    closed = opened(world.referent)
    faults += closed.axe() + closed.overflow(320)

    assert faults + window.faults == []
