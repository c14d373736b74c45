from collections.abc import Iterable
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators.forms_control import MonthField
from indicators.forms_imports import ConfirmForm
from indicators.models import PhoneLine
from indicators.phones import COLUMNS, OPTIONAL
from referentiel.models import Indicator
from sites.fields import VersionField
from sites.models import Service


class PhoneLineForm(DsfrBaseForm):
    number = forms.CharField(
        label="Numéro ou nom de la ligne",
        max_length=60,
        help_text="Comme le serveur téléphonique l’écrit dans ses fichiers.",
        error_messages={"required": "Indiquer le numéro ou le nom de la ligne."},
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        label="Service",
        empty_label="Choisir",
        error_messages={"required": "Choisir le service.", "invalid_choice": "Choisir le service."},
    )
    indicator = forms.ModelChoiceField(
        Indicator.objects.none(),
        label="Indicateur",
        help_text="Celui des appels perdus\xa0: les appels perdus sur les appels reçus.",
        empty_label="Choisir",
        error_messages={"required": "Choisir l’indicateur.", "invalid_choice": "Choisir l’indicateur."},
    )
    first_month = MonthField(
        label="Premier mois compté",
        required=False,
        help_text="Exemple\xa0: 03/2020. Vide\xa0: depuis toujours.",
    )
    last_month = MonthField(
        label="Dernier mois compté",
        required=False,
        help_text="Ce mois compris. Vide\xa0: jusqu’à nouvel ordre.",
    )
    version = VersionField()

    def __init__(
        self, *arguments: Any, services: Any, indicators: Any, line: PhoneLine, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._line = line
        self.fields["service"].queryset, self.fields["indicator"].queryset = services, indicators
        self.fields["service"].label_from_instance = lambda one: f"{one.unit.short_name}, {one.name}"
        self.fields["indicator"].label_from_instance = lambda one: (
            f"{one.engagement.code} {one.title}".strip()
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first_month"), data.get("last_month")
        if first and last and first > last:
            self.add_error("last_month", "Le dernier mois vient avant le premier.")
        return data

    @property
    def line(self) -> PhoneLine:
        """The line as it was typed."""
        for name in ("number", "service", "indicator", "first_month", "last_month"):
            setattr(self._line, name, self.cleaned_data[name])
        return self._line


class PhoneConfirmForm(ConfirmForm):
    """`is_agreed`: that the months of which the file has some days alone are written all the same."""

    is_agreed = forms.BooleanField(required=False)


class ColumnsForm(DsfrBaseForm):
    """Which column of a file says what."""

    def __init__(self, *arguments: Any, headers: Iterable[str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [("", "Choisir"), *((one, one.replace("_", " ")) for one in headers)]
        for name, label in COLUMNS.items():
            self.fields[name] = forms.ChoiceField(
                label=label,
                required=name not in OPTIONAL,
                choices=[("", "aucune"), *choices[1:]] if name in OPTIONAL else choices,
                error_messages={"required": "Choisir la colonne."},
                widget=forms.Select(attrs={"class": "fr-select"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        chosen = [header for header in data.values() if header]
        for name, header in list(data.items()):
            if header and chosen.count(header) > 1:
                self.add_error(name, "Cette colonne est choisie deux fois.")
        return data
