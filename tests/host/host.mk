# host.mk - tests that run on the host: units, simulator, frame fuzzer, mutants.
# Included by the Makefile.  Targets: test-host test-unit test-sim test-fuzz fuzz-coverage mutants pure.
# Sizes: SEEDS=1..500 FUZZ_FRAMES=100000; tests/run.py gives more (docs/nightly.md).
SEEDS ?= 1..500
FUZZ_FRAMES ?= 100000
MUTANT_SEEDS ?= 1..40

HT_OUT := build/tests
HT_CC ?= gcc
HT_WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HT_CFLAGS := -std=gnu11 -g -O2 $(HT_WARN) -I.

PURE_LIB := lib/codec.c lib/fmt.c lib/rng.c lib/text.c lib/timerq.c
PURE_CLUSTER := $(sort $(wildcard cluster/*.c cluster/*/*.c))
PURE_H := $(wildcard abi/*.h lib/*.h cluster/*.h cluster/*/*.h tests/sim/*.h tests/host/cluster/*.h)
SIM_C := $(wildcard tests/sim/*.c)
UNITS := $(patsubst tests/host/%.c,%,$(wildcard tests/host/lib/test_*.c tests/host/cluster/test_*.c))
UNIT_BINS := $(UNITS:%=$(HT_OUT)/%)
MUTANTS := MUTANT_DUP MUTANT_NO_REXMIT MUTANT_NO_INC MUTANT_NO_CHECK

.PHONY: test-host test-unit test-sim test-fuzz fuzz-coverage mutants pure
test-host: test-unit test-sim test-fuzz

test-unit: $(UNIT_BINS)
	@set -e; for t in $(UNIT_BINS); do echo "# $$t"; $$t; done

test-sim: $(HT_OUT)/sim
	@$< --seeds $(SEEDS)

test-fuzz: $(HT_OUT)/frame_fuzz
	@$< $(FUZZ_FRAMES)

# The C library's names are taken: the functions under test get others.
STR_RENAME := $(foreach f,memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strchr strrchr strstr,-D$(f)=k_$(f))

$(HT_OUT)/str_renamed.o: lib/str.c lib/str.h
	@mkdir -p $(@D)
	@$(HT_CC) $(HT_CFLAGS) -ffreestanding $(STR_RENAME) -c -o $@ $<

$(HT_OUT)/lib/test_str: $(HT_OUT)/str_renamed.o

DIV_RENAME := $(foreach f,udivmoddi4 udivdi3 umoddi3 divmoddi4 divdi3 moddi3 ctzdi2,-D__$(f)=k_$(f))

$(HT_OUT)/div64_renamed.o: lib/div64.c
	@mkdir -p $(@D)
	@$(HT_CC) $(HT_CFLAGS) $(DIV_RENAME) -c -o $@ $<

$(HT_OUT)/lib/test_div64: $(HT_OUT)/div64_renamed.o
$(HT_OUT)/lib/%: tests/host/lib/%.c $(PURE_LIB) $(PURE_H)
	@mkdir -p $(@D)
	@echo "HOST $@"
	@$(HT_CC) $(HT_CFLAGS) $(HT_SAN) -o $@ $< $(filter %.o,$^) $(PURE_LIB) -lcmocka

$(HT_OUT)/cluster/%: tests/host/cluster/%.c tests/host/cluster/pair.c $(PURE_LIB) $(PURE_CLUSTER) $(PURE_H)
	@mkdir -p $(@D)
	@echo "HOST $@"
	@$(HT_CC) $(HT_CFLAGS) $(HT_SAN) -o $@ $< tests/host/cluster/pair.c $(PURE_LIB) $(PURE_CLUSTER) -lcmocka

$(HT_OUT)/sim: $(SIM_C) $(PURE_LIB) $(PURE_CLUSTER) $(PURE_H)
	@mkdir -p $(@D)
	@echo "HOST $@"
	@$(HT_CC) $(HT_CFLAGS) $(HT_SAN) -o $@ $(SIM_C) $(PURE_LIB) $(PURE_CLUSTER)

$(HT_OUT)/frame_fuzz: tests/fuzz/frame_fuzz.c tests/host/cluster/pair.c $(PURE_LIB) $(PURE_CLUSTER) $(PURE_H)
	@mkdir -p $(@D)
	@echo "HOST $@"
	@$(HT_CC) $(HT_CFLAGS) $(HT_SAN) -o $@ tests/fuzz/frame_fuzz.c tests/host/cluster/pair.c $(PURE_LIB) $(PURE_CLUSTER)

# Which lines of the decoders did the fuzzer reach?
DECODERS := cluster/rdp/packet.c cluster/rdp/reass.c cluster/rdp/rx.c cluster/member/member.c
FUZZ_COV := $(HT_OUT)/cov
fuzz-coverage:
	@rm -rf $(FUZZ_COV) && mkdir -p $(FUZZ_COV)
	@for f in tests/fuzz/frame_fuzz.c tests/host/cluster/pair.c $(PURE_LIB) $(PURE_CLUSTER); do \
		$(HT_CC) -std=gnu11 -g -O0 --coverage -I. -c -o $(FUZZ_COV)/$$(echo $${f%.c} | tr / -).o $$f || exit 1; done
	@$(HT_CC) --coverage -o $(FUZZ_COV)/frame_fuzz $(FUZZ_COV)/*.o
	@$(FUZZ_COV)/frame_fuzz $(FUZZ_FRAMES)
	@$(PYTHON) tests/fuzz/coverage.py $(FUZZ_COV) 90 $(DECODERS)

# Each switch breaks the protocol in one place; the simulator must see it.
mutants: $(MUTANTS:%=mutant-%)
mutant-%: $(SIM_C) $(PURE_LIB) $(PURE_CLUSTER) $(PURE_H)
	@mkdir -p $(HT_OUT)
	@$(HT_CC) $(HT_CFLAGS) -D$* -o $(HT_OUT)/sim_$* $(SIM_C) $(PURE_LIB) $(PURE_CLUSTER)
	@if $(HT_OUT)/sim_$* --seeds $(MUTANT_SEEDS) > $(HT_OUT)/$*.log 2>&1; then \
		echo "not ok - $*: the simulator did not notice"; exit 1; \
	else echo "ok - $*: $$(grep -c '^not ok - seed' $(HT_OUT)/$*.log) seeds of $(MUTANT_SEEDS) fail"; fi

# The same sources as the kernel compiles them, with nothing but themselves to link against.
pure: $(patsubst %.c,$(HT_OUT)/pure/%.o,$(PURE_LIB) lib/str.c lib/div64.c $(PURE_CLUSTER))
	@$(CC_K) -m32 -r -nostdlib -o $(HT_OUT)/pure/all.o $^
	@left=$$($(NM) -u $(HT_OUT)/pure/all.o | grep -v -e assert_fail); \
		if [ -n "$$left" ]; then echo "not ok - pure code needs: $$left"; exit 1; fi
	@echo "ok - lib and cluster are freestanding"
$(HT_OUT)/pure/%.o: %.c $(PURE_H)
	@mkdir -p $(@D)
	@$(CC_K) $(KFLAGS) -c -o $@ $<
