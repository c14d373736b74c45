"""The state of the installation in words, and what failed: seen by whom it concerns, retried once."""

import datetime
import re

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

import qualepref
from jobs import queue, signs
from jobs.models import Job, Sign
from jobs.tasks import SCHEDULED
from qualepref import failures, state
from qualepref.celery import app
from sites.models import TraceEntry
from tests.factories import JobFactory

STATE = "/agents/installation/etat/"
HOME = "/agents/"


def words(response):
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", strip_tags(main).replace("&nbsp;", " ").replace("\xa0", " "))


@pytest.fixture
def read(paul, client_of):
    """What the administrator reads."""
    return lambda: words(client_of(paul).get(STATE))


# --- what runs ---------------------------------------------------------------------------------------------


def test_all_is_well(read, running):
    text = read()

    assert "Tout marche, et rien n’est en échec." in text
    assert "À traiter" not in text
    assert text.count("en marche") == 9
    assert f"Application en marche version {qualepref.__version__} (Django 5.2" in text
    assert "Migrations en marche toutes appliquées" in text
    assert "Ouvrier PDF en marche dernier signe il y a moins d’une minute" in text


def test_a_silent_worker_is_named_with_since_when_and_what_to_do(read, running):
    long_ago = timezone.now() - datetime.timedelta(minutes=12, seconds=5)
    Sign.objects.filter(name=signs.of_worker("pdf")).update(at=long_ago)

    text = read()

    assert (
        "À traiter L’ouvrier PDF n’a pas donné signe depuis 12 minutes."
        " Relancer l’ouvrier PDF (worker-pdf). Les PDF attendent."
    ) in text
    assert text.count("à traiter") == 1


def test_what_never_gave_a_sign_is_said(read, db):
    assert "L’horloge n’a encore jamais donné signe. Relancer l’horloge (beat)." in read()


def test_a_full_disk_is_said(read, running, monkeypatch):
    monkeypatch.setattr("qualepref.health.free_space", lambda: 12)

    assert "À traiter Fichiers : plus que 12 Mo libres. Libérer de la place" in read()


def test_each_fact_has_its_advice(running):
    assert set(state.ADVICE) == set(state.health.facts())


# --- queues and scheduled tasks ----------------------------------------------------------------------------


def test_the_queues_are_counted(read, running):
    asked = timezone.now() - datetime.timedelta(hours=1)
    JobFactory.create_batch(2, queued_at=asked)
    JobFactory(queue="pdf", state="running", lease_until=timezone.now())
    JobFactory(queue="pdf", state="failed", finished_at=timezone.now())
    JobFactory(queue="pdf", state="done", finished_at=timezone.now())

    text = read()

    assert f"Ordinaire 2 0 0 {timezone.localtime(asked):%d/%m/%Y %H:%M}" in text
    assert "PDF 0 1 1 –" in text


def test_scheduled_tasks_say_when_they_were_done_and_when_they_come(read, running):
    signs.give(signs.of_task("jobs.sweep"))

    done = timezone.localtime(Sign.objects.get(name=signs.of_task("jobs.sweep")).at)
    coming = [task.next - timezone.now() for task in state._scheduled()]
    text = read()

    assert f"Reprendre les tâches interrompues ou oubliées {done:%d/%m/%Y %H:%M}" in text
    assert all(datetime.timedelta(seconds=-1) < wait <= datetime.timedelta(days=31) for wait in coming)
    assert coming[0] <= datetime.timedelta(minutes=1)


def test_every_scheduled_task_has_its_words():
    assert set(state.TASKS) == SCHEDULED - {"jobs.sign"}


def test_every_kind_of_job_has_its_words():
    app.loader.import_default_modules()

    assert set(failures.KINDS) == set(queue.HANDLERS)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_whatever_failed(
    count, paul, client_of, running, django_assert_max_num_queries
):
    JobFactory.create_batch(count, state="failed", finished_at=timezone.now())
    browser = client_of(paul)

    with django_assert_max_num_queries(15):  # two fewer on SQLite, whose hour and size are not asked
        browser.get(STATE)


def test_the_footer_tells_agents_the_version_and_not_the_public(claire, client_of, client, prefecture):
    version = f"Qualepref {qualepref.__version__}"

    assert version in client_of(claire).get(HOME).content.decode()
    assert version not in client.get("/").content.decode()


# --- what failed -------------------------------------------------------------------------------------------


def test_a_failure_is_told_in_french_and_its_detail_to_the_administrator_alone(
    failed, read, claire, client_of, running
):
    shown, told = words(client_of(claire).get(HOME)), read()

    for text in (shown, told):
        assert "PDF d’un bilan : échec, " in text
        assert "Un fichier n’a pas pu être lu ou écrit, ou un serveur n’a pas répondu." in text
    assert "Préfecture des Bouches-du-Rhône. 3 essais. Pour qui répare : OSError : [Errno 28]" in told
    assert "Errno" not in shown
    assert "1 tâche en échec ou à vérifier" in told


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("ConnectionRefusedError : [Errno 111]", "Le serveur ne répond pas."),
        ("SMTPRecipientsRefused : {}", "Le serveur de courriel refuse l’adresse du destinataire."),
        ("SMTPHeloError : (500, b'')", "Le serveur de courriel ne répond pas comme il faut."),
        ("Interrompue 3 fois avant la fin.", "La tâche a été interrompue avant sa fin."),
        ("KeyError : 'x'", "Une erreur imprévue s’est produite."),
        ("", "Une erreur imprévue s’est produite."),
    ],
)
def test_reasons_are_in_french(error, reason):
    assert failures.Failure(Job(last_error=error)).reason == reason


def test_what_failed_elsewhere_or_long_ago_is_not_at_home(failed, claire, zoe, elsewhere, client_of):
    JobFactory(kind="sites.invitation", state="failed", prefecture=elsewhere, finished_at=timezone.now())
    JobFactory(kind="sites.reset", state="failed", finished_at=timezone.now())
    Job.objects.filter(pk=failed.pk).update(finished_at=timezone.now() - failures.KEPT)

    text = words(client_of(claire).get(HOME))

    assert "échec" not in text
    assert "Courriel d’invitation : échec" in words(client_of(zoe).get(HOME))


@pytest.mark.parametrize("name", ["helene", "ines", "rachid"])
def test_who_can_do_nothing_about_it_is_not_shown_it(name, failed, client_of, request):
    assert "échec" not in words(client_of(request.getfixturevalue(name)).get(HOME))


# --- what is done about it ---------------------------------------------------------------------------------


def state_of(job):
    job.refresh_from_db()
    return job.state


def test_the_quality_manager_retries_from_home_and_it_is_traced(failed, claire, client_of):
    browser = client_of(claire)
    response = browser.post(
        f"/agents/bouches-du-rhone/taches/{failed.pk}/", {"decision": "retry"}, follow=True
    )

    assert response.redirect_chain == [(HOME, 302)]
    assert "Tâche relancée : PDF d’un bilan." in words(response)
    assert state_of(failed) == "queued"
    entry = TraceEntry.objects.get(event=TraceEntry.Event.WROTE)
    assert (entry.agent, entry.prefecture, entry.about) == (
        claire,
        failed.prefecture,
        "Tâche relancée\xa0: PDF d’un bilan",
    )


def test_the_administrator_retries_what_belongs_to_no_prefecture(paul, client_of, running):
    job = JobFactory(kind="sites.reset", state="failed", attempts=3, finished_at=timezone.now())

    response = client_of(paul).post(f"{STATE}taches/{job.pk}/", {"decision": "retry"}, follow=True)

    assert response.redirect_chain == [(STATE, 302)]
    assert state_of(job) == "queued"


def test_a_job_of_another_prefecture_does_not_exist(failed, zoe, client_of):
    for slug in ("bouches-du-rhone", "bas-rhin"):
        assert client_of(zoe).post(f"/agents/{slug}/taches/{failed.pk}/").status_code == 404

    assert state_of(failed) == "failed"


def test_twice_is_once(failed, claire, client_of):
    browser, address = client_of(claire), f"/agents/bouches-du-rhone/taches/{failed.pk}/"
    browser.post(address, {"decision": "retry"})

    again = browser.post(address, {"decision": "retry"}, follow=True)

    assert "Cette tâche n’est plus en échec : il n’y a rien à faire." in words(again)
    assert TraceEntry.objects.filter(event=TraceEntry.Event.WROTE).count() == 1


def test_a_mail_that_may_have_left_is_confirmed_or_sent_again(claire, prefecture, client_of):
    mails = [
        JobFactory(kind="sites.invitation", state="to_check", may_be_done=True, prefecture=prefecture)
        for _ in range(2)
    ]
    Job.objects.update(finished_at=timezone.now())
    browser = client_of(claire)

    assert words(browser.get(HOME)).count("le courriel est peut-être parti") == 2
    for mail, decision in zip(mails, ("done", "retry"), strict=True):
        browser.post(f"/agents/bouches-du-rhone/taches/{mail.pk}/", {"decision": decision})

    assert [state_of(mail) for mail in mails] == ["done", "queued"]


def test_a_failed_job_cannot_be_said_to_be_done(failed, claire, client_of):
    client_of(claire).post(f"/agents/bouches-du-rhone/taches/{failed.pk}/", {"decision": "done"})

    assert state_of(failed) == "failed"
