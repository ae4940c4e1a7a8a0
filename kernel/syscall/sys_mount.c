/* sys_mount.c - mount, umount, umount2.
 * Called by: dispatch.c through table.def (home halves).
 * Never: knows a file system.  Source: mount(2), umount2(2).  */
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"

#define MOUNT_KEPT (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_SYNCHRONOUS)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* What a mount keeps of the flags; access times are relative unless something else is asked for. */
static uint32_t kept(uint32_t flags)
{
	if (!(flags & (MS_NOATIME | MS_STRICTATIME))) flags |= MS_RELATIME;
	return flags & MOUNT_KEPT;
}

/* A remount that says nothing of access times leaves them as they are. */
static uint32_t kept_again(const struct name *at, uint32_t flags)
{
	const uint32_t kinds = MS_NOATIME | MS_NODIRATIME | MS_RELATIME;

	if (!(flags & (kinds | MS_STRICTATIME))) return ((at->of ? at->of->flags & kinds : 0) | flags) & MOUNT_KEPT;
	return kept(flags);
}

/* A string that may be left out: *out is NULL then. */
static int opt_string(struct ucall *c, uint32_t at, char **out)
{
	*out = NULL;
	return at ? arg_path(c, at, out) : 0;
}

static int32_t mount_new_fs(struct ucall *c, struct name *at, uint32_t flags)
{
	char *type = NULL, *source = NULL, *data = NULL;
	int32_t r = opt_string(c, c->arg[2], &type);

	if (!r) r = opt_string(c, c->arg[0], &source);
	if (!r) r = opt_string(c, c->arg[4], &data);
	if (!r && !type) r = -EINVAL;
	if (!r) r = fstype_mount(type, source ? source : "none", data ? data : "", at, kept(flags) | (flags & MS_SILENT), ucall_who(c));
	kfree(type);
	kfree(source);
	kfree(data);
	return r;
}

/* Mounts are never shared between name spaces: there is one, so every kind of propagation is the same. */
static int32_t set_propagation(const struct name *at, uint32_t flags)
{
	uint32_t kind = flags & PROPAGATION;

	if ((kind & (kind - 1)) || (flags & ~(PROPAGATION | MS_REC | MS_SILENT))) return -EINVAL;
	return at->of && at == at->of->root ? 0 : -EINVAL;
}

static int32_t mount_from(struct ucall *c, struct name *at, uint32_t flags)
{
	struct walk w;
	int32_t r = c->arg[0] ? arg_walk(c, HERE, c->arg[0], WALK_FOLLOW, &w) : -EINVAL;

	if (r) return r;
	r = flags & MS_MOVE ? mount_move(w.name, at) : mount_bind(w.name, at, (flags & MS_REC) != 0);
	walk_done(&w);
	return r;
}

int32_t sys_mount(struct ucall *c)
{
	uint32_t flags = c->arg[3];
	struct walk w;

	if (!capable(ucall_who(c))) return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL) flags &= ~MS_MGC_MSK;
	int32_t r = arg_walk(c, HERE, c->arg[1], WALK_FOLLOW, &w);
	if (r) return r;
	if (flags & MS_REMOUNT)
		r = mount_change(w.name, kept_again(w.name, flags), (flags & MS_BIND) != 0);
	else if (flags & (MS_BIND | MS_MOVE))
		r = mount_from(c, w.name, flags);
	else if (flags & PROPAGATION)
		r = set_propagation(w.name, flags);
	else
		r = S_ISDIR(w.name->inode->mode) ? mount_new_fs(c, w.name, flags) : -ENOTDIR;
	walk_done(&w);
	return r;
}

static int32_t unmount(struct ucall *c, uint32_t flags)
{
	struct walk w;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) return -EINVAL;
	if (!capable(ucall_who(c))) return -EPERM;
	int32_t r = arg_walk(c, HERE, c->arg[0], (flags & UMOUNT_NOFOLLOW) ? 0 : WALK_FOLLOW, &w);
	if (r) return r;
	r = mount_remove(w.name, flags);
	walk_done(&w);
	return r;
}

int32_t sys_umount(struct ucall *c) { return unmount(c, 0); }
int32_t sys_umount2(struct ucall *c) { return unmount(c, c->arg[1]); }
