# drivers.mk - nettest.elf: base, net thread and NE2000 driver alone, driven over the wire by ne2000_test.py; and the console
# drivers in a whole node by console_test.py.
# Included by the Makefile (through tests/tests.mk); target: test-qemu-drivers.
NETTEST_C := $(filter-out tests/kernel/self%.c,$(SELF_C)) tests/qemu/drivers/nettest.c net/netdev.c net/stack.c net/proc_dev.c \
	$(sort $(wildcard drivers/ne2000/*.c drivers/pci/*.c))
NETTEST_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(NETTEST_C))) $(patsubst %.asm,$(B)/%.asm.o,$(sort $(wildcard boot/*.asm arch/i386/*.asm)))

$(B)/nettest.elf: $(NETTEST_OBJ) $(B)/ksyms_none.asm.o linker.ld
	$(call link_kernel,$(NETTEST_OBJ))

.PHONY: test-qemu-drivers
test-qemu-drivers: $(B)/nettest.elf $(B)/godwit.elf build/root.cpio
	NETTEST_ELF=$(B)/nettest.elf GODWIT_ELF=$(B)/godwit.elf GODWIT_ROOT=build/root.cpio \
		$(PYTHON) -m pytest -q tests/qemu/drivers

-include $(B)/tests/qemu/drivers/nettest.d
