"""What a write to a case does to its clock, its state and its trail; what it refuses, and in which words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import register, themes
from complaints.judging import Judge
from complaints.models import Case, Theme
from complaints.register import Identity, Joined
from referentiel.models import DelayRule
from sites import files
from sites.conflicts import ConflictError, RefusedError
from tests.complaints.conftest import MONDAY, SOMEBODY, TODAY
from tests.factories import ClosureFactory, ServiceFactory, SiteFactory
from tests.races import at_once
from tests.sites.test_attachments import image


def day(number):
    """Of March 2021, which begins on a Monday."""
    return date(2021, 3, number)


@pytest.fixture
def act(basile):
    """`act(register.answer, case, …)`, in the version that stands."""

    def _act(verb, case, *args, **how):
        seen = Case.objects.get(pk=case.pk).version
        return verb(case, *args, **{"seen": seen, "by": basile, "on": TODAY, **how})

    return _act


def trail(case):
    return list(case.events.values_list("kind", flat=True))


# --- Receiving ---------------------------------------------------------------------------------------------


def test_case_keeps_what_its_clock_says(receive):
    case = receive()
    assert (case.reference, case.month, case.state) == ("2021-0001", day(1), "open")
    assert (case.allowed_days, case.due_on, case.is_within) == (10, day(15), None)
    case.refresh_from_db()
    assert case.is_counted
    assert trail(case) == ["registered"]


def test_number_is_that_of_the_year_of_receipt_in_each_prefecture(receive, prefecture, elsewhere):
    numbers = [receive().reference, receive().reference, receive(received_on=date(2020, 12, 31)).reference]
    assert numbers == ["2021-0001", "2021-0002", "2020-0001"]


@pytest.mark.parametrize(
    "without",
    [{"requester": Identity()}, {"requester": Identity(name="Dominique Petit")}, {"needs_examination": True}],
)
def test_case_that_nobody_can_answer_or_that_needs_a_file_has_no_clock(receive, act, without):
    case = receive(**without)
    assert (case.due_on, case.has_clock) == (None, False)
    answered = act(register.answer, case, answered_on=TODAY)
    answered.refresh_from_db()
    assert (answered.delay_days, answered.is_within, answered.is_counted) == (None, None, False)


def test_case_without_a_rule_says_so(receive):
    case = receive(channel="social")
    assert (case.rule, case.allowed, case.due_on) == (None, None, None)


def test_receipt_may_be_long_past_but_not_to_come(receive):
    assert receive(received_on=date(2019, 1, 2)).due_on == date(2019, 1, 16)
    with pytest.raises(RefusedError, match="Le 01/04/2021 est à venir"):
        receive(received_on=date(2021, 4, 1))
    assert Case.objects.count() == 1


def test_place_is_of_the_unit_and_the_unit_of_the_prefecture(receive, arles, elsewhere):
    with pytest.raises(RefusedError, match="n’appartient pas à Sous-préfecture d’Arles"):
        receive(unit=arles)
    with pytest.raises(RefusedError, match="n’appartient pas à Siège"):
        receive(site=SiteFactory(unit=arles))
    with pytest.raises(RefusedError, match="n’appartient pas à Préfecture des Bouches-du-Rhône"):
        receive(unit=ServiceFactory(unit__prefecture=elsewhere).unit, service=None)


def test_appointment_of_an_authority_has_two_promises_and_two_verdicts(receive, act):
    case = receive(kind="appointment", requester_kind="authority")
    assert (case.due_on, case.appointment.due_on) == (day(5), day(15))
    act(register.answer, case, answered_on=day(5), takes_place_on=day(16))
    case = Case.objects.get(pk=case.pk)
    assert (case.delay_days, case.is_within) == (4, True)
    assert (case.appointment.delay_days, case.appointment.is_within) == (11, False)


@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_leave_no_gap_in_the_numbers(receive):
    def five():
        for _ in range(5):
            receive()

    assert at_once(*[five] * 4) == [None] * 4
    assert sorted(Case.objects.values_list("number", flat=True)) == list(range(1, 21))


# --- Following ---------------------------------------------------------------------------------------------


def test_reply_on_the_due_date_is_in_time_and_the_next_day_is_late(receive, act):
    kept, missed = receive(), receive()
    act(register.answer, kept, answered_on=day(15))
    missed = act(register.answer, missed, answered_on=day(16))
    kept.refresh_from_db()
    assert (kept.state, kept.delay_days, kept.is_within) == ("answered", 10, True)
    assert (missed.delay_days, missed.is_within) == (11, False)


def test_what_the_database_refuses_is_said_in_the_words_of_its_constraint(receive, monkeypatch):
    monkeypatch.setattr(Judge, "reckon", lambda self, case, appointment: setattr(case, "month", day(2)))
    with pytest.raises(RefusedError, match="Le mois d’une affaire est celui de sa réception"):
        receive()
    assert not Case.objects.exists()


def test_what_was_deleted_since_it_was_chosen_is_refused(receive, prefecture):
    theme = themes.add(prefecture, "Accueil")
    Theme.objects.all().delete()

    with pytest.raises(RefusedError, match="«\xa0Accueil\xa0» vient d’être supprimé"):
        receive(theme=theme)


def test_registering_and_answering_take_few_statements(receive, act, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        case = receive()
    with django_assert_max_num_queries(19):
        act(register.answer, case, answered_on=day(15))


def test_holding_reply_is_a_first_reply_and_no_more(receive, act):
    case = act(register.hold, receive(), sent_on=day(4))
    assert (case.first_reply_on, case.answered_on, case.state) == (day(4), None, "open")
    case = act(register.answer, case, answered_on=day(20))
    assert (case.first_reply_on, case.answered_on, case.is_within) == (day(4), day(20), False)


def test_pause_takes_the_due_date_away_and_resuming_gives_it_back_later(receive, act):
    case = act(register.pause, receive(), starts_on=day(3), reason="requester")
    assert (case.state, case.due_on) == ("paused", None)
    case = act(register.resume, case, ends_on=day(8))
    assert (case.state, case.due_on) == ("open", day(19))
    assert case.events.last().facts == {"due_on": ["", "2021-03-19"]}


def test_reply_ends_the_pause_on_its_eve(receive, act):
    case = act(register.pause, receive(), starts_on=day(3), reason="other_body")
    case = act(register.answer, case, answered_on=day(10))
    assert (case.delay_days, case.due_on, case.pauses.get().ends_on) == (2, day(22), day(9))
    same_day = act(register.pause, receive(), starts_on=day(3), reason="other_body")
    same_day = act(register.answer, same_day, answered_on=day(3))
    assert (same_day.delay_days, same_day.due_on, same_day.pauses.count()) == (2, day(15), 0)


def test_service_that_is_asked_may_read_and_the_case_stays(receive, act, arles, accueil):
    help_from = ServiceFactory(unit=arles)
    case = act(register.ask, receive(), help_from)
    assert (case.service, case.asked_service, case.due_on) == (accueil, help_from, day(15))
    with pytest.raises(RefusedError, match="est déjà sollicité"):
        act(register.ask, case, ServiceFactory(unit=arles))
    case = act(register.receive_help, case, received_on=day(9))
    assert case.asked_service is None
    assert trail(case) == ["registered", "asked", "helped"]


def test_case_moves_to_another_unit_with_its_clock(receive, act, arles, basile):
    there = ServiceFactory(unit=arles)
    case = receive()
    assert len(register.assign([case], unit=arles, service=there, by=basile, on=TODAY)) == 1
    case.refresh_from_db()
    assert (case.unit, case.service, case.due_on) == (arles, there, day(15))
    assert register.assign([case], unit=arles, service=there, by=basile, on=TODAY) == []
    assert trail(case) == ["registered", "assigned"]


def test_assigning_is_for_all_or_for_none(receive, act, arles, basile):
    closed = act(register.withdraw, receive(), withdrawn_on=day(4))
    case = receive()
    with pytest.raises(RefusedError, match="est close"):
        register.assign([case, closed], unit=arles, service=None, by=basile, on=TODAY)
    case.refresh_from_db()
    assert case.unit != arles


@pytest.mark.parametrize(
    ("verb", "how", "state"),
    [
        (register.hand_on, {"body": "ants", "sent_on": day(4)}, "transferred"),
        (register.withdraw, {"withdrawn_on": day(4)}, "withdrawn"),
        (register.drop, {"reason": "twice"}, "dropped"),
    ],
)
def test_case_closed_without_a_reply_leaves_the_rates_and_comes_back_when_reopened(
    receive, act, verb, how, state
):
    case = act(verb, receive(), **how)
    case.refresh_from_db()
    assert (case.state, case.is_counted, case.is_within) == (state, False, None)
    case = act(register.reopen, case, remark="close par erreur")
    case.refresh_from_db()
    assert (case.state, case.closed_on, case.due_on, case.is_counted) == ("open", None, day(15), True)
    assert case.events.last().remark.text == "close par erreur"


def test_reopening_takes_the_reply_back_and_keeps_the_holding_one(receive, act):
    case = act(register.hold, receive(), sent_on=day(4))
    case = act(register.answer, case, answered_on=day(20))
    case = act(register.reopen, case, remark="réponse envoyée à une autre personne")
    assert (case.first_reply_on, case.answered_on, case.delay_days) == (day(4), None, None)


def test_new_rule_does_not_rejudge_what_follows_on_an_old_case(receive, act):
    case = receive()
    DelayRule.objects.update(days=2)
    case = act(register.answer, case, answered_on=day(15))
    assert (case.allowed_days, case.is_within) == (10, True)


# --- Correcting --------------------------------------------------------------------------------------------


def test_correction_of_the_receipt_judges_anew_and_keeps_the_number(receive, act, letter):
    case = act(register.answer, receive(), answered_on=day(15))
    case = act(register.correct, case, replace(letter, received_on=date(2020, 12, 31)))
    assert (case.reference, case.month) == ("2021-0001", date(2020, 12, 1))
    assert (case.due_on, case.is_within) == (date(2021, 1, 15), False)
    assert case.events.last().facts == {
        "columns": ["received_on"],
        "due_on": ["2021-03-15", "2021-01-15"],
    }


def test_correction_says_which_columns_and_never_what_they_said(receive, act, letter):
    said = replace(letter, subject="Autre objet", requester=replace(SOMEBODY, name="Camille Grand"))
    case = act(register.correct, receive(), said)
    assert case.events.last().facts == {"columns": ["subject", "requester"]}
    assert Case.objects.get(pk=case.pk).requester.name == "Camille Grand"


def test_same_words_again_change_nothing(receive, act, letter):
    case = receive()
    assert act(register.correct, case, letter).version == case.version
    assert trail(case) == ["registered"]


def test_giving_an_address_starts_the_clock(receive, act, letter):
    case = receive(requester=Identity())
    case = act(register.correct, case, letter)
    assert case.due_on == day(15)


def test_kind_that_is_no_appointment_any_more_has_one_promise(receive, act, letter):
    appointment = replace(letter, kind="appointment", requester_kind="authority")
    case = act(register.correct, receive(kind="appointment", requester_kind="authority"), letter)
    assert not hasattr(Case.objects.get(pk=case.pk), "appointment")
    case = act(register.correct, case, appointment)
    act(register.answer, case, answered_on=day(5), takes_place_on=day(9))
    with pytest.raises(RefusedError, match="Un rendez-vous a été donné"):
        act(register.correct, case, letter)


def test_receipt_is_not_moved_behind_what_followed(receive, act, letter):
    case = act(register.hold, receive(), sent_on=day(4))
    with pytest.raises(RefusedError, match="a une suite d’avant le 05/03/2021"):
        act(register.correct, case, replace(letter, received_on=day(5)))


# --- Refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "how", "sentence"),
    [
        (register.answer, {"answered_on": TODAY + timedelta(1)}, "est à venir"),
        (register.answer, {"answered_on": MONDAY - timedelta(1)}, "précède la réception"),
        (register.answer, {"answered_on": day(9), "takes_place_on": day(9)}, "Seul un rendez-vous demandé"),
        (register.hold, {"sent_on": MONDAY - timedelta(1)}, "précède la réception"),
        (register.resume, {"ends_on": day(9)}, "n’est pas suspendu"),
        (register.receive_help, {"received_on": day(9)}, "Aucun service n’est sollicité"),
        (register.reopen, {"remark": "x"}, "n’est pas close"),
        (register.reopen, {"remark": ""}, "Dire pourquoi"),
        (register.drop, {"reason": "other"}, "en quelques mots"),
        (register.drop, {"reason": "ennui"}, "Choisir le motif"),
        (register.hand_on, {"body": "personne", "sent_on": day(9)}, "Choisir l’organisme"),
        (register.pause, {"starts_on": day(9), "reason": "ennui"}, "Choisir le motif"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(receive, act, verb, how, sentence):
    case = receive()
    with pytest.raises(RefusedError, match=sentence):
        act(verb, case, **how)
    case.refresh_from_db()
    assert (case.version, trail(case)) == (1, ["registered"])


def test_pauses_do_not_overlap(receive, act):
    case = act(register.pause, receive(), starts_on=day(3), reason="requester")
    with pytest.raises(RefusedError, match="déjà suspendu"):
        act(register.pause, case, starts_on=day(9), reason="requester")
    case = act(register.resume, case, ends_on=day(8))
    with pytest.raises(RefusedError, match="jusqu’au 08/03/2021"):
        act(register.pause, case, starts_on=day(8), reason="requester")


def test_closed_case_takes_no_follow_up(receive, act):
    case = act(register.answer, receive(), answered_on=day(9))
    with pytest.raises(RefusedError, match=r"Cette affaire est close \(répondue\)"):
        act(register.answer, case, answered_on=day(9))


def test_whoever_read_another_version_is_told(receive, act, basile):
    case = receive()
    act(register.hold, case, sent_on=day(4))
    with pytest.raises(ConflictError) as told:
        register.answer(case, answered_on=day(9), seen=1, by=basile, on=TODAY)
    assert told.value.saved.first_reply_on == day(4)


# --- What is joined ----------------------------------------------------------------------------------------


def test_file_is_kept_with_its_case_and_refused_with_a_sentence(receive, basile):
    case = receive()
    [attachment] = register.attach(
        case, [Joined("Photographie du guichet", image("PNG"))], by=basile, on=TODAY
    )
    assert files.read(attachment.stored_as, attachment.sha256)
    with pytest.raises(RefusedError, match="ni un PDF, ni une image"):
        register.attach(case, [Joined("Programme", b"MZ")], by=basile, on=TODAY)
    assert trail(case) == ["registered", "attached"]


def test_note_is_added_to_a_closed_case_too(receive, act, basile):
    case = act(register.answer, receive(), answered_on=day(9))
    for _ in range(2):  # a double click
        assert register.note(case, "L’usager a remercié.", by=basile, on=TODAY).remark.text
    assert trail(case) == ["registered", "answered", "noted"]


# --- Whatever happens --------------------------------------------------------------------------------------

MOVES = {
    "acknowledge": lambda case, on: ((), {"sent_on": on}),
    "hold": lambda case, on: ((), {"sent_on": on}),
    "pause": lambda case, on: ((), {"starts_on": on, "reason": "requester"}),
    "resume": lambda case, on: ((), {"ends_on": on}),
    "answer": lambda case, on: ((), {"answered_on": on}),
    "withdraw": lambda case, on: ((), {"withdrawn_on": on}),
    "drop": lambda case, on: ((), {"reason": "twice"}),
    "reopen": lambda case, on: ((), {"remark": "erreur"}),
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(1, 31)), max_size=8))
def test_whatever_follows_stored_columns_are_what_the_clock_derives(receive, act, moves):
    case = receive()
    for name, number in moves:
        args, how = MOVES[name](case, day(number))
        try:
            case = act(getattr(register, name), case, *args, **how)
        except RefusedError:
            continue
    case = Case.objects.get(pk=case.pk)
    assert case.version == case.events.count()
    paused = {
        pause.starts_on + timedelta(n)
        for pause in case.pauses.all()
        for n in range(((pause.ends_on or day(31)) - pause.starts_on).days + 1)
    }

    def counted(until):
        days = (MONDAY + timedelta(n + 1) for n in range((until - MONDAY).days))
        return sum(one.weekday() < 5 and one not in paused for one in days)

    if case.state == "paused":
        assert case.pauses.filter(ends_on=None).count() == 1
    else:
        assert case.due_on and (case.due_on == MONDAY or counted(case.due_on) == 10 or case.due_on > day(31))
    if case.answered_on:
        assert case.is_within == (case.answered_on <= case.due_on)
    assert (case.closed_on is None) == case.is_open


def test_closure_that_stops_the_clock_counts_from_the_next_write_on(receive, act, prefecture):
    case = receive()
    ClosureFactory(prefecture=prefecture, starts_on=day(8), ends_on=day(9), stops_the_clock=True)
    assert act(register.acknowledge, case, sent_on=day(2)).due_on == day(17)


def test_site_is_left_behind_with_the_unit(receive, accueil, arles, basile):
    case = receive(site=SiteFactory(unit=accueil.unit))
    (moved,) = register.assign([case], unit=arles, service=None, by=basile, on=TODAY)
    assert (moved.site, moved.service) == (None, None)
