"""Every background effect is a row, written in the transaction of its cause."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    """Something to be done outside the request, once. The Celery message only says « look at row N ».

    `key` names the effect: the same key is never queued twice. `lease_until` is how long a worker may be
    silent before another takes the job over. What was interrupted once it `may_be_done` (a mail that the
    server was being given) is « à vérifier »: a person looks; it is never done again by itself.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "en attente"
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        FAILED = "failed", "échec"
        TO_CHECK = "to_check", "à vérifier"

    class Queue(models.TextChoices):
        DEFAULT = "default", "ordinaire"
        PDF = "pdf", "PDF"

    kind = models.CharField("nature", max_length=60)
    key = models.CharField("effet", max_length=120, unique=True)
    payload = models.JSONField("paramètres", default=dict)
    queue = models.CharField("file", max_length=10, choices=Queue, default=Queue.DEFAULT)
    state = models.CharField("état", max_length=10, choices=State, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField("avancement", default=0, help_text="En pour cent.")
    step = models.CharField("étape en cours", max_length=120, blank=True)
    may_be_done = models.BooleanField("effet peut-être produit", default=False)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    lease_until = models.DateTimeField("réservé jusqu'à", null=True, blank=True)
    last_error = models.TextField("dernière erreur", blank=True)
    created_at = models.DateTimeField("demandé à", default=timezone.now, editable=False)
    queued_at = models.DateTimeField("mis en file à", default=timezone.now, editable=False)
    finished_at = models.DateTimeField("terminé à", null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    prefecture = models.ForeignKey(
        "qualepref_sites.Prefecture", models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    request_id = models.CharField("demande d'origine", max_length=32, blank=True)

    class Meta:
        verbose_name = "tâche de fond"
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["state", "queued_at"],
                condition=Q(state__in=["queued", "running"]),
                name="job_that_the_sweeper_may_take",
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="job_progress_is_a_percentage",
                condition=Q(progress__lte=100),
                violation_error_message="Un avancement ne dépasse pas 100 %.",
            ),
            models.CheckConstraint(
                name="running_job_has_a_lease",
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                violation_error_message="Une tâche en cours est réservée jusqu'à une heure dite.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.TO_CHECK)


class Sign(models.Model):
    """The last sign of life of something that works by itself (`jobs.signs`)."""

    name = models.CharField("de", max_length=80, unique=True)
    at = models.DateTimeField("à", default=timezone.now)

    class Meta:
        verbose_name = "signe de vie"
        verbose_name_plural = "signes de vie"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
