/* poll.c - waiting on many files: a set of waiters on the queues that files announce.
 * Called by: sys_poll, sys_select (through file_poll), and by file_ops.poll.
 * Never: sleeps; the caller does, between pollset and clear.  */
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/mm/kheap.h"

int pollset_init(struct pollset *ps, uint32_t max)
{
	ps->n = 0;
	ps->max = max;
	ps->woken = NULL;
	ps->of = NULL;
	ps->waiters = kmalloc(MAX(max, 1) * (uint32_t)sizeof(struct waiter));
	return ps->waiters ? 0 : -ENOMEM;
}

void poll_wait(struct pollset *ps, struct waitq *q)
{
	if (!ps) return;
	KASSERT2(ps->n < ps->max, ps->n, ps->max);
	struct waiter *w = &ps->waiters[ps->n++];
	w->thread = thread_current();
	w->woken = ps->woken;
	w->of = ps->of;
	waitq_add(q, w);
}

void pollset_clear(struct pollset *ps)
{
	while (ps->n > 0) waitq_remove(&ps->waiters[--ps->n]);
}

void pollset_free(struct pollset *ps)
{
	pollset_clear(ps);
	kfree(ps->waiters);
	ps->waiters = NULL;
}

uint32_t file_poll(struct file *f, struct pollset *ps)
{
	if (f->flags & O_PATH) return POLLNVAL;
	if (f->ops->poll) return f->ops->poll(f, ps);
	return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}
