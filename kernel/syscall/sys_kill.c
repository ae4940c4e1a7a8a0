/* sys_kill.c - calls that send a signal, or take one without a handler.
 * Called by: dispatch.c through table.def (home halves).
 * Never: touches a body.  Source: kill(2), tkill(2), rt_sigqueueinfo(2), sigtimedwait(2). */
#include "kernel/syscall/sysarg.h"
#include "kernel/base/clock.h"
#include "kernel/proc/sigmask.h"
#include "kernel/proc/siginfo.h"

static struct ksiginfo from_me(struct ucall *c, int sig, int code)
{
	const struct group *g = ucall_group(c);

	return (struct ksiginfo){.signo = sig, .code = code, .pid = g->pid, .uid = g->cred.uid};
}

/* SIGCONT may be sent to any process of the own session. */
static bool may(struct ucall *c, const struct group *to, int sig)
{
	return signal_may(&ucall_group(c)->cred, to, sig) || (sig == SIGCONT && to->session == ucall_group(c)->session);
}

static bool ended(const struct group *g)
{
	return g->state == RUN_DEAD;
}

/* Linux looks at the signal's number only when the receiver is found. */
static int32_t send(struct ucall *c, struct group *g, const struct ksiginfo *info)
{
	if ((uint32_t)info->signo > LINUX_NSIG) return -EINVAL;
	if (!may(c, g, info->signo)) return -EPERM;
	return info->signo ? signal_post_group(g, info) : 0;
}

static int32_t kill_one(struct ucall *c, uint32_t pid, const struct ksiginfo *info)
{
	struct group *g = group_find(pid);

	return !g || ended(g) ? -ESRCH : send(c, g, info);
}

/* One success is success. */
static int32_t kill_pgrp(struct ucall *c, uint32_t pgrp, const struct ksiginfo *info)
{
	struct group *g;
	int32_t r = -ESRCH;

	list_for_each(g, &all_groups, in_all) {
		if (ended(g) || g->pgrp != pgrp) continue;
		int32_t one = send(c, g, info);
		if (r) r = one;
	}
	return r;
}

/* Every process but init and the caller: those that may not be reached are no failure. */
static int32_t kill_all(struct ucall *c, const struct ksiginfo *info)
{
	struct group *g;
	int32_t r = 0;
	bool any = false;

	list_for_each(g, &all_groups, in_all) {
		if (ended(g) || g->pid == 1 || g == ucall_group(c)) continue;
		int32_t one = send(c, g, info);
		if (one != -EPERM) r = one;
		any = true;
	}
	return any ? r : -ESRCH;
}

int32_t sys_kill(struct ucall *c)
{
	int32_t pid = (int32_t)c->arg[0];
	struct ksiginfo info = from_me(c, (int)c->arg[1], SI_USER);

	if (pid > 0) return kill_one(c, (uint32_t)pid, &info);
	if (pid == 0) return kill_pgrp(c, ucall_group(c)->pgrp, &info);
	if (pid == -1) return kill_all(c, &info);
	return pid == INT32_MIN ? -ESRCH : kill_pgrp(c, (uint32_t)-pid, &info);
}

/* tgid 0: any */
static int32_t send_task(struct ucall *c, uint32_t tgid, uint32_t tid, const struct ksiginfo *info)
{
	struct task *t = task_find(tid);
	struct group *g = t ? NULL : group_find(tid);

	/* a first thread that has ended stays a zombie until the process is waited for */
	if (g && !ended(g) && (!tgid || tgid == tid)) {
		if ((uint32_t)info->signo > LINUX_NSIG) return -EINVAL;
		return may(c, g, info->signo) ? 0 : -EPERM;
	}
	if (!t || (tgid && t->home.group->pid != tgid)) return -ESRCH;
	if ((uint32_t)info->signo > LINUX_NSIG) return -EINVAL;
	if (!may(c, t->home.group, info->signo)) return -EPERM;
	return info->signo ? signal_post_task(t, info) : 0;
}

int32_t sys_tkill(struct ucall *c)
{
	struct ksiginfo info = from_me(c, (int)c->arg[1], SI_TKILL);

	if ((int32_t)c->arg[0] <= 0) return -EINVAL;
	return send_task(c, 0, c->arg[0], &info);
}

int32_t sys_tgkill(struct ucall *c)
{
	struct ksiginfo info = from_me(c, (int)c->arg[2], SI_TKILL);

	if ((int32_t)c->arg[0] <= 0 || (int32_t)c->arg[1] <= 0) return -EINVAL;
	return send_task(c, c->arg[0], c->arg[1], &info);
}

/* The sender's own words. */
static int32_t fetch_info(struct ucall *c, uint32_t at, uint32_t sig, struct ksiginfo *info)
{
	struct linux_siginfo u;

	if (umem_fetch(c->mem, &u, uaddr(at), sizeof u)) return -EFAULT;
	siginfo_unpack(&u, info);
	info->signo = (int)sig;
	return 0;
}

/* Nobody may pose as the kernel or as kill(2) towards another. */
static bool poses(const struct ksiginfo *info)
{
	return info->code >= 0 || info->code == SI_TKILL;
}

int32_t sys_rt_sigqueueinfo(struct ucall *c)
{
	struct ksiginfo info;
	int32_t r = fetch_info(c, c->arg[2], c->arg[1], &info);

	if (r) return r;
	if (poses(&info) && c->arg[0] != c->task->home.tid) return -EPERM;
	return kill_one(c, c->arg[0], &info);
}

int32_t sys_rt_tgsigqueueinfo(struct ucall *c)
{
	struct ksiginfo info;
	int32_t r = fetch_info(c, c->arg[3], c->arg[2], &info);

	if (r) return r;
	if ((int32_t)c->arg[0] <= 0 || (int32_t)c->arg[1] <= 0) return -EINVAL;
	if (poses(&info) && c->arg[1] != c->task->home.tid) return -EPERM;
	return send_task(c, c->arg[0], c->arg[1], &info);
}

/* ---- sigtimedwait: take one of a set that is usually blocked */

static int32_t wait_for(struct task *t, sigset64 set, uint64_t deadline, struct ksiginfo *info)
{
	struct waitq alone;
	int r = 0;

	waitq_init(&alone);
	for (;;) {
		if (signal_take_from(t, set, info)) return info->signo;
		if (signal_deliverable(t) || (t->thread.cuts & CUT_DESTROY)) return -EINTR; /* one that is not waited for */
		if (r == -ETIMEDOUT || deadline <= clock_now_ns()) return -EAGAIN;
		r = waitq_sleep(&alone, CUT_SIGNAL | CUT_DESTROY, deadline);
	}
}

static int32_t timedwait(struct ucall *c, enum time_kind kind)
{
	struct task *t = c->task;
	struct linux_siginfo out;
	struct ksiginfo info;
	uint64_t set, ns, deadline = FOREVER;

	if (c->arg[3] != 8) return -EINVAL;
	if (umem_fetch(c->mem, &set, uaddr(c->arg[0]), sizeof set)) return -EFAULT;
	if (c->arg[2]) {
		int32_t err = arg_time(c, c->arg[2], kind, &ns);
		if (err) return err;
		deadline = clock_now_ns() + ns;
	}
	t->home.wait_set = set & ~SIG_UNBLOCKABLE;
	int32_t r = wait_for(t, t->home.wait_set, deadline, &info);
	t->home.wait_set = 0;
	signal_update_cut(t);
	signal_retarget(t->home.group); /* it may have been the one chosen for another */
	if (r <= 0 || !c->arg[1]) return r;
	siginfo_pack(&info, &out);
	return umem_store(c->mem, uaddr(c->arg[1]), &out, sizeof out) ? -EFAULT : r;
}

int32_t sys_rt_sigtimedwait(struct ucall *c) { return timedwait(c, TIME_32); }
int32_t sys_rt_sigtimedwait64(struct ucall *c) { return timedwait(c, TIME_64); }
