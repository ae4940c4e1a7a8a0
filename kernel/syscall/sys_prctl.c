/* sys_prctl.c - prctl: a process's small settings; personality.
 * Called by: dispatch.c through table.def; the row says which arguments are memory (mux.c).
 * Never: does what a setting asks for; who acts looks at it.  Source: prctl(2), personality(2). */
#include "kernel/syscall/sysarg.h"

#define TIMER_SLACK_NS 50000u

static int32_t set_name(struct ucall *c)
{
	char name[sizeof c->task->home.comm];
	int32_t n = umem_fetch_string(c->mem, name, uaddr(c->arg[1]), sizeof name);

	if (n == -ENAMETOOLONG) {
		if (umem_fetch(c->mem, name, uaddr(c->arg[1]), sizeof name - 1)) return -EFAULT;
		name[sizeof name - 1] = 0;
	} else if (n < 0) {
		return n;
	}
	task_set_comm(c->task, name);
	return 0;
}

static bool no_more(const struct ucall *c, int from)
{
	while (from < 5 && !c->arg[from]) from++;
	return from == 5;
}

static int32_t set_death_signal(struct group *g, uint32_t sig)
{
	if (sig > LINUX_NSIG) return -EINVAL;
	g->pdeath_signal = (int)sig;
	return 0;
}

static int32_t set_dumpable(struct group *g, uint32_t on)
{
	if (on > 1) return -EINVAL;
	g->undumpable = !on;
	return 0;
}

static int32_t set_keepcaps(struct group *g, uint32_t on)
{
	if (on > 1) return -EINVAL;
	g->keepcaps = on;
	return 0;
}

static int32_t set_no_new_privs(struct ucall *c, struct group *g)
{
	if (c->arg[1] != 1 || !no_more(c, 2)) return -EINVAL;
	g->no_new_privs = true;
	return 0;
}

static int32_t set_huge_pages_off(struct ucall *c, struct group *g)
{
	if (!no_more(c, 2)) return -EINVAL;
	g->no_thp = c->arg[1] != 0; /* there are none */
	return 0;
}

static int32_t drop_bounding(struct cred *k, uint32_t cap)
{
	if (!cred_may(k, CAP_SETPCAP)) return -EPERM;
	if (cap > CAP_LAST) return -EINVAL;
	k->bounding &= ~(1ull << cap);
	return 0;
}

int32_t sys_prctl(struct ucall *c)
{
	struct group *g = ucall_group(c);
	uint32_t arg = c->arg[1];

	switch (c->arg[0]) {
	case PR_SET_NAME: return set_name(c);
	case PR_GET_NAME: return umem_store(c->mem, uaddr(arg), c->task->home.comm, sizeof g->comm);
	case PR_SET_PDEATHSIG: return set_death_signal(g, arg);
	case PR_GET_PDEATHSIG: return umem_store_u32(c->mem, uaddr(arg), (uint32_t)g->pdeath_signal);
	case PR_SET_CHILD_SUBREAPER: g->subreaper = arg != 0; return 0;
	case PR_GET_CHILD_SUBREAPER: return umem_store_u32(c->mem, uaddr(arg), g->subreaper);
	case PR_GET_TSC: return umem_store_u32(c->mem, uaddr(arg), 1); /* PR_TSC_ENABLE */
	case PR_SET_TSC: return arg == 1 ? 0 : -EINVAL;
	case PR_GET_TIMING: return 0; /* PR_TIMING_STATISTICAL */
	case PR_SET_TIMING: return arg ? -EINVAL : 0;
	case PR_GET_DUMPABLE: return !g->undumpable;
	case PR_SET_DUMPABLE: return set_dumpable(g, arg);
	case PR_GET_KEEPCAPS: return g->keepcaps;
	case PR_SET_KEEPCAPS: return set_keepcaps(g, arg);
	case PR_GET_SECCOMP: return 0;
	case PR_GET_SECUREBITS: return g->keepcaps ? 1 << 4 : 0;
	case PR_SET_NO_NEW_PRIVS: return set_no_new_privs(c, g);
	case PR_GET_NO_NEW_PRIVS: return no_more(c, 1) ? g->no_new_privs : -EINVAL;
	case PR_SET_THP_DISABLE: return set_huge_pages_off(c, g);
	case PR_GET_THP_DISABLE: return no_more(c, 1) ? g->no_thp : -EINVAL;
	case PR_TASK_PERF_EVENTS_DISABLE:
	case PR_TASK_PERF_EVENTS_ENABLE: return 0;
	case PR_CAPBSET_READ: return arg > CAP_LAST ? -EINVAL : (int32_t)(g->cred.bounding >> arg & 1);
	case PR_CAPBSET_DROP: return drop_bounding(&g->cred, arg);
	case PR_GET_TIMERSLACK: return (int32_t)(g->timer_slack_ns ? g->timer_slack_ns : TIMER_SLACK_NS);
	case PR_SET_TIMERSLACK: g->timer_slack_ns = arg; return 0;
	default: return -EINVAL;
	}
}

/* Where the kernel will clear the thread's id: the body knows. */
int32_t body_prctl_tid_address(struct ucall *c)
{
	return umem_store_u32(c->mem, uaddr(c->arg[1]), c->task->body.clear_child_tid);
}

/* Kept and told; what a foreign one would change is not done. */
int32_t body_personality(struct ucall *c)
{
	uint32_t old = c->task->body.personality;

	if (c->arg[0] != 0xffffffffu) c->task->body.personality = c->arg[0];
	return (int32_t)old;
}
