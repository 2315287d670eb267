# The two commands of the README are `make demo` and `make test`; `make help` lists all.
# Needs make and Python 3.11 to 3.13. PYTHON=... names one, PORT=... the web server's port.
.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fmt stop clean env
SHELL := /bin/sh

FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PY := .venv/bin/python
# What it takes to stop the private servers: an older environment will do for that.
KNOWN := import psycopg, redis, celery, rich, structlog, pydantic_settings
# Local addresses must not go through a proxy.
export NO_PROXY := 127.0.0.1,localhost,$(NO_PROXY)
# Extra arguments for pytest: make test ARGS="tests/shop -k money"
ARGS ?= tests

help: ## List these commands
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1 # \2/p' $(MAKEFILE_LIST) | awk -F' # ' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: env ## Environment, private servers, migrations, static files
	@$(PY) -m config.processes setup

demo: env ## Set up, fill sample shops, run; prints the addresses and log-ins
	@$(PY) -m config.processes demo

run: env ## Set up and run what is there: web, worker, scheduler
	@$(PY) -m config.processes run

test: setup ## Run all tests against real PostgreSQL and Redis
	@$(PY) -m pytest -n 2 $(ARGS)

check: setup ## Format, lint, types, import contracts, migrations, deployment
	@$(PY) -m config.quality

fmt: env ## Format Python and templates
	@$(PY) -m config.quality --fix

stop: ## Stop a run and the private servers
	@if [ -x $(PY) ]; then $(PY) -m config.processes stop; else echo "Nothing was running."; fi

clean: ## Stop all; delete the environment and ALL DATA of the private servers
	@if [ -d var ] || [ -n "$$SOKO_VAR" ]; then \
	  $(PY) -c '$(KNOWN)' 2>/dev/null || $(MAKE) --no-print-directory env >/dev/null; fi
# On a line of its own: a line that names $$(MAKE) is carried out even by `make -n`.
	@if [ -d var ] || [ -n "$$SOKO_VAR" ]; then $(PY) -m config.processes clean; fi
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@echo "Clean."

env: .venv/.installed

# A running server's programs must not be replaced below it, hence the stop.
.venv/.installed: requirements-dev.lock
	@if ! $(PY) -c '$(FITS)' 2>/dev/null; then \
	  found=; \
	  for candidate in $(PYTHON) $(if $(PYTHON),,python3.13 python3.12 python3.11 python3 python); do \
	    if "$$candidate" -c '$(FITS)' 2>/dev/null; then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Soko needs Python 3.11, 3.12 or 3.13 with its venv module; none was found." >&2; \
	    echo "Install one (on Debian: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  echo "  Environment in .venv with $$("$$found" -V)"; \
	  rm -rf .venv; "$$found" -m venv .venv || exit 1; \
	fi
	@if [ -x $(PY) ] && [ -f var/private.env ] && $(PY) -c '$(KNOWN)' 2>/dev/null; then \
	  $(PY) -m config.servers stop; fi
	@$(PY) -c 'import pip' 2>/dev/null || $(PY) -m ensurepip >/dev/null
	@echo "  Packages of requirements-dev.lock (about a minute the first time)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
