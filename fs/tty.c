/* tty.c - terminals as files: reading and writing through the line discipline, and the thread that feeds it.
 * Called by: drivers (tty_input, tty_output_room), the file table, sessions at their end.
 * Never: signals or echoes in an interrupt: input waits in a ring for the tty thread.  */
#include "fs/tty.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/tty_priv.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define CHUNK 128u            /* bytes from a user's memory to a ring, on the stack */
#define CHUNK_IN 512u         /* and the other way */
#define CHUNK_ROOM 1024u      /* what CHUNK bytes become at worst: tabs as spaces */
_Static_assert(CHUNK_ROOM < LDISC_OUT && CHUNK * 8 <= CHUNK_ROOM, "a chunk fits the output ring");

static struct tty *ttys, *console;
static struct thread tty_thread;
static struct waitq tty_thread_queue;
static volatile bool work_pending; /* shared with irq: irq_save */

static void signal_nobody(uint32_t pgrp, int sig)
{
	UNUSED(pgrp);
	UNUSED(sig);
}
void (*fs_signal_pgrp)(uint32_t pgrp, int sig) = signal_nobody;

/* ---- input and output by the tty thread */
void tty_pump(struct tty *t)
{
	const uint8_t *run;
	uint32_t n, taken, before = t->l.out_tail;

	while (!t->l.stopped && (n = ldisc_out_run(&t->l, &run)) > 0) {
		taken = t->ops->write(t, run, n);
		ldisc_out_done(&t->l, taken);
		if (taken < n) break;
	}
	if (t->l.out_tail != before && ldisc_out_room(&t->l) >= CHUNK_ROOM) waitq_wake_all(&t->writable);
}

/** The raw ring's bytes into a discipline that does nothing to them. */
static void take_plain(struct tty *t)
{
	uint32_t used, at, run, took;

	while ((used = ring_used(&t->raw)) > 0) {
		at = ring_get_slot(&t->raw);
		run = MIN(used, TTY_RAW - at);
		took = ldisc_input_plain(&t->l, t->raw_bytes + at, run);
		ring_get_many(&t->raw, took);
		if (took > 0 && t->ops->input_room) t->ops->input_room(t);
		if (took < run) return;
	}
}

/** Somebody sleeps until n bytes can be read. */
static void want(struct tty *t, uint32_t n)
{
	uint32_t state = irq_save();

	t->need = MIN(t->need, n);
	irq_restore(state);
}

/** Tell those who wait for as many bytes as there are now. */
static void wake_readers(struct tty *t)
{
	if (ldisc_readable(&t->l) < t->need) return;
	t->need = NOBODY;
	waitq_wake_all(&t->readable);
}

void tty_tell(struct tty *t, uint32_t what)
{
	if (what && t->ops->event) t->ops->event(t, what);
}

/** What typed keys did beside giving input. */
static uint32_t done_by_keys(const struct tty *t, uint32_t flushes, bool stopped)
{
	uint32_t what = flushes == t->l.flushes ? 0 : TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE;

	if (stopped == t->l.stopped) return what;
	return what | (stopped ? TIOCPKT_START : TIOCPKT_STOP);
}

void tty_work(struct tty *t)
{
	uint32_t flushes = t->l.flushes;
	bool stopped = t->l.stopped;
	uint8_t c;

	if (ldisc_plain(&t->l)) take_plain(t);
	while (!ldisc_in_full(&t->l) && ring_get_byte(&t->raw, t->raw_bytes, &c)) {
		int sig = ldisc_input(&t->l, c);
		if (sig && t->pgrp) fs_signal_pgrp(t->pgrp, sig);
	}
	if (ring_room(&t->raw) > 0 && t->ops->input_room) t->ops->input_room(t);
	tty_tell(t, done_by_keys(t, flushes, stopped));
	tty_pump(t);
	wake_readers(t);
}

static void tty_thread_main(void *arg)
{
	UNUSED(arg);
	for (;;) {
		uint32_t state = irq_save();
		while (!work_pending) waitq_sleep(&tty_thread_queue, 0, FOREVER);
		work_pending = false;
		irq_restore(state);
		for (struct tty *t = ttys; t; t = t->next) tty_work(t);
	}
}

static void call_thread(void)
{
	work_pending = true;
	waitq_wake_all(&tty_thread_queue);
}

void tty_input(struct tty *t, const uint8_t *bytes, uint32_t n)
{
	uint32_t state = irq_save();

	ring_put_bytes(&t->raw, t->raw_bytes, bytes, n);
	/* bytes that nobody waits for and nothing looks at may gather */
	bool later = ldisc_plain(&t->l) && ring_room(&t->raw) > TTY_RAW / 2 && ldisc_readable(&t->l) + ring_used(&t->raw) < t->need;
	if (!later) call_thread();
	irq_restore(state);
}

uint32_t tty_input_room(const struct tty *t)
{
	return ring_room(&t->raw);
}

void tty_output_room(struct tty *t)
{
	uint32_t state = irq_save();

	UNUSED(t);
	call_thread();
	irq_restore(state);
}

/* ---- job control */
int tty_check_background(struct tty *t, int sig, const struct fs_caller *who)
{
	if (who->ops->ctty(who) != t || t->pgrp == 0 || t->pgrp == who->ops->pgrp(who)) return 0;
	bool deaf = who->ops->signal_ignored_or_blocked(who, sig);
	if (sig == SIGTTOU && deaf) return 0;
	if (deaf || who->ops->pgrp_orphaned(who)) return -EIO;
	who->ops->raise_pgrp(who, sig);
	return -ERESTARTSYS;
}

/* ---- reading */
/** Move what is there to the reader: one line, or all. Bytes, or -EFAULT; *line: a line ended. */
static int32_t take(struct tty *t, struct uio *u, bool *line)
{
	uint8_t chunk[CHUNK_IN];
	uint32_t done = 0, took;

	*line = false;
	while (u->left > 0 && !*line) {
		uint32_t flushes = t->l.flushes;
		uint32_t n = ldisc_peek(&t->l, chunk, MIN(CHUNK_IN, u->left), &took, line);
		if (took == 0) break;
		int32_t got = n > 0 ? uio_to(u, chunk, n) : 0;
		if (got < 0) return done ? (int32_t)done : got;
		if (flushes == t->l.flushes) ldisc_take(&t->l, took); /* else the copy slept and the input was discarded */
		done += n;
	}
	return (int32_t)done;
}

/** When a read without canonical mode is over by itself: VMIN and VTIME, termios(3). */
static bool satisfied(const struct tty *t, uint32_t done, const struct uio *u)
{
	uint32_t min = t->l.tio.cc[VMIN], time = t->l.tio.cc[VTIME];

	if (u->left == 0) return true;
	return min == 0 ? done > 0 || time == 0 : done >= min;
}

/** How many more bytes a reader that is not satisfied sleeps for. */
static uint32_t read_need(const struct tty *t, uint32_t done, const struct uio *u)
{
	uint32_t min = t->l.tio.cc[VMIN];

	if (ldisc_canonical(&t->l) || t->l.tio.cc[VTIME] != 0 || min <= done) return 1;
	return MIN(min - done, u->left);
}

static uint64_t read_deadline(const struct tty *t, uint32_t done, uint64_t since)
{
	uint32_t min = t->l.tio.cc[VMIN], time = t->l.tio.cc[VTIME];

	if (ldisc_canonical(&t->l) || time == 0 || (min > 0 && done == 0)) return FOREVER;
	return since + time * 100 * NS_PER_MS;
}

static int32_t tty_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct tty *t = f->priv;
	uint64_t since = clock_now_ns();
	uint32_t done = 0;
	bool line;

	UNUSED(pos);
	if (u->left == 0) return 0;
	for (;;) {
		int32_t err = tty_check_background(t, SIGTTIN, who);
		if (err) return done ? (int32_t)done : err;
		if (t->hung) return (int32_t)done;
		if (ldisc_plain(&t->l)) take_plain(t);
		mutex_lock(&t->reading);
		int32_t n = take(t, u, &line);
		mutex_unlock(&t->reading);
		if (ring_used(&t->raw) > 0) call_thread(); /* bytes waited for the room made now */
		if (n < 0) return done ? (int32_t)done : n;
		if (n > 0) since = clock_now_ns();
		done += (uint32_t)n;
		if (ldisc_canonical(&t->l) ? line || done > 0 : satisfied(t, done, u)) return (int32_t)done;
		if (ldisc_readable(&t->l) > 0) continue;
		if (f->flags & O_NONBLOCK) return done ? (int32_t)done : -EAGAIN;
		want(t, read_need(t, done, u));
		if (ring_used(&t->raw) > 0) call_thread(); /* they gathered, or came meanwhile */
		err = waitq_sleep(&t->readable, CUT_SIGNAL | CUT_DESTROY, read_deadline(t, done, since));
		if (err == -ETIMEDOUT) return (int32_t)done;
		if (err == -EINTR) return done ? (int32_t)done : -ERESTARTSYS;
	}
}

/* ---- writing */
static int wait_room(struct tty *t, bool nonblock)
{
	while (ldisc_out_room(&t->l) < CHUNK_ROOM && !t->hung) {
		if (nonblock) return -EAGAIN;
		if (waitq_sleep(&t->writable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	return t->hung ? -EIO : 0;
}

static int32_t tty_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct tty *t = f->priv;
	uint8_t chunk[CHUNK];
	uint32_t done = 0;
	int32_t err = t->l.tio.lflag & TOSTOP ? tty_check_background(t, SIGTTOU, who) : 0;

	UNUSED(pos);
	while (!err && u->left > 0) {
		int32_t n = uio_from(u, chunk, CHUNK);
		if (n <= 0) {
			err = n < 0 ? n : -EFAULT;
			break;
		}
		err = wait_room(t, f->flags & O_NONBLOCK); /* after the copy, which may have slept */
		if (err) break;
		done += ldisc_output(&t->l, chunk, (uint32_t)n);
		tty_pump(t);
	}
	return done ? (int32_t)done : err;
}

int tty_drain(struct tty *t)
{
	while (t->l.out_head != t->l.out_tail && !t->hung)
		if (waitq_sleep(&t->writable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	return 0;
}

static uint32_t tty_poll(struct file *f, struct pollset *ps)
{
	struct tty *t = f->priv;
	uint32_t ready = 0, least = 1;

	poll_wait(ps, &t->readable);
	poll_wait(ps, &t->writable);
	if (!ldisc_canonical(&t->l) && t->l.tio.cc[VTIME] == 0) least = MAX(t->l.tio.cc[VMIN], 1);
	if (ps) want(t, least); /* before the look: what comes behind it calls the thread */
	if (ldisc_plain(&t->l)) take_plain(t);
	if (ldisc_readable(&t->l) >= least) ready |= POLLIN | POLLRDNORM;
	if (ldisc_out_room(&t->l) >= CHUNK_ROOM) ready |= POLLOUT | POLLWRNORM;
	if (t->hung) ready |= POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLHUP | POLLERR;
	return ready;
}

static void tty_release(struct file *f)
{
	struct tty *t = f->priv;

	if (t && t->ops->close) t->ops->close(t);
}

static const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.seek = file_no_seek,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
};

/* ---- opening */
static int open_tty(struct file *f, struct tty *t, bool may_control, const struct fs_caller *who)
{
	int err = t->ops->open ? t->ops->open(t) : 0;

	f->ops = &tty_file_ops;
	if (err) return err;
	f->priv = t;
	t->hung = false;
	if (may_control && !(f->flags & O_NOCTTY) && t->session == 0 && who->ops->is_session_leader(who) && !who->ops->ctty(who))
		return tty_take_control(t, who);
	return 0;
}

static int open_by_number(struct file *f, const struct fs_caller *who)
{
	struct tty *t = ttys;

	while (t && t->row.rdev != f->inode->rdev) t = t->next;
	return t ? open_tty(f, t, true, who) : -ENXIO;
}

static int open_own(struct file *f, const struct fs_caller *who)
{
	struct tty *t = who->ops->ctty(who);

	return t ? open_tty(f, t, false, who) : -ENXIO;
}

static int open_console(struct file *f, const struct fs_caller *who)
{
	return console ? open_tty(f, console, false, who) : -ENXIO;
}

struct dev_row tty_own_row = {.name = "tty", .rdev = 5 << 8, .mode = S_IFCHR | 0666, .open = open_own};
struct dev_row tty_console_row = {.name = "console", .rdev = (5 << 8) | 1, .mode = S_IFCHR | 0600, .open = open_console};

/* ---- terminals */
static void start_thread(void)
{
	waitq_init(&tty_thread_queue);
	tty_thread.system = true;
	if (thread_init(&tty_thread, "tty", tty_thread_main, NULL) == 0)
		thread_start(&tty_thread);
	else
		klog(LOG_ERR, "tty: no memory for its thread: terminals are deaf");
}

struct tty *tty_create(const char *name, uint32_t rdev, const struct tty_driver_ops *ops, void *driver)
{
	struct tty *t = kzalloc(sizeof *t), **end = &ttys;

	if (!t) return NULL;
	if (!ttys) start_thread();
	t->ops = ops;
	t->driver = driver;
	t->row = (struct dev_row){.name = name ? name : "pts", .hidden = !name, .rdev = rdev, .mode = S_IFCHR | 0620, .open = open_by_number};
	tty_reset(t);
	mutex_init(&t->reading, MUTEX_INODE);
	waitq_init(&t->readable);
	waitq_init(&t->writable);
	while (*end) end = &(*end)->next;
	*end = t;
	dev_register(&t->row);
	return t;
}

void tty_reset(struct tty *t)
{
	ring_init(&t->raw, TTY_RAW);
	t->need = NOBODY;
	ldisc_init(&t->l);
	memset(&t->size, 0, sizeof t->size);
	t->session = t->pgrp = 0;
	t->hung = false;
}

void *tty_driver_data(const struct tty *t)
{
	return t->driver;
}

uint32_t tty_rdev(const struct tty *t)
{
	return t->row.rdev;
}

uint32_t tty_session(const struct tty *t)
{
	return t->session;
}

uint32_t tty_foreground(const struct tty *t)
{
	return t->pgrp;
}

void tty_set_console(struct tty *t)
{
	console = t;
}

void tty_set_size(struct tty *t, uint32_t rows, uint32_t cols)
{
	if (t->size.row == rows && t->size.col == cols) return;
	t->size.row = (uint16_t)rows;
	t->size.col = (uint16_t)cols;
	if (t->pgrp) fs_signal_pgrp(t->pgrp, SIGWINCH);
}

static void let_go(struct tty *t)
{
	uint32_t pgrp = t->pgrp;

	t->session = t->pgrp = 0;
	if (!pgrp) return;
	fs_signal_pgrp(pgrp, SIGHUP);
	fs_signal_pgrp(pgrp, SIGCONT);
}

void tty_session_end(struct tty *t, uint32_t session)
{
	if (t->session == session) let_go(t);
}

void tty_hangup(struct tty *t)
{
	uint32_t leader = t->session != t->pgrp ? t->session : 0; /* its group has its own id */

	t->hung = true;
	ldisc_flush_input(&t->l);
	ldisc_flush_output(&t->l);
	let_go(t);
	if (leader) {
		fs_signal_pgrp(leader, SIGHUP);
		fs_signal_pgrp(leader, SIGCONT);
	}
	waitq_wake_all(&t->readable);
	waitq_wake_all(&t->writable);
}
