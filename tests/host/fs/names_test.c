/* names_test.c - walks, links, mounts and every change of a directory.
 * Run by: make test-host-fs.
 * Never: leaves a name, an inode or a page behind (fixture_end).  */
#include "tests/host/fs/fixture.h"

static void walk_components(void **state)
{
	struct name *n;
	UNUSED(state);
	assert_int_equal(make_dir("/a"), 0);
	assert_int_equal(make_dir("/a/b/"), 0);
	write_file("/a/b/f", "x");
	assert_int_equal(exists("/a/b/f"), 0);
	assert_int_equal(exists("//a//./b/../b/f"), 0);
	assert_int_equal(exists("/../../a"), 0);
	assert_int_equal(exists("a/b"), 0);
	assert_int_equal(exists(""), -ENOENT);
	assert_int_equal(exists("/a/c/d"), -ENOENT);
	assert_int_equal(exists("/a/b/f/g"), -ENOTDIR);
	assert_int_equal(exists("/a/b/f/"), -ENOTDIR);
	assert_int_equal(exists("/a/b/f/.."), -ENOTDIR);
	assert_int_equal(walk_to("/a/b/f", WALK_DIRECTORY, &n), -ENOTDIR);
	assert_int_equal(make_dir("/a"), -EEXIST);
	assert_int_equal(make_dir("/"), -EEXIST);
	assert_int_equal(make_dir("/a/."), -EEXIST);
}

static void walk_limits(void **state)
{
	static char path[5000];
	UNUSED(state);
	memset(path, 'x', 256);
	path[0] = '/';
	assert_int_equal(exists(path), -ENOENT); /* 255 */
	path[256] = 'x';
	assert_int_equal(exists(path), -ENAMETOOLONG);
	memset(path, '/', 4095);
	path[4095] = '\0';
	assert_int_equal(exists(path), 0);
	path[4095] = '/';
	path[4096] = '\0';
	assert_int_equal(exists(path), -ENAMETOOLONG);
}

static void walk_parent(void **state)
{
	struct walk w;
	UNUSED(state);
	assert_int_equal(make_dir("/a"), 0);
	assert_int_equal(name_walk(&w, NULL, "/a/new/", WALK_PARENT, &who), 0);
	assert_string_equal(w.last, "new");
	assert_true(w.trailing_slash);
	name_unref(w.name);
	assert_int_equal(name_walk(&w, NULL, "/a/..", WALK_PARENT, &who), 0);
	assert_string_equal(w.last, "..");
	assert_false(w.trailing_slash);
	name_unref(w.name);
	assert_int_equal(name_walk(&w, NULL, "//", WALK_PARENT, &who), 0);
	assert_string_equal(w.last, "/");
	name_unref(w.name);
}

static void symlinks(void **state)
{
	struct name *n;
	UNUSED(state);
	assert_int_equal(make_dir("/d"), 0);
	write_file("/d/f", "data");
	assert_int_equal(make_link("/abs", "/d/f"), 0);
	assert_int_equal(make_link("/d/rel", "f"), 0);
	assert_int_equal(make_link("/dir", "d"), 0);
	assert_int_equal(make_link("/up", "d/../d/./rel"), 0);
	assert_string_equal(read_path("/abs"), "data");
	assert_string_equal(read_path("/d/rel"), "data");
	assert_string_equal(read_path("/dir/rel"), "data");
	assert_string_equal(read_path("/up"), "data");
	assert_int_equal(walk_to("/abs", 0, &n), 0);
	assert_true(S_ISLNK(n->inode->mode));
	name_unref(n);
	assert_int_equal(walk_to("/dir/", 0, &n), 0);
	assert_true(S_ISDIR(n->inode->mode));
	name_unref(n);
	assert_int_equal(exists("/abs/"), -ENOTDIR);
	assert_int_equal(make_link("/e", ""), -ENOENT);
	assert_int_equal(make_link("/abs", "x"), -EEXIST);
}

static void link_loops(void **state)
{
	struct name *n;
	char path[8] = "/l00", target[8];
	UNUSED(state);
	assert_int_equal(make_link("/loop", "loop"), 0);
	assert_int_equal(walk_to("/loop", WALK_FOLLOW, &n), -ELOOP);
	assert_int_equal(exists("/loop/x"), -ELOOP);
	write_file("/l00", "end");
	for (int i = 1; i <= 41; i++) {
		path[2] = (char)('0' + (i - 1) / 10), path[3] = (char)('0' + (i - 1) % 10);
		memcpy(target, path, sizeof target);
		path[2] = (char)('0' + i / 10), path[3] = (char)('0' + i % 10);
		assert_int_equal(make_link(path, target), 0);
	}
	assert_string_equal(read_path("/l40"), "end");
	assert_int_equal(walk_to("/l41", WALK_FOLLOW, &n), -ELOOP);
}

static void create_flags(void **state)
{
	struct file *f;
	UNUSED(state);
	assert_int_equal(make_dir("/d"), 0);
	assert_int_equal(make_link("/dangling", "d/made"), 0);
	assert_int_equal(open_at("/dangling", O_RDONLY, &f), -ENOENT);
	assert_int_equal(open_at("/dangling", O_RDWR | O_CREAT | O_EXCL, &f), -EEXIST);
	assert_int_equal(open_at("/dangling", O_RDWR | O_CREAT | O_NOFOLLOW, &f), -ELOOP);
	assert_int_equal(open_at("/dangling", O_RDWR | O_CREAT, &f), 0);
	file_unref(f);
	assert_int_equal(exists("/d/made"), 0);
	assert_int_equal(open_at("/d/made", O_RDWR | O_CREAT | O_EXCL, &f), -EEXIST);
	assert_int_equal(open_at("/d/made", O_RDONLY | O_DIRECTORY, &f), -ENOTDIR);
	assert_int_equal(open_at("/d", O_RDWR, &f), -EISDIR);
	assert_int_equal(open_at("/d", O_RDONLY | O_CREAT, &f), -EISDIR);
	assert_int_equal(open_at("/d/new/", O_RDWR | O_CREAT, &f), -EISDIR);
	assert_int_equal(open_at("/nodir/new", O_RDWR | O_CREAT, &f), -ENOENT);
	assert_int_equal(open_at("/dangling", O_RDONLY | O_NOFOLLOW, &f), -ELOOP);
	assert_int_equal(open_at("/dangling", O_PATH | O_NOFOLLOW, &f), 0);
	assert_int_equal(read_some(f, &(char){0}, 1), -EBADF);
	file_unref(f);
	assert_int_equal(open_at("/d", O_TMPFILE | O_RDONLY, &f), -EINVAL);
	assert_int_equal(open_at("/d/made", O_TMPFILE | O_RDWR, &f), -ENOTDIR);
	assert_int_equal(open_at("/d", O_TMPFILE | O_RDWR, &f), 0);
	assert_int_equal(f->inode->nlink, 0);
	file_unref(f);
	assert_int_equal(make_link("/c1", "c2"), 0);
	assert_int_equal(make_link("/c2", "c1"), 0);
	assert_int_equal(open_at("/c1", O_RDWR | O_CREAT, &f), -ELOOP);
}

static void unlink_while_open(void **state)
{
	struct file *f;
	char buf[8] = "";
	struct linux_stat64 st;
	UNUSED(state);
	write_file("/f", "still");
	assert_int_equal(open_at("/f", O_RDONLY, &f), 0);
	assert_int_equal(rm("/f"), 0);
	assert_int_equal(exists("/f"), -ENOENT);
	assert_int_equal(read_some(f, buf, 8), 5);
	assert_string_equal(buf, "still");
	inode_stat(f->inode, &st);
	assert_int_equal(st.nlink, 0);
	assert_true(f->name->unlinked);
	write_file("/f", "new");
	assert_string_equal(read_path("/f"), "new");
	file_unref(f);
	assert_string_equal(read_path("/f"), "new");
}

static void hard_links(void **state)
{
	struct name *n;
	UNUSED(state);
	write_file("/f", "one");
	assert_int_equal(make_hard("/g", "/f"), 0);
	assert_int_equal(walk_to("/g", 0, &n), 0);
	assert_int_equal(n->inode->nlink, 2);
	name_unref(n);
	assert_int_equal(rm("/f"), 0);
	assert_string_equal(read_path("/g"), "one");
	assert_int_equal(make_dir("/d"), 0);
	assert_int_equal(make_hard("/d2", "/d"), -EPERM);
	assert_int_equal(make_hard("/g", "/g"), -EEXIST);
}

static void removal_refusals(void **state)
{
	UNUSED(state);
	assert_int_equal(make_dir("/d"), 0);
	write_file("/d/f", "");
	assert_int_equal(rm("/d"), -EISDIR);
	assert_int_equal(rm_dir("/d/f"), -ENOTDIR);
	assert_int_equal(rm_dir("/d"), -ENOTEMPTY);
	assert_int_equal(rm_dir("/d/."), -EINVAL);
	assert_int_equal(rm_dir("/d/.."), -ENOTEMPTY);
	assert_int_equal(rm_dir("/"), -EBUSY);
	assert_int_equal(rm("/x"), -ENOENT);
	assert_int_equal(rm("/d/f"), 0);
	assert_int_equal(rm_dir("/d"), 0);
}

static void removed_directory_in_use(void **state)
{
	struct name *d;
	struct file *f;
	char path[64];
	UNUSED(state);
	assert_int_equal(make_dir("/p"), 0);
	assert_int_equal(make_dir("/p/d"), 0);
	assert_int_equal(walk_to("/p/d", 0, &d), 0);
	who.cwd = d;
	assert_int_equal(rm_dir("/p/d"), 0);
	assert_int_equal(rm_dir("/p"), 0);
	assert_int_equal(open_at("x", O_CREAT | O_RDWR, &f), -ENOENT);
	assert_int_equal(make_dir("x"), -ENOENT);
	assert_string_equal(list_dir("."), ". .. ");
	assert_int_equal(name_path(d, NULL, path, sizeof path), 5);
	assert_true(d->unlinked);
	who.cwd = name_root();
	name_unref(d);
}

static void renames(void **state)
{
	struct name *n;
	char path[64];
	UNUSED(state);
	assert_int_equal(make_dir("/a"), 0);
	assert_int_equal(make_dir("/b"), 0);
	assert_int_equal(make_dir("/a/sub"), 0);
	write_file("/a/f", "f");
	write_file("/b/g", "g");
	assert_int_equal(walk_to("/a/f", 0, &n), 0);
	assert_int_equal(mv("/a/f", "/b/a-much-longer-name", 0), 0);
	assert_int_equal(name_path(n, NULL, path, sizeof path), 22);
	assert_string_equal(path, "/b/a-much-longer-name");
	name_unref(n);
	assert_string_equal(read_path("/b/a-much-longer-name"), "f");
	assert_int_equal(mv("/b/a-much-longer-name", "/b/g", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(mv("/b/a-much-longer-name", "/b/g", 0), 0);
	assert_string_equal(read_path("/b/g"), "f");
	assert_int_equal(mv("/b/g", "/a/sub", 0), -EISDIR);
	assert_int_equal(mv("/a/sub", "/b/g", 0), -ENOTDIR);
	assert_int_equal(mv("/a", "/a/sub/x", 0), -EINVAL);
	assert_int_equal(mv("/a", "/a", 0), 0);
	assert_int_equal(mv("/a/sub", "/a", 0), -ENOTEMPTY);
	assert_int_equal(mv("/a", "/b", 0), -ENOTEMPTY);
	assert_int_equal(mv("/x", "/y", 0), -ENOENT);
	assert_int_equal(mv("/a/.", "/y", 0), -EBUSY);
	assert_int_equal(mv("/a", "/x", RENAME_EXCHANGE), -ENOENT);
	assert_int_equal(mv("/a", "/a/sub", RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(mv("/a", "/b", RENAME_EXCHANGE), 0);
	assert_string_equal(read_path("/a/g"), "f");
	assert_int_equal(mv("/a/g", "/a", RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(mv("/b", "/a", RENAME_EXCHANGE), 0);
	assert_string_equal(read_path("/b/g"), "f");
	assert_int_equal(rm("/b/g"), 0);
	assert_int_equal(walk_to("/a/sub", 0, &n), 0);
	assert_int_equal(mv("/a", "/b", 0), 0); /* onto an empty directory */
	assert_int_equal(name_path(n, NULL, path, sizeof path), 7);
	assert_string_equal(path, "/b/sub");
	assert_int_equal(mv("/b/sub", "/sub", 0), 0);
	assert_int_equal(name_path(n, NULL, path, sizeof path), 5);
	name_unref(n);
	assert_string_equal(list_dir("/"), ". .. b sub ");
}

static void rename_links_of_one_file(void **state)
{
	UNUSED(state);
	write_file("/f", "x");
	assert_int_equal(make_hard("/g", "/f"), 0);
	assert_int_equal(mv("/f", "/g", 0), 0);
	assert_int_equal(exists("/f"), 0);
	assert_int_equal(exists("/g"), 0);
}

static void permissions(void **state)
{
	struct file *f;
	struct name *n;
	UNUSED(state);
	assert_int_equal(make_dir("/closed"), 0);
	write_file("/closed/f", "x");
	assert_int_equal(walk_to("/closed", 0, &n), 0);
	n->inode->mode = S_IFDIR | 0700;
	name_unref(n);
	assert_int_equal(make_dir("/tmp"), 0);
	assert_int_equal(walk_to("/tmp", 0, &n), 0);
	n->inode->mode = S_IFDIR | 01777;
	name_unref(n);
	write_file("/tmp/roots", "r");
	user_cred = (struct cred){.fsuid = 1000, .euid = 1000, .fsgid = 1000};
	assert_int_equal(exists("/closed/f"), -EACCES);
	assert_int_equal(open_at("/new", O_CREAT | O_RDWR, &f), -EACCES);
	assert_int_equal(open_at("/tmp/mine", O_CREAT | O_RDWR, &f), 0);
	assert_int_equal(f->inode->uid, 1000);
	assert_int_equal(f->inode->mode, S_IFREG | 0644);
	file_unref(f);
	assert_int_equal(open_at("/tmp/roots", O_RDONLY, &f), 0);
	file_unref(f);
	assert_int_equal(open_at("/tmp/roots", O_WRONLY, &f), -EACCES);
	assert_int_equal(rm("/tmp/roots"), -EPERM); /* sticky */
	assert_int_equal(mv("/tmp/roots", "/tmp/x", 0), -EPERM);
	assert_int_equal(rm("/tmp/mine"), 0);
	user_cred = (struct cred){.effective = CAP_ALL};
}

static void mounts_cover(void **state)
{
	struct name *at, *n;
	char path[64];
	struct fstype tmp = {.name = "tmpfs", .make = tmpfs_make};
	UNUSED(state);
	fstype_register(&tmp);
	assert_int_equal(make_dir("/mnt"), 0);
	write_file("/mnt/under", "u");
	assert_int_equal(walk_to("/mnt", 0, &at), 0);
	assert_int_equal(fstype_mount("nofs", "x", NULL, at, 0, &who), -ENODEV);
	assert_int_equal(fstype_mount("tmpfs", "src", "mode=700", at, 0, &who), 0);
	name_unref(at);
	assert_int_equal(exists("/mnt/under"), -ENOENT);
	write_file("/mnt/over", "o");
	assert_int_equal(walk_to("/mnt/over", 0, &n), 0);
	assert_int_equal(name_path(n, NULL, path, sizeof path), 10);
	assert_string_equal(path, "/mnt/over");
	assert_int_equal(exists("/mnt/../mnt/over"), 0);
	assert_int_equal(rm_dir("/mnt"), -EBUSY);
	assert_int_equal(mv("/mnt/over", "/x", 0), -EXDEV);
	assert_int_equal(make_hard("/x", "/mnt/over"), -EXDEV);
	assert_int_equal(walk_to("/mnt", 0, &at), 0);
	assert_int_equal(at->inode->mode, S_IFDIR | 0700);
	assert_int_equal(mount_remove(at, 0), -EBUSY); /* n is inside */
	name_unref(n);
	assert_int_equal(mount_remove(at, 0), 0);
	name_unref(at);
	assert_string_equal(read_path("/mnt/under"), "u");
	assert_int_equal(walk_to("/mnt", 0, &at), 0);
	assert_int_equal(mount_remove(at, 0), -EINVAL);
	assert_int_equal(mount_remove(name_root(), 0), -EINVAL);
	name_unref(at);
}

static void detached_mount_lives_while_used(void **state)
{
	struct name *at;
	struct file *f;
	struct superblock *sb;
	UNUSED(state);
	assert_int_equal(make_dir("/m"), 0);
	assert_int_equal(walk_to("/m", 0, &at), 0);
	assert_int_equal(tmpfs_make("x", NULL, &sb), 0);
	assert_int_equal(mount_add(at, sb, MS_RDONLY), 0);
	name_unref(at);
	assert_int_equal(open_at("/m/f", O_CREAT | O_RDWR, &f), -EROFS);
	assert_int_equal(walk_to("/m", 0, &at), 0);
	at->of->flags = 0;
	assert_int_equal(open_at("/m/f", O_CREAT | O_RDWR, &f), 0);
	assert_int_equal(mount_remove(at, MNT_DETACH), 0);
	name_unref(at);
	assert_int_equal(write_some(f, "abc", 3), 3);
	assert_int_equal(exists("/m/f"), -ENOENT);
	file_unref(f);
}

static bool count_two(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next)
{
	int *n = ctx;
	UNUSED(name), UNUSED(len), UNUSED(ino), UNUSED(dtype), UNUSED(next);
	return ++*n <= 2;
}

/** rm -r deletes while it reads: no entry may be missed. */
static void readdir_under_unlink(void **state)
{
	struct file *f;
	uint64_t cookie = 0;
	char path[16] = "/d/0";
	UNUSED(state);
	assert_int_equal(make_dir("/d"), 0);
	for (int i = 0; i < 10; i++) path[3] = (char)('0' + i), write_file(path, "");
	assert_int_equal(open_at("/d", O_RDONLY, &f), 0);
	int n = 0, removed = 0;
	assert_int_equal(f->ops->readdir(f, &cookie, count_two, &n), 0); /* . and .. */
	while (removed < 10) {
		uint64_t before = cookie;
		n = 0;
		assert_int_equal(f->ops->readdir(f, &cookie, count_two, &n), 0);
		assert_true(cookie > before);
		for (int i = 0; i < 2; i++) path[3] = (char)('0' + removed++), assert_int_equal(rm(path), 0);
	}
	file_unref(f);
	assert_int_equal(rm_dir("/d"), 0);
}

/** No path of allocation failure leaks or breaks the tree. */
static void out_of_memory(void **state)
{
	struct file *f;
	UNUSED(state);
	assert_int_equal(make_dir("/a"), 0);
	assert_int_equal(make_link("/l", "/a"), 0);
	for (int32_t n = 0; n < 40; n++) {
		stub_refuse_after = n;
		if (open_at("/l/f", O_CREAT | O_RDWR, &f) == 0) {
			write_some(f, "x", 1);
			file_unref(f);
		}
		make_dir("/a/d");
		make_link("/a/s", "x");
		mv("/a/d", "/a/e", 0);
		stub_refuse_after = -1;
		rm("/a/f");
		rm("/a/s");
		rm_dir("/a/d");
		rm_dir("/a/e");
		assert_string_equal(list_dir("/a"), ". .. ");
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_begin, fixture_end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(walk_components), T(walk_limits), T(walk_parent), T(symlinks), T(link_loops), T(create_flags), T(unlink_while_open),
		T(hard_links), T(removal_refusals), T(removed_directory_in_use), T(renames), T(rename_links_of_one_file), T(permissions),
		T(mounts_cover), T(detached_mount_lives_while_used), T(readdir_under_unlink), T(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
