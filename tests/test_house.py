"""The guards of the whole house: what holds for every route, every template, every model."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from copy import copy
from itertools import accumulate, chain, product
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from qualepref.public_routes import PUBLIC_ROUTES
from sites.models import RESERVED_SLUGS, Membership
from tests import matrix
from tests.factories import PASSWORD
from tests.strict_templates import UndefinedVariableError

ROOT = Path(settings.BASE_DIR)
OUR_APPS = [app for app in apps.get_app_configs() if Path(app.path).parent == ROOT]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ROUTES = matrix.routes()
# The world of the matrix is long to build: it serves a batch of routes, and every request in it is undone.
BATCHES = [ROUTES[number::12] for number in range(12)]

WRITE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# What any visit may write: who is signed in, who failed to, and the journal.
VISITS = ("django_session", "axes_", "qualepref_sites_traceentry")
# What everybody signed in may change: the own account.
OF_ONES_OWN = {"account_sessions"}


# --- who gets what -----------------------------------------------------------------------------------------


def test_every_route_has_its_line_and_every_line_its_route():
    assert sorted(matrix.ROWS) == sorted(route.name for route in ROUTES)


def test_every_role_has_its_actor():
    assert set(matrix.CAST) == {"anonymous", "stranger", *Membership.Role.values}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("routes", BATCHES)
def test_who_gets_what(routes, method, world, client_of):
    got, writers = defaultdict(dict), defaultdict(set)
    browsers = {role: client_of(agent) for role, agent in world.items()}
    for route, (role, browser) in product(routes, browsers.items()):
        signed_in = copy(browser.cookies)
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            response = browser.generic(method, route.url)
            response.getvalue()  # a file is closed once it is read
            transaction.set_rollback(True)
        browser.cookies = signed_in
        got[route.name][role] = answer(response)
        if tables_written(queries):
            writers[route.name].add(role)

    assert got == {route.name: route.answers(method) for route in routes}
    for name, roles in writers.items():
        may_write = set(matrix.CAST) if name in OF_ONES_OWN else {"quality_manager", "administrator"}
        assert roles <= (set() if method == "GET" else may_write), name


def answer(response):
    to_sign_in = response.status_code == 302 and response.url.startswith(reverse("login") + "?")
    return "connexion" if to_sign_in else response.status_code


def tables_written(queries):
    tables = {match[1] for query in queries if (match := WRITE.match(query["sql"]))}
    return {table for table in tables if not table.startswith(VISITS)}


def test_the_routes_open_to_all_are_those_of_the_list():
    assert {route.name for route in ROUTES if route.is_public} == set(PUBLIC_ROUTES)
    assert len(PUBLIC_ROUTES) == 25


def test_no_prefecture_may_take_an_address_of_ours():
    parts = [route.path.split("/") for route in ROUTES]
    first = {path[0] for path in parts}
    below_agents = {path[1] for path in parts if path[0] == "agents" and len(path) > 2}
    addresses = {part for part in first | below_agents if re.fullmatch(r"[-\w]+", part)}

    assert sorted(RESERVED_SLUGS) == sorted(addresses | {settings.STATIC_URL.strip("/")})


@pytest.mark.parametrize("routes", BATCHES)
def test_no_address_breaks_a_page(routes, world, client_of):
    """Years that are no years, names without end, parameters that nobody asked for."""
    browser = client_of(world["quality_manager"])
    for address in chain.from_iterable(hostile_addresses(route, browser) for route in routes):
        response = browser.get(address)
        response.getvalue()
        assert response.status_code < 500, address


TYPED_IN_ADDRESSES = {
    str: ["a" * 300],
    int: [10**30, 0],
}


def hostile_addresses(route, browser):
    for name in route.parameters:
        for value in TYPED_IN_ADDRESSES[type(route.values[name])]:
            with suppress(NoReverseMatch):
                yield reverse(route.name, kwargs=route.values | {name: value})
    page = browser.get(route.url).getvalue().decode("utf-8", "replace")
    read = {"page", "q", "[]", *re.findall(r' name="(\w+)"', page)}
    for value in ("%00", "-1", "'%22><b>", "%E2%80%AE-1"):
        yield f"{route.url}?" + "&".join(f"{name}={value}" for name in sorted(read))


# --- every answer ------------------------------------------------------------------------------------------


def pages_of(client):
    """The answer to every route, as an agent who may read them gets it, and some that are refused."""
    urls = [route.url for route in ROUTES] + ["/n/importe/quoi", "/%00", "/static/css/site.css"]
    answers = {url: client.get(url) for url in urls}
    for response in answers.values():
        response.getvalue()
    return answers


def test_every_answer_has_a_policy_without_unsafe_sources(world, client_of, client):
    for url, response in (pages_of(client) | pages_of(client_of(world["quality_manager"]))).items():
        policy = response.headers["Content-Security-Policy"]

        assert "default-src 'self'" in policy, url
        assert "unsafe" not in policy, url


def test_no_private_page_is_stored(world, client_of):
    for url, response in pages_of(client_of(world["quality_manager"])).items():
        if url not in ("/%00", "/static/css/site.css"):
            assert response.headers["Cache-Control"] == "no-store, private", url


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(world, client):
    typed = {"username": world["quality_manager"].email, "password": PASSWORD}
    cookies = client.post(reverse("login"), typed).cookies

    assert {name: (cookie["httponly"], cookie["samesite"]) for name, cookie in cookies.items()} == {
        "sessionid": (True, "Lax"),
        "csrftoken": (True, "Lax"),
    }


# --- production --------------------------------------------------------------------------------------------

PRODUCTION = {
    "QUALEPREF_MODE": "production",
    "SECRET_KEY": "a secret long enough for a test, with 5 kinds of characters: é, A, 1, _ and !",
    "QUALEPREF_BASE_URL": "https://qualite.test",
    "ALLOWED_HOSTS": "qualite.test, www.qualite.test",
    "DATABASE_URL": "postgres:///qualepref",
    "CELERY_BROKER_URL": "redis://127.0.0.1/0",
    "EMAIL_HOST": "smtp.qualite.test",
    "DEFAULT_FROM_EMAIL": "Qualepref <ne-pas-repondre@qualite.test>",
    "DJANGO_SETTINGS_MODULE": "qualepref.settings",
}


def in_production(*arguments, **changes):
    """In the environment of a server: none of what the suite sets for itself."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**own, **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_production_passes_the_checks_of_django():
    checked = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr


def test_production_asks_for_a_second_factor():
    code = "import qualepref.settings as s; print(s.SECOND_FACTOR_REQUIRED)"

    assert in_production("-c", code).stdout.strip() == "True"


@pytest.mark.parametrize(
    ("proxies", "believed"), [("", None), ("0", None), ("1", ["HTTP_X_FORWARDED_PROTO", "https"])]
)
def test_nobody_is_believed_about_https_but_a_proxy_of_ours(proxies, believed):
    code = "import json, qualepref.settings as s; print(json.dumps(s.SECURE_PROXY_SSL_HEADER))"

    assert json.loads(in_production("-c", code, TRUSTED_PROXIES=proxies).stdout) == believed


def test_cookies_of_production_are_tied_to_its_host_and_to_https():
    names = ["SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE"]
    code = f"import json, qualepref.settings as s; print(json.dumps([getattr(s, name) for name in {names}]))"

    assert json.loads(in_production("-c", code).stdout) == ["__Host-session", True, "__Host-csrf", True]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QUALEPREF_MODE", "prod"),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "a short secret"),
        ("SECRET_KEY", "demo-only-" + "not-a-secret-" * 4),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "qualite.test, *"),
        ("QUALEPREF_BASE_URL", ""),
        ("QUALEPREF_BASE_URL", "http://qualite.test"),
        ("QUALEPREF_BASE_URL", "https://"),
        ("QUALEPREF_BASE_URL", "https://another.test"),
        ("QUALEPREF_BASE_URL", "https://qualite.test/appli"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:////tmp/qualepref.sqlite3"),
        ("DATABASE_URL", "qualepref"),
        ("CELERY_BROKER_URL", ""),
        ("CELERY_BROKER_URL", "filesystem://"),
        ("LOG_LEVEL", "quiet"),
        ("QUALEPREF_SECURITY_CONTACT", "securite@qualite.test"),
        ("QUALEPREF_SECURITY_CONTACT_UNTIL", "toujours"),
        ("EMAIL_HOST", ""),
        ("EMAIL_PORT", "smtp"),
        ("EMAIL_PORT", "0"),
        ("EMAIL_SECURITY", "ssl"),
        ("EMAIL_HOST_USER", "qualepref"),
        ("DEFAULT_FROM_EMAIL", ""),
        ("DEFAULT_FROM_EMAIL", "Qualepref"),
        ("DEBUG", "True"),
        ("DJANGO_DEBUG", "1"),
        ("SECRET_KEY", "changeme" * 10),
        ("ALLOWED_HOSTS", "*.test"),
        ("ALLOWED_HOSTS", " , "),
        ("ALLOWED_HOSTS", "https://qualite.test"),
        ("ALLOWED_HOSTS", "qualite.test:443"),
        ("DATABASE_URL", "postgres://qualepref@db/qualepref"),
        ("DATABASE_URL", "postgres://qualepref:postgres@db/qualepref"),
        ("DATABASE_URL", "postgres://qualepref:a#hash-sign-cuts-it@db/qualepref"),
        ("DATABASE_URL", "postgres://127.0.0.1"),
        ("DATABASE_URL", "postgres://127.0.0.1:port/qualepref"),
        ("CELERY_BROKER_URL", "redis://redis/0"),
        ("CELERY_BROKER_URL", "redis://:redis@redis/0"),
        ("TRUSTED_PROXIES", "one"),
        ("TRUSTED_PROXIES", "-1"),
        ("QUALEPREF_VAR", "static/var"),
        ("QUALEPREF_VAR", "staticfiles"),
    ],
)
def test_production_refuses_to_start_unsafely(variable, value):
    served = in_production("-c", "import qualepref.settings", **{variable: value})
    commanded = in_production("manage.py", "check", **{variable: value})

    assert served.returncode == commanded.returncode == 1
    sentence = commanded.stderr.strip()
    assert re.fullmatch(rf"{variable}.+\.", sentence)  # one line, without the way to it
    assert served.stderr.strip().endswith(f"ImproperlyConfigured: {sentence}")


# --- templates ---------------------------------------------------------------------------------------------


def test_every_template_is_used():
    sources = [*TEMPLATES, *(path for app in OUR_APPS for path in Path(app.path).rglob("*.py"))]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    django_looks_for = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES} - django_looks_for
    names -= {"registration/login.html"}  # named by Django's LoginView
    # f"pdf/_{kind}.html" names all those of its form.
    named = {re.sub(r"{.*?}", r"\\w+", quoted) for quoted in re.findall(r'"([^"\s]+\.html)"', text)}

    assert "\n".join(name for name in sorted(names) if not any(re.fullmatch(n, name) for n in named)) == ""


def test_an_undefined_variable_fails_its_test():
    template = engines["django"].from_string("{{ nobody.gave_it }}")

    with pytest.raises(UndefinedVariableError, match=r"nobody\.gave_it is undefined"):
        template.render({})


def found_in_templates(pattern, *, but_not="pdf/"):
    """Lines « template: what the pattern found », for every template of a web page."""
    return "\n".join(
        f"{name}: {found.strip()}"
        for path in TEMPLATES
        if not (name := str(path.relative_to(ROOT / "templates"))).startswith(but_not)
        for found in pattern(path.read_text("utf-8"))
    )


def test_no_template_has_a_style_or_a_script_of_its_own():
    own = re.compile(r"\sstyle=.*|<style.*|\son[a-z]+=.*|javascript:.*|<script(?![^>]*\ssrc=).*")

    assert found_in_templates(own.findall) == ""


def test_every_rule_of_a_style_sheet_is_closed():
    """A brace that a merge has lost swallows the rules after it, and nothing else says so."""

    def braces(text):
        depths = list(accumulate({"{": 1, "}": -1}.get(character, 0) for character in text))
        return min(depths), max(depths), depths[-1]

    for sheet in (ROOT / "static").rglob("*.css"):
        lowest, deepest, last = braces(sheet.read_text("utf-8"))
        assert (lowest, deepest <= 2, last) == (0, True, 0), sheet.name


def test_french_punctuation_does_not_leave_its_word():
    """« mot ; » and « 95 % » have a no-break space, so that no line begins with a mark."""

    def loose(html):
        html = re.sub(r"{% comment %}.*?{% endcomment %}", "", html, flags=re.DOTALL)
        text = re.sub(r"{%.*?%}|{#.*?#}|<[^>]*>", "", re.sub(r"{{.*?}}", "x", html))
        return re.findall(r".* [:;?!»%](?=\s|$).*|.*« .*", text)

    assert found_in_templates(loose) == ""


# Whose sentences stand on pages; those of the others are read in a terminal, where one copies them.
SPEAKERS = [
    *("publications/comparing.py", "publications/reading.py"),
    *("sites/closures.py", "sites/filling.py", "sites/forms_organisation.py", "sites/organisation.py"),
    *("sites/overview.py", "sites/tables_organisation.py", "sites/views_organisation.py"),
    *(
        "referentiel/changes.py",
        "referentiel/comparison.py",
        "referentiel/editing.py",
        "referentiel/forms.py",
    ),
    *("referentiel/kinds.py", "referentiel/search.py", "referentiel/tables.py", "referentiel/wording.py"),
    *("referentiel/views_files.py", "referentiel/views_own.py", "referentiel/views_questions.py"),
    "referentiel/views_rows.py",
    *("sites/views_services.py", "sites/agents.py", "sites/forms_agents.py", "sites/tables_agents.py"),
    *("sites/views_agents.py", "sites/absences.py", "sites/forms_reminders.py", "sites/tables_reminders.py"),
    *("sites/views_reminders.py", "qualepref/digest.py"),
    *("sites/access.py", "sites/forms.py", "sites/lists.py", "sites/tables.py", "sites/views.py"),
    *("indicators/results.py", "indicators/sums.py", "indicators/views.py", "referentiel/views.py"),
    *("indicators/collection.py", "indicators/forms.py", "indicators/history.py", "indicators/notes.py"),
    *(
        "indicators/origins.py",
        "indicators/selection.py",
        "indicators/trends.py",
        "indicators/views_figures.py",
    ),
    *("publications/bilan.py", "publications/forms.py", "publications/parts.py", "jobs/progress.py"),
    *("qualepref/failures.py", "qualepref/first_steps.py", "qualepref/home.py", "qualepref/state.py"),
    *("sites/accounts.py", "sites/passwords.py", "sites/second_factor.py", "sites/views_account.py"),
    *(
        "indicators/chores.py",
        "indicators/forms_entry.py",
        "indicators/grid.py",
        "indicators/plausibility.py",
    ),
    *("indicators/tables_entry.py", "indicators/views_entry.py"),
    *("indicators/forms_imports.py", "indicators/tables_imports.py", "indicators/uploads.py"),
    *("indicators/review.py", "indicators/views_imports.py"),
    *("publications/pdf.py", "publications/public.py", "publications/publish.py", "publications/views.py"),
    *("publications/documents.py", "publications/forms_documents.py", "sites/inspection.py"),
    *("publications/tables.py", "publications/views_documents.py"),
    *(
        "complaints/dues.py",
        "complaints/forms.py",
        "complaints/models/cases.py",
        "complaints/models/trail.py",
    ),
    *("complaints/register.py", "complaints/steps.py", "complaints/tables.py", "complaints/telling.py"),
    *("complaints/themes.py", "complaints/views.py", "complaints/views_entry.py"),
    *("complaints/tables_reckoned.py", "complaints/views_lists.py", "complaints/views_themes.py"),
    *("complaints/forms_lists.py", "complaints/keeping.py", "complaints/searching.py"),
    *("complaints/worklists.py", "qualepref/search.py"),
    *("complaints/examples.py", "complaints/models/examples.py", "indicators/synthesis.py"),
    *("complaints/malfunctions.py", "complaints/models/malfunctions.py", "complaints/forms_malfunctions.py"),
    *("complaints/tables_malfunctions.py", "complaints/views_malfunctions.py", "improvement/origins.py"),
    "publications/received.py",
    *("improvement/dues.py", "improvement/duties.py", "improvement/forms.py", "improvement/history.py"),
    *("improvement/models.py", "improvement/plan.py", "improvement/proofs.py", "improvement/recurrence.py"),
    *("improvement/tables.py", "improvement/views.py", "improvement/views_duties.py"),
    *("improvement/writing.py", "sites/attachments.py"),
]


@pytest.mark.parametrize("module", SPEAKERS)
def test_french_punctuation_does_not_leave_its_word_in_messages_either(module):
    nodes = list(ast.walk(ast.parse((ROOT / module).read_text("utf-8"))))
    docstrings = [node.value for node in nodes if isinstance(node, ast.Expr)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and node not in docstrings]

    loose = re.compile(r" [:;?!»%](?=\s|$)|« ")
    assert [text for text in texts if isinstance(text, str) and loose.search(text)] == []


# --- models ------------------------------------------------------------------------------------------------


def test_no_order_leaves_the_place_of_empty_values_to_the_database():
    """SQLite puts them first and PostgreSQL last: what is signed on one must read the same on the other."""

    def may_be_empty(model, path):
        fields = []
        for name in path.removeprefix("-").split("__"):
            fields.append(model._meta.get_field(name if name != "pk" else model._meta.pk.name))
            model = fields[-1].related_model or model
        return any(field.null for field in fields)

    assert [
        (model.__name__, path)
        for app in OUR_APPS
        for model in app.get_models()
        if not model.__name__.startswith("Historical")
        for path in model._meta.ordering
        if isinstance(path, str) and may_be_empty(model, path)
    ] == []


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_constraint_says_what_is_wrong():
    silent = [
        f"{model.__name__}: {constraint.name}"
        for app in OUR_APPS
        for model in app.get_models()
        for constraint in model._meta.constraints
        if constraint.violation_error_message == constraint.default_violation_error_message
        or not constraint.violation_error_message.endswith(".")
    ]

    assert "\n".join(silent) == ""
