/* sys_mem.c - calls on a body's address space; only mmap of a file has a home half, which gives the backing.
 * Called by: dispatch.c through table.def (body halves, but for sys_mmap_file).
 * Never: walks an area itself: kernel/mm/space.h does.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/frame.h"

static struct space *space_of(const struct ucall *c)
{
	return c->task->body.space;
}

int32_t body_brk(struct ucall *c)
{
	return (int32_t)space_set_brk(space_of(c), c->arg[0]);
}

/* ---- mmap: arguments are those of mmap2: address, length, prot, flags, fd, page offset */

static int check_map(const struct ucall *c)
{
	uint32_t type = c->arg[3] & MAP_TYPE;

	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return -EINVAL;
	if (!c->arg[1] || c->arg[1] > USER_END) return c->arg[1] ? -ENOMEM : -EINVAL;
	if ((c->arg[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && (c->arg[0] & PAGE_MASK)) return -EINVAL;
	if ((uint64_t)c->arg[5] + PAGES((uint64_t)c->arg[1]) > 1u << 31) return -EOVERFLOW;
	return 0;
}

static uint32_t area_flags(uint32_t map_flags)
{
	uint32_t type = map_flags & MAP_TYPE;

	return (type != MAP_PRIVATE ? AREA_SHARED : 0) | ((map_flags & MAP_GROWSDOWN) ? AREA_GROWSDOWN : 0);
}

static int32_t map(struct ucall *c, struct backing *b, uint32_t pgoff, uint32_t more_flags)
{
	return space_map(space_of(c), c->arg[0], c->arg[1], c->arg[2] & 7u, c->arg[3], area_flags(c->arg[3]) | more_flags, b, pgoff);
}

int32_t body_mmap_anon(struct ucall *c)
{
	int32_t r = check_map(c);

	return r ? r : map(c, NULL, 0, 0);
}

/* Home: may this file be mapped so? Its backing goes to the body half, with AREA_NOWRITE as result if the mapping may never be
 * made writable. */
static int file_backing(struct ucall *c, struct file *f)
{
	uint32_t acc = f->flags & O_ACCMODE, type = c->arg[3] & MAP_TYPE;

	if (acc == O_WRONLY) return -EACCES;
	if (type != MAP_PRIVATE && (c->arg[2] & PROT_WRITE) && acc != O_RDWR) return -EACCES;
	if ((c->arg[2] & PROT_EXEC) && f->name && f->name->of && (f->name->of->flags & MS_NOEXEC)) return -EPERM;
	if (!f->ops->backing) return -ENODEV;
	int err = f->ops->backing(f, &c->task->map_backing);
	return !err && type != MAP_PRIVATE && acc != O_RDWR ? (int)AREA_NOWRITE : err;
}

int32_t sys_mmap_file(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[4]);

	if (!f) return -EBADF;
	int32_t r = check_map(c);
	if (!r) r = file_backing(c, f);
	file_unref(f);
	return r;
}

int32_t body_mmap_file(struct ucall *c)
{
	struct backing *b = c->task->map_backing;
	/* a device without pages of its own (/dev/zero) gives no backing: anonymous memory */
	int32_t r = map(c, b, b ? c->arg[5] : 0, (uint32_t)c->home_result);

	c->task->map_backing = NULL;
	if (b) b->ops->unref(b); /* the area holds its own */
	return r;
}

/* ---- the others */

static bool bad_range(const struct ucall *c)
{
	return (c->arg[0] & PAGE_MASK) || c->arg[1] > USER_END || c->arg[0] > USER_END - ALIGN_UP(c->arg[1], PAGE_SIZE);
}

int32_t body_munmap(struct ucall *c)
{
	if (bad_range(c) || !c->arg[1]) return -EINVAL;
	return space_unmap(space_of(c), c->arg[0], ALIGN_UP(c->arg[1], PAGE_SIZE));
}

int32_t body_mprotect(struct ucall *c)
{
	uint32_t prot = c->arg[2] & ~(PROT_GROWSDOWN | PROT_GROWSUP);

	if ((c->arg[0] & PAGE_MASK) || (prot & ~15u)) return -EINVAL;
	if (!c->arg[1]) return 0;
	if (bad_range(c)) return -ENOMEM;
	return space_protect(space_of(c), c->arg[0], ALIGN_UP(c->arg[1], PAGE_SIZE), prot & 7u);
}

int32_t body_mremap(struct ucall *c)
{
	uint32_t flags = c->arg[3];

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) || (c->arg[0] & PAGE_MASK) || !c->arg[2]) return -EINVAL;
	if ((flags & MREMAP_FIXED) && (!(flags & MREMAP_MAYMOVE) || (c->arg[4] & PAGE_MASK))) return -EINVAL;
	if (c->arg[1] > USER_END) return -EFAULT;
	if (c->arg[2] > USER_END) return -ENOMEM;
	return space_remap(space_of(c), c->arg[0], ALIGN_UP(c->arg[1], PAGE_SIZE), ALIGN_UP(c->arg[2], PAGE_SIZE), flags, c->arg[4]);
}

int32_t body_madvise(struct ucall *c)
{
	if (c->arg[0] & PAGE_MASK) return -EINVAL;
	if (!c->arg[1]) return 0;
	if (bad_range(c)) return -ENOMEM;
	return space_advise(space_of(c), c->arg[0], ALIGN_UP(c->arg[1], PAGE_SIZE), c->arg[2]);
}

/* Is every page of the range mapped? */
static bool all_mapped(struct space *s, uint32_t at, uint32_t len)
{
	uint32_t end = at + ALIGN_UP(len, PAGE_SIZE);

	while (at < end) {
		struct area *a = space_find(s, at);
		if (!a) return false;
		at = a->end;
	}
	return true;
}

/* The files that are mapped shared in the range go to their disks. What sleeps may change the areas: each is looked up again. */
static int32_t sync_range(struct space *s, uint32_t at, uint32_t end)
{
	int32_t r = 0;

	while (!r && at < end) {
		struct area *a = space_find(s, at);
		if (!a) return -ENOMEM;
		struct backing *b = (a->flags & AREA_SHARED) && a->backing && a->backing->ops->sync ? a->backing : NULL;
		at = a->end;
		if (!b) continue;
		b->ops->ref(b);
		r = b->ops->sync(b);
		b->ops->unref(b);
	}
	return r;
}

/* A shared page is the page cache's own: it is always in step with the file; the disk is behind. */
int32_t body_msync(struct ucall *c)
{
	uint32_t flags = c->arg[2];

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) return -EINVAL;
	if (c->arg[0] & PAGE_MASK) return -EINVAL;
	if (bad_range(c)) return -ENOMEM;
	if (!all_mapped(space_of(c), c->arg[0], c->arg[1])) return -ENOMEM;
	return flags & MS_SYNC ? sync_range(space_of(c), c->arg[0], c->arg[0] + ALIGN_UP(c->arg[1], PAGE_SIZE)) : 0;
}

/* Nothing is ever paged out: locked it is already. */
int32_t body_mlock(struct ucall *c)
{
	uint32_t at = c->arg[0] & ~PAGE_MASK, len = c->arg[1] + (c->arg[0] & PAGE_MASK);

	if (len < c->arg[1] || len > USER_END || at > USER_END - ALIGN_UP(len, PAGE_SIZE)) return -EINVAL;
	return all_mapped(space_of(c), at, len) ? 0 : -ENOMEM;
}

int32_t body_mlockall(struct ucall *c)
{
	return !c->arg[0] || (c->arg[0] & ~7u) ? -EINVAL : 0;
}

int32_t body_munlockall(struct ucall *c)
{
	UNUSED(c);
	return 0;
}

int32_t body_mincore(struct ucall *c)
{
	struct space *s = space_of(c);

	if (c->arg[0] & PAGE_MASK) return -EINVAL;
	if (bad_range(c)) return -ENOMEM;
	for (uint32_t i = 0; i < PAGES(c->arg[1]); i++) {
		uint32_t at = c->arg[0] + (i << PAGE_SHIFT);
		uint8_t in = (arch_pte_get(&s->pd, uaddr(at)) & PTE_PRESENT) != 0;
		if (!space_find(s, at)) return -ENOMEM;
		int err = umem_store(c->mem, uaddr(c->arg[2] + i), &in, 1);
		if (err) return err;
	}
	return 0;
}
