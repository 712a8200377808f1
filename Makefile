# Everything a person does with this repository. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run test check fix bench soak screenshots demo-reset openapi messages lock setup dev

PORT ?= 8000
DATA ?= ./data
BIN := .venv/bin
# Arguments for the tests, for example: make test ARGS="otklik/tickets -k snooze"
ARGS ?=
# Every process here imports Django. Where Python is told to keep no bytecode (as images of containers like to), each
# compiles it anew: three seconds, for every desk and every command that the tests start.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@tools/bootstrap.sh

dev:
	@tools/bootstrap.sh dev

run: setup ## start the desk with the demo company (PORT=8000 DATA=./data)
	@$(BIN)/otklik serve --demo --port $(PORT) --data $(DATA)

test: dev ## all tests, on SQLite and on PostgreSQL (ARGS="..." goes to pytest)
	@tools/test.sh $(ARGS)

check: dev ## lint, format, types, layers, sizes, translations, migrations, docs
	@tools/check.sh

fix: dev ## repair what the linter and the formatter can repair
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

bench: dev ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m bench

soak: dev ## the long fault run on both databases: 200 kills or more, restart, count (MINUTES=10)
	@tools/test-needs.sh
	@$(BIN)/pytest -m soak --soak-minutes=$(or $(MINUTES),10) $(ARGS)
	@$(BIN)/pytest -m "(soak and (fault or fuzz)) or heavy" --database=postgresql --soak-minutes=$(or $(MINUTES),10) $(ARGS)

screenshots: dev ## pictures of all pages into docs/screenshots/
	@tools/test-needs.sh
	@$(BIN)/python -m bench.screenshots

demo-reset: setup ## throw the local data folder away and make a new demo company (DATA=./data)
	@$(BIN)/python -m scripts.demo_reset $(DATA)

openapi: dev ## write what docs/ takes from the code: the REST API, events, business settings
	@$(BIN)/python -m scripts.openapi
	@$(BIN)/python -m scripts.reference

messages: dev ## collect the texts for translation into the .po files, and compile them
	@$(BIN)/python scripts/messages.py extract
	@$(BIN)/python scripts/messages.py compile

lock: dev ## rewrite the hashed locks from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	@tools/lock.sh $(UPGRADE)
