/* sys_event.c - calls on files that are events: epoll, eventfd, timerfd.
 * Called by: dispatch.c through table.def (home halves; epoll_pwait's mask is set by mux.c at the caller's side).
 * Never: knows why a file is ready.  */
#include "fs/eventfile.h"
#include "fs/inotify.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"

#define COLLECT_MAX 256u   /* events of one call; Linux's callers ask again */

static int32_t install(struct ucall *c, struct file *f, bool cloexec)
{
	if (!f) return -ENOMEM;
	int32_t r = fd_install(ucall_group(c)->fds, f, 0, cloexec);
	if (r < 0) file_unref(f);
	return r;
}

/* ---- epoll */
int32_t sys_epoll_create(struct ucall *c)
{
	return (int32_t)c->arg[0] <= 0 ? -EINVAL : install(c, epoll_new(ucall_who(c)), false);
}

int32_t sys_epoll_create1(struct ucall *c)
{
	return c->arg[0] & ~O_CLOEXEC ? -EINVAL : install(c, epoll_new(ucall_who(c)), c->arg[0] & O_CLOEXEC);
}

int32_t sys_epoll_ctl(struct ucall *c)
{
	struct linux_epoll_event ev = {0};
	int32_t r = c->arg[1] == EPOLL_CTL_DEL ? 0 : umem_fetch(c->mem, &ev, uaddr(c->arg[3]), sizeof ev);

	if (r) return r;
	struct file *ep = arg_file(c, c->arg[0]), *f = arg_file(c, c->arg[2]);
	r = ep && f ? epoll_control(ep, c->arg[1], (int32_t)c->arg[2], f, &ev) : -EBADF;
	if (ep) file_unref(ep);
	if (f) file_unref(f);
	return r;
}

static int32_t wait_events(struct file *ep, struct linux_epoll_event *ev, uint32_t max, uint64_t deadline)
{
	for (;;) {
		int32_t n = epoll_collect(ep, ev, max);
		if (n || deadline == 0) return n;
		int r = epoll_sleep(ep, deadline);
		if (r == -EINTR) return -EINTR;
		if (r == -ETIMEDOUT) deadline = 0; /* a last look */
	}
}

static int32_t epoll_until(struct ucall *c, uint64_t deadline)
{
	uint32_t max = c->arg[2];
	int32_t r;

	if ((int32_t)max <= 0 || max > INT32_MAX / sizeof(struct linux_epoll_event)) return -EINVAL;
	if (!user_range_ok(uaddr(c->arg[1]), max * (uint32_t)sizeof(struct linux_epoll_event))) return -EFAULT;
	max = MIN(max, COLLECT_MAX);
	struct file *ep = arg_file(c, c->arg[0]);
	if (!ep) return -EBADF;
	struct linux_epoll_event few[8], *ev = max <= ARRAY_LEN(few) ? few : kmalloc(max * (uint32_t)sizeof *ev);
	r = ev ? wait_events(ep, ev, max, deadline) : -ENOMEM;
	if (r > 0 && umem_store(c->mem, uaddr(c->arg[1]), ev, (uint32_t)r * (uint32_t)sizeof *ev)) r = -EFAULT;
	if (ev != few) kfree(ev);
	file_unref(ep);
	return r;
}

int32_t sys_epoll_wait(struct ucall *c)
{
	int32_t ms = (int32_t)c->arg[3];

	return epoll_until(c, ms < 0 ? FOREVER : ms == 0 ? 0 : clock_now_ns() + (uint64_t)ms * NS_PER_MS);
}

int32_t sys_epoll_pwait2(struct ucall *c)
{
	uint64_t ns;

	if (!c->arg[3]) return epoll_until(c, FOREVER);
	int32_t r = arg_time(c, c->arg[3], TIME_64, &ns);
	return r ? r : epoll_until(c, ns ? clock_now_ns() + ns : 0);
}

/* ---- eventfd */
int32_t sys_eventfd2(struct ucall *c)
{
	uint32_t flags = c->arg[1];

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
	return install(c, eventfd_new(c->arg[0], flags & EFD_SEMAPHORE, flags & O_NONBLOCK, ucall_who(c)), flags & O_CLOEXEC);
}

int32_t sys_eventfd(struct ucall *c)
{
	return install(c, eventfd_new(c->arg[0], false, 0, ucall_who(c)), false);
}

/* ---- timerfd */
int32_t sys_timerfd_create(struct ucall *c)
{
	uint32_t clock = c->arg[0], flags = c->arg[1];

	if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) return -EINVAL;
	return install(c, timerfd_new(clock, flags & O_NONBLOCK, ucall_who(c)), flags & O_CLOEXEC);
}

static uint32_t half_of(enum time_kind kind)
{
	return kind == TIME_64 ? 16 : 8;
}

static int put_setting(struct ucall *c, uint32_t at, enum time_kind kind, const struct timerfd_setting *s)
{
	int err = put_time(c, at, kind, s->interval_ns);

	return err ? err : put_time(c, at + half_of(kind), kind, s->value_ns);
}

static int32_t timerfd_settime(struct ucall *c, enum time_kind kind)
{
	struct timerfd_setting set, old;
	int32_t r = arg_time(c, c->arg[2], kind, &set.interval_ns);

	if (!r) r = arg_time(c, c->arg[2] + half_of(kind), kind, &set.value_ns);
	if (r) return r;
	if (c->arg[1] & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) return -EINVAL;
	struct file *f = arg_file(c, c->arg[0]);
	if (!f) return -EBADF;
	r = timerfd_set(f, c->arg[1] & TFD_TIMER_ABSTIME, &set, &old);
	file_unref(f);
	return r || !c->arg[3] ? r : put_setting(c, c->arg[3], kind, &old);
}

static int32_t timerfd_gettime(struct ucall *c, enum time_kind kind)
{
	struct timerfd_setting now;
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = timerfd_set(f, false, NULL, &now);
	file_unref(f);
	return r ? r : put_setting(c, c->arg[1], kind, &now);
}

int32_t sys_timerfd_settime(struct ucall *c) { return timerfd_settime(c, TIME_32); }
int32_t sys_timerfd_settime64(struct ucall *c) { return timerfd_settime(c, TIME_64); }
int32_t sys_timerfd_gettime(struct ucall *c) { return timerfd_gettime(c, TIME_32); }
int32_t sys_timerfd_gettime64(struct ucall *c) { return timerfd_gettime(c, TIME_64); }

/* ---- inotify */
int32_t sys_inotify_init(struct ucall *c)
{
	return install(c, inotify_new(0, ucall_who(c)), false);
}

int32_t sys_inotify_init1(struct ucall *c)
{
	uint32_t flags = c->arg[0];

	if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
	return install(c, inotify_new(flags & O_NONBLOCK, ucall_who(c)), flags & O_CLOEXEC);
}

int32_t sys_inotify_add_watch(struct ucall *c)
{
	uint32_t mask = c->arg[2];
	struct file *f = arg_file(c, c->arg[0]);
	struct walk w;

	if (!f) return -EBADF;
	int32_t r = ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE)) || !inotify_is(f) ? -EINVAL : 0;
	if (!r) r = arg_walk(c, HERE, c->arg[1], (mask & IN_DONT_FOLLOW ? 0 : WALK_FOLLOW) | (mask & IN_ONLYDIR ? WALK_DIRECTORY : 0), &w);
	if (!r) {
		r = inode_permission(walk_inode(&w), R_OK, ucall_who(c));
		if (!r) r = inotify_watch(f, walk_inode(&w), mask);
		walk_done(&w);
	}
	file_unref(f);
	return r;
}

int32_t sys_inotify_rm_watch(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int32_t r = inotify_unwatch(f, (int32_t)c->arg[1]);
	file_unref(f);
	return r;
}
