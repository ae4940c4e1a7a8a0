/* sys_mq.c - POSIX message queues: mq_open and its relatives.
 * Called by: dispatch.c through table.def (home halves; the body is brought home for messages, which may be large).
 * Never: keeps a message when its receiver's memory cannot take it: it is gone, as on Linux.  */
#include "fs/mqueue.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

_Static_assert(sizeof(struct linux_mq_attr) == 32, "as i386 Linux lays it out");

/* The absolute CLOCK_REALTIME deadline at user address `at`, as monotonic time; 0: for ever. */
static int fetch_deadline(struct ucall *c, uint32_t at, enum time_kind kind, uint64_t *deadline)
{
	uint64_t ns;

	*deadline = FOREVER;
	if (!at) return 0;
	int err = arg_time(c, at, kind, &ns);
	if (err) return err;
	int64_t left = (int64_t)ns - clock_wall_offset_ns();
	*deadline = left > 0 ? (uint64_t)left : 1;
	return 0;
}

static int arg_mqueue(struct ucall *c, struct file **out)
{
	struct file *f = arg_file(c, c->arg[0]);

	*out = f;
	if (!f) return -EBADF;
	if (is_mqueue(f)) return 0;
	file_unref(f);
	return -EBADF;
}

int32_t sys_mq_open(struct ucall *c)
{
	struct linux_mq_attr attr;
	struct file *f;
	char *name;
	uint32_t flags = c->arg[1];
	int32_t r = flags & O_CREAT && c->arg[3] ? umem_fetch(c->mem, &attr, uaddr(c->arg[3]), sizeof attr) : 0;

	if (r) return r;
	r = arg_path(c, c->arg[0], &name);
	if (r) return r;
	r = mqueue_open(name, flags, c->arg[2], flags & O_CREAT && c->arg[3] ? &attr : NULL, ucall_group(c)->rlimits[RLIMIT_MSGQUEUE].cur,
			ucall_who(c), &f);
	kfree(name);
	if (r) return r;
	r = fd_install(ucall_group(c)->fds, f, 0, true);
	if (r < 0) file_unref(f);
	return r;
}

int32_t sys_mq_unlink(struct ucall *c)
{
	char *name;
	int32_t r = arg_path(c, c->arg[0], &name);

	if (r) return r;
	r = mqueue_unlink(name, ucall_who(c));
	kfree(name);
	return r;
}

static void tell(struct ucall *c, const struct mq_notice *due)
{
	struct group *g = due->pid ? group_find(due->pid) : NULL;
	struct ksiginfo info = {.signo = due->signo, .code = SI_MESGQ, .pid = ucall_group(c)->pid, .uid = ucall_who(c)->cred->uid, .value = due->value};

	if (g && due->signo && signal_post_group(g, &info)) return; /* its queue of signals is full: it is not told */
}

static int32_t send(struct ucall *c, struct file *f, uint64_t deadline)
{
	struct linux_mq_attr attr;
	struct mq_notice due;
	uint32_t len = c->arg[2];

	mqueue_attr(f, &attr);
	if ((f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
	if (len > (uint32_t)attr.msgsize) return -EMSGSIZE;
	struct mq_message *m = kmalloc((uint32_t)sizeof *m + len);
	if (!m) return -ENOMEM;
	m->prio = c->arg[3];
	m->len = len;
	int32_t r = umem_fetch(c->mem, m->data, uaddr(c->arg[1]), len);
	if (!r) r = mqueue_send(f, m, deadline, &due);
	if (r)
		kfree(m);
	else
		tell(c, &due);
	return r;
}

static int32_t timedsend(struct ucall *c, enum time_kind kind)
{
	uint64_t deadline;
	struct file *f;
	int32_t r = fetch_deadline(c, c->arg[4], kind, &deadline);

	if (!r && c->arg[3] >= MQ_PRIO_MAX) r = -EINVAL;
	if (!r) r = arg_mqueue(c, &f);
	if (r) return r;
	r = send(c, f, deadline);
	file_unref(f);
	return r;
}

int32_t sys_mq_timedsend(struct ucall *c) { return timedsend(c, TIME_32); }
int32_t sys_mq_timedsend64(struct ucall *c) { return timedsend(c, TIME_64); }

static int32_t timedreceive(struct ucall *c, enum time_kind kind)
{
	struct mq_message *m;
	uint64_t deadline;
	struct file *f;
	int32_t r = fetch_deadline(c, c->arg[4], kind, &deadline);

	if (!r) r = arg_mqueue(c, &f);
	if (r) return r;
	r = mqueue_receive(f, c->arg[2], deadline, &m);
	file_unref(f);
	if (r) return r;
	r = (int32_t)m->len;
	if (umem_store(c->mem, uaddr(c->arg[1]), m->data, m->len) || (c->arg[3] && umem_store_u32(c->mem, uaddr(c->arg[3]), m->prio))) r = -EFAULT;
	kfree(m);
	return r;
}

int32_t sys_mq_timedreceive(struct ucall *c) { return timedreceive(c, TIME_32); }
int32_t sys_mq_timedreceive64(struct ucall *c) { return timedreceive(c, TIME_64); }

int32_t sys_mq_notify(struct ucall *c)
{
	struct linux_sigevent ev;
	struct file *f;
	int32_t r = c->arg[1] ? umem_fetch(c->mem, &ev, uaddr(c->arg[1]), sizeof ev) : 0;

	if (r) return r;
	if (c->arg[1] && ev.notify != SIGEV_NONE && ev.notify != SIGEV_SIGNAL) return -EINVAL; /* threads are told through netlink, which is missing */
	if (c->arg[1] && ev.notify == SIGEV_SIGNAL && (ev.signo < 0 || ev.signo > LINUX_NSIG)) return -EINVAL;
	r = arg_mqueue(c, &f);
	if (r) return r;
	struct mq_notice n = {.pid = ucall_group(c)->pid};
	if (c->arg[1] && ev.notify == SIGEV_SIGNAL) {
		n.signo = ev.signo;
		n.value = ev.value;
	}
	r = mqueue_notify(f, c->arg[1] ? &n : NULL, n.pid);
	file_unref(f);
	return r;
}

int32_t sys_mq_getsetattr(struct ucall *c)
{
	struct linux_mq_attr new = {0}, old;
	struct file *f;
	int32_t r = c->arg[1] ? umem_fetch(c->mem, &new, uaddr(c->arg[1]), sizeof new) : 0;

	if (!r && (uint32_t)new.flags & ~(uint32_t)O_NONBLOCK) r = -EINVAL;
	if (!r) r = arg_mqueue(c, &f);
	if (r) return r;
	mqueue_attr(f, &old);
	if (c->arg[1]) f->flags = (f->flags & ~(uint32_t)O_NONBLOCK) | (uint32_t)new.flags;
	if (c->arg[2]) r = umem_store(c->mem, uaddr(c->arg[2]), &old, sizeof old);
	file_unref(f);
	return r;
}
