# abi.mk - the families of system-call cases: their programs, Linux's side, Godwit's side (docs/testing-abi.md).
# Included by the root Makefile.
ABI_FAMILIES := $(filter-out abi,$(patsubst tests/abi/%.c,%,$(wildcard tests/abi/*.c)))
ABI_PROGRAMS := $(ABI_FAMILIES:%=build/abi/%)
ABI_CFLAGS := -std=gnu11 -O1 -Wall -Wextra -Wshadow -Wno-nonnull -Wno-format-truncation -Werror -march=i686

.PHONY: abi abi-programs abi-record help-abi
abi-programs: $(ABI_PROGRAMS)

build/abi/%: tests/abi/%.c tests/abi/abi.c tests/abi/abi.h | build/.packages-test
	@mkdir -p $(@D)
	@echo "  GLIBC   $@"
	@$(CROSS)gcc $(ABI_CFLAGS) -static -s -o $@ $< tests/abi/abi.c

# All families on Godwit, at home and moved, beside what Linux said; then the calls that have no case.  T="-k name" chooses.
abi: packages-test
	@$(MAKE) --no-print-directory kernel root hub abi-programs
	@$(PYTHON) -m pytest -q -p no:cacheprovider --tb=short tests/qemu/test_abi.py $(T)
	@$(PYTHON) tests/abi/abi.py cover

# Runs the families on Debian's Linux and writes tests/abi/expected.  F="family ..." chooses.
abi-record: build/bench/linux/vmlinuz
	@$(MAKE) --no-print-directory root abi-programs
	@$(PYTHON) tests/abi/abi.py record $(F)

help: help-abi
help-abi:
	@echo "abi       system calls, case by case, beside what Linux says;  abi-record: ask Linux anew (docs/testing-abi.md)"
