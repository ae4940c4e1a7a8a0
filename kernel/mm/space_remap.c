/* space_remap.c - moving and advising: mremap(2), madvise(2).
 * Called by: sys_mem.c.
 * Never: copies a page: entries move.  */
#include "kernel/mm/space.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_priv.h"

struct remap {
	uint32_t old, old_len, new_len, flags, new_at;
};

static bool overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

static int remap_check(struct remap *q)
{
	if (q->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) return -EINVAL;
	if ((q->flags & MREMAP_DONTUNMAP) || ((q->flags & MREMAP_FIXED) && !(q->flags & MREMAP_MAYMOVE))) return -EINVAL;
	if ((q->old & PAGE_MASK) || q->old_len == 0 || q->new_len == 0) return -EINVAL;
	if (q->old_len > USER_END || q->new_len > USER_END) return q->new_len > USER_END ? -ENOMEM : -EINVAL;
	q->old_len = ALIGN_UP(q->old_len, PAGE_SIZE);
	q->new_len = ALIGN_UP(q->new_len, PAGE_SIZE);
	if (q->old > USER_END - q->old_len) return -EINVAL;
	if (!(q->flags & MREMAP_FIXED)) return 0;
	if ((q->new_at & PAGE_MASK) || q->new_len > USER_END || q->new_at > USER_END - q->new_len || q->new_at < USER_START) return -EINVAL;
	return overlap(q->old, q->old_len, q->new_at, q->new_len) ? -EINVAL : 0;
}

/* Move the entries of [from, from+len) to `to`. On -ENOMEM (a table page) all are back where they were. */
static int move_entries(struct space *s, uint32_t from, uint32_t to, uint32_t len)
{
	uaddr_t at = uaddr(from);
	uint32_t done = from;
	int err = 0;

	for (; at.v < from + len && arch_pte_next(&s->pd, &at, uaddr(from + len)); at.v += PAGE_SIZE) {
		uint32_t e = arch_pte_get(&s->pd, at);
		err = arch_pte_set(&s->pd, uaddr(to + (at.v - from)), e);
		if (err) break;
		err = arch_pte_set(&s->pd, at, 0);
		KASSERT2(!err, err, at.v);
		done = at.v + PAGE_SIZE;
	}
	if (!err) return 0;
	at = uaddr(to);
	uaddr_t end = uaddr(to + (done - from));
	for (; at.v < end.v && arch_pte_next(&s->pd, &at, end); at.v += PAGE_SIZE) {
		int back = arch_pte_set(&s->pd, uaddr(from + (at.v - to)), arch_pte_get(&s->pd, at));
		if (!back) back = arch_pte_set(&s->pd, at, 0);
		KASSERT2(!back, back, at.v);
	}
	return err;
}

/* The whole old range has an area of its own by now. */
static int32_t move_area(struct space *s, struct remap *q, struct area *a, struct area_stock *k)
{
	struct area *b = stock_take(k);
	uint32_t len = MIN(q->old_len, q->new_len);

	*b = *a;
	b->start = q->new_at;
	b->end = q->new_at + q->new_len;
	b->flags &= ~AREA_HEAP;
	int err = move_entries(s, q->old, q->new_at, len);
	if (err) {
		b->backing = NULL;
		list_push_back(&k->dead, &b->node);
		return err;
	}
	if (b->backing) b->backing->ops->ref(b->backing);
	space_insert(s, b);
	space_clear(s, q->old, q->old + q->old_len, k);
	space_merge(s, b, k);
	return (int32_t)q->new_at;
}

static bool can_extend(struct space *s, struct area *a, const struct remap *q)
{
	uint32_t end = q->old + q->new_len;

	if (a->end != q->old + q->old_len || q->new_len > USER_END || q->old > USER_END - q->new_len) return false;
	struct area *next = area_next(s, a);
	return !next || next->start >= end;
}

static int32_t remap_locked(struct space *s, struct remap *q, struct area_stock *k)
{
	struct area *a = space_find(s, q->old);
	bool fixed = (q->flags & MREMAP_FIXED) != 0;

	if (!a || a->end < q->old + q->old_len) return -EFAULT;
	if (q->new_len > q->old_len) {
		uint32_t more = (q->new_len - q->old_len) >> PAGE_SHIFT;
		if (space_check_room(s, more, (a->prot & PROT_WRITE) && !a->backing)) return -ENOMEM;
	}
	if (s->n_areas + 3 > SPACE_AREAS_MAX) return -ENOMEM;
	if (!fixed && q->new_len <= q->old_len) {
		if (q->new_len < q->old_len) space_clear(s, q->old + q->new_len, q->old + q->old_len, k);
		return (int32_t)q->old;
	}
	if (!fixed && can_extend(s, a, q)) {
		s->total_pages += (q->new_len - q->old_len) >> PAGE_SHIFT;
		a->end = q->old + q->new_len;
		space_merge(s, a, k);
		return (int32_t)q->old;
	}
	if (!(q->flags & MREMAP_MAYMOVE)) return -ENOMEM;
	if (fixed)
		space_clear(s, q->new_at, q->new_at + q->new_len, k);
	else
		q->new_at = space_place(s, q->new_len);
	if (!q->new_at) return -ENOMEM;
	space_split(s, q->old, k);
	space_split(s, q->old + q->old_len, k);
	return move_area(s, q, space_find(s, q->old), k);
}

int32_t space_remap(struct space *s, uint32_t old, uint32_t old_len, uint32_t new_len, uint32_t flags, uint32_t new_at)
{
	struct remap q = {.old = old, .old_len = old_len, .new_len = new_len, .flags = flags, .new_at = new_at};
	struct area_stock k;
	int32_t r = remap_check(&q);

	if (!r) r = stock_fill(&k, 4); /* a hole in the target, two borders of the source, the new area */
	if (r) return r;
	mutex_lock(&s->lock);
	r = remap_locked(s, &q, &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return r;
}

/* ---- madvise */
static bool advice_known(uint32_t advice)
{
	return advice <= 4 || (advice >= 8 && advice <= 25);
}

int space_advise(struct space *s, uint32_t at, uint32_t len, uint32_t advice)
{
	uint32_t end;

	if ((at & PAGE_MASK) || !advice_known(advice)) return -EINVAL;
	if (len > USER_END || at > USER_END - ALIGN_UP(len, PAGE_SIZE)) return -EINVAL;
	end = at + ALIGN_UP(len, PAGE_SIZE);
	mutex_lock(&s->lock);
	bool whole = space_pages_in(s, at, end) == (end - at) >> PAGE_SHIFT;
	if (advice == MADV_DONTNEED) space_zap(s, at, end);
	mutex_unlock(&s->lock);
	return whole ? 0 : -ENOMEM;
}
