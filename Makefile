# Everything runs in .venv, which `make` builds from pyproject.toml and constraints.txt and keeps up to date.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# A worker on every core, up to four, since each that needs Prefect's server has its own; one thread for each, since
# those of two workers that train on two cores wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
WEATHER := examples/nyc-weather/pipeline.toml

.PHONY: demo faults fuzz test test-slow check fix docs bench bench-accuracy bench-cost bench-data bench-gpu bench-many bench-memory bench-pipelines bench-speed clean .venv

demo: $(STAMP)
	$(BIN)/nightcast run $(WEATHER) --as-of 2013-12-29
	$(BIN)/nightcast run $(WEATHER) --as-of 2013-12-30

test: $(STAMP)
	$(PYTEST)

# The least share of lines in percent that the slow tests run, processes of their own left out; asked where no database
# is missing, as in .ci/run.
FLOOR := $(if $(NIGHTCAST_REQUIRE_DATABASES),--cov-fail-under=87)

test-slow: $(STAMP)
	$(PYTEST) -m slow --cov --cov-report=term $(FLOOR)

# Kills, stops and fills what a night needs, with a Prefect server and a worker of its own; some twenty minutes. Some of
# it needs root (a small disk) or PostgreSQL's programs. FAULTS="--only disk_full" tries some.
faults: $(STAMP)
	PYTHONPATH=tests:. $(BIN)/python -m faults --paste $(FAULTS)

# Tables and pipeline files that are changed by chance, through init, check and a short run; a minute for 70 cases.
# FUZZ="--start 5000 --cases 1000" tries others; what fails is kept in fuzz-faults/.
fuzz: $(STAMP)
	OMP_NUM_THREADS=1 PYTHONPATH=tests:. $(BIN)/python -m fuzz $(FUZZ)

bench: bench-data bench-accuracy bench-speed bench-cost bench-memory

bench-data: $(STAMP)
	$(BIN)/python -m benchmarks.bench_data
	$(BIN)/python -m benchmarks.sink_write

# The folder of the data sets comes from NIGHTCAST_DATA. For the test parts: ACCURACY="--final --why '...' --paste".
bench-accuracy: $(STAMP)
	$(BIN)/python -m benchmarks.accuracy $(ACCURACY)

bench-cost: $(STAMP)
	$(BIN)/python -m benchmarks.run_cost --paste

# An hour of 200 pipelines, as long as it takes; PIPELINES="--pipelines 20 --minutes 10" is a try.
bench-pipelines: $(STAMP)
	$(BIN)/python -m benchmarks.many_pipelines --paste $(PIPELINES)

bench-memory: $(STAMP)
	$(BIN)/python -m benchmarks.memory --paste

# Steps and fits on a GPU; says so and ends with 2 where there is none. Not a part of `bench`.
bench-gpu: $(STAMP)
	$(BIN)/python -m benchmarks.gpu --paste

# Whole nights of up to a million series; an hour.
bench-many: $(STAMP)
	$(BIN)/python -m benchmarks.many_series --paste

bench-speed: $(STAMP)
	$(BIN)/python -m benchmarks.speed --paste

check: $(STAMP)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# What `make check` would say of format and lint, mended where a tool can.
fix: $(STAMP)
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# The pages of docs/reference, from the code.
docs: $(STAMP)
	$(BIN)/python -m docs.generator

clean:
	rm -rf .venv benchmarks/peers/.venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv: $(STAMP)

# The stamp comes last: an installation that broke off is done again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nightcast needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e ".[dev]"
	@touch $@
