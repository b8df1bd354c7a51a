# The manual of this checkout: `make help` lists it. Needs python3.11 and make, nothing else.
#
# The virtual environment `.venv` is a target like any other: it follows the locks and pyproject.toml.

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.follows-the-locks
TOOLS  := .lock-tools
PEERS  := celery clients dbos localstripe procrastinate

.DEFAULT_GOAL := help
.PHONY: help demo test attack bench lint lock peers clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## a day of a pet shop, on this machine, with pretended vendors
	@$(BIN)/pawline demo

# Twice as many as the cores of CI: whole hubs wait for most of their time.
test: lint bench/.venv-localstripe/.follows-the-lock ## everything that must hold before a commit
	$(BIN)/pytest -q -n 4

attack: $(STAMP) ## kill, cut and race the runtime: minutes, not seconds
	$(BIN)/pytest -q -n 2 tests/attack --run-attack

bench: $(STAMP) ## measure against the peers and the floor; ONLY=name for one
	$(BIN)/python -m bench $(ONLY)

lint: $(STAMP) ## ruff, mypy, and which package may import which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src tests $(wildcard bench)
	$(BIN)/lint-imports --no-logo

# Versions and hashes only: no index, no address, no path, and the hashes of every platform's files.
LOCK := $(TOOLS)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock: ## make the locks anew from pyproject.toml, at the newest versions
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install -q uv
	$(LOCK) --upgrade pyproject.toml -o requirements/run.lock
	$(LOCK) --upgrade pyproject.toml --group dev -o requirements/dev.lock
	for peer in $(PEERS); do $(LOCK) --upgrade requirements/bench/$$peer.in -o requirements/bench/$$peer.lock || exit 1; done
	rm -rf $(TOOLS)

peers: $(PEERS:%=bench/.venv-%/.follows-the-lock) ## install the engines that the bench compares with, each on its own

bench/.venv-%/.follows-the-lock: requirements/bench/%.lock
	@echo "Setting up bench/.venv-$* from $<"
	@mkdir -p bench
	@test -x bench/.venv-$*/bin/python || $(PYTHON) -m venv bench/.venv-$*
	@bench/.venv-$*/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

clean: ## remove what was made here: the environment and the caches
	rm -rf $(VENV) $(TOOLS) bench/.venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): requirements/dev.lock pyproject.toml
	@echo "Setting up $(VENV) from requirements/dev.lock: about a minute, only when the locks changed."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "  1/2 installing $$(grep -c == requirements/dev.lock) packages, each checked against its hash"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@echo "  2/2 installing pawline itself, editable"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
