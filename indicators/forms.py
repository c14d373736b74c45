"""What people type of a figure: read in French, refused in a sentence, kept in the field."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators.collection import Cell, Entry
from indicators.models import Measurement
from indicators.periods import FIRST_YEAR, ORDINALS, ROLLING, Period
from indicators.printed import MisfitError, read_result, read_target
from indicators.results import Board
from indicators.selection import Selection
from referentiel.measures import MONTHS, Comparator, Coverage, Printed, Verdict, in_french, of
from referentiel.models import Indicator, Target
from sheets.words import typeset
from sites.fields import PlainTextField, VersionField
from sites.lists import FilterForm
from sites.models import Unit

TEXT_MAX = 1_000
DIGITS_MAX = 12
PLACES_MAX = 4  # of a stored value

MONTH_CHOICES = [(number, MONTHS[number]) for number in range(1, 13)]


class WhereAskedMixin:
    """Its form says whether the field must be filled in: empty, it is neither « optionnel » nor refused."""

    def validate(self, value: Any) -> None:
        if value not in (None, ""):
            super().validate(value)  # type: ignore[misc]


class WholeNumberField(WhereAskedMixin, forms.CharField):
    """« 1 234 »: a number of cases, of days or of points, without sign or decimals."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = re.sub(r"\s", "", super().to_python(value) or "")
        if not text:
            return None
        if not re.fullmatch("[0-9]+", text):
            raise forms.ValidationError(f"«\xa0{text[:20]}\xa0» n’est pas un nombre entier sans signe.")
        if len(text.lstrip("0")) > DIGITS_MAX:
            raise forms.ValidationError(f"Ce nombre est trop grand\xa0: {DIGITS_MAX} chiffres au plus.")
        return int(text)


class SentenceField(PlainTextField):
    """A few lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 3}), **options)


class PrintedField(WhereAskedMixin, forms.CharField):
    """What a document prints for a result."""


class ReasonField(WhereAskedMixin, SentenceField):
    """A few lines that some answers ask for."""


class FigureForm(DsfrBaseForm):
    """A figure of a cell. Which fields count follows from `kind`; a rate is never typed but from a document
    that gives no base."""

    use_required_attribute = False

    class Kind:
        PAIR, VALUE, NOTHING, UNMEASURED = "pair", "value", "nothing", "unmeasured"

    kind = forms.ChoiceField(label="Ce que vous savez", widget=forms.RadioSelect)
    numerator = WholeNumberField()
    denominator = WholeNumberField()
    value = PrintedField(
        label="Valeur imprimée",
        max_length=60,
        help_text="Comme le document l’imprime, avec ses décimales\xa0: 94,00\xa0%.",
        error_messages={"max_length": "Ce texte est trop long pour un chiffre\xa0: 60 caractères au plus."},
    )
    first_month = forms.TypedChoiceField(label="Du mois de", choices=MONTH_CHOICES, coerce=int)
    last_month = forms.TypedChoiceField(label="Au mois de", choices=MONTH_CHOICES, coerce=int)
    reason = ReasonField(label="Motif")
    version = VersionField()

    def __init__(self, *arguments: Any, cell: Cell, is_correction: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cell, self.is_correction = cell, is_correction
        indicator = cell.indicator
        is_count = indicator.unit == Indicator.Unit.COUNT
        self.fields["kind"].choices = [
            (self.Kind.PAIR, "le nombre" if is_count else "les nombres qui font le résultat"),
            *(
                []
                if is_count
                else [(self.Kind.VALUE, "le résultat seul, sans nombre de cas (ancien document)")]
            ),
            *([] if is_count else [(self.Kind.NOTHING, "aucun cas dans l’année")]),
            (self.Kind.UNMEASURED, "il n’a pas pu être mesuré"),
        ]
        self["numerator"].label, self["denominator"].label = names_of(indicator)
        if is_count:
            del self.fields["denominator"], self.fields["value"]
            self.fields["kind"].choices = self.fields["kind"].choices[::3]
        self["reason"].help_text = (
            "Obligatoire\xa0: ce chiffre en remplace un autre, qui reste visible à côté."
            if is_correction
            else "Obligatoire si le chiffre n’a pas pu être mesuré."
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        match data.get("kind"):
            case self.Kind.PAIR:
                self._clean_pair()
            case self.Kind.VALUE:
                self._clean_value()
        first, last = data.get("first_month"), data.get("last_month")
        if first and last and first > last:
            self.add_error("last_month", "Le dernier mois vient avant le premier.")
        today = self.cell.prefecture.today()
        if last and self.cell.year == today.year and last > today.month:
            self.add_error("last_month", f"Le mois {of(MONTHS[last])} {today.year} n’a pas commencé.")
        if "reason" not in self.errors and not data.get("reason"):
            if data.get("kind") == self.Kind.UNMEASURED:
                self.add_error("reason", "Indiquer pourquoi il n’a pas pu être mesuré.")
            elif self.is_correction:
                self.add_error("reason", "Indiquer pourquoi le chiffre est corrigé.")
        return data

    def _clean_pair(self) -> None:
        names = [name for name in ("numerator", "denominator") if name in self.fields]
        for name in names:
            if name not in self.errors and self.cleaned_data.get(name) is None:
                self.add_error(name, "Donner ce nombre, ou choisir une autre réponse ci-dessus.")
        if self.errors or len(names) == 1:
            return
        numerator, denominator = (self.cleaned_data[name] for name in names)
        if self.cell.indicator.unit == Indicator.Unit.PERCENT and numerator > denominator:
            self.add_error(
                "numerator",
                f"Il y en a {in_french(numerator)} sur {in_french(denominator)}\xa0: "
                "le premier nombre ne peut pas dépasser le second.",
            )
        elif numerator and not denominator:
            self.add_error("denominator", "Sans aucun cas, le total est zéro lui aussi.")

    def _clean_value(self) -> None:
        if "value" in self.errors:
            return
        try:
            amount = read_result(self.cleaned_data["value"], self.cell.indicator.unit)
        except MisfitError as misfit:
            self.add_error("value", typeset(str(misfit)))
            return
        if amount is None:
            self.add_error("value", "Donner la valeur imprimée.")
        elif Printed(amount).places > PLACES_MAX:
            self.add_error("value", f"Garder {PLACES_MAX} décimales au plus.")
        else:
            self.cleaned_data["printed"] = Printed(amount)

    @property
    def entry(self) -> Entry:
        data = self.cleaned_data
        months = Coverage.span(data["first_month"], data["last_month"])
        said: dict[str, Any] = {"months": months, "reason": data["reason"]}
        match data["kind"]:
            case self.Kind.PAIR:
                said |= {"numerator": data["numerator"], "denominator": data.get("denominator")}
            case self.Kind.VALUE:
                said["value"] = data["printed"]
            case self.Kind.NOTHING:
                said |= {"numerator": 0, "denominator": 0}
        return Entry(**said)


def initial_of(row: Measurement | None, cell: Cell) -> dict[str, Any]:
    """What the form begins with: what is stored, without its reason, for a change needs its own."""
    today = cell.prefecture.today()
    last = today.month - 1 or 1 if cell.year == today.year else 12
    if row is None:
        return {"kind": FigureForm.Kind.PAIR, "first_month": 1, "last_month": last, "version": cell.version}
    kind = FigureForm.Kind.PAIR
    if row.measure is None:
        kind = FigureForm.Kind.UNMEASURED
    elif row.value is not None:
        kind = FigureForm.Kind.VALUE
    elif row.measure.value is None:
        kind = FigureForm.Kind.NOTHING
    printed = row.measure.amount if isinstance(row.measure, Printed) else None
    return {
        "kind": kind,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "value": "" if printed is None else in_french(printed),
        "first_month": row.first_month,
        "last_month": row.last_month,
        "version": cell.version,
    }


def names_of(indicator: Indicator) -> tuple[str, str]:
    """What the two numbers count, in the words of the référentiel where it has some."""
    first = indicator.numerator_name or {
        Indicator.Unit.PERCENT: "nombre de cas qui comptent",
        Indicator.Unit.COUNT: "nombre",
    }.get(Indicator.Unit(indicator.unit), f"total ({indicator.get_unit_display()})")
    second = indicator.denominator_name or "nombre de cas en tout"
    return first[0].upper() + first[1:], second[0].upper() + second[1:]


PARTS = (
    ("", "année entière"),
    ("Semestre", [("S1", "1er semestre"), ("S2", "2e semestre")]),
    ("Trimestre", [(f"T{number}", f"{ordinal} trimestre") for number, ordinal in enumerate(ORDINALS[1:], 1)]),
    ("Mois", [(f"{number:02}", name) for number, name in MONTH_CHOICES]),
    (
        "12 mois glissants",
        [(f"{number:02}-{ROLLING}", f"12 mois jusqu’en {name}") for number, name in MONTH_CHOICES],
    ),
)


class PeriodChoice(FilterForm):
    """A year and a part of it: where the board of another period is."""

    annee = forms.TypedChoiceField(label="Année", coerce=int)
    partie = forms.ChoiceField(label="Période", choices=PARTS)

    def __init__(self, *arguments: Any, on: datetime.date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["annee"].choices = [(year, year) for year in range(on.year, FIRST_YEAR - 1, -1)]

    @classmethod
    def of(cls, period: Period, *, on: datetime.date) -> "PeriodChoice":
        """The form as it stands on the page of a period."""
        year, _, part = period.slug.partition("-")
        return cls(initial={"annee": int(year), "partie": part}, on=on)

    @property
    def period(self) -> Period | None:
        """What was chosen, if anything was that makes sense."""
        if not self.is_valid() or not self.cleaned_data["annee"]:
            return None
        part = self.cleaned_data["partie"]
        return Period.parse(
            f"{self.cleaned_data['annee']}-{part}" if part else str(self.cleaned_data["annee"])
        )


class PartFilters(FilterForm):
    """Which part of a page of results is shown; its words are those of the page itself."""

    theme = forms.ChoiceField(label="Thème", required=False)
    unite = forms.ChoiceField(label="Unité", required=False)

    def __init__(self, *arguments: Any, themes: Iterable[str], units: Iterable[Unit], **options: Any) -> None:
        super().__init__(*arguments, **options)
        named = dict.fromkeys(theme for theme in themes if theme)
        self.fields["theme"].choices = [("", "tous"), *((theme, theme) for theme in named)]
        self.fields["unite"].choices = [("", "toutes"), *((unit.pk, unit.name) for unit in units)]
        self.is_valid()

    @property
    def is_used(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def chosen_theme(self) -> str | None:
        return self.cleaned_data.get("theme") or None

    def chosen_unit(self, units: Iterable[Unit]) -> Unit | None:
        return next((unit for unit in units if str(unit.pk) == self.cleaned_data.get("unite")), None)


class BoardFilters(PartFilters):
    resultat = forms.ChoiceField(
        label="Résultat",
        required=False,
        choices=[("", "tous"), *((verdict.value, verdict.label) for verdict in Verdict)],
    )

    def selection(self, board: Board) -> Selection:
        """A criterion that makes no sense is left out, and said beside its field."""
        said = self.cleaned_data.get("resultat")
        verdict = Verdict(said) if said else None
        return Selection(board, self.chosen_theme, self.chosen_unit(board.units), verdict)


class RemovalForm(DsfrBaseForm):
    reason = SentenceField(label="Motif", error_messages={"required": "Indiquer le motif."})
    version = VersionField()


class TargetForm(DsfrBaseForm):
    """The target printed beside a figure, as it should have been printed."""

    comparator = forms.ChoiceField(label="Comparaison", choices=Target.Comparator)
    value = forms.CharField(label="Objectif", max_length=60, help_text="95\xa0%, 5\xa0j, 3,5…")
    reason = SentenceField(
        label="Motif", error_messages={"required": "Indiquer pourquoi l’objectif imprimé est corrigé."}
    )
    version = VersionField()

    def __init__(self, *arguments: Any, indicator: Indicator, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._unit = indicator.unit

    def clean_value(self) -> Any:
        try:
            target = read_target(self.cleaned_data["value"], self._unit)
        except MisfitError as misfit:
            raise forms.ValidationError(typeset(str(misfit))) from misfit
        if target is None or target.comparator:
            raise forms.ValidationError("Donner le nombre seul\xa0: la comparaison est choisie à côté.")
        if Printed(target.value).places > PLACES_MAX:
            raise forms.ValidationError(f"Garder {PLACES_MAX} décimales au plus.")
        return target.value

    def clean_comparator(self) -> Comparator:
        return Comparator(self.cleaned_data["comparator"])


class RemarkForm(DsfrBaseForm):
    """The sentences of a month; empty, they are taken back."""

    text = SentenceField(label="Texte", required=False)
    version = VersionField()


class NoteForm(DsfrBaseForm):
    text = SentenceField(label="Note", error_messages={"required": "Écrire la note."})
    version = VersionField()


class NewNoteForm(DsfrBaseForm):
    """What the note is about: a cell where both are chosen, all of the table where none is."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label="Unité", required=False, empty_label="toutes les unités"
    )
    indicator = forms.ModelChoiceField(
        Indicator.objects.none(), label="Indicateur", required=False, empty_label="tous les indicateurs"
    )
    text = SentenceField(label="Note", error_messages={"required": "Écrire la note."})

    def __init__(self, *arguments: Any, units: Any, indicators: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unit"].queryset, self.fields["indicator"].queryset = units, indicators
