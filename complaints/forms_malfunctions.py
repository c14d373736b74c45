"""What is typed of a malfunction. `malfunctions` decides whether it may be."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from dsfr.forms import DsfrBaseForm

from complaints.forms import TEXT_MAX, Choice, PlaceField, RemarkField, SiteField
from complaints.malfunctions import Description
from complaints.models import Malfunction
from sites import attachments
from sites.fields import AttachedField, LineField, PlainTextField, VersionField
from sites.forms_organisation import DayField
from sites.models import Service, Site, Unit


class ReportForm(DsfrBaseForm):
    noticed_on = DayField(label="Constaté le")
    place = PlaceField(label="Où")
    site = SiteField(label="Site concerné", empty_label="aucun en particulier")
    subject = LineField(
        label="Ce qui ne va pas",
        max_length=200,
        required_sentence="Écrire en une phrase ce qui ne va pas.",
        help_text="En une phrase\xa0: «\xa0La borne d’accueil n’imprime plus de tickets\xa0».",
    )
    text = PlainTextField(
        label="Précisions",
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Depuis quand, pour qui, ce qui a déjà été essayé. Ne pas y nommer un usager.",
    )
    file = AttachedField(
        label="Photo ou document",
        required=False,
        help_text=f"Image, PDF ou document de bureautique\xa0; {attachments.MEGABYTES}\xa0Mo au plus.",
    )

    def __init__(
        self,
        *arguments: Any,
        units: Iterable[Unit],
        services: Iterable[Service],
        sites: QuerySet[Site],
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.fields["place"].offer(units, services, whole="aucun service en particulier")
        self.fields["site"].queryset = sites

    @property
    def body(self) -> bytes:
        file = self.cleaned_data["file"]
        return bytes(file.read()) if file else b""

    @property
    def said(self) -> Description:
        unit, service = self.cleaned_data["place"]
        names = ("noticed_on", "site", "subject", "text")
        typed = {name: self.cleaned_data[name] for name in names}
        return Description(unit=unit, service=service, **typed)


class CorrectionForm(ReportForm):
    version = VersionField()

    def __init__(self, *arguments: Any, malfunction: Malfunction, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if malfunction.file_name:
            self["file"].help_text += " Il prend la place de celui qui est gardé."


class StepForm(DsfrBaseForm):
    """The names of its fields are those of the arguments of its verb."""

    version = VersionField()


class TakingForm(StepForm):
    answer = RemarkField("Ce qui est fait", help_text="La personne qui l’a signalé le lira.")


class ClosingForm(StepForm):
    state = Choice(
        [(state.value, state.label) for state in Malfunction.CLOSED],
        label="État",
        empty="Choisir",
    )
    answer = RemarkField(
        "Ce qui a été fait, ou pourquoi rien ne l’est",
        required=True,
        help_text="La personne qui l’a signalé le lira.",
        error_messages={"required": "Écrire ce qui a été fait, ou pourquoi rien ne l’est."},
    )


class ReopeningForm(StepForm):
    answer = RemarkField(
        "Pourquoi le rouvrir", required=True, error_messages={"required": "Dire pourquoi il est rouvert."}
    )
