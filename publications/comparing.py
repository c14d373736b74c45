"""What changed between two contents of a bilan: figures, notes, texts word by word, sources.

Pure: it reads contents in the newest shape (publications/formats.py), and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from publications.formats import Data

# What an edition says of itself, not of the year.
ABOUT_ITSELF = ("format", "erratum", "presentations")

# Longer paragraphs, or those that share too little, are shown whole, the old one then the new one.
MOST_WORD_PAIRS = 1_000_000
ALIKE = 0.4

# How a figure is called on the page → its field, in the order of reading.
FIELDS = {
    "résultat": "shown_label",
    "nombre de cas": "base_label",
    "mois comptés": "months_label",
    "objectif": "target_label",
    "atteinte de l’objectif": "verdict_label",
    "motif": "reason",
    "motif de l’objectif": "target_reason",
}
PREVIOUS = {"rappel": "shown_label", "objectif atteint au rappel": "verdict_label", "réserve": "caution"}

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True)
class Words:
    """A run of a text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Field:
    """What was said of a figure before and after; empty where nothing was."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Figure:
    """A figure of which something changed."""

    indicator: str
    unit: str
    fields: list[Field]


@dataclass(frozen=True)
class Text:
    """A text that changed, paragraph by paragraph."""

    title: str
    paragraphs: list[list[Words]]


@dataclass(frozen=True)
class Listed:
    """Lines of a list that came or went."""

    title: str
    removed: list[str]
    added: list[str]


@dataclass(frozen=True)
class Comparison:
    figures: list[Figure]
    texts: list[Text]
    lists: list[Listed]

    @property
    def is_empty(self) -> bool:
        return not (self.figures or self.texts or self.lists)


def statement(content: Data) -> Data:
    """What a content says of its year, without what the edition says of itself."""
    return {key: value for key, value in content.items() if key not in ABOUT_ITSELF}


def compare(before: Data, after: Data) -> Comparison:
    return Comparison(
        figures=list(_figures(before, after)),
        texts=list(_texts(before, after)),
        lists=list(_lists(before, after)),
    )


def words(before: str, after: str) -> list[list[Words]]:
    """The paragraphs of both texts in one reading; those that stayed alike are compared word by word."""
    old, new = _paragraphs(before), _paragraphs(after)
    found: list[list[Words]] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [[Words("same", paragraph)] for paragraph in old[i:j]]
            continue
        pairs = min(j - i, m - k)
        for one, other in zip(old[i : i + pairs], new[k : k + pairs], strict=True):
            found += _between(one, other)
        found += [[Words("removed", paragraph)] for paragraph in old[i + pairs : j]]
        found += [[Words("added", paragraph)] for paragraph in new[k + pairs : m]]
    return found


def _between(before: str, after: str) -> list[list[Words]]:
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    if len(old) * len(new) <= MOST_WORD_PAIRS:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() >= ALIKE:
            run: list[Words] = []
            for kind, i, j, k, m in matcher.get_opcodes():
                if kind == "equal":
                    run.append(Words("same", "".join(old[i:j])))
                    continue
                if i < j:
                    run.append(Words("removed", "".join(old[i:j])))
                if k < m:
                    run.append(Words("added", "".join(new[k:m])))
            return [run]
    return [[Words("removed", before)], [Words("added", after)]]


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _figures(before: Data, after: Data) -> Iterator[Figure]:
    """In the order of the new content, then what it no longer has."""
    old, new = _cells(before), _cells(after)
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        fields = [
            Field(name, was_said, now_said)
            for (name, was_said), (_, now_said) in zip(_said(was), _said(now), strict=True)
            if was_said != now_said
        ]
        if fields:
            shown = now or was or {}
            yield Figure(shown["indicator"], shown["unit"], fields)


def _cells(content: Data) -> dict[tuple[str, str], Data]:
    """(series, unit) → its cell, with the words that name it and its notes."""
    notes = {note["number"]: note["text"] for note in content["notes"]}
    return {
        (line["key"], unit["name"]): cell
        | {
            "indicator": " ".join([line["engagement"], line["title"]]).strip(),
            "unit": unit["name"],
            "texts": " / ".join(notes[number] for number in cell["notes"]),
        }
        for band in content["bands"]
        for line in band["lines"]
        for unit, cell in zip(content["units"], line["cells"], strict=True)
    }


def _said(cell: Data | None) -> Iterator[tuple[str, str]]:
    previous = cell["previous"] or {} if cell else {}
    for name, key in FIELDS.items():
        yield name, cell[key] if cell else ""
    for name, key in PREVIOUS.items():
        yield name, previous.get(key, "")
    yield "note", cell["texts"] if cell else ""


def _texts(before: Data, after: Data) -> Iterator[Text]:
    old = {part["section"]: part["text"] for part in before["parts"]}
    new = {part["section"]: part["text"] for part in after["parts"]}
    titles = {part["section"]: part["title"] for part in [*before["parts"], *after["parts"]]}
    for section, title in titles.items():
        was, now = old.get(section, ""), new.get(section, "")
        if was != now:
            yield Text(title, words(was, now))


def _lists(before: Data, after: Data) -> Iterator[Listed]:
    for title, lines in LISTS.items():
        old, new = lines(before), lines(after)
        removed = [line for line in old if line not in new]
        added = [line for line in new if line not in old]
        if removed or added:
            yield Listed(title, removed, added)


def _general_notes(content: Data) -> list[str]:
    """Those that no cell calls: `Figure` compares the others."""
    called = {
        number
        for band in content["bands"]
        for line in band["lines"]
        for cell in line["cells"]
        for number in cell["notes"]
    }
    return [
        "\xa0: ".join(filter(None, [note["unit"], note["indicator"], note["text"]]))
        for note in content["notes"]
        if note["number"] not in called
    ]


def _received(content: Data) -> list[str]:
    """What the register counted, a line of a table each."""
    said = content["complaints"]
    if said is None:
        return []
    counted = [
        f"{table['head']}, {line['label']}\xa0: {line['received']}, dont {line['complaints']} réclamations"
        f" (année précédente\xa0: {line['before_label']})"
        for table in said["tables"]
        for line in table["lines"]
    ]
    defender = said["defender"]
    saisines = ", ".join(str(defender[name]) for name in ("received", "rate_label", "mean_label"))
    before = "—" if defender["before"] is None else defender["before"]
    around = [said["months_label"] and f"Mois suivis\xa0: {said['months_label']}", said["caution"]]
    return [
        *filter(None, [*around, *said["sentences"], *said["suspensions"]]),
        *counted,
        f"Défenseur des droits\xa0: {saisines} (année précédente\xa0: {before})",
    ]


def _deadlines(content: Data) -> list[str]:
    said = content["complaints"]
    if said is None:
        return []
    labels = "rate_label", "so_far_label", "mean_label", "apart_label"
    kept = [
        f"{line['unit']}, {line['kind_label']}, {line['channel_label']}\xa0: {line['received']} reçues, "
        + ", ".join(filter(None, (line[label] for label in labels)))
        for line in said["deadlines"]
    ]
    late = [", ".join(line.values()) for line in said["late"]]
    return [*kept, *filter(None, [said["late_sentence"]]), *late]


def _told(content: Data) -> list[str]:
    said = content["complaints"] or {"examples": [], "actions": []}
    examples = [f"{each['theme']}\xa0: «\xa0{each['text']}\xa0»" for each in said["examples"]]
    return examples + [
        f"{each['theme']}\xa0: {each['title']} ({each['state_label']})" for each in said["actions"]
    ]


# What a content lists → its lines, as words.
LISTS = {
    "Référentiels suivis": lambda content: [each["title"] for each in content["referentiels"]],
    "Unités": lambda content: [unit["name"] for unit in content["units"]],
    "Notes sur l’ensemble": _general_notes,
    "Réclamations et suggestions": _received,
    "Délais de réponse": _deadlines,
    "Exemples et actions": _told,
    "Périmètre": lambda content: [
        f"{row['unit']}, {row['service']}\xa0: {row['module']}" for row in content["perimeter"]
    ],
    "Ce qui manque": lambda content: content["missing"],
    "Documents d’origine": lambda content: [
        f"{source['file_name']} ({source['sha256'][:16]}…)" for source in content["sources"]
    ],
    "Présentations": lambda content: [
        f"{each['body_label']} du {each['held_on']}" for each in content["presentations"]
    ],
}
