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

#define MMAP_MIN_ADDR 0x10000u /* /proc/sys/vm/mmap_min_addr; for root too: the kernel's own null pointers stay invalid */

/* ---- mmap: arguments are those of mmap2: address, length, prot, flags, fd, page offset */

/* Linux's order: length, place, then (in check_type) what the kind of mapping asks for. */
static int check_map(const struct ucall *c)
{
	uint32_t len = c->arg[1];

	if (!len) return -EINVAL;
	if (len > (uint32_t)-PAGE_SIZE) return -ENOMEM;
	if (c->arg[5] + PAGES(len) < c->arg[5]) return -EOVERFLOW;
	if (len > USER_END) return -ENOMEM;
	if (!(c->arg[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE))) return 0;
	if (c->arg[0] > USER_END - ALIGN_UP(len, PAGE_SIZE)) return -ENOMEM;
	if (c->arg[0] & PAGE_MASK) return -EINVAL;
	return c->arg[0] < MMAP_MIN_ADDR ? -EPERM : 0;
}

static uint32_t area_flags(uint32_t map_flags)
{
	uint32_t type = map_flags & MAP_TYPE;

	return (type != MAP_PRIVATE ? AREA_SHARED : 0) | ((map_flags & MAP_GROWSDOWN) ? AREA_GROWSDOWN : 0) |
	       ((map_flags & MAP_LOCKED) ? AREA_LOCKED : 0);
}

static int32_t map(struct ucall *c, struct backing *b, uint32_t pgoff, uint32_t more_flags)
{
	return space_map(space_of(c), c->arg[0], c->arg[1], c->arg[2] & 7u, c->arg[3], area_flags(c->arg[3]) | more_flags, b, pgoff);
}

int32_t body_mmap_anon(struct ucall *c)
{
	uint32_t type = c->arg[3] & MAP_TYPE;
	int32_t r = c->arg[3] & MAP_HUGETLB ? -ENOMEM : check_map(c); /* there are no huge pages */

	if (r) return r;
	if (type != MAP_PRIVATE && (type != MAP_SHARED || (c->arg[3] & MAP_GROWSDOWN))) return -EINVAL;
	return map(c, NULL, 0, 0);
}

/* Home: memory that children will share cannot move, so it is made where they are made. */
int32_t sys_mmap_shared(struct ucall *c)
{
	UNUSED(c);
	return 0;
}

/* MAP_LOCKED: home told how much may be locked in all. */
int32_t body_mmap_locked(struct ucall *c)
{
	const struct space *s = space_of(c);
	int32_t r = check_map(c);

	if (!r && s->locked_pages + PAGES(c->arg[1]) > (uint32_t)c->home_result) r = -EAGAIN;
	return r ? r : body_mmap_anon(c);
}

#define MAP_VALIDATED (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | \
		       MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_UNINITIALIZED | MAP_HUGE_SIZES)

/* What the file's opening allows. */
static int check_access(const struct ucall *c, const struct file *f)
{
	uint32_t acc = f->flags & O_ACCMODE, type = c->arg[3] & MAP_TYPE;

	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (c->arg[3] & ~MAP_VALIDATED)) return -EOPNOTSUPP;
	if (type != MAP_PRIVATE && (c->arg[2] & PROT_WRITE) && acc != O_RDWR) return -EACCES;
	if (acc == O_WRONLY) return -EACCES;
	if ((c->arg[2] & PROT_EXEC) && f->name && f->name->of && (f->name->of->flags & MS_NOEXEC)) return -EPERM;
	return 0;
}

/* Home: may this file be mapped so? Its backing goes to the body half, with AREA_NOWRITE as result if the mapping may never be
 * made writable. */
static int file_backing(struct ucall *c, struct file *f)
{
	uint32_t acc = f->flags & O_ACCMODE, type = c->arg[3] & MAP_TYPE;
	int err = check_access(c, f);

	if (err) return err;
	if (!f->ops->backing) return -ENODEV;
	if (c->arg[3] & MAP_GROWSDOWN) return -EINVAL;
	bool shared = type != MAP_PRIVATE, future = shared && (f->inode->seals & F_SEAL_FUTURE_WRITE);
	if (shared && (f->inode->seals & F_SEAL_WRITE) && acc == O_RDWR && !future) return -EPERM;
	if (future && (c->arg[2] & PROT_WRITE)) return -EPERM;
	err = f->ops->backing(f, &c->task->map_backing);
	return !err && shared && (acc != O_RDWR || future) ? (int)AREA_NOWRITE : err;
}

int32_t sys_mmap_file(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[4]);

	if (!f) return -EBADF;
	int32_t r = c->arg[3] & MAP_HUGETLB ? -EINVAL : check_map(c);
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
	return space_protect(space_of(c), c->arg[0], c->arg[1], c->arg[2]);
}

int32_t body_mremap(struct ucall *c)
{
	return space_remap(space_of(c), c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
}
