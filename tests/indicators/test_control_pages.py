"""The control room of the months, page by page."""

import datetime
import io

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import entry, returns, schedules, suspensions
from indicators.models import EntrySchedule, Measurement, MonthlyReturn, Suspension
from sheets.reading import rows_of
from sites import files
from sites.models import Membership
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State
PDF = "application/pdf"


@pytest.fixture
def world(db):
    return Monthly()


@pytest.fixture
def filled(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    returns.send(world.services[0], MARCH, by=world.referent)
    return world


@pytest.fixture
def manager(world, client_of):
    return client_of(world.manager)


def url(world, name, *arguments):
    return reverse(name, args=[world.prefecture.slug, *arguments])


def of_service(world, name, service=0):
    return url(world, name, "2020-03", world.services[service].pk)


def state(world, service=0):
    return returns.of(world.services[service], MARCH).state


def text(response):
    return response.content.decode()


# --- the board ---------------------------------------------------------------------------------------------


def test_the_board_says_where_each_month_stands_by_shape_and_word(filled, manager):
    shown = text(manager.get(url(filled, "completeness"), {"annee": 2020}))

    assert "◐</span> transmis en retard" in shown
    assert "▲</span> en retard" in shown
    assert "Qui a combien à faire" in shown


def test_a_filter_that_makes_no_sense_is_ignored_and_said(filled, manager):
    shown = manager.get(url(filled, "completeness"), {"annee": "2020", "etat": "perdu"})

    assert len(shown.context["board"].lines) == 2
    assert shown.context["filters"].errors


def test_the_board_is_taken_away_as_it_is_filtered(filled, manager):
    asked = {"annee": 2020, "etat": "to_validate", "export": "csv"}

    head, *rows = [
        list(row.cells.values()) for row in rows_of(manager.get(url(filled, "completeness"), asked).content)
    ] or [[]]

    assert "transmis en retard" in head
    assert rows == []


def test_before_the_calendar_is_set_the_board_says_what_to_do(world, manager):
    world.schedule.delete()

    assert "Fixer le calendrier de saisie" in text(manager.get(url(world, "completeness")))


def test_a_referent_sees_their_services_alone(filled, client_of):
    rows = client_of(filled.referent).get(url(filled, "month_control", "2020-03")).context["rows"]

    assert [row.service for row in rows] == filled.services[:1]
    assert client_of(filled.referent).get(of_service(filled, "service_month", 1)).status_code == 404


def test_the_months_that_start_with_a_vowel_are_elided(world, manager):
    april = datetime.date(2020, 4, 1)
    cells = [world.typed(one, 4, 4, month=april) for one in (world.rate, world.mean)]
    entry.save(world.services[0], april, [*cells, world.typed(world.count, 4, month=april)], by=world.manager)
    returns.send(world.services[0], april, by=world.manager)

    read = text(manager.get(url(world, "service_month", "2020-04", world.services[0].pk)))
    asked = text(manager.get(url(world, "month_validate", "2020-04")))

    assert "Ouvrir la saisie d’avril\xa02020" in read
    assert "leurs chiffres d’avril\xa02020 ne changent plus" in asked


@pytest.mark.parametrize("month", ["2020", "2020-T1", "2020-13", "1999-12", "2090-01", "mars"])
def test_what_is_no_month_that_has_begun_is_not_there(world, manager, month):
    assert manager.get(url(world, "month_control", month)).status_code == 404


@pytest.mark.parametrize("more", [0, 3])
def test_the_pages_cost_the_same_whatever_there_is(filled, manager, more, django_assert_max_num_queries):
    for _ in range(more):
        service = factories.ServiceFactory(unit=filled.unit)
        factories.PerimeterFactory(service=service, module=filled.module)
        factories.MonthFactory(service=service, indicator=filled.rate, year=2020, month=3)

    for name, arguments in (("completeness", ()), ("month_control", ("2020-03",))):
        with django_assert_max_num_queries(16):
            manager.get(url(filled, name, *arguments), {"annee": 2020})


# --- moves -------------------------------------------------------------------------------------------------


def test_one_reads_what_one_validates_then_validates_it(filled, manager):
    asked = manager.get(url(filled, "month_validate", "2020-03"))
    assert "1 service à valider" in text(asked)
    assert "90,00" in text(asked)

    manager.post(url(filled, "month_validate", "2020-03"), {"service": filled.services[0].pk})

    assert (state(filled), state(filled, 1)) == (State.VALIDATED, State.AWAITED)


def test_only_the_services_that_were_ticked_are_validated(filled, manager):
    manager.post(url(filled, "month_validate", "2020-03"), {"service": filled.services[1].pk})

    assert state(filled) == State.ENTERED


def test_who_ticks_nothing_is_asked_to(filled, manager):
    asked = manager.get(url(filled, "month_validate", "2020-03"), {"choisis": 1}, follow=True)

    assert "Cocher d’abord les services à valider." in text(asked)


def test_a_day_that_is_put_off_again_is_said_as_such(filled, manager):
    today = filled.prefecture.today()
    for days in (1, 2):
        until = today + datetime.timedelta(days=days)
        returns.keep_open(filled.services[1], MARCH, until, "Panne.", by=filled.manager)

    events = manager.get(of_service(filled, "service_month", 1)).context["events"]

    assert [event.what for event in events] == ["laissé ouvert", "laissé ouvert"]


def test_a_month_is_sent_back_with_what_is_to_correct(filled, manager):
    refused = manager.post(of_service(filled, "month_send_back"), {"reason": ""})
    assert "Indiquer ce qu’il y a à corriger." in text(refused)

    manager.post(of_service(filled, "month_send_back"), {"reason": "Le nombre paraît double."})

    found = returns.of(filled.services[0], MARCH)
    assert (found.state, found.comment) == (State.RETURNED, "Le nombre paraît double.")


def test_what_cannot_be_done_is_a_sentence_and_keeps_what_was_typed(filled, manager):
    shown = manager.post(of_service(filled, "month_reopen"), {"reason": "Erreur de saisie."})

    assert "Seul un mois clos se rouvre." in text(shown)
    assert "Erreur de saisie." in text(shown)
    assert state(filled) == State.ENTERED


def test_closing_names_first_what_was_not_sent_nor_validated(filled, manager):
    shown = manager.get(url(filled, "month_close", "2020-03"))

    assert [row.service for row in shown.context["not_sent"]] == filled.services[1:]
    assert [row.service for row in shown.context["to_validate"]] == filled.services[:1]
    assert state(filled) == State.ENTERED


def test_a_closed_month_is_closed_for_all_and_its_history_says_by_whom(filled, manager):
    manager.post(url(filled, "month_close", "2020-03"))
    manager.post(of_service(filled, "month_reopen"), {"reason": "Un compteur était faux."})

    events = manager.get(of_service(filled, "service_month")).context["events"]

    assert (state(filled), state(filled, 1)) == (State.REOPENED, State.CLOSED)
    assert [(event.what, event.before, event.after, event.why) for event in events] == [
        ("rouvert", "clos", "rouvert", "Un compteur était faux."),
        ("clos", "saisi", "clos", ""),
        ("transmis", "attendu", "saisi", ""),
        ("saisie commencée", "", "attendu", ""),
    ]
    assert events[0].who == filled.manager.full_name


def test_a_month_that_runs_is_not_closed_and_the_page_says_so(world, manager):
    month = f"{world.prefecture.today():%Y-%m}"

    shown = manager.post(url(world, "month_close", month))

    assert "n’est pas fini" in text(shown)
    assert not MonthlyReturn.objects.exists()


def test_a_month_is_left_open_to_a_day_to_come_with_a_reason(world, manager):
    today = world.prefecture.today()
    passed = {"until": today - datetime.timedelta(days=1), "reason": "Panne."}
    assert "Ce jour est passé" in text(manager.post(of_service(world, "month_keep_open"), passed))

    manager.post(of_service(world, "month_keep_open"), passed | {"until": today})

    found = returns.of(world.services[0], MARCH)
    assert (found.open_until, found.open_because) == (today, "Panne.")
    (event,) = manager.get(of_service(world, "service_month")).context["events"]
    assert (event.what, event.why) == ("laissé ouvert", "Panne.")


# --- the calendar ------------------------------------------------------------------------------------------


def test_the_calendar_says_what_it_means_for_the_month_that_runs(world):
    world.schedule.closes_after = 20

    said = schedules.in_words(world.schedule, datetime.date(2020, 3, 12))

    assert said == (
        "Les chiffres de mars\xa02020 sont attendus jusqu’au 06/04/2020. Le mois se clôt de lui-même le "
        "21/04/2020, transmis ou non."
    )


def test_the_calendar_is_changed_and_remembers_what_it_was(world, manager):
    schedule = world.schedule
    typed = {
        "first_month": "03/2020",
        "due_after": 8,
        "closes_after": "",
        "version": schedules.version(schedule),
    }

    manager.post(url(world, "entry_schedule"), typed)

    schedule.refresh_from_db()
    assert (schedule.first_month, schedule.due_after, schedule.closes_after) == (MARCH, 8, None)
    shown = manager.get(url(world, "entry_schedule"))
    assert shown.context["events"][0].after == "depuis mars\xa02020, saisie dans les 8\xa0jours"


def test_a_month_does_not_close_before_it_is_due(world, manager):
    version = schedules.version(world.schedule)
    typed = {"first_month": "03/2020", "due_after": 8, "closes_after": 8, "version": version}

    assert "Un mois se clôt après l" in text(manager.post(url(world, "entry_schedule"), typed))


def test_who_comes_second_on_the_calendar_sees_what_the_first_wrote(world, manager):
    version = schedules.version(world.schedule)
    own = {"first_month": MARCH, "due_after": 9, "closes_after": None, "seen": version, "by": world.manager}
    schedules.save(world.prefecture, **own)
    typed = {"first_month": "01/2019", "due_after": 3, "closes_after": "", "version": version}

    second = manager.post(url(world, "entry_schedule"), typed)

    assert second.status_code == 409
    assert EntrySchedule.objects.get().due_after == 9
    assert 'value="3"' in text(second)


# --- suspensions -------------------------------------------------------------------------------------------


def decided(world, **more):
    typed = {"place": "prefecture", "first_month": "03/2020", "last_month": "06/2020", "reason": "Crise."}
    return typed | more


def test_a_calendar_that_closes_past_months_at_once_is_agreed_to_first(world, manager):
    page = url(world, "entry_schedule")
    version = manager.get(page).context["form"]["version"].value()
    typed = {"first_month": "03/2020", "due_after": 5, "closes_after": 20, "version": version}

    asked = manager.post(page, typed)

    agreed = asked.context["form"]["agreed"].value()
    assert f"{agreed} mois passés se clôturent d’ici une heure, transmis ou non, de mars" in text(asked)
    assert EntrySchedule.objects.get().closes_after is None
    assert manager.post(page, typed | {"agreed": agreed}).status_code == 302
    assert EntrySchedule.objects.get().closes_after == 20
    assert returns.close_what_is_due(world.prefecture, world.prefecture.today()) == int(agreed) * 2


def test_a_suspension_says_how_many_figures_it_leaves_out_before_it_is_decided(filled, manager):
    first = manager.post(url(filled, "suspension_new"), decided(filled))
    assert "laisse de côté 3 chiffres déjà saisis" in text(first)
    assert not Suspension.objects.exists()

    manager.post(url(filled, "suspension_new"), decided(filled, agreed=3))

    held = Suspension.objects.get()
    assert (held.first_month, held.last_month) == (MARCH, datetime.date(2020, 6, 1))
    assert Measurement.objects.filter(period="month").count() == 3


def test_the_place_of_a_suspension_is_one(world, manager):
    place = f"service-{world.services[1].pk}"

    manager.post(url(world, "suspension_new"), decided(world, place=place, agreed=0))

    assert Suspension.objects.get().service == world.services[1]


def test_a_place_of_another_prefecture_is_none(world, manager):
    place = f"unit-{factories.UnitFactory().pk}"

    shown = manager.post(url(world, "suspension_new"), decided(world, place=place, agreed=0))

    assert "Cette portée n’existe plus" in text(shown)
    assert not Suspension.objects.exists()


@pytest.mark.parametrize("typed", ["mars", "13/2020", "2020", "00/2020", "03/99999"])
def test_what_is_no_month_is_refused_in_a_sentence(world, manager, typed):
    shown = manager.post(url(world, "suspension_new"), decided(world, first_month=typed))

    assert "n’est pas un mois. Format attendu" in text(shown)


@pytest.fixture
def held(world):
    terms = suspensions.Terms(MARCH, datetime.date(2020, 6, 1), "Crise.")
    return suspensions.decide(world.prefecture, terms, by=world.manager)


def test_a_suspension_is_changed_with_a_reason(world, held, manager):
    typed = decided(
        world, last_month="07/2020", why="Prolongée.", version=suspensions.version(held), agreed=0
    )

    manager.post(url(world, "suspension_change", held.pk), typed)

    events = manager.get(url(world, "suspension", held.pk)).context["events"]
    assert [(event.what, event.why) for event in events] == [("modifiée", "Prolongée."), ("décidée", "")]
    assert "juillet" in events[0].after
    assert "juin" in events[0].before


def test_who_comes_second_on_a_suspension_changes_nothing(world, held, manager):
    version = suspensions.version(held)
    terms = suspensions.Terms(MARCH, MARCH, "Crise.")
    suspensions.change(held, terms, "Écourtée.", seen=version, by=world.manager)

    lifted = manager.post(url(world, "suspension_lift", held.pk), {"reason": "Finie.", "version": version})

    assert lifted.status_code == 409
    assert Suspension.objects.get().last_month == MARCH


def test_a_lifted_suspension_leaves_its_history_and_its_months_are_awaited_again(world, held, manager):
    version = suspensions.version(held)

    manager.post(url(world, "suspension_lift", held.pk), {"reason": "Annulée.", "version": version})

    assert not Suspension.objects.exists()
    event = manager.get(url(world, "suspensions")).context["events"][0]
    assert (event.what, event.after, event.why) == ("levée", "", "Annulée.")


@pytest.fixture
def pdf():
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


def test_the_decision_is_kept_and_served_to_who_may_read_it(world, held, manager, pdf, client_of):
    typed = {"file": SimpleUploadedFile("arrete.pdf", pdf, PDF), "version": suspensions.version(held)}
    manager.post(url(world, "suspension_attach", held.pk), typed)

    stranger = factories.AgentFactory()
    factories.MembershipFactory(agent=stranger, role=Membership.Role.QUALITY_MANAGER)
    address = url(world, "suspension_document", held.pk)
    served = client_of(world.referent).get(address)
    assert (served.content, served.headers["Content-Type"]) == (pdf, PDF)
    assert client_of(stranger).get(address).status_code == 404


def test_what_is_no_pdf_is_refused_and_nothing_is_kept(world, held, manager):
    typed = {"file": SimpleUploadedFile("arrete.pdf", b"MZ", PDF), "version": suspensions.version(held)}

    shown = manager.post(url(world, "suspension_attach", held.pk), typed)

    assert "Ce fichier n’est pas un PDF" in text(shown)
    assert "Choisir de nouveau les fichiers" in text(shown)
    assert not Suspension.objects.get().stored_as
    assert not files.path_of("suspensions").exists()
