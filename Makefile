# Two commands do everything on a fresh machine with Python 3.11 to 3.14 and make: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
export PYTHONDONTWRITEBYTECODE ?= 1
# What is active around this checkout is not to be changed by it, nor to change it.
unexport VIRTUAL_ENV CONDA_PREFIX UV_PYTHON UV_SYSTEM_PYTHON UV_TARGET PYTHONPATH PYTHONHOME
# A checkout that was moved, or a Python that is gone, needs a new environment.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && echo works),works)
$(shell rm -f .venv/installed)
endif

.PHONY: help install demo test check bench docs lock clean
help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

install: .venv/installed ## install everything, from the hashed locks, into this checkout

.venv/installed: requirements/bootstrap.lock requirements/dev.lock pyproject.toml packages/golive-app/pyproject.toml
	@$(PYTHON) tools/preflight.py
	@echo "installing into .venv from requirements/dev.lock (about 1.5 GB, once)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@$(BIN)/uv pip sync --python $(BIN)/python --quiet --require-hashes requirements/dev.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --no-index -e . -e packages/golive-app
	@touch $@

demo: install ## ship the Farmers Market, break it, watch golive heal it
	@$(BIN)/python -m demo $(ARGS)

test: install ## run every test
	@$(BIN)/python -m tools.chromium
	@$(BIN)/python -m pytest -n 2 tests/domain tests/architecture tests/capability tests/contract packages/golive-app/tests $(ARGS)
	@cd examples/farmersmarket && ../../$(BIN)/python -m pytest -n 2 --ignore tests/journey
	@$(BIN)/python -m pytest tests/journey $(ARGS)

check: install ## format, lint, types, import contracts
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >.venv/contracts.log || { cat .venv/contracts.log; exit 1; }
	@$(BIN)/python -m tools.reference --check
	@echo "check: format, lint, types, contracts, reference: ok"

bench: install ## print every figure of the README (long)
	@$(BIN)/python -m bench $(ARGS)

docs: install ## write the reference pages from the code
	@$(BIN)/python -m tools.reference

lock: ## resolve the dependencies again
	@for set in "runtime:" "dev:--group dev"; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header pyproject.toml $${set#*:} -o requirements/$${set%%:*}.lock; done
	@$(BIN)/python -m tools.bootstrap_lock

clean: ## remove what make made: .venv and var
	@test ! -d var || chmod -R u+w var
	rm -rf .venv var
