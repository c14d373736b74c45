"""The second factor: asked for, taken, used, lost; codes are good once, wrong ones make one wait."""

import datetime
import re
import time
from binascii import unhexlify

import pytest
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from sites import accounts, second_factor
from sites.models import RecoveryCode, TraceEntry
from tests.factories import PASSWORD, MembershipFactory

pytestmark = pytest.mark.django_db

SETUP = "/agents/compte/second-facteur/"
CODE = "/connexion/code/"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def now(monkeypatch):
    """The clock of the telephones: `now.tick()` shows the next code."""

    class Clock:
        at = time.time()

        def tick(self, steps=1):
            self.at += 30 * steps

    clock = Clock()
    monkeypatch.setattr("sites.second_factor.time.time", lambda: clock.at)
    monkeypatch.setattr("django_otp.plugins.otp_totp.models.time.time", lambda: clock.at)
    return clock


def code_of(key, now):
    clock = TOTP(unhexlify(key))
    clock.time = now.at
    return f"{clock.token():06}"


@pytest.fixture
def phone(claire, now):
    """Claire's telephone: `phone()` is the code it shows; `phone.recovery` her printed codes."""
    key = second_factor.new_key()

    def shown():
        return code_of(key, now)

    shown.recovery = accounts.enrol(claire, key, second_factor.matches(key, shown()))
    claire.refresh_from_db()
    now.tick()
    return shown


def sign_in(client, agent, password=PASSWORD, **more):
    return client.post("/connexion/", {"username": agent.email, "password": password, **more})


def give(client, code, **more):
    return client.post(CODE, {"code": code, **more})


def journal(event):
    return list(TraceEntry.objects.filter(event=event).values_list("about", flat=True).order_by("pk"))


# --- asked for ---------------------------------------------------------------------------------------------


def test_a_quality_manager_takes_a_telephone_at_the_first_sign_in(required, claire, client, now):
    sign_in(client, claire)
    asked = client.get("/agents/referentiels/")
    page = client.get(asked.url).content.decode()
    key = re.search(r'<strong class="key">([A-Z2-7 ]+)</strong>', page)[1]
    assert asked.url == f"{SETUP}?next=%2Fagents%2Freferentiels%2F"
    assert "<svg" in page
    assert "Journal" not in page

    stored = client.session["second_factor_candidate"]
    done = client.post(SETUP, {"code": code_of(stored, now)})

    codes = re.findall(r"<code>([A-Z0-9-]{14})</code>", done.content.decode())
    assert len(key.replace(" ", "")) == 32
    assert len(set(codes)) == 10
    assert client.get("/agents/").status_code == 200
    assert TOTPDevice.objects.get().confirmed


@pytest.mark.parametrize("name", ["rachid", "basile", "helene", "ines", "odile"])
def test_the_others_choose(required, name, client_of, request):
    assert client_of(request.getfixturevalue(name)).get("/agents/").status_code == 200


@pytest.mark.parametrize("name", ["claire", "paul", "zoe"])
def test_who_may_change_rights_does_nothing_before(required, name, client_of, request, prefecture):
    browser = client_of(request.getfixturevalue(name))

    for url in ("/agents/", "/agents/compte/", f"/agents/{prefecture.slug}/organisation/journal/"):
        assert browser.get(url).url.startswith(SETUP)
    assert browser.get("/accessibilite/").status_code == 200
    assert browser.post("/deconnexion/").url == "/connexion/"


def test_nothing_is_asked_of_them_where_it_is_not_required(claire, client_of):
    assert client_of(claire).get("/agents/").status_code == 200


def test_a_role_obtained_during_a_session_asks_at_the_next_click(required, helene, client_of, prefecture):
    browser = client_of(helene)
    before = browser.get("/agents/").status_code

    MembershipFactory(agent=helene, prefecture=prefecture)

    assert before == 200
    assert browser.get("/agents/").url.startswith(SETUP)


def test_a_text_typed_in_a_form_that_was_open_is_given_back(required, claire, client_of, prefecture):
    url = f"/agents/{prefecture.slug}/bilans/2018/parties/summary/"

    page = client_of(claire).post(url, {"text": "Une longue phrase écrite.", "version": 0})

    assert page.status_code == 403
    assert "Une longue phrase écrite." in page.content.decode()


# --- used --------------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(claire, phone, client, prefecture):
    sign_in(client, claire)

    page = client.get(CODE).content.decode()
    assert client.get("/agents/").url == f"{CODE}?next=%2Fagents%2F"
    assert claire.full_name not in page
    assert "Préfecture" not in page
    assert client.post("/agents/compte/sessions/").url.startswith(CODE)
    assert client.get(SETUP).url.startswith(CODE)
    assert journal("signed_in") == []


def test_the_code_opens_and_one_lands_where_one_was_going(claire, phone, client):
    sign_in(client, claire, next="/agents/referentiels/")

    landed = give(client, phone(), next="/agents/referentiels/")

    assert landed.url == "/agents/referentiels/"
    assert client.get("/agents/").status_code == 200
    assert journal("signed_in") == ["Connexion avec un second facteur"]


@pytest.mark.parametrize("elsewhere", ["https://pirate.test/", "//pirate.test/", ""])
def test_one_is_never_sent_outside(claire, phone, client, elsewhere):
    sign_in(client, claire)

    assert give(client, phone(), next=elsewhere).url == "/agents/"


@pytest.mark.parametrize("address", ["logout", "a", "?a=1"])
def test_an_address_that_is_none_of_ours_breaks_nothing(claire, phone, client, address):
    sign_in(client, claire)

    assert give(client, phone(), next=address).url == address


def test_a_code_is_good_once_for_whoever_saw_it(claire, phone, client, client_of):
    thief = client_of(None)
    sign_in(client, claire)
    sign_in(thief, claire)
    code = phone()

    assert give(client, code).status_code == 302
    assert "a déjà servi" in give(thief, code).content.decode()
    assert thief.get("/agents/").status_code == 302


def test_the_code_that_enrolled_does_not_sign_in(claire, now, client):
    key = second_factor.new_key()
    code = code_of(key, now)
    accounts.enrol(claire, key, second_factor.matches(key, code))
    claire.refresh_from_db()

    sign_in(client, claire)

    assert give(client, code).status_code == 200


@pytest.mark.parametrize("typed", ["000000", "12", "abc def", "١٢٣٤٥٦", "AAAA-AAAA-AAAA", "-1", " "])
def test_a_wrong_code_is_refused_in_french_and_kept_in_the_journal(claire, phone, client, typed):
    sign_in(client, claire)

    page = give(client, typed)

    assert page.status_code == 200
    assert "Erreur&nbsp;: " in page.content.decode()
    assert journal("sign_in_failed") == (["Code de second facteur refusé"] if typed.strip() else [])


def test_wrong_codes_make_one_wait_longer_and_longer_but_never_for_good(claire, phone, client):
    sign_in(client, claire)
    for _ in range(20):
        give(client, "000000")
        TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - datetime.timedelta(days=1))
    give(client, "000000")

    page = give(client, phone()).content.decode()
    assert "Trop de codes erronés\xa0: attendez 35 minutes" in page
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - datetime.timedelta(minutes=35))
    assert give(client, phone()).status_code == 302


def test_recovery_codes_are_slowed_down_like_the_others(claire, phone, client):
    sign_in(client, claire)
    give(client, "AAAA-AAAA-AAAA")

    assert "attendez une minute" in give(client, phone.recovery[0]).content.decode()
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


# --- lost --------------------------------------------------------------------------------------------------


def test_a_recovery_code_replaces_the_telephone_once(claire, phone, client, client_of):
    first, second = client, client_of(None)
    sign_in(first, claire)
    sign_in(second, claire)
    code = phone.recovery[3]

    landed = first.post(CODE, {"code": code.lower().replace("-", " ")}, follow=True)

    assert "Codes qui restent\xa0: 9." in landed.content.decode()
    assert give(second, code).status_code == 200
    assert "Code de secours employé" in journal("account")


def test_recovery_codes_are_not_in_the_database(claire, phone):
    stored = str(list(RecoveryCode.objects.values()))

    assert RecoveryCode.objects.count() == 10
    assert not any(code.replace("-", "") in stored or code in stored for code in phone.recovery)


@pytest.fixture
def signed_in(claire, phone, client, now):
    sign_in(client, claire)
    give(client, phone())
    now.tick()
    return client


def test_new_recovery_codes_end_the_old_ones_and_ask_for_the_password(signed_in, claire, phone, client_of):
    refused = signed_in.post(f"{SETUP}codes-de-secours/", {"current_password": "un mauvais mot de passe"})
    done = signed_in.post(f"{SETUP}codes-de-secours/", {"current_password": PASSWORD})

    codes = re.findall(r"<code>([A-Z0-9-]{14})</code>", done.content.decode())
    assert "<code>" not in refused.content.decode()
    assert len(codes) == 10
    assert not set(codes) & set(phone.recovery)
    assert second_factor.verify(claire, codes[0]) == "recovery"


def test_another_telephone_takes_the_place_of_the_first_with_the_password(
    signed_in, claire, phone, now, client_of
):
    other_session = client_of(claire)
    signed_in.get(SETUP)
    code = code_of(signed_in.session["second_factor_candidate"], now)
    without = signed_in.post(SETUP, {"code": code})
    done = signed_in.post(SETUP, {"code": code, "current_password": PASSWORD})

    assert "Écrivez votre mot de passe actuel." in without.content.decode()
    assert "Le second facteur est en place" in done.content.decode()
    assert TOTPDevice.objects.count() == 1
    assert signed_in.get("/agents/").status_code == 200
    assert other_session.get("/agents/").url == "/connexion/?next=/agents/"
    now.tick()
    assert second_factor.verify(claire, phone()) == ""


def test_a_wrong_code_takes_no_telephone(claire, client_of):
    browser = client_of(claire)
    browser.get(SETUP)
    page = browser.post(SETUP, {"code": "000000"})

    assert "pas celui du moment" in page.content.decode()
    assert not TOTPDevice.objects.exists()


def test_who_may_do_without_it_gives_it_up_with_the_password(signed_in, claire, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    refused = signed_in.post(f"{SETUP}retirer/", {"current_password": PASSWORD})
    settings.SECOND_FACTOR_REQUIRED = False
    signed_in.post(f"{SETUP}retirer/", {"current_password": PASSWORD})

    assert refused.url == "/agents/compte/"
    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert signed_in.get("/agents/").status_code == 200


def test_taking_a_telephone_away_asks_every_session_again(signed_in, claire, paul, settings):
    settings.SECOND_FACTOR_REQUIRED = True

    accounts.remove_second_factor(claire, by=paul)

    assert signed_in.get("/agents/").url == "/connexion/?next=/agents/"
    sign_in(signed_in, claire)
    assert signed_in.get("/agents/").url.startswith(SETUP)
    line = TraceEntry.objects.get(about="Second facteur réinitialisé")
    assert (line.agent, line.concerns) == (paul, claire)


def test_a_password_too_short_for_a_role_obtained_since_is_changed_at_the_next_sign_in(
    helene, client, prefecture
):
    helene.set_password("quinze lettres!")
    helene.save()
    MembershipFactory(agent=helene, prefecture=prefecture)

    sign_in(client, helene, "quinze lettres!")
    asked = client.get("/agents/")
    new = "girafe tramway 42 nuages"
    client.post(asked.url, {"current_password": "quinze lettres!", "new_password": new, "repeated": new})

    assert asked.url.startswith("/agents/compte/mot-de-passe/")
    assert client.get("/agents/").status_code == 200
