"""What is typed in the control room of the months: filters, moves, the calendar, suspensions."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators import suspensions
from indicators.completeness import Mark
from indicators.forms import SentenceField
from indicators.models import EntrySchedule, MonthlyReturn, Suspension
from referentiel.models import Indicator
from sites import attachments
from sites.fields import PdfField, VersionField
from sites.forms_organisation import DayField
from sites.lists import FilterForm
from sites.models import Prefecture, Service, Site, Unit
from sites.workdays import YEARS

MONTH = re.compile(r"(?P<month>0?[1-9]|1[0-2])\s*/\s*(?P<year>\d{4})", re.ASCII)

State = MonthlyReturn.State

STATES = [
    ("", "toutes"),
    *Mark.choices,
    ("to_validate", "à valider"),
    *[
        (state.value, state.label)
        for state in (State.VALIDATED, State.RETURNED, State.CLOSED, State.REOPENED)
    ],
]


class MonthField(forms.CharField):
    """« 03/2020 »: a month, as its first day."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 8})

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%m/%Y}" if isinstance(value, datetime.date) else value

    def to_python(self, value: Any) -> datetime.date | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        found = MONTH.fullmatch(text)
        if found is None or not YEARS[0] <= int(found["year"]) <= YEARS[1]:
            raise forms.ValidationError(
                f"«\xa0{text[:20]}\xa0» n’est pas un mois. Format attendu\xa0: 03/2020."
            )
        return datetime.date(int(found["year"]), int(found["month"]), 1)


class FollowFilters(FilterForm):
    """Which months one looks for. A choice that makes no sense is ignored, and said."""

    annee = forms.TypedChoiceField(label="Année", coerce=int)
    unite = forms.ModelChoiceField(
        Unit.objects.none(),
        label="Unité",
        empty_label="toutes",
        error_messages={"invalid_choice": "Choisir."},
    )
    etat = forms.ChoiceField(label="Situation", choices=STATES)

    def __init__(self, *arguments: Any, units: Any, years: Iterable[int], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unite"].queryset = units
        self.fields["annee"].choices = [(year, str(year)) for year in years]

    def said(self, name: str) -> Any:
        """What was chosen; None where nothing was, or nothing that exists."""
        return None if name in self.errors else self.cleaned_data.get(name) or None

    @property
    def is_used(self) -> bool:
        return bool(self.said("unite") or self.said("etat"))


class ReasonForm(DsfrBaseForm):
    """A move that says why."""

    reason = SentenceField(label="Motif", error_messages={"required": "Indiquer le motif."})


class CommentForm(DsfrBaseForm):
    reason = SentenceField(
        label="Ce qu’il y a à corriger",
        help_text="Le référent le lit au-dessus de sa saisie.",
        error_messages={"required": "Indiquer ce qu’il y a à corriger."},
    )


class KeepOpenForm(ReasonForm):
    until = DayField(
        label="Laisser ouvert jusqu’au",
        help_text="Ce jour compris. Ensuite, le mois se clôt comme les autres.",
    )
    field_order = ["until", "reason"]


class ScheduleForm(DsfrBaseForm):
    """`agreed` is the number of past months that close at once, which its author has read."""

    first_month = MonthField(
        label="Premier mois suivi",
        help_text="Aucun mois d’avant n’est attendu. Exemple\xa0: 01/2026.",
        error_messages={"required": "Indiquer le premier mois."},
    )
    due_after = forms.IntegerField(
        label="Jours pour saisir",
        min_value=0,
        max_value=90,
        help_text="Après la fin du mois. Si ce jour n’est pas ouvré\xa0: jusqu’au jour ouvré suivant.",
        error_messages={"required": "Indiquer combien de jours."},
    )
    closes_after = forms.IntegerField(
        label="Jours avant la clôture",
        min_value=1,
        max_value=366,
        required=False,
        help_text="Après la fin du mois. Vide\xa0: aucun mois ne se clôt de lui-même.",
    )
    register_since = MonthField(
        label="Registre suivi depuis",
        required=False,
        help_text="Premier mois où tous les courriers et réclamations sont enregistrés ici\xa0: dès lors, "
        "leurs taux et délais sont calculés, chaque nuit, une fois le mois fini. Vide\xa0: tout est saisi.",
    )
    agreed = forms.IntegerField(required=False, widget=forms.HiddenInput)
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        due, closes = cleaned.get("due_after"), cleaned.get("closes_after")
        if due is not None and closes is not None and closes <= due:
            self.add_error(
                "closes_after",
                "Un mois se clôt après l’échéance de ses chiffres\xa0: donner plus de jours que pour saisir.",
            )
        return cleaned

    @classmethod
    def initial_of(cls, schedule: EntrySchedule, version: int) -> dict[str, Any]:
        names = ("first_month", "due_after", "closes_after", "register_since")
        return {name: getattr(schedule, name) for name in names} | {"version": version}


class SuspensionForm(DsfrBaseForm):
    """What a decision says. `agreed` is the number of figures left out that its author has read."""

    place = forms.ChoiceField(
        label="Portée", error_messages={"invalid_choice": "Cette portée n’existe plus\xa0: en choisir une."}
    )
    indicator = forms.ModelChoiceField(
        Indicator.objects.none(), label="Indicateur", required=False, empty_label="tous"
    )
    first_month = MonthField(
        label="Premier mois",
        help_text="Exemple\xa0: 03/2020.",
        error_messages={"required": "Indiquer le premier mois."},
    )
    last_month = MonthField(
        label="Dernier mois", required=False, help_text="Ce mois compris. Vide\xa0: jusqu’à nouvel ordre."
    )
    reason = SentenceField(
        label="Motif",
        help_text="Il est imprimé sous les tableaux que la suspension touche.",
        error_messages={"required": "Indiquer le motif."},
    )
    decided_on = DayField(label="Décidée le", required=False)
    agreed = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, prefecture: Prefecture, indicators: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.prefecture = prefecture
        self.fields["indicator"].queryset = indicators
        self.fields["indicator"].label_from_instance = lambda one: (
            f"{one.engagement.code} {one.title}".strip()
        )
        self.places = _places(prefecture)
        units, sites, services = (
            [(key, label) for key, (label, place) in self.places.items() if isinstance(place, kind)]
            for kind in (Unit, Site, Service)
        )
        groups = [("Unités", units), ("Sites", sites), ("Services", services)]
        self.fields["place"].choices = [
            ("prefecture", "toute la préfecture"),
            *[(name, choices) for name, choices in groups if choices],
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_month"), cleaned.get("last_month")
        if first and last and last < first:
            self.add_error("last_month", "Le dernier mois ne précède pas le premier.")
        return cleaned

    @property
    def terms(self) -> suspensions.Terms:
        said = self.cleaned_data
        names = ("first_month", "last_month", "reason", "decided_on", "indicator")
        _, place = self.places.get(said["place"], ("", None))
        return suspensions.Terms(**{name: said[name] for name in names}, place=place)


class ChangedSuspensionForm(SuspensionForm):
    why = SentenceField(
        label="Pourquoi la modifier",
        error_messages={"required": "Indiquer pourquoi la suspension est modifiée."},
    )
    version = VersionField()


class LiftForm(DsfrBaseForm):
    reason = SentenceField(
        label="Motif de la levée", error_messages={"required": "Indiquer pourquoi la suspension est levée."}
    )
    version = VersionField()


class DecisionForm(DsfrBaseForm):
    file = PdfField(
        label="Décision (PDF)", help_text=f"Le document signé, {attachments.MEGABYTES}\xa0Mo au plus."
    )
    version = VersionField()


def place_key(suspension: Suspension) -> str:
    """Its place, as the form's choice says it."""
    for name in ("unit", "site", "service"):
        if pk := getattr(suspension, f"{name}_id"):
            return f"{name}-{pk}"
    return "prefecture"


def _places(prefecture: Prefecture) -> dict[str, tuple[str, Unit | Site | Service]]:
    units = list(Unit.objects.filter(prefecture=prefecture))
    below = {"unit__prefecture": prefecture}
    sites = Site.objects.filter(**below).select_related("unit").prefetch_related("services")
    services = Service.objects.filter(**below).select_related("unit").order_by("unit__position", "short_name")
    named: list[tuple[str, str, Unit | Site | Service]] = [("unit", unit.name, unit) for unit in units]
    named += [("site", f"{site.unit.short_name}, {site.name}", site) for site in sites]
    named += [("service", f"{one.unit.short_name}, {one.name}", one) for one in services]
    return {f"{kind}-{place.pk}": (label, place) for kind, label, place in named}
