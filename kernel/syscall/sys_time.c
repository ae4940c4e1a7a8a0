/* sys_time.c - clocks and sleeping: what a process knows of time.
 * Called by: dispatch.c through table.def (body halves; setting a clock is home's).
 * Never: sends a frame: a body knows its home's clock (kernel/proc/ptime.h).  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/ptime.h"
#include "kernel/syscall/rowid.h"

#define COARSE_NS 4000000u /* what Linux's coarse clocks promise at 250 Hz */

static uint64_t wall(struct task *t)
{
	return ptime_monotonic(t) + (uint64_t)ptime_wall_offset(t);
}

/* A thread of the caller's process; tid 0: the caller. NULL: none. */
static const struct task *own_thread(const struct task *t, uint32_t tid)
{
	const struct body *b;

	if (!tid) return t;
	list_for_each(b, &t->body.space->tasks, in_space)
		if (b->tid == tid && b->pid == t->body.pid) return container_of(b, struct task, body);
	return NULL;
}

/* A negative id names the CPU clock of a process or thread: (~pid << 3) | per-thread << 2 | kind. Own ones only. */
static int32_t cpu_clock(struct task *t, int32_t id, uint64_t *ns)
{
	uint32_t pid = ~((uint32_t)(id >> 3)), kind = (uint32_t)id & 3;
	bool thread = (id & 4) != 0;

	if (kind == 3) return -EINVAL;
	if (thread) {
		const struct task *o = own_thread(t, pid);
		if (!o) return -EINVAL;
		*ns = kind == 1 ? ptime_cpu_user(o) : ptime_cpu_all(o);
		return 0;
	}
	if (pid && pid != t->body.pid) return -EINVAL;
	*ns = ptime_cpu_process(t, kind == 1);
	return 0;
}

static int32_t read_clock(struct task *t, int32_t id, uint64_t *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI: *ns = wall(t); return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM: *ns = ptime_monotonic(t); return 0;
	case CLOCK_PROCESS_CPUTIME_ID: *ns = ptime_cpu_process(t, false); return 0;
	case CLOCK_THREAD_CPUTIME_ID: *ns = ptime_cpu_all(t); return 0;
	default: return id < 0 ? cpu_clock(t, id, ns) : -EINVAL;
	}
}

static int32_t gettime(struct ucall *c, enum time_kind kind)
{
	uint64_t ns;
	int32_t r = read_clock(c->task, (int32_t)c->arg[0], &ns);

	return r ? r : put_time(c, c->arg[1], kind, ns);
}

int32_t body_clock_gettime(struct ucall *c) { return gettime(c, TIME_32); }
int32_t body_clock_gettime64(struct ucall *c) { return gettime(c, TIME_64); }

static int32_t getres(struct ucall *c, enum time_kind kind)
{
	uint64_t ns;
	int32_t id = (int32_t)c->arg[0], r = read_clock(c->task, id, &ns);

	if (r || !c->arg[1]) return r;
	return put_time(c, c->arg[1], kind, id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE ? COARSE_NS : 1);
}

int32_t body_clock_getres(struct ucall *c) { return getres(c, TIME_32); }
int32_t body_clock_getres64(struct ucall *c) { return getres(c, TIME_64); }

int32_t body_time(struct ucall *c)
{
	uint32_t rest, s = (uint32_t)split_ns(wall(c->task), &rest);

	if (c->arg[0] && umem_store_u32(c->mem, uaddr(c->arg[0]), s)) return -EFAULT;
	return (int32_t)s;
}

int32_t body_gettimeofday(struct ucall *c)
{
	static const struct linux_timezone utc;
	int32_t r = c->arg[0] ? put_time(c, c->arg[0], TIME_VAL, wall(c->task)) : 0;

	if (!r && c->arg[1]) r = umem_store(c->mem, uaddr(c->arg[1]), &utc, sizeof utc);
	return r;
}

/* ---- sleeping. The deadline is kept in the body, on home's clock: after a move the sleep goes on where it was. */

/* Sleep until park_deadline_ns. rem_at: where to leave what is left after a signal (0: nowhere; absolute sleeps). */
static int32_t sleep_on(struct ucall *c, uint32_t rem_at, enum time_kind kind, bool absolute)
{
	struct task *t = c->task;
	struct waitq alone;

	waitq_init(&alone);
	for (;;) {
		uint64_t deadline = t->body.park_deadline_ns, now = ptime_monotonic(t);
		if (now >= deadline) return 0;
		if (t->thread.cuts & (CUT_FREEZE | CUT_DESTROY)) return -EPARK;
		if (t->thread.cuts & CUT_SIGNAL) break;
		(void)waitq_sleep(&alone, CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY, ptime_here(t, deadline));
	}
	if (absolute) return -ERESTARTNOHAND;
	if (rem_at && put_time(c, rem_at, kind, t->body.park_deadline_ns - ptime_monotonic(t))) return -EFAULT;
	t->body.restart.row = sysrow_by_index(ROW_restart_sleep);
	t->body.restart.arg[0] = rem_at;
	t->body.restart.arg[1] = kind;
	return -ERESTART_RESTARTBLOCK;
}

int32_t body_restart_sleep(struct ucall *c)
{
	return sleep_on(c, c->arg[0], (enum time_kind)c->arg[1], false);
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a + b < a ? FOREVER : a + b;
}

int32_t body_nanosleep(struct ucall *c)
{
	if (!c->task->call.resumed) {
		uint64_t ns;
		int32_t r = arg_time(c, c->arg[0], TIME_32, &ns);
		if (r) return r;
		c->task->body.park_deadline_ns = add_sat(ptime_monotonic(c->task), ns);
	}
	return sleep_on(c, c->arg[1], TIME_32, false);
}

/* The deadline on home's monotonic clock. */
static int32_t deadline_of(struct ucall *c, enum time_kind kind, uint64_t *deadline)
{
	bool absolute = (c->arg[1] & TIMER_ABSTIME) != 0;
	uint64_t ns, now;

	switch ((int32_t)c->arg[0]) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME: break;
	case CLOCK_THREAD_CPUTIME_ID:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM: return -EOPNOTSUPP;
	default: return -EINVAL;
	}
	int32_t r = arg_time(c, c->arg[2], kind, &ns);
	if (r) return r;
	now = ptime_monotonic(c->task);
	if (!absolute) {
		*deadline = add_sat(now, ns);
	} else if (c->arg[0] == CLOCK_MONOTONIC || c->arg[0] == CLOCK_BOOTTIME) {
		*deadline = ns;
	} else {
		int64_t mono = (int64_t)ns - ptime_wall_offset(c->task);
		*deadline = mono < 0 ? 0 : (uint64_t)mono;
	}
	return 0;
}

/* On the CPU clock of the process, which its other threads may drive on. park_deadline_ns: what it is to show. */
static int32_t cpu_sleep(struct ucall *c, enum time_kind kind)
{
	struct task *t = c->task;
	uint64_t *until = &t->body.park_deadline_ns, used, ns;
	bool absolute = (c->arg[1] & TIMER_ABSTIME) != 0;
	struct waitq alone;

	if (!t->call.resumed) {
		int32_t r = arg_time(c, c->arg[2], kind, &ns);
		if (r) return r;
		*until = absolute ? ns : add_sat(ptime_cpu_process(t, false), ns);
	}
	waitq_init(&alone);
	while ((used = ptime_cpu_process(t, false)) < *until) {
		if (t->thread.cuts & (CUT_FREEZE | CUT_DESTROY)) return -EPARK;
		if (t->thread.cuts & CUT_SIGNAL) break;
		(void)waitq_sleep(&alone, CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY, add_sat(clock_now_ns(), *until - used));
	}
	if (used >= *until) return 0;
	if (absolute) return -ERESTARTNOHAND;
	return c->arg[3] && put_time(c, c->arg[3], kind, *until - used) ? -EFAULT : -EINTR;
}

static int32_t clock_sleep(struct ucall *c, enum time_kind kind)
{
	bool absolute = (c->arg[1] & TIMER_ABSTIME) != 0;

	if (c->arg[0] == CLOCK_PROCESS_CPUTIME_ID) return cpu_sleep(c, kind);
	if (!c->task->call.resumed) {
		int32_t r = deadline_of(c, kind, &c->task->body.park_deadline_ns);
		if (r) return r;
	}
	return sleep_on(c, absolute ? 0 : c->arg[3], kind, absolute);
}

int32_t body_clock_nanosleep(struct ucall *c) { return clock_sleep(c, TIME_32); }
int32_t body_clock_nanosleep64(struct ucall *c) { return clock_sleep(c, TIME_64); }

/* ---- setting home's wall clock */

/* Not before the machine was started: the monotonic clock would be ahead of it. */
static int32_t set_wall(struct ucall *c, uint64_t ns)
{
	if (!has_cap(ucall_who(c), CAP_SYS_TIME)) return -EPERM;
	if (ns < clock_now_ns()) return -EINVAL;
	clock_set_wall_offset((int64_t)(ns - clock_now_ns()));
	return 0;
}

int32_t sys_stime(struct ucall *c)
{
	uint32_t s;

	if (umem_fetch_u32(c->mem, uaddr(c->arg[0]), &s)) return -EFAULT;
	return set_wall(c, s * NS_PER_S);
}

#define ZONE_MINUTES_MAX (15 * 60)

/* The time zone is the programs' affair: no file system has local times. Linux's order of looking. */
int32_t sys_settimeofday(struct ucall *c)
{
	struct linux_timezone zone = {0, 0};
	uint64_t ns = 0;
	int32_t r = c->arg[0] ? arg_time(c, c->arg[0], TIME_VAL, &ns) : 0;

	if (r) return r;
	if (c->arg[1] && umem_fetch(c->mem, &zone, uaddr(c->arg[1]), sizeof zone)) return -EFAULT;
	if (!has_cap(ucall_who(c), CAP_SYS_TIME)) return -EPERM;
	if (zone.minuteswest > ZONE_MINUTES_MAX || zone.minuteswest < -ZONE_MINUTES_MAX) return -EINVAL;
	return c->arg[0] ? set_wall(c, ns) : 0;
}

static int32_t settime(struct ucall *c, enum time_kind kind)
{
	uint64_t ns;

	if ((int32_t)c->arg[0] > CLOCK_REALTIME) return -EINVAL;
	int32_t r = arg_time(c, c->arg[1], kind, &ns);
	if (c->arg[0] != CLOCK_REALTIME && r != -EFAULT) return (c->arg[0] & 3) == 3 ? -EINVAL : -EPERM; /* a CPU clock */
	return r ? r : set_wall(c, ns);
}

int32_t sys_clock_settime(struct ucall *c) { return settime(c, TIME_32); }
int32_t sys_clock_settime64(struct ucall *c) { return settime(c, TIME_64); }
