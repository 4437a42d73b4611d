# Everything that a person or the gate does with this repository.
# `make demo` and `make test` set up all they need on a machine with Python 3.11+ and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# When the sources were committed; outside a clone, a day that every zip file can name.
EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),1580601600)

.DEFAULT_GOAL := help

.PHONY: help setup demo test test-lab check bench engines atlas evidence kernels story docs site capture.pyz clean

help: ## what can be made here
	@sed -n 's/^\([a-z.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(VENV)/.dev ## a virtual environment with guestabi and the tools to work on it

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.demo ## the main job, on the captures that ship with the package
	$(BIN)/guestabi matrix --cpu neoverse-n1 --vmm qemu-10.0
	@echo
	$(BIN)/guestabi check debian-7.2/neoverse-n1 debian-7.3/neoverse-n1 --vmm qemu-10.0 || test $$? -eq 100

test: $(VENV)/.dev ## every test; those of the lab are skipped, with the reason, where it is missing
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-lab: $(VENV)/.dev ## the tests that boot real kernels, and no skips
	GUESTABI_REQUIRE_LAB=1 $(BIN)/python -m pytest -m lab

check: $(VENV)/.dev ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev ## the speeds that the project promises, as ratios
	$(BIN)/python benchmarks/commands.py
	$(BIN)/python benchmarks/matrix.py
	$(BIN)/python benchmarks/report_page.py
	$(BIN)/python benchmarks/all_pairs.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/plan_spin.py
	$(BIN)/python benchmarks/one_reg.py
	$(BIN)/python benchmarks/explore.py
	$(BIN)/python benchmarks/vm_scope.py
	$(BIN)/python benchmarks/fleet_store.py

engines: $(VENV)/.dev ## PySpark too, for the tests of the fleet's SQL
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[spark]'

atlas: $(VENV)/.dev ## measure the shipped captures anew in the lab (about 20 minutes)
	$(BIN)/python tools/make_atlas.py

evidence: $(VENV)/.dev ## move real guests between all kernels anew (about 80 minutes)
	$(BIN)/python tools/make_evidence.py

kernels: $(VENV)/.dev ## build 6.12 with each patch series, boot it, and hold it to its model
	@mkdir -p build
	for name in vm-one-reg reg-scope; do \
	  $(BIN)/guestabi lab build --series 6.12 --patches $$name && \
	  $(BIN)/guestabi lab conformance --kernel 6.12+$$name -o build/conformance-$$name.ktap || exit; \
	done

story: $(VENV)/.dev ## tell the story in docs/story.md anew, on real kernels
	$(BIN)/python tools/make_story.py

docs: $(VENV)/.dev ## what in docs/ and the README is generated: pages, outputs
	$(BIN)/python tools/make_docs.py
	$(BIN)/python tools/make_console.py

site: $(VENV)/.dev ## the documentation as a site, in build/site
	$(BIN)/python -m mkdocs build --strict

capture.pyz: $(VENV)/.demo ## dist/guestabi-capture.pyz: one file that measures a host
	@mkdir -p dist
	$(BIN)/python -m guestabi.probe.bundle dist/guestabi-capture.pyz

dist: $(VENV)/.dev ## dist/: wheel, sdist and guestabi-capture.pyz, the same bytes each time
	rm -rf dist
	SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m build --outdir dist
	$(BIN)/python -m guestabi.probe.bundle dist/guestabi-capture.pyz

clean: ## remove what was made, but not the lab's cache
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
