# The verbs people type. `make run` and `make test` need nothing but a Rust toolchain on Debian 12.

CARGO ?= cargo
# Reuse an existing target folder outside the checkout; without one cargo's own default holds.
ifdef DAYMARK_TARGET
export CARGO_TARGET_DIR := $(DAYMARK_TARGET)
endif
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Looks at the product with the tools of others. A part that does not find what it needs says so and is left out;
# DAYMARK_SKIP=never makes that a failure.
OUTSIDE := $(CARGO) test --workspace --test end_to_end -- --show-output

.PHONY: run test check ui ui-release release bench bench-ui pictures test-core test-corpus test-sdks test-browser test-readers test-mail test-faults soak

## Builds, starts and feeds a living demo: http://127.0.0.1:4300
run: ui
	$(CARGO) build --workspace
	$(TARGET)/debug/daymark demo

## The web UI into ui/dist, from where the binary takes it.
ui:
	CARGO_TARGET_DIR=$(TARGET) $(CARGO) run --package xtask -- build-ui

## The web UI as it is shipped: ui/dist, as small as possible; packed by what ui/package.json names.
UI_TOOLS := $(TARGET)/ui-tools
$(UI_TOOLS)/node_modules: ui/package-lock.json
	mkdir -p $(UI_TOOLS)
	cp ui/package.json ui/package-lock.json $(UI_TOOLS)
	cd $(UI_TOOLS) && npm ci --no-audit --no-fund --ignore-scripts
ui-release: $(UI_TOOLS)/node_modules
	CARGO_TARGET_DIR=$(TARGET) $(CARGO) run --package xtask -- build-ui --release --wasm-opt $(abspath $(UI_TOOLS))/node_modules/.bin/wasm-opt

## The binary as it is shipped, with that UI in it.
release: ui-release
	$(CARGO) build --release --workspace

## Everything that must hold, in the order of what fails first.
test: check ui test-core test-corpus test-sdks test-browser test-readers test-mail test-faults

## All that needs nothing but Rust.
test-core:
	$(CARGO) test --workspace -- --skip outside::

## A recorded day of a shop, where DAYMARK_FIXTURES names the folder of recordings.
test-corpus:
	$(OUTSIDE) outside::corpus

## OpenTelemetry SDKs for Python, Node and Go.
test-sdks:
	$(OUTSIDE) outside::sdks

## The web UI in Debian's Chromium.
test-browser:
	$(OUTSIDE) outside::browser

## DuckDB and pyarrow on a data directory.
test-readers:
	$(OUTSIDE) outside::readers

## E-mails of alerts, taken by aiosmtpd.
test-mail:
	$(OUTSIDE) outside::mail

## A disk that fails, fills up, or loses power; needs root and strace.
test-faults:
	$(OUTSIDE) outside::faults

## The same for an hour: kills and power cuts, as many as the variables say.
soak: export DAYMARK_KILLS ?= 1000
soak: export DAYMARK_POWER_CUTS ?= 300
soak: export DAYMARK_ALERT_KILLS ?= 200
soak:
	$(OUTSIDE) kill alerts:: outside::faults

## Formatting, lints, layers and tidiness.
check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) run --quiet --package xtask -- check-ui

## The figures of docs/benchmarks.md, measured on this machine against a release build.
BENCH_SPANS ?= 1000000
bench:
	$(CARGO) build --release --workspace
	$(TARGET)/release/daymark-bench --server $(TARGET)/release/daymark all --spans $(BENCH_SPANS)

## What scripts in Chromium need; `npm ci` where it has not run.
BROWSER := $(TARGET)/browser-tools
$(BROWSER)/node_modules: tests/browser/package-lock.json
	mkdir -p $(BROWSER)
	cp tests/browser/package.json tests/browser/package-lock.json $(BROWSER)
	cd $(BROWSER) && npm ci --no-audit --no-fund --ignore-scripts

## How quick the web UI is in a browser: loads, a trace of 50,000 spans, 10,000 lines, a map of 2,000 services.
bench-ui: release $(BROWSER)/node_modules
	cp tests/browser/*.js $(BROWSER)
	node $(BROWSER)/bench.js $(TARGET)/release/daymark

## The pictures of docs/ui.md, of a demo that runs half an hour before.
pictures: ui $(BROWSER)/node_modules
	$(CARGO) build --workspace
	cp tests/browser/*.js $(BROWSER)
	node $(BROWSER)/pictures.js $(TARGET)/debug/daymark docs/pictures
