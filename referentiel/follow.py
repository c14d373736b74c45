"""What a préfecture follows: which référentiels, by which services, and what it must reach in a year."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import F

from referentiel.models import Adoption, Indicator, Module, Perimeter, Target
from sites.models import Prefecture, Service, in_force


@dataclass(frozen=True)
class Line:
    """A service, and its rows in each module of a matrix; an empty cell is a service that stands outside."""

    service: Service
    cells: list[list[Perimeter]]


@dataclass(frozen=True)
class Matrix:
    """Who keeps which module of a référentiel on a day: services as lines, modules as columns."""

    adoption: Adoption
    modules: list[Module]
    lines: list[Line]

    @property
    def is_empty(self) -> bool:
        return not any(any(line.cells) for line in self.lines)


def matrices(prefecture: Prefecture, on: datetime.date) -> list[Matrix]:
    """One for each référentiel that the préfecture follows on the day."""
    adoptions = Adoption.objects.filter(in_force(on), prefecture=prefecture).select_related("referentiel")
    services = list(
        Service.objects.filter(unit__prefecture=prefecture)
        .open_on(on)
        .called_on(on)
        .select_related("unit")
        .order_by("unit__position", "unit", "short_name")
    )
    modules = defaultdict(list)
    for module in Module.objects.filter(referentiel__in=[one.referentiel_id for one in adoptions]):
        modules[module.referentiel_id].append(module)
    cells = defaultdict(list)
    for row in Perimeter.objects.filter(in_force(on), service__in=services):
        cells[row.service_id, row.module_id].append(row)
    return [
        Matrix(
            adoption,
            modules[adoption.referentiel_id],
            [
                Line(one, [cells[one.pk, module.pk] for module in modules[adoption.referentiel_id]])
                for one in services
            ],
        )
        for adoption in adoptions
    ]


@dataclass
class Aim:
    """What an indicator must reach on the last day of a year, and the targets that say so: the préfecture's
    own one wins over the national one."""

    indicator: Indicator
    own: Target | None = None
    national: Target | None = None

    @property
    def target(self) -> Target | None:
        return self.own or self.national


def aims(prefecture: Prefecture, year: int) -> list[Aim]:
    """Every indicator that the préfecture follows in the year. Three queries."""
    end = datetime.date(year, 12, 31)
    followed = (
        Indicator.objects.followed_by(prefecture, year)
        .select_related("engagement__module", "engagement__referentiel", "prefecture")
        .order_by(F("engagement__referentiel__published_on").asc(nulls_last=True), "position", "pk")
    )
    by_indicator = {indicator.pk: Aim(indicator) for indicator in followed}
    for target in Target.objects.in_force_on_any(prefecture, [end]):
        if aim := by_indicator.get(target.indicator_id):
            target.indicator = aim.indicator
            if target.prefecture_id:
                aim.own = target
            else:
                aim.national = target
    return list(by_indicator.values())
