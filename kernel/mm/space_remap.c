/* space_remap.c - moving: mremap(2).
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

static int remap_check(struct remap *q)
{
	if (q->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) return -EINVAL;
	if ((q->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(q->flags & MREMAP_MAYMOVE)) return -EINVAL;
	if ((q->flags & MREMAP_DONTUNMAP) && q->old_len != q->new_len) return -EINVAL;
	q->old_len = ALIGN_UP(q->old_len, PAGE_SIZE);
	q->new_len = ALIGN_UP(q->new_len, PAGE_SIZE);
	return (q->old & PAGE_MASK) || q->new_len == 0 ? -EINVAL : 0;
}

/* Of a move to a place that was named, or one that leaves the old place mapped. */
static int target_check(const struct remap *q)
{
	if ((q->new_at & PAGE_MASK) || q->new_len > USER_END || q->new_at > USER_END - q->new_len) return -EINVAL;
	if (q->old + q->old_len > q->new_at && q->new_at + q->new_len > q->old) return -EINVAL;
	return (q->flags & MREMAP_FIXED) && q->new_at < USER_START ? -EPERM : 0;
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
	if (b->backing) b->pgoff = area_index(a, q->old);
	b->flags &= ~AREA_HEAP;
	int err = move_entries(s, q->old, q->new_at, len);
	if (err) {
		b->backing = NULL;
		list_push_back(&k->dead, &b->node);
		return err;
	}
	area_hold(b);
	space_insert(s, b);
	if (q->flags & MREMAP_DONTUNMAP) {
		if (a->flags & AREA_LOCKED) s->locked_pages -= area_pages(a);
		a->flags &= ~(AREA_LOCKED | AREA_ONFAULT);
	} else if (q->old_len) {
		space_clear(s, q->old, q->old + q->old_len, k);
	}
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

/* May the range be moved or grow? Linux's vma_to_resize. */
static int resize_check(struct space *s, const struct area *a, const struct remap *q)
{
	if (!a) return -EFAULT;
	if (!q->old_len && !(a->flags & AREA_SHARED)) return -EINVAL;
	if (q->old_len > a->end - q->old) return -EFAULT;
	if (s->n_areas + 3 > SPACE_AREAS_MAX) return -ENOMEM;
	if (q->new_len <= q->old_len) return 0;
	return space_check_room(s, (q->new_len - q->old_len) >> PAGE_SHIFT, (a->prot & PROT_WRITE) && !a->backing);
}

static int32_t move(struct space *s, struct remap *q, struct area_stock *k)
{
	if (q->old_len) space_split(s, q->old, k);
	if (q->old_len) space_split(s, q->old + q->old_len, k);
	return move_area(s, q, space_find(s, q->old), k);
}

static int32_t remap_to(struct space *s, struct remap *q, struct area_stock *k)
{
	bool fixed = (q->flags & MREMAP_FIXED) != 0;
	int err = target_check(q);

	if (err) return err;
	if (s->n_areas + 3 > SPACE_AREAS_MAX) return -ENOMEM;
	if (fixed) space_clear(s, q->new_at, q->new_at + q->new_len, k);
	if (q->old_len > q->new_len) {
		space_clear(s, q->old + q->new_len, q->old + q->old_len, k);
		q->old_len = q->new_len;
	}
	err = resize_check(s, space_find(s, q->old), q);
	if (!err && (q->flags & MREMAP_DONTUNMAP)) err = space_check_room(s, q->new_len >> PAGE_SHIFT, false);
	if (err) return err;
	if (!fixed) q->new_at = space_place_near(s, q->new_at, q->new_len);
	return q->new_at ? move(s, q, k) : -ENOMEM;
}

static int32_t remap_locked(struct space *s, struct remap *q, struct area_stock *k)
{
	struct area *a = space_find(s, q->old);

	if (!a) return -EFAULT;
	if (q->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) return remap_to(s, q, k);
	if (q->new_len <= q->old_len) {
		if (q->old_len > USER_END || q->old > USER_END - q->old_len) return -EINVAL;
		if (q->new_len < q->old_len) space_clear(s, q->old + q->new_len, q->old + q->old_len, k);
		return (int32_t)q->old;
	}
	int err = resize_check(s, a, q);
	if (err) return err;
	if (q->old_len && can_extend(s, a, q)) {
		uint32_t more = (q->new_len - q->old_len) >> PAGE_SHIFT;
		s->total_pages += more;
		if (a->flags & AREA_LOCKED) s->locked_pages += more;
		a->end = q->old + q->new_len;
		space_merge(s, a, k);
		return (int32_t)q->old;
	}
	if (!(q->flags & MREMAP_MAYMOVE)) return -ENOMEM;
	q->new_at = space_place(s, q->new_len);
	return q->new_at ? move(s, q, k) : -ENOMEM;
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
	const struct area *a = is_error(r) ? NULL : space_find(s, (uint32_t)r);
	bool fill = a && (a->flags & (AREA_LOCKED | AREA_ONFAULT)) == AREA_LOCKED && q.new_len > q.old_len;
	bool write = fill && (a->prot & PROT_WRITE) && !(a->flags & AREA_SHARED);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	if (fill) (void)space_populate(s, (uint32_t)r + q.old_len, q.new_len - q.old_len, write);
	return r;
}
