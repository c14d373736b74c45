"""Files brought to be taken in, and what people answer to the problems found in them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sites.models import Prefecture


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
        MONTHS = "months", "chiffres de mois"
        PHONE = "phone", "statistiques téléphoniques"

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
    def is_monthly(self) -> bool:
        """It writes figures of months, which have a page of their own and no answers."""
        return self.contents in (self.Contents.MONTHS, self.Contents.PHONE)

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
