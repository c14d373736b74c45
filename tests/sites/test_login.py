"""Signing in and out: the same words for all, five trials from one place, nobody locked out elsewhere."""

import datetime

import pytest
from axes.models import AccessAttempt
from django.utils import timezone

from tests.factories import PASSWORD, AgentFactory

CONNEXION = "/connexion/"
REFUSED = (
    "Cette adresse et ce mot de passe ne vont pas ensemble. "
    "Vérifiez-les, majuscules du mot de passe comprises, puis recommencez."
)


WRONG = "un mauvais mot de passe"


def try_to_sign_in(client, email, password=WRONG, **extra):
    return client.post(CONNEXION, {"username": email, "password": password}, **extra)


def is_signed_in(client):
    return client.get("/agents/").status_code == 200


def test_an_agent_signs_in_with_an_address_whatever_its_case_and_gets_home(claire, client):
    response = try_to_sign_in(client, f" {claire.email.upper()} ", PASSWORD)

    assert response.status_code == 302
    assert response.url == "/agents/"
    assert is_signed_in(client)


def test_one_lands_where_one_was_going(claire, client):
    asked = client.get("/agents/referentiels/")
    response = client.post(
        asked.url, {"username": claire.email, "password": PASSWORD, "next": "/agents/referentiels/"}
    )

    assert asked.url == "/connexion/?next=/agents/referentiels/"
    assert response.url == "/agents/referentiels/"


@pytest.mark.parametrize(
    "elsewhere", ["https://pirate.test/", "//pirate.test/", "/connexion/", "/connexion/?a=1"]
)
def test_one_is_sent_home_rather_than_outside_or_round_in_circles(elsewhere, claire, client, client_of):
    signing_in = client.post(CONNEXION, {"username": claire.email, "password": PASSWORD, "next": elsewhere})
    signed_in = client_of(claire).get(CONNEXION, {"next": elsewhere})

    assert signing_in.url == "/agents/"
    assert signed_in.url == "/agents/"


def test_who_is_signed_in_has_nothing_to_do_there(claire, client_of):
    assert client_of(claire).get(CONNEXION).url == "/agents/"


def test_the_refusal_is_the_same_for_a_wrong_password_a_closed_account_and_nobody(claire, client):
    closed = AgentFactory(is_active=False)
    refusals = [
        try_to_sign_in(client, claire.email),
        try_to_sign_in(client, closed.email, PASSWORD),
        try_to_sign_in(client, "personne@prefecture.test"),
    ]

    assert [response.status_code for response in refusals] == [200, 200, 200]
    assert [response.context["form"].non_field_errors() for response in refusals] == [[REFUSED]] * 3


def test_what_was_typed_is_kept_but_the_password(claire, client):
    page = try_to_sign_in(client, "Claire@prefecture.test").content.decode()

    assert 'value="Claire@prefecture.test"' in page
    assert WRONG not in page


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        (
            {"username": "", "password": ""},
            {
                "username": ["Écrivez votre adresse électronique."],
                "password": ["Écrivez votre mot de passe."],
            },
        ),
        (
            {"username": "claire", "password": "x"},
            {"username": ["Cette adresse n’est pas complète. Format attendu\xa0: nom@domaine.fr"]},
        ),
    ],
)
def test_wrong_input_is_explained_in_french(typed, errors, client, db):
    response = client.post(CONNEXION, typed)

    assert response.context["form"].errors == errors


def test_the_fields_tell_browsers_what_they_are(client, db):
    page = client.get(CONNEXION).content.decode()

    assert 'type="email" name="username" autocomplete="username"' in page
    assert 'type="password" name="password" autocomplete="current-password"' in page


def test_five_failures_close_the_account_to_their_source_for_a_quarter_of_an_hour(claire, client):
    statuses = [try_to_sign_in(client, claire.email).status_code for _ in range(5)]
    locked = try_to_sign_in(client, claire.email, PASSWORD)

    assert statuses == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "attendre 15&nbsp;minutes" in locked.content.decode()
    assert not is_signed_in(client)


def test_the_lock_is_the_same_for_an_account_that_does_not_exist(client, db):
    statuses = [try_to_sign_in(client, "personne@prefecture.test").status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 200, 429]


def test_spelling_the_address_otherwise_gives_no_more_trials(claire, client):
    spellings = ["claire@prefecture.test", "Claire@prefecture.test", "CLAIRE@prefecture.test"]
    statuses = [try_to_sign_in(client, spelling).status_code for spelling in spellings * 2]

    assert statuses[4:] == [429, 429]


def test_the_owner_still_comes_in_from_elsewhere(claire, client):
    for _ in range(5):
        try_to_sign_in(client, claire.email, REMOTE_ADDR="192.0.2.1")

    assert try_to_sign_in(client, claire.email, PASSWORD, REMOTE_ADDR="192.0.2.2").status_code == 302


def test_another_account_still_comes_in_from_the_same_place(claire, helene, client):
    for _ in range(5):
        try_to_sign_in(client, claire.email)

    assert try_to_sign_in(client, helene.email, PASSWORD).status_code == 302


def test_a_quarter_of_an_hour_later_the_account_is_open_again(claire, client):
    for _ in range(5):
        try_to_sign_in(client, claire.email)
    AccessAttempt.objects.update(attempt_time=timezone.now() - datetime.timedelta(minutes=16))

    assert try_to_sign_in(client, claire.email, PASSWORD).status_code == 302


def test_signing_in_forgets_the_failures(claire, client):
    for password in [None, None, PASSWORD] * 3:
        try_to_sign_in(client, claire.email, password or WRONG)
        client.post("/deconnexion/")

    assert try_to_sign_in(client, claire.email, PASSWORD).status_code == 302


def test_signing_out_ends_the_session_and_says_so(claire, client_of):
    browser = client_of(claire)

    response = browser.post("/deconnexion/", follow=True)

    assert response.redirect_chain == [("/connexion/", 302)]
    assert "Vous êtes déconnecté." in response.content.decode()
    assert not is_signed_in(browser)


def test_a_link_does_not_sign_out(claire, client_of):
    browser = client_of(claire)

    assert browser.get("/deconnexion/").status_code == 405
    assert is_signed_in(browser)


def test_who_has_no_session_any_more_signs_out_without_a_fuss(client, db):
    assert client.post("/deconnexion/").url == "/connexion/"
