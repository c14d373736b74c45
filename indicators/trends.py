"""How results change over the years: each unit of an indicator, year after year, and what one concludes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.functional import cached_property

from indicators import curves
from indicators.curves import Aim, Curve, Series, Value
from indicators.results import Absence, Course, Result
from referentiel.measures import Coverage, Verdict
from sites.models import Unit


@dataclass(frozen=True)
class Trend:
    """An indicator over years that follow one another; a year without a figure is None, unless it was
    suspended."""

    course: Course

    @property
    def theme(self) -> str:
        return self.course.indicator.engagement.theme

    @cached_property
    def rows(self) -> list[tuple[Unit, list[tuple[int, Result | None]]]]:
        """The units that have a figure in one of the years at least, and their result in each."""
        years = self.course.years
        return [
            (unit, list(zip(years, results, strict=True)))
            for unit, results in self.course.rows
            if any(one and one.figure for one in results)
        ]

    @cached_property
    def conclusion(self) -> str:
        """The title: « En 2018, 3 unités sur 4 atteignent l’objectif, contre 4 sur 4 en 2017 »."""
        judged = [(year, *_score(results)) for year, results in self._by_year if _score(results)[1]]
        if not judged:
            return self._without_target
        year, met, out_of, names = judged[-1]
        if out_of == 1:
            said = f"En {year}, {names[0]} {'atteint' if met else 'n’atteint pas'} l’objectif"
        elif met == out_of:
            said = f"En {year}, les {met} unités atteignent l’objectif"
        elif met:
            reach = f"{met} unités sur {out_of} atteignent" if met > 1 else f"une unité sur {out_of} atteint"
            said = f"En {year}, {reach} l’objectif"
        else:
            said = f"En {year}, aucune des {out_of} unités n’atteint l’objectif"
        if len(judged) > 1 and judged[-2][0] == year - 1:
            before, then_met, then_out_of, _ = judged[-2]
            if out_of == then_out_of == 1:
                said += f", comme en {before}" if met == then_met else f", à la différence de {before}"
            else:
                said += f", contre {then_met or 'aucune'} sur {then_out_of} en {before}"
        return said

    @property
    def chart(self) -> Curve | None:
        years, indicator = self.course.years, self.course.indicator
        series = [
            Series(self.course.places[unit.pk], unit.short_name, values, _missing(results, values))
            for unit, results in self.course.rows
            for values in [[_value(result) for result in results]]
        ]
        return curves.draw(
            years,
            series,
            self._aims,
            unit=indicator.unit,
            title=self.conclusion,
            name=f"evolution-{indicator.pk}",
            suspended=self._suspended,
        )

    @property
    def _suspended(self) -> list[int]:
        """The places of the years that were suspended for all units."""
        of_years = zip(*(dict(results).values() for _, results in self.rows), strict=True)
        return [place for place, results in enumerate(of_years) if all(map(_is_suspended, results))]

    @property
    def _aims(self) -> list[Aim]:
        """Each target that judged a result, in the years that it did."""
        places: dict[tuple[Fraction, str], set[int]] = defaultdict(set)
        for _, results in self.course.rows:
            for place, result in enumerate(results):
                if result and result.target:
                    places[result.target.value, result.target_label].add(place)
        return [Aim(amount, label, sorted(held)) for (amount, label), held in places.items()]

    @property
    def _by_year(self) -> Iterable[tuple[int, list[Result]]]:
        for place, year in enumerate(self.course.years):
            yield year, [one for _, results in self.course.rows if (one := results[place])]

    @property
    def _without_target(self) -> str:
        known = [(year, [one for one in results if one.value is not None]) for year, results in self._by_year]
        year, results = next(((y, r) for y, r in reversed(known) if r), (self.course.years[-1], []))
        if not results:
            return f"Aucun résultat jusqu’en {year}"
        least, most = (pick(results, key=lambda one: one.value or 0) for pick in (min, max))
        if len(results) == 1:
            return f"En {year}, {least.unit.short_name}\xa0: {least.shown_label}, sans objectif"
        return f"En {year}, de {least.shown_label} à {most.shown_label} selon l’unité, sans objectif"


def _score(results: Sequence[Result]) -> tuple[int, int, list[str]]:
    """How many reach their target, of how many that have one, and the names of these."""
    judged = [one for one in results if one.verdict.is_judged]
    met = sum(one.verdict == Verdict.MET for one in judged)
    return met, len(judged), [one.unit.short_name for one in judged]


def _missing(results: Sequence[Result | None], values: Sequence[Value | None]) -> list[int]:
    """The places that lack a result which was owed, after the first one that is known."""
    since = next((place for place, value in enumerate(values) if value), len(values))
    return [
        place
        for place, result in enumerate(results)
        if place > since and not values[place] and not _is_suspended(result)
    ]


def _is_suspended(result: Result | None) -> bool:
    return result is not None and result.absence == Absence.SUSPENDED


def _value(result: Result | None) -> Value | None:
    if result is None or result.value is None:
        return None
    coverage = result.coverage or Coverage(frozenset())
    return Value(result.value, result.shown_label, not coverage.is_whole_year)
