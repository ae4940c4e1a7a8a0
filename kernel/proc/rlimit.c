/* rlimit.c - resource limits of a process.
 * Called by: sys_sched.c.
 * Never: enforces one; who takes the resource does.  */
#include "kernel/proc/rlimit.h"
#include "kernel/proc/itimer.h"

int rlimit_get(const struct group *g, uint32_t which, struct linux_rlimit64 *out)
{
	if (which >= RLIM_NLIMITS) return -EINVAL;
	*out = g->rlimits[which];
	return 0;
}

/* Home's own users of a limit keep a copy. */
static void tell_home(struct group *g, uint32_t which, uint64_t cur)
{
	if (which == RLIMIT_NOFILE) g->fds->limit = (uint32_t)MIN(cur, (uint64_t)FD_MAX);
	if (which == RLIMIT_FSIZE) g->who.fsize_limit = cur;
	if (which == RLIMIT_CPU) cpu_limit_watch(g);
}

int rlimit_set(struct group *g, uint32_t which, const struct linux_rlimit64 *l, const struct cred *who)
{
	if (which >= RLIM_NLIMITS || l->cur > l->max) return -EINVAL;
	if (l->max > g->rlimits[which].max && !cred_may(who, CAP_SYS_RESOURCE)) return -EPERM;
	if (which == RLIMIT_NOFILE && l->max > FD_MAX) return -EPERM;
	g->rlimits[which] = *l;
	tell_home(g, which, l->cur);
	return 0;
}

static uint32_t in_pages(uint64_t bytes)
{
	bytes >>= PAGE_SHIFT;
	return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

void rlimit_apply(struct space *s, uint32_t which, uint64_t cur)
{
	if (which == RLIMIT_AS) s->limit_as_pages = in_pages(cur);
	if (which == RLIMIT_DATA) s->limit_data_pages = in_pages(cur);
	if (which == RLIMIT_STACK) s->limit_stack_bytes = (uint32_t)MIN(cur, 0xffffffffull);
}
