"""What the clock orders."""

import datetime

from django.conf import settings

from indicators.models import MonthlyReturn
from qualepref import tasks
from qualepref.celery import app
from sites.models import Service
from tests.factories import DesignationFactory
from tests.indicators.monthly import Monthly


def test_every_task_of_the_clock_is_known_to_the_workers():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_a_service_takes_its_planned_name_though_a_night_was_missed(accueil):
    DesignationFactory(service=accueil, starts_on=None, name=accueil.name, short_name=accueil.short_name)
    DesignationFactory(service=accueil, starts_on=datetime.date(2021, 1, 1), short_name="BU", name="Usagers")

    tasks.take_effect()
    tasks.take_effect()

    assert (Service.objects.get().short_name, Service.history.count()) == ("BU", 2)


def test_months_close_once_their_day_has_come_though_nights_were_missed(db):
    world = Monthly()
    world.schedule.first_month, world.schedule.closes_after = datetime.date(2026, 1, 1), 20
    world.schedule.save()

    tasks.close_month()
    tasks.close_month()

    closed = MonthlyReturn.objects.filter(state=MonthlyReturn.State.CLOSED)
    assert closed.filter(month=datetime.date(2026, 1, 1)).count() == len(world.services)
    assert MonthlyReturn.history.count() == closed.count()


def test_no_month_closes_by_itself_where_nobody_asked_for_it(db):
    Monthly()

    tasks.close_month()

    assert not MonthlyReturn.objects.exists()
