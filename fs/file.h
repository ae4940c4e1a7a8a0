/* file.h - open files and the tables of descriptors that point at them.
 * Used by: sys_file.c, pipes, ttys, sockets (each fills file_ops).
 * Never: asks where its caller is; buffers come as uio, or as a umem in ioctl.  */
#ifndef FS_FILE_H
#define FS_FILE_H
#include "fs/name.h"
struct file;
struct pollset;
/** One directory entry given to the reader's callback; returns false when the buffer is full (entry not consumed). */
typedef bool (*dir_emit)(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next_cookie);
struct file_ops {
	/** pos: NULL for streams, else the position to use (the caller updates the file's own). Return bytes, 0 at end, -errno,
	 *  -ERESTARTSYS when a signal cut the sleep before any byte moved. */
	int32_t (*read)(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who);
	int32_t (*write)(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who);
	int64_t (*seek)(struct file *f, int64_t off, int whence);         /* NULL: by size; streams set -ESPIPE via file_no_seek */
	/** Ready events (POLLIN...) now; if ps != NULL also adds the caller to the queues that announce changes. */
	uint32_t (*poll)(struct file *f, struct pollset *ps);
	int32_t (*ioctl)(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who); /* -ENOTTY unknown */
	int (*readdir)(struct file *f, uint64_t *cookie, dir_emit emit, void *ctx); /* *cookie: resume point, stable under unlink, < 2^31 */
	int (*backing)(struct file *f, struct backing **out);             /* mmap: referenced; NULL op: -ENODEV */
	int (*fsync)(struct file *f);
	int (*truncate)(struct file *f, uint64_t size);                   /* NULL: inode's */
	void (*release)(struct file *f);                                  /* last reference */
};
struct file {
	const struct file_ops *ops;
	struct inode *inode;           /* referenced; anonymous ones too (pipe:[n]) */
	struct name *name;             /* referenced; NULL: anonymous */
	uint64_t pos;
	uint32_t flags;                /* O_*, changed by F_SETFL only in O_APPEND|O_NONBLOCK|O_ASYNC|O_DIRECT|O_NOATIME */
	uint32_t refs;
	uint32_t owner_pid;            /* F_SETOWN */
	uint8_t owner_kind, owner_sig; /* F_OWNER_*; F_SETSIG */
	struct mutex pos_lock;         /* MUTEX_FILE: read/write/lseek of one open file by several tasks */
	void *priv;
	struct epoll_item *watches;    /* of the sets that watch it: fs/epoll.c */
};
/** Files of character devices: fs/synth.c. The row's open sets f->ops; -ENXIO no such device. */
int dev_open(struct file *f, const struct fs_caller *who);
struct file *file_new(struct inode *i, struct name *n, const struct file_ops *ops, uint32_t flags); /* takes over both references; NULL no memory (references kept by caller) */
void file_ref(struct file *f);
void file_unref(struct file *f);
/** open(2): all O_ flags, permissions, truncation, devices, fifos (may sleep, -ERESTARTSYS), O_PATH, O_TMPFILE: -EOPNOTSUPP. */
int file_open(struct name *start, const char *path, uint32_t flags, uint32_t mode, const struct fs_caller *who, struct file **out);
int32_t file_read(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who);  /* at NULL: own position */
int32_t file_write(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who); /* O_APPEND, limits, SIGPIPE, SIGXFSZ */
int64_t file_seek(struct file *f, int64_t off, int whence);
/** Kernel reads (exec, initrd): whole or short at the end; -errno. */
int32_t file_read_kernel(struct file *f, void *buf, uint32_t n, uint64_t at, const struct fs_caller *who);
int64_t file_no_seek(struct file *f, int64_t off, int whence);      /* seek op of streams: -ESPIPE */
int64_t file_noop_seek(struct file *f, int64_t off, int whence);    /* of files without a position that let it be asked: 0 */
/** What the access mode lets do; 3 lets do neither, open(2) NOTES. */
static inline bool file_reads(const struct file *f) { return (f->flags & O_ACCMODE) == O_RDONLY || (f->flags & O_ACCMODE) == O_RDWR; }
static inline bool file_writes(const struct file *f) { return (f->flags & O_ACCMODE) == O_WRONLY || (f->flags & O_ACCMODE) == O_RDWR; }
/** O_DIRECT: only where a device is below. */
static inline bool file_can_direct(const struct inode *i) { return S_ISBLK(i->mode) || inode_on_disk(i); }
/** Counts f as a writer of its inode and its mount, until its end. */
void file_begin_writing(struct file *f);
#define FILE_AT_END UINT64_MAX                                      /* as *at of file_write: append */
extern const struct file_ops path_file_ops;                         /* of O_PATH files: no operation at all */
extern const struct file_ops fifo_file_ops;                         /* default of fifos and pipes; opened through fifo_open */
extern const struct file_ops regular_file_ops, directory_file_ops;   /* over the page cache; over inode readdir of tmpfs are its own */

/* ---- descriptors */
#define FD_MAX 4096           /* hard limit, as Linux gives it to init; soft RLIMIT_NOFILE is 1024 */
struct fdtable {
	uint32_t refs, size, limit;    /* limit: RLIMIT_NOFILE soft */
	struct file **files;
	uint32_t *cloexec, *used;      /* bit maps */
};
struct fdtable *fdtable_new(void);
struct fdtable *fdtable_copy(const struct fdtable *t);     /* fork */
void fdtable_ref(struct fdtable *t);
void fdtable_unref(struct fdtable *t);                     /* closes all at 0: may sleep */
void fdtable_close_on_exec(struct fdtable *t);
int fd_install(struct fdtable *t, struct file *f, uint32_t from, bool cloexec); /* lowest free >= from; takes the reference on success; -EMFILE */
int fd_room(const struct fdtable *t);  /* 0; -EMFILE no descriptor is left */
int fd_replace(struct fdtable *t, uint32_t fd, struct file *f, bool cloexec);   /* dup2; -EBADF beyond the limit */
struct file *fd_get(const struct fdtable *t, int32_t fd);  /* referenced; NULL: -EBADF. O_PATH files too: callers check */
int fd_close(struct fdtable *t, int32_t fd, const struct fs_caller *who); /* also drops POSIX locks of who->owner */
int fd_flags_get(const struct fdtable *t, int32_t fd);
int fd_flags_set(struct fdtable *t, int32_t fd, bool cloexec);

/* ---- poll */
struct pollset {             /* waiters for at most as many queues as files x 2; grown by the poller before it polls */
	struct waiter *waiters;
	uint32_t n, max;
	void (*woken)(struct waiter *w); /* of each waiter: see sched.h; NULL: the poller sleeps itself */
	void *of;
};
void poll_wait(struct pollset *ps, struct waitq *q);       /* called by file_ops.poll */
int pollset_init(struct pollset *ps, uint32_t max);        /* -ENOMEM */
void pollset_clear(struct pollset *ps);                    /* leave all queues */
void pollset_free(struct pollset *ps);
uint32_t file_poll(struct file *f, struct pollset *ps);    /* files without poll op: always ready */

/* ---- pipes, locks */
int pipe_create(struct file *ends[2], uint32_t flags, const struct fs_caller *who);
/** Up to n bytes of the pipe's first page, which stay in it: their number, 0 at the end; waits for them. -EAGAIN, -ERESTARTSYS. */
int32_t pipe_peek(struct file *f, void *buf, uint32_t n, bool nonblock);
void pipe_skip(struct file *f, uint32_t n);                /* take out what was seen */
int32_t pipe_get_size(const struct file *f);               /* F_GETPIPE_SZ; -EBADF: no pipe */
/** F_SETPIPE_SZ: the size it has now. -EBADF, -EINVAL (over 2 GiB), -EPERM (over 1 MiB, not root), -EBUSY (too full), -ENOMEM. */
int32_t pipe_set_size(struct file *f, uint32_t bytes, const struct fs_caller *who);
int lock_posix(struct file *f, uint32_t cmd, struct linux_flock64 *lk, const struct fs_caller *who); /* F_GETLK64.. may sleep */
void lock_drop_owner(struct inode *i, const void *owner);  /* POSIX locks at close */
void lock_drop_file(struct file *f);                       /* flock at last close */
void lock_list_free(struct inode *i);                      /* the inode goes */
int fifo_open(struct file *f, const struct fs_caller *who);/* may sleep, -ERESTARTSYS, -ENXIO */
void fifo_free(struct inode *i);
/** F_SETLEASE. type F_RDLCK, F_WRLCK, F_UNLCK. -EINVAL no such type, or no regular file; -EACCES not the owner's; -EAGAIN others
 *  have it open in a way that breaks it, or (F_UNLCK) there is none. Source: fcntl(2) "Leases". */
int lease_set(struct file *f, uint32_t type, const struct fs_caller *who);
int lease_get(const struct file *f);                       /* F_RDLCK, F_WRLCK, F_UNLCK */
void lease_drop(struct file *f);                           /* at its last close */
/** open(2) or truncate(2) is about to break the lease of somebody else: tells the holder and waits, at most 45 s. -EAGAIN with
 *  nonblock; -ERESTARTSYS. */
MUST_CHECK int lease_break(struct inode *i, bool write, bool nonblock);
int lock_flock(struct file *f, uint32_t op, const struct fs_caller *who);
#endif
