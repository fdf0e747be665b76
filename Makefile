# `make help` says what there is. GNU make 4.3, no shell beyond sh.

GO       ?= go
GOLANGCI := bin/golangci-lint

# The binary is static, so everything is built and tested without cgo; only the
# race detector needs it.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help check build test race lint tidy bench simulate defects demo sdk-node fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: build tidy lint test race ## all that CI runs: build, tidy, lint, test, race

build: ## compile every package, and the static binary into bin/domaind
	@echo '== build'
	@$(GO) build ./...
	@$(GO) build -trimpath -o bin/domaind ./cmd/domaind

test: ## run the tests
	@echo '== go test ./...'
	@$(GO) test ./...

race: ## run the tests under the race detector (needs gcc)
	@echo '== go test -race ./...'
	@CGO_ENABLED=1 $(GO) test -race ./...

lint: $(GOLANGCI) ## run the linters; the first time this builds them, in about two minutes
	@echo '== golangci-lint run'
	@$(GOLANGCI) run ./...

tidy: ## fail where go.mod or go.sum is not tidy
	@echo '== go mod tidy -diff'
	@$(GO) mod tidy -diff

bench: ## run the benchmarks of every package
	@$(GO) test -run '^$$' -bench . -benchmem ./...

# Where there is a file system in memory, the state files of the simulated worlds are there.
HISTORIES ?= 10000
SIMULATE  := TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}") GODEBUG=adaptivestackstart=1 \
	$(GO) test -count=1 -timeout 60m -v ./internal/proof

simulate: ## play HISTORIES years of ten domains, and every crash and pair of crashes
	@echo '== $(HISTORIES) histories'
	@$(SIMULATE) -run '^TestHistories$$' -histories $(HISTORIES)
	@echo '== every crash, every pair of crashes'
	@$(SIMULATE) -run '^TestEvery' -whole

defects: ## put deliberate defects into the sources, each in turn, and see that a test finds it
	@$(GO) test -count=1 -timeout 90m ./internal/proof/defects -run '^TestDefectsAreFound$$' -defects -v

demo: ## show what domaind does, on a simulated DNSimple
	@$(GO) run ./cmd/domaind demo

sdk-node: ## make every call with DNSimple's own Node client, against the simulated DNSimple (needs node, npm)
	@echo '== npm ci, and every call with the Node client'
	@SANDBOX_NODE_SDK=install $(GO) test -count=1 -v -run '^TestTheVendorsNodeClientMakesEveryCall$$' ./internal/sandbox

fmt: $(GOLANGCI) ## format the code (gofumpt, goimports)
	@$(GOLANGCI) fmt ./...

clean: ## remove what was built
	@rm -rf bin

# The linters have a module of their own, so that theirs are no dependencies of ours.
$(GOLANGCI): tools/go.mod tools/go.sum
	@echo '== building golangci-lint (tools/go.mod)'
	@cd tools && $(GO) build -buildvcs=false -trimpath -ldflags='-s -w' \
		-o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
