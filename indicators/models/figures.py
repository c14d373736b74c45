"""Figures: one row per unit or service, indicator and period, with where it comes from."""

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Self

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from indicators.models.imports import FigureImport
from referentiel import measures
from referentiel.models import Indicator, Target
from sites.models import Prefecture, Service, Unit


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def of_years(self, prefecture: Prefecture, first: int, last: int) -> Self:
        days = datetime.date(first, 1, 1), datetime.date(last, 12, 31)
        return self.filter(prefecture=prefecture, period_start__range=days)

    def of_their_own_document(self) -> Self:
        """Without those read in the « N-1 » columns of the next year's document: they make no bilan."""
        return self.filter(Q(source=None) | Q(source__year=F("period_start__year")))


class Measurement(models.Model):
    """A figure of an indicator: of a service for a month, or of a unit for a year.

    A rate is `numerator` out of `denominator` cases; a mean is a `numerator` (total of days, minutes or
    points) for `denominator` cases; a count is a `numerator` alone. `value` is a figure whose base is
    unknown, read in an old document, in the unit of the indicator, with `value_places` printed decimals.
    Where none of them is set, the figure could not be measured and `reason` says why. A figure that somebody
    corrected keeps beside it, in the fields `former_…`, what was printed, computed or entered at first. One
    under reserve, for the reason that `reserve` says, is shown and stays out of every sum; a month may be
    under reserve without any figure: its counter gave none that is worth keeping. Where another figure takes
    its place, that one counts as any other does, and `doubt` says why, with what was doubted beside it.
    """

    class Period(models.TextChoices):
        YEAR = "year", "année"
        MONTH = "month", "mois"

    class Shape(models.TextChoices):
        """How the figure adds up; follows from the indicator's unit, repeated here for the constraints."""

        RATE = "rate", "taux"
        MEAN = "mean", "moyenne"
        COUNT = "count", "nombre"

        @classmethod
        def of(cls, indicator: Indicator) -> "Measurement.Shape":
            if indicator.is_mean:
                return cls.MEAN
            return cls.COUNT if indicator.unit == Indicator.Unit.COUNT else cls.RATE

    class Origin(models.TextChoices):
        COMPUTED = "computed", "calculé"
        ENTERED = "entered", "saisi"
        CORRECTED = "corrected", "corrigé"
        PRINTED = "printed", "repris d'un document"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="measurements")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="measurements")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="measurements")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="measurements")
    period = models.CharField("période", max_length=5, choices=Period)
    period_start = models.DateField("début de la période")
    first_month = models.PositiveSmallIntegerField("premier mois compté")
    last_month = models.PositiveSmallIntegerField("dernier mois compté")

    shape = models.CharField("forme", max_length=5, choices=Shape)
    numerator = models.BigIntegerField("numérateur", null=True, blank=True)
    denominator = models.BigIntegerField("dénominateur", null=True, blank=True)
    value = models.DecimalField("valeur imprimée", max_digits=14, decimal_places=4, null=True, blank=True)
    value_places = models.PositiveSmallIntegerField("décimales imprimées", default=0)

    origin = models.CharField("origine", max_length=10, choices=Origin)
    reason = models.TextField("motif", blank=True)
    comment = models.TextField("note", blank=True)
    reserve = models.TextField("sous réserve", blank=True)
    doubt = models.TextField("motif du remplacement", blank=True)
    doubted_numerator = models.BigIntegerField("numérateur mis en doute", null=True, blank=True)
    doubted_denominator = models.BigIntegerField("dénominateur mis en doute", null=True, blank=True)
    settled_on = models.DateField("soldé le", null=True, blank=True)
    printed_text = models.CharField("texte imprimé", max_length=60, blank=True)

    former_origin = models.CharField("origine avant correction", max_length=10, choices=Origin, blank=True)
    former_numerator = models.BigIntegerField("numérateur avant correction", null=True, blank=True)
    former_denominator = models.BigIntegerField("dénominateur avant correction", null=True, blank=True)
    former_value = models.DecimalField(
        "valeur avant correction", max_digits=14, decimal_places=4, null=True, blank=True
    )
    former_value_places = models.PositiveSmallIntegerField("décimales avant correction", default=0)

    source = models.ForeignKey(
        FigureImport, models.PROTECT, null=True, blank=True, related_name="measurements"
    )
    source_row = models.PositiveIntegerField("ligne du fichier", null=True, blank=True)

    # The target printed beside the figure (or its correction, with a reason) judges it; without one, the
    # target in force does. `printed_met` is the verdict of a document that prints no target beside it.
    target_comparator = models.CharField("comparaison", max_length=1, blank=True, choices=Target.Comparator)
    target_value = models.DecimalField(
        "objectif imprimé", max_digits=12, decimal_places=4, null=True, blank=True
    )
    target_reason = models.TextField("motif de la correction de l'objectif", blank=True)
    printed_met = models.BooleanField("objectif atteint selon le document", null=True, blank=True)

    objects = MeasurementQuerySet.as_manager()
    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "figure"
        indexes = [
            models.Index(fields=["prefecture", "period_start"], name="measurement_of_a_year"),
            models.Index(
                fields=["prefecture", "period_start"],
                condition=Q(period="year") | Q(numerator=None) | ~Q(reserve="") | ~Q(doubt=""),
                name="exceptional_measurement",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "indicator", "period", "period_start"],
                condition=Q(service=None),
                name="one_measurement_per_unit_indicator_period",
                violation_error_message="L'unité a déjà un chiffre pour cet indicateur et cette période.",
            ),
            models.UniqueConstraint(
                fields=["service", "indicator", "period", "period_start"],
                condition=Q(service__isnull=False),
                name="one_measurement_per_service_indicator_period",
                violation_error_message="Le service a déjà un chiffre pour cet indicateur et cette période.",
            ),
            models.CheckConstraint(
                name="measurement_has_a_base_or_a_value_or_a_reason",
                condition=Q(shape="count", numerator__isnull=False, denominator=None, value=None)
                | Q(
                    shape__in=["rate", "mean"],
                    numerator__isnull=False,
                    denominator__isnull=False,
                    value=None,
                )
                | Q(shape__in=["rate", "mean"], numerator=None, denominator=None, value__isnull=False)
                | Q(numerator=None, denominator=None, value=None) & (~Q(reason="") | ~Q(reserve="")),
                violation_error_message="Donner un numérateur et un dénominateur, ou un motif d'absence.",
            ),
            models.CheckConstraint(
                name="month_is_of_a_service_and_year_of_a_unit",
                condition=Q(period="month", service__isnull=False, value=None)
                | Q(period="year", service=None),
                violation_error_message="Un chiffre mensuel est celui d'un service, avec son nombre de cas ;"
                " un chiffre annuel est celui d'une unité.",
            ),
            models.CheckConstraint(
                name="figure_under_reserve_is_monthly",
                condition=Q(reserve="") | Q(period="month"),
                violation_error_message="Seul un chiffre mensuel peut être sous réserve.",
            ),
            models.CheckConstraint(
                name="figure_that_replaces_another_is_monthly_and_says_why",
                condition=Q(doubt="", doubted_numerator=None, doubted_denominator=None)
                | Q(period="month", numerator__isnull=False, reserve="") & ~Q(doubt=""),
                violation_error_message="Un chiffre mensuel en remplace un autre, et dit pourquoi.",
            ),
            models.CheckConstraint(
                name="measurement_is_possible",
                condition=(Q(numerator=None) | Q(numerator__gte=0))
                & (Q(denominator=None) | Q(denominator__gte=0))
                & (~Q(shape="rate") | Q(numerator=None) | Q(numerator__lte=F("denominator")))
                & (~Q(shape="rate") | Q(value=None) | Q(value__lte=100))
                & (~Q(shape="mean") | Q(denominator=None) | Q(denominator__gt=0) | Q(numerator=0))
                & (Q(value=None) | Q(value__gte=0)),
                violation_error_message="Le numérateur dépasse le dénominateur, ou un nombre est négatif.",
            ),
            models.CheckConstraint(
                name="measurement_months_are_in_order",
                condition=Q(first_month__gte=1, last_month__lte=12, last_month__gte=F("first_month")),
                violation_error_message="Les mois comptés vont de 1 à 12, dans l'ordre.",
            ),
            models.CheckConstraint(
                name="measurement_period_starts_on_its_first_day",
                condition=Q(period="year", period_start__month=1, period_start__day=1)
                | Q(
                    period="month",
                    period_start__day=1,
                    period_start__month=F("first_month"),
                    first_month=F("last_month"),
                ),
                violation_error_message="Une période commence le premier jour de son mois ou de son année.",
            ),
            models.CheckConstraint(
                name="corrected_measurement_says_why",
                condition=~Q(origin="corrected") | ~Q(reason=""),
                violation_error_message="Une correction a besoin d'un motif.",
            ),
            models.CheckConstraint(
                name="former_figure_stands_beside_a_correction",
                condition=Q(
                    former_origin="", former_numerator=None, former_denominator=None, former_value=None
                )
                | Q(origin="corrected") & ~Q(former_origin__in=["", "corrected"]),
                violation_error_message="Seul un chiffre corrigé garde à côté de lui celui d'avant.",
            ),
            models.CheckConstraint(
                name="computed_figure_alone_is_settled",
                condition=Q(settled_on=None) | Q(origin="computed"),
                violation_error_message="Seul un chiffre calculé est soldé.",
            ),
            models.CheckConstraint(
                name="printed_measurement_has_a_source",
                condition=~Q(origin="printed") | Q(source__isnull=False, source_row__isnull=False),
                violation_error_message="Un chiffre repris d'un document dit lequel, et à quelle ligne.",
            ),
            models.CheckConstraint(
                name="measurement_target_is_whole",
                condition=Q(target_comparator="", target_value=None)
                | ~Q(target_comparator="") & Q(target_value__isnull=False),
                violation_error_message="Un objectif a une comparaison et une valeur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}, {self.indicator}, {self.period_start:%Y}"

    @property
    def measure(self) -> measures.Measure | None:
        """The figure as an exact measure, or None where it could not be measured."""
        return measure(self.shape, self.numerator, self.denominator, self.value, self.value_places)

    @property
    def why_unmeasured(self) -> str:
        """The reason of a figure is that of its correction, and a month under reserve says why by itself."""
        return self.reason if self.measure is None and not self.reserve else ""

    @property
    def doubted_measure(self) -> measures.Measure | None:
        """The figure under reserve in whose place this one counts."""
        return measure(self.shape, self.doubted_numerator, self.doubted_denominator, None, 0)

    @property
    def former_measure(self) -> measures.Measure | None:
        """What a corrected figure was at first."""
        value, places = self.former_value, self.former_value_places
        return measure(self.shape, self.former_numerator, self.former_denominator, value, places)

    @property
    def is_of_the_register(self) -> bool:
        """The register has counted it, though a person may have corrected it since. A yearly figure that
        was corrected has replaced a sum, and never comes from there."""
        return self.period == self.Period.MONTH and self.Origin.COMPUTED in (self.origin, self.former_origin)

    @property
    def coverage(self) -> measures.Coverage:
        return measures.Coverage.span(self.first_month, self.last_month)

    @property
    def printed_target(self) -> measures.Target | None:
        return target(self.target_comparator, self.target_value)


def measure(
    shape: str, numerator: int | None, denominator: int | None, value: Decimal | None, places: int
) -> measures.Measure | None:
    """A stored figure as an exact measure; an unknown base with the decimals that were printed."""
    if value is not None:
        return measures.Printed(value.quantize(measures.ONE.scaleb(-places)))
    if numerator is None:
        return None
    match shape:
        case Measurement.Shape.COUNT:
            return measures.Count(numerator)
        case Measurement.Shape.RATE:
            return measures.Rate(numerator, denominator or 0)
        case _:
            return measures.Mean(numerator, denominator or 0)


def target(comparator: str, value: Decimal | None) -> measures.Target | None:
    """A target printed beside a figure, where one is."""
    return None if value is None else measures.Target(measures.Comparator(comparator), Fraction(value))


class Note(models.Model):
    """A sentence printed with the figures of a year. Without a unit or an indicator it belongs to the whole
    table: nobody guesses which cell an old document meant."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="notes")
    year = models.PositiveSmallIntegerField("année")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="notes")
    indicator = models.ForeignKey(Indicator, models.PROTECT, null=True, blank=True, related_name="notes")
    text = models.TextField("note")
    source = models.ForeignKey(FigureImport, models.PROTECT, null=True, blank=True, related_name="notes")
    source_row = models.PositiveIntegerField("ligne du fichier", null=True, blank=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "note"
        ordering = [F("unit__position").asc(nulls_first=True), "pk"]
        indexes = [models.Index(fields=["prefecture", "year"], name="note_of_a_year")]
        constraints = [
            models.CheckConstraint(
                name="note_says_something",
                condition=~Q(text=""),
                violation_error_message="Une note a un texte.",
            )
        ]

    def __str__(self) -> str:
        return self.text
