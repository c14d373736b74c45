"""Goals 7 and 8: the dashboard of one préfecture, on 864 000 and on 4 320 000 figures."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import world
from bench.goals import Measured, least, median
from indicators import results
from indicators.models import Measurement
from sites.models import Agent, Prefecture

FEW, MANY = 60, 300  # months
# What every page of an agent asks before its own: who is it, with which rights.
SURROUNDINGS = re.compile(r'FROM "(?:django_session|qualepref_sites_(?:agent|membership))"')

# The sums of the figures of a year and of the one before, and nothing else.
FLOOR = """
    SELECT service_id, indicator_id, EXTRACT(YEAR FROM period_start), SUM(numerator), SUM(denominator)
    FROM indicators_measurement
    WHERE prefecture_id = %s AND period_start >= %s AND period_start < %s
    GROUP BY 1, 2, 3
"""


def measure() -> Iterator[Measured]:
    prefecture = world.build()
    world.fill(range(1, FEW))
    few = world.blocks_of(_statements(prefecture, _last_year(FEW)))
    world.fill(range(FEW, MANY))
    year = _last_year(MANY)
    figures = Measurement.objects.count()
    statements = _statements(prefecture, year)
    many = world.blocks_of(statements)

    browser, url = _signed_in(prefecture), f"/agents/{prefecture.slug}/indicateurs/{year}/"
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(url)
    assert answer.status_code == 200, answer.status_code  # noqa: S101
    own = [query for query in asked.captured_queries if not SURROUNDINGS.search(query["sql"])]

    data, queries, floor = median(
        lambda: _data(prefecture, year),
        lambda: _run(statements),
        lambda: _floor(prefecture, year),
        rounds=21,
    )
    view, again = least(lambda: browser.get(url), lambda: _data(prefecture, year), rounds=15)
    print(
        f"      {figures:,} figures; floor {1000 * floor:.1f} ms, queries {1000 * queries:.1f} ms,"
        f" data {1000 * data:.1f} ms,"
        f" view {1000 * view:.1f} ms; buffers {few} then {many}"
    )
    yield Measured("7", "queries of the dashboard, session and rights apart", len(own), 6, "queries")
    yield Measured("7", "its data, against the raw grouped sums", data / floor, 2.5)
    yield Measured("7", "its buffers at 4.3 million figures, against 864 000", many / few, 1.1)
    yield Measured("8", "the whole view, against its data", view / again, 3)


def _last_year(months: int) -> int:
    return world.FIRST_YEAR + months // 12 - 1


def _data(prefecture: Prefecture, year: int) -> Any:
    return results.of_year(prefecture, year)


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


def _floor(prefecture: Prefecture, year: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [prefecture.pk, f"{year - 1}-01-01", f"{year + 1}-01-01"])
        return cursor.fetchall()


def _statements(prefecture: Prefecture, year: int) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        _data(prefecture, year)
    return [query["sql"] for query in asked.captured_queries]


def _signed_in(prefecture: Prefecture) -> Client:
    browser = Client()
    agent = Agent.objects.get(memberships__prefecture=prefecture)
    browser.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    return browser
