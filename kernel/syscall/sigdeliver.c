/* sigdeliver.c - the body's side of signals: at the user boundary they are taken from home and acted upon.
 * Called by: entry.c (boundary, faults).
 * Never: queues a signal; asks where home is, but to know whether its POKE may be behind.
 * Source: signal(7), sigaction(2); restarts: ABI 2.4. */
#include "kernel/proc/altstack.h"
#include "kernel/proc/ptime.h"
#include "kernel/proc/sigmask.h"
#include "kernel/syscall/entry.h"
#include "kernel/syscall/rowid.h"
#include "kernel/syscall/table.h"

#define FRAME_ROOM 2048u /* more than either frame takes below the stack pointer */

/* ---- the result of an interrupted call */

static int32_t interrupted(const struct body *b)
{
	const struct user_regs *r = &b->user.regs;
	int32_t result = (int32_t)r->eax;

	if (result > -ERESTARTSYS || result < -ERESTART_RESTARTBLOCK) return 0;
	/* error holds the call's number after int 0x80, until the result was seen to */
	return r->vector == 0x80 && (int32_t)r->error >= 0 ? result : 0;
}

/* The call is made again when the program goes on: eip back on int 0x80. */
static void again(struct user_regs *r, uint32_t nr)
{
	r->eax = nr;
	r->eip -= 2;
}

static void restart_without_handler(struct body *b)
{
	struct user_regs *r = &b->user.regs;
	int32_t result = interrupted(b);

	if (!result) return;
	again(r, result == -ERESTART_RESTARTBLOCK ? 0 : r->error);
	r->error = UINT32_MAX;
}

static void restart_with_handler(struct body *b, uint32_t flags)
{
	struct user_regs *r = &b->user.regs;
	int32_t result = interrupted(b);

	if (!result) return;
	if (result == -ERESTARTNOINTR || (result == -ERESTARTSYS && (flags & SA_RESTART)))
		again(r, r->error);
	else
		r->eax = (uint32_t)-EINTR;
	r->error = UINT32_MAX;
}

/* A home half keeps its deadline at home; the body notes which row is to go on with it. */
static void note_restart(struct task *t)
{
	const struct sysrow *row = t->call.row;

	if (interrupted(&t->body) != -ERESTART_RESTARTBLOCK || !row) return;
	if (row != sysrow_by_index(ROW_poll) && row != sysrow_by_index(ROW_restart_poll)) return;
	t->body.restart.row = sysrow_by_index(ROW_restart_poll);
	for (int i = 0; i < 6; i++) t->body.restart.arg[i] = t->call.arg[i];
}

/* ---- acting on one signal. false: the thread must look at its boundary again (parked), or ends. */

static bool inner(struct task *t, const struct sysrow *row, uint32_t a, uint32_t b)
{
	const uint32_t arg[6] = {a, b};
	bool parked;
	int32_t r = call_inner(t, row, arg, &parked);

	if (r == -EHOSTDOWN) t->exiting = true;
	return !parked && !t->exiting;
}

static bool kill(struct task *t, int sig)
{
	uint32_t core = (SIGBIT(sig) & SIG_DUMPS) ? WSTATUS_CORE : 0;

	return inner(t, &row_exit_group, (uint32_t)sig | core, 0);
}

static bool default_action(struct task *t, int sig)
{
	if (SIGBIT(sig) & SIG_IGNORED_BY_DEFAULT) return true;
	if (SIGBIT(sig) & SIG_STOPS) return inner(t, &row_stop, (uint32_t)sig, 0);
	return kill(t, sig);
}

/** The frame did not fit because memory is short? Wait for its pages as a fault of the program itself would. */
static bool frame_came(struct body *b, const struct linux_sigaction_k *a)
{
	bool alt = (a->flags & SA_ONSTACK) && b->altstack_size && !altstack_in_use(b, b->user.regs.esp);
	uint32_t top = alt ? b->altstack_sp + b->altstack_size : b->user.regs.esp;

	if (top < FRAME_ROOM || top > USER_END) return false;
	for (uint32_t at = ALIGN_DOWN(top - FRAME_ROOM, PAGE_SIZE); at < top; at += PAGE_SIZE)
		if (space_fault(b->space, at, FAULT_WRITE).sig) return false;
	return true;
}

static int build_frame(struct task *t, int sig, const struct linux_sigaction_k *a, const struct ksiginfo *info)
{
	struct body *b = &t->body;
	sigset64 old = b->restore_mask ? b->saved_mask : b->mask;
	int err = sigframe_build(b, sig, a, info, old, &t->umem);

	return err && frame_came(b, a) ? sigframe_build(b, sig, a, info, old, &t->umem) : err;
}

static bool run_handler(struct task *t, int sig, struct linux_sigaction_k *act, const struct ksiginfo *info)
{
	struct body *b = &t->body;
	const struct linux_sigaction_k a = *act;

	restart_with_handler(b, a.flags);
	if (build_frame(t, sig, &a, info)) {
		/* no room for the frame: SIGSEGV, and without a handler if that was the signal */
		if (sig == SIGSEGV) act->handler = SIG_DFL;
		struct ksiginfo segv = {.signo = SIGSEGV, .code = SI_KERNEL};
		signal_force(t, &segv);
		return true;
	}
	b->restore_mask = false;
	if (a.flags & SA_RESETHAND) act->handler = SIG_DFL;
	b->mask = (b->mask | a.mask | ((a.flags & SA_NODEFER) ? 0 : SIGBIT(sig))) & ~SIG_UNBLOCKABLE;
	if (a.flags & SA_RESETHAND) signal_mirror_changed(t);
	else signal_mask_changed(t);
	return true;
}

static bool deliver(struct task *t, const struct ksiginfo *info)
{
	int sig = info->signo;
	struct linux_sigaction_k *act = &t->body.actions->act[sig - 1];

	if (sig != SIGKILL) trace_signal(t, info);
	if (sig == SIGKILL) return kill(t, sig);
	if (sig == SIGSTOP || act->handler == SIG_DFL) return default_action(t, sig);
	if (act->handler == SIG_IGN) return true;
	return run_handler(t, sig, act, info);
}

void signal_force(struct task *t, const struct ksiginfo *info)
{
	t->body.forced = *info;
}

/* A forced signal cannot be blocked or ignored: then its default action is taken. */
static bool deliver_forced(struct task *t)
{
	struct ksiginfo info = t->body.forced;
	struct linux_sigaction_k *act = &t->body.actions->act[info.signo - 1];
	bool blocked = (t->body.mask & SIGBIT(info.signo)) != 0;

	t->body.forced.signo = 0;
	if (blocked || act->handler == SIG_IGN) {
		act->handler = SIG_DFL;
		sigmask_set(t, t->body.mask & ~SIGBIT(info.signo));
	}
	return deliver(t, &info);
}

/* ---- the boundary */

static sigset64 expired_now(const struct body *b)
{
	return b->expired & ~b->mask;
}

static __attribute__((noinline)) bool waiting(const struct task *t)
{
	const struct body *b = &t->body;

	return b->poked || b->taken.signo || b->forced.signo || b->restore_mask || expired_now(b) || interrupted(b) ||
	       (ptime_counts(t) && !(b->expired & (SIGBIT(SIGVTALRM) | SIGBIT(SIGPROF))) &&
		(ptime_cpu_all(t) - b->cpu_seen_all_ns >= NS_PER_MS));
}

/* Asked on every way out: the usual answer comes first. */
bool signals_waiting(const struct task *t)
{
	const struct body *b = &t->body;

	if (b->poked || b->taken.signo || b->forced.signo || b->restore_mask || b->expired || interrupted(b) || ptime_counts(t))
		return waiting(t);
	return false;
}

static bool deliver_taken(struct task *t)
{
	struct ksiginfo info = t->body.taken;

	t->body.taken.signo = 0;
	/* init has no default actions but for its own faults */
	if (t->body.pid == 1 && info.signo != SIGKILL && t->body.actions->act[info.signo - 1].handler == SIG_DFL) return true;
	return deliver(t, &info);
}

static bool deliver_expired(struct task *t)
{
	int sig = (expired_now(&t->body) & SIGBIT(SIGVTALRM)) ? SIGVTALRM : SIGPROF;
	struct ksiginfo info = {.signo = sig, .code = SI_KERNEL};

	t->body.expired &= ~SIGBIT(sig);
	return deliver(t, &info);
}

/* Ask home for the next signal that the mask lets through. */
static bool take(struct task *t)
{
	if (!inner(t, &row_take, (uint32_t)t->body.mask, (uint32_t)(t->body.mask >> 32))) return false;
	if (t->body.taken.signo) return true;
	if (!t->has_home) return true; /* the answer said whether there is more */
	t->body.poked = false;
	mirror_mask(t, t->body.mask); /* pokes again if there is more: another thread may have got it, or a new one came */
	return true;
}

/* The mask that a waiting call brought goes when nothing was caught: at once if the call came to its end without a signal. */
static bool drop_temporary_mask(struct task *t)
{
	struct body *b = &t->body;

	if (!b->restore_mask) return false;
	b->restore_mask = false;
	sigmask_set(t, b->saved_mask);
	return true;
}

bool signals_at_boundary(struct task *t)
{
	struct body *b = &t->body;

	if (ptime_counts(t)) ptime_count_down(t);
	note_restart(t);
	if (!t->has_home && interrupted(b)) b->poked = true; /* home cut the call for a signal: its POKE may be behind */
	if (b->restore_mask && !interrupted(b) && !b->forced.signo && !b->taken.signo) drop_temporary_mask(t);
	for (;;) {
		bool go_on;
		if (b->forced.signo)
			go_on = deliver_forced(t);
		else if (b->taken.signo)
			go_on = deliver_taken(t);
		else if (expired_now(b))
			go_on = deliver_expired(t);
		else if (b->poked)
			go_on = take(t);
		else if (drop_temporary_mask(t))
			go_on = true; /* the old mask may let something through */
		else
			break;
		if (!go_on) return !t->exiting;
	}
	restart_without_handler(b);
	return !t->exiting;
}
