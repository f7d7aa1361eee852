# Everything done to this project is one of these. `make` alone lists them.
# Another Python than the newest one found: make install PYTHON=python3.12

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo test check bench soak screens docs lock clean

BIN := .venv/bin

# Servers are started hundreds of times: without compiled modules each start reads all the source anew.
export PYTHONDONTWRITEBYTECODE :=

define static
	@test -x $(BIN)/ruff || { echo "Run 'make test' once: it installs what the checks need."; exit 1; }
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy & types=$$!; $(compiled); wait $$types
endef

# In a fresh clone all tests are read in once, beside what keeps one processor busy: otherwise each of the three
# processes that run them compiles them all, at the same time. What is wrong with one, they tell.
compiled := test -e tests/__pycache__ || $(BIN)/python -m pytest -q --collect-only >/dev/null 2>&1

# What stands on a database runs on both. Half of the time tests wait, for servers, browsers and clocks: three at a
# time keep two cores busy. Servers and browsers are then short of time now and then; what fails is told, and must
# pass alone.
alone := --last-failed --last-failed-no-failures none

# Every branch of the decision and of the wire is tested by their own tests; elsewhere such a demand breeds stubs.
# Only they are traced: tracing makes all Python slower, whatever of it is looked at.
traced := tests/core tests/rpc
others := $(addprefix --ignore=,$(traced))

define tests
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n 3 $(traced) || $(BIN)/python -m coverage run -m pytest $(alone) $(traced)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --include='*/admit/core/*,*/admit/rpc/*' --fail-under=100
	$(BIN)/python -m pytest -n 3 $(others) || $(BIN)/python -m pytest $(alone) $(others)
	$(BIN)/python -m pytest -n 3 --database=postgresql || $(BIN)/python -m pytest --database=postgresql $(alone)
endef

# What asks for nothing but a processor, and is asked in as many processes as there are: the generated cases.
generated := tests/core tests/store

# Seconds: none of them takes half as long on a slow machine, and what hangs must end by itself.
longest := 3600

help: ## lists what can be made
	@sed -nE 's/^([a-z]+): .*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: ## makes .venv with admit in it, and nothing else
	@tools/venv run

demo: ## shows a complete running example; ONCE=1 walks through it, checks each step and ends
	@tools/venv demo
	@if [ "$(ONCE)" != 1 ] && [ -t 0 ] && [ -t 1 ]; then $(BIN)/admit demo; else $(BIN)/admit demo --once; fi

test: ## installs what the tests need, then runs every check and every test
	@tools/system-packages
	@tools/venv dev
	$(static)
	$(tests)

check: ## the same checks and tests with what is already installed
	$(static)
	$(tests)

bench: ## measures admit and its peers on this machine
	@tools/venv dev
	@tools/venv bench
	@tools/moto
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.cuts
	@$(BIN)/python -m bench.streams
	@$(BIN)/python -m bench.sign_in_cuts
	@$(BIN)/python -m bench.jump

soak: ## runs the tests that take minutes
	@tools/system-packages soak
	@tools/venv dev
	$(BIN)/python -m pytest -n auto -m soak --timeout=$(longest) $(generated)
	$(BIN)/python -m pytest -m soak --timeout=$(longest) $(addprefix --ignore=,$(generated))

screens: ## takes pictures of every page into build/screens, in both themes and languages, wide and narrow
	@tools/system-packages
	@tools/venv dev
	ADMIT_SCREENS=build/screens $(BIN)/python -m pytest --timeout=600 tests/console/test_everybody.py tests/browser tests/streaming/test_screen.py

docs: ## computes docs/reference from the code
	@tools/venv run
	@$(BIN)/python -m admit.cli docs

lock: ## pins what pyproject.toml asks for: every version, every hash
	@tools/lock

clean: ## removes whatever the targets above have made
	rm -rf .venv build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +
