"""What beat asks for and no row causes: tasks that ask what is due and not done. Each has its command."""

import logging

from celery import shared_task
from django.utils import timezone

from complaints import recomputing
from indicators import from_register, returns
from jobs import mail, queue
from qualepref import digest
from sites import organisation
from sites.models import Prefecture

logger = logging.getLogger(__name__)

queue.handler(digest.DIGEST)(digest.run)
mail.writer(digest.MAIL)(digest.write)


@shared_task(name="take_effect")
def take_effect() -> None:
    """Every hour: midnight comes at another hour in each time zone."""
    for prefecture in Prefecture.objects.all():
        effects = organisation.take_effect(prefecture, prefecture.today())
        for service in effects.changed:
            logger.info("service %s of %s takes its new designation", service.pk, prefecture.code)
        for _ in effects.refused:
            logger.error("a designation of a service of %s could not take effect", prefecture.code)


@shared_task(name="close_month")
def close_month() -> None:
    """Every hour too: a month closes on the day that has come where the préfecture is."""
    for prefecture in Prefecture.objects.exclude(entry_schedule__closes_after=None):
        if closed := returns.close_what_is_due(prefecture, prefecture.today()):
            logger.info("%s months of services of %s are closed", closed, prefecture.code)


@shared_task(name="reckon_cases")
def reckon_cases() -> None:
    """Every night: what no job has reckoned after a change of the calendar or of a rule."""
    for prefecture in recomputing.concerned():
        recomputing.reckon(prefecture, prefecture.today())


@shared_task(name="collect_month")
def collect_month() -> None:
    """Every night: one job a préfecture, which asks what is over and not settled."""
    logger.info("figures of %s préfectures are counted from their register", from_register.order_all())


@shared_task(name="send_digest")
def send_digest() -> None:
    """Every half hour: seven o'clock comes at another hour in each time zone, and at half past in some."""
    for prefecture, on in digest.waiting(timezone.now()):
        digest.order(prefecture, on)
