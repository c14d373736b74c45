"""Telephone lines whose calls a phone server counts, and how the files of such servers are read."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from indicators.models.returns import starts_a_month
from referentiel.models import Indicator
from sites.models import Prefecture, Service


class PhoneLine(models.Model):
    """The lost calls of this line are counted in the figures of a service, from a month to another; without a
    first month since ever, without a last one until further notice. `number` is written as in the files of
    the phone server; a line that passes from a service to another is two rows."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="phone_lines")
    number = models.CharField("numéro ou nom", max_length=60)
    service = models.ForeignKey(Service, models.PROTECT, related_name="phone_lines")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="phone_lines")
    first_month = models.DateField("premier mois compté", null=True, blank=True)
    last_month = models.DateField("dernier mois compté", null=True, blank=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "ligne téléphonique"
        verbose_name_plural = "lignes téléphoniques"
        ordering = ["number", "pk"]
        constraints = [
            starts_a_month("phone_line_counts_whole_months", "first_month", "last_month"),
            models.CheckConstraint(
                name="phone_line_months_are_in_order",
                condition=Q(first_month=None) | Q(last_month=None) | Q(last_month__gte=F("first_month")),
                violation_error_message="Le dernier mois ne précède pas le premier.",
            ),
            models.CheckConstraint(
                name="phone_line_has_a_number",
                condition=~Q(number=""),
                violation_error_message="Une ligne a un numéro ou un nom.",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PhoneMapping(models.Model):
    """Which columns of a file say what. `shape` is the SHA-256 of its headers: the next file of the same
    server is read without a question. `columns` are headers, by what they say."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="phone_mappings")
    shape = models.CharField("forme du fichier", max_length=64)
    columns = models.JSONField("colonnes")

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "lecture d’un fichier téléphonique"
        verbose_name_plural = "lectures de fichiers téléphoniques"
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "shape"],
                name="one_mapping_per_shape_of_file",
                violation_error_message="Les fichiers de cette forme se lisent déjà.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefecture}, {self.shape[:8]}"
