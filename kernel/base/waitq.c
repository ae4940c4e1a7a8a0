/* waitq.c - sleep and wake, on one queue or several.
 * Called by: everything that waits; wakes come from any context.
 * Never: loses a wake: a wake marks the thread, and a marked thread does not fall asleep. */
#include "kernel/base/sched.h"

#include "abi/linux_errno.h"
#include "kernel/base/sched_priv.h"

void waitq_init(struct waitq *q) { list_init(&q->waiters); }

static void add(struct waitq *q, struct waiter *w, bool exclusive)
{
	uint32_t s = irq_save();
	w->thread = thread_current();
	w->exclusive = exclusive;
	list_push_back(&q->waiters, &w->node);
	irq_restore(s);
}

void waitq_add(struct waitq *q, struct waiter *w) { add(q, w, false); }

void waitq_remove(struct waiter *w)
{
	uint32_t s = irq_save();
	list_remove(&w->node);
	irq_restore(s);
}

void sched_block_prepare(void) { thread_current()->woken = false; }

int waitq_sleep(struct waitq *q, uint32_t heeds, uint64_t deadline_ns)
{
	struct waiter w;

	w.woken = NULL;
	ctx_assert_may_sleep();
	uint32_t s = irq_save();
	sched_block_prepare();
	add(q, &w, true);
	int r = sched_block(heeds, deadline_ns);
	list_remove(&w.node);
	irq_restore(s);
	return r;
}

/* A woken waiter leaves the queue at once: the next wake_one goes to somebody else. */
static void wake(struct waiter *w)
{
	list_remove(&w->node);
	if (w->woken) {
		w->woken(w);
		return;
	}
	w->thread->woken = true;
	sched_wake(w->thread);
}

void waitq_wake_one(struct waitq *q)
{
	if (list_empty(&q->waiters)) return; /* only threads add themselves */
	uint32_t s = irq_save();
	struct waiter *w, *tmp;

	list_for_each_safe(w, tmp, &q->waiters, node) {
		bool last = w->exclusive;
		wake(w);
		if (last) break;
	}
	irq_restore(s);
}

void waitq_wake_all(struct waitq *q)
{
	uint32_t s = irq_save();
	struct waiter *w, *tmp;

	list_for_each_safe(w, tmp, &q->waiters, node) wake(w);
	irq_restore(s);
}
