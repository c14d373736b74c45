"""One's own account: a forgotten password, a link, the name, the sessions on other machines."""

import re

import pytest
from django.core import mail as outbox
from django.core import signing

from jobs import queue
from jobs.models import Job
from qualepref.celery import app
from sites import accounts, passwords
from sites.models import TraceEntry
from tests.factories import PASSWORD, AgentFactory, MembershipFactory

pytestmark = pytest.mark.django_db

FORGOTTEN = "/connexion/mot-de-passe-oublie/"
CHOOSE = "/connexion/choisir/"
NEW = "girafe tramway 42 nuages"


def send_mails():
    """What the workers do: every mail that was ordered leaves."""
    app.loader.import_default_modules()
    for job in Job.objects.filter(state="queued"):
        queue.run(job.pk)
    return outbox.outbox


def link_in(message):
    return re.search(r"http://127\.0\.0\.1:8000(/connexion/choisir/\S+)", message.body)[1]


def choose(client, password=NEW, repeated=None):
    return client.post(CHOOSE, {"new_password": password, "repeated": repeated or password})


def signs_in(client, agent, password):
    return client.post("/connexion/", {"username": agent.email, "password": password}).status_code == 302


def journal_of(agent):
    return list(TraceEntry.objects.filter(agent=agent).values_list("event", "about").order_by("pk"))


# --- forgotten ---------------------------------------------------------------------------------------------


def test_who_forgot_the_password_chooses_another_by_a_link_and_signs_in(claire, client):
    client.post(FORGOTTEN, {"email": "CLAIRE@prefecture.test"})
    (message,) = send_mails()

    assert message.to == [claire.email]
    opened = client.get(link_in(message))
    page = client.get(opened.url)
    assert opened.url == CHOOSE
    assert "Au moins 16 caractères" in page.content.decode()
    assert choose(client).url == "/connexion/"
    assert not signs_in(client, claire, PASSWORD)
    assert signs_in(client, claire, NEW)
    assert [mail.subject for mail in send_mails()] == [
        "Choisir un nouveau mot de passe",
        "Votre compte Qualepref a changé",
    ]


def test_the_answer_is_the_same_for_an_account_a_closed_one_and_nobody(claire, client):
    closed = AgentFactory(is_active=False)
    emails = (claire.email, closed.email, "personne@prefecture.test")
    answers = [client.post(FORGOTTEN, {"email": email}) for email in emails]
    pages = {re.sub(r"[\w.-]+@prefecture\.test", "X", answer.content.decode()) for answer in answers}

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(pages) == 1
    assert Job.objects.count() == 3
    assert [message.to for message in send_mails()] == [[claire.email]]


def test_the_answer_takes_as_many_queries_for_nobody(claire, client, django_assert_num_queries):
    for email in (claire.email, "personne@prefecture.test"):
        with django_assert_num_queries(6):
            client.post(FORGOTTEN, {"email": email})


def test_the_rows_hold_neither_the_address_typed_nor_a_token(claire, client):
    client.post(FORGOTTEN, {"email": "personne@prefecture.test"})
    client.post(FORGOTTEN, {"email": claire.email})
    (message,) = send_mails()
    rows = str(list(Job.objects.values()))

    assert "personne" not in rows
    assert claire.email not in rows
    assert link_in(message).split("/")[3] not in rows


def test_asking_again_and_again_sends_no_more_than_five(claire, client, monkeypatch):
    for number in range(8):
        monkeypatch.setattr(accounts, "_this_minute", lambda number=number: str(number))
        assert client.post(FORGOTTEN, {"email": claire.email}).status_code == 200

    assert len(send_mails()) == 5


def test_a_double_click_sends_one_mail(claire, client):
    client.post(FORGOTTEN, {"email": claire.email})
    client.post(FORGOTTEN, {"email": claire.email})

    assert len(send_mails()) == 1


def test_the_link_is_of_the_configured_address_whatever_the_request_says(claire, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(FORGOTTEN, {"email": claire.email}, headers={"host": "pirate.test"})

    assert "pirate" not in send_mails()[0].body


# --- a link ------------------------------------------------------------------------------------------------


@pytest.fixture
def link(claire):
    return f"{CHOOSE}{passwords.token_for(claire, passwords.Link.RESET)}/"


def test_a_link_is_good_once(claire, link, client, client_of):
    first, second = client, client_of(None)
    first.get(link)
    second.get(link)

    assert choose(first).status_code == 302
    assert "n’est plus valable" in choose(second, "un autre mot de passe long").content.decode()
    assert signs_in(client, claire, NEW)


def test_a_link_that_is_only_looked_at_stays_good(claire, link, client):
    for _ in range(3):
        client.get(link, follow=True)
        client.head(link)

    assert choose(client).url == "/connexion/"


def test_the_token_is_in_no_address_that_another_page_could_learn(link, client):
    opened = client.get(link)

    assert opened.url == CHOOSE
    assert opened.headers["Referrer-Policy"] == "same-origin"
    assert link.split("/")[3] not in client.get(CHOOSE).content.decode()


def test_choosing_a_password_ends_every_session(claire, client, client_of):
    elsewhere = client_of(claire)

    client.get(f"{CHOOSE}{passwords.token_for(claire, passwords.Link.RESET)}/")
    choose(client)

    assert elsewhere.get("/agents/").url == "/connexion/?next=/agents/"


def test_a_link_opened_by_somebody_else_s_browser_signs_that_one_out(claire, helene, link, client_of):
    browser = client_of(helene)
    browser.get(link)

    assert "claire@prefecture.test" in browser.get(CHOOSE).content.decode()
    choose(browser)

    assert browser.get("/agents/").status_code == 302


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (("court", "court"), "Ce mot de passe compte 5 caractères\xa0: il en faut au moins 16."),
        (("prefecture-2019-qualite",) * 2, "Ce mot de passe serait vite deviné"),
        ((NEW, NEW + "!"), "Les deux mots de passe diffèrent."),
        (("", ""), "Écrivez le nouveau mot de passe."),
    ],
)
def test_a_password_that_will_not_do_is_explained(typed, error, link, client):
    client.get(link)
    page = choose(client, *typed)

    assert page.status_code == 200
    assert error in page.content.decode()
    assert "Erreur&nbsp;: " in page.content.decode()


def test_an_address_without_a_link_says_how_to_get_one(client):
    assert "n’est plus valable" in client.get(CHOOSE).content.decode()
    assert "n’est plus valable" in client.get(CHOOSE + "x:y:z/", follow=True).content.decode()


def test_a_link_of_another_kind_of_signature_opens_nothing(claire, client):
    forged = signing.dumps([claire.pk, "0" * 32])

    assert "n’est plus valable" in client.get(f"{CHOOSE}{forged}/", follow=True).content.decode()


# --- my account --------------------------------------------------------------------------------------------


def test_an_agent_changes_the_password_and_stays_signed_in_here_alone(claire, client_of):
    here, elsewhere = client_of(claire), client_of(claire)

    changed = here.post(
        "/agents/compte/mot-de-passe/",
        {"current_password": PASSWORD, "new_password": NEW, "repeated": NEW},
        follow=True,
    )

    assert "Votre mot de passe est changé." in changed.content.decode()
    assert here.get("/agents/").status_code == 200
    assert elsewhere.get("/agents/").status_code == 302
    assert ("account", "Mot de passe changé") in journal_of(claire)


def test_the_current_password_is_asked_for_and_its_trials_are_counted(claire, client_of):
    browser = client_of(claire)
    typed = {"current_password": "un mauvais mot de passe", "new_password": NEW, "repeated": NEW}

    answers = [browser.post("/agents/compte/mot-de-passe/", typed) for _ in range(5)]

    assert "pas votre mot de passe actuel" in answers[0].content.decode()
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]


def test_an_agent_ends_the_other_sessions(claire, client_of):
    here, elsewhere = client_of(claire), client_of(claire)

    here.post("/agents/compte/sessions/")

    assert here.get("/agents/").status_code == 200
    assert elsewhere.get("/agents/").status_code == 302


def test_an_agent_corrects_the_own_name_on_one_line(claire, client_of):
    client_of(claire).post("/agents/compte/", {"full_name": " Claire \r\n Martin-Roux "})
    refused = client_of(claire).post("/agents/compte/", {"full_name": "  "})

    claire.refresh_from_db()
    assert claire.full_name == "Claire Martin-Roux"
    assert "Écrivez le prénom et le nom." in refused.content.decode()


def test_an_account_that_was_closed_and_opened_again_does_not_revive_a_session(claire, client_of):
    browser = client_of(claire)

    accounts._end_sessions(claire)

    assert browser.get("/agents/").status_code == 302


def test_signing_in_and_choosing_a_password_leave_no_row_in_the_history_of_the_agent(claire, client):
    before = claire.history.count()

    signs_in(client, claire, PASSWORD)
    accounts.change_password(claire, NEW)
    accounts.rename(claire, "Claire Roux")

    assert claire.history.count() == before + 1


# --- what the journal keeps --------------------------------------------------------------------------------


def test_signing_in_and_out_is_kept_in_the_journal_of_each_prefecture(claire, elsewhere, client):
    MembershipFactory(agent=claire, prefecture=elsewhere)

    signs_in(client, claire, PASSWORD)
    client.post("/deconnexion/")

    lines = TraceEntry.objects.order_by("pk").values_list("event", "agent", "prefecture__code")
    assert sorted(lines) == sorted(
        (event, claire.pk, code) for event in ("signed_in", "signed_out") for code in ("13", "67")
    )


def test_a_refused_sign_in_keeps_the_account_or_nothing_that_was_typed(claire, client):
    signs_in(client, claire, "un mauvais mot de passe")
    client.post("/connexion/", {"username": "mot.de.passe@secret.test", "password": "x"})

    lines = TraceEntry.objects.order_by("pk").values_list("event", "agent", "prefecture__code", "about")
    assert list(lines) == [
        ("sign_in_failed", claire.pk, "13", "Mot de passe ou compte refusé"),
        ("sign_in_failed", None, None, "Adresse inconnue"),
    ]


def test_what_a_role_does_not_allow_is_kept_in_its_prefecture(helene, client_of, prefecture):
    client_of(helene).get(f"/agents/{prefecture.slug}/organisation/journal/")

    line = TraceEntry.objects.get()
    assert (line.event, line.about, line.agent, line.prefecture, line.route) == (
        "refused",
        "Lire le journal",
        helene,
        prefecture,
        "journal",
    )


def test_a_prefecture_of_others_is_kept_in_the_journal_of_the_installation(zoe, client_of, prefecture):
    browser = client_of(zoe)
    browser.get(f"/agents/{prefecture.slug}/bilans/")
    browser.get("/agents/atlantide/bilans/")

    line = TraceEntry.objects.get()
    assert (line.about, line.agent, line.prefecture) == (
        "Entrer dans Préfecture des Bouches-du-Rhône",
        zoe,
        None,
    )


def test_the_journal_of_the_installation_is_the_administrator_s(paul, claire, client, client_of):
    client.post("/connexion/", {"username": "personne@prefecture.test", "password": "x"})
    signs_in(client, claire, "un mauvais mot de passe")

    page = client_of(paul).get("/agents/installation/journal/").content.decode()

    assert "Adresse inconnue" in page
    assert "Mot de passe ou compte refusé" not in page
    assert client_of(claire).get("/agents/installation/journal/").status_code == 403
