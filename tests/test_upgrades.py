"""A préfecture that installed an older version upgrades: what was signed reads as it was signed.

`tests/data/step-*` are the databases of the closed steps, with their files (scripts/keep_step.py made them).
"""

import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests import databases

ROOT = Path(__file__).parent.parent
STEPS = sorted((ROOT / "tests" / "data").glob("step-*"))
# `manage.py migrate` leads one app to a migration; this leads each to its own, at once.
MIGRATE_TO = """
import django, json, sys
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([tuple(target) for target in json.loads(sys.argv[1])])
"""


@pytest.fixture(params=STEPS, ids=[step.name for step in STEPS])
def var(request, tmp_path):
    """The folder of the old installation, as it stood."""
    var = shutil.copytree(request.param, tmp_path / "var")
    packed = var / "qualepref.sqlite3.xz"
    packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
    return var


@pytest.fixture
def old(var):
    """The old database as it is kept, read without anything of ours."""
    with closing(sqlite3.connect(var / "qualepref.sqlite3")) as database:
        yield database


@pytest.fixture
def run(var):
    def run(url, *command):
        environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "qualepref.settings",
            "QUALEPREF_VAR": str(var),
        }
        done = subprocess.run(
            [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def url(var, old, run):
    """The old database, as a server of the suite's kind holds it."""
    file = var / "qualepref.sqlite3"
    if connection.vendor == "sqlite":
        yield f"sqlite:///{file}"
        return
    with databases.new_postgresql() as url:
        latest = "SELECT app, name, max(id) FROM django_migrations GROUP BY app"
        run(url, "-c", MIGRATE_TO, json.dumps([row[:2] for row in old.execute(latest)]))
        databases.fill_postgresql(url, file)
        yield url


def test_an_old_installation_is_migrated_and_says_what_it_said(url, old, run):
    sha256, pdf_sha256 = old.execute("SELECT sha256, pdf_sha256 FROM publications_bilan").fetchone()

    run(url, "manage.py", "migrate")
    run(url, "manage.py", "migrate", "--check")
    today = json.loads(run(url, "-m", "tests.read_step"))

    assert len(today["signed"]) > 50
    assert today == {
        "sha256": sha256,
        "content": sha256,
        "kept pdf": pdf_sha256,
        "page": 200,
        "sent pdf": pdf_sha256,
        "signed": today["signed"],
        "figures": today["signed"],
    }
