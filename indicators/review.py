"""What somebody who verifies a draft reads: its problems with their answers, and its table."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from indicators import columns
from indicators.answers import LABELS, Code, Problem
from indicators.models import ImportAnswer
from sheets.reading import Row

ROWS_A_PAGE = 50
# Rows above and below the one that a question is about: printed tables swap neighbours.
AROUND = 1
# Of one kind, on one page; the table shows all of them in their cells.
MOST_WARNINGS = 100
# On one page; who has more corrects the file.
MOST_QUESTIONS = 100


@dataclass(frozen=True)
class Question:
    """A blocking problem, and what was answered. `refusal` is why the answer no longer fits."""

    problem: Problem
    column_title: str
    cell: str
    answer: ImportAnswer | None
    is_answered: bool
    refusal: str

    @property
    def label(self) -> str:
        return LABELS[Code(self.problem.code)]

    @property
    def key(self) -> tuple[int | None, str | None, str]:
        return self.problem.row, self.problem.column, self.problem.code


@dataclass(frozen=True)
class Group:
    """The warnings of one kind."""

    label: str
    problems: list[Problem]

    @property
    def shown(self) -> list[Problem]:
        return self.problems[:MOST_WARNINGS]

    @property
    def more(self) -> int:
        return max(0, len(self.problems) - MOST_WARNINGS)


@dataclass(frozen=True)
class Cell:
    text: str
    is_blocking: bool
    is_strange: bool


@dataclass(frozen=True)
class Line:
    number: int
    cells: list[Cell]
    is_asked: bool = False


def questions(
    problems: Iterable[Problem],
    unanswered: Iterable[Problem],
    answers: Iterable[ImportAnswer],
    rows: list[Row],
    year: int,
) -> list[Question]:
    """One for each blocking problem of a cell, in the order of the table."""
    of_cells: dict[tuple[int | None, str | None, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.blocking:
            of_cells[problem.row, problem.column, problem.code].append(problem)
    waiting = {(problem.row, problem.column, problem.code) for problem in unanswered}
    given = {one.key: one for one in answers}
    lines = {row.line: row for row in rows}
    return [
        Question(
            problem=found[0],
            column_title=columns.title(column or "", year),
            cell=lines[line][column] if line in lines and column else "",
            answer=given.get((line or 0, column or "", code)),
            is_answered=(line, column, code) not in waiting,
            refusal=found[-1].message if len(found) > 1 else "",
        )
        for (line, column, code), found in of_cells.items()
    ]


def warnings(problems: Iterable[Problem]) -> list[Group]:
    groups: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        if not problem.blocking:
            groups[problem.code].append(problem)
    return [Group(LABELS[Code(code)], found) for code, found in groups.items()]


def page_of(rows: list[Row], problems: Iterable[Problem], number: str | None) -> tuple[list[Line], Page]:
    """The lines of a page of the table, with a mark in the cells that have a problem."""
    page = Paginator(rows, ROWS_A_PAGE).get_page(number)
    return _lines(list(page.object_list), problems), page


def around(rows: list[Row], problems: Iterable[Problem], line: int) -> list[Line]:
    """The row of a question, between its neighbours."""
    place = next(place for place, row in enumerate(rows) if row.line == line)
    return _lines(rows[max(0, place - AROUND) : place + AROUND + 1], problems, asked=line)


def _lines(rows: list[Row], problems: Iterable[Problem], *, asked: int = 0) -> list[Line]:
    marks: dict[tuple[int | None, str | None], set[bool]] = defaultdict(set)
    for problem in problems:
        marks[problem.row, problem.column].add(problem.blocking)
    return [
        Line(
            row.line,
            [
                Cell(text, True in marks[row.line, column], marks[row.line, column] == {False})
                for column, text in row.cells.items()
            ],
            is_asked=row.line == asked,
        )
        for row in rows
    ]
