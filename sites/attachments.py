"""A file that an agent joins to what they write: what it may be, told by its content and never by its name.

A PDF is looked at as documents are, an image is drawn anew without what its camera wrote in it, an office
document is refused with a program inside. What is kept has a name made here (`sites.files`), and is served
by a view that checks rights.
"""

import io
import secrets
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageOps

from sites import files, inspection
from sites.inspection import UnsafeError

MEGABYTES = 10
LARGEST = MEGABYTES * 1000 * 1000
UNPACKED = 100 * 1000 * 1000  # what an office document may grow to
PARTS = 5_000  # files inside of one
PIXELS = 50_000_000  # a photograph of a telephone has twelve millions

# extension → how it is called, and how it is served
KINDS = {
    "pdf": ("PDF", "application/pdf"),
    "jpg": ("image JPEG", "image/jpeg"),
    "png": ("image PNG", "image/png"),
    "odt": ("texte ODT", "application/vnd.oasis.opendocument.text"),
    "ods": ("tableau ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    "odp": ("présentation ODP", "application/vnd.oasis.opendocument.presentation"),
    "docx": ("texte DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("tableau XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pptx": (
        "présentation PPTX",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
ACCEPTED = ",".join(f".{extension}" for extension in KINDS)

UNKNOWN = (
    "Ce fichier n’est ni un PDF, ni une image (JPEG, PNG), ni un document de bureautique (ODT, ODS, ODP, "
    "DOCX, XLSX, PPTX)\xa0: l’enregistrer dans l’un de ces formats, puis le choisir de nouveau."
)
BROKEN = "Ce fichier est abîmé\xa0: l’enregistrer de nouveau, puis le choisir de nouveau."
TOO_GREAT = "Cette image est trop grande\xa0: la réduire, puis la choisir de nouveau."
PROGRAM = "Ce document contient un programme (macro)\xa0: l’enregistrer sans, puis le choisir de nouveau."
# What Office encrypts has the outside of its formats of before 2007.
OLD_OR_LOCKED = (
    "Ce document demande un mot de passe, ou il est au format d’avant 2007 (DOC, XLS, PPT)\xa0: "
    "l’enregistrer sans mot de passe en DOCX, XLSX ou PPTX, puis le choisir de nouveau."
)
LOCKED = "Ce document demande un mot de passe\xa0: l’enregistrer sans, puis le choisir de nouveau."


def too_large(megabytes: int = MEGABYTES) -> str:
    return f"Ce fichier dépasse {megabytes}\xa0Mo\xa0: l’alléger, puis le choisir de nouveau."


@dataclass(frozen=True)
class Attachment:
    """What may be kept: an extension of `KINDS`, and the bytes, which are not always those that came."""

    extension: str
    body: bytes


def inspect(body: bytes) -> Attachment:
    """Tell what a file is, and make it harmless. Raises UnsafeError with a sentence for its sender."""
    if len(body) > LARGEST:
        raise UnsafeError(too_large())
    if b"%PDF-" in body[:1024]:
        inspection.inspect(body)
        return Attachment("pdf", body)
    if body.startswith(b"\xff\xd8\xff"):
        return Attachment("jpg", _redrawn(body, "JPEG"))
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return Attachment("png", _redrawn(body, "PNG"))
    if body.startswith(b"PK\x03\x04"):
        return Attachment(_office_kind(body), body)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnsafeError(OLD_OR_LOCKED)
    raise UnsafeError(UNKNOWN)


@contextmanager
def kept(body: bytes, folder: str) -> Iterator[tuple[str, str]]:
    """Inspect a file and keep it in a folder: its name, made here, and its hash. It goes where the block
    does not end well, as when its row cannot be written."""
    attached = inspect(body)
    name = f"{folder}/{secrets.token_hex(16)}.{attached.extension}"
    sha256 = files.keep(name, attached.body)
    try:
        yield name, sha256
    except BaseException:
        files.remove(name)
        raise


def label_of(name: str) -> str:
    """« image PNG »: what the reader of a kept file is told before opening it."""
    return KINDS[name.rpartition(".")[2]][0]


def media_type_of(name: str) -> str:
    return KINDS[name.rpartition(".")[2]][1]


def _redrawn(body: bytes, kind: str) -> bytes:
    """The image alone, upright: no place, no camera, no thumbnail, nothing behind its end."""
    drawn = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own bound is below the one that Pillow warns of
            with Image.open(io.BytesIO(body), formats=[kind]) as image:
                if image.width * image.height > PIXELS:
                    raise UnsafeError(TOO_GREAT)
                upright = ImageOps.exif_transpose(image)
                upright.info.clear()
                upright.save(drawn, kind, **({"quality": 90} if kind == "JPEG" else {}))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnsafeError(BROKEN) from error
    if len(drawn.getvalue()) > LARGEST:
        raise UnsafeError(too_large())
    return drawn.getvalue()


def _office_kind(body: bytes) -> str:
    """Which office document a ZIP is, by what it declares of itself; nothing else in it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
                raise UnsafeError(too_large())
            names = {part.filename for part in parts}
            if any(_is_program(name) for name in names):
                raise UnsafeError(PROGRAM)
            if "mimetype" in names:
                declared = _start_of(packed, "mimetype")
                kinds = [kind for kind, (_, media) in KINDS.items() if media.encode() == declared.strip()]
                if kinds and b"encryption-data" in _start_of(packed, "META-INF/manifest.xml"):
                    raise UnsafeError(LOCKED)
            elif "[Content_Types].xml" in names:
                declared = _start_of(packed, "[Content_Types].xml")
                kinds = [
                    kind for kind, (_, media) in KINDS.items() if f'"{media}.main+xml"'.encode() in declared
                ]
            else:
                kinds = []
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise UnsafeError(BROKEN) from error
    if len(kinds) != 1:
        raise UnsafeError(UNKNOWN)
    return kinds[0]


def _start_of(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as part:
        return part.read(200_000)


def _is_program(name: str) -> bool:
    path = name.lower()
    return path.endswith("vbaproject.bin") or "/activex/" in path or path.startswith(("basic/", "scripts/"))
