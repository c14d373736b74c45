"""The agents' pages: prepare a bilan, sign it, follow its PDF, publish it, withdraw it."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from indicators.models import Measurement
from jobs import progress, queue
from jobs.models import Job
from publications import bilan as contents
from publications import comparing, formats, parts, presentations, public, publish, reading, richtext
from publications.forms import FreezeForm, PartForm, PresentationForm, ReadForm, WithdrawForm
from publications.models import Bilan, Part, Presentation
from sites import files, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError, RefusedError
from sites.filling import retype
from sites.models import TraceEntry

FIRST_YEAR = 2000

PDF_WORDS = progress.Words(
    absent="Le PDF n'a pas été demandé.",
    waiting="En attente. La préparation prend en général moins d'une minute.",
    done="Le PDF est prêt.",
    failed="Le PDF n'a pas pu être préparé",
)


@dataclass
class Year:
    """A line of the list: the editions of a year, the latest first."""

    number: int
    editions: list[Bilan] = field(default_factory=list)


@require_safe
def bilans(request: AgentRequest, slug: str) -> HttpResponse:
    """Years that have figures or editions, the latest first."""
    access = enter(request, slug)
    years = {number: Year(number) for number in _years_with_figures(access)}
    readable = Bilan.objects.readable_by(access).select_related("frozen_by", "published_by").defer("content")
    for edition in readable:
        years.setdefault(edition.year, Year(edition.year)).editions.append(edition)
    shown = sorted(years.values(), key=lambda year: year.number, reverse=True)
    return render(request, "publications/bilans.html", {"slug": slug, "years": shown})


@require_safe
def bilan_prepare(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """The bilan as it would be signed now, with the list of what it lacks."""
    access = enter(request, slug, Action.READ_DRAFTS)
    prefecture = access.prefecture
    draft = contents.prepare(prefecture, _possible(access, year))
    last = publish.latest(prefecture, year)
    trace.record(request, TraceEntry.Event.READ, f"Bilan {year}, avant signature")
    return render(
        request,
        "publications/prepare.html",
        {
            "slug": slug,
            "year": year,
            "draft": draft,
            "writings": parts.of_year(prefecture, year),
            "has_figures": draft.content.has_figures,
            "last": last,
            "is_signed": publish.repeats(last, draft.content),
            "presentations": Presentation.objects.filter(prefecture=prefecture, year=year),
            "reading": reading.read(draft.content.as_data()),
        },
    )


@require_safe
def bilan_changes(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """What would be signed now, beside the last edition."""
    access = enter(request, slug, Action.READ_DRAFTS)
    last = publish.latest(access.prefecture, _possible(access, year))
    if last is None:
        raise Http404
    draft = contents.assemble(access.prefecture, year).as_data()
    return _compare(request, slug, last, None, draft)


@require_safe
def bilan_compare(request: AgentRequest, slug: str, year: int, edition: int, other: int) -> HttpResponse:
    """Two signed editions of a year, from what was frozen alone."""
    before, after = (_edition(request, slug, year, number) for number in sorted((edition, other)))
    return _compare(request, slug, before, after, after.data)


def _compare(
    request: AgentRequest, slug: str, before: Bilan, after: Bilan | None, content: formats.Data
) -> HttpResponse:
    return render(
        request,
        "publications/compare.html",
        {
            "slug": slug,
            "year": before.year,
            "before": before,
            "after": after,
            "comparison": comparing.compare(before.data, content),
        },
    )


@asks_first
def bilan_part(request: AgentRequest, slug: str, year: int, section: str) -> HttpResponse:
    """Write a part. Who comes second sees both texts and loses neither.

    A preview saves nothing, and neither does taking up the text of the year before: it only fills the page.
    """
    access = enter(request, slug, Action.SIGN)
    if section not in Part.Section:
        raise Http404
    part = parts.find(access.prefecture, _possible(access, year), Part.Section(section))
    earlier = parts.of_the_year_before(part)
    context = {"slug": slug, "year": year, "part": part, "earlier": _shown(earlier), "preview": ""}
    if request.method != "POST":
        texts = [part.text, earlier.text if earlier and "reprendre" in request.GET else ""]
        form = PartForm(initial={"text": "\n\n".join(filter(None, texts)), "version": part.version})
        return render(request, "publications/part.html", context | {"form": form})
    form = PartForm(request.POST)
    if not form.is_valid():
        return render(request, "publications/part.html", context | {"form": form})
    if "preview" in request.POST:
        preview = richtext.shown(richtext.to_html(form.cleaned_data["text"]))
        return render(request, "publications/part.html", context | {"form": form, "preview": preview})
    try:
        parts.write(part, text=form.cleaned_data["text"], seen_version=form.cleaned_data["version"])
    except ConflictError as conflict:
        form = PartForm(initial={"text": form.cleaned_data["text"], "version": conflict.version})
        context |= {"form": form, "saved": conflict.saved, "saved_last": conflict.saved.history.latest()}
        return render(request, "publications/conflict.html", context, status=409)
    trace.record(request, TraceEntry.Event.WROTE, f"{part}, partie rédigée")
    messages.success(request, f"«\xa0{part.get_section_display()}\xa0» est enregistré.")
    return redirect("bilan_prepare", slug, year)


@asks_first
def bilan_freeze(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """Ask, with what the signature changes; then sign what was read. A refusal keeps the erratum typed."""
    access = enter(request, slug, Action.SIGN)
    prefecture = access.prefecture
    corrected = publish.last_published(prefecture, _possible(access, year))
    form = FreezeForm(sent(request), corrected=corrected)
    if form.is_valid():
        read, erratum = form.cleaned_data["read"], form.cleaned_data.get("erratum", "")
        try:
            bilan = publish.freeze(prefecture, year, by=request.user, read=read, erratum=erratum)
        except RefusedError as refused:
            if not erratum:
                messages.error(request, str(refused))
                return redirect("bilan_prepare", slug, year)
            form.add_error(None, str(refused))
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"{bilan}, arrêté")
            messages.success(
                request, f"Le bilan {year} est arrêté\xa0: édition {bilan.edition}. Son PDF se prépare."
            )
            return redirect("bilan_edition", slug, year, bilan.edition)
    content = contents.assemble(prefecture, year)
    context = {
        "slug": slug,
        "year": year,
        "content": content,
        "read": contents.hash_of(content.as_text()),
        "corrected": corrected,
        "form": form,
    }
    return render(request, "publications/freeze.html", context)


@require_safe
def bilan_edition(request: AgentRequest, slug: str, year: int, edition: int) -> HttpResponse:
    """One signed edition: who signed it, its PDF, what may be done with it, what it says."""
    bilan = _edition(request, slug, year, edition)
    _keep_reading(request, bilan)
    return render(
        request,
        "publications/edition.html",
        {
            "slug": slug,
            "bilan": bilan,
            "progress": None if bilan.pdf_name else _progress(bilan),
            "pdf_size": files.size_of(bilan.pdf_name),
            "others": _others(request, bilan),
            "meetings": public.meetings(Presentation.objects.of(bilan), bilan.prefecture.today()),
            "reading": reading.read(bilan.data),
        },
    )


@require_safe
def bilan_progress(request: AgentRequest, slug: str, year: int, edition: int) -> JsonResponse:
    bilan = _edition(request, slug, year, edition, Action.READ_DRAFTS)
    return JsonResponse(_progress(bilan).as_data())


@require_POST
def bilan_retry(request: AgentRequest, slug: str, year: int, edition: int) -> HttpResponse:
    """Order the PDF again where it failed; twice, or while a worker is on it, changes nothing."""
    bilan = _edition(request, slug, year, edition, Action.SIGN)
    if bilan.pdf_name:
        messages.info(request, "Le PDF est déjà prêt.")
    else:
        queue.retry(publish.order_pdf(bilan, by=request.user))
        messages.success(request, "La préparation du PDF est relancée.")
    return redirect("bilan_edition", slug, year, edition)


@require_safe
def bilan_pdf(request: AgentRequest, slug: str, year: int, edition: int) -> HttpResponse:
    bilan = _edition(request, slug, year, edition)
    if not bilan.pdf_name:
        raise Http404
    _keep_reading(request, bilan)
    return public.pdf_response(request, bilan)


@asks_first
def bilan_publish(request: AgentRequest, slug: str, year: int, edition: int) -> HttpResponse:
    bilan = _edition(request, slug, year, edition, Action.SIGN)
    if request.method != "POST":
        shown = Bilan.objects.shown().filter(prefecture=bilan.prefecture, year=year).first()
        return render(request, "publications/publish.html", {"slug": slug, "bilan": bilan, "shown": shown})
    try:
        publish.publish(bilan, by=request.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        trace.record(request, TraceEntry.Event.WROTE, f"{bilan}, publié")
        messages.success(request, f"Le bilan {year} est publié\xa0: chacun peut le lire.")
    return redirect("bilan_edition", slug, year, edition)


@asks_first
def bilan_withdraw(request: AgentRequest, slug: str, year: int, edition: int) -> HttpResponse:
    bilan = _edition(request, slug, year, edition, Action.SIGN)
    form = WithdrawForm(sent(request))
    if not form.is_valid():
        return render(request, "publications/withdraw.html", {"slug": slug, "bilan": bilan, "form": form})
    try:
        publish.withdraw(bilan, by=request.user, reason=form.cleaned_data["reason"])
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, "publications/withdraw.html", {"slug": slug, "bilan": bilan, "form": form})
    trace.record(request, TraceEntry.Event.WROTE, f"{bilan}, retiré")
    messages.success(request, f"Le bilan {year}, édition {edition}, n'est plus lisible par le public.")
    return redirect("bilan_edition", slug, year, edition)


@asks_first
def presentation_new(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    access = enter(request, slug, Action.SIGN)
    shown = Presentation(prefecture=access.prefecture, year=_possible(access, year))
    return _write_presentation(request, slug, shown)


@asks_first
def presentation(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    return _write_presentation(request, slug, _presentation(request, slug, year, number))


@asks_first
def presentation_remove(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    """Ask, then take away a meeting that did not take place; whoever changed it meanwhile is heard first."""
    shown = _presentation(request, slug, year, number)
    form = ReadForm(sent(request), initial={"version": presentations.version(shown)})
    status = 200
    if form.is_valid():
        try:
            presentations.remove(shown, seen=form.cleaned_data["version"])
        except ConflictError as conflict:
            again = "La retirer de nouveau la retire telle qu’elle est maintenant."
            form.add_error(None, f"{_meanwhile(conflict.saved)} {again}")
            retype(form, version=conflict.version)
            status = 409
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"Bilan {year}, réunion retirée")
            messages.success(request, f"Réunion retirée\xa0: {shown}.")
            return redirect("bilan_prepare", slug, year)
    context = {"slug": slug, "year": year, "presentation": shown, "form": form}
    return render(request, "publications/presentation_remove.html", context, status=status)


def _write_presentation(request: AgentRequest, slug: str, shown: Presentation) -> HttpResponse:
    editions = Bilan.objects.filter(prefecture=shown.prefecture, year=shown.year)
    numbers = list(editions.order_by("edition").values_list("edition", flat=True))
    form = PresentationForm(sent(request), instance=shown, editions=numbers)
    status = 200
    if form.is_valid():
        try:
            presentations.keep(shown, seen=form.cleaned_data["version"])
        except IntegrityError:  # a double click
            messages.info(request, "Cette réunion est déjà notée.")
            return redirect("bilan_prepare", slug, shown.year)
        except ConflictError as conflict:
            again = "L’enregistrer de nouveau met votre saisie à la place."
            form.add_error(None, f"{_meanwhile(conflict.saved)} {again}")
            retype(form, version=conflict.version)
            status = 409
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"Bilan {shown.year}, réunion notée")
            messages.success(request, f"Réunion notée\xa0: {shown}.")
            return redirect("bilan_prepare", slug, shown.year)
    context = {"slug": slug, "year": shown.year, "presentation": shown, "form": form}
    return render(request, "publications/presentation.html", context, status=status)


def _meanwhile(saved: Presentation | None) -> str:
    """What somebody else did of a meeting."""
    remark = f", «\xa0{saved.remark}\xa0»" if saved and saved.remark else ""
    done = f"changée\xa0: {saved}{remark}" if saved else "retirée"
    return f"Depuis que vous avez ouvert la page, cette réunion a été {done}."


def _presentation(request: AgentRequest, slug: str, year: int, number: int) -> Presentation:
    own = Presentation.objects.filter(prefecture=enter(request, slug, Action.SIGN).prefecture, year=year)
    return get_object_or_404(own, pk=number)


def _shown(part: Part | None) -> SafeString | None:
    """The text of a part as it will be read."""
    return richtext.shown(richtext.to_html(part.text)) if part else None


def _edition(
    request: AgentRequest, slug: str, year: int, edition: int, action: Action = Action.READ
) -> Bilan:
    """An edition that the agent may see, where their role allows the action."""
    readable = Bilan.objects.readable_by(enter(request, slug, action))
    everyone = ("prefecture", "frozen_by", "published_by", "withdrawn_by", "replaced_by")
    return get_object_or_404(readable.select_related(*everyone), year=year, edition=edition)


def _keep_reading(request: AgentRequest, bilan: Bilan) -> None:
    """Who read what the public does not."""
    if not bilan.is_shown:
        trace.record(request, TraceEntry.Event.READ, str(bilan))


def _others(request: AgentRequest, bilan: Bilan) -> list[Bilan]:
    """The other editions of the year that the agent may compare it with."""
    readable = Bilan.objects.readable_by(request.access).filter(year=bilan.year)
    return list(readable.exclude(pk=bilan.pk).defer("content"))


def _progress(bilan: Bilan) -> progress.Progress:
    job = Job.objects.filter(key=publish.pdf_key(bilan)).first()
    return progress.of(job, timezone.now(), PDF_WORDS)


def _possible(access: Access, year: int) -> int:
    if not FIRST_YEAR <= year <= access.on.year:
        raise Http404
    return year


def _years_with_figures(access: Access) -> list[int]:
    figures = Measurement.objects.of_their_own_document().filter(prefecture=access.prefecture)
    return [start.year for start in figures.dates("period_start", "year")]
