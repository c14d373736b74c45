from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators.answers import Code
from indicators.models import FigureImport
from indicators.norm import Norm
from sheets.reading import MAX_FILE_BYTES
from sheets.words import visible
from sheets.writing import KINDS
from sites.fields import VersionField
from sites.lists import KIND_LABELS

OLDEST_YEAR = 2008
REASON_MAX = 1_000
CORRECTED_MAX = 200

CORRECT, CONFIRM, LEAVE_OUT = "correct", "confirm", "leave_out"


class YearField(forms.TypedChoiceField):
    """A year that may have results: the current one, and those before it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, **options)

    def offer(self, latest: int) -> None:
        self.choices = [(year, str(year)) for year in range(latest, OLDEST_YEAR - 1, -1)]


class FileField(forms.FileField):
    """A table of one sheet, of a size that may be read."""

    widget = forms.ClearableFileInput(attrs={"class": "fr-upload"})

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="Fichier",
            max_length=255,
            help_text=(
                "CSV, ODS (LibreOffice) ou XLSX (Excel), avec une seule feuille remplie. 5\xa0Mo au plus."
            ),
            error_messages={"required": "Choisir le fichier à importer.", "empty": "Ce fichier est vide."},
            **options,
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(
                f"Ce fichier dépasse {MAX_FILE_BYTES // 1_000_000}\xa0Mo\xa0: n’en garder que le tableau."
            )
        return file


class UploadForm(DsfrBaseForm):
    year = YearField(
        label="Année des résultats",
        help_text="L’année du tableau, et non celle où il a été rédigé.",
    )
    contents = forms.ChoiceField(
        label="Ce que contient le fichier",
        choices=[
            (FigureImport.Contents.RESULTS, "Des résultats, un par ligne"),
            (FigureImport.Contents.NOTES, "Des notes imprimées sous le tableau"),
        ],
        initial=FigureImport.Contents.RESULTS,
        widget=forms.RadioSelect,
    )
    file = FileField()

    def __init__(self, *args: Any, latest_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].offer(latest_year)
        self.fields["year"].initial = latest_year - 1


class BlankForm(DsfrBaseForm):
    """Which blank table to download."""

    year = YearField(label="Année", error_messages={"invalid_choice": "Choisir une année de la liste."})
    kind = forms.ChoiceField(label="Format", choices=[(kind, KIND_LABELS[kind]) for kind in KINDS])

    def __init__(self, *args: Any, latest_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].offer(latest_year)


class AnswerForm(DsfrBaseForm):
    """What to do about a blocking problem. Where only names will do, they are offered."""

    decision = forms.ChoiceField(
        label="Que faire\xa0?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisir ce qu’il faut faire."},
    )
    corrected = forms.CharField(
        label="À lire à la place",
        required=False,
        max_length=CORRECTED_MAX,
        help_text="Pour corriger\xa0: la valeur, comme elle s’écrirait dans le tableau.",
    )
    reason = forms.CharField(
        label="Motif",
        max_length=REASON_MAX,
        help_text="En une phrase. Il reste dans l’historique de l’import et à côté du chiffre.",
        error_messages={
            "required": "Indiquer le motif.",
            "max_length": "Ce motif compte %(show_value)d caractères\xa0: "
            "le ramener à %(limit_value)d au plus.",
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = VersionField()

    def __init__(self, *args: Any, code: Code, cell: str, norm: Norm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cell = cell
        is_row = code in (Code.UNKNOWN_INDICATOR, Code.UNKNOWN_UNIT, Code.OTHER_PREFECTURE)
        choices = [(CORRECT, "Corriger")]
        if code == Code.TARGET_DOES_NOT_FIT:
            choices.append((CONFIRM, f"Confirmer «\xa0{cell}\xa0», qui est surprenant et juste"))
        left = "Laisser toute la ligne de côté" if is_row else "Laisser cette valeur de côté"
        choices.append((LEAVE_OUT, left))
        self.fields["decision"].choices = choices
        if names := _names(code, norm):
            self.fields["corrected"] = forms.ChoiceField(
                label="À lire à la place", required=False, choices=[("", "Choisir"), *names]
            )
            self.fields["corrected"].widget.attrs["class"] = "fr-select"
            self.order_fields(["decision", "corrected", "reason", "version"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        match cleaned.get("decision"):
            case "correct" if not cleaned.get("corrected") and "corrected" not in self.errors:
                self.add_error("corrected", "Indiquer ce qu’il faut lire à la place.")
            case "confirm":
                cleaned["corrected"] = self._cell
            case "leave_out":
                cleaned["corrected"] = ""
        cleaned["reason"] = visible(cleaned.get("reason", ""))
        return cleaned


def _names(code: Code, norm: Norm) -> list[tuple[str, str]]:
    match code:
        case Code.UNKNOWN_UNIT:
            names = [unit.name for unit in norm.units]
        case Code.OTHER_PREFECTURE:
            names = [norm.prefecture.name]
        case Code.UNKNOWN_INDICATOR:
            names = [f"{one.engagement.code} {one.title}".strip() for one in norm.indicators]
        case _:
            names = []
    return [(name, name) for name in dict.fromkeys(names)]


class ConfirmForm(forms.Form):
    """What the person who imports has read: its fingerprint on their screen."""

    read = forms.RegexField("^[0-9a-f]{64}$")
