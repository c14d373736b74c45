"""The « flash info » of a month: what its validated figures say, on one page that every agent reads, sent to
the directions. Published, it changes no more: a later edition takes its place, and says why.
"""

import datetime
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string

from indicators import completeness, remarks, results
from indicators.models import MonthlyReturn
from indicators.periods import Period, in_words, of_month
from indicators.results import Result
from jobs import mail
from jobs.mail import Mail
from publications.bilan import hash_of
from publications.models import Flash
from referentiel.measures import Verdict
from sites import mails
from sites.conflicts import RefusedError
from sites.models import Agent, Membership, Prefecture, in_force

FORMAT = 1
MAIL = "publications.flash"
SETTLED = (MonthlyReturn.State.VALIDATED, MonthlyReturn.State.CLOSED)


@dataclass(frozen=True)
class Said:
    """A result, in the words of the day when it was published."""

    unit: str
    engagement: str
    indicator: str
    shown_label: str
    base_label: str
    target_label: str
    verdict: str
    verdict_label: str
    previous_label: str
    caution: str


@dataclass(frozen=True)
class Score:
    """That of the board (`indicators.results.Score`), as it is frozen."""

    unit: str
    met: int
    judged: int
    met_before: int
    judged_before: int


@dataclass(frozen=True)
class Content:
    """What is read, and frozen. `awaited` are the services whose figures are not validated: nothing of theirs
    is counted. `remark` is what the quality manager typed."""

    prefecture: str
    state_title: str
    month: str
    month_label: str
    before_label: str
    scores: list[Score]
    missed: list[Said]
    regained: list[Said]
    results: list[Said]
    awaited: list[str]
    notes: list[str]
    remark: str
    format: int = FORMAT

    @property
    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def as_text(self) -> str:
        """Canonical: the same content gives the same bytes."""
        return json.dumps(self.as_data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def sha256(self) -> str:
        return hash_of(self.as_text)


def assemble(prefecture: Prefecture, month: datetime.date) -> Content:
    """What the validated and closed figures of a month say today. Reads, never writes."""
    period = Period.month(month)
    board = results.of_period(prefecture, period, is_validated=True)
    shown = [result for result in board.results if result.value is not None]
    return Content(
        prefecture=prefecture.name,
        state_title=prefecture.state_title,
        month=period.slug,
        month_label=period.label,
        before_label=period.before.label,
        scores=[
            Score(one.unit.name, one.met, one.judged, one.met_before, one.judged_before)
            for one in board.scores
        ],
        missed=[_said(one) for one in shown if one.verdict == Verdict.MISSED],
        regained=[_said(one) for one in shown if _is_regained(one)],
        results=[_said(one) for one in shown],
        awaited=_awaited(prefecture, month),
        notes=[note.text for note in board.notes],
        remark=remarks.of(prefecture, month).text,
    )


def _is_regained(result: Result) -> bool:
    """It reaches its target, and did not in the same month of the year before."""
    before = result.previous
    return (
        result.verdict == Verdict.MET
        and not result.caution
        and before is not None
        and before.verdict == Verdict.MISSED
    )


def _said(result: Result) -> Said:
    indicator, before = result.indicator, result.previous
    return Said(
        unit=result.unit.name,
        engagement=indicator.engagement.code,
        indicator=indicator.title,
        shown_label=result.shown_label,
        base_label=result.base_label,
        target_label=result.target_label,
        verdict=result.verdict.value,
        verdict_label=result.verdict_label,
        previous_label=before.shown_label if before and before.value is not None else "",
        caution=result.caution,
    )


def _awaited(prefecture: Prefecture, month: datetime.date) -> list[str]:
    board = completeness.of(prefecture, month, month, prefecture.today())
    return [
        f"{cell.service.unit.short_name}, {cell.service.name}"
        for cell in board.cells
        if cell.is_expected and cell.found.state not in SETTLED
    ]


def latest(prefecture: Prefecture, month: datetime.date) -> Flash | None:
    """The edition of a month that the agents read."""
    return Flash.objects.filter(prefecture=prefecture, month=month).select_related("published_by").first()


@transaction.atomic
def publish(
    prefecture: Prefecture, month: datetime.date, *, by: Agent, read: str, correction: str = ""
) -> Flash:
    """Show the flash info of a month to the agents, and send it to the directions: one mail each.

    `read` is the hash of what its author read. RefusedError where it has changed since, says nothing, or says
    what the last edition says already.
    """
    prefecture.lock()
    content = assemble(prefecture, month)
    last = latest(prefecture, month)
    if not content.results:
        raise RefusedError(
            f"Aucun chiffre {of_month(month)} n’est validé\xa0: valider ou clore le mois d’abord."
        )
    if content.sha256 != read:
        raise RefusedError("Le contenu a changé depuis votre relecture\xa0: le relire, puis publier.")
    if last and last.sha256 == content.sha256:
        raise RefusedError(f"L’édition {last.edition} dit déjà exactement cela\xa0: rien n’a changé depuis.")
    if last and not correction:
        raise RefusedError(
            f"L’édition {last.edition} a été envoyée\xa0: dire ce que la nouvelle corrige, et pourquoi."
        )
    flash = Flash.objects.create(
        prefecture=prefecture,
        month=month,
        edition=last.edition + 1 if last else 1,
        content=content.as_text,
        sha256=content.sha256,
        correction=correction if last else "",
        published_by=by,
    )
    for agent in directors(prefecture):
        _order(flash, agent, by)
    return flash


def directors(prefecture: Prefecture) -> QuerySet[Agent]:
    """The people of the directions, today."""
    held = Membership.objects.filter(
        in_force(prefecture.today()), prefecture=prefecture, role=Membership.Role.DIRECTOR
    )
    return Agent.objects.filter(pk__in=held.values("agent"), is_active=True).order_by("pk")


def _order(flash: Flash, agent: Agent, by: Agent) -> None:
    try:
        mail.order(
            MAIL,
            recipient=mails.recipient(agent),
            cause=str(flash.pk),
            asked_by_id=by.pk,
            prefecture_id=flash.prefecture_id,
            flash_id=flash.pk,
            agent_id=agent.pk,
        )
    except mail.TooManyError as error:
        raise RefusedError(str(error)) from error


def write(*, flash_id: int, agent_id: int) -> Mail | None:
    """The mail to somebody of a direction; None once they are not any longer, or a later edition is out."""
    flash = Flash.objects.shown().select_related("prefecture").filter(pk=flash_id).first()
    agent = directors(flash.prefecture).filter(pk=agent_id).first() if flash else None
    if flash is None or agent is None:
        return None
    place = flash.prefecture
    context = {
        "flash": flash,
        "data": flash.data,
        "link": mails.address("flash", place.slug, flash.slug),
    }
    return Mail(
        to=agent.email,
        subject=f"Qualité, {in_words(flash.month)}\xa0: le flash info"
        + (" corrigé" if flash.edition > 1 else ""),
        body=render_to_string("mails/flash.txt", context),
        sender=place.name,
        reply_to=place.reply_to,
    )
