"""Background work that failed: what it was, why, in words, and what may be done about it.

The quality manager sees on the home page what failed for the préfecture, the administrator sees all of it on
the page of the installation's state. Both may retry; what is « à vérifier » may also be confirmed, once a
person has seen that its effect is there.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from complaints import recomputing
from indicators import from_register, reminding, uploads
from jobs import queue
from jobs.models import Job
from publications import flash, publish
from qualepref import digest
from sites import mails, trace
from sites.access import Access, Action, AgentRequest, administer, enter
from sites.models import TraceEntry

KINDS = {
    publish.PDF_JOB: "PDF d’un bilan",
    recomputing.JOB: "calcul des échéances",
    uploads.READ_JOB: "lecture d’un tableau envoyé",
    from_register.JOB: "calcul des chiffres depuis le registre",
    mails.INVITATION: "courriel d’invitation",
    mails.RESET: "courriel pour choisir un mot de passe",
    mails.NOTICE: "courriel d’alerte sur un compte",
    digest.DIGEST: "rappels du matin",
    digest.MAIL: "courriel de rappels",
    reminding.MAIL: "rappel envoyé à la main",
    flash.MAIL: "courriel d’un flash info",
}

# The names of errors, in the order in which they are looked for.
REASONS = {
    "SMTPAuthenticationError": "Le serveur de courriel refuse le compte de l’installation.",
    "SMTPRecipientsRefused": "Le serveur de courriel refuse l’adresse du destinataire.",
    "SMTPSenderRefused": "Le serveur de courriel refuse l’adresse de l’expéditeur (DEFAULT_FROM_EMAIL).",
    "SMTPDataError": "Le serveur de courriel refuse le message.",
    "SMTP": "Le serveur de courriel ne répond pas comme il faut.",
    "ConnectionRefusedError": "Le serveur ne répond pas.",
    "TimeoutError": "Le serveur ne répond pas à temps.",
    "gaierror": "Le nom du serveur est inconnu.",
    "OSError": "Un fichier n’a pas pu être lu ou écrit, ou un serveur n’a pas répondu.",
    "Interrompue": "La tâche a été interrompue avant sa fin.",
}
UNFORESEEN = "Une erreur imprévue s’est produite."
KEPT = datetime.timedelta(
    days=30
)  # on the home of the quality manager; the administrator sees older ones too


@dataclass(frozen=True)
class Failure:
    """`detail` is for whoever repairs: the words of the machine, which may name an address."""

    job: Job

    @property
    def title(self) -> str:
        return kind_label(self.job)

    @property
    def reason(self) -> str:
        error = self.job.last_error
        return next((words for name, words in REASONS.items() if error.startswith(name)), UNFORESEEN)

    @property
    def detail(self) -> str:
        return self.job.last_error

    @property
    def is_to_check(self) -> bool:
        return self.job.state == Job.State.TO_CHECK


def kind_label(job: Job) -> str:
    return KINDS.get(job.kind, "tâche")


def jobs() -> QuerySet[Job]:
    """Failed, or to be checked; the latest first."""
    over = Job.objects.filter(state__in=(Job.State.FAILED, Job.State.TO_CHECK))
    return over.select_related("prefecture").order_by("-finished_at", "-pk")


def of(accesses: Iterable[Access]) -> Mapping[int | None, list[Failure]]:
    """What failed lately in each préfecture where the agent may do something about it, by one query."""
    held = [access.prefecture.pk for access in accesses if access.may_sign]
    found = defaultdict(list)
    if held:
        for job in jobs().filter(prefecture__in=held, finished_at__gt=timezone.now() - KEPT):
            found[job.prefecture_id].append(Failure(job))
    return found


@require_POST
def settle_in_prefecture(request: AgentRequest, slug: str, job: int) -> HttpResponse:
    access = enter(request, slug, Action.SIGN)
    _settle(request, get_object_or_404(Job, pk=job, prefecture=access.prefecture))
    return redirect("home")


@require_POST
def settle(request: AgentRequest, job: int) -> HttpResponse:
    administer(request)
    _settle(request, get_object_or_404(Job, pk=job))
    return redirect("installation_state")


def _settle(request: AgentRequest, job: Job) -> None:
    """Retry, or confirm that it is done. Twice, or after somebody else, changes nothing and says so."""
    title = kind_label(job)
    if request.POST.get("decision") == "done":
        has_changed, done = queue.confirm(job), f"Tâche notée comme faite\xa0: {title}"
    else:
        has_changed, done = queue.retry(job), f"Tâche relancée\xa0: {title}"
    if not has_changed:
        messages.info(request, "Cette tâche n’est plus en échec\xa0: il n’y a rien à faire.")
        return
    trace.record(request, TraceEntry.Event.WROTE, done, prefecture=job.prefecture)
    messages.success(request, f"{done}.")
