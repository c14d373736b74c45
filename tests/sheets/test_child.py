"""The reader of tables in its own process: the same rows, and a sentence whatever happens to it."""

import logging
import multiprocessing
import re
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from sheets import child
from sheets.child import TOO_HEAVY, UNREADABLE, read_apart
from sheets.reading import (
    DamagedFileError,
    FileTooBigError,
    TableError,
    TableShapeError,
    TableTooBigError,
    UnknownKindError,
    bytes_of,
    rows_of,
)

DATA = Path(__file__).parents[1] / "data"
OF_LIBREOFFICE = DATA / "annual_results_2018_libreoffice.ods"
PRINTED = Path(__file__).parents[2] / "qualepref" / "demo" / "annual_results_2018.csv"


def test_a_table_read_apart_is_the_table():
    for path in (OF_LIBREOFFICE, PRINTED):
        data = path.read_bytes()

        assert read_apart(data) == rows_of(data)
        assert len(read_apart(data)) == 64


def test_a_workbook_is_read_apart_though_its_reader_is_imported_for_it_alone(tmp_path):
    book = openpyxl.Workbook()
    for row in (("Unité", "Résultat"), ("Arles", 12)):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    code = "import sys; from sheets import child; sys.exit('openpyxl' in sys.modules)"

    assert [dict(row.cells) for row in read_apart((tmp_path / "table.xlsx").read_bytes())] == [
        {"unite": "Arles", "resultat": "12"}
    ]
    assert subprocess.run([sys.executable, "-c", code], cwd=child.ROOT).returncode == 0


def test_a_refusal_of_the_reader_is_the_same_refusal():
    for data, kind, sentence in [
        (b"%PDF-1.7\n", UnknownKindError, "ni un CSV, ni un ODS, ni un XLSX"),
        (b"PK\x03\x04 et puis rien", DamagedFileError, "abîmé ou protégé par un mot de passe"),
        (b"", TableShapeError, "Le tableau est vide"),
        (b"unit;x\n" + b"\n" * 4_000_000, TableTooBigError, "dépasse 100000 lignes"),
        (b"unit;x\nA;" + b"a" * 4_900_000, DamagedFileError, "Ligne 2"),
    ]:
        with pytest.raises(kind, match=sentence):
            read_apart(data)


@pytest.fixture
def replaced(monkeypatch, tmp_path):
    """`replaced(code)`: the child does this instead of reading."""

    def replace(code: str) -> None:
        real = subprocess.run

        def run(command, **options):
            return real([sys.executable, "-c", code], **options)

        monkeypatch.setattr(child.subprocess, "run", run)

    return replace


LIMITED = "import sys; from sheets import child; child._limit_this_process(); "


@pytest.mark.parametrize(
    "code",
    [
        LIMITED.replace("child._limit", "child.MAX_CPU_SECONDS = 1; child._limit") + "\nwhile True: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    ],
    ids=["too long for the processor", "killed", "crashed"],
)
def test_a_reader_that_is_stopped_ends_in_a_sentence(replaced, code):
    replaced(code)

    with pytest.raises(TableTooBigError) as refused:
        read_apart(b"unit;x\nA;1\n")
    assert str(refused.value) == TOO_HEAVY


def test_a_reader_that_sleeps_is_not_waited_for(replaced, monkeypatch):
    monkeypatch.setattr(child, "MAX_WALL_SECONDS", 1)
    replaced("import time; time.sleep(60)")

    with pytest.raises(TableTooBigError):
        read_apart(b"unit;x\nA;1\n")


def test_memory_without_end_is_a_sentence(replaced):
    """The very `main` of the child, with a reader that asks for a gigabyte."""
    replaced(
        "import sys; from sheets import child; child.rows_of = lambda data: b'x' * 10**9;"
        "child.main(sys.stdin.buffer, sys.stdout.buffer)"
    )

    with pytest.raises(TableTooBigError) as refused:
        read_apart(b"unit;x\nA;1\n")
    assert str(refused.value) == TOO_HEAVY


def test_a_fault_of_ours_is_a_sentence_too_and_is_logged(replaced, caplog):
    replaced("raise RuntimeError('a fault')")

    with caplog.at_level(logging.ERROR), pytest.raises(DamagedFileError) as refused:
        read_apart(b"unit;x\nA;1\n")
    assert str(refused.value) == UNREADABLE
    assert "RuntimeError: a fault" in caplog.text


def answer_of(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED + code], cwd=child.ROOT, env={}, capture_output=True, text=True
    )
    return (ended.stdout + ended.stderr).strip().rpartition("\n")[2]


def test_the_reader_opens_no_file_and_has_none_of_our_secrets(tmp_path):
    assert "Too many open files" in answer_of("open('/etc/passwd')")
    assert "Too many open files" in answer_of("import socket; socket.socket()")
    assert answer_of("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))") == "[]"
    assert answer_of(f"import resource; print(resource.getrlimit({resource.RLIMIT_AS})[0])") == "512000000"


def in_a_daemon(data: bytes, result) -> None:
    result.put(len(read_apart(data)))


def test_it_works_within_a_daemon_as_a_worker_of_celery_is():
    context = multiprocessing.get_context("spawn")
    result = context.Queue()
    daemon = context.Process(target=in_a_daemon, args=(PRINTED.read_bytes(), result), daemon=True)

    daemon.start()

    assert result.get(timeout=60) == 64
    daemon.join()


# --- spreadsheets from hell ---

OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


def ods(tmp_path: Path, rows: str) -> bytes:
    """A workbook with a ballast, so that it is no denser than an honest one."""
    path = tmp_path / "enfer.ods"
    names = " ".join(f'xmlns:{name}="{OPEN_DOCUMENT}:{name}:1.0"' for name in ("office", "table", "text"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ballast", bytes(range(256)) * 400, zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet><table:table>{rows}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return bytes_of(path)


def cell(text: str, times: int = 1) -> str:
    run = f'table:number-columns-repeated="{times}"'
    return f"<table:table-cell {run}><text:p>{text}</text:p></table:table-cell>"


def test_a_run_of_long_texts_that_would_be_a_gigabyte_is_refused(tmp_path):
    head = "<table:table-row>" + "".join(cell(f"c{number}") for number in range(100)) + "</table:table-row>"
    run = f'<table:table-row table:number-rows-repeated="4900">{cell("a" * 1900, 100)}</table:table-row>'

    with pytest.raises(TableTooBigError, match="trop de texte"):
        read_apart(ods(tmp_path, head + run))


def test_elements_within_elements_do_not_crash_it(tmp_path):
    with pytest.raises(TableError):
        read_apart(ods(tmp_path, "<table:table-row>" + "<text:span>" * 300_000))


def test_a_file_that_is_too_big_is_not_given_to_it(tmp_path):
    path = tmp_path / "gros.csv"
    path.write_bytes(b"a" * 5_000_001)

    with pytest.raises(FileTooBigError):
        bytes_of(path)


def test_a_workbook_that_refers_to_another_is_read_with_what_was_computed(tmp_path):
    """And the other one, wherever it is, is asked for nothing."""
    book = openpyxl.Workbook()
    book.active.append(["unit", "x"])
    book.active.append(["Arles", "=[1]Feuille!A1"])
    book.save(tmp_path / "liens.xlsx")
    with zipfile.ZipFile(tmp_path / "liens.xlsx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = re.sub(rb"<v ?/>|<v></v>", b"<v>94</v>", sheet)
    members["xl/externalLinks/externalLink1.xml"] = b'<externalLink xmlns="urn:x"/>'
    members["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        b'<Relationships><Relationship Target="http://198.51.100.1/a.xlsx" TargetMode="External"/>'
        b"</Relationships>"
    )
    with zipfile.ZipFile(tmp_path / "liens.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    (row,) = read_apart(bytes_of(tmp_path / "liens.xlsx"))

    assert dict(row.cells) == {"unit": "Arles", "x": "94"}
