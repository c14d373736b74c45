"""What the clock says of a case, written on the case: the one way in which these columns are filled in."""

import datetime
from dataclasses import dataclass
from typing import Self

from complaints.clock import Clock, Judged
from complaints.models import Appointment, Case
from referentiel.delays import Asked, Rulebook
from referentiel.models import DelayRule
from sites import closures
from sites.models import Prefecture
from sites.workdays import WorkCalendar

COLUMNS = ("month", "rule", "allowed_days", "allowed_day_kind", "due_on", "delay_days", "is_within")
COLUMNS_OF_AN_APPOINTMENT = COLUMNS[1:]


@dataclass(frozen=True)
class Judge:
    """The rules and the calendar of a préfecture, read once for as many cases as one likes.

    The errors of the clock pass through (`sites.workdays.WorkdaysError`): each is a sentence.
    """

    rules: Rulebook
    calendar: WorkCalendar

    @classmethod
    def of(cls, prefecture: Prefecture) -> Self:
        """Three queries."""
        return cls(Rulebook.of(prefecture), closures.calendar(prefecture))

    def clock(self, case: Case) -> Clock:
        return Clock(case.received_on, self.calendar, case.paused_days)

    def choose_rules(self, case: Case, appointment: Appointment | None) -> None:
        """Those of the day of receipt. A closed case keeps its own, unless somebody corrects what it is."""
        case.month = case.received_on.replace(day=1)
        self._choose_rule(case, case.asked, case.received_on)
        if appointment:
            dated = case.asked._replace(milestone=DelayRule.Milestone.DATED)
            self._choose_rule(appointment, dated, case.received_on)

    def reckon(self, case: Case, appointment: Appointment | None) -> None:
        """The due date and the verdict, by the rule that the case has."""
        case.due_on, case.delay_days, case.is_within = self._judged(case, case, case.answered_on)
        if appointment:
            judged = self._judged(case, appointment, appointment.takes_place_on)
            appointment.due_on, appointment.delay_days, appointment.is_within = judged

    def _choose_rule(self, row: Case | Appointment, asked: Asked, on: datetime.date) -> None:
        row.rule = self.rules.in_force(asked, on)
        row.allowed_days = row.rule.days if row.rule else None
        row.allowed_day_kind = row.rule.day_kind if row.rule else DelayRule.DayKind.WORKING

    def _judged(self, case: Case, row: Case | Appointment, kept_on: datetime.date | None) -> Judged:
        if row.allowed is None or not case.is_answerable or case.needs_examination:
            return Judged(None)
        return self.clock(case).judge(row.allowed, kept_on)
