"""One file. Each variable of the environment is read once, typed, with a safe default or a loud refusal.

`QUALEPREF_MODE` decides what needs https: `demo` works on http://127.0.0.1, `test` is the suite, `production`
refuses to start unsafely.
"""

import datetime
import logging
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.utils.http import is_same_domain

from qualepref import logs

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("QUALEPREF_VAR", default=str(BASE_DIR / "var"))).resolve()

MODE = env.str("QUALEPREF_MODE", default="demo")
if MODE not in ("demo", "test", "production"):
    raise ImproperlyConfigured(f"QUALEPREF_MODE={MODE!r} : choisir demo, test ou production.")
IN_PRODUCTION = MODE == "production"


def required_in_production(name: str, otherwise: str) -> str:
    """A variable that the demo may do without and production may not."""
    value = env.str(name, default="")
    if IN_PRODUCTION and not value:
        raise ImproperlyConfigured(f"{name} est vide : le mode production a besoin de cette variable.")
    return value or otherwise


def address_of(name: str, *schemes: str, otherwise: str) -> str:
    """The address of a server; what the demo does without one is no address of production."""
    value = required_in_production(name, otherwise=otherwise)
    known = schemes if IN_PRODUCTION else (*schemes, otherwise.partition("//")[0] + "//")
    if not value.startswith(known):
        raise ImproperlyConfigured(f"{name} doit commencer par {' ou '.join(known)} en mode {MODE}.")
    return value


def whole_number(name: str, *, default: int, low: int, high: int) -> int:
    value = env.str(name, default="") or str(default)
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise ImproperlyConfigured(f"{name}={value} : indiquer un nombre entier, de {low} à {high}.")
    return int(value)


SERVER_PASSWORD_LENGTH = 16  # longer than those of manuals and of hurry
HERE = re.compile(r"|localhost|127\.0\.0\.1|::1|%2f.*")  # a socket file, or this very machine


def refuse_open_server(name: str, url: str) -> None:
    """A server of another machine is reached with a password that nobody guesses."""
    server = urlsplit(url)
    try:
        is_readable = server.port != 0 and not server.fragment and len(server.path) > 1
    except ValueError:
        is_readable = False
    if not is_readable:
        raise ImproperlyConfigured(
            f"{name} ne se lit pas : écrire schéma://compte:mot-de-passe@machine:port/base, les signes "
            "particuliers du mot de passe en pour-cent (@ devient %40)."
        )
    if not HERE.fullmatch(server.hostname or "") and len(server.password or "") < SERVER_PASSWORD_LENGTH:
        raise ImproperlyConfigured(
            f"{name} : le serveur {server.hostname} est sur une autre machine, son mot de passe doit avoir "
            f"au moins {SERVER_PASSWORD_LENGTH} caractères, tirés au hasard."
        )


# No page ever shows its error. Who sets one of these thinks otherwise, and must know before the public does.
DEBUG = False
for variable in ("DEBUG", "DJANGO_DEBUG"):
    if IN_PRODUCTION and env.str(variable, default="").lower() not in ("", "0", "false", "no", "off"):
        raise ImproperlyConfigured(
            f"{variable} est réglé : le retirer, la production ne montre pas d'erreur."
        )
DEMO_KEY = "demo-only-" + "not-a-secret-" * 4
SECRET_KEY = required_in_production("SECRET_KEY", otherwise=DEMO_KEY)
if IN_PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 12 or SECRET_KEY == DEMO_KEY):
    raise ImproperlyConfigured("SECRET_KEY se devine : en tirer une au hasard, d'au moins 50 caractères.")
hosts = required_in_production("ALLOWED_HOSTS", otherwise="127.0.0.1,localhost,testserver").split(",")
ALLOWED_HOSTS = [host.strip() for host in hosts if host.strip()]
if not ALLOWED_HOSTS or any("*" in host for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS=* accepte n'importe quel nom : lister les noms du service.")
if any(mark in host for host in ALLOWED_HOSTS for mark in "/: " if not host.startswith("[")):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS liste des noms séparés par des virgules, sans https:// ni port."
    )
BASE_URL = required_in_production("QUALEPREF_BASE_URL", otherwise="http://127.0.0.1:8000").rstrip("/")
base = urlsplit(BASE_URL)
if IN_PRODUCTION and (
    base.scheme != "https"
    or base.path
    or not any(is_same_domain(base.hostname or "", host) for host in ALLOWED_HOSTS)
):
    raise ImproperlyConfigured(
        "QUALEPREF_BASE_URL doit être https:// suivi d'un des noms de ALLOWED_HOSTS, sans chemin."
    )

# --- What is installed -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "qualepref.apps.QualeprefConfig",
    "publications.apps.PublicationsConfig",
    "improvement.apps.ImprovementConfig",
    "indicators.apps.IndicatorsConfig",
    "complaints.apps.ComplaintsConfig",
    "referentiel.apps.ReferentielConfig",
    "sites.apps.SitesConfig",
    "jobs.apps.JobsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_tables2",
    "dsfr",
    "simple_history",
    "widget_tweaks",
]

MIDDLEWARE = [
    "qualepref.middleware.requests_are_logged",
    "qualepref.middleware.client_address",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "qualepref.middleware.large_bodies_are_refused",
    "qualepref.middleware.clean_input",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qualepref.middleware.SignInRequired",
    "qualepref.middleware.RefusalsAreKept",
    "qualepref.middleware.private_pages_are_not_stored",
    "django.contrib.messages.middleware.MessageMiddleware",
    "qualepref.middleware.refused_methods_are_explained",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "qualepref.urls"
WSGI_APPLICATION = "qualepref.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qualepref.shell.shell",
            ],
            "libraries": {"display": "qualepref.display"},
            "builtins": ["qualepref.display"],
        },
    }
]

# --- Where things are kept ---------------------------------------------------------------------------------

DATABASE_URL = address_of(
    "DATABASE_URL", "postgres://", "postgresql://", otherwise=f"sqlite:///{VAR_DIR / 'qualepref.sqlite3'}"
)
if IN_PRODUCTION:
    refuse_open_server("DATABASE_URL", DATABASE_URL)
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"] |= {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # The suite runs on a file: threads of the live server and workers share it.
        "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

FILES_DIR = VAR_DIR / "files"
LARGEST_BODY = 25_000_000  # bytes: the largest file that a form takes, and its fields
STATIC_URL = "static/"
STATIC_ROOT = (
    Path(env.str("QUALEPREF_STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))) if IN_PRODUCTION else None
)
STATICFILES_DIRS = [BASE_DIR / "static"]
if any(VAR_DIR.is_relative_to(public) for public in (*STATICFILES_DIRS, STATIC_ROOT) if public):
    raise ImproperlyConfigured("QUALEPREF_VAR est dans un dossier public : en choisir un autre.")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_DIR}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Outside production nothing is collected: files are served where they stand, the suite included.
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
WHITENOISE_AUTOREFRESH = MODE == "test"  # each test client is a server of its own: it must not list them all
# The hashed-name storage rewrites the style sheets, so their published checksums no longer match.
DSFR_USE_INTEGRITY_CHECKSUMS = False
DSFR_MARK_OPTIONAL_FIELDS = True

# --- Where pages are served --------------------------------------------------------------------------------

WEB_ADDRESS = env.str("WEB_ADDRESS", default="127.0.0.1:8000")
WEB_WORKERS = whole_number("WEB_WORKERS", default=2, low=1, high=32)

# One renderer for all forms: DSFR's own would make, for each form, an engine that reads its templates anew.
FORM_RENDERER = "dsfr.forms.DsfrDjangoTemplates"

# --- Who comes in ------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "qualepref_sites.Agent"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "sites.passwords.LongEnough"},
    {"NAME": "sites.passwords.HardToGuess"},
]
SECOND_FACTOR_REQUIRED = IN_PRODUCTION  # of quality managers and administrators; others choose
OTP_TOTP_ISSUER = "Qualepref"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# An account is closed for a quarter of an hour to the source that fails, never to its owner elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "qualepref.middleware.remote_address"
AXES_USERNAME_FORM_FIELD = "username"  # its default, the model's field, would count nobody's failures
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# How many proxies of ours stand before the web server: they are believed about the visitor and about https.
TRUSTED_PROXIES = whole_number("TRUSTED_PROXIES", default=0, low=0, high=9)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie beside the session's
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if IN_PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the icons of the DSFR style sheet
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Whom to tell about a weakness, and until when the address is sure to be read: /.well-known/security.txt.
SECURITY_CONTACT = env.str("QUALEPREF_SECURITY_CONTACT", default="")
SECURITY_CONTACT_UNTIL = env.str("QUALEPREF_SECURITY_CONTACT_UNTIL", default="")
if SECURITY_CONTACT and not SECURITY_CONTACT.startswith(("mailto:", "https://")):
    raise ImproperlyConfigured("QUALEPREF_SECURITY_CONTACT doit commencer par mailto: ou https://.")
if SECURITY_CONTACT or SECURITY_CONTACT_UNTIL:
    try:
        SECURITY_CONTACT_UNTIL = datetime.date.fromisoformat(SECURITY_CONTACT_UNTIL)
    except ValueError as error:
        raise ImproperlyConfigured(
            "QUALEPREF_SECURITY_CONTACT_UNTIL doit dire jusqu'à quand ce contact est lu : 2027-11-30, par "
            "exemple."
        ) from error

# --- Language, days ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# --- Background work ---------------------------------------------------------------------------------------

CELERY_BROKER_URL = address_of("CELERY_BROKER_URL", "redis://", "rediss://", otherwise="filesystem://")
if IN_PRODUCTION:
    refuse_open_server("CELERY_BROKER_URL", CELERY_BROKER_URL)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str | int]
if CELERY_BROKER_URL.startswith("filesystem"):
    BROKER_DIR = VAR_DIR / "broker"
    (BROKER_DIR / "messages").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
    }
else:
    # A page that orders a job waits two seconds for a broker that is down or frozen, once; then the sweeper.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_PUBLISH_RETRY = False  # the row exists: the sweeper repairs a message that could not leave
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TIME_LIMIT = 75  # shorter than the lease of a job (jobs.queue.LEASE)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 20
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 512_000  # KiB
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured(f"LOG_LEVEL={LOG_LEVEL} : choisir DEBUG, INFO, WARNING ou ERROR.")
LOGGING = logs.config(LOG_LEVEL, as_json=IN_PRODUCTION)

# --- Mail --------------------------------------------------------------------------------------------------

# Without a server, outside production, each mail is a file to open in VAR_DIR/mails.
EMAIL_HOST = required_in_production("EMAIL_HOST", otherwise="")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mails"
EMAIL_SECURITY = env.str("EMAIL_SECURITY", default="starttls")
if EMAIL_SECURITY not in ("starttls", "tls", "none"):
    raise ImproperlyConfigured(f"EMAIL_SECURITY={EMAIL_SECURITY} : choisir starttls, tls ou none.")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_PORT = whole_number(
    "EMAIL_PORT", default={"starttls": 587, "tls": 465, "none": 25}[EMAIL_SECURITY], low=1, high=65535
)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
if bool(EMAIL_HOST_USER) != bool(EMAIL_HOST_PASSWORD):
    raise ImproperlyConfigured(
        "EMAIL_HOST_USER et EMAIL_HOST_PASSWORD vont ensemble : donner les deux, ou aucun."
    )
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = required_in_production(
    "DEFAULT_FROM_EMAIL", otherwise="Qualepref <ne-pas-repondre@demo.example>"
)
try:
    validate_email(parseaddr(DEFAULT_FROM_EMAIL)[1])
except ValidationError:
    raise ImproperlyConfigured(
        "DEFAULT_FROM_EMAIL doit être une adresse : « Qualepref <ne-pas-repondre@service.fr> », par exemple."
    ) from None

CELERY_BEAT_SCHEDULER = "jobs.clock:Clock"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
EACH_MINUTE = crontab(minute="*")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep-jobs": {"task": "jobs.sweep", "schedule": EACH_MINUTE},
    "take-effect": {"task": "take_effect", "schedule": crontab(minute="5")},
    "close-month": {"task": "close_month", "schedule": crontab(minute="15")},
    "reckon-cases": {"task": "reckon_cases", "schedule": crontab(hour="3", minute="20")},
    "collect-month": {"task": "collect_month", "schedule": crontab(hour="3", minute="40")},
    "send-digest": {"task": "send_digest", "schedule": crontab(minute="0,30")},
    # The worker of each queue shows that it takes what it is sent; what it missed it need not show.
    **{
        f"sign-{queue}": {
            "task": "jobs.sign",
            "schedule": EACH_MINUTE,
            "args": [queue],
            "options": {"queue": queue, "expires": 60},
        }
        for queue in ("default", "pdf")
    },
}
