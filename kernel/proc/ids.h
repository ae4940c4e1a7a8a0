/* ids.h - numbers of processes, threads and units: what the files of kernel/proc need beyond proc.h.
 * Used by: task.c, group.c, fork.
 * Never: seen outside kernel/proc.  */
#ifndef KERNEL_PROC_IDS_H
#define KERNEL_PROC_IDS_H
#include "kernel/proc/proc.h"
#define PID_MAX 32768u           /* as /proc/sys/kernel/pid_max says; five digits fit every tool's columns */
void ids_init(void);
uint32_t pid_last(void);         /* the latest pid given, for /proc/loadavg */
uint32_t pids_made(void);        /* since boot: /proc/stat */
void tid_enter(struct task *t);  /* t->home.tid can be found from now on */
#endif
