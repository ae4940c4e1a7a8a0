/* name_priv.h - what name.c, walk.c and mount.c share.
 * Used by: those three.
 * Never: included elsewhere.  */
#ifndef FS_NAME_PRIV_H
#define FS_NAME_PRIV_H
#include "fs/name.h"
/** A name outside the hash, refs 1; parent NULL: itself. Takes over the inode's reference (which may be NULL for now) and takes
 *  one of the parent. NULL no memory. */
struct name *name_alloc(struct name *parent, struct mount *of, const char *text, uint32_t len, struct inode *i);
/** The child of dir (its lock held, or the namespace lock), uncrossed, referenced. -ENOENT, -ENOTDIR, -ENAMETOOLONG, -ENOMEM. */
MUST_CHECK int name_child(struct name *dir, const char *last, uint32_t len, struct name **out);
uint32_t name_hash(const struct name *parent, const char *text, uint32_t len);
void name_hash_in(struct name *n); /* by its parent and text */
/** n stops being true: so do the names that other mounts of its file system have for it. */
void name_forget_twins(const struct name *n);
/** The name on top of n: follows mounts. Takes over n's reference, returns one. */
struct name *name_cross(struct name *n);
/** A mount of sb whose root is the inode (referenced here), on `at` (referenced here; NULL: the root of all). NULL: no memory. */
struct mount *mount_stand(struct name *at, struct superblock *sb, struct inode *root, uint32_t flags);
void mount_cover(struct mount *m, struct name *at); /* m, which stands nowhere, stands on at */
/** The root name of a mount went away: so does the mount. */
void mount_free(struct mount *m);
void mounts_init(void);
#endif
