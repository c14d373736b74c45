# The words a newcomer needs: demo · test · check · services · image.  `make` alone lists them.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help packages demo test check services image bench clean
help:
	@echo "make demo      l'application avec les chiffres de 2018 sur http://127.0.0.1:8000"
	@echo "make test      toute la suite de tests, navigateur compris"
	@echo "make check     ruff, mypy, contrats d'import, migrations, check --deploy, gabarits"
	@echo "make services  la suite sur de vrais PostgreSQL et Redis, avec un vrai ouvrier Celery"
	@echo "make image     les étapes de l'image Docker et ce qu'elle lance, en mode production, sans Docker"
	@echo "make bench     les objectifs de performance, mesurés sur un vrai PostgreSQL"
	@echo "make clean     efface .venv et var"

# The Debian packages that a target needs are looked at first, before anything is downloaded.
demo check: NEEDS = pdf
test: NEEDS = pdf browser
services: NEEDS = pdf browser services
image: NEEDS = pdf services
bench: NEEDS = pdf services
packages:
	@scripts/system-packages $(NEEDS)

demo: packages .venv/runtime
	$(BIN)/python manage.py demo

test: packages .venv/dev
	QUALEPREF_MODE=test $(BIN)/pytest -n auto --dist worksteal

check: packages .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djade --target-version 5.2 --check $$(git ls-files 'templates/*.html')
	$(BIN)/python manage.py makemigrations --check --dry-run
	scripts/check-deploy

services: packages .venv/dev
	QUALEPREF_MODE=test $(BIN)/python scripts/with_services.py $(BIN)/pytest -n auto --dist worksteal

bench: packages .venv/dev
	QUALEPREF_MODE=test $(BIN)/python scripts/with_services.py $(BIN)/python -m bench

image: packages .venv/dev
	$(BIN)/python scripts/with_services.py $(BIN)/python scripts/check_image.py

clean:
	rm -rf .venv var

# Every package is pinned with its hash; the environment is made anew only when a lock changes.
.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
