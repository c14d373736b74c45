"""What is typed on the pages of agents and rights. `sites.accounts` decides whether it may be."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q
from django.utils.html import format_html
from dsfr.forms import DsfrBaseForm

from sites.accounts import terms_of
from sites.agents import WHAT_ROLES_MAY
from sites.forms import AddressField, NameField
from sites.forms_organisation import DayField
from sites.models import Membership, Prefecture, Service, Unit, lasting

WHOLE = ""
# Beside which field a constraint of the model speaks.
FIELD_OF = {
    "whole_prefecture_roles_have_no_scope": "scope",
    "referent_and_agent_have_a_scope": "scope",
    "auditor_membership_is_dated": "ends_on",
    "membership_dates_in_order": "ends_on",
    "deputies_are_of_referents_and_quality_managers": "is_deputy",
}


class PersonForm(DsfrBaseForm):
    full_name = NameField(widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = AddressField(widget=forms.EmailInput(attrs={"autocomplete": "off"}))


class TermsForm(DsfrBaseForm):
    """For which part of the préfecture a role is held, from when to when."""

    scope = forms.ChoiceField(
        label="Pour",
        required=False,
        help_text="Un référent et un agent appartiennent à une unité ou à un service. Responsable qualité, "
        "communication et auditeur couvrent toute la préfecture.",
        error_messages={"invalid_choice": "Choisissez une unité ou un service de la liste."},
    )
    is_deputy = forms.BooleanField(
        label="Suppléant",
        required=False,
        help_text="Les mêmes droits que le titulaire\xa0; nommé après lui dans la liste des référents.",
    )
    starts_on = DayField(label="À partir du", required=False, help_text="Vide\xa0: dès maintenant.")
    ends_on = DayField(
        label="Jusqu’au",
        required=False,
        help_text="Ce jour compris. Vide\xa0: sans limite. L’accès d’un auditeur a toujours deux dates.",
    )
    seen = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, membership: Membership, **options: Any) -> None:
        if membership.pk:
            options["initial"] = {
                "scope": _scope_of(membership),
                "is_deputy": membership.is_deputy,
                "starts_on": membership.starts_on,
                "ends_on": membership.ends_on,
                "seen": terms_of(membership),
            }
        super().__init__(*args, **options)
        self.membership = membership
        if membership.prefecture:
            self.fields["scope"].choices = _scopes(membership.prefecture, membership)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        membership = self.membership
        membership.role = typed.get("role", membership.role)
        membership.is_deputy = typed.get("is_deputy", False)
        membership.starts_on, membership.ends_on = typed.get("starts_on"), typed.get("ends_on")
        kind, _, pk = typed.get("scope", WHOLE).partition("-")
        membership.unit = Unit.objects.get(pk=pk) if kind == "unit" else None
        membership.service = Service.objects.select_related("unit").get(pk=pk) if kind == "service" else None
        prefecture, is_new = membership.prefecture, membership.pk is None
        if is_new and prefecture and membership.ends_on and membership.ends_on < prefecture.today():
            self.add_error("ends_on", "Ce jour est passé\xa0: rien ne s’ouvrirait.")
        if not self.errors:
            for constraint in Membership._meta.constraints:
                try:
                    constraint.validate(Membership, membership)
                except ValidationError as refused:
                    self.add_error(FIELD_OF.get(constraint.name), refused)
        return typed


class GrantForm(TermsForm):
    """One more role for an agent who is known."""

    role = forms.ChoiceField(
        label="Rôle",
        choices=[
            (role.value, format_html('{}<span class="fr-hint-text">{}</span>', role.label.capitalize(), may))
            for role, may in WHAT_ROLES_MAY.items()
        ],
        error_messages={
            "required": "Choisissez un rôle.",
            "invalid_choice": "Choisissez un rôle de la liste.",
        },
        widget=forms.RadioSelect,
    )

    field_order = ["role", "scope", "is_deputy", "starts_on", "ends_on"]


class InviteForm(GrantForm, PersonForm):
    field_order = ["full_name", "email", "role", "scope", "is_deputy", "starts_on", "ends_on"]


class EndForm(DsfrBaseForm):
    """At once, or at the end of a day."""

    when = forms.ChoiceField(
        label="Fin des droits",
        choices=[("now", "Tout de suite"), ("day", "À la fin du jour indiqué")],
        error_messages={"required": "Choisissez quand.", "invalid_choice": "Choisissez quand."},
        widget=forms.RadioSelect,
    )
    last_day = DayField(label="Dernier jour", required=False)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("when") == "day" and not typed.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", "Écrivez le dernier jour.")
        return typed


class ReplaceForm(PersonForm):
    starts_on = DayField(
        label="À partir du", help_text="L’agent remplacé garde ses droits jusqu’à la veille."
    )


class ConfirmForm(forms.Form):
    """A question whose answer is its button."""


def _scopes(prefecture: Prefecture, held: Membership) -> list[Any]:
    """Each unit, with its services under it: those that are open, and the one that is held already."""
    today = prefecture.today()
    still_open = lasting(today) | Q(pk=held.service_id)
    services = Prefetch("services", Service.objects.filter(still_open))
    choices: list[Any] = [(WHOLE, "Toute la préfecture")]
    for unit in prefecture.units.prefetch_related(services):
        own = [(f"unit-{unit.pk}", f"{unit.name} (l’unité)")]
        own += [(f"service-{one.pk}", f"{one.short_name}, {one.name}") for one in unit.services.all()]
        choices.append((unit.name, own))
    return choices


def _scope_of(membership: Membership) -> str:
    if membership.service_id:
        return f"service-{membership.service_id}"
    return f"unit-{membership.unit_id}" if membership.unit_id else WHOLE
