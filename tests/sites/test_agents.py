"""Agents and rights: who is invited, may what, until when; and what nobody may."""

import datetime
import re
from email.header import decode_header, make_header
from functools import partial

import pytest
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs import queue
from jobs.models import Job
from qualepref.celery import app
from sites import accounts, agents, passwords, second_factor
from sites.conflicts import RefusedError
from sites.models import Agent, Membership, TraceEntry
from tests.factories import (
    PASSWORD,
    AgentFactory,
    MembershipFactory,
    PrefectureFactory,
    ServiceFactory,
    UnitFactory,
)
from tests.races import at_once, refusals

pytestmark = pytest.mark.django_db

Role = Membership.Role
HERE = "/agents/bouches-du-rhone/organisation/agents/"
INSTALLATION = "/agents/installation/"
DAY = datetime.timedelta(days=1)
DATE = datetime.date(2026, 3, 2)


def send_mails():
    app.loader.import_default_modules()
    for job in Job.objects.filter(state="queued").order_by("pk"):
        queue.run(job.pk)
    return outbox.outbox


def invite(browser, email="noe@prefecture.test", **typed):
    person = {"full_name": "Noé Perrin", "email": email, "role": "director"}
    return browser.post(f"{HERE}inviter/", person | typed)


def lines(about):
    return list(TraceEntry.objects.filter(about__startswith=about).values_list("agent", "concerns", "about"))


@pytest.fixture
def today(prefecture):
    return prefecture.today()


# --- invited -----------------------------------------------------------------------------------------------


def test_an_invited_agent_chooses_a_password_signs_in_and_may_what_was_opened(
    browser, arles, client, prefecture
):
    prefecture.reply_to = "qualite@bouches-du-rhone.test"
    prefecture.save()
    done = invite(browser, role="referent", scope=f"unit-{arles.pk}", is_deputy="on", ends_on="2049-12-31")
    (message,) = send_mails()

    noe = Agent.objects.get(email="noe@prefecture.test")
    assert done.url == f"{HERE}{noe.pk}/"
    assert (message.to, message.reply_to) == (["noe@prefecture.test"], ["qualite@bouches-du-rhone.test"])
    assert str(make_header(decode_header(message.from_email))).startswith("Préfecture des Bouches-du-Rhône <")
    assert "référent qualité (suppléant), Sous-préfecture d’Arles, jusqu’au 31 décembre 2049" in message.body

    client.get(re.search(r"/connexion/choisir/\S+", message.body)[0])
    new = "girafe tramway 42 nuages"
    client.post("/connexion/choisir/", {"new_password": new, "repeated": new})
    client.post("/connexion/", {"username": noe.email, "password": new})
    assert client.get(f"/agents/{prefecture.slug}/bilans/").status_code == 200
    assert client.get(HERE).status_code == 403


def test_what_was_done_is_in_the_journal_with_whom_it_concerns(browser, claire, arles):
    invite(browser, role="referent", scope=f"unit-{arles.pk}")

    noe = Agent.objects.get(email="noe@prefecture.test")
    assert lines("Affectation ouverte") == [
        (claire.pk, noe.pk, "Affectation ouverte\xa0: référent qualité, Sous-préfecture d’Arles")
    ]


def test_nobody_learns_that_an_address_has_an_account_elsewhere(browser, zoe, today):
    zoe.last_login = timezone.now() - DAY
    zoe.save()
    existing = invite(browser, email=zoe.email, full_name="Z. Keller")
    new = invite(browser, email="nouvelle@prefecture.test", full_name="N. Velle")
    page = browser.get(existing.url).content.decode()
    rows = re.findall(r"<tr[^>]*>.*?</tr>", browser.get(HERE).content.decode(), re.DOTALL)
    row = next(row for row in rows if zoe.email in row)

    assert re.sub(r"\d+", "0", existing.url) == re.sub(r"\d+", "0", new.url)
    assert "Z. Keller" in page
    assert "Zoe" not in page + row
    assert "Pas encore de connexion depuis." in page
    assert "invité" in row
    assert [("/connexion/choisir/" in message.body) for message in send_mails()] == [False, True]
    agent = agents.of(Membership.objects.get(invited_as="Z. Keller").prefecture).get(pk=zoe.pk)
    assert (agent.shown_name, agent.signed_in_at, agents.state_of(agent, today)) == (
        "Z. Keller",
        None,
        "invité",
    )


def test_neither_the_journal_nor_its_search_tells_it(browser, zoe, client, prefecture):
    journal = f"/agents/{prefecture.slug}/organisation/journal/"
    zoe.last_login = timezone.now() - DAY
    zoe.save()
    url = invite(browser, email=zoe.email, full_name="Z. Keller").url
    client.post("/connexion/", {"username": zoe.email, "password": "un mauvais mot de passe"})
    reset = browser.post(f"{url}second-facteur/").content.decode()

    page = browser.get(journal).content.decode()
    assert ("Z. Keller" in page, "Zoe" in page, "Mot de passe ou compte refusé" in page) == (
        True,
        False,
        False,
    )
    assert "1 ligne pour ces filtres" in browser.get(journal, {"agent": "z. keller"}).content.decode()
    assert "Aucune ligne" in browser.get(journal, {"agent": "zoe"}).content.decode()
    assert "ne s’est pas encore connecté" in reset
    client.post("/connexion/", {"username": zoe.email, "password": PASSWORD})
    assert "Zoe Keller" in browser.get(journal).content.decode()


def test_once_signed_in_the_agent_is_known_by_the_own_name(browser, zoe, client, prefecture):
    invite(browser, email=zoe.email, full_name="Z. Keller")

    client.post("/connexion/", {"username": zoe.email, "password": PASSWORD})

    agent = agents.of(prefecture).get(pk=zoe.pk)
    assert (agent.shown_name, agents.state_of(agent, prefecture.today())) == ("Zoe Keller", "en fonction")


def test_an_existing_account_keeps_its_name_and_its_password(browser, zoe):
    invite(browser, email=zoe.email.upper(), full_name="Une Autre")

    zoe.refresh_from_db()
    assert (zoe.full_name, zoe.check_password(PASSWORD)) == ("Zoe Keller", True)
    assert Agent.objects.filter(email__iexact=zoe.email).count() == 1


def test_an_invitation_is_sent_again_and_its_fate_is_told(browser, claire):
    url = invite(browser).url
    assert "part dans quelques instants" in browser.get(url).content.decode()
    send_mails()
    assert "Le courriel d’invitation est parti." in browser.get(url).content.decode()
    Job.objects.update(state="failed")
    assert "n’a pas pu partir" in browser.get(url).content.decode()

    Job.objects.update(key="mail:elsewhere")
    browser.post(f"{url}invitation/")

    assert len(send_mails()) == 2
    assert [about for _, _, about in lines("Invitation renvoyée")] == ["Invitation renvoyée"]


def test_what_is_over_is_not_mailed(browser, prefecture):
    invite(browser)
    Membership.objects.filter(agent__email="noe@prefecture.test").update(ends_on=prefecture.today() - DAY)

    assert send_mails() == []


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"email": "noe"}, "email", "Cette adresse n’est pas complète. Format attendu\xa0: nom@domaine.fr"),
        ({"full_name": " "}, "full_name", "Écrivez le prénom et le nom."),
        ({"role": ""}, "role", "Choisissez un rôle."),
        ({"role": "administrator"}, "role", "Choisissez un rôle de la liste."),
        ({"role": "referent"}, "scope", "Un référent ou un agent appartient à une unité ou à un service."),
        ({"role": "auditor"}, "ends_on", "L'accès d'un auditeur a une date de début et une date de fin."),
        ({"scope": "unit-999999"}, "scope", "Choisissez une unité ou un service de la liste."),
        (
            {"starts_on": "2026-02-30"},
            "starts_on",
            "Cette date n’existe pas. Format attendu\xa0: 26/11/2026.",
        ),
        (
            {"starts_on": "2050-03-02", "ends_on": "2050-03-01"},
            "ends_on",
            "La date de fin doit être égale ou postérieure à la date de début.",
        ),
        ({"ends_on": "2020-02-01"}, "ends_on", "Ce jour est passé\xa0: rien ne s’ouvrirait."),
        ({"is_deputy": "on"}, "is_deputy", "Seuls un référent et un responsable qualité ont un suppléant."),
    ],
)
def test_what_cannot_be_is_explained_beside_its_field(browser, typed, field, error):
    page = invite(browser, **typed)

    assert page.context["form"].errors == {field: [error]}
    assert "Erreur&nbsp;: " in page.content.decode()
    assert not Agent.objects.filter(email__startswith="noe").exists()


def test_a_unit_of_another_prefecture_is_no_scope(browser, elsewhere):
    theirs = UnitFactory(prefecture=elsewhere)

    page = invite(browser, role="referent", scope=f"unit-{theirs.pk}")

    assert list(page.context["form"].errors) == ["scope"]


def test_the_form_says_what_each_role_may(browser):
    page = browser.get(f"{HERE}inviter/").content.decode()

    assert all(words.partition("\xa0")[0] in page for words in agents.WHAT_ROLES_MAY.values())
    assert {*agents.WHAT_ROLES_MAY} == {*Role} - {Role.ADMINISTRATOR}


def test_two_invitations_of_one_new_address_at_once_make_one_account(prefecture, claire):
    for _ in range(2):
        membership = Membership(prefecture=prefecture, role=Role.DIRECTOR)
        try:
            accounts.invite(membership, email="noe@prefecture.test", full_name="Noé", by=claire)
        except RefusedError as refused:
            assert str(refused) == "Cet agent tient déjà ce rôle, au même endroit, à ces dates."

    assert Membership.objects.filter(agent__email="noe@prefecture.test").count() == 1


# --- changed, ended, handed over ---------------------------------------------------------------------------


def url_of(membership, end=""):
    return f"{HERE}{membership.agent_id}/roles/{membership.pk}/{end}"


def test_a_role_ends_at_once_and_the_next_click_is_refused(browser, rachid, client_of, prefecture):
    his = client_of(rachid)
    board = f"/agents/{prefecture.slug}/bilans/"
    before = his.get(board).status_code

    browser.post(url_of(rachid.memberships.get(), "fin/"), {"when": "now"})

    assert (before, his.get(board).status_code) == (200, 404)
    assert his.get("/agents/").status_code == 200


def test_a_role_ends_on_a_day(browser, rachid, today):
    browser.post(url_of(rachid.memberships.get(), "fin/"), {"when": "day", "last_day": today + 3 * DAY})

    assert rachid.memberships.get().ends_on == today + 3 * DAY


def test_a_role_that_has_not_begun_is_forgotten(browser, prefecture, today):
    coming = MembershipFactory(prefecture=prefecture, role=Role.DIRECTOR, starts_on=today + 5 * DAY)

    browser.post(url_of(coming, "fin/"), {"when": "now"})

    assert not Membership.objects.filter(pk=coming.pk).exists()
    assert len(lines("Affectation annulée\xa0: direction")) == 1


def test_the_access_of_an_auditor_is_prolonged(browser, ines):
    held = ines.memberships.get()
    typed = {"starts_on": held.starts_on, "ends_on": "2050-12-30", "seen": accounts.terms_of(held)}

    browser.post(url_of(held), typed)

    assert ines.memberships.get().ends_on == datetime.date(2050, 12, 30)


def test_a_referent_is_moved_to_a_service(browser, rachid, accueil):
    held = rachid.memberships.get()

    browser.post(url_of(held), {"scope": f"service-{accueil.pk}", "seen": accounts.terms_of(held)})

    moved = rachid.memberships.get()
    assert (moved.unit, moved.service) == (None, accueil)


def test_who_comes_second_sees_what_the_first_has_saved(browser, rachid, arles, accueil, paul, client_of):
    held = rachid.memberships.get()
    seen = accounts.terms_of(held)
    client_of(paul).post(url_of(held), {"scope": f"unit-{arles.pk}", "ends_on": "2049-01-31", "seen": seen})

    second = browser.post(url_of(held), {"scope": f"service-{accueil.pk}", "seen": seen})
    page = second.content.decode()
    again = re.search(r'name="seen" value="([^"]*)"', page)[1]

    assert "Quelqu’un a changé cette affectation" in page
    assert "Sous-préfecture d’Arles jusqu’au 31/01/2049" in page
    assert rachid.memberships.get().service is None
    browser.post(url_of(held), {"scope": f"service-{accueil.pk}", "seen": again})
    assert rachid.memberships.get().service == accueil


def test_an_agent_is_replaced_in_one_gesture(browser, rachid, arles, prefecture, today):
    MembershipFactory(agent=rachid, prefecture=prefecture, role=Role.DIRECTOR, ends_on=today + 90 * DAY)
    MembershipFactory(
        agent=rachid, prefecture=prefecture, role=Role.COMMUNICATION, starts_on=today + 30 * DAY
    )
    typed = {"full_name": "Noé Perrin", "email": "noe@prefecture.test", "starts_on": today + 10 * DAY}

    done = browser.post(f"{HERE}{rachid.pk}/remplacer/", typed)

    noe = Agent.objects.get(email="noe@prefecture.test")
    assert done.url == f"{HERE}{noe.pk}/"
    assert sorted(rachid.memberships.values_list("role", "ends_on")) == [
        ("director", today + 9 * DAY),
        ("referent", today + 9 * DAY),
    ]
    assert sorted(noe.memberships.values_list("role", "unit", "starts_on", "ends_on")) == [
        ("communication", None, today + 30 * DAY, None),
        ("director", None, today + 10 * DAY, today + 90 * DAY),
        ("referent", arles.pk, today + 10 * DAY, None),
    ]
    assert len(send_mails()) == 1


def test_nobody_is_replaced_by_oneself_nor_without_a_role(browser, rachid, today):
    url = f"{HERE}{rachid.pk}/remplacer/"
    typed = {"full_name": "Rachid", "email": rachid.email, "starts_on": today}
    assert "l’adresse de l’agent à remplacer" in browser.post(url, typed).content.decode()

    assert (
        "aujourd’hui au plus tôt"
        in browser.post(
            url, typed | {"email": "noe@prefecture.test", "starts_on": today - DAY}
        ).content.decode()
    )

    rachid.memberships.update(ends_on=today - DAY)
    typed["email"] = "noe@prefecture.test"
    assert "rien n’est à transmettre" in browser.post(url, typed).content.decode()
    assert not Agent.objects.filter(email="noe@prefecture.test").exists()


# --- what nobody may ---------------------------------------------------------------------------------------


def test_nobody_changes_the_own_rights(browser, claire, today):
    MembershipFactory(prefecture=claire.memberships.get().prefecture)  # another manager: she could go
    held = claire.memberships.get()
    refused = "Personne ne change ses propres droits"
    own = f"{HERE}{claire.pk}/"

    answers = [
        browser.post(url_of(held, "fin/"), {"when": "now"}),
        browser.post(url_of(held), {"ends_on": "2049-12-31", "seen": accounts.terms_of(held)}),
        browser.post(f"{own}roles/ajouter/", {"role": "director"}),
        browser.post(
            f"{own}remplacer/", {"full_name": "N", "email": "n@prefecture.test", "starts_on": today}
        ),
        browser.post(f"{own}second-facteur/"),
        invite(browser, email=claire.email),
    ]

    assert [refused in answer.content.decode() for answer in answers] == [True] * 6
    assert list(claire.memberships.all()) == [held]


def test_the_last_quality_manager_goes_only_once_another_is_named(claire, paul, client_of, prefecture, today):
    administrator = client_of(paul)
    url = url_of(claire.memberships.get(), "fin/")
    leaving = {"when": "day", "last_day": today + 10 * DAY}

    refused = administrator.post(url, leaving).content.decode()
    day = today + 11 * DAY
    assert f"n’aurait plus de responsable qualité à partir du {day:%d/%m/%Y}" in refused

    successor = MembershipFactory(prefecture=prefecture, starts_on=today + 12 * DAY)  # a day too late
    assert "n’aurait plus de responsable qualité" in administrator.post(url, leaving).content.decode()
    successor.starts_on = day
    successor.save()
    assert administrator.post(url, leaving).status_code == 302


def test_a_closed_account_manages_nothing(claire, paul, client_of, prefecture):
    other = MembershipFactory(prefecture=prefecture, agent=AgentFactory(is_active=False))

    page = client_of(paul).post(url_of(claire.memberships.get(), "fin/"), {"when": "now"})

    assert other.is_in_force(prefecture.today())
    assert "n’aurait plus de responsable qualité" in page.content.decode()


def test_the_account_of_the_last_quality_manager_is_not_closed(claire, paul, client_of):
    page = client_of(paul).post(f"{INSTALLATION}comptes/{claire.pk}/")

    claire.refresh_from_db()
    assert "n’aurait plus de responsable qualité" in page.content.decode()
    assert claire.is_active


def test_a_manager_is_replaced_without_a_day_between(claire, paul, client_of, today):
    typed = {"full_name": "Noé Perrin", "email": "noe@prefecture.test", "starts_on": today}

    assert client_of(paul).post(f"{HERE}{claire.pk}/remplacer/", typed).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_send_each_other_away_at_once_leave_one(prefecture, claire):
    other = MembershipFactory(prefecture=prefecture)
    pairs = [(claire.memberships.get(), other.agent), (other, claire)]

    outcomes = at_once(*(partial(accounts.end, row, on=prefecture.today() - DAY, by=by) for row, by in pairs))

    assert len(refusals(outcomes, RefusedError)) == 1


def test_agents_of_others_do_not_exist(browser, zoe, rachid):
    theirs = zoe.memberships.get()
    urls = [
        f"{HERE}{zoe.pk}/",
        f"{HERE}{zoe.pk}/remplacer/",
        f"{HERE}{zoe.pk}/roles/ajouter/",
        url_of(theirs),
        url_of(theirs, "fin/"),
        f"{HERE}{rachid.pk}/roles/{theirs.pk}/",
        f"{HERE}{zoe.pk}/second-facteur/",
    ]

    assert [browser.get(url).status_code for url in urls] == [404] * 7
    assert [browser.post(url, {"when": "now"}).status_code for url in urls[1:]] == [404] * 6
    assert zoe.email not in browser.get(HERE).content.decode()
    assert zoe.email not in browser.get(HERE, {"export": "csv", "situation": "all"}).content.decode()


def test_a_role_elsewhere_of_an_agent_known_here_is_shown_nowhere_here(browser, rachid, elsewhere):
    MembershipFactory(agent=rachid, prefecture=elsewhere, role=Role.AUDITOR, starts_on=DATE, ends_on=DATE)

    pages = [browser.get(url).content.decode() for url in (f"{HERE}{rachid.pk}/", f"{HERE}?export=csv")]

    assert [("auditeur" in page.lower(), "Bas-Rhin" in page) for page in pages] == [(False, False)] * 2


# --- the second factor of another --------------------------------------------------------------------------


def with_a_telephone(agent):
    key = second_factor.new_key()
    device = second_factor.unsaved_device(agent, key)
    device.confirmed = True
    device.save()
    return agent


def test_another_quality_manager_resets_a_lost_telephone(browser, prefecture, client_of):
    lost = with_a_telephone(MembershipFactory(prefecture=prefecture).agent)
    session = client_of(lost)

    browser.post(f"{HERE}{lost.pk}/second-facteur/")

    assert second_factor.device_of(lost) is None
    assert session.get("/agents/").status_code == 302
    assert len(lines("Second facteur réinitialisé")) == 1


def test_who_has_rights_elsewhere_asks_the_administrator(browser, paul, prefecture, elsewhere, client_of):
    lost = with_a_telephone(MembershipFactory(prefecture=prefecture).agent)
    MembershipFactory(agent=lost, prefecture=elsewhere, role=Role.DIRECTOR)
    url = f"{HERE}{lost.pk}/second-facteur/"

    assert "demandez à l’administrateur" in browser.post(url).content.decode()
    assert client_of(paul).post(url).status_code == 302


# --- the account -------------------------------------------------------------------------------------------


def test_a_closed_account_is_out_and_opened_again_its_old_session_stays_out(rachid, paul, client_of, client):
    session, administrator = client_of(rachid), client_of(paul)
    url = f"{INSTALLATION}comptes/{rachid.pk}/"
    link = passwords.token_for(rachid, passwords.Link.RESET)

    administrator.post(url)
    closed = session.get("/agents/").status_code
    administrator.post(url)

    rachid.refresh_from_db()
    assert (closed, session.get("/agents/").status_code, rachid.is_active) == (302, 302, True)
    assert passwords.agent_of(link) is None
    client.post("/connexion/", {"username": rachid.email, "password": PASSWORD})
    assert client.get("/agents/").status_code == 200


def test_closing_an_account_is_the_administrator_s(browser, rachid):
    assert browser.post(f"{INSTALLATION}comptes/{rachid.pk}/").status_code == 403
    assert "Désactiver le compte" not in browser.get(f"{HERE}{rachid.pk}/").content.decode()


# --- the administrators ------------------------------------------------------------------------------------


def test_an_administrator_invites_another_and_goes(paul, client_of):
    browser = client_of(paul)
    browser.post(
        f"{INSTALLATION}administrateurs/inviter/", {"full_name": "Lea Noir", "email": "lea@prefecture.test"}
    )
    (message,) = send_mails()
    lea = Agent.objects.get(email="lea@prefecture.test")

    assert "De la part de l’administrateur de l’installation," in message.body
    assert client_of(lea).get(f"{INSTALLATION}administrateurs/").status_code == 200
    assert (
        client_of(lea).post(f"{INSTALLATION}administrateurs/{paul.pk}/fin/", {"when": "now"}).status_code
        == 302
    )
    assert browser.get(f"{INSTALLATION}administrateurs/").status_code == 403


def test_the_last_administrator_stays(paul, prefecture):
    other = MembershipFactory(role=Role.ADMINISTRATOR, prefecture=None, ends_on=prefecture.today())

    with pytest.raises(RefusedError, match="L’installation n’aurait plus d’administrateur"):
        accounts.end(paul.memberships.get(), on=prefecture.today() - DAY, by=other.agent)


# --- lists -------------------------------------------------------------------------------------------------


def test_the_list_tells_the_state_of_each_and_shows_who_left_on_demand(browser, prefecture, arles, today):
    MembershipFactory(agent__full_name="Aline Parti", prefecture=prefecture, ends_on=today - DAY)
    MembershipFactory(agent__full_name="Bruno Futur", prefecture=prefecture, starts_on=today + DAY)
    MembershipFactory(
        agent=AgentFactory(full_name="Carla Close", is_active=False),
        prefecture=prefecture,
        role=Role.REFERENT,
        unit=arles,
        is_deputy=True,
    )

    def names(**filters):
        body = browser.get(HERE, filters).content.decode()
        return re.findall(r'<td[^>]*><a href="[^"]*">([^<]*)</a></td>', body)

    page = browser.get(HERE).content.decode()
    assert names() == ["Bruno Futur", "Carla Close", "Claire Martin"]
    assert names(situation="gone") == ["Aline Parti"]
    assert names(situation="nulle part") == names()
    assert names(situation="all", q="par") == ["Aline Parti"]
    assert names(role="referent") == ["Carla Close"]
    assert all(state in page for state in ("à venir", "compte désactivé", "en fonction"))
    assert "référent qualité suppléant, Arles" in page


def test_a_long_list_takes_as_many_queries_as_a_short_one(browser, prefecture, django_assert_num_queries):
    def measure():
        with django_assert_num_queries(6):  # session, agent, memberships, count, rows, what they hold
            browser.get(HERE)

    measure()
    MembershipFactory.create_batch(5, prefecture=prefecture)
    measure()


def test_referents_are_listed_by_place_the_deputy_second(rachid, basile, client_of, prefecture, arles, siege):
    deputy = AgentFactory(full_name="Amelie Second")
    MembershipFactory(agent=deputy, prefecture=prefecture, role=Role.REFERENT, unit=arles, is_deputy=True)
    service = ServiceFactory(unit=siege, name="Bureau de l’accueil", short_name="BDA")
    MembershipFactory(
        agent=AgentFactory(full_name="Yann Siege"), prefecture=prefecture, role=Role.REFERENT, service=service
    )
    MembershipFactory(prefecture=PrefectureFactory(), role=Role.DIRECTOR)

    page = client_of(basile).get("/agents/bouches-du-rhone/organisation/referents/").content.decode()
    rows = [
        re.sub(r"<[^>]*>", "", cell).strip()
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)[1:]
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[:5]
    ]

    assert rows == [
        *("Siège", "Bureau de l’accueil", "Yann Siege", rows[3], "titulaire"),
        *("Sous-préfecture d’Arles", "toute l’unité", "Rachid Benali", rachid.email, "titulaire"),
        *("Sous-préfecture d’Arles", "toute l’unité", "Amelie Second", deputy.email, "suppléant"),
    ]


def test_the_first_administrator_is_named_on_the_server(client, capsys):
    call_command("invite_administrator", "Paul@prefecture.test", "Paul Premier")
    said = capsys.readouterr().out
    client.get(re.search(r"/connexion/choisir/\S+", said)[0])
    new = "girafe tramway 42 nuages"
    client.post("/connexion/choisir/", {"new_password": new, "repeated": new})
    client.post("/connexion/", {"username": "paul@prefecture.test", "password": new})
    call_command("invite_administrator", "paul@prefecture.test", "Paul Premier")

    assert client.get(f"{INSTALLATION}administrateurs/").status_code == 200
    assert Membership.objects.filter(role=Role.ADMINISTRATOR).count() == 1
    assert "/connexion/choisir/" not in capsys.readouterr().out
    with pytest.raises(CommandError, match="n'est pas une adresse électronique"):
        call_command("invite_administrator", "paul", "Paul")
