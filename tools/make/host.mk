# Targets around the kernel image: packages, user programs, the root file system, the hub, the tool's tests.
# Included by the root Makefile; everything lands in build/.  `make help` lists the targets of both.

PYTHON  ?= /usr/bin/python3
HOSTCC  ?= gcc
MUSLCC  := build/bin/musl-gcc-i386
APTROOT := build/apt
BUSYBOX := build/apt/tree/bin/busybox

USER_CFLAGS := -std=c11 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I.
HOST_CFLAGS := -std=c11 -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I.
USER_PROGRAMS := init agent migrate mps trace
USER_BINARIES := $(USER_PROGRAMS:%=build/user/%)
HUB_SOURCES   := tools/hub/hub.c tools/hub/wire.c tools/hub/control.c
FOREIGN       := busybox-static musl-dev

all: root hub
help: help-host
.PHONY: help-host
help-host:
	@echo "run       install what is missing, build, show a program walking between four nodes"
	@echo "root      build/root.cpio: the nodes' root file system;  user: its own programs"
	@echo "hub       build/bin/hub: the Ethernet between QEMUs"
	@echo "packages  install the Debian packages that are missing;  packages-test: those of the tests too"
	@echo "test-tools  tests of the host tool, without the kernel"

.PHONY: packages packages-test hub user root run test-tools

# What the host lacks is installed by apt; with everything there, no rights and no network are needed.
packages: build/.packages
packages-test: build/.packages-test

build/.packages: tools/packages.txt tools/bootstrap.sh
	@tools/bootstrap.sh run
	@mkdir -p build && touch $@

build/.packages-test: tools/packages.txt tools/bootstrap.sh
	@tools/bootstrap.sh test
	@mkdir -p build && touch $@ build/.packages

# Foreign i386 packages come through an apt root of our own; the host's dpkg is never changed.
$(APTROOT)/have.json: tools/aptroot.py | build/.packages
	@$(PYTHON) tools/aptroot.py $(APTROOT) $(FOREIGN)
	@touch $@

$(MUSLCC): tools/musl-gcc-i386 $(APTROOT)/have.json
	@mkdir -p build/bin
	@printf '#!/bin/sh\nexec "$$(dirname "$$(readlink -f "$$0")")/../../tools/musl-gcc-i386" "$$@"\n' > $@
	@chmod +x $@

hub: build/bin/hub

build/bin/hub: $(HUB_SOURCES) tools/hub/hub.h | build/.packages
	@mkdir -p build/bin
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(HOST_CFLAGS) -o $@ $(HUB_SOURCES)

user: $(USER_BINARIES)

AGENT_SOURCES := $(wildcard user/agent*.c)
build/user/agent: $(AGENT_SOURCES) $(wildcard user/agent*.h) $(MUSLCC)
	@mkdir -p build/user
	@echo "  MUSLCC  $@"
	@$(MUSLCC) $(USER_CFLAGS) -s -o $@ $(AGENT_SOURCES)

build/user/%: user/%.c $(MUSLCC)
	@mkdir -p build/user
	@echo "  MUSLCC  $@"
	@$(MUSLCC) $(USER_CFLAGS) -s -o $@ $<

root: build/root.cpio

build/root.cpio: $(USER_BINARIES) $(APTROOT)/have.json tools/mkinitrd.py
	@echo "  ROOT    $@"
	@$(PYTHON) tools/mkinitrd.py -o $@ --busybox $(BUSYBOX) --user build/user

# Builds everything, boots four nodes and shows a program walking between them.
run: packages
	@$(MAKE) --no-print-directory -j$$(nproc) build/godwit.elf root hub
	@$(PYTHON) tools/demo.py

# The host tool without the kernel: hub, archive, apt root, agent, options.
test-tools: packages-test root hub
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/tools
