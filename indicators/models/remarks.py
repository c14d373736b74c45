"""What the quality manager has to say of a month."""

from django.db import models
from simple_history.models import HistoricalRecords

from indicators import periods
from indicators.models.returns import starts_a_month
from sites.models import Prefecture


class Remark(models.Model):
    """Two or three sentences on the figures of a month, read by the directions and in its flash info."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="remarks")
    month = models.DateField("mois")
    text = models.TextField("texte", blank=True)
    version = models.PositiveIntegerField("version", default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "mot du mois"
        verbose_name_plural = "mots du mois"
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "month"],
                name="one_remark_per_prefecture_and_month",
                violation_error_message="Ce mois a déjà son mot.",
            ),
            starts_a_month("remark_month_starts_a_month", "month"),
        ]

    def __str__(self) -> str:
        return f"Mot {periods.of_month(self.month)}"
