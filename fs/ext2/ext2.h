/* ext2.h - the second extended file system, read and write: what its files share.
 * Used by: fs/ext2; fs_init registers ext2_type.
 * Locks: one mutex for all of a file system's metadata (MUTEX_PAGES); it is held across disk reads, never across a copy to a
 * user, never while file pages are read or written.  Metadata lives in the pages of the block device's inode.
 * Order on the disk: ext2_sync.  */
#ifndef FS_EXT2_EXT2_H
#define FS_EXT2_EXT2_H
#include "fs/block.h"
#include "fs/ext2/disk.h"
#include "fs/file.h"
#include "fs/writeback.h"
#define EXT2_HASH 64u

struct ext2_freed { struct ext2_freed *next; uint32_t first, n; }; /* a run of freed blocks */
struct ext2 {
	/* fixed while mounted */
	struct superblock *sb;
	struct block_dev *dev;
	struct inode *bytes;          /* the device's: its pages are our metadata */
	uint32_t block_shift, block_bytes, per_block; /* per_block: block numbers in one block */
	uint32_t n_blocks, n_inodes, first_data_block, blocks_per_group, inodes_per_group, n_groups;
	uint32_t inode_bytes, table_blocks, group_table, first_ino;
	bool has_types;
	struct mutex lock;
	/* lock held */
	bool writable;
	bool was_valid;               /* clean when it was mounted: may be called clean again */
	bool unflushed;               /* something that metadata must follow is in the disk's own cache, perhaps not on it */
	struct ext2_freed *freed;     /* blocks to be marked free when the disk has forgotten who had them */
	uint32_t n_freed;
	bool failed;                  /* told the log of damage */
	struct list_node hash[EXT2_HASH]; /* inodes that we keep, a reference each */
	struct list_node kept;        /* the same ones, last used last */
	uint32_t n_kept;
	struct inode_keeper keeper;
};

/** An inode's own part (i->priv). */
struct ext2_info {
	struct inode *inode;
	struct list_node hash_node, kept_node;
	bool kept;                    /* the file system has a reference */
	uint32_t block[EXT2_SLOTS];   /* or a short symbolic link's text, or a device's number */
	uint32_t flags, file_acl;
	uint32_t goal;                /* where the next block is best placed */
};
static inline struct ext2 *ext2_of(const struct inode *i) { return i->sb->priv; }
static inline struct ext2_info *ext2_info(const struct inode *i) { return i->priv; }

/* ---- metadata in the device's pages: cache.c; lock held */
struct ext2_buf { uint32_t pfn; uint64_t pos; uint8_t *data; };
/** Bytes at pos of the device (within one page), until ext2_put. -EIO, -ENOMEM. */
MUST_CHECK int ext2_bytes(struct ext2 *fs, uint64_t pos, struct ext2_buf *b);
/** A block; one that no file can have: -EIO and a line in the log. */
MUST_CHECK int ext2_block(struct ext2 *fs, uint32_t block, struct ext2_buf *b);
void ext2_put(struct ext2_buf *b);
/** The block at b, or n bytes of it at off, was changed. */
void ext2_dirty(struct ext2 *fs, const struct ext2_buf *b);
void ext2_dirty_bytes(struct ext2 *fs, const struct ext2_buf *b, uint32_t off, uint32_t n);
MUST_CHECK int ext2_super(struct ext2 *fs, struct ext2_buf *b, struct ext2_super **out);
MUST_CHECK int ext2_group(struct ext2 *fs, uint32_t n, struct ext2_buf *b, struct ext2_group **out);
/** Damage was met: one line in the log for each mount. Returns -EIO. */
int ext2_damage(struct ext2 *fs, const char *what, uint32_t number);
/** Cached metadata to the disk, in an order that survives a power cut: file data (written by the caller) before all metadata, what
 *  inodes lead to before the inodes, freed blocks marked free (and so given out) after the inodes that had them. */
int ext2_sync(struct superblock *sb);
int ext2_sync_locked(struct ext2 *fs);
/** Before a change of names: if too much is dirty, write. lock not held. */
void ext2_relieve(struct ext2 *fs);
/** Mark clean (or in use) on the disk. */
int ext2_set_state(struct ext2 *fs, bool clean);

/* ---- alloc.c; lock held */
MUST_CHECK int ext2_new_block(struct ext2 *fs, uint32_t goal, uint32_t *out);     /* -ENOSPC, -EIO */
void ext2_free_block(struct ext2 *fs, uint32_t block);                             /* at the next ext2_sync */
void ext2_release_freed(struct ext2 *fs);                                         /* now: for ext2_sync */
MUST_CHECK int ext2_new_inode(struct ext2 *fs, uint32_t parent, bool dir, uint32_t *out); /* -ENOSPC, -EIO */
void ext2_free_inode(struct ext2 *fs, uint32_t ino, bool dir);
uint32_t ext2_group_start(const struct ext2 *fs, uint32_t group);

/* ---- map.c; lock held */
/** The disk's block for a file's block; 0: a hole. create: make it (its content is what it was: the caller fills it all).
 *  -EIO, -ENOSPC, -EFBIG. */
MUST_CHECK int ext2_map(struct inode *i, uint32_t index, bool create, uint32_t *block);
/** Free every block from the file's block `first` on. -EIO. */
int ext2_free_from(struct inode *i, uint32_t first);
uint64_t ext2_size_max(const struct ext2 *fs);

/* ---- inode.c */
/** The inode with this number, referenced. lock held. -EIO (damaged, or no such inode in use), -ENOMEM. */
MUST_CHECK int ext2_iget(struct ext2 *fs, uint32_t ino, struct inode **out);
/** A new inode on the disk and here, referenced, nlink 0. lock held. -ENOSPC, -EIO, -ENOMEM. */
MUST_CHECK int ext2_inode_create(struct inode *dir, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out);
int ext2_store(struct inode *i);         /* into its table; lock held */
int ext2_write_inode(struct inode *i);   /* the same; lock not held */
void ext2_evict(struct inode *i);
/** No name is left: the file system's reference goes to the caller (true), who lets go of it when the lock is not held. */
bool ext2_unkeep(struct inode *i);
void ext2_shrink(struct inode_keeper *k, bool hard);
void ext2_drop_all(struct ext2 *fs);     /* unmount */
bool ext2_in_use(struct ext2 *fs, bool writers); /* inodes but the root are held by others; or (writers) open for writing */

/* ---- dir.c; lock held */
struct ext2_place { struct ext2_buf b; uint32_t off; struct ext2_entry *e; }; /* an entry of a directory: at b.data + off */
/** Find an entry; *p is to be put. -ENOENT, -EIO. */
MUST_CHECK int ext2_find(struct inode *dir, const char *name, uint32_t len, struct ext2_place *p);
/** Add one. -ENOSPC, -EIO. */
MUST_CHECK int ext2_add(struct inode *dir, const char *name, uint32_t len, struct inode *i);
void ext2_remove(struct inode *dir, struct ext2_place *p); /* puts p */
void ext2_point(struct inode *dir, struct ext2_place *p, struct inode *i);
MUST_CHECK int ext2_is_empty(struct inode *dir); /* 1, 0, -EIO */
MUST_CHECK int ext2_make_dots(struct inode *dir, uint32_t parent);
extern const struct file_ops ext2_dir_file_ops;

extern const struct inode_ops ext2_dir_ops, ext2_file_ops, ext2_link_ops, ext2_special_ops;
extern struct fstype ext2_type;
#endif
