"""What is typed on the pages of the organisation. `sites.organisation` decides whether it may be."""

import datetime
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db.models import Q
from dsfr.forms import DsfrBaseForm

from sites.fields import LinesField, RowsField, day_input
from sites.models import Closure, Prefecture, Service, Site, Unit, lasting
from sites.organisation import TIME_ZONE_OF, State
from sites.workdays import YEARS, ZONE_LABELS, UnknownZoneError, zone_of

REQUIRED = {"required": "Remplissez ce champ."}


class DayField(forms.DateField):
    """A day in the years of the calendar: « 3202 » is a slip of the keyboard."""

    def __init__(self, **options: Any) -> None:
        first, last = datetime.date(YEARS[0], 1, 1), datetime.date(YEARS[1], 12, 31)
        sentence = f"Une date de {YEARS[0]} à {YEARS[1]}."
        super().__init__(
            widget=day_input(),
            validators=[MinValueValidator(first, sentence), MaxValueValidator(last, sentence)],
            error_messages={
                "required": "Écrivez une date.",
                "invalid": "Cette date n’existe pas. Format attendu\xa0: 26/11/2026.",
            },
            **options,
        )


class CheckboxInput(forms.CheckboxInput):
    """Its name tells the DSFR how to draw it."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class TickField(forms.BooleanField):
    """Yes or no: a box left empty is an answer, not something optional."""

    widget = CheckboxInput

    def validate(self, value: Any) -> None:
        pass


class VersionedForm(DsfrBaseForm, forms.ModelForm):
    """Carries the version of the row that its author read (`organisation.version_of`)."""

    seen = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.error_messages.setdefault("required", REQUIRED["required"])
            if field.required and not isinstance(field, DayField):
                field.error_messages |= REQUIRED


class PrefectureForm(VersionedForm):
    """The sheet of a préfecture, for its quality manager."""

    good_friday_is_off = TickField(
        label="Vendredi saint chômé", help_text="N’a d’effet qu’en Alsace-Moselle, comme le 26 décembre."
    )
    time_zone = forms.ChoiceField(label="Fuseau horaire")

    class Meta:
        model = Prefecture
        fields = ["name", "territory", "state_title", "zone", "good_friday_is_off", "time_zone", "reply_to"]
        help_texts = {
            "name": "Par exemple\xa0: Préfecture du Bas-Rhin.",
            "territory": "Par exemple\xa0: Bas-Rhin.",
            "state_title": "En haut de chaque page et des documents. Par exemple\xa0: Préfet du Bas-Rhin.",
            "zone": "Les jours fériés ne comptent pas dans les délais.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones = {clock: f"{clock} ({ZONE_LABELS[zone]})" for zone, clock in TIME_ZONE_OF.items()}
        zones["Europe/Paris"] = "Europe/Paris (Métropole)"
        if self.instance.time_zone:
            zones.setdefault(self.instance.time_zone, self.instance.time_zone)
        self.fields["time_zone"].choices = list(zones.items())  # type: ignore[attr-defined]


class InstalledPrefectureForm(PrefectureForm):
    """The same for the administrator, with what names the préfecture in the installation."""

    class Meta(PrefectureForm.Meta):
        fields = ["code", "name", "territory", "state_title", "slug", *PrefectureForm.Meta.fields[3:]]
        help_texts = PrefectureForm.Meta.help_texts | {
            "code": "Code officiel, sur deux ou trois signes\xa0: 67, 2A, 974.",
            "slug": "Celle des pages publiques\xa0: bas-rhin donne «\xa0/bas-rhin/\xa0». Vide, elle vient du "
            "territoire. Elle ne change plus après la première publication.",
        }
        error_messages = {
            "code": {"unique": "Une préfecture de l’installation porte déjà ce code."},
            "slug": {
                "unique": "Une préfecture de l’installation a déjà cette adresse.",
                "invalid": "Lettres sans accent, chiffres et traits d’union seulement.",
            },
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["slug"].required = False
        if not self.instance.pk:
            for name, proposal in (("zone", "d’après le code"), ("time_zone", "d’après la zone")):
                field = self.fields[name]
                field.required = False
                choices = [choice for choice in field.choices if choice[0]]  # type: ignore[attr-defined]
                field.choices = [("", proposal), *choices]  # type: ignore[attr-defined]
                field.initial = self.initial[name] = ""

    def clean_code(self) -> str:
        """« 1 » is « 01 », « 2a » is « 2A »: as the official code is written."""
        code = str(self.cleaned_data["code"]).strip().upper().zfill(2)
        try:
            zone_of(code)
        except UnknownZoneError as error:
            raise forms.ValidationError(
                "Ce code n’est celui d’aucun département ni d’aucune collectivité."
            ) from error
        return code

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()


class UnitForm(VersionedForm):
    position = forms.IntegerField(
        label="Ordre",
        min_value=0,
        max_value=99,
        help_text="Place de la colonne dans les tableaux\xa0: 0 pour la première.",
    )
    aliases = LinesField(
        most=50,
        longest=120,
        label="Autres noms",
        required=False,
        help_text="Noms imprimés dans d’anciens documents, un par ligne\xa0: l’import les reconnaît. "
        "Un nom que vous remplacez s’y ajoute de lui-même.",
    )

    class Meta:
        model = Unit
        fields = ["kind", "name", "short_name", "position", "aliases"]
        help_texts = {
            "name": "Par exemple\xa0: Sous-préfecture d’Arles.",
            "short_name": "En tête des colonnes du tableau de bord. Par exemple\xa0: Arles.",
        }


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, unit: Any) -> str:
        return str(unit.name)


class SiteForm(VersionedForm):
    unit = UnitChoice(label="Unité", queryset=Unit.objects.none(), empty_label="Choisir une unité")
    address = forms.CharField(
        label="Adresse",
        required=False,
        validators=[MaxLengthValidator(500, "Au plus 500 caractères.")],
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Site
        fields = ["unit", "name", "address"]
        help_texts = {"name": "Le nom sous lequel les usagers le connaissent."}

    def __init__(self, *args: Any, prefecture: Prefecture, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["unit"].queryset = prefecture.units.all()  # type: ignore[attr-defined]


class ParentChoice(forms.ModelChoiceField):
    def label_from_instance(self, service: Any) -> str:
        return f"{service.short_name} ({service.unit.short_name})"


class SitesChoice(RowsField):
    def label_from_instance(self, site: Any) -> str:
        return f"{site.name} ({site.unit.short_name})"


class ServiceForm(VersionedForm):
    """What a service is called and where it stands."""

    parent = ParentChoice(
        label="Rattaché à",
        required=False,
        queryset=Service.objects.none(),
        empty_label="aucun autre service",
    )
    sites = SitesChoice(
        label="Sites",
        required=False,
        queryset=Site.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Où le service reçoit ou travaille.",
    )

    class Meta:
        model = Service
        fields = ["name", "short_name", "parent", "sites"]
        help_texts = {
            "name": "Par exemple\xa0: Bureau de l’accueil et de l’admission au séjour.",
            "short_name": "Le nom court employé dans les tableaux. Par exemple\xa0: BAAS.",
        }

    def __init__(self, *args: Any, prefecture: Prefecture, **options: Any) -> None:
        super().__init__(*args, **options)
        service = self.instance
        open_or_held = lasting(prefecture.today()) | Q(pk=service.parent_id)
        services = Service.objects.filter(open_or_held, unit__prefecture=prefecture).exclude(pk=service.pk)
        self.fields["parent"].queryset = services.select_related("unit")  # type: ignore[attr-defined]
        sites = Site.objects.filter(unit__prefecture=prefecture)
        self.fields["sites"].queryset = sites.select_related("unit")  # type: ignore[attr-defined]

    @property
    def state(self) -> State:
        typed = self.cleaned_data
        return State(typed["name"], typed["short_name"], typed["parent"], frozenset(typed["sites"]))


class NewServiceForm(ServiceForm):
    unit = UnitChoice(label="Unité", queryset=Unit.objects.none(), empty_label="Choisir une unité")

    class Meta(ServiceForm.Meta):
        fields = ["unit", *ServiceForm.Meta.fields]

    def __init__(self, *args: Any, prefecture: Prefecture, **options: Any) -> None:
        super().__init__(*args, prefecture=prefecture, **options)
        self.fields["unit"].queryset = prefecture.units.all()  # type: ignore[attr-defined]


class RenameForm(ServiceForm):
    starts_on = DayField(label="À partir du", help_text="Premier jour du changement, passé ou à venir.")

    field_order = ["starts_on"]


class EndForm(VersionedForm):
    ends_on = DayField(
        label="Dernier jour du service",
        required=False,
        help_text="Passé ou à venir. Vide\xa0: le service n’a pas de fin.",
    )

    class Meta:
        model = Service
        fields = ["ends_on"]


class CancelForm(VersionedForm):
    """Nothing to fill in: a button."""

    class Meta:
        model = Service
        fields: list[str] = []


class SiteChoice(forms.ModelChoiceField):
    def label_from_instance(self, site: Any) -> str:
        return f"{site.name} ({site.unit.short_name})"


class ClosureForm(VersionedForm):
    site = SiteChoice(
        label="Où",
        required=False,
        queryset=Site.objects.none(),
        empty_label="toute la préfecture",
    )
    starts_on = DayField(label="Premier jour")
    ends_on = DayField(label="Dernier jour", help_text="Le même que le premier pour une seule journée.")
    stops_the_clock = TickField(
        label="Suspend les délais",
        help_text="Les jours de la fermeture ne comptent alors pas dans les délais de réponse. "
        "Réservé à une fermeture de toute la préfecture.",
    )

    class Meta:
        model = Closure
        fields = ["site", "starts_on", "ends_on", "reason", "stops_the_clock"]
        help_texts = {
            "reason": "Par exemple\xa0: pont de l’Ascension. Sans nom de personne.",
        }

    def __init__(self, *args: Any, prefecture: Prefecture, **options: Any) -> None:
        super().__init__(*args, **options)
        sites = Site.objects.filter(unit__prefecture=prefecture)
        self.fields["site"].queryset = sites.select_related("unit")  # type: ignore[attr-defined]
