# Every target sets up what it needs: a virtual environment in .venv, the locked packages,
# and Prometheus, promtool, Alertmanager and amtool (see local/programs/).

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIPENV_VERSION := 2026.10.3
SYNCED := $(VENV)/.synced
PROGRAMS := .tools/programs.found
DATABASE := .tools/postgres.found
CHART := .tools/chart.found
ENGINE := .tools/victoria_metrics.found
# Four processes on any machine, since most tests wait for other programs. The tests of one file
# share a process, and with it their fixtures.
PARALLEL := --numprocesses 4 --dist loadfile

# pipenv is installed into .venv and must use that environment, whichever one is active.
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_VERBOSITY := -1
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Run

.PHONY: demo
demo: $(SYNCED) $(PROGRAMS) ## Run everything on this machine, with traffic and a mailbox, until Ctrl-C
	@$(RUN)/python -m local demo $(DEMO_ARGS)

.PHONY: smoke
smoke: $(SYNCED) $(PROGRAMS) ## Run everything once: reach 80, 90 and 100 %, check mails and series, exit
	@$(RUN)/python -m local smoke $(SMOKE_ARGS)

.PHONY: rules
rules: $(SYNCED) ## Compile quotas.yaml to rules/
	@$(RUN)/python generate_rules.py

.PHONY: grafana
grafana: $(SYNCED) ## Write the Grafana dashboard to deploy/grafana/
	@$(RUN)/python -m deploy.grafana

.PHONY: secrets
secrets: ## Create missing secrets for the containers (random; empty ones for servers of your own)
	@mkdir -p -m 700 secrets
	@umask 022; cd secrets; for name in webhook_token database_password api_token; do \
	  test -s $$name || openssl rand -hex 32 > $$name; done
	@# A line feed, since Swarm rejects an empty secret.
	@umask 022; cd secrets; for name in mail_password prometheus_headers; do \
	  test -s $$name || echo > $$name; done
	@umask 022; test -s secrets/api_tokens || printf 'tokens:\n  - name: admin\n    sha256: %s\n    scope: all\n' \
	  "$$(tr -d '\n' < secrets/api_token | openssl dgst -sha256 -r | cut -d ' ' -f 1)" > secrets/api_tokens
	@echo "secrets/ holds: $$(ls secrets | xargs)"

##@ Check

.PHONY: test
test: lint test-unit test-rules test-integration ## Run lint, test-unit, test-rules and test-integration

.PHONY: lint
lint: $(SYNCED) ## Run ruff and mypy --strict
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

.PHONY: test-unit
test-unit: $(SYNCED) ## Run the unit tests
	$(RUN)/pytest tests/unit $(PARALLEL)

.PHONY: test-integration
test-integration: $(SYNCED) $(PROGRAMS) $(DATABASE) ## Run tests with a real Prometheus, Alertmanager, PostgreSQL and SMTP server
	$(RUN)/pytest tests/integration $(PARALLEL)

.PHONY: test-clock
test-clock: $(SYNCED) ## Run the unit tests at the ends of days, months and years (Debian: faketime; not part of test)
	@if [ ! -e /usr/lib/*/faketime ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get -qq update && apt-get -qq install --yes --no-install-recommends faketime; fi
	$(RUN)/python -m tests.at_turns

.PHONY: test-thorough
test-thorough: $(SYNCED) $(PROGRAMS) ## Test the accounting in 500 random sequences of bad weather (part of test: 8), and more outages
	$(RUN)/pytest tests/integration $(PARALLEL) -m thorough
	WEATHER_EXAMPLES=$${WEATHER_EXAMPLES:-500} $(RUN)/pytest tests/integration/rules/accounting/test_weather.py

.PHONY: coverage
coverage: $(SYNCED) $(PROGRAMS) $(DATABASE) ## Show the branch coverage of unit and integration tests (not part of test)
	$(RUN)/pytest tests/unit tests/integration $(PARALLEL) --cov --cov-report=term:skip-covered

.PHONY: test-engines
test-engines: $(SYNCED) $(PROGRAMS) $(ENGINE) ## Test every engine whose programs are named, such as THANOS_BIN (docs/engines.md; not part of test)
	$(RUN)/pytest tests/engines --numprocesses 2 --dist loadgroup

.PHONY: test-contract
test-contract: $(SYNCED) $(PROGRAMS) ## Ask the API whatever /openapi.json allows, and compile generated clients (needs npm; not part of test)
	$(RUN)/pytest tests/contract $(CONTRACT_ARGS)

.PHONY: test-browser
test-browser: $(SYNCED) $(PROGRAMS) ## Test the dashboard in a headless Chromium (Debian: chromium, chromium-driver; not part of test)
	$(RUN)/pytest tests/browser

.PHONY: test-compose
test-compose: $(SYNCED) ## Test the whole stack in containers (needs a Docker engine; not part of test)
	$(RUN)/pytest tests/compose/test_compose.py

.PHONY: test-pair
test-pair: $(SYNCED) ## The same with two Alertmanagers, two webhooks and PostgreSQL (image postgres:17)
	$(RUN)/pytest tests/compose/test_pair.py

.PHONY: test-swarm
test-swarm: $(SYNCED) ## The same as a Swarm stack (engine without Swarm, or a swarm of one node)
	$(RUN)/pytest tests/compose/test_swarm.py

.PHONY: test-chart
test-chart: $(SYNCED) $(PROGRAMS) $(CHART) ## Test the Helm chart: lint, schemas, rules, scraping (Helm 3, or Go to build it; not part of test)
	$(RUN)/pytest tests/chart

.PHONY: test-rules
test-rules: $(SYNCED) $(PROGRAMS) ## Check the files with promtool and amtool, and that rules/ matches quotas.yaml
	$(RUN)/python generate_rules.py --check
	$(RUN)/python -m local check

##@ Measure

.PHONY: bench
bench: bench-accuracy bench-rules bench-generator bench-sizing bench-webhook bench-api ## Run all benchmarks below (docs/benchmarks.md explains the results)

.PHONY: bench-accuracy
bench-accuracy: $(SYNCED) $(PROGRAMS) ## Accuracy of the rules, next to increase()
	@$(RUN)/python -m bench.accuracy $(BENCH_ARGS)

.PHONY: bench-rules
bench-rules: $(SYNCED) $(PROGRAMS) ## Cost of the rules for Prometheus, next to increase() and recorded rates
	@$(RUN)/python -m bench.rules

.PHONY: bench-generator
bench-generator: $(SYNCED) ## Time to compile 1,000 to 100,000 quotas
	@$(RUN)/python -m bench.generator

.PHONY: bench-sizing
bench-sizing: $(SYNCED) $(PROGRAMS) ## Memory and disk space that Prometheus needs for counters, deltas and quotas
	@$(RUN)/python -m bench.sizing

.PHONY: bench-webhook
bench-webhook: $(SYNCED) ## Alerts per second that the webhook accepts, and mails per second that it sends
	@$(RUN)/python -m bench.webhook

.PHONY: bench-api
bench-api: $(SYNCED) $(PROGRAMS) ## The API beside Prometheus, a Flask view and a WSGI function, and its limits (five minutes)
	@$(RUN)/python -m bench.api $(BENCH_API_ARGS)

##@ Maintain

.PHONY: backfill
backfill: $(SYNCED) $(PROGRAMS) ## Compute quotas for the time before their rules were loaded (BACKFILL_ARGS="--url ..."; docs/backfill.md)
	@$(RUN)/python -m local.backfill $(BACKFILL_ARGS)

.PHONY: format
format: $(SYNCED) ## Format the code
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

.PHONY: lock
lock: $(SYNCED) ## Update Pipfile.lock, without the name of a package index
	$(RUN)/pipenv lock
	$(RUN)/python -m local.lockfile Pipfile.lock

.PHONY: clean
clean: ## Remove the virtual environment, the downloaded programs and the logs of runs
	rm -rf $(VENV) .tools .run

.PHONY: help
help: ## Show this list
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

$(PROGRAMS): $(wildcard local/programs/*.py) | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.programs --fetch
	@touch $@

$(DATABASE): $(wildcard local/programs/*.py) | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.programs.postgres
	@touch $@

$(CHART): local/programs/chart.py | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.programs.chart
	@touch $@

$(ENGINE): $(wildcard local/programs/*.py) | $(SYNCED)
	@mkdir -p $(@D)
	@$(RUN)/python -m local.programs.victoria_metrics
	@touch $@
