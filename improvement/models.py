"""What we do about it and how we prove it: the action plan, and the duties that come back."""

import datetime
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone
from simple_history.models import HistoricalRecords

from complaints import models as register
from improvement import recurrence
from indicators.periods import Period
from indicators.synthesis import KINDS
from referentiel.models import Certainty, Indicator
from sites import attachments
from sites.access import Access
from sites.access import Action as May
from sites.models import Agent, HistoryOfChanges, Prefecture, Unit


class Proven(models.Model):
    """What shows that something was done: a sentence, a private file, or both."""

    proof = models.TextField("preuve", blank=True)
    proof_file = models.CharField("fichier de la preuve", max_length=200, blank=True)
    proof_sha256 = models.CharField("empreinte de la preuve", max_length=64, blank=True)

    class Meta:
        abstract = True

    @property
    def proof_label(self) -> str:
        """« image PNG »."""
        return attachments.label_of(self.proof_file) if self.proof_file else ""


SOURCES = ("indicator", "case", "theme", "malfunction")
"""What an action may come from, by the column that names it: one of them, or none."""


class ActionQuerySet(models.QuerySet["Action"]):
    def visible_to(self, agent: Agent, access: Access) -> Self:
        """The agent's own; and for those who read the plan, what concerns their units, or all of it."""
        own = self.filter(prefecture=access.prefecture)
        units = access.units_for(May.READ_PLAN)
        return own if units is None else own.filter(Q(owner=agent) | Q(unit__in=units))

    def open(self) -> Self:
        return self.filter(state__in=Action.OPEN)

    def on_complaints(self, period: Period) -> Self:
        """What the complaints and suggestions of a period have called for: by one of them, or by a theme, to
        be done in these months, done or opened in them. What was abandoned is not told."""
        days = period.first, period.end
        of_case = Q(case__kind__in=KINDS, case__month__range=(period.first, period.last))
        of_theme = Q(due_on__range=days) | Q(done_on__range=days) | Q(opened_at__date__range=days)
        told = self.exclude(state=Action.State.ABANDONED)
        return told.filter(of_case | Q(theme__isnull=False) & of_theme)

    def late(self, on: datetime.date) -> Self:
        return self.open().filter(due_on__lt=on)

    def most_urgent_first(self) -> Self:
        """What is over comes last."""
        is_over = Case(When(state__in=Action.OPEN, then=Value(0)), default=Value(1))
        return self.order_by(is_over, "due_on", "number")


class Action(Proven):
    """Something to do for the label, by one person, by a day.

    `number` counts the actions of a préfecture. `origin` says in a sentence where it comes from; where that
    is a target missed, `indicator`, `unit` and the first days of the first and last month name the figure;
    `case`, `theme` and `malfunction` are what else called for it. Who reads an action may not read its case:
    the sentence says nothing that a requester wrote.
    """

    class State(models.TextChoices):
        TO_DO = "to_do", "à faire"
        IN_PROGRESS = "in_progress", "en cours"
        DONE = "done", "faite"
        ABANDONED = "abandoned", "abandonnée"

    OPEN = (State.TO_DO, State.IN_PROGRESS)

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="actions")
    number = models.PositiveIntegerField("numéro")
    title = models.CharField("action", max_length=160)
    origin = models.CharField("origine", max_length=300)
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="indicateur"
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="unité"
    )
    first_month_on = models.DateField("premier mois du chiffre", null=True, blank=True)
    last_month_on = models.DateField("dernier mois du chiffre", null=True, blank=True)
    case = models.ForeignKey(
        register.Case, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="affaire"
    )
    theme = models.ForeignKey(
        register.Theme, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="thème"
    )
    malfunction = models.ForeignKey(
        register.Malfunction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="actions",
        verbose_name="dysfonctionnement",
    )
    description = models.TextField("description", blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="actions", verbose_name="responsable"
    )
    due_on = models.DateField("échéance")
    state = models.CharField("état", max_length=12, choices=State, default=State.TO_DO)
    done_on = models.DateField("faite le", null=True, blank=True)
    abandon_reason = models.TextField("motif de l’abandon", blank=True)
    version = models.PositiveIntegerField("version", default=1)
    opened_at = models.DateTimeField("ouverte le", default=timezone.now, editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ActionQuerySet.as_manager()
    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "action"
        ordering = ["-number"]
        indexes = [models.Index(fields=["prefecture", "due_on"], name="actions_by_due_date")]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "number"],
                name="action_number_is_unique_in_its_prefecture",
                violation_error_message="Une action de la préfecture porte déjà ce numéro.",
            ),
            models.CheckConstraint(
                name="action_says_where_it_comes_from",
                condition=~Q(origin=""),
                violation_error_message="Une action dit d’où elle vient.",
            ),
            models.CheckConstraint(
                name="action_names_a_whole_figure_or_none",
                condition=Q(indicator=None, first_month_on=None, last_month_on=None)
                | Q(
                    indicator__isnull=False,
                    unit__isnull=False,
                    first_month_on__isnull=False,
                    last_month_on__gte=F("first_month_on"),
                ),
                violation_error_message="Un chiffre se nomme par son unité, son indicateur et ses mois.",
            ),
            models.CheckConstraint(
                name="action_comes_from_one_source_or_none",
                condition=reduce(
                    or_, (Q(**dict.fromkeys(others)) for others in combinations(SOURCES, len(SOURCES) - 1))
                ),
                violation_error_message="Une action vient d’une seule chose.",
            ),
            models.CheckConstraint(
                name="done_action_has_its_day_and_its_proof",
                condition=Q(state="done", done_on__isnull=False) & (~Q(proof="") | ~Q(proof_file=""))
                | ~Q(state="done") & Q(done_on=None),
                violation_error_message="Une action faite a une date et une preuve, et elle seule.",
            ),
            models.CheckConstraint(
                name="abandoned_action_says_why",
                condition=Q(state="abandoned") & ~Q(abandon_reason="")
                | ~Q(state="abandoned") & Q(abandon_reason=""),
                violation_error_message="Une action abandonnée dit pourquoi, et elle seule.",
            ),
            models.CheckConstraint(
                name="proof_file_of_an_action_has_its_hash",
                condition=Q(proof_file="", proof_sha256="") | ~Q(proof_file="") & ~Q(proof_sha256=""),
                violation_error_message="Un fichier est gardé avec son empreinte.",
            ),
        ]

    def __str__(self) -> str:
        return f"Action n°\xa0{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def due_in_words(self, today: datetime.date) -> str:
        """« en retard de 12 jours »; empty once it is over."""
        return recurrence.in_words(self.due_on, today) if self.is_open else ""


class DutyQuerySet(models.QuerySet["Duty"]):
    def visible_to(self, agent: Agent, access: Access) -> Self:
        """All of them for those who read the calendar; for the others, those that they answer for."""
        own = self.filter(prefecture=access.prefecture)
        return own if access.may_read_duties else own.filter(responsible=agent)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def most_urgent_first(self) -> Self:
        """What is put aside comes last."""
        return self.order_by("-is_active", "due_on", "title", "pk")

    def with_last_done(self) -> Self:
        """Each with `last_done_on`, the day when it was last done, and that line's number and proof."""
        last = DutyDone.objects.filter(duty=OuterRef("pk")).order_by("-done_on")
        columns = {"last_done_on": "done_on", "last_done": "pk"} | {
            f"last_{name}": name for name in ("proof", "proof_file")
        }
        return self.annotate(**{name: Subquery(last.values(column)[:1]) for name, column in columns.items()})


class Duty(models.Model):
    """What the quality manager does again and again: each time, `months` after the last.

    `key` names a duty of the usual calendar, and is empty for one of the préfecture's own. `due_on` follows
    from the last time it was done, or is `first_due_on` until then; `improvement.duties` keeps it so.
    """

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="duties")
    key = models.CharField("clé", max_length=40, blank=True)
    title = models.CharField("obligation", max_length=160)
    months = models.PositiveSmallIntegerField("mois entre deux fois")
    source = models.CharField("règle", max_length=300, blank=True)
    certainty = models.CharField("certitude", max_length=10, choices=Certainty, default=Certainty.UNKNOWN)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duties",
        verbose_name="responsable",
    )
    first_due_on = models.DateField("première échéance")
    due_on = models.DateField("prochaine échéance", editable=False)
    is_active = models.BooleanField("suivie", default=True)
    version = models.PositiveIntegerField("version", default=1)

    objects = DutyQuerySet.as_manager()
    history = HistoryOfChanges(excluded_fields=["due_on", "version", "key"])

    class Meta:
        verbose_name = "obligation"
        ordering = ["due_on", "title"]
        indexes = [models.Index(fields=["prefecture", "due_on"], name="duties_by_due_date")]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "key"],
                condition=~Q(key=""),
                name="usual_duty_is_there_once",
                violation_error_message="Cette obligation habituelle est déjà dans le calendrier.",
            ),
            models.CheckConstraint(
                name="duty_comes_back_within_ten_years",
                condition=Q(months__gte=1, months__lte=120),
                violation_error_message="Une obligation revient tous les 1 à 120 mois.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def every(self) -> str:
        return recurrence.every(self.months)

    def due_in_words(self, today: datetime.date) -> str:
        """« dans 3 semaines »; empty for one that is put aside."""
        return recurrence.in_words(self.due_on, today) if self.is_active else ""


class DutyDone(Proven):
    """One time that a duty was done."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="times")
    done_on = models.DateField("faite le")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    remark = models.TextField("remarque", blank=True)
    recorded_at = models.DateTimeField("notée le", default=timezone.now, editable=False)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "obligation faite"
        verbose_name_plural = "obligations faites"
        ordering = ["-done_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "done_on"],
                name="duty_is_done_once_a_day",
                violation_error_message="Cette obligation est déjà notée comme faite ce jour-là.",
            ),
            models.CheckConstraint(
                name="proof_file_of_a_duty_has_its_hash",
                condition=Q(proof_file="", proof_sha256="") | ~Q(proof_file="") & ~Q(proof_sha256=""),
                violation_error_message="Un fichier est gardé avec son empreinte.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty}, {self.done_on:%d/%m/%Y}"
