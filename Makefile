# Everything is done through these targets; each sets up what it needs.
PYTHON ?= python3
HISTORIES ?= 10000
GROWTH ?= full
EVENTS ?= 20000
SEED ?= 1
MINUTES ?= 10
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo autoplay test test-server simulate simulate-server soak bench mutants check format docs lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the environment in .venv

demo: $(STAMP) ## open the stand: simulators, database and bot on this machine
	@$(BIN)/alipay-bot demo

autoplay: $(STAMP) ## play both journeys without a browser and print them
	@$(BIN)/alipay-bot demo --autoplay

test: $(STAMP) ## run every test
	@$(BIN)/python -m pytest -n logical --dist worksteal

test-server: $(STAMP) ## run what concerns the database against a server named by DATABASE_URL
	@$(BIN)/python -m tests.on_server $(BIN)/python -m pytest -n logical --dist worksteal -q \
		tests/contract tests/store tests/service tests/journeys/test_article.py --ignore tests/store/embedded

simulate: $(STAMP) ## play HISTORIES histories from SEED on, with every fault and crash, and judge each
	@$(BIN)/python -m tests.simulation --histories $(HISTORIES) --seed $(SEED)

simulate-server: $(STAMP) ## play 500 of them on PostgreSQL
	@$(BIN)/python -m tests.simulation --histories 500 --seed $(SEED) --postgres

soak: $(STAMP) ## run the real processes for MINUTES, with kills, restarts and outages from SEED, and judge what came of it
	@$(BIN)/python -m tests.soak --minutes $(MINUTES) --seed $(SEED)

bench: $(STAMP) ## measure each figure beside its bare bound and write docs/benchmarks.md; ONLY=intake, GROWTH=small, EVENTS=1000000
	@$(BIN)/python -m bench $(addprefix --only ,$(ONLY)) --growth $(GROWTH) --events $(EVENTS)

mutants: $(STAMP) ## plant faults in the money code and see that each is caught
	@$(BIN)/python -m tests.mutants

check: $(STAMP) ## lint, type-check, and check the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(STAMP) ## write the generated parts of the docs anew
	@$(BIN)/python -m app.docs

lock: $(STAMP) ## resolve the dependencies anew (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --upgrade --extra dev pyproject.toml -o requirements/constraints.txt

clean: ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml requirements/constraints.txt requirements/oracle.txt
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/constraints.txt
	@$(PIP) install --require-hashes --no-deps -r requirements/oracle.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
