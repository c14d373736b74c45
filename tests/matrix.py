"""The access matrix, read from its file and from the URLconf: for test_house.py and the browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, URLResolver, get_resolver, reverse

MATRIX = yaml.safe_load((Path(__file__).parent / "access_matrix.yaml").read_text("utf-8"))
ROWS: dict[str, dict[str, Any]] = MATRIX["routes"]

# Who plays each role of the matrix: a fixture of conftest.py.
CAST = {
    "anonymous": None,
    "stranger": "zoe",
    "quality_manager": "claire",
    "referent": "rachid",
    "agent": "basile",
    "director": "helene",
    "auditor": "ines",
    "communication": "odile",
    "administrator": "paul",
}


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: frozenset[str]
    is_public: bool

    @property
    def values(self) -> dict[str, str | int]:
        values = MATRIX["parameters"] | ROWS[self.name].get("with", {})
        return {name: values[name] for name in self.parameters}

    @property
    def url(self) -> str:
        return reverse(self.name, kwargs=self.values)

    def answers(self, method: str) -> dict[str, int | str]:
        """The expected answer to every role."""
        row = dict(ROWS[self.name][method])
        others = row.pop("others", None)
        return {role: row.get(role, others) for role in CAST}


def routes() -> list[Route]:
    return _walk(get_resolver().url_patterns)


def _walk(
    patterns: list[URLPattern | URLResolver], above: str = "", held: frozenset[str] = frozenset()
) -> list[Route]:
    found = []
    for pattern in patterns:
        path = above + str(pattern.pattern)
        parameters = held | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            found += _walk(pattern.url_patterns, path, parameters)
        else:
            assert pattern.name, f"la route {path} n'a pas de nom"
            is_public = not getattr(pattern.callback, "login_required", True)
            found.append(Route(pattern.name, path.lstrip("^"), frozenset(parameters), is_public))
    return found
