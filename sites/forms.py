from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from dsfr.forms import DsfrBaseForm


class SignInForm(DsfrBaseForm, AuthenticationForm):
    error_messages = {
        "invalid_login": "Cette adresse et ce mot de passe ne vont pas ensemble, ou le compte est fermé. "
        "Vérifiez-les, majuscules comprises, puis recommencez.",
    }

    username = forms.EmailField(
        label="Adresse électronique",
        help_text="Format attendu\xa0: prenom.nom@departement.gouv.fr",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )

    def clean_username(self) -> str:
        """One account has one address whatever the case: otherwise each spelling would have its five trials."""
        return self.cleaned_data["username"].lower()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Adresse électronique"
