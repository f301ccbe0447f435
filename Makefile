# Every target says what it does; `make` alone shows them.
SHELL      := /bin/bash
IMAGE      ?= $(or $(KALPANA_WORKSPACE_IMAGE),kalpana/workspace:latest)
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
TAGS       := nobadger,nomysql,nopgx
CADDY      := github.com/caddyserver/caddy/v2
LDFLAGS    := -s -w -X $(CADDY).CustomVersion=kalpana-$(VERSION) -X $(CADDY).CustomBinaryName=kalpana
# With the files that are embedded in programs.
GO_SOURCES := $(shell find cmd internal bridge caddymodule ui/*.go -type f -not -name '*_test.go' -not -path '*/node_modules/*' -not -path '*/testdata/*' 2>/dev/null)
UI_BUILT   := $(shell find ui/dist -type f 2>/dev/null)
UI_MODULES := ui/node_modules/.package-lock.json
# What Go tests bring from npm: foreign clients, a dev server.
GO_TEST_MODULES := $(patsubst %/package.json,%/node_modules/.package-lock.json,internal/e2e/package.json internal/uistream/testdata/client/package.json)

.DEFAULT_GOAL := help
.PHONY: help run build image ui gen lint test test-go test-race test-ui test-pages checked bench fuzz xcaddy engine test-tools clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and serve on this machine
	@scripts/run.sh

build: bin/kalpana bin/kalpana-bridge ## build bin/kalpana and bin/kalpana-bridge

bin/kalpana: $(GO_SOURCES) $(UI_BUILT) go.mod go.sum
	go build -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" -o $@ ./cmd/kalpana

bin/kalpana-bridge: $(GO_SOURCES) go.mod go.sum
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o $@ ./cmd/kalpana-bridge

engine: ## install and start Docker Engine where it is missing
	@scripts/install-docker.sh

image: engine bin/kalpana-bridge ## build the workspace image
	@scripts/build-image.sh $(IMAGE)

$(UI_MODULES): ui/package-lock.json
	npm --prefix ui ci --no-audit --no-fund
	@touch $@

$(GO_TEST_MODULES): %/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund
	@touch $@

ui: $(UI_MODULES) gen ## build the pages into ui/dist
	npm --prefix ui run build

gen: $(UI_MODULES) ## write ui/openapi.json from the Go types and the UI's types from that
	go run ./internal/api/openapi > ui/openapi.json
	npm --prefix ui run gen

lint: $(UI_MODULES) ## formatting, vet, static checks, shell scripts, the UI's linter and types
	@scripts/lint.sh

test-tools: ## install what the tests need beside the product: a browser and its certificate tool
	@scripts/install-test-tools.sh

# First what needs no container, beside the image, which waits for packages and layers. Then
# what has limits of time, alone.
test: engine test-tools bin/kalpana-bridge $(UI_MODULES) ## everything, from unit to browser
	$(MAKE) -j3 --output-sync=target image checked test-pages
	$(MAKE) test-race
	$(MAKE) test-go

checked:
	$(MAKE) -j1 build xcaddy lint test-ui

test-ui: $(UI_MODULES) ## the UI's own tests, and that ui/dist is what ui/src builds
	npm --prefix ui run test
	scripts/check-ui-dist.sh

test-pages: $(UI_MODULES) ## every page in a real browser, against a stand-in for the gateway
	scripts/own-network.sh npm --prefix ui run test:pages

# Packages whose whole tests run under the race detector, the longest first.
RACED = ./internal/gateway/... ./caddymodule/... ./internal/platform ./internal/chat/... ./internal/workspace/... ./internal/identity/... ./internal/cli/... ./internal/provision/... $(shell go list ./bridge/... 2>/dev/null | grep -v /bridge/image)

# `make lint` vets. Leasing 5,000 pairs takes minutes under the race detector, so of portlease
# only the rest runs there.
test-race: ## what runs many things at once, under the race detector
	go test -race -vet=off -count=1 -timeout 20m -skip TestTheWholeRange $(RACED) ./internal/portlease

# With the flags of `make build`, so that nothing is compiled twice; the longest package begins.
test-go: build xcaddy $(GO_TEST_MODULES) ## all other Go tests: real HTTP, database, Docker, browser
	go test -trimpath -tags $(TAGS) -vet=off -count=1 -timeout 20m $$(go list ./internal/e2e ./... | grep -vxF "$$(go list $(RACED))")

xcaddy: bin/caddy ## build bin/caddy: a stock Caddy with Kalpana's modules and those of xcaddy.json

bin/caddy: $(GO_SOURCES) $(UI_BUILT) go.mod go.sum xcaddy.json
	go run -trimpath -tags $(TAGS) ./cmd/kalpana-build xcaddy.json $@

bench: build ## measure; needs the image
	@bench/run.sh

FUZZTIME ?= 30s
fuzz: ## run every fuzzer for FUZZTIME
	@scripts/fuzz.sh $(FUZZTIME)

clean: ## remove what was built
	rm -rf bin ui/node_modules $(dir $(GO_TEST_MODULES))
