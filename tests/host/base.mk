# base.mk - host tests of kernel/base and kernel/mm: options, frames, heap.
# Included by tests/host/host.mk (or the Makefile); target: test-host-base.
# frame.c and kheap.c keep their kernel addresses: memory is mapped at 3 GiB, so no AddressSanitizer (its shadow is there).
BASETEST_OUT := $(B)/host/base
BASETEST_CC ?= gcc
BASETEST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
BASETESTS := $(BASETEST_OUT)/bootopt_test $(BASETEST_OUT)/memory_test

.PHONY: test-host-base
test-host-base: $(BASETESTS)
	@set -e; for t in $(BASETESTS); do echo "  TEST  $$t"; $$t; done

$(BASETEST_OUT)/bootopt_test: tests/host/base/bootopt_test.c kernel/base/bootopt.c lib/text.c
	@mkdir -p $(@D)
	$(BASETEST_CC) $(BASETEST_CFLAGS) -fsanitize=address,undefined -o $@ $(filter %.c,$^) -lcmocka

$(BASETEST_OUT)/memory_test: tests/host/base/memory_test.c kernel/mm/frame.c kernel/mm/kheap.c
	@mkdir -p $(@D)
	$(BASETEST_CC) $(BASETEST_CFLAGS) -fsanitize=undefined -fno-pie -no-pie \
		-Wl,--defsym=kernel_start=0xc0100000 -Wl,--defsym=kernel_end=0xc0180000 -o $@ $(filter %.c,$^) -lcmocka

-include $(wildcard $(BASETEST_OUT)/*.d)
