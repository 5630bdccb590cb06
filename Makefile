# The project's front door. Everything works from a fresh clone with Python >= 3.11, Go >= 1.26, git and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CLI := $(BIN)/openim-cicd

.PHONY: help demo test check sandbox down env bench schemas docs lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

# The marker comes last, so that an interrupted installation is never taken for a whole one. The lock is whole: nothing is
# left to resolve, which older versions of pip do wrongly where one package is asked for with and without extras.
.venv/installed: requirements.lock
	@echo "→ Python environment (typically 1 min 30 s the first time)" >&2
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock || { echo "error: the \
	  locked Python packages could not be installed. Is the package index within reach (pip config list)? Then run the \
	  same command again." | tr -s '\t ' ' ' >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@git config filter.openim-cicd-salt.clean "sed '/^encryptionsalt:/d'" 2>/dev/null || true
	@touch $@

demo: .venv/installed ## Everything from a fresh clone: toolchain, sandbox, three stacks, one change's way. Safe to run again
	@$(CLI) demo

test: .venv/installed ## Everything that CI checks
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest tests/histories
	@$(BIN)/python -m toolchain
	@$(BIN)/pytest tests/sandbox --numprocesses 3 --dist loadfile
	@$(BIN)/pytest tests/e2e

check: .venv/installed ## The quick half: format, lint, types, layers, unit and program tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/pytest tests/unit tests/program

sandbox: .venv/installed ## Start the sandbox alone
	@$(CLI) sandbox start

down: .venv/installed ## Stop the sandbox; its state stays
	@$(CLI) sandbox stop

env: .venv/installed ## Print the sandbox's shell variables: eval "$$(make -s env)"
	@$(CLI) sandbox env

bench: .venv/installed ## Run the benchmarks; prints ratios, writes bench/results/*.json
	@$(BIN)/python -m bench

schemas: .venv/installed ## Write the JSON Schemas and the pages of settings, components and commands
	@$(BIN)/python -m cli.schemas

docs: .venv/installed ## Build the documentation's site into site/; a dead link or anchor fails it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "open site/index.html, or: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site"

lock: .venv/installed ## Resolve the dependencies of pyproject.toml anew
	@$(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --all-extras --no-annotate --no-header pyproject.toml -o requirements.lock

clean: ## Remove what the checkout's Python environment left; state and caches stay
	@rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache
