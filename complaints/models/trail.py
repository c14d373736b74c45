"""What happened to a case, and what was joined to it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from complaints import clock
from complaints.models.cases import Case
from sites import attachments
from sites.models import Service, dates_in_order


class Pause(models.Model):
    """Days on which the clock of a case stands still; without a last one, it still does."""

    class Reason(models.TextChoices):
        REQUESTER = "requester", "pièce ou précision attendue de l’usager"
        OTHER_BODY = "other_body", "élément attendu d’un autre organisme"
        OTHER = "other", "autre motif"

    case = models.ForeignKey(Case, models.CASCADE, related_name="pauses")
    starts_on = models.DateField("premier jour")
    ends_on = models.DateField("dernier jour", null=True, blank=True)
    reason = models.CharField("motif", max_length=12, choices=Reason)

    class Meta:
        verbose_name = "suspension du délai"
        verbose_name_plural = "suspensions du délai"
        ordering = ["starts_on", "pk"]
        constraints = [
            dates_in_order("pause_dates_in_order"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(ends_on=None),
                name="case_has_one_lasting_pause",
                violation_error_message="Le délai de cette affaire est déjà suspendu.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()

    @property
    def days(self) -> clock.Pause:
        return clock.Pause(self.starts_on, self.ends_on, self.get_reason_display())


class Event(models.Model):
    """A line of the trail of a case: written once, without personal text.

    `on` is the day that the event is said to be of, `at` the moment it was written. `facts` are dates and
    codes that tell the line whole: what a correction changed, the due date before and after.
    """

    class Kind(models.TextChoices):
        REGISTERED = "registered", "enregistrée"
        CORRECTED = "corrected", "corrigée"
        ASSIGNED = "assigned", "confiée à un service"
        ACKNOWLEDGED = "acknowledged", "accusé de réception envoyé"
        HELD = "held", "réponse d’attente envoyée"
        ASKED = "asked", "autre service sollicité"
        HELPED = "helped", "éléments reçus du service sollicité"
        HANDED_ON = "handed_on", "transmise à un autre organisme"
        PAUSED = "paused", "délai suspendu"
        RESUMED = "resumed", "délai repris"
        ANSWERED = "answered", "réponse envoyée"
        WITHDRAWN = "withdrawn", "retirée par l’usager"
        DROPPED = "dropped", "classée sans suite"
        REOPENED = "reopened", "rouverte"
        RECKONED = "reckoned", "échéance recalculée"
        NOTED = "noted", "note ajoutée"
        ATTACHED = "attached", "pièce jointe"

    case = models.ForeignKey(Case, models.CASCADE, related_name="events")
    kind = models.CharField("évènement", max_length=12, choices=Kind)
    on = models.DateField("le")
    at = models.DateTimeField("écrit le", default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    from_service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    to_service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")
    facts = models.JSONField("faits", default=dict, blank=True)

    class Meta:
        verbose_name = "évènement"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.get_kind_display()


class Remark(models.Model):
    """The words that go with an event: they may name somebody, and are purged with the case's text."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="remark")
    text = models.TextField("texte")

    class Meta:
        verbose_name = "remarque"

    def __str__(self) -> str:
        return f"remarque de l’évènement {self.event_id}"


class Attachment(models.Model):
    """A file joined to a case: the letter itself, a photograph, the reply that was sent."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attachments")
    title = models.CharField("titre", max_length=120)
    stored_as = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    added_at = models.DateTimeField("jointe le", default=timezone.now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def label(self) -> str:
        """« image PNG »."""
        return attachments.label_of(self.stored_as)
