/* sys_mqueue.c - calls on POSIX message queues, decoded.
 * Called by: dispatch.c through table.def (home halves).
 * Never: SIGEV_THREAD: it needs a netlink socket, -EBADF as for any other descriptor.  Source: mq_open(3), mq_notify(3).  */
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/mqueue.h"
#include "kernel/syscall/sysarg.h"


struct event { uint32_t value; int32_t signo; uint32_t notify; };

static int fetch_name(struct ucall *c, char name[NAME_MAX + 1])
{
	int32_t n = umem_fetch_string(c->mem, name, uaddr(c->arg[0]), NAME_MAX + 1);

	return n < 0 ? n : 0;
}

int32_t sys_mq_open(struct ucall *c)
{
	struct linux_mq_attr attr;
	char name[NAME_MAX + 1];
	struct file *f;
	int32_t r = c->arg[3] ? umem_fetch(c->mem, &attr, uaddr(c->arg[3]), sizeof attr) : 0;

	if (!r) r = fetch_name(c, name);
	if (!r) r = mqueue_open(name, c->arg[1], c->arg[2], c->arg[3] ? &attr : NULL, ucall_who(c), &f);
	if (r) return r;
	r = fd_install(ucall_group(c)->fds, f, 0, true);
	if (r < 0) file_unref(f);
	return r;
}

int32_t sys_mq_unlink(struct ucall *c)
{
	char name[NAME_MAX + 1];
	int32_t r = fetch_name(c, name);

	return r ? r : mqueue_unlink(name, ucall_who(c));
}

/* The open queue, for reading or writing; NULL: -EBADF. */
static struct file *queue_of(struct ucall *c, uint32_t access)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return NULL;
	uint32_t mode = f->flags & O_ACCMODE;
	if (mqueue_is(f) && (access == O_ACCMODE || mode == O_RDWR || mode == access)) return f;
	file_unref(f);
	return NULL;
}

/* An absolute time of CLOCK_REALTIME. */
static int32_t deadline(struct ucall *c, enum time_kind kind, uint64_t *out)
{
	uint64_t ns;

	*out = FOREVER;
	if (!c->arg[4]) return 0;
	int32_t r = arg_time(c, c->arg[4], kind, &ns);
	if (r) return r;
	int64_t mono = (int64_t)ns - clock_wall_offset_ns();
	*out = mono < 1 ? 1 : (uint64_t)mono;
	return 0;
}

static int32_t send(struct ucall *c, struct file *f, uint64_t until)
{
	struct linux_mq_attr a;
	uint32_t len = c->arg[2], n, priority;

	mqueue_attr(f, &a);
	if (len > (uint32_t)a.msgsize) return -EMSGSIZE;
	struct mq_message *m = mqueue_message(len, c->arg[3]);
	if (!m) return -ENOMEM;
	int32_t r = len ? umem_fetch(c->mem, mqueue_text(m, &n, &priority), uaddr(c->arg[1]), len) : 0;
	if (!r) r = mqueue_send(f, m, until, ucall_who(c));
	if (r) mqueue_message_free(m);
	return r;
}

static int32_t timedsend(struct ucall *c, enum time_kind kind)
{
	uint64_t until;
	int32_t r = deadline(c, kind, &until);

	if (r) return r;
	if (c->arg[3] >= MQ_PRIO_MAX) return -EINVAL;
	struct file *f = queue_of(c, O_WRONLY);
	if (!f) return -EBADF;
	r = send(c, f, until);
	file_unref(f);
	return r;
}

static int32_t receive(struct ucall *c, struct file *f, uint64_t until)
{
	struct linux_mq_attr a;
	struct mq_message *m;
	uint32_t len, priority;

	mqueue_attr(f, &a);
	if (c->arg[2] < (uint32_t)a.msgsize) return -EMSGSIZE;
	int32_t r = mqueue_receive(f, until, &m);
	if (r) return r;
	const uint8_t *text = mqueue_text(m, &len, &priority);
	if (c->arg[3]) r = umem_store_u32(c->mem, uaddr(c->arg[3]), priority);
	if (!r && len) r = umem_store(c->mem, uaddr(c->arg[1]), text, len);
	mqueue_message_free(m);
	return r ? r : (int32_t)len;
}

static int32_t timedreceive(struct ucall *c, enum time_kind kind)
{
	uint64_t until;
	int32_t r = deadline(c, kind, &until);

	if (r) return r;
	struct file *f = queue_of(c, O_RDONLY);
	if (!f) return -EBADF;
	r = receive(c, f, until);
	file_unref(f);
	return r;
}

int32_t sys_mq_timedsend(struct ucall *c) { return timedsend(c, TIME_32); }
int32_t sys_mq_timedsend64(struct ucall *c) { return timedsend(c, TIME_64); }
int32_t sys_mq_timedreceive(struct ucall *c) { return timedreceive(c, TIME_32); }
int32_t sys_mq_timedreceive64(struct ucall *c) { return timedreceive(c, TIME_64); }

int32_t sys_mq_notify(struct ucall *c)
{
	struct event e = {.notify = SIGEV_NONE};
	int32_t r = c->arg[1] ? umem_fetch(c->mem, &e, uaddr(c->arg[1]), sizeof e) : 0;

	if (r) return r;
	if (e.notify > SIGEV_THREAD) return -EINVAL;
	if (e.notify == SIGEV_SIGNAL && (uint32_t)e.signo > LINUX_NSIG) return -EINVAL;
	struct file *f = e.notify == SIGEV_THREAD ? NULL : queue_of(c, O_ACCMODE);
	if (!f) return -EBADF;
	if (c->arg[1])
		r = mqueue_notify(f, e.notify == SIGEV_SIGNAL ? e.signo : 0, e.value, ucall_who(c));
	else
		mqueue_notify_end(f, ucall_who(c));
	file_unref(f);
	return r;
}

int32_t sys_mq_getsetattr(struct ucall *c)
{
	struct linux_mq_attr set, old;
	int32_t r = c->arg[1] ? umem_fetch(c->mem, &set, uaddr(c->arg[1]), sizeof set) : 0;

	if (r) return r;
	if (c->arg[1] && ((uint32_t)set.flags & ~O_NONBLOCK)) return -EINVAL;
	struct file *f = queue_of(c, O_ACCMODE);
	if (!f) return -EBADF;
	mqueue_attr(f, &old);
	if (c->arg[1]) f->flags = (f->flags & ~O_NONBLOCK) | (uint32_t)set.flags;
	file_unref(f);
	return c->arg[2] ? umem_store(c->mem, uaddr(c->arg[2]), &old, sizeof old) : 0;
}
