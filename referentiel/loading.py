"""Read what was promised into rows: `load` a version of a référentiel, `load_prefecture` what one follows.

The file is the whole truth of its rows, but for what people decided since: a row marked `edited_by_hand`, and
every row of the organisation once it exists, stays as it is and the difference is listed. A row that the file
no longer has stays and is listed too. A second run changes nothing and leaves no history. A dry run (`dry`)
reads the same way and writes nothing: its report is what a load would do.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from itertools import chain, count, product
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from referentiel import editing, questions
from referentiel.changes import Difference, between, said
from referentiel.measures import NBSP
from referentiel.models import (
    Adoption,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    NormRow,
    Perimeter,
    Question,
    Referentiel,
    Target,
)
from referentiel.toml_files import TomlError, read_toml
from sites.conflicts import ConflictError, RefusedError
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
    Question: ("key",),
}

Table = dict[str, Any]
Row = TypeVar("Row", bound=models.Model)


class LoadingError(Exception):
    """What is wrong in a file, and where, in a sentence for the person who wrote it."""


class Fate(Enum):
    CREATED = "créée"
    UPDATED = "modifiée"
    KEPT = "corrigée à la main, gardée"
    ORPHAN = "absente du fichier, laissée en place"


@dataclass(frozen=True)
class Change:
    """What a load does to a row, or leaves alone. `values` are those of the file, by column."""

    fate: Fate
    where: str
    row: models.Model
    differences: tuple[Difference, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        parts = [f"{one.label} : {one.before} → {one.after}" for one in self.differences]
        return " ; ".join([f"{self.where} : {self.fate.value}", *parts])

    @property
    def version(self) -> int:
        return editing.version_of(self.row)


@dataclass
class LoadReport:
    """What a load did, the differences it left alone (`kept`), rows that the file has lost (`orphans`)."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list, compare=False)

    def of(self, fate: Fate) -> list[Change]:
        return [change for change in self.changes if change.fate == fate]

    @property
    def details(self) -> str:
        """The summary, then every row that changes, and what in it."""
        changed = (change for change in self.changes if change.fate in (Fate.CREATED, Fate.UPDATED))
        return "\n  ".join([self.summary, *(change.said for change in changed)])

    @property
    def summary(self) -> str:
        counts = f"{self.created} créées, {self.updated} modifiées, {self.unchanged} inchangées"
        return "\n  ".join([f"{self.file}, lignes : {counts}.", *self.kept, *self.orphans])


def version_files() -> list[Path]:
    """The versions of référentiels that ship with the application."""
    return sorted((Path(__file__).parent / "versions").glob("*.toml"))


QUESTIONS = Path(__file__).parent / "questions.toml"


def shipped_files() -> list[Path]:
    """The versions, then the open questions, which name their rows."""
    return [*version_files(), QUESTIONS]


def load_shipped(path: Path, *, dry: bool = False) -> LoadReport:
    """A file of either kind."""
    return (load_questions if path == QUESTIONS else load)(path, dry=dry)


@transaction.atomic
def load_questions(path: Path, *, dry: bool = False) -> LoadReport:
    """The words of the open questions; their answers belong to the administrator."""
    file = _File(path, dry=dry)
    for position, (where, table) in enumerate(file.tables("question"), 1):
        try:
            questions.check(table.get("concerns", []))
        except questions.WrongConcernError as error:
            raise LoadingError(f"{where} : {error}") from error
        file.put(Question, where, table, position=position)
    file.refuse_leftovers()
    return file.report


def take_back(change: Change, *, seen: int) -> None:
    """Give a row corrected by hand what its file says: it is the file's again, and loads keep it in line."""
    row = change.row
    if any(name.endswith("_id") and (value or 0) < 0 for name, value in change.values.items()):
        raise RefusedError("Le fichier ajoute d’abord une autre ligne\xa0: chargez-le.")
    with transaction.atomic():
        held = type(row)._default_manager.select_for_update().get(pk=row.pk)
        if (latest := editing.version_of(held)) != seen:
            raise ConflictError(held, latest)
        for name, value in {**change.values, "edited_by_hand": False}.items():
            setattr(held, name, value)
        _check(held, change.where)
        held.save()


@transaction.atomic
def load(path: Path, *, dry: bool = False) -> LoadReport:
    """The national rows of one version of a référentiel, all of them or none."""
    file = _File(path, dry=dry)
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
    measured = _measured_by_module()
    for where, table in file.tables("adoption"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        file.put(Adoption, where, table, prefecture=prefecture, referentiel=referentiel)
    for where, table in file.tables("perimeter"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        module = file.find(modules, (referentiel, file.take("module", table, where)), where)
        unit = file.find(units, file.take("unit", table, where), where)
        if "measured" in table:
            table["measured"] = file.names("measured", table, where)
            for key in table["measured"]:
                file.find(measured[module.pk], key, where)
        for name in file.names("services", table, where):
            service = file.find(services, (unit, name), where)
            file.put(Perimeter, f"{where} ({name})", table, service=service, module=module)
    for where, table in file.tables("delay_rule"):
        referentiel = file.find(referentiels, file.take("referentiel", table, where), where)
        _load_delay_rules(file, where, table, referentiel, prefecture)
    file.refuse_leftovers()
    return file.report


def _measured_by_module() -> Mapping[int | None, dict[str, Engagement]]:
    """What a service may measure of a module, by key: an indicator, or all those of an engagement."""
    found: dict[int | None, dict[str, Engagement]] = defaultdict(dict)
    for engagement in Engagement.objects.prefetch_related("indicators"):
        keys = [engagement.key, *(indicator.key for indicator in engagement.indicators.all())]
        found[engagement.module_id] |= dict.fromkeys(keys, engagement)
    return found


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
    """A TOML file on its way into rows. `where` is the place of a table in the words of the file.

    In a dry run the rows that would be created bear numbers below zero, which no stored row has.
    """

    def __init__(self, path: Path, *, dry: bool = False) -> None:
        self.dry = dry
        self.numbers_to_come = count(-1, -1)
        self.name = path.name
        self.report = LoadReport(path.name)
        self.written: set[tuple[Any, ...]] = set()
        self.rows: set[models.Model] = set()
        self.stored: dict[type[models.Model], dict[tuple[Any, ...], Any]] = {}
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
        above = {f.name for f in fields if f.is_relation}
        _check(fresh, where, exclude=above, validate_unique=False, validate_constraints=False)

        identity = _identity_of(fresh)
        if (model, *identity) in self.written:
            raise LoadingError(f"{where} : cette ligne est écrite deux fois.")
        self.written.add((model, *identity))
        if model not in self.stored:
            self.stored[model] = _stored(model)
        row: Row | None = self.stored[model].get(identity)
        if row and _differing(fields, row, fresh):  # somebody may have written it since all were read
            row = model._default_manager.filter(pk=row.pk).first()
        if row is None:
            if self.dry:
                fresh.pk = next(self.numbers_to_come)
            else:
                _check(fresh, where)
                fresh.save()
            self.report.created += 1
            self._note(Fate.CREATED, where, fresh)
        else:
            self._bring_in_line(row, fresh, _differing(fields, row, fresh), where)
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
            self._note(Fate.KEPT, where, row, fresh, differing)
        else:
            self._note(Fate.UPDATED, where, row, fresh, differing)
            self.report.updated += 1
            if not self.dry:
                for f in differing:
                    setattr(row, f.attname, f.value_from_object(fresh))
                _check(row, where)
                row.save()

    def _note(
        self,
        fate: Fate,
        where: str,
        row: models.Model,
        fresh: models.Model | None = None,
        fields: Iterable[Any] = (),
    ) -> None:
        differences = between(row, fresh, fields)
        values = {f.attname: f.value_from_object(fresh) for f in fields}
        place = where.removeprefix(f"{self.name}, ")
        if differences or not values:
            self.report.changes.append(Change(fate, place, row, differences, values))

    def refuse_leftovers(self) -> None:
        for name in self.content:
            raise LoadingError(f"{self.name} : « {name} » n'est pas une table connue.")

    def list_orphans(self, *querysets: models.QuerySet[Any]) -> None:
        for row in chain(*(rows.filter(edited_by_hand=False) for rows in querysets)):
            if row not in self.rows:
                fields = (row._meta.get_field(name) for name in IDENTITY[type(row)])
                named = ", ".join(_said(row, f) for f in fields if f.value_from_object(row))
                self.report.orphans.append(f"{self.name} n'a plus la ligne {named} ; elle reste en place.")
                self._note(Fate.ORPHAN, f"{row._meta.verbose_name} {named}", row)


def _identity_of(row: models.Model) -> tuple[Any, ...]:
    """In the values of its columns, as the history keeps them too."""
    return tuple(getattr(row, attname) for attname in _attnames(type(row)))


def _attnames(model: type[models.Model]) -> list[str]:
    return [model._meta.get_field(name).attname for name in IDENTITY[model]]  # type: ignore[union-attr]


def _stored(model: type[Row]) -> dict[tuple[Any, ...], Row]:
    """The rows of a model by identity, and by those that they had before somebody corrected that very part (a
    date): a load that asked for each of its rows would take twice the time.
    """
    former = defaultdict(set)
    for pk, *identity in model.history.values_list("id", *_attnames(model)):  # type: ignore[attr-defined]
        former[pk].add(tuple(identity))
    rows = list(model._default_manager.all())
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        found.setdefault(_identity_of(row), row)
    for row in rows:
        for identity in former[row.pk]:
            found.setdefault(identity, row)
    return found


def _differing(fields: list[Any], row: models.Model, fresh: models.Model) -> list[Any]:
    return [f for f in fields if f.value_from_object(fresh) != f.value_from_object(row)]


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
    return said(row, f, quote="« {} »")
