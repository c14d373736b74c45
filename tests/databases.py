"""Databases beside the suite's own, and how another process reaches them."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg2
from django.db import connection
from psycopg2 import sql


def url_of(name: str) -> str:
    """The address of a database of the suite's server; of a file where the suite runs on SQLite."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    who = f"{quote(own['USER'])}:{quote(own['PASSWORD'])}@" if own["USER"] else ""
    return f"postgres://{who}{own['HOST']}{':' if own['PORT'] else ''}{own['PORT']}/{name}"


@contextlib.contextmanager
def new_postgresql() -> Iterator[str]:
    """The address of an empty database on the suite's PostgreSQL, dropped at the end."""
    name = f"test_{uuid4().hex}"
    server = psycopg2.connect(url_of("postgres"))
    server.autocommit = True  # databases come and go outside transactions
    with contextlib.closing(server), server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield url_of(name)
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fill_postgresql(url: str, file: Path) -> None:
    """Replace all rows of a PostgreSQL database by those of a SQLite file that has the same tables.

    Values travel as text: PostgreSQL reads « 1 » as a boolean where that is the type of the column.
    """
    with (
        contextlib.closing(sqlite3.connect(file)) as source,
        contextlib.closing(psycopg2.connect(url)) as target,
        target,
        target.cursor() as cursor,
    ):
        cursor.execute("SET TIME ZONE 'UTC'")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = [name for (name,) in source.execute(names)]
        identifiers = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(identifiers))
        for table in tables:
            # What the database generates itself is not in the list.
            columns = [name for _, name, *_ in source.execute(f'PRAGMA table_info("{table}")')]
            listed = ", ".join(f'"{name}"' for name in columns)
            rows = source.execute(f'SELECT {listed} FROM "{table}"')  # noqa: S608
            insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            )
            texts = [[None if value is None else str(value) for value in row] for row in rows]
            cursor.executemany(insert, texts)
            if "id" in columns and texts and texts[0][columns.index("id")].isdigit():
                next_id = "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {}))"
                cursor.execute(sql.SQL(next_id).format(sql.Identifier(table)), [f'"{table}"'])
