/* area_anon.c - pages that only memory holds: demand-zero, and the copy at the first write to a shared one.
 * Called by: fault.c; area_file.c for its private writes.
 * Never: waits.  */
#include "kernel/mm/space_priv.h"
#include "abi/linux_errno.h"
#include "kernel/mm/frame.h"

int area_anon_fault(struct space *s, struct area *a, uint32_t page)
{
	uint32_t pfn = frame_alloc_zero();

	if (pfn == FRAME_NONE) return -ENOMEM;
	int err = space_enter(s, page, area_entry(a, pfn, true, 0));
	if (err) frame_unref(pfn);
	return err;
}

int area_anon_copy(struct space *s, struct area *a, uint32_t page, uint32_t e)
{
	uint32_t old = PTE_FRAME(e);

	/* the last holder writes in place: fork's other side has gone, or the file has dropped the page */
	if (frame_refs(old) == 1) return space_enter(s, page, area_entry(a, old, true, 0));

	uint32_t pfn = frame_alloc();
	if (pfn == FRAME_NONE) return -ENOMEM;
	arch_copy_page(frame_virt(pfn), frame_virt(old));
	int err = space_enter(s, page, area_entry(a, pfn, true, 0));
	frame_unref(err ? pfn : old);
	return err;
}
