# Every target sets up what it needs: a virtual environment in .venv, the locked
# packages, and Prometheus, promtool, Alertmanager and amtool (see local/programs.py).

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIPENV_VERSION := 2026.10.3
SYNCED := $(VENV)/.synced
PROGRAMS := .tools/programs.found
DATABASE := .tools/postgres.found
# Each file of tests in one of four processes: most of them wait for other processes.
PARALLEL := --numprocesses 4 --dist loadfile

# pipenv lives in the same .venv and must not look for another one.
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_VERBOSITY := -1
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Run

.PHONY: demo
demo: $(SYNCED) $(PROGRAMS) ## Everything on this machine, with traffic and a mailbox, until Ctrl-C
	@$(RUN)/python -m local demo $(DEMO_ARGS)

.PHONY: smoke
smoke: $(SYNCED) $(PROGRAMS) ## The same without a screen: cross 80, 90 and 100 %, check mails and series, exit
	@$(RUN)/python -m local smoke $(SMOKE_ARGS)

.PHONY: rules
rules: $(SYNCED) ## Compile quotas.yaml to rules/
	@$(RUN)/python generate_rules.py

.PHONY: secrets
secrets: ## Secrets for the containers, where there are none yet: random, but for the mail server's (empty)
	@mkdir -p -m 700 secrets
	@umask 022; cd secrets; for name in webhook_token database_password api_token; do \
	  test -s $$name || openssl rand -hex 32 > $$name; done
	@# Not quite empty, as Swarm wants it.
	@umask 022; test -s secrets/mail_password || echo > secrets/mail_password
	@umask 022; test -s secrets/api_tokens || printf 'tokens:\n  - name: admin\n    sha256: %s\n    scope: all\n' \
	  "$$(tr -d '\n' < secrets/api_token | openssl dgst -sha256 -r | cut -d ' ' -f 1)" > secrets/api_tokens
	@echo "secrets/ holds: $$(ls secrets | xargs)"

##@ Check

.PHONY: test
test: lint test-unit test-rules test-integration ## All of the checks below

.PHONY: lint
lint: $(SYNCED) ## ruff and mypy --strict
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

.PHONY: test-unit
test-unit: $(SYNCED) ## Fast tests without processes
	$(RUN)/pytest tests/unit $(PARALLEL)

.PHONY: test-integration
test-integration: $(SYNCED) $(PROGRAMS) $(DATABASE) ## Tests with a real Prometheus, Alertmanager, PostgreSQL and SMTP server
	$(RUN)/pytest tests/integration $(PARALLEL)

.PHONY: coverage
coverage: $(SYNCED) $(PROGRAMS) $(DATABASE) ## Branch coverage of the unit and integration tests; not part of test
	$(RUN)/pytest tests/unit tests/integration $(PARALLEL) --cov --cov-report=term:skip-covered

.PHONY: test-browser
test-browser: $(SYNCED) $(PROGRAMS) ## The dashboard in a headless Chromium (Debian: chromium, chromium-driver); not part of test
	$(RUN)/pytest tests/browser

.PHONY: test-compose
test-compose: $(SYNCED) ## The whole stack in containers, wherever a Docker engine answers; not part of test
	$(RUN)/pytest tests/compose/test_compose.py

.PHONY: test-pair
test-pair: $(SYNCED) ## The same with two Alertmanagers, two webhooks and PostgreSQL (the image postgres:17)
	$(RUN)/pytest tests/compose/test_pair.py

.PHONY: test-swarm
test-swarm: $(SYNCED) ## The same as a stack of Swarm, on an engine that is none yet or one by itself
	$(RUN)/pytest tests/compose/test_swarm.py

.PHONY: test-rules
test-rules: $(SYNCED) $(PROGRAMS) ## promtool and amtool accept the files, and rules/ is what quotas.yaml compiles to
	$(RUN)/python generate_rules.py --check
	$(RUN)/python -m local check

##@ Measure

.PHONY: bench
bench: bench-accuracy bench-rules bench-generator bench-sizing bench-webhook bench-api ## All of these (docs/benchmarks.md says what they show)

.PHONY: bench-accuracy
bench-accuracy: $(SYNCED) $(PROGRAMS) ## How near to the truth the rules count, beside increase()
	@$(RUN)/python -m bench.accuracy $(BENCH_ARGS)

.PHONY: bench-rules
bench-rules: $(SYNCED) $(PROGRAMS) ## What the rules cost Prometheus, beside increase() and recorded rates
	@$(RUN)/python -m bench.rules

.PHONY: bench-generator
bench-generator: $(SYNCED) ## How long 1,000 to 100,000 quotas take to compile
	@$(RUN)/python -m bench.generator

.PHONY: bench-sizing
bench-sizing: $(SYNCED) $(PROGRAMS) ## Memory and disk that a Prometheus needs for a counter, a delta, a quota
	@$(RUN)/python -m bench.sizing

.PHONY: bench-webhook
bench-webhook: $(SYNCED) ## What the webhook takes in a second, and how fast a backlog is delivered
	@$(RUN)/python -m bench.webhook

.PHONY: bench-api
bench-api: $(SYNCED) $(PROGRAMS) ## The API beside the same question asked of Prometheus directly
	@$(RUN)/python -m bench.api $(BENCH_API_ARGS)

##@ Maintain

.PHONY: backfill
backfill: $(SYNCED) $(PROGRAMS) ## What was moved before the rules were loaded (docs/backfill.md; BACKFILL_ARGS="--url ...")
	@$(RUN)/python -m local.backfill $(BACKFILL_ARGS)

.PHONY: format
format: $(SYNCED) ## Format the code
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

.PHONY: lock
lock: $(SYNCED) ## Write Pipfile.lock anew, naming no index
	$(RUN)/pipenv lock
	$(RUN)/python -m local.lockfile Pipfile.lock

.PHONY: clean
clean: ## Remove the virtual environment, the fetched programs and what runs left
	rm -rf $(VENV) .tools .run

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  \033[36m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo

# ---------------------------------------------------------------- set-up

$(RUN)/pipenv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than Python 3.11; name another with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet pipenv==$(PIPENV_VERSION)

$(SYNCED): Pipfile Pipfile.lock | $(RUN)/pipenv
	$(RUN)/pipenv sync --dev
	@touch $@

$(PROGRAMS): local/programs.py | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.programs --fetch
	@touch $@

$(DATABASE): local/postgres.py | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.postgres
	@touch $@
