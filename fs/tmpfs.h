/* tmpfs.h - what the initrd unpacker and /dev share with tmpfs.
 * Used by: initrd.c, synth.c, tmpfs_options.c.
 * Never: included outside fs (pages.h has the public part).  */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H
#include "fs/pages.h"
/** The directory that holds the last component of path, with missing parents made; *last points into path. Not referenced. */
MUST_CHECK int tmpfs_parent(struct superblock *sb, const char *path, struct inode **dir, const char **last, uint32_t *len);
struct tmpfs_options { uint32_t mode, uid, gid, max_pages; };
/** mount(2)'s data of a tmpfs (NULL: none). -EINVAL an unknown option, or a value that is none. */
MUST_CHECK int tmpfs_parse(const char *data, struct tmpfs_options *o);
/** Another name for an inode; an existing one is replaced. -ENOMEM, -ENOTDIR, -EISDIR. */
MUST_CHECK int tmpfs_link_at(struct superblock *sb, const char *path, struct inode *target);
#endif
