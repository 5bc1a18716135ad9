# Each target does all its own set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench soak chaos lock recordings clean
.DELETE_ON_ERROR:
# Without compiled modules on disk each of the many processes of a test run compiles them anew.
unexport PYTHONDONTWRITEBYTECODE

demo: $(READY)
	@$(BIN)/portalkeeper demo

test: $(READY)
	$(BIN)/pytest -n $${PYTEST_WORKERS:-6} --dist worksteal -m "not alone"
	$(BIN)/pytest -m alone tests/bots
	$(BIN)/pytest tests/pages -p playwright

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: $(READY)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.timetable

soak: $(READY)
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.day
	$(BIN)/python -m benchmarks.day --kills 20

chaos: $(READY)
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos --pairs
	$(BIN)/python -m tests.chaos --every-stop
	$(BIN)/python -m tests.chaos --browser
	$(BIN)/python -m tests.chaos --sabotage
	CASES=all $(BIN)/pytest -n 2 tests/flows tests/chaos/test_managers.py -k "killed_on_its_way or test_a_kill_at_every_step_ends_signed_in"

recordings: $(READY)
	$(BIN)/python -m tests.record

lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

$(READY): requirements-dev.lock pyproject.toml .ci/install-browser
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	bash .ci/install-browser $(BIN)/python
	@touch $@

clean:
	rm -rf $(VENV)
