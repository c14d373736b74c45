"""Absences and reminders as agents set them: who gets the mails, which ones, and who was reminded."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from jobs.models import Job
from sites import absences, reminders
from sites.conflicts import RefusedError
from sites.models import Absence, Agent, Membership, Prefecture, Reminder, ReminderChoice, TraceEntry
from tests import factories

ClientOf = Callable[[Agent | None], Client]


def march(day: int) -> datetime.date:
    return datetime.date(2049, 3, day)


@pytest.fixture
def away(prefecture: Prefecture, rachid: Agent, basile: Agent) -> Absence:
    """Rachid, from the 2nd to the 13th of March 2049; Basile stands in."""
    return factories.AbsenceFactory(prefecture=prefecture, agent=rachid, deputy=basile)


def absence(agent: Agent, deputy: Agent, first: int, last: int) -> Absence:
    prefecture = agent.memberships.get().prefecture
    return Absence(
        prefecture=prefecture, agent=agent, deputy=deputy, starts_on=march(first), ends_on=march(last)
    )


# --- what holds --------------------------------------------------------------------------------------------


def test_an_agent_has_one_absence_at_a_time(away: Absence, rachid: Agent, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="déjà notée du 02/03/2049 au 13/03/2049"):
        absences.declare(absence(rachid, claire, 13, 20), by=rachid)

    absences.declare(absence(rachid, claire, 14, 20), by=rachid)


def test_a_deputy_is_there(away: Absence, rachid: Agent, basile: Agent, claire: Agent) -> None:
    with pytest.raises(RefusedError, match="elle-même absente du 02/03/2049 au 13/03/2049"):
        absences.declare(absence(claire, rachid, 1, 2), by=claire)

    absences.declare(absence(basile, claire, 5, 6), by=basile)


def test_back_early_and_not_away_at_all(away: Absence, rachid: Agent, claire: Agent) -> None:
    later = absences.declare(absence(rachid, claire, 20, 25), by=rachid)

    absences.end(away, on=march(5), by=rachid)
    absences.end(later, on=march(5), by=claire)

    assert [str(one) for one in Absence.objects.all()] == ["du 02/03/2049 au 04/03/2049"]
    assert [(str(line.agent), line.about, line.concerns) for line in TraceEntry.objects.order_by("pk")] == [
        ("Rachid Benali", "Absence notée, du 20/03/2049 au 25/03/2049", None),
        ("Rachid Benali", "Fin d’absence, du 02/03/2049 au 04/03/2049", None),
        ("Claire Martin", "Absence annulée, du 20/03/2049 au 25/03/2049", rachid),
    ]


def test_the_database_refuses_who_would_stand_in_for_oneself(away: Absence) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.update(deputy=away.agent)


def test_the_database_keeps_one_reminder_a_stage(prefecture: Prefecture, rachid: Agent) -> None:
    factories.ReminderFactory(prefecture=prefecture, agent=rachid, key="visite")

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.ReminderFactory(prefecture=prefecture, agent=rachid, key="visite")


# --- absences on the pages ---------------------------------------------------------------------------------


def typed(deputy: Agent, first: int = 2, last: int = 13) -> dict[str, Any]:
    return {"starts_on": march(first), "ends_on": march(last), "deputy": deputy.pk}


def test_an_agent_notes_an_absence_and_takes_it_back(
    prefecture: Prefecture, rachid: Agent, basile: Agent, client_of: ClientOf
) -> None:
    browser = client_of(rachid)

    noted = browser.post(
        reverse("absence_new", args=[prefecture.slug, rachid.pk]), typed(basile), follow=True
    )
    (held,) = rachid.absences.all()
    ended = browser.post(reverse("absence_end", args=[prefecture.slug, rachid.pk, held.pk]), follow=True)

    assert noted.redirect_chain == ended.redirect_chain == [(reverse("reminders"), 302)]
    assert "Du 2 mars 2049 au 13 mars 2049<br>Les rappels vont à Basile Roux." in noted.content.decode()
    assert "Aucune absence n’est notée." in ended.content.decode()


def test_a_quality_manager_notes_it_for_somebody_else(
    prefecture: Prefecture, rachid: Agent, basile: Agent, claire: Agent, client_of: ClientOf
) -> None:
    address = reverse("absence_new", args=[prefecture.slug, rachid.pk])

    answer = client_of(claire).post(address, typed(basile), follow=True)

    assert answer.redirect_chain == [(reverse("agent", args=[prefecture.slug, rachid.pk]), 302)]
    assert "Les rappels vont à Basile Roux." in answer.content.decode()


def test_nobody_notes_the_absence_of_a_colleague(
    prefecture: Prefecture, rachid: Agent, basile: Agent, away: Absence, client_of: ClientOf
) -> None:
    browser = client_of(basile)

    assert browser.get(reverse("absence_new", args=[prefecture.slug, rachid.pk])).status_code == 403
    assert browser.post(reverse("absence_end", args=[prefecture.slug, rachid.pk, away.pk])).status_code == 403
    own = reverse("absence_end", args=[prefecture.slug, basile.pk, away.pk])
    assert browser.post(own).status_code == 404
    assert Absence.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_on": "2049-03-01"}, "Le dernier jour est avant le premier."),
        ({"starts_on": "2020-03-01", "ends_on": "2020-03-02"}, "Ces jours sont passés"),
        ({"starts_on": "demain"}, "Cette date n’existe pas."),
        ({"deputy": ""}, "Choisissez qui reçoit les rappels."),
        ({"deputy": "9" * 30}, "Choisissez quelqu’un de la liste."),
    ],
)
def test_what_is_refused_is_said_and_what_was_typed_stays(
    prefecture: Prefecture,
    rachid: Agent,
    basile: Agent,
    client_of: ClientOf,
    changes: dict[str, str],
    sentence: str,
) -> None:
    address = reverse("absence_new", args=[prefecture.slug, rachid.pk])

    answer = client_of(rachid).post(address, typed(basile) | changes)

    assert sentence in answer.content.decode()
    assert "2049-03" in answer.content.decode() or "2020-03" in answer.content.decode()
    assert not Absence.objects.exists()


def test_who_may_stand_in(
    prefecture: Prefecture, rachid: Agent, basile: Agent, claire: Agent, zoe: Agent, odile: Agent
) -> None:
    """Not oneself, nobody of another préfecture, nobody who has left or whose account is closed."""
    Agent.objects.filter(pk=odile.pk).update(is_active=False)
    gone = factories.AgentFactory(full_name="Parti")
    factories.MembershipFactory(agent=gone, prefecture=prefecture, ends_on=datetime.date(2020, 1, 1))

    possible = absences.possible_deputies(rachid, prefecture, prefecture.today())

    assert [str(agent) for agent in possible] == ["Basile Roux", "Claire Martin"]


# --- which reminders ---------------------------------------------------------------------------------------


def test_an_agent_chooses_for_each_prefecture(
    prefecture: Prefecture, elsewhere: Prefecture, rachid: Agent, client_of: ClientOf
) -> None:
    factories.MembershipFactory(agent=rachid, prefecture=elsewhere)
    choice = {prefecture.slug: "late", elsewhere.slug: "every_day"}

    answer = client_of(rachid).post(reverse("reminders"), choice, follow=True)

    checked = re.findall(r'value="(\w+)"[^>]*\schecked', answer.content.decode())
    assert checked == ["late", "every_day"]
    assert [str(one) for one in ReminderChoice.objects.all()] == ["seulement ce qui est en retard"]


def test_a_choice_that_does_not_exist_is_refused(
    prefecture: Prefecture, rachid: Agent, client_of: ClientOf
) -> None:
    answer = client_of(rachid).post(reverse("reminders"), {prefecture.slug: "parfois"})

    assert "Choisissez une réponse de la liste." in answer.content.decode()
    assert not ReminderChoice.objects.exists()


def test_the_account_leads_to_it(prefecture: Prefecture, rachid: Agent, client_of: ClientOf) -> None:
    assert reverse("reminders") in client_of(rachid).get(reverse("account")).content.decode()


def test_an_administrator_without_prefecture_has_none(paul: Agent, client_of: ClientOf) -> None:
    answer = client_of(paul).get(reverse("reminders"))

    assert "aucun rappel ne vous est envoyé" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "token",
    ["", "x", signing.dumps([1, 1]), signing.dumps([10**9, 10**9], salt=reminders.SALT)],
    ids=["cut", "nonsense", "signed for something else", "of nobody"],
)
def test_a_link_that_is_not_ours_stops_nothing(
    prefecture: Prefecture, rachid: Agent, client: Client, method: str, token: str
) -> None:
    address = reverse("reminders_stop", args=[token or reminders.stop_token(rachid.pk, prefecture.pk)[:-1]])

    answer = getattr(client, method)(address)

    assert answer.status_code == 404
    assert "Ce lien est incomplet" in answer.content.decode()
    assert not ReminderChoice.objects.exists()


def test_stopping_twice_is_one_line_of_the_journal(
    prefecture: Prefecture, rachid: Agent, client: Client
) -> None:
    for _ in range(2):
        client.post(reverse("reminders_stop", args=[reminders.stop_token(rachid.pk, prefecture.pk)]))

    (line,) = TraceEntry.objects.all()
    assert (line.agent, line.about) == (rachid, "Rappels par courriel\xa0: aucun rappel")


# --- which ones were sent ----------------------------------------------------------------------------------


def sent_to(prefecture: Prefecture, agent: Agent, **changes: Any) -> Reminder:
    return factories.ReminderFactory(prefecture=prefecture, agent=agent, **changes)


def test_the_list_of_what_was_sent(
    prefecture: Prefecture, elsewhere: Prefecture, rachid: Agent, basile: Agent, claire: Agent, client_of: Any
) -> None:
    sent_to(prefecture, rachid, job__state=Job.State.DONE)
    sent_to(prefecture, rachid, recipient=basile, on=march(9), stage=3, job__state=Job.State.TO_CHECK)
    sent_to(elsewhere, claire, subject="Ailleurs")

    answer = client_of(claire).get(reverse("reminders_sent", args=[prefecture.slug]), {"export": "csv"})

    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Rappel du;Destinataire;À la place de;Objet;Échéance;Moment;Courriel",
        "09/03/2049;Basile Roux;Rachid Benali;Visite mystère;03/03/2049;3 jours ouvrés de retard;à vérifier",
        "02/03/2049;Rachid Benali;;Visite mystère;03/03/2049;la veille ou le jour même;parti",
    ]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"q": "roux"}, [9]),
        ({"q": "benali"}, [9, 2]),
        ({"mail": "done"}, [2]),
        ({"after": "2049-03-05"}, [9]),
        ({"before": "2049-03-05"}, [2]),
        ({"subject": "visite"}, [9, 2]),
        ({"subject": "bilan"}, []),
    ],
)
def test_the_list_is_filtered(
    prefecture: Prefecture,
    rachid: Agent,
    basile: Agent,
    claire: Agent,
    client_of: Any,
    query: dict[str, str],
    days: list[int],
) -> None:
    sent_to(prefecture, rachid, job__state=Job.State.DONE)
    sent_to(prefecture, rachid, recipient=basile, on=march(9), stage=3)

    answer = client_of(claire).get(reverse("reminders_sent", args=[prefecture.slug]), query)

    assert [row.record.on.day for row in answer.context["listing"]["table"].rows] == days


def test_the_list_costs_the_same_for_one_and_for_three(
    prefecture: Prefecture, rachid: Agent, claire: Agent, client_of: Any, django_assert_num_queries: Any
) -> None:
    browser, address = client_of(claire), reverse("reminders_sent", args=[prefecture.slug])
    sent_to(prefecture, rachid)
    with django_assert_num_queries(5):
        browser.get(address)
    for number in range(3):
        sent_to(prefecture, rachid, key=f"autre {number}")
    with django_assert_num_queries(5):
        browser.get(address)


def test_the_name_of_who_has_not_come_yet_is_the_one_that_was_written(
    prefecture: Prefecture, organised: None, claire: Agent, client_of: Any
) -> None:
    sami = Membership.objects.get(pk=9102).agent
    Agent.objects.filter(pk=sami.pk).update(full_name="Un autre nom, ailleurs")
    sent_to(prefecture, sami)

    answer = client_of(claire).get(reverse("reminders_sent", args=[prefecture.slug])).content.decode()

    assert "Sami Colin" in answer
    assert "ailleurs" not in answer
