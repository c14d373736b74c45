"""What one looks for in the response rates, and how a gap with the register is settled."""

from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from complaints.models import Case
from indicators.forms import PARTS, SentenceField
from indicators.periods import Period
from sites.fields import VersionField
from sites.lists import FilterForm
from sites.models import Site, Unit

ADOPT, EXPLAIN = "adopt", "explain"


class YearFilters(FilterForm):
    """A choice that makes no sense is ignored, and said."""

    annee = forms.TypedChoiceField(label="Année", coerce=int)

    def __init__(self, *arguments: Any, years: Iterable[int], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["annee"].choices = [(year, str(year)) for year in years]

    def said(self, name: str) -> Any:
        """What was chosen; None where nothing was, or nothing that exists."""
        return None if name in self.errors else self.cleaned_data.get(name) or None


class ResponseFilters(YearFilters):
    unite = forms.ModelChoiceField(Unit.objects.none(), label="Unité", empty_label="toutes")
    nature = forms.ChoiceField(label="Nature", choices=[("", "toutes"), *Case.Kind.choices])
    canal = forms.ChoiceField(label="Canal", choices=[("", "tous"), *Case.Channel.choices])
    demandeur = forms.ChoiceField(label="Demandeur", choices=[("", "tous"), *Case.RequesterKind.choices])
    detail = forms.ChoiceField(label="Détail", choices=[("", "par année"), ("mois", "mois par mois")])

    def __init__(self, *arguments: Any, units: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unite"].queryset = units

    @property
    def columns(self) -> dict[str, Any]:
        """What was chosen, as columns of a case."""
        names = {"unit": "unite", "kind": "nature", "channel": "canal", "requester_kind": "demandeur"}
        chosen = {column: self.said(name) for column, name in names.items()}
        return {column: value for column, value in chosen.items() if value}


class SynthesisFilters(YearFilters):
    partie = forms.ChoiceField(label="Période", choices=PARTS[:3])
    unite = forms.ModelChoiceField(Unit.objects.none(), label="Unité", empty_label="toutes")
    site = forms.ModelChoiceField(Site.objects.none(), label="Site", empty_label="tous")

    def __init__(self, *arguments: Any, units: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unite"].queryset = units
        self.fields["site"].queryset = Site.objects.filter(unit__in=units)

    def period(self, year: int) -> Period:
        part = self.said("partie")
        return Period.parse(f"{year}-{part}" if part else f"{year}")

    @property
    def columns(self) -> dict[str, Any]:
        """What was chosen, as columns of a case."""
        chosen = {"unit": self.said("unite"), "site": self.said("site")}
        return {column: value for column, value in chosen.items() if value}


class GapForm(DsfrBaseForm):
    answer = forms.ChoiceField(
        label="Quel chiffre retenir\xa0?",
        choices=[(ADOPT, "celui du registre"), (EXPLAIN, "celui qui est saisi, et dire pourquoi")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisir l’un des deux chiffres."},
    )
    reason = SentenceField(
        label="Pourquoi les deux chiffres diffèrent", error_messages={"required": "Indiquer le motif."}
    )
    version = VersionField()
