"""Keep the database of a closed step, to be migrated by the suite for ever: `keep_step.py NUMBER COMMIT`.

The demo of that commit is run, with the packages of today; its database and the PDF of its published bilan
go to `tests/data/step-NUMBER/`, laid out as the folder of an installation. A step is kept once and never
changed: it is what a préfecture that installed that version has on its disk.
"""

import argparse
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description="Garde la base de données d'une étape close.")
    parser.add_argument("number", type=int, help="numéro de l'étape")
    parser.add_argument("commit", help="dernier commit de l'étape")
    asked = parser.parse_args()
    kept = ROOT / "tests" / "data" / f"step-{asked.number}"
    if kept.exists():
        sys.exit(f"{kept} existe déjà : une étape close ne change plus.")
    with tempfile.TemporaryDirectory() as folder:
        keep(asked.commit, Path(folder), kept)


def keep(commit: str, folder: Path, kept: Path) -> None:
    code, var = folder / "code", folder / "var"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", code, commit], check=True)
    try:
        environment = os.environ | {"QUALEPREF_MODE": "demo", "QUALEPREF_VAR": str(var)}
        demo = [sys.executable, "manage.py", "demo", "--no-server"]
        subprocess.run(demo, cwd=code, env=environment, check=True)
    finally:
        subprocess.run([*git, "remove", "--force", code], check=True)
    shutil.copytree(var / "files", kept / "files")
    with (
        sqlite3.connect(var / "qualepref.sqlite3") as database,
        sqlite3.connect(folder / "whole.sqlite3") as whole,
    ):
        database.backup(whole)  # with what the write-ahead log still held
    packed = lzma.compress((folder / "whole.sqlite3").read_bytes(), preset=9)
    (kept / "qualepref.sqlite3.xz").write_bytes(packed)


if __name__ == "__main__":
    main()
