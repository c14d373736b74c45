"""What the register asks of each person, for whoever reminds: an answer by the due date."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from django.urls import reverse
from django.utils.text import capfirst

from complaints import telling
from complaints.models import Case
from sites import closures
from sites.dues import Due
from sites.models import Membership, Prefecture, in_force

Role = Membership.Role

# A delay of five days leaves no room for a reminder a week before; on the day itself, one can still answer.
STAGES = (-1, 0, 1, 3, 8, 18, 38, 78, 158, 318)
SECOND_LEVEL = tuple(stage for stage in STAGES if stage >= 3)

OF_SERVICE = "cette affaire est confiée à votre service"
OF_UNIT = "cette affaire est dans votre unité, et personne n’est là dans le service qui la traite"
UNASSIGNED = "cette affaire de votre unité n’est confiée à aucun service"
NOBODY = "personne n’est là pour traiter cette affaire\xa0: confiez-la à un autre service"
STILL_LATE = "cette affaire reste en retard et que vous êtes responsable de la qualité"
ASKED = "une contribution est demandée à votre service, pour la réponse qu’un autre prépare"


@dataclass(frozen=True)
class _People:
    """Who is there for the cases of a préfecture on a day, by number: of each service, of each unit."""

    of_service: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    of_unit: dict[int | None, list[int]] = field(default_factory=lambda: defaultdict(list))
    managers: list[int] = field(default_factory=list)

    def handling(self, case: Case) -> tuple[list[int], str]:
        """Those of the service, else of the unit, else the quality managers; and why it is they."""
        if own := self.of_service[case.service_id]:
            return own, OF_SERVICE
        if own := self.of_unit[case.unit_id]:
            return own, OF_UNIT if case.service_id else UNASSIGNED
        return self.managers, NOBODY

    def asked(self, case: Case) -> list[int]:
        """Those of the service that is asked for its part, else of its unit."""
        asked = case.asked_service
        return (self.of_service[asked.pk] or self.of_unit[asked.unit_id]) if asked else []


def due(prefecture: Prefecture, on: datetime.date) -> Iterator[Due]:
    """The open cases that are late, or due by the next working day, for those who handle them and those who
    are asked for their part; for the quality managers too where a case stays late. Two queries, and the
    calendar."""
    people = _people(prefecture, on)
    soon = closures.calendar(prefecture).due(on, 1)
    cases = Case.objects.open().filter(prefecture=prefecture, due_on__lte=soon)
    for case in cases.select_related("asked_service").order_by("due_on", "pk"):
        handlers, why = people.handling(case)
        asked = [agent_id for agent_id in people.asked(case) if agent_id not in handlers]
        others = [agent_id for agent_id in people.managers if agent_id not in {*handlers, *asked}]
        yield from _dues(prefecture, case, handlers, why, STAGES)
        yield from _dues(prefecture, case, asked, ASKED, STAGES)
        yield from _dues(prefecture, case, others, STILL_LATE, SECOND_LEVEL)


def _people(prefecture: Prefecture, on: datetime.date) -> _People:
    found = _People()
    here = Membership.objects.filter(in_force(on), prefecture=prefecture, agent__is_active=True)
    for held in here.filter(role__in=[Role.REFERENT, Role.AGENT, Role.QUALITY_MANAGER]).order_by("pk"):
        if held.role == Role.QUALITY_MANAGER:
            found.managers.append(held.agent_id)
        elif held.service_id:
            found.of_service[held.service_id].append(held.agent_id)
        else:
            found.of_unit[held.unit_id].append(held.agent_id)
    return found


def _dues(
    prefecture: Prefecture, case: Case, agents: Iterable[int], why: str, stages: tuple[int, ...]
) -> Iterator[Due]:
    named = telling.named(case)
    for agent_id in dict.fromkeys(agents):
        yield Due(
            agent_id=agent_id,
            prefecture_id=prefecture.pk,
            key=f"complaints.{'part' if why == ASKED else 'case'}:{case.pk}",
            subject=capfirst(f"contribution à donner\xa0: {named}" if why == ASKED else named),
            due_on=cast(datetime.date, case.due_on),
            url=reverse("case", args=[prefecture.slug, case.year, case.number]),
            why=why,
            stages=stages,
        )
