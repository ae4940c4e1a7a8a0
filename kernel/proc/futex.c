/* futex.c - waiting on a word of memory.
 * Called by: sys_futex.c; robust.c when a thread ends.
 * Never: looks at what the word means.  Source: futex(2). */
#include "kernel/proc/futex.h"
#include "kernel/proc/ptime.h"

struct key { const void *object; uint64_t offset; bool private; };
struct sleeper {
	struct list_node node;
	struct key key;
	uint32_t bits;
	bool woken;
	struct waitq wait;
};

#define BUCKETS 64u
static struct list_node bucket[BUCKETS];

/* The two forms never meet, as on Linux; only the shared one is the same for two spaces that map one object. */
static int key_of(struct space *s, uint32_t at, bool private, struct key *key)
{
	*key = (struct key){s, at, private};
	if (at >= USER_END) return -EFAULT;
	if (private) return 0;
	const struct area *a = space_find(s, at);
	if (!a || a->prot == PROT_NONE) return -EFAULT;
	if (!a->backing && !(a->prot & PROT_WRITE)) return -EFAULT; /* as Linux: what nobody can change */
	if (!(a->flags & AREA_SHARED) || !a->backing) return 0;
	*key = (struct key){a->backing, ((uint64_t)a->pgoff << PAGE_SHIFT) + (at - a->start), false};
	return 0;
}

static struct list_node *bucket_of(const struct key *k)
{
	struct list_node *b = &bucket[(((uint32_t)(uintptr_t)k->object >> 4) ^ (uint32_t)(k->offset >> 2)) % BUCKETS];

	if (!b->next) list_init(b);
	return b;
}

static bool same(const struct key *a, const struct key *b)
{
	return a->object == b->object && a->offset == b->offset && a->private == b->private;
}

/* ---- waiting */

/* Between reading the word and joining the queue nothing else runs, unless the read slept: then it is read again. */
int futex_wait(struct task *t, uint32_t at, bool private, uint32_t val, uint32_t bits, uint64_t deadline_ns)
{
	struct sleeper s = {.bits = bits};
	uint32_t now;
	int r;

	r = key_of(t->body.space, at, private, &s.key);
	if (r) return r;
	if (umem_fetch_u32(&t->umem, uaddr(at), &now)) return -EFAULT;
	if (umem_fetch_u32(&t->umem, uaddr(at), &now)) return -EFAULT; /* resident now: this one did not sleep */
	if (now != val) return t->call.resumed ? 0 : -EAGAIN;
	r = key_of(t->body.space, at, private, &s.key);
	if (r) return r;
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

/* ---- waking */

static void wake(struct sleeper *s)
{
	list_remove(&s->node);
	s->woken = true;
	waitq_wake_all(&s->wait);
}

/* n >= 1. */
static int32_t wake_key(const struct key *key, int32_t n, uint32_t bits)
{
	struct sleeper *s, *next;
	int32_t done = 0;

	list_for_each_safe(s, next, bucket_of(key), node) {
		if (done >= n) break;
		if (!same(&s->key, key) || !(s->bits & bits)) continue;
		wake(s);
		done++;
	}
	return done;
}

int32_t futex_wake(struct space *space, uint32_t at, bool private, int32_t n, uint32_t bits)
{
	struct key key;
	int err = key_of(space, at, private, &key);

	return err ? err : wake_key(&key, MAX(n, 1), bits);
}

/* Waiters that are moved keep their order, behind those who wait at `to` already. */
static int32_t move_key(const struct key *key, const struct key *to, int32_t n)
{
	struct sleeper *s, *next;
	int32_t done = 0;
	bool stay = same(key, to);

	list_for_each_safe(s, next, bucket_of(key), node) {
		if (done >= n) break;
		if (!same(&s->key, key)) continue;
		done++;
		if (stay) continue;
		list_remove(&s->node);
		s->key = *to;
		list_push_back(bucket_of(to), &s->node);
	}
	return done;
}

int32_t futex_requeue(struct space *space, uint32_t at, bool private, int32_t n, uint32_t to, int32_t n_move)
{
	struct key key, to_key;
	int err = key_of(space, at, private, &key);

	if (!err) err = key_of(space, to, private, &to_key);
	if (err) return err;
	int32_t woken = n > 0 ? wake_key(&key, n, FUTEX_BITSET_MATCH_ANY) : 0;
	return woken + move_key(&key, &to_key, n_move);
}

/* ---- changing the word. Once it is there for writing, reading and writing it cannot sleep. */

int futex_exchange(struct task *t, uint32_t at, uint32_t old, uint32_t new)
{
	uint32_t now;

	if (space_probe(t->body.space, at, 4, true) < 4 || umem_fetch_u32(&t->umem, uaddr(at), &now)) return -EFAULT;
	if (now != old) return -EAGAIN;
	return umem_store_u32(&t->umem, uaddr(at), new);
}
