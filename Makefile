# Two commands: `make demo` and `make test`. They need Python 3.11 or newer, and nothing else. `make help` lists the rest.
#
# Written for GNU make 3.81 (macOS) and for project paths with spaces: every path here is relative.

.PHONY: help demo test check bench screenshots lock clean-demo clean python
.DEFAULT_GOAL := help

# The newest suitable interpreter on PATH; another one: make demo PY=/path/to/python3.12
PY ?= $(shell for each in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$each; break; fi; done)
VENV := .venv
# One more than most small machines have cores: one often waits for a server, a browser or a worker that it started.
WORKERS ?= 3
RUN := $(VENV)/bin/python

help:
	@echo 'make demo        run Interlock here with a simulated line: PORT=8000 chooses the port'
	@echo 'make test        run the tests on the same engines: ARGS="-k limits" goes to pytest, WORKERS=0 runs them in one process'
	@echo 'make check       ruff, mypy, import-linter, no missing migrations'
	@echo 'make bench       measure, and print the table of docs/performance.md'
	@echo 'make screenshots take the pictures of docs/images anew, with Chromium: ARGS="batch entry" takes those alone'
	@echo 'make lock        write requirements*.txt anew from requirements*.in'
	@echo 'make clean-demo  remove the data of the demo'

demo: $(VENV)/.ready
	@$(RUN) -m qa.demo

# All processes must find the tests in one order, sets of parameters too. Compiled files are kept whatever the shell
# says: the tests start a hundred Python processes, and each would compile everything anew.
test: $(VENV)/.ready-dev
	@PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.ready-dev
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(RUN) -c "from importlinter.cli import lint_imports_command as run; run()"
	@$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench: $(VENV)/.ready-dev
	@$(RUN) -m tests.bench $(ARGS)

screenshots: $(VENV)/.ready-dev
	@$(RUN) -m tests.screenshots $(ARGS)

clean-demo: | python
	@$(PY) -m qa.embedded.clean

clean: clean-demo
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov

python:
	@if [ -z "$(PY)" ]; then \
		echo "Interlock needs Python 3.11 or newer; python3 here is $$(python3 --version 2>&1)." >&2; \
		echo "If you have another: make demo PY=/path/to/python3.12" >&2; exit 1; fi

# A stamp is touched last, so that an interrupted installation is repeated.
$(VENV)/.ready: requirements.txt requirements-embedded.txt qa/install.py | python
	@$(PY) qa/install.py $(VENV) requirements.txt requirements-embedded.txt
	@touch $@

$(VENV)/.ready-dev: requirements.txt requirements-embedded.txt requirements-dev.txt qa/install.py | python
	@$(PY) qa/install.py $(VENV) requirements.txt requirements-embedded.txt requirements-dev.txt
	@touch $(VENV)/.ready
	@touch $@

LOCK := -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras

lock: $(VENV)/.ready-dev
	@$(RUN) -m pip install --quiet uv
	$(RUN) $(LOCK) requirements.in --output-file requirements.txt
	$(RUN) $(LOCK) requirements-embedded.in --output-file requirements-embedded.txt
	$(RUN) $(LOCK) requirements-dev.in --output-file requirements-dev.txt
	$(RUN) $(LOCK) requirements-papers.in --output-file requirements-papers.txt
	$(RUN) $(LOCK) requirements-mdf4.in --output-file requirements-mdf4.txt
	$(RUN) $(LOCK) requirements-openhtf.in --output-file requirements-openhtf.txt
	$(RUN) $(LOCK) requirements-fuzzing.in --output-file requirements-fuzzing.txt
