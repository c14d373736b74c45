"""What does not work, told by an agent: no clock runs, somebody answers, an action may come of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from sites import attachments
from sites.access import Access, Action
from sites.models import Agent, HistoryOfChanges, Prefecture, Service, Site, Unit


class MalfunctionQuerySet(models.QuerySet["Malfunction"]):
    def visible_to(self, agent: Agent, access: Access) -> Self:
        """What the agent reported, and what happened in the services and units that their roles cover."""
        own = self.filter(prefecture=access.prefecture)
        scope = access.scope_for(Action.READ_MALFUNCTIONS)
        return own if scope is None else own.filter(Q(reported_by=agent) | scope.rows("service", "unit"))

    def new(self) -> Self:
        return self.filter(state=Malfunction.State.NEW)

    def waiting_first(self) -> Self:
        """What nobody has taken up, then what is not over, then the rest; the latest first."""
        rank = Case(When(state="new", then=Value(0)), When(state="taken", then=Value(1)), default=Value(2))
        return self.order_by(rank, "-year", "-number")


class Malfunction(models.Model):
    """Something that went wrong in a place of the préfecture, numbered in its préfecture and year.

    `noticed_on` is the day on which somebody saw it, `year` that in which it was reported. `answer` is what
    the person who reported it is told: what is being done, what was done, or why nothing is. `subject` and
    `text` may name somebody, and have no history; the file neither.
    """

    class State(models.TextChoices):
        NEW = "new", "signalé"
        TAKEN = "taken", "pris en charge"
        SOLVED = "solved", "résolu"
        DROPPED = "dropped", "sans suite"

    OPEN = (State.NEW, State.TAKEN)
    CLOSED = (State.SOLVED, State.DROPPED)

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="malfunctions")
    year = models.PositiveSmallIntegerField("année")
    number = models.PositiveIntegerField("numéro")
    noticed_on = models.DateField("constaté le")
    reported_at = models.DateTimeField("signalé le", default=timezone.now, editable=False)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="malfunctions", verbose_name="signalé par"
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="malfunctions", verbose_name="unité")
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="malfunctions",
        verbose_name="service",
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="malfunctions", verbose_name="site"
    )
    subject = models.CharField("objet", max_length=200)
    text = models.TextField("description", blank=True)
    file_name = models.CharField("photo ou document", max_length=200, blank=True)
    file_sha256 = models.CharField("empreinte du fichier", max_length=64, blank=True)
    state = models.CharField("état", max_length=10, choices=State, default=State.NEW)
    answer = models.TextField("suite donnée", blank=True)
    closed_on = models.DateField("clos le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    objects = MalfunctionQuerySet.as_manager()
    history = HistoryOfChanges(excluded_fields=["subject", "text", "file_name", "file_sha256", "version"])

    class Meta:
        verbose_name = "dysfonctionnement"
        ordering = ["-year", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "year", "number"],
                name="malfunction_number_is_unique_in_its_year",
                violation_error_message="Un dysfonctionnement de l’année porte déjà ce numéro.",
            ),
            models.CheckConstraint(
                name="closed_malfunction_has_its_day_and_its_answer",
                condition=Q(state__in=["new", "taken"], closed_on=None)
                | Q(state__in=["solved", "dropped"], closed_on__gte=F("noticed_on")) & ~Q(answer=""),
                violation_error_message="Un dysfonctionnement clos a un jour et une suite, et lui seul.",
            ),
            models.CheckConstraint(
                name="file_of_a_malfunction_has_its_hash",
                condition=Q(file_name="", file_sha256="") | ~Q(file_name="") & ~Q(file_sha256=""),
                violation_error_message="Un fichier est gardé avec son empreinte.",
            ),
        ]

    def __str__(self) -> str:
        return f"D\xa0{self.reference}"

    @property
    def reference(self) -> str:
        """« 2026-0007 »."""
        return f"{self.year}-{self.number:04}"

    @property
    def file_label(self) -> str:
        """« image JPEG »."""
        return attachments.label_of(self.file_name) if self.file_name else ""

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
