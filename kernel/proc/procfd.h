/* procfd.h - files that stand for a process's signals (signalfd) or for a process (pidfd).
 * Used by: sys_procfd.c, wait.c.
 * Never: knows a descriptor's number.  Source: signalfd(2), pidfd_open(2).  */
#ifndef KERNEL_PROC_PROCFD_H
#define KERNEL_PROC_PROCFD_H
#include "kernel/proc/proc.h"
/** Whoever reads it takes its own pending signals of the set. NULL no memory. */
struct file *signalfd_new(sigset64 set, uint32_t flags, const struct fs_caller *who);
/** Another set. -EINVAL: no signalfd. */
int signalfd_change(struct file *f, sigset64 set);
/** Readable when g has ended; holds a reference to g. NULL no memory. */
struct file *pidfd_new(struct group *g, uint32_t flags, const struct fs_caller *who);
struct group *pidfd_group(const struct file *f); /* borrowed; NULL: no pidfd */
#endif
