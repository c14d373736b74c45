"""Two years of the demo month by month: invented, but for what was published of them.

The figures of `months_2019_2020.csv` amount to the published results of 2020 for e-mails and complaints, of
2019 for the people received at the points numériques, and of its first half for their satisfaction.
"""

import csv
import datetime
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from indicators import periods, remarks, returns
from indicators.models import EntrySchedule, Measurement, MonthlyReturn, Note, Suspension
from indicators.signing import sign
from publications import flash
from referentiel.models import Certainty, Engagement, Indicator, Perimeter, Target
from sites.models import Agent, Membership, Prefecture, Service

HERE = Path(__file__).parent
FIRST, LAST = datetime.date(2019, 1, 1), datetime.date(2020, 12, 1)
MARK = "Données fictives"
SOURCE = "Comité de pilotage de janvier 2019 (données fictives)"
# What the préfecture sets itself for 2019, beyond the référentiel.
TARGETS = {
    "appels-perdus": ("≤", 9),
    "courriels-dans-les-delais": ("≥", 97),
    "point-numerique-satisfaction": ("≥", 90),
}
# What the préfecture counts of its own, under the engagement that asks for a social network.
OWN_SINCE = datetime.date(2020, 7, 1)
OWN = (
    ("nouveaux-abonnes", "Nouveaux abonnés aux réseaux sociaux", "Nouveaux abonnés", "count", "", ""),
    ("publications", "Publications sur les réseaux sociaux", "Publications", "count", "", ""),
    (
        "taux-d-engagement",
        "Taux d’engagement sur les réseaux sociaux",
        "Taux d’engagement",
        "percent",
        "réactions, commentaires et partages",
        "personnes atteintes",
    ),
)
NOTES = {
    2019: "Données fictives\xa0: les mois de 2019 sont inventés pour la démonstration. Ils retrouvent la "
    "fréquentation publiée des points numériques et leur satisfaction du premier semestre.",
    2020: "Données fictives\xa0: les mois de 2020 sont inventés pour la démonstration. Ils retrouvent les "
    "résultats publiés pour l’année\xa0: réponse aux courriels, délai de réponse aux réclamations.",
}
# What the quality manager says of two months, and the month whose flash info is out.
WORDS = {
    datetime.date(2020, 11, 1): f"{MARK}. Les courriels des usagers reçoivent partout une réponse dans les "
    "délais\xa0; ceux des collectivités, à Arles seulement.",
    datetime.date(2020, 12, 1): f"{MARK}. Deux objectifs sont manqués de peu\xa0: les courriers à Aix, les "
    "courriels des collectivités à Istres. Les congés de fin d’année l’expliquent en partie.",
}
FLASH = datetime.date(2020, 11, 1)


@transaction.atomic
def enter(prefecture: Prefecture) -> None:
    """The months, their figures, and what was decided about them.

    Where figures are followed month by month already, what people did with the demo since stays as it is.
    """
    if EntrySchedule.objects.filter(prefecture=prefecture).exists():
        return
    manager = Membership.objects.get(prefecture=prefecture, role=Membership.Role.QUALITY_MANAGER).agent
    schedule = EntrySchedule(prefecture=prefecture, first_month=FIRST, register_since=FIRST)
    nothing_since = periods.shifted(LAST, 1)
    notes = [Note(prefecture=prefecture, year=year, text=text) for year, text in NOTES.items()]
    suspensions = [
        Suspension(
            prefecture=prefecture,
            first_month=datetime.date(2020, 3, 1),
            last_month=datetime.date(2020, 6, 1),
            decided_on=datetime.date(2020, 3, 17),
            reason="décision de suspension du suivi (données fictives pour la forme).",
        ),
        # The month before this one is awaited, so that there is something to do.
        Suspension(
            prefecture=prefecture,
            first_month=nothing_since,
            last_month=max(nothing_since, periods.shifted(periods.month_of(prefecture.today()), -2)),
            reason=f"les données fictives de la démonstration s’arrêtent en {periods.in_words(LAST)}.",
        ),
    ]
    for invented in _social_networks(prefecture):
        sign(invented, manager, MARK).save()
    followed = Indicator.objects.followed_between(prefecture, FIRST, LAST)
    indicators = {indicator.key: indicator for indicator in followed}
    targets = [
        Target(
            indicator=indicators[key],
            prefecture=prefecture,
            comparator=comparator,
            value=value,
            origin=Target.Origin.LOCAL,
            starts_on=FIRST,
            ends_on=datetime.date(FIRST.year, 12, 31),
            source=SOURCE,
            certainty=Certainty.CERTAIN,
            edited_by_hand=True,
        )
        for key, (comparator, value) in TARGETS.items()
    ]
    for row in (schedule, *notes, *suspensions, *targets):
        sign(row, manager, MARK).save()
    services = {
        (service.unit.short_name, service.short_name): service
        for service in Service.objects.filter(unit__prefecture=prefecture).select_related("unit")
    }
    traced: dict[str, Any] = {"default_user": manager, "default_change_reason": MARK}
    bulk_create_with_history(list(_figures(prefecture, services, indicators)), Measurement, **traced)
    bulk_create_with_history(list(_returns(schedule, services, manager)), MonthlyReturn, **traced)
    for month, words in WORDS.items():
        remarks.write(remarks.of(prefecture, month), text=words, seen=0, by=manager)
    flash.publish(prefecture, FLASH, by=manager, read=flash.assemble(prefecture, FLASH).sha256)


def _social_networks(prefecture: Prefecture) -> Iterator[Indicator | Perimeter]:
    """What the préfecture counts of its own, by the service that has charge of it from 2021 on: invented."""
    engagement = Engagement.objects.get(referentiel__adoptions__prefecture=prefecture, key="reseaux-sociaux")
    for position, (key, title, short_title, unit, numerator, denominator) in enumerate(OWN, 1):
        yield Indicator(
            engagement=engagement,
            prefecture=prefecture,
            key=key,
            title=title,
            short_title=short_title,
            unit=unit,
            direction=Indicator.Direction.UP,
            numerator_name=numerator,
            denominator_name=denominator,
            starts_on=OWN_SINCE,
            position=500 + position,
            source=MARK,
            certainty=Certainty.CERTAIN,
            edited_by_hand=True,
        )
    yield Perimeter(
        service=Service.objects.get(unit__prefecture=prefecture, short_name="SRCI"),
        module=engagement.module,
        measured=[engagement.key],
        starts_on=OWN_SINCE,
        ends_on=datetime.date(LAST.year, 12, 31),
        source=MARK,
        certainty=Certainty.CERTAIN,
        edited_by_hand=True,
    )


def _figures(
    prefecture: Prefecture, services: dict[tuple[str, str], Service], indicators: dict[str, Indicator]
) -> Iterator[Measurement]:
    for row in rows("months_2019_2020.csv"):
        service, indicator = services[row["unit"], row["service"]], indicators[row["indicator"]]
        month = datetime.date.fromisoformat(f"{row['month']}-01")
        yield Measurement(
            prefecture=prefecture,
            unit=service.unit,
            service=service,
            indicator=indicator,
            period=Measurement.Period.MONTH,
            period_start=month,
            first_month=month.month,
            last_month=month.month,
            shape=Measurement.Shape.of(indicator),
            numerator=_number(row["numerator"]),
            denominator=_number(row["denominator"]),
            origin=Measurement.Origin.ENTERED,
            comment=row["note"],
            reserve=row["reserve"],
            reason=row["reason"],
        )


def _returns(
    schedule: EntrySchedule, services: dict[tuple[str, str], Service], manager: Agent
) -> Iterator[MonthlyReturn]:
    calendar = returns.Calendar(schedule)
    due = cache(calendar.due_on)
    referents = {
        held.unit_id: held.agent
        for held in Membership.objects.filter(
            prefecture=schedule.prefecture, role=Membership.Role.REFERENT, unit__isnull=False
        ).select_related("agent")
    }
    for row in rows("returns_2019_2020.csv"):
        service = services[row["unit"], row["service"]]
        month = datetime.date.fromisoformat(f"{row['month']}-01")
        yield MonthlyReturn(
            prefecture=schedule.prefecture,
            service=service,
            month=month,
            state=MonthlyReturn.State(row["state"]),
            comment=row["comment"],
            due_on=due(month),
            entered_on=datetime.date.fromisoformat(row["sent_on"]),
            entered_by=referents.get(service.unit_id, manager),
        )


def _number(text: str) -> int | None:
    return int(text) if text else None


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
