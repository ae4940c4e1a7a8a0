/* inode.h - files as things: what they are, who owns them, what their pages hold.
 * Used by: name.c, file.c, pages.c and each file system.  `version` is bumped at every data change.
 * Never: knows its names.  */
#ifndef FS_INODE_H
#define FS_INODE_H
#include "abi/linux_types.h"
#include "fs/caller.h"
#include "kernel/base/mutex.h"
#include "kernel/mm/backing.h"
#include "kernel/mm/uio.h"
struct file;
struct file_ops;
struct inode;
struct superblock;
struct timestamp { int64_t s; uint32_t ns; };
/** A page on its way to a disk: mask has a bit for each 1 KiB that is to be written (page_tree.h). */
struct page_out { uint32_t pfn, mask; };

struct inode_ops {
	/* directories; dir's mutex is held (MUTEX_DIR). Permission was checked by name.c */
	int (*lookup)(struct inode *dir, const char *part, uint32_t len, struct inode **out);      /* referenced; -ENOENT */
	int (*create)(struct inode *dir, const char *part, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out);
	int (*tmpfile)(struct inode *dir, uint32_t mode, const struct fs_caller *who, struct inode **out);  /* regular, nlink 0; NULL: none */
	int (*exchange)(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen); /* NULL: cannot */
	int (*symlink)(struct inode *dir, const char *part, uint32_t len, const char *target, const struct fs_caller *who, struct inode **out);
	int (*link)(struct inode *dir, const char *part, uint32_t len, struct inode *target);
	int (*unlink)(struct inode *dir, const char *part, uint32_t len, struct inode *victim);
	int (*rmdir)(struct inode *dir, const char *part, uint32_t len, struct inode *victim);
	int (*rename)(struct inode *from, const char *a, uint32_t alen, struct inode *to, const char *b, uint32_t blen, struct inode *what, struct inode *replaced);
	int (*readlink)(struct inode *i, char *out, uint32_t size, const struct fs_caller *who);   /* length, no NUL */
	/** A link that is not text (/proc/PID/exe, fd/N): 0 and the name it stands for, referenced; 0 and *out NULL: follow the text
	 *  (so does a NULL op); -ENOENT, -EACCES. */
	int (*follow)(struct inode *i, struct name **out, const struct fs_caller *who);
	/* all */
	int (*open)(struct inode *i, struct file *f, const struct fs_caller *who);                  /* may set f->ops, f->priv; NULL: nothing to do */
	int (*truncate)(struct inode *i, uint64_t size);
	/** A path to it inside its file system ("/a/b") that was true when it got its latest name; length incl. NUL, -ENOENT, -ERANGE;
	 *  NULL: the file system does not remember. */
	int (*path)(const struct inode *i, char *out, uint32_t size);
	int (*refresh)(struct inode *i);                                                            /* before stat: synth sizes; may be NULL */
	/* Page cache of files on a disk; read_pages NULL: pages live only in the cache (tmpfs). All may sleep; none is called with a
	 * mutex of order MUTEX_PAGES or higher held. */
	/** Fill n <= PAGES_RUN fresh zeroed frames with the pages from `first` on; what lies in no block stays zero. -EIO, -ENOMEM. */
	int (*read_pages)(struct inode *i, uint32_t first, uint32_t n, const uint32_t *pfn);
	/** Write n <= PAGES_RUN pages from `first` on, the marked parts of each. -EIO, -ENOSPC, -ENOMEM. */
	int (*write_pages)(struct inode *i, uint32_t first, uint32_t n, const struct page_out *out);
	/** Room on the disk for n bytes (within one page) at pos; NULL: always there. Returns for how many there is some: the caller
	 *  makes all of them dirty, for a fresh block holds another file's remains. -ENOSPC, -EFBIG, -EIO: for none. */
	int32_t (*reserve)(struct inode *i, uint64_t pos, uint32_t n);
	void (*trim)(struct inode *i);                                                              /* give back room beyond the size: a copy was short */
	void (*evict)(struct inode *i);                                                             /* last reference and no names: free fs data */
	int (*setattr)(struct inode *i);                                                            /* mode/uid/gid/times were changed; may be NULL */
};

struct inode {
	/* fixed */
	struct superblock *sb;
	uint32_t ino, generation;
	const struct inode_ops *ops;
	const struct file_ops *fops;    /* default for regular files, directories, fifos, devices */
	/* proc context */
	uint32_t mode, uid, gid, nlink, rdev;
	uint64_t size;
	uint64_t blocks;                /* of 512 bytes, on a disk */
	struct timestamp atime, mtime, ctime, btime;
	uint32_t version;               /* data changes */
	uint32_t refs;
	struct mutex lock;              /* MUTEX_DIR for directories, MUTEX_INODE for others */
	struct backing backing;         /* its pages, for mmap and exec */
	struct page_tree *pages;        /* fs/pages.c; NULL until the first page */
	/* on a disk: fs/writeback.c */
	struct list_node dirty_node;    /* something is to be written: in its list */
	struct list_node cached_node;   /* has pages that can be had again: in the list that reclaim walks */
	uint64_t dirty_since_ns;
	uint32_t n_writing;             /* runs of pages on their way to the disk; `changed` is woken at 0 */
	uint32_t reclaim_at, read_next, read_run; /* where reclaim looks next; the page and length of the reader's next run */
	bool dirty;                     /* the inode itself is newer than on the disk */
	int write_error;                /* for the next fsync */
	uint32_t n_writers;             /* open for writing: -ETXTBSY for exec */
	char *gone;                     /* the path it had when its last name went while it was mapped; kmalloc, NULL: none */
	uint32_t seals;                 /* F_SEAL_*: fcntl(2); F_SEAL_SEAL from the start on what is no memfd */
	uint32_t n_exec;                /* being executed: -ETXTBSY for writers */
	struct waitq changed;           /* locks, fifos */
	struct pipe *fifo;
	struct flock_list *locks;
	bool linkable;                  /* nlink is 0, but it may get a name: O_TMPFILE */
	struct xattr *xattrs;           /* fs/xattr.c */
	struct lease *leases;           /* fs/lease.c */
	uint32_t n_open;                /* open files, without O_PATH: counted for regular files */
	void *priv;                     /* the file system's own */
};

struct superblock {
	const char *fstype, *source;
	uint32_t dev;                   /* st_dev */
	uint32_t flags;                 /* MS_RDONLY ... */
	struct inode *root;
	int (*statfs)(struct superblock *sb, struct linux_statfs64 *out);
	/* of file systems on a disk; NULL: nothing is ever written */
	int (*write_inode)(struct inode *i);  /* into the cached metadata; may sleep; -EIO, -ENOMEM */
	int (*sync)(struct superblock *sb);   /* the cached metadata to the disk, in an order that survives a power cut */
	int (*remount)(struct superblock *sb, bool read_only, bool force); /* -EROFS, -EBUSY (not with force), -EIO; NULL: nothing to do */
	bool (*busy)(struct superblock *sb);  /* files are in use (mapped) though no name shows it */
	void (*kill)(struct superblock *sb);  /* the last mount is gone: let go of what keeps inodes alive (names pinned by entries) */
	void *priv;
	uint32_t block_bytes;           /* st_blksize; 0: a page */
	uint32_t n_pages, max_pages;    /* in its files' caches; tmpfs: at most so many (0: no limit) */
	bool xattrs;                    /* its files have extended attributes */
	uint32_t attributes;            /* STATX_ATTR_* that its files may have */
	uint32_t n_mounts;              /* more than one: names of one file live side by side */
	uint32_t refs;                  /* its inodes and its first mount; freed at 0 if made by superblock_new */
};

/** A file system being made: zeroed, refs 1 (the maker's; mount_add takes it over), a fresh dev number; source is copied
 *  (NULL: fstype). NULL no memory. */
struct superblock *superblock_new(const char *fstype, const char *source);
void superblock_unref(struct superblock *sb);
/** Undo a file system with a root: kill, let go of the root and of the maker's reference. */
void superblock_destroy(struct superblock *sb);
struct inode *inode_new(struct superblock *sb, const struct inode_ops *ops, uint32_t mode); /* one reference, nlink 1; NULL no memory */
void inode_ref(struct inode *i);
void inode_unref(struct inode *i);
bool inode_in_group(const struct cred *c, uint32_t gid);  /* by fsgid or a supplementary one */
int inode_permission(const struct inode *i, uint32_t rwx, const struct fs_caller *who);     /* rwx: 4 read 2 write 1 exec; -EACCES */
struct timestamp inode_now(void);
/** The inode's own fields changed: it will be written (if it is on a disk). Any proc context. */
void inode_dirty(struct inode *i);
void inode_touch_access(struct inode *i); /* atime; on a disk only as MS_RELATIME has it (mount(2)) */
/** A change of data by somebody without rights over it takes away setuid, and setgid where the group may run it. */
void inode_drop_suid(struct inode *i, const struct fs_caller *who);
/** Its pages can be had again from below; otherwise the cache is their only place (tmpfs). */
static inline bool inode_on_disk(const struct inode *i) { return i->ops->read_pages; }
void inode_touch_data(struct inode *i);  /* mtime, ctime, version */
void inode_touch_meta(struct inode *i);  /* ctime */
void inode_stat(struct inode *i, struct linux_stat64 *out);
void inode_statx(struct inode *i, uint32_t mask, struct linux_statx *out);
#endif
