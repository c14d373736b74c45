"""A country of invented préfectures: 120, here of ten services and twelve indicators, figures month by month.
A month of a service in seven is validated, the others are closed."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import connection

from indicators.models import EntrySchedule, Measurement, MonthlyReturn
from referentiel.models import (
    Adoption,
    Certainty,
    Engagement,
    Indicator,
    Module,
    Perimeter,
    Referentiel,
    Target,
)
from sites.models import Agent, Membership, Prefecture, Service, Unit

PREFECTURES, SERVICES, INDICATORS = 120, 10, 12
FIRST_YEAR = 2001
FIRST_MONTH = datetime.date(FIRST_YEAR, 1, 1)
PASSWORD = "banc d'essai, sans usage"  # noqa: S105 - of nobody
NORM = {"source": "banc d'essai", "certainty": Certainty.CERTAIN}


def build() -> Prefecture:
    """The norm and the organisation, without a figure; returns the préfecture that is looked at."""
    module = module_of_all()
    for number in range(INDICATORS):
        engagement = Engagement.objects.create(
            referentiel=module.referentiel,
            module=module,
            key=f"e{number}",
            code=f"E{number}",
            title=f"Engagement {number}",
            theme=f"Thème {number // 3}",
            position=number,
            **NORM,
        )
        indicator = Indicator.objects.create(
            engagement=engagement,
            key=f"i{number}",
            title=f"Indicateur {number}",
            short_title=f"I{number}",
            unit=Indicator.Unit.PERCENT,
            direction=Indicator.Direction.UP,
            position=number,
            **NORM,
        )
        Target.objects.create(indicator=indicator, comparator="≥", value=93, **NORM)
    return organise(module, SERVICES, {"first_month": FIRST_MONTH})


def module_of_all() -> Module:
    """The module that every service keeps, of the référentiel that every préfecture follows."""
    referentiel = Referentiel.objects.create(slug="banc", title="Banc", short_title="Banc", **NORM)
    return Module.objects.create(referentiel=referentiel, number=1, **NORM)


def organise(
    module: Module, services: int, schedule: dict[str, Any], zones: Sequence[str] = ("metropole",)
) -> Prefecture:
    """The préfectures, each of so many units of one service; returns the one that is looked at, with an
    agent."""
    for number in range(PREFECTURES):
        prefecture = Prefecture.objects.create(
            code=f"{number:03}",
            slug=f"banc-{number}",
            name=f"Préfecture {number}",
            territory=f"Territoire {number}",
            state_title=f"Préfet {number}",
            zone=zones[number % len(zones)],
        )
        EntrySchedule.objects.create(prefecture=prefecture, **schedule)
        Adoption.objects.create(prefecture=prefecture, referentiel=module.referentiel, **NORM)
        for place in range(services):
            kind = Unit.Kind.SUBPREFECTURE if place else Unit.Kind.HEADQUARTERS
            names = {"name": f"Unité {place}", "short_name": f"U{place}"}
            unit = Unit.objects.create(prefecture=prefecture, kind=kind, position=place, **names)
            service = Service.objects.create(unit=unit, name=f"Bureau {place}", short_name=f"B{place}")
            Perimeter.objects.create(service=service, module=module, **NORM)
    looked_at = Prefecture.objects.get(code="042")
    agent = Agent.objects.create_user("banc@prefecture.test", "Banc", PASSWORD)
    Membership.objects.create(agent=agent, role=Membership.Role.QUALITY_MANAGER, prefecture=looked_at)
    return looked_at


def fill(months: range) -> None:
    """Add the figures of months counted from January of the first year, month after month, and what the
    services sent of them.

    One month is made through the model; the others are copies of it with other numbers, in one statement.
    """
    if not Measurement.objects.exists():
        _first_month()
    columns = [str(field.column) for field in Measurement._meta.concrete_fields if not field.primary_key]
    changed = {
        "period_start": "(%(first)s::date + make_interval(months => m.n))::date",
        "first_month": "1 + m.n %% 12",
        "last_month": "1 + m.n %% 12",
        "denominator": "20 + (t.id * 7919 + m.n * 104729) %% 50",
        "numerator": "20 + (t.id * 7919 + m.n * 104729) %% 50 - (t.id + m.n) %% 5",
    }
    selected = ", ".join(changed.get(column, f't."{column}"') for column in columns)
    named = ", ".join(f'"{column}"' for column in columns)
    table, returns = Measurement._meta.db_table, MonthlyReturn._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({named})"  # noqa: S608 - names of our own model
            f" SELECT {selected} FROM {table} t, generate_series(%(from)s, %(to)s) AS m(n)"
            " WHERE t.period_start = %(first)s AND m.n > 0 ORDER BY m.n, t.id",
            {"first": FIRST_MONTH, "from": months.start, "to": months.stop - 1},
        )
        cursor.execute(
            f"INSERT INTO {returns}"  # noqa: S608 - names of our own models
            " (prefecture_id, service_id, month, state, comment, due_on, entered_on, open_because)"
            " SELECT prefecture_id, service_id, period_start, CASE (service_id + first_month) %% 7"
            " WHEN 0 THEN 'validated' ELSE 'closed' END, '', period_start, period_start, ''"
            f" FROM {table} WHERE indicator_id = (SELECT MIN(indicator_id) FROM {table})"
            f" AND period_start > COALESCE((SELECT MAX(month) FROM {returns}), %s)"
            " ORDER BY period_start, service_id",
            [FIRST_MONTH],
        )
        cursor.execute(f"VACUUM ANALYZE {table}, {returns}")


def _first_month() -> None:
    indicators = list(Indicator.objects.all())
    rows: list[Measurement] = [
        Measurement(
            prefecture_id=service.unit.prefecture_id,
            unit=service.unit,
            service=service,
            indicator=indicator,
            period=Measurement.Period.MONTH,
            period_start=FIRST_MONTH,
            first_month=1,
            last_month=1,
            shape=Measurement.Shape.RATE,
            numerator=40,
            denominator=42,
            origin=Measurement.Origin.ENTERED,
        )
        for service in Service.objects.select_related("unit").order_by("pk")
        for indicator in indicators
    ]
    Measurement.objects.bulk_create(rows, batch_size=2_000)


def blocks_of(statements: Sequence[str]) -> int:
    """How many pages of the database the statements touch: the same number on every machine."""
    total = 0
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
            plan = cursor.fetchone()[0][0]["Plan"]
            total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total
