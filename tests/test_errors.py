"""When something goes wrong: in French, what happened and what to do."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import path, reverse

from publications import documents
from qualepref.middleware import clean_input
from qualepref.urls import urlpatterns as ours
from tests import factories
from tests.factories import PASSWORD


def fail(request):
    raise ZeroDivisionError


def refuse(request):
    raise PermissionDenied("Votre rôle (direction) ne permet pas de signer.")


def refuse_silently(request):
    raise PermissionDenied


urlpatterns = [path("fail/", fail), path("refuse/", refuse), path("refuse-silently/", refuse_silently), *ours]


@pytest.fixture
def broken(claire):
    """A browser of Claire's where pages fail as in production, with an answer."""
    browser = Client(raise_request_exception=False)
    browser.force_login(claire, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_an_unknown_page(claire, client_of, client):
    signed_in, anonymous = client_of(claire).get("/a/b/c"), client.get("/a/b/c")

    for response in (signed_in, anonymous):
        assert response.status_code == 404
        assert "Cette page n’existe pas" in response.content.decode()
    assert "une préfecture qui ne vous est pas ouverte" in signed_in.content.decode()
    assert f'href="{reverse("home")}"' in signed_in.content.decode()
    assert f'href="{reverse("public_home")}"' in anonymous.content.decode()


@pytest.mark.urls("tests.test_errors")
def test_a_refusal_says_its_reason(broken):
    response = broken.get("/refuse/")

    assert response.status_code == 403
    assert "Votre rôle (direction) ne permet pas de signer." in response.content.decode()


@pytest.mark.urls("tests.test_errors")
def test_a_refusal_without_a_reason_still_says_something(broken):
    assert "Votre rôle ne permet pas cette action." in broken.get("/refuse-silently/").content.decode()


@pytest.mark.urls("tests.test_errors")
def test_a_failure_shows_nothing_of_the_machine_and_asks_nothing_of_it(broken, django_assert_num_queries):
    with django_assert_num_queries(2):  # session and agent: the page itself needs no database
        response = broken.get("/fail/")

    page = response.content.decode()
    assert response.status_code == 500
    assert "Le service a rencontré une difficulté" in page
    assert "ZeroDivisionError" not in page


def test_a_form_older_than_its_session_says_to_go_back(claire):
    browser = Client(enforce_csrf_checks=True)

    response = browser.post("/connexion/", {"username": claire.email, "password": PASSWORD})

    assert response.status_code == 403
    assert "ce que vous avez écrit y est encore" in response.content.decode()


def test_a_text_typed_while_the_session_ran_out_is_given_back(prefecture, client):
    address = reverse("bilan_part", args=[prefecture.slug, 2018, "summary"])

    response = client.post(address, {"text": "Deux mots\n</textarea><b>gras</b>", "version": "0"})

    page = response.content.decode()
    assert response.status_code == 403
    assert "Votre session a expiré" in page
    assert page.count("<textarea") == 1
    assert "Deux mots\n&lt;/textarea&gt;&lt;b&gt;gras" in page


@pytest.mark.parametrize("route", ["unites", "sites", "services", "fermetures"])
def test_a_text_typed_for_what_somebody_deleted_meanwhile_is_given_back(route, prefecture, claire, client_of):
    address = f"{reverse('organisation', args=[prefecture.slug])}{route}/404404/"
    address += "corriger/" if route == "services" else ""

    response = client_of(claire).post(address, {"name": "Sous-préfecture d’Istres", "seen": "7"})

    page = response.content.decode()
    assert response.status_code == 404
    assert "Ceci n’existe plus" in page
    assert page.count("<textarea") == 1
    assert "\nSous-préfecture d’Istres</textarea>" in page


def test_a_double_click_on_a_deletion_is_told_so(prefecture, claire, client_of):
    unit = factories.UnitFactory(prefecture=prefecture)
    address, browser = reverse("unit_delete", args=[prefecture.slug, unit.pk]), client_of(claire)

    answers = [browser.post(address) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 404]
    assert "vous avez cliqué deux fois." in answers[1].content.decode()
    assert "<textarea" not in answers[1].content.decode()


def test_nothing_typed_leads_to_the_sign_in_page(prefecture, client):
    address = reverse("bilan_part", args=[prefecture.slug, 2018, "summary"])

    assert client.post(address, {"text": " ", "version": "0"}).url.startswith(reverse("login"))


def test_the_address_of_a_button_says_that_it_is_no_page(claire, client_of):
    response = client_of(claire).get("/deconnexion/")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "Cette action n’a pas été effectuée" in response.content.decode()


@pytest.mark.parametrize("path", ["/%00", "/connexion/%1f", "/agents/%07/indicateurs/"])
def test_control_characters_in_an_address_are_refused(path, client, db):
    response = client.get(path)

    assert response.status_code == 400
    assert "Cette demande n’a pas été comprise" in response.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"a": "x" * 3_000_000}},
        {"data": {f"field-{number}": "" for number in range(1001)}},
        {"data": b"broken", "content_type": "multipart/form-data"},
        {"headers": {"host": "pirate.test"}},
    ],
    ids=["too long", "too many fields", "broken", "unknown host"],
)
def test_what_cannot_be_read_is_refused_in_french(sent, client, db):
    response = client.post("/connexion/", **sent)

    assert response.status_code == 400
    assert "Cette demande n’a pas été comprise" in response.content.decode()


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "anything"])
def test_control_characters_in_a_cookie_are_refused(cookie, client, db):
    response = client.get("/connexion/", headers={"cookie": rf'{cookie}="abcdefgh\000ijkl"'})

    assert response.status_code == 400


def test_control_characters_are_taken_out_of_what_is_typed_or_pasted(client, db):
    response = client.post("/connexion/?next=/%00agents/", {"username": "cl\x00ai\x0cre\x7f", "password": ""})

    assert response.status_code == 200
    assert response.context["form"]["username"].value() == "claire"
    assert response.context["next"] == "/agents/"


def test_line_ends_and_tabs_are_text(rf):
    request = rf.post("/", {"text": "a\tb\r\nc", "list": ["1", "2\x00"]})

    got = clean_input(lambda request: (request.POST.getlist("text"), request.POST.getlist("list")))(request)

    assert got == (["a\tb\r\nc"], ["1", "2"])


def test_files_are_read_once_and_left_alone(rf):
    file = SimpleUploadedFile("table.csv", b"a;b\x00\n")
    request = rf.post("/", {"text": "x\x00", "file": file})

    got = clean_input(lambda request: (request.POST["text"], request.FILES["file"].read()))(request)

    assert got == ("x", b"a;b\x00\n")


def test_who_leaves_while_sending_causes_no_error(claire, client_of, monkeypatch):
    def cut(*_):
        raise OSError("connection reset")

    monkeypatch.setattr("django.test.client.FakePayload.read", cut)

    response = client_of(claire).post("/deconnexion/", {"a": "b"})

    assert response.status_code == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(db, client, settings):
    settings.LARGEST_BODY = 100

    refused = client.post("/connexion/", {"username": "a" * 200})

    assert refused.status_code == 413
    assert "Ce que vous envoyez est trop lourd" in refused.content.decode()
    assert client.post("/connexion/", {}).status_code == 200


def test_the_largest_document_still_passes(settings):
    assert documents.LARGEST < settings.LARGEST_BODY
