/* signame.h - signals and what came with them, as text: for the trace and the log.
 * Used by: tracer.c, kernel/syscall/trace_text.c.
 * Never: allocates.  */
#ifndef KERNEL_PROC_SIGNAME_H
#define KERNEL_PROC_SIGNAME_H
#include "kernel/proc/proc.h"
#define SIGNAME_MAX 16u
/** "SIGINT", "SIGRT_3", or the number, into out[SIGNAME_MAX]; returns out. Any context. */
const char *signal_name(int sig, char *out);
/** "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, ...} ---" as strace(1) shows it; returns the length the whole has. */
uint32_t siginfo_text(const struct ksiginfo *info, char *out, uint32_t size);
#endif
