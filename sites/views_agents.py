"""The pages of agents and rights: a préfecture's agents, its referents, the installation's administrators."""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from jobs.models import Job
from sites import absences, accounts, agents, lists, second_factor
from sites.access import Access, Action, AgentRequest, Role, administer, enter, holdings
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import Page
from sites.forms_agents import (
    ConfirmForm,
    EndForm,
    GrantForm,
    InviteForm,
    PersonForm,
    ReplaceForm,
    TermsForm,
)
from sites.models import Agent, Membership
from sites.tables_agents import AdministratorsTable, AgentsFilters, AgentsTable, ReferentsTable, what_it_says

LOST = (
    "Pour qui a perdu son téléphone et ses codes de secours. Assurez-vous d’abord, de vive voix, que la "
    "demande vient de cette personne. Ses sessions sont fermées\xa0; elle mettra un autre téléphone en place "
    "à sa prochaine connexion si son rôle le demande."
)
INVITED = "L’invitation part à l’adresse {email}. Son lien est valable sept jours."


def ask(request: AgentRequest, page: Page, form: Form, write: Callable[[], HttpResponse]) -> HttpResponse:
    """Ask; write what was answered; say above the form what is refused, and keep what was typed."""
    if form.is_valid():
        try:
            return write()
        except accounts.ChangedMeanwhileError as changed:
            form.add_error(None, str(changed))
            form.data = {**form.data.dict(), "seen": accounts.terms_of(changed.stored)}  # type: ignore[attr-defined]
        except RefusedError as refused:
            form.add_error(None, str(refused))
        except Membership.DoesNotExist:
            form.add_error(None, "Ce rôle vient d’être supprimé.")
    return render(request, "sites/form.html", {"page": page, "form": form, "conflict": None})


# --- the agents of a préfecture ----------------------------------------------------------------------------


@require_safe
def agents_list(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    return lists.show(
        request,
        "sites/agents.html",
        table=AgentsTable,
        rows=agents.of(access.prefecture),
        filters=AgentsFilters,
        title="Agents",
        context={"slug": slug},
        slug=slug,
        on=access.on,
    )


@require_safe
def referents(request: AgentRequest, slug: str) -> HttpResponse:
    """Whom to ask about the quality of each unit and service: every agent of the préfecture reads it."""
    access = enter(request, slug, Action.READ)
    return lists.show(
        request,
        "sites/referents.html",
        table=ReferentsTable,
        rows=agents.referents(access.prefecture, access.on),
        title="Référents qualité",
    )


@asks_first
def agent_invite(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    membership = Membership(prefecture=access.prefecture)
    form = InviteForm(sent(request), membership=membership)
    page = Page(
        "Inviter un agent",
        "Agents",
        reverse("agents", args=[slug]),
        lead="Un courriel lui permet de choisir son mot de passe\xa0; s’il a déjà un compte, il lui dit "
        "seulement ce qui lui est ouvert.",
        submit="Envoyer l’invitation",
    )

    def invite() -> HttpResponse:
        typed = form.cleaned_data
        accounts.invite(membership, email=typed["email"], full_name=typed["full_name"], by=request.user)
        messages.success(request, INVITED.format(email=typed["email"]))
        return redirect("agent", slug, membership.agent_id)

    return ask(request, page, form, invite)


@require_safe
def agent(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    """All that an agent holds here, and what may be done about it."""
    access = enter(request, slug, Action.ORGANISE)
    known = _known(access, agent)
    lasting = [held for held in known.held if held.is_lasting(access.on)]
    context = {
        "slug": slug,
        "agent": known,
        "state": agents.state_of(known, access.on),
        "lasting": lasting,
        "former": [held for held in known.held if held not in lasting],
        "absences": absences.of(known, access.prefecture, access.on),
        "is_oneself": known == request.user,
        "invitation": _invitation_words(agents.last_invitation(known, access.prefecture)),
        "has_second_factor": not known.is_pending and second_factor.device_of(known) is not None,
        "is_administrator": holdings(request).is_administrator,
    }
    return render(request, "sites/agent.html", context)


@asks_first
def membership_add(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    known = _known(access, agent)
    membership = Membership(prefecture=access.prefecture, agent=known)
    form = GrantForm(sent(request), membership=membership)
    page = _page(f"Ajouter un rôle à {known.shown_name}", slug, known, submit="Ajouter ce rôle")

    def grant() -> HttpResponse:
        accounts.grant(membership, by=request.user)
        messages.success(
            request, f"{known.shown_name} a un rôle de plus\xa0: {membership.get_role_display()}."
        )
        return redirect("agent", slug, known.pk)

    return ask(request, page, form, grant)


@asks_first
def membership_change(request: AgentRequest, slug: str, agent: int, membership: int) -> HttpResponse:
    """Another scope, other dates, titular or deputy. Another role is another membership."""
    access = enter(request, slug, Action.ORGANISE)
    known, held = _held(access, agent, membership)
    form = TermsForm(sent(request), membership=held)
    role = held.get_role_display()
    page = _page(f"Modifier «\xa0{role}\xa0» de {known.shown_name}", slug, known)

    def change() -> HttpResponse:
        accounts.change(held, seen=form.cleaned_data["seen"], by=request.user)
        messages.success(request, f"Le rôle «\xa0{role}\xa0» de {known.shown_name} est modifié.")
        return redirect("agent", slug, known.pk)

    return ask(request, page, form, change)


@asks_first
def membership_end(request: AgentRequest, slug: str, agent: int, membership: int) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    known, held = _held(access, agent, membership)
    form = EndForm(sent(request))
    page = _page(
        f"Mettre fin à «\xa0{held.get_role_display()}\xa0» de {known.shown_name}",
        slug,
        known,
        lead=f"{capfirst(what_it_says(held, access.on))}. Les droits de ce rôle sont perdus dès le clic qui "
        "suit leur fin, même au milieu d’une session. Ce que l’agent a fait reste à son nom.",
        submit="Mettre fin à ce rôle",
    )

    def end() -> HttpResponse:
        accounts.end(held, on=_last_day(form, access.on), by=request.user)
        messages.success(request, f"La fin du rôle de {known.shown_name} est enregistrée.")
        return redirect("agent", slug, known.pk)

    return ask(request, page, form, end)


@asks_first
def agent_replace(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    known = _known(access, agent)
    form = ReplaceForm(sent(request), initial={"starts_on": access.on})
    page = _page(
        f"Remplacer {known.shown_name}",
        slug,
        known,
        lead="Tous ses rôles ici passent à une autre personne, avec leur portée et leur fin. Elle reçoit "
        "un courriel.",
        submit="Remplacer",
    )

    def replace() -> HttpResponse:
        typed = form.cleaned_data
        heirs = accounts.replace(
            known,
            access.prefecture,
            email=typed["email"],
            full_name=typed["full_name"],
            on=typed["starts_on"],
            by=request.user,
        )
        messages.success(request, INVITED.format(email=typed["email"]))
        return redirect("agent", slug, heirs[0].agent_id)

    return ask(request, page, form, replace)


@require_POST
def invitation_resend(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    known = _known(access, agent)
    _resend(request, known, lambda: accounts.send_invitation(known, access.prefecture, by=request.user))
    return redirect("agent", slug, known.pk)


@asks_first
def agent_second_factor(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    known = _known(access, agent)
    prefecture = None if holdings(request).is_administrator else access.prefecture
    page = _page(
        f"Réinitialiser le second facteur de {known.shown_name}",
        slug,
        known,
        lead=LOST,
        submit="Réinitialiser",
    )
    form = ConfirmForm(sent(request))

    def reset() -> HttpResponse:
        if known.is_pending:
            raise RefusedError("Cet agent ne s’est pas encore connecté\xa0: rien n’est à réinitialiser.")
        accounts.reset_second_factor(known, by=request.user, prefecture=prefecture)
        messages.success(request, f"Le second facteur de {known.shown_name} est réinitialisé.")
        return redirect("agent", slug, known.pk)

    return ask(request, page, form, reset)


def _known(access: Access, agent: int) -> Any:
    return get_object_or_404(agents.of(access.prefecture), pk=agent)


def _held(access: Access, agent: int, membership: int) -> tuple[Any, Membership]:
    known = _known(access, agent)
    held = Membership.objects.select_related("agent", "prefecture", "unit", "service__unit")
    return known, get_object_or_404(held, pk=membership, agent=known, prefecture=access.prefecture)


def _page(title: str, slug: str, known: Any, **words: str) -> Page:
    return Page(title, known.shown_name, reverse("agent", args=[slug, known.pk]), **words)


def _last_day(form: EndForm, today: datetime.date) -> datetime.date:
    if form.cleaned_data["when"] == "now":
        return today - datetime.timedelta(days=1)
    last_day: datetime.date = form.cleaned_data["last_day"]
    return last_day


def _resend(request: AgentRequest, known: Agent, send: Callable[[], None]) -> None:
    try:
        send()
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, INVITED.format(email=known.email))


def _invitation_words(job: Job | None) -> str:
    """What has become of the mail of an invitation."""
    if job is None:
        return ""
    match job.state:
        case Job.State.DONE:
            return "Le courriel d’invitation est parti."
        case Job.State.FAILED:
            return "Le courriel d’invitation n’a pas pu partir\xa0: vérifiez l’adresse, puis renvoyez-le."
        case Job.State.TO_CHECK:
            return "L’envoi de l’invitation a été interrompu\xa0: demandez à l’agent s’il l’a reçue, ou "
            "renvoyez-la."
    return "Le courriel d’invitation part dans quelques instants."


# --- the installation --------------------------------------------------------------------------------------


@require_safe
def administrators(request: AgentRequest) -> HttpResponse:
    administer(request)
    return lists.show(
        request,
        "sites/administrators.html",
        table=AdministratorsTable,
        rows=agents.administrators(),
        title="Administrateurs",
        slug="",
        on=_today(),
    )


@asks_first
def administrator_invite(request: AgentRequest) -> HttpResponse:
    administer(request)
    form = PersonForm(sent(request))
    page = Page(
        "Inviter un administrateur",
        "Administrateurs",
        reverse("administrators"),
        lead="Il crée les préfectures, y nomme des responsables qualité, relit la norme nationale et lit les "
        "journaux\xa0; il ne saisit aucun chiffre et ne signe rien.",
        submit="Envoyer l’invitation",
    )

    def invite() -> HttpResponse:
        typed = form.cleaned_data
        membership = Membership(role=Role.ADMINISTRATOR)
        accounts.invite(membership, email=typed["email"], full_name=typed["full_name"], by=request.user)
        messages.success(request, INVITED.format(email=typed["email"]))
        return redirect("administrators")

    return ask(request, page, form, invite)


@require_safe
def administrator(request: AgentRequest, agent: int) -> HttpResponse:
    administer(request)
    known: Any = get_object_or_404(agents.administrators(), pk=agent)
    today = _today()
    context = {
        "agent": known,
        "state": agents.state_of(known, today),
        "lasting": [held for held in known.held if held.is_lasting(today)],
        "is_oneself": known == request.user,
        "invitation": _invitation_words(agents.last_invitation(known, None)),
        "has_second_factor": second_factor.device_of(known) is not None,
    }
    return render(request, "sites/administrator.html", context)


@asks_first
def administrator_end(request: AgentRequest, agent: int) -> HttpResponse:
    administer(request)
    known: Any = get_object_or_404(agents.administrators(), pk=agent)
    today = _today()
    lasting = [held for held in known.held if held.is_lasting(today)]
    form = EndForm(sent(request))
    lead = "Ses droits d’administrateur sont perdus dès le clic qui suit leur fin."
    page = _page_of_administrator(
        f"Mettre fin au rôle de {known.shown_name}", known, lead=lead, submit="Mettre fin à ce rôle"
    )

    def end() -> HttpResponse:
        for membership in lasting:
            accounts.end(membership, on=_last_day(form, today), by=request.user)
        messages.success(request, f"La fin du rôle de {known.shown_name} est enregistrée.")
        return redirect("administrators")

    return ask(request, page, form, end)


@require_POST
def administrator_resend(request: AgentRequest, agent: int) -> HttpResponse:
    administer(request)
    known = get_object_or_404(agents.administrators(), pk=agent)
    _resend(request, known, lambda: accounts.send_invitation(known, None, by=request.user))
    return redirect("administrator", known.pk)


@asks_first
def account_state(request: AgentRequest, agent: int) -> HttpResponse:
    """Close an account, or open it again: of any agent, since it is one for all préfectures."""
    administer(request)
    known = get_object_or_404(Agent, pk=agent)
    if known.is_active:
        title, submit = f"Désactiver le compte de {known}", "Désactiver le compte"
        lead = (
            "Ses sessions se ferment et personne ne se connecte plus avec ce compte, dans aucune préfecture. "
            "Ses rôles restent\xa0: y mettre fin est une autre décision."
        )
    else:
        title, submit = f"Réactiver le compte de {known}", "Réactiver le compte"
        lead = (
            "Il se connecte de nouveau, avec les rôles qui ne sont pas finis. "
            "Aucune session d’avant ne reprend."
        )
    page = Page(title, "Journal de l’installation", reverse("installation_journal"), lead=lead, submit=submit)
    form = ConfirmForm(sent(request))

    def switch() -> HttpResponse:
        if known.is_active:
            accounts.close_account(known, by=request.user)
            messages.success(request, f"Le compte de {known} est désactivé.")
        else:
            accounts.reopen_account(known, by=request.user)
            messages.success(request, f"Le compte de {known} est réactivé.")
        return redirect("installation_journal")

    return ask(request, page, form, switch)


@asks_first
def administrator_second_factor(request: AgentRequest, agent: int) -> HttpResponse:
    administer(request)
    known: Any = get_object_or_404(agents.administrators(), pk=agent)
    title = f"Réinitialiser le second facteur de {known.shown_name}"
    page = _page_of_administrator(title, known, lead=LOST, submit="Réinitialiser")
    form = ConfirmForm(sent(request))

    def reset() -> HttpResponse:
        accounts.reset_second_factor(known, by=request.user)
        messages.success(request, f"Le second facteur de {known.shown_name} est réinitialisé.")
        return redirect("administrator", known.pk)

    return ask(request, page, form, reset)


def _today() -> datetime.date:
    """The day of what belongs to no préfecture."""
    return timezone.localdate()


def _page_of_administrator(title: str, known: Any, **words: str) -> Page:
    return Page(title, known.shown_name, reverse("administrator", args=[known.pk]), **words)
