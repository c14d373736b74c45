import datetime
from typing import Any, cast

from django import forms
from dsfr.forms import DsfrBaseForm

from publications import pdf, presentations, richtext
from publications.models import Bilan, Presentation
from sites.fields import PlainTextField, VersionField, day_input

REASON_MAX = 1_000


# What `richtext` makes of a typed text.
HOW_TO_TYPE = (
    "Une ligne vide sépare deux paragraphes\xa0; «\xa0-\xa0» en début de ligne fait un point de liste, "
    "«\xa0##\xa0» un sous-titre. **gras**, *italique*, [mots du lien](https://adresse)."
)


def text_field(label: str, help_text: str, *, most: int, rows: int) -> PlainTextField:
    return PlainTextField(
        label=label,
        required=False,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class PartForm(DsfrBaseForm):
    """Bounded by what a PDF is made for."""

    text = text_field("Texte", HOW_TO_TYPE, most=pdf.PART_CHARACTERS, rows=18)
    version = VersionField()

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if (lines := text.count("\n") + 1) > pdf.PART_LINES:
            raise forms.ValidationError(
                f"Ce texte compte {lines} lignes\xa0: le ramener à {pdf.PART_LINES} au plus."
            )
        html = richtext.to_html(text)
        if (marks := richtext.marks(html)) > pdf.PART_MARKS:
            raise forms.ValidationError(
                f"Ce texte compte {marks} mots en gras, en italique ou en lien\xa0: "
                f"en garder {pdf.PART_MARKS} au plus."
            )
        if (depth := richtext.depth(html)) > richtext.DEEPEST:
            raise forms.ValidationError(
                f"Les listes de ce texte s’emboîtent sur {depth} niveaux\xa0: "
                f"en garder {richtext.DEEPEST} au plus."
            )
        return text


class ReadForm(forms.Form):
    """An agreement to what was read, in the version that was read."""

    version = VersionField()


class PresentationForm(DsfrBaseForm, forms.ModelForm):
    """A meeting, noted before it takes place or after. `editions` are those that may be shown there."""

    edition = forms.TypedChoiceField(
        label="Édition présentée",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Vide\xa0: le bilan de l’année, quelle que soit son édition.",
    )
    held_on = forms.DateField(
        label="Date de la réunion",
        help_text="Une date à venir est affichée «\xa0prévu le…\xa0».",
        widget=day_input(),
        error_messages={"required": "Indiquer la date de la réunion.", "invalid": "Cette date n’existe pas."},
    )
    remark = PlainTextField(
        label="Remarque",
        required=False,
        max_length=300,
        help_text="Une phrase, que le public lira\xa0: «\xa0avis favorable\xa0».",
        error_messages={
            "max_length": "Cette remarque compte %(show_value)d caractères\xa0: "
            "la ramener à %(limit_value)d au plus."
        },
        widget=forms.TextInput,
    )
    version = VersionField()

    class Meta:
        model = Presentation
        fields = ["body", "held_on", "edition", "remark"]
        labels = {"body": "Instance"}
        error_messages = {"body": {"required": "Choisir l’instance."}}

    def __init__(self, *args: Any, editions: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(number, f"édition {number}") for number in editions]
        edition = cast(forms.TypedChoiceField, self.fields["edition"])
        edition.choices = [("", "toutes les éditions"), *choices]
        self.initial["version"] = presentations.version(self.instance)

    def clean_held_on(self) -> datetime.date:
        held_on: datetime.date = self.cleaned_data["held_on"]
        first, last = datetime.date(self.instance.year, 1, 1), datetime.date(self.instance.year + 10, 12, 31)
        if not first <= held_on <= last:
            raise forms.ValidationError(
                f"Un bilan de {self.instance.year} ne se présente pas à cette date\xa0: vérifier l’année."
            )
        return held_on

    def clean_remark(self) -> str:
        return " ".join(self.cleaned_data["remark"].split())

    def _post_clean(self) -> None:
        """The préfecture and the year are not in the form, but belong to what must be unique."""
        super()._post_clean()
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except forms.ValidationError as error:
                self.add_error(None, error)


class FreezeForm(DsfrBaseForm):
    """What the signer read: the hash of the content on their screen. `corrected` is the edition that the
    public has read, of which the new one says what it corrects."""

    read = forms.RegexField("^[0-9a-f]{64}$", widget=forms.HiddenInput)
    erratum = PlainTextField(
        label="Ce que corrige cette édition, et pourquoi",
        max_length=pdf.ERRATUM_CHARACTERS,
        help_text="Ce texte sera imprimé après la page de titre et affiché en tête de la page publique.",
        error_messages={"required": "Dire ce que cette édition corrige, et pourquoi."},
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, corrected: Bilan | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if corrected is None:
            del self.fields["erratum"]


class FlashForm(DsfrBaseForm):
    """What was read: the hash of the content on the screen; and, where an edition has been sent, what the new
    one corrects of it."""

    read = forms.RegexField("^[0-9a-f]{64}$", widget=forms.HiddenInput)
    correction = PlainTextField(
        label="Ce que corrige cette édition, et pourquoi",
        max_length=REASON_MAX,
        help_text="En une phrase ou deux, lues en tête de la page et du courriel.",
        error_messages={
            "required": "Dire ce que cette édition corrige, et pourquoi.",
            "max_length": "Ce texte compte %(show_value)d caractères\xa0: "
            "le ramener à %(limit_value)d au plus.",
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, is_correction: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_correction:
            del self.fields["correction"]


class WithdrawForm(DsfrBaseForm):
    reason = PlainTextField(
        label="Motif du retrait",
        max_length=REASON_MAX,
        help_text="En une phrase. Le public la lira dans la liste des éditions.",
        error_messages={
            "required": "Indiquer le motif du retrait.",
            "max_length": "Ce motif compte %(show_value)d caractères\xa0: "
            "le ramener à %(limit_value)d au plus.",
        },
        widget=forms.Textarea(attrs={"rows": 4}),
    )
