/* task.h - what the files of kernel/proc share about tasks (the rest is in proc.h).
 * Used by: task.c, exec, fork, exit, procfs rows.
 * Never: seen outside kernel/proc.  */
#ifndef KERNEL_PROC_TASK_H
#define KERNEL_PROC_TASK_H
#include "kernel/proc/proc.h"
/** The task's body has s from now on (takes over the reference); the old space is let go. May sleep. */
void task_take_space(struct task *t, struct space *s);
/** Is the body, elsewhere, likely to be running now? By what it told last; S and R of /proc. */
bool task_computes_away(const struct task *t);
struct task *task_next_here(struct task *t); /* of all tasks of this node, guests too; NULL: the first; NULL at the end */
void exec_plan_free(struct exec_plan *p);    /* NULL is fine (exec.c) */
uint64_t task_user_total_ns(void);           /* user time of all bodies that ever ran here, for /proc/stat */
#endif
