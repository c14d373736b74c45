"""What is typed of a case. `register` decides whether it may be."""

import datetime
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.text import capfirst
from dsfr.forms import DsfrBaseForm

from complaints.examples import LONGEST
from complaints.models import Attachment, Case, Pause, Theme
from complaints.register import Body, Description, Dropped, Identity, Joined
from sheets.words import french_day, typeset
from sites import attachments
from sites.fields import AttachedField, LineField, PlainTextField, VersionField
from sites.forms_organisation import DayField, TickField
from sites.models import Service, Site, Unit, lasting

TEXT_MAX, REMARK_MAX = 20_000, 2_000
MOST_FILES = 5
MOST_MEGABYTES = 20  # of all the files of one entry: the application takes 25 of them in one go

LONG_AGO = datetime.timedelta(days=365)
"""From receipt to entry: the year that is past, typed for the one that begins, is always as long ago."""

ORGANISATION = "Organisme ou collectivité"
CHOOSE = {"required": "Choisir dans la liste.", "invalid_choice": "Choisir dans la liste."}


class Choice(forms.ChoiceField):
    """One of a few words."""

    def __init__(self, choices: Iterable[tuple[str, str]], *, label: str, empty: str = "") -> None:
        words = [(code, capfirst(typeset(word))) for code, word in choices]
        super().__init__(label=label, choices=[("", empty), *words] if empty else words)
        self.error_messages |= CHOOSE


class RemarkField(PlainTextField):
    """A few words beside what is noted."""

    def __init__(self, label: str = "Remarque", **options: Any) -> None:
        options = {"required": False, "max_length": REMARK_MAX, **options}
        super().__init__(label=label, widget=forms.Textarea(attrs={"rows": 3}), **options)


class RowField(forms.ModelChoiceField):
    """A row of the préfecture; empty where it has none to offer."""

    def __init__(self, *, label: str, empty_label: str, required: bool = False) -> None:
        super().__init__(
            queryset=None, label=label, empty_label=empty_label, required=required, error_messages=CHOOSE
        )

    def to_python(self, value: Any) -> Any:
        """SQLite does not compare a number that it could not hold: it raises."""
        try:
            return super().to_python(value)
        except OverflowError as error:
            raise forms.ValidationError(CHOOSE["invalid_choice"], code="invalid_choice") from error


class SiteField(RowField):
    def label_from_instance(self, site: Any) -> str:
        return f"{site.name} ({site.unit.short_name})"


class ServiceField(RowField):
    def label_from_instance(self, service: Any) -> str:
        return f"{service.name} ({service.unit.short_name})"


class PlaceField(forms.TypedChoiceField):
    """Who handles a case: a service, or a unit that will find one."""

    def __init__(self, *, label: str, error_messages: dict[str, str] = CHOOSE) -> None:
        super().__init__(label=label, error_messages=error_messages)

    def offer(
        self, units: Iterable[Unit], services: Iterable[Service], *, whole: str = "service à choisir"
    ) -> None:
        """`units` are those that may be chosen without a service, which is told in the words of `whole`: a
        case waits there for one."""
        waiting = list(units)
        found: dict[Unit, list[tuple[str, str]]] = {
            unit: [(place_key(unit, None), f"{unit.short_name}, {whole}")] for unit in waiting
        }
        places: dict[str, tuple[Unit, Service | None]] = {
            place_key(unit, None): (unit, None) for unit in waiting
        }
        for service in services:
            key = place_key(service.unit, service)
            places[key] = (service.unit, service)
            found.setdefault(service.unit, []).append((key, service.name))
        groups = sorted(found.items(), key=lambda group: (group[0].position, group[0].name))
        is_asked = len(places) > 1
        choices = [(unit.name, choices) for unit, choices in groups]
        self.choices = [("", "Choisir un service"), *choices] if is_asked else choices
        self.coerce = places.__getitem__


def place_key(unit: Unit, service: Service | None) -> str:
    return f"service-{service.pk}" if service else f"unite-{unit.pk}"


class FileInput(forms.FileInput):
    """Several files in one go; its name tells the DSFR how to draw it."""

    allow_multiple_selected = True


class FilesField(AttachedField):
    """The files that come with a letter."""

    widget = FileInput

    def __init__(self, *, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=200,
            help_text=f"PDF, images, documents de bureautique\xa0; {MOST_FILES} au plus, de "
            f"{attachments.MEGABYTES}\xa0Mo chacun et {MOST_MEGABYTES}\xa0Mo en tout.",
            error_messages={"max_length": "Le nom de ce fichier est trop long\xa0: le raccourcir."},
        )

    def clean(self, data: Any, initial: Any = None) -> list[Joined]:
        sent: list[UploadedFile] = [super(FilesField, self).clean(file) for file in data or ()]
        if len(sent) > MOST_FILES:
            raise forms.ValidationError(f"Au plus {MOST_FILES} fichiers à la fois.")
        if sum(file.size or 0 for file in sent) > MOST_MEGABYTES * 1000 * 1000:
            raise forms.ValidationError(f"Ces fichiers dépassent {MOST_MEGABYTES}\xa0Mo en tout.")
        return [Joined(title_of(file), file.read()) for file in sent]


def title_of(file: UploadedFile) -> str:
    """What a file is called, without its extension."""
    longest = Attachment._meta.get_field("title").max_length
    return LineField().clean(PurePath(file.name or "").stem)[:longest].strip() or "pièce jointe"


# --- What is said of a case --------------------------------------------------------------------------------


class CaseForm(DsfrBaseForm):
    """In the order of the paper on the desk. A day of receipt long ago is asked for once more."""

    received_on = DayField(label="Reçu le")
    is_long_ago = TickField(label="La date de réception est juste")
    channel = Choice(Case.Channel.choices, label="Canal")
    kind = Choice(Case.Kind.choices, label="Nature")
    requester_kind = Choice(Case.RequesterKind.choices, label="Demandeur")
    name = LineField(label="Nom", max_length=150)
    organisation = LineField(label=ORGANISATION, max_length=150)
    address = PlainTextField(
        label="Adresse postale",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Sans nom, ou sans adresse postale ou électronique, aucun délai ne court.",
    )
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        error_messages={"invalid": "Cette adresse n’est pas complète\xa0: nom@exemple.fr."},
    )
    phone = LineField(label="Téléphone", max_length=30)
    site = SiteField(label="Site concerné", empty_label="aucun en particulier")
    subject = LineField(label="Objet", max_length=200, required_sentence="Écrire l’objet en quelques mots.")
    text = PlainTextField(
        label="Texte",
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="L’essentiel de la demande, ou son texte entier.",
    )
    theme = RowField(label="Thème", empty_label="aucun")
    needs_examination = TickField(
        label="Demande l’instruction d’un dossier", help_text="Elle est suivie sans délai, hors des taux."
    )
    is_from_rights_defender = TickField(label="Saisine d’un délégué du Défenseur des droits")

    def __init__(
        self,
        *arguments: Any,
        on: datetime.date,
        sites: QuerySet[Site],
        themes: QuerySet[Theme],
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.on = on
        self.fields["site"].queryset = sites
        self.fields["theme"].queryset = themes
        if not self.is_bound:
            del self.fields["is_long_ago"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        day = data.get("received_on")
        if day is None or day > self.on - LONG_AGO or "received_on" not in self.changed_data:
            del self.fields["is_long_ago"]
        elif not data["is_long_ago"]:
            self.add_error(
                "received_on",
                f"Le {french_day(day)} est passé depuis un an ou plus\xa0: corriger la date, ou cocher "
                "«\xa0La date de réception est juste\xa0».",
            )
        return data

    def said(self, unit: Unit, service: Service | None) -> Description:
        names = (
            *("kind", "channel", "requester_kind", "received_on", "site", "subject", "text", "theme"),
            *("needs_examination", "is_from_rights_defender"),
        )
        typed = self.cleaned_data
        identity = {name: typed[name] for name in ("name", "organisation", "address", "email", "phone")}
        return Description(
            **{name: typed[name] for name in names},
            unit=unit,
            service=service,
            requester=Identity(**identity),
        )


class EntryForm(CaseForm):
    place = PlaceField(label="Service qui répond")
    files = FilesField(label="Pièces jointes")
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    field_order = [
        *("received_on", "is_long_ago", "channel", "kind", "requester_kind"),
        *("name", "organisation", "address", "email", "phone"),
        *("place", "site", "subject", "text", "theme"),
        *("needs_examination", "is_from_rights_defender", "files"),
    ]

    def __init__(
        self, *arguments: Any, units: Iterable[Unit], services: Iterable[Service], first: str, **options: Any
    ) -> None:
        """`first` has the keyboard when the page opens, unless something is to be corrected."""
        super().__init__(*arguments, **options)
        self.fields["place"].offer(units, services)
        errors = self.errors
        wrong = next((name for name in self.fields if name in errors), first)
        self.fields[wrong].widget.attrs["autofocus"] = True


class CorrectionForm(CaseForm):
    version = VersionField()


# --- What becomes of it ------------------------------------------------------------------------------------


class StepForm(DsfrBaseForm):
    """The names of its fields are those of the arguments of its verb."""

    version = VersionField()

    def __init__(self, *arguments: Any, case: Case, on: datetime.date, **options: Any) -> None:
        super().__init__(*arguments, initial=self.initial_of(case, on), **options)
        self.suit(case)

    def initial_of(self, case: Case, on: datetime.date) -> dict[str, Any]:
        """Today is the day of most of what is noted."""
        days = {name: on for name, field in self.base_fields.items() if isinstance(field, DayField)}
        return {**days, "version": case.version}

    def suit(self, case: Case) -> None:
        """Offer what this case may be given."""


class AcknowledgementForm(StepForm):
    sent_on = DayField(label="Envoyé le")


class HoldingForm(StepForm):
    sent_on = DayField(label="Envoyée le")
    remark = RemarkField()


class AssignmentForm(StepForm):
    place = PlaceField(label="Service")
    remark = RemarkField()

    def suit(self, case: Case) -> None:
        units = case.prefecture.units.all()
        self.fields["place"].offer(units, _services_of(case))


class AskingForm(StepForm):
    service = ServiceField(label="Service", empty_label="Choisir un service", required=True)
    remark = RemarkField("Ce qui lui est demandé")

    def suit(self, case: Case) -> None:
        services = _services_of(case)
        if case.service_id:
            services = services.exclude(pk=case.service_id)
        self.fields["service"].queryset = services


class HelpForm(StepForm):
    received_on = DayField(label="Reçue le")
    remark = RemarkField()


class PauseForm(StepForm):
    starts_on = DayField(label="Premier jour suspendu")
    reason = Choice(Pause.Reason.choices, label="Motif", empty="Choisir un motif")
    remark = RemarkField()


class ResumptionForm(StepForm):
    ends_on = DayField(
        label="Dernier jour suspendu",
        help_text="Le délai reprend le lendemain\xa0: ce jour-là ne compte pas.",
    )
    remark = RemarkField()


class AnswerForm(StepForm):
    answered_on = DayField(label="Réponse envoyée le")
    takes_place_on = DayField(
        label="Rendez-vous donné pour le", required=False, help_text="Vide si aucun rendez-vous n’est donné."
    )
    remark = RemarkField()

    def initial_of(self, case: Case, on: datetime.date) -> dict[str, Any]:
        return super().initial_of(case, on) | {"takes_place_on": None}

    def suit(self, case: Case) -> None:
        if not case.asked.has_two_promises:
            del self.fields["takes_place_on"]


class HandingOnForm(StepForm):
    body = Choice(Body.choices, label="Organisme", empty="Choisir un organisme")
    sent_on = DayField(label="Transmise le")
    remark = RemarkField()


class WithdrawalForm(StepForm):
    withdrawn_on = DayField(label="Retirée le")
    remark = RemarkField()


class DroppingForm(StepForm):
    reason = Choice(Dropped.choices, label="Motif", empty="Choisir un motif")
    remark = RemarkField(help_text="À remplir pour un autre motif.")


class ReopeningForm(StepForm):
    remark = RemarkField(
        "Pourquoi la rouvrir", required=True, error_messages={"required": "Dire pourquoi elle est rouverte."}
    )


class NoteForm(StepForm):
    text = RemarkField("Note", required=True, error_messages={"required": "Écrire la note."})


class JoiningForm(StepForm):
    files = FilesField(label="Fichiers")

    def clean_files(self) -> list[Joined]:
        files: list[Joined] = self.cleaned_data["files"]
        if not files:
            raise forms.ValidationError("Choisir au moins un fichier.")
        return files


def _services_of(case: Case) -> QuerySet[Service]:
    services = Service.objects.filter(lasting(case.prefecture.today()), unit__prefecture=case.prefecture)
    return services.select_related("unit").order_by("unit__position", "name")


class ExampleForm(DsfrBaseForm):
    text = PlainTextField(
        label="Exemple à citer dans la synthèse",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Quelques phrases qui ne nomment personne et où personne ne se reconnaît\xa0: elles sont "
        "lues hors de la préfecture. Vide, l’affaire n’est pas citée.",
    )
    version = VersionField()


# --- Themes ------------------------------------------------------------------------------------------------


class ThemeForm(DsfrBaseForm):
    title = LineField(label="Thème", max_length=80, required_sentence="Écrire le thème en quelques mots.")


class ThemeChangeForm(ThemeForm):
    is_offered = TickField(
        label="Proposé à la saisie",
        help_text="Décocher le retire des listes\xa0: ce qui est déjà classé sous ce thème y reste.",
    )
    version = VersionField()
