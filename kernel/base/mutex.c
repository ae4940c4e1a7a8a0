/* mutex.c - a sleeping lock with an owner and an order.
 * Called by: fs and mm, for what must stay whole across a sleep.
 * Never: taken in irq or net context; never cut by a signal. */
#include "kernel/base/mutex.h"

void mutex_init(struct mutex *m, enum mutex_order order)
{
	waitq_init(&m->waiters);
	m->owner = NULL;
	m->order = order;
	m->below = NULL;
}

static void lock(struct mutex *m)
{
	struct thread *self = thread_current();

	ctx_assert_may_sleep();
	KASSERT2(m->owner != self, (uintptr_t)m, m->order);
	while (m->owner) (void)waitq_sleep(&m->waiters, 0, FOREVER);
	m->owner = self;
	m->below = self->mutexes;
	self->mutexes = m;
}

void mutex_lock(struct mutex *m)
{
	const struct mutex *last = thread_current()->mutexes;

	KASSERT2(!last || last->order < m->order, last ? last->order : 0, m->order);
	lock(m);
}

void mutex_lock_second(struct mutex *m)
{
	const struct mutex *last = thread_current()->mutexes;

	KASSERT2(last && last->order == m->order, last ? last->order : 0, m->order);
	lock(m);
}

void mutex_unlock(struct mutex *m)
{
	struct thread *self = thread_current();
	struct mutex **at = &self->mutexes;

	KASSERT2(m->owner == self, (uintptr_t)m, m->order);
	while (*at != m) at = &(*at)->below; /* mostly the first: unlocked in reverse order */
	*at = m->below;
	m->below = NULL;
	m->owner = NULL;
	if (!list_empty(&m->waiters.waiters)) waitq_wake_one(&m->waiters);
}
