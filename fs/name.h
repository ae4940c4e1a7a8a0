/* name.h - names as things: (parent, name) -> inode, hashed; path walks, mounts, getcwd.
 * Used by: sys_file.c, exec, chdir.  tmpfs pins its names (a name with a tmpfs inode is never forgotten while it exists).
 * Never: reads or writes data.  */
#ifndef FS_NAME_H
#define FS_NAME_H
#include "fs/inode.h"
#define NAME_MAX 255
#define PATH_MAX 4096
struct mount;
struct name {
	struct list_node hash_node;     /* linked while the name can be found */
	struct name *parent;            /* referenced; itself at a mount's root, and for anonymous names */
	struct inode *inode;            /* referenced, never NULL */
	struct mount *mounted;          /* what covers this directory */
	struct mount *of;               /* the mount it belongs to; NULL: anonymous (pipe:[n]) */
	uint32_t refs, hash;
	bool unlinked;
	uint16_t len;
	char *text;                     /* NUL-terminated; own_text, or allocated after a rename to a longer one */
	char own_text[];
};
struct mount {
	struct list_node node;          /* of all mounts, in order */
	struct superblock *sb;          /* several mounts may show one (MS_BIND) */
	struct name *root, *at;         /* at: covered name, NULL for the first and after removal; root may be any file of sb */
	uint32_t flags;                 /* MS_* */
	uint32_t id;                    /* /proc/PID/mountinfo's */
	char *below;                    /* where its root is inside the file system, "/dir"; NULL: the whole; owned */
	uint32_t n_writers;             /* files of it open for writing: it cannot become read-only */
	bool expiring;                  /* MNT_EXPIRE was asked once */
};
#define WALK_FOLLOW 1u     /* follow a symlink in the last component */
#define WALK_PARENT 2u     /* stop at the parent; last component in out->last */
#define WALK_DIRECTORY 4u  /* must be a directory */
struct walk {
	struct name *name;         /* result, referenced */
	char last[NAME_MAX + 1];   /* WALK_PARENT: last component ("." ".." and "/" are kept as such) */
	uint32_t last_len;
	bool trailing_slash;
};
void names_init(void);
void name_ref(struct name *n);
void name_unref(struct name *n);   /* NULL is fine */
/** Resolve path from start (NULL: who->cwd; absolute paths start at who->root). At most 40 links (-ELOOP), -ENAMETOOLONG,
 *  -ENOENT (also empty path), -ENOTDIR, -EACCES. Not recursive. May sleep. */
MUST_CHECK int name_walk(struct walk *w, struct name *start, const char *path, uint32_t flags, const struct fs_caller *who);
/** Absolute path as seen from root (NULL: the root of all) (getcwd, /proc links): length incl. NUL in out; -ERANGE;
 *  " (deleted)" is the caller's. An anonymous name is its text. */
int name_path(struct name *n, struct name *root, char *out, uint32_t size);
/** The way up from n, mounts included, meets root. */
bool name_is_below(struct name *n, const struct name *root);
/* namespace operations; `dir` referenced names of directories. They check permission, -EROFS, and refuse ".", ".." and "/" as
 * Linux does; a trailing slash is the caller's business. */
int name_create(struct name *dir, const char *last, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct name **out);
int name_tmpfile(struct name *dir, uint32_t mode, const struct fs_caller *who, struct name **out); /* O_TMPFILE; -EOPNOTSUPP */
int name_mkdir(struct name *dir, const char *last, uint32_t len, uint32_t mode, const struct fs_caller *who);
int name_symlink(struct name *dir, const char *last, uint32_t len, const char *target, const struct fs_caller *who);
int name_link(struct name *dir, const char *last, uint32_t len, struct name *target, const struct fs_caller *who);
int name_unlink(struct name *dir, const char *last, uint32_t len, const struct fs_caller *who);
int name_rmdir(struct name *dir, const char *last, uint32_t len, const struct fs_caller *who);
int name_rename(struct name *from, const char *a, uint32_t alen, struct name *to, const char *b, uint32_t blen, uint32_t flags, const struct fs_caller *who);
int mount_add(struct name *at, struct superblock *sb, uint32_t flags); /* at NULL: the root of all */
/** Take away the mount whose root is `at` (one reference held by the caller), with MNT_DETACH those on it, too. -EINVAL not a mount,
 *  or the root of all; -EBUSY in use, unless MNT_DETACH; -EAGAIN the first time with MNT_EXPIRE. */
int mount_remove(struct name *at, uint32_t flags);
/** MS_REMOUNT of the mount whose root is `at`: its flags; unless `alone` (MS_BIND), read-only holds for every mount of the file
 *  system. -EINVAL no mount's root; -EBUSY files are open for writing; on a disk -EROFS, -EIO. May sleep. */
int mount_change(struct name *at, uint32_t flags, bool alone);
/* bind.c: mount(2), MS_BIND and MS_MOVE */
/** MS_BIND: what `from` shows is shown at `at`, too; recursive: with the mounts below it. -ENOTDIR one of them is a directory,
 *  the other is not; -EINVAL, -ENOMEM. */
int mount_bind(struct name *from, struct name *at, bool recursive);
/** MS_MOVE of the mount whose root is `from`. -EINVAL no mount's root; -ELOOP into itself; -ENOTDIR. */
int mount_move(struct name *from, struct name *at);
struct name *name_root(void);
/** A name without a place in the tree, for an inode that has none (a pipe met through /proc/PID/fd/N). Takes over the inode's
 *  reference on success; NULL no memory. */
struct name *name_anonymous(struct inode *i, const char *text);
/** The child of dir called last, referenced; symbolic links are not followed, mounts are. -ENOENT. May sleep; no permission check. */
MUST_CHECK int name_lookup(struct name *dir, const char *last, uint32_t len, struct name **out);
/** A living name of an inode, referenced, or NULL (for /proc/PID/maps). */
struct name *name_of_inode(const struct inode *i);
/** A path of a file that is met without its name (mapped): by a living name, or as its file system remembers. Length incl. NUL;
 *  -ENOENT, -ERANGE. */
int name_path_of_inode(const struct inode *i, char *out, uint32_t size);
extern struct list_node mounts;    /* of struct mount */
struct block_dev;
/** File systems that mount(2) knows. Those on a disk have make_on, which may add MS_RDONLY to *flags. */
struct fstype {
	struct fstype *next;
	const char *name;
	int (*make)(const char *source, const char *data, struct superblock **out);
	int (*make_on)(struct block_dev *dev, const char *source, const char *data, uint32_t *flags, struct superblock **out);
	bool nodev;
};
void fstype_register(struct fstype *t);
struct fstype *fstype_first(void);
/** mount(2). -ENODEV no such type; of those on a disk: -ENOENT..., -ENOTBLK, -ENXIO, -EBUSY mounted, -EROFS, and make_on's; -EINVAL. */
int fstype_mount(const char *type, const char *source, const char *data, struct name *at, uint32_t flags, const struct fs_caller *who);
/** The file system alone, not yet anywhere; *flags may gain MS_RDONLY. Errors as above. */
int fstype_make(const char *type, const char *source, const char *data, uint32_t *flags, struct superblock **out, const struct fs_caller *who);
#endif
