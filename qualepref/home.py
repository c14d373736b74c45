"""The agents' home: what do I have to do now, and what is there to read."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from complaints import worklists
from complaints.models import Malfunction
from complaints.worklists import Load
from improvement import dues, recurrence
from improvement.dues import Agenda, Line
from indicators import chores, completeness
from indicators.chores import Chore
from indicators.completeness import Pending
from indicators.models import FigureImport, Measurement
from indicators.periods import month_of, shifted
from publications.models import Bilan, Document, Flash
from qualepref import failures, first_steps
from qualepref.failures import Failure
from qualepref.first_steps import FirstSteps
from sites.access import Access, Action, AgentRequest, holdings
from sites.models import Agent, Membership, Prefecture


@dataclass(frozen=True)
class Year:
    """How far the bilan of a year has come: its latest edition, and the one that the public reads."""

    number: int
    has_figures: bool
    latest: Bilan | None
    shown: Bilan | None

    @property
    def is_waiting(self) -> bool:
        """Something is left to sign or to publish."""
        return self.latest is None or self.latest != self.shown

    @property
    def draft(self) -> Bilan | None:
        """A signed edition that the public has not read yet."""
        return self.latest if self.latest and not self.latest.published_at else None


@dataclass(frozen=True)
class Desk:
    """What a préfecture has for the agent today, the latest year first."""

    access: Access
    years: list[Year]
    drafts: int
    """Documents of the Espace Qualité that were deposited and wait to be published."""
    failures: list[Failure]
    imports: int
    """Tables that were brought and wait to be verified."""
    agenda: Agenda
    months: list[Line]
    """Those that a référent has to enter; the quality manager follows all of them on a page of their own."""
    pending: Pending | None
    """What they ask of the quality manager."""
    latest: datetime.date | None
    """The last month that is over and has figures: what a direction reads of it is one click away."""
    flash: datetime.date | None
    """That of the last « flash info »."""
    cases: Load | None
    """What the register asks, of who handles its cases."""
    malfunctions: int
    """Those that nobody has taken up, for who answers them."""
    first_steps: FirstSteps | None
    """Where the agent sets up a préfecture that has nothing yet."""

    @property
    def waiting(self) -> list[Year]:
        """Their bilans are to be signed or published; a year that is not over waits for nothing yet."""
        this = self.access.on.year
        return [year for year in self.years if year.is_waiting and (year.latest or year.number < this)]

    @property
    def board_year(self) -> int | None:
        return next((year.number for year in self.years if year.has_figures), None)


@require_safe
def home(request: AgentRequest) -> HttpResponse:
    held = holdings(request)
    context = {
        "desks": _desks(request.user, held.accesses),
        "is_administrator": held.is_administrator,
        "prefecture_count": Prefecture.objects.count() if held.is_administrator else None,
    }
    return render(request, "home.html", context)


def _desks(agent: Agent, accesses: tuple[Access, ...]) -> list[Desk]:
    """One desk a préfecture, by ten queries however many there are; eleven if one of them is new. Who enters
    figures somewhere asks eleven more of each, who manages those of its months as many as their board."""
    prefectures = [access.prefecture.pk for access in accesses]
    figures = Measurement.objects.of_their_own_document().filter(prefecture__in=prefectures)
    month = Max("period_start", filter=Q(period=Measurement.Period.MONTH))
    with_figures = {
        (where, year): last
        for where, year, last in figures.values_list("prefecture", "period_start__year").annotate(last=month)
    }
    bilans = list(Bilan.objects.filter(prefecture__in=prefectures).defer("content").order_by("-edition"))
    years = {access: _years(access.prefecture.pk, with_figures, bilans) for access in accesses}
    new = first_steps.of(access for access in accesses if access.may_organise and not years[access])
    publishing = [access.prefecture.pk for access in accesses if access.may_publish]
    waiting = Document.objects.filter(prefecture__in=publishing, published_at=None)
    drafts = dict(waiting.order_by().values_list("prefecture").annotate(Count("pk")))
    writing = [access.prefecture.pk for access in accesses if access.may_write_figures]
    brought = FigureImport.objects.open().filter(prefecture__in=writing)
    imports = dict(brought.order_by().values_list("prefecture").annotate(Count("pk")))
    flashes = Flash.objects.filter(prefecture__in=prefectures)
    flash = dict(flashes.order_by().values_list("prefecture").annotate(Max("month")))
    answering = [access.prefecture.pk for access in accesses if access.may(Action.HANDLE_MALFUNCTIONS)]
    reported = Malfunction.objects.new().filter(prefecture__in=answering)
    malfunctions = dict(reported.order_by().values_list("prefecture").annotate(Count("pk")))
    failed = failures.of(accesses)
    agendas = dues.agendas(agent, accesses)
    cases = worklists.loads(agent, accesses)
    pending = completeness.pending(access for access in accesses if access.may_write_figures)
    return [
        Desk(
            access=access,
            years=own,
            drafts=drafts.get(access.prefecture.pk, 0),
            failures=failed.get(access.prefecture.pk, []),
            imports=imports.get(access.prefecture.pk, 0),
            agenda=agendas[access.prefecture.pk],
            months=_months(access),
            pending=pending.get(access.prefecture.pk),
            latest=_latest(access, with_figures),
            flash=flash.get(access.prefecture.pk),
            cases=cases.get(access.prefecture.pk),
            malfunctions=malfunctions.get(access.prefecture.pk, 0),
            first_steps=new.get(access.prefecture.pk),
        )
        for access, own in years.items()
    ]


def _latest(
    access: Access, with_figures: Mapping[tuple[int, int], datetime.date | None]
) -> datetime.date | None:
    own = [last for (where, _), last in with_figures.items() if last and where == access.prefecture.pk]
    return min(max(own), shifted(month_of(access.on), -1)) if own else None


def _months(access: Access) -> list[Line]:
    if all(held.role != Membership.Role.REFERENT for held in access.memberships):
        return []
    services = access.services_for(Action.ENTER_FIGURES)
    return [_line(chore) for chore in chores.of(access.prefecture, services, access.on)]


def _line(chore: Chore) -> Line:
    title = f"{chore.service.name}, {chore.month_label}"
    if chore.comment:
        title += f" ({chore.state_label})"
    return Line(title, chore.url, recurrence.in_words(chore.due_on, chore.on), chore.is_late)


def _years(prefecture: int, with_figures: Collection[tuple[int, int]], bilans: list[Bilan]) -> list[Year]:
    editions = [bilan for bilan in bilans if bilan.prefecture_id == prefecture]
    numbers = {bilan.year for bilan in editions}
    numbers |= {year for where, year in with_figures if where == prefecture}
    return [
        Year(
            number=number,
            has_figures=(prefecture, number) in with_figures,
            latest=next((bilan for bilan in editions if bilan.year == number), None),
            shown=next((bilan for bilan in editions if bilan.year == number and bilan.is_shown), None),
        )
        for number in sorted(numbers, reverse=True)
    ]
