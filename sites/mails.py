"""What is written to agents about their account. Each text is made when it leaves (`jobs.mail`)."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from jobs.mail import Mail
from sites import passwords
from sites.models import Agent, Membership, Prefecture, lasting

INVITATION = "sites.invitation"
RESET = "sites.reset"
NOTICE = "sites.notice"

NOTICES = {
    "password": "Le mot de passe de votre compte Qualepref vient d’être changé.",
    "second_factor_on": "La connexion à votre compte Qualepref demande désormais un code de votre téléphone.",
    "second_factor_off": "La connexion à votre compte Qualepref ne demande plus de code de votre téléphone.",
    "recovery_code": "Un code de secours vient de servir à se connecter à votre compte Qualepref.",
}


def recipient(agent: Agent) -> str:
    """How `jobs.mail` knows an agent."""
    return recipient_of(agent.pk)


def recipient_of(agent_id: int) -> str:
    return f"agent-{agent_id}"


def place(prefecture: Prefecture | None) -> str:
    """Where an invitation leads, in the key of its mail."""
    return prefecture.slug if prefecture else "installation"


def invitation(*, agent_id: int, place_id: int | None) -> Mail | None:
    """To who has no password yet, with the link to choose one; to who has, what is open to them now.

    None once the account is closed or what it was invited to is over.
    """
    agent = Agent.objects.filter(pk=agent_id, is_active=True).first()
    prefecture = Prefecture.objects.filter(pk=place_id or 0).first()
    today = prefecture.today() if prefecture else timezone.localdate()
    held = Membership.objects.filter(lasting(today), agent=agent_id, prefecture=prefecture)
    memberships = list(held.select_related("prefecture", "unit", "service__unit"))
    if agent is None or not memberships:
        return None
    context = {
        "memberships": memberships,
        "who": prefecture.name if prefecture else "De la part de l’administrateur de l’installation,",
        "home": address("home"),
        "link": "" if agent.has_usable_password() else invitation_link(agent),
    }
    return Mail(
        to=agent.email,
        subject="Votre accès à Qualepref",
        body=render_to_string("mails/invitation.txt", context),
        sender=prefecture.name if prefecture else "",
        reply_to=prefecture.reply_to if prefecture else "",
    )


def reset(*, agent_id: int | None) -> Mail | None:
    """None where the address that was typed is nobody's: that is known here, not on the page."""
    agent = Agent.objects.filter(pk=agent_id or 0, is_active=True).first()
    if agent is None:
        return None
    context = {"link": _link(agent, passwords.Link.RESET)}
    return Mail(
        to=agent.email,
        subject="Choisir un nouveau mot de passe",
        body=render_to_string("mails/reset.txt", context),
    )


def notice(*, agent_id: int, what: str) -> Mail | None:
    agent = Agent.objects.filter(pk=agent_id, is_active=True).first()
    if agent is None:
        return None
    context = {"sentence": NOTICES[what], "home": address("login")}
    body = render_to_string("mails/notice.txt", context)
    return Mail(to=agent.email, subject="Votre compte Qualepref a changé", body=body)


def address(route: str, *args: str) -> str:
    """The full address of a page: by the configured name of the service, never by that of a request."""
    return settings.BASE_URL + reverse(route, args=args)


def invitation_link(agent: Agent) -> str:
    return _link(agent, passwords.Link.INVITATION)


def _link(agent: Agent, link: passwords.Link) -> str:
    return address("password_link", passwords.token_for(agent, link))
