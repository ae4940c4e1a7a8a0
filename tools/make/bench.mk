# What `make bench` measures with: small programs (bench/*.c) and Debian's Linux kernel.
# Included by the root Makefile; the target `bench` itself is in tests/tests.mk.  Results: build/bench.

BENCH_PROGRAMS := $(patsubst bench/%.c,build/bench/bin/%,$(wildcard bench/*.c))

.PHONY: bench-programs bench-linux bench-record help-bench
bench: bench-programs bench-linux
bench-programs: $(BENCH_PROGRAMS)
bench-linux: build/bench/linux/vmlinuz

build/bench/bin/%: bench/%.c $(MUSLCC)
	@mkdir -p $(@D)
	@echo "  MUSLCC  $@"
	@$(MUSLCC) -std=c11 -O2 -Wall -Wextra -Wshadow -Werror -march=i686 -static -s -o $@ $<

build/bench/linux/vmlinuz: | build/.packages
	@$(PYTHON) bench/fetch_linux.py build/bench/linux

# Puts the tables of the last `make bench` into docs/performance.md.
bench-record:
	@$(PYTHON) bench/report.py

help: help-bench
help-bench:
	@echo "bench-record  put the tables of the last bench into docs/performance.md"
