/* exit.h - what exit.c and wait.c share.
 * Used by: exit.c, wait.c, fork.c, exec.c.
 * Never: seen outside kernel/proc.  */
#ifndef KERNEL_PROC_EXIT_H
#define KERNEL_PROC_EXIT_H
#include "kernel/proc/proc.h"
#define STOP_REPORT_CONTINUED 0x10000u
/** A zombie has been waited for, or nobody will: it is no more. */
void group_release(struct group *g);
/** CLD_EXITED, CLD_KILLED or CLD_DUMPED of a wait status, and the exit code or signal. */
int wait_code(int32_t wait_status, int *status);
/** exec or exit of a vfork child: its parent goes on. */
void home_release_vfork(struct task *t);
#endif
