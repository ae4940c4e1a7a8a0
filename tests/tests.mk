# tests.mk - the test programs, and the targets that run everything.
# Included by the root Makefile.  `make test` ends with one line: N passed, N failed, N skipped.
# Sizes: `make test` a quarter of an hour on 2 cores; `make nightly` for hours (docs/nightly.md).
PROGRAM_NAMES := $(patsubst tests/programs/%.c,%,$(wildcard tests/programs/*.c))
PROGRAM_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Wshadow -Werror -march=i686
GLIBC_PROGRAMS := $(PROGRAM_NAMES:%=build/programs/glibc-%)
MUSL_PROGRAMS := $(PROGRAM_NAMES:%=build/programs/musl-%)

.PHONY: test nightly bench programs test-qemu mutants-kernel help-test
programs: $(GLIBC_PROGRAMS) $(MUSL_PROGRAMS)

build/programs/glibc-%: tests/programs/%.c | build/.packages-test
	@mkdir -p $(@D)
	@echo "  GLIBC   $@"
	@$(CROSS)gcc $(PROGRAM_CFLAGS) -static -s -o $@ $<

build/programs/musl-%: tests/programs/%.c $(MUSLCC)
	@mkdir -p $(@D)
	@echo "  MUSL    $@"
	@$(MUSLCC) $(PROGRAM_CFLAGS) -static -s -o $@ $<

# Everything, with a report line; a part that breaks does not stop the others.
test: packages-test
	@$(PYTHON) tests/run.py

# PART=a,b: only these parts.  nightly keeps what passed on these sources; FRESH=1 begins anew.
nightly: packages-test
	@NIGHTLY=1 $(PYTHON) tests/run.py

# Only the system tests; T="-k name" passes options to pytest.
test-qemu: packages-test
	@$(MAKE) --no-print-directory kernel root hub programs abi-programs
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/qemu $(T)

bench: packages-test
	@$(MAKE) --no-print-directory kernel root hub programs
	@$(PYTHON) bench/bench.py

# Known mistakes, each built into a kernel of its own: a test must go red.
mutants: mutants-move mutants-kernel
mutants-kernel: packages-test
	@$(MAKE) --no-print-directory kernel root hub programs
	@$(PYTHON) tests/mutants.py

help: help-test
help-test:
	@echo "test      all tests (a quarter of an hour); nightly: the long ones too; PART=list, PART=a,b (docs/nightly.md)"
	@echo "test-qemu the system tests;  programs: their programs;  bench: figures beside Linux's"
	@echo "mutants   known mistakes, built in on purpose: a test must see each"
