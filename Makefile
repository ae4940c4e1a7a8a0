# Makefile - builds the kernel. Other parts join in: tools/make/*.mk, net/port/*.mk, tests/{host,kernel,abi}/*.mk, tests/tests.mk.
# `make B=DIR` builds into another directory. `make help` lists the targets.
B ?= build
CROSS ?= i686-linux-gnu-
CC_K = $(CROSS)gcc
NM = $(CROSS)nm
NASM ?= nasm
PYTHON ?= /usr/bin/python3

CC_DIR := $(shell $(CC_K) -print-file-name=include 2>/dev/null)

KWARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
KFLAGS = -std=gnu11 -ffreestanding -nostdinc -isystem $(CC_DIR) -I. -O2 -g $(KWARN) -Wstack-usage=1024 -Wvla \
	-m32 -march=i686 -mtune=generic -mno-sse -mno-mmx -mno-80387 -mpreferred-stack-boundary=2 -mregparm=3 -fno-pie -freg-struct-return \
	-fno-stack-protector -fno-strict-aliasing -fno-omit-frame-pointer -momit-leaf-frame-pointer -fno-asynchronous-unwind-tables \
	-fno-common -fno-delete-null-pointer-checks
KLINK = -m32 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments

# ---- what the kernel is made of: every source below these folders
KDIRS = boot arch kernel fs net drivers lib cluster
KSRC_C := $(sort $(foreach d,$(KDIRS),$(shell find $(d) -name '*.c' 2>/dev/null)))
KSRC_ASM := $(sort $(foreach d,$(KDIRS),$(shell find $(d) -name '*.asm' 2>/dev/null)))
KOBJ = $(KSRC_C:%.c=$(B)/%.o) $(KSRC_ASM:%.asm=$(B)/%.asm.o)
KOBJ_EXTRA =   # objects of fetched sources (lwIP): added by net/port/*.mk
KFLAGS_EXTRA = # their include paths

# ---- the base alone with its self-test: boots and reports before the rest exists
SELF_C := $(sort $(wildcard arch/i386/*.c kernel/base/*.c lib/*.c tests/kernel/*.c)) kernel/mm/frame.c kernel/mm/kheap.c
SELF_C := $(filter-out kernel/base/main.c,$(SELF_C))
SELFOBJ = $(SELF_C:%.c=$(B)/%.o) $(patsubst %.asm,$(B)/%.asm.o,$(sort $(wildcard boot/*.asm arch/i386/*.asm tests/kernel/*.asm)))

.PHONY: all kernel selftest layers clean help
all: kernel

kernel: $(B)/godwit.elf
selftest: $(B)/selftest.elf

-include tools/make/*.mk net/port/*.mk tests/host/*.mk tests/kernel/*.mk tests/qemu/*/*.mk tests/abi/*.mk tests/tests.mk tests/suites/suites.mk

help:
	@echo "kernel    $(B)/godwit.elf"
	@echo "selftest  $(B)/selftest.elf: the base with its self-test"
	@echo "layers    check who includes whom (tools/layers.py)"
	@echo "clean     remove $(B)"

# Objects made with other options are not ours: the file changes only when the options do.
$(B)/.options: FORCE
	@mkdir -p $(@D)
	@echo '$(CC_K) $(KFLAGS) $(KFLAGS_EXTRA)' | cmp -s - $@ || echo '$(CC_K) $(KFLAGS) $(KFLAGS_EXTRA)' > $@
.PHONY: FORCE
FORCE:

$(B)/%.o: %.c $(B)/.options
	@mkdir -p $(@D)
	@echo "CC   $<"
	@$(CC_K) $(KFLAGS) $(KFLAGS_EXTRA) -MMD -MP -c $< -o $@

$(B)/%.asm.o: %.asm
	@mkdir -p $(@D)
	@echo "NASM $<"
	@$(NASM) -f elf32 -g -o $@ $<

# Two links: the second contains the symbol table made from the first.
$(B)/ksyms_none.asm: tools/ksyms.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/ksyms.py > $@
$(B)/ksyms_none.asm.o: $(B)/ksyms_none.asm
	@$(NASM) -f elf32 -o $@ $<

define link_kernel
	@echo "LINK $@"
	@$(CC_K) $(KLINK) -T linker.ld -o $@.first $(1) $(B)/ksyms_none.asm.o
	@$(PYTHON) tools/ksyms.py $(NM) $@.first > $@.ksyms.asm
	@$(NASM) -f elf32 -o $@.ksyms.o $@.ksyms.asm
	@$(CC_K) $(KLINK) -T linker.ld -o $@ $(1) $@.ksyms.o
endef

$(B)/godwit.elf: $(KOBJ) $(KOBJ_EXTRA) $(B)/ksyms_none.asm.o linker.ld
	$(call link_kernel,$(KOBJ) $(KOBJ_EXTRA))

$(B)/selftest.elf: $(SELFOBJ) $(B)/ksyms_none.asm.o linker.ld
	$(call link_kernel,$(SELFOBJ))

layers:
	$(PYTHON) tools/layers.py

clean:
	rm -rf $(B)

-include $(KOBJ:.o=.d) $(SELFOBJ:.o=.d)
