"""What a PDF that somebody sends is made of: what in it is refused, and what it lacks for all to read it.

A PDF may be made to hang its reader or to fill its memory. So `inspect` reads it in a process of its own,
with little memory and little time, which knows neither the database nor our secrets: this very module, run
alone. A file that this process does not get through is refused.
"""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

import pikepdf

SECONDS = 10
MEMORY = (
    1024 * 1024 * 1024
)  # of addresses: a Python with pikepdf takes a quarter of it before it reads anything
NESTED = 500  # dictionaries in one another: what goes deeper is no document that somebody wrote

# Actions and annotations that do something, fetch something or carry a file.
ACTIVE_ACTIONS = {
    *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie"),
    *("/Sound", "/RichMediaExecute"),
}
ACTIVE_ANNOTATIONS = {"/RichMedia", "/Movie", "/Screen", "/Sound", "/3D"}


class Lack(Enum):
    """What keeps somebody from reading the document; the value is kept in its row."""

    TAGS = "tags"
    LANGUAGE = "language"
    TITLE = "title"
    TEXT = "text"

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES = {
    Lack.TAGS: "Ce PDF n’est pas balisé\xa0: un lecteur d’écran ne peut pas le lire.",
    Lack.LANGUAGE: "Ce PDF ne dit pas sa langue\xa0: une voix de synthèse peut la choisir mal.",
    Lack.TITLE: "Ce PDF n’a pas de titre\xa0: sa fenêtre porte le nom du fichier.",
    Lack.TEXT: "Ses pages sont des images\xa0: leur texte ne peut être ni écouté, ni cherché, ni copié.",
}


class UnsafeError(Exception):
    """The file is no PDF that can be shown to anybody; the message says why."""


@dataclass(frozen=True)
class Inspection:
    pages: int
    title: str
    lacks: list[str]


NO_PDF = "Ce fichier n’est pas un PDF\xa0: enregistrer le document au format PDF, puis le choisir de nouveau."
BROKEN = "Ce PDF est abîmé\xa0: l’enregistrer de nouveau, puis le choisir de nouveau."
TOO_HARD = "Ce PDF n’a pas pu être lu en entier\xa0: l’enregistrer de nouveau depuis le document d’origine."
LOCKED = "Ce PDF demande un mot de passe\xa0: personne ne pourrait l’ouvrir. L’enregistrer sans mot de passe."
EMPTY = "Ce PDF n’a aucune page."
ACTIVE = (
    "Ce PDF contient un programme ou une action qui sort du document\xa0: l’enregistrer sans, depuis le "
    "document d’origine."
)
ATTACHED = "Ce PDF contient d’autres fichiers\xa0: l’enregistrer sans pièce jointe."


def inspect(body: bytes) -> Inspection:
    """Look at a PDF without being harmed by it. Raises UnsafeError."""
    if b"%PDF-" not in body[:1024]:
        raise UnsafeError(NO_PDF)
    alone = [sys.executable, "-m", "sites.inspection", str(SECONDS), str(MEMORY)]
    root = Path(__file__).parent.parent
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            alone, input=body, capture_output=True, timeout=2 * SECONDS, cwd=root, env={}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnsafeError(TOO_HARD) from error
    if done.returncode:
        raise UnsafeError(TOO_HARD)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise UnsafeError(answer["refused"])
    return Inspection(**answer)


def look(body: bytes) -> Inspection:
    """What `inspect` does, with no protection around it."""
    try:
        with pikepdf.open(io.BytesIO(body)) as pdf:
            return _look(pdf)
    except pikepdf.PasswordError as error:
        raise UnsafeError(LOCKED) from error
    except pikepdf.PdfError as error:
        raise UnsafeError(BROKEN) from error


def _look(pdf: pikepdf.Pdf) -> Inspection:
    if not len(pdf.pages):
        raise UnsafeError(EMPTY)
    has_text = False
    for dictionary in _dictionaries(pdf):
        if _is_active(dictionary):
            raise UnsafeError(ACTIVE)
        if "/EF" in dictionary or dictionary.get("/Subtype") == "/FileAttachment":
            raise UnsafeError(ATTACHED)
        has_text = has_text or dictionary.get("/Type") == "/Font"
    title = _title(pdf)
    marks = pdf.Root.get("/MarkInfo")
    is_tagged = (
        "/StructTreeRoot" in pdf.Root and isinstance(marks, pikepdf.Dictionary) and marks.get("/Marked")
    )
    lacking = {
        Lack.TEXT: not has_text,
        Lack.TAGS: not is_tagged,
        Lack.LANGUAGE: not str(pdf.Root.get("/Lang", "")).strip(),
        Lack.TITLE: not title,
    }
    return Inspection(
        len(pdf.pages), title, [lack.value for lack, is_lacking in lacking.items() if is_lacking]
    )


def _is_active(dictionary: pikepdf.Object) -> bool:
    return (
        "/JS" in dictionary
        or "/JavaScript" in dictionary
        or "/XFA" in dictionary
        or dictionary.get("/S") in ACTIVE_ACTIONS
        or dictionary.get("/Subtype") in ACTIVE_ANNOTATIONS
        or any(_kind(action) not in ("/GoTo", "") for action in _unasked(dictionary))
    )


def _unasked(dictionary: pikepdf.Object) -> Iterator[object]:
    """What is done when the document or a page of it is opened, closed, printed: nobody clicked."""
    yield dictionary.get("/OpenAction")
    if isinstance(actions := dictionary.get("/AA"), pikepdf.Dictionary):
        yield from actions.values()


def _kind(action: object) -> str:
    """Empty for a place in the document, which may stand instead of an action."""
    return str(action.get("/S", "")) if isinstance(action, pikepdf.Dictionary) else ""


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of the file, also those that no page leads to and those inside of others."""
    for held in pdf.objects:
        waiting = [(held, 0)]
        while waiting:
            item, depth = waiting.pop()
            if depth > NESTED:
                raise UnsafeError(TOO_HARD)
            if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                dictionary = item.stream_dict if isinstance(item, pikepdf.Stream) else item
                yield dictionary
                inside = list(dictionary.values())
            elif isinstance(item, pikepdf.Array):
                inside = list(item)
            else:
                continue
            # What is referred to has its own turn.
            waiting += [(one, depth + 1) for one in inside if not getattr(one, "is_indirect", False)]


def _title(pdf: pikepdf.Pdf) -> str:
    if title := str(pdf.docinfo.get("/Title", "")).strip():
        return title[:200]
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        return str(metadata.get("dc:title", "") or "").strip()[:200]


def _answer(seconds: int, memory: int) -> None:
    """Read a PDF from the standard input and say what it is; killed where it takes too much."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer: dict[str, object] = asdict(look(sys.stdin.buffer.read()))
    except UnsafeError as refused:
        answer = {"refused": str(refused)}
    print(json.dumps(answer))  # noqa: T201 - to the process that asked


if __name__ == "__main__":
    _answer(int(sys.argv[1]), int(sys.argv[2]))
