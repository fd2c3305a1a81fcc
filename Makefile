# The targets that people and CI use. A machine needs Go, make and git.

GO       ?= go
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 60s
BENCH    ?=
SOAK     ?= 10m
SLOW     ?= 15s
MOMENTS  ?= 200
STILL    ?= 20s

# The race detector needs cgo and so a C compiler; the product needs neither.
CC   := $(shell $(GO) env CC)
RACE ?= $(shell command -v $(firstword $(CC)) >/dev/null 2>&1 && echo -race)
CGO  := $(if $(RACE),1,0)

TOOL := $(GO) tool -modfile=tools.mod

.DEFAULT_GOAL := build
.PHONY: build demo test check fuzz conformance clients h2spec overload slow soak bench caddy takeover snippets docs deb deb-test clean

build: ## bin/elbow, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/elbow ./cmd/elbow

demo: build ## a node with backends and a client on one screen, until Ctrl-C
	bin/elbow demo

test: ## the whole suite, with the race detector if there is a C compiler
	@$(if $(RACE),:,echo 'no C compiler: testing without the race detector')
	CGO_ENABLED=$(CGO) $(GO) test $(RACE) -timeout 30m ./...
	@# With the race detector sync.Pool drops objects at random, so allocations are counted without it.
	$(if $(RACE),CGO_ENABLED=0 $(GO) test -count=1 -run=Allocations ./internal/proxy)

check: ## the checks before a commit: format, vet, lint, architecture
	@unformatted=$$($(TOOL) gofumpt -l .) && if [ -n "$$unformatted" ]; then \
		echo "not formatted by gofumpt:"; echo "$$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(TOOL) staticcheck ./...
	CGO_ENABLED=0 GOOS=darwin $(GO) build ./...
	CGO_ENABLED=0 $(GO) test -count=1 .

fuzz: ## every fuzz target in turn, FUZZTIME each
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6- | sort -u); do \
			echo "$$dir $$target"; \
			CGO_ENABLED=0 $(GO) test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=1s $$dir || exit 1; \
		done; \
	done

conformance: h2spec ## how nginx, haproxy and Node parse the requests that elbow forwards, and WebDAV over Apache and Subversion; installs them if missing
	conformance/install.sh nginx:nginx haproxy:haproxy node:nodejs apache2:apache2 svn:subversion /usr/lib/apache2/modules/mod_dav_svn.so:libapache2-mod-svn
	CGO_ENABLED=0 $(GO) test -count=1 ./conformance -args -with nginx,haproxy,node
	PATH=$$PATH:/usr/sbin CGO_ENABLED=0 $(GO) test -count=1 -run=WebDAV ./internal/elbtest -args -webdav

clients: ## curl, git, nghttp, gtlsclient, Chromium, Node and its ws package against elbow; installs them if missing
	conformance/install.sh curl:curl git:git nghttp:nghttp2-client gtlsclient:ngtcp2-client chromium:chromium node:nodejs npm:npm
	CGO_ENABLED=0 $(GO) test -count=1 -v -run='^TestH[23]Client' ./internal/proxy
	mkdir -p bin/clients && cp conformance/clients/* conformance/clients/.npmrc bin/clients
	cd bin/clients && npm ci --ignore-scripts --no-audit --no-fund
	CGO_ENABLED=0 $(GO) test -count=1 -v -run='^TestClients$$' ./conformance -args -clients $(CURDIR)/bin/clients

h2spec: ## all cases of h2spec, over TLS
	CGO_ENABLED=0 $(GO) build -modfile=tools.mod -o bin/h2spec github.com/summerwind/h2spec/cmd/h2spec
	CGO_ENABLED=0 H2SPEC=$(CURDIR)/bin/h2spec $(GO) test -count=1 -run='^TestH2spec$$' ./internal/proxy

overload: ## three times the capacity: goodput, memory, recovery
	CGO_ENABLED=0 $(GO) test -count=1 -v -timeout 10m -run='^TestOverload$$' ./stress -args -overload 8s

slow: ## slowhttptest, four modes of 1,000 connections beside honest clients, SLOW each; installs it if missing
	conformance/install.sh slowhttptest:slowhttptest
	CGO_ENABLED=0 $(GO) test -count=1 -v -timeout 10m -run='^TestSlowClients$$' ./stress -args -slowhttptest slowhttptest -slow $(SLOW)

soak: ## for SOAK: failing backends, changes and clients of all kinds at once; then clients that stall for STILL
	CGO_ENABLED=0 $(GO) test -count=1 -v -timeout 2h -run='^Test(Soak|SlowReaders)$$' ./stress -args -soak $(SOAK) -readers $(STILL)

.PHONY: console-test
console-test: build ## the web console in headless Chromium; installs it and Node if they are missing
	conformance/install.sh node:nodejs npm:npm chromium:chromium curl:curl openssl:openssl
	cd console-test && npm ci --no-audit --no-fund --loglevel=error
	cd console-test && timeout -k 10 600 node --test-reporter=spec console.test.mjs

takeover: ## 20 takeovers in a row under load, in which no connection is refused and no request fails
	CGO_ENABLED=0 $(GO) test -count=1 -v -run='^TestTakeover$$' ./internal/elbtest -args -takeovers 20

.PHONY: damage starts
damage: ## every kind of damage to every file of a data directory: an error that names the file, or no loss of data
	CGO_ENABLED=0 $(GO) test -count=1 -timeout 10m -run='^TestDamage$$' ./internal/elbtest -args -damage

starts: ## starts that are killed or terminated at MOMENTS moments, and the next start
	CGO_ENABLED=0 $(GO) test -count=1 -timeout 20m -run='^TestStartInterrupted$$' ./internal/elbtest -args -moments $(MOMENTS)

bench: build caddy ## elbow beside nginx, haproxy and Caddy; flags in BENCH, for example BENCH='-quick -work small,h3'
	CGO_ENABLED=0 $(GO) run ./bench -elbow bin/elbow -caddy bin/caddy $(BENCH)

caddy: ## bin/caddy, for the bench
	CGO_ENABLED=0 $(GO) build -modfile=bench/caddy.mod -o bin/caddy github.com/caddyserver/caddy/v2/cmd/caddy

snippets: build ## runs the code that the API Explorer shows, for every operation; installs what it needs
	conformance/install.sh curl:curl openssl:openssl node:nodejs npm:npm python3:python3 javac:default-jdk-headless php:php-cli
	CGO_ENABLED=0 $(GO) test -count=1 -timeout 10m -run='^TestSnippets$$' ./internal/elbtest -args -snippets $(CURDIR)/bin/elbow

docs: ## docs/api.md from the operation tables, docs/logs.md from the code
	CGO_ENABLED=0 $(GO) run ./cmd/elbow docs >docs/api.md.new && mv docs/api.md.new docs/api.md
	CGO_ENABLED=0 $(GO) test -count=1 -run='^TestLogsPageIsCurrent$$' ./internal/docs -update

.PHONY: openapi
openapi: build ## bin/openapi.json, the API as an OpenAPI 3.1 document, checked with pb33f's validator
	bin/elbow docs --openapi https://elbow.test >bin/openapi.json
	CGO_ENABLED=0 $(TOOL) validate bin/openapi.json

# dpkg must take the later build for the newer one.
DEB_VERSION = $(shell packaging/debversion.sh '$(VERSION)' "$$(git rev-list --count HEAD 2>/dev/null || echo 0)")
DEB_ARCH    = $(shell $(GO) env GOARCH)

# The maintainer is the one that Debian's tools are configured with, else git's user.
DEB_MAINTAINER = $(if $(DEBEMAIL),$(or $(DEBFULLNAME),$(DEBEMAIL)) <$(DEBEMAIL)>,$(shell git log -1 --format='%an <%ae>'))

deb: build ## bin/elbow_VERSION_ARCH.deb: the program, its unit, manual pages and completions
	rm -rf bin/deb bin/elbow_*.deb && mkdir -p bin/deb
	bin/elbow docs --man bin/deb/man && gzip -9n bin/deb/man/*
	for shell in bash zsh fish; do bin/elbow completion $$shell >bin/deb/elbow.$$shell || exit 1; done
	packaging/config.sh bin/elbow >bin/deb/elbow.conf
	DEB_VERSION='$(DEB_VERSION)' DEB_ARCH=$(DEB_ARCH) DEB_MAINTAINER='$(DEB_MAINTAINER)' CGO_ENABLED=0 \
		$(GO) tool -modfile=packaging/nfpm.mod nfpm package -f packaging/nfpm.yaml -p deb -t bin/

# As root, the package is installed too, in a mount namespace that ends with the test.
deb-test: deb ## unpacks the package and, as root, installs it in a temporary root, runs it as its unit does, and purges it
	conformance/install.sh dpkg-deb:dpkg systemd-analyze:systemd setpriv:util-linux unshare:util-linux
	@# Without permission to mount, as in some containers, the test of the installation is skipped.
	CGO_ENABLED=0 $(shell [ "$$(id -u)" = 0 ] && unshare --mount true 2>/dev/null && echo unshare --mount --propagation private) \
		$(GO) test -count=1 -v -timeout 5m -run='^Test(Deb|Install)$$' ./packaging -args -deb $(CURDIR)/bin/elbow_*.deb

.PHONY: alerts-test
alerts-test: ## the alerts, tested with Prometheus' promtool; installs it if it is missing
	conformance/install.sh promtool:prometheus
	promtool check rules --lint=all --lint-fatal packaging/prometheus/elbow-alerts.yaml
	promtool test rules packaging/prometheus/elbow-alerts_test.yaml
	CGO_ENABLED=0 $(GO) test -count=1 -run=Alerts ./packaging

clean:
	rm -rf bin bench/out
