"""What is usual of a figure, said by the quality manager: the home of these writes."""

from decimal import Decimal

from django.db import transaction

from indicators.models import Bounds
from indicators.signing import sign, version_of
from referentiel.models import Indicator
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Service


def version(service: Service, indicator: Indicator) -> int:
    return version_of(Bounds.history.filter(service=service, indicator=indicator))


@transaction.atomic
def say_usual(
    service: Service,
    indicator: Indicator,
    low: Decimal | None,
    high: Decimal | None,
    *,
    seen: int,
    by: Agent,
) -> None:
    """Between what and what it usually is; without them, its past months say it again. The same again
    changes nothing."""
    if (low is None) != (high is None):
        raise RefusedError("Donner les deux valeurs, ou aucune.")
    service.unit.prefecture.lock()
    row = Bounds.objects.filter(service=service, indicator=indicator).first()
    if (low, high) == ((row.low, row.high) if row else (None, None)):
        return
    if (latest := version(service, indicator)) != seen:
        raise ConflictError(row, latest)
    if low is not None and high is not None:
        row = row or Bounds(service=service, indicator=indicator)
        row.low, row.high = low, high
        sign(row, by).save()
    elif row is not None:
        sign(row, by).delete()
