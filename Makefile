# Every target needs Go and nothing else, but for three: test-real installs what
# it needs, bench-peers installs kustomize and runs other programs that are there,
# and vuln asks vuln.go.dev. `make` alone lists the targets.

GO ?= go
# What the checkers are, by version.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# The race detector wants a C compiler; without one the tests run without it.
RACE ?= $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)
FUZZTIME ?= 60s
QUICKSTART := examples/quickstart

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do printf '  %-18s %s\n' "$$target" "$$text"; done

.PHONY: run
run: ## show the quickstart, replayed from its recorded clusters: no cluster, no network
	@$(GO) run ./internal/tools/tour $(QUICKSTART)

.PHONY: build
build: ## build bin/sextant
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/sextant

.PHONY: install
install: ## install sextant into Go's bin folder
	CGO_ENABLED=0 $(GO) install -trimpath ./cmd/sextant

.PHONY: test
test: ## run the tests that need nothing but Go
	$(GO) test $(RACE) -timeout=20m ./...
	# These take ten times as long under the race detector, or have no memory for it.
	$(if $(RACE),$(GO) test -run '^(TestWorstBuiltins|TestWorstArguments|TestGenerated|TestConfine)$$' ./internal/test/attack ./starlark ./internal/format ./cmd/sextant)

.PHONY: test-real
test-real: ## run the tests on real servers, and those that take long; root on Debian installs what is missing
	$(GO) run ./internal/test/realcluster/cmd/realcluster
	cd controller && $(GO) test -tags real -count=1 -timeout=20m ./...

.PHONY: check
check: check-format check-vet check-staticcheck check-tidy check-generated check-imports check-licences check-platforms check-controller ## run every check but the tests

.PHONY: check-format
check-format: ## check that gofmt has nothing to say
	@files=$$("$$($(GO) env GOROOT)/bin/gofmt" -s -l .); if [ -n "$$files" ]; then printf 'run gofmt -s -w on:\n%s\n' "$$files"; exit 1; fi

.PHONY: check-vet
check-vet: ## run go vet, with and without the tests on real servers
	$(GO) vet ./...
	$(GO) vet -tags real,long ./...

.PHONY: check-staticcheck
check-staticcheck: ## run staticcheck, with and without the tests on real servers
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(STATICCHECK) -tags real,long ./...

.PHONY: check-tidy
check-tidy: ## check that go.mod and go.sum are tidy
	$(GO) mod tidy -diff

.PHONY: check-generated
check-generated: ## check that generated files are current
	$(GO) run ./internal/tools/generated

.PHONY: check-imports
check-imports: ## check which package imports which
	$(GO) test ./internal/test/archtest/...

.PHONY: check-licences
check-licences: ## check that every dependency is listed, with a licence that is accepted
	$(GO) run ./internal/tools/licences

.PHONY: check-platforms
check-platforms: ## build for Linux, macOS and Windows, on amd64 and arm64
	@set -e; for p in $(PLATFORMS); do echo "build for $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build ./...; done

.PHONY: check-controller
check-controller: ## build, vet and test the module in controller
	cd controller && $(GO) mod tidy -diff && $(GO) build ./... && $(GO) vet ./... && $(GO) vet -tags real ./... && $(GO) test ./...

.PHONY: controller
controller: ## build bin/sextant-controller
	cd controller && CGO_ENABLED=0 $(GO) build -trimpath -o ../bin/ ./cmd/sextant-controller

.PHONY: generate
generate: ## make the generated files again
	$(GO) generate ./...

.PHONY: bench
bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-peers
bench-peers: ## compare with other programs that rewrite manifests
	$(GO) run ./bench/peers

.PHONY: fuzz
fuzz: ## run every fuzz target for a minute, or FUZZTIME
	$(GO) run ./internal/tools/fuzz -time $(FUZZTIME)

.PHONY: fuzz-short
fuzz-short: ## run every fuzz target for 20 seconds, two at the same time
	$(GO) run ./internal/tools/fuzz -time 20s -at-once 2

.PHONY: cover
cover: ## write cover.out and print the coverage of each function
	$(GO) test -coverpkg ./... -coverprofile cover.out ./...
	$(GO) tool cover -func cover.out

.PHONY: vuln
vuln: ## look for known vulnerabilities; asks vuln.go.dev
	$(GO) run $(GOVULNCHECK) ./...

# What a release is, from the files alone: no path of this machine, no build
# identity, no time. The version is set by the caller.
VERSION ?= $(shell git describe --tags --always --dirty)
RELEASE := dist

.PHONY: release
release: ## build dist/: six platforms, reproducibly, with SHA256SUMS and sbom.json
	GO="$(GO)" CYCLONEDX="$(CYCLONEDX)" ./release.sh "$(VERSION)" "$(RELEASE)" $(PLATFORMS)

.PHONY: check-release
check-release: ## make two releases for linux/amd64 in different folders and environments, and compare their bytes
	GO="$(GO)" CYCLONEDX="$(CYCLONEDX)" ./release.sh twice linux/amd64

.PHONY: clean
clean: ## remove what the other targets wrote into this folder
	rm -rf bin cover.out dist
