/* siginfo.h - what a program sees of a signal: the 128 bytes of siginfo_t.
 * Used by: sigframe.c, sys_signal.c, sys_proc.c.
 * Never: queues or delivers.  */
#ifndef KERNEL_PROC_SIGINFO_H
#define KERNEL_PROC_SIGINFO_H
#include "kernel/proc/proc.h"
void siginfo_pack(const struct ksiginfo *info, struct linux_siginfo *out);
/** From sigqueue's user: si_code, pid, uid, value as given; signo is the caller's to set. */
void siginfo_unpack(const struct linux_siginfo *in, struct ksiginfo *info);
#endif
