"""Fields of forms that several apps share."""

import re
from typing import Any
from unicodedata import category

from django import forms

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
