"""What is typed in the action plan and in the calendar. `plan` and `duties` decide whether it may be."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from dsfr.forms import DsfrBaseForm

from improvement import duties, plan
from improvement.models import Action, Duty
from improvement.proofs import Proof
from indicators.forms import SentenceField
from referentiel.models import Certainty
from sites import attachments
from sites.fields import AttachedField, LineField, VersionField
from sites.forms_organisation import DayField, TickField
from sites.models import Agent, Unit


class OwnerField(forms.ModelChoiceField):
    """An agent who works in the préfecture."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Agent.objects.none(), **options)
        self.error_messages |= {
            "required": "Choisir la personne responsable.",
            "invalid_choice": "Cette personne n’est pas agent de la préfecture aujourd’hui.",
        }


class ActionForm(DsfrBaseForm):
    """What is said of an action. Where it comes from a figure, its origin and its unit are those of it."""

    title = LineField(
        label="Action",
        max_length=160,
        required_sentence="Écrire l’action en une phrase.",
        help_text="Ce qui va être fait, en une phrase\xa0: «\xa0Former deux agents à l’accueil "
        "téléphonique\xa0».",
    )
    origin = LineField(
        label="Origine",
        max_length=300,
        required_sentence="Indiquer d’où vient l’action.",
        help_text="Audit, comité local des usagers, enquête, idée d’un agent…",
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label="Unité", required=False, empty_label="toute la préfecture"
    )
    description = SentenceField(label="Description", required=False)
    due_on = DayField(label="Échéance")
    field_order = ["title", "origin", "unit", "description", "owner", "due_on"]

    def __init__(self, *arguments: Any, units: QuerySet[Unit], is_of_figure: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unit"].queryset = units
        if is_of_figure:
            del self.fields["origin"], self.fields["unit"]

    @property
    def description_said(self) -> plan.Description:
        names = ("title", "due_on", "description", "origin", "unit")
        return plan.Description(**{name: self.cleaned_data[name] for name in names if name in self.fields})


class ChangedActionForm(ActionForm):
    version = VersionField()


class NewActionForm(ActionForm):
    owner = OwnerField(
        label="Responsable",
        empty_label="choisir une personne",
        help_text="Un agent invité paraît ici après sa première connexion.",
    )

    def __init__(self, *arguments: Any, owners: QuerySet[Agent], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["owner"].queryset = owners


class HandForm(DsfrBaseForm):
    owner = OwnerField(label="Nouveau responsable", empty_label="choisir une personne")
    reason = SentenceField(label="Motif", required=False)

    def __init__(self, *arguments: Any, owners: QuerySet[Agent], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["owner"].queryset = owners


class ReasonForm(DsfrBaseForm):
    """What is taken back, abandoned or taken up again says why."""

    reason = SentenceField(label="Motif", error_messages={"required": "Indiquer le motif."})


class ProofForm(DsfrBaseForm):
    """What shows that something was done. A file alone, a sentence alone, or both."""

    done_on = DayField(label="Faite le")
    proof = SentenceField(
        label="Preuve",
        required=False,
        help_text="Ce qui montre que c’est fait\xa0: une phrase ici, un fichier, ou les deux.",
    )
    file = AttachedField(
        label="Fichier",
        required=False,
        help_text=f"PDF, image, ou document de bureautique\xa0; {attachments.MEGABYTES}\xa0Mo au plus.",
    )

    @property
    def proof_said(self) -> Proof:
        file = self.cleaned_data["file"]
        return Proof(self.cleaned_data["proof"], file.read() if file else b"")


class FinishForm(ProofForm):
    def __init__(self, *arguments: Any, action: Action, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if action.proof_file:
            self["file"].help_text += " Il prend la place de celui qui est gardé."


class DoneForm(ProofForm):
    remark = SentenceField(label="Remarque", required=False)


class DutyForm(DsfrBaseForm):
    title = LineField(label="Obligation", max_length=160, required_sentence="Écrire ce qui est à faire.")
    months = forms.IntegerField(
        label="Tous les combien de mois",
        min_value=1,
        max_value=120,
        help_text="1 pour chaque mois, 3 pour chaque trimestre, 12 pour chaque année.",
        error_messages={
            "required": "Donner ce nombre de mois.",
            "invalid": "Donner un nombre entier.",
            "min_value": "Au moins 1 mois.",
            "max_value": "Au plus 120 mois.",
        },
    )
    first_due_on = DayField(
        label="Première échéance",
        help_text="Elle compte jusqu’à la première fois\xa0; ensuite, c’est la dernière fois qui donne la "
        "suivante.",
    )
    responsible = OwnerField(label="Responsable", required=False, empty_label="le ou la responsable qualité")
    source = LineField(
        label="Règle", max_length=300, help_text="Le texte qui la demande, ou qui a choisi cette périodicité."
    )
    certainty = forms.ChoiceField(label="Certitude de la règle", choices=Certainty.choices)
    is_active = TickField(
        label="Obligation suivie", help_text="Décocher met l’obligation de côté\xa0: son historique reste."
    )
    version = VersionField()

    def __init__(self, *arguments: Any, owners: QuerySet[Agent], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["responsible"].queryset = owners

    @property
    def description_said(self) -> duties.Description:
        said = {name: self.cleaned_data[name] for name in self.fields if name != "version"}
        return duties.Description(**said | {"certainty": Certainty(said["certainty"])})


def initial_of(row: Action | Duty, form: type[forms.Form]) -> dict[str, Any]:
    """What a form shows of a row before anything is typed."""
    return {name: getattr(row, name) for name in form.base_fields if hasattr(row, name)}
