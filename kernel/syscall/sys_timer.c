/* sys_timer.c - calls that set timers: alarm, interval timers, POSIX timers.
 * Called by: dispatch.c through table.def.
 * Never: fires one (kernel/proc/itimer.c at home, ptime.c for CPU time at the body).  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/itimer.h"
#include "kernel/proc/ptime.h"

/* {interval, value} in one of three layouts */
static uint32_t half(enum time_kind kind)
{
	return kind == TIME_64 ? sizeof(struct linux_timespec64) : 8;
}

static int fetch_setting(struct ucall *c, uint32_t at, enum time_kind kind, struct timer_setting *s)
{
	int err = arg_time(c, at, kind, &s->interval_ns);

	return err ? err : arg_time(c, at + half(kind), kind, &s->value_ns);
}

static int put_setting(struct ucall *c, uint32_t at, enum time_kind kind, const struct timer_setting *s)
{
	/* less than a unit left is not "disarmed" */
	uint64_t value = kind == TIME_VAL && s->value_ns && s->value_ns < 1000 ? 1000 : s->value_ns;
	int err = put_time(c, at, kind, s->interval_ns);

	return err ? err : put_time(c, at + half(kind), kind, value);
}

int32_t sys_alarm(struct ucall *c)
{
	struct timer_setting set = {c->arg[0] * NS_PER_S, 0}, old;
	uint32_t rest;
	int err = itimer_real(ucall_group(c), &set, &old);

	if (err) return err;
	uint64_t s = split_ns(old.value_ns, &rest);
	if (rest >= NS_PER_S / 2 || (!s && rest)) s++;
	return (int32_t)s;
}

int32_t sys_setitimer(struct ucall *c)
{
	struct timer_setting set = {0, 0}, old;
	int32_t r = c->arg[1] ? fetch_setting(c, c->arg[1], TIME_VAL, &set) : 0;

	if (!r) r = itimer_real(ucall_group(c), &set, &old);
	if (!r && c->arg[2]) r = put_setting(c, c->arg[2], TIME_VAL, &old);
	return r;
}

int32_t sys_getitimer(struct ucall *c)
{
	struct timer_setting now;
	int32_t r = itimer_real(ucall_group(c), NULL, &now);

	return r ? r : put_setting(c, c->arg[1], TIME_VAL, &now);
}

/* ---- VIRTUAL and PROF: the body's own */

static struct timer_setting cpu_setting(struct task *t, uint32_t which)
{
	struct body *b = &t->body;

	ptime_count_down(t);
	if (which == ITIMER_VIRTUAL) return (struct timer_setting){b->vtimer_left_ns, b->vtimer_interval_ns};
	return (struct timer_setting){b->prof_left_ns, b->prof_interval_ns};
}

static void set_cpu(struct task *t, uint32_t which, const struct timer_setting *s)
{
	struct body *b = &t->body;

	if (which == ITIMER_VIRTUAL) {
		b->vtimer_left_ns = s->value_ns;
		b->vtimer_interval_ns = s->interval_ns;
	} else {
		b->prof_left_ns = s->value_ns;
		b->prof_interval_ns = s->interval_ns;
	}
	ptime_count_down(t); /* nothing has been used since: arms the clock */
}

int32_t body_setitimer(struct ucall *c)
{
	struct timer_setting set = {0, 0}, old;
	int32_t r = c->arg[1] ? fetch_setting(c, c->arg[1], TIME_VAL, &set) : 0;

	if (r) return r;
	if (c->arg[0] > ITIMER_PROF) return -EINVAL; /* Linux looks at the value first */
	old = cpu_setting(c->task, c->arg[0]);
	set_cpu(c->task, c->arg[0], &set);
	return c->arg[2] ? put_setting(c, c->arg[2], TIME_VAL, &old) : 0;
}

int32_t body_getitimer(struct ucall *c)
{
	struct timer_setting now = cpu_setting(c->task, c->arg[0]);

	return put_setting(c, c->arg[1], TIME_VAL, &now);
}

/* ---- POSIX timers */

static int check_event(struct ucall *c, const struct linux_sigevent *ev)
{
	if (ev->notify != SIGEV_SIGNAL && ev->notify != SIGEV_NONE && ev->notify != SIGEV_THREAD && ev->notify != SIGEV_THREAD_ID) return -EINVAL;
	if (ev->notify != SIGEV_NONE && (ev->signo < 1 || ev->signo > LINUX_NSIG)) return -EINVAL;
	if (ev->notify != SIGEV_THREAD_ID) return 0;
	struct task *t = task_find(ev->tid);
	return t && t->home.group == ucall_group(c) ? 0 : -EINVAL;
}

/* A CPU clock by number may be the caller's own; it is one of the two named ones then. */
static int check_clock(struct ucall *c, uint32_t *clock)
{
	uint32_t pid = ~(uint32_t)((int32_t)*clock >> 3), own = (*clock & 4) ? c->task->home.tid : ucall_group(c)->pid;

	switch (*clock) {
	case CLOCK_REALTIME: case CLOCK_MONOTONIC: case CLOCK_BOOTTIME: case CLOCK_TAI:
	case CLOCK_PROCESS_CPUTIME_ID: case CLOCK_THREAD_CPUTIME_ID: return 0;
	case CLOCK_MONOTONIC_RAW: case CLOCK_REALTIME_COARSE: case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM: case CLOCK_BOOTTIME_ALARM: return -EOPNOTSUPP;
	default: break;
	}
	if ((int32_t)*clock >= 0 || (*clock & 3) == 3 || (pid && pid != own)) return -EINVAL;
	*clock = (*clock & 4) ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
	return 0;
}

int32_t sys_timer_create(struct ucall *c)
{
	struct linux_sigevent ev;
	uint32_t clock = c->arg[0];
	int32_t r = c->arg[1] ? umem_fetch(c->mem, &ev, uaddr(c->arg[1]), sizeof ev) : 0;

	if (!r) r = check_clock(c, &clock);
	if (!r && c->arg[1]) r = check_event(c, &ev);
	if (r) return r;
	int32_t id = ptimer_create(ucall_group(c), clock, c->arg[1] ? &ev : NULL, c->task->home.tid);
	if (id < 0) return id;
	int err = umem_store_u32(c->mem, uaddr(c->arg[2]), (uint32_t)id);
	if (err) (void)ptimer_delete(ucall_group(c), (uint32_t)id);
	return err;
}

static int32_t settime(struct ucall *c, enum time_kind kind)
{
	struct timer_setting set, old;

	if (!c->arg[2]) return -EINVAL;
	int32_t r = fetch_setting(c, c->arg[2], kind, &set);
	if (!r) r = ptimer_set(ucall_group(c), c->arg[0], (c->arg[1] & TIMER_ABSTIME) != 0, &set, &old);
	if (!r && c->arg[3]) r = put_setting(c, c->arg[3], kind, &old);
	return r;
}

static int32_t gettime(struct ucall *c, enum time_kind kind)
{
	struct timer_setting now;
	int32_t r = ptimer_set(ucall_group(c), c->arg[0], false, NULL, &now);

	return r ? r : put_setting(c, c->arg[1], kind, &now);
}

int32_t sys_timer_settime(struct ucall *c) { return settime(c, TIME_32); }
int32_t sys_timer_settime64(struct ucall *c) { return settime(c, TIME_64); }
int32_t sys_timer_gettime(struct ucall *c) { return gettime(c, TIME_32); }
int32_t sys_timer_gettime64(struct ucall *c) { return gettime(c, TIME_64); }
int32_t sys_timer_getoverrun(struct ucall *c) { return ptimer_overrun(ucall_group(c), c->arg[0]); }
int32_t sys_timer_delete(struct ucall *c) { return ptimer_delete(ucall_group(c), c->arg[0]); }
