"""What is usual of a figure, said by the quality manager: the home of these writes."""

from decimal import Decimal

from django.db import transaction

from indicators.collection import RefusedError, sign
from indicators.models import Bounds
from referentiel.models import Indicator
from sites.models import Agent, Service


@transaction.atomic
def say_usual(
    service: Service, indicator: Indicator, low: Decimal | None, high: Decimal | None, *, by: Agent
) -> None:
    """Between what and what it usually is; without them, its past months say it again."""
    service.unit.prefecture.lock()
    row = Bounds.objects.filter(service=service, indicator=indicator).first()
    if low is None or high is None:
        if low is not high:
            raise RefusedError("Donner les deux valeurs, ou aucune.")
        if row is not None:
            sign(row, by).delete()
        return
    row = row or Bounds(service=service, indicator=indicator)
    if (row.low, row.high) != (low, high) or row.pk is None:
        row.low, row.high = low, high
        sign(row, by).save()
