"""The doors, and one's own account: sign in and out, choose a password, the second factor."""

from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from sites import accounts, passwords, second_factor, trace
from sites.access import AgentRequest
from sites.asking import asks_first, sent
from sites.forms import (
    ChangePasswordForm,
    CodeForm,
    CurrentPasswordForm,
    EnrolForm,
    ForgottenForm,
    NameForm,
    NewPasswordForm,
    SignInForm,
)
from sites.models import Agent, TraceEntry
from sites.second_factor import Stage, open_at

Event = TraceEntry.Event

TOKEN = "password_token"  # noqa: S105 - the name of a key of the session
CANDIDATE = "second_factor_candidate"


# --- in and out --------------------------------------------------------------------------------------------


class SignInView(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Where the visitor was going, or home: an address that leads back here is no destination."""
        url = super().get_success_url()
        return self.get_default_redirect_url() if url.startswith(self.request.path) else url

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        agent = form.get_user()
        if len(form.cleaned_data["password"]) < passwords.minimum_for(agent):
            self.request.session[second_factor.SHORT_PASSWORD] = True
        if not second_factor.begin(self.request, agent):
            trace.keep_of(agent, Event.SIGNED_IN, "Connexion")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """What was typed is no account's, perhaps a password in the wrong field: it is not kept."""
        if typed := form.cleaned_data.get("username"):
            if agent := Agent.objects.filter(email__iexact=typed).first():
                trace.keep_of(agent, Event.SIGN_IN_FAILED, "Mot de passe ou compte refusé")
            else:
                trace.keep(Event.SIGN_IN_FAILED, "Adresse inconnue", agent=None)
        return super().form_invalid(form)


sign_in = SignInView.as_view()


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, Agent):
        trace.keep_of(request.user, Event.SIGNED_OUT, "Déconnexion")
    logout(request)
    messages.success(request, "Vous êtes déconnecté.")
    return redirect(settings.LOGOUT_REDIRECT_URL)


# --- a password by a link ----------------------------------------------------------------------------------


@login_not_required
@asks_first
def password_forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer for every address: whether it has an account is said to its owner alone, by mail."""
    form = ForgottenForm(sent(request))
    if not form.is_valid():
        return render(request, "registration/password_forgotten.html", {"form": form})
    accounts.ask_for_reset(form.cleaned_data["email"])
    return render(request, "registration/password_asked.html", {"email": form.cleaned_data["email"]})


@login_not_required
@never_cache
@require_safe
def password_link(request: HttpRequest, token: str) -> HttpResponse:
    """The address of a mail. The token goes into the session at once, so that no other site and no screen
    shared with a colleague shows it.
    """
    request.session[TOKEN] = token
    return redirect("password_choose")


@login_not_required
@never_cache
@asks_first
def password_choose(request: HttpRequest) -> HttpResponse:
    token = request.session.get(TOKEN, "")
    agent = passwords.agent_of(token)
    if agent is None:
        return render(request, "registration/link_over.html")
    form = NewPasswordForm(sent(request), agent=agent)
    if not form.is_valid():
        return render(request, "registration/password_choose.html", {"form": form, "agent": agent})
    if accounts.choose_password(token, form.cleaned_data["new_password"]) is None:
        return render(request, "registration/link_over.html")
    logout(request)
    messages.success(request, "Votre mot de passe est enregistré. Connectez-vous avec lui.")
    return redirect("login")


# --- the second factor -------------------------------------------------------------------------------------


@open_at(Stage.CODE)
@asks_first
def second_factor_code(request: AgentRequest) -> HttpResponse:
    """The second half of signing in."""
    if second_factor.stage(request) is not Stage.CODE:
        return redirect("home")
    form = CodeForm(sent(request))
    onward = request.POST.get("next", request.GET.get("next", ""))
    if form.is_valid() and (kind := _verified(request, form)):
        second_factor.passed(request)
        trace.keep_of(request.user, Event.SIGNED_IN, "Connexion avec un second facteur")
        if kind == "recovery":
            accounts.tell_recovery_code_used(request.user)
            left = second_factor.codes_left(request.user)
            messages.warning(
                request, f"Un code de secours a servi, et ne servira plus. Codes qui restent\xa0: {left}."
            )
        is_ours = url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
        return HttpResponseRedirect(onward if is_ours else reverse("home"))
    return render(request, "registration/second_factor_code.html", {"form": form, "next": onward})


def _verified(request: AgentRequest, form: CodeForm) -> str:
    try:
        kind = second_factor.verify(request.user, form.cleaned_data["code"])
    except second_factor.WaitError as wait:
        form.add_error("code", str(wait))
        return ""
    if not kind:
        trace.keep_of(request.user, Event.SIGN_IN_FAILED, "Code de second facteur refusé")
        form.add_error("code", "Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant.")
    return kind


@open_at(Stage.ENROL)
@asks_first
def second_factor_setup(request: AgentRequest) -> HttpResponse:
    """Take a telephone, or another one in its place: that asks for the password."""
    is_change = second_factor.device_of(request.user) is not None
    stage = second_factor.stage(request)
    if is_change and stage is not None:  # what the account has already is asked for, never replaced
        return redirect("second_factor_code")
    if request.method != "POST" or CANDIDATE not in request.session:
        request.session[CANDIDATE] = second_factor.new_key()
    key = request.session[CANDIDATE]
    data = sent(request)
    form = EnrolForm(data)
    owner = CurrentPasswordForm(data, request=request) if is_change else None
    if form.is_valid() and (owner is None or owner.is_valid()):
        if clock := second_factor.matches(key, form.cleaned_data["code"]):
            codes = accounts.enrol(request.user, key, clock)
            del request.session[CANDIDATE]
            _keep_this_session(request)
            return render(request, "registration/recovery_codes.html", {"codes": codes, "is_new": True})
        form.add_error(
            "code", "Ce code n’est pas celui du moment. Vérifiez l’heure du téléphone, puis recommencez."
        )
    device = second_factor.unsaved_device(request.user, key)
    context = {
        "form": form,
        "owner": owner,
        "is_asked_for": stage is Stage.ENROL,
        "qr_code": segno.make(device.config_url, error="m").svg_inline(
            scale=5, light="#fff", svgclass=None, lineclass=None, title="Code QR à scanner"
        ),
        "key": _in_groups(device),
    }
    return render(request, "registration/second_factor.html", context)


@asks_first
def recovery_codes(request: AgentRequest) -> HttpResponse:
    """New recovery codes in the place of the old ones."""
    if second_factor.device_of(request.user) is None:
        return redirect("second_factor")
    form = CurrentPasswordForm(sent(request), request=request)
    if not form.is_valid():
        return render(request, "registration/recovery_codes_ask.html", {"form": form})
    codes = accounts.renew_codes(request.user)
    return render(request, "registration/recovery_codes.html", {"codes": codes, "is_new": False})


@asks_first
def second_factor_remove(request: AgentRequest) -> HttpResponse:
    if second_factor.device_of(request.user) is None or second_factor.is_required(request):
        return redirect("account")
    form = CurrentPasswordForm(sent(request), request=request)
    if not form.is_valid():
        return render(request, "registration/second_factor_remove.html", {"form": form})
    accounts.remove_second_factor(request.user, by=request.user)
    request.session.pop(second_factor.MARK, None)
    update_session_auth_hash(request, request.user)
    messages.success(request, "La connexion ne demande plus de code.")
    return redirect("account")


def _keep_this_session(request: AgentRequest) -> None:
    """The session in which the account was changed goes on; the others have ended."""
    update_session_auth_hash(request, request.user)
    second_factor.passed(request)


def _in_groups(device: Any) -> str:
    """The key as one types it, by four."""
    secret = b32encode(device.bin_key).decode()
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


# --- my account --------------------------------------------------------------------------------------------


@asks_first
def account(request: AgentRequest) -> HttpResponse:
    form = NameForm(sent(request), initial={"full_name": request.user.full_name})
    if form.is_valid():
        accounts.rename(request.user, form.cleaned_data["full_name"])
        messages.success(request, "Votre nom est enregistré.")
        return redirect("account")
    device = second_factor.device_of(request.user)
    context = {
        "form": form,
        "device": device,
        "codes_left": second_factor.codes_left(request.user) if device else 0,
        "is_required": second_factor.is_required(request),
    }
    return render(request, "registration/account.html", context)


@open_at(Stage.PASSWORD)
@asks_first
def account_password(request: AgentRequest) -> HttpResponse:
    data = sent(request)
    form = ChangePasswordForm(data, request=request, agent=request.user)
    is_asked_for = second_factor.stage(request) is Stage.PASSWORD
    if not form.is_valid():
        return render(
            request, "registration/account_password.html", {"form": form, "is_asked_for": is_asked_for}
        )
    accounts.change_password(request.user, form.cleaned_data["new_password"])
    request.session.pop(second_factor.SHORT_PASSWORD, None)
    update_session_auth_hash(request, request.user)
    messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
    return redirect("account")


@require_POST
def account_sessions(request: AgentRequest) -> HttpResponse:
    accounts.close_sessions(request.user)
    update_session_auth_hash(request, request.user)
    messages.success(request, "Vos autres sessions sont fermées.")
    return redirect("account")
