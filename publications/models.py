"""What is signed and shown: frozen documents with an edition, a hash and dates."""

import json
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.text import slugify
from simple_history.models import HistoricalRecords

from indicators import periods
from publications import formats
from sites.access import Access
from sites.inspection import Lack
from sites.models import Prefecture, dates_in_order


class Part(models.Model):
    """A typed part of the bilan of a year, before it is signed; its text is what `richtext` reads."""

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


class PresentationQuerySet(models.QuerySet["Presentation"]):
    def of(self, bilan: "Bilan") -> Self:
        """Where an edition was shown: noted on it, or on its year as a whole."""
        own = self.filter(prefecture=bilan.prefecture_id, year=bilan.year)
        return own.filter(Q(edition=None) | Q(edition=bilan.edition))


class Presentation(models.Model):
    """A meeting to which the bilan of a year was shown, or will be: everybody may read it beside the bilan.

    Without an edition it holds for the whole year. It may be noted before the signature, and then stands in
    the signed document too, or after.
    """

    class Body(models.TextChoices):
        STEERING = "steering", "comité de pilotage"
        TECHNICAL = "technical", "comité technique"
        USERS = "users", "comité local des usagers"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="presentations")
    year = models.PositiveSmallIntegerField("année du bilan")
    edition = models.PositiveSmallIntegerField("édition présentée", null=True, blank=True)
    body = models.CharField("instance", max_length=12, choices=Body)
    held_on = models.DateField("date de la réunion")
    remark = models.CharField("remarque", max_length=300, blank=True)

    objects = PresentationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "présentation"
        ordering = ["held_on", "body", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "year", "body", "held_on"],
                name="bilan_is_shown_once_a_meeting",
                violation_error_message="Cette réunion est déjà notée pour ce bilan.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_body_display()} du {self.held_on:%d/%m/%Y}"


class BilanQuerySet(models.QuerySet["Bilan"]):
    def shown(self) -> Self:
        """The edition of each year that the public reads now."""
        return self.public().filter(replaced_at=None)

    def public(self) -> Self:
        """What the public may read: what is shown, and what it replaced."""
        return self.filter(published_at__isnull=False, withdrawn_at=None)

    def readable_by(self, access: Access) -> Self:
        """What an agent may read of their préfecture: what is public, and drafts where the role allows."""
        own = self.filter(prefecture=access.prefecture)
        return own if access.may_read_drafts else own.public()


class Bilan(models.Model):
    """The signed bilan of a préfecture for a year. `content` is canonical JSON text and never changes.

    `sha256` is the hash of that text. The PDF is rendered from it alone; its bytes and its hash are kept for
    ever. An edition is numbered from 1 within its year; at most one edition of a year is shown. An edition
    that a later one replaced stays readable under its own address, one that was withdrawn does not.
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
    replaced_at = models.DateTimeField("remplacé le", null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
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
                condition=Q(published_at__isnull=False, replaced_at=None, withdrawn_at=None),
                name="one_edition_of_a_year_is_shown",
                violation_error_message="Une édition de ce bilan est déjà publiée.",
            ),
            models.CheckConstraint(
                name="published_bilan_has_its_pdf",
                condition=Q(published_at=None) | ~Q(pdf_name="") & ~Q(pdf_sha256=""),
                violation_error_message="Le PDF n'est pas encore prêt.",
            ),
            models.CheckConstraint(
                name="replaced_bilan_was_published_and_says_by_which",
                condition=Q(replaced_at=None, replaced_by=None)
                | Q(
                    published_at__isnull=False, replaced_at__gte=F("published_at"), replaced_by__isnull=False
                ),
                violation_error_message="Une édition remplacée a été publiée, et dit par laquelle.",
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
        """The content in the shape of the newest format, whatever it was signed in."""
        return formats.read(self.content)

    @property
    def is_shown(self) -> bool:
        return self.is_public and self.replaced_at is None

    @property
    def is_public(self) -> bool:
        return self.published_at is not None and self.withdrawn_at is None

    @property
    def state_label(self) -> str:
        if self.withdrawn_at:
            return "retiré"
        if self.replaced_at:
            return "remplacé"
        return "publié" if self.published_at else "arrêté"


class FlashQuerySet(models.QuerySet["Flash"]):
    def shown(self) -> Self:
        """The last edition of each month: what the agents read now."""
        later = Flash.objects.filter(
            prefecture=OuterRef("prefecture"), month=OuterRef("month"), edition__gt=OuterRef("edition")
        )
        return self.exclude(Exists(later))


class Flash(models.Model):
    """The « flash info » of a month, as the agents of a préfecture read it. `content` is canonical JSON text
    and never changes, whatever becomes of the figures; `sha256` is its hash.

    An edition is numbered from 1 within its month; a later one takes its place and says what it corrects.
    What it replaced stays readable under its own address.
    """

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="flashes")
    month = models.DateField("mois")
    edition = models.PositiveSmallIntegerField("édition", default=1)
    content = models.TextField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    correction = models.TextField("ce que cette édition corrige", blank=True)
    published_at = models.DateTimeField("publié le", default=timezone.now, editable=False)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = FlashQuerySet.as_manager()

    class Meta:
        verbose_name = "flash info"
        ordering = ["-month", "-edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "month", "edition"],
                name="flash_edition_is_unique_in_its_month",
                violation_error_message="Cette édition existe déjà.",
            ),
            models.CheckConstraint(
                name="flash_month_starts_a_month",
                condition=Q(month__day=1),
                violation_error_message="Un mois est écrit par son premier jour.",
            ),
            models.CheckConstraint(
                name="later_flash_says_what_it_corrects",
                condition=Q(edition=1) | ~Q(correction=""),
                violation_error_message="Indiquer ce que cette édition corrige.",
            ),
        ]

    def __str__(self) -> str:
        return f"Flash info {periods.of_month(self.month)}, édition {self.edition}"

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.content)
        return data

    @property
    def month_label(self) -> str:
        """« mars 2020 »."""
        return periods.in_words(self.month)

    @property
    def slug(self) -> str:
        """The month in an address."""
        return f"{self.month:%Y-%m}"


class Entry(models.TextChoices):
    """What the Espace Qualité is divided into. The value is also the last part of its address."""

    POLICY = "politique-de-qualite", "Politique de qualité"
    ENGAGEMENTS = "engagements-qualite", "Engagements qualité"
    SURVEYS = "enquetes-aupres-des-usagers", "Enquêtes auprès des usagers"
    COMPLAINTS = "suggestions-et-reclamations", "Suggestions et réclamations"
    CLU = "comite-local-des-usagers", "Comité local des usagers (CLU)"
    BILAN = "bilan-annuel", "Bilan annuel"
    LEGALITY = "controle-de-legalite", "Synthèse annuelle du contrôle de légalité"
    INTERNAL = "documents-internes", "Documents internes"

    @classmethod
    def of_the_public(cls) -> list["Entry"]:
        return [entry for entry in cls if entry != cls.INTERNAL]


class Introduction(models.Model):
    """What the quality manager writes at the head of an entry (`publications.richtext`)."""

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="introductions")
    entry = models.CharField("rubrique", max_length=40, choices=Entry)
    text = models.TextField("texte", blank=True)
    version = models.PositiveIntegerField("version", default=0)
    updated_at = models.DateTimeField("mis à jour le", default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "présentation d'une rubrique"
        constraints = [
            models.UniqueConstraint(
                fields=["prefecture", "entry"],
                name="one_introduction_per_entry",
                violation_error_message="Cette rubrique a déjà sa présentation.",
            )
        ]

    def __str__(self) -> str:
        return self.get_entry_display()


class DocumentQuerySet(models.QuerySet["Document"]):
    def released(self) -> Self:
        """Published and never withdrawn: what is shown now, and the history of it."""
        return self.filter(published_at__isnull=False, withdrawn_at=None)

    def for_everybody(self) -> Self:
        """What visitors who are not signed in may read."""
        return self.released().filter(audience=Document.Audience.PUBLIC)

    def readable_by(self, access: Access) -> Self:
        """Every agent reads what was published for either audience; who publishes sees everything."""
        own = self.filter(prefecture=access.prefecture)
        return own if access.may_publish else own.released()


class Document(models.Model):
    """A PDF under an entry. Until it is published, what is said of it may be corrected; then nothing changes:
    another document replaces it, and this one stays in the history, unless it is withdrawn.

    `number` counts the documents of a préfecture. `lacks` says what the file was found to lack (`Lack`).
    """

    class Audience(models.TextChoices):
        PUBLIC = "public", "tout le monde"
        INTERNAL = "internal", "agents de la préfecture"

    class State(models.TextChoices):
        DRAFT = "draft", "brouillon"
        PUBLISHED = "published", "publié"
        REPLACED = "replaced", "remplacé"
        WITHDRAWN = "withdrawn", "retiré"

    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="documents")
    number = models.PositiveIntegerField("numéro")
    entry = models.CharField("rubrique", max_length=40, choices=Entry)
    audience = models.CharField("destiné à", max_length=10, choices=Audience)
    title = models.CharField("titre", max_length=160)
    dated_on = models.DateField("date du document")
    starts_on = models.DateField("valable du", null=True, blank=True)
    ends_on = models.DateField("valable jusqu’au", null=True, blank=True)
    remark = models.TextField("remarque", blank=True)
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replacements", verbose_name="remplace"
    )
    file_name = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    pages = models.PositiveIntegerField("nombre de pages")
    size = models.PositiveIntegerField("taille en octets")
    lacks = models.JSONField("ce qui manque au fichier", default=list, blank=True)
    version = models.PositiveIntegerField("version", default=1)
    created_at = models.DateTimeField("déposé le", default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField("remplacé le", null=True, blank=True)
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawal_reason = models.TextField("motif du retrait", blank=True)
    # Follows from the days above, so that it never says something else.
    state = models.GeneratedField(
        expression=Case(
            When(withdrawn_at__isnull=False, then=Value("withdrawn")),
            When(replaced_at__isnull=False, then=Value("replaced")),
            When(published_at__isnull=False, then=Value("published")),
            default=Value("draft"),
        ),
        output_field=models.CharField(max_length=10),
        db_persist=True,
        verbose_name="état",
        choices=State.choices,
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ["-dated_on", "-number"]
        constraints = [
            dates_in_order("document_dates_in_order"),
            models.UniqueConstraint(
                fields=["prefecture", "number"],
                name="document_number_is_unique_in_its_prefecture",
                violation_error_message="Un document de la préfecture porte déjà ce numéro.",
            ),
            models.UniqueConstraint(
                fields=["prefecture", "entry", "audience", "sha256"],
                condition=Q(published_at=None),
                name="a_file_waits_once_in_its_entry",
                violation_error_message="Ce fichier attend déjà d'être publié dans cette rubrique.",
            ),
            models.CheckConstraint(
                name="internal_entry_is_for_agents",
                condition=~Q(entry="documents-internes") | Q(audience="internal"),
                violation_error_message="Un document interne est destiné aux agents de la préfecture.",
            ),
            models.CheckConstraint(
                name="replaced_document_was_published",
                condition=Q(replaced_at=None)
                | Q(published_at__isnull=False, replaced_at__gte=F("published_at")),
                violation_error_message="Seul un document publié peut être remplacé.",
            ),
            models.CheckConstraint(
                name="withdrawn_document_was_published_and_says_why",
                condition=Q(withdrawn_at=None)
                | Q(published_at__isnull=False, withdrawn_at__gte=F("published_at"))
                & ~Q(withdrawal_reason=""),
                violation_error_message="Un retrait suit une publication et a un motif.",
            ),
        ]

    def __str__(self) -> str:
        return f"Document n° {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def is_shown(self) -> bool:
        """Published, and still the latest of its kind."""
        return bool(self.published_at and not self.replaced_at and not self.withdrawn_at)

    @property
    def pdf_name(self) -> str:
        """The name under which a reader keeps the file."""
        return f"{slugify(self.title)[:80] or 'document'}.pdf"

    @property
    def kilobytes(self) -> int:
        return -(-self.size // 1000)

    @property
    def lacking(self) -> list[Lack]:
        return [Lack(value) for value in self.lacks]


class Notices(models.Model):
    """What the law asks a site to say of who makes it. What is empty is still to be filled in."""

    prefecture = models.OneToOneField(Prefecture, models.PROTECT, related_name="notices")
    editor = models.TextField("éditeur", blank=True)
    director = models.CharField("directeur de la publication", max_length=200, blank=True)
    host = models.TextField("hébergeur", blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    phone = models.CharField("téléphone", max_length=40, blank=True)
    address = models.TextField("adresse postale", blank=True)
    dpo = models.TextField("délégué à la protection des données", blank=True)
    version = models.PositiveIntegerField("version", default=0)
    updated_at = models.DateTimeField("mis à jour le", default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "mentions"
        verbose_name_plural = "mentions"

    def __str__(self) -> str:
        return f"Mentions : {self.prefecture}"

    @property
    def missing(self) -> list[str]:
        """What the law asks for and nobody has typed yet."""
        asked = {
            "l’éditeur": self.editor,
            "le directeur de la publication": self.director,
            "l’hébergeur": self.host,
            "une adresse électronique": self.email,
            "une adresse postale": self.address,
            "le délégué à la protection des données": self.dpo,
        }
        return [name for name, text in asked.items() if not text]
