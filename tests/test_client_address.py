"""Whose address a request comes from: our own proxies are believed, by their number, and nobody else."""

import pytest
from axes.models import AccessAttempt
from django.http import HttpResponse

from qualepref.middleware import client_address

VISITOR, OUTER, INNER = "192.0.2.7", "198.51.100.1", "10.0.0.2"
FORGED = "203.0.113.99"


@pytest.fixture
def seen(rf, settings):
    """What the pages see of a request that INNER hands over: its address, and whether it came by https."""

    def see(proxies, forwarded):
        settings.TRUSTED_PROXIES = proxies
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
        headers = {"x-forwarded-proto": "https"} | ({"x-forwarded-for": forwarded} if forwarded else {})
        request = rf.get("/", headers=headers, REMOTE_ADDR=INNER)
        client_address(lambda request: HttpResponse())(request)
        assert "X-Forwarded-For" not in request.headers
        return request.META["REMOTE_ADDR"], request.is_secure()

    return see


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, VISITOR, (INNER, False)),
        (1, VISITOR, (VISITOR, True)),
        (1, f"{FORGED}, {VISITOR}", (VISITOR, True)),
        (1, f"{FORGED},{FORGED} , {VISITOR}", (VISITOR, True)),
        (1, "2001:db8::7", ("2001:db8::7", True)),
        (2, f"{VISITOR}, {OUTER}", (VISITOR, True)),
        (2, f"{FORGED}, {VISITOR}, {OUTER}", (VISITOR, True)),
    ],
)
def test_the_visitor_is_whom_our_outermost_proxy_saw(proxies, forwarded, expected, seen):
    assert seen(proxies, forwarded) == expected


@pytest.mark.parametrize(
    ("proxies", "forwarded"), [(1, ""), (2, VISITOR), (1, "unknown"), (1, "<b>"), (1, ",")]
)
def test_what_did_not_come_through_all_of_them_is_the_neighbour_and_not_secure(proxies, forwarded, seen):
    assert seen(proxies, forwarded) == (INNER, False)


@pytest.mark.parametrize(("proxies", "counted_for"), [(0, "127.0.0.1"), (1, VISITOR)])
def test_a_forged_address_gives_no_more_trials(proxies, counted_for, claire, client, settings):
    settings.TRUSTED_PROXIES = proxies
    typed = {"username": claire.email, "password": "un mauvais mot de passe"}

    statuses = [
        client.post(
            "/connexion/", typed, headers={"x-forwarded-for": f"203.0.113.{trial}, {VISITOR}"}
        ).status_code
        for trial in range(5)
    ]

    assert statuses == [200, 200, 200, 200, 429]
    assert AccessAttempt.objects.get().ip_address == counted_for
