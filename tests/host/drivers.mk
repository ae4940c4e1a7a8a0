# drivers.mk - host tests of drivers: chip logic and the terminal's pure parts, against models.
# Included by tests/host/host.mk (or the Makefile); target: test-host-drivers.
DRVTEST_OUT := build/host/drivers
DRVTEST_CC ?= gcc
DRVTEST_CFLAGS := -std=c11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP

DRVTESTS := $(DRVTEST_OUT)/dp8390_test

.PHONY: test-host-drivers
test-host-drivers: $(DRVTESTS)
	@set -e; for t in $(DRVTESTS); do echo "  TEST  $$t"; $$t; done

$(DRVTEST_OUT)/dp8390_test: tests/host/drivers/dp8390_test.c tests/host/drivers/chip.c drivers/ne2000/dp8390.c
	@mkdir -p $(@D)
	$(DRVTEST_CC) $(DRVTEST_CFLAGS) -o $@ $^ -lcmocka

-include $(wildcard $(DRVTEST_OUT)/*.d)
