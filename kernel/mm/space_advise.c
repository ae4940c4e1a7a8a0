/* space_advise.c - advice, locks in memory, and what of a range is there: madvise(2), mlock(2), mincore(2).
 * Called by: sys_advise.c; space_map.c fills what is to be filled at once.
 * Never: pages anything out: a lock is a mark and a count, and fills its pages.  */
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_priv.h"

/* ---- marks */
bool space_mark(struct space *s, uint32_t at, uint32_t end, uint32_t off, uint32_t on, struct area_stock *k)
{
	space_split(s, at, k);
	space_split(s, end, k);
	for (struct area *a = space_first_after(s, at); at < end; a = space_first_after(s, at)) {
		if (!a || a->start > at) return false;
		at = a->end;
		uint32_t was = a->flags & AREA_LOCKED;
		a->flags = (a->flags & ~off) | on;
		if (was != (a->flags & AREA_LOCKED)) s->locked_pages += was ? -area_pages(a) : area_pages(a);
		space_merge(s, a, k);
	}
	return true;
}

static int mark(struct space *s, uint32_t at, uint32_t end, uint32_t off, uint32_t on)
{
	struct area_stock k;
	int err = stock_fill(&k, 2);

	if (err) return err;
	mutex_lock(&s->lock);
	if (s->n_areas + 2 > SPACE_AREAS_MAX)
		err = -ENOMEM;
	else if (!space_mark(s, at, end, off, on, &k))
		err = -ENOMEM;
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return err;
}

/* ---- filling */
int space_populate(struct space *s, uint32_t at, uint32_t len, bool write)
{
	for (uint32_t off = 0; off < len; off += PAGE_SIZE) {
		struct fault_result f = space_fault(s, at + off, (write ? FAULT_WRITE : FAULT_READ) | FAULT_NOWAIT);
		if (!f.sig) continue;
		if (f.sig == SIGKILL || (f.sig == SIGSEGV && f.code == SEGV_MAPERR)) return -ENOMEM;
		return f.sig == SIGSEGV ? -EACCES : -EFAULT;
	}
	return 0;
}

/* ---- locks */
static uint32_t locked_in(struct space *s, uint32_t at, uint32_t end)
{
	uint32_t n = 0;

	for (struct area *a = space_first_after(s, at); a && a->start < end; a = area_next(s, a))
		if (a->flags & AREA_LOCKED) n += (MIN(a->end, end) - MAX(a->start, at)) >> PAGE_SHIFT;
	return n;
}

static bool over_limit(struct space *s, uint32_t at, uint32_t end, uint32_t limit_pages)
{
	uint32_t n = (end - at) >> PAGE_SHIFT;

	if (n + s->locked_pages <= limit_pages) return false;
	return n + s->locked_pages - locked_in(s, at, end) > limit_pages;
}

/* Area by area, as each allows: a private writable one gets its own pages at once. */
static int fill(struct space *s, uint32_t at, uint32_t end)
{
	while (at < end) {
		const struct area *a = space_find(s, at);
		if (!a || a->prot == PROT_NONE) return -ENOMEM;
		uint32_t to = MIN(a->end, end);
		bool write = (a->prot & PROT_WRITE) && !(a->flags & AREA_SHARED);
		if (space_populate(s, at, to - at, write)) return -ENOMEM;
		at = to;
	}
	return 0;
}

int space_lock(struct space *s, uint32_t at, uint32_t len, uint32_t flags, uint32_t limit_pages)
{
	if (len > USER_END || at > USER_END - len) return len > UINT32_MAX - at ? -EINVAL : -ENOMEM;
	if (flags && over_limit(s, at, at + len, limit_pages)) return -ENOMEM;
	int err = mark(s, at, at + len, AREA_LOCKED | AREA_ONFAULT, flags);
	return err || flags != AREA_LOCKED ? err : fill(s, at, at + len);
}

void space_lock_all(struct space *s, uint32_t flags)
{
	for (struct area *a = space_first_after(s, 0); a;) {
		uint32_t start = a->start, end = a->end; /* filling may sleep: the next area is looked up anew */
		bool hidden = a->prot == PROT_NONE;
		(void)mark(s, start, end, AREA_LOCKED | AREA_ONFAULT, flags);
		if (flags == AREA_LOCKED && !hidden) (void)fill(s, start, end);
		a = space_first_after(s, end);
	}
}

/* ---- what is there */
static bool in_cache(struct area *a, uint32_t at)
{
	return a->backing && a->backing->ops->has_page && a->backing->ops->has_page(a->backing, area_index(a, at));
}

int space_resident(struct space *s, uint32_t at, uint32_t n_pages, uint8_t *in)
{
	int err = 0;

	mutex_lock(&s->lock);
	for (uint32_t i = 0; i < n_pages && !err; i++, at += PAGE_SIZE) {
		struct area *a = space_find(s, at);
		if (a)
			in[i] = pte_resident(arch_pte_get(&s->pd, uaddr(at))) || in_cache(a, at);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&s->lock);
	return err;
}

/* ---- madvise */
static bool advice_known(uint32_t advice)
{
	return advice <= MADV_DONTNEED || (advice >= MADV_FREE && advice <= MADV_COLLAPSE);
}

/* Marks that an advice sets and clears; false: it is not of this kind. */
static bool advice_marks(uint32_t advice, uint32_t *off, uint32_t *on)
{
	*off = *on = 0;
	switch (advice) {
	case MADV_DONTFORK: *on = AREA_DONTFORK; return true;
	case MADV_DOFORK: *off = AREA_DONTFORK; return true;
	case MADV_WIPEONFORK: *on = AREA_WIPEONFORK; return true;
	case MADV_KEEPONFORK: *off = AREA_WIPEONFORK; return true;
	default: return false;
	}
}

static int remove_pages(const struct area *a, uint32_t from, uint32_t to)
{
	if ((a->flags & AREA_LOCKED) || !a->backing) return -EINVAL;
	if (!(a->flags & AREA_SHARED) || !(a->prot & PROT_WRITE)) return -EACCES;
	if (!a->backing->ops->punch) return -EOPNOTSUPP;
	return a->backing->ops->punch(a->backing, area_index(a, from), area_index(a, from) + ((to - from) >> PAGE_SHIFT));
}

/* Advice about [from, to) of a; s->lock is held. */
static int advise_area(struct space *s, struct area *a, uint32_t from, uint32_t to, uint32_t advice)
{
	switch (advice) {
	case MADV_DONTNEED:
		if (a->flags & AREA_LOCKED) return -EINVAL;
		space_zap(s, from, to);
		return 0;
	case MADV_DONTNEED_LOCKED: space_zap(s, from, to); return 0;
	case MADV_FREE: return a->backing || (a->flags & AREA_LOCKED) ? -EINVAL : 0; /* later, says madvise(2); here: never */
	case MADV_COLD: case MADV_PAGEOUT: return a->flags & AREA_LOCKED ? -EINVAL : 0;
	case MADV_REMOVE: return remove_pages(a, from, to);
	case MADV_WIPEONFORK: return a->backing ? -EINVAL : 0;
	case MADV_COLLAPSE: return -EINVAL; /* no huge pages */
	default: return 0;
	}
}

/* Holes are passed over and told at the end; a refusal ends it. */
static int advise_range(struct space *s, uint32_t at, uint32_t end, uint32_t advice, struct area_stock *k)
{
	uint32_t off, on;
	bool marks = advice_marks(advice, &off, &on), whole = true;

	while (at < end) {
		struct area *a = space_first_after(s, at);
		if (!a || a->start >= end) return -ENOMEM;
		whole = whole && a->start <= at;
		uint32_t from = MAX(a->start, at), to = MIN(a->end, end);
		int err = advise_area(s, a, from, to, advice);
		if (err) return err;
		if (marks) (void)space_mark(s, from, to, off, on, k);
		at = to;
	}
	return whole ? 0 : -ENOMEM;
}

/* POPULATE_READ, POPULATE_WRITE: their errors are their own. */
static int populate_range(struct space *s, uint32_t at, uint32_t end, bool write)
{
	while (at < end) {
		const struct area *a = space_find(s, at);
		if (!a) return -ENOMEM;
		uint32_t to = MIN(a->end, end);
		int err = space_populate(s, at, to - at, write);
		if (err) return err == -EACCES ? -EINVAL : err;
		at = to;
	}
	return 0;
}

int space_advise(struct space *s, uint32_t at, uint32_t len, uint32_t advice)
{
	struct area_stock k;
	uint32_t end = at + ALIGN_UP(len, PAGE_SIZE);

	if ((at & PAGE_MASK) || !advice_known(advice)) return -EINVAL;
	if (len && (len > (uint32_t)-PAGE_SIZE || end < at)) return -EINVAL;
	if (end == at) return 0;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE) return populate_range(s, at, end, advice == MADV_POPULATE_WRITE);
	int err = stock_fill(&k, 4); /* two borders at most; each is made once */
	if (err) return err;
	mutex_lock(&s->lock);
	err = s->n_areas + 2 > SPACE_AREAS_MAX ? -ENOMEM : advise_range(s, at, end, advice, &k);
	mutex_unlock(&s->lock);
	stock_drop(&k);
	return err;
}
