"""Figures: one row per unit or service, indicator and period, with where it comes from."""

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from referentiel import measures
from referentiel.models import Indicator, Target
from sites.models import Prefecture, Service, Unit


class FigureImportQuerySet(models.QuerySet["FigureImport"]):
    def imported(self) -> Self:
        """Those whose figures were written."""
        return self.filter(state=FigureImport.State.IMPORTED)

    def open(self) -> Self:
        """Files that wait for somebody to decide on them."""
        return self.filter(state__in=FigureImport.OPEN)


class FigureImport(models.Model):
    """One file brought to be taken in: a draft until it is imported, with the problems that were found in it
    and how each was answered.

    `number` counts the imports of a préfecture. `stored_as` names the file under the private root; what is
    abandoned keeps none. `rows` is the table as it was read, while it waits to be verified.
    """

    class State(models.TextChoices):
        READING = "reading", "lecture en cours"
        TO_CHECK = "to_check", "à vérifier"
        IMPORTED = "imported", "importé"
        ABANDONED = "abandoned", "abandonné"
        FAILED = "failed", "illisible"

    class Contents(models.TextChoices):
        RESULTS = "results", "résultats de l’année"
        NOTES = "notes", "notes du tableau"

    OPEN = (State.READING, State.TO_CHECK)

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="figure_imports")
    number = models.PositiveIntegerField("numéro")
    year = models.PositiveSmallIntegerField("année")
    contents = models.CharField("contenu", max_length=10, choices=Contents)
    state = models.CharField("état", max_length=10, choices=State)
    file_name = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    stored_as = models.CharField("fichier conservé", max_length=200, blank=True)
    rows = models.JSONField("lignes lues", null=True, blank=True)
    failure = models.TextField("pourquoi le fichier est illisible", blank=True)
    problems = models.JSONField("problèmes", default=list)
    answers = models.JSONField("réponses", default=list)
    uploaded_at = models.DateTimeField("déposé le", default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    imported_at = models.DateTimeField("importé le", null=True, blank=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    abandoned_at = models.DateTimeField("abandonné le", null=True, blank=True)
    abandoned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = FigureImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import de chiffres"
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "number"],
                name="import_number_is_unique_in_its_prefecture",
                violation_error_message="Un import de la préfecture porte déjà ce numéro.",
            ),
            models.UniqueConstraint(
                fields=["prefecture", "year", "contents", "sha256"],
                condition=Q(state__in=["reading", "to_check"]),
                name="a_file_is_verified_once_at_a_time",
                violation_error_message="Ce fichier est déjà en cours de vérification pour cette année.",
            ),
            models.CheckConstraint(
                name="import_is_dated_once_it_is_done",
                condition=Q(state="imported", imported_at__isnull=False)
                | ~Q(state="imported") & Q(imported_at=None, imported_by=None),
                violation_error_message="Un import terminé a une date, et lui seul.",
            ),
            models.CheckConstraint(
                name="abandoned_import_says_by_whom",
                condition=Q(state="abandoned", abandoned_at__isnull=False, abandoned_by__isnull=False)
                | ~Q(state="abandoned") & Q(abandoned_at=None, abandoned_by=None),
                violation_error_message="Un import abandonné dit quand et par qui, et lui seul.",
            ),
            models.CheckConstraint(
                name="import_keeps_its_file_until_it_is_given_up",
                condition=Q(state__in=["abandoned", "failed"], stored_as="")
                | Q(state__in=["reading", "to_check"]) & ~Q(stored_as="")
                | Q(state="imported"),
                violation_error_message="Un fichier est gardé tant qu'il se vérifie, pas une fois écarté.",
            ),
            models.CheckConstraint(
                name="import_holds_its_rows_while_it_is_verified",
                condition=Q(state="to_check", rows__isnull=False)
                | ~Q(state="to_check") & Q(rows__isnull=True),
                violation_error_message="Les lignes lues sont gardées le temps de la vérification.",
            ),
            models.CheckConstraint(
                name="failed_import_says_why",
                condition=Q(state="failed") & ~Q(failure="") | ~Q(state="failed") & Q(failure=""),
                violation_error_message="Un fichier illisible dit pourquoi, et lui seul.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.year})"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def mark(self) -> str:
        """What the history of a figure keeps of this import, as the reason of the change."""
        return f"Import n° {self.number}"


class ImportAnswer(models.Model):
    """What a person answers to a blocking problem of a draft, kept as soon as it is given.

    Without a correction the cell, or the row, is left out. `version` tells whoever answers at the same time.
    """

    source = models.ForeignKey(FigureImport, models.CASCADE, related_name="given_answers")
    row = models.PositiveIntegerField("ligne")
    column = models.CharField("colonne", max_length=60)
    code = models.CharField("problème", max_length=60)
    corrected = models.CharField("à lire", max_length=200, blank=True)
    reason = models.TextField("motif")
    version = models.PositiveIntegerField("version", default=1)
    answered_at = models.DateTimeField("répondu le", default=timezone.now, editable=False)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "réponse à un problème"
        ordering = ["row", "column", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "row", "column", "code"],
                name="one_answer_per_problem",
                violation_error_message="Ce problème a déjà une réponse.",
            ),
            models.CheckConstraint(
                name="import_answer_says_why",
                condition=~Q(reason=""),
                violation_error_message="Une réponse a besoin d'un motif.",
            ),
        ]

    def __str__(self) -> str:
        return f"ligne {self.row}, {self.column} : {self.corrected or 'laissé de côté'}"

    @property
    def key(self) -> tuple[int, str, str]:
        """The problem that it answers."""
        return self.row, self.column, self.code


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def of_years(self, prefecture: Prefecture, first: int, last: int) -> Self:
        days = datetime.date(first, 1, 1), datetime.date(last, 12, 31)
        return self.filter(prefecture=prefecture, period_start__range=days)

    def of_their_own_document(self) -> Self:
        """Without those read in the « N-1 » columns of the next year's document: they make no bilan."""
        return self.filter(Q(source=None) | Q(source__year=F("period_start__year")))


class Measurement(models.Model):
    """The figure of a unit (or of one of its services) for an indicator and a period.

    A rate is `numerator` out of `denominator` cases; a mean is a `numerator` (total of days, minutes or
    points) for `denominator` cases; a count is a `numerator` alone. `value` is a figure whose base is
    unknown, read in an old document, in the unit of the indicator, with `value_places` printed decimals.
    Where none of them is set, the figure could not be measured and `reason` says why. A figure that somebody
    corrected keeps beside it, in the fields `former_…`, what was printed, computed or entered at first.
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
        indexes = [models.Index(fields=["prefecture", "period_start"], name="measurement_of_a_year")]
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
                | Q(numerator=None, denominator=None, value=None) & ~Q(reason=""),
                violation_error_message="Donner un numérateur et un dénominateur, ou un motif d'absence.",
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
    def former_measure(self) -> measures.Measure | None:
        """What a corrected figure was at first."""
        value, places = self.former_value, self.former_value_places
        return measure(self.shape, self.former_numerator, self.former_denominator, value, places)

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
