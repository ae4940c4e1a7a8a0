/* space_map.c - mapping, unmapping, protecting and the break: mmap(2), munmap(2), mprotect(2), brk(2).
 * Called by: sys_mem.c, exec.  Each change checks first and takes the structures it may need; then it cannot fail half-way.
 * Never: touches a page's content (faults do).  */
#include "kernel/mm/space.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_priv.h"

/* ---- where */
uint32_t space_place(struct space *s, uint32_t len)
{
	uint32_t top = MMAP_TOP;

	for (struct list_node *n = s->areas.prev; n != &s->areas; n = n->prev) {
		struct area *a = list_entry(n, struct area, node);
		if (a->start >= top) continue;
		if (a->end < top && top - a->end >= len) break;
		top = a->start;
	}
	return top >= MAP_LOWEST && top - MAP_LOWEST >= len ? top - len : 0;
}

static bool is_free(struct space *s, uint32_t at, uint32_t len)
{
	struct area *a = space_first_after(s, at);
	return !a || a->start >= at + len;
}

int space_check_room(const struct space *s, uint32_t n_pages, bool will_write)
{
	if (n_pages > s->limit_as_pages || s->total_pages > s->limit_as_pages - n_pages) return -ENOMEM;
	if (will_write && n_pages > frame_total()) return -ENOMEM; /* could never be filled here */
	return 0;
}

/* RLIMIT_DATA counts what is private, writable and no stack: getrlimit(2), since Linux 4.7. */
static bool is_data(uint32_t prot, uint32_t area_flags)
{
	return (prot & PROT_WRITE) && !(area_flags & (AREA_SHARED | AREA_GROWSDOWN | AREA_STACK));
}

static int check_data_room(const struct space *s, uint32_t n_pages)
{
	const struct area *a;
	uint32_t sum = n_pages;

	if (s->limit_data_pages == UINT32_MAX) return 0;
	list_for_each(a, &s->areas, node)
		if (is_data(a->prot, a->flags)) sum += (a->end - a->start) >> PAGE_SHIFT;
	return sum > s->limit_data_pages ? -ENOMEM : 0;
}

static int check_range(uint32_t at, uint32_t len)
{
	if (at & PAGE_MASK) return -EINVAL;
	if (len > USER_END || at > USER_END - len) return -ENOMEM;
	return at < USER_START ? -EPERM : 0;
}

uint32_t space_place_near(struct space *s, uint32_t hint, uint32_t len)
{
	if (hint >= MAP_LOWEST && !check_range(hint, len) && is_free(s, hint, len)) return hint;
	return space_place(s, len);
}

/* ---- mmap */
struct map_request {
	uint32_t at, len, prot, map_flags, area_flags, pgoff;
	struct backing *b;
};

static int map_check(struct map_request *q)
{
	uint32_t type = q->map_flags & MAP_TYPE;

	if (q->len == 0) return -EINVAL;
	if (q->len > USER_END) return -ENOMEM;
	q->len = ALIGN_UP(q->len, PAGE_SIZE);
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return -EINVAL;
	if (type != MAP_PRIVATE) q->area_flags |= AREA_SHARED;
	if (q->map_flags & MAP_GROWSDOWN) q->area_flags |= AREA_GROWSDOWN;
	q->prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	if (q->pgoff + (q->len >> PAGE_SHIFT) < q->pgoff) return -EOVERFLOW;
	if (!q->b) q->pgoff = 0;
	if (q->map_flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) return check_range(q->at, q->len);
	return 0;
}

/* s->lock is held. The address, or an error. */
static int32_t choose(struct space *s, const struct map_request *q)
{
	uint32_t at = q->at;

	if (q->map_flags & MAP_FIXED_NOREPLACE) return is_free(s, at, q->len) ? (int32_t)at : -EEXIST;
	if (q->map_flags & MAP_FIXED) return (int32_t)at;
	at = space_place_near(s, ALIGN_DOWN(at, PAGE_SIZE), q->len);
	return at ? (int32_t)at : -ENOMEM;
}

static int32_t map_locked(struct space *s, const struct map_request *q, struct area_stock *k)
{
	int32_t r = choose(s, q);
	if (is_error(r)) return r;

	uint32_t at = (uint32_t)r, end = at + q->len, pages = q->len >> PAGE_SHIFT;
	uint32_t replaced = space_pages_in(s, at, end);
	bool will_write = (q->prot & PROT_WRITE) && !(q->map_flags & MAP_NORESERVE) && !q->b;
	int err = space_check_room(s, pages - replaced, will_write);
	if (!err && is_data(q->prot, q->area_flags)) err = check_data_room(s, pages - replaced);
	if (err) return err;
	if (s->n_areas + 2 > SPACE_AREAS_MAX) return -ENOMEM;

	if (replaced) space_clear(s, at, end, k);
	struct area *a = stock_take(k);
	*a = (struct area){.start = at, .end = end, .prot = q->prot, .flags = q->area_flags, .backing = q->b, .pgoff = q->pgoff};
	area_hold(a);
	space_insert(s, a);
	space_merge(s, a, k);
	return r;
}

static int32_t map_request(struct space *s, struct map_request *q)
{
	struct area_stock k;
	int err = stock_fill(&k, 2);
	if (err) return err;

	mutex_lock(&s->lock);
	q->area_flags |= s->lock_future;
	int32_t r = map_locked(s, q, &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	/* an area that arrives with its lock is filled by its capsule */
	bool fill = (q->map_flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE || (q->map_flags & MAP_LOCKED) || s->lock_future == AREA_LOCKED;
	if (!is_error(r) && fill) (void)space_populate(s, (uint32_t)r, q->len, (q->prot & PROT_WRITE) && !(q->area_flags & AREA_SHARED));
	return r;
}

int32_t space_map(struct space *s, uint32_t at, uint32_t len, uint32_t prot, uint32_t map_flags, uint32_t area_flags,
		  struct backing *b, uint32_t pgoff)
{
	struct map_request q = {.at = at, .len = len, .prot = prot, .map_flags = map_flags, .area_flags = area_flags, .pgoff = pgoff, .b = b};
	struct backing *made = NULL;
	int32_t r = map_check(&q);

	if (r) return r;
	if ((q.area_flags & AREA_SHARED) && !b) {
		/* shared by fork's children: pages of an object of their own */
		r = space_shared_backing ? space_shared_backing(q.len, &made) : -ENOMEM;
		if (r) return r;
		q.b = made;
		q.pgoff = 0;
	}
	r = map_request(s, &q);
	if (made) made->ops->unref(made);
	return r;
}

/* ---- munmap */
int space_unmap(struct space *s, uint32_t at, uint32_t len)
{
	struct area_stock k;

	if ((at & PAGE_MASK) || len == 0 || len > USER_END || at > USER_END - len) return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (len > USER_END - at) return -EINVAL;
	int err = stock_fill(&k, 1);
	if (err) return err;
	mutex_lock(&s->lock);
	if (s->n_areas >= SPACE_AREAS_MAX)
		err = -ENOMEM;
	else
		space_clear(s, at, at + len, &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return err;
}

/* ---- mprotect */
/* Entries lose what the area no longer allows; what it newly allows a fault adds (a shared page needs a copy first). */
static void protect_entries(struct space *s, struct area *a)
{
	for (uaddr_t at = uaddr(a->start); at.v < a->end && arch_pte_next(&s->pd, &at, uaddr(a->end)); at.v += PAGE_SIZE) {
		uint32_t e = arch_pte_get(&s->pd, at);
		if (!pte_resident(e)) continue;
		uint32_t keep = e & (PTE_COW | PTE_FILE | PTE_ACCESSED | PTE_DIRTY);
		uint32_t new = area_entry(a, PTE_FRAME(e), (e & PTE_WRITE) != 0, keep);
		if (new == e) continue;
		int err = arch_pte_set(&s->pd, at, new);
		KASSERT2(!err, err, at.v);
	}
}

/* One area after the other, up to what stops it: what lies before is changed, as on Linux. */
static int protect_locked(struct space *s, uint32_t at, uint32_t end, uint32_t prot, struct area_stock *k)
{
	while (at < end) {
		struct area *a = space_find(s, at);
		if (!a) return -ENOMEM;
		if ((prot & PROT_WRITE) && (a->flags & AREA_NOWRITE)) return -EACCES;
		if (a->prot == prot) {
			at = a->end;
			continue;
		}
		space_split(s, at, k);
		space_split(s, end, k);
		a = space_find(s, at);
		at = a->end;
		a->prot = prot;
		protect_entries(s, a);
		space_merge(s, a, k); /* a may be swallowed by its neighbour */
	}
	return 0;
}

/* PROT_GROWSDOWN: from the start of the area that grows; PROT_GROWSUP: nothing here grows up. */
static int protect_start(struct space *s, uint32_t *at, uint32_t end, uint32_t prot)
{
	struct area *a = space_first_after(s, *at);

	if (!a) return -ENOMEM;
	if (prot & PROT_GROWSDOWN) {
		if (a->start >= end) return -ENOMEM;
		if (!(a->flags & AREA_GROWSDOWN)) return -EINVAL;
		*at = a->start;
	} else if (a->start > *at) {
		return -ENOMEM;
	} else if (prot & PROT_GROWSUP) {
		return -EINVAL;
	}
	return s->n_areas + 2 > SPACE_AREAS_MAX ? -ENOMEM : 0;
}

int space_protect(struct space *s, uint32_t at, uint32_t len, uint32_t prot)
{
	const uint32_t grows = PROT_GROWSDOWN | PROT_GROWSUP;
	struct area_stock k;

	if ((prot & grows) == grows || (at & PAGE_MASK)) return -EINVAL;
	if (len == 0) return 0;
	if (len > USER_END || at > USER_END - ALIGN_UP(len, PAGE_SIZE)) return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | grows)) return -EINVAL;
	uint32_t end = at + ALIGN_UP(len, PAGE_SIZE);
	int err = stock_fill(&k, 2);
	if (err) return err;
	mutex_lock(&s->lock);
	err = protect_start(s, &at, end, prot);
	if (!err) err = protect_locked(s, at, end, prot & (PROT_READ | PROT_WRITE | PROT_EXEC), &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return err;
}

/* ---- the break */
static int brk_grow(struct space *s, uint32_t from, uint32_t to, struct area_stock *k)
{
	uint32_t n = (to - from) >> PAGE_SHIFT;
	struct area *next = space_first_after(s, from);
	uint32_t gap = next && (next->flags & AREA_GROWSDOWN) ? STACK_GAP_BYTES : PAGE_SIZE; /* one page stays free, as on Linux */

	if (next && (next->start < to || next->start - to < gap)) return -ENOMEM;
	if (to > USER_END || space_check_room(s, n, true) || s->n_areas >= SPACE_AREAS_MAX) return -ENOMEM;
	if ((to - s->brk_start) >> PAGE_SHIFT > s->limit_data_pages || check_data_room(s, n)) return -ENOMEM;
	struct area *a = stock_take(k);
	*a = (struct area){.start = from, .end = to, .prot = PROT_READ | PROT_WRITE, .flags = AREA_HEAP | s->lock_future};
	space_insert(s, a);
	space_merge(s, a, k);
	return 0;
}

uint32_t space_set_brk(struct space *s, uint32_t want)
{
	struct area_stock k;

	if (stock_fill(&k, 1)) return s->brk;
	mutex_lock(&s->lock);
	if (want >= s->brk_start && want < USER_END) {
		uint32_t old_end = ALIGN_UP(s->brk, PAGE_SIZE), new_end = ALIGN_UP(want, PAGE_SIZE);
		int err = 0;
		if (new_end > old_end) err = brk_grow(s, old_end, new_end, &k);
		if (new_end < old_end) space_clear(s, new_end, old_end, &k);
		if (!err) s->brk = want;
	}
	uint32_t now = s->brk;
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return now;
}
