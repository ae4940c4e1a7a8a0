# syscall.mk - host tests of the system calls: the table, signal frames, and halves against a fake user memory.
# Included by the Makefile; target: test-host-syscall.  Alignment is not checked: the end of list_for_each names a task that is none.
SYSTEST_OUT := $(if $(B),$(B),build)/host/syscall
SYSTEST_CC ?= gcc
SYSTEST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
SYSTESTS := $(patsubst %,$(SYSTEST_OUT)/%_test,table sigframe calls signal trace_text)
SYSTEST_D := tests/host/syscall

.PHONY: test-host-syscall
test-host-syscall: $(SYSTESTS)
	@set -e; for t in $(SYSTESTS); do echo "TEST $$t"; $$t; done
	@$(PYTHON) tools/tabledoc.py --check docs/abi.md

$(SYSTEST_OUT)/table_test: $(SYSTEST_D)/table_test.c kernel/syscall/table.c kernel/syscall/table.def
$(SYSTEST_OUT)/sigframe_test: $(SYSTEST_D)/sigframe_test.c $(SYSTEST_D)/fake_umem.c kernel/proc/sigframe.c kernel/proc/fpstate.c \
	kernel/proc/siginfo.c kernel/proc/altstack.c
$(SYSTEST_OUT)/calls_test: $(SYSTEST_D)/calls_test.c $(SYSTEST_D)/fake_umem.c kernel/syscall/sys_file.c kernel/syscall/sysarg.c \
	kernel/mm/uio.c
$(SYSTEST_OUT)/trace_text_test: $(SYSTEST_D)/trace_text_test.c $(SYSTEST_D)/fake_umem.c kernel/syscall/trace_text.c kernel/proc/signame.c \
	lib/fmt.c
$(SYSTEST_OUT)/signal_test: $(SYSTEST_D)/signal_test.c kernel/proc/signal.c
$(SYSTESTS):
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@$(SYSTEST_CC) $(SYSTEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

-include $(SYSTESTS:=.d)
