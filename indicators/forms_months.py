import datetime
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators.forms_imports import FileField, YearField
from indicators.periods import Period, month_of, shifted
from referentiel.measures import MONTHS
from sheets.writing import KINDS
from sites.lists import KIND_LABELS


class MonthTableForm(DsfrBaseForm):
    """Which months to take away: one of them, or all of a year."""

    use_required_attribute = False

    year = YearField(label="Année", error_messages={"invalid_choice": "Choisir une année de la liste."})
    month = forms.TypedChoiceField(
        label="Mois",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "toute l’année"), *((number, MONTHS[number]) for number in range(1, 13))],
        error_messages={"invalid_choice": "Choisir un mois de la liste."},
    )
    kind = forms.ChoiceField(
        label="Format", initial="ods", choices=[(kind, KIND_LABELS[kind]) for kind in KINDS]
    )

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_years(self, on)

    @property
    def period(self) -> Period:
        year, month = self.cleaned_data["year"], self.cleaned_data["month"]
        return Period.parse(f"{year}-{month:02}") if month else Period.year(year)


class MonthFileForm(DsfrBaseForm):
    year = YearField(label="Année des chiffres", error_messages={"invalid_choice": "Choisir une année."})
    file = FileField()

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="apporter_%s", **kwargs)  # beside the other form, on one page
        _offer_years(self, on)


def _offer_years(form: forms.Form, on: datetime.date) -> None:
    """In January one fills in December."""
    form.fields["year"].offer(on.year)  # type: ignore[attr-defined]
    form.fields["year"].initial = shifted(month_of(on), -1).year
