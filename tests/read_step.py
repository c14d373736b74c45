"""What an installation says, as JSON: a process of its own, on a database that test_upgrades.py made."""

import hashlib
import json
import sys
from typing import Any

import django

django.setup()

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from publications import bilan as contents  # noqa: E402
from publications import publish  # noqa: E402
from publications.models import Bilan  # noqa: E402


def cells(content: dict[str, Any]) -> list[list[object]]:
    """Each figure of a bilan: its indicator, its place, its exact value, its words, its verdict."""
    return [
        [line["key"], place, cell["value"], cell["shown_label"], cell["verdict"]]
        for band in content["bands"]
        for line in band["lines"]
        for place, cell in enumerate(line["cells"])
    ]


def say() -> None:
    bilan = Bilan.objects.get()
    where = [bilan.prefecture.slug, bilan.year]
    page = Client().get(reverse("public_bilan", args=where))
    pdf = Client().get(reverse("public_bilan_pdf", kwargs={"slug": where[0], "year": where[1]}))
    said = {
        "sha256": bilan.sha256,
        "content": contents.hash_of(bilan.content),
        "kept pdf": hashlib.sha256(publish.read_pdf(bilan)).hexdigest(),
        "page": page.status_code,
        "sent pdf": hashlib.sha256(pdf.getvalue()).hexdigest(),
        "signed": cells(bilan.data),
        "figures": cells(contents.assemble(bilan.prefecture, bilan.year).as_data()),
    }
    json.dump(said, sys.stdout)


say()
