"""Read what was promised into rows: `load` a version of a référentiel, `load_prefecture` what one follows.

The file is the whole truth of its rows, but for what people decided since: a row marked `edited_by_hand`, and
every row of the organisation once it exists, stays as it is and the difference is listed. A row that the file
no longer has stays and is listed too. A second run changes nothing and leaves no history.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, count, product
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from referentiel.measures import NBSP, in_french
from referentiel.models import (
    Adoption,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    NormRow,
    Perimeter,
    Referentiel,
    Target,
)
from referentiel.toml_files import TomlError, read_toml
from sites.models import Prefecture, Service, Site, Unit

# What makes a table of the file the same row as at the load before.
IDENTITY: dict[type[models.Model], tuple[str, ...]] = {
    Referentiel: ("slug",),
    Module: ("referentiel", "number"),
    Engagement: ("referentiel", "key"),
    Indicator: ("engagement", "prefecture", "key"),
    Target: ("indicator", "prefecture", "starts_on"),
    DelayRule: ("referentiel", "prefecture", "kind", "channel", "requester", "milestone", "starts_on"),
    Prefecture: ("code",),
    Unit: ("prefecture", "name"),
    Site: ("unit", "name"),
    Service: ("unit", "short_name"),
    Adoption: ("prefecture", "referentiel", "starts_on"),
    Perimeter: ("service", "module", "starts_on"),
}

Table = dict[str, Any]
Row = TypeVar("Row", bound=models.Model)


class LoadingError(Exception):
    """What is wrong in a file, and where, in a sentence for the person who wrote it."""


@dataclass
class LoadReport:
    """What a load did, the differences it left alone (`kept`), rows that the file has lost (`orphans`)."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        counts = f"{self.created} créées, {self.updated} modifiées, {self.unchanged} inchangées"
        return "\n  ".join([f"{self.file}, lignes : {counts}.", *self.kept, *self.orphans])


def version_files() -> list[Path]:
    """The versions of référentiels that ship with the application."""
    return sorted((Path(__file__).parent / "versions").glob("*.toml"))


@transaction.atomic
def load(path: Path) -> LoadReport:
    """The national rows of one version of a référentiel, all of them or none."""
    file = _File(path)
    where, table = file.only("referentiel")
    referentiel = file.put(Referentiel, where, table)
    modules = {
        table.get("number"): file.put(Module, where, table, referentiel=referentiel)
        for where, table in file.tables("module")
    }
    indicator_positions = count(1)
    for position, (where, table) in enumerate(file.tables("engagement"), 1):
        indicators = list(file.tables("indicator", table, where))
        module = file.find(modules, table.pop("module"), where) if "module" in table else None
        engagement = file.put(
            Engagement, where, table, referentiel=referentiel, module=module, position=position
        )
        _load_indicators(file, indicators, engagement, indicator_positions)
    for where, table in file.tables("delay_rule"):
        _load_delay_rules(file, where, table, referentiel, prefecture=None)
    file.refuse_leftovers()
    file.list_orphans(
        referentiel.modules.all(),
        referentiel.engagements.all(),
        Indicator.objects.filter(engagement__referentiel=referentiel, prefecture=None),
        Target.objects.filter(indicator__engagement__referentiel=referentiel, prefecture=None),
        referentiel.delay_rules.filter(prefecture=None),
    )
    return file.report


@transaction.atomic
def load_prefecture(path: Path) -> LoadReport:
    """A préfecture from nothing: units, sites, services, what it follows and who keeps it, its own delays.

    The référentiels that the file names must have been loaded before.
    """
    file = _File(path)
    where, table = file.only("prefecture")
    prefecture = file.put(Prefecture, where, table)
    units = {
        table.get("short_name"): file.put(Unit, where, table, prefecture=prefecture, position=position)
        for position, (where, table) in enumerate(file.tables("unit"), 1)
    }
    for where, table in file.tables("site"):
        file.put(Site, where, table, unit=file.find(units, file.take("unit", table, where), where))
    services = {}
    for where, table in file.tables("service"):
        unit = file.find(units, file.take("unit", table, where), where)
        service = file.put(Service, f"{where} ({unit.short_name})", table, unit=unit)
        services[unit, table.get("short_name")] = service

    referentiels = {row.slug: row for row in Referentiel.objects.all()}
    modules = {(row.referentiel, row.number): row for row in Module.objects.select_related("referentiel")}
    for where, table in file.tables("adoption"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        file.put(Adoption, where, table, prefecture=prefecture, referentiel=referentiel)
    for where, table in file.tables("perimeter"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        module = file.find(modules, (referentiel, file.take("module", table, where)), where)
        unit = file.find(units, file.take("unit", table, where), where)
        for name in file.names("services", table, where):
            service = file.find(services, (unit, name), where)
            file.put(Perimeter, f"{where} ({name})", table, service=service, module=module)
    for where, table in file.tables("delay_rule"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        _load_delay_rules(file, where, table, referentiel, prefecture)
    file.refuse_leftovers()
    return file.report


def _load_indicators(
    file: "_File", tables: list[tuple[str, Table]], engagement: Engagement, positions: Iterator[int]
) -> None:
    rows: dict[Any, Indicator] = {}
    for where, table in tables:
        targets = list(file.tables("target", table, where))
        links: dict[str, Any] = {"engagement": engagement, "prefecture": None, "position": next(positions)}
        if "companion_of" in table:
            links["companion_of"] = file.find(rows, table.pop("companion_of"), where)
        rows[table.get("key")] = indicator = file.put(Indicator, where, table, **links)
        for where_target, target in targets:
            file.put(Target, where_target, target, indicator=indicator, prefecture=None)


def _load_delay_rules(
    file: "_File", where: str, table: Table, referentiel: Referentiel, prefecture: Prefecture | None
) -> None:
    """One row for each kind × channel × requester that the table names."""
    names = [file.names(key, table, where) for key in ("kinds", "channels", "requesters")]
    for kind, channel, requester in product(*names):
        row = {**table, "kind": kind, "channel": channel, "requester": requester}
        here = f"{where} ({kind}, {channel}, {requester})"
        file.put(DelayRule, here, row, referentiel=referentiel, prefecture=prefecture)


class _File:
    """A TOML file on its way into rows. `where` is the place of a table in the words of the file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.report = LoadReport(path.name)
        self.written: set[tuple[Any, ...]] = set()
        self.rows: set[models.Model] = set()
        try:
            self.content = read_toml(path)
        except TomlError as error:
            raise LoadingError(str(error)) from error
        self.sources = self.content.pop("sources", {})

    def only(self, name: str) -> tuple[str, Table]:
        table = self.take(name, self.content, self.name)
        if not isinstance(table, dict):
            raise LoadingError(f"{self.name} : écrire [{name}], une seule fois.")
        return f"{self.name}, {name}", table

    def tables(self, name: str, inside: Table | None = None, above: str = "") -> Iterator[tuple[str, Table]]:
        above = above or self.name
        found = (self.content if inside is None else inside).pop(name, [])
        if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
            raise LoadingError(f"{above} : écrire [[{name}]], avec deux crochets.")
        for number, table in enumerate(found, 1):
            known = [table[key] for key in ("key", "short_name", "name", "number") if key in table]
            yield f"{above}, {name} {known[0] if known else f'n° {number}'}", table

    def take(self, key: str, table: Table, where: str) -> Any:
        if key not in table:
            raise LoadingError(f"{where} : il manque « {key} ».")
        return table.pop(key)

    def names(self, key: str, table: Table, where: str) -> list[str]:
        names = self.take(key, table, where)
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise LoadingError(f"{where} : « {key} » est une liste de textes qui en contient au moins un.")
        return names

    def find(self, rows: Mapping[Any, Row], key: Any, where: str) -> Row:
        """The row that the file calls by a name."""
        if not isinstance(key, Hashable) or key not in rows:
            said = ", ".join(map(str, key)) if isinstance(key, tuple) else key
            raise LoadingError(f"{where} : « {said} » est inconnu : ni écrit plus haut, ni déjà chargé.")
        return rows[key]

    def put(self, model: type[Row], where: str, table: Table, **links: Any) -> Row:
        """The row of a table: created, brought in line, or left alone. `links` come from its place."""
        fields = [f for f in model._meta.concrete_fields if f.editable and not f.primary_key]
        values = dict(table)
        if "aliases" in values:
            values["aliases"] = self.names("aliases", values, where)
        if issubclass(model, NormRow):
            names = self.names("sources", values, where)
            values["source"] = f"{NBSP}; ".join(str(self.find(self.sources, name, where)) for name in names)
        own = {f.name: f for f in fields if not f.is_relation}
        for key, value in values.items():
            if key not in own:
                raise LoadingError(f"{where} : « {key} » n'est pas une clé connue.")
            if isinstance(own[key], models.DateField) and not isinstance(value, date):
                raise LoadingError(f"{where} : « {key} » est une date, écrite 2020-01-31, sans guillemets.")
        fresh = model(**values, **links)
        _check(fresh, where, validate_unique=False, validate_constraints=False)

        identity = {name: getattr(fresh, name) for name in IDENTITY[model]}
        if (model, *identity.values()) in self.written:
            raise LoadingError(f"{where} : cette ligne est écrite deux fois.")
        self.written.add((model, *identity.values()))
        row = _stored(model, identity)
        if row is None:
            _check(fresh, where)
            fresh.save()
            self.report.created += 1
        else:
            differing = [f for f in fields if f.value_from_object(fresh) != f.value_from_object(row)]
            self._bring_in_line(row, fresh, differing, where)
        self.rows.add(row or fresh)
        return row or fresh

    def _bring_in_line(self, row: Row, fresh: Row, differing: list[Any], where: str) -> None:
        if not differing:
            self.report.unchanged += 1
        elif getattr(row, "edited_by_hand", True):
            held = "la ligne corrigée à la main" if isinstance(row, NormRow) else "l'application"
            self.report.kept += [
                f"{where} : {f.verbose_name} : le fichier dit {_said(fresh, f)}, {held} dit {_said(row, f)}."
                for f in differing
                if f.name != "position"
            ]
        else:
            for f in differing:
                setattr(row, f.attname, f.value_from_object(fresh))
            _check(row, where)
            row.save()
            self.report.updated += 1

    def refuse_leftovers(self) -> None:
        for name in self.content:
            raise LoadingError(f"{self.name} : « {name} » n'est pas une table connue.")

    def list_orphans(self, *querysets: models.QuerySet[Any]) -> None:
        for row in chain(*(rows.filter(edited_by_hand=False) for rows in querysets)):
            if row not in self.rows:
                fields = (row._meta.get_field(name) for name in IDENTITY[type(row)])
                said = ", ".join(_said(row, f) for f in fields if f.value_from_object(row))
                self.report.orphans.append(f"{self.name} n'a plus la ligne {said} ; elle reste en place.")


def _stored(model: type[Row], identity: dict[str, Any]) -> Row | None:
    """The row of an identity, or the one that had it before somebody corrected that very part (a date)."""
    rows = model._default_manager
    earlier = model.history.filter(**identity).values("id")  # type: ignore[attr-defined]
    return rows.filter(**identity).first() or rows.filter(pk__in=earlier).first()


def _check(row: models.Model, where: str, **parts: Any) -> None:
    try:
        row.full_clean(**parts)
    except ValidationError as error:
        said = [
            " ".join(messages) if name == NON_FIELD_ERRORS else f"« {name} » : {' '.join(messages)}"
            for name, messages in error.message_dict.items()
        ]
        raise LoadingError(f"{where} : {' '.join(said)}") from error


def _said(row: models.Model, f: Any) -> str:
    """A value as a person would write it."""
    value = getattr(row, f"get_{f.name}_display")() if f.choices else getattr(row, f.name)
    match value:
        case None | "" | []:
            return "rien"
        case bool():
            return "oui" if value else "non"
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal():
            return in_french(value.normalize())
        case list():
            return ", ".join(f"« {one} »" for one in value)
    return f"« {value} »"
