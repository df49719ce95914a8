# A new user needs `make run` and `make test` alone; README.md describes both.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
# On two cores: one waits for a time limit or a server while two work.
TEST_PROCESSES ?= 3
BIN := $(VENV)/bin
export BOOK_DIR HOST PORT
# Where it is set, as in many containers, every process that tests start compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/.installed: pyproject.toml constraints.txt scripts/install_torch.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	scripts/install_torch.sh $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[models,evaluation]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[models,evaluation,traces,dev]'
	touch $@

.PHONY: install
install: $(VENV)/.installed ## Make .venv with the pinned dependencies

.PHONY: run
run: install ## Index the book if needed and serve it
	$(BIN)/bookrag index build --if-needed
	$(BIN)/bookrag serve

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check format, lint rules, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# tests/openapi is for `make test-api` alone, and so is the plugin that it needs, which takes a second of each process.
SIDE_BY_SIDE := -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -p no:schemathesis --ignore tests/openapi
# What takes long has a target of its own; continuous integration runs them all, and a test sees to it that none is left out.
PYTEST := $(BIN)/pytest $(SIDE_BY_SIDE) -m "smoke or not (browser or conformance or docusaurus or evaluation or exhaustive or processes)"

.PHONY: test
test: $(VENV)/.installed-dev ## Run `lint` and the tests, side by side
	$(MAKE) --no-print-directory -j2 lint pytest

.PHONY: pytest
pytest: $(VENV)/.installed-dev
	$(PYTEST)

.PHONY: coverage
coverage: $(VENV)/.installed-dev ## Run the tests and print the branch coverage; htmlcov/ shows it line by line
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html

.PHONY: hooks
hooks: $(VENV)/.installed-dev ## Install the pre-commit hooks: `lint` at every commit
	$(BIN)/python -m pre_commit install

# Installed once for all sites that are built: `npm ci` takes a minute.
book/node_modules/.package-lock.json: book/package-lock.json
	if command -v npm >/dev/null; then cd book && npm ci --no-audit --no-fund; fi

.PHONY: test-docusaurus
test-docusaurus: $(VENV)/.installed-dev book/node_modules/.package-lock.json ## Compare the sample book's addresses with a real Docusaurus build (needs Node)
	$(BIN)/pytest -m docusaurus tests/docusaurus

.PHONY: test-clients
test-clients: $(VENV)/.installed-dev ## Drive the server with the AI SDK's own clients (needs Node)
	$(BIN)/pytest -m conformance tests/clients tests/app/test_openapi.py

.PHONY: test-processes
test-processes: $(VENV)/.installed-dev ## Start, kill and starve servers, builds and evaluations as processes
	$(BIN)/pytest $(SIDE_BY_SIDE) -m processes

.PHONY: test-evaluation
test-evaluation: $(VENV)/.installed-dev ## Ask the sample book's questions, and compare the figures with their floors
	$(BIN)/pytest -m evaluation tests/engines/evaluation

.PHONY: test-exhaustive
test-exhaustive: $(VENV)/.installed-dev ## Repeat what `make test` tries on little data, on ten times as much
	$(BIN)/pytest $(SIDE_BY_SIDE) -m exhaustive

.PHONY: test-page
test-page: $(VENV)/.installed-dev ## Drive the whole chat page in Chromium
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "browser and not conformance"

.PHONY: test-api
test-api: $(VENV)/.installed-dev ## Ask every call of /openapi.json with good and bad data (schemathesis)
	$(BIN)/pytest -m conformance tests/openapi

.PHONY: test-widget
test-widget: $(VENV)/.installed-dev book/node_modules/.package-lock.json ## Check the widget's source, its build, and the panel on a page in Chromium (needs Node)
	$(BIN)/pytest -m "" tests/frontend tests/app/test_widget*.py

.PHONY: test-models
test-models: $(VENV)/.installed-dev ## Export models of many kinds and compare them with the originals
	$(BIN)/pytest -m conformance tests/engines/embedding tests/app/test_without_torch.py

.PHONY: bench
bench: $(VENV)/.installed-dev ## Run the benchmarks that need no set-up, each figure beside its floor
	for name in embedding building rebuilding store retrieval streaming_cpu serving closing stopping resuming accounts soak; do $(BIN)/python -m benchmarks.$$name; done

.PHONY: format
format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(VENV)/.installed-dev ## Write constraints.txt from what is installed
	(echo '# Every package at the version that was tested; made by `make lock`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' | grep -vE '^(pip|setuptools|wheel)=') > constraints.txt
