/* fixture.c - a root tmpfs and a caller for the tests of fs.
 * Called by: the tests.
 * Never: hides an error: helpers return what the kernel returned.  */
#include "tests/host/fs/fixture.h"
#include "kernel/base/bootopt.h"

struct cred user_cred;
struct fs_caller who;
uint32_t raised, raised_pgrp, pgrp_signal, pgrp_signalled, my_pgrp, my_session;
bool leader, deaf, orphaned;
struct tty *ctty;
static uint32_t pieces_before;
static struct superblock *root_fs;

static uint32_t op_pid(const struct fs_caller *c) { UNUSED(c); return 7; }
static uint32_t op_pgrp(const struct fs_caller *c) { UNUSED(c); return my_pgrp; }
static uint32_t op_session(const struct fs_caller *c) { UNUSED(c); return my_session; }
static bool op_leader(const struct fs_caller *c) { UNUSED(c); return leader; }
static struct tty *op_ctty(const struct fs_caller *c) { UNUSED(c); return ctty; }
static int op_set_ctty(const struct fs_caller *c, struct tty *t) { UNUSED(c); ctty = t; return 0; }
static bool op_deaf(const struct fs_caller *c, int sig) { UNUSED(c); UNUSED(sig); return deaf; }
static bool op_orphaned(const struct fs_caller *c) { UNUSED(c); return orphaned; }
static void op_raise(const struct fs_caller *c, int sig) { UNUSED(c); raised = (uint32_t)sig; }
static void op_raise_pgrp(const struct fs_caller *c, int sig) { UNUSED(c); raised_pgrp = (uint32_t)sig; }
static bool op_exists(uint32_t pgrp) { return pgrp < 200; }
static bool op_in_session(uint32_t pgrp, uint32_t session) { UNUSED(session); return pgrp < 100; }
static const struct fs_caller_ops ops = {
	.pid = op_pid, .pgrp = op_pgrp, .session = op_session, .is_session_leader = op_leader, .ctty = op_ctty, .set_ctty = op_set_ctty,
	.signal_ignored_or_blocked = op_deaf, .pgrp_orphaned = op_orphaned, .raise = op_raise, .raise_pgrp = op_raise_pgrp,
	.pgrp_in_session = op_in_session, .pgrp_exists = op_exists,
};

static void signal_pgrp(uint32_t pgrp, int sig)
{
	pgrp_signalled = pgrp;
	pgrp_signal = (uint32_t)sig;
}

int fixture_begin(void **state)
{
	UNUSED(state);
	stub_reset();
	pieces_before = stub_heap_pieces();
	names_init();
	assert_int_equal(tmpfs_make("tmpfs", "mode=755", &root_fs), 0);
	assert_int_equal(mount_add(NULL, root_fs, 0), 0);
	user_cred = (struct cred){.effective = CAP_ALL};
	who = (struct fs_caller){.cred = &user_cred, .umask = 022, .root = name_root(), .cwd = name_root(), .owner = &who,
	                         .fsize_limit = UINT64_MAX, .ops = &ops};
	raised = raised_pgrp = pgrp_signal = pgrp_signalled = 0;
	leader = deaf = orphaned = false;
	ctty = NULL;
	my_pgrp = my_session = 7;
	fs_signal_pgrp = signal_pgrp;
	return 0;
}

int fixture_end(void **state)
{
	UNUSED(state);
	assert_int_equal(name_root()->refs, 1);
	name_unref(name_root());
	assert_int_equal(stub_heap_pieces(), pieces_before);
	assert_int_equal(stub_frames_used(), 0);
	assert_int_equal(pages_cached_total, 0);
	return 0;
}

struct superblock *root_sb(void) { return root_fs; }

int open_at(const char *path, uint32_t flags, struct file **out) { return file_open(NULL, path, flags, 0644, &who, out); }

int walk_to(const char *path, uint32_t flags, struct name **out)
{
	struct walk w;
	int err = name_walk(&w, NULL, path, flags, &who);

	*out = w.name;
	return err;
}

int exists(const char *path)
{
	struct name *n;
	int err = walk_to(path, 0, &n);

	name_unref(n);
	return err;
}

int make_dir(const char *path)
{
	struct walk w;
	int err = name_walk(&w, NULL, path, WALK_PARENT, &who);

	if (!err) err = name_mkdir(w.name, w.last, w.last_len, 0777, &who);
	name_unref(w.name);
	return err;
}

int make_link(const char *path, const char *text)
{
	struct walk w;
	int err = name_walk(&w, NULL, path, WALK_PARENT, &who);

	if (!err) err = name_symlink(w.name, w.last, w.last_len, text, &who);
	name_unref(w.name);
	return err;
}

int make_hard(const char *path, const char *to)
{
	struct walk w;
	struct name *target;
	int err = walk_to(to, 0, &target);

	if (err) return err;
	err = name_walk(&w, NULL, path, WALK_PARENT, &who);
	if (!err) err = name_link(w.name, w.last, w.last_len, target, &who);
	name_unref(w.name);
	name_unref(target);
	return err;
}

static int remove_with(const char *path, int (*op)(struct name *, const char *, uint32_t, const struct fs_caller *))
{
	struct walk w;
	int err = name_walk(&w, NULL, path, WALK_PARENT, &who);

	if (!err) err = op(w.name, w.last, w.last_len, &who);
	name_unref(w.name);
	return err;
}

int rm(const char *path) { return remove_with(path, name_unlink); }
int rm_dir(const char *path) { return remove_with(path, name_rmdir); }

int mv(const char *a, const char *b, uint32_t flags)
{
	struct walk from, to;
	int err = name_walk(&from, NULL, a, WALK_PARENT, &who);

	if (err) return err;
	err = name_walk(&to, NULL, b, WALK_PARENT, &who);
	if (!err) err = name_rename(from.name, from.last, from.last_len, to.name, to.last, to.last_len, flags, &who);
	name_unref(from.name);
	name_unref(to.name);
	return err;
}

int32_t read_some(struct file *f, void *buf, uint32_t n)
{
	struct uio u;
	uio_init_kernel(&u, buf, n);
	return file_read(f, &u, NULL, &who);
}

int32_t write_some(struct file *f, const void *buf, uint32_t n)
{
	struct uio u;
	uio_init_kernel(&u, (void *)(uintptr_t)buf, n);
	return file_write(f, &u, NULL, &who);
}

void write_file(const char *path, const char *text)
{
	struct file *f;
	assert_int_equal(open_at(path, O_WRONLY | O_CREAT | O_TRUNC, &f), 0);
	assert_int_equal(write_some(f, text, (uint32_t)strlen(text)), strlen(text));
	file_unref(f);
}

const char *read_path(const char *path)
{
	static char text[65536];
	struct file *f;
	uint32_t at = 0;
	int32_t n = open_at(path, O_RDONLY, &f);

	text[0] = '\0';
	if (n) return text;
	while ((n = read_some(f, text + at, (uint32_t)sizeof text - 1 - at)) > 0) at += (uint32_t)n;
	text[at] = '\0';
	file_unref(f);
	return text;
}

static bool add_name(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next)
{
	char *text = ctx;
	size_t at = strlen(text);

	assert_true(ino != 0 && ino < 0x80000000u && next < 0x80000000u);
	UNUSED(dtype);
	memcpy(text + at, name, len);
	text[at + len] = ' ';
	text[at + len + 1] = '\0';
	return true;
}

const char *list_dir(const char *path)
{
	static char text[8192];
	struct file *f;
	uint64_t cookie = 0;

	text[0] = '\0';
	if (open_at(path, O_RDONLY | O_DIRECTORY, &f)) return "?";
	assert_int_equal(f->ops->readdir(f, &cookie, add_name, text), 0);
	file_unref(f);
	return text;
}

/* Nothing is mapped here. */
void backing_cut(struct backing *b, uint32_t first, uint32_t end, bool copies)
{
	UNUSED(b);
	UNUSED(first);
	UNUSED(end);
	UNUSED(copies);
}

bool backing_writable(const struct backing *b)
{
	UNUSED(b);
	return false;
}

/* No option is given. */
bool bootopt_str(const char *key, char *out, uint32_t size)
{
	UNUSED(key);
	UNUSED(out);
	UNUSED(size);
	return false;
}

bool bootopt_flag(const char *key)
{
	UNUSED(key);
	return false;
}
