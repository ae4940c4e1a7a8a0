/* sigmask.c - a body's signal mask and actions, and how home is told of them.
 * Called by: signal calls, delivery, exec and fork.
 * Never: queues or delivers a signal.  Source: sigaction(2), sigprocmask(2); DESIGN 1b "The hallway". */
#include "kernel/proc/sigmask.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

/* ---- actions */

void actions_unref(struct actions *a)
{
	if (--a->refs == 0) kfree(a);
}

struct actions *actions_copy(const struct actions *a)
{
	struct actions *n = kmalloc(sizeof *n);

	if (!n) return NULL;
	memcpy(n, a, sizeof *n);
	n->refs = 1;
	return n;
}

/* ---- telling home */

void mirror_pack(const struct body *b, uint32_t arg[6])
{
	sigset64 ignored = 0, caught = 0;

	for (int sig = 1; sig <= LINUX_NSIG; sig++) {
		uint32_t h = b->actions->act[sig - 1].handler;
		if (h == SIG_IGN) ignored |= SIGBIT(sig);
		if (h != SIG_IGN && h != SIG_DFL) caught |= SIGBIT(sig);
	}
	ignored &= ~SIG_UNBLOCKABLE;
	if (b->actions->act[SIGCHLD - 1].flags & SA_NOCLDWAIT) ignored |= MIRROR_NOCLDWAIT;
	if (b->actions->act[SIGCHLD - 1].flags & SA_NOCLDSTOP) ignored |= MIRROR_NOCLDSTOP;
	const sigset64 word[3] = {b->mask | (b->discard ? MIRROR_DISCARD : 0), ignored, caught};
	for (int i = 0; i < 3; i++) {
		arg[2 * i] = (uint32_t)word[i];
		arg[2 * i + 1] = (uint32_t)(word[i] >> 32);
	}
}

void mirror_update(struct task *t)
{
	uint32_t arg[6];

	if (!t->has_home || !t->has_body) return;
	mirror_pack(&t->body, arg);
	mirror_apply(t, arg);
	t->body.mirror_stale = false;
}

/* The body is away: home hears of it with the next call, or soon. */
static void tell_home(struct task *t)
{
	/* what was pending and blocked must be delivered before the call returns: sigprocmask(2) */
	if (t->body.pending_mirror & ~t->body.mask) t->body.poked = true;
	t->body.mirror_stale = true;
	if (hallway.mirror) hallway.mirror(t);
}

void signal_mirror_changed(struct task *t)
{
	if (t->has_home) mirror_update(t);
	else tell_home(t);
}

void signal_mask_changed(struct task *t)
{
	if (t->has_home) mirror_mask(t, t->body.mask);
	else tell_home(t);
}

void signal_actions_changed(struct task *t)
{
	struct body *b;

	signal_mirror_changed(t);
	list_for_each(b, &t->body.space->tasks, in_space)
		if (b->actions == t->body.actions && b->pid != t->body.pid) signal_mirror_changed(container_of(b, struct task, body));
}

void signal_discard(struct task *t, int sig)
{
	if (t->has_home) {
		signal_drop(t->home.group, SIGBIT(sig));
		return;
	}
	t->body.discard = true;
	signal_mirror_changed(t);
}

void sigmask_set(struct task *t, sigset64 mask)
{
	mask &= ~SIG_UNBLOCKABLE;
	if (mask == t->body.mask) return;
	t->body.mask = mask;
	signal_mask_changed(t);
}

void sigmask_swap(struct task *t, sigset64 mask)
{
	t->body.saved_mask = t->body.mask;
	t->body.restore_mask = true;
	sigmask_set(t, mask);
}
