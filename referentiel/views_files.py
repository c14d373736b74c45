"""What the shipped files say that the rows do not: what a load would change, and what it leaves alone because
somebody corrected it by hand. For the administrator."""

from dataclasses import dataclass
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from referentiel import loading
from referentiel.loading import Fate, LoadReport
from sites import trace
from sites.access import AgentRequest, administer
from sites.conflicts import ConflictError, RefusedError
from sites.models import TraceEntry


@dataclass(frozen=True)
class Shipped:
    """A file, and what its load would do; or why it cannot be read."""

    name: str
    report: LoadReport | None
    fault: str = ""


@require_safe
def files(request: AgentRequest) -> HttpResponse:
    administer(request)
    return render(
        request, "referentiel/files.html", {"files": [_look(path) for path in loading.shipped_files()]}
    )


@require_POST
def load(request: AgentRequest, name: str) -> HttpResponse:
    administer(request)
    path = _file(name)
    try:
        report = loading.load_shipped(path)
    except loading.LoadingError as error:
        messages.error(request, str(error))
        return redirect("shipped_files")
    trace.record(request, TraceEntry.Event.WROTE, f"Référentiel chargé ({name})")
    counts = f"lignes créées\xa0: {report.created}, modifiées\xa0: {report.updated}"
    messages.success(request, f"{name} est chargé, {counts}.")
    return redirect("shipped_files")


@require_POST
def take_back(request: AgentRequest, name: str) -> HttpResponse:
    """Give a row corrected by hand what the file says, unless somebody corrected it again meanwhile."""
    administer(request)
    where, seen = request.POST.get("where", ""), request.POST.get("seen", "")
    kept = _look(_file(name)).report
    change = next((one for one in kept.of(Fate.KEPT) if one.where == where), None) if kept else None
    if change is None:
        messages.info(request, "Cette ligne ne diffère plus du fichier.")
        return redirect("shipped_files")
    try:
        loading.take_back(change, seen=int(seen) if seen.isdecimal() and len(seen) < 19 else -1)
    except ConflictError:
        messages.warning(request, "Cette ligne vient d’être corrigée\xa0: relisez-la avant de la reprendre.")
    except (RefusedError, loading.LoadingError) as refused:
        messages.error(request, str(refused))
    else:
        trace.record(request, TraceEntry.Event.WROTE, f"Ligne reprise d’un fichier livré ({name})")
        messages.success(request, f"La ligne «\xa0{where}\xa0» dit de nouveau ce que dit le fichier.")
    return redirect("shipped_files")


def _file(name: str) -> Path:
    path = next((path for path in loading.shipped_files() if path.name == name), None)
    if path is None:
        raise Http404
    return path


def _look(path: Path) -> Shipped:
    try:
        return Shipped(path.name, loading.load_shipped(path, dry=True))
    except loading.LoadingError as error:
        return Shipped(path.name, None, str(error))
