/* seal.h - files of memory without a place, and what may not be done to them any more.
 * Used by: sys_memfd.c; sizes, writes and mappings ask here first.
 * Never: a file of a disk.  Source: memfd_create(2), fcntl(2) "File Sealing".  */
#ifndef FS_SEAL_H
#define FS_SEAL_H
#include "abi/linux_errno.h"
#include "fs/file.h"
/** An open, empty file whose link in /proc/PID/fd reads `text` (at most 240 bytes) and that it is deleted; NULL no memory. */
struct file *memfd_new(const char *text, bool sealable, const struct fs_caller *who);
/** F_ADD_SEALS: 0, -EINVAL (no such seal, no file of memory), -EPERM (sealed, or not open for writing), -EBUSY (mapped for writing). */
int seal_add(struct file *f, uint32_t seals);
int seal_get(const struct file *f);                               /* F_GET_SEALS: the seals or -EINVAL */
static inline int seal_check_size(const struct inode *i, uint64_t size) /* -EPERM */
{
	if ((i->seals & F_SEAL_SHRINK) && size < i->size) return -EPERM;
	return (i->seals & F_SEAL_GROW) && size > i->size ? -EPERM : 0;
}
static inline int seal_check_write(const struct inode *i, uint64_t end) /* end: behind the last byte; -EPERM */
{
	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) return -EPERM;
	return (i->seals & F_SEAL_GROW) && end > i->size ? -EPERM : 0;
}
#endif
