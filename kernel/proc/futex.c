/* futex.c - waiting on a word of memory.
 * Called by: sys_futex.c; task.c when a thread ends.
 * Never: looks at what the word means.  Source: futex(2). */
#include "kernel/proc/futex.h"
#include "kernel/proc/ptime.h"

struct key { const void *object; uint32_t offset; };
struct sleeper {
	struct list_node node;
	struct key key;
	uint32_t bits;
	bool woken;
	struct waitq wait;
};

#define BUCKETS 32u
static struct list_node bucket[BUCKETS];

static struct key key_of(struct space *s, uint32_t at)
{
	struct area *a = space_find(s, at);

	if (a && (a->flags & AREA_SHARED) && a->backing) return (struct key){a->backing, (a->pgoff << PAGE_SHIFT) + (at - a->start)};
	return (struct key){s, at};
}

static struct list_node *bucket_of(const struct key *k)
{
	struct list_node *b = &bucket[(((uint32_t)(uintptr_t)k->object >> 4) ^ (k->offset >> 2)) % BUCKETS];

	if (!b->next) list_init(b);
	return b;
}

static bool same(const struct key *a, const struct key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

/* Between reading the word and joining the queue nothing else runs, unless the read slept: then it is read again. */
int futex_wait(struct task *t, uint32_t at, uint32_t val, uint32_t bits, uint64_t deadline_ns)
{
	struct sleeper s = {.bits = bits};
	uint32_t now;
	int r;

	if (umem_fetch_u32(&t->umem, uaddr(at), &now)) return -EFAULT;
	if (umem_fetch_u32(&t->umem, uaddr(at), &now)) return -EFAULT; /* resident now: this one did not sleep */
	if (now != val) return t->call.resumed ? 0 : -EAGAIN;
	s.key = key_of(t->body.space, at);
	waitq_init(&s.wait);
	list_push_back(bucket_of(&s.key), &s.node);
	do {
		r = waitq_sleep(&s.wait, CUT_SIGNAL | CUT_FREEZE | CUT_DESTROY, ptime_here(t, deadline_ns));
	} while (!s.woken && !r);
	list_remove(&s.node);
	if (s.woken) return 0;
	if (r == -ETIMEDOUT) return r;
	return (t->thread.cuts & (CUT_FREEZE | CUT_DESTROY)) ? -EPARK : -EINTR;
}

int32_t futex_wake(struct space *space, uint32_t at, uint32_t n, uint32_t bits, uint32_t to, uint32_t n_move)
{
	struct key key = key_of(space, at), to_key = key_of(space, to);
	struct sleeper *s, *next;
	uint32_t done = 0;

	list_for_each_safe(s, next, bucket_of(&key), node) {
		if (!same(&s->key, &key) || !(s->bits & bits)) continue;
		if (done >= n) {
			if (!to || done - n >= n_move) break;
			list_remove(&s->node);
			s->key = to_key;
			list_push_back(bucket_of(&to_key), &s->node);
			done++;
			continue;
		}
		list_remove(&s->node);
		s->woken = true;
		waitq_wake_all(&s->wait);
		done++;
	}
	return (int32_t)done;
}
