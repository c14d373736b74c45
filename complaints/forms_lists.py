"""What is typed beside the work lists: the service to which ticked cases are given, the name of a view."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from complaints.forms import PlaceField, RemarkField
from complaints.models import KeptList
from sites.fields import LineField
from sites.models import Service, Unit


def ticked(values: Iterable[str]) -> dict[int, int]:
    """« 12-3 »: the case 12, of which the version 3 was seen. What is no such thing was ticked by nobody."""
    found = (re.fullmatch(r"(\d{1,18})-(\d{1,9})", value, re.ASCII) for value in values)
    return {int(one[1]): int(one[2]) for one in found if one}


class AssignForm(DsfrBaseForm):
    """To whom cases are given. Takes the open services of the préfecture, each with its unit, and the
    units."""

    place = PlaceField(
        label="Confier à",
        error_messages={
            "required": "Choisir un service, ou une unité.",
            "invalid_choice": "Ce service n’est plus ouvert\xa0: en choisir un autre.",
        },
    )
    remark = RemarkField("Mot pour le service", help_text="Il paraît dans le fil de chaque affaire.")

    def __init__(
        self, *arguments: Any, units: Iterable[Unit], services: Iterable[Service], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.fields["place"].offer(units, services)


class TitleForm(DsfrBaseForm):
    title = LineField(
        label="Nom de la vue",
        max_length=KeptList._meta.get_field("title").max_length,
        required_sentence="Donner un nom à cette vue.",
    )


class KeepForm(TitleForm):
    """The list that is kept, and what followed its address."""

    worklist = forms.CharField(max_length=20, widget=forms.HiddenInput)
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)
