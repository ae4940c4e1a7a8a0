/* stack.c - the net thread: drains cards and runs the protocols' steppers when their time comes.
 * Called by: main (start), cards' interrupts through netdev_wake, anybody through net_kick.
 * Never: sleeps inside net context; holds the CPU for more than 16 frames of a card.  */
#include "arch/arch.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "net/net_priv.h"

#define POLL_NS NS_PER_S

static struct net_stepper *steppers;
static struct thread net_thread;
static struct waitq net_wait = WAITQ_INIT(net_wait);

/* shared with irq: irq_save */
static bool work;   /* a card asks to be drained */
static bool kicked; /* steppers are to run */

static void raise_flag(bool *flag)
{
	uint32_t state = irq_save();
	*flag = true;
	waitq_wake_all(&net_wait);
	irq_restore(state);
}

void net_thread_wake(void) { raise_flag(&work); }
void net_kick(void) { raise_flag(&kicked); }

static bool take_flag(bool *flag)
{
	uint32_t state = irq_save();
	bool was = *flag;
	*flag = false;
	irq_restore(state);
	return was;
}

void net_add_stepper(struct net_stepper *s)
{
	s->next = steppers;
	steppers = s;
	net_kick();
}

/* all: frames came or somebody kicked, so any of them may have something to do. */
static void run_steppers(bool all)
{
	for (struct net_stepper *s = steppers; s != NULL; s = s->next) {
		uint64_t now = clock_now_ns();
		if (all || s->deadline_ns <= now) s->deadline_ns = s->step(now);
	}
}

static uint64_t next_deadline(uint64_t poll_ns)
{
	uint64_t first = netdev_first() != NULL ? poll_ns : FOREVER;
	for (const struct net_stepper *s = steppers; s != NULL; s = s->next) first = MIN(first, s->deadline_ns);
	return first;
}

/* Until a flag is up or the deadline has come. */
static void wait_for_work(uint64_t deadline_ns)
{
	uint32_t state = irq_save();
	int r = 0;
	while (!work && !kicked && r == 0) r = waitq_sleep(&net_wait, 0, deadline_ns);
	irq_restore(state);
}

static void net_main(void *arg)
{
	uint64_t poll_ns = 0;
	bool more = true;
	UNUSED(arg);
	for (;;) {
		net_enter();
		bool all = take_flag(&kicked);
		if (take_flag(&work) || more) all = netdev_drain(&more) != 0 || all;
		if (clock_now_ns() >= poll_ns) {
			netdev_poll_all();
			poll_ns = clock_now_ns() + POLL_NS;
		}
		run_steppers(all);
		net_leave();
		if (more || work || kicked || next_deadline(poll_ns) <= clock_now_ns()) sched_yield();
		else wait_for_work(next_deadline(poll_ns));
	}
}

void net_thread_start(void)
{
	proc_net_dev_register();
	if (thread_init(&net_thread, "net", net_main, NULL) != 0) panic("no stack for the net thread");
	net_thread.system = true;
	thread_start(&net_thread);
}
