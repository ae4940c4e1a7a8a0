/* ramdisk.c - a disk in the test's memory.
 * Called by: the tests of ext2.
 * Never: hides an error.  */
#include "tests/host/fs/ramdisk.h"
#include <stdio.h>
#include <stdlib.h>

uint8_t *ramdisk;
uint32_t ramdisk_bytes, ramdisk_fail_every;
uint64_t ramdisk_writes, ramdisk_seed = 1;

/* What a power cut cannot take, and the writes since: a copy of each sector. */
struct written { uint32_t sector; uint8_t bytes[SECTOR_BYTES]; };
static uint8_t *stable;
static struct written *later;
static uint32_t n_later, later_max;
static bool watching;
static uint32_t cut_in, cut_percent;
static void (*cut_told)(void);
static struct block_disk disk;
static char image[64];

uint32_t ramdisk_random(uint32_t below)
{
	ramdisk_seed = ramdisk_seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(ramdisk_seed >> 33) % below;
}

/* ---- as a driver */
static void apply(const struct written *w);

static void cut(void)
{
	for (uint32_t n = 0; n < n_later; n++)
		if (ramdisk_random(100) < cut_percent) apply(&later[n]);
	n_later = 0;
	watching = false;
	cut_told();
}

static void note(uint32_t sector, const uint8_t *bytes)
{
	if (!watching) return;
	if (cut_in-- == 0) {
		cut();
		return;
	}
	if (n_later == later_max) {
		later_max = later_max ? later_max * 2 : 1024;
		later = realloc(later, later_max * sizeof *later);
		assert_non_null(later);
	}
	later[n_later].sector = sector;
	memcpy(later[n_later++].bytes, bytes, SECTOR_BYTES);
}

static void apply(const struct written *w)
{
	memcpy(stable + (uint64_t)w->sector * SECTOR_BYTES, w->bytes, SECTOR_BYTES);
}

static void settle(void)
{
	for (uint32_t n = 0; n < n_later; n++) apply(&later[n]);
	n_later = 0;
}

static int serve(struct block_request *r)
{
	static uint32_t count;
	uint64_t at = r->sector * SECTOR_BYTES;

	if (ramdisk_fail_every && ++count % ramdisk_fail_every == 0) return -EIO;
	if (r->op == BLOCK_FLUSH) settle();
	for (uint32_t n = 0; n < r->n_segs; n++) {
		struct block_seg *s = &r->segs[n];
		assert_true(at + s->bytes <= ramdisk_bytes);
		assert_true(((uintptr_t)s->at & PAGE_MASK) + s->bytes <= PAGE_SIZE);
		if (r->op == BLOCK_READ) memcpy(s->at, ramdisk + at, s->bytes);
		for (uint32_t off = 0; r->op == BLOCK_WRITE && off < s->bytes; off += SECTOR_BYTES) {
			memcpy(ramdisk + at + off, (uint8_t *)s->at + off, SECTOR_BYTES);
			note((uint32_t)((at + off) / SECTOR_BYTES), (uint8_t *)s->at + off);
			ramdisk_writes++;
		}
		at += s->bytes;
	}
	return 0;
}

static void kick(struct block_disk *d)
{
	struct block_request *r;

	while ((r = block_take(d)) != NULL) block_done(d, r, serve(r));
}

/* ---- life */
int ramdisk_group(void **state)
{
	UNUSED(state);
	stub_reset();
	ramdisk = calloc(1, RAMDISK_BYTES_MAX);
	stable = calloc(1, RAMDISK_BYTES_MAX);
	ramdisk_bytes = RAMDISK_BYTES_MAX;
	disk = (struct block_disk){.driver = "memory", .name = "vda", .rdev = 254u << 8, .sectors = RAMDISK_BYTES_MAX / SECTOR_BYTES,
	                           .segs_max = 7, .sectors_max = 24, .kick = kick};
	block_register(&disk);
	fstype_register(&ext2_type);
	pages_free(disk.devs[0].inode);
	snprintf(image, sizeof image, "/tmp/ext2_test.%llx.img", (unsigned long long)(uintptr_t)ramdisk); /* addresses are random */
	return 0;
}

static void resize(uint32_t bytes)
{
	ramdisk_bytes = bytes;
	disk.sectors = disk.devs[0].sectors = bytes / SECTOR_BYTES;
	disk.devs[0].inode->size = bytes;
}

int ramdisk_begin(void **state)
{
	watching = false;
	n_later = 0;
	ramdisk_fail_every = 0;
	return fixture_begin(state);
}

int ramdisk_end(void **state)
{
	assert_null(disk.devs[0].holder);
	pages_free(disk.devs[0].inode);
	assert_int_equal(pages_dirty_total, 0);
	assert_int_equal(pages_disk_total, 0);
	remove(image);
	return fixture_end(state);
}

/* ---- content */
void ramdisk_load(const char *path)
{
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t n = fread(ramdisk, 1, RAMDISK_BYTES_MAX, f);
	fclose(f);
	pages_free(disk.devs[0].inode);
	resize((uint32_t)n);
}

void ramdisk_save(const char *path)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(ramdisk, 1, ramdisk_bytes, f), ramdisk_bytes);
	fclose(f);
}

static int command(const char *text)
{
	int status = system(text);

	assert_int_equal(status & 0x7f, 0); /* it ended by itself: wait(2)'s status */
	return status >> 8;
}

void ramdisk_mkfs(const char *options, uint32_t bytes)
{
	char line[512];

	snprintf(line, sizeof line, "rm -f %s; PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext2 %s %s %uk >/dev/null", image, options, image, bytes >> 10);
	assert_int_equal(command(line), 0);
	ramdisk_load(image);
}

int ramdisk_fsck(const char *options)
{
	char line[512];

	ramdisk_save(image);
	snprintf(line, sizeof line, "PATH=$PATH:/sbin:/usr/sbin e2fsck %s %s >%s.log 2>&1 || (s=$?; [ $s = 1 ] || cat %s.log; exit $s)", options, image, image, image);
	int status = command(line);
	ramdisk_load(image);
	snprintf(line, sizeof line, "%s.log", image);
	remove(line);
	return status;
}

void ramdisk_watch(uint32_t sectors, uint32_t percent, void (*at_cut)(void))
{
	memcpy(stable, ramdisk, ramdisk_bytes);
	n_later = 0;
	watching = true;
	cut_in = sectors;
	cut_percent = percent;
	cut_told = at_cut;
}

void ramdisk_cut(void)
{
	if (watching) cut();
	memcpy(ramdisk, stable, ramdisk_bytes);
}

int ramdisk_mount(uint32_t flags)
{
	struct name *at, *node;
	int err;

	if (exists("/dev")) assert_int_equal(make_dir("/dev"), 0);
	if (exists("/mnt")) assert_int_equal(make_dir("/mnt"), 0);
	assert_int_equal(walk_to("/dev", 0, &at), 0);
	if (name_create(at, "vda", 3, S_IFBLK | 0660, 254u << 8, &who, &node) == 0) name_unref(node);
	name_unref(at);
	assert_int_equal(walk_to("/mnt", 0, &at), 0);
	err = fstype_mount("ext2", "/dev/vda", NULL, at, flags, &who);
	name_unref(at);
	return err;
}

int ramdisk_umount(void)
{
	struct name *at;
	int err = walk_to("/mnt", 0, &at);

	assert_int_equal(err, 0);
	err = mount_remove(at, 0);
	name_unref(at);
	return err;
}
