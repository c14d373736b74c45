"""What was found out about figures that had fallen silent."""

from django.db import models
from simple_history.models import HistoricalRecords

from referentiel.models import Indicator
from sites.models import Prefecture, Unit


class Acknowledgement(models.Model):
    """Somebody knows why a unit counts nothing, or so little, of an indicator: nobody need ask again until a
    day, that day included."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="acknowledgements")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="acknowledgements")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="acknowledgements")
    reason = models.TextField("motif")
    ends_on = models.DateField("jusqu’au")

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "silence expliqué"
        verbose_name_plural = "silences expliqués"
        ordering = ["unit", "indicator"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "indicator"],
                name="silence_is_explained_once",
                violation_error_message="Ce silence est déjà expliqué.",
            ),
            models.CheckConstraint(
                name="explained_silence_says_why",
                condition=~models.Q(reason=""),
                violation_error_message="Indiquer ce qui explique ce silence.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}, {self.indicator}"
