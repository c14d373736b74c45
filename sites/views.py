from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView

from sites.forms import SignInForm


class SignInView(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        """Where the visitor was going; an address that leads back here is no destination."""
        url = super().get_redirect_url()
        return "" if url.startswith(self.request.path) else url


sign_in = SignInView.as_view()
# Open to all: whose session has run out may still sign out, and lands where one signs in.
sign_out = login_not_required(LogoutView.as_view())
