"""What a figure of a service usually is, where somebody knows better than its past months."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from referentiel.models import Indicator
from sites.models import Service


class Bounds(models.Model):
    """Between what and what the value of an indicator usually is in a service, in the unit of the indicator.
    Without a row, its past months say it."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="bounds")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="bounds")
    low = models.DecimalField("d'habitude, au moins", max_digits=14, decimal_places=4)
    high = models.DecimalField("d'habitude, au plus", max_digits=14, decimal_places=4)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "valeurs habituelles"
        verbose_name_plural = "valeurs habituelles"
        constraints = [
            models.UniqueConstraint(
                fields=["service", "indicator"],
                name="one_pair_of_bounds_per_service_and_indicator",
                violation_error_message="Ce service a déjà des valeurs habituelles pour cet indicateur.",
            ),
            models.CheckConstraint(
                name="bounds_are_in_order",
                condition=Q(low__gte=0, high__gte=F("low")),
                violation_error_message="La première valeur ne dépasse pas la seconde.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}, {self.indicator}"
