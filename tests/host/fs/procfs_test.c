/* procfs_test.c - /proc and /dev as programs read them.
 * Run by: make test-host-fs.
 * Never: needs a process; a census of made-up ones answers.  */
#include "tests/host/fs/fixture.h"

static struct file *open_file;
static uint32_t stored_pid;
static char stored[64];

static uint32_t next_pid(uint32_t after) { return after < 1 ? 1 : after < 7 ? 7 : after < 30 ? 30 : 0; }
static bool owner(uint32_t pid, uint32_t *uid, uint32_t *gid)
{
	*uid = *gid = pid == 30 ? 1000 : 0;
	return pid == 1 || pid == 7 || pid == 30;
}
static int32_t next_fd(uint32_t pid, int32_t after) { return pid == 7 && open_file && after < 4 ? 4 : -1; }
static struct file *get_fd(uint32_t pid, int32_t fd)
{
	if (pid != 7 || fd != 4 || !open_file) return NULL;
	file_ref(open_file);
	return open_file;
}
static uint32_t next_task(uint32_t pid, uint32_t after) { return after < pid ? pid : 0; }
static const struct proc_census census = {.next_pid = next_pid, .next_task = next_task, .owner = owner, .next_fd = next_fd, .get_fd = get_fd};

static int show_hello(struct text_sink *s, const struct fs_caller *c)
{
	UNUSED(c);
	sink_printf(s, "hello %d\n", 42);
	return 0;
}
static int show_long(struct text_sink *s, const struct fs_caller *c)
{
	UNUSED(c);
	for (int n = 0; n < 2000; n++) sink_printf(s, "line %d\n", n);
	return 0;
}
static int show_pid(struct text_sink *s, uint32_t pid, const struct fs_caller *c)
{
	UNUSED(c);
	sink_printf(s, "pid %u\n", pid);
	return 0;
}
static int store_pid(uint32_t pid, const char *text, uint32_t n, const struct fs_caller *c)
{
	UNUSED(c);
	stored_pid = pid;
	memcpy(stored, text, n + 1);
	return text[0] == 'x' ? -EINVAL : 0;
}
static int link_root(uint32_t pid, char *out, uint32_t size, struct name **target, const struct fs_caller *c)
{
	UNUSED(pid);
	name_ref(c->root);
	*target = c->root;
	return name_path(c->root, c->root, out, size);
}
static uint32_t next_node(uint32_t after) { return after < 2 ? 2 : after < 3 ? 3 : 0; }
static int show_node(struct text_sink *s, uint32_t id, const struct fs_caller *c)
{
	UNUSED(c);
	sink_printf(s, "node %u\n", id);
	return 0;
}

static int begin(void **state)
{
	static struct proc_row rows[] = {
		{.path = "hello", .mode = 0444, .show = show_hello},
		{.path = "sys/kernel/a", .mode = 0444, .show = show_hello},
		{.path = "sys/kernel/b", .mode = 0444, .show = show_long},
		{.path = "sys/vm/c", .mode = 0444, .show = show_hello},
		{.path = "hpc/stats", .mode = 0444, .show = show_hello},
	};
	static struct pid_row pid[] = {
		{.name = "stat", .mode = 0444, .show = show_pid},
		{.name = "goto", .mode = 0644, .show = show_pid, .store = store_pid},
		{.name = "root", .mode = 0777, .link = link_root},
	};
	static struct proc_dynrow dyn[] = {
		{.dir = "hpc/nodes", .next_id = next_node, .name = "status", .show = show_node},
		{.dir = "hpc/nodes", .next_id = next_node, .name = "mem", .show = show_node},
	};
	static struct fstype types[] = {
		{.name = "tmpfs", .make = tmpfs_make, .nodev = true}, {.name = "proc", .make = proc_make, .nodev = true},
		{.name = "devtmpfs", .make = devtmpfs_make, .nodev = true},
	};
	struct name *at;

	fixture_begin(state);
	for (uint32_t n = 0; n < ARRAY_LEN(types); n++) fstype_register(&types[n]);
	for (uint32_t n = 0; n < ARRAY_LEN(rows); n++) proc_register(&rows[n]);
	for (uint32_t n = 0; n < ARRAY_LEN(pid); n++) proc_register_pid(&pid[n]);
	for (uint32_t n = 0; n < ARRAY_LEN(dyn); n++) proc_register_dyn(&dyn[n]);
	proc_rows_init();
	proc_set_census(&census);
	open_file = NULL;
	assert_int_equal(make_dir("/proc"), 0);
	assert_int_equal(walk_to("/proc", 0, &at), 0);
	assert_int_equal(fstype_mount("proc", "proc", NULL, at, MS_NOSUID, &who), 0);
	name_unref(at);
	return 0;
}

static int finish(void **state)
{
	struct name *at;

	file_unref(open_file);
	assert_int_equal(walk_to("/proc", 0, &at), 0);
	assert_int_equal(mount_remove(at, 0), 0);
	name_unref(at);
	return fixture_end(state);
}

static void fixed_rows(void **state)
{
	struct file *f;
	char buf[32];
	UNUSED(state);
	assert_string_equal(read_path("/proc/hello"), "hello 42\n");
	assert_string_equal(read_path("/proc/sys/kernel/a"), "hello 42\n");
	assert_int_equal(strlen(read_path("/proc/sys/kernel/b")), 2000 * 6 + 10 + 90 * 2 + 900 * 3 + 1000 * 4);
	assert_int_equal(exists("/proc/nothing"), -ENOENT);
	assert_int_equal(exists("/proc/sys/kern"), -ENOENT);
	assert_int_equal(exists("/proc/hello/x"), -ENOTDIR);
	assert_int_equal(open_at("/proc/hello", O_WRONLY, &f), -EACCES);
	assert_int_equal(open_at("/proc/new", O_CREAT | O_RDWR, &f), -ENOENT);
	assert_int_equal(make_dir("/proc/new"), -ENOENT);
	assert_int_equal(open_at("/proc/hello", O_RDONLY, &f), 0);
	assert_int_equal(read_some(f, buf, 3), 3);
	assert_int_equal(read_some(f, buf, 30), 6);
	assert_memory_equal(buf, "lo 42\n", 6);
	assert_int_equal(file_seek(f, 0, SEEK_SET), 0);
	assert_int_equal(read_some(f, buf, 30), 9);
	file_unref(f);
	assert_string_equal(list_dir("/proc/sys"), ". .. kernel vm ");
	assert_string_equal(list_dir("/proc/sys/kernel"), ". .. a b ");
}

static void processes(void **state)
{
	struct file *f;
	struct name *n;
	struct linux_stat64 st;
	UNUSED(state);
	assert_string_equal(list_dir("/proc"), ". .. self hello sys hpc mounts filesystems devices 1 7 30 ");
	assert_string_equal(list_dir("/proc/7"), ". .. fd task stat goto root mounts mountinfo ");
	assert_string_equal(read_path("/proc/30/stat"), "pid 30\n");
	assert_string_equal(read_path("/proc/self/stat"), "pid 7\n");
	assert_string_equal(read_path("/proc/30/task/30/stat"), "pid 30\n");
	assert_string_equal(list_dir("/proc/7/task"), ". .. 7 ");
	assert_string_equal(list_dir("/proc/7/task/7"), ". .. fd stat goto root mounts mountinfo "); /* or a walk would never end */
	assert_int_equal(exists("/proc/7/task/7/task"), -ENOENT);
	assert_int_equal(exists("/proc/7/task/30"), -ENOENT);
	assert_int_equal(exists("/proc/8"), -ENOENT);
	assert_int_equal(exists("/proc/07"), -ENOENT);
	assert_int_equal(exists("/proc/99999999999"), -ENOENT);
	assert_int_equal(walk_to("/proc/30/stat", 0, &n), 0);
	inode_stat(n->inode, &st);
	assert_int_equal(st.uid, 1000);
	assert_int_equal(st.size, 0);
	name_unref(n);
	assert_int_equal(open_at("/proc/30/goto", O_WRONLY | O_TRUNC, &f), 0);
	assert_int_equal(write_some(f, "3\n", 2), 2);
	assert_int_equal(stored_pid, 30);
	assert_string_equal(stored, "3\n");
	assert_int_equal(write_some(f, "x", 1), -EINVAL);
	file_unref(f);
	assert_int_equal(walk_to("/proc/7/root", WALK_FOLLOW, &n), 0);
	assert_ptr_equal(n, name_root());
	name_unref(n);
	assert_string_equal(read_path("/proc/7/root/proc/hello"), "hello 42\n");
}

static int read_link(const char *path, char *out, uint32_t size)
{
	struct name *n;
	int err = walk_to(path, 0, &n);

	if (err) return err;
	int len = n->inode->ops->readlink(n->inode, out, size, &who);
	if (len >= 0) out[len] = '\0';
	name_unref(n);
	return len;
}

static void open_files(void **state)
{
	struct file *ends[2], *f;
	char text[64];
	UNUSED(state);
	assert_string_equal(list_dir("/proc/7/fd"), ". .. ");
	write_file("/f", "content");
	assert_int_equal(open_at("/f", O_RDONLY, &open_file), 0);
	assert_string_equal(list_dir("/proc/7/fd"), ". .. 4 ");
	assert_int_equal(read_link("/proc/self/fd/4", text, sizeof text - 1), 2);
	assert_string_equal(text, "/f");
	assert_string_equal(read_path("/proc/self/fd/4"), "content");
	assert_int_equal(rm("/f"), 0);
	read_link("/proc/self/fd/4", text, sizeof text - 1);
	assert_string_equal(text, "/f (deleted)");
	assert_string_equal(read_path("/proc/self/fd/4"), "content");
	assert_int_equal(exists("/proc/7/fd/5"), -ENOENT);
	file_unref(open_file);
	assert_int_equal(pipe_create(ends, 0, &who), 0);
	open_file = ends[0];
	read_link("/proc/self/fd/4", text, sizeof text - 1);
	assert_memory_equal(text, "pipe:[", 6);
	write_some(ends[1], "through", 7);
	assert_int_equal(open_at("/proc/self/fd/4", O_RDONLY, &f), 0); /* as /dev/fd/63 of bash */
	file_unref(ends[1]);
	assert_int_equal(read_some(f, text, 20), 7);
	file_unref(f);
	user_cred = (struct cred){.fsuid = 5, .euid = 5};
	assert_int_equal(exists("/proc/7/fd/4"), -EACCES);
	user_cred = (struct cred){.effective = CAP_ALL};
}

static void computed_directories(void **state)
{
	UNUSED(state);
	assert_string_equal(list_dir("/proc/hpc"), ". .. stats nodes ");
	assert_string_equal(list_dir("/proc/hpc/nodes"), ". .. 2 3 ");
	assert_string_equal(list_dir("/proc/hpc/nodes/3"), ". .. status mem ");
	assert_string_equal(read_path("/proc/hpc/nodes/3/mem"), "node 3\n");
	assert_int_equal(exists("/proc/hpc/nodes/4"), -ENOENT);
	assert_string_equal(read_path("/proc/hpc/stats"), "hello 42\n");
}

static void own_rows(void **state)
{
	UNUSED(state);
	assert_string_equal(read_path("/proc/mounts"), "tmpfs / tmpfs rw 0 0\nproc /proc proc rw,nosuid 0 0\n");
	assert_string_equal(read_path("/proc/self/mounts"), read_path("/proc/mounts"));
	assert_string_equal(read_path("/proc/filesystems"), "nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n");
	assert_non_null(strstr(read_path("/proc/self/mountinfo"), " /proc rw,nosuid - proc proc rw\n"));
}

static bool two_entries(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next)
{
	char *text = ctx;
	size_t at = strlen(text);
	UNUSED(ino), UNUSED(dtype), UNUSED(next);
	if (at > 0 && text[0]++ == 'C') return false;
	if (at == 0) text[at++] = 'A';
	memcpy(text + at, name, len);
	memcpy(text + at + len, " ", 2);
	return true;
}

/** Read two entries at a time: the cookies must lead through all without loss or repetition. */
static void small_buffers(void **state)
{
	struct file *f;
	uint64_t cookie = 0, before = 1;
	char all[512] = "", some[256];
	UNUSED(state);
	assert_int_equal(open_at("/proc", O_RDONLY, &f), 0);
	while (before != cookie) {
		before = cookie;
		memset(some, 0, sizeof some);
		assert_int_equal(f->ops->readdir(f, &cookie, two_entries, some), 0);
		if (some[0]) memcpy(all + strlen(all), some + 1, strlen(some + 1) + 1);
	}
	file_unref(f);
	assert_string_equal(all, list_dir("/proc"));
}

static int32_t zero_reads(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *c)
{
	UNUSED(f), UNUSED(pos), UNUSED(c);
	return uio_zero(u, u->left);
}

static void devices(void **state)
{
	static const struct file_ops ops = {.read = zero_reads, .seek = file_no_seek};
	static struct dev_row first = {.name = "first", .rdev = 0x901, .mode = S_IFCHR | 0666, .ops = &ops};
	static struct dev_row later = {.name = "later", .rdev = 0x902, .mode = S_IFCHR | 0600, .ops = &ops};
	struct name *at;
	struct file *f;
	char buf[4] = "abc";
	UNUSED(state);
	dev_register(&first);
	assert_int_equal(make_dir("/dev"), 0);
	assert_int_equal(walk_to("/dev", 0, &at), 0);
	assert_int_equal(fstype_mount("devtmpfs", "devtmpfs", NULL, at, 0, &who), 0);
	name_unref(at);
	dev_register(&later);
	assert_string_equal(list_dir("/dev"), ". .. fd stdin stdout stderr shm pts first later ");
	assert_int_equal(open_at("/dev/later", O_RDWR, &f), 0);
	assert_int_equal(read_some(f, buf, 3), 3);
	assert_memory_equal(buf, "\0\0\0", 3);
	assert_int_equal(write_some(f, "x", 1), -EINVAL);
	file_unref(f);
	assert_string_equal(read_path("/proc/devices"), "Character devices:\n  9 first\n\nBlock devices:\n");
	assert_int_equal(walk_to("/dev", 0, &at), 0);
	assert_int_equal(mount_remove(at, 0), 0);
	name_unref(at);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, finish)
int main(void)
{
	/* devices last: the first /dev is kept for rows to come, and so is its superblock */
	const struct CMUnitTest tests[] = {
		T(fixed_rows), T(processes), T(open_files), T(computed_directories), T(own_rows), T(small_buffers),
		cmocka_unit_test_setup(devices, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
