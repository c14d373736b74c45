"""Forms of the doors and of one's own account."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from dsfr.forms import DsfrBaseForm

from sites import passwords
from sites.models import Agent


class AddressField(forms.EmailField):
    """One account, one spelling: otherwise each mix of capitals would have its own five trials."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "label": "Adresse électronique",
            "help_text": "Format attendu\xa0: nom@domaine.fr",
            "error_messages": {
                "required": "Écrivez votre adresse électronique.",
                "invalid": "Cette adresse n’est pas complète. Format attendu\xa0: nom@domaine.fr",
            },
        }
        super().__init__(**(defaults | options))

    def clean(self, value: Any) -> str:
        return super().clean(value).lower()


class NameField(forms.CharField):
    """A person's name, on one line."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "label": "Prénom et nom",
            "max_length": 150,
            "error_messages": {"required": "Écrivez le prénom et le nom."},
        }
        super().__init__(**(defaults | options))

    def clean(self, value: Any) -> str:
        return " ".join(super().clean(value).split())


class SignInForm(DsfrBaseForm, AuthenticationForm):
    # The same words whether the account exists, is closed, or never was.
    error_messages = {
        "invalid_login": "Cette adresse et ce mot de passe ne vont pas ensemble. "
        "Vérifiez-les, majuscules du mot de passe comprises, puis recommencez."
    }

    username = AddressField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ForgottenForm(DsfrBaseForm):
    email = AddressField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))


class CodeForm(DsfrBaseForm):
    """A code of the telephone, or a recovery code: written as one likes, with or without spaces."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="Les six chiffres de votre application, ou l’un de vos codes de secours.",
        error_messages={"required": "Écrivez le code."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class EnrolForm(DsfrBaseForm):
    code = forms.RegexField(
        r"^\s*\d{3}\s?\d{3}\s*$",
        label="Code affiché par l’application",
        help_text="Six chiffres, qui changent toutes les 30 secondes.",
        error_messages={
            "required": "Écrivez le code que l’application affiche.",
            "invalid": "Le code compte six chiffres.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class NewPasswordForm(DsfrBaseForm):
    """A password chosen by who holds a link."""

    new_password = forms.CharField(
        label="Nouveau mot de passe",
        strip=False,
        max_length=passwords.MAXIMUM,
        error_messages={"required": "Écrivez le nouveau mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label="Le même, une deuxième fois",
        strip=False,
        error_messages={"required": "Écrivez-le une deuxième fois."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, agent: Agent, **options: Any) -> None:
        super().__init__(*args, **options)
        self.agent = agent
        self["new_password"].help_text = (
            f"Au moins {passwords.minimum_for(agent)} caractères. Plusieurs mots sans lien entre eux font un "
            "bon mot de passe\xa0; ni chiffre ni majuscule ne sont exigés. Il peut être collé."
        )

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        password_validation.validate_password(password, self.agent)
        return password

    def clean_repeated(self) -> str:
        repeated: str = self.cleaned_data["repeated"]
        if self.cleaned_data.get("new_password", repeated) != repeated:
            raise forms.ValidationError("Les deux mots de passe diffèrent.")
        return repeated


class CurrentPasswordForm(DsfrBaseForm):
    """What only the owner of the account may do, whoever sits at the keyboard. Trials are counted as at the
    sign-in.
    """

    current_password = forms.CharField(
        label="Votre mot de passe actuel",
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe actuel."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        if authenticate(self.request, username=self.request.user.get_username(), password=password) is None:
            raise forms.ValidationError("Ce n’est pas votre mot de passe actuel.")
        return password


class ChangePasswordForm(CurrentPasswordForm, NewPasswordForm):
    field_order = ["current_password", "new_password", "repeated"]


class NameForm(DsfrBaseForm):
    full_name = NameField(widget=forms.TextInput(attrs={"autocomplete": "name"}))
