/* procfs.c - /proc: inodes that stand for rows, files whose text is made when they are read, links.
 * Called by: names and files through the operations; modules register rows.
 * Never: keeps a process alive: everything is looked up by number again.  */
#include "abi/linux_errno.h"
#include "fs/eventfile.h"
#include "fs/synth_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define STORE_MAX 4096u /* one write to a row */

struct proc_row *tree_rows[TREES];
struct pid_row *pid_rows;
struct proc_dynrow *dyn_rows;
const struct proc_census *proc_census;

#define APPEND(list, row) \
	do { \
		__typeof__(row) *end = &(list); \
		while (*end && *end != (row)) end = &(*end)->next; \
		if (!*end) { \
			(row)->next = NULL; \
			*end = (row); \
		} \
	} while (0)

void proc_register(struct proc_row *row) { APPEND(tree_rows[TREE_PROC], row); }
void sys_register(struct proc_row *row) { APPEND(tree_rows[TREE_SYS], row); }
void proc_register_pid(struct pid_row *row) { APPEND(pid_rows, row); }
void proc_register_dyn(struct proc_dynrow *row) { APPEND(dyn_rows, row); }
void proc_set_census(const struct proc_census *c) { proc_census = c; }

/* ---- inodes */
/** The same node has the same number each time it is made. */
static uint32_t number_of(const struct proc_node *n)
{
	const uint32_t words[] = {n->kind, n->id, (uint32_t)n->fd, (uint32_t)(uintptr_t)n->row};
	uint32_t h = 2166136261u; /* FNV-1a */

	for (uint32_t w = 0; w < ARRAY_LEN(words); w++)
		for (uint32_t s = 0; s < 32; s += 8) h = (h ^ ((words[w] >> s) & 0xff)) * 16777619u;
	for (uint32_t c = 0; c < n->path_len; c++) h = (h ^ (uint8_t)n->path[c]) * 16777619u;
	return (h & 0x3fffffff) + 0x1000;
}

int proc_inode(struct superblock *sb, uint32_t mode, const struct proc_node *node, struct inode **out)
{
	const struct inode_ops *ops = S_ISDIR(mode) ? &proc_dir_ops : S_ISLNK(mode) ? &proc_link_ops : &proc_file_inode_ops;
	struct inode *i = inode_new(sb, ops, mode);
	struct proc_node *n = i ? kmalloc(sizeof *n) : NULL;

	if (!n) {
		inode_unref(i);
		return -ENOMEM;
	}
	*n = *node;
	i->priv = n;
	i->ino = number_of(n);
	i->nlink = S_ISDIR(mode) ? 2 : 1;
	i->fops = S_ISDIR(mode) ? &proc_dir_file_ops : &proc_file_ops;
	*out = i;
	return 0;
}

static void evict(struct inode *i)
{
	kfree(i->priv);
	i->priv = NULL;
}

/** Owners change (set-id programs): asked at each stat. */
static int refresh(struct inode *i)
{
	const struct proc_node *n = proc_node(i);

	if (n->kind >= PROC_PID && n->kind <= PROC_TASK_DIR && proc_census) proc_census->owner(n->id, &i->uid, &i->gid);
	return 0;
}

/* ---- files: the whole text is made at the read at position 0 and kept by the open file */
struct proc_text {
	struct mutex lock; /* MUTEX_INODE: a copy of the text to the reader may sleep */
	struct text_sink sink;
};

static int show(const struct proc_node *n, struct text_sink *s, const struct fs_caller *who)
{
	const struct proc_row *fixed = n->row;
	const struct pid_row *of_pid = n->row;
	const struct proc_dynrow *dyn = n->row;

	switch (n->kind) {
	case PROC_FILE: return fixed->show ? fixed->show(s, who) : -EACCES;
	case PROC_PID_FILE: return of_pid->show ? of_pid->show(s, n->id, who) : -EACCES;
	case PROC_DYN_FILE: return dyn->show(s, n->id, who);
	default: return -EINVAL;
	}
}

static int make_text(const struct file *f, struct proc_text *t, const struct fs_caller *who)
{
	struct text_sink fresh = {0};
	int err = show(proc_node(f->inode), &fresh, who);

	if (!err && fresh.failed) err = -ENOMEM;
	if (err) {
		kfree(fresh.buf);
		return err;
	}
	mutex_lock(&t->lock);
	kfree(t->sink.buf);
	t->sink = fresh;
	mutex_unlock(&t->lock);
	return 0;
}

static int32_t proc_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct proc_text *t = f->priv;
	int32_t n = 0;

	int err = *pos == 0 || !t->sink.buf ? make_text(f, t, who) : 0;
	if (err) return err;
	mutex_lock(&t->lock);
	if (*pos < t->sink.len) {
		uint32_t at = (uint32_t)*pos;
		n = uio_to(u, t->sink.buf + at, MIN(u->left, t->sink.len - at));
	}
	mutex_unlock(&t->lock);
	return n;
}

static int store(const struct proc_node *n, const char *text, uint32_t len, const struct fs_caller *who)
{
	const struct proc_row *fixed = n->row;
	const struct pid_row *of_pid = n->row;

	return n->kind == PROC_PID_FILE ? of_pid->store(n->id, text, len, who) : fixed->store(text, len, who);
}

static int32_t proc_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	uint32_t want = u->left;

	UNUSED(pos);
	if (want > STORE_MAX) return -EINVAL;
	char *text = kmalloc(want + 1);
	if (!text) return -ENOMEM;
	int32_t n = want ? uio_from(u, text, want) : 0;
	if (n >= 0) {
		text[n] = '\0';
		int err = store(proc_node(f->inode), text, (uint32_t)n, who);
		if (err < 0) n = err;
	}
	kfree(text);
	return n;
}

static bool has_store(const struct proc_node *n)
{
	if (n->kind == PROC_FILE) return ((const struct proc_row *)n->row)->store;
	return n->kind == PROC_PID_FILE && ((const struct pid_row *)n->row)->store;
}

static int file_inode_open(struct inode *i, struct file *f, const struct fs_caller *who)
{
	UNUSED(who);
	if ((f->flags & O_ACCMODE) != O_RDONLY && !has_store(proc_node(i))) return -EACCES;
	struct proc_text *t = kzalloc(sizeof *t);
	if (!t) return -ENOMEM;
	mutex_init(&t->lock, MUTEX_INODE);
	f->priv = t;
	return 0;
}

static void proc_release(struct file *f)
{
	struct proc_text *t = f->priv;

	if (!t) return;
	kfree(t->sink.buf);
	kfree(t);
}

static int accept_truncate(struct inode *i, uint64_t size)
{
	UNUSED(i);
	UNUSED(size);
	return 0; /* a shell's `>` truncates before it writes */
}

const struct file_ops proc_file_ops = {.read = proc_read, .write = proc_write, .release = proc_release};
/** chmod of a process's file is refused, proc_setattr() of Linux. */
static int no_setattr(struct inode *i)
{
	return proc_node(i)->kind == PROC_PID_FILE ? -EPERM : 0;
}

const struct inode_ops proc_file_inode_ops = {.setattr = no_setattr, .open = file_inode_open, .truncate = accept_truncate, .refresh = refresh, .evict = evict};

/* ---- links */
static int copy_text(char *out, uint32_t size, const char *text)
{
	uint32_t n = MIN((uint32_t)strlen(text), size);

	memcpy(out, text, n);
	return (int)n;
}

/** What an open file is called: its path, or what kind of nameless thing it is. */
static int describe(const struct file *f, char *text, uint32_t size, const struct fs_caller *who)
{
	const struct inode *i = f->inode;

	if (f->name) {
		int n = name_path(f->name, who->root, text, size);
		if (n > 0 && f->name->unlinked && (uint32_t)n + 10 < size) memcpy(text + n - 1, " (deleted)", 11);
		return n < 0 ? n : 0;
	}
	if (i && anon_name_of(i)) {
		fmt_snprintf(text, size, "anon_inode:%s", anon_name_of(i));
		return 0;
	}
	const char *kind = !i ? "anon_inode" : S_ISFIFO(i->mode) ? "pipe" : S_ISSOCK(i->mode) ? "socket" : "anon_inode";
	fmt_snprintf(text, size, "%s:[%u]", kind, i ? i->ino : 0);
	return 0;
}

static int fd_link(const struct proc_node *n, char *text, uint32_t size, struct name **target, const struct fs_caller *who)
{
	struct file *f = proc_census ? proc_census->get_fd(n->id, n->fd) : NULL;

	if (!f) return -ENOENT;
	int err = describe(f, text, size, who);
	if (!err && f->name) {
		name_ref(f->name);
		*target = f->name;
	} else if (!err && f->inode) {
		inode_ref(f->inode);
		*target = name_anonymous(f->inode, text);
		if (!*target) {
			inode_unref(f->inode);
			err = -ENOMEM;
		}
	}
	file_unref(f);
	return err;
}

/** The link's text (terminated) and, unless it is only text, its target (referenced). */
static int resolve(const struct inode *i, char *text, uint32_t size, struct name **target, const struct fs_caller *who)
{
	const struct proc_node *n = proc_node(i);
	const struct pid_row *row = n->row;

	*target = NULL;
	text[0] = '\0';
	if (n->kind == PROC_SELF) {
		fmt_snprintf(text, size, "%u", who->ops->pid(who));
		return 0;
	}
	if (n->kind == PROC_THREAD_SELF) {
		fmt_snprintf(text, size, "%u/task/%u", who->ops->pid(who), who->ops->tid(who));
		return 0;
	}
	if (n->kind == PROC_FD_LINK) {
		uint32_t uid, gid;
		if (!proc_census || !proc_census->owner(n->id, &uid, &gid)) return -ENOENT;
		if (!has_cap(who, CAP_SYS_PTRACE) && who->cred->fsuid != uid) return -EACCES;
		return fd_link(n, text, size, target, who);
	}
	int err = row->link(n->id, text, size, target, who);
	return err < 0 ? err : 0;
}

static int resolve_alloc(const struct inode *i, char **text, struct name **target, const struct fs_caller *who)
{
	*text = kmalloc(PATH_MAX);
	if (!*text) return -ENOMEM;
	int err = resolve(i, *text, PATH_MAX, target, who);
	if (err) {
		name_unref(*target);
		kfree(*text);
	}
	return err;
}

static int proc_readlink(struct inode *i, char *out, uint32_t size, const struct fs_caller *who)
{
	struct name *target;
	char *text;
	int err = resolve_alloc(i, &text, &target, who);

	if (err) return err;
	int n = copy_text(out, size, text);
	name_unref(target);
	kfree(text);
	return n;
}

static int proc_follow(struct inode *i, struct name **out, const struct fs_caller *who)
{
	char *text;
	int err = resolve_alloc(i, &text, out, who);

	if (!err) kfree(text);
	return err;
}

const struct inode_ops proc_link_ops = {.readlink = proc_readlink, .follow = proc_follow, .refresh = refresh, .evict = evict};

/* ---- the file systems */
static int statfs(uint32_t magic, struct linux_statfs64 *out)
{
	memset(out, 0, sizeof *out);
	out->type = magic;
	out->bsize = out->frsize = PAGE_SIZE;
	out->namelen = NAME_MAX;
	return 0;
}

static int proc_statfs(struct superblock *sb, struct linux_statfs64 *out)
{
	UNUSED(sb);
	return statfs(PROC_SUPER_MAGIC, out);
}

static int sys_statfs(struct superblock *sb, struct linux_statfs64 *out)
{
	UNUSED(sb);
	return statfs(SYSFS_MAGIC, out);
}

static int make_tree(struct superblock *sb, uint32_t tree, struct superblock **out)
{
	const struct proc_node root = {.kind = PROC_DIR, .id = tree, .path = ""};

	if (!sb) return -ENOMEM;
	sb->statfs = tree == TREE_SYS ? sys_statfs : proc_statfs;
	int err = proc_inode(sb, S_IFDIR | 0555, &root, &sb->root);
	if (err) {
		superblock_unref(sb);
		return err;
	}
	*out = sb;
	return 0;
}

int proc_make(const char *source, const char *data, struct superblock **out)
{
	UNUSED(data);
	return make_tree(superblock_new("proc", source), TREE_PROC, out);
}

int sysfs_make(const char *source, const char *data, struct superblock **out)
{
	UNUSED(data);
	return make_tree(superblock_new("sysfs", source), TREE_SYS, out);
}
