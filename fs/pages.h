/* pages.h - the one page cache, per inode: read, write, mmap, exec and page service all use it.
 * Used by: file.c, tmpfs.c, backing of inodes, kernel/migrate's pager.
 * Never: keeps a second copy; the initrd's pages are adopted in place.  */
#ifndef FS_PAGES_H
#define FS_PAGES_H
#include "fs/inode.h"
#define PAGES_RUN 32u /* pages moved to or from a disk at once */
#define PAGES_INDEX_MAX 0x3fffffffu /* files of up to 4 TiB */
/** Frame of page `index`, one reference for the caller. create: make a zero page when absent (tmpfs write); without it an absent
 *  page of a hole gives *pfn = FRAME_NONE and 0. -ENOMEM, -ENOSPC (tmpfs: memory is short), -EIO. May sleep. */
int pages_get(struct inode *i, uint32_t index, bool create, uint32_t *pfn);
/** Put a frame in as page `index` (which must be absent): takes over the reference on success. -ENOMEM. */
MUST_CHECK int pages_adopt(struct inode *i, uint32_t index, uint32_t pfn);
void pages_truncate(struct inode *i, uint64_t size);                   /* drop beyond, zero the tail of the last page */
/** Bytes [off, off + n) of a resident page are newer than the disk's; nothing happens to files without one. */
void pages_dirty(struct inode *i, uint32_t index, uint32_t off, uint32_t n);
/** What was to be written of [pos, pos + n) is not needed any more: the place on the disk is somebody else's. */
void pages_forget(struct inode *i, uint64_t pos, uint32_t n);
/** Drop a resident page if it is clean and in nobody's hands. */
bool pages_drop_if_clean(struct inode *i, uint32_t index);
/** Drop the pages that are clean and in nobody's hands. */
void pages_drop_clean(struct inode *i);
uint32_t pages_resident(const struct inode *i);
int32_t pages_read(struct inode *i, struct uio *u, uint64_t pos);
int32_t pages_write(struct inode *i, struct uio *u, uint64_t pos);     /* grows size; inode lock held by the caller */
/** The first byte at or behind pos (inside the file) that lies in a page (data) or in a hole; the file's end counts as a hole,
 *  -ENXIO: no more data. A file on a disk is all data. Source: lseek(2). */
int64_t pages_seek(const struct inode *i, int64_t pos, bool data);
/** Make every page of [pos, pos + n). -ENOSPC before the first one when there is no room for all. */
int pages_reserve(struct inode *i, uint64_t pos, uint64_t n);
/** Bytes [pos, pos + n) become zeros; whole pages are given back. -EOPNOTSUPP on a disk. */
int pages_punch(struct inode *i, uint64_t pos, uint64_t n);
/** Pages that a file without a disk may still get: its file system may have a limit, and files stop growing while some memory is
 *  still free, so that programs can run and remove them. */
uint32_t pages_room(const struct inode *i);
extern const struct backing_ops inode_backing_ops;                     /* get_page gives -ENXIO beyond the end */
static inline struct inode *backing_inode(struct backing *b) { return container_of(b, struct inode, backing); }
extern uint32_t pages_cached_total;                                    /* for /proc/meminfo */
/** All of an inode's pages go (it is being freed). */
void pages_free(struct inode *i);
/** The initrd in place: unpack a newc archive into a tmpfs; page-aligned file data is adopted, the rest copied.
 *  Returns 0; -EINVAL a malformed archive (what came before it stays), -ENOMEM. Pages of the module that no file took are freed
 *  as ordinary frames. Context: boot. Source: cpio(5) "New ASCII Format". */
int tmpfs_unpack(struct superblock *sb, const uint8_t *cpio, uint32_t bytes);
/** Make a node at a path below the root of a tmpfs (parents 0755 as needed); an existing one is replaced unless both are
 *  directories. text: of a symbolic link, else NULL. *out (may be NULL) referenced. -ENOMEM, -ENOTDIR, -EINVAL. */
int tmpfs_node(struct superblock *sb, const char *path, uint32_t mode, uint32_t rdev, const char *text, struct inode **out);
/** Pages for a shared anonymous mapping: a nameless inode of this size, referenced. -ENOMEM. */
int tmpfs_shared_backing(uint64_t bytes, struct backing **out);
int tmpfs_make(const char *source, const char *data, struct superblock **out);
#endif
