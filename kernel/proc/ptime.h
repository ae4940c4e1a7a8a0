/* ptime.h - a process's clocks: they are its home's, wherever its body runs.
 * Used by: time calls, timers, sleeps of body halves.
 * Never: goes back, for one space.  Source: DESIGN 1b "Time"; clock_gettime(2).  */
#ifndef KERNEL_PROC_PTIME_H
#define KERNEL_PROC_PTIME_H
#include "kernel/base/clock.h"
#include "kernel/proc/proc.h"
/** Home's CLOCK_MONOTONIC, ns, as the body sees it. */
uint64_t ptime_monotonic(struct task *t);
/** CLOCK_REALTIME - CLOCK_MONOTONIC of home. */
int64_t ptime_wall_offset(const struct task *t);
/** A deadline on home's monotonic clock, on this machine's. FOREVER stays. Never earlier than asked. */
uint64_t ptime_here(const struct task *t, uint64_t home_ns);
/** CPU time of the task's body, also what it has used since the scheduler last counted. */
uint64_t ptime_cpu_user(const struct task *t);
uint64_t ptime_cpu_all(const struct task *t);
/** CPU time of the whole process, threads that have ended included; user_only: the user part, of the threads that live. */
uint64_t ptime_cpu_process(const struct task *t, bool user_only);
/** ITIMER_VIRTUAL and ITIMER_PROF of the body: count them down by the CPU time used since the last call; what expired is noted
 *  in body.expired. Called at the user boundary while one of them runs; arms the machine's clock for the next expiry. */
void ptime_count_down(struct task *t);
static inline bool ptime_counts(const struct task *t) { return t->body.vtimer_left_ns || t->body.prof_left_ns; }
#endif
