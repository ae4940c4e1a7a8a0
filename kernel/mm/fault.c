/* fault.c - an address that is not accessible becomes accessible, or it is said which signal that costs.
 * Called by: entry.c for faults, umem.c for copies into a space that is not loaded, exec and the pager.
 * Never: posts a signal.  */
#include "kernel/mm/space.h"
#include "abi/linux_errno.h"
#include "abi/linux_types.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/space_priv.h"

bool (*space_out_of_memory)(struct space *s);

#define FRAMES_MAX 16u /* more than one fault takes */
#define KIND(kind) ((kind) & ~FAULT_NOWAIT)

static bool allowed(const struct area *a, uint32_t kind)
{
	/* the machine knows readable and writable only: what can be read can be executed */
	if (KIND(kind) == FAULT_WRITE) return (a->prot & PROT_WRITE) != 0;
	return a->prot != PROT_NONE;
}

/* A growing area just above may be meant. */
static struct area *grow_stack(struct space *s, uint32_t page)
{
	struct area *a = space_first_after(s, page);

	if (!a || !(a->flags & AREA_GROWSDOWN) || a->start <= page) return NULL;
	if (a->end - page > s->limit_stack_bytes) return NULL;
	struct area *below = area_prev(s, a);
	if (below && below->prot != PROT_NONE && page < below->end + STACK_GAP_BYTES) return NULL;
	uint32_t n = (a->start - page) >> PAGE_SHIFT;
	if (space_check_room(s, n, true)) return NULL;
	a->start = page;
	s->total_pages += n;
	return a;
}

/* 0: accessible now. -EFAULT: nothing is there; -EACCES; -ENXIO, -EIO: the backing has no such page; -ENOMEM. */
static int resolve(struct space *s, uint32_t page, uint32_t kind)
{
	bool write = KIND(kind) == FAULT_WRITE;

	if (page < USER_START || page >= USER_END) return -EFAULT;
	struct area *a = space_find(s, page);
	if (!a) a = grow_stack(s, page);
	if (!a) return -EFAULT;
	if (!allowed(a, kind)) return -EACCES;

	uint32_t e = arch_pte_get(&s->pd, uaddr(page));
	if (e & PTE_PRESENT) {
		if (!write || (e & PTE_WRITE)) return 0; /* somebody was faster */
		return a->backing ? area_file_write(s, a, page, e) : area_anon_copy(s, a, page, e);
	}
	KASSERT2(e == 0, e, page);
	s->min_faults++;
	return a->backing ? area_file_fault(s, a, page, write) : area_anon_fault(s, a, page);
}

static struct fault_result result(int err)
{
	switch (err) {
	case 0: return (struct fault_result){0, 0};
	case -EACCES: return (struct fault_result){SIGSEGV, SEGV_ACCERR};
	case -EFAULT: return (struct fault_result){SIGSEGV, SEGV_MAPERR};
	case -ENOMEM: return (struct fault_result){SIGKILL, SI_KERNEL};
	default: return (struct fault_result){SIGBUS, BUS_ADRERR};
	}
}

struct fault_result space_fault(struct space *s, uint32_t at, uint32_t kind)
{
	uint32_t page = ALIGN_DOWN(at, PAGE_SIZE);

	for (uint32_t wanted = 1;;) {
		mutex_lock(&s->lock);
		int err = resolve(s, page, kind);
		mutex_unlock(&s->lock);
		if (err != -ENOMEM || (kind & FAULT_NOWAIT)) return result(err);
		if (wanted <= FRAMES_MAX && frame_wait(wanted)) {
			wanted *= 2; /* it was not enough if we come back: a page may need a table and a place in the cache, too */
			continue;
		}
		if (thread_current()->cuts) return (struct fault_result){-1, 0};
		if (!space_out_of_memory || !space_out_of_memory(s)) return result(-ENOMEM);
		wanted = 1;
		sched_yield(); /* whoever ends must come to it */
	}
}

uint32_t space_probe(struct space *s, uint32_t at, uint32_t max, bool write)
{
	uint32_t done = 0;

	while (done < max && at + done < USER_END) {
		if (space_fault(s, at + done, (write ? FAULT_WRITE : FAULT_READ) | FAULT_NOWAIT).sig) break;
		done += PAGE_SIZE - ((at + done) & PAGE_MASK);
	}
	return MIN(done, max);
}

int space_install(struct space *s, uint32_t at, uint32_t pfn)
{
	uint32_t page = ALIGN_DOWN(at, PAGE_SIZE);
	int err = -EFAULT;

	mutex_lock(&s->lock);
	struct area *a = space_find(s, page);
	if (a) err = arch_pte_get(&s->pd, uaddr(page)) ? -EEXIST : space_enter(s, page, area_entry(a, pfn, true, 0));
	mutex_unlock(&s->lock);
	return err;
}

void space_prefault(struct space *s, uint32_t at, uint32_t n_pages)
{
	mutex_lock(&s->lock);
	struct area *a = space_find(s, at);
	if (a && a->backing) area_file_around(s, a, ALIGN_DOWN(at, PAGE_SIZE), ALIGN_DOWN(at, PAGE_SIZE) + n_pages * PAGE_SIZE);
	mutex_unlock(&s->lock);
}
