# What `make bench` measures with: small programs (bench/*.c) and Debian's Linux kernel.
# Included by the root Makefile; the target `bench` itself is in tests/tests.mk.  Results: build/bench.

BENCH_PROGRAMS := $(patsubst bench/%.c,build/bench/bin/%,$(wildcard bench/*.c))

.PHONY: bench-programs bench-linux bench-record help-bench
bench: bench-programs bench-linux
bench-programs: $(BENCH_PROGRAMS)
bench-linux: build/bench/linux/vmlinuz

build/bench/bin/%: bench/%.c $(wildcard bench/*.h) $(MUSLCC)
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
	@echo "bench-abi     calls, processes, programs beside Linux: bench/out;  bench-abi-record: its table into the same file"

# System calls, processes and Debian's programs, beside Linux: bench/out.
.PHONY: bench-abi bench-abi-record
bench-abi: bench-programs bench-linux
	@$(MAKE) --no-print-directory kernel root
	@$(PYTHON) bench/abi.py

bench-abi-record:
	@$(PYTHON) bench/abi_report.py --record
