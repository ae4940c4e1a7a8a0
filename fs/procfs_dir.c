/* procfs_dir.c - the directories of /proc and /sys: looking up a part, and reading them.
 * Called by: names and getdents through the operations.
 * Never: lists a number that is gone; cookies are row counts and numbers, so they stay valid.
 *
 * A fixed directory is a prefix of row paths. Cookies: 0 ".", 1 "..", 2 "self" at the root (thread-self can be opened and is not
 * listed), FIRST_ROW + n for the n-th row or
 * dynamic row, FIRST_NUMBER + number for processes, open files and dynamic numbers.  */
#include "abi/linux_errno.h"
#include "fs/synth_priv.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define FIRST_ROW 3u
#define FIRST_DYN 0x8000u
#define FIRST_NUMBER 0x10000u
#define NUMBER_MAX (0x7fffffffu - FIRST_NUMBER - 1)

/* ---- text */
/** If path lies below dir: what follows behind the slash, else NULL. */
static const char *below(const char *path, const char *dir, uint32_t dir_len)
{
	if (dir_len == 0) return path;
	return !strncmp(path, dir, dir_len) && path[dir_len] == '/' ? path + dir_len + 1 : NULL;
}

static uint32_t first_part(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash ? (uint32_t)(slash - path) : (uint32_t)strlen(path);
}

static bool same(const char *text, const char *part, uint32_t len)
{
	return strlen(text) == len && !memcmp(text, part, len);
}

static bool number(const char *part, uint32_t len, uint32_t *out)
{
	uint32_t v = 0;

	if (len == 0 || len > 10 || (part[0] == '0' && len > 1)) return false;
	for (uint32_t n = 0; n < len; n++) {
		if (part[n] < '0' || part[n] > '9' || v > (NUMBER_MAX - 9) / 10) return false;
		v = v * 10 + (uint32_t)(part[n] - '0');
	}
	*out = v;
	return true;
}

/** Is `dir` itself the directory of computed numbers? Its row, or NULL. */
static const struct proc_dynrow *dyn_of(const char *dir, uint32_t len)
{
	for (const struct proc_dynrow *d = dyn_rows; d; d = d->next)
		if (same(d->dir, dir, len)) return d;
	return NULL;
}

static bool process(uint32_t pid, uint32_t *uid, uint32_t *gid)
{
	return pid && proc_census && proc_census->owner(pid, uid, gid);
}

static bool dyn_exists(const struct proc_dynrow *d, uint32_t id)
{
	return d->next_id(id - 1) == id;
}

/* ---- looking up */
static int make(struct inode *dir, uint32_t mode, const struct proc_node *n, struct inode **out)
{
	int err = proc_inode(dir->sb, mode, n, out);

	if (err) return err;
	uint32_t uid, gid;
	if (n->kind >= PROC_PID && n->kind <= PROC_TASK_DIR && process(n->id, &uid, &gid)) {
		(*out)->uid = uid;
		(*out)->gid = gid;
	}
	return 0;
}

/** A fixed directory: rows, directories that rows imply, dynamic numbers. */
static int lookup_fixed(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	const struct proc_node *d = proc_node(dir);
	struct proc_node n = {.kind = PROC_DIR, .id = d->id};
	const char *rest;

	for (const struct proc_row *r = tree_rows[d->id]; r; r = r->next) {
		rest = below(r->path, d->path, d->path_len);
		if (!rest || first_part(rest) != len || memcmp(rest, part, len)) continue;
		if (!rest[len]) {
			n = (struct proc_node){.kind = PROC_FILE, .row = r};
			int err = make(dir, S_IFREG | r->mode, &n, out);
			if (!err && d->id == TREE_SYS) (*out)->size = PAGE_SIZE; /* as sysfs says of any of its files */
			return err;
		}
		n.path = r->path;
		n.path_len = (uint32_t)(rest - r->path) + len;
		return make(dir, S_IFDIR | 0555, &n, out);
	}
	if (d->id != TREE_PROC) return -ENOENT;
	for (const struct proc_dynrow *r = dyn_rows; r; r = r->next) {
		rest = below(r->dir, d->path, d->path_len);
		if (!rest || first_part(rest) != len || memcmp(rest, part, len)) continue;
		n.path = r->dir;
		n.path_len = (uint32_t)(rest - r->dir) + len;
		return make(dir, S_IFDIR | 0555, &n, out);
	}
	const struct proc_dynrow *dyn = dyn_of(d->path, d->path_len);
	if (!dyn || !number(part, len, &n.id) || !dyn_exists(dyn, n.id)) return -ENOENT;
	n = (struct proc_node){.kind = PROC_DYN_DIR, .id = n.id, .path = d->path, .path_len = d->path_len};
	return make(dir, S_IFDIR | 0555, &n, out);
}

static int lookup_root(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct proc_node n = {.kind = PROC_PID};
	uint32_t uid, gid;

	if (same("self", part, len)) {
		n.kind = PROC_SELF;
		return make(dir, S_IFLNK | 0777, &n, out);
	}
	if (same("thread-self", part, len)) {
		n.kind = PROC_THREAD_SELF;
		return make(dir, S_IFLNK | 0777, &n, out);
	}
	if (number(part, len, &n.id)) return process(n.id, &uid, &gid) ? make(dir, S_IFDIR | 0555, &n, out) : -ENOENT;
	return lookup_fixed(dir, part, len, out);
}

static int lookup_pid(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct proc_node n = {.id = proc_node(dir)->id};

	if (same("fd", part, len)) {
		n.kind = PROC_FD_DIR;
		return make(dir, S_IFDIR | 0500, &n, out);
	}
	if (same("task", part, len) && proc_node(dir)->kind == PROC_PID) {
		n.kind = PROC_TASK_DIR;
		return make(dir, S_IFDIR | 0555, &n, out);
	}
	for (const struct pid_row *r = pid_rows; r; r = r->next) {
		if (!same(r->name, part, len)) continue;
		n.kind = r->link ? PROC_PID_LINK : PROC_PID_FILE;
		n.row = r;
		return make(dir, (r->link ? S_IFLNK : S_IFREG) | r->mode, &n, out);
	}
	return -ENOENT;
}

static int lookup_fd(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct proc_node n = {.kind = PROC_FD_LINK, .id = proc_node(dir)->id};
	uint32_t fd;

	if (!number(part, len, &fd) || proc_census->next_fd(n.id, (int32_t)fd - 1) != (int32_t)fd) return -ENOENT;
	n.fd = (int32_t)fd;
	return make(dir, S_IFLNK | 0700, &n, out);
}

static int lookup_task(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	struct proc_node n = {.kind = PROC_TASK, .id = proc_node(dir)->id};
	uint32_t tid;

	if (!number(part, len, &tid) || !tid || proc_census->next_task(n.id, tid - 1) != tid) return -ENOENT;
	n.id = tid;
	return make(dir, S_IFDIR | 0555, &n, out);
}

static int lookup_dyn(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	const struct proc_node *d = proc_node(dir);

	for (const struct proc_dynrow *r = dyn_rows; r; r = r->next) {
		if (!same(r->dir, d->path, d->path_len) || !same(r->name, part, len)) continue;
		struct proc_node n = {.kind = PROC_DYN_FILE, .id = d->id, .row = r};
		return make(dir, S_IFREG | 0444, &n, out);
	}
	return -ENOENT;
}

static int proc_lookup(struct inode *dir, const char *part, uint32_t len, struct inode **out)
{
	const struct proc_node *d = proc_node(dir);
	uint32_t uid, gid;

	if (d->kind >= PROC_PID && d->kind <= PROC_TASK_DIR && !process(d->id, &uid, &gid)) return -ENOENT;
	switch (d->kind) {
	case PROC_DIR: return d->path_len == 0 && d->id == TREE_PROC ? lookup_root(dir, part, len, out) : lookup_fixed(dir, part, len, out);
	case PROC_PID:
	case PROC_TASK: return lookup_pid(dir, part, len, out);
	case PROC_FD_DIR: return lookup_fd(dir, part, len, out);
	case PROC_TASK_DIR: return lookup_task(dir, part, len, out);
	case PROC_DYN_DIR: return lookup_dyn(dir, part, len, out);
	default: return -ENOTDIR;
	}
}

static void evict(struct inode *i)
{
	proc_link_ops.evict(i);
}

static int refresh(struct inode *i)
{
	return proc_link_ops.refresh(i);
}

/** Nothing can be made here: Linux says that the name is not found. */
static int no_create(struct inode *dir, const char *part, uint32_t len, uint32_t mode, uint32_t rdev, const struct fs_caller *who, struct inode **out)
{
	UNUSED(dir);
	UNUSED(part);
	UNUSED(len);
	UNUSED(mode);
	UNUSED(rdev);
	UNUSED(who);
	UNUSED(out);
	return -ENOENT;
}

const struct inode_ops proc_dir_ops = {.lookup = proc_lookup, .create = no_create, .refresh = refresh, .evict = evict};

/* ---- reading */
struct listing {
	const struct proc_node *dir;
	uint64_t *cookie;
	dir_emit emit;
	void *ctx;
};

/** Give one entry, whose cookie is `at`; false when the reader has enough. */
static bool give(struct listing *l, uint32_t at, const char *text, uint32_t len, uint32_t ino, uint32_t type)
{
	if (!l->emit(l->ctx, text, len, ino, type, at + 1ull)) return false;
	*l->cookie = at + 1ull;
	return true;
}

static bool give_number(struct listing *l, uint32_t v, uint32_t type)
{
	char text[12];
	uint32_t len = (uint32_t)fmt_snprintf(text, sizeof text, "%u", v);

	return give(l, FIRST_NUMBER + v, text, len, FIRST_NUMBER + v, type);
}

/** Was this part of the directory given by an earlier row? */
static bool seen(const struct listing *l, const struct proc_row *until_row, const struct proc_dynrow *until_dyn, const char *part, uint32_t len)
{
	const char *rest;

	for (const struct proc_row *r = tree_rows[l->dir->id]; r && r != until_row; r = r->next) {
		rest = below(r->path, l->dir->path, l->dir->path_len);
		if (rest && first_part(rest) == len && !memcmp(rest, part, len)) return true;
	}
	if (until_row) return false;
	for (const struct proc_dynrow *r = dyn_rows; r && r != until_dyn; r = r->next) {
		rest = below(r->dir, l->dir->path, l->dir->path_len);
		if (rest && first_part(rest) == len && !memcmp(rest, part, len)) return true;
	}
	return false;
}

static bool list_rows(struct listing *l)
{
	uint32_t at = FIRST_ROW;

	for (const struct proc_row *r = tree_rows[l->dir->id]; r; r = r->next, at++) {
		const char *rest = at >= *l->cookie ? below(r->path, l->dir->path, l->dir->path_len) : NULL;
		uint32_t len = rest ? first_part(rest) : 0;
		if (!rest || seen(l, r, NULL, rest, len)) continue;
		if (!give(l, at, rest, len, at, rest[len] ? DT_DIR : DT_REG)) return false;
	}
	if (l->dir->id != TREE_PROC) return true;
	at = FIRST_DYN;
	for (const struct proc_dynrow *r = dyn_rows; r; r = r->next, at++) {
		const char *rest = at >= *l->cookie ? below(r->dir, l->dir->path, l->dir->path_len) : NULL;
		uint32_t len = rest ? first_part(rest) : 0;
		if (!rest || seen(l, NULL, r, rest, len)) continue;
		if (!give(l, at, rest, len, at, DT_DIR)) return false;
	}
	return true;
}

static bool list_numbers(struct listing *l, uint32_t (*next)(uint32_t after))
{
	uint32_t after = *l->cookie > FIRST_NUMBER ? (uint32_t)*l->cookie - FIRST_NUMBER - 1 : 0;

	while ((after = next(after)) != 0 && after <= NUMBER_MAX)
		if (!give_number(l, after, DT_DIR)) return false;
	return true;
}

static void list_fixed(struct listing *l)
{
	bool proc = l->dir->id == TREE_PROC, root = proc && l->dir->path_len == 0;
	const struct proc_dynrow *dyn = root || !proc ? NULL : dyn_of(l->dir->path, l->dir->path_len);

	if (root && *l->cookie <= 2 && !give(l, 2, "self", 4, 2, DT_LNK)) return;
	if (*l->cookie < FIRST_NUMBER && !list_rows(l)) return;
	if (root && proc_census) list_numbers(l, proc_census->next_pid);
	if (dyn) list_numbers(l, dyn->next_id);
}

static void list_pid(struct listing *l)
{
	uint32_t at = FIRST_ROW + 2;

	if (*l->cookie <= FIRST_ROW && !give(l, FIRST_ROW, "fd", 2, FIRST_ROW, DT_DIR)) return;
	if (l->dir->kind == PROC_PID && *l->cookie <= FIRST_ROW + 1 && !give(l, FIRST_ROW + 1, "task", 4, FIRST_ROW + 1, DT_DIR)) return;
	for (const struct pid_row *r = pid_rows; r; r = r->next, at++)
		if (at >= *l->cookie && !give(l, at, r->name, (uint32_t)strlen(r->name), at, r->link ? DT_LNK : DT_REG)) return;
}

static void list_fds(struct listing *l)
{
	int32_t fd = *l->cookie >= FIRST_NUMBER ? (int32_t)(*l->cookie - FIRST_NUMBER) - 1 : -1;

	while ((fd = proc_census->next_fd(l->dir->id, fd)) >= 0)
		if (!give_number(l, (uint32_t)fd, DT_LNK)) return;
}

static void list_tasks(struct listing *l)
{
	uint32_t after = *l->cookie > FIRST_NUMBER ? (uint32_t)*l->cookie - FIRST_NUMBER - 1 : 0;

	while ((after = proc_census->next_task(l->dir->id, after)) != 0)
		if (!give_number(l, after, DT_DIR)) return;
}

static void list_dyn(struct listing *l)
{
	uint32_t at = FIRST_ROW;

	for (const struct proc_dynrow *r = dyn_rows; r; r = r->next, at++)
		if (at >= *l->cookie && same(r->dir, l->dir->path, l->dir->path_len) &&
		    !give(l, at, r->name, (uint32_t)strlen(r->name), at, DT_REG)) return;
}

static int proc_readdir(struct file *f, uint64_t *cookie, dir_emit emit, void *ctx)
{
	struct listing l = {.dir = proc_node(f->inode), .cookie = cookie, .emit = emit, .ctx = ctx};
	uint32_t uid, gid;

	if (l.dir->kind >= PROC_PID && l.dir->kind <= PROC_TASK_DIR && !process(l.dir->id, &uid, &gid)) return -ENOENT;
	if (*cookie == 0 && !give(&l, 0, ".", 1, f->inode->ino, DT_DIR)) return 0;
	if (*cookie == 1 && !give(&l, 1, "..", 2, 1, DT_DIR)) return 0;
	switch (l.dir->kind) {
	case PROC_DIR: list_fixed(&l); break;
	case PROC_PID:
	case PROC_TASK: list_pid(&l); break;
	case PROC_FD_DIR: list_fds(&l); break;
	case PROC_TASK_DIR: list_tasks(&l); break;
	case PROC_DYN_DIR: list_dyn(&l); break;
	default: return -ENOTDIR;
	}
	return 0;
}

const struct file_ops proc_dir_file_ops = {.readdir = proc_readdir};
