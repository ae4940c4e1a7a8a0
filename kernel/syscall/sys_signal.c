/* sys_signal.c - signal calls: sending (home), actions, masks and waiting (body).
 * Called by: dispatch.c through table.def.
 * Never: queues or delivers by itself (kernel/proc/signal.c, sigdeliver.c).  Source: signal(7), sigaction(2), kill(2). */
#include "kernel/syscall/sysarg.h"
#include "kernel/base/clock.h"
#include "kernel/proc/altstack.h"
#include "kernel/proc/sigmask.h"
#include "kernel/proc/siginfo.h"

static bool valid(uint32_t sig) { return sig >= 1 && sig <= LINUX_NSIG; }

/* ---- actions */

static uint32_t class_of(const struct linux_sigaction_k *a)
{
	return a->handler <= SIG_IGN ? a->handler : 2;
}

static int32_t set_action(struct ucall *c, uint32_t sig, const struct linux_sigaction_k *new, struct linux_sigaction_k *old)
{
	struct body *b = &c->task->body;

	if (!valid(sig) || (new && (sig == SIGKILL || sig == SIGSTOP))) return -EINVAL;
	struct linux_sigaction_k *a = &b->actions->act[sig - 1];
	*old = *a;
	if (!new) return 0;
	*a = *new;
	a->mask &= ~SIG_UNBLOCKABLE;
	a->flags &= SA_KNOWN;
	if (a->handler == SIG_IGN) b->expired &= ~SIGBIT(sig);
	if (a->handler == SIG_IGN || (a->handler == SIG_DFL && (SIGBIT(sig) & SIG_IGNORED_BY_DEFAULT))) signal_discard(c->task, (int)sig);
	if (class_of(a) != class_of(old) || (sig == SIGCHLD && a->flags != old->flags)) signal_actions_changed(c->task);
	return 0;
}

int32_t body_rt_sigaction(struct ucall *c)
{
	struct linux_sigaction_k new, old;
	_Static_assert(sizeof new == sizeof(struct linux_sigaction) && offsetof(struct linux_sigaction, mask) == 12, "the same layout");

	if (c->arg[3] != 8) return -EINVAL;
	if (c->arg[1] && umem_fetch(c->mem, &new, uaddr(c->arg[1]), sizeof new)) return -EFAULT;
	int32_t r = set_action(c, c->arg[0], c->arg[1] ? &new : NULL, &old);
	if (r || !c->arg[2]) return r;
	return umem_store(c->mem, uaddr(c->arg[2]), &old, sizeof old);
}

int32_t body_sigaction(struct ucall *c)
{
	struct linux_old_sigaction u;
	struct linux_sigaction_k new, old;

	if (c->arg[1]) {
		if (umem_fetch(c->mem, &u, uaddr(c->arg[1]), sizeof u)) return -EFAULT;
		new = (struct linux_sigaction_k){u.handler, u.flags, u.restorer, u.mask};
	}
	int32_t r = set_action(c, c->arg[0], c->arg[1] ? &new : NULL, &old);
	if (r || !c->arg[2]) return r;
	u = (struct linux_old_sigaction){old.handler, (uint32_t)old.mask, old.flags, old.restorer};
	return umem_store(c->mem, uaddr(c->arg[2]), &u, sizeof u);
}

int32_t body_signal(struct ucall *c)
{
	struct linux_sigaction_k new = {c->arg[1], SA_RESETHAND | SA_NODEFER, 0, 0}, old;
	int32_t r = set_action(c, c->arg[0], &new, &old);

	return r ? r : (int32_t)old.handler;
}

/* ---- masks */

static int32_t change_mask(struct ucall *c, uint32_t how, sigset64 set)
{
	sigset64 mask = c->task->body.mask;

	switch (how) {
	case SIG_BLOCK: mask |= set; break;
	case SIG_UNBLOCK: mask &= ~set; break;
	case SIG_SETMASK: mask = set; break;
	default: return -EINVAL;
	}
	sigmask_set(c->task, mask);
	return 0;
}

int32_t body_rt_sigprocmask(struct ucall *c)
{
	uint64_t old = c->task->body.mask, set;

	if (c->arg[3] != 8) return -EINVAL;
	if (c->arg[1]) {
		if (umem_fetch(c->mem, &set, uaddr(c->arg[1]), sizeof set)) return -EFAULT;
		int32_t r = change_mask(c, c->arg[0], set);
		if (r) return r;
	}
	return c->arg[2] ? umem_store(c->mem, uaddr(c->arg[2]), &old, sizeof old) : 0;
}

#define HIGH_HALF 0xffffffff00000000ull
int32_t body_sigprocmask(struct ucall *c)
{
	uint32_t old = (uint32_t)c->task->body.mask, set;

	if (c->arg[1]) {
		if (umem_fetch_u32(c->mem, uaddr(c->arg[1]), &set)) return -EFAULT;
		sigset64 high = c->arg[0] == SIG_SETMASK ? c->task->body.mask & HIGH_HALF : 0;
		int32_t r = change_mask(c, c->arg[0], set | high);
		if (r) return r;
	}
	return c->arg[2] ? umem_store_u32(c->mem, uaddr(c->arg[2]), old) : 0;
}

int32_t body_sgetmask(struct ucall *c) { return (int32_t)c->task->body.mask; }

int32_t body_ssetmask(struct ucall *c)
{
	uint32_t old = (uint32_t)c->task->body.mask;

	sigmask_set(c->task, c->arg[0]);
	return (int32_t)old;
}

/* ---- waiting for a signal */

static int32_t sleep_for_signal(struct task *t)
{
	struct waitq alone;

	waitq_init(&alone);
	while (!(t->thread.cuts & (CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY)))
		(void)waitq_sleep(&alone, CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY, FOREVER);
	return (t->thread.cuts & CUT_SIGNAL) ? -ERESTARTNOHAND : -EPARK;
}

int32_t body_pause(struct ucall *c)
{
	return sleep_for_signal(c->task);
}

static int32_t suspend(struct ucall *c, sigset64 mask)
{
	if (!c->task->call.resumed) sigmask_swap(c->task, mask);
	return sleep_for_signal(c->task);
}

int32_t body_rt_sigsuspend(struct ucall *c)
{
	uint64_t mask;

	if (c->arg[1] != 8) return -EINVAL;
	if (umem_fetch(c->mem, &mask, uaddr(c->arg[0]), sizeof mask)) return -EFAULT;
	return suspend(c, mask);
}

int32_t body_sigsuspend(struct ucall *c) { return suspend(c, c->arg[2]); }

/* ---- stacks and frames */

int32_t body_sigaltstack(struct ucall *c)
{
	struct body *b = &c->task->body;
	uint32_t sp = b->user.regs.esp;
	struct linux_stack old = altstack_tell(b, sp), new;

	if (c->arg[0]) {
		if (umem_fetch(c->mem, &new, uaddr(c->arg[0]), sizeof new)) return -EFAULT;
		int32_t r = altstack_change(b, &new, sp);
		if (r) return r;
	}
	return c->arg[1] ? umem_store(c->mem, uaddr(c->arg[1]), &old, sizeof old) : 0;
}

/* The row has NORESTORE: eax comes from the frame. */
static int32_t take_down(struct ucall *c, bool rt)
{
	struct task *t = c->task;

	int err = sigframe_return(&t->body, rt, c->mem);

	if (err) {
		const struct ksiginfo bad_frame = {.signo = SIGSEGV, .code = SI_KERNEL}, bad_iret = {.signo = SIGILL, .code = ILL_BADSTK};
		signal_force(t, err == -EINVAL ? &bad_iret : &bad_frame);
	}
	t->body.mask &= ~SIG_UNBLOCKABLE;
	signal_mask_changed(t);
	return 0;
}

int32_t body_sigreturn(struct ucall *c) { return take_down(c, false); }
int32_t body_rt_sigreturn(struct ucall *c) { return take_down(c, true); }

/* ---- pending (home) */

static sigset64 pending(const struct ucall *c)
{
	const struct task_home *h = &c->task->home;

	return (h->pending.set | h->group->pending.set) & h->mask_mirror;
}

int32_t sys_sigpending(struct ucall *c)
{
	return umem_store_u32(c->mem, uaddr(c->arg[0]), (uint32_t)pending(c));
}

int32_t sys_rt_sigpending(struct ucall *c)
{
	uint64_t set = pending(c);

	if (c->arg[1] > 8) return -EINVAL;
	return umem_store(c->mem, uaddr(c->arg[0]), &set, c->arg[1]);
}
