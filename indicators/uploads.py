"""Files that wait to be verified: brought by somebody, read by a worker, answered problem by problem, then
imported or abandoned.

Each answer is kept as soon as it is given. What an import would write is worked out anew each time it is
shown, and once more when it is written: nobody imports what they did not see.
"""

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from indicators.answers import Answer
from indicators.imports import Examination, examine, new_name, next_number, write
from indicators.ledger import Change, in_words
from indicators.models import FigureImport, ImportAnswer, Measurement, Note
from jobs import queue
from jobs.models import Job
from sheets.child import read_apart, rows_as_json, rows_from_json
from sheets.reading import Row, TableError
from sites import files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture

READ_JOB = "indicators.read_upload"
State = FigureImport.State


class UnfitAnswerError(Exception):
    """The answer does not fit its problem; the message says why."""


# --- bringing and reading ----------------------------------------------------------------------------------


def bring(
    prefecture: Prefecture,
    data: bytes,
    *,
    year: int,
    contents: FigureImport.Contents,
    file_name: str,
    by: Agent,
) -> FigureImport:
    """Keep a file, and have it read. The same file, while it waits, is the draft that there is."""
    same = {
        "prefecture": prefecture,
        "year": year,
        "contents": contents,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    with transaction.atomic():
        prefecture.lock()
        if waiting := FigureImport.objects.open().filter(**same).first():
            return waiting
        source = FigureImport.objects.create(
            **same,
            number=next_number(prefecture),
            state=State.READING,
            file_name=file_name[-200:],
            stored_as=new_name(prefecture),
            uploaded_by=by,
        )
        files.keep(source.stored_as, data)
        order_reading(source)
    return source


def order_reading(source: FigureImport) -> Job:
    """Have a file read. Asking twice makes one job."""
    return queue.enqueue(
        READ_JOB,
        key=reading_key(source),
        asked_by_id=source.uploaded_by_id,
        prefecture_id=source.prefecture_id,
        source_id=source.pk,
    )


def reading_key(source: FigureImport) -> str:
    return f"{READ_JOB}:{source.pk}"


def read(source: FigureImport, report: queue.Report) -> None:
    """Read the file of a draft, in a worker. A table that cannot be read says why, and its file goes."""
    if source.state != State.READING:
        return
    report(10, "Lecture du tableau")
    reading = FigureImport.objects.filter(pk=source.pk, state=State.READING)
    try:
        rows = read_apart(files.read(source.stored_as, source.sha256))
    except TableError as error:
        reading.update(state=State.FAILED, failure=str(error), stored_as="")
        files.remove(source.stored_as)
        return
    report(90, "Enregistrement des lignes lues")
    reading.update(state=State.TO_CHECK, rows=rows_as_json(rows))


# --- verifying ---------------------------------------------------------------------------------------------


def rows_of(source: FigureImport) -> list[Row]:
    return rows_from_json(source.rows or [])


def preview(source: FigureImport, answers: Iterable[ImportAnswer]) -> Examination:
    """What the import would do now, with the answers given so far. Raises RefusedError."""
    return examine(source, rows_of(source), [_as_answer(one) for one in answers])


def answer(
    source: FigureImport,
    *,
    row: int,
    column: str,
    code: str,
    corrected: str,
    reason: str,
    seen_version: int,
    by: Agent,
) -> None:
    """Keep the answer to a problem, if it fits. Without a correction the cell, or the row, is left out."""
    place = {"row": row, "column": column, "code": code}
    with transaction.atomic():
        held = hold(source, State.TO_CHECK)
        others = list(held.given_answers.all())
        own = next((one for one in others if one.key == (row, column, code)), None)
        if own and (own.corrected, own.reason) == (corrected, reason):
            return
        if (own.version if own else 0) != seen_version:
            raise ConflictError(own or ImportAnswer(version=0, **place))
        new = own or ImportAnswer(source=held, version=0, **place)
        new.corrected, new.reason = corrected, reason
        examined = preview(held, [one for one in others if one is not own] + [new])
        refusals = [
            problem.message
            for problem in examined.report.unanswered
            if (problem.row, problem.column, problem.code) == (row, column, code)
        ]
        if refusals:
            raise UnfitAnswerError(refusals[-1])
        new.version += 1
        new.answered_at, new.answered_by = timezone.now(), by
        new.save()


def _as_answer(given: ImportAnswer) -> Answer:
    return Answer(given.row, given.column, given.code, given.corrected or None, given.reason)


# --- deciding ----------------------------------------------------------------------------------------------


def confirm(source: FigureImport, *, by: Agent, read: str) -> Examination:
    """Write what somebody read (`read` is its fingerprint): all of it, once."""
    with transaction.atomic():
        source.prefecture.lock()
        held = hold(source, State.TO_CHECK)
        examined = preview(held, held.given_answers.all())
        if number := len(examined.report.unanswered):
            raise RefusedError(
                f"{_blocking(number)} encore sans réponse\xa0: rien n'a été importé. Répondre, puis importer."
            )
        refuse_unread(examined.report.imported, examined.fingerprint, read)
        write(held, examined, by=by)
    return examined


def refuse_unread(imported: int, fingerprint: str, read: str) -> None:
    """Nobody imports what they did not see, nor a file that says nothing new."""
    if fingerprint != read:
        raise RefusedError(
            "Des chiffres ou des réponses ont changé depuis votre relecture\xa0: rien n'a été importé. "
            "Relire ce qui sera écrit, puis importer."
        )
    if not imported:
        raise RefusedError("Ce fichier ne dit rien de nouveau\xa0: il n'y a rien à importer.")


def abandon(source: FigureImport, *, by: Agent) -> None:
    """Give a draft up: its file goes, the trace of it stays."""
    with transaction.atomic():
        held = hold(source, *FigureImport.OPEN)
        transaction.on_commit(partial(files.remove, held.stored_as))
        held.state, held.rows, held.stored_as = State.ABANDONED, None, ""
        held.abandoned_at, held.abandoned_by = timezone.now(), by
        held.save()


def hold(source: FigureImport, *states: State) -> FigureImport:
    """The draft as it stands, for whoever changes it now."""
    held = FigureImport.objects.select_for_update().get(pk=source.pk)
    if held.state not in states:
        who = held.imported_by or held.abandoned_by
        raise RefusedError(
            f"Cet import n'attend plus de décision\xa0: {held.get_state_display()}"
            f"{f' par {who}' if who else ''}."
        )
    return held


def _blocking(number: int) -> str:
    return f"{number} problème{'s' if number > 1 else ''} bloquant{'s' if number > 1 else ''}"


# --- afterwards --------------------------------------------------------------------------------------------


def changes_of(source: FigureImport) -> list[Change]:
    """What an import wrote of figures, with what stood there before: from their history."""
    history = Measurement.history.filter(source=source)
    written = history.filter(history_change_reason=source.mark).select_related("unit", "indicator")
    of_these = Measurement.history.filter(id__in=written.values("id")).select_related("unit", "indicator")
    before: dict[int, Any] = {}
    for past in of_these.order_by("history_id"):
        before.setdefault(past.id, []).append(past)
    return [
        Change(
            unit=one.unit.name,
            indicator=one.indicator.title,
            year=one.period_start.year,
            before=_before(one, before[one.id]),
            after=in_words(_as_it_was(one)),
        )
        for one in written.order_by("source_row", "-period_start", "pk")
    ]


def _before(written: Any, history: list[Any]) -> str:
    earlier = [past for past in history if past.history_id < written.history_id]
    return in_words(_as_it_was(earlier[-1])) if earlier else ""


def _as_it_was(past: Any) -> Measurement:
    measurement: Measurement = past.instance
    measurement.indicator = past.indicator
    return measurement


def notes_of(source: FigureImport) -> list[str]:
    written = Note.history.filter(source=source, history_change_reason=source.mark)
    return list(written.order_by("history_id").values_list("text", flat=True))
