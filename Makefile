# `make` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter on this machine that is new enough and really starts.
FIND_PYTHON := for p in "$${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do \
	[ -n "$$p" ] && "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$p"; exit 0; }; done; echo "Python 3.11 or newer is needed" >&2; exit 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# The locks are whole, so nothing is resolved: pip would ask hashes of extras that are pinned already.
LOCKED := $(PIP) --require-hashes --no-deps
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --exclude-newer "7 days"
PROJECT := $(PIP) --no-deps --no-build-isolation --editable .

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/run.stamp ## Review real packages and harmless look-alikes of attacks
	@$(BIN)/python -m demo.show

test: $(VENV)/dev.stamp ## Everything that must hold: format, lint, types, contracts, rules, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

format: $(VENV)/dev.stamp ## Rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## Measure on the corpus, write docs/benchmarks.md and the rules' evidence
	$(BIN)/python -m bench
	$(BIN)/python -m bench diff
	$(BIN)/python -m bench catalog --write
	$(BIN)/python -m bench likeness --write
	$(BIN)/python -m bench names --write
	$(BIN)/python -m bench npm --write
	$(BIN)/python -m bench console --write
	$(BIN)/python -m bench service --write

rules: $(VENV)/dev.stamp ## Check the rule pages and write their index
	$(BIN)/python -m antivenom.rules.lint
	$(BIN)/python -m antivenom.rules.index

lock: $(VENV)/dev.stamp ## Resolve the dependencies again, a week after their release at the earliest
	$(LOCKED) --requirement requirements/lock.txt
	$(LOCK) --group lock --output-file requirements/lock.txt
	$(LOCK) pyproject.toml --output-file requirements/run.txt
	$(LOCK) --group build --constraint requirements/run.txt --output-file requirements/build.txt
	$(LOCK) pyproject.toml --extra catalog --extra lab --extra service --group dev --constraint requirements/run.txt \
		--output-file requirements/dev.txt

build: $(VENV)/dev.stamp ## Build the sdist and the wheel into dist/
	$(BIN)/python -m hatchling build

clean: ## Remove what can be made again
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@python=$$($(FIND_PYTHON)); $$python -m venv $(VENV) || { \
		echo "cannot make a virtual environment; on Debian: apt install python3-venv" >&2; \
		rm -rf $(VENV); exit 2; }

$(VENV)/run.stamp: $(VENV)/bin/python pyproject.toml requirements/build.txt requirements/run.txt
	@echo "installing the locked dependencies into $(VENV) ..."
	@$(LOCKED) --requirement requirements/build.txt --requirement requirements/run.txt
	@$(PROJECT)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	@$(LOCKED) --requirement requirements/dev.txt
	@$(BIN)/python -m pip --disable-pip-version-check check >/dev/null
	@touch $@

.PHONY: help demo test format bench rules lock build clean
