# fs.mk - host tests of fs: names, pages, pipes, locks, the line discipline, terminals, the initrd, /proc.
# Included by tests/host/host.mk (or the Makefile); target: test-host-fs.
FSTEST_OUT := $(B)/host/fs
FSTEST_CC ?= gcc
FSTEST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
FSTEST_UNDER := $(wildcard fs/*.c fs/*/*.c) kernel/base/mutex.c kernel/base/random.c kernel/mm/uio.c lib/codec.c lib/fmt.c lib/str.c lib/text.c \
	tests/host/stubs/stubs.c tests/host/fs/fixture.c tests/host/fs/ramdisk.c
FSTEST_OBJ := $(FSTEST_UNDER:%.c=$(FSTEST_OUT)/%.o)
FSTESTS := $(patsubst tests/host/fs/%.c,$(FSTEST_OUT)/%,$(wildcard tests/host/fs/*_test.c))

.PHONY: test-host-fs
test-host-fs: $(FSTESTS)
	@set -e; for t in $(FSTESTS); do echo "  TEST  $$t"; $$t; done

$(FSTEST_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(FSTEST_CC) $(FSTEST_CFLAGS) -c -o $@ $<

$(FSTEST_OUT)/%_test: tests/host/fs/%_test.c $(FSTEST_OBJ)
	@mkdir -p $(@D)
	$(FSTEST_CC) $(FSTEST_CFLAGS) -o $@ $< $(FSTEST_OBJ) -lcmocka

-include $(FSTEST_OBJ:.o=.d) $(FSTESTS:=.d)
