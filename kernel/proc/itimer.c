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
	uint32_t overrun;
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

/* The next expiry of a periodic timer; how many were missed. */
static void rearm(struct itimer_real *t)
{
	uint64_t now = clock_now_ns();

	t->overrun = 0;
	if (!t->interval_ns) {
		t->deadline_ns = 0;
		return;
	}
	t->deadline_ns += t->interval_ns;
	while (t->deadline_ns <= now && t->overrun < 1000) {
		t->deadline_ns += t->interval_ns;
		t->overrun++;
	}
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

static void post(struct itimer_real *t)
{
	struct ksiginfo info = {.signo = SIGALRM, .code = SI_KERNEL};

	if (!t->posix) {
		signal_post_group(t->group, &info);
		return;
	}
	if (t->notify == SIGEV_NONE) return;
	info = (struct ksiginfo){.signo = t->signo, .code = SI_TIMER, .pid = t->id, .uid = t->overrun, .value = t->value};
	struct task *to = t->notify == SIGEV_THREAD_ID ? task_find(t->tid) : NULL;
	if (to)
		signal_post_task(to, &info);
	else
		signal_post_group(t->group, &info);
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
			rearm(t);
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
	uint64_t now = clock_now_ns();

	if (!t->deadline_ns) return (struct timer_setting){0, t->interval_ns};
	/* one that is just expiring still has a moment: 0 would say disarmed */
	return (struct timer_setting){t->deadline_ns > now ? t->deadline_ns - now : 1000, t->interval_ns};
}

static void arm(struct itimer_real *t, uint64_t deadline_ns, uint64_t interval_ns)
{
	disarm(t);
	t->interval_ns = interval_ns;
	t->overrun = 0;
	if (!deadline_ns) return;
	t->deadline_ns = deadline_ns;
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

int32_t ptimer_create(struct group *g, uint32_t clock, const struct linux_sigevent *ev)
{
	uint32_t id = 0;

	while (id < PTIMERS_MAX && find(g, id)) id++;
	struct itimer_real *t = id < PTIMERS_MAX ? timer_new(g) : NULL;
	if (!t) return -EAGAIN;
	t->posix = true;
	t->id = id;
	t->which_clock = clock;
	t->signo = ev ? ev->signo : SIGALRM;
	t->notify = ev ? ev->notify : SIGEV_SIGNAL;
	t->value = ev ? ev->value : id;
	t->tid = ev ? ev->tid : 0;
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
	if (at && !absolute) at += clock_now_ns();
	if (at && absolute && t->which_clock == CLOCK_REALTIME) {
		int64_t mono = (int64_t)at - clock_wall_offset_ns();
		at = mono > 0 ? (uint64_t)mono : 1;
	}
	arm(t, at, set->interval_ns);
	return 0;
}

int32_t ptimer_overrun(struct group *g, uint32_t id)
{
	struct itimer_real *t = find(g, id);

	return t ? (int32_t)t->overrun : -EINVAL;
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
