/* sys_sched.c - priorities, scheduling classes, CPU sets, resource limits and what was used.
 * Called by: dispatch.c through table.def.
 * Never: schedules, but for sched_yield.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/ptime.h"
#include "kernel/proc/rlimit.h"
#include "lib/fixed.h"

/* ---- nice values */

static void set_nice(struct group *g, int32_t nice)
{
	struct task *t;

	g->nice = (int8_t)nice;
	list_for_each(t, &g->tasks, home.in_group)
		t->thread.nice = (int8_t)nice;
}

static int32_t clamp_nice(int32_t nice)
{
	return MAX(-20, MIN(19, nice));
}

int32_t sys_nice(struct ucall *c)
{
	struct group *g = ucall_group(c);
	int32_t add = MAX(-40, MIN(40, (int32_t)c->arg[0]));
	int32_t nice = clamp_nice(g->nice + add);

	if (nice < g->nice && g->cred.euid) return -EPERM;
	set_nice(g, nice);
	return 0;
}

static bool selected(struct ucall *c, const struct group *g, uint32_t which, uint32_t who)
{
	const struct group *self = ucall_group(c);

	if (g->state == RUN_ZOMBIE || g->state == RUN_DEAD) return false;
	switch (which) {
	case PRIO_PROCESS: return g->pid == (who ? who : self->pid);
	case PRIO_PGRP: return g->pgrp == (who ? who : self->pgrp);
	default: return g->cred.uid == (who ? who : self->cred.uid);
	}
}

int32_t sys_getpriority(struct ucall *c)
{
	int32_t best = -ESRCH;
	struct group *g;

	if (c->arg[0] > PRIO_USER) return -EINVAL;
	list_for_each(g, &all_groups, in_all)
		if (selected(c, g, c->arg[0], c->arg[1])) best = MAX(best, 20 - g->nice);
	return best;
}

int32_t sys_setpriority(struct ucall *c)
{
	const struct cred *me = &ucall_group(c)->cred;
	int32_t nice = clamp_nice((int32_t)c->arg[2]), r = -ESRCH;
	struct group *g;

	if (c->arg[0] > PRIO_USER) return -EINVAL;
	list_for_each(g, &all_groups, in_all) {
		if (!selected(c, g, c->arg[0], c->arg[1])) continue;
		if (me->euid && me->euid != g->cred.uid && me->euid != g->cred.euid) {
			r = -EPERM;
		} else if (me->euid && nice < g->nice) {
			r = -EACCES;
		} else {
			set_nice(g, nice);
			if (r == -ESRCH) r = 0;
		}
	}
	return r;
}

/* ---- scheduling classes: there is one, SCHED_OTHER */

int32_t body_sched_yield(struct ucall *c)
{
	UNUSED(c);
	sched_yield();
	return 0;
}

int32_t body_sched_ok(struct ucall *c)
{
	return (int32_t)c->arg[0] < 0 ? -EINVAL : 0;
}

int32_t body_sched_getparam(struct ucall *c)
{
	if ((int32_t)c->arg[0] < 0 || !c->arg[1]) return -EINVAL;
	return umem_store_u32(c->mem, uaddr(c->arg[1]), 0);
}

int32_t body_sched_setscheduler(struct ucall *c)
{
	uint32_t priority;

	if ((int32_t)c->arg[0] < 0 || !c->arg[2]) return -EINVAL;
	if (umem_fetch_u32(c->mem, uaddr(c->arg[2]), &priority)) return -EFAULT;
	switch (c->arg[1]) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE: return priority ? -EINVAL : 0;
	case SCHED_FIFO:
	case SCHED_RR: return priority < 1 || priority > 99 ? -EINVAL : -EPERM;
	default: return -EINVAL;
	}
}

/* The range of priorities that a class has on Linux. */
int32_t body_sched_priority(struct ucall *c)
{
	bool max = c->task->call.row->nr == 159;

	switch (c->arg[0]) {
	case SCHED_FIFO:
	case SCHED_RR: return max ? 99 : 1;
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE: return 0;
	default: return -EINVAL;
	}
}

int32_t body_sched_interval(struct ucall *c) { return put_time(c, c->arg[1], TIME_32, 10 * NS_PER_MS); }
int32_t body_sched_interval64(struct ucall *c) { return put_time(c, c->arg[1], TIME_64, 10 * NS_PER_MS); }

int32_t body_sched_getaffinity(struct ucall *c)
{
	if (c->arg[1] < 4 || (c->arg[1] & 3)) return -EINVAL;
	int err = umem_store_u32(c->mem, uaddr(c->arg[2]), 1);
	return err ? err : 4;
}

int32_t body_sched_setaffinity(struct ucall *c)
{
	uint8_t set = 0;

	if (c->arg[1] && umem_fetch(c->mem, &set, uaddr(c->arg[2]), 1)) return -EFAULT;
	return (set & 1) ? 0 : -EINVAL;
}

int32_t body_ioprio(struct ucall *c)
{
	return c->arg[0] < 1 || c->arg[0] > 3 ? -EINVAL : 0;
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

int32_t sys_prlimit64(struct ucall *c)
{
	struct group *g = c->arg[0] ? group_find(c->arg[0]) : ucall_group(c);
	const struct cred *me = ucall_who(c)->cred;
	struct linux_rlimit64 old, new;

	if (!g) return -ESRCH;
	if (g != ucall_group(c) && me->euid && me->uid != g->cred.uid) return -EPERM;
	if (c->arg[2] && umem_fetch(c->mem, &new, uaddr(c->arg[2]), sizeof new)) return -EFAULT;
	int32_t r = rlimit_get(g, c->arg[1], &old);
	if (!r && c->arg[2]) r = rlimit_set(g, c->arg[1], &new, me);
	if (!r && c->arg[3]) r = umem_store(c->mem, uaddr(c->arg[3]), &old, sizeof old);
	return r;
}

int32_t body_prlimits(struct ucall *c)
{
	struct linux_rlimit64 l;

	if (!c->arg[2] || (c->arg[0] && c->arg[0] != c->task->body.pid)) return 0;
	if (umem_fetch(c->mem, &l, uaddr(c->arg[2]), sizeof l)) return -EFAULT;
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
