# Commands of this project; each one installs what it needs on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
PINS := packaging/requirements
BIN := $(VENV)/bin
SOURCES := daemon shared tray_client tests
# Where Python is told to write no byte code, each of the hundreds of processes would compile everything anew.
COMPILE_OURS = @$(BIN)/python -m compileall -q $(SOURCES)
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: demo test test-foreign simulate soak bench system-packages pins format clean

demo: $(VENV)/.ready
	$(COMPILE_OURS)
	$(BIN)/daybridge demo $(ARGS)

test: $(VENV)/.ready-dev system-packages
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(COMPILE_OURS)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q $(ARGS)

test-foreign: $(VENV)/.ready-dev
	$(COMPILE_OURS)
	DAYBRIDGE_FOREIGN=1 $(BIN)/python -m pytest -q tests/foreign $(ARGS)

simulate: $(VENV)/.ready-dev
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),2000) --first-seed $(or $(FIRST_SEED),1)

# The long figures: hours on two cores. Each line can be run alone.
soak: $(VENV)/.ready-dev system-packages
	$(BIN)/python -m tests.simulation --seeds 1000000 --workers 2
	DAYBRIDGE_RANDOM=1 DAYBRIDGE_MACHINE_RUNS=5000 DAYBRIDGE_MACHINE_SECONDS=7200 $(BIN)/python -m pytest -q tests/properties/test_engine_machine.py
	$(BIN)/python -m pytest -q -n 2 -m soak tests/crash
	DAYBRIDGE_FOREIGN=1 $(BIN)/python -m pytest -q -m soak tests/foreign
	$(BIN)/python -m tests.soak.mutation --workers 2

bench: $(VENV)/.ready-dev
	$(BIN)/python tests/bench/bench.py

# The environment: uv from a pinned file, then everything else with hashes (uv is about 25 s faster than pip alone).
$(VENV)/bin/uv: $(PINS)/build.txt
	@sh packaging/linux/make-environment.sh $(PYTHON) $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(PINS)/build.txt
	@touch $@

$(VENV)/.ready: $(VENV)/bin/uv $(PINS)/run.txt pyproject.toml
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r $(PINS)/run.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	-@$(BIN)/python tests/tray/link_gi.py
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready $(PINS)/dev.txt
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r $(PINS)/dev.txt
	@touch $@

system-packages: $(VENV)/.ready-dev
	@sh packaging/linux/system-packages.sh tests/*/packages.txt
	@$(BIN)/python tests/tray/link_gi.py

# Written anew after a change of pyproject.toml; the files name no registry.
pins:
	$(COMPILE) pyproject.toml -o $(PINS)/run.txt
	$(COMPILE) pyproject.toml --group dev -o $(PINS)/dev.txt
	for group in build foreign-schemathesis mutation; do $(COMPILE) --group $$group -o $(PINS)/$$group.txt || exit 1; done
	@! grep -nE 'https?://' $(PINS)/*.txt

format: $(VENV)/.ready-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

clean:
	rm -rf $(VENV) build dist *.egg-info artefacts .cache
