"""The flash info of a month: what it counts, that it never changes, whom it is sent to, who reads it."""

import datetime

import pytest
from django.core import mail as outbox
from django.db import IntegrityError
from django.urls import reverse

from indicators import remarks, returns
from indicators.models import Measurement, MonthlyReturn
from jobs import queue
from jobs.models import Job
from publications import flash as flashes
from publications.models import Flash
from qualepref.celery import app
from referentiel.measures import NBSP
from referentiel.models import Target
from sites.conflicts import RefusedError
from sites.models import Membership
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

ACCUEIL, TITRES = 0, 1


@pytest.fixture
def world(db):
    """March 2020: 8 of 10 at the Accueil, which is closed; 0 of 10 at the Titres, which is not. The target is
    missed, as in March 2019 (6 of 10)."""
    world = Monthly()
    factories.TargetFactory(indicator=world.rate, value=90)
    for year, service, numerator in [(2020, ACCUEIL, 8), (2020, TITRES, 0), (2019, ACCUEIL, 6)]:
        factories.MonthFactory(
            service=world.services[service],
            indicator=world.rate,
            year=year,
            month=3,
            numerator=numerator,
            denominator=10,
        )
    returns.close(world.prefecture, MARCH, [world.services[ACCUEIL]], by=world.manager)
    world.director = factories.AgentFactory(full_name="Anaïs Perrot", email="anais@prefecture.test")
    factories.MembershipFactory(
        agent=world.director, prefecture=world.prefecture, role=Membership.Role.DIRECTOR
    )
    return world


def publish(world, **options):
    content = flashes.assemble(world.prefecture, MARCH)
    return flashes.publish(world.prefecture, MARCH, by=world.manager, read=content.sha256, **options)


def send_mails():
    app.loader.import_default_modules()
    for job in Job.objects.filter(kind=flashes.MAIL).order_by("pk"):
        queue.run(job.pk)
    return outbox.outbox


def url(world, page="flash", *args):
    return reverse(page, args=[world.prefecture.slug, "2020-03", *args])


def test_a_month_without_targets_does_not_say_that_they_are_reached(world, client_of):
    Target.objects.all().delete()
    publish(world)
    send_mails()

    page = client_of(world.manager).get(url(world)).content.decode()

    for said in (page, outbox.outbox[0].body):
        assert "Aucun résultat" in said
        assert "l’atteint" not in said


def test_only_validated_figures_count_and_the_others_are_named(world):
    content = flashes.assemble(world.prefecture, MARCH)

    (missed,) = content.missed
    assert (missed.shown_label, missed.base_label) == (f"80,00{NBSP}%", "8 sur 10")
    assert (missed.previous_label, missed.caution) == (f"60,00{NBSP}%", "")
    assert [(score.met, score.judged, score.met_before, score.judged_before) for score in content.scores] == [
        (0, 1, 0, 1)
    ]
    assert content.awaited == [f"{world.unit.short_name}, Titres"]


def test_a_validated_month_counts_as_a_closed_one(world):
    MonthlyReturn.objects.create(
        prefecture=world.prefecture,
        service=world.services[TITRES],
        month=MARCH,
        state=MonthlyReturn.State.VALIDATED,
        due_on=datetime.date(2020, 4, 6),
        entered_on=datetime.date(2020, 4, 2),
    )

    (missed,) = flashes.assemble(world.prefecture, MARCH).missed

    assert missed.base_label == "8 sur 20"


def test_a_target_met_again_is_told(world):
    Measurement.objects.filter(period_start=MARCH).update(numerator=10)

    content = flashes.assemble(world.prefecture, MARCH)

    assert (content.missed, [one.shown_label for one in content.regained]) == ([], [f"100,00{NBSP}%"])


def test_nothing_is_published_of_a_month_that_nobody_validated(world):
    MonthlyReturn.objects.all().delete()

    with pytest.raises(RefusedError, match="Aucun chiffre de mars"):
        publish(world)


def test_a_suspended_month_has_nothing_to_validate_and_says_why(world, client_of):
    world.suspend(MARCH, MARCH)

    text = client_of(world.manager).get(url(world, "flash_prepare")).text

    assert "Ce mois n’a aucun chiffre à publier, et n’en attend aucun." in text
    assert "Suivi suspendu en mars" in text
    assert "Valider les chiffres du mois" not in text


def test_a_published_flash_does_not_change_when_figures_do(world, client_of):
    published = publish(world)
    Measurement.objects.filter(period_start=MARCH).update(numerator=10)
    remarks.write(remarks.of(world.prefecture, MARCH), text="Un mot de plus.", seen=0, by=world.manager)

    published.refresh_from_db()
    page = client_of(world.director).get(url(world)).content.decode()

    assert published.data["missed"][0]["shown_label"] == f"80,00{NBSP}%"
    assert f"80,00{NBSP}%" in page
    assert f"100,00{NBSP}%" not in page
    assert "Un mot de plus." not in page


def test_a_new_edition_replaces_the_first_visibly_and_says_why(world, client_of):
    publish(world)
    Measurement.objects.filter(period_start=MARCH).update(numerator=10)
    with pytest.raises(RefusedError, match="dire ce que la nouvelle corrige"):
        publish(world)

    second = publish(world, correction="Une liste oubliée.")

    browser = client_of(world.director)
    assert (second.edition, Flash.objects.shown().get()) == (2, second)
    assert "Cette édition remplace la précédente\xa0: Une liste oubliée." in browser.get(
        url(world)
    ).content.decode().replace("&nbsp;", "\xa0")
    former = browser.get(url(world, "flash_edition", 1)).content.decode()
    assert "Cette édition a été remplacée le" in former
    assert f"80,00{NBSP}%" in former


def test_the_same_content_is_not_published_twice(world):
    publish(world)

    with pytest.raises(RefusedError, match="dit déjà exactement cela"):
        publish(world, correction="Rien.")


def test_nobody_publishes_what_they_have_not_read(world):
    with pytest.raises(RefusedError, match="a changé depuis votre relecture"):
        flashes.publish(world.prefecture, MARCH, by=world.manager, read="0" * 64)

    assert not Flash.objects.exists()


def test_a_correction_without_words_does_not_enter_the_database(world):
    first = publish(world)

    with pytest.raises(IntegrityError):
        Flash.objects.create(
            prefecture=world.prefecture, month=MARCH, edition=2, content="{}", published_by=first.published_by
        )


# --- The mails ---------------------------------------------------------------------------------------------


def test_each_direction_gets_one_mail_with_the_red_lines_and_the_words(world):
    remarks.write(remarks.of(world.prefecture, MARCH), text="Deux agents absents.", seen=0, by=world.manager)
    publish(world)

    send_mails()
    (sent,) = send_mails()

    assert sent.to == ["anais@prefecture.test"]
    assert "Deux agents absents." in sent.body
    assert f"80,00{NBSP}%, objectif ≥{NBSP}90{NBSP}% (60,00{NBSP}% un an plus tôt)" in sent.body
    assert url(world) in sent.body


def test_who_has_left_the_direction_meanwhile_gets_nothing(world):
    publish(world)
    world.director.memberships.all().delete()

    assert send_mails() == []
    assert Job.objects.get(kind=flashes.MAIL).state == Job.State.DONE


def test_an_edition_that_was_replaced_meanwhile_is_not_sent(world):
    publish(world)
    Measurement.objects.filter(period_start=MARCH).update(numerator=10)
    publish(world, correction="Une liste oubliée.")

    (sent,) = send_mails()

    assert "Une liste oubliée." in sent.body


# --- The pages ---------------------------------------------------------------------------------------------


def test_it_is_read_again_then_published_from_its_page(world, client_of):
    browser = client_of(world.manager)
    read = browser.get(url(world, "flash_prepare")).context["read"]

    answer = browser.post(url(world, "flash_prepare"), {"read": read}, follow=True)

    assert answer.redirect_chain == [(url(world), 302)]
    assert "chaque agent peut le lire" in answer.content.decode()
    assert Flash.objects.get().published_by == world.manager


def test_a_refusal_keeps_the_words_typed(world, client_of):
    publish(world)
    typed = {"read": "0" * 64, "correction": "Une liste oubliée."}

    page = client_of(world.manager).post(url(world, "flash_prepare"), typed).content.decode()

    assert "a changé depuis votre relecture" in page
    assert "Une liste oubliée." in page


def test_every_agent_of_the_prefecture_reads_it_and_nobody_else(world, client_of):
    publish(world)
    agent = factories.AgentFactory()
    factories.MembershipFactory(
        agent=agent,
        prefecture=world.prefecture,
        role=Membership.Role.AGENT,
        service=world.services[TITRES],
    )
    stranger = factories.MembershipFactory(role=Membership.Role.QUALITY_MANAGER).agent

    listed = reverse("flashes", args=[world.prefecture.slug])
    for page in (listed, url(world), url(world, "flash_edition", 1)):
        assert client_of(agent).get(page).status_code == 200
        assert client_of(stranger).get(page).status_code == 404
    assert client_of(agent).get(url(world, "flash_prepare")).status_code == 403
    assert f"mars{NBSP}2020" in client_of(agent).get(listed).content.decode()
