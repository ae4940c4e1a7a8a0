/* eventfd.c - files without a place; a counter as a file; a timer as a file.
 * Called by: sys_event.c, epoll.c; the clock (a timer's end).
 * Never: counts in an interrupt: expiries are computed when somebody looks.  Source: eventfd(2), timerfd_create(2).  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/eventfile.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"

static const struct inode_ops anon_inode_ops;
static struct superblock anonfs = {.fstype = "anon_inodefs", .source = "anon_inodefs", .dev = 0xfd, .refs = 1};

struct file *anon_file(const struct file_ops *ops, uint32_t flags, const struct fs_caller *who)
{
	struct inode *i = inode_new(&anonfs, &anon_inode_ops, 0600);
	struct file *f = i ? file_new(i, NULL, ops, flags) : NULL;

	if (!f) {
		inode_unref(i);
		return NULL;
	}
	i->uid = who->cred->fsuid;
	i->gid = who->cred->fsgid;
	return f;
}

void anon_file_name(struct file *f, const char *text)
{
	f->inode->priv = (void *)(uintptr_t)text;
}

const char *anon_name_of(const struct inode *i)
{
	return i->sb == &anonfs ? i->priv : NULL;
}

/* ---- counters */
#define COUNT_MAX (UINT64_MAX - 1)
struct counter {
	uint64_t count;
	bool semaphore;
	struct waitq changed;
};

static int wait_change(struct file *f, struct waitq *q)
{
	if (f->flags & O_NONBLOCK) return -EAGAIN;
	return waitq_sleep(q, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR ? -ERESTARTSYS : 0;
}

static int32_t counter_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct counter *c = f->priv;

	UNUSED(pos);
	UNUSED(who);
	if (u->left < 8) return -EINVAL;
	while (c->count == 0) {
		int err = wait_change(f, &c->changed);
		if (err) return err;
	}
	uint64_t v = c->semaphore ? 1 : c->count;
	c->count -= v;
	waitq_wake_all(&c->changed);
	return uio_to(u, &v, 8) == 8 ? 8 : -EFAULT;
}

static int32_t counter_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct counter *c = f->priv;
	uint64_t v;

	UNUSED(pos);
	UNUSED(who);
	if (u->left < 8) return -EINVAL;
	if (uio_from(u, &v, 8) != 8) return -EFAULT;
	if (v == UINT64_MAX) return -EINVAL;
	while (v > COUNT_MAX - c->count) {
		int err = wait_change(f, &c->changed);
		if (err) return err;
	}
	c->count += v;
	waitq_wake_all(&c->changed);
	return 8;
}

static uint32_t counter_poll(struct file *f, struct pollset *ps)
{
	struct counter *c = f->priv;

	poll_wait(ps, &c->changed);
	return (c->count ? POLLIN : 0) | (c->count < COUNT_MAX ? POLLOUT : 0);
}

static void free_priv(struct file *f)
{
	kfree(f->priv);
}

static const struct file_ops counter_ops = {
	.read = counter_read,
	.write = counter_write,
	.seek = file_noop_seek,
	.poll = counter_poll,
	.release = free_priv,
};

struct file *eventfd_new(uint32_t count, bool semaphore, uint32_t flags, const struct fs_caller *who)
{
	struct counter *c = kzalloc(sizeof *c);
	struct file *f = c ? anon_file(&counter_ops, O_RDWR | flags, who) : NULL;

	if (!f) {
		kfree(c);
		return NULL;
	}
	c->count = count;
	c->semaphore = semaphore;
	waitq_init(&c->changed);
	f->priv = c;
	anon_file_name(f, "[eventfd]");
	return f;
}

/* ---- timers */
struct timer {
	struct ktimer clock;
	struct waitq expired;
	uint32_t which;
	uint64_t deadline_ns, interval_ns;   /* monotonic; 0: off */
	bool taken;                          /* a single shot that was read */
};

static void fire(struct ktimer *k)
{
	waitq_wake_all(&container_of(k, struct timer, clock)->expired);
}

static uint64_t expiries(const struct timer *t, uint64_t now)
{
	if (!t->deadline_ns || t->taken || t->deadline_ns > now) return 0;
	return t->interval_ns ? 1 + (now - t->deadline_ns) / t->interval_ns : 1;
}

static int32_t timer_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct timer *t = f->priv;
	uint64_t n;

	UNUSED(pos);
	UNUSED(who);
	if (u->left < 8) return -EINVAL;
	uint32_t irq = irq_save(); /* the clock's interrupt ends the wait */
	int err = 0;
	while ((n = expiries(t, clock_now_ns())) == 0 && !err) err = wait_change(f, &t->expired);
	irq_restore(irq);
	if (err) return err;
	if (t->interval_ns) {
		t->deadline_ns += n * t->interval_ns;
		ktimer_arm(&t->clock, t->deadline_ns);
	} else {
		t->taken = true;
	}
	return uio_to(u, &n, 8) == 8 ? 8 : -EFAULT;
}

static uint32_t timer_poll(struct file *f, struct pollset *ps)
{
	struct timer *t = f->priv;

	poll_wait(ps, &t->expired);
	return expiries(t, clock_now_ns()) ? POLLIN : 0;
}

static void timer_release(struct file *f)
{
	struct timer *t = f->priv;

	if (t) ktimer_stop(&t->clock);
	kfree(t);
}

static const struct file_ops timer_ops = {
	.read = timer_read,
	.seek = file_noop_seek,
	.poll = timer_poll,
	.release = timer_release,
};

struct file *timerfd_new(uint32_t clock, uint32_t flags, const struct fs_caller *who)
{
	struct timer *t = kzalloc(sizeof *t);
	struct file *f = t ? anon_file(&timer_ops, O_RDWR | flags, who) : NULL;

	if (!f) {
		kfree(t);
		return NULL;
	}
	ktimer_init(&t->clock, fire);
	waitq_init(&t->expired);
	t->which = clock;
	f->priv = t;
	anon_file_name(f, "[timerfd]");
	return f;
}

static void tell(const struct timer *t, struct timerfd_setting *old)
{
	uint64_t now = clock_now_ns(), n = expiries(t, now);

	old->interval_ns = t->interval_ns;
	old->value_ns = 0;
	if (!t->deadline_ns || t->taken) return;
	uint64_t next = t->deadline_ns + n * t->interval_ns;
	old->value_ns = next > now ? next - now : 0;
}

int timerfd_set(struct file *f, bool absolute, const struct timerfd_setting *set, struct timerfd_setting *old)
{
	struct timer *t = f->priv;

	if (f->ops != &timer_ops) return -EINVAL;
	if (old) tell(t, old);
	if (!set) return 0;
	ktimer_stop(&t->clock);
	t->interval_ns = set->interval_ns;
	t->taken = false;
	t->deadline_ns = 0;
	if (!set->value_ns) return 0;
	uint64_t now = clock_now_ns();
	if (!absolute) {
		t->deadline_ns = now + set->value_ns;
	} else {
		int64_t offset = t->which == CLOCK_REALTIME ? clock_wall_offset_ns() : 0;
		int64_t at = (int64_t)set->value_ns - offset;
		t->deadline_ns = at > 0 ? (uint64_t)at : 1;
	}
	if (t->deadline_ns < now) t->deadline_ns = MAX(t->deadline_ns, 1);
	ktimer_arm(&t->clock, t->deadline_ns);
	waitq_wake_all(&t->expired);
	return 0;
}
