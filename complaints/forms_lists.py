"""What is typed beside the work lists: the service to which ticked cases are given, the name of a view."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from complaints.models import KeptList
from sheets.words import visible
from sites.fields import PlainTextField
from sites.models import Service, Unit


def ticked(values: Iterable[str]) -> dict[int, int]:
    """« 12-3 »: the case 12, of which the version 3 was seen. What is no such thing was ticked by nobody."""
    found = (re.fullmatch(r"(\d{1,18})-(\d{1,9})", value, re.ASCII) for value in values)
    return {int(one[1]): int(one[2]) for one in found if one}


class AssignForm(DsfrBaseForm):
    """To whom cases are given: a service, or a unit that will find one. Takes the open services of the
    préfecture, each with its unit, and the units."""

    place = forms.ChoiceField(
        label="Confier à",
        error_messages={
            "required": "Choisir un service, ou une unité.",
            "invalid_choice": "Ce service n’est plus ouvert\xa0: en choisir un autre.",
        },
    )
    remark = PlainTextField(
        label="Mot pour le service",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Il paraît dans le suivi de chaque courrier.",
    )

    def __init__(
        self, *arguments: Any, units: Iterable[Unit], services: Iterable[Service], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.places: dict[str, tuple[Unit, Service | None]] = {}
        choices: list[Any] = [("", "choisir un service")]
        services = list(services)
        for unit in units:
            own: list[tuple[str, Unit, Service | None, str]]
            own = [(f"u{unit.pk}", unit, None, f"{unit.short_name}, sans préciser le service")]
            own += [(f"s{each.pk}", unit, each, each.name) for each in services if each.unit_id == unit.pk]
            choices.append((unit.name, [(code, label) for code, _, _, label in own]))
            self.places |= {code: (unit, service) for code, unit, service, _ in own}
        self.fields["place"].choices = choices

    @property
    def place_said(self) -> tuple[Unit, Service | None]:
        return self.places[self.cleaned_data["place"]]


class TitleForm(DsfrBaseForm):
    title = forms.CharField(
        label="Nom de la vue",
        max_length=KeptList._meta.get_field("title").max_length,
        error_messages={"required": "Donner un nom à cette vue."},
    )

    def clean_title(self) -> str:
        return " ".join(visible(self.cleaned_data["title"]).split())


class KeepForm(TitleForm):
    """The list that is kept, and what followed its address."""

    worklist = forms.CharField(max_length=20, widget=forms.HiddenInput)
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)
