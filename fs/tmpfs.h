/* tmpfs.h - what the initrd unpacker and /dev share with tmpfs.
 * Used by: initrd.c, synth.c.
 * Never: included outside fs (pages.h has the public part).  */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H
#include "fs/pages.h"
/** The directory that holds the last component of path, with missing parents made; *last points into path. Not referenced. */
MUST_CHECK int tmpfs_parent(struct superblock *sb, const char *path, struct inode **dir, const char **last, uint32_t *len);
/** Another name for an inode; an existing one is replaced. -ENOMEM, -ENOTDIR, -EISDIR. */
MUST_CHECK int tmpfs_link_at(struct superblock *sb, const char *path, struct inode *target);
#endif
