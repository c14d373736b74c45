"""What was promised, by which version of which référentiel. Every row says where it comes from and how sure
we are of it: the official texts could not be obtained in full, and somebody who holds them must be able to
correct any code, title, target or delay."""

import datetime
from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from simple_history.models import HistoricalRecords

from referentiel import measures
from sites.models import Prefecture, Service, dates_in_order, in_force, in_force_between, in_force_in

# An empty date means "always", an empty préfecture "national": in a unique constraint both count as a value.
SINCE = Coalesce("starts_on", Value(datetime.date(1, 1, 1)), output_field=models.DateField())
OWNER = Coalesce("prefecture", 0)
# The databases disagree on where an empty value stands in an order: each order says it.
EARLIEST_FIRST = F("starts_on").asc(nulls_first=True)


def national_or_own(prefectures: Iterable[Prefecture]) -> Q:
    """Rows that hold everywhere, and those that the préfectures keep for themselves."""
    return Q(prefecture=None) | Q(prefecture__in=list(prefectures))


class Certainty(models.TextChoices):
    CERTAIN = "certain", "certain"
    INFERRED = "inferred", "déduit"
    UNKNOWN = "unknown", "inconnu"


class NormRow(models.Model):
    """A line of the norm. `edited_by_hand` keeps the loader away: it lists the difference instead."""

    source = models.CharField("source", max_length=300)
    certainty = models.CharField("certitude", max_length=10, choices=Certainty)
    remark = models.TextField("remarque", blank=True)
    edited_by_hand = models.BooleanField("corrigé à la main", default=False, editable=False)

    class Meta:
        abstract = True


class Referentiel(NormRow):
    """One version of a quality label's rules."""

    slug = models.SlugField("adresse", max_length=60, unique=True)
    title = models.CharField("titre", max_length=200)
    short_title = models.CharField("titre court", max_length=60)
    published_on = models.DateField("publié le", null=True, blank=True)
    updated_on = models.DateField("mis à jour le", null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "référentiel"
        ordering = [F("published_on").asc(nulls_last=True), "slug"]

    def __str__(self) -> str:
        return self.short_title


class Adoption(NormRow):
    """A préfecture follows a référentiel between two days, and holds its label during a part of them."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="adoptions")
    referentiel = models.ForeignKey(Referentiel, models.PROTECT, related_name="adoptions")
    starts_on = models.DateField("suivi du", null=True, blank=True)
    ends_on = models.DateField("suivi jusqu'au", null=True, blank=True)
    labelled_on = models.DateField("label obtenu le", null=True, blank=True)
    labelled_until = models.DateField("label valable jusqu'au", null=True, blank=True)
    labelled_words = models.CharField(
        "date du label, en clair",
        max_length=80,
        blank=True,
        help_text="Quand le jour n'est pas connu : « début 2020 ».",
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = "adoption"
        ordering = ["prefecture", EARLIEST_FIRST]
        constraints = [
            dates_in_order("adoption_dates_in_order"),
            models.UniqueConstraint(
                "prefecture",
                "referentiel",
                SINCE,
                name="adoption_is_unique",
                violation_error_message="La préfecture suit déjà ce référentiel à partir de ce jour.",
            ),
            models.CheckConstraint(
                name="adoption_label_has_a_day_or_words",
                condition=Q(labelled_on=None) | Q(labelled_words=""),
                violation_error_message="Donner le jour du label, ou le dire en clair, pas les deux.",
            ),
            models.CheckConstraint(
                name="adoption_label_dates_in_order",
                condition=Q(labelled_on__isnull=True)
                | Q(labelled_until__isnull=True)
                | Q(labelled_until__gte=F("labelled_on")),
                violation_error_message="La fin du label ne précède pas le jour où il a été obtenu.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefecture} : {self.referentiel}"


class Module(NormRow):
    """A part of a référentiel that a préfecture may choose. An empty title is an unknown one.

    A référentiel without modules has one, number 0, that stands for the whole of it.
    """

    WHOLE = 0

    referentiel = models.ForeignKey(Referentiel, models.CASCADE, related_name="modules")
    number = models.PositiveSmallIntegerField("numéro")
    title = models.CharField("titre", max_length=200, blank=True)
    contents = models.TextField("contenu", blank=True)
    is_mandatory = models.BooleanField("obligatoire", default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "module"
        ordering = ["referentiel", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["referentiel", "number"],
                name="module_number_is_unique_in_its_referentiel",
                violation_error_message="Le référentiel a déjà un module de ce numéro.",
            )
        ]

    def __str__(self) -> str:
        return self.title if self.is_whole else f"Module {self.number}"

    @property
    def is_whole(self) -> bool:
        return self.number == self.WHOLE


class Engagement(NormRow):
    """A promise to the user (« E17 », in a module), or a duty of steering (« IV.5 », outside modules).

    `key` names the row in its file; `code` is what the référentiel prints, empty when it is not known. The
    same code means different things in different versions. `theme` is the band of the board.
    """

    class Kind(models.TextChoices):
        SERVICE = "service", "engagement de service"
        STEERING = "steering", "pilotage"

    referentiel = models.ForeignKey(Referentiel, models.CASCADE, related_name="engagements")
    module = models.ForeignKey(Module, models.CASCADE, null=True, blank=True, related_name="engagements")
    kind = models.CharField("nature", max_length=10, choices=Kind, default=Kind.SERVICE)
    key = models.SlugField("clé", max_length=60)
    code = models.CharField("code", max_length=20, blank=True)
    title = models.CharField("intitulé", max_length=300, blank=True)
    theme = models.CharField("thème", max_length=120, blank=True)
    evidence = models.TextField("preuves", blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "engagement"
        ordering = ["referentiel", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["referentiel", "key"],
                name="engagement_key_is_unique_in_its_referentiel",
                violation_error_message="Le référentiel a déjà un engagement de cette clé.",
            ),
            models.CheckConstraint(
                name="steering_engagements_stand_outside_modules",
                condition=Q(kind="steering", module=None) | Q(kind="service"),
                violation_error_message="Une exigence de pilotage n'appartient à aucun module.",
            ),
        ]

    def __str__(self) -> str:
        return self.code or self.title


def followed_between(prefecture: Prefecture, first: datetime.date, last: datetime.date) -> Q:
    """Indicators that a préfecture follows on one of the days from one to another."""
    held = in_force_between(first, last)
    adopted = Adoption.objects.filter(held, prefecture=prefecture).values("referentiel")
    return held & (Q(prefecture=None) | Q(prefecture=prefecture)) & Q(engagement__referentiel__in=adopted)


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def followed_by(self, prefecture: Prefecture, year: int) -> Self:
        """Indicators of the référentiels that the préfecture follows during the year, and its own ones."""
        return self.followed_between(prefecture, datetime.date(year, 1, 1), datetime.date(year, 12, 31))

    def followed_between(self, prefecture: Prefecture, first: datetime.date, last: datetime.date) -> Self:
        """The same, of the days from one to another."""
        return self.filter(followed_between(prefecture, first, last)).select_related("engagement__module")


def check_counting(said: Any) -> None:
    """What the register counts for an indicator is written with the words of the rules of delay."""
    known = {name: set(choices.values) for name, choices in COUNTING.items()}
    if not isinstance(said, dict) or not {*known} <= {*said} <= {*known, "milestone"}:
        raise ValidationError(f"Donner {', '.join(known)}, et milestone s'il le faut.")
    for name, values in known.items():
        if not isinstance(said[name], list) or not said[name] or not values.issuperset(said[name]):
            raise ValidationError(f"{name} : une liste, parmi {', '.join(sorted(values))}.")
    if said.get("milestone", DelayRule.Milestone.REPLY) not in DelayRule.Milestone.values:
        raise ValidationError(f"milestone : {' ou '.join(DelayRule.Milestone.values)}.")


class Indicator(NormRow):
    """What is measured for an engagement. The unit decides how a year is summed:

    a percentage is numerator over denominator, a delay (or minutes, or a score) is a total over a count, a
    count is itself. `aliases` are labels printed in old documents; two indicators may share one, and then
    `companion_of` decides: « Délai moyen de réponse » belongs to the rate printed just above it. One that
    is measured no longer has an end: its figures keep it. `counted_from` are the cases of the register that
    it counts (see `referentiel.counting`); empty, the register says nothing of it.
    """

    class Unit(models.TextChoices):
        PERCENT = "percent", "%"
        WORKING_DAYS = "working_days", "jours ouvrés"
        DAYS = "days", "jours"
        MINUTES = "minutes", "minutes"
        COUNT = "count", "nombre"
        SCORE = "score", "points"

    class Direction(models.TextChoices):
        UP = "up", "plus haut est meilleur"
        DOWN = "down", "plus bas est meilleur"
        NONE = "none", "sans sens"

    class Periodicity(models.TextChoices):
        MONTHLY = "monthly", "mensuelle"
        QUARTERLY = "quarterly", "trimestrielle"
        HALF_YEARLY = "half_yearly", "semestrielle"
        YEARLY = "yearly", "annuelle"

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="indicators")
    prefecture = models.ForeignKey(
        Prefecture, models.CASCADE, null=True, blank=True, related_name="own_indicators"
    )
    key = models.SlugField("clé", max_length=60)
    title = models.CharField("intitulé", max_length=200)
    short_title = models.CharField("intitulé court", max_length=60)
    unit = models.CharField("unité", max_length=15, choices=Unit)
    direction = models.CharField("sens", max_length=5, choices=Direction)
    numerator_name = models.CharField("ce que compte le numérateur", max_length=200, blank=True)
    denominator_name = models.CharField("ce que compte le dénominateur", max_length=200, blank=True)
    periodicity = models.CharField(
        "périodicité", max_length=12, choices=Periodicity, default=Periodicity.MONTHLY
    )
    aliases = models.JSONField("libellés imprimés", default=list, blank=True)
    companion_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="companions", verbose_name="suit le taux"
    )
    counted_from = models.JSONField(
        "compté dans le registre", default=dict, blank=True, validators=[check_counting]
    )
    starts_on = models.DateField("mesuré du", null=True, blank=True)
    ends_on = models.DateField("mesuré jusqu'au", null=True, blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    objects = IndicatorQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "indicateur"
        ordering = ["engagement__referentiel", "position", "pk"]
        constraints = [
            dates_in_order("indicator_dates_in_order"),
            models.UniqueConstraint(
                "engagement",
                OWNER,
                "key",
                name="indicator_key_is_unique_in_its_engagement",
                violation_error_message="L'engagement a déjà un indicateur de cette clé.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def every(self) -> int:
        """How many months one of its figures counts; it is due with the last of them."""
        return MONTHS_COUNTED[self.periodicity]

    @property
    def is_mean(self) -> bool:
        return self.unit not in ("percent", "count")  # read for each cell of a board: no enumeration is asked


MONTHS_COUNTED: dict[str, int] = {
    Indicator.Periodicity.MONTHLY: 1,
    Indicator.Periodicity.QUARTERLY: 3,
    Indicator.Periodicity.HALF_YEARLY: 6,
    Indicator.Periodicity.YEARLY: 12,
}


class TargetQuerySet(models.QuerySet["Target"]):
    def in_force_on_any(self, prefecture: Prefecture, days: Iterable[datetime.date]) -> Self:
        """Targets that hold on one of the days, in the order in which a later row overrides an earlier one:
        the préfecture's own rows come last."""
        return self.filter(
            reduce(or_, map(in_force, days)), Q(prefecture=None) | Q(prefecture=prefecture)
        ).order_by(F("prefecture").asc(nulls_first=True), EARLIEST_FIRST)


class Target(NormRow):
    """What an indicator must reach, from when to when, and who says so."""

    class Comparator(models.TextChoices):
        LT = "<", "moins de"
        LE = "≤", "au plus"
        GE = "≥", "au moins"
        GT = ">", "plus de"

    class Origin(models.TextChoices):
        REFERENTIEL = "referentiel", "référentiel"
        LOCAL = "local", "local"

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="targets")
    prefecture = models.ForeignKey(
        Prefecture, models.CASCADE, null=True, blank=True, related_name="own_targets"
    )
    comparator = models.CharField("comparaison", max_length=1, choices=Comparator)
    value = models.DecimalField("valeur", max_digits=12, decimal_places=4)
    origin = models.CharField("origine", max_length=12, choices=Origin, default=Origin.REFERENTIEL)
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)

    objects = TargetQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "objectif"
        ordering = ["indicator", EARLIEST_FIRST]
        constraints = [
            dates_in_order("target_dates_in_order"),
            models.UniqueConstraint(
                "indicator",
                OWNER,
                SINCE,
                name="target_is_unique_at_its_start",
                violation_error_message="Un objectif commence déjà ce jour-là pour cet indicateur.",
            ),
            models.CheckConstraint(
                name="target_value_is_not_negative",
                condition=Q(value__gte=0),
                violation_error_message="Un objectif ne peut pas être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparator} {self.value}"

    @property
    def measure(self) -> measures.Target:
        return measures.Target(measures.Comparator(self.comparator), Fraction(self.value))

    def is_in_force(self, on: datetime.date) -> bool:
        return (self.starts_on or on) <= on <= (self.ends_on or on)


class DelayRule(NormRow):
    """Within how many days something must be answered, by the day it was received.

    `days` empty states that there is no rule. `milestone` tells the two deadlines of an appointment asked by
    a local authority apart. The préfecture's own row wins over the national one.
    """

    class Kind(models.TextChoices):
        ENQUIRY = "enquiry", "demande d'information"
        COMPLAINT = "complaint", "réclamation"
        SUGGESTION = "suggestion", "suggestion"
        APPOINTMENT = "appointment", "demande de rendez-vous"

    class Channel(models.TextChoices):
        LETTER = "letter", "courrier"
        EMAIL = "email", "courriel"
        FORM = "form", "formulaire du site"
        BOX = "box", "urne"
        QR = "qr", "QR code"
        PHONE = "phone", "téléphone"
        COUNTER = "counter", "guichet"
        SOCIAL = "social", "réseau social"

    class Requester(models.TextChoices):
        CITIZEN = "citizen", "usager"
        AUTHORITY = "authority", "collectivité"

    class Milestone(models.TextChoices):
        REPLY = "reply", "réponse"
        DATED = "dated", "date du rendez-vous"

    class DayKind(models.TextChoices):
        WORKING = "working", "jours ouvrés"
        CALENDAR = "calendar", "jours calendaires"
        MONTHS = "months", "mois"

    referentiel = models.ForeignKey(Referentiel, models.CASCADE, related_name="delay_rules")
    prefecture = models.ForeignKey(
        Prefecture, models.CASCADE, null=True, blank=True, related_name="own_delay_rules"
    )
    kind = models.CharField("nature", max_length=12, choices=Kind)
    channel = models.CharField("canal", max_length=10, choices=Channel)
    requester = models.CharField("demandeur", max_length=10, choices=Requester)
    milestone = models.CharField("étape", max_length=6, choices=Milestone, default=Milestone.REPLY)
    days = models.PositiveSmallIntegerField("délai", null=True, blank=True)
    day_kind = models.CharField("nature des jours", max_length=10, choices=DayKind, default=DayKind.WORKING)
    starts_on = models.DateField("reçus du", null=True, blank=True)
    ends_on = models.DateField("reçus jusqu'au", null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "règle de délai"
        ordering = ["referentiel", "kind", "requester", "channel", "milestone", EARLIEST_FIRST]
        constraints = [
            dates_in_order("delay_rule_dates_in_order"),
            models.UniqueConstraint(
                "referentiel",
                OWNER,
                "kind",
                "channel",
                "requester",
                "milestone",
                SINCE,
                name="delay_rule_is_unique_at_its_start",
                violation_error_message="Une règle commence déjà ce jour-là pour ce canal.",
            ),
        ]

    def __str__(self) -> str:
        if self.days is None:
            return "aucune règle"
        return f"{self.days} {self.get_day_kind_display()}"


COUNTING: dict[str, type[models.TextChoices]] = {
    "kinds": DelayRule.Kind,
    "requesters": DelayRule.Requester,
    "channels": DelayRule.Channel,
}


class PerimeterQuerySet(models.QuerySet["Perimeter"]):
    def expected(self, prefecture: Prefecture, year: int) -> set[tuple[int, int]]:
        """(unit, module) pairs whose indicators are expected in a year. One query."""
        rows = self.filter(in_force_in(year), service__unit__prefecture=prefecture)
        return set(rows.values_list("service__unit", "module"))


class Perimeter(NormRow):
    """A service keeps the promises of a module, between two days. `restriction` may say for one task only.

    `measured` are the keys of the indicators of the module that it measures, or of engagements whose
    indicators it measures all; empty, it measures them all.
    """

    service = models.ForeignKey(Service, models.CASCADE, related_name="perimeters")
    module = models.ForeignKey(Module, models.CASCADE, related_name="perimeters")
    restriction = models.CharField(
        "limité à", max_length=200, blank=True, help_text="« Points numériques uniquement », par exemple."
    )
    measured = models.JSONField("indicateurs mesurés", default=list, blank=True)
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)

    objects = PerimeterQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "périmètre"
        ordering = ["service", "module"]
        constraints = [
            dates_in_order("perimeter_dates_in_order"),
            models.UniqueConstraint(
                "service",
                "module",
                SINCE,
                name="perimeter_is_unique_at_its_start",
                violation_error_message="Le service suit déjà ce module à partir de ce jour.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} : {self.module}"


class Question(models.Model):
    """What only somebody who holds an official text can say. The file words it and says which rows it
    concerns (`concerns`, see `referentiel.questions`); the administrator answers it."""

    key = models.SlugField("clé", max_length=60, unique=True)
    title = models.CharField("question", max_length=300)
    detail = models.TextField("ce qu'on sait", blank=True)
    concerns = models.JSONField("ce qu'elle concerne", default=list, blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    answer = models.TextField("réponse", blank=True, editable=False)
    answer_source = models.CharField("source de la réponse", max_length=300, blank=True, editable=False)
    answered_on = models.DateField("répondue le", null=True, blank=True, editable=False)

    edited_by_hand = False  # its words are the file's alone: a load brings them in line
    history = HistoricalRecords()

    class Meta:
        verbose_name = "question ouverte"
        verbose_name_plural = "questions ouvertes"
        ordering = ["position", "key"]
        constraints = [
            models.CheckConstraint(
                name="question_answer_has_a_source_and_a_day",
                condition=Q(answer="", answer_source="", answered_on=None)
                | ~Q(answer="") & ~Q(answer_source="") & Q(answered_on__isnull=False),
                violation_error_message="Une réponse a sa source et sa date.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_answered(self) -> bool:
        return bool(self.answer)
