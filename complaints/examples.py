"""The examples that the synthesis of complaints tells: every write to them, and what they may not say.

An example is read far beyond the préfecture. It is refused where it says something that the requester of its
case is found by: a part of the name, the organisation, an address, a telephone number; where it gives the
number of the case; and where it names an agent of the préfecture.
"""

import re
from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from complaints.models import Case, Example, Requester
from sheets.words import folded, plain
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent

LONGEST = 600
SHORTEST_PART = 3
# What stands beside a name and names nobody.
TITLES = {"docteur", "madame", "mademoiselle", "maitre", "mlle", "mme", "monsieur", "usager", "des", "les"}
DIGITS_OF_A_PHONE = 9  # without what stands for the country
HOUSE = r"\d+\s*(?:bis|ter|quater|[a-z]\b)?"


def keep(case: Case, text: str, *, seen: int, by: Agent) -> Example | None:
    """Have a case told in the synthesis, in these words; no longer, where there are none. The same words
    again change nothing."""
    with transaction.atomic():
        held = Case.objects.select_for_update().get(pk=case.pk)
        known = Example.objects.filter(case=held).first()
        if (known.text if known else "") == text:
            return known
        if (version := known.version if known else 0) != seen:
            raise ConflictError(known, version)
        if not text:
            Example.objects.filter(case=held).delete()
            return None
        if len(text) > LONGEST:
            raise RefusedError(f"Un exemple compte {LONGEST} caractères au plus.")
        if found := betrayals(text, held.requester):
            raise RefusedError(
                f"Un exemple ne nomme personne\xa0: retirer {', '.join(found)}, qui fait reconnaître "
                "le demandeur."
            )
        if found := [*_number(text, held), *_agents(text, held)]:
            raise RefusedError(
                f"Un exemple ne nomme personne\xa0: retirer {', '.join(found)}, qui fait reconnaître "
                "l’affaire ou un agent."
            )
        example = known or Example(case=held, version=0)
        example.text, example.by, example.at = text, by, timezone.now()
        example.version += 1
        example.save()
        return example


def sorted_out(rows: QuerySet[Example]) -> tuple[list[Example], list[Example]]:
    """Those that name nobody, and those that do: a requester may have been corrected since."""
    told: list[Example] = []
    hidden: list[Example] = []
    for one in rows.select_related("case__requester"):
        (hidden if betrayals(one.text, one.case.requester) else told).append(one)
    return told, hidden


def _number(text: str, case: Case) -> Iterator[str]:
    for found in re.finditer(r"(?<!\d)(\d{4})\s*[-/]\s*(\d+)(?!\d)", text, re.ASCII):
        if (int(found[1]), int(found[2])) == (case.year, case.number):
            yield f"«\xa0{found[0]}\xa0»"


def _agents(text: str, case: Case) -> Iterator[str]:
    """By their whole name, in either order: « une réponse claire » names nobody."""
    words = f" {folded(text)} "
    agents = Agent.objects.filter(memberships__prefecture=case.prefecture_id).distinct()
    for name in agents.order_by("full_name").values_list("full_name", flat=True):
        first, *rest = folded(name).split()
        if rest and any(f" {' '.join(order)} " in words for order in ([first, *rest], [*rest, first])):
            yield f"«\xa0{name}\xa0»"


def betrayals(text: str, requester: Requester) -> list[str]:
    """What a text says that the requester is found by, each as a quotation."""
    return [f"«\xa0{mark}\xa0»" for mark in dict.fromkeys(_marks(text, requester))]


def _marks(text: str, requester: Requester) -> Iterator[str]:
    words = f" {folded(text)} "

    def says(phrase: str) -> bool:
        return bool(phrase) and f" {phrase} " in words

    for part in re.findall(r"[^\W\d_]+", requester.name):
        if len(part) < SHORTEST_PART or plain(part) in TITLES:
            continue
        spaced = r"[\W_]+".join(plain(part))  # « D U B O I S », « d.u.b.o.i.s »
        if says(folded(part)) or re.search(rf"\b{spaced}\b", plain(text)):
            yield part
    if says(folded(requester.organisation)):
        yield requester.organisation
    if requester.email and (plain(requester.email) in plain(text) or says(folded(requester.email))):
        yield requester.email
    phone = re.sub(r"\D", "", requester.phone)[-DIGITS_OF_A_PHONE:]
    if len(phone) == DIGITS_OF_A_PHONE and phone in re.sub(r"(?<=\d)[\s.\-/]+(?=\d)|[()]", "", text):
        yield requester.phone
    # « 12, rue des Essais 13000 Essaiville »: the street is one line, the town another
    address = re.sub(rf"(^|[\n,;])(\s*{HOUSE})\s*,\s*", r"\1\2 ", requester.address, flags=re.IGNORECASE)
    for line in re.split(r"[\n,;]|(?=\b\d{5}\b)", address):
        yield from (mark for mark in _of_a_line(line) if says(folded(mark)))


def _of_a_line(line: str) -> Iterator[str]:
    """The postal code of a line; or its street, with its number and without. A town alone names nobody."""
    if code := re.search(r"\b\d{5}\b", line):
        yield code[0]
    elif re.search(r"\d", line):
        yield line.strip()
        street = re.sub(rf"^\W*{HOUSE}\W*", "", line, flags=re.IGNORECASE).strip()
        if " " in street:
            yield street
