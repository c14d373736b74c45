"""The list of reminders: its columns and its filters."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet

from jobs.models import Job
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Reminder

MAIL_STATES = {
    Job.State.QUEUED: "part bientôt",
    Job.State.RUNNING: "en cours d’envoi",
    Job.State.DONE: "parti",
    Job.State.FAILED: "échec",
    Job.State.TO_CHECK: "à vérifier",
}


def moment_of(stage: int) -> str:
    """When a stage is, counted in working days from the deadline."""
    match stage:
        case -1:
            return "la veille ou le jour même"
        case 0:
            return "le jour même"
        case 1:
            return "dès le retard"
    return f"{-stage} jours ouvrés avant" if stage < 0 else f"{stage} jours ouvrés de retard"


class RemindersTable(ListTable):
    on = DayColumn(verbose_name="Rappel du")
    recipient_name = tables.Column(verbose_name="Destinataire")
    in_place_of = tables.Column(verbose_name="À la place de", accessor="agent_name")
    subject = tables.Column(verbose_name="Objet")
    due_on = DayColumn(verbose_name="Échéance")
    stage = tables.Column(verbose_name="Moment")
    mail = tables.Column(verbose_name="Courriel", accessor="job__state")

    class Meta(ListTable.Meta):
        order_by = ("-on", "recipient_name")
        empty_text = "Aucun rappel n’est encore parti. Le premier part le matin d’un jour ouvré, dès que "
        empty_text += "quelqu’un a quelque chose à faire."

    def render_in_place_of(self, record: Reminder, value: str) -> str:
        return value if record.agent_id != record.recipient_id else ""

    def render_stage(self, value: int) -> str:
        return moment_of(value)

    def render_mail(self, record: Reminder) -> str:
        return MAIL_STATES[Job.State(record.job.state)]


class RemindersFilters(ListFilters):
    q = django_filters.CharFilter(label="Agent", method="naming")
    subject = django_filters.CharFilter(label="Objet", lookup_expr="icontains")
    mail = django_filters.ChoiceFilter(
        label="Courriel", field_name="job__state", choices=list(MAIL_STATES.items()), empty_label="tous"
    )
    after = django_filters.DateFilter(
        label="Depuis le",
        field_name="on",
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    before = django_filters.DateFilter(
        label="Jusqu’au",
        field_name="on",
        lookup_expr="lte",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def naming(self, rows: QuerySet[Reminder], name: str, value: str) -> QuerySet[Reminder]:
        """Who got it, or in whose place."""
        return rows.filter(Q(recipient_name__icontains=value) | Q(agent_name__icontains=value))
