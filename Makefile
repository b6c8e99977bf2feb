# `make help` lists the targets. PYTHON=python3.12 chooses the interpreter of the virtual environment.
PYTHON ?= python3
# Every path is relative, so that the project may lie in a folder with spaces in its name.
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run stop reset status test check format bench bench-engine

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## Run the whole service on this machine; Ctrl-C stops it
	@exec $(BIN)/python -m aws.local run

stop: $(INSTALLED) ## Stop the service that runs on this machine
	@$(BIN)/python -m aws.local stop

reset: $(INSTALLED) ## Stop the service and remove all its users, jobs, files and mails
	@$(BIN)/python -m aws.local reset

status: $(INSTALLED) ## Say what runs on this machine
	@$(BIN)/python -m aws.local status || true

test: $(INSTALLED) ## Run all tests; ARGS="tests/unit -k jobs" chooses some
	@$(BIN)/python -m pytest -q $(ARGS)

check: $(INSTALLED) ## Check style, types, templates and shell scripts; changes nothing
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -c "from cfnlint.runner import main; main()" aws/templates/*.yaml
	@PATH="$$PWD/$(BIN):$$PATH"; \
	if command -v shellcheck > /dev/null; then \
		find . -path ./.venv -prune -o \( -name '*.sh' -o -path ./.ci/run \) -type f -exec shellcheck {} +; \
	else \
		echo "shellcheck is not installed: the shell scripts are not checked"; \
	fi

format: $(INSTALLED) ## Bring the code into shape
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

bench: $(INSTALLED) ## Measure the service on this machine
	@$(BIN)/python -m tests.bench.jobs

bench-engine: $(INSTALLED) ## Measure the engine beside its peers; ARGS="--quick" takes minutes, not an hour
	@$(BIN)/python -m tests.bench.engine $(ARGS)

$(INSTALLED): requirements.txt requirements-dev.txt pyproject.toml
	@command -v "$(PYTHON)" > /dev/null || { \
		echo "$(PYTHON) is not installed: Python 3.11 or newer is needed, PYTHON=… names another one"; exit 1; }
	@"$(PYTHON)" -c 'import sys; found = ".".join(map(str, sys.version_info[:3])); \
		sys.exit(None if sys.version_info >= (3, 11) else \
		"$(PYTHON) is Python %s: Python 3.11 or newer is needed, PYTHON=… names another one" % found)'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install Debian's python3-venv (or your system's)"; exit 1; }
	@$(BIN)/python -c '' 2> /dev/null || { \
		echo "making the virtual environment .venv"; "$(PYTHON)" -m venv --clear .venv; }
	@echo "installing the dependencies into .venv; the first time takes a few minutes"
	@$(BIN)/python -m pip install --disable-pip-version-check --root-user-action=ignore \
		--requirement requirements-dev.txt --editable .
	@touch $@
