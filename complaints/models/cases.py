"""What must be answered: letters, e-mails, complaints, suggestions and appointment requests, as one `Case`.

A case keeps what its clock said when it was last written (`complaints.judging`), so that lists and rates are
read and never computed. Its trail is its events; what names a person stands in the case's own text and in
`Requester`, which have no history: once purged, nothing is left.
"""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from complaints import clock
from referentiel.delays import Asked
from referentiel.models import DelayRule
from sheets.words import folded
from sites.access import Access, Action, Scope
from sites.models import Agent, Prefecture, Service, Site, Unit


class Theme(models.Model):
    """What a complaint is about, in the words of a préfecture: its synthesis counts by theme."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="case_themes")
    title = models.CharField("thème", max_length=80)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    is_offered = models.BooleanField("proposé à la saisie", default=True)
    version = models.PositiveIntegerField("version", default=1)

    class Meta:
        verbose_name = "thème"
        ordering = ["position", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "title"],
                name="theme_title_is_unique_in_its_prefecture",
                violation_error_message="La préfecture a déjà un thème de ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.title


def asked_of(scope: Scope) -> Q:
    """The cases on which a service of a part of the préfecture is asked for its part."""
    return scope.rows("asked_service", "asked_service__unit")


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, agent: Agent, access: Access, action: Action = Action.READ_CASES) -> Self:
        """Those of the services and units that the agent's roles cover for an action, or of the whole
        préfecture; and to read, those on which one of these services is asked for its part."""
        own = self.filter(prefecture=access.prefecture)
        scope = access.scope_for(action)
        if scope is None:
            return own
        held = scope.rows("service", "unit")
        if action == Action.READ_CASES:
            held |= asked_of(scope)
        return own.filter(held)

    def open(self) -> Self:
        return self.filter(state__in=Case.OPEN)

    def late(self, on: datetime.date) -> Self:
        return self.open().filter(due_on__lt=on)

    def counted(self) -> Self:
        """Those of the rates."""
        return self.filter(is_counted=True)


class Case(models.Model):
    """Something received that must be answered, numbered in its préfecture and year.

    `received_on` is the day it arrived, in the préfecture's own time zone: day zero of its clock, its `month`
    and the year of its number. `rule` is what judges it since its last reckoning, and `allowed_days` what the
    rule said then: neither moves once the case is closed. `answered_on` is the reply that closes it,
    `first_reply_on` the first one of any kind, a holding reply included. `is_answerable` tells that it came
    with a name and an address: without them, it has no clock. `entry_key` is that of the form that registered
    it: sent twice, it makes one case.
    """

    Kind, Channel, RequesterKind = DelayRule.Kind, DelayRule.Channel, DelayRule.Requester

    class State(models.TextChoices):
        OPEN = "open", "à traiter"
        PAUSED = "paused", "délai suspendu"
        ANSWERED = "answered", "répondue"
        TRANSFERRED = "transferred", "transmise à un autre organisme"
        WITHDRAWN = "withdrawn", "retirée par l’usager"
        DROPPED = "dropped", "classée sans suite"

    OPEN = (State.OPEN, State.PAUSED)

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="cases")
    year = models.PositiveSmallIntegerField("année")
    number = models.PositiveIntegerField("numéro")
    kind = models.CharField("nature", max_length=12, choices=Kind)
    channel = models.CharField("canal", max_length=10, choices=Channel)
    requester_kind = models.CharField("demandeur", max_length=10, choices=RequesterKind)
    received_on = models.DateField("reçu le")
    registered_at = models.DateTimeField("enregistré le", default=timezone.now, editable=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cases", verbose_name="unité")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="cases")
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="service"
    )
    asked_service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases_to_help_with",
        verbose_name="service sollicité",
    )
    theme = models.ForeignKey(
        Theme, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="thème"
    )
    subject = models.CharField("objet", max_length=200)
    text = models.TextField("texte", blank=True)
    needs_examination = models.BooleanField("demande l’instruction d’un dossier", default=False)
    is_from_rights_defender = models.BooleanField(
        "saisine d’un délégué du Défenseur des droits", default=False
    )
    is_answerable = models.BooleanField("nom et adresse connus", editable=False)
    searchable = models.TextField("mots cherchés", blank=True, editable=False)

    rule = models.ForeignKey(
        DelayRule, models.SET_NULL, null=True, blank=True, related_name="cases", verbose_name="règle"
    )
    allowed_days = models.PositiveSmallIntegerField("délai", null=True, blank=True)
    allowed_day_kind = models.CharField(
        "nature des jours", max_length=10, choices=DelayRule.DayKind, default=DelayRule.DayKind.WORKING
    )
    month = models.DateField("mois de réception")
    due_on = models.DateField("échéance", null=True, blank=True)
    state = models.CharField("état", max_length=12, choices=State, default=State.OPEN)
    first_reply_on = models.DateField("première réponse le", null=True, blank=True)
    answered_on = models.DateField("répondu le", null=True, blank=True)
    closed_on = models.DateField("clos le", null=True, blank=True)
    delay_days = models.PositiveSmallIntegerField("jours de délai", null=True, blank=True)
    is_within = models.BooleanField("dans les délais", null=True, blank=True)
    # In the rates: it has a rule, can be answered, needs no file, and was not closed in another way.
    is_counted = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(
                allowed_days__isnull=False,
                is_answerable=True,
                needs_examination=False,
                state__in=["open", "paused", "answered"],
            ),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField("compte dans les taux"),
        db_persist=True,
    )
    version = models.PositiveIntegerField("version", default=1)
    entry_key = models.UUIDField(null=True, blank=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "affaire"
        ordering = ["-year", "-number"]
        indexes = [
            models.Index(
                fields=["prefecture", "month", "service", "kind", "channel"],
                include=[
                    "unit",
                    "requester_kind",
                    "is_counted",
                    "state",
                    "due_on",
                    "answered_on",
                    "delay_days",
                    "is_within",
                ],
                name="cases_of_a_month",
            ),
            models.Index(fields=["prefecture", "-received_on", "-id"], name="cases_by_receipt"),
            models.Index(
                fields=["prefecture", "due_on", "id"],
                condition=Q(state__in=["open", "paused"]),
                name="open_cases_by_due_date",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "year", "number"],
                name="case_number_is_unique_in_its_year",
                violation_error_message="Une affaire de l’année porte déjà ce numéro.",
            ),
            models.UniqueConstraint(
                fields=["prefecture", "entry_key"],
                name="form_registers_one_case",
                violation_error_message="Cette saisie est déjà enregistrée.",
            ),
            models.CheckConstraint(
                name="case_month_is_that_of_its_receipt",
                condition=Q(
                    month__day=1,
                    month__month=F("received_on__month"),
                    month__year=F("received_on__year"),
                ),
                violation_error_message="Le mois d’une affaire est celui de sa réception.",
            ),
            models.CheckConstraint(
                name="answered_case_has_its_reply",
                condition=Q(state="answered", answered_on__isnull=False)
                | ~Q(state="answered") & Q(answered_on=None),
                violation_error_message="Une affaire répondue a la date de sa réponse, et elle seule.",
            ),
            models.CheckConstraint(
                name="closed_case_has_its_day",
                condition=Q(state__in=["open", "paused"], closed_on=None)
                | ~Q(state__in=["open", "paused"]) & Q(closed_on__gte=F("received_on")),
                violation_error_message="Une affaire close a un jour, égal ou postérieur à sa réception.",
            ),
            models.CheckConstraint(
                name="reply_comes_after_the_receipt",
                condition=(Q(answered_on=None) | Q(answered_on__gte=F("received_on")))
                & (Q(first_reply_on=None) | Q(first_reply_on__gte=F("received_on"))),
                violation_error_message="Une réponse ne précède pas la réception.",
            ),
            models.CheckConstraint(
                name="case_without_a_clock_has_no_due_date",
                condition=Q(due_on=None)
                | Q(is_answerable=True, needs_examination=False, allowed_days__isnull=False),
                violation_error_message="Une affaire sans règle ou sans adresse n’a pas d’échéance.",
            ),
            models.CheckConstraint(
                name="verdict_follows_from_the_due_date",
                condition=Q(delay_days=None, is_within=None) & (Q(answered_on=None) | Q(due_on=None))
                | Q(delay_days__isnull=False, is_within=True, answered_on__lte=F("due_on"))
                | Q(delay_days__isnull=False, is_within=False, answered_on__gt=F("due_on")),
                violation_error_message="Le délai d’une affaire est jugé par son échéance.",
            ),
        ]

    def __str__(self) -> str:
        return f"n°\xa0{self.reference}"

    @property
    def reference(self) -> str:
        """« 2020-0042 », as it is said on the telephone."""
        return f"{self.year}-{self.number:04}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_handled_by(self, access: Access) -> bool:
        """Whether the agent may write to it: what `visible_to` says of it, without a query."""
        scope = access.scope_for(Action.HANDLE_CASES)
        return scope is None or scope.covers(self.service_id, self.unit_id)

    def is_helped_by(self, access: Access) -> bool:
        """Whether a service of the agent's is asked for its part, with `asked_service` at hand."""
        scope = access.scope_for(Action.HANDLE_CASES)
        asked = self.asked_service
        return asked is not None and (scope is None or scope.covers(asked.pk, asked.unit_id))

    @property
    def has_clock(self) -> bool:
        return self.is_answerable and not self.needs_examination and self.allowed_days is not None

    @property
    def asked(self) -> Asked:
        return Asked(self.kind, self.channel, self.requester_kind)

    @property
    def allowed(self) -> clock.Allowed | None:
        if self.allowed_days is None:
            return None
        return clock.Allowed(self.allowed_days, self.allowed_day_kind)

    def words(self, requester: "Requester") -> str:
        """What a search finds it by."""
        who = f"{requester.name} {requester.organisation}"
        return folded(f"{self.reference} {self.subject} {self.text} {who}")

    @cached_property
    def paused_days(self) -> tuple[clock.Pause, ...]:
        """One query, none with `prefetch_related("pauses")`."""
        return tuple(pause.days for pause in self.pauses.all()) if self.pk else ()


class Requester(models.Model):
    """Who asks, as far as it is known. Kept apart from the case, without history: a purge leaves nothing."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="requester")
    name = models.CharField("nom", max_length=150, blank=True)
    organisation = models.CharField("organisme ou collectivité", max_length=150, blank=True)
    address = models.TextField("adresse postale", blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    phone = models.CharField("téléphone", max_length=30, blank=True)

    class Meta:
        verbose_name = "demandeur"

    def __str__(self) -> str:
        return self.name or self.organisation or "demandeur sans nom"

    @property
    def is_answerable(self) -> bool:
        """Somebody, and somewhere to write to: an answer is due only then."""
        return bool(self.name or self.organisation) and bool(self.address or self.email)


class Appointment(models.Model):
    """The second promise made to a local authority that asks for an appointment: a date that comes soon.

    `takes_place_on` is the day that the reply gives; it is judged by a rule of its own, as a reply would be.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="appointment")
    rule = models.ForeignKey(DelayRule, models.SET_NULL, null=True, blank=True, related_name="appointments")
    allowed_days = models.PositiveSmallIntegerField("délai", null=True, blank=True)
    allowed_day_kind = models.CharField(
        "nature des jours", max_length=10, choices=DelayRule.DayKind, default=DelayRule.DayKind.WORKING
    )
    due_on = models.DateField("échéance", null=True, blank=True)
    takes_place_on = models.DateField("rendez-vous le", null=True, blank=True)
    delay_days = models.PositiveSmallIntegerField("jours de délai", null=True, blank=True)
    is_within = models.BooleanField("dans les délais", null=True, blank=True)

    class Meta:
        verbose_name = "rendez-vous"
        verbose_name_plural = "rendez-vous"
        constraints = [
            models.CheckConstraint(
                name="verdict_of_an_appointment_follows_from_its_due_date",
                condition=Q(delay_days=None, is_within=None) & (Q(takes_place_on=None) | Q(due_on=None))
                | Q(delay_days__isnull=False, is_within=True, takes_place_on__lte=F("due_on"))
                | Q(delay_days__isnull=False, is_within=False, takes_place_on__gt=F("due_on")),
                violation_error_message="Le délai d’un rendez-vous est jugé par son échéance.",
            )
        ]

    def __str__(self) -> str:
        return f"rendez-vous, {self.case}"

    @property
    def allowed(self) -> clock.Allowed | None:
        if self.allowed_days is None:
            return None
        return clock.Allowed(self.allowed_days, self.allowed_day_kind)
