"""What is written down of what happens: one line an event, JSON in production, words elsewhere.

No line holds what somebody typed, a name, an address or a secret, whoever writes it. So a message is written
without its arguments, an exception without its message (but in the demo, whose people are invented), and of
what stands beside (`extra`, and what the request or the job has bound) only the FACTS: numbers and names of
our own.
"""

import datetime
import json
import logging
import re
import traceback
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.utils.log import CallbackFilter

FACTS = (
    *("request_id", "route", "method", "status", "ms", "agent"),
    *("job", "kind", "queue", "attempts"),
    *("bilan", "prefecture"),
)
# Their very message is made of what was sent to us.
MADE_OF_INPUT = ("django.request", "django.security")
# Where a line on paper or in a file would break, or a terminal obey.
PLACE_OF_ARGUMENT = re.compile(r"%(\(\w+\))?[-+ #0-9.]*[a-zA-Z]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
BASE_DIR = Path(__file__).resolve().parent.parent
FRAMES = 12

Line = MutableMapping[str, Any]  # as structlog's processors hand it on


def config(level: str, *, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING; gunicorn and Celery are given the same."""
    shaped = [structlog.contextvars.merge_contextvars, structlog.stdlib.ExtraAdder(allow=FACTS)]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shaped,
                "processors": [partial(_shape, words=not as_json), _as_json if as_json else _in_words],
                "use_get_message": False,
            }
        },
        "filters": {"failures": {"()": CallbackFilter, "callback": lambda record: bool(record.exc_info)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"filters": ["failures"]},  # our own line tells of each refusal
            "celery": {"level": "WARNING"},  # and of each job
            "fontTools": {"level": "WARNING"},
            "kombu.connection": {"level": "ERROR"},  # it warns that a folder has no host name
            "pikepdf": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }


def _shape(_: Any, __: str, given: Line, *, words: bool) -> Line:
    """The line, in the order in which one reads it."""
    record: logging.LogRecord = given["_record"]
    line: Line = {
        "at": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(
            timespec="milliseconds"
        ),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": PLACE_OF_ARGUMENT.sub("…", str(record.msg)),
    }
    if record.name.startswith(MADE_OF_INPUT):
        line["event"] = "refused or failed"
    line.update((name, given[name]) for name in FACTS if given.get(name) not in (None, ""))
    error = given.get("exc_info")
    if error and error[1]:
        line["error"] = _names(error[1], words=words)
        line["where"] = _frames(error[1])
    return line


def _names(error: BaseException, *, words: bool) -> str:
    """The kinds of an error and of its causes, the last first: « PdfLostError < FileNotFoundError »."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause and len(names) < FRAMES:
        names.append(f"{type(cause).__name__}: {cause}" if words else type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return " < ".join(names)


def _frames(error: BaseException) -> list[str]:
    """The way to an error, its end first: « publications/pdf.py:120 render »."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(BASE_DIR)) if path.is_relative_to(BASE_DIR) else "/".join(path.parts[-3:])


def _as_json(_: Any, __: str, line: Line) -> str:
    return _escaped(json.dumps(line, ensure_ascii=False, default=str))


def _in_words(_: Any, __: str, line: Line) -> str:
    head = [line.pop(name) for name in ("at", "level", "logger", "event")]
    where = line.pop("where", [])
    words = _escaped(" ".join([*head, *(f"{name}={value}" for name, value in line.items())]))
    return "\n    ".join([words, *map(_escaped, where)])


def _escaped(text: str) -> str:
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
