/* sys_advise.c - what a program says and asks about its pages: madvise(2), msync(2), mlock(2), mincore(2).
 * Called by: dispatch.c through table.def; of the locks a home half tells the limit.
 * Never: walks an area itself, but to see whether all of a range is there.  */
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

#define NO_LIMIT ((uint32_t)INT32_MAX)

static struct space *space_of(const struct ucall *c)
{
	return c->task->body.space;
}

int32_t body_madvise(struct ucall *c)
{
	return space_advise(space_of(c), c->arg[0], c->arg[1], c->arg[2]);
}

/* ---- msync: a shared page is the page cache's own, so it is always in step with the file; the disk is behind */
static int range_to_disk(struct space *s, uint32_t at, uint32_t end)
{
	int r = 0;

	while (!r && at < end) { /* what sleeps may change the areas: each is looked up again */
		struct area *a = space_first_after(s, at);
		if (!a || a->start >= end) break;
		struct backing *b = (a->flags & AREA_SHARED) && a->backing && a->backing->ops->sync ? a->backing : NULL;
		at = a->end;
		if (!b) continue;
		b->ops->ref(b);
		r = b->ops->sync(b);
		b->ops->unref(b);
	}
	return r;
}

static int check_range(struct space *s, uint32_t at, uint32_t end, uint32_t flags)
{
	bool whole = true;

	while (at < end) {
		const struct area *a = space_first_after(s, at);
		if (!a) return -ENOMEM;
		if (a->start > at) {
			whole = false;
			if (flags == MS_ASYNC || a->start >= end) return -ENOMEM;
		}
		if ((flags & MS_INVALIDATE) && (a->flags & AREA_LOCKED)) return -EBUSY;
		at = a->end;
	}
	return whole ? 0 : -ENOMEM;
}

int32_t body_msync(struct ucall *c)
{
	uint32_t flags = c->arg[2], at = c->arg[0], end = at + ALIGN_UP(c->arg[1], PAGE_SIZE);

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (at & PAGE_MASK)) return -EINVAL;
	if ((flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) return -EINVAL;
	if (end < at) return -ENOMEM;
	int err = check_range(space_of(c), at, end, flags);
	if ((err && err != -ENOMEM) || !(flags & MS_SYNC)) return err;
	int failed = range_to_disk(space_of(c), at, end); /* of a range with holes what there is */
	return err ? err : failed;
}

/* ---- locks. Home: the pages that may be locked in all. */
static uint32_t lock_limit(const struct ucall *c)
{
	uint64_t bytes = ucall_group(c)->rlimits[RLIMIT_MEMLOCK].cur;

	if (capable(ucall_who(c))) return NO_LIMIT;
	return (uint32_t)MIN(bytes >> PAGE_SHIFT, (uint64_t)NO_LIMIT);
}

static int32_t may_lock(struct ucall *c)
{
	uint32_t limit = lock_limit(c);

	return !limit && !ucall_group(c)->rlimits[RLIMIT_MEMLOCK].cur ? -EPERM : (int32_t)limit;
}

int32_t sys_mlock(struct ucall *c) { return may_lock(c); }
int32_t sys_mlock2(struct ucall *c) { return c->arg[2] & ~MLOCK_ONFAULT ? -EINVAL : may_lock(c); }

int32_t sys_mlockall(struct ucall *c)
{
	uint32_t how = c->arg[0];

	if (!how || how == MCL_ONFAULT || (how & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))) return -EINVAL;
	return may_lock(c);
}

static int32_t lock(struct ucall *c, uint32_t flags)
{
	uint32_t at = ALIGN_DOWN(c->arg[0], PAGE_SIZE), len = ALIGN_UP(c->arg[1] + (c->arg[0] & PAGE_MASK), PAGE_SIZE);

	return space_lock(space_of(c), at, len, flags, (uint32_t)c->home_result);
}

int32_t body_mlock(struct ucall *c) { return lock(c, AREA_LOCKED); }
int32_t body_mlock2(struct ucall *c) { return lock(c, AREA_LOCKED | (c->arg[2] & MLOCK_ONFAULT ? AREA_ONFAULT : 0)); }
int32_t body_munlock(struct ucall *c) { return lock(c, 0); }

int32_t body_mlockall(struct ucall *c)
{
	struct space *s = space_of(c);
	uint32_t flags = AREA_LOCKED | (c->arg[0] & MCL_ONFAULT ? AREA_ONFAULT : 0);

	if ((c->arg[0] & MCL_CURRENT) && s->total_pages > (uint32_t)c->home_result) return -ENOMEM;
	s->lock_future = c->arg[0] & MCL_FUTURE ? flags : 0;
	if (c->arg[0] & MCL_CURRENT) space_lock_all(s, flags);
	return 0;
}

int32_t body_munlockall(struct ucall *c)
{
	space_of(c)->lock_future = 0;
	space_lock_all(space_of(c), 0);
	return 0;
}

/* ---- mincore */
int32_t body_mincore(struct ucall *c)
{
	uint32_t at = c->arg[0], n = PAGES(c->arg[1]), done = 0;
	uint8_t in[128];

	if (at & PAGE_MASK) return -EINVAL;
	if (c->arg[1] > USER_END || at > USER_END - c->arg[1]) return -ENOMEM;
	if (n > USER_END || c->arg[2] > USER_END - n) return -EFAULT;
	while (done < n) {
		uint32_t part = MIN(n - done, (uint32_t)sizeof in);
		int err = space_resident(space_of(c), at + (done << PAGE_SHIFT), part, in);
		if (!err) err = umem_store(c->mem, uaddr(c->arg[2] + done), in, part);
		if (err) return err;
		done += part;
	}
	return 0;
}

/* ---- remap_file_pages: today a mapping like any other, as on Linux */
int32_t body_remap_file_pages(struct ucall *c)
{
	uint32_t at = ALIGN_DOWN(c->arg[0], PAGE_SIZE), len = ALIGN_DOWN(c->arg[1], PAGE_SIZE), pgoff = c->arg[3];
	struct space *s = space_of(c);

	if (c->arg[2] || at + len <= at || pgoff + (len >> PAGE_SHIFT) < pgoff) return -EINVAL;
	const struct area *a = space_find(s, at);
	if (!a || !(a->flags & AREA_SHARED) || !a->backing || at + len > a->end) return -EINVAL;
	struct backing *b = a->backing;
	uint32_t flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | (c->arg[4] & MAP_NONBLOCK);
	b->ops->ref(b);
	int32_t r = space_map(s, at, len, a->prot, flags, a->flags & (AREA_SHARED | AREA_NOWRITE | AREA_LOCKED | AREA_ONFAULT), b, pgoff);
	b->ops->unref(b);
	return (uint32_t)r > (uint32_t)-4096 ? r : 0;
}

/* ---- membarrier(2): one processor is always in order with itself; what is asked for must have been registered */
#define MEMBARRIER_ALL 511u
#define MEMBARRIER_REGISTERS (4u | 16u | 64u | 256u)
#define MEMBARRIER_PRIVATE (8u | 32u | 128u)   /* each needs the next higher bit */
#define MEMBARRIER_RSEQ 128u

int32_t body_membarrier(struct ucall *c)
{
	uint32_t command = c->arg[0], flags = c->arg[1];
	struct space *s = space_of(c);

	if (flags && (command != MEMBARRIER_RSEQ || flags != 1)) return -EINVAL;
	if (!command) return MEMBARRIER_ALL;
	if ((command & (command - 1)) || (command & ~MEMBARRIER_ALL)) return -EINVAL;
	if (command & MEMBARRIER_REGISTERS) s->barriers |= command;
	return (command & MEMBARRIER_PRIVATE) && !(s->barriers & command << 1) ? -EPERM : 0;
}
