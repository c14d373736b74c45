"""Who works here, in which unit, and who receives the public where."""

import datetime
from collections.abc import Iterator
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from simple_history.models import HistoricalRecords

from sites.workdays import ZONE_LABELS


def lasting(on: datetime.date) -> Q:
    """Rows that are not over on a day, begun or not: `ends_on` is included, an empty one is open."""
    return Q(ends_on__isnull=True) | Q(ends_on__gte=on)


def _begun(on: datetime.date) -> Q:
    return Q(starts_on__isnull=True) | Q(starts_on__lte=on)


def in_force(on: datetime.date) -> Q:
    """Rows whose `starts_on`–`ends_on` covers a day, both ends included; an empty end is open."""
    return Q(_begun(on), lasting(on))


def in_force_between(first: datetime.date, last: datetime.date) -> Q:
    """Rows whose `starts_on`–`ends_on` covers at least one day from one to another, both included."""
    return Q(_begun(last), lasting(first))


def in_force_in(year: int) -> Q:
    """Rows whose `starts_on`–`ends_on` covers at least one day of a year."""
    return in_force_between(datetime.date(year, 1, 1), datetime.date(year, 12, 31))


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"« {name} » n'est pas un fuseau horaire connu : Europe/Paris, par exemple.")


def dates_in_order(name: str) -> models.CheckConstraint:
    """The constraint of every row that has `starts_on` and `ends_on`."""
    return models.CheckConstraint(
        name=name,
        condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
        violation_error_message="La date de fin doit être égale ou postérieure à la date de début.",
    )


# First parts of our own addresses: public pages of a préfecture stand under `/<slug>/`.
RESERVED_SLUGS = [
    "accessibilite",
    "agents",
    "compte",
    "connexion",
    "deconnexion",
    "healthz",
    "installation",
    "mentions-legales",
    "readyz",
    "referentiels",
    "static",
]


class HistoryOfChanges(HistoricalRecords):
    """A save of excluded fields alone, as each sign-in is, changes nothing that a history would show."""

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **told: Any) -> None:
        saved = told.get("update_fields")
        if saved is None or not set(saved) <= set(self.excluded_fields):
            super().post_save(instance, created, using=using, **told)


class AgentManager(BaseUserManager["Agent"]):
    def get_by_natural_key(self, username: str | None) -> "Agent":
        """E-mail addresses are compared without regard to case, as mail servers do."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, full_name: str, password: str | None = None) -> "Agent":
        agent = self.model(email=email.strip().lower(), full_name=full_name)
        agent.set_password(password)
        agent.save()
        return agent


class Agent(AbstractBaseUser):
    """A person who signs in with an e-mail address. What the agent may do comes from memberships alone."""

    email = models.EmailField(
        "adresse électronique",
        unique=True,
        error_messages={"unique": "Un agent utilise déjà cette adresse électronique."},
    )
    full_name = models.CharField("prénom et nom", max_length=150)
    is_active = models.BooleanField("compte actif", default=True)
    created_at = models.DateTimeField("créé le", default=timezone.now, editable=False)
    session_epoch = models.PositiveIntegerField("fermetures des sessions", default=0, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    objects = AgentManager()
    history = HistoryOfChanges(excluded_fields=["password", "last_login", "session_epoch"])

    class Meta:
        verbose_name = "agent"
        ordering = ["full_name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="agent_email_is_unique_whatever_the_case",
                violation_error_message="Un agent utilise déjà cette adresse électronique.",
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_session_auth_hash(self) -> str:
        """A session holds as long as this does not change: a new password ends it, a new epoch too."""
        return f"{super().get_session_auth_hash()}:{self.session_epoch}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for previous in super().get_session_auth_fallback_hash():
            yield f"{previous}:{self.session_epoch}"


class RecoveryCode(models.Model):
    """A code that replaces the telephone of an agent once; only a digest is kept (`sites.second_factor`)."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField("empreinte", max_length=64, unique=True)
    used_at = models.DateTimeField("employé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"

    def __str__(self) -> str:
        return f"Code de secours n° {self.pk}"


class Prefecture(models.Model):
    """An organisation that follows a quality label: the unit of isolation of everything below it."""

    code = models.CharField("code du département", max_length=3, unique=True)
    slug = models.SlugField("adresse", max_length=60, unique=True)
    name = models.CharField("nom", max_length=120, help_text="« Préfecture des Bouches-du-Rhône »")
    territory = models.CharField("territoire", max_length=80, help_text="« Bouches-du-Rhône »")
    state_title = models.CharField(
        "intitulé du bloc-marque", max_length=80, help_text="« Préfet des Bouches-du-Rhône »"
    )
    zone = models.CharField("zone des jours fériés", max_length=30, choices=ZONE_LABELS, default="metropole")
    good_friday_is_off = models.BooleanField(
        "Vendredi saint chômé", default=True, help_text="N'a d'effet qu'en Alsace-Moselle."
    )
    time_zone = models.CharField(
        "fuseau horaire", max_length=40, default="Europe/Paris", validators=[validate_time_zone]
    )
    reply_to = models.EmailField(
        "adresse de réponse",
        blank=True,
        help_text="Où arrivent les réponses aux courriels que l’application envoie pour la préfecture.",
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = "préfecture"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="prefecture_slug_is_no_address_of_ours",
                condition=~Q(slug__in=RESERVED_SLUGS),
                violation_error_message="Cette adresse est réservée à l'application.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def today(self) -> datetime.date:
        """The current day where the préfecture is: the only place that asks the clock for a date."""
        return timezone.localdate(timezone=ZoneInfo(self.time_zone))

    def lock(self) -> None:
        """One writer at a time: to be called in a transaction, before anything is read. What is checked after
        it still holds when it is written.
        """
        Prefecture.objects.select_for_update().get(pk=self.pk)


class Unit(models.Model):
    """A column of the board: the siège, or a sous-préfecture."""

    class Kind(models.TextChoices):
        HEADQUARTERS = "headquarters", "siège"
        SUBPREFECTURE = "subprefecture", "sous-préfecture"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="units")
    kind = models.CharField("nature", max_length=20, choices=Kind)
    name = models.CharField("nom", max_length=120)
    short_name = models.CharField("nom court", max_length=40, help_text="En tête de colonne : « Aix ».")
    aliases = models.JSONField(
        "autres noms", default=list, blank=True, help_text="Noms imprimés dans d'anciens documents."
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "unité"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "name"],
                name="unit_name_is_unique_in_its_prefecture",
                violation_error_message="Une unité de la préfecture porte déjà ce nom.",
            ),
            models.UniqueConstraint(
                fields=["prefecture"],
                condition=Q(kind="headquarters"),
                name="a_prefecture_has_one_headquarters",
                violation_error_message="La préfecture a déjà un siège.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place that receives the public."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="sites")
    name = models.CharField("nom", max_length=120)
    address = models.TextField("adresse", blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "site"
        ordering = ["unit", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"],
                name="site_name_is_unique_in_its_unit",
                violation_error_message="Un site de l'unité porte déjà ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    def open_on(self, day: datetime.date) -> Self:
        return self.filter(lasting(day))

    def called_on(self, day: datetime.date) -> Self:
        """Each with its `name_then` and `short_name_then`, the words of that day."""
        begun = Designation.objects.filter(_begun(day), service=OuterRef("pk"))
        held = begun.order_by(F("starts_on").desc(nulls_last=True))
        return self.annotate(
            name_then=Coalesce(Subquery(held.values("name")[:1]), F("name")),
            short_name_then=Coalesce(Subquery(held.values("short_name")[:1]), F("short_name")),
        )


class Service(models.Model):
    """A bureau or service of a unit; the smallest place where figures are entered.

    Its name, its parent and its sites are those of today. Once one of them has changed, each state with its
    first day is a `Designation`; `sites.organisation` alone writes both.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="services")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="rattaché à"
    )
    name = models.CharField("nom", max_length=160)
    short_name = models.CharField("sigle", max_length=30)
    sites = models.ManyToManyField(Site, blank=True, related_name="services")
    ends_on = models.DateField("dernier jour", null=True, blank=True)

    objects = ServiceQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[sites])

    class Meta:
        verbose_name = "service"
        ordering = ["unit", "short_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "short_name"],
                name="service_short_name_is_unique_in_its_unit",
                violation_error_message="Un service de l'unité porte déjà ce sigle.",
            )
        ]

    def __str__(self) -> str:
        return self.short_name

    def on(self, day: datetime.date) -> "Service | Designation":
        """What holds its name, its parent and its sites of a day: a designation, or itself if it never
        changed. One query, none with `prefetch_related("designations")`."""
        begun = [held for held in self.designations.all() if held.starts_on is None or held.starts_on <= day]
        return begun[-1] if begun else self


class Designation(models.Model):
    """What a service is called, what it belongs to and where it is, from a day (empty: since ever) to the
    eve of its next one."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="designations")
    starts_on = models.DateField("à partir du", null=True, blank=True)
    name = models.CharField("nom", max_length=160)
    short_name = models.CharField("sigle", max_length=30)
    parent = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="designations_of_children",
        verbose_name="rattaché à",
    )
    sites = models.ManyToManyField(Site, blank=True, related_name="designations")

    history = HistoricalRecords(m2m_fields=[sites])

    class Meta:
        verbose_name = "changement daté d’un service"
        verbose_name_plural = "changements datés de services"
        ordering = ["service", F("starts_on").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(
                "service",
                Coalesce("starts_on", Value(datetime.date(1, 1, 1)), output_field=models.DateField()),
                name="designation_is_unique_at_its_start",
                violation_error_message="Un changement de ce service commence déjà ce jour-là.",
            )
        ]

    def __str__(self) -> str:
        return self.short_name


class Closure(models.Model):
    """Days on which a préfecture, or one of its sites, does not work though the law lets it."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="closures")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="closures")
    starts_on = models.DateField("premier jour")
    ends_on = models.DateField("dernier jour")
    reason = models.CharField("motif", max_length=120)
    stops_the_clock = models.BooleanField("suspend les délais", default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "fermeture"
        ordering = ["starts_on", "pk"]
        constraints = [
            dates_in_order("closure_dates_in_order"),
            models.CheckConstraint(
                name="closure_of_one_site_stops_no_clock",
                condition=Q(stops_the_clock=False) | Q(site=None),
                violation_error_message="Seule une fermeture de toute la préfecture suspend les délais.",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Membership(models.Model):
    """What an agent does in a préfecture, for which part of it, and from when to when."""

    class Role(models.TextChoices):
        QUALITY_MANAGER = "quality_manager", "responsable qualité"
        REFERENT = "referent", "référent qualité"
        AGENT = "agent", "agent"
        DIRECTOR = "director", "direction"
        COMMUNICATION = "communication", "communication"
        AUDITOR = "auditor", "auditeur"
        ADMINISTRATOR = "administrator", "administrateur de l'installation"

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role)
    prefecture = models.ForeignKey(
        Prefecture, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="memberships")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="memberships")
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)
    is_deputy = models.BooleanField("suppléant", default=False)
    # Until an invited agent has signed in, the préfecture sees the name it wrote, and no sign of an account.
    invited_at = models.DateTimeField("invité le", null=True, blank=True, editable=False)
    invited_as = models.CharField("nom écrit à l’invitation", max_length=150, blank=True, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "affectation"
        ordering = [F("prefecture").asc(nulls_last=True), "role", "agent"]
        constraints = [
            dates_in_order("membership_dates_in_order"),
            models.CheckConstraint(
                name="membership_has_a_prefecture_unless_administrator",
                condition=Q(role="administrator", prefecture=None)
                | (~Q(role="administrator") & ~Q(prefecture=None)),
                violation_error_message="Un rôle s'exerce dans une préfecture, sauf celui d'administrateur.",
            ),
            models.CheckConstraint(
                name="membership_has_one_scope",
                condition=Q(unit=None) | Q(service=None),
                violation_error_message="Choisir une unité ou un service, pas les deux.",
            ),
            models.CheckConstraint(
                name="auditor_membership_is_dated",
                condition=~Q(role="auditor") | Q(starts_on__isnull=False, ends_on__isnull=False),
                violation_error_message="L'accès d'un auditeur a une date de début et une date de fin.",
            ),
            models.CheckConstraint(
                name="whole_prefecture_roles_have_no_scope",
                condition=~Q(role__in=["quality_manager", "auditor", "communication", "administrator"])
                | Q(unit=None, service=None),
                violation_error_message="Ce rôle couvre toute la préfecture.",
            ),
            models.CheckConstraint(
                name="referent_and_agent_have_a_scope",
                condition=~Q(role__in=["referent", "agent"])
                | Q(unit__isnull=False)
                | Q(service__isnull=False),
                violation_error_message="Un référent ou un agent appartient à une unité ou à un service.",
            ),
            models.CheckConstraint(
                name="deputies_are_of_referents_and_quality_managers",
                condition=Q(is_deputy=False) | Q(role__in=["referent", "quality_manager"]),
                violation_error_message="Seuls un référent et un responsable qualité ont un suppléant.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent}, {self.get_role_display()}"

    @property
    def is_pending(self) -> bool:
        """The agent was invited, and has not signed in since."""
        seen = self.agent.last_login
        return self.invited_at is not None and (seen is None or seen < self.invited_at)

    @property
    def shown_name(self) -> str:
        return self.invited_as if self.is_pending else self.agent.full_name

    @property
    def scope_label(self) -> str:
        if self.service:
            return f"{self.service.name}, {self.service.unit.name}"
        return self.unit.name if self.unit else "toute la préfecture"

    def is_in_force(self, on: datetime.date) -> bool:
        return (self.starts_on or on) <= on <= (self.ends_on or on)

    def is_lasting(self, on: datetime.date) -> bool:
        """Not over on a day, begun or not."""
        return self.ends_on is None or self.ends_on >= on


class TraceEntry(models.Model):
    """Something that an agent did or was refused: a line of the journal, written once (`sites.trace`)."""

    class Event(models.TextChoices):
        SIGNED_IN = "signed_in", "connexion"
        SIGN_IN_FAILED = "sign_in_failed", "connexion refusée"
        SIGNED_OUT = "signed_out", "déconnexion"
        ACCOUNT = "account", "compte ou droits modifiés"
        REFUSED = "refused", "accès refusé"
        READ = "read", "consultation"
        EXPORTED = "exported", "export"
        WROTE = "wrote", "modification"

    at = models.DateTimeField("le", default=timezone.now, editable=False)
    event = models.CharField("évènement", max_length=20, choices=Event)
    agent = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="trace_entries", verbose_name="agent"
    )
    concerns = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="agent concerné"
    )
    prefecture = models.ForeignKey(
        Prefecture, models.PROTECT, null=True, blank=True, related_name="trace_entries"
    )
    about = models.CharField("objet", max_length=200)
    route = models.CharField("page", max_length=60, blank=True)

    class Meta:
        verbose_name = "ligne du journal"
        verbose_name_plural = "lignes du journal"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["prefecture", "-at"], name="trace_of_a_prefecture")]

    def __str__(self) -> str:
        return f"{self.get_event_display()} : {self.about}"


class Absence(models.Model):
    """Days on which an agent is away, and who gets the reminders meanwhile. Nobody says why."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="absences")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(
        Agent, models.CASCADE, related_name="absences_of_others", verbose_name="suppléant"
    )
    starts_on = models.DateField("premier jour d’absence")
    ends_on = models.DateField("dernier jour d’absence")

    class Meta:
        verbose_name = "absence"
        ordering = ["starts_on", "pk"]
        constraints = [
            dates_in_order("absence_dates_in_order"),
            models.CheckConstraint(
                name="absent_agent_is_no_deputy_of_ones_own",
                condition=~Q(agent=F("deputy")),
                violation_error_message="Choisissez quelqu’un d’autre que la personne absente.",
            ),
        ]

    def __str__(self) -> str:
        return f"du {self.starts_on:%d/%m/%Y} au {self.ends_on:%d/%m/%Y}"


class ReminderChoice(models.Model):
    """Which reminders of a préfecture an agent wants to get by mail; without a row, all."""

    class Wanted(models.TextChoices):
        EVERY_DAY = "every_day", "chaque jour ouvré où il y a du nouveau"
        LATE = "late", "seulement ce qui est en retard"
        NONE = "none", "aucun rappel"

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="reminder_choices")
    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="reminder_choices")
    wanted = models.CharField("rappels par courriel", max_length=10, choices=Wanted)

    class Meta:
        verbose_name = "choix des rappels"
        verbose_name_plural = "choix des rappels"
        ordering = ["agent", "prefecture"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "prefecture"],
                name="reminder_choice_is_one_a_prefecture",
                violation_error_message="Le choix des rappels est déjà fait pour cette préfecture.",
            )
        ]

    def __str__(self) -> str:
        return self.get_wanted_display()


class Reminder(models.Model):
    """That an agent was reminded of something, once a stage of its deadline (`qualepref.digest`).

    `agent` is the one who has to do it; `recipient` got the mail, which is `job`: the same person, or the one
    who stood in. A row whose mail has not left yet is not a promise: the next digest takes its place.
    """

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="reminders")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="reminders")
    recipient = models.ForeignKey(Agent, models.CASCADE, related_name="reminders_received")
    key = models.CharField("nom de l’échéance", max_length=200)
    subject = models.CharField("objet", max_length=200)
    due_on = models.DateField("échéance")
    stage = models.SmallIntegerField("étape", help_text="Jours ouvrés depuis l’échéance.")
    on = models.DateField("rappelé le")
    job = models.ForeignKey("jobs.Job", models.PROTECT, related_name="reminders")

    class Meta:
        verbose_name = "rappel"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["prefecture", "-on"], name="reminders_of_a_prefecture")]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "key", "due_on", "stage"],
                name="reminder_is_sent_once_a_stage",
                violation_error_message="Ce rappel a déjà été envoyé à cette étape.",
            )
        ]

    def __str__(self) -> str:
        return self.subject
