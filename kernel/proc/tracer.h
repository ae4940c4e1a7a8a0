/* tracer.h - who watches processes make their calls: the open files of /dev/trace.
 * Used by: kernel/syscall/trace*.c (what is told), fork and exit, main.c.
 * Never: knows a call; text comes whole, counts come by name.
 *
 * /dev/trace: a tracer is what one open file of it is; it watches processes and is read.  Written to it, a command a write:
 *   "count"        tell no calls one by one, count them; before the first "attach"
 *   "follow"       children are watched too
 *   "attach PID"   watch from now on.  -ESRCH; -EPERM: another user's, or the writer's own process; -EBUSY: it has a tracer
 *   "exec PID"     watch from its next execve on
 *   "detach"       watch nothing any more
 * Anything else is -EINVAL.  Read, it gives lines, waiting for them; 0 when nothing is watched any more and all was read:
 *   "TID US TEXT"                 TEXT as strace(1) shows it: a call with its result, a signal, an end; US: time in the call
 *   "NAME CALLS ERRORS NS"        counting: at the end, a line a call that was made; NS: the processor's time in it
 * A process that makes calls faster than they are read waits for the reader, but not longer than TRACER_PATIENCE; what then finds
 * no room is lost, and a line with the TID 0 says how many were.  A process that takes on another user's identity is left. */
#ifndef KERNEL_PROC_TRACER_H
#define KERNEL_PROC_TRACER_H
#include "kernel/proc/proc.h"
#define TRACER_PATIENCE (2 * NS_PER_S)
struct tracer;
void tracer_init(void);   /* /dev/trace */
/** The tracer that is to hear of a call of g, or NULL. exec: it is an execve. Net or proc context. */
struct tracer *tracer_hears(struct group *g, bool exec);
/** A line. wait: the caller may sleep for room (proc context, between calls); else net context will do. */
void tracer_tell(struct tracer *tr, uint32_t tid, uint64_t us, const char *text, bool wait);
bool tracer_counts(const struct tracer *tr);
/** One more call: index below TRACER_NAMES, name of static storage. */
#define TRACER_NAMES 512u
void tracer_count(struct tracer *tr, uint32_t index, const char *name, bool failed, uint64_t ns);
/** fork: child is watched if its parent's tracer follows. */
void tracer_inherit(struct group *child, const struct group *parent);
/** A task's end, with the wait status that it leaves; the last one's ends the watch. Proc context. */
void tracer_task_ends(struct task *t, int32_t wait_status, bool last);
void tracer_leave(struct group *g);   /* g is not watched any more; nothing if it is not */
bool group_traced(const struct group *g);   /* by a tracer, or to the log */
void tracer_tell_bodies(const struct group *g); /* those that are away learn whether they are traced */
uint32_t tracer_pid(const struct group *g); /* for /proc/PID/status; 0: none */
#endif
