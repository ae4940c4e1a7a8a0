/* lock.c - advisory locks of files: POSIX record locks by owner, flock by open file.
 * Called by: sys_fcntl.c, sys_fd.c (flock), fdtable.c and file.c when a file is closed.
 * Never: touches data.  Source: fcntl(2) "Advisory record locking", flock(2).  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/mm/kheap.h"

#define END_MAX INT64_MAX
#define CHAIN_MAX 32 /* owners looked at for a deadlock */

struct lock {
	struct list_node node;
	const void *owner;   /* POSIX: the file table; flock: the open file */
	int64_t start, end;  /* both included; flock: everything */
	uint32_t pid;
	bool exclusive;
};
struct flock_list {
	struct list_node posix, flock;
};
/** A POSIX owner that sleeps for another one's lock. */
struct blocked {
	struct list_node node;
	const void *owner, *by;
};
static struct list_node blocked_owners = LIST_INIT(blocked_owners);

static int need_list(struct inode *i)
{
	if (i->locks) return 0;
	i->locks = kmalloc(sizeof *i->locks);
	if (!i->locks) return -ENOMEM;
	list_init(&i->locks->posix);
	list_init(&i->locks->flock);
	return 0;
}

static struct lock *conflict(struct list_node *list, const struct lock *want)
{
	struct lock *l;

	list_for_each(l, list, node)
		if (l->owner != want->owner && l->start <= want->end && want->start <= l->end && (l->exclusive || want->exclusive)) return l;
	return NULL;
}

static void drop_lock(struct lock *l)
{
	list_remove(&l->node);
	kfree(l);
}

static bool drop_of(struct list_node *list, const void *owner)
{
	struct lock *l, *next;
	bool any = false;

	list_for_each_safe(l, next, list, node)
		if (l->owner == owner) {
			drop_lock(l);
			any = true;
		}
	return any;
}

void lock_drop_owner(struct inode *i, const void *owner)
{
	if (i->locks && drop_of(&i->locks->posix, owner)) waitq_wake_all(&i->changed);
}

void lock_drop_file(struct file *f)
{
	if (!f->inode || !f->inode->locks) return;
	bool some = drop_of(&f->inode->locks->flock, f);
	if (drop_of(&f->inode->locks->posix, f) || some) waitq_wake_all(&f->inode->changed);
}

void lock_list_free(struct inode *i)
{
	KASSERT2(!i->locks || (list_empty(&i->locks->posix) && list_empty(&i->locks->flock)), i->ino, 0);
	kfree(i->locks);
	i->locks = NULL;
}

/* ---- flock */
static void drop_flock(struct file *f)
{
	if (f->inode->locks && drop_of(&f->inode->locks->flock, f)) waitq_wake_all(&f->inode->changed);
}

int lock_flock(struct file *f, uint32_t op, const struct fs_caller *who)
{
	struct inode *i = f->inode;
	struct lock want = {.owner = f, .end = END_MAX, .exclusive = (op & ~LOCK_NB) == LOCK_EX};
	uint32_t kind = op & ~LOCK_NB;

	UNUSED(who);
	if (!i || (f->flags & O_PATH)) return -EBADF;
	if (op & LOCK_MAND) return 0; /* taken for nothing since Linux 5.15 */
	if (kind == LOCK_UN) {
		drop_flock(f);
		return 0;
	}
	if (kind != LOCK_SH && kind != LOCK_EX) return -EINVAL;
	int err = need_list(i);
	struct lock *mine = err ? NULL : kmalloc(sizeof *mine);
	if (!mine) return -ENOMEM;
	*mine = want;
	drop_flock(f); /* a change of kind gives the old lock up first, flock(2) */
	while (conflict(&i->locks->flock, &want)) {
		err = op & LOCK_NB ? -EAGAIN : waitq_sleep(&i->changed, CUT_SIGNAL | CUT_DESTROY, FOREVER);
		if (!err) continue;
		kfree(mine);
		return err == -EINTR ? -ERESTARTSYS : err;
	}
	list_push_back(&i->locks->flock, &mine->node);
	return 0;
}

/* ---- POSIX: arguments */
static int range_of(const struct file *f, const struct linux_flock64 *lk, struct lock *out)
{
	int64_t base = lk->whence == SEEK_CUR ? (int64_t)f->pos : lk->whence == SEEK_END ? (int64_t)f->inode->size : 0;
	int64_t start, end, ask = lk->start, len = lk->len;

	if (lk->whence < SEEK_SET || lk->whence > SEEK_END) return -EINVAL;
	if (__builtin_add_overflow(base, ask, &start) || __builtin_add_overflow(start, len, &end)) return -EOVERFLOW;
	if (start < 0 || end < 0) return -EINVAL;
	out->start = len < 0 ? end : start;
	out->end = len == 0 ? END_MAX : len < 0 ? start - 1 : end - 1;
	return 0;
}

static void tell(const struct lock *l, struct linux_flock64 *lk)
{
	if (!l) {
		lk->type = F_UNLCK;
		return;
	}
	lk->type = l->exclusive ? F_WRLCK : F_RDLCK;
	lk->whence = SEEK_SET;
	lk->start = l->start;
	lk->len = l->end == END_MAX ? 0 : l->end - l->start + 1;
	lk->pid = (int32_t)l->pid;
}

/* ---- POSIX: setting */
/** Cut [start, end] out of the owner's locks; *spare is used up when one is split. Cannot fail. */
static void cut_out(struct list_node *list, const struct lock *want, struct lock **spare)
{
	struct lock *l, *next;

	list_for_each_safe(l, next, list, node) {
		if (l->owner != want->owner || l->end < want->start || want->end < l->start) continue;
		bool head = l->start < want->start, tail = l->end > want->end;
		if (head && tail) {
			struct lock *t = *spare;
			*spare = NULL;
			*t = *l;
			t->start = want->end + 1;
			list_insert_after(&l->node, &t->node);
			l->end = want->start - 1;
			return; /* a lock that sticks out on both sides is the only one touched */
		}
		if (head)
			l->end = want->start - 1;
		else if (tail)
			l->start = want->end + 1;
		else
			drop_lock(l);
	}
}

/** Take up neighbours of the same kind, so that the list stays short. */
static void merge(struct list_node *list, struct lock *mine)
{
	struct lock *l, *next;

	list_for_each_safe(l, next, list, node) {
		if (l == mine || l->owner != mine->owner || l->exclusive != mine->exclusive) continue;
		if (l->end != END_MAX && l->end + 1 == mine->start)
			mine->start = l->start;
		else if (mine->end != END_MAX && mine->end + 1 == l->start)
			mine->end = l->end;
		else
			continue;
		drop_lock(l);
	}
}

static bool would_deadlock(const void *owner, const void *by)
{
	for (int n = 0; n < CHAIN_MAX; n++) {
		const struct blocked *b, *found = NULL;
		if (by == owner) return true;
		list_for_each(b, &blocked_owners, node)
			if (b->owner == by) found = b;
		if (!found) return false;
		by = found->by;
	}
	return true;
}

static int wait_for(struct inode *i, const struct lock *want, const struct lock *other)
{
	struct blocked b = {.owner = want->owner, .by = other->owner};

	if (would_deadlock(want->owner, other->owner)) return -EDEADLK;
	list_push_back(&blocked_owners, &b.node);
	int err = waitq_sleep(&i->changed, CUT_SIGNAL | CUT_DESTROY, FOREVER);
	list_remove(&b.node);
	return err == -EINTR ? -ERESTARTSYS : err;
}

static int wait_free(struct inode *i, const struct lock *want, bool may_wait)
{
	struct lock *other;

	while ((other = conflict(&i->locks->posix, want))) {
		int err = may_wait ? wait_for(i, want, other) : -EAGAIN;
		if (err) return err;
	}
	return 0;
}

static int set_posix(struct inode *i, const struct lock *want, bool unlock, bool may_wait)
{
	struct lock *mine = kmalloc(sizeof *mine), *spare = kmalloc(sizeof *spare);
	int err = mine && spare ? 0 : -ENOLCK;

	if (!err && !unlock) err = wait_free(i, want, may_wait);
	if (!err) {
		cut_out(&i->locks->posix, want, &spare);
		if (!unlock) {
			*mine = *want;
			list_push_back(&i->locks->posix, &mine->node);
			merge(&i->locks->posix, mine);
			mine = NULL;
		}
		waitq_wake_all(&i->changed);
	}
	kfree(mine);
	kfree(spare);
	return err;
}

/** fcntl(2) "Open file description locks": owned by the open file, not by a process; they show the pid -1. */
static bool is_ofd(uint32_t cmd)
{
	return cmd >= F_OFD_GETLK && cmd <= F_OFD_SETLKW;
}

static int check_posix(const struct file *f, int type)
{
	uint32_t mode = f->flags & O_ACCMODE;

	if (!f->inode || (f->flags & O_PATH)) return -EBADF;
	if (type == F_RDLCK) return mode == O_WRONLY ? -EBADF : 0;
	if (type == F_WRLCK) return mode == O_RDONLY ? -EBADF : 0;
	return type == F_UNLCK ? 0 : -EINVAL;
}

int lock_posix(struct file *f, uint32_t cmd, struct linux_flock64 *lk, const struct fs_caller *who)
{
	struct lock want = {.owner = is_ofd(cmd) ? f : who->owner, .exclusive = lk->type == F_WRLCK};
	bool get = cmd == F_GETLK || cmd == F_GETLK64 || cmd == F_OFD_GETLK;
	int err = is_ofd(cmd) && lk->pid ? -EINVAL : get ? (lk->type == F_UNLCK ? -EINVAL : 0) : check_posix(f, lk->type);

	want.pid = is_ofd(cmd) ? UINT32_MAX : who->ops->pid(who);
	if (!err && !f->inode) err = -EBADF;
	if (!err) err = range_of(f, lk, &want);
	if (!err) err = need_list(f->inode);
	if (err) return err;
	if (get) {
		tell(conflict(&f->inode->locks->posix, &want), lk);
		return 0;
	}
	return set_posix(f->inode, &want, lk->type == F_UNLCK, cmd == F_SETLKW || cmd == F_SETLKW64 || cmd == F_OFD_SETLKW);
}
