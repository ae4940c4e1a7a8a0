/* ipc_shm.c - System V shared memory: segments are backings that areas map; the last unmapping ends a removed one.
 * Called by: dispatch.c through table.def; mm through backing_ops.
 * Never: travels: a space with a writable segment stays at home (cantmove: shm).  Source: shmop(2), shmctl(2).  */
#include "kernel/proc/ipc.h"
#include "abi/linux_errno.h"
#include "fs/synth.h"
#include "kernel/mm/kheap.h"
#include "kernel/mm/space.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define SHM_RDONLY 010000u
#define SHM_RND 020000u
#define SHM_REMAP 040000u
#define SHM_EXEC 0100000u
#define SHM_HUGETLB 04000u
#define SHM_LOCK 11u
#define SHM_UNLOCK 12u
#define SHM_STAT 13u
#define SHM_INFO 14u
#define SHM_STAT_ANY 15u
#define SHM_DEST 01000u
#define SHM_LOCKED 02000u
#define SHMMAX 0xfeffffffu

struct linux_shmid_ds {
	struct linux_ipc_perm perm;
	uint32_t segsz, atime, atime_high, dtime, dtime_high, ctime, ctime_high;
	uint32_t cpid, lpid, nattch, unused[2];
};
LINUX_SIZE(linux_shmid_ds, 84);
struct linux_shminfo { uint32_t max, min, mni, seg, all, unused[4]; };
struct linux_shm_info { uint32_t used_ids, tot, rss, swp, swap_attempts, swap_successes; };

struct segment {
	struct ipc_object o;
	struct backing backing;
	struct backing *pages;      /* a nameless inode of tmpfs */
	uint32_t size, attached, atime, dtime, ctime, cpid, lpid;
};
static struct ipc_table segments = {.limit = SHM_MNI};

static struct segment *of(struct ipc_object *o)
{
	return container_of(o, struct segment, o);
}

static struct segment *of_backing(struct backing *b)
{
	return container_of(b, struct segment, backing);
}

static void put(struct segment *s)
{
	if (--s->o.refs) return;
	s->pages->ops->unref(s->pages);
	kfree(s);
}

/* ---- as a backing */
static int seg_get_page(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn)
{
	struct backing *p = of_backing(b)->pages;

	return p->ops->get_page(p, index, nowait, pfn);
}

static void seg_dirtied(struct backing *b, uint32_t index)
{
	struct backing *p = of_backing(b)->pages;

	p->ops->dirtied(p, index);
}

static bool seg_has_page(struct backing *b, uint32_t index)
{
	struct backing *p = of_backing(b)->pages;

	return p->ops->has_page(p, index);
}

static int seg_punch(struct backing *b, uint32_t first, uint32_t end)
{
	struct backing *p = of_backing(b)->pages;

	backing_cut(b, first, end, false);
	return p->ops->punch(p, first, end);
}

static uint64_t seg_size(struct backing *b)
{
	return ALIGN_UP(of_backing(b)->size, PAGE_SIZE);
}

static void seg_ref(struct backing *b)
{
	of_backing(b)->attached++;
	of_backing(b)->o.refs++;
}

static void let_go(struct segment *s)
{
	s->attached--;
	if (s->attached == 0 && s->o.perm.mode & SHM_DEST && !s->o.removed) {
		ipc_remove(&segments, &s->o);
		put(s);
	}
	put(s);
}

static void seg_unref(struct backing *b)
{
	struct segment *s = of_backing(b);
	const struct task *t = task_of_thread(thread_current());

	s->dtime = ipc_now();
	if (t) s->lpid = t->body.pid;
	let_go(s);
}

static void seg_describe(struct backing *b, char *path, uint32_t size, uint32_t *dev, uint64_t *ino)
{
	const struct segment *s = of_backing(b);

	if (path && size) fmt_snprintf(path, size, "/SYSV%08x (deleted)", (uint32_t)s->o.perm.key);
	if (dev) *dev = 0;
	if (ino) *ino = (uint32_t)s->o.id;
}

static const struct backing_ops seg_ops = {
	.get_page = seg_get_page, .has_page = seg_has_page, .punch = seg_punch, .dirtied = seg_dirtied, .size = seg_size, .ref = seg_ref, .unref = seg_unref, .describe = seg_describe,
};

/* Bytes of it that are in memory. */
static uint32_t resident(const struct segment *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < PAGES(s->size); i++) n += s->pages->ops->has_page(s->pages, i);
	return n << PAGE_SHIFT;
}

/* ---- shmget */
static struct ipc_object *make(uint32_t size)
{
	struct segment *s = kzalloc(sizeof *s);

	if (!s) return NULL;
	if (space_shared_backing(ALIGN_UP(size, PAGE_SIZE), &s->pages)) {
		kfree(s);
		return NULL;
	}
	s->backing.ops = &seg_ops;
	s->size = size;
	s->ctime = ipc_now();
	return &s->o;
}

static int check_size(struct ipc_object *o, uint32_t size)
{
	if (o) return size > of(o)->size ? -EINVAL : 0;
	return size == 0 || size > SHMMAX ? -EINVAL : 0;
}

int32_t sys_shmget(struct ucall *c)
{
	const struct fs_caller *who = ucall_who(c);
	int32_t id = (c->arg[2] & SHM_HUGETLB) ? -ENOMEM : ipc_get(&segments, (int32_t)c->arg[0], c->arg[2], who, make, c->arg[1], check_size);
	struct ipc_object *o;

	if (id >= 0 && !ipc_find(&segments, id, 0, who, &o) && !of(o)->cpid) of(o)->cpid = who->ops->pid(who);
	return id;
}

/* ---- shmat: arguments id, address, flags, where the address goes (0: it is the result) */
int32_t sys_shmat(struct ucall *c)
{
	const struct fs_caller *who = ucall_who(c);
	struct ipc_object *o;
	uint32_t flags = c->arg[2];

	if ((c->arg[1] & PAGE_MASK) && !(flags & SHM_RND)) return -EINVAL;
	if ((flags & SHM_REMAP) && !c->arg[1]) return -EINVAL;
	int err = ipc_find(&segments, (int32_t)c->arg[0], flags & SHM_RDONLY ? 4 : 6, who, &o);
	if (err) return err;
	struct segment *s = of(o);
	seg_ref(&s->backing);
	s->atime = ipc_now();
	s->lpid = who->ops->pid(who);
	c->task->map_backing = &s->backing;
	return 0;
}

int32_t body_shmat(struct ucall *c)
{
	struct backing *b = c->task->map_backing;
	struct space *sp = c->task->body.space;
	uint32_t flags = c->arg[2], at = ALIGN_DOWN(c->arg[1], PAGE_SIZE), len = (uint32_t)seg_size(b);
	uint32_t prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
	uint32_t how = MAP_SHARED | (at ? MAP_FIXED : 0);
	int32_t r = 0;

	c->task->map_backing = NULL;
	if (at && !(flags & SHM_REMAP)) {
		const struct area *a = space_first_after(sp, at);
		if (a && a->start < at + len) r = -EINVAL;
	}
	if (!r) r = space_map(sp, at, len, prot, how, AREA_SHARED | (flags & SHM_RDONLY ? AREA_NOWRITE : 0), b, 0);
	let_go(of_backing(b)); /* the call's own; the area has another */
	if ((uint32_t)r >= (uint32_t)-4095 || !c->arg[3]) return r;
	int err = umem_store_u32(c->mem, uaddr(c->arg[3]), (uint32_t)r);
	return err;
}

/* ---- shmdt: all areas of the attachment that began at the address */
int32_t body_shmdt(struct ucall *c)
{
	struct space *sp = c->task->body.space;
	uint32_t at = c->arg[0];
	const struct area *a = at & PAGE_MASK ? NULL : space_first_after(sp, at);

	while (a && (!a->backing || a->backing->ops != &seg_ops || a->start - (a->pgoff << PAGE_SHIFT) != at))
		a = space_first_after(sp, a->end);
	if (!a) return -EINVAL;
	const struct backing *b = a->backing;
	uint32_t end = at + (uint32_t)seg_size(a->backing);
	while (a && a->start < end) {
		uint32_t from = a->start, to = a->end;
		if (a->backing == b && from - (a->pgoff << PAGE_SHIFT) == at) {
			int err = space_unmap(sp, from, to - from);
			if (err) return err;
		}
		a = space_first_after(sp, to);
	}
	return 0;
}

/* ---- shmctl */
static int stat_to(struct ucall *c, const struct segment *s)
{
	struct linux_shmid_ds d = {.perm = s->o.perm, .segsz = s->size, .atime = s->atime, .dtime = s->dtime, .ctime = s->ctime,
				   .cpid = s->cpid, .lpid = s->lpid, .nattch = s->attached};

	return umem_store(c->mem, uaddr(c->arg[2]), &d, sizeof d);
}

static int32_t info(struct ucall *c, uint32_t cmd)
{
	struct linux_shminfo limits = {.max = SHMMAX, .min = 1, .mni = SHM_MNI, .seg = SHM_MNI, .all = SHMMAX};
	struct linux_shm_info used = {.used_ids = ipc_used(&segments)};
	int err;

	for (uint32_t n = 0; n < segments.n; n++) {
		struct ipc_object *o = ipc_slot(&segments, n);
		if (o) used.tot += PAGES(of(o)->size);
	}
	err = cmd == IPC_INFO ? umem_store(c->mem, uaddr(c->arg[2]), &limits, sizeof limits)
			      : umem_store(c->mem, uaddr(c->arg[2]), &used, sizeof used);
	return err ? err : ipc_highest(&segments);
}

static void show_line(struct text_sink *s, const struct ipc_object *o)
{
	const struct segment *q = container_of(o, struct segment, o);
	const struct linux_ipc_perm *p = &o->perm;

	sink_printf(s, "%10d %10d  %4o %10u %5u %5u  %5u %5u %5u %5u %5u %10u %10u %10u %10u %10u\n", p->key, o->id, p->mode, q->size, q->cpid,
		    q->lpid, q->attached, p->uid, p->gid, p->cuid, p->cgid, q->atime, q->dtime, q->ctime, resident(q), 0u);
}

int shm_show(struct text_sink *s, const struct fs_caller *who)
{
	ipc_show(&segments, s, who,
		 "       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap",
		 show_line);
	return 0;
}

static void destroy(struct segment *s)
{
	if (s->attached) { /* lives on without a key until the last detaches */
		s->o.perm.mode |= SHM_DEST;
		s->o.perm.key = IPC_PRIVATE;
		return;
	}
	ipc_remove(&segments, &s->o);
	put(s);
}

static int32_t change(struct ucall *c, struct segment *s, uint32_t cmd)
{
	struct linux_shmid_ds d;
	int err = cmd == IPC_SET ? umem_fetch(c->mem, &d, uaddr(c->arg[2]), sizeof d) : 0;

	if (!err) err = ipc_may_change(&s->o, ucall_who(c));
	if (err) return err;
	if (cmd == IPC_SET) {
		err = ipc_set(&s->o, &d.perm);
		if (err) return err;
		s->ctime = ipc_now();
	} else if (cmd == IPC_RMID) {
		destroy(s);
	} else {
		s->o.perm.mode = (uint16_t)(cmd == SHM_LOCK ? s->o.perm.mode | SHM_LOCKED : s->o.perm.mode & ~SHM_LOCKED);
	}
	return 0;
}

int32_t sys_shmctl(struct ucall *c)
{
	uint32_t cmd = c->arg[1];
	struct ipc_object *o;

	if ((int32_t)c->arg[0] < 0 || (int32_t)c->arg[1] < 0) return -EINVAL;
	if (cmd == IPC_INFO || cmd == SHM_INFO) return info(c, cmd);
	if (cmd == SHM_STAT || cmd == SHM_STAT_ANY) {
		o = ipc_slot(&segments, c->arg[0]);
		if (!o) return -EINVAL;
		int err = ipc_find(&segments, o->id, cmd == SHM_STAT ? 4 : 0, ucall_who(c), &o);
		if (!err) err = stat_to(c, of(o));
		return err ? err : o->id;
	}
	if (cmd != IPC_STAT && cmd != IPC_SET && cmd != IPC_RMID && cmd != SHM_LOCK && cmd != SHM_UNLOCK) return -EINVAL;
	int err = ipc_find(&segments, (int32_t)c->arg[0], cmd == IPC_STAT ? 4 : 0, ucall_who(c), &o);
	if (err) return err;
	return cmd == IPC_STAT ? stat_to(c, of(o)) : change(c, of(o), cmd);
}
