/* sys_poll.c - waiting for several files: poll, select and their relatives.
 * Called by: dispatch.c through table.def (home halves; temporary signal masks are set by mux.c at the caller's side).
 * Never: waits on a file itself; files name the queues to wait on.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "lib/fixed.h"
#include "lib/str.h"

struct item {
	struct file *file;   /* referenced; NULL: none */
	uint32_t fd;         /* select's */
	uint32_t events, revents;
};
struct items {
	uint32_t n;
	struct pollset ps;
	struct item item[];
};

static struct items *items_new(uint32_t n)
{
	struct items *s = kzalloc((uint32_t)(sizeof *s + n * sizeof s->item[0]));

	if (!s) return NULL;
	s->n = n;
	return s;
}

static void items_free(struct items *s)
{
	if (s->ps.waiters) pollset_free(&s->ps);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->item[i].file) file_unref(s->item[i].file);
	kfree(s);
}

/* Look at every file; those that are not ready announce their queues as long as nothing was ready. */
static int32_t look(struct items *s, bool wait)
{
	int32_t ready = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct item *it = &s->item[i];
		if (it->file) it->revents = file_poll(it->file, wait && !ready ? &s->ps : NULL) & (it->events | POLLERR | POLLHUP | POLLNVAL);
		if (it->revents) ready++;
	}
	return ready;
}

/* How many are ready; 0 after the deadline; -EINTR. */
static int32_t wait_ready(struct items *s, uint64_t deadline)
{
	bool wait = deadline > clock_now_ns();
	int32_t at_once = look(s, false);

	/* often something is there already: then nobody need announce a queue */
	if (at_once || !wait) return at_once;
	if (pollset_init(&s->ps, 2 * s->n)) return -ENOMEM;
	for (;;) {
		sched_block_prepare();
		int32_t ready = look(s, wait);
		int r = 0;
		if (!ready && wait) r = sched_block(CUT_SIGNAL | CUT_DESTROY, deadline);
		pollset_clear(&s->ps);
		if (ready || !wait) return ready;
		if (r == -ETIMEDOUT) wait = false;
		if (r == -EINTR) {
			ready = look(s, false);
			return ready ? ready : -EINTR;
		}
	}
}

static uint64_t deadline_after(uint64_t ns)
{
	uint64_t now = clock_now_ns();

	return now + ns < now ? FOREVER : now + ns;
}

/* What is left of a timeout goes back to the caller, as Linux does; a fault there is not told. */
static void put_left(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t deadline)
{
	uint64_t now = clock_now_ns();

	if (at && deadline != FOREVER && put_time(c, at, kind, deadline > now ? deadline - now : 0)) return;
}

/* select(2) alone takes microseconds beyond a second. */
static int wide_timeval(struct ucall *c, uint32_t at, uint64_t *ns)
{
	struct linux_timespec32 v;
	int err = umem_fetch(c->mem, &v, uaddr(at), sizeof v);

	if (err) return err;
	if (v.sec < 0 || v.nsec < 0) return -EINVAL;
	*ns = (uint64_t)(uint32_t)v.sec * NS_PER_S + (uint64_t)(uint32_t)v.nsec * 1000;
	return 0;
}

static int fetch_deadline(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t *deadline)
{
	uint64_t ns;

	*deadline = FOREVER;
	if (!at) return 0;
	int err = kind == TIME_VAL ? wide_timeval(c, at, &ns) : arg_time(c, at, kind, &ns);
	if (!err) *deadline = deadline_after(ns);
	return err;
}

/* ---- poll */

static int32_t poll_files(struct ucall *c, struct linux_pollfd *fd, uint32_t n, uint64_t deadline)
{
	struct items *s = items_new(n);

	if (!s) return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct item *it = &s->item[i];
		if (fd[i].fd < 0) continue;
		it->events = fd[i].events;
		it->file = fd_get(ucall_group(c)->fds, fd[i].fd);
		if (!it->file) it->revents = POLLNVAL;
	}
	int32_t r = wait_ready(s, deadline);
	for (uint32_t i = 0; i < n; i++) fd[i].revents = (uint16_t)s->item[i].revents;
	items_free(s);
	return r;
}

/* As poll(2): ready count, 0, or -EINTR that the caller turns into its own kind of restart. */
static int32_t poll_until(struct ucall *c, uint64_t deadline)
{
	uint32_t n = c->arg[1];

	if (n > ucall_group(c)->fds->limit) return -EINVAL;
	struct linux_pollfd *fd = kmalloc(MAX(n, 1u) * (uint32_t)sizeof *fd);
	if (!fd) return -ENOMEM;
	int32_t r = umem_fetch(c->mem, fd, uaddr(c->arg[0]), n * (uint32_t)sizeof *fd);
	if (!r) r = poll_files(c, fd, n, deadline);
	if (r >= 0 && n && umem_store(c->mem, uaddr(c->arg[0]), fd, n * (uint32_t)sizeof *fd)) r = -EFAULT;
	kfree(fd);
	return r;
}

static int32_t poll_restartable(struct ucall *c, uint64_t deadline)
{
	int32_t r = poll_until(c, deadline);

	if (r != -EINTR) return r;
	c->task->home.restart_deadline_ns = deadline;
	return -ERESTART_RESTARTBLOCK;
}

int32_t sys_poll(struct ucall *c)
{
	int32_t ms = (int32_t)c->arg[2];

	return poll_restartable(c, ms < 0 ? FOREVER : deadline_after((uint32_t)ms * NS_PER_MS));
}

int32_t sys_poll_restart(struct ucall *c)
{
	return poll_restartable(c, c->task->home.restart_deadline_ns);
}

static int32_t ppoll(struct ucall *c, enum time_kind kind)
{
	uint64_t deadline;
	int32_t r = fetch_deadline(c, c->arg[2], kind, &deadline);

	if (r) return r;
	r = poll_until(c, deadline);
	put_left(c, c->arg[2], kind, deadline);
	return r == -EINTR ? -ERESTARTNOHAND : r;
}

int32_t sys_ppoll(struct ucall *c) { return ppoll(c, TIME_32); }
int32_t sys_ppoll64(struct ucall *c) { return ppoll(c, TIME_64); }

/* ---- select */

#define SET_WORDS (FD_SETSIZE / 32)
#define SELECT_IN (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX POLLPRI

struct sets {
	uint32_t n, words;       /* descriptors looked at, words of a set */
	uint32_t want[3][SET_WORDS], got[3][SET_WORDS];
};

static bool wants(const struct sets *s, int k, uint32_t fd)
{
	return s->want[k][fd / 32] >> (fd % 32) & 1;
}

/* The descriptors of one word that are in any set. */
static uint32_t wanted_in(const struct sets *s, uint32_t word)
{
	return s->want[0][word] | s->want[1][word] | s->want[2][word];
}

static uint32_t count_wanted(const struct sets *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->words; i++)
		for (uint32_t left = wanted_in(s, i); left; left &= left - 1) n++;
	return n;
}

static int fetch_sets(struct ucall *c, struct sets *s)
{
	for (uint32_t k = 0; k < 3; k++) {
		if (!c->arg[1 + k]) continue;
		int err = umem_fetch(c->mem, s->want[k], uaddr(c->arg[1 + k]), s->words * 4);
		if (err) return err;
		if (s->n % 32) s->want[k][s->words - 1] &= (1u << (s->n % 32)) - 1; /* those beyond n are not asked for */
	}
	return 0;
}

static int store_sets(struct ucall *c, const struct sets *s)
{
	for (uint32_t k = 0; k < 3; k++) {
		if (!c->arg[1 + k]) continue;
		int err = umem_store(c->mem, uaddr(c->arg[1 + k]), s->got[k], s->words * 4);
		if (err) return err;
	}
	return 0;
}

/* The items in the order of their descriptors. */
static int fill_items(struct ucall *c, const struct sets *s, struct items *items)
{
	struct item *it = items->item;

	for (uint32_t i = 0; i < s->words; i++) {
		for (uint32_t left = wanted_in(s, i); left; left &= left - 1, it++) {
			uint32_t bit = left & -left;
			it->fd = 32 * i + (uint32_t)__builtin_ctz(left);
			it->file = fd_get(ucall_group(c)->fds, (int32_t)it->fd);
			if (!it->file) return -EBADF;
			it->events = (s->want[0][i] & bit ? SELECT_IN : 0) | (s->want[1][i] & bit ? SELECT_OUT : 0) |
				     (s->want[2][i] & bit ? SELECT_EX : 0);
		}
	}
	return 0;
}

/* Bits of the answer; a file may count thrice. */
static int32_t collect(struct sets *s, const struct items *items)
{
	static const uint32_t mask[3] = {SELECT_IN, SELECT_OUT, SELECT_EX};
	int32_t bits = 0;

	for (uint32_t i = 0; i < items->n; i++) {
		uint32_t revents = items->item[i].revents, fd = items->item[i].fd;
		if (!revents) continue;
		for (int k = 0; k < 3; k++) {
			if (!wants(s, k, fd) || !(revents & mask[k])) continue;
			s->got[k][fd / 32] |= 1u << (fd % 32);
			bits++;
		}
	}
	return bits;
}

static int32_t select_sets(struct ucall *c, struct sets *s, uint64_t deadline)
{
	int32_t r = fetch_sets(c, s);

	if (r) return r;
	struct items *items = items_new(count_wanted(s));
	if (!items) return -ENOMEM;
	r = fill_items(c, s, items);
	if (!r) r = wait_ready(items, deadline);
	if (r >= 0) r = collect(s, items);
	items_free(items);
	if (r < 0) return r == -EINTR ? -ERESTARTNOHAND : r;
	return store_sets(c, s) ? -EFAULT : r;
}

/* Linux looks at as many bits as its table of descriptors has room for: 32 at first, then powers of two from 256 on. */
static uint32_t table_size(const struct ucall *c)
{
	uint32_t used = ucall_group(c)->fds->size, n = used <= 32 ? 32 : 256;

	while (n < used) n *= 2;
	return MIN(n, (uint32_t)FD_SETSIZE);
}

static int32_t do_select(struct ucall *c, enum time_kind kind)
{
	uint64_t deadline;
	int32_t r = fetch_deadline(c, c->arg[4], kind, &deadline);

	if (r) return r;
	if ((int32_t)c->arg[0] < 0) return -EINVAL;
	struct sets *s = kzalloc(sizeof *s);
	if (!s) return -ENOMEM;
	s->n = MIN(c->arg[0], table_size(c));
	s->words = (s->n + 31) / 32;
	r = select_sets(c, s, deadline);
	kfree(s);
	put_left(c, c->arg[4], kind, deadline);
	return r;
}

int32_t sys_select(struct ucall *c) { return do_select(c, TIME_VAL); }
int32_t sys_pselect(struct ucall *c) { return do_select(c, TIME_32); }
int32_t sys_pselect64(struct ucall *c) { return do_select(c, TIME_64); }
