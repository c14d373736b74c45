from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from sites import lists
from sites.access import Action, AgentRequest, enter
from sites.forms import SignInForm
from sites.models import TraceEntry
from sites.tables import JournalFilters, JournalTable


class SignInView(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Where the visitor was going, or home: an address that leads back here is no destination."""
        url = super().get_success_url()
        return self.get_default_redirect_url() if url.startswith(self.request.path) else url


sign_in = SignInView.as_view()


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "Vous êtes déconnecté.")
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_safe
def journal(request: AgentRequest, slug: str) -> HttpResponse:
    """Who signed in, read, exported and was refused what in the préfecture."""
    prefecture = enter(request, slug, Action.READ_TRACE).prefecture
    return lists.show(
        request,
        "sites/journal.html",
        table=JournalTable,
        rows=TraceEntry.objects.filter(prefecture=prefecture).select_related("agent"),
        filters=JournalFilters,
        title="Journal",
    )
