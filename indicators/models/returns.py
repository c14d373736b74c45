"""The months in which services owe figures: how far each has come, and when none is owed."""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from simple_history.models import HistoricalRecords

from indicators import periods
from referentiel.models import Indicator
from sites.models import Prefecture, Service, Site, Unit


def starts_a_month(name: str, *fields: str) -> models.CheckConstraint:
    """A month is written by its first day."""
    days = [Q(**{field: None}) | Q(**{f"{field}__day": 1}) for field in fields]
    condition = days[0]
    for other in days[1:]:
        condition &= other
    return models.CheckConstraint(
        name=name, condition=condition, violation_error_message="Un mois est écrit par son premier jour."
    )


class EntrySchedule(models.Model):
    """From which month a préfecture follows its figures month by month, and until when each is awaited.

    Days are counted from the end of the month: figures of March due 5 days after it are awaited until
    5 April, or the first working day after it. Without `closes_after` nothing closes by itself. From the
    month `register_since` on, what the register counts is filled in from it.
    """

    prefecture = models.OneToOneField(Prefecture, models.PROTECT, related_name="entry_schedule")
    first_month = models.DateField("premier mois suivi")
    due_after = models.PositiveSmallIntegerField("jours pour saisir", default=5)
    closes_after = models.PositiveSmallIntegerField("jours avant la clôture", null=True, blank=True)
    register_since = models.DateField("registre suivi depuis", null=True, blank=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "calendrier de saisie"
        constraints = [
            starts_a_month("entry_schedule_starts_a_month", "first_month", "register_since"),
            models.CheckConstraint(
                name="month_closes_after_its_figures_are_due",
                condition=Q(closes_after=None) | Q(closes_after__gt=F("due_after")),
                violation_error_message="Un mois se clôt après l'échéance de ses chiffres.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefecture}, depuis {periods.in_words(self.first_month)}"


class MonthlyReturn(models.Model):
    """The figures of a service for a month, as one thing to send, to validate and to close.

    It has a row once somebody has done something with it; before, it is awaited all the same. `comment` is
    what its last move was explained by: why it was sent back, or reopened.
    """

    class State(models.TextChoices):
        AWAITED = "awaited", "attendu"
        ENTERED = "entered", "saisi"
        VALIDATED = "validated", "validé"
        CLOSED = "closed", "clos"
        RETURNED = "returned", "renvoyé pour correction"
        REOPENED = "reopened", "rouvert"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="monthly_returns")
    service = models.ForeignKey(Service, models.PROTECT, related_name="monthly_returns")
    month = models.DateField("mois")
    state = models.CharField("état", max_length=10, choices=State, default=State.AWAITED)
    comment = models.TextField("commentaire", blank=True)
    due_on = models.DateField("attendu pour le")
    entered_on = models.DateField("transmis le", null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    open_until = models.DateField("reste ouvert jusqu'au", null=True, blank=True)
    open_because = models.TextField("pourquoi il reste ouvert", blank=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "mois d’un service"
        verbose_name_plural = "mois des services"
        ordering = ["month", "service"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "month"],
                name="one_return_per_service_and_month",
                violation_error_message="Ce mois du service existe déjà.",
            ),
            starts_a_month("return_month_starts_a_month", "month"),
            models.CheckConstraint(
                name="sent_return_says_when",
                condition=Q(state__in=["awaited", "closed", "reopened"]) | Q(entered_on__isnull=False),
                violation_error_message="Un mois transmis a une date.",
            ),
            models.CheckConstraint(
                name="return_sent_back_or_reopened_says_why",
                condition=~Q(state__in=["returned", "reopened"]) | ~Q(comment=""),
                violation_error_message="Indiquer pourquoi le mois est renvoyé ou rouvert.",
            ),
            models.CheckConstraint(
                name="return_kept_open_says_why",
                condition=Q(open_until=None, open_because="")
                | Q(open_until__isnull=False) & ~Q(open_because=""),
                violation_error_message="Indiquer pourquoi le mois reste ouvert.",
            ),
        ]
        indexes = [models.Index(fields=["prefecture", "month"], name="return_of_a_month")]

    def __str__(self) -> str:
        return f"{self.service}, {periods.in_words(self.month)}"

    @property
    def awaited_until(self) -> datetime.date:
        """The last day on which it is not late: its own, or a later one that it was given."""
        return max(self.due_on, self.open_until or self.due_on)

    @property
    def is_late(self) -> bool:
        """It was sent after its day. One that was not sent yet is late or not by the day one looks at it."""
        return self.entered_on is not None and self.entered_on > self.due_on


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def over(self, first: datetime.date, last: datetime.date) -> Self:
        """Those that cover one of the months, from one to another."""
        return self.filter(Q(last_month=None) | Q(last_month__gte=first), first_month__lte=last)


class Suspension(models.Model):
    """A decision that figures are not followed for some months: all of a préfecture's, or those of a unit, a
    site, a service, an indicator. Its months are neither awaited nor late nor zero, and what was counted in
    them stays out of every result. Without a last month it holds until further notice."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="suspensions")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="suspensions")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="suspensions")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="suspensions")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="suspensions"
    )
    first_month = models.DateField("de")
    last_month = models.DateField("à", null=True, blank=True)
    reason = models.TextField("motif")
    decided_on = models.DateField("décidée le", null=True, blank=True)
    document_name = models.CharField("document", max_length=200, blank=True)
    stored_as = models.CharField("fichier conservé", max_length=200, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)

    objects = SuspensionQuerySet.as_manager()
    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "suspension du suivi"
        verbose_name_plural = "suspensions du suivi"
        ordering = ["first_month", "pk"]
        constraints = [
            starts_a_month("suspension_counts_whole_months", "first_month", "last_month"),
            models.CheckConstraint(
                name="suspension_months_are_in_order",
                condition=Q(last_month=None) | Q(last_month__gte=F("first_month")),
                violation_error_message="Le dernier mois ne précède pas le premier.",
            ),
            models.CheckConstraint(
                name="suspension_has_one_place",
                condition=Q(unit=None, site=None) | Q(unit=None, service=None) | Q(site=None, service=None),
                violation_error_message="Choisir une unité, un site ou un service, un seul des trois.",
            ),
            models.CheckConstraint(
                name="suspension_says_why",
                condition=~Q(reason=""),
                violation_error_message="Une suspension a un motif.",
            ),
            models.CheckConstraint(
                name="suspension_document_is_whole",
                condition=Q(document_name="", stored_as="", sha256="")
                | ~Q(document_name="") & ~Q(stored_as="") & ~Q(sha256=""),
                violation_error_message="Le document d'une suspension a un nom et une empreinte.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope_label}, {self.months_label}"

    @property
    def months_label(self) -> str:
        """« de mars 2020 à juin 2020 », « en mars 2020 », « depuis mars 2020 »."""
        first = periods.of_month(self.first_month)
        if self.last_month is None:
            return f"depuis {periods.in_words(self.first_month)}"
        if self.last_month == self.first_month:
            return f"en {periods.in_words(self.first_month)}"
        return f"{first} à {periods.in_words(self.last_month)}"

    @property
    def scope_label(self) -> str:
        """« toute la préfecture », « Arles », « Arles, Étrangers », « Arles : Appels perdus »."""
        place = self.service or self.site or self.unit
        where = str(place) if place else "toute la préfecture"
        if self.service:
            where = f"{self.service.unit.short_name}, {self.service.short_name}"
        return f"{where}\xa0: {self.indicator.short_title}" if self.indicator else where

    @property
    def sentence(self) -> str:
        """What is printed under every table that it touches: another sentence may follow."""
        decided = f", décision du {self.decided_on:%d/%m/%Y}" if self.decided_on else ""
        what = self.scope_label
        stop = "" if self.reason.endswith((".", "!", "?", "…")) else "."
        return f"Suivi suspendu {self.months_label} ({what}{decided})\xa0: {self.reason}{stop}"

    @property
    def column(self) -> Unit | None:
        """The unit that it stands in; None where it is of all of them."""
        place = self.service or self.site
        return place.unit if place else self.unit

    @cached_property
    def services(self) -> frozenset[int] | None:
        """The services of its site; None where its scope is no site."""
        return frozenset(service.pk for service in self.site.services.all()) if self.site else None

    def holds(self, *, unit: int, service: int, indicator: int, month: datetime.date) -> bool:
        """Whether this month of this service is out of the count of this indicator."""
        return (
            self.first_month <= month <= (self.last_month or month)
            and self.indicator_id in (None, indicator)
            and self.service_id in (None, service)
            and self.unit_id in (None, unit)
            and (self.services is None or service in self.services)
        )

    @property
    def rows(self) -> Q:
        """The monthly figures that it keeps out of every result."""
        found = Q(period="month", period_start__gte=self.first_month)
        if self.last_month:
            found &= Q(period_start__lte=self.last_month)
        if self.indicator_id:
            found &= Q(indicator=self.indicator_id)
        if self.service_id:
            found &= Q(service=self.service_id)
        if self.unit_id:
            found &= Q(unit=self.unit_id)
        if self.services is not None:
            found &= Q(service__in=self.services)
        return found
