"""The agents' pages of imports: bring a file, verify it, import it; what each import changed."""

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from indicators import blank, columns, review, uploads
from indicators.answers import Code, Problem
from indicators.forms_imports import (
    CONFIRM,
    CORRECT,
    LEAVE_OUT,
    AnswerForm,
    BlankForm,
    ConfirmForm,
    UploadForm,
)
from indicators.imports import Examination
from indicators.models import FigureImport, ImportAnswer
from indicators.norm import Norm
from indicators.tables_imports import ImportFilters, ImportTable
from jobs import progress, queue
from jobs.models import Job
from sheets.words import typeset
from sites import files, lists, trace
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError, RefusedError
from sites.models import TraceEntry

Contents = FigureImport.Contents
READING_WORDS = progress.Words(
    absent="La lecture du fichier n'a pas été demandée.",
    waiting="En attente. La lecture prend en général quelques secondes.",
    done="Le fichier est lu.",
    failed="Le fichier n'a pas pu être lu",
)
# The pages of figures of months: of one file, and where one brings it.
PAGES: dict[str, str] = {Contents.MONTHS: "month_file", Contents.PHONE: "phone_file"}
LISTS: dict[str, str] = {Contents.MONTHS: "month_files", Contents.PHONE: "phone_lines"}
# Of what is new or changed, on one page; the history of the import has all of it.
MOST_CHANGES = 500


# --- all imports -------------------------------------------------------------------------------------------


@require_safe
def imports(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    rows = FigureImport.objects.filter(prefecture=access.prefecture).defer("rows", "problems", "answers")
    return lists.show(
        request,
        "indicators/import_list.html",
        table=ImportTable,
        rows=rows.select_related("prefecture", "uploaded_by", "imported_by"),
        filters=ImportFilters,
        title="Imports",
        context={"slug": slug},
    )


@asks_first
def import_new(request: AgentRequest, slug: str) -> HttpResponse:
    """Bring a file. A worker reads it; the page of the draft says how far it is."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*sent, latest_year=access.on.year)
    if not form.is_valid():
        return render(request, "indicators/import_new.html", {"slug": slug, "form": form})
    file = form.cleaned_data["file"]
    source = uploads.bring(
        access.prefecture,
        file.read(),
        year=form.cleaned_data["year"],
        contents=FigureImport.Contents(form.cleaned_data["contents"]),
        file_name=file.name,
        by=request.user,
    )
    return redirect("import_review", slug, source.number)


@require_safe
def import_model(request: AgentRequest, slug: str) -> HttpResponse:
    """A blank table of a year: which one, then the file."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    form = BlankForm(request.GET or None, latest_year=access.on.year)
    if form.is_valid():
        try:
            sheet = blank.sheet(access.prefecture, form.cleaned_data["year"])
        except RefusedError as refused:
            form.add_error("year", typeset(str(refused)))
        else:
            return lists.file_response(request, sheet, form.cleaned_data["kind"])
    return render(request, "indicators/import_model.html", {"slug": slug, "form": form})


# --- one import --------------------------------------------------------------------------------------------


@require_safe
def import_detail(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """What became of a file: by whom, when, with which answers, and what it changed."""
    source = source_of(request, slug, number)
    if source.is_monthly:
        return redirect(PAGES[source.contents], slug, number)
    if source.is_open:
        return redirect("import_review", slug, number)
    problems = [Problem(**problem) for problem in source.problems]
    changes = uploads.changes_of(source)
    people = {one.key: one for one in _answers(source)}
    return render(
        request,
        "indicators/import_detail.html",
        {
            "slug": slug,
            "source": source,
            "changes": changes[:MOST_CHANGES],
            "more_changes": max(0, len(changes) - MOST_CHANGES),
            "notes": uploads.notes_of(source),
            "answers": [
                {
                    **entry,
                    "column_title": columns.title(entry["column"], source.year),
                    "given": people.get((entry["row"], entry["column"], entry["code"])),
                }
                for entry in source.answers
            ],
            "warnings": review.warnings(problems),
        },
    )


@require_safe
def import_source(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """The file, as it was brought."""
    source = source_of(request, slug, number)
    if not source.stored_as:
        raise Http404
    try:
        body = files.read(source.stored_as, source.sha256)
    except files.LostError as lost:
        messages.error(request, typeset(f"{lost} Prévenir la personne qui administre l'application."))
        return redirect("import_detail", slug, number)
    trace.record(request, TraceEntry.Event.EXPORTED, f"Fichier de l’import n°\xa0{source.number}")
    response = HttpResponse(body, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, source.file_name)
    return response


@require_safe
def import_review(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """A draft: how far its reading is, then its problems, and the table as it was read."""
    source = source_of(request, slug, number)
    if source.is_monthly:
        return redirect(PAGES[source.contents], slug, number)
    if not source.is_open:
        return redirect("import_detail", slug, number)
    if source.state == FigureImport.State.READING:
        return reading_page(request, source)
    context: dict[str, object] = {"slug": slug, "source": source, "refusal": "", "borrowed_from": None}
    rows, answers = uploads.rows_of(source), _answers(source)
    try:
        examined = uploads.preview(source, answers)
    except RefusedError as refused:
        report, context["refusal"] = None, typeset(str(refused))
    else:
        report, context["borrowed_from"] = examined.report, examined.borrowed_from
    problems = report.problems if report else []
    named = columns.in_our_words(rows) if report else rows
    asked = review.questions(problems, report.unanswered if report else [], answers, named, source.year)
    lines, page = review.page_of(named, problems, request.GET.get("page"))
    context |= {
        "report": report,
        "questions": asked[: review.MOST_QUESTIONS],
        "question_count": len(asked),
        "unanswered": sum(not question.is_answered for question in asked),
        "next_question": next((question for question in asked if not question.is_answered), None),
        "idle": len({one.key for one in answers} - {question.key for question in asked}),
        "warnings": review.warnings(problems),
        "titles": [columns.title(column, source.year) for column in named[0].cells],
        "lines": lines,
        "page": page,
    }
    return render(request, "indicators/import_review.html", context)


@require_safe
def import_progress(request: AgentRequest, slug: str, number: int) -> JsonResponse:
    return JsonResponse(_progress(source_of(request, slug, number)).as_data())


@require_POST
def import_retry(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Have a file read again where its reading failed; twice, or while a worker is on it, changes nothing."""
    source = source_of(request, slug, number)
    if source.state == FigureImport.State.READING:
        queue.retry(uploads.order_reading(source))
        messages.success(request, "La lecture du fichier est relancée.")
    return redirect("import_review", slug, number)


@asks_first
def import_answer(
    request: AgentRequest, slug: str, number: int, row: int, column: str, code: str
) -> HttpResponse:
    """Answer a blocking problem, then go to the next one. Who comes second sees what the first one said."""
    source = source_of(request, slug, number, Contents.RESULTS, Contents.NOTES)
    if source.state != FigureImport.State.TO_CHECK:
        return redirect("import_review", slug, number)
    question, examined = _question(source, (row, column, code))
    given = question.answer
    rows = columns.in_our_words(uploads.rows_of(source))
    norm = Norm(source.prefecture, source.year)
    answer_form = partial(AnswerForm, code=Code(code), cell=question.cell, norm=norm)
    context = {
        "slug": slug,
        "source": source,
        "question": question,
        "titles": [columns.title(name, source.year) for name in rows[0].cells],
        "lines": review.around(rows, examined.report.problems, row),
    }

    def page(form: AnswerForm, **more: object) -> HttpResponse:
        status = 409 if more else 200
        return render(
            request,
            "indicators/import_answer.html",
            context | {"form": form, "saved": None} | more,
            status=status,
        )

    if request.method != "POST":
        return page(answer_form(initial=_as_typed(given, question.cell)))
    form = answer_form(request.POST)
    if not form.is_valid():
        return page(form)
    typed = form.cleaned_data
    try:
        uploads.answer(
            source,
            row=row,
            column=column,
            code=code,
            corrected=typed["corrected"],
            reason=typed["reason"],
            seen_version=typed["version"],
            by=request.user,
        )
    except uploads.UnfitAnswerError as unfit:
        form.add_error("corrected" if typed["corrected"] else None, typeset(str(unfit)))
        return page(form)
    except ConflictError as conflict:
        again = {**typed, "version": conflict.version}
        return page(answer_form(initial=again), saved=conflict.saved)
    except RefusedError as refused:
        messages.error(request, str(refused))
        return redirect("import_review", slug, number)
    return _next(request, source)


@asks_first
def import_confirm(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Say what will be written; then write what was read."""
    source = source_of(request, slug, number, Contents.RESULTS, Contents.NOTES)
    form = ConfirmForm(sent(request))
    if form.is_valid():
        try:
            done = uploads.confirm(source, by=request.user, read=form.cleaned_data["read"]).report
        except RefusedError as refused:
            messages.error(request, typeset(str(refused)))
            return redirect("import_review", slug, number)
        trace.record(request, TraceEntry.Event.WROTE, f"Import n°\xa0{number}, enregistré")
        messages.success(request, f"Import terminé. Chiffres et notes enregistrés\xa0: {done.imported}.")
        return redirect("import_detail", slug, number)
    if source.state != FigureImport.State.TO_CHECK:
        return redirect("import_review", slug, number)
    try:
        examined = uploads.preview(source, _answers(source))
    except RefusedError:
        return redirect("import_review", slug, number)
    if examined.report.unanswered:
        messages.error(request, "Répondre d'abord à tous les problèmes bloquants.")
        return redirect("import_review", slug, number)
    changes = examined.report.changes
    return render(
        request,
        "indicators/import_confirm.html",
        {
            "slug": slug,
            "source": source,
            "report": examined.report,
            "read": examined.fingerprint,
            "new": sum(not change.before for change in changes),
            "changed": sum(bool(change.before) for change in changes),
            "changes": changes[:MOST_CHANGES],
            "more_changes": max(0, len(changes) - MOST_CHANGES),
            "signed": source.prefecture.bilans.filter(year=source.year).defer("content"),
        },
    )


@asks_first
def import_abandon(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    source = source_of(request, slug, number)
    if request.method != "POST":
        return render(request, "indicators/import_abandon.html", {"slug": slug, "source": source})
    try:
        uploads.abandon(source, by=request.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
        return redirect("import_detail", slug, number)
    trace.record(request, TraceEntry.Event.WROTE, f"Import n°\xa0{number}, abandonné")
    messages.success(request, f"L'import de «\xa0{source.file_name}\xa0» est abandonné.")
    return redirect(LISTS.get(source.contents, "imports"), slug)


# --- what the views share ----------------------------------------------------------------------------------


def source_of(
    request: AgentRequest, slug: str, number: int, *contents: FigureImport.Contents
) -> FigureImport:
    """An import of the préfecture, of some contents or any, for whoever may import: those who enter figures
    bring back their own tables of months, the rest is the quality manager's."""
    prefecture = enter(request, slug, Action.ENTER_FIGURES).prefecture
    people = ("prefecture", "uploaded_by", "imported_by", "abandoned_by")
    found = FigureImport.objects.select_related(*people)
    source = found.filter(prefecture=prefecture, number=min(number, 2**31 - 1)).first()
    if source is None or source.contents != Contents.MONTHS or source.uploaded_by != request.user:
        enter(request, slug, Action.WRITE_FIGURES)
    if source is None or (contents and source.contents not in contents):
        raise Http404
    return source


def reading_page(request: AgentRequest, source: FigureImport) -> HttpResponse:
    """How far the reading of a file is."""
    context = {"slug": source.prefecture.slug, "source": source, "progress": _progress(source)}
    return render(request, "indicators/import_reading.html", context)


def _answers(source: FigureImport) -> list[ImportAnswer]:
    return list(source.given_answers.select_related("answered_by"))


def _progress(source: FigureImport) -> progress.Progress:
    job = Job.objects.filter(key=uploads.reading_key(source)).first()
    return progress.of(job, timezone.now(), READING_WORDS)


def _questions(source: FigureImport) -> tuple[list[review.Question], Examination]:
    answers = _answers(source)
    examined = uploads.preview(source, answers)
    rows = columns.in_our_words(uploads.rows_of(source))
    report = examined.report
    return review.questions(report.problems, report.unanswered, answers, rows, source.year), examined


def _question(source: FigureImport, key: tuple[int, str, str]) -> tuple[review.Question, Examination]:
    try:
        asked, examined = _questions(source)
    except RefusedError as refused:
        raise Http404 from refused
    for question in asked:
        if question.key == key:
            return question, examined
    raise Http404


def _next(request: AgentRequest, source: FigureImport) -> HttpResponse:
    """The page of the next problem without an answer, or the draft once all have theirs."""
    waiting = [question for question in _questions(source)[0] if not question.is_answered]
    left = f"{len(waiting)} problème{'s' if len(waiting) > 1 else ''} sans réponse."
    messages.success(
        request, f"Réponse enregistrée. {left if waiting else 'Tous les problèmes ont la leur.'}"
    )
    if not waiting:
        return redirect("import_review", source.prefecture.slug, source.number)
    return redirect("import_answer", source.prefecture.slug, source.number, *waiting[0].key)


def _as_typed(given: ImportAnswer | None, cell: str) -> dict[str, object]:
    if given is None:
        return {"version": 0}
    decision = CORRECT if given.corrected else LEAVE_OUT
    if given.code == Code.TARGET_DOES_NOT_FIT and given.corrected == cell:
        decision = CONFIRM
    return {
        "decision": decision,
        "corrected": given.corrected if decision == CORRECT else "",
        "reason": given.reason,
        "version": given.version,
    }
