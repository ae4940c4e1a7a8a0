/* sys_sched.c - nice values, resource limits and what was used.
 * Called by: dispatch.c through table.def.
 * Never: schedules, but for sched_yield.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/ptime.h"
#include "kernel/proc/rlimit.h"
#include "lib/fixed.h"

/* ---- nice values */

static int32_t clamp_nice(int32_t nice)
{
	return MAX(-20, MIN(19, nice));
}

/* RLIMIT_NICE counts from 1 (nice 19) to 40 (nice -20). */
static bool may_set(const struct ucall *c, const struct task *t, int32_t nice)
{
	return has_cap(ucall_who(c), CAP_SYS_NICE) || (uint64_t)(20 - nice) <= t->home.group->rlimits[RLIMIT_NICE].cur;
}

int32_t sys_nice(struct ucall *c)
{
	int32_t add = MAX(-40, MIN(40, (int32_t)c->arg[0]));
	int32_t nice = clamp_nice(c->task->thread.nice + add);

	if (add < 0 && !may_set(c, c->task, nice)) return -EPERM;
	task_set_nice(c->task, nice);
	return 0;
}

static bool selected(struct ucall *c, const struct group *g, uint32_t which, uint32_t who)
{
	const struct group *self = ucall_group(c);

	if (which == PRIO_PGRP) return g->pgrp == (who ? who : self->pgrp);
	return g->cred.uid == (who ? who : self->cred.uid);
}

/* What visit says of every thread that `which` and `who` mean: those of a process group, or of a user, or one. */
static int32_t for_each_meant(struct ucall *c, int32_t start, int32_t (*visit)(struct ucall *c, struct task *t, int32_t so_far))
{
	uint32_t which = c->arg[0], who = c->arg[1];
	struct group *g;
	struct task *t;

	if (which > PRIO_USER) return -EINVAL;
	if (which == PRIO_PROCESS) {
		t = who ? task_find(who) : c->task;
		return t ? visit(c, t, start) : start;
	}
	list_for_each(g, &all_groups, in_all)
		if (selected(c, g, which, who)) list_for_each(t, &g->tasks, home.in_group) start = visit(c, t, start);
	return start;
}

static int32_t ask_one(struct ucall *c, struct task *t, int32_t so_far)
{
	UNUSED(c);
	return MAX(so_far, 20 - t->thread.nice);
}

static int32_t set_one(struct ucall *c, struct task *t, int32_t so_far)
{
	const struct cred *me = &ucall_group(c)->cred, *to = &t->home.group->cred;
	int32_t nice = clamp_nice((int32_t)c->arg[2]);

	if (me->euid != to->uid && me->euid != to->euid && !has_cap(ucall_who(c), CAP_SYS_NICE)) return -EPERM;
	if (nice < t->thread.nice && !may_set(c, t, nice)) return -EACCES;
	task_set_nice(t, nice);
	return so_far == -ESRCH ? 0 : so_far;
}

int32_t sys_getpriority(struct ucall *c) { return for_each_meant(c, -ESRCH, ask_one); }
int32_t sys_setpriority(struct ucall *c) { return for_each_meant(c, -ESRCH, set_one); }

int32_t body_sched_yield(struct ucall *c)
{
	UNUSED(c);
	sched_yield();
	return 0;
}

int32_t body_getcpu(struct ucall *c)
{
	if (c->arg[0] && umem_store_u32(c->mem, uaddr(c->arg[0]), 0)) return -EFAULT;
	if (c->arg[1] && umem_store_u32(c->mem, uaddr(c->arg[1]), 0)) return -EFAULT;
	return 0;
}

/* ---- limits */

int32_t sys_getrlimit(struct ucall *c)
{
	struct linux_rlimit64 l;
	int32_t r = rlimit_get(ucall_group(c), c->arg[0], &l);

	if (r) return r;
	struct linux_rlimit l32 = {(uint32_t)MIN(l.cur, 0xffffffffull), (uint32_t)MIN(l.max, 0xffffffffull)};
	return umem_store(c->mem, uaddr(c->arg[1]), &l32, sizeof l32);
}

/* The first getrlimit knew signed numbers only. */
int32_t sys_getrlimit_old(struct ucall *c)
{
	struct linux_rlimit64 l;
	int32_t r = rlimit_get(ucall_group(c), c->arg[0], &l);

	if (r) return r;
	struct linux_rlimit l32 = {(uint32_t)MIN(l.cur, 0x7fffffffull), (uint32_t)MIN(l.max, 0x7fffffffull)};
	return umem_store(c->mem, uaddr(c->arg[1]), &l32, sizeof l32);
}

static int fetch_limit32(struct ucall *c, struct linux_rlimit64 *l)
{
	struct linux_rlimit l32;
	int err = umem_fetch(c->mem, &l32, uaddr(c->arg[1]), sizeof l32);

	if (err) return err;
	l->cur = l32.cur == RLIM32_INFINITY ? RLIM_INFINITY : l32.cur;
	l->max = l32.max == RLIM32_INFINITY ? RLIM_INFINITY : l32.max;
	return 0;
}

int32_t sys_setrlimit(struct ucall *c)
{
	struct linux_rlimit64 l;
	int32_t r = fetch_limit32(c, &l);

	return r ? r : rlimit_set(ucall_group(c), c->arg[0], &l, ucall_who(c)->cred);
}

/* The body's part of a limit on memory. */
int32_t body_limits(struct ucall *c)
{
	struct linux_rlimit64 l;
	int32_t r = fetch_limit32(c, &l);

	if (!r) rlimit_apply(c->task->body.space, c->arg[0], l.cur);
	return r;
}

/* A limit is a word on i386: what does not fit is none. */
static int fetch_limit64(struct ucall *c, struct linux_rlimit64 *l)
{
	int err = umem_fetch(c->mem, l, uaddr(c->arg[2]), sizeof *l);

	if (err) return err;
	if (l->cur >= RLIM32_INFINITY) l->cur = RLIM_INFINITY;
	if (l->max >= RLIM32_INFINITY) l->max = RLIM_INFINITY;
	return 0;
}

/* prlimit(2): the caller's real ids are all of the other's */
static bool same_ids(const struct cred *me, const struct cred *to)
{
	return me->uid == to->euid && me->uid == to->suid && me->uid == to->uid && me->gid == to->egid && me->gid == to->sgid && me->gid == to->gid;
}

int32_t sys_prlimit64(struct ucall *c)
{
	const struct cred *me = ucall_who(c)->cred;
	struct linux_rlimit64 old, new;

	if (c->arg[2] && fetch_limit64(c, &new)) return -EFAULT;
	struct task *t = c->arg[0] ? task_find(c->arg[0]) : c->task;
	struct group *g = t ? t->home.group : group_find(c->arg[0]);
	if (!g) return -ESRCH;
	if (g != ucall_group(c) && !same_ids(me, &g->cred) && !has_cap(ucall_who(c), CAP_SYS_RESOURCE)) return -EPERM;
	int32_t r = rlimit_get(g, c->arg[1], &old);
	if (!r && c->arg[2]) r = rlimit_set(g, c->arg[1], &new, me);
	if (!r && c->arg[3]) r = umem_store(c->mem, uaddr(c->arg[3]), &old, sizeof old);
	return r;
}

int32_t body_prlimits(struct ucall *c)
{
	struct linux_rlimit64 l;

	if (!c->arg[2] || (c->arg[0] && c->arg[0] != c->task->body.pid)) return 0;
	if (fetch_limit64(c, &l)) return -EFAULT;
	rlimit_apply(c->task->body.space, c->arg[1], l.cur);
	return 0;
}

/* ---- what was used */

#define CLOCK_TICK_NS (NS_PER_S / 100)

static int32_t ticks(uint64_t ns)
{
	return (int32_t)fixed_quot64(ns, (uint32_t)CLOCK_TICK_NS);
}

int32_t sys_times(struct ucall *c)
{
	struct figures own = group_figures(ucall_group(c)), *kids = &ucall_group(c)->children_used;
	struct linux_tms t = {ticks(own.user_ns), ticks(own.system_ns), ticks(kids->user_ns), ticks(kids->system_ns)};

	if (c->arg[0] && umem_store(c->mem, uaddr(c->arg[0]), &t, sizeof t)) return -EFAULT;
	return ticks(clock_now_ns());
}

int32_t sys_getrusage(struct ucall *c)
{
	struct linux_rusage u;
	struct figures f;

	switch ((int32_t)c->arg[0]) {
	case RUSAGE_SELF: f = group_figures(ucall_group(c)); break;
	case RUSAGE_CHILDREN: f = ucall_group(c)->children_used; break;
	case RUSAGE_THREAD: f = task_figures(c->task); break;
	default: return -EINVAL;
	}
	figures_to_rusage(&f, &u);
	return umem_store(c->mem, uaddr(c->arg[1]), &u, sizeof u);
}
