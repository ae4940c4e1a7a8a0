/* entry.c - the three ways into the kernel (fault, interrupt, system call) and the one way back to user mode.
 * Called by: arch/i386 only.  The only file, with kernel/migrate, that asks which task is running.
 * Never: knows what a call does or where its home half is.  */
#include "kernel/syscall/entry.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/syscall/table.h"
#include "lib/str.h"

/* Only tasks have a user mode to come from and go to. */
static struct task *returning_task(void)
{
	return container_of(thread_current(), struct task, thread);
}

/* The final row, and its arguments in the call's record. */
static __attribute__((noinline)) const struct sysrow *demultiplex(struct task *t, const struct sysrow *row)
{
	struct ucall c = {.task = t, .mem = &t->umem};

	memcpy(c.arg, t->call.arg, sizeof c.arg);
	row = row->resolve(&c);
	memcpy(t->call.arg, c.arg, sizeof c.arg);
	return row;
}

static void call_begin(struct task *t)
{
	struct user_regs *r = &t->body.user.regs;
	uint32_t nr = r->error; /* orig_eax, kept by the stub */
	const struct sysrow *row = nr < SYS_INNER ? sysrow_get(nr) : NULL;

	t->call.arg[0] = r->ebx;
	t->call.arg[1] = r->ecx;
	t->call.arg[2] = r->edx;
	t->call.arg[3] = r->esi;
	t->call.arg[4] = r->edi;
	t->call.arg[5] = r->ebp;
	if (row && row->resolve) row = demultiplex(t, row);
	if (!row) {
		trace_unknown(t, nr, t->call.arg);
		r->eax = (uint32_t)-ENOSYS;
		return;
	}
	call_record(&t->call, row);
	if (traced(t)) trace_enter(t, row, t->call.arg);
	call_start(t);
}

void kernel_syscall(void)
{
	sched_from_user();
	call_begin(returning_task());
}

/* Linux's traps.c: a code of SI_KERNEL comes without an address. */
static const struct { uint8_t sig, code; } fault_signals[32] = {
	[0] = {SIGFPE, FPE_INTDIV},   [1] = {SIGTRAP, TRAP_TRACE},  [3] = {SIGTRAP, (uint8_t)SI_KERNEL}, [4] = {SIGSEGV, (uint8_t)SI_KERNEL},
	[5] = {SIGSEGV, (uint8_t)SI_KERNEL}, [6] = {SIGILL, ILL_ILLOPN}, [7] = {SIGFPE, FPE_FLTINV}, [9] = {SIGFPE, FPE_FLTINV},
	[10] = {SIGSEGV, (uint8_t)SI_KERNEL}, [11] = {SIGBUS, (uint8_t)SI_KERNEL}, [12] = {SIGBUS, (uint8_t)SI_KERNEL},
	[13] = {SIGSEGV, (uint8_t)SI_KERNEL}, [16] = {SIGFPE, FPE_FLTINV}, [17] = {SIGBUS, BUS_ADRALN}, [19] = {SIGFPE, FPE_FLTINV},
};
#define VECTOR_X87 16u
#define VECTOR_ALIGNMENT 17u
#define VECTOR_SIMD 19u

/* Which exception of those that are not masked: the status and control words of x87, or MXCSR. 0: none. */
static int fpu_code(struct body *b, uint32_t vector)
{
	const uint8_t *fx = b->user.fpu.fxsave;
	uint32_t raised;

	arch_user_sync(&b->user);
	uint32_t control = fx[0], status = fx[2], mxcsr = (uint32_t)fx[25] << 8 | fx[24];
	raised = vector == VECTOR_X87 ? status & ~control : mxcsr & ~(mxcsr >> 7);
	if (raised & 1) return FPE_FLTINV;
	if (raised & 4) return FPE_FLTDIV;
	if (raised & 8) return FPE_FLTOVF;
	if (raised & 0x12) return FPE_FLTUND;
	return (raised & 0x20) ? FPE_FLTRES : 0;
}

static void fault_signal(struct task *t, int sig, int code, uint32_t address)
{
	struct ksiginfo info = {.signo = sig, .code = code, .addr = address};
	signal_force(t, &info);
}

static uint32_t fault_kind(const struct fault_info *f)
{
	uint32_t kind = (f->error & 2) ? FAULT_WRITE : FAULT_READ;
	return f->from_user ? kind : kind | FAULT_NOWAIT; /* only the program itself may wait for memory */
}

static bool page_fault(struct task *t, const struct fault_info *f)
{
	if (f->address >= USER_END) {
		if (f->from_user) t->body.user.regs.error |= 1; /* as if a page were there: which ones are is not told */
		if (f->from_user) fault_signal(t, SIGSEGV, SEGV_MAPERR, f->address);
		return false;
	}
	struct fault_result r = space_fault(t->body.space, f->address, fault_kind(f));
	if (f->from_user) {
		/* -1: a cut ended the wait; the instruction faults again after the boundary */
		if (r.sig > 0) fault_signal(t, r.sig, r.code, f->address);
		return true;
	}
	return r.sig == 0;
}

bool kernel_fault(const struct fault_info *f)
{
	struct task *t = task_current();

	if (f->from_user) sched_from_user();
	if (f->vector == 14 && t && t->has_body) return page_fault(t, f);
	if (!f->from_user) return false;
	uint32_t v = f->vector & 31;
	int sig = fault_signals[v].sig ? fault_signals[v].sig : SIGSEGV;
	int code = fault_signals[v].sig ? fault_signals[v].code : (uint8_t)SI_KERNEL;
	if (v == VECTOR_X87 || v == VECTOR_SIMD) code = fpu_code(&t->body, v);
	if (code) fault_signal(t, sig, code, v == VECTOR_ALIGNMENT ? 0 : f->eip);
	return true;
}

void kernel_irq(uint32_t line)
{
	irq_dispatch(line);
}

/* Anything that must be seen to before user mode? Interrupts are off. */
static bool boundary_work(struct task *t)
{
	return t->exiting || (t->thread.cuts & (CUT_DESTROY | CUT_FREEZE)) || t->body.space->freeze ||
	       t->call.phase != CALL_NONE || sched_need_resched() || signals_waiting(t) ||
	       (t->has_home && t->home.unit->return_to);
}

static void boundary_step(struct task *t)
{
	if (t->exiting || (t->thread.cuts & CUT_DESTROY)) task_end(t);
	if (t->body.space->freeze)
		hallway.park(t);
	else if (t->call.phase != CALL_NONE)
		call_continue(t);
	else if (t->has_home && t->home.unit->return_to)
		hallway.send_back(t);
	else if (signals_waiting(t))
		signals_at_boundary(t);
	else if (sched_need_resched())
		sched_yield();
	if (t->has_body && !t->body.space->freeze) t->thread.cuts &= ~CUT_FREEZE;
}

void kernel_user_return(void)
{
	struct task *t = returning_task();

	if (t->thread.in_user) sched_from_user(); /* an interrupt came: it is counted as the program's */
	for (;;) {
		(void)irq_save();
		if (!boundary_work(t)) break;
		irq_restore(0x200);
		boundary_step(t);
	}
	sched_to_user();
}
