/* space_cut.c - a backing lost pages: entries that show them go, in every space here.  Who maps a backing for writing.
 * Called by: fs/pages.c when a file shrinks or gets a hole; fs/seal.c.
 * Never: sleeps or takes a lock: whoever holds a space's lock reads its entries anew after every sleep.  */
#include "kernel/mm/frame.h"
#include "kernel/mm/space_priv.h"

static void cut_entry(struct space *s, uaddr_t at, bool copies)
{
	uint32_t e = arch_pte_get(&s->pd, at);

	if (!pte_resident(e) || (!copies && !(e & PTE_FILE))) return;
	int err = arch_pte_set(&s->pd, at, 0);
	KASSERT2(!err, err, at.v);
	frame_unref(PTE_FRAME(e));
	s->rss_pages--;
}

static void cut_area(struct space *s, const struct area *a, uint32_t first, uint32_t end, bool copies)
{
	uint32_t n = area_pages(a), from = MAX(first, a->pgoff);
	uint64_t to = MIN((uint64_t)end, (uint64_t)a->pgoff + n);

	if (from >= to) return;
	uaddr_t at = uaddr(a->start + ((from - a->pgoff) << PAGE_SHIFT));
	uaddr_t stop = uaddr(a->start + ((uint32_t)(to - a->pgoff) << PAGE_SHIFT));
	for (; at.v < stop.v && arch_pte_next(&s->pd, &at, stop); at.v += PAGE_SIZE) cut_entry(s, at, copies);
}

void backing_cut(struct backing *b, uint32_t first, uint32_t end, bool copies)
{
	struct space *s;
	struct area *a;

	if (b->n_areas == 0) return;
	list_for_each(s, &all_spaces, in_all)
		list_for_each(a, &s->areas, node)
			if (a->backing == b) cut_area(s, a, first, end, copies);
}

bool backing_writable(const struct backing *b)
{
	const struct space *s;
	const struct area *a;

	if (b->n_areas == 0) return false;
	list_for_each(s, &all_spaces, in_all)
		list_for_each(a, &s->areas, node)
			if (a->backing == b && (a->flags & AREA_SHARED) && !(a->flags & AREA_NOWRITE)) return true;
	return false;
}
