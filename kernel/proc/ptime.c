/* ptime.c - a process's clocks: they are its home's, wherever its body runs; and the timers that count its CPU time.
 * Called by: time calls, sleeps of body halves, sigdeliver.c at the user boundary.
 * Never: sets this machine's clock.  */
#include "kernel/proc/ptime.h"

uint64_t ptime_monotonic(struct task *t)
{
	struct body *b = &t->body;
	uint64_t now = clock_now_ns();

	if (!t->has_home) now += (uint64_t)b->clock_offset_ns;
	if (now < b->clock_floor_ns) now = b->clock_floor_ns;
	b->clock_floor_ns = now;
	return now;
}

int64_t ptime_wall_offset(const struct task *t)
{
	return t->has_home ? clock_wall_offset_ns() : t->body.wall_offset_ns;
}

uint64_t ptime_here(const struct task *t, uint64_t home_ns)
{
	if (home_ns == FOREVER || t->has_home) return home_ns;
	int64_t here = (int64_t)(home_ns - (uint64_t)t->body.clock_offset_ns);
	return here < 0 ? 0 : (uint64_t)here;
}

uint64_t ptime_cpu_user(const struct task *t)
{
	return t->body.base.user_ns + thread_user_ns(&t->thread);
}

uint64_t ptime_cpu_all(const struct task *t)
{
	return t->body.base.user_ns + t->body.base.system_ns + thread_cpu_ns(&t->thread);
}

uint64_t ptime_cpu_process(const struct task *t, bool user_only)
{
	const struct body *b;
	uint64_t sum = 0;

	list_for_each(b, &t->body.space->tasks, in_space) {
		if (b->pid != t->body.pid || b->home_node != t->body.home_node) continue;
		const struct task *o = container_of(b, struct task, body);
		sum += user_only ? ptime_cpu_user(o) : ptime_cpu_all(o) + b->ended_ns;
	}
	return sum;
}

/* One clock interrupt is enough: whoever runs then passes the user boundary and counts. */
static void tick(struct ktimer *k)
{
	UNUSED(k);
}

static void arm(uint64_t left_ns)
{
	static struct ktimer k;
	uint64_t at = clock_now_ns() + left_ns;

	if (!k.fire) ktimer_init(&k, tick);
	if (k.deadline_ns > clock_now_ns() && k.deadline_ns <= at) return; /* an earlier one will do */
	ktimer_arm(&k, at);
}

/* Take `used` off a timer; true: it expired. */
static bool run_down(uint64_t *left, uint64_t interval, uint64_t used)
{
	if (!*left) return false;
	if (*left > used) {
		*left -= used;
		return false;
	}
	*left = interval;
	return true;
}

void ptime_count_down(struct task *t)
{
	struct body *b = &t->body;
	uint64_t user = ptime_cpu_user(t), all = ptime_cpu_all(t);

	if (run_down(&b->vtimer_left_ns, b->vtimer_interval_ns, user - b->cpu_seen_user_ns)) b->expired |= SIGBIT(SIGVTALRM);
	if (run_down(&b->prof_left_ns, b->prof_interval_ns, all - b->cpu_seen_all_ns)) b->expired |= SIGBIT(SIGPROF);
	b->cpu_seen_user_ns = user;
	b->cpu_seen_all_ns = all;
	if (b->vtimer_left_ns) arm(b->vtimer_left_ns);
	if (b->prof_left_ns) arm(b->prof_left_ns);
}
