/* clock.c - monotonic time from the TSC, wall clock, kernel timers on the one-shot PIT.
 * Called by: scheduler, time calls, protocols; irq 0.
 * Never: ticks: the PIT is armed for the earliest of timers and slice end, and for nothing when there is none. */
#include "kernel/base/clock.h"

#include "arch/arch.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"

#define RTC_2020 1577836800ull
#define LATE_NS (20 * NS_PER_MS)
#define ARM_MAX_US 50000u /* the PIT counts 54 ms at most: a later deadline is reached in steps */

static uint64_t tsc_start;
#define NS_SHIFT 24
static uint32_t ns_mult; /* ns = ticks * mult >> shift: an error below 6e-8 of the interval */
static int64_t wall_offset;
static uint64_t incarnation;

static struct list_node timers = LIST_INIT(timers); /* by deadline; shared with irq */
static uint64_t slice_end = UINT64_MAX;
static uint64_t armed = UINT64_MAX;                 /* what the PIT will reach */
static bool firing;                                 /* inside clock_timer_irq: arm once, at its end */
static struct irq_handler timer_handler, heartbeat_handler;

static void set_rate(uint32_t khz)
{
	uint64_t mult = ((1000000ull << NS_SHIFT) + khz / 2) / khz;

	KASSERT2(mult <= UINT32_MAX, khz, 0); /* 4 MHz and more */
	ns_mult = (uint32_t)mult;
}

uint64_t clock_ticks_ns(uint64_t t)
{
	if (!ns_mult) return 0; /* not calibrated yet */
	uint64_t hi = (t >> 32) * ns_mult, lo = (uint64_t)(uint32_t)t * ns_mult;
	return (hi << (32 - NS_SHIFT)) + (lo >> NS_SHIFT);
}

uint64_t clock_now_ns(void) { return clock_ticks_ns(arch_tsc() - tsc_start); }

int64_t clock_wall_offset_ns(void) { return wall_offset; }
void clock_set_wall_offset(int64_t ns) { wall_offset = ns; }
uint64_t clock_boot_incarnation(void) { return incarnation; }

/* ---- the PIT: interrupts off in all of these ---- */

static void arm(void)
{
	const struct ktimer *first = list_first(&timers, struct ktimer, node);
	uint64_t want = first ? MIN(first->deadline_ns, slice_end) : slice_end;

	if (firing || want >= armed) return; /* early interrupts are cheap, port writes are not */
	uint64_t now = clock_now_ns(), us = want > now ? (want - now) / NS_PER_US + 1 : 1;
	us = MIN(us, (uint64_t)ARM_MAX_US);
	arch_timer_arm((uint32_t)us);
	armed = now + us * NS_PER_US;
	if (armed < want) armed = want; /* a step on the way: the interrupt arms the next */
}

void clock_slice_end(uint64_t deadline_ns)
{
	uint32_t s = irq_save();
	slice_end = deadline_ns;
	arm();
	irq_restore(s);
}

void ktimer_init(struct ktimer *t, void (*fire)(struct ktimer *))
{
	list_init(&t->node);
	t->fire = fire;
}

void ktimer_arm(struct ktimer *t, uint64_t deadline_ns)
{
	uint32_t s = irq_save();
	struct list_node *at = timers.prev;

	list_remove(&t->node);
	at = timers.prev;
	while (at != &timers && list_entry(at, struct ktimer, node)->deadline_ns > deadline_ns) at = at->prev;
	t->deadline_ns = deadline_ns;
	list_insert_after(at, &t->node);
	arm();
	irq_restore(s);
}

void ktimer_stop(struct ktimer *t)
{
	uint32_t s = irq_save();
	list_remove(&t->node);
	irq_restore(s);
}

void clock_timer_irq(void)
{
	struct ktimer *t;

	armed = UINT64_MAX;
	firing = true;
	while ((t = list_first(&timers, struct ktimer, node)) && t->deadline_ns <= clock_now_ns()) {
		list_remove(&t->node);
		t->fire(t);
	}
	if (slice_end <= clock_now_ns()) {
		slice_end = UINT64_MAX;
		sched_timer_irq();
	}
	firing = false;
	arm();
}

static void on_timer(void *ctx)
{
	UNUSED(ctx);
	clock_timer_irq();
}

/* The PIT is armed once for each deadline: if that one interrupt were lost, an idle machine would sleep for ever. The RTC's
 * slow beat sees that a deadline has passed long ago; then the loss costs half a second. */
static void on_heartbeat(void *ctx)
{
	UNUSED(ctx);
	arch_heartbeat_ack();
	if (armed == UINT64_MAX || clock_now_ns() < armed + LATE_NS) return;
	klog(LOG_DEBUG, "clock: a timer interrupt was lost");
	clock_timer_irq();
}

void clock_init(void)
{
	arch_clock_init();
	set_rate(arch_tsc_khz());
	tsc_start = arch_tsc();
	uint64_t rtc = arch_rtc_seconds();
	wall_offset = (int64_t)(rtc * NS_PER_S);
	incarnation = rtc > RTC_2020 ? rtc - RTC_2020 : 1;
	timer_handler.handle = on_timer;
	int r = irq_attach(0, &timer_handler);
	KASSERT(r == 0);
	heartbeat_handler.handle = on_heartbeat;
	r = irq_attach(HEARTBEAT_IRQ, &heartbeat_handler);
	KASSERT(r == 0);
	arch_heartbeat_start();
	klog(LOG_INFO, "clock: TSC %u kHz", arch_tsc_khz());
}
