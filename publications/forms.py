import re
from typing import Any
from unicodedata import category

from django import forms
from dsfr.forms import DsfrBaseForm

from publications import pdf

REASON_MAX = 1_000

# Marks that turn the direction of what follows: they can make a sentence read otherwise than it was typed.
DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class PlainTextField(forms.CharField):
    """Text of several lines, without control characters. A line end counts for one character."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        text = re.sub("\r\n?|\u2028|\u2029", "\n", text).replace("\t", " ")
        kept = (
            character for character in text if character == "\n" or category(character) not in ("Cc", "Cs")
        )
        return DIRECTION_MARKS.sub("", "".join(kept)).strip()

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without « maxlength »: a browser would cut a pasted text in silence."""
        return {}


class PartForm(DsfrBaseForm):
    """Bounded by what a PDF is made for."""

    text = PlainTextField(
        label="Texte",
        required=False,
        max_length=pdf.PART_CHARACTERS,
        help_text="Une ligne vide sépare deux paragraphes\xa0; "
        "«\xa0-\xa0» en début de ligne fait un point de liste.",
        error_messages={
            "max_length": "Ce texte compte %(show_value)d caractères\xa0: "
            "le ramener à %(limit_value)d au plus."
        },
        widget=forms.Textarea(attrs={"rows": 18}),
    )
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if (lines := text.count("\n") + 1) > pdf.PART_LINES:
            raise forms.ValidationError(
                f"Ce texte compte {lines} lignes\xa0: le ramener à {pdf.PART_LINES} au plus."
            )
        return text


class FreezeForm(forms.Form):
    """What the signer read: the hash of the content on their screen."""

    read = forms.RegexField("^[0-9a-f]{64}$")


class WithdrawForm(DsfrBaseForm):
    reason = PlainTextField(
        label="Motif du retrait",
        max_length=REASON_MAX,
        help_text="En une phrase. Le public la lira sur l’édition qui remplacera celle-ci.",
        error_messages={
            "required": "Indiquer le motif du retrait.",
            "max_length": "Ce motif compte %(show_value)d caractères\xa0: "
            "le ramener à %(limit_value)d au plus.",
        },
        widget=forms.Textarea(attrs={"rows": 4}),
    )
