/* ext2_test.c - ext2 over a disk in memory, judged by e2fsck and by a model of what should be there.
 * Called by: make test-host-fs.  Needs e2fsprogs.
 * Never: accepts an image that e2fsck -fn does not.  */
#include "tests/host/fs/ramdisk.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = {"-b 1024", "-b 2048", "-b 4096", "-b 1024 -I 128 -O ^filetype", "-b 4096 -r 0"};

static void check_clean(void)
{
	assert_int_equal(ramdisk_umount(), 0);
	assert_int_equal(ramdisk_fsck("-fn"), 0);
}

static struct file *open_ok(const char *path, uint32_t flags)
{
	struct file *f = NULL;

	assert_int_equal(open_at(path, flags | O_LARGEFILE, &f), 0);
	return f;
}

static int32_t write_at(struct file *f, const void *buf, uint32_t n, uint64_t at)
{
	struct uio u;

	uio_init_kernel(&u, (void *)(uintptr_t)buf, n);
	return file_write(f, &u, &at, &who);
}

static int32_t read_at(struct file *f, void *buf, uint32_t n, uint64_t at)
{
	struct uio u;

	uio_init_kernel(&u, buf, n);
	return file_read(f, &u, &at, &who);
}

static int resize_to(struct file *f, uint64_t size)
{
	mutex_lock(&f->inode->lock);
	int err = f->inode->ops->truncate(f->inode, size);
	mutex_unlock(&f->inode->lock);
	return err;
}

/* ---- what others wrote is read */
static void reads_what_mke2fs_wrote(void **state)
{
	char line[400], dir[] = "/tmp/ext2_dir.XXXXXX";
	UNUSED(state);

	assert_non_null(mkdtemp(dir));
	snprintf(line, sizeof line, "cd %s && mkdir -p a/b/c && seq 1 9000 > a/b/seq && ln -s b/seq a/short && ln -s %0100d a/long && mkfifo a/fifo", dir, 7);
	assert_int_equal(system(line), 0);
	for (uint32_t k = 0; k < ARRAY_LEN(kinds); k++) {
		snprintf(line, sizeof line, "%s -d %s", kinds[k], dir);
		ramdisk_mkfs(line, 4 << 20);
		assert_int_equal(ramdisk_mount(MS_RDONLY), 0);
		uint64_t before = ramdisk_writes;
		const char *text = read_path("/mnt/a/b/seq");
		assert_int_equal(strlen(text), 43893);
		assert_non_null(strstr(text, "\n8999\n9000\n"));
		assert_string_equal(read_path("/mnt/a/short"), text);
		assert_string_equal(list_dir("/mnt/a/b"), ". .. c seq ");
		struct name *n;
		assert_int_equal(walk_to("/mnt/a/long", 0, &n), 0);
		assert_true(S_ISLNK(n->inode->mode) && n->inode->size == 100);
		name_unref(n);
		assert_int_equal(ramdisk_umount(), 0);
		assert_int_equal(ramdisk_writes, before);
	}
	snprintf(line, sizeof line, "rm -r %s", dir);
	assert_int_equal(system(line), 0);
}

/* ---- every height of tree, holes, truncation in the middle of each */
static void blocks_in_every_tree(void **state)
{
	static const uint64_t places[] = {0, 5000, 12 * 1024, 13 * 1024 + 7, 268 * 1024 - 3, 300 * 1024, 65804ull * 1024 - 5, 65810ull * 1024, 3ull << 30};
	char got[16];
	UNUSED(state);

	ramdisk_mkfs("-b 1024", 4 << 20);
	assert_int_equal(ramdisk_mount(0), 0);
	struct file *f = open_ok("/mnt/sparse", O_RDWR | O_CREAT);
	for (uint32_t n = 0; n < ARRAY_LEN(places); n++) assert_int_equal(write_at(f, "0123456789", 10, places[n]), 10);
	assert_int_equal(f->inode->size, (3ull << 30) + 10);
	for (uint32_t n = 0; n < ARRAY_LEN(places); n++) {
		assert_int_equal(read_at(f, got, 10, places[n]), 10);
		assert_memory_equal(got, "0123456789", 10);
	}
	assert_int_equal(writeback_inode(f->inode), 0);
	assert_int_equal(ramdisk_fsck("-fn") & ~4, 0); /* at most: not cleanly unmounted */
	for (uint32_t n = ARRAY_LEN(places) - 1; n > 0; n--) {
		assert_int_equal(resize_to(f, places[n] + 4), 0);
		assert_int_equal(resize_to(f, places[n] + 8), 0);
		assert_int_equal(read_at(f, got, 16, places[n]), 8);
		assert_memory_equal(got, "0123\0\0\0\0", 8);
		assert_int_equal(read_at(f, got, 10, places[0]), 10);
		assert_memory_equal(got, "0123456789", 10);
	}
	assert_int_equal(f->inode->blocks, 2 + 2); /* blocks 0 and 4 of 1 KiB */
	file_unref(f);
	check_clean();
}

/* ---- a model: random calls, the same on plain memory */
#define N_FILES 24
#define SIZE_MAX_MODEL 200000u
/* synced: so many bytes of it were on the disk with its name, and have not been touched since (more may have been appended) */
static struct model { bool there; uint32_t size, synced; uint8_t *bytes; } model[N_FILES];

static const char *path_of(uint32_t n)
{
	static char path[2][40];
	static int turn;

	turn ^= 1;
	if (n % 3) snprintf(path[turn], sizeof path[turn], "/mnt/d%u/file-with-a-name-%u", n % 4, n);
	else snprintf(path[turn], sizeof path[turn], "/mnt/f%u", n);
	return path[turn];
}

static void model_begin(void)
{
	for (uint32_t n = 0; n < N_FILES; n++) {
		free(model[n].bytes);
		model[n] = (struct model){.bytes = calloc(1, SIZE_MAX_MODEL)};
	}
	for (uint32_t n = 0; n < 4; n++) {
		char path[16];
		snprintf(path, sizeof path, "/mnt/d%u", n);
		assert_int_equal(make_dir(path), 0);
	}
}

static void model_check(void)
{
	static uint8_t got[SIZE_MAX_MODEL + 1];

	for (uint32_t n = 0; n < N_FILES; n++) {
		if (!model[n].there) {
			assert_int_equal(exists(path_of(n)), -ENOENT);
			continue;
		}
		struct file *f = open_ok(path_of(n), O_RDONLY);
		assert_int_equal(read_at(f, got, sizeof got, 0), model[n].size);
		assert_memory_equal(got, model[n].bytes, model[n].size);
		file_unref(f);
	}
}

static void model_write(uint32_t n)
{
	static uint8_t bytes[20000];
	struct model *m = &model[n];
	uint32_t at = ramdisk_random(SIZE_MAX_MODEL - sizeof bytes), len = 1 + ramdisk_random(ramdisk_random(2) ? 100 : sizeof bytes);
	struct file *f = open_ok(path_of(n), O_WRONLY | O_CREAT);

	for (uint32_t k = 0; k < len; k++) bytes[k] = (uint8_t)ramdisk_random(256);
	if (ramdisk_random(3) == 0) at &= ~4095u;
	m->synced = 0; /* from here on either may be found */
	int32_t done = write_at(f, bytes, len, at);
	m->there = true;
	if (done > 0) {
		memcpy(m->bytes + at, bytes, (uint32_t)done);
		m->size = MAX(m->size, at + (uint32_t)done);
	} else {
		assert_int_equal(done, -ENOSPC);
	}
	file_unref(f);
}

static void model_append(uint32_t n)
{
	static const uint8_t bytes[12000] = "appended";
	struct model *m = &model[n];
	uint32_t len = 1 + ramdisk_random(sizeof bytes);

	if (!m->there || m->size + len > SIZE_MAX_MODEL) return;
	struct file *f = open_ok(path_of(n), O_WRONLY | O_APPEND);
	int32_t done = write_some(f, bytes, len);
	file_unref(f);
	if (done < 0) return;
	memcpy(m->bytes + m->size, bytes, (uint32_t)done);
	m->size += (uint32_t)done;
}

static void model_resize(uint32_t n)
{
	struct model *m = &model[n];
	uint32_t size = ramdisk_random(SIZE_MAX_MODEL);

	if (!m->there) return;
	m->synced = 0;
	struct file *f = open_ok(path_of(n), O_WRONLY);
	assert_int_equal(resize_to(f, size), 0);
	if (size < m->size) memset(m->bytes + size, 0, m->size - size);
	m->size = size;
	file_unref(f);
}

static void model_remove(uint32_t n)
{
	model[n].synced = 0;
	assert_int_equal(rm(path_of(n)), model[n].there ? 0 : -ENOENT);
	memset(model[n].bytes, 0, SIZE_MAX_MODEL);
	model[n].there = false;
	model[n].size = 0;
}

static void model_rename(uint32_t from, uint32_t to)
{
	if (from == to || !model[from].there) return;
	model[from].synced = model[to].synced = 0;
	assert_int_equal(mv(path_of(from), path_of(to), 0), 0);
	struct model old = model[to];
	model[to] = model[from];
	model[from] = (struct model){.bytes = old.bytes};
	memset(old.bytes, 0, SIZE_MAX_MODEL);
}

static void model_fsync(uint32_t n)
{
	if (!model[n].there) return;
	struct file *f = open_ok(path_of(n), O_WRONLY);
	assert_int_equal(f->ops->fsync(f), 0);
	model[n].synced = model[n].size;
	file_unref(f);
}

static void model_step(bool removing)
{
	uint32_t n = ramdisk_random(N_FILES), what = ramdisk_random(100);

	if (what < 25) model_write(n);
	else if (what < 55) model_append(n);
	else if (what < 65) model_resize(n);
	else if (what < 75 && removing) model_remove(n);
	else if (what < 85 && removing) model_rename(n, ramdisk_random(N_FILES));
	else if (what < 90) model_fsync(n);
	else if (what < 94) writeback_reclaim(ramdisk_random(200));
	else if (what < 96) assert_int_equal(writeback_sync(NULL), 0);
}

static void random_calls_match_a_model(void **state)
{
	UNUSED(state);
	for (uint32_t k = 0; k < ARRAY_LEN(kinds); k++) {
		ramdisk_seed = 100 + k;
		ramdisk_mkfs(kinds[k], k & 1 ? 3 << 20 : 12 << 20); /* the small ones get full */
		assert_int_equal(ramdisk_mount(0), 0);
		model_begin();
		for (uint32_t round = 0; round < 4; round++) {
			for (uint32_t n = 0; n < 150; n++) model_step(true);
			model_check();
			check_clean();
			assert_int_equal(ramdisk_mount(0), 0);
			model_check();
		}
		check_clean();
	}
}

/* ---- a power cut at any moment: repaired by e2fsck -fy, and what was fsynced is there */
static struct model at_cut[N_FILES];

static void remember_model(void)
{
	for (uint32_t n = 0; n < N_FILES; n++) {
		free(at_cut[n].bytes);
		at_cut[n] = model[n];
		at_cut[n].bytes = malloc(SIZE_MAX_MODEL);
		memcpy(at_cut[n].bytes, model[n].bytes, SIZE_MAX_MODEL);
	}
}

static void check_synced(void)
{
	static uint8_t got[SIZE_MAX_MODEL + 1];

	for (uint32_t n = 0; n < N_FILES; n++) {
		uint32_t synced = at_cut[n].synced;
		if (!at_cut[n].there || !synced) continue;
		struct file *f = open_ok(path_of(n), O_RDONLY);
		assert_true(read_at(f, got, sizeof got, 0) >= (int32_t)synced);
		assert_memory_equal(got, at_cut[n].bytes, synced);
		file_unref(f);
	}
}

/** Free blocks that hold something: what is read by mistake shows. */
static void soil(void)
{
	static uint8_t bytes[65536];
	struct file *f = open_ok("/mnt/soil", O_WRONLY | O_CREAT);

	for (uint32_t n = 0; n < sizeof bytes; n++) bytes[n] = (uint8_t)ramdisk_random(256);
	while (write_some(f, bytes, sizeof bytes) > 0);
	assert_int_equal(writeback_inode(f->inode), 0);
	file_unref(f);
	assert_int_equal(rm("/mnt/soil"), 0);
}

static void power_cuts(void **state)
{
	static const uint32_t percent[] = {0, 20, 50, 80, 100};
	UNUSED(state);

	for (uint32_t k = 0; k < 60; k++) {
		ramdisk_seed = 1000 + k;
		ramdisk_mkfs(kinds[k % 3], 6 << 20);
		assert_int_equal(ramdisk_mount(0), 0);
		soil();
		model_begin();
		assert_int_equal(writeback_sync(NULL), 0);
		ramdisk_watch(ramdisk_random(6000), percent[k % 5], remember_model);
		for (uint32_t n = 200; n > 0; n--) model_step(true);
		assert_int_equal(ramdisk_umount(), 0);
		ramdisk_cut();
		int status = ramdisk_fsck("-fy");
		assert_true(status == 0 || status == 1);
		assert_int_equal(ramdisk_fsck("-fn"), 0);
		assert_int_equal(ramdisk_mount(0), 0);
		check_synced();
		check_clean();
	}
}

/* ---- full */
static void full_disk_says_so_and_stays_whole(void **state)
{
	static uint8_t bytes[65536];
	UNUSED(state);

	for (uint32_t k = 0; k < 3; k++) {
		ramdisk_mkfs(kinds[k], 2 << 20);
		assert_int_equal(ramdisk_mount(0), 0);
		struct file *f = open_ok("/mnt/big", O_WRONLY | O_CREAT);
		int32_t n;
		while ((n = write_some(f, bytes, sizeof bytes)) == sizeof bytes);
		if (n > 0) n = write_some(f, bytes, sizeof bytes);
		assert_int_equal(n, -ENOSPC);
		char path[32];
		int err = 0;
		for (uint32_t i = 0; i < 3000 && !err; i++) {
			snprintf(path, sizeof path, "/mnt/directory-%u", i);
			err = make_dir(path);
		}
		assert_int_equal(err, -ENOSPC);
		assert_int_equal(make_link("/mnt/l", "this text is longer than what fits into the inode, so it takes a block"), -ENOSPC);
		file_unref(f);
		check_clean();
		assert_int_equal(ramdisk_mount(0), 0);
		assert_int_equal(rm("/mnt/big"), 0);
		assert_int_equal(make_dir("/mnt/again"), 0);
		check_clean();
	}
}

/* ---- names */
static void names_of_all_kinds(void **state)
{
	char path[300];
	UNUSED(state);

	ramdisk_mkfs("-b 1024 -N 2000", 4 << 20);
	assert_int_equal(ramdisk_mount(0), 0);
	assert_int_equal(make_dir("/mnt/d"), 0);
	for (uint32_t n = 0; n < 600; n++) {
		snprintf(path, sizeof path, "/mnt/d/%0*u", 1 + n % 200, n);
		write_file(path, path);
	}
	for (uint32_t n = 0; n < 600; n += 2) {
		snprintf(path, sizeof path, "/mnt/d/%0*u", 1 + n % 200, n);
		assert_int_equal(rm(path), 0);
	}
	for (uint32_t n = 1; n < 600; n += 2) {
		snprintf(path, sizeof path, "/mnt/d/%0*u", 1 + n % 200, n);
		assert_string_equal(read_path(path), path);
	}
	memset(path, 'x', sizeof path);
	memcpy(path, "/mnt/d/", 7);
	path[7 + 255] = '\0';
	write_file(path, "long");
	assert_string_equal(read_path(path), "long");
	assert_int_equal(rm_dir("/mnt/d"), -ENOTEMPTY);
	assert_int_equal(make_link("/mnt/s", "d/none"), 0);
	assert_int_equal(make_dir("/mnt/e"), 0);
	assert_int_equal(mv("/mnt/d", "/mnt/e/d", 0), 0);
	assert_string_equal(list_dir("/mnt/e"), ". .. d ");
	assert_int_equal(make_hard("/mnt/hard", path) , -ENOENT);
	assert_int_equal(make_dir("/mnt/e2"), 0);
	assert_int_equal(mv("/mnt/e2", "/mnt/e/d", 0), -ENOTEMPTY);
	assert_int_equal(make_dir("/mnt/e3"), 0);
	assert_int_equal(mv("/mnt/e2", "/mnt/e3", 0), 0);
	write_file("/mnt/one", "1");
	assert_int_equal(make_hard("/mnt/two", "/mnt/one"), 0);
	assert_int_equal(rm("/mnt/one"), 0);
	assert_string_equal(read_path("/mnt/two"), "1");
	check_clean();
}

static void open_files_outlive_their_names(void **state)
{
	char got[8];
	UNUSED(state);

	ramdisk_mkfs("-b 1024", 2 << 20);
	assert_int_equal(ramdisk_mount(0), 0);
	struct file *f = open_ok("/mnt/f", O_RDWR | O_CREAT);
	assert_int_equal(write_some(f, "living", 6), 6);
	assert_int_equal(rm("/mnt/f"), 0);
	assert_int_equal(writeback_sync(NULL), 0);
	assert_int_equal(read_at(f, got, 6, 0), 6);
	assert_memory_equal(got, "living", 6);
	assert_int_equal(ramdisk_umount(), -EBUSY);
	file_unref(f);
	check_clean();
}

/* ---- refusals */
static uint32_t *super_word(uint32_t at) { return (uint32_t *)(ramdisk + EXT2_SUPER_AT + at); }

static void features_are_respected(void **state)
{
	UNUSED(state);
	ramdisk_mkfs("-b 1024", 1 << 20);
	*super_word(96) |= 0x40; /* incompat: extents */
	assert_int_equal(ramdisk_mount(0), -EINVAL);
	*super_word(96) &= ~0x40u;
	*super_word(100) |= 0x400; /* ro_compat: metadata_csum */
	pages_free(block_find(254u << 8)->inode);
	assert_int_equal(ramdisk_mount(0), 0);
	struct file *f;
	assert_int_equal(open_at("/mnt/new", O_WRONLY | O_CREAT, &f), -EROFS);
	assert_int_equal(ramdisk_umount(), 0);
	*super_word(100) &= ~0x400u;
	*super_word(56) = 0;
	pages_free(block_find(254u << 8)->inode);
	assert_int_equal(ramdisk_mount(0), -EINVAL);
}

static void remounts(void **state)
{
	struct name *at;
	struct file *f;
	UNUSED(state);

	ramdisk_mkfs("-b 4096", 1 << 20);
	assert_int_equal(ramdisk_mount(MS_RDONLY), 0);
	assert_int_equal(open_at("/mnt/f", O_WRONLY | O_CREAT, &f), -EROFS);
	assert_int_equal(walk_to("/mnt", 0, &at), 0);
	assert_int_equal(mount_change(at, 0, false), 0);
	f = open_ok("/mnt/f", O_WRONLY | O_CREAT);
	assert_int_equal(write_some(f, "x", 1), 1);
	assert_int_equal(mount_change(at, MS_RDONLY, false), -EBUSY);
	file_unref(f);
	assert_int_equal(mount_change(at, MS_RDONLY, false), 0);
	assert_int_equal(ramdisk_fsck("-n"), 0);
	name_unref(at);
	assert_int_equal(ramdisk_umount(), 0);
}

/* ---- a disk that fails */
static void read_and_write_errors_are_told(void **state)
{
	UNUSED(state);
	for (uint32_t every = 2; every < 40; every += 5) {
		ramdisk_seed = every;
		ramdisk_mkfs("-b 1024", 3 << 20);
		if (ramdisk_mount(0)) continue;
		ramdisk_fail_every = every;
		for (uint32_t n = 0; n < 60; n++) {
			struct file *f;
			if (open_at(path_of(ramdisk_random(8) * 3), O_RDWR | O_CREAT, &f)) continue;
			(void)write_at(f, path_of(1), 10, ramdisk_random(100000));
			if (n % 7 == 0) (void)f->ops->fsync(f);
			file_unref(f);
			writeback_reclaim(50);
		}
		ramdisk_fail_every = 0;
		assert_int_equal(ramdisk_umount(), 0);
		assert_true(ramdisk_fsck("-fy") <= 1);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ramdisk_begin, ramdisk_end)
	const struct CMUnitTest tests[] = {
		TEST(reads_what_mke2fs_wrote), TEST(blocks_in_every_tree), TEST(random_calls_match_a_model), TEST(power_cuts),
		TEST(full_disk_says_so_and_stays_whole), TEST(names_of_all_kinds), TEST(open_files_outlive_their_names),
		TEST(features_are_respected), TEST(remounts), TEST(read_and_write_errors_are_told),
	};
	int failed = cmocka_run_group_tests(tests, ramdisk_group, NULL);
	for (uint32_t n = 0; n < N_FILES; n++) {
		free(model[n].bytes);
		free(at_cut[n].bytes);
	}
	return failed;
}
