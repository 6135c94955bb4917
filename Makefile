# Everything runs from .venv, which builds itself from the hash-checked locks on first use.
# `make ARGS="…"` hands more arguments to test, test-all, bench, soak, havoc and fuzz;
# `make PYTHON=…` chooses the interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: errors only. Not compiled ahead: most modules of what we need are never loaded, and to
# compile them all takes half of the time of an installation.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo run test test-all lint bench bench-full soak havoc fuzz screenshots lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.runtime ## build .venv with what Visitor Desk runs on

demo: $(VENV)/.runtime ## run with simulated visitors, on a database of the demo's own
	@$(BIN)/visitor-desk up --demo

run: $(VENV)/.runtime ## run for real webhooks
	@$(BIN)/visitor-desk up

# loadgroup: a group of tests, else a file, goes to whichever process is free. Three processes for
# two cores: tests of processes wait a good part of their time.
PYTEST = chromium=$$(sh tests/chromium.sh $(BIN)/python) && caddy=$$(sh tests/caddy.sh) && \
	pgbouncer=$$(sh tests/pgbouncer.sh) && \
	CHROMIUM="$$chromium" CADDY="$$caddy" PGBOUNCER="$$pgbouncer" $(BIN)/python -m pytest -n 3 --dist loadgroup

test: $(VENV)/.dev ## run the tests; installs Chromium, Caddy and PgBouncer when there are none
	@$(PYTEST) -m "not long" $(ARGS)

test-all: $(VENV)/.dev ## run those, too, that take a minute each, and every property four times as often
	@export EFFORT=full && $(PYTEST) $(ARGS)

lint: $(VENV)/.dev ## check style, types and which module may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure intake, screens, exports and the rest, in minutes
	@chromium=$$(sh tests/chromium.sh $(BIN)/python) && \
		CHROMIUM="$$chromium" $(BIN)/python -m tests.bench $(ARGS)

bench-full: $(VENV)/.dev ## the same with a million sessions; makes them first
	@chromium=$$(sh tests/chromium.sh $(BIN)/python) && \
		CHROMIUM="$$chromium" $(BIN)/python -m tests.bench --full $(ARGS)

soak: $(VENV)/.dev ## ten minutes of 200 events/s with 20 viewers: is memory flat?
	@$(BIN)/python -m tests.faults.long.soak $(ARGS)

havoc: $(VENV)/.dev ## kill -9 at random, under load, two minutes each way: are the books balanced?
	@$(BIN)/python -m tests.faults.long.havoc $(ARGS)
	@$(BIN)/python -m tests.faults.long.ringing $(ARGS)

fuzz: $(VENV)/.dev ## 50,000 bad requests: no 5xx, answers as described, and memory flat?
	@$(BIN)/python -m tests.faults.long.fuzz $(ARGS)

screenshots: $(VENV)/.dev ## render every page, light and dark, into docs/screenshots
	@chromium=$$(sh tests/chromium.sh $(BIN)/python) && \
		CHROMIUM="$$chromium" $(BIN)/python -m tests.screenshots $(ARGS)

# Keeps every pin that still fits; `make lock UPGRADE=1` moves all to their newest. The build group
# is locked along, so that installing the project itself downloads nothing unchecked.
lock: ## pin requirements anew after a change of pyproject.toml (UPGRADE=1: newest versions)
	@uv=$$(mktemp -d) && trap 'rm -rf "$$uv"' EXIT && \
		$(PYTHON) -m venv "$$uv" && \
		"$$uv/bin/python" -m pip -qq --disable-pip-version-check install uv && \
		compile="$$uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-header $(if $(UPGRADE),--upgrade) pyproject.toml --group build" && \
		$$compile -o requirements.txt > /dev/null && \
		$$compile --extra dev -o requirements-dev.txt > /dev/null

clean: ## remove .venv and caches; data and .env stay
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
		found=$$($(PYTHON) --version 2>&1 | head -n 1); \
		echo "Visitor Desk needs Python 3.11 or newer, and '$(PYTHON)' says: $$found" >&2; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.txt pyproject.toml $(VENV)/.created
	@echo "Installing what Visitor Desk runs on into $(VENV) (the first time takes a minute) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Holds the runtime's requirements, too, at the same versions: that stamp counts as renewed.
$(VENV)/.dev: requirements-dev.txt pyproject.toml $(VENV)/.created
	@echo "Installing what tests and checks need into $(VENV) (the first time takes a minute) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.runtime $@
