/* trap.c - sorts what the CPU brings: fault, interrupt or int 0x80, to the entries that arch.h names.
 * Called by: stubs.asm only.
 * Never: decides what a fault means; only a kernel fault without a fix-up ends here, in panic. */
#include "arch/i386/i386.h"

#include "kernel/base/log.h"

_Static_assert(offsetof(struct user_regs, cs) == 56, "FRAME_CS in stubs.asm");
_Static_assert(offsetof(struct user_regs, ds) == 28 && offsetof(struct user_regs, gs) == 40 &&
	       offsetof(struct user_regs, eflags) == 60 && offsetof(struct user_regs, ss) == 68 && USER_DS == 0x7b, "push order in stubs.asm");

struct fixup { uint32_t from, to; };
extern const struct fixup fixup_table[], fixup_table_end[];

static const struct user_regs *panic_regs;
static uint32_t panic_cr2;

static const char *const fault_names[VECTOR_FAULTS] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bound", "invalid opcode", "no FPU",
	"double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack segment", "general protection",
	"page fault", "reserved", "FPU error", "alignment", "machine check", "SIMD error",
};

static void handle_irq(uint32_t line)
{
	if (!pic_begin(line)) return;
	call_on_irq_stack(kernel_irq, line);
	pic_end(line);
}

static struct fault_info fault_of(const struct user_regs *r, bool from_user)
{
	return (struct fault_info){
		.vector = r->vector,
		.error = r->vector == VECTOR_PAGE_FAULT || r->error != UINT32_MAX ? r->error : 0,
		.address = r->vector == VECTOR_PAGE_FAULT ? read_cr2() : 0,
		.eip = r->eip,
		.from_user = from_user,
	};
}

void trap_user(struct user_regs *r)
{
	if (r->vector >= VECTOR_IRQ) {
		handle_irq(r->vector - VECTOR_IRQ);
		sti();
	} else if (r->vector == VECTOR_NMI) {
		panic("NMI: hardware reports a failure");
	} else {
		struct fault_info f = fault_of(r, true);
		sti();
		kernel_fault(&f);
	}
	trap_leave();
}

/* The last C before user mode; returns with interrupts off. */
void trap_leave(void)
{
	kernel_user_return(); /* interrupts are off from here on */
	if (paging_n_flush) paging_flush();
}

static const struct fixup *find_fixup(uint32_t eip)
{
	for (const struct fixup *f = fixup_table; f < fixup_table_end; f++)
		if (f->from == eip) return f;
	return NULL;
}

static NORETURN void die(const struct user_regs *r, const struct fault_info *f)
{
	cli();
	panic_regs = r;
	panic_cr2 = f->address;
	panic("kernel fault: %s, error %x, address %08x", fault_names[f->vector] ? fault_names[f->vector] : "?", f->error,
	      f->address);
}

void trap_kernel(struct user_regs *r)
{
	if (r->vector >= VECTOR_IRQ) {
		handle_irq(r->vector - VECTOR_IRQ);
		return;
	}
	if (r->vector == VECTOR_DEBUG) { /* a program's single step that came through its int 0x80: not ours to obey */
		r->eflags &= ~EFLAGS_TF;
		return;
	}
	struct fault_info f = fault_of(r, false);
	const struct fixup *fix = r->vector == VECTOR_PAGE_FAULT ? find_fixup(r->eip) : NULL;
	if (!fix) die(r, &f); /* only usercopy.asm may fault: a wild pointer of ours is not resolved by a program's page */
	if (r->eflags & EFLAGS_IF) sti();
	bool resolved = kernel_fault(&f);
	cli();
	if (!resolved) r->eip = fix->to;
	if (paging_n_flush) paging_flush();
}

void trap_double_fault(void)
{
	const struct tss *t = tables_tss();
	static struct user_regs r; /* the frame as the task switch saved it */

	r = (struct user_regs){.ebx = t->ebx, .ecx = t->ecx, .edx = t->edx, .esi = t->esi, .edi = t->edi, .ebp = t->ebp,
	                       .eax = t->eax, .ds = t->ds, .es = t->es, .fs = t->fs, .gs = t->gs,
	                       .vector = VECTOR_DOUBLE_FAULT, .eip = t->eip, .cs = t->cs, .eflags = t->eflags};
	panic_regs = &r;
	panic_cr2 = read_cr2();
	panic("double fault: esp %08x, address %08x: a kernel stack ran over, or is lost", t->esp, panic_cr2);
}

/* No fault led here: what a debugger would show at this moment. */
static void show_own_registers(void)
{
	uint32_t ebx, esi, edi, ebp, esp, eflags;

	__asm__ volatile("movl %%ebx, %0" : "=m"(ebx));
	__asm__ volatile("movl %%esi, %0" : "=m"(esi));
	__asm__ volatile("movl %%edi, %0" : "=m"(edi));
	__asm__ volatile("movl %%ebp, %0" : "=m"(ebp));
	__asm__ volatile("movl %%esp, %0" : "=m"(esp));
	__asm__ volatile("pushfl\n\tpopl %0" : "=r"(eflags));
	klog(LOG_ERR, "ebx %08x esi %08x edi %08x ebp %08x esp %08x", ebx, esi, edi, ebp, esp);
	klog(LOG_ERR, "cs %04x eflags %08x cr2 %08x", KERNEL_CS, eflags, read_cr2());
}

void arch_panic_registers(void)
{
	const struct user_regs *r = panic_regs;
	uint32_t off = 0;

	if (!r) {
		show_own_registers();
		return;
	}
	const char *name = ksym_lookup(r->eip, &off);
	klog(LOG_ERR, "eip %08x (%s+0x%x) cs %04x eflags %08x cr2 %08x", r->eip, name ? name : "?", off, r->cs & 0xffff,
	     r->eflags, panic_cr2);
	klog(LOG_ERR, "eax %08x ebx %08x ecx %08x edx %08x", r->eax, r->ebx, r->ecx, r->edx);
	klog(LOG_ERR, "esi %08x edi %08x ebp %08x frame at %p", r->esi, r->edi, r->ebp, (const void *)r);
}

uint32_t arch_panic_backtrace(uint32_t *out, uint32_t n)
{
	if (!panic_regs) return arch_backtrace_self(out, n);
	return context_backtrace_from(panic_regs->ebp, out, n);
}
