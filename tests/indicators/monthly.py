"""A préfecture that follows its figures month by month, for the tests of entry and returns."""

import datetime
from typing import Any

from indicators.entry import Said, Typed, versions
from indicators.models import EntrySchedule, Suspension
from referentiel.models import Indicator
from sites.models import Agent, Membership, Prefecture, Service
from tests import factories

MARCH = datetime.date(2020, 3, 1)


class Monthly:
    """Two services of one unit that measure a rate, a mean and a count, since January 2019."""

    def __init__(self) -> None:
        self.prefecture: Prefecture = factories.PrefectureFactory()
        self.unit = factories.UnitFactory(prefecture=self.prefecture)
        self.services: list[Service] = [
            factories.ServiceFactory(unit=self.unit, name=name, short_name=name)
            for name in ("Accueil", "Titres")
        ]
        self.referentiel = factories.ReferentielFactory()
        factories.AdoptionFactory(prefecture=self.prefecture, referentiel=self.referentiel)
        self.module = factories.ModuleFactory(referentiel=self.referentiel)
        engagement = factories.EngagementFactory(referentiel=self.referentiel, module=self.module)
        self.rate, self.mean, self.count = (
            factories.IndicatorFactory(engagement=engagement, key=key, unit=unit, position=position)
            for position, (key, unit) in enumerate(
                {"taux": "percent", "delai": "working_days", "nombre": "count"}.items()
            )
        )
        for service in self.services:
            factories.PerimeterFactory(service=service, module=self.module)
        self.schedule = EntrySchedule.objects.create(
            prefecture=self.prefecture, first_month=datetime.date(2019, 1, 1), due_after=5
        )
        self.manager = self._agent(Membership.Role.QUALITY_MANAGER)
        self.referent = self._agent(Membership.Role.REFERENT, service=self.services[0])

    def _agent(self, role: str, **scope: Any) -> Agent:
        agent: Agent = factories.AgentFactory()
        Membership.objects.create(agent=agent, role=role, prefecture=self.prefecture, **scope)
        return agent

    def typed(
        self, indicator: Indicator, *numbers: int | None, month: datetime.date = MARCH, **said: Any
    ) -> Typed:
        """A cell of the first service as somebody who reads it now leaves it."""
        seen = versions(self.services[0], month).get(indicator.pk, 0)
        return Typed(indicator, Said(*numbers, **said), seen)

    @property
    def whole(self) -> list[Typed]:
        """All that the first service owes for March 2020."""
        return [self.typed(self.rate, 9, 10), self.typed(self.mean, 30, 10), self.typed(self.count, 4)]

    def suspend(self, first: datetime.date, last: datetime.date | None, **scope: Any) -> Suspension:
        return Suspension.objects.create(
            prefecture=self.prefecture, first_month=first, last_month=last, reason="Crise sanitaire.", **scope
        )
