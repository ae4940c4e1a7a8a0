/* ext2_fuzz_test.c - damaged ext2 images: no call may crash, hang or leak, whatever the disk says.
 * Called by: make test-host-fs; EXT2_FUZZ=N images (default 200), EXT2_SEED=S.
 * Never: asks for a right answer: any error will do.  */
#include "tests/host/fs/ramdisk.h"
#include <stdio.h>
#include <stdlib.h>

#define DISK_BYTES (1u << 20)
static uint8_t *pristine;
static const char *const kinds[] = {"-b 1024 -g 1024 -N 128", "-b 4096 -N 64", "-b 2048 -I 128 -N 128"};

/** An image with files of all kinds. */
static void make(const char *kind)
{
	static const char text[] = "the text of a file of a damaged disk";
	struct name *dir, *n;
	char path[64];

	ramdisk_mkfs(kind, DISK_BYTES);
	assert_int_equal(ramdisk_mount(0), 0);
	assert_int_equal(make_dir("/mnt/d"), 0);
	assert_int_equal(make_dir("/mnt/d/e"), 0);
	for (uint32_t k = 0; k < 12; k++) {
		snprintf(path, sizeof path, "/mnt/%s/file%u", k & 1 ? "d" : "d/e", k);
		write_file(path, text);
		struct file *f;
		assert_int_equal(open_at(path, O_WRONLY | O_LARGEFILE, &f), 0);
		uint64_t at = k * k * 2000;
		struct uio u;
		uio_init_kernel(&u, (void *)(uintptr_t)text, sizeof text);
		assert_int_equal(file_write(f, &u, &at, &who), sizeof text);
		file_unref(f);
	}
	assert_int_equal(make_link("/mnt/short", "d/e"), 0);
	assert_int_equal(make_link("/mnt/long", "d/./././././././././././././././././././././././././././././././e/file2"), 0);
	assert_int_equal(walk_to("/mnt/d", 0, &dir), 0);
	assert_int_equal(name_create(dir, "null", 4, S_IFCHR | 0666, 0x103, &who, &n), 0);
	name_unref(n);
	name_unref(dir);
	assert_int_equal(ramdisk_umount(), 0);
	memcpy(pristine, ramdisk, DISK_BYTES);
}

/** Bytes, words and whole sectors of the first part (metadata lies there mostly) and a few anywhere. */
static void damage(void)
{
	static const uint32_t words[] = {0, 1, 2, 0xffffffff, 0x7fffffff, 0x80000000, 0xffff, 0x10000, 0x3f, 1024};
	uint32_t n = 1 + ramdisk_random(12);

	for (; n > 0; n--) {
		uint32_t at = ramdisk_random(ramdisk_random(4) ? 64 << 10 : DISK_BYTES - 512);
		if (ramdisk_random(3) == 0) at = 1024 + ramdisk_random(256);
		switch (ramdisk_random(4)) {
		case 0: ramdisk[at] ^= (uint8_t)(1u << ramdisk_random(8)); break;
		case 1: memcpy(ramdisk + (at & ~3u), &words[ramdisk_random(ARRAY_LEN(words))], 4); break;
		case 2: ramdisk[at] = (uint8_t)ramdisk_random(256); break;
		default: /* metadata points at metadata */
			memcpy(ramdisk + (at & ~3u), &(uint32_t){ramdisk_random(64)}, 4);
		}
	}
	if (ramdisk_random(20) == 0) memset(ramdisk + (ramdisk_random(128) << 9), (int)ramdisk_random(256), 512);
}

static bool take_name(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next)
{
	char (*names)[64] = ctx;

	UNUSED(ino);
	UNUSED(dtype);
	UNUSED(next);
	for (uint32_t n = 0; n < 24; n++) {
		if (names[n][0]) continue;
		memcpy(names[n], name, MIN(len, 63u));
		return true;
	}
	return false;
}

/** Everything that can be asked of one file. */
static void poke(const char *path)
{
	static uint8_t bytes[9000];
	struct file *f;
	struct name *n;
	struct linux_stat64 st;

	if (walk_to(path, 0, &n) == 0) {
		inode_stat(n->inode, &st);
		if (n->inode->ops->readlink) (void)n->inode->ops->readlink(n->inode, (char *)bytes, sizeof bytes, &who);
		name_unref(n);
	}
	if (open_at(path, O_RDWR | O_LARGEFILE, &f)) return;
	if (S_ISREG(f->inode->mode)) {
		for (uint32_t k = 0; k < 6; k++) {
			uint64_t at = f->inode->size ? (uint64_t)ramdisk_random(0x40000000) % f->inode->size : 0;
			struct uio u;
			uio_init_kernel(&u, bytes, 1 + ramdisk_random(sizeof bytes - 1));
			if (k & 1) (void)file_read(f, &u, &at, &who);
			else (void)file_write(f, &u, &at, &who);
		}
		mutex_lock(&f->inode->lock);
		if (ramdisk_random(2)) (void)f->inode->ops->truncate(f->inode, ramdisk_random(300000));
		mutex_unlock(&f->inode->lock);
		if (ramdisk_random(3) == 0) (void)f->ops->fsync(f);
	}
	file_unref(f);
}

static void walk(const char *dir, uint32_t depth)
{
	char names[24][64], path[2048];
	struct file *f;
	uint64_t cookie = 0;

	memset(names, 0, sizeof names);
	if (open_at(dir, O_RDONLY | O_DIRECTORY, &f)) return;
	(void)f->ops->readdir(f, &cookie, take_name, names);
	file_unref(f);
	for (uint32_t n = 0; n < 24 && names[n][0]; n++) {
		if (!strcmp(names[n], ".") || !strcmp(names[n], "..")) continue;
		snprintf(path, sizeof path, "%s/%s", dir, names[n]);
		poke(path);
		if (depth < 3) walk(path, depth + 1);
		if (ramdisk_random(3) == 0) (void)(ramdisk_random(2) ? rm(path) : rm_dir(path));
		if (ramdisk_random(4) == 0) (void)mv(path, "/mnt/moved", 0);
	}
	snprintf(path, sizeof path, "%s/new%u", dir, ramdisk_random(1000));
	(void)make_dir(path);
	(void)make_link(path, "somewhere");
	if (open_at(path, O_WRONLY | O_CREAT, &f) == 0) {
		(void)write_some(f, names, sizeof names);
		file_unref(f);
	}
}

static void damaged_images_do_no_harm(void **state)
{
	const char *count = getenv("EXT2_FUZZ"), *seed = getenv("EXT2_SEED");
	uint32_t n = count ? (uint32_t)atoi(count) : 200, first = seed ? (uint32_t)atoi(seed) : 1, mounted = 0;
	struct linux_statfs64 st;
	struct name *at;
	UNUSED(state);

	pristine = malloc(DISK_BYTES);
	for (uint32_t k = 0; k < n; k++) {
		if (k == 0 || (n >= 3 && k % (n / 3) == 0)) make(kinds[k / MAX(n / 3, 1u) % 3]);
		memcpy(ramdisk, pristine, DISK_BYTES);
		pages_free(block_find(254u << 8)->inode);
		ramdisk_seed = first + k;
		damage();
		if (ramdisk_mount(0)) continue;
		mounted++;
		walk("/mnt", 0);
		if (walk_to("/mnt", 0, &at) == 0) {
			if (at->inode->sb->statfs) (void)at->inode->sb->statfs(at->inode->sb, &st);
			name_unref(at);
		}
		writeback_reclaim(1000);
		walk("/mnt", 2);
		(void)writeback_sync(NULL);
		assert_int_equal(ramdisk_umount(), 0);
	}
	free(pristine);
	if (n >= 100) assert_true(mounted > n / 3); /* else nothing was tested */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(damaged_images_do_no_harm, ramdisk_begin, ramdisk_end)};

	return cmocka_run_group_tests(tests, ramdisk_group, NULL);
}
