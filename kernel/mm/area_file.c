/* area_file.c - pages of a backing: private mappings share its frames read-only until they write, shared ones for good.
 * Called by: fault.c and space_prefault.
 * Never: knows what kind of backing it is.  */
#include "kernel/mm/space_priv.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/mm/frame.h"

static int get_page(const struct area *a, uint32_t page, bool nowait, uint32_t *pfn)
{
	return a->backing->ops->get_page(a->backing, area_index(a, page), nowait, pfn);
}

static uint32_t file_entry(const struct area *a, uint32_t pfn, bool write)
{
	return area_entry(a, pfn, write, PTE_FILE | (a->flags & AREA_SHARED ? 0 : PTE_COW));
}

void area_file_around(struct space *s, struct area *a, uint32_t from, uint32_t to)
{
	if (a->prot == PROT_NONE) return;
	from = MAX(from, a->start);
	to = MIN(to, a->end);
	for (uint32_t at = from; at < to; at += PAGE_SIZE) {
		uint32_t pfn;
		if (arch_pte_get(&s->pd, uaddr(at))) continue;
		if (get_page(a, at, true, &pfn)) continue;
		if (space_enter(s, at, file_entry(a, pfn, false))) {
			frame_unref(pfn);
			return;
		}
	}
}

/* A private write: the program's own copy from the start. */
static int fault_private_write(struct space *s, struct area *a, uint32_t page, uint32_t pfn)
{
	uint32_t own = frame_alloc();

	if (own == FRAME_NONE) return -ENOMEM;
	arch_copy_page(frame_virt(own), frame_virt(pfn));
	int err = space_enter(s, page, area_entry(a, own, true, 0));
	if (err) frame_unref(own);
	return err;
}

int area_file_fault(struct space *s, struct area *a, uint32_t page, bool write)
{
	bool shared = (a->flags & AREA_SHARED) != 0;
	uint32_t pfn;
	int err = get_page(a, page, false, &pfn);

	if (err) return err;
	if (write && !shared) {
		err = fault_private_write(s, a, page, pfn);
		frame_unref(pfn);
		return err;
	}
	err = space_enter(s, page, file_entry(a, pfn, write));
	if (err) {
		frame_unref(pfn);
		return err;
	}
	if (write) {
		a->backing->ops->dirtied(a->backing, area_index(a, page));
	} else {
		uint32_t window = FAULT_AROUND_PAGES * PAGE_SIZE, from = ALIGN_DOWN(page, window);
		area_file_around(s, a, from, from > UINT32_MAX - window ? UINT32_MAX : from + window);
	}
	return 0;
}

int area_file_write(struct space *s, struct area *a, uint32_t page, uint32_t e)
{
	if (!(a->flags & AREA_SHARED)) return area_anon_copy(s, a, page, e);
	int err = space_enter(s, page, file_entry(a, PTE_FRAME(e), true));
	if (!err) a->backing->ops->dirtied(a->backing, area_index(a, page));
	return err;
}
