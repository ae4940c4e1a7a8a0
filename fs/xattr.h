/* xattr.h - extended attributes of files that live in memory alone.
 * Used by: kernel/syscall/sys_xattr.c; inode.c at an inode's end.
 * Never: decides who may; names are whole ("trusted.x"), values are copied.  Source: xattr(7). */
#ifndef FS_XATTR_H
#define FS_XATTR_H
#include "fs/inode.h"
#define XATTR_NAME_MAX 255u
#define XATTR_VALUE_MAX 65536u
/** The value (size 0: only its length). Length, -ENODATA, -ERANGE too long for size. */
int32_t xattr_get(const struct inode *i, const char *name, void *value, uint32_t size);
/** -EEXIST (XATTR_CREATE), -ENODATA (XATTR_REPLACE), -ENOSPC no memory. */
int32_t xattr_set(struct inode *i, const char *name, const void *value, uint32_t size, uint32_t flags);
int32_t xattr_remove(struct inode *i, const char *name); /* -ENODATA */
/** All names, each with its NUL (size 0: only the length); without `trusted`, those of "trusted." are left out. Length, -ERANGE. */
int32_t xattr_list(const struct inode *i, bool trusted, char *out, uint32_t size);
void xattr_free(struct inode *i);
#endif
