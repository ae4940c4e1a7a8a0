/* xattr.c - extended attributes of files that live in memory alone: a list at the inode.
 * Called by: kernel/syscall/sys_xattr.c; inode.c at an inode's end.
 * Never: sleeps, so a change is whole without a lock.  */
#include "fs/xattr.h"
#include "abi/linux_errno.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

struct xattr {
	struct xattr *next;
	uint32_t size;
	uint8_t *value;      /* behind the name */
	char name[];
};

static struct xattr **find(struct inode *i, const char *name)
{
	struct xattr **at = &i->xattrs;

	while (*at && strcmp((*at)->name, name)) at = &(*at)->next;
	return at;
}

int32_t xattr_get(const struct inode *i, const char *name, void *value, uint32_t size)
{
	const struct xattr *x = i->xattrs;

	while (x && strcmp(x->name, name)) x = x->next;
	if (!x) return -ENODATA;
	if (size && x->size > size) return -ERANGE;
	if (size) memcpy(value, x->value, x->size);
	return (int32_t)x->size;
}

int32_t xattr_set(struct inode *i, const char *name, const void *value, uint32_t size, uint32_t flags)
{
	struct xattr **at = find(i, name), *old = *at;
	uint32_t len = (uint32_t)strlen(name);

	if (old && (flags & XATTR_CREATE)) return -EEXIST;
	if (!old && (flags & XATTR_REPLACE)) return -ENODATA;
	struct xattr *x = kmalloc((uint32_t)sizeof *x + len + 1 + size);
	if (!x) return -ENOSPC;
	memcpy(x->name, name, len + 1);
	x->value = (uint8_t *)x->name + len + 1;
	x->size = size;
	memcpy(x->value, value, size);
	x->next = old ? old->next : NULL;
	*at = x;
	kfree(old);
	return 0;
}

int32_t xattr_remove(struct inode *i, const char *name)
{
	struct xattr **at = find(i, name), *x = *at;

	if (!x) return -ENODATA;
	*at = x->next;
	kfree(x);
	return 0;
}

int32_t xattr_list(const struct inode *i, bool trusted, char *out, uint32_t size)
{
	uint32_t used = 0;

	for (const struct xattr *x = i->xattrs; x; x = x->next) {
		uint32_t len = (uint32_t)strlen(x->name) + 1;
		if (!trusted && !strncmp(x->name, "trusted.", 8)) continue;
		if (size && len > size - used) return -ERANGE;
		if (size) memcpy(out + used, x->name, len);
		used += len;
	}
	return (int32_t)used;
}

void xattr_free(struct inode *i)
{
	while (i->xattrs) {
		struct xattr *x = i->xattrs;
		i->xattrs = x->next;
		kfree(x);
	}
}
