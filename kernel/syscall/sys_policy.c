/* sys_policy.c - scheduling policies, CPU sets and I/O priorities of threads: kept and told as Linux does; the scheduler knows one
 * class, so a real-time thread runs as one of the highest nice value.
 * Called by: dispatch.c through table.def (home halves: other threads are named).
 * Never: schedules.  Source: sched(7), sched_setattr(2), sched_setaffinity(2), ioprio_set(2). */
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

#define PRIORITY_MAX 99u
#define INTERVAL_NS (4 * NS_PER_MS) /* a slice as Linux tells it at 250 Hz */
#define RR_INTERVAL_NS (100 * NS_PER_MS)

static bool real_time(uint32_t policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* The thread of a pid argument. -EINVAL: negative; -ESRCH. */
static int32_t find(struct ucall *c, struct task **t)
{
	if ((int32_t)c->arg[0] < 0) return -EINVAL;
	*t = c->arg[0] ? task_find(c->arg[0]) : c->task;
	return *t ? 0 : -ESRCH;
}

static bool same_owner(const struct ucall *c, const struct task *t)
{
	const struct cred *me = &ucall_group(c)->cred, *to = &t->home.group->cred;

	return me->euid == to->euid || me->euid == to->uid;
}

static bool may_be_nicer(const struct task *t, int32_t nice)
{
	return (uint64_t)(20 - nice) <= t->home.group->rlimits[RLIMIT_NICE].cur;
}

/* What needs no privilege: Linux's user_check_sched_setscheduler. */
static bool permitted(const struct ucall *c, const struct task *t, const struct sched_kept *k, int32_t nice)
{
	const struct sched_kept *now = &t->home.sched;
	uint64_t limit = t->home.group->rlimits[RLIMIT_RTPRIO].cur;

	if (has_cap(ucall_who(c), CAP_SYS_NICE)) return true;
	if (!real_time(k->policy) && nice < t->thread.nice && !may_be_nicer(t, nice)) return false;
	if (real_time(k->policy) && k->policy != now->policy && !limit) return false;
	if (real_time(k->policy) && k->priority > now->priority && k->priority > limit) return false;
	if (now->policy == SCHED_IDLE && k->policy != SCHED_IDLE && !may_be_nicer(t, t->thread.nice)) return false;
	return same_owner(c, t) && (!now->reset_on_fork || k->reset_on_fork);
}

static bool known(uint32_t policy)
{
	return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE || real_time(policy);
}

static int32_t set(struct ucall *c, struct task *t, const struct sched_kept *k, int32_t nice)
{
	if (!known(k->policy) || k->priority > PRIORITY_MAX || real_time(k->policy) != (k->priority != 0)) return -EINVAL;
	if (!permitted(c, t, k, nice)) return -EPERM;
	t->home.sched = *k;
	if (!real_time(k->policy)) task_set_nice(t, nice);
	return 0;
}

int32_t sys_sched_setparam(struct ucall *c)
{
	struct task *t;
	uint32_t priority;

	if (!c->arg[1] || (int32_t)c->arg[0] < 0) return -EINVAL;
	if (umem_fetch_u32(c->mem, uaddr(c->arg[1]), &priority)) return -EFAULT;
	int32_t r = find(c, &t);
	if (r) return r;
	if (priority > PRIORITY_MAX) return -EINVAL;
	const struct sched_kept k = {t->home.sched.policy, (uint8_t)priority, t->home.sched.reset_on_fork};
	return set(c, t, &k, t->thread.nice);
}

int32_t sys_sched_setscheduler(struct ucall *c)
{
	uint32_t policy = c->arg[1], priority;
	struct task *t;

	if ((int32_t)policy < 0 || !c->arg[2] || (int32_t)c->arg[0] < 0) return -EINVAL;
	if (umem_fetch_u32(c->mem, uaddr(c->arg[2]), &priority)) return -EFAULT;
	int32_t r = find(c, &t);
	if (r) return r;
	bool reset = (policy & SCHED_RESET_ON_FORK) != 0;
	policy &= ~SCHED_RESET_ON_FORK;
	if (policy > SCHED_DEADLINE || priority > PRIORITY_MAX) return -EINVAL;
	const struct sched_kept k = {(uint8_t)policy, (uint8_t)priority, reset};
	return set(c, t, &k, t->thread.nice);
}

int32_t sys_sched_getscheduler(struct ucall *c)
{
	struct task *t;
	int32_t r = find(c, &t);

	return r ? r : (int32_t)(t->home.sched.policy | (t->home.sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0));
}

int32_t sys_sched_getparam(struct ucall *c)
{
	struct task *t;

	if (!c->arg[1]) return -EINVAL;
	int32_t r = find(c, &t);
	return r ? r : umem_store_u32(c->mem, uaddr(c->arg[1]), t->home.sched.priority);
}

/* The range of priorities that a class has on Linux. */
int32_t body_sched_priority(struct ucall *c)
{
	bool max = c->task->call.row->nr == 159;

	if (real_time(c->arg[0])) return max ? PRIORITY_MAX : 1;
	return known(c->arg[0]) || c->arg[0] == SCHED_DEADLINE ? 0 : -EINVAL;
}

static int32_t interval(struct ucall *c, enum time_kind kind)
{
	struct task *t;
	int32_t r = find(c, &t);

	if (r) return r;
	uint32_t policy = t->home.sched.policy;
	return put_time(c, c->arg[1], kind, policy == SCHED_FIFO ? 0 : policy == SCHED_RR ? RR_INTERVAL_NS : INTERVAL_NS);
}

int32_t sys_sched_interval(struct ucall *c) { return interval(c, TIME_32); }
int32_t sys_sched_interval64(struct ucall *c) { return interval(c, TIME_64); }

/* ---- attributes: all of it in one struct that grows */

static int32_t fetch_attr(struct ucall *c, struct linux_sched_attr *a)
{
	uint32_t at = c->arg[1], size;

	memset(a, 0, sizeof *a);
	if (umem_fetch_u32(c->mem, uaddr(at), &size)) return -EFAULT;
	if (!size) size = SCHED_ATTR_FIRST;
	bool fits = size >= SCHED_ATTR_FIRST && size <= PAGE_SIZE;
	for (uint32_t i = sizeof *a; fits && i < size; i++) {
		uint8_t beyond;
		if (umem_fetch(c->mem, &beyond, uaddr(at + i), 1)) return -EFAULT;
		fits = !beyond;
	}
	if (!fits) return umem_store_u32(c->mem, uaddr(at), sizeof *a) ? -EFAULT : -E2BIG;
	if (umem_fetch(c->mem, a, uaddr(at), MIN(size, (uint32_t)sizeof *a))) return -EFAULT;
	a->nice = MAX(-20, MIN(19, a->nice));
	return 0;
}

int32_t sys_sched_setattr(struct ucall *c)
{
	struct linux_sched_attr a;
	struct task *t;

	if (!c->arg[1] || (int32_t)c->arg[0] < 0 || c->arg[2]) return -EINVAL;
	int32_t r = fetch_attr(c, &a);
	if (r) return r;
	if ((int32_t)a.policy < 0) return -EINVAL;
	r = find(c, &t);
	if (r) return r;
	if (a.flags & ~(uint64_t)(SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)) return -EINVAL;
	if (a.flags & SCHED_FLAG_KEEP_POLICY) a.policy = t->home.sched.policy;
	if (a.flags & SCHED_FLAG_KEEP_PARAMS) {
		a.priority = t->home.sched.priority;
		a.nice = t->thread.nice;
	}
	if (a.policy > SCHED_DEADLINE || a.priority > PRIORITY_MAX) return -EINVAL;
	const struct sched_kept k = {(uint8_t)a.policy, (uint8_t)a.priority, (a.flags & SCHED_FLAG_RESET_ON_FORK) != 0};
	return set(c, t, &k, a.nice);
}

int32_t sys_sched_getattr(struct ucall *c)
{
	uint32_t size = c->arg[2];
	struct task *t;

	if (!c->arg[1] || (int32_t)c->arg[0] < 0 || size > PAGE_SIZE || size < SCHED_ATTR_FIRST || c->arg[3]) return -EINVAL;
	int32_t r = find(c, &t);
	if (r) return r;
	const struct sched_kept *k = &t->home.sched;
	struct linux_sched_attr a = {.size = MIN(size, (uint32_t)sizeof a), .policy = k->policy, .priority = k->priority};
	a.flags = k->reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	if (!real_time(k->policy)) a.nice = t->thread.nice;
	return umem_store(c->mem, uaddr(c->arg[1]), &a, a.size);
}

/* ---- CPU sets: there is one CPU */

int32_t sys_sched_getaffinity(struct ucall *c)
{
	struct task *t;

	if (c->arg[1] < 4 || (c->arg[1] & 3)) return -EINVAL;
	int32_t r = find(c, &t);
	if (r) return r == -EINVAL ? -ESRCH : r;
	return umem_store_u32(c->mem, uaddr(c->arg[2]), 1) ? -EFAULT : 4;
}

int32_t sys_sched_setaffinity(struct ucall *c)
{
	uint32_t set = 0;
	struct task *t;

	if (c->arg[1] && umem_fetch(c->mem, &set, uaddr(c->arg[2]), MIN(c->arg[1], 4u))) return -EFAULT;
	int32_t r = find(c, &t);
	if (r) return r == -EINVAL ? -ESRCH : r;
	if (!same_owner(c, t) && !has_cap(ucall_who(c), CAP_SYS_NICE)) return -EPERM;
	return (set & 1) ? 0 : -EINVAL;
}

/* ---- I/O priorities: kept; the disk serves all alike */
#define IOPRIO_WHO_PROCESS 1u
#define IOPRIO_WHO_USER 3u
#define IOPRIO_LEVELS 8u
enum { CLASS_NONE, CLASS_RT, CLASS_BE, CLASS_IDLE };

static int32_t check_ioprio(const struct ucall *c, uint32_t value)
{
	uint32_t data = value & 0x1fff;

	switch (value >> 13) {
	case CLASS_NONE: return data ? -EINVAL : 0;
	case CLASS_RT: if (!has_cap(ucall_who(c), CAP_SYS_ADMIN) && !has_cap(ucall_who(c), CAP_SYS_NICE)) return -EPERM; /* fall through */
	case CLASS_BE: return data >= IOPRIO_LEVELS ? -EINVAL : 0;
	case CLASS_IDLE: return 0;
	default: return -EINVAL;
	}
}

static bool is_meant(const struct ucall *c, const struct task *t)
{
	const struct group *g = t->home.group, *self = c->task->home.group;
	uint32_t who = c->arg[1];

	switch (c->arg[0]) {
	case IOPRIO_WHO_PROCESS: return t->home.tid == (who ? who : c->task->home.tid);
	case IOPRIO_WHO_USER: return g->cred.uid == (who ? who : self->cred.uid);
	default: return g->pgrp == (who ? who : self->pgrp);
	}
}

/* The first thread that is meant after `after`; NULL starts. */
static struct task *next_meant(const struct ucall *c, struct task *after)
{
	bool past = !after;
	struct group *g;
	struct task *t;

	list_for_each(g, &all_groups, in_all) {
		list_for_each(t, &g->tasks, home.in_group) {
			if (past && is_meant(c, t)) return t;
			if (t == after) past = true;
		}
	}
	return NULL;
}

int32_t sys_ioprio_set(struct ucall *c)
{
	int32_t r = check_ioprio(c, c->arg[2]);

	if (r) return r;
	if (c->arg[0] < IOPRIO_WHO_PROCESS || c->arg[0] > IOPRIO_WHO_USER) return -EINVAL;
	r = -ESRCH;
	for (struct task *t = NULL; (t = next_meant(c, t));) {
		if (!same_owner(c, t) && !has_cap(ucall_who(c), CAP_SYS_NICE)) return -EPERM;
		t->home.ioprio = (uint16_t)c->arg[2];
		r = 0;
	}
	return r;
}

/* Of several the best, which is the least number but for "none". */
int32_t sys_ioprio_get(struct ucall *c)
{
	int32_t best = -ESRCH;

	if (c->arg[0] < IOPRIO_WHO_PROCESS || c->arg[0] > IOPRIO_WHO_USER) return -EINVAL;
	for (struct task *t = NULL; (t = next_meant(c, t));)
		if (best <= 0 || (t->home.ioprio && t->home.ioprio < best)) best = t->home.ioprio;
	return best;
}
