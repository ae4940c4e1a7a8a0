/* loadavg.c - exponential averages of the number of runnable threads, stepped every 5 s from its integral.
 * Called by: a kernel timer.
 * Never: samples: between two steps every nanosecond counts.  */
#include "kernel/proc/loadavg.h"
#include "kernel/base/clock.h"
#include "kernel/base/sched.h"

#define STEP_NS (5 * NS_PER_S)

/* 2048 * exp(-5 s / 1, 5, 15 min): getloadavg(3) on Linux uses the same */
static const uint32_t keep[3] = {1884, 2014, 2037};
static uint32_t average[3];
static uint64_t last_integral, last_ns;
static struct ktimer timer;

static void step(struct ktimer *t)
{
	uint64_t now = clock_now_ns(), integral = sched_load_integral_ns();
	uint64_t runnable = ((integral - last_integral) << LOADAVG_SHIFT) / (now - last_ns + 1);

	for (int i = 0; i < 3; i++)
		average[i] = (uint32_t)((average[i] * (uint64_t)keep[i] + runnable * (2048 - keep[i])) >> LOADAVG_SHIFT);
	last_integral = integral;
	last_ns = now;
	ktimer_arm(t, now + STEP_NS);
}

void loadavg_init(void)
{
	last_ns = clock_now_ns();
	last_integral = sched_load_integral_ns();
	ktimer_init(&timer, step);
	ktimer_arm(&timer, last_ns + STEP_NS);
}

void loadavg_get(uint32_t out[3])
{
	for (int i = 0; i < 3; i++) out[i] = average[i];
}
