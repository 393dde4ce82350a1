# Growth Ops. One command for each thing one does here; `make` lists them.
# Needs python3, make and git; everything else is fetched into .venv (and uv into .venv-tools, if it is not there yet).

.DEFAULT_GOAL := help
.PHONY: help run test bench lint docs screenshots clean
MAKEFLAGS += --no-print-directory

VENV  := .venv
TOOLS := .venv-tools
PY    := $(VENV)/bin/python
UV    := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
SIZE  ?= 10m

unexport VIRTUAL_ENV
unexport PYTHONHOME
# Compiled modules are kept, whatever the shell says: without them every start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE
export UV_PROJECT_ENVIRONMENT := $(VENV)

# One stamp per purpose: present and newer than the lock means there is nothing to do.
FOR_RUN   := $(VENV)/.ready-to-run
FOR_TEST  := $(VENV)/.ready-to-test
FOR_BENCH := $(VENV)/.ready-to-bench
# An environment whose interpreter is gone (upgraded, moved) is made again.
$(shell $(PY) -c "" 2>/dev/null || rm -f $(FOR_RUN) $(FOR_TEST) $(FOR_BENCH))

help: ## List what one can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(FOR_RUN) ## Open the dashboard; the first run makes the demo company (PORT=8501, HEADLESS=1)
	@$(PY) -m lib demo --if-missing
	@exec $(PY) -m lib run $(if $(PORT),--port $(PORT)) $(if $(HEADLESS)$(CI),--headless)

test: $(FOR_TEST) ## Lint, types and every test, the browser's included (ARGS="-k funnel")
	@$(PY) -m tests.browser
	@$(MAKE) lint
	@$(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

bench: $(FOR_BENCH) ## Measure against other engines on the same data (SIZE=10m or 100m), then the server
	@$(PY) -m tests.benches --size $(SIZE) $(ARGS)
	@$(PY) -m tests.benches.channels
	@$(PY) -m tests.benches.revenue
	@$(PY) -m tests.benches --serving
	@$(PY) -m tests.benches --browser

lint: $(FOR_TEST) ## Style, format and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m basedpyright --level error

screenshots: $(FOR_TEST) ## Take the pictures of every page in docs/img again
	@$(PY) -m tests.browser
	@$(PY) -m tests.pictures

docs: $(FOR_RUN) ## Write the generated references in docs/ again
	@$(PY) -m lib.docs

clean: ## Remove the environments, caches and builds; workspaces stay
	@rm -rf $(VENV) $(TOOLS) .pytest_cache .ruff_cache .hypothesis .bench dist test-results
	@find lib pages tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- the environment ---------------------------------------------------------------------------------------------

$(FOR_RUN): uv.lock pyproject.toml | $(UV)
	@$(call sync,--no-default-groups)
	@$(call launcher) && touch $@

$(FOR_TEST): uv.lock pyproject.toml | $(UV)
	@$(call sync,--group dev --extra postgres)
	@$(call launcher) && touch $(FOR_RUN) $@

$(FOR_BENCH): uv.lock pyproject.toml | $(UV)
	@$(call sync,--group dev --group bench --extra postgres)
	@$(call launcher) && touch $(FOR_RUN) $(FOR_TEST) $@

# $(1): which dependency groups. The project itself is not installed: the checkout is used as it stands.
# uv does not read pip's configuration, so where only pip knows the way to an index, pip gets the same locked list.
define sync
echo "Preparing the environment ..."; \
$(UV) sync --quiet --frozen --no-install-project --inexact $(1) || { \
	echo "uv could not prepare it; trying pip." >&2; \
	test -n "$(PYTHON)" || { echo "Growth Ops needs Python 3.11 or newer; please install one (python3 is $$(python3 -V 2>&1))." >&2; exit 1; }; \
	$(PYTHON) -m venv --clear $(VENV) && \
	$(UV) export --quiet --frozen --no-emit-project $(1) --output-file $(VENV)/requirements.txt >/dev/null && \
	$(PY) -m pip install --quiet --disable-pip-version-check -r $(VENV)/requirements.txt; \
}
endef

# The first interpreter on the PATH that is new enough; looked for only when uv has failed.
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# `.venv/bin/growthops` runs the checkout, whatever folder it is called from.
define launcher
printf '%s\n' '#!/bin/sh' 'root="$(CURDIR)"' \
	'exec "$$root/$(PY)" -P -c "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = \"growthops\"; from lib.__main__ import main; main()" "$$root" "$$@"' \
	> $(VENV)/bin/growthops && chmod +x $(VENV)/bin/growthops
endef

$(TOOLS)/bin/uv:
	@command -v python3 >/dev/null || { echo "Growth Ops needs python3 (3.11 or newer) on the PATH." >&2; exit 1; }
	@echo "Fetching uv ..."
	@python3 -m venv --clear $(TOOLS) >/dev/null 2>&1 || { $(call venv_module) && python3 -m venv --clear $(TOOLS); }
	@echo '*' > $(TOOLS)/.gitignore
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv

# Debian and Ubuntu ship python3 without the part of `venv` that brings pip.
define venv_module
admin="$$(test "$$(id -u)" = 0 || echo 'sudo -n')"; \
{ command -v apt-get && $$admin apt-get update -qq && $$admin apt-get install -y -qq python3-venv; } >/dev/null 2>&1 || { \
	echo "python3 cannot make virtual environments. Install the missing part (on Debian and Ubuntu: apt install python3-venv) and try again." >&2; \
	exit 1; \
}
endef
