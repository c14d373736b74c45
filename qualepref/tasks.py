"""What beat asks for and no row causes: tasks that ask what is due and not done. Each has its command."""

import logging

from celery import shared_task

from sites import organisation
from sites.models import Prefecture

logger = logging.getLogger(__name__)


@shared_task(name="take_effect")
def take_effect() -> None:
    """Every hour: midnight comes at another hour in each time zone."""
    for prefecture in Prefecture.objects.all():
        effects = organisation.take_effect(prefecture, prefecture.today())
        for service in effects.changed:
            logger.info("service %s of %s takes its new designation", service.pk, prefecture.code)
        for _ in effects.refused:
            logger.error("a designation of a service of %s could not take effect", prefecture.code)
