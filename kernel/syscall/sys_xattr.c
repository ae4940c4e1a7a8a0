/* sys_xattr.c - extended attributes: set, get, list, remove, each by path, by link and by descriptor.
 * Called by: dispatch.c through table.def (home halves).
 * Never: keeps one; fs/xattr.c does.  Source: xattr(7), setxattr(2), getxattr(2), listxattr(2), removexattr(2).  */
#include "fs/xattr.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"
#include "lib/str.h"

#define VALUE_PIECE 32000u /* what is kept in one piece of the heap: longer values find no space */

enum by { BY_PATH, BY_LINK, BY_FD };

static int32_t target(struct ucall *c, enum by by, struct inode **i, uint32_t *mount_flags)
{
	if (by == BY_FD) {
		struct file *f = arg_file(c, c->arg[0]);
		if (!f) return -EBADF;
		file_unref(f);
		return arg_inode(c, c->arg[0], 0, AT_OF_FD, i, mount_flags);
	}
	return arg_inode(c, HERE, c->arg[0], by == BY_LINK ? AT_SYMLINK_NOFOLLOW : 0, i, mount_flags);
}

static int32_t fetch_name(struct ucall *c, char name[XATTR_NAME_MAX + 2])
{
	int32_t n = umem_fetch_string(c->mem, name, uaddr(c->arg[1]), XATTR_NAME_MAX + 1);

	return n == -ENAMETOOLONG || n == 0 ? -ERANGE : n < 0 ? n : 0;
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* xattr(7): who may touch names of which kind. */
static int32_t may(struct ucall *c, const struct inode *i, const char *name, bool write)
{
	bool root = capable(ucall_who(c));

	if (begins(name, "security.")) return write && !root ? -EPERM : 0;
	if (begins(name, "system.")) return 0;
	if (begins(name, "trusted.")) return root ? 0 : write ? -EPERM : -ENODATA;
	if (begins(name, "user.") && !S_ISREG(i->mode) && !S_ISDIR(i->mode)) return write ? -EPERM : -ENODATA;
	return inode_permission(i, write ? W_OK : R_OK, ucall_who(c));
}

/* Kinds that are kept: tmpfs knows these two. Access lists are known and never there. */
static int32_t kind(const struct inode *i, const char *name, bool *acl)
{
	*acl = !strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default");
	if (!i->sb->xattrs) return -EOPNOTSUPP;
	if (*acl) return 0;
	if (!begins(name, "security.") && !begins(name, "trusted.")) return -EOPNOTSUPP;
	return strchr(name, '.')[1] ? 0 : -EINVAL;
}

/* ---- set */

static int32_t fetch_value(struct ucall *c, uint32_t size, void **value)
{
	if (size > XATTR_VALUE_MAX) return -E2BIG;
	if (size > VALUE_PIECE) return -ENOSPC;
	*value = kmalloc(size + 1);
	if (!*value) return -ENOMEM;
	return size ? umem_fetch(c->mem, *value, uaddr(c->arg[2]), size) : 0;
}

static int32_t set_on(struct ucall *c, struct inode *i)
{
	char name[XATTR_NAME_MAX + 2];
	void *value = NULL;
	bool acl;

	if (c->arg[4] & ~(XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
	int32_t r = fetch_name(c, name);
	if (!r) r = fetch_value(c, c->arg[3], &value);
	if (!r) r = may(c, i, name, true);
	if (!r) r = kind(i, name, &acl);
	if (!r) r = acl ? -EOPNOTSUPP : xattr_set(i, name, value, c->arg[3], c->arg[4]);
	if (!r) inode_touch_meta(i);
	kfree(value);
	return r;
}

/* ---- get */

static int32_t get_from(struct ucall *c, struct inode *i)
{
	uint32_t size = MIN(c->arg[3], VALUE_PIECE);
	char name[XATTR_NAME_MAX + 2];
	bool acl;
	int32_t r = fetch_name(c, name);

	if (!r) r = may(c, i, name, false);
	if (!r) r = kind(i, name, &acl);
	if (r) return r;
	void *value = kmalloc(size + 1);
	if (!value) return -ENOMEM;
	r = acl ? -ENODATA : xattr_get(i, name, value, size);
	if (r > 0 && size) {
		int err = umem_store(c->mem, uaddr(c->arg[2]), value, (uint32_t)r);
		if (err) r = err;
	}
	kfree(value);
	return r;
}

/* ---- list, remove */

static int32_t list_of(struct ucall *c, struct inode *i)
{
	uint32_t size = MIN(c->arg[2], VALUE_PIECE);
	char *names = kmalloc(size + 1);

	if (!names) return -ENOMEM;
	int32_t r = xattr_list(i, capable(ucall_who(c)), names, size);
	if (r > 0 && size) {
		int err = umem_store(c->mem, uaddr(c->arg[1]), names, (uint32_t)r);
		if (err) r = err;
	}
	kfree(names);
	return r;
}

static int32_t remove_from(struct ucall *c, struct inode *i)
{
	char name[XATTR_NAME_MAX + 2];
	bool acl;
	int32_t r = fetch_name(c, name);

	if (!r) r = may(c, i, name, true);
	if (!r) r = kind(i, name, &acl);
	if (!r && !acl) r = xattr_remove(i, name);
	if (!r) inode_touch_meta(i);
	return r;
}

static int32_t on(struct ucall *c, enum by by, bool changes, int32_t (*act)(struct ucall *c, struct inode *i))
{
	struct inode *i;
	uint32_t mount_flags;
	int32_t r = target(c, by, &i, &mount_flags);

	if (r) return r;
	r = changes && (mount_flags & MS_RDONLY) ? -EROFS : act(c, i);
	inode_unref(i);
	return r;
}

int32_t sys_setxattr(struct ucall *c) { return on(c, BY_PATH, true, set_on); }
int32_t sys_lsetxattr(struct ucall *c) { return on(c, BY_LINK, true, set_on); }
int32_t sys_fsetxattr(struct ucall *c) { return on(c, BY_FD, true, set_on); }
int32_t sys_getxattr(struct ucall *c) { return on(c, BY_PATH, false, get_from); }
int32_t sys_lgetxattr(struct ucall *c) { return on(c, BY_LINK, false, get_from); }
int32_t sys_fgetxattr(struct ucall *c) { return on(c, BY_FD, false, get_from); }
int32_t sys_listxattr(struct ucall *c) { return on(c, BY_PATH, false, list_of); }
int32_t sys_llistxattr(struct ucall *c) { return on(c, BY_LINK, false, list_of); }
int32_t sys_flistxattr(struct ucall *c) { return on(c, BY_FD, false, list_of); }
int32_t sys_removexattr(struct ucall *c) { return on(c, BY_PATH, true, remove_from); }
int32_t sys_lremovexattr(struct ucall *c) { return on(c, BY_LINK, true, remove_from); }
int32_t sys_fremovexattr(struct ucall *c) { return on(c, BY_FD, true, remove_from); }
