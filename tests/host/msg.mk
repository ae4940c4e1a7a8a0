# msg.mk - messages above the datagram layer, the deputy and the packed body: unit tests, and fuzzers under the sanitizers.
# Included by the Makefile; targets: test-host-msg, msg-coverage.  FUZZ_MSGS=100000 FUZZ_CAPSULES=20000 here; tests/run.py gives more (docs/nightly.md).
FUZZ_MSGS ?= $(FUZZ_FRAMES)
FUZZ_CAPSULES ?= $(shell expr $(FUZZ_FRAMES) / 5)
MSGTEST_OUT := $(if $(B),$(B),build)/host/msg
MSGTEST_CC ?= gcc
MSGTEST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
MSG_UNDER := cluster/msg.c lib/codec.c lib/rng.c tests/host/cluster/msgs.c
CAPSULE_UNDER := kernel/migrate/capsule.c kernel/migrate/stream.c kernel/mm/space.c kernel/mm/space_map.c kernel/mm/space_advise.c kernel/base/mutex.c lib/codec.c lib/rng.c lib/fmt.c tests/host/stubs/stubs.c \
	tests/host/migrate/fixture.c

DEPUTY_UNDER := kernel/migrate/deputy.c kernel/migrate/umem_deputy.c cluster/msg.c kernel/mm/space.c kernel/mm/space_map.c kernel/mm/space_advise.c \
	kernel/migrate/stream.c kernel/base/mutex.c lib/codec.c lib/fmt.c tests/host/stubs/stubs.c tests/host/migrate/fixture.c
MSGTESTS := $(MSGTEST_OUT)/msg_test $(MSGTEST_OUT)/deputy_test $(MSGTEST_OUT)/msg_fuzz $(MSGTEST_OUT)/capsule_fuzz

.PHONY: test-host-msg msg-coverage
test-host: test-host-msg
test-host-msg: $(MSGTESTS)
	@echo "TEST $(MSGTEST_OUT)/msg_test" && $(MSGTEST_OUT)/msg_test
	@echo "TEST $(MSGTEST_OUT)/deputy_test" && $(MSGTEST_OUT)/deputy_test
	@$(MSGTEST_OUT)/msg_fuzz $(FUZZ_MSGS)
	@$(MSGTEST_OUT)/capsule_fuzz $(FUZZ_CAPSULES)

$(MSGTEST_OUT)/msg_test: tests/host/cluster/msg_test.c $(MSG_UNDER)
$(MSGTEST_OUT)/msg_fuzz: tests/fuzz/msg_fuzz.c $(MSG_UNDER)
$(MSGTEST_OUT)/capsule_fuzz: tests/fuzz/capsule_fuzz.c $(CAPSULE_UNDER)
$(MSGTEST_OUT)/deputy_test: tests/host/migrate/deputy_test.c $(DEPUTY_UNDER)
$(MSGTESTS):
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@$(MSGTEST_CC) $(MSGTEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

# Which lines of the decoders did the fuzzers reach?
MSG_COV := $(MSGTEST_OUT)/cov
msg-coverage:
	@rm -rf $(MSG_COV) && mkdir -p $(MSG_COV)/m $(MSG_COV)/c
	@for f in tests/fuzz/msg_fuzz.c $(MSG_UNDER); do \
		$(MSGTEST_CC) -std=gnu11 -g -O0 --coverage -I. -c -o $(MSG_COV)/m/$$(echo $${f%.c} | tr / -).o $$f || exit 1; done
	@for f in tests/fuzz/capsule_fuzz.c $(CAPSULE_UNDER); do \
		$(MSGTEST_CC) -std=gnu11 -g -O0 --coverage -I. -c -o $(MSG_COV)/c/$$(echo $${f%.c} | tr / -).o $$f || exit 1; done
	@$(MSGTEST_CC) --coverage -o $(MSG_COV)/msg_fuzz $(MSG_COV)/m/*.o && $(MSG_COV)/msg_fuzz $(FUZZ_MSGS)
	@$(MSGTEST_CC) --coverage -o $(MSG_COV)/capsule_fuzz $(MSG_COV)/c/*.o && $(MSG_COV)/capsule_fuzz $(FUZZ_CAPSULES)
	@$(PYTHON) tests/fuzz/coverage.py $(MSG_COV)/m 90 cluster/msg.c
	@$(PYTHON) tests/fuzz/coverage.py $(MSG_COV)/c 90 kernel/migrate/capsule.c

-include $(wildcard $(MSGTEST_OUT)/*.d)
