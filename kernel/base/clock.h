/* clock.h - this machine's clocks and kernel timers.
 * Used by: scheduler, time calls, protocols.  The clock is the TSC; the PIT is one-shot, armed for the earliest deadline.
 * Never: a process's clock: that is its home's, see kernel/proc/ptime.h.  */
#ifndef KERNEL_BASE_CLOCK_H
#define KERNEL_BASE_CLOCK_H
#include "lib/base.h"
#include "lib/list.h"
struct ktimer {
	struct list_node node;
	uint64_t deadline_ns;
	void (*fire)(struct ktimer *t); /* irq context: wake something, nothing more; the timer is off and may be re-armed */
};
void clock_init(void);                /* calibrates (50 ms), reads the wall clock, takes irq 0 */
uint64_t clock_now_ns(void);          /* monotonic since boot; any context */
uint64_t clock_ticks_ns(uint64_t ticks); /* a span of arch_tsc() in ns */
int64_t clock_wall_offset_ns(void);   /* CLOCK_REALTIME = monotonic + this */
void clock_set_wall_offset(int64_t ns);
uint64_t clock_boot_incarnation(void); /* RTC seconds since 2020 at boot */
void ktimer_init(struct ktimer *t, void (*fire)(struct ktimer *));
void ktimer_arm(struct ktimer *t, uint64_t deadline_ns); /* re-arms; any context */
void ktimer_stop(struct ktimer *t);
/** sched/irq glue: run due timers, then arm the PIT for the earliest of timers and slice end. */
void clock_timer_irq(void);
void clock_slice_end(uint64_t deadline_ns); /* UINT64_MAX: none (idle or alone) */
#endif
