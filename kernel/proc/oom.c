/* oom.c - memory is gone and waiting did not help: which process ends, so that the others go on.
 * Called by: mm/fault.c through space_out_of_memory.
 * Never: ends a guest (its home decides), pid 1, or more than one process at a time.  */
#include "kernel/proc/oom.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "kernel/proc/proc.h"
#include "kernel/proc/task.h"

/* The process with the most memory on this node. *dying: one is on its way out already. */
static struct group *largest(bool *dying)
{
	struct group *found = NULL;
	uint32_t most = 0;

	*dying = false;
	for (struct task *t = task_next_here(NULL); t; t = task_next_here(t)) {
		if (!t->has_home || !t->has_body || !t->body.space || t->home.group->pid == 1) continue;
		if (t->exiting || t->home.group->exiting || (t->home.group->pending.set & SIGBIT(SIGKILL))) {
			*dying = true;
			continue;
		}
		if (t->body.space->rss_pages <= most) continue;
		most = t->body.space->rss_pages;
		found = t->home.group;
	}
	return found;
}

static bool choose(struct space *s)
{
	bool dying;
	struct group *g = largest(&dying);

	if (dying) return true; /* its memory is about to come back */
	struct task *t = g ? group_task(g) : NULL;
	if (!t || !t->has_body) {
		klog(LOG_ERR, "out of memory (%u KiB free): a guest's page cannot be had", frame_free_count() * 4);
		return false;
	}
	klog(LOG_ERR, "out of memory: killed process %u (%s), the largest here with %u KiB; %u KiB free", g->pid, g->comm,
	     t->body.space->rss_pages * 4, frame_free_count() * 4);
	if (t->body.space == s) return false; /* by the fault itself */
	signal_post_group(g, &(struct ksiginfo){.signo = SIGKILL, .code = SI_KERNEL});
	return true;
}

void oom_init(void)
{
	space_out_of_memory = choose;
}
