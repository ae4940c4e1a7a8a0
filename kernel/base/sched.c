/* sched.c - kernel threads, the run queue and time slices of the one CPU.
 * Called by: everything that runs, sleeps or yields.
 * Never: takes the CPU from kernel code; never knows tasks, signals or nodes. */
#include "kernel/base/sched.h"

#include "abi/linux_errno.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/base/param.h"
#include "kernel/base/sched_priv.h"

/* Three levels, each a queue: a thread that slept comes before threads that compute, a system thread that slept before
 * both. Whoever uses up its slice goes to the end of the last level with a new one, so nobody starves: a level above the
 * last is left at the latest after one slice. */
enum { LEVEL_SYSTEM, LEVEL_WOKEN, LEVEL_NORMAL, N_LEVELS };

static struct list_node queue[N_LEVELS] = {
	LIST_INIT(queue[0]), LIST_INIT(queue[1]), LIST_INIT(queue[2]),
};
static struct list_node dead = LIST_INIT(dead);
static struct thread idle_thread = {.name = "idle", .state = THREAD_RUNNING, .system = true};
static struct thread *current = &idle_thread;
static uint64_t run_since_ns;         /* since when current runs, for its slice */
static bool need_resched;
static bool in_net;
static uint32_t n_runnable;           /* non-system, the running one included */
static uint64_t load_integral, load_stamp;
static bool (*idle_work)(void);

struct thread *thread_current(void) { return current; }
bool sched_need_resched(void) { return need_resched; }
uint32_t sched_runnable(void) { return n_runnable; }

/* ---- load; interrupts off ---- */

static void load_change(int32_t by)
{
	uint64_t now = clock_now_ns();
	load_integral += (now - load_stamp) * n_runnable;
	load_stamp = now;
	n_runnable += (uint32_t)by;
}

uint64_t sched_load_integral_ns(void)
{
	uint32_t s = irq_save();
	load_change(0);
	uint64_t v = load_integral;
	irq_restore(s);
	return v;
}

/* ---- accounting: by the running thread for itself, never by an interrupt ---- */

static void charge(struct thread *t, uint64_t *to)
{
	uint64_t now = arch_tsc();

	*to += now - t->stamp_ticks;
	t->stamp_ticks = now;
}

void sched_from_user(void)
{
	struct thread *t = current;

	charge(t, &t->user_ticks);
	t->in_user = false;
}

void sched_to_user(void)
{
	struct thread *t = current;

	charge(t, &t->system_ticks);
	t->in_user = true;
}

uint64_t thread_user_ns(const struct thread *t) { return clock_ticks_ns(t->user_ticks); }
uint64_t thread_system_ns(const struct thread *t) { return clock_ticks_ns(t->system_ticks); }

uint64_t thread_cpu_ns(const struct thread *t)
{
	uint64_t ticks = t->user_ticks + t->system_ticks;

	if (t == current) ticks += arch_tsc() - t->stamp_ticks;
	return clock_ticks_ns(ticks);
}

uint64_t sched_idle_ns(void) { return thread_cpu_ns(&idle_thread); }

/* ---- slices and the queue; interrupts off ---- */

static int64_t full_slice(const struct thread *t)
{
	int32_t us = SLICE_US / 20 * (20 - t->nice);
	return (int64_t)MAX(us, SLICE_MIN_US) * 1000;
}

static int64_t slice_left(uint64_t now) { return current->slice_ns - (int64_t)(now - run_since_ns); }

static void enqueue_back(struct thread *t) { list_push_back(&queue[t->level], &t->run_node); }
static void enqueue_front(struct thread *t) { list_push_front(&queue[t->level], &t->run_node); }

/* A new slice at the end of the line; a system thread waits for one other thread only: frames do not stop coming. */
static void enqueue_spent(struct thread *t)
{
	t->slice_ns = full_slice(t);
	t->level = LEVEL_NORMAL;
	if (t->system && !list_empty(&queue[LEVEL_NORMAL])) list_insert_after(queue[LEVEL_NORMAL].next, &t->run_node);
	else enqueue_back(t);
}

static bool queue_empty(void)
{
	return list_empty(&queue[0]) && list_empty(&queue[1]) && list_empty(&queue[2]);
}

static struct thread *pick(void)
{
	for (uint32_t l = 0; l < N_LEVELS; l++) {
		struct list_node *n = list_pop_front(&queue[l]);
		if (n) return list_entry(n, struct thread, run_node);
	}
	return &idle_thread;
}

/* After anything that changes queue or current: does the running thread still have the best claim, and for how long? */
static void review(uint64_t now)
{
	uint32_t best = N_LEVELS;

	for (uint32_t l = N_LEVELS; l-- > 0;)
		if (!list_empty(&queue[l])) best = l;
	if (best == N_LEVELS) {
		clock_slice_end(UINT64_MAX); /* alone: no timer */
		return;
	}
	if (current == &idle_thread || best < current->level) {
		need_resched = true;
		return;
	}
	int64_t left = slice_left(now);
	if (left <= 0) need_resched = true;
	else clock_slice_end(now + (uint64_t)left);
}

void sched_timer_irq(void)
{
	if (current == &idle_thread || slice_left(clock_now_ns()) <= 0) need_resched = true;
	else review(clock_now_ns());
}

/* ---- switching; interrupts off ---- */

static void reap_dead(void)
{
	struct list_node *n;

	while ((n = list_pop_front(&dead)) != NULL) {
		struct thread *t = list_entry(n, struct thread, run_node);
		if (t->user) arch_user_forget(t->user);
		if (t->reap) t->reap(t);
		else arch_kstack_free(t->stack);
	}
}

static void load_user(const struct thread *t)
{
	if (t->pd) arch_pd_load(t->pd);
	if (t->user) arch_user_load(t->user, (uint8_t *)t->stack + KSTACK_BYTES);
}

static void stop_running(uint64_t now)
{
	charge(current, &current->system_ticks);
	current->slice_ns -= (int64_t)(now - run_since_ns);
	run_since_ns = now;
}

/* current is queued, asleep or dead already: give the CPU to the best, and return when it comes back. */
static void schedule(void)
{
	struct thread *prev = current, *next = pick();
	uint64_t now = clock_now_ns();

	stop_running(now);
	need_resched = false;
	next->stamp_ticks = current->stamp_ticks;
	next->state = THREAD_RUNNING;
	current = next;
	review(now);
	if (next == prev) return;
	load_user(next);
	arch_context_switch(&prev->ctx, &next->ctx);
	reap_dead();
}

static void yield_off(void)
{
	struct thread *t = current;

	stop_running(clock_now_ns());
	t->state = THREAD_RUNNABLE;
	if (t == &idle_thread) {
		/* never queued: it runs when nobody else can */
	} else if (t->slice_ns <= 0) {
		enqueue_spent(t);
	} else if (need_resched) {
		enqueue_front(t); /* somebody better came: go on with the rest afterwards */
	} else {
		t->level = t->system ? LEVEL_WOKEN : LEVEL_NORMAL;
		enqueue_back(t);
	}
	schedule();
}

void sched_yield(void)
{
	ctx_assert_may_sleep();
	uint32_t s = irq_save();
	yield_off();
	irq_restore(s);
}

void preempt_point(void)
{
	if (need_resched && ctx_may_sleep()) sched_yield();
}

/* ---- sleeping ---- */

void sched_wake(struct thread *t)
{
	if (t->state != THREAD_ASLEEP) return;
	uint64_t now = clock_now_ns();

	if (now - t->slept_ns >= (t->system ? SYSTEM_RENEW_NS : SLEEP_RENEW_NS)) t->slice_ns = full_slice(t);
	t->state = THREAD_RUNNABLE;
	if (!t->system) load_change(1);
	if (t->slice_ns <= 0) {
		enqueue_spent(t);
	} else {
		t->level = t->system ? LEVEL_SYSTEM : LEVEL_WOKEN;
		enqueue_back(t);
	}
	review(now);
}

struct sleep_timer {
	struct ktimer timer;
	struct thread *thread;
};

static void sleep_over(struct ktimer *k) { sched_wake(container_of(k, struct sleep_timer, timer)->thread); }

/* Interrupts off. */
static void block(struct thread *t, uint64_t deadline_ns)
{
	struct sleep_timer st = {.thread = t};

	if (deadline_ns != FOREVER) {
		ktimer_init(&st.timer, sleep_over);
		ktimer_arm(&st.timer, deadline_ns);
	}
	t->state = THREAD_ASLEEP;
	t->slept_ns = clock_now_ns();
	if (!t->system) load_change(-1);
	schedule();
	if (deadline_ns != FOREVER) ktimer_stop(&st.timer);
}

int sched_block(uint32_t heeds, uint64_t deadline_ns)
{
	struct thread *t = current;
	int r = -ETIMEDOUT;

	ctx_assert_may_sleep();
	KASSERT(t != &idle_thread);
	uint32_t s = irq_save();
	t->heeds = heeds;
	if (!t->woken && !(t->cuts & heeds) && clock_now_ns() < deadline_ns) block(t, deadline_ns);
	t->heeds = 0;
	if (t->woken) r = 0;
	else if (t->cuts & heeds) r = -EINTR;
	irq_restore(s);
	return r;
}

void thread_cut(struct thread *t, uint32_t cut)
{
	uint32_t s = irq_save();
	t->cuts |= cut;
	if (t->heeds & cut) sched_wake(t);
	irq_restore(s);
}

/* ---- threads ---- */

static void begin(void *arg)
{
	struct thread *t = arg;
	uint32_t s = irq_save();
	reap_dead();
	irq_restore(s);
	t->entry(t->arg);
	thread_exit();
}

int thread_init(struct thread *t, const char *name, void (*entry)(void *), void *arg)
{
	t->stack = arch_kstack_alloc();
	if (!t->stack) return -ENOMEM;
	t->name = name;
	t->entry = entry;
	t->arg = arg;
	t->state = THREAD_NEW;
	list_init(&t->run_node);
	arch_context_init(&t->ctx, (uint8_t *)t->stack + KSTACK_BYTES, begin, t);
	return 0;
}

void thread_discard(struct thread *t)
{
	KASSERT2(t->state == THREAD_NEW, t->state, 0);
	arch_kstack_free(t->stack);
	t->stack = NULL;
}

/* A child shares what is left of its maker's slice: making threads brings nobody more of the CPU. */
void thread_start(struct thread *t)
{
	uint32_t s = irq_save();
	uint64_t now = clock_now_ns();

	KASSERT2(t->state == THREAD_NEW, t->state, 0);
	t->state = THREAD_RUNNABLE;
	if (!t->system) load_change(1);
	t->slice_ns = full_slice(t);
	t->level = t->system ? LEVEL_SYSTEM : LEVEL_WOKEN;
	if (!t->system && !current->system) {
		int64_t left = slice_left(now);
		if (left > 0) {
			t->slice_ns = left / 2;
			current->slice_ns -= left / 2;
		} else {
			t->level = LEVEL_NORMAL;
		}
	}
	enqueue_back(t);
	review(now);
	irq_restore(s);
}

void thread_exit(void)
{
	struct thread *t = current;

	ctx_assert_may_sleep();
	KASSERT2(!t->mutexes && t != &idle_thread, (uintptr_t)t->mutexes, 0);
	irq_save();
	t->state = THREAD_DEAD;
	if (!t->system) load_change(-1);
	list_push_back(&dead, &t->run_node);
	schedule();
	__builtin_unreachable();
}

void thread_reload_user(void)
{
	uint32_t s = irq_save();
	load_user(current);
	irq_restore(s);
}

/* ---- contexts ---- */

bool ctx_may_sleep(void) { return !in_irq() && !in_net; }

void ctx_assert_may_sleep(void) { KASSERT2(ctx_may_sleep(), in_irq(), in_net); }

void net_enter(void)
{
	KASSERT2(!in_irq() && !in_net, in_irq(), in_net);
	in_net = true;
}

void net_leave(void)
{
	KASSERT(in_net);
	in_net = false;
}

bool net_inside(void) { return in_net; }

/* ---- idle ---- */

void sched_set_idle_work(bool (*work)(void)) { idle_work = work; }

void sched_init(void)
{
	uint64_t now = clock_now_ns();
	list_init(&idle_thread.run_node);
	idle_thread.level = N_LEVELS;
	idle_thread.stamp_ticks = arch_tsc();
	run_since_ns = load_stamp = now;
}

void sched_idle(void)
{
	for (;;) {
		if (queue_empty() && idle_work && idle_work()) continue; /* one piece, interrupts on; then look again */
		irq_save();
		if (queue_empty()) {
			arch_idle();
		} else {
			yield_off();
			irq_restore(UINT32_MAX);
		}
	}
}
