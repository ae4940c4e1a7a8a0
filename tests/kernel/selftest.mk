# selftest.mk - boots the base's self-test under QEMU, and the cases that must end in a panic.
# Included by the Makefile; target: test-kernel-base.
.PHONY: test-kernel-base
test-kernel-base: $(B)/selftest.elf
	@tests/kernel/selftest.sh $<
