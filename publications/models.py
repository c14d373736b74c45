"""What is signed and shown: frozen documents with an edition, a hash and dates."""

import json
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from sites.access import Access
from sites.models import Prefecture


class Part(models.Model):
    """A typed part of the bilan of a year, before it is signed. Plain text: paragraphs separated by an
    empty line, lists whose lines begin with « - »."""

    class Section(models.TextChoices):
        SUMMARY = "summary", "L'année en quelques phrases"
        COMPLAINTS = "complaints", "Réclamations et suggestions"
        DIGITAL_POINTS = "digital_points", "Points numériques"
        ACTIONS = "actions", "Actions réalisées"
        OUTLOOK = "outlook", "Perspectives"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="bilan_parts")
    year = models.PositiveSmallIntegerField("année")
    section = models.CharField("partie", max_length=20, choices=Section)
    text = models.TextField("texte", blank=True)
    version = models.PositiveIntegerField("version", default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "partie rédigée"
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "year", "section"],
                name="one_part_per_section_and_year",
                violation_error_message="Cette partie existe déjà pour cette année.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_section_display()} {self.year}"


class BilanQuerySet(models.QuerySet["Bilan"]):
    def published(self) -> Self:
        """What the public may read now."""
        return self.filter(published_at__isnull=False, withdrawn_at=None)

    def readable_by(self, access: Access) -> Self:
        """What an agent may read of their préfecture: what is published, and drafts where the role allows."""
        own = self.filter(prefecture=access.prefecture)
        return own if access.may_read_drafts else own.published()


class Bilan(models.Model):
    """The signed bilan of a préfecture for a year. `content` is canonical JSON text and never changes.

    `sha256` is the hash of that text. The PDF is rendered from it alone; its bytes and its hash are kept for
    ever. An edition is numbered from 1 within its year; at most one edition of a year is shown.
    """

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="bilans")
    year = models.PositiveSmallIntegerField("année")
    edition = models.PositiveSmallIntegerField("édition")
    content = models.TextField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    frozen_at = models.DateTimeField("arrêté le", default=timezone.now, editable=False)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    pdf_name = models.CharField("fichier PDF", max_length=200, blank=True)
    pdf_sha256 = models.CharField("empreinte du PDF", max_length=64, blank=True)
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawal_reason = models.TextField("motif du retrait", blank=True)

    objects = BilanQuerySet.as_manager()

    class Meta:
        verbose_name = "bilan"
        ordering = ["-year", "-edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "year", "edition"],
                name="bilan_edition_is_unique_in_its_year",
                violation_error_message="Cette édition existe déjà.",
            ),
            models.UniqueConstraint(
                fields=["prefecture", "year"],
                condition=Q(published_at__isnull=False, withdrawn_at=None),
                name="one_edition_of_a_year_is_shown",
                violation_error_message="Une édition de ce bilan est déjà publiée : la retirer d'abord.",
            ),
            models.CheckConstraint(
                name="published_bilan_has_its_pdf",
                condition=Q(published_at=None) | ~Q(pdf_name="") & ~Q(pdf_sha256=""),
                violation_error_message="Le PDF n'est pas encore prêt.",
            ),
            models.CheckConstraint(
                name="withdrawn_bilan_was_published_and_says_why",
                condition=Q(withdrawn_at=None)
                | Q(published_at__isnull=False, withdrawn_at__gte=F("published_at"))
                & ~Q(withdrawal_reason=""),
                violation_error_message="Un retrait suit une publication et a un motif.",
            ),
        ]

    def __str__(self) -> str:
        return f"Bilan {self.year}, édition {self.edition}"

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.content)
        return data

    @property
    def is_shown(self) -> bool:
        return self.published_at is not None and self.withdrawn_at is None

    @property
    def state_label(self) -> str:
        if self.withdrawn_at:
            return "retiré"
        return "publié" if self.published_at else "arrêté"
