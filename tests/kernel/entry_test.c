/* entry_test.c - the three entries of arch.h as the base's self-test needs them.
 * Called by: arch/i386/trap.c in build/selftest.elf.
 * Never: linked together with kernel/syscall/entry.c. */
#include "tests/kernel/entry_test.h"

#include "kernel/base/irq.h"
#include "kernel/base/sched.h"

struct seen seen;
void (*on_user_fault)(const struct fault_info *f, struct arch_user *u);
bool (*on_kernel_fault)(const struct fault_info *f);

bool kernel_fault(const struct fault_info *f)
{
	if (!f->from_user) {
		seen.n_kernel_faults++;
		return on_kernel_fault && on_kernel_fault(f);
	}
	KASSERT(irq_enabled());
	seen.n_faults++;
	seen.fault = *f;
	if (on_user_fault) on_user_fault(f, thread_current()->user);
	else thread_exit();
	return true;
}

void kernel_irq(uint32_t line)
{
	KASSERT(!irq_enabled());
	irq_dispatch(line);
}

void kernel_syscall(void)
{
	struct user_regs *r = &thread_current()->user->regs;

	KASSERT(irq_enabled());
	seen.n_syscalls++;
	seen.last_nr = r->eax;
	seen.last_arg = r->ebx;
	if (r->eax == 1) {
		if (r->ebx == 0) seen.n_good_exits++;
		else seen.n_bad_exits++;
		thread_exit();
	}
	r->eax = r->ebx + 1;
}

void kernel_user_return(void)
{
	seen.n_returns++;
	while (irq_save(), sched_need_resched()) sched_yield();
}
