# Everything from a fresh clone: needs Python >= 3.11 with pip and venv, and make. `make` alone lists the targets.
#
# PYTHON=python3.12 names the interpreter for .venv; JOBS=4 the number of test processes.

MAKEFLAGS += --no-print-directory
# Directories on PYTHONPATH come before .venv's, and other distributions hold packages called `ad` and `verify`.
unexport PYTHONPATH
export PYTHON

JOBS ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help report test test-long test-adapters power planted lint clean core tools

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1	/p' Makefile | expand -t 18

report: core  ## verify every built-in claim and write reports/; the last line is the page's path
	@$(BIN)/adverify run -o reports

test: tools  ## run the test suite, without the tests marked slow
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow" --ignore=tests/adapters

test-adapters:  ## install PyTorch and JAX for the CPU, and test the adapters to them
	@sh tools/setup.sh adapters
	@ADVERIFY_ADAPTERS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow" tests/adapters \
		"tests/test_documents.py::test_every_block_of_a_page_runs_and_prints_what_is_shown[adapters.md]" \
		"tests/test_documents.py::test_every_block_of_a_page_runs_and_prints_what_is_shown[findings.md]" \
		"tests/test_documents.py::test_every_block_of_a_page_runs_and_prints_what_is_shown[README.md]"

test-long: tools  ## run the tests marked slow; the adapters' too where `make test-adapters` has installed the frameworks
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m slow

power: core  ## make every rule of the op table wrong, see whether its checks notice, and write reports/power.md
	@$(BIN)/python -m verify.mutation.document reports/power.md

planted:  ## ask the planted ops of PyTorch and JAX, and the frameworks' own checkers, and write reports/adapters.md
	@sh tools/setup.sh adapters
	@$(BIN)/python -m verify.suites.opsdocument reports/adapters.md

lint: tools  ## check style (ruff) and types (mypy)
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m mypy

clean:  ## remove what make made: .venv, caches, generated pages (the tables of functions stay)
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov build dist
	@find reports -mindepth 1 ! -name rules.md ! -name special.md ! -name namesakes.md ! -name power.md ! -name adapters.md -exec rm -rf {} + 2>/dev/null || true
	@find src tests -type d -name __pycache__ -prune -exec rm -rf {} +

# The script finds out by itself whether anything is left to do; when not, pip is not called.
core:
	@sh tools/setup.sh core

tools:
	@sh tools/setup.sh test
