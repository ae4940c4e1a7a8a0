/* calls_test.c - halves against a fake user memory: vectors in slices, positions, seeking, times, sendfile.
 * Run by: make test-host-syscall.  One open file that records what it is asked.
 * Never: a real file system (tests/host/fs). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"
#include "tests/host/syscall/fake_umem.h"

/* ---- the kernel around: one file, descriptor 3 */
static struct inode node = {.mode = S_IFREG | 0644};
const struct file_ops regular_file_ops;
static struct file file = {.ops = &regular_file_ops, .inode = &node, .flags = O_RDWR};
static int refs, pieces;
static uint8_t sink[0x20000];
static uint32_t sunk, ready;
static uint64_t last_at;
static bool had_at;

struct file *fd_get(const struct fdtable *t, int32_t fd) { (void)t; return fd == 3 ? (refs++, &file) : NULL; }
void file_unref(struct file *f) { (void)f; refs--; }
uint32_t file_poll(struct file *f, struct pollset *ps) { (void)f; (void)ps; return ready; }

static void note(const uint64_t *at)
{
	had_at = at != NULL;
	last_at = at ? *at : 0;
}
int32_t file_write(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who)
{
	(void)f; (void)who;
	note(at);
	int32_t n = uio_from(u, sink, u->left);
	sunk = n > 0 ? (uint32_t)n : 0;
	return n;
}
int32_t file_read(struct file *f, struct uio *u, const uint64_t *at, const struct fs_caller *who)
{
	(void)f; (void)who;
	note(at);
	memset(sink, 'r', sizeof sink);
	return uio_to(u, sink, MIN(u->left, (uint32_t)sizeof sink));
}
int32_t file_read_kernel(struct file *f, void *buf, uint32_t n, uint64_t at, const struct fs_caller *who)
{
	(void)f; (void)who;
	uint32_t end = 10000, got = at >= end ? 0 : MIN(n, end - (uint32_t)at);
	memset(buf, 's', got);
	return (int32_t)got;
}
int64_t file_seek(struct file *f, int64_t off, int whence) { (void)f; (void)whence; return off; }
void mutex_lock(struct mutex *m) { (void)m; }
void mutex_unlock(struct mutex *m) { (void)m; }
void preempt_point(void) {}
void *kmalloc(uint32_t n) { pieces++; return __builtin_malloc(n); }
void kfree(void *p) { if (p) { pieces--; __builtin_free(p); } }
int name_walk(struct walk *w, struct name *s, const char *p, uint32_t f, const struct fs_caller *c) { (void)w; (void)s; (void)p; (void)f; (void)c; return -ENOENT; }
void name_ref(struct name *n) { (void)n; }
void name_unref(struct name *n) { (void)n; }
void inode_ref(struct inode *i) { (void)i; }

static struct group group;
static struct task task;
static struct ucall c;

static int setup(void **state)
{
	(void)state;
	memset(fake_bytes, 0, sizeof fake_bytes);
	memset(&group, 0, sizeof group);
	memset(&task, 0, sizeof task);
	task.home.group = &group;
	c = (struct ucall){.task = &task, .mem = &fake_umem, .arg = {3}};
	ready = POLLIN;
	node.mode = S_IFREG | 0644;
	file.flags = O_RDWR;
	file.pos = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(refs, 0);
	assert_int_equal(pieces, 0);
	return 0;
}

#define VEC FAKE_USER
static void vec(uint32_t i, uint32_t base, uint32_t len)
{
	struct linux_iovec v = {base, len};
	memcpy(fake_at(VEC + 8 * i), &v, 8);
}

static void bad_descriptors(void **state)
{
	(void)state;
	c.arg[0] = 4;
	assert_int_equal(sys_read(&c), -EBADF);
	assert_int_equal(sys_writev(&c), -EBADF);
	c.arg[0] = 3;
	file.flags = O_PATH;
	assert_int_equal(sys_read(&c), -EBADF);
}

static void writev_gathers_and_slices(void **state)
{
	(void)state;
	memcpy(fake_at(FAKE_USER + 0x1000), "hello ", 6);
	memcpy(fake_at(FAKE_USER + 0x2000), "world", 5);
	vec(0, FAKE_USER + 0x1000, 6);
	vec(1, 0, 0);
	vec(2, FAKE_USER + 0x2000, 5);
	c.arg[1] = VEC;
	c.arg[2] = 3;
	assert_int_equal(sys_writev(&c), 11);
	assert_memory_equal(sink, "hello world", 11);
	c.skip = 4;
	assert_int_equal(sys_writev(&c), 7);
	assert_memory_equal(sink, "o world", 7);
	c.skip = 11;
	assert_int_equal(sys_writev(&c), 0);
	c.skip = 0;
	vec(0, FAKE_USER + 0x1000, 0xf000);
	vec(1, FAKE_USER + 0x1000, 0xf000);
	assert_int_equal(sys_writev(&c), SYSCALL_SLICE);
	c.skip = SYSCALL_SLICE;
	assert_int_equal(sys_writev(&c), 0x1e000 + 5 - SYSCALL_SLICE);
}

static void bad_vectors(void **state)
{
	(void)state;
	c.arg[1] = VEC;
	c.arg[2] = IOV_MAX + 1;
	assert_int_equal(sys_readv(&c), -EINVAL);
	c.arg[2] = 2;
	vec(0, FAKE_USER, 0x80000000u);
	assert_int_equal(sys_readv(&c), -EINVAL);
	vec(0, FAKE_USER, 0x7fffffffu);
	vec(1, FAKE_USER, 1);
	assert_int_equal(sys_readv(&c), SYSCALL_SLICE); /* what is beyond 2 GiB is left out */
	c.arg[1] = 0x5;
	assert_int_equal(sys_readv(&c), -EFAULT);
	c.arg[2] = 0;
	assert_int_equal(sys_readv(&c), 0);
}

static void positions(void **state)
{
	(void)state;
	c.arg[1] = FAKE_USER;
	c.arg[2] = 8;
	c.arg[3] = 0x10;
	c.arg[4] = 2;
	assert_int_equal(sys_pread64(&c), 8);
	assert_true(had_at && last_at == 0x200000010ull);
	assert_int_equal(sys_read(&c), 8);
	assert_false(had_at);
	c.arg[4] = 0x80000000u;
	assert_int_equal(sys_pread64(&c), -EINVAL);
	node.mode = S_IFIFO;
	c.arg[4] = 0;
	assert_int_equal(sys_pwrite64(&c), -ESPIPE);
}

static void a_faulting_buffer(void **state)
{
	(void)state;
	c.arg[1] = FAKE_USER + FAKE_BYTES - 4;
	c.arg[2] = 8;
	assert_int_equal(sys_read(&c), 4);
	c.arg[1] = 0;
	assert_int_equal(sys_read(&c), -EFAULT);
	assert_int_equal(sys_write(&c), -EFAULT);
}

static void later_slices_do_not_wait(void **state)
{
	(void)state;
	c.arg[1] = FAKE_USER;
	c.arg[2] = 8;
	ready = 0;
	c.nonblock = true;
	assert_int_equal(sys_read(&c), 0);
	ready = POLLIN;
	assert_int_equal(sys_read(&c), 8);
}

static void seeking(void **state)
{
	(void)state;
	c.arg[1] = (uint32_t)-5;
	assert_int_equal(sys_lseek(&c), -5);
	c.arg[2] = 5;
	assert_int_equal(sys_lseek(&c), -EINVAL);
	c.arg[1] = 1;
	c.arg[2] = 7;
	c.arg[3] = FAKE_USER + 64;
	c.arg[4] = SEEK_SET;
	assert_int_equal(sys_llseek(&c), 0);
	uint64_t at;
	memcpy(&at, fake_at(FAKE_USER + 64), 8);
	assert_true(at == 0x100000007ull);
	c.arg[3] = 1;
	assert_int_equal(sys_llseek(&c), -EFAULT);
}

static void sendfile_counts_and_moves_the_offset(void **state)
{
	(void)state;
	uint64_t off = 9990;
	memcpy(fake_at(FAKE_USER + 64), &off, 8);
	c.arg[1] = 3;
	c.arg[2] = FAKE_USER + 64;
	c.arg[3] = 100;
	assert_int_equal(sys_sendfile64(&c), 10);
	memcpy(&off, fake_at(FAKE_USER + 64), 8);
	assert_true(off == 10000);
	c.arg[2] = 0;
	c.arg[3] = 9000;
	assert_int_equal(sys_sendfile64(&c), 9000);
	assert_true(file.pos == 9000);
	node.mode = S_IFIFO;
	assert_int_equal(sys_sendfile64(&c), -EINVAL);
}

static void times_are_checked(void **state)
{
	(void)state;
	uint64_t ns;
	struct linux_timespec32 t = {2, 5};
	memcpy(fake_at(FAKE_USER), &t, 8);
	assert_int_equal(arg_time(&c, FAKE_USER, TIME_32, &ns), 0);
	assert_true(ns == 2000000005ull);
	assert_int_equal(arg_time(&c, FAKE_USER, TIME_VAL, &ns), 0);
	assert_true(ns == 2000005000ull);
	t.nsec = 1000000000;
	memcpy(fake_at(FAKE_USER), &t, 8);
	assert_int_equal(arg_time(&c, FAKE_USER, TIME_32, &ns), -EINVAL);
	struct linux_timespec64 w = {.sec = INT64_MAX, .nsec = 1, .pad = 0xffffffff};
	memcpy(fake_at(FAKE_USER), &w, 16);
	assert_int_equal(arg_time(&c, FAKE_USER, TIME_64, &ns), 0); /* the pad is not looked at, for ever is for ever */
	w.sec = -1;
	memcpy(fake_at(FAKE_USER), &w, 16);
	assert_int_equal(arg_time(&c, FAKE_USER, TIME_64, &ns), -EINVAL);
	assert_int_equal(put_time(&c, FAKE_USER, TIME_VAL, 3000007999ull), 0);
	memcpy(&t, fake_at(FAKE_USER), 8);
	assert_int_equal(t.sec, 3);
	assert_int_equal(t.nsec, 7);
	assert_int_equal(put_time(&c, 0, TIME_VAL, 1), -EFAULT);
}

static void paths_are_fetched_whole(void **state)
{
	(void)state;
	char *path;
	memset(fake_at(FAKE_USER), 'a', PATH_MAX);
	assert_int_equal(arg_path(&c, FAKE_USER, &path), -ENAMETOOLONG);
	fake_bytes[PATH_MAX - 1] = 0;
	assert_int_equal(arg_path(&c, FAKE_USER, &path), 0);
	assert_int_equal(strlen(path), PATH_MAX - 1);
	kfree(path);
	fake_bytes[0] = 0;
	assert_int_equal(arg_path(&c, FAKE_USER, &path), 0);
	assert_string_equal(path, "");
	kfree(path);
	assert_int_equal(arg_path(&c, 0, &path), -EFAULT);
	fake_bytes[FAKE_BYTES - 1] = 'a';
	assert_int_equal(arg_path(&c, FAKE_USER + FAKE_BYTES - 1, &path), -EFAULT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(bad_descriptors), T(writev_gathers_and_slices), T(bad_vectors), T(positions), T(a_faulting_buffer),
		T(later_slices_do_not_wait), T(seeking), T(sendfile_counts_and_moves_the_offset), T(times_are_checked),
		T(paths_are_fetched_whole),
	};
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
