# drivers.mk - host tests of drivers: chip logic and the terminal's pure parts, against models.
# Included by tests/host/host.mk (or the Makefile); target: test-host-drivers.
DRVTEST_OUT := $(if $(B),$(B),build)/host/drivers
DRVTEST_CC ?= gcc
DRVTEST_CFLAGS := -std=c11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

DRVTESTS := $(DRVTEST_OUT)/dp8390_test $(DRVTEST_OUT)/dp8390_tx_test $(DRVTEST_OUT)/console_test \
	$(DRVTEST_OUT)/ata_test $(DRVTEST_OUT)/virtio_test

.PHONY: test-host-drivers
test-host-drivers: $(DRVTESTS)
	@set -e; for t in $(DRVTESTS); do echo "TEST $$t"; $$t; done

$(DRVTEST_OUT)/dp8390_test $(DRVTEST_OUT)/dp8390_tx_test: $(DRVTEST_OUT)/%: tests/host/drivers/%.c tests/host/drivers/nic_rig.c tests/host/drivers/chip.c \
	$(sort $(wildcard drivers/ne2000/dp8390*.c))
$(DRVTEST_OUT)/console_test: tests/host/drivers/console_test.c drivers/console/vt.c drivers/console/vt_csi.c drivers/console/keymap.c lib/fmt.c
$(DRVTEST_OUT)/ata_test: tests/host/drivers/ata_test.c tests/host/drivers/block_stub.c drivers/block/ata_disk.c
$(DRVTEST_OUT)/virtio_test: tests/host/drivers/virtio_test.c tests/host/drivers/block_stub.c drivers/block/virtio_disk.c

$(DRVTESTS): $(wildcard tests/host/drivers/*.h drivers/ne2000/*.h drivers/block/*.h fs/block.h drivers/console/*.h lib/*.h) net/netdev.h arch/arch.h
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@$(DRVTEST_CC) $(DRVTEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka
