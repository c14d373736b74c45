"""Fields of forms that several apps share."""

import re
from typing import Any
from unicodedata import category

from django import forms

from sheets.words import folded
from sites import attachments

# Marks that turn the direction of what follows: they can make a sentence read otherwise than it was typed.
DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


TOO_LONG = "Ce texte compte %(show_value)d caractères\xa0: le ramener à %(limit_value)d au plus."


NO_WORDS = "Écrire un numéro, un nom ou des mots."


def a_word_to_look_for(text: str) -> None:
    """A validator of searches: signs alone would stand for everything."""
    if not folded(text):
        raise forms.ValidationError(NO_WORDS)


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class VersionField(forms.IntegerField):
    """The version of a row that the author of a form has read."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(min_value=0, max_value=2**62)


class LineField(forms.CharField):
    """One line, in the direction in which it was typed."""

    def __init__(self, *, required_sentence: str = "", **options: Any) -> None:
        super().__init__(required=bool(required_sentence), **options)
        self.error_messages |= {"required": required_sentence, "max_length": TOO_LONG}

    def to_python(self, value: Any) -> str:
        return " ".join(DIRECTION_MARKS.sub("", super().to_python(value) or "").split())


class PlainTextField(forms.CharField):
    """Text of several lines, without control characters. A line end counts for one character."""

    widget = forms.Textarea
    default_error_messages = {"max_length": TOO_LONG}

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


class AttachedField(forms.FileField):
    """A file that is kept beside a row: of a kind that `sites.attachments` knows, and not too large."""

    widget = forms.FileInput
    accepted = attachments.ACCEPTED
    default_error_messages = {"empty": "Ce fichier est vide.", "invalid": "Choisir un fichier."}

    def __init__(self, *, megabytes: int = attachments.MEGABYTES, **options: Any) -> None:
        super().__init__(**options)
        self.megabytes = megabytes

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"accept": self.accepted}

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file and (file.size or 0) > self.megabytes * 1000 * 1000:
            raise forms.ValidationError(attachments.too_large(self.megabytes))
        return file


class PdfField(AttachedField):
    accepted = "application/pdf"
    default_error_messages = {"required": "Choisir le fichier PDF.", "invalid": "Choisir le fichier PDF."}


class LinesField(forms.CharField):
    """A list of names, one a line; blank lines and repetitions are left out."""

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 5}), **options)
        self.most, self.longest = most, longest

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (" ".join(line.split()) for line in (value or "").splitlines())
        names = list(dict.fromkeys(line for line in lines if line))
        if len(names) > self.most or any(len(name) > self.longest for name in names):
            raise forms.ValidationError(f"Au plus {self.most} noms, de {self.longest} caractères chacun.")
        return names


class RowsField(forms.ModelMultipleChoiceField):
    """Several rows of a table."""

    def clean(self, value: Any) -> Any:
        """SQLite does not compare a number that it could not hold: it raises."""
        try:
            return super().clean(value)
        except OverflowError as error:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "?"}
            ) from error
