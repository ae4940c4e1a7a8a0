/* lease.c - leases: the holder of a file's lease is told, and given time, before somebody opens the file against it.
 * Called by: sys_fcntl.c, open.c, sys_size.c, file.c at the last close.
 * Never: keeps an opener out for longer than BREAK_NS.  Source: fcntl(2) "Leases".  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"

#define BREAK_NS (45ull * NS_PER_S) /* /proc/sys/fs/lease-break-time of Linux */

struct lease {
	struct lease *next;
	struct file *f;      /* not referenced: the lease ends with it */
	bool exclusive;
	bool broken;         /* the holder was told */
};

void (*fs_signal_pid)(uint32_t pid, int sig);

static struct lease **lease_of(const struct file *f)
{
	struct lease **at = &f->inode->leases;

	while (*at && (*at)->f != f) at = &(*at)->next;
	return at;
}

static void remove_lease(struct inode *i, struct lease **at)
{
	struct lease *l = *at;

	*at = l->next;
	kfree(l);
	waitq_wake_all(&i->changed);
}

void lease_drop(struct file *f)
{
	if (!f->inode || !f->inode->leases) return;
	struct lease **at = lease_of(f);
	if (*at) remove_lease(f->inode, at);
}

/* A reader's lease bears no writer, a writer's nobody else at all. */
static bool in_the_way(const struct inode *i, bool exclusive)
{
	return exclusive ? i->n_open > 1 : i->n_writers > 0;
}

static int take(struct file *f, bool exclusive, const struct fs_caller *who)
{
	struct lease **at = lease_of(f);

	if (in_the_way(f->inode, exclusive)) return -EAGAIN;
	if (!*at) {
		*at = kzalloc(sizeof **at);
		if (!*at) return -ENOMEM;
		(*at)->f = f;
	}
	(*at)->exclusive = exclusive;
	(*at)->broken = false;
	f->owner_kind = F_OWNER_PID;
	f->owner_pid = who->ops->pid(who);
	waitq_wake_all(&f->inode->changed);
	return 0;
}

int lease_set(struct file *f, uint32_t type, const struct fs_caller *who)
{
	if (type > F_UNLCK) return -EINVAL;
	if (!has_cap(who, CAP_LEASE) && who->cred->fsuid != f->inode->uid) return -EACCES;
	if (!S_ISREG(f->inode->mode)) return -EINVAL;
	if (type != F_UNLCK) return take(f, type == F_WRLCK, who);
	struct lease **at = lease_of(f);
	if (!*at) return -EAGAIN;
	remove_lease(f->inode, at);
	return 0;
}

/* What it is going to be, once it is broken. */
int lease_get(const struct file *f)
{
	const struct lease *l = f->inode ? *lease_of(f) : NULL;

	if (!l || l->broken) return F_UNLCK;
	return l->exclusive ? F_WRLCK : F_RDLCK;
}

static struct lease **against(struct inode *i, bool write)
{
	struct lease **at = &i->leases;

	while (*at && !write && !(*at)->exclusive) at = &(*at)->next;
	return at;
}

static void tell(struct lease *l)
{
	if (l->broken) return;
	l->broken = true;
	if (fs_signal_pid && l->f->owner_pid) fs_signal_pid(l->f->owner_pid, l->f->owner_sig ? l->f->owner_sig : SIGIO);
}

int lease_break(struct inode *i, bool write, bool nonblock)
{
	uint64_t end = clock_now_ns() + BREAK_NS;
	struct lease **at;

	while (*(at = against(i, write))) {
		tell(*at);
		if (nonblock) return -EAGAIN;
		int err = waitq_sleep(&i->changed, CUT_SIGNAL | CUT_DESTROY, end);
		if (err == -EINTR) return -ERESTARTSYS;
		if (err && *(at = against(i, write))) remove_lease(i, at); /* the time is over */
	}
	return 0;
}
