/* procfs_stack.c - /proc/PID/stack: where the process's threads stand in the kernel, by name.
 * Called by: fs/synth.c through the row registered here.
 * Never: stops a thread: on one CPU the others are stopped while this one looks.  Source: proc(5), "/proc/pid/stack". */
#include "kernel/base/log.h"
#include "kernel/proc/procfs_rows.h"
#include "kernel/proc/proc.h"
#include "fs/synth.h"

#define DEPTH 24u

static void show_thread(struct text_sink *s, const struct task *t)
{
	uint32_t at[DEPTH], offset = 0;
	uint32_t n = arch_backtrace(&t->thread.ctx, at, DEPTH);

	for (uint32_t i = 0; i < n; i++) {
		const char *name = ksym_lookup(at[i], &offset);
		sink_printf(s, "[<0>] %s+0x%x\n", name ? name : "?", offset);
	}
}

static int show_stack(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	struct group *g = group_find(pid);
	struct task *t;

	if (!capable(who)) return -EPERM;
	if (!g) return -ESRCH;
	list_for_each(t, &g->tasks, home.in_group)
		if (&t->thread != thread_current()) show_thread(s, t);
	return 0;
}

void procfs_stack_init(void)
{
	static struct pid_row row = {.name = "stack", .mode = 0400, .show = show_stack};
	proc_register_pid(&row);
}
