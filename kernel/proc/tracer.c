/* tracer.c - who watches processes make their calls: the open files of /dev/trace.
 * Called by: kernel/syscall/trace.c, fork.c, exit.c; readers through the file operations.
 * Never: sleeps in net context; keeps a process from ending.  */
#include "kernel/proc/tracer.h"
#include "fs/synth.h"
#include "kernel/base/clock.h"
#include "kernel/base/mutex.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/signame.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define RING 32768u          /* a power of two; the largest piece that the heap gives */
#define LAST_WORDS 512u      /* room that is kept for ends and the word about what was lost */
#define LINE_MAX 640u
#define TRACE_RDEV ((10u << 8) | 240u)

struct count { const char *name; uint32_t calls, errors; uint64_t ns; };
struct tracer {
	/* fixed after its first attach */
	uint32_t pid, uid, gid;      /* of who opened it */
	bool any;                    /* root: whatever identity */
	bool follow;
	struct count *counts;        /* NULL: calls are told */
	/* proc and net context, between sleeps */
	uint32_t refs;               /* the file, and each process watched */
	uint32_t watched;
	uint32_t lost;
	bool from_exec;              /* nothing is heard before an execve */
	bool stuck;                  /* waited in vain: nobody waits again before something was read */
	uint32_t head, tail;         /* of ring, running freely */
	uint8_t *ring;
	struct mutex reading;
	struct waitq readable, writable;
};

static void unref(struct tracer *tr)
{
	if (--tr->refs) return;
	kfree(tr->counts);
	kfree(tr->ring);
	kfree(tr);
}

/* ---- the ring */
static uint32_t room(const struct tracer *tr)
{
	return RING - (tr->head - tr->tail);
}

static void put(struct tracer *tr, const char *text, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) tr->ring[tr->head++ % RING] = (uint8_t)text[i];
	waitq_wake_all(&tr->readable);
}

static void put_number(struct tracer *tr, uint32_t n)
{
	char line[64];

	put(tr, line, (uint32_t)fmt_snprintf(line, sizeof line, "0 0 ... %u events lost: nobody read them in time ...\n", n));
}

static void await_room(struct tracer *tr, uint32_t n)
{
	uint64_t until = clock_now_ns() + TRACER_PATIENCE;

	while (room(tr) < n + LAST_WORDS && !tr->stuck) {
		int r = waitq_sleep(&tr->writable, CUT_FREEZE | CUT_DESTROY, until);
		if (r == -EINTR) return;
		if (r == -ETIMEDOUT) tr->stuck = true;
	}
}

/** A whole line, or a lost one; kept: room that it may not take. */
static void put_line(struct tracer *tr, uint32_t tid, uint64_t us, const char *text, uint32_t kept)
{
	char head[32];
	uint32_t n = (uint32_t)fmt_snprintf(head, sizeof head, "%u %llu ", tid, us), len = (uint32_t)strlen(text);

	if (tr->lost && room(tr) >= n + len + kept + sizeof head * 2) {
		put_number(tr, tr->lost);
		tr->lost = 0;
	}
	if (room(tr) < n + len + 1 + kept) {
		tr->lost++;
		return;
	}
	put(tr, head, n);
	put(tr, text, len);
	put(tr, "\n", 1);
}

void tracer_tell(struct tracer *tr, uint32_t tid, uint64_t us, const char *text, bool wait)
{
	tr->refs++;
	if (wait) await_room(tr, LINE_MAX);
	put_line(tr, tid, us, text, LAST_WORDS);
	unref(tr);
}

/* ---- counting */
bool tracer_counts(const struct tracer *tr)
{
	return tr->counts != NULL;
}

void tracer_count(struct tracer *tr, uint32_t index, const char *name, bool failed, uint64_t ns)
{
	struct count *c = &tr->counts[index % TRACER_NAMES];

	c->name = name;
	c->calls++;
	c->errors += failed;
	c->ns += ns;
}

static void put_counts(struct tracer *tr)
{
	char line[96];

	for (uint32_t i = 0; i < TRACER_NAMES; i++) {
		struct count *c = &tr->counts[i];
		if (!c->calls) continue;
		uint32_t n = (uint32_t)fmt_snprintf(line, sizeof line, "%s %u %u %llu\n", c->name, c->calls, c->errors, c->ns);
		if (n < sizeof line && room(tr) >= n) put(tr, line, n);
		c->calls = 0;
	}
}

/* ---- who is watched */
static bool is(const struct tracer *tr, const struct cred *c)
{
	return tr->any || (c->uid == tr->uid && c->euid == tr->uid && c->suid == tr->uid && c->gid == tr->gid && c->egid == tr->gid && c->sgid == tr->gid);
}

/* They ask home for a signal then, and the answer says whether they are watched. */
void tracer_tell_bodies(const struct group *g)
{
	struct task *t;

	list_for_each(t, &g->tasks, home.in_group)
		if (!t->has_body && hallway.poke) hallway.poke(t);
}

static void watch(struct tracer *tr, struct group *g)
{
	g->tracer = tr;
	tr->refs++;
	tr->watched++;
	tracer_tell_bodies(g);
}

void tracer_leave(struct group *g)
{
	struct tracer *tr = g->tracer;

	if (!tr) return;
	g->tracer = NULL;
	tracer_tell_bodies(g);
	if (--tr->watched == 0) {
		if (tr->counts) put_counts(tr);
		waitq_wake_all(&tr->readable);
	}
	unref(tr);
}

void tracer_inherit(struct group *child, const struct group *parent)
{
	if (parent->tracer && parent->tracer->follow) watch(parent->tracer, child);
}

struct tracer *tracer_hears(struct group *g, bool exec)
{
	struct tracer *tr = g->tracer;

	if (!tr) return NULL;
	if (!is(tr, &g->cred)) {
		tracer_leave(g);
		return NULL;
	}
	if (exec) tr->from_exec = false;
	return tr->from_exec ? NULL : tr;
}

bool group_traced(const struct group *g)
{
	return g->tracer || g->traced;
}

uint32_t tracer_pid(const struct group *g)
{
	return g->tracer ? g->tracer->pid : 0;
}

void tracer_task_ends(struct task *t, int32_t wait_status, bool last)
{
	struct tracer *tr = t->home.group->tracer;
	char text[64], name[SIGNAME_MAX];
	int sig = wait_status & 0x7f;

	if (!tr) return;
	if (sig)
		fmt_snprintf(text, sizeof text, "+++ killed by %s%s +++", signal_name(sig, name), wait_status & WSTATUS_CORE ? " (core dumped)" : "");
	else
		fmt_snprintf(text, sizeof text, "+++ exited with %d +++", wait_status >> 8 & 0xff);
	if (!tr->counts && !tr->from_exec) put_line(tr, t->home.tid, 0, text, 0);
	if (last) tracer_leave(t->home.group);
}

/* ---- the file */
static int32_t trace_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct tracer *tr = f->priv;
	int32_t done = 0;

	UNUSED(pos);
	UNUSED(who);
	while (tr->head == tr->tail && tr->watched) {
		if (f->flags & O_NONBLOCK) return -EAGAIN;
		if (waitq_sleep(&tr->readable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	mutex_lock(&tr->reading);
	while (u->left > 0 && tr->head != tr->tail) {
		uint32_t at = tr->tail % RING, n = MIN(MIN(tr->head - tr->tail, RING - at), u->left);
		int32_t got = uio_to(u, tr->ring + at, n);
		if (got <= 0) {
			if (!done) done = -EFAULT;
			break;
		}
		tr->tail += (uint32_t)got;
		done += got;
	}
	mutex_unlock(&tr->reading);
	tr->stuck = false;
	waitq_wake_all(&tr->writable);
	return done;
}

static uint32_t trace_poll(struct file *f, struct pollset *ps)
{
	struct tracer *tr = f->priv;

	poll_wait(ps, &tr->readable);
	if (tr->head != tr->tail) return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
	return POLLOUT | POLLWRNORM | (tr->watched ? 0 : POLLIN | POLLRDNORM | POLLHUP);
}

static int attach(struct tracer *tr, const char *number, bool from_exec, const struct fs_caller *who)
{
	const char *end;
	uint32_t pid;

	if (!str_to_u32(number, &end, &pid) || *end) return -EINVAL;
	struct group *g = group_find(pid);
	if (!g || g->state == RUN_ZOMBIE || g->exiting) return -ESRCH;
	if (g == who->task || !is(tr, &g->cred)) return -EPERM;
	if (g->tracer) return -EBUSY;
	tr->from_exec = from_exec;
	watch(tr, g);
	return 0;
}

static void detach_all(struct tracer *tr)
{
	struct group *g;

	list_for_each(g, &all_groups, in_all)
		if (g->tracer == tr) tracer_leave(g);
}

static int start_counting(struct tracer *tr)
{
	if (tr->counts || tr->watched) return -EINVAL;
	tr->counts = kzalloc(TRACER_NAMES * sizeof *tr->counts);
	return tr->counts ? 0 : -ENOMEM;
}

static int command(struct tracer *tr, const char *text, const struct fs_caller *who)
{
	if (str_begins(text, "attach ")) return attach(tr, text + 7, false, who);
	if (str_begins(text, "exec ")) return attach(tr, text + 5, true, who);
	if (!strcmp(text, "count")) return start_counting(tr);
	if (!strcmp(text, "follow"))
		tr->follow = true;
	else if (!strcmp(text, "detach"))
		detach_all(tr);
	else
		return -EINVAL;
	return 0;
}

static int32_t trace_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	char text[32];
	uint32_t want = u->left;

	UNUSED(pos);
	if (want >= sizeof text) return -EINVAL;
	int32_t n = uio_from(u, text, want);
	if (n != (int32_t)want) return -EFAULT;
	if (n > 0 && text[n - 1] == '\n') n--;
	text[n] = 0;
	int err = command(f->priv, text, who);
	return err ? err : (int32_t)want;
}

static void trace_release(struct file *f)
{
	struct tracer *tr = f->priv;

	if (!tr) return;
	detach_all(tr);
	unref(tr);
}

static const struct file_ops trace_ops = {
	.read = trace_read,
	.write = trace_write,
	.seek = file_no_seek,
	.poll = trace_poll,
	.release = trace_release,
};

static int trace_open(struct file *f, const struct fs_caller *who)
{
	struct tracer *tr = kzalloc(sizeof *tr);

	if (tr) tr->ring = kmalloc(RING);
	if (!tr || !tr->ring) {
		kfree(tr);
		return -ENOMEM;
	}
	tr->refs = 1;
	tr->pid = ((const struct group *)who->task)->pid;
	tr->uid = who->cred->euid;
	tr->gid = who->cred->egid;
	tr->any = capable(who);
	mutex_init(&tr->reading, MUTEX_INODE);
	waitq_init(&tr->readable);
	waitq_init(&tr->writable);
	f->ops = &trace_ops;
	f->priv = tr;
	return 0;
}

void tracer_init(void)
{
	static struct dev_row row = {.name = "trace", .rdev = TRACE_RDEV, .mode = S_IFCHR | 0666, .open = trace_open};

	dev_register(&row);
}
