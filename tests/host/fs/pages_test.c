/* pages_test.c - the page cache, files over it, locks, descriptors.
 * Run by: make test-host-fs.
 * Never: leaves a page behind (fixture_end).  */
#include "kernel/mm/frame.h"
#include "tests/host/fs/fixture.h"

static uint8_t pattern[70000], back[70000];

static void fill_pattern(void)
{
	for (uint32_t n = 0; n < sizeof pattern; n++) pattern[n] = (uint8_t)(n * 7 + n / 251);
}

static void write_and_read_back(void **state)
{
	struct file *f;
	struct linux_stat64 st;
	UNUSED(state);
	fill_pattern();
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT, &f), 0);
	for (uint32_t at = 0, n = 1; at < sizeof pattern; at += n, n = MIN(n * 3, (uint32_t)sizeof pattern - at))
		assert_int_equal(write_some(f, pattern + at, n), n);
	assert_int_equal(file_seek(f, 0, SEEK_SET), 0);
	assert_int_equal(read_some(f, back, sizeof back), sizeof back);
	assert_memory_equal(back, pattern, sizeof back);
	assert_int_equal(read_some(f, back, 1), 0);
	inode_stat(f->inode, &st);
	assert_int_equal(st.size, sizeof pattern);
	assert_int_equal(st.blocks, 18 * 8);
	assert_int_equal(file_seek(f, -5, SEEK_END), sizeof pattern - 5);
	assert_int_equal(file_seek(f, -5, SEEK_SET), -EINVAL);
	assert_int_equal(file_seek(f, 0, 9), -EINVAL);
	file_unref(f);
}

static void holes(void **state)
{
	struct file *f;
	uint64_t far = 5ull << 30;
	UNUSED(state);
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT | O_LARGEFILE, &f), 0);
	assert_int_equal(file_seek(f, (int64_t)far, SEEK_SET), far);
	assert_int_equal(write_some(f, "end", 3), 3);
	assert_int_equal(pages_resident(f->inode), 1);
	assert_int_equal(f->inode->size, far + 3);
	memset(back, 1, 100);
	struct uio u;
	uio_init_kernel(&u, back, 100);
	assert_int_equal(file_read(f, &u, &(uint64_t){4000}, &who), 100);
	for (int n = 0; n < 100; n++) assert_int_equal(back[n], 0);
	assert_int_equal(pages_resident(f->inode), 1); /* reading a hole makes no page */
	assert_int_equal(f->inode->ops->truncate(f->inode, far + 1), 0);
	assert_int_equal(f->inode->ops->truncate(f->inode, far + 3), 0);
	uio_init_kernel(&u, back, 100);
	assert_int_equal(file_read(f, &u, &far, &who), 3);
	assert_memory_equal(back, "e\0\0", 3);
	file_unref(f);
	assert_int_equal(open_at("/f", O_RDWR, &f), 0); /* memory's own files open in any size, as on Linux */
	file_unref(f);
	assert_int_equal(open_at("/f", O_RDWR | O_TRUNC | O_LARGEFILE, &f), 0);
	assert_int_equal(pages_resident(f->inode), 0);
	file_unref(f);
}

static void many_pages_in_any_order(void **state)
{
	struct file *f;
	struct uio u;
	UNUSED(state);
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT | O_LARGEFILE, &f), 0);
	for (uint32_t n = 0; n < 2000; n++) {
		uint32_t index = n * 7919 % 2003 * (n % 3 ? 1 : 997);
		uint64_t at = (uint64_t)index * PAGE_SIZE;
		uio_init_kernel(&u, &index, 4);
		assert_int_equal(file_write(f, &u, &at, &who), 4);
	}
	for (uint32_t n = 0; n < 2000; n++) {
		uint32_t index = n * 7919 % 2003 * (n % 3 ? 1 : 997), v;
		uint64_t at = (uint64_t)index * PAGE_SIZE;
		uio_init_kernel(&u, &v, 4);
		assert_int_equal(file_read(f, &u, &at, &who), 4);
		assert_int_equal(v, index);
	}
	pages_truncate(f->inode, 1000 * PAGE_SIZE);
	f->inode->size = 1000 * PAGE_SIZE;
	assert_true(pages_resident(f->inode) <= 1000 && pages_resident(f->inode) > 0);
	file_unref(f);
}

static void append_and_limits(void **state)
{
	struct file *f;
	UNUSED(state);
	fill_pattern();
	assert_int_equal(open_at("/f", O_WRONLY | O_CREAT | O_APPEND, &f), 0);
	assert_int_equal(write_some(f, "ab", 2), 2);
	file_seek(f, 0, SEEK_SET);
	assert_int_equal(write_some(f, "cd", 2), 2);
	assert_string_equal(read_path("/f"), "abcd");
	assert_int_equal(f->pos, 4);
	assert_int_equal(read_some(f, back, 1), -EBADF);
	who.fsize_limit = PAGE_SIZE;
	assert_int_equal(write_some(f, pattern, 5000), 4092);
	assert_int_equal(raised, 0);
	assert_int_equal(write_some(f, pattern, 1), -EFBIG);
	assert_int_equal(raised, SIGXFSZ);
	who.fsize_limit = UINT64_MAX;
	file_unref(f);
	assert_int_equal(open_at("/f", O_RDONLY, &f), 0);
	assert_int_equal(write_some(f, "x", 1), -EBADF);
	file_unref(f);
}

static void user_faults_keep_partial_counts(void **state)
{
	struct file *f;
	struct stub_umem m;
	struct uio u;
	UNUSED(state);
	fill_pattern();
	stub_umem_init(&m, pattern, 6000);
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT, &f), 0);
	uio_init_user(&u, &m.m, uaddr(STUB_USER), 9000);
	assert_int_equal(file_write(f, &u, NULL, &who), 6000);
	assert_int_equal(f->inode->size, 6000);
	uio_init_user(&u, &m.m, uaddr(STUB_USER + 6000), 10);
	assert_int_equal(file_write(f, &u, NULL, &who), -EFAULT);
	assert_int_equal(f->pos, 6000);
	uio_init_user(&u, &m.m, uaddr(8), 10);
	assert_int_equal(file_read(f, &u, &(uint64_t){0}, &who), -EFAULT);
	file_unref(f);
}

static void backing_pages(void **state)
{
	struct file *f;
	struct backing *b;
	uint32_t pfn, ino_dev;
	uint64_t ino;
	char path[64];
	UNUSED(state);
	write_file("/f", "mapped");
	assert_int_equal(open_at("/f", O_RDWR, &f), 0);
	assert_int_equal(f->ops->backing(f, &b), 0);
	assert_int_equal(b->ops->get_page(b, 0, true, &pfn), 0);
	assert_memory_equal(frame_virt(pfn), "mapped\0\0", 8);
	assert_int_equal(frame_refs(pfn), 2);
	uint32_t version = f->inode->version;
	((char *)frame_virt(pfn))[0] = 'M';
	b->ops->dirtied(b, 0);
	assert_int_not_equal(f->inode->version, version);
	frame_unref(pfn);
	assert_int_equal(b->ops->get_page(b, 1, true, &pfn), -ENXIO);
	b->ops->describe(b, path, sizeof path, &ino_dev, &ino);
	assert_string_equal(path, "/f");
	assert_int_equal(ino, f->inode->ino);
	assert_string_equal(read_path("/f"), "Mapped");
	assert_int_equal(rm("/f"), 0);
	file_unref(f);
	assert_int_equal(b->ops->size(b), 6); /* lives as long as it is mapped */
	b->ops->unref(b);
	assert_int_equal(tmpfs_shared_backing(8192, &b), 0);
	assert_int_equal(b->ops->get_page(b, 1, true, &pfn), 0);
	frame_unref(pfn);
	b->ops->unref(b);
}

static void memory_gone(void **state)
{
	struct file *f;
	UNUSED(state);
	fill_pattern();
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT, &f), 0);
	stub_refuse_after = 3; /* the tree, and two pages */
	int32_t n = write_some(f, pattern, 60000);
	assert_true(n > 0 && n < 60000 && n % 4096 == 0);
	assert_int_equal(write_some(f, pattern, 10), -ENOSPC);
	stub_refuse_after = -1;
	assert_int_equal(f->inode->size, n);
	file_unref(f);
}

static void text_busy(void **state)
{
	struct file *f;
	struct name *n;
	UNUSED(state);
	write_file("/prog", "x");
	assert_int_equal(walk_to("/prog", 0, &n), 0);
	n->inode->n_exec = 1;
	assert_int_equal(open_at("/prog", O_WRONLY, &f), -ETXTBSY);
	assert_int_equal(open_at("/prog", O_RDONLY, &f), 0);
	file_unref(f);
	n->inode->n_exec = 0;
	assert_int_equal(open_at("/prog", O_WRONLY, &f), 0);
	assert_int_equal(n->inode->n_writers, 1);
	file_unref(f);
	assert_int_equal(n->inode->n_writers, 0);
	name_unref(n);
}

/* ---- descriptors */
static void descriptors(void **state)
{
	struct fdtable *t = fdtable_new(), *copy;
	struct file *f, *g;
	UNUSED(state);
	write_file("/f", "");
	t->limit = 256;
	assert_int_equal(fd_room(t), 0);
	for (int n = 0; n < 256; n++) {
		assert_int_equal(open_at("/f", O_RDONLY, &f), 0);
		assert_int_equal(fd_install(t, f, 0, n % 2), n);
	}
	assert_int_equal(open_at("/f", O_RDONLY, &f), 0);
	assert_int_equal(fd_room(t), -EMFILE);
	assert_int_equal(fd_install(t, f, 0, false), -EMFILE);
	assert_int_equal(fd_install(t, f, 1024, false), -EMFILE);
	assert_int_equal(fd_close(t, 100, &who), 0);
	assert_int_equal(fd_close(t, 100, &who), -EBADF);
	assert_int_equal(fd_close(t, 64, &who), 0);
	assert_int_equal(fd_install(t, f, 65, false), 100);
	assert_int_equal(fd_flags_get(t, 100), 0);
	assert_int_equal(fd_flags_set(t, 100, true), 0);
	assert_int_equal(fd_flags_get(t, 100), FD_CLOEXEC);
	assert_int_equal(fd_flags_get(t, 64), -EBADF);
	g = fd_get(t, 100);
	assert_ptr_equal(g, f);
	assert_int_equal(fd_replace(t, 3, g, false), 3);
	assert_null(fd_get(t, -1));
	assert_null(fd_get(t, 99999));
	file_ref(g);
	assert_int_equal(fd_replace(t, 1024, g, false), -EBADF);
	file_unref(g);
	copy = fdtable_copy(t);
	fdtable_close_on_exec(copy);
	assert_int_equal(fd_flags_get(copy, 0), 0);
	assert_int_equal(fd_flags_get(copy, 1), -EBADF);
	assert_int_equal(fd_flags_get(t, 1), FD_CLOEXEC);
	fdtable_unref(copy);
	fdtable_ref(t);
	fdtable_unref(t);
	fdtable_unref(t);
}

/* ---- locks */
static int lock(struct file *f, const void *owner, int cmd, int type, int64_t start, int64_t len, struct linux_flock64 *out)
{
	struct linux_flock64 lk = {.type = (int16_t)type, .whence = SEEK_SET, .start = start, .len = len};
	who.owner = owner;
	int err = lock_posix(f, (uint32_t)cmd, &lk, &who);
	if (out) *out = lk;
	return err;
}

static void posix_locks(void **state)
{
	struct file *f;
	struct linux_flock64 lk;
	int a, b;
	UNUSED(state);
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT, &f), 0);
	assert_int_equal(lock(f, &a, F_SETLK64, F_WRLCK, 0, 100, NULL), 0);
	assert_int_equal(lock(f, &b, F_SETLK64, F_RDLCK, 99, 1, NULL), -EAGAIN);
	assert_int_equal(lock(f, &b, F_SETLK64, F_WRLCK, 100, 0, NULL), 0);
	assert_int_equal(lock(f, &a, F_SETLK64, F_UNLCK, 40, 20, NULL), 0); /* splits */
	assert_int_equal(lock(f, &b, F_GETLK64, F_WRLCK, 0, 0, &lk), 0);
	assert_int_equal(lk.type, F_WRLCK);
	assert_int_equal(lk.start, 0);
	assert_int_equal(lk.len, 40);
	assert_int_equal(lk.pid, 7);
	assert_int_equal(lock(f, &b, F_SETLK64, F_WRLCK, 40, 20, NULL), 0);
	assert_int_equal(lock(f, &b, F_SETLK64, F_UNLCK, 40, 20, NULL), 0);
	assert_int_equal(lock(f, &a, F_SETLK64, F_WRLCK, 40, 20, NULL), 0); /* merges again */
	assert_int_equal(lock(f, &b, F_GETLK64, F_RDLCK, 50, 1, &lk), 0);
	assert_int_equal(lk.len, 100);
	assert_int_equal(lock(f, &a, F_SETLKW64, F_WRLCK, 100, 1, NULL), -ERESTARTSYS); /* would wait for b */
	assert_int_equal(lock(f, &a, F_SETLK64, 9, 0, 0, NULL), -EINVAL);
	assert_int_equal(lock(f, &a, F_SETLK64, F_RDLCK, -5, 1, NULL), -EINVAL);
	lock_drop_owner(f->inode, &a);
	assert_int_equal(lock(f, &b, F_GETLK64, F_WRLCK, 0, 50, &lk), 0);
	assert_int_equal(lk.type, F_UNLCK);
	lock_drop_owner(f->inode, &b);
	file_unref(f);
}

static struct file *other_file;
static int other_unlocks(void)
{
	lock_flock(other_file, LOCK_UN, &who);
	return 0;
}

static void flocks(void **state)
{
	struct file *f, *g;
	UNUSED(state);
	assert_int_equal(open_at("/f", O_RDWR | O_CREAT, &f), 0);
	assert_int_equal(open_at("/f", O_RDWR, &g), 0);
	assert_int_equal(lock_flock(f, LOCK_SH, &who), 0);
	assert_int_equal(lock_flock(g, LOCK_SH | LOCK_NB, &who), 0);
	assert_int_equal(lock_flock(g, LOCK_EX | LOCK_NB, &who), -EAGAIN);
	other_file = f;
	stub_on_sleep = other_unlocks;
	assert_int_equal(lock_flock(g, LOCK_EX, &who), 0);
	stub_on_sleep = NULL;
	assert_int_equal(lock_flock(f, LOCK_SH, &who), -ERESTARTSYS);
	file_unref(g); /* the last close gives it up */
	assert_int_equal(lock_flock(f, LOCK_EX | LOCK_NB, &who), 0);
	file_unref(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_begin, fixture_end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(write_and_read_back), T(holes), T(many_pages_in_any_order), T(append_and_limits), T(user_faults_keep_partial_counts),
		T(backing_pages), T(memory_gone), T(text_busy), T(descriptors), T(posix_locks), T(flocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
