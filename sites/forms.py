from django import forms
from django.contrib.auth.forms import AuthenticationForm
from dsfr.forms import DsfrBaseForm


class SignInForm(DsfrBaseForm, AuthenticationForm):
    # The same words whether the account exists, is closed, or never was.
    error_messages = {
        "invalid_login": "Cette adresse et ce mot de passe ne vont pas ensemble. "
        "Vérifiez-les, majuscules du mot de passe comprises, puis recommencez."
    }

    username = forms.EmailField(
        label="Adresse électronique",
        help_text="Format attendu\xa0: nom@domaine.fr",
        error_messages={
            "required": "Écrivez votre adresse électronique.",
            "invalid": "Cette adresse n’est pas complète. Format attendu\xa0: nom@domaine.fr",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """One account, one spelling: otherwise each mix of capitals would have its own five trials."""
        return self.cleaned_data["username"].lower()
