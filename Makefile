# Everything a person does with this repository. `make run` and `make test` need nothing installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INPUTS := pyproject.toml constraints.txt

.PHONY: help venv run test test-long lint format docs bench system clean

help:
	@echo "make run        install and start the daemon"
	@echo "make test       install what tests need, lint, run every test"
	@echo "make test-long  the full-length forms: crashes by the hundred, simulations, fuzzing"
	@echo "make lint       ruff, mypy (linux, darwin, win32), import floors"
	@echo "make bench      measure beside a no-op handler and per-request aiosqlite"
	@echo "make docs       write the generated pages again"

venv: $(VENV)/.installed

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/pyvenv.cfg $(INPUTS)
	$(PIP) install --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q sidecar
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@

run: venv
	@exec $(BIN)/sidecar run

system:
	@sh scripts/system_packages.sh

test: system $(VENV)/.installed-test lint
	$(BIN)/pytest -m "not long" --numprocesses 2 --dist loadfile --durations 15

test-long: system $(VENV)/.installed-test
	$(BIN)/pytest -m long -s

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin sidecar
	$(BIN)/mypy --platform win32 sidecar
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-test
	$(BIN)/python scripts/document.py

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/ingest.py $(BENCH)
	$(BIN)/python benchmarks/million.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
