# keyturn: `make demo` shows it, `make test` tries it, `make install PREFIX=DIR` installs it. `make help` lists the rest.

PREFIX ?= /usr/local
DESTDIR ?=

# No search for libraries next to the program; addresses of functions resolved at the start, and read-only from then on; a canary in
# front of return addresses, which Swift's compiler has by itself.
HARDENED := --disable-local-rpath -Xcc -fstack-protector-strong -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
# Programs carry their own Swift runtime: what is installed needs no toolchain. Swift Testing is not there for static
# linking, so the tests have a build of their own, in .build.
# No debug information: what is installed has none, and it is a sixth of the build. A debugger wants `swift build`.
# What no one calls is left out, for each function has a section of its own.
# Fifty thousand addresses are relocated at each start: in the short form they take a fiftieth of the file.
STATIC := --scratch-path .build-static -debug-info-format none --static-swift-stdlib -Xswiftc -static-stdlib $(HARDENED) -Xswiftc -use-ld=lld -Xlinker --undefined-version -Xlinker -z -Xlinker pack-relative-relocs
SECTIONS := -Xswiftc -Xfrontend -Xswiftc -function-sections
DEBUG_DIR := .build-static/debug
RELEASE_DIR := .build-static/release
# Pushers are Embedded Swift, which has no runtime to carry: a thirtieth of the size. It is optimized always, and a function that
# nothing calls is left out, for each has a section of its own. Case and category of characters are in the toolchain's archive.
TOOLCHAIN = $(shell swiftc -print-target-info | sed -n 's/.*"$(1)": "\(.*\)".*/\1/p')
EMBEDDED = --package-path Plugins --scratch-path .build-pushers -c release -debug-info-format none $(HARDENED) \
  -Xswiftc -enable-experimental-feature -Xswiftc Embedded -Xswiftc -wmo -Xswiftc -Osize \
  $(SECTIONS) -Xlinker --gc-sections -Xlinker --icf=all -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
  -Xlinker $(call TOOLCHAIN,runtimeResourcePath)/embedded/$(call TOOLCHAIN,moduleTriple)/libswiftUnicodeDataTables.a
PUSHERS_DIR := .build-pushers/release
STAGE := .build/stage
VENV := .build/venv
# What the tests of the pushers alone have sent, to be held against the services' descriptions.
REQUESTS := .build/requests.jsonl
PACKAGES := libcurl4-openssl-dev libexpat1-dev libjansson-dev libpq-dev libre2-dev libssl-dev libseccomp-dev libsodium-dev libsqlite3-dev libyaml-dev pkg-config zlib1g-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# The pushers that ship, MODULE:ID: each folder below Plugins that has a manifest.
PUSHERS := $(foreach manifest,$(sort $(wildcard Plugins/*/manifest.json)),$(notdir $(patsubst %/,%,$(dir $(manifest)))):$(shell sed -n '/^  "id": /{s/.*: "//;s/".*//;p;q}' $(manifest)))
# Their IDs: an installation pins these, and nothing else that lies in the directory.
OWN := $(foreach pusher,$(PUSHERS),$(lastword $(subst :, ,$(pusher))))

# What `keyturn --version --verbose` says of the build.
COMMIT = $(shell git rev-parse HEAD 2>/dev/null)$(if $(shell git status --porcelain 2>/dev/null), with changes)
COMPILER = $(shell swiftc --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p' | head -n 1)

.PHONY: help demo test fuzz soak bench counts counts-record tables simulate simulate-mutants blackbox build stage install uninstall format lint clean setup

help:
	@echo "make demo                  a whole rotation on stand-ins: no account, no network"
	@echo "make test                  the tests"
	@echo "make test-later            those that take minutes each: other languages, a grown header, twenty rotations, 850 places"
	@echo "make test-release          the tests of the commands on a release build, as it is installed"
	@echo "make install PREFIX=DIR    a release build, installed (default /usr/local)"
	@echo "make deb                   a Debian package of the release build, in .build"
	@echo "make tarball               an archive that runs on any Linux on x86-64, and the zip for AWS Lambda, in .build/archive"
	@echo "make release               all that is published of a version, with checksums and a signature, in .build/release-files"
	@echo "make pushers               the pushers that come with keyturn, in .build-pushers/release"
	@echo "make docs                  the documentation as a site, in .build/docs"
	@echo "make simulate SEEDS=N      the decisions in a simulated world of faults"
	@echo "make simulate-mutants      planted faults, which the simulator must find"
	@echo "make fuzz SECONDS=N        fuzzers of what reads bytes from outside, N seconds each"
	@echo "make soak                  hours of fuzzers, simulated worlds, rotations under kill -9 and storms (SOAK_MINUTES=N for each fuzzer)"
	@echo "make blackbox              200 rotations under kill -9, with CI jobs running; blackbox-fleet: three workers on PostgreSQL"
	@echo "make blackbox-systems      the same with keys at every system, on stand-ins that fail, hang up and redirect (20 minutes)"
	@echo "make storms STORMS=N       keyturn run under faults of every service, kill -9 and a second writer (2 minutes each)"
	@echo "make bench                 keyturn compared with the ways that it replaces: times, memory, requests (15 minutes)"
	@echo "make counts                instructions of fixed pieces of work, held against a budget"
	@echo "make tables                the tables of the plugins' READMEs, from manifests and behaviour"
	@echo "make hardening             how each installed program and library is hardened: RELRO, canary, NX, PIE and more"
	@echo "make format                format the sources; make lint: check the format"
	@echo "make clean                 remove what was built"

# Debian's packages, where they are missing; nothing is asked for when they are there.
setup:
	@$(MAKE) --no-print-directory packages WANTED="$(PACKAGES)"
	@command -v swift >/dev/null || { echo "Swift 6.3 is needed: https://www.swift.org/install/linux/"; exit 1; }

.PHONY: packages
packages:
	@missing=; for package in $(WANTED); do \
	  dpkg-query -W -f='$${db:Status-Abbrev}' $$package 2>/dev/null | grep -q '^ii' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi

PROGRAMS := keyturn keyturn-runner keyturn-sandbox keyturn-manual
build: setup pushers
	@set -e; for program in $(PROGRAMS); do swift build $(STATIC) --product $$program; done

.PHONY: pushers
pushers: setup
	swift build $(EMBEDDED)

# An installation of the debug build inside the build directory: what demo and tests run.
stage: build
	@$(MAKE) --no-print-directory copy FROM=$(DEBUG_DIR) TO=$(STAGE)

demo: stage
	$(STAGE)/bin/keyturn demo

install: setup pushers
	@set -e; for program in $(PROGRAMS); do swift build -c release $(STATIC) $(SECTIONS) --product $$program; done
	@$(MAKE) --no-print-directory copy FROM=$(RELEASE_DIR) TO=$(DESTDIR)$(PREFIX) STRIP=1

# FROM: a build's directory, for all but the pushers. TO: a prefix. Each file is put next to its place and moved there, so that a running program
# is never overwritten.
.PHONY: copy
copy:
	@set -e; \
	put() { \
	  mkdir -p "$$(dirname "$$3")"; install -m "$$1" "$$2" "$$3.new"; \
	  if [ -n "$(STRIP)" ]; then case "$$3" in *.so|*/keyturn*) strip --strip-unneeded "$$3.new" 2>/dev/null || true;; esac; fi; \
	  mv -f "$$3.new" "$$3"; \
	}; \
	put 755 $(FROM)/keyturn "$(TO)/bin/keyturn"; \
	put 755 $(FROM)/keyturn-runner "$(TO)/libexec/keyturn/keyturn-runner"; \
	ln -sf ../../bin/keyturn "$(TO)/libexec/keyturn/keyturn-conformance"; \
	put 755 $(FROM)/keyturn-sandbox "$(TO)/libexec/keyturn/keyturn-sandbox"; \
	for pusher in $(PUSHERS); do \
	  module=$${pusher%%:*}; id=$${pusher##*:}; \
	  put 644 $(PUSHERS_DIR)/lib$$module.so "$(TO)/lib/keyturn/pushers/$$id/pusher.so"; \
	  put 644 Plugins/$$module/manifest.json "$(TO)/lib/keyturn/pushers/$$id/manifest.json"; \
	  put 644 Plugins/$$module/conformance.json "$(TO)/lib/keyturn/pushers/$$id/conformance.json"; \
	  put 644 Plugins/$$module/README.md "$(TO)/share/doc/keyturn/pushers/$$id.md"; \
	done; \
	chmod 755 "$(TO)/lib/keyturn/pushers" "$(TO)/lib/keyturn/pushers"/*; \
	rm -f "$(TO)/lib/keyturn/pushers/keyturn.lock"; "$(TO)/bin/keyturn" plugin pin --installed --quiet $(OWN); \
	put 644 plugin-sdk/include/keyturn_pusher.h "$(TO)/include/keyturn_pusher.h"; \
	put 644 plugin-sdk/README.md "$(TO)/share/doc/keyturn/writing-a-pusher.md"; \
	tree() { \
	  rm -rf "$(TO)/share/keyturn/$$2"; \
	  (cd "$$1" && find . \( -name build -o -name .build -o -name target -o -name Examples \) -prune -o \
	    \( -type f -o -type l \) ! -name Cargo.lock ! -name Package.resolved ! -name .gitignore -print) | \
	    while read -r file; do put 644 "$$1/$$file" "$(TO)/share/keyturn/$$2/$${file#./}"; done; \
	}; \
	for language in c swift rust go; do tree plugin-sdk/Examples/$$language templates/$$language; done; \
	tree plugin-sdk plugin-sdk; \
	for folder in schemas prometheus grafana; do tree Sources/Packaging/$$folder $$folder; done; \
	page() { \
	  sed -E -e '/^### The sources$$/,$$d' -e 's#\(\.\./Examples/#(../examples/#g; s#\((\.\./)?Pictures/#(\1pictures/#g; s#\((\.\./\.\./\.\./)?Sources/Documentation/Pictures/#(\1pictures/#g; s#\((\.\./\.\./\.\./)?Sources/Documentation/Guides/#(\1guides/#g; s#\((\.\./\.\./\.\./)?Sources/Documentation/Examples/#(\1examples/#g' \
	    $(foreach pusher,$(PUSHERS),-e 's#(Plugins/)$(firstword $(subst :, ,$(pusher)))/README#\1$(lastword $(subst :, ,$(pusher)))#g') \
	    -e 's#\((\.\./\.\./\.\./)?Plugins/#(\1pushers/#g; s#plugin-sdk/README\.md#writing-a-pusher.md#g' \
	    -e 's#\(plugin-sdk/include/#(../../../include/#g; s#\(\.\./\.\./\.\./#(../#g; s#\(\.\./include#(../../../include#g' "$$1" > $(FROM)/page.tmp; \
	  put 644 $(FROM)/page.tmp "$$2"; \
	}; \
	for name in README SECURITY; do page $$name.md "$(TO)/share/doc/keyturn/$$name.md"; done; \
	rm -rf "$(TO)/share/doc/keyturn/guides" "$(TO)/share/doc/keyturn/examples"; \
	for guide in Sources/Documentation/Guides/*.md; do page $$guide "$(TO)/share/doc/keyturn/guides/$${guide##*/}"; done; \
	rm -rf "$(TO)/share/doc/keyturn/pictures"; \
	for picture in Sources/Documentation/Pictures/*.svg; do put 644 $$picture "$(TO)/share/doc/keyturn/pictures/$${picture##*/}"; done; \
	for example in $$(cd Sources/Documentation/Examples && find . -type f); do \
	  put 644 "Sources/Documentation/Examples/$$example" "$(TO)/share/doc/keyturn/examples/$${example#./}"; \
	done; \
	for unit in Sources/Packaging/systemd/*; do \
	  sed 's#/usr/local/#$(PREFIX)/#g' $$unit > $(FROM)/unit.tmp; put 644 $(FROM)/unit.tmp "$(TO)/lib/systemd/system/$${unit##*/}"; \
	done; \
	printf '{"commit": "%s", "compiler": "%s"}\n' "$(COMMIT)" "$(COMPILER)" > $(FROM)/build.tmp; \
	put 644 $(FROM)/build.tmp "$(TO)/share/keyturn/build.json"; \
	put 644 CHANGELOG.md "$(TO)/share/doc/keyturn/CHANGELOG.md"; \
	put 644 LICENSE "$(TO)/share/doc/keyturn/LICENSE"; \
	rm -rf $(FROM)/manual.tmp; mkdir $(FROM)/manual.tmp; \
	"$(FROM)/keyturn" --experimental-dump-help | "$(FROM)/keyturn-manual" $(FROM)/manual.tmp; \
	"$(TO)/bin/keyturn" config schema | "$(FROM)/keyturn-manual" --configuration $(FROM)/manual.tmp; \
	put 644 $(FROM)/manual.tmp/keyturn.yaml.5 "$(TO)/share/man/man5/keyturn.yaml.5"; \
	for page in $(FROM)/manual.tmp/*.1; do put 644 "$$page" "$(TO)/share/man/man1/$${page##*/}"; done; \
	completion() { "$(FROM)/keyturn" --generate-completion-script "$$1" > $(FROM)/completion.tmp; put 644 $(FROM)/completion.tmp "$$2"; }; \
	completion bash "$(TO)/share/bash-completion/completions/keyturn"; \
	completion zsh "$(TO)/share/zsh/site-functions/_keyturn"; \
	completion fish "$(TO)/share/fish/vendor_completions.d/keyturn.fish"

# A Debian package of the release build.
DEB_ROOT := .build/deb
.PHONY: deb
deb: setup
	@$(MAKE) --no-print-directory packages WANTED=dpkg-dev
	rm -rf $(DEB_ROOT) .build/keyturn_*.deb
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/$(DEB_ROOT)" PREFIX=/usr
	Sources/Packaging/debian/package.sh $(DEB_ROOT) \
	  .build/keyturn_$$($(DEB_ROOT)/usr/bin/keyturn --version)_$$(dpkg --print-architecture).deb

# The portable archive, and the zip for AWS Lambda, of the release build: .build/archive.
ARCHIVE_ROOT := .build/archive-tree
.PHONY: tarball lambda-zip
tarball lambda-zip: setup
	@$(MAKE) --no-print-directory packages WANTED="binutils gcc libpq5 python3"
	rm -rf $(ARCHIVE_ROOT) .build/archive
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/$(ARCHIVE_ROOT)" PREFIX=
	Sources/Packaging/archive/pack.sh $(ARCHIVE_ROOT) .build/archive

# All that is published of a version, in .build/release-files: package, archive, zip, recipe of an image, bill of materials, checksums, and, with
# MINISIGN_KEY=FILE, their signature. Times are those of the commit.
RELEASE_FILES := .build/release-files
EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
.PHONY: release
release: setup
	@$(MAKE) --no-print-directory packages WANTED="dpkg-dev minisign python3"
	rm -rf $(RELEASE_FILES) && mkdir -p $(RELEASE_FILES)
	SOURCE_DATE_EPOCH=$(EPOCH) $(MAKE) --no-print-directory deb
	$(MAKE) --no-print-directory tarball
	cp .build/keyturn_*.deb .build/archive/keyturn-*-x86_64.tar.gz .build/archive/keyturn-lambda-*.zip $(RELEASE_FILES)/
	Sources/Packaging/release/release.sh $(RELEASE_FILES) "$(CURDIR)/Package.resolved" "$(COMMIT)" "$(EPOCH)"

uninstall:
	rm -rf "$(DESTDIR)$(PREFIX)/libexec/keyturn" "$(DESTDIR)$(PREFIX)/lib/keyturn" \
	  "$(DESTDIR)$(PREFIX)/share/keyturn" "$(DESTDIR)$(PREFIX)/share/doc/keyturn"
	rm -f "$(DESTDIR)$(PREFIX)/bin/keyturn" "$(DESTDIR)$(PREFIX)/include/keyturn_pusher.h" \
	  "$(DESTDIR)$(PREFIX)/lib/systemd/system"/keyturn*.service "$(DESTDIR)$(PREFIX)/lib/systemd/system/keyturn.timer" \
	  "$(DESTDIR)$(PREFIX)/share/man/man1/keyturn.1" "$(DESTDIR)$(PREFIX)/share/man/man1"/keyturn-*.1 \
	  "$(DESTDIR)$(PREFIX)/share/man/man5/keyturn.yaml.5" \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/keyturn" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_keyturn" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/keyturn.fish"

# Python tools of the tests, in an environment of their own.
$(VENV)/ready: Tests/ClientTests/requirements.txt
	@command -v cc >/dev/null || $(MAKE) --no-print-directory packages WANTED=gcc
	@command -v g++ >/dev/null || $(MAKE) --no-print-directory packages WANTED=g++
	@command -v cargo >/dev/null || $(MAKE) --no-print-directory packages WANTED="rustc cargo"
	@$(MAKE) --no-print-directory packages WANTED="dpkg-dev fakeroot"
	@command -v groff >/dev/null || $(MAKE) --no-print-directory packages WANTED=groff-base
	@command -v zsh >/dev/null && command -v fish >/dev/null || $(MAKE) --no-print-directory packages WANTED="zsh fish"
	@$(MAKE) --no-print-directory packages WANTED="man-db minisign shellcheck systemd tzdata"
	@command -v openssl >/dev/null || $(MAKE) --no-print-directory packages WANTED=openssl
	@command -v ip >/dev/null || $(MAKE) --no-print-directory packages WANTED=iproute2
	@command -v chromium >/dev/null || $(MAKE) --no-print-directory packages WANTED=chromium
	@python3 -c 'import ensurepip, venv' 2>/dev/null || \
	  $(MAKE) --no-print-directory packages WANTED="python3 python3-venv python3-pip"
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/ClientTests/requirements.txt
	@command -v promtool >/dev/null || test -x $(VENV)/bin/promtool || $(MAKE) --no-print-directory $(VENV)/bin/promtool
	@touch $@

# Out of Debian's package of Prometheus: the server and its service are not needed.
$(VENV)/bin/promtool:
	@mkdir -p .build/prometheus && cd .build/prometheus && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .
	@install -m 755 .build/prometheus/usr/bin/promtool $@ && rm -rf .build/prometheus

test: stage
	@$(MAKE) --no-print-directory $(VENV)/ready
	swift build --build-tests -debug-info-format none
	@rm -f $(REQUESTS)
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" KEYTURN_PUSHERS="$(CURDIR)/$(PUSHERS_DIR)" KEYTURN_REQUESTS="$(CURDIR)/$(REQUESTS)" \
	  KEYTURN_MOTO="$(CURDIR)/$(VENV)/bin/moto_server" python3 Tests/postgres.py swift test --skip-build --disable-xctest
	@nice -n 19 $(MAKE) --no-print-directory test-beside > .build/beside.log 2>&1 & beside=$$!; status=0; \
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" KEYTURN_SANDBOX="$(CURDIR)/$(STAGE)/libexec/keyturn/keyturn-sandbox" \
	  KEYTURN_REQUESTS="$(CURDIR)/$(REQUESTS)" \
	  $(VENV)/bin/pytest -q -n 10 --dist worksteal -m "not later" Tests/ClientTests Tests/CommandTests || status=1; \
	if wait $$beside; then grep -E 'seeds,|instructions|iterations' .build/beside.log; else status=1; tail -n 80 .build/beside.log; fi; \
	exit $$status
	@$(MAKE) --no-print-directory lint

# Tests marked `later` take minutes each, or wait for what another one has waited for: plugins in other languages, another header, twenty
# rotations, the same rule at other services.
.PHONY: test-later
test-later: stage
	@$(MAKE) --no-print-directory $(VENV)/ready
	swift build --build-tests -debug-info-format none
	KEYTURN_MOTO_ALL=1 KEYTURN_MOTO="$(CURDIR)/$(VENV)/bin/moto_server" swift test --skip-build --disable-xctest --filter MotoStoreTests
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" KEYTURN_SANDBOX="$(CURDIR)/$(STAGE)/libexec/keyturn/keyturn-sandbox" \
	  $(VENV)/bin/pytest -q -n 2 --dist loadscope -m later Tests/CommandTests

# The tests of the commands on what is installed. An optimized build has faults of its own: `make test` tries one that is not.
.PHONY: test-release
test-release: setup
	@$(MAKE) --no-print-directory $(VENV)/ready
	@$(MAKE) --no-print-directory install DESTDIR="$(CURDIR)/.build/release" PREFIX=/usr/local
	KEYTURN_STAGE="$(CURDIR)/.build/release/usr/local" KEYTURN_SANDBOX="$(CURDIR)/.build/release/usr/local/libexec/keyturn/keyturn-sandbox" \
	  $(VENV)/bin/pytest -q -n 10 --dist worksteal -m "not later" Tests/CommandTests

# What needs the processor alone, and is done while the tests of the commands wait for servers and clocks.
.PHONY: test-beside
test-beside:
	$(MAKE) --no-print-directory simulate SEEDS=4000
	$(MAKE) --no-print-directory simulate-stores SEEDS=20
	$(MAKE) --no-print-directory counts
	FUZZ_BUILD=debug $(MAKE) --no-print-directory fuzz SECONDS=5

# test_hardened_build.py asserts on the same table.
.PHONY: hardening
hardening: stage
	@command -v readelf >/dev/null || $(MAKE) --no-print-directory packages WANTED=binutils
	@python3 Tests/CommandTests/hardening.py $(STAGE)

# The documentation as plain pages; ends with an error where a link leads nowhere.
.PHONY: docs
docs:
	@$(MAKE) --no-print-directory $(VENV)/ready
	$(VENV)/bin/python Sources/Documentation/Site/build.py . .build/docs

# What tests hold the plugins' READMEs against, written into them.
tables: stage
	swift build --build-tests -debug-info-format none
	KEYTURN_REWRITE_TABLES=1 KEYTURN_PUSHERS="$(CURDIR)/$(PUSHERS_DIR)" \
	  swift test --skip-build --disable-xctest --filter ReadmeTests
	$(STAGE)/bin/keyturn config schema | $(DEBUG_DIR)/keyturn-manual --configuration $(DEBUG_DIR)
	cp $(DEBUG_DIR)/Configuration.md Sources/Documentation/Guides/Configuration.md

# The real decisions, session and journal in a simulated world of faults, on all cores. A seed is a world, the same on every
# machine; `--seed S --trace` shows one again.
SEEDS ?= 10000
SIMULATE := --scratch-path .build-simulate -c release --product keyturn-simulate
simulate: setup
	swift build $(SIMULATE)
	.build-simulate/release/keyturn-simulate --seeds $(SEEDS)

# Worlds on a database of PostgreSQL and on a fake of DynamoDB.
.PHONY: simulate-stores
simulate-stores: setup
	swift build $(SIMULATE)
	python3 Tests/postgres.py sh -c '.build-simulate/release/keyturn-simulate --seeds $(SEEDS) --store "$$KEYTURN_POSTGRES"'
	.build-simulate/release/keyturn-simulate --seeds $(SEEDS) --store dynamodb

simulate-mutants: setup
	Tests/Simulator/mutants.sh

# Instructions of fixed pieces of work, against Tests/Benchmark/budget.json. PROFILE=DIR keeps callgrind's files.
counts: setup
	@command -v valgrind >/dev/null || $(MAKE) --no-print-directory packages WANTED=valgrind
	swift build --scratch-path .build-simulate -c release --product keyturn-counts
	python3 Tests/Benchmark/counts.py .build-simulate/release/keyturn-counts $(if $(PROFILE),--profile "$(PROFILE)") $(if $(RECORD),--record)

counts-record:
	@$(MAKE) --no-print-directory counts RECORD=1

# A release build compared with the ways that it replaces. BENCH=--quick: the cases with goals only, once.
bench: setup pushers $(VENV)/ready
	@set -e; for program in $(PROGRAMS); do swift build -c release $(STATIC) --product $$program; done
	@$(MAKE) --no-print-directory copy FROM=$(RELEASE_DIR) TO=.build/bench STRIP=1
	$(VENV)/bin/python Tests/Benchmark/bench.py .build/bench --json .build/bench.json $(BENCH)

# What reads bytes from outside, under libFuzzer and AddressSanitizer. What was found before is kept in .build-fuzz.
SECONDS ?= 60
fuzz: setup
	Tests/Fuzz/fuzz.sh $(SECONDS)

# Not in `make test`: it takes hours.
SOAK_MINUTES ?= 30
soak: stage
	@$(MAKE) --no-print-directory fuzz SECONDS=$$(( $(SOAK_MINUTES) * 60 ))
	@$(MAKE) --no-print-directory test-release
	@$(MAKE) --no-print-directory simulate SEEDS=400000
	@$(MAKE) --no-print-directory blackbox ROTATIONS=1000
	@$(MAKE) --no-print-directory blackbox-systems ROTATIONS=200
	@$(MAKE) --no-print-directory storms STORMS=60

# Rotations of the built program under kill -9, with simulated CI jobs on every target.
ROTATIONS ?= 200
blackbox: stage
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" python3 Tests/BlackBox/blackbox.py --rotations $(ROTATIONS)

# The same with keys at every system that there is a pusher for. Many users at once: a key waits until pushes of the one before, which kills
# left unanswered, cannot arrive any more.
.PHONY: blackbox-systems
blackbox-systems: stage $(VENV)/ready
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" $(VENV)/bin/python Tests/BlackBox/blackbox.py --systems --users 20 --rotations $(ROTATIONS)

# The same with three workers on one state in PostgreSQL.
.PHONY: blackbox-fleet
blackbox-fleet: stage $(VENV)/ready
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" $(VENV)/bin/python Tests/BlackBox/blackbox.py --rotations $(ROTATIONS) --workers 3

STORMS ?= 20
.PHONY: storms
storms: stage
	KEYTURN_STAGE="$(CURDIR)/$(STAGE)" python3 Tests/BlackBox/storm.py --seeds $(STORMS)

format:
	swift format --in-place --parallel --recursive Package.swift Sources Plugins plugin-sdk Tests

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Plugins plugin-sdk Tests

clean:
	rm -rf .build .build-static .build-pushers .build-simulate .build-fuzz
