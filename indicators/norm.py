"""What a préfecture follows in a year: what a document of that year may name, and what it should say."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeVar

from indicators.printed import MisfitError, read_target
from referentiel import measures
from referentiel.measures import Comparator, rounded, with_unit
from referentiel.models import Adoption, Indicator, Perimeter, Referentiel, Target
from sheets.reading import Row
from sheets.words import folded
from sites.models import Prefecture, Unit

T = TypeVar("T")

KINDS = {
    **dict.fromkeys(("prefecture", "siege", "headquarters"), Unit.Kind.HEADQUARTERS),
    **dict.fromkeys(("sous prefecture", "subprefecture"), Unit.Kind.SUBPREFECTURE),
}
BY_DIRECTION: dict[str, Comparator] = {
    Indicator.Direction.UP: Comparator.GE,
    Indicator.Direction.DOWN: Comparator.LE,
}

# Decimals that a stored figure or target keeps.
PLACES = 4


class Norm:
    """What a préfecture follows in a year: what a document may name, and what it should."""

    def __init__(self, prefecture: Prefecture, year: int) -> None:
        self.prefecture = prefecture
        self.year = year
        self.units = list(Unit.objects.filter(prefecture=prefecture))
        self.indicators, self.borrowed_from = _followed(prefecture, year)
        ends = {of: datetime.date(of, 12, 31) for of in (year - 1, year)}
        targets = Target.objects.in_force_on_any(prefecture, ends.values())
        self._targets = {
            (of, target.indicator_id): target
            for of, end in ends.items()
            for target in targets
            if target.is_in_force(end)
        }
        self.expected = Perimeter.objects.expected(prefecture, year)
        self._units = _by_name((unit, self._unit_names(unit)) for unit in self.units)
        self._indicators = _by_name((one, _indicator_names(one)) for one in self.indicators)

    def _unit_names(self, unit: Unit) -> list[str]:
        names = [unit.name, unit.short_name, *unit.aliases]
        if unit.kind == Unit.Kind.HEADQUARTERS:
            names += ["Préfecture", "Siège", self.prefecture.name]
        return names

    def target_in_force(self, indicator: Indicator, *, year: int | None = None) -> Target | None:
        """The référentiel's (or the préfecture's own) on the last day of the year, or of the one before."""
        return self._targets.get((year or self.year, indicator.pk))

    def own_name(self, name: str) -> str:
        own = (self.prefecture.code, self.prefecture.name, self.prefecture.territory)
        if name and folded(name) not in map(folded, own):
            raise MisfitError(f"La ligne est d'une autre préfecture (« {name} »).")
        return name

    def unit(self, name: str, kind: str) -> Unit:
        found = self._units.get(folded(name or kind), [])
        if len(found) > 1:
            found = [unit for unit in found if unit.kind == KINDS.get(folded(kind))]
        if len(found) != 1:
            raise MisfitError(
                f"« {name} » n'est pas une unité de la préfecture." if name else "L'unité n'est pas imprimée."
            )
        return found[0]

    def indicator(self, label: str, row: Row, above: Indicator | None) -> Indicator:
        """The indicator of a label. One that several share is told by the engagement, by the theme, or by the
        rate printed just above."""
        if not label:
            raise MisfitError("L'indicateur n'est pas imprimé.")
        found = self._indicators.get(folded(label), [])
        code, theme = _code(row["engagement"]), folded(row["theme"])
        narrowers: list[Callable[[Indicator], bool]] = [
            lambda one: _code(one.engagement.code) == code,
            lambda one: folded(one.engagement.theme) == theme,
            lambda one: above is not None and one.companion_of_id == above.pk,
        ]
        for fits in narrowers:
            if len(found) > 1:
                found = [one for one in found if fits(one)] or found
        if not found:
            raise MisfitError(f"Aucun indicateur suivi en {self.year} ne s'appelle « {label} ».")
        if len(found) > 1:
            named = " ou ".join(f"« {one.engagement.code} {one.title} »" for one in found)
            raise MisfitError(f"« {label} » peut être {named}.")
        printed_code = code if label == row["indicator"] else ""
        if printed_code and _code(found[0].engagement.code) not in ("", printed_code):
            raise MisfitError(
                f"« {label} » est un indicateur de l'engagement {found[0].engagement.code}, "
                f"et non de {row['engagement']}."
            )
        return found[0]

    def target(self, indicator: Indicator, text: str, *, however_far: bool = False) -> measures.Target | None:
        """What a document holds a figure against; a bare number takes the comparison of the référentiel.

        Twice or half the référentiel's target is a slip of the document (« <16j » for five days), unless
        somebody says that it is right.
        """
        printed = read_target(text, indicator.unit)
        if printed is None:
            return None
        norm = self.target_in_force(indicator)
        if norm and not however_far and not norm.value / 2 <= printed.value <= norm.value * 2:
            own = with_unit(norm.value.normalize(), indicator.unit)
            raise MisfitError(
                f"« {text} » est trop loin de l'objectif du référentiel ({norm.comparator} {own})."
            )
        usual = Comparator(norm.comparator) if norm else BY_DIRECTION.get(indicator.direction)
        comparator = printed.comparator or usual
        if comparator is None:
            raise MisfitError(f"« {text} » ne dit pas s'il faut plus ou moins : écrire « < » ou « ≥ ».")
        if usual and usual.wants_less != comparator.wants_less:
            raise MisfitError(f"« {text} » va contre le sens de l'indicateur.")
        return measures.Target(comparator, Fraction(rounded(Fraction(printed.value), PLACES)))


def _followed(prefecture: Prefecture, year: int) -> tuple[list[Indicator], Referentiel | None]:
    """The indicators of the year. Those of the next référentiel that has some, and that référentiel, for a
    year whose own had none: its figures are the « N-1 » of a year that is counted by the next one."""
    if own := list(Indicator.objects.followed_by(prefecture, year)):
        return own, None
    later = Adoption.objects.filter(prefecture=prefecture, starts_on__year__gt=year).order_by("starts_on")
    for adoption in later.select_related("referentiel"):
        starts_on = adoption.starts_on or datetime.date(year, 12, 31)
        if next_ones := list(Indicator.objects.followed_by(prefecture, starts_on.year)):
            return next_ones, adoption.referentiel
    return [], None


def _code(text: str) -> str:
    """« E 36 » is E36."""
    return folded(text).replace(" ", "")


def _by_name(named: Iterable[tuple[T, list[str]]]) -> dict[str, list[T]]:
    index: dict[str, list[T]] = defaultdict(list)
    for one, names in named:
        for name in dict.fromkeys(map(folded, names)):
            index[name].append(one)
    return index


def _indicator_names(indicator: Indicator) -> list[str]:
    """Its labels, bare and behind the code of the engagement, which tells apart those that share one."""
    names = [indicator.title, indicator.short_title, *indicator.aliases]
    return names + [f"{indicator.engagement.code} {name}" for name in names]
