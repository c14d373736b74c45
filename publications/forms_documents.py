"""What is typed in the Espace Qualité: documents, introductions, notices."""

import datetime
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from publications import richtext
from publications.documents import MEGABYTES, Description
from publications.forms import HOW_TO_TYPE, WithdrawForm, text_field
from publications.models import Document, Entry, Introduction, Notices
from sites.fields import PdfField, VersionField, day_input

TEXT_MAX = 10_000
REMARK_MAX = 1_000


def day_field(label: str, help_text: str, *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=day_input(),
        error_messages={"required": "Indiquer cette date.", "invalid": "Cette date n’existe pas."},
    )


class VersionedForm(DsfrBaseForm, forms.ModelForm):
    """Words about a row. `version` is the one that their author read."""

    version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class DescriptionForm(VersionedForm):
    """What is said of a document."""

    dated_on = day_field("Date du document", "Celle qui est écrite dessus ou de sa signature.", required=True)
    starts_on = day_field("Valable du", "Si le document dit à partir de quand il s’applique.")
    ends_on = day_field("Valable jusqu’au", "Passé ce jour, le document rejoint de lui-même l’historique.")
    remark = text_field("Remarque", "Une phrase, que liront ses lecteurs.", most=REMARK_MAX, rows=3)

    class Meta:
        model = Document
        fields = ["entry", "audience", "title", "dated_on", "starts_on", "ends_on", "remark"]
        labels = {"entry": "Rubrique", "audience": "Destiné à", "title": "Titre"}
        help_texts = {
            "title": "Tel que les lecteurs le verront, sans le nom du fichier\xa0: «\xa0Politique de qualité "
            "2021\xa0»."
        }
        widgets = {"audience": forms.RadioSelect}
        error_messages = {
            "entry": {"required": "Choisir la rubrique."},
            "audience": {"required": "Choisir qui lira ce document."},
            "title": {
                "required": "Écrire le titre du document.",
                "max_length": "Ce titre compte %(show_value)d caractères\xa0: "
                "le ramener à %(limit_value)d au plus.",
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = Document.Audience.choices  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        """On one line, in the direction in which it was typed."""
        return " ".join(richtext.DIRECTION_MARKS.sub("", self.cleaned_data["title"]).split())

    def clean_dated_on(self) -> datetime.date:
        dated_on: datetime.date = self.cleaned_data["dated_on"]
        if dated_on.year < 1900:
            raise forms.ValidationError("Écrire l’année en entier\xa0: 2021, par exemple.")
        return dated_on

    @property
    def description(self) -> Description:
        said = {name: self.cleaned_data[name] for name in self.Meta.fields}
        said |= {"entry": Entry(said["entry"]), "audience": Document.Audience(said["audience"])}
        return Description(**said)


class DepositForm(DescriptionForm):
    """The same, with the file."""

    file = PdfField(
        label="Fichier PDF",
        megabytes=MEGABYTES,
        help_text=f"Le document signé, {MEGABYTES}\xa0Mo au plus. Rien n’est publié avant votre relecture.",
    )
    field_order = ["file"]


class ReadAgainForm(forms.Form):
    """Which version the publisher has read."""

    version = VersionField()


class WithdrawDocumentForm(WithdrawForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "reason"
        ].help_text = "En une phrase. Il reste dans la liste des documents, pour les responsables qualité."


class IntroductionForm(VersionedForm):
    text = text_field("Texte", HOW_TO_TYPE, most=TEXT_MAX, rows=12)

    class Meta:
        model = Introduction
        fields = ["text"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if richtext.depth(text) > richtext.DEEPEST:
            raise forms.ValidationError(
                f"Les listes de ce texte sont emboîtées trop loin\xa0: {richtext.DEEPEST} niveaux au plus."
            )
        return text


class NoticesForm(VersionedForm):
    editor = text_field(
        "Éditeur du site",
        "Le nom de la préfecture et son adresse, comme sur un courrier.",
        most=REMARK_MAX,
        rows=4,
    )
    host = text_field(
        "Hébergeur",
        "Le nom, l’adresse et le téléphone de l’organisme dont les machines portent ce site.",
        most=REMARK_MAX,
        rows=4,
    )
    address = text_field("Adresse postale", "Où écrire à la préfecture.", most=REMARK_MAX, rows=4)
    dpo = text_field(
        "Délégué à la protection des données",
        "Le service et son adresse, postale ou électronique.",
        most=REMARK_MAX,
        rows=4,
    )

    class Meta:
        model = Notices
        fields = ["editor", "director", "host", "email", "phone", "address", "dpo"]
        labels = {
            "director": "Directeur de la publication",
            "email": "Adresse électronique",
            "phone": "Téléphone",
        }
        help_texts = {
            "director": "Sa fonction suffit\xa0: «\xa0le préfet des Bouches-du-Rhône\xa0».",
            "email": "Celle que le public peut utiliser. Format attendu\xa0: nom@domaine.fr",
            "phone": "Celui que le public peut appeler.",
        }
        error_messages = {
            "email": {"invalid": "Cette adresse n’est pas complète. Format attendu\xa0: nom@domaine.fr"}
        }

    @property
    def said(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
