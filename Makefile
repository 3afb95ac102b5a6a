# `make run` writes output/, `make test` checks everything; both build .venv first when needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# scripts and styles of the interactive maps and of the front page
PAGE := symbios_geo/web symbios_geo/outputs/script symbios_geo/outputs/answer.css
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# caches stay inside .venv, so nothing is written to a home folder
STATE := $(CURDIR)/$(VENV)/state
export MPLCONFIGDIR := $(STATE)/matplotlib
export JUPYTER_CONFIG_DIR := $(STATE)/jupyter/config
export JUPYTER_DATA_DIR := $(STATE)/jupyter/data
export JUPYTER_RUNTIME_DIR := $(STATE)/jupyter/runtime
export JUPYTERLAB_SETTINGS_DIR := $(STATE)/jupyter/settings
export JUPYTERLAB_WORKSPACES_DIR := $(STATE)/jupyter/workspaces
export IPYTHONDIR := $(STATE)/ipython
export DENO_DIR := $(STATE)/deno
export SYMBIOS_GEO_CACHE := $(STATE)/cache

.PHONY: run test quick check bench fuzz pictures expected lab format data docs lock architecture help clean

run: $(VENV)/installed
	$(BIN)/symbios-geo run

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deno fmt --quiet --check $(PAGE)
	$(BIN)/deno lint --quiet $(PAGE)
	$(BIN)/mypy
	$(if $(NOTEBOOKS),$(BIN)/nbstripout --verify $(NOTEBOOKS))
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

# the tests of what differs from main, or of what was changed since the last commit
quick: $(VENV)/installed
	$(BIN)/python tests/quick.py

check: $(VENV)/installed
	$(BIN)/python -m pytest -q tests/test_data.py tests/test_labels.py

bench: $(VENV)/installed
	$(BIN)/python -m pytest -q -s -o python_files='bench_*.py' tests/benchmarks

# ten thousand broken registers; FUZZ_CASES and FUZZ_FIRST choose how many and which
fuzz: $(VENV)/installed
	$(BIN)/python -m pytest -q -o python_files='fuzz_*.py' tests/fuzz

# after pictures were changed and looked at: the small ones that the tests compare with
pictures: $(VENV)/installed
	RENEW_PICTURES=1 $(BIN)/python -m pytest -q tests/test_pictures.py -k looks_as_before

# after rows of the bundled data were changed and looked at: the totals that tests expect
expected: $(VENV)/installed
	RENEW_TOTALS=1 $(BIN)/python -m pytest -q tests/test_totals.py

lab: $(VENV)/installed
	$(BIN)/symbios-geo lab

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/deno fmt --quiet $(PAGE)
	$(if $(NOTEBOOKS),$(BIN)/nbstripout $(NOTEBOOKS))

# after a table was edited: its row count and checksum, and SOURCES.md
data: $(VENV)/installed
	$(BIN)/python -m symbios_geo.catalogue

# the pages of docs/ with the reference, in docs/_build/html; a warning is an error
docs: $(VENV)/installed
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build/html

# after rooms or imports changed: the picture in docs/architecture.md
architecture: $(VENV)/installed
	$(BIN)/python docs/draw_rooms.py

# after a dependency was changed in pyproject.toml: every package pinned with its hashes
lock: $(VENV)/installed
	$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --generate-hashes --universal \
	    --python-version 3.11 --no-annotate --no-header -o requirements.txt

help:
	@echo "make run           the study and every output, in output/"
	@echo "make test          every check: style, types, layers, tests"
	@echo "make quick         the tests of what was changed, in a tenth of the time"
	@echo "make check         the tests of the tables alone"
	@echo "make lab           JupyterLab on a copy of the notebooks"
	@echo "make format        style of code and notebooks"
	@echo "make data          after a table in data/ was edited"
	@echo "make docs          the documentation, in docs/_build/html"
	@echo "make lock          after a dependency was changed"
	@echo "make pictures      after pictures were changed and looked at"
	@echo "make expected      after bundled rows were changed and looked at"
	@echo "make architecture  after rooms or imports changed"
	@echo "make bench         measurements"
	@echo "make fuzz          ten thousand broken registers"
	@echo "make clean         remove what make made"

clean:
	rm -rf $(VENV) output docs/_build docs/reference .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
	    echo "Python 3.11 to 3.14 is needed; choose one with: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make environments. On Debian: apt-get install python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	mkdir -p $(MPLCONFIGDIR)
	touch $@
