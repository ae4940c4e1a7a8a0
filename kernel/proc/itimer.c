/* itimer.c - timers of a process that end in a signal: ITIMER_REAL, POSIX timers, the watch on RLIMIT_CPU.
 * Called by: sys_timer.c, exit and exec; the clock wakes a small thread here that posts the signals.
 * Never: posts from an interrupt.  */
#include "kernel/proc/itimer.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"

#define PTIMERS_MAX 64u /* of one process */
#define CPU_LOOK_NS (10 * NS_PER_MS)
#define CPU_LIMIT_MAX 1000000000ull /* seconds; more counts as no limit */

struct itimer_real {
	struct ktimer clock;
	struct list_node due;      /* shared with irq: expired, its signal not posted yet */
	struct list_node in_group; /* POSIX timers */
	struct group *group;
	uint64_t deadline_ns, interval_ns; /* deadline 0: disarmed */
	bool posix;
	uint32_t id, which_clock, value, tid;
	int signo, notify;
	uint32_t overrun, last_overrun; /* since the last signal that was taken; told with that one */
	bool queued;               /* its signal waits: it goes on when that is taken, timer_getoverrun(2) */
};

static struct list_node due_list = LIST_INIT(due_list);
static struct waitq due_wait = WAITQ_INIT(due_wait);

/* irq context */
static void fire(struct ktimer *k)
{
	struct itimer_real *t = container_of(k, struct itimer_real, clock);

	if (!list_linked(&t->due)) list_push_back(&due_list, &t->due);
	waitq_wake_one(&due_wait);
}

/* The next expiry of ITIMER_REAL. */
static void rearm(struct itimer_real *t)
{
	uint64_t now = clock_now_ns();

	if (!t->interval_ns) {
		t->deadline_ns = 0;
		return;
	}
	t->deadline_ns += t->interval_ns;
	for (int i = 0; t->deadline_ns <= now && i < 1000; i++) t->deadline_ns += t->interval_ns;
	if (t->deadline_ns <= now) t->deadline_ns = now + t->interval_ns;
	ktimer_arm(&t->clock, t->deadline_ns);
}

/* CPU time cannot pass faster than time: look again when the limit may be reached. Past it SIGXCPU comes every second, past the
 * hard limit the end. An away body's figures are those last told. */
static void look_at_cpu(struct itimer_real *t)
{
	struct group *g = t->group;
	struct linux_rlimit64 *l = &g->rlimits[RLIMIT_CPU];
	struct figures f = group_figures(g);
	uint64_t used = f.user_ns + f.system_ns;
	struct ksiginfo info = {.code = SI_KERNEL};

	t->deadline_ns = 0;
	if (l->cur > CPU_LIMIT_MAX || list_empty(&g->tasks)) return;
	if (l->max <= CPU_LIMIT_MAX && used >= l->max * NS_PER_S)
		info.signo = SIGKILL;
	else if (used >= l->cur * NS_PER_S)
		info.signo = SIGXCPU;
	if (info.signo) signal_post_group(g, &info);
	if (info.signo == SIGKILL) return;
	if (info.signo) l->cur = used / NS_PER_S + 1;
	t->deadline_ns = clock_now_ns() + MAX(l->cur * NS_PER_S - used, CPU_LOOK_NS);
	ktimer_arm(&t->clock, t->deadline_ns);
}

static void fire_real(struct itimer_real *t)
{
	const struct ksiginfo info = {.signo = SIGALRM, .code = SI_KERNEL};

	rearm(t);
	signal_post_group(t->group, &info);
}

/* ---- POSIX timers on clocks that are not the monotonic one */
static bool cpu_clock(uint32_t clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* What the timer's clock shows; the wall clock's deadlines were made monotonic ones when set. */
static uint64_t clock_shows(const struct itimer_real *t)
{
	struct figures f = {0};

	if (!cpu_clock(t->which_clock)) return clock_now_ns();
	struct task *of = t->which_clock == CLOCK_THREAD_CPUTIME_ID ? task_find(t->tid) : NULL;
	if (of)
		f = task_figures(of);
	else if (t->which_clock == CLOCK_PROCESS_CPUTIME_ID)
		f = group_figures(t->group);
	return f.user_ns + f.system_ns;
}

/* CPU time passes no faster than time: its clock is looked at again when it may have reached the deadline. */
static void wait_deadline(struct itimer_real *t)
{
	uint64_t now = clock_shows(t);

	if (t->notify == SIGEV_NONE) return;
	if (!cpu_clock(t->which_clock))
		ktimer_arm(&t->clock, t->deadline_ns);
	else
		ktimer_arm(&t->clock, clock_now_ns() + (t->deadline_ns > now ? t->deadline_ns - now : 0));
}

/* Deadlines that have passed by now; the next one is the deadline. */
static uint32_t forward(struct itimer_real *t)
{
	uint64_t now = clock_shows(t), late = now > t->deadline_ns ? now - t->deadline_ns : 0;
	uint64_t n = late / t->interval_ns + 1;

	t->deadline_ns += n * t->interval_ns;
	return (uint32_t)MIN(n, (uint64_t)INT32_MAX);
}

static void fire_posix(struct itimer_real *t)
{
	struct ksiginfo info = {.signo = t->signo, .code = SI_TIMER, .pid = t->id, .value = t->value};
	struct task *to = t->notify == SIGEV_THREAD_ID ? task_find(t->tid) : NULL;

	if (clock_shows(t) < t->deadline_ns) {
		wait_deadline(t);
		return;
	}
	if (signal_post_timer(t->group, to, &info)) {
		t->queued = t->interval_ns != 0;
		if (!t->queued) t->deadline_ns = 0;
	} else if (t->interval_ns) {
		t->overrun += forward(t);
		wait_deadline(t);
	} else {
		t->deadline_ns = 0;
	}
}

static void post(struct itimer_real *t)
{
	if (t->posix)
		fire_posix(t);
	else
		fire_real(t);
}

static struct itimer_real *next_due(void)
{
	uint32_t irq = irq_save();
	struct list_node *n = list_pop_front(&due_list);

	irq_restore(irq);
	return n ? list_entry(n, struct itimer_real, due) : NULL;
}

static void alarm_thread(void *arg)
{
	UNUSED(arg);
	for (;;) {
		struct itimer_real *t = next_due();
		if (t && t == t->group->cpu_watch) {
			look_at_cpu(t);
			continue;
		}
		if (t) {
			post(t);
			continue;
		}
		uint32_t irq = irq_save();
		if (list_empty(&due_list)) (void)waitq_sleep(&due_wait, 0, FOREVER);
		irq_restore(irq);
	}
}

static bool start_thread(void)
{
	static struct thread th;
	static bool running;

	if (running) return true;
	if (thread_init(&th, "alarms", alarm_thread, NULL)) return false;
	th.system = true;
	thread_start(&th);
	return running = true;
}

static struct itimer_real *timer_new(struct group *g)
{
	struct itimer_real *t = start_thread() ? kzalloc(sizeof *t) : NULL;

	if (!t) return NULL;
	t->group = g;
	ktimer_init(&t->clock, fire);
	list_init(&t->due);
	list_init(&t->in_group);
	return t;
}

static void disarm(struct itimer_real *t)
{
	ktimer_stop(&t->clock);
	uint32_t irq = irq_save();
	list_remove(&t->due);
	irq_restore(irq);
	t->deadline_ns = 0;
}

static void timer_free(struct itimer_real *t)
{
	disarm(t);
	list_remove(&t->in_group);
	kfree(t);
}

static struct timer_setting setting(const struct itimer_real *t)
{
	uint64_t now = clock_shows(t);

	if (!t->deadline_ns) return (struct timer_setting){0, t->interval_ns};
	if (t->deadline_ns <= now && t->interval_ns && (t->queued || t->notify == SIGEV_NONE))
		return (struct timer_setting){t->interval_ns - (now - t->deadline_ns) % t->interval_ns, t->interval_ns};
	if (t->deadline_ns <= now && t->notify == SIGEV_NONE) return (struct timer_setting){0, t->interval_ns};
	/* one that is just expiring still has a moment: 0 would say disarmed */
	return (struct timer_setting){t->deadline_ns > now ? t->deadline_ns - now : 1000, t->interval_ns};
}

static void arm(struct itimer_real *t, uint64_t deadline_ns, uint64_t interval_ns)
{
	disarm(t);
	t->interval_ns = interval_ns;
	t->overrun = t->last_overrun = 0;
	t->queued = false;
	if (!deadline_ns) return;
	t->deadline_ns = deadline_ns;
	if (t->posix)
		wait_deadline(t);
	else
		ktimer_arm(&t->clock, deadline_ns);
}

int itimer_real(struct group *g, const struct timer_setting *set, struct timer_setting *old)
{
	if (old) *old = g->itimer ? setting(g->itimer) : (struct timer_setting){0, 0};
	if (!set) return 0;
	if (!g->itimer && !set->value_ns) return 0;
	if (!g->itimer) g->itimer = timer_new(g);
	if (!g->itimer) return -ENOMEM;
	arm(g->itimer, set->value_ns ? clock_now_ns() + set->value_ns : 0, set->value_ns ? set->interval_ns : 0);
	return 0;
}

void cpu_limit_watch(struct group *g)
{
	if (g->rlimits[RLIMIT_CPU].cur > CPU_LIMIT_MAX) return;
	if (!g->cpu_watch) g->cpu_watch = timer_new(g);
	if (g->cpu_watch) arm(g->cpu_watch, clock_now_ns() + CPU_LOOK_NS, 0);
}

/* ---- POSIX timers */

static struct itimer_real *find(struct group *g, uint32_t id)
{
	struct itimer_real *t;

	list_for_each(t, &g->posix_timers, in_group)
		if (t->id == id) return t;
	return NULL;
}

int32_t ptimer_create(struct group *g, uint32_t clock, const struct linux_sigevent *ev, uint32_t tid)
{
	uint32_t n = 0, id = g->next_timer;
	struct itimer_real *o;

	list_for_each(o, &g->posix_timers, in_group) n++;
	struct itimer_real *t = n < PTIMERS_MAX ? timer_new(g) : NULL;
	if (!t) return -EAGAIN;
	t->posix = true;
	t->id = id;
	t->which_clock = clock;
	t->signo = ev ? ev->signo : SIGALRM;
	t->notify = ev ? ev->notify : SIGEV_SIGNAL;
	t->value = ev ? ev->value : id;
	t->tid = clock == CLOCK_THREAD_CPUTIME_ID ? tid : ev ? ev->tid : 0;
	g->next_timer = (id + 1) & INT32_MAX;
	list_push_back(&g->posix_timers, &t->in_group);
	return (int32_t)id;
}

int ptimer_set(struct group *g, uint32_t id, bool absolute, const struct timer_setting *set, struct timer_setting *old)
{
	struct itimer_real *t = find(g, id);

	if (!t) return -EINVAL;
	if (old) *old = setting(t);
	if (!set) return 0;
	uint64_t at = set->value_ns;
	if (at && !absolute) at += clock_shows(t);
	if (at && absolute && (t->which_clock == CLOCK_REALTIME || t->which_clock == CLOCK_TAI)) {
		int64_t mono = (int64_t)at - clock_wall_offset_ns();
		at = mono > 0 ? (uint64_t)mono : 1;
	}
	arm(t, at, at ? set->interval_ns : 0);
	return 0;
}

int32_t ptimer_overrun(struct group *g, uint32_t id)
{
	struct itimer_real *t = find(g, id);

	return t ? (int32_t)t->last_overrun : -EINVAL;
}

void ptimer_taken(struct group *g, struct ksiginfo *info)
{
	struct itimer_real *t = find(g, info->pid);

	if (!t || !t->queued) return;
	t->queued = false;
	t->last_overrun = t->overrun + forward(t) - 1;
	t->overrun = 0;
	info->uid = t->last_overrun;
	wait_deadline(t);
}

int ptimer_delete(struct group *g, uint32_t id)
{
	struct itimer_real *t = find(g, id);

	if (!t) return -EINVAL;
	timer_free(t);
	return 0;
}

void timers_exec(struct group *g)
{
	struct itimer_real *t, *next;

	list_for_each_safe(t, next, &g->posix_timers, in_group)
		timer_free(t);
}

void timers_exit(struct group *g)
{
	timers_exec(g);
	if (g->itimer) timer_free(g->itimer);
	if (g->cpu_watch) timer_free(g->cpu_watch);
	g->itimer = g->cpu_watch = NULL;
}
