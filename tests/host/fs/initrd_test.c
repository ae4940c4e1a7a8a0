/* initrd_test.c - unpacking a newc archive: in place, links, and every kind of damage.
 * Run by: make test-host-fs.
 * Never: reads outside the archive (AddressSanitizer and the stub's frame accounting watch).  */
#include "kernel/mm/frame.h"
#include "lib/fmt.h"
#include "tests/host/fs/fixture.h"
#include <stdlib.h>

static uint8_t *archive;
static uint32_t end;

static void put_bytes(const void *bytes, uint32_t n)
{
	memcpy(archive + end, bytes, n);
	end += n;
}

static void pad(uint32_t align)
{
	while (end % align) archive[end++] = 0;
}

/** One record; on_page: pad the name so that data starts on a page. */
static void put_record(const char *name, uint32_t mode, uint32_t ino, uint32_t nlink, const void *data, uint32_t size, bool on_page)
{
	char head[128];
	uint32_t name_bytes = (uint32_t)strlen(name) + 1;

	if (on_page) name_bytes += -(end + 110 + name_bytes) % PAGE_SIZE;
	fmt_snprintf(head, sizeof head, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", ino, mode, 5u, 6u, nlink, 1000u, size, 0u, 0u,
	             4u, 64u, name_bytes, 0u);
	put_bytes(head, 110);
	memset(archive + end, 0, name_bytes);
	memcpy(archive + end, name, strlen(name));
	end += name_bytes;
	pad(4);
	if (size) put_bytes(data, size);
	pad(4);
}

static void put_trailer(void)
{
	put_record("TRAILER!!!", 0, 0, 1, NULL, 0, false);
	pad(PAGE_SIZE);
}

static int begin(void **state)
{
	fixture_begin(state);
	archive = stub_module(1 << 20);
	end = 0;
	return 0;
}

static uint8_t data[10000];

static void standard(void)
{
	for (uint32_t n = 0; n < sizeof data; n++) data[n] = (uint8_t)(n * 3 + n / 256);
	put_record(".", S_IFDIR | 0755, 1, 2, NULL, 0, false);
	put_record("bin", S_IFDIR | 0711, 2, 2, NULL, 0, false);
	put_record("etc/deep/small", S_IFREG | 0640, 3, 1, "hello", 5, false);
	put_record("bin/sh", S_IFLNK | 0777, 4, 1, "big", 3, false);
	put_record("dev/tty", S_IFCHR | 0666, 5, 1, NULL, 0, false);
	put_record("bin/big", S_IFREG | 0755, 6, 1, data, 10000, true);
	put_record("bin/two", S_IFREG | 0755, 7, 1, data, 8192, true);
	put_record("late", S_IFREG | 0600, 8, 1, "late", 4, false);
	put_trailer();
}

static void unpack_in_place(void **state)
{
	struct name *n;
	uint32_t pfn;
	UNUSED(state);
	standard();
	uint32_t used = stub_frames_used();
	stub_module(end);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), 0);
	assert_string_equal(read_path("/etc/deep/small"), "hello");
	assert_string_equal(read_path("/late"), "late");
	assert_int_equal(walk_to("/bin/sh", WALK_FOLLOW, &n), 0);
	assert_int_equal(n->inode->size, 10000);
	assert_int_equal(n->inode->uid, 5);
	assert_int_equal(n->inode->gid, 6);
	assert_int_equal(n->inode->mtime.s, 1000);
	assert_int_equal(n->inode->mode, S_IFREG | 0755);
	assert_int_equal(pages_get(n->inode, 0, false, &pfn), 0);
	assert_memory_equal(frame_virt(pfn), data, PAGE_SIZE);
	assert_ptr_equal(frame_virt(pfn), archive + 4096); /* in place: behind the page of headers */
	frame_unref(pfn);
	assert_int_equal(pages_get(n->inode, 2, false, &pfn), 0);
	assert_memory_equal(frame_virt(pfn), data + 8192, 10000 - 8192);
	assert_int_equal(((uint8_t *)frame_virt(pfn))[10000 - 8192], 0);
	frame_unref(pfn);
	name_unref(n);
	assert_int_equal(walk_to("/dev/tty", 0, &n), 0);
	assert_int_equal(n->inode->rdev, (4 << 8) | 64);
	name_unref(n);
	assert_int_equal(walk_to("/bin", 0, &n), 0);
	assert_int_equal(n->inode->mode, S_IFDIR | 0711);
	name_unref(n);
	/* what is left: 2 + 2 adopted pages, and three small ones; headers were given back */
	assert_int_equal(stub_frames_used() - used, 2 + 2 + 3);
}

static void hard_links_share_an_inode(void **state)
{
	struct name *a, *b;
	UNUSED(state);
	put_record("a", S_IFREG | 0644, 9, 2, NULL, 0, false); /* GNU cpio: data comes with the last name */
	put_record("d/b", S_IFREG | 0644, 9, 2, "shared", 6, false);
	put_record("c", S_IFREG | 0644, 10, 2, "twice", 5, false); /* others: with each */
	put_record("e", S_IFREG | 0644, 10, 2, "twice", 5, false);
	put_trailer();
	stub_module(end);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), 0);
	assert_string_equal(read_path("/a"), "shared");
	assert_string_equal(read_path("/e"), "twice");
	assert_int_equal(walk_to("/a", 0, &a), 0);
	assert_int_equal(walk_to("/d/b", 0, &b), 0);
	assert_ptr_equal(a->inode, b->inode);
	assert_int_equal(a->inode->nlink, 2);
	name_unref(a);
	name_unref(b);
}

static void later_entries_replace(void **state)
{
	UNUSED(state);
	put_record("f", S_IFREG | 0644, 1, 1, "old", 3, false);
	put_record("f", S_IFREG | 0644, 2, 1, "new", 3, false);
	put_trailer();
	stub_module(end);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), 0);
	assert_string_equal(read_path("/f"), "new");
}

static void refused(void **state)
{
	UNUSED(state);
	stub_module(1 << 20);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, 0), -EINVAL);
	put_record("../out", S_IFREG | 0644, 1, 1, "x", 1, false);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), -EINVAL);
	end = 0;
	put_record("f", S_IFREG | 0644, 1, 1, "x", 1, false);
	put_record("f/below", S_IFREG | 0644, 1, 1, "x", 1, false);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), -ENOTDIR);
	end = 0;
	put_record("no-trailer", S_IFREG | 0644, 1, 1, "x", 1, false);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), -EINVAL);
	end = 0;
	put_record("kind", 0150000, 1, 1, NULL, 0, false);
	assert_int_equal(tmpfs_unpack(root_sb(), archive, end), -EINVAL);
}

/** Cut off at every length, and single bytes changed: 0 or a refusal, never a read outside, never a leak. */
static void damaged(void **state)
{
	struct superblock *sb;
	UNUSED(state);
	standard();
	uint32_t size = end;
	uint8_t *whole = malloc(size);
	memcpy(whole, archive, size);
	srand(1);
	for (uint32_t turn = 0; turn < 3000; turn++) {
		stub_reset();
		archive = stub_module(size);
		memcpy(archive, whole, size);
		uint32_t length = turn < 1000 ? (uint32_t)rand() % size : size;
		for (uint32_t k = turn < 1000 ? 0 : turn % 4 + 1; k > 0; k--) archive[(uint32_t)rand() % 1400] = (uint8_t)rand();
		assert_int_equal(tmpfs_make("x", NULL, &sb), 0);
		int err = tmpfs_unpack(sb, archive, length);
		assert_true(err == 0 || err == -EINVAL || err == -ENOTDIR || err == -EISDIR || err == -ENOMEM);
		superblock_destroy(sb);
		assert_int_equal(stub_frames_used(), 0);
	}
	free(whole);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unpack_in_place), T(hard_links_share_an_inode), T(later_entries_replace), T(refused), T(damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
