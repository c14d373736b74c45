"""What is typed about reminders and absences."""

from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from sites import absences, reminders
from sites.access import Access
from sites.forms_organisation import DayField
from sites.models import Absence, Agent


class RemindersForm(DsfrBaseForm):
    """One choice a préfecture, named by its slug."""

    def __init__(self, *args: Any, agent: Agent, accesses: tuple[Access, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = reminders.chosen_by(agent)
        for access in accesses:
            self.fields[access.prefecture.slug] = forms.ChoiceField(
                label=f"Rappels par courriel, {access.prefecture.name}",
                choices=reminders.Wanted.choices,
                initial=chosen.get(access.prefecture.pk, reminders.Wanted.EVERY_DAY),
                error_messages={
                    "required": "Choisissez quand être rappelé.",
                    "invalid_choice": "Choisissez une réponse de la liste.",
                },
                widget=forms.RadioSelect,
            )


class AbsenceForm(DsfrBaseForm):
    starts_on = DayField(label="Premier jour d’absence")
    ends_on = DayField(label="Dernier jour d’absence", help_text="Ce jour compris.")
    deputy = forms.TypedChoiceField(
        label="Qui reçoit les rappels",
        coerce=int,
        help_text="Quelqu’un de la préfecture, qui pourra faire ce qui est demandé\xa0: il reçoit les "
        "rappels, ses droits ne changent pas.",
        error_messages={
            "required": "Choisissez qui reçoit les rappels.",
            "invalid_choice": "Choisissez quelqu’un de la liste.",
        },
    )

    def __init__(self, *args: Any, absence: Absence, access: Access, **options: Any) -> None:
        super().__init__(*args, **options)
        self.absence, self.today = absence, access.on
        known = absences.possible_deputies(absence.agent, access.prefecture, access.on)
        self.fields["deputy"].choices = [("", "Choisir"), *known.values_list("pk", "shown_name")]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        first, last = typed.get("starts_on"), typed.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "Le dernier jour est avant le premier.")
        elif last and last < self.today:
            self.add_error("ends_on", "Ces jours sont passés\xa0: rien ne changerait.")
        if not self.errors:
            self.absence.starts_on, self.absence.ends_on = first, last
            self.absence.deputy_id = typed["deputy"]
        return typed
