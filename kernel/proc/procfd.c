/* procfd.c - signalfd and pidfd: what a process can wait for as files.
 * Called by: sys_procfd.c; the file calls through file_ops.
 * Never: takes another process's signals: a signalfd is whoever's that reads it.  */
#include "kernel/proc/procfd.h"
#include "fs/eventfile.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/sigmask.h"
#include "lib/str.h"

/* ---- signals */
struct linux_signalfd_siginfo {
	uint32_t signo;
	int32_t err, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, value;
	linux_u64 pointer, utime, stime, addr;
	uint8_t pad[48];
};
LINUX_SIZE(linux_signalfd_siginfo, 128);

struct signal_set { sigset64 set; };

static void tell(const struct ksiginfo *k, struct linux_signalfd_siginfo *s)
{
	memset(s, 0, sizeof *s);
	s->signo = (uint32_t)k->signo;
	s->err = k->err;
	s->code = k->code;
	if (k->code == SI_TIMER) {
		s->tid = k->pid;
		s->overrun = k->uid;
	} else {
		s->pid = k->pid;
		s->uid = k->uid;
	}
	if (k->signo == SIGCHLD && k->code > 0) s->status = k->status;
	if (k->code < 0 && k->code != SI_TKILL) {
		s->value = (int32_t)k->value;
		s->pointer = (uint64_t)(int64_t)(int32_t)k->value;
	}
}

static struct task *reader(const struct fs_caller *who)
{
	return group_task(who->task);
}

/* The first one may be waited for; what else is pending comes with it. */
static int32_t signals_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	const struct signal_set *s = f->priv;
	struct task *t = reader(who);
	int32_t done = 0;

	UNUSED(pos);
	if (u->left < sizeof(struct linux_signalfd_siginfo)) return -EINVAL;
	while (u->left >= sizeof(struct linux_signalfd_siginfo)) {
		struct linux_signalfd_siginfo out;
		struct ksiginfo k;
		if (signal_take_from(t, s->set, &k)) {
			tell(&k, &out);
			if (uio_to(u, &out, sizeof out) != (int32_t)sizeof out) return done ? done : -EFAULT;
			done += (int32_t)sizeof out;
			continue;
		}
		if (done) break;
		if (f->flags & O_NONBLOCK) return -EAGAIN;
		if (waitq_sleep(&signals_queued, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	return done;
}

static uint32_t signals_poll(struct file *f, struct pollset *ps)
{
	const struct signal_set *s = f->priv;
	struct task *t = task_of_thread(thread_current());

	if (!t || !t->has_home) return 0;
	poll_wait(ps, &signals_queued);
	return (signal_pending_set(t) & s->set) ? POLLIN : 0;
}

static void signals_release(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops signals_ops = {
	.read = signals_read,
	.seek = file_noop_seek,
	.poll = signals_poll,
	.release = signals_release,
};

struct file *signalfd_new(sigset64 set, uint32_t flags, const struct fs_caller *who)
{
	struct signal_set *s = kzalloc(sizeof *s);
	struct file *f = s ? anon_file(&signals_ops, O_RDWR | flags, who) : NULL;

	if (!f) {
		kfree(s);
		return NULL;
	}
	s->set = set & ~SIG_UNBLOCKABLE;
	f->priv = s;
	return f;
}

int signalfd_change(struct file *f, sigset64 set)
{
	struct signal_set *s = f->priv;

	if (f->ops != &signals_ops) return -EINVAL;
	s->set = set & ~SIG_UNBLOCKABLE;
	return 0;
}

/* ---- processes */
static bool ended(const struct group *g)
{
	return g->state == RUN_ZOMBIE || g->state == RUN_DEAD;
}

static uint32_t process_poll(struct file *f, struct pollset *ps)
{
	struct group *g = f->priv;

	poll_wait(ps, &g->ended);
	return ended(g) ? POLLIN | POLLRDNORM : 0;
}

static void process_release(struct file *f)
{
	if (f->priv) group_unref(f->priv);
}

static const struct file_ops process_ops = {
	.seek = file_no_seek,
	.poll = process_poll,
	.release = process_release,
};

struct file *pidfd_new(struct group *g, uint32_t flags, const struct fs_caller *who)
{
	struct file *f = anon_file(&process_ops, O_RDWR | flags, who);

	if (!f) return NULL;
	group_ref(g);
	f->priv = g;
	return f;
}

struct group *pidfd_group(const struct file *f)
{
	return f->ops == &process_ops ? f->priv : NULL;
}
