# proc.mk - host tests of the ELF reader (with a seeded mutation fuzz) and of address spaces (against a model).
# Included by tests/host/host.mk (or the Makefile); target: test-host-proc. SEED=n replays a run, FUZZ=n sets the fuzz's length.
# Frames keep their kernel addresses in space_test: memory is mapped at 3 GiB, where AddressSanitizer has its shadow.
PROCTEST_OUT := $(if $(B),$(B),build)/host/proc
PROCTEST_CC ?= gcc
PROCTEST_CFLAGS := -std=c11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
PROCTESTS := $(PROCTEST_OUT)/elf_test $(PROCTEST_OUT)/space_test

.PHONY: test-host-proc
test-host-proc: $(PROCTESTS)
	@set -e; for t in $(PROCTESTS); do echo "TEST $$t"; $$t; done

$(PROCTEST_OUT)/elf_test: tests/host/proc/elf_test.c kernel/proc/elf.c lib/codec.c lib/rng.c
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@$(PROCTEST_CC) $(PROCTEST_CFLAGS) -fsanitize=address,undefined -o $@ $(filter %.c,$^) -lcmocka

$(PROCTEST_OUT)/space_test: tests/host/proc/space_test.c kernel/mm/space.c kernel/mm/space_map.c kernel/mm/space_remap.c \
		kernel/mm/space_advise.c kernel/mm/space_cut.c \
		kernel/mm/fault.c kernel/mm/area_anon.c kernel/mm/area_file.c kernel/mm/umem.c lib/rng.c
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@$(PROCTEST_CC) $(PROCTEST_CFLAGS) -fsanitize=undefined -fno-pie -no-pie -o $@ $(filter %.c,$^) -lcmocka

-include $(wildcard $(PROCTEST_OUT)/*.d)
