/* itimer.h - timers of a process that end in a signal: ITIMER_REAL and POSIX timers. They live and run at home.
 * Used by: sys_timer.c; exit and exec end them.
 * Never: VIRTUAL and PROF, which count where the body runs (ptime.h).  */
#ifndef KERNEL_PROC_ITIMER_H
#define KERNEL_PROC_ITIMER_H
#include "kernel/proc/proc.h"
struct timer_setting { uint64_t value_ns, interval_ns; }; /* value: time left, 0 disarmed */
/** ITIMER_REAL. set NULL: only ask. old may be NULL. -ENOMEM. */
int itimer_real(struct group *g, const struct timer_setting *set, struct timer_setting *old);
/** POSIX timers: notify SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID (to ev->tid); tid: whose CPU time
 *  CLOCK_THREAD_CPUTIME_ID is. Returns the id; -EAGAIN too many or no memory. */
int32_t ptimer_create(struct group *g, uint32_t clock, const struct linux_sigevent *ev, uint32_t tid);
/** The timer's signal was dequeued: it goes on, and what was missed meanwhile is told with the signal. */
void ptimer_taken(struct group *g, struct ksiginfo *info);
/** absolute: value is a time of its clock. -EINVAL: no such timer. */
int ptimer_set(struct group *g, uint32_t id, bool absolute, const struct timer_setting *set, struct timer_setting *old);
int32_t ptimer_overrun(struct group *g, uint32_t id);
int ptimer_delete(struct group *g, uint32_t id);
/** RLIMIT_CPU of g was set, or g was created with one: from now on its figures are looked at in time. Home half. */
void cpu_limit_watch(struct group *g);
/** execve: POSIX timers go, ITIMER_REAL stays. Exit: all go. Proc context. */
void timers_exec(struct group *g);
void timers_exit(struct group *g);
#endif
