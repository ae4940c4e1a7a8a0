/* names - link, symlink, unlink, rename, mkdir, rmdir, mknod and their *at forms. */
#include "paths.h"

#include <sys/mount.h>
#include <sys/sysmacros.h>

#define NOREPLACE 1
#define EXCHANGE 2
#define WHITEOUT 4

PATH(link, syscall(SYS_link, p, "p_new"))
PATH(linkat, syscall(SYS_linkat, AT_FDCWD, p, AT_FDCWD, "p_new", 0))
PATH(linkat_to, syscall(SYS_linkat, AT_FDCWD, "p_file", AT_FDCWD, p, 0))
PATH(symlink, syscall(SYS_symlink, "text", p))
PATH(symlinkat, syscall(SYS_symlinkat, "text", AT_FDCWD, p))
PATH(unlink, syscall(SYS_unlink, p))
PATH(unlinkat, syscall(SYS_unlinkat, AT_FDCWD, p, 0))
PATH(rename, syscall(SYS_rename, p, "p_new"))
PATH(renameat, syscall(SYS_renameat, AT_FDCWD, p, AT_FDCWD, "p_new"))
PATH(renameat2, syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, "p_new", 0))
PATH(rename_to, syscall(SYS_rename, "p_file", p))
PATH(mkdir, syscall(SYS_mkdir, p, 0755))
PATH(mkdirat, syscall(SYS_mkdirat, AT_FDCWD, p, 0755))
PATH(rmdir, syscall(SYS_rmdir, p))
PATH(mknod, syscall(SYS_mknod, p, S_IFREG | 0644, 0))
PATH(mknodat, syscall(SYS_mknodat, AT_FDCWD, p, S_IFREG | 0644, 0))
FDC(linkat, syscall(SYS_linkat, fd, "p_x", AT_FDCWD, "p_new", 0))
FDC(symlinkat, syscall(SYS_symlinkat, "text", fd, "p_x"))
FDC(unlinkat, syscall(SYS_unlinkat, fd, "p_x", 0))
FDC(renameat, syscall(SYS_renameat, fd, "p_x", AT_FDCWD, "p_new"))
FDC(renameat2, syscall(SYS_renameat2, fd, "p_x", AT_FDCWD, "p_new", 0))
FDC(mkdirat, syscall(SYS_mkdirat, fd, "p_x", 0755))
FDC(mknodat, syscall(SYS_mknodat, fd, "p_x", S_IFREG | 0644, 0))

/* The second path's errors, under the call's name with another word. */
static void second_path(const char *call, path_call f)
{
	T(call, "second path: directory is absent", f("absent/x"));
	T(call, "second path: component is a file", f("p_file/x"));
	T(call, "second path: loop of links in it", f("p_loop/x"));
	T(call, "second path: name of 256 bytes", f(long_name(256)));
	T(call, "second path: empty", f(""));
	T(call, "second path: bad pointer", f(BAD));
}

static void paths(void)
{
	path_errors("link", p_link);
	path_errors("linkat", p_linkat);
	path_errors("symlink", p_symlink);
	path_errors("symlinkat", p_symlinkat);
	path_errors("unlink", p_unlink);
	path_errors("unlinkat", p_unlinkat);
	path_errors("rename", p_rename);
	path_errors("renameat", p_renameat);
	path_errors("renameat2", p_renameat2);
	path_errors("mkdir", p_mkdir);
	path_errors("mkdirat", p_mkdirat);
	path_errors("rmdir", p_rmdir);
	path_errors("mknod", p_mknod);
	path_errors("mknodat", p_mknodat);
	second_path("linkat", p_linkat_to);
	second_path("rename", p_rename_to);
	at_errors("linkat", f_linkat);
	at_errors("symlinkat", f_symlinkat);
	at_errors("unlinkat", f_unlinkat);
	at_errors("renameat", f_renameat);
	at_errors("renameat2", f_renameat2);
	at_errors("mkdirat", f_mkdirat);
	at_errors("mknodat", f_mknodat);
}

/* "type links size", or "absent". */
static const char *is(const char *path)
{
	static char text[4][48];
	static unsigned turn;
	char *t = text[turn++ % 4];
	struct stat st;

	if (lstat(path, &st))
		return strcpy(t, "absent");
	snprintf(t, sizeof text[0], "%o/%u/%ld", st.st_mode, (unsigned)st.st_nlink, S_ISDIR(st.st_mode) ? 0 : (long)st.st_size);
	return t;
}

static void make_names(void)
{
	make_file("file", "12345");
	make_file("file2", "1");
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	mkdir("empty", 0755);
	symlink("file", "link");
	symlink("absent", "dangling");
	symlink("dir", "dirlink");
}

static void linking(void)
{
	int fd;

	make_names();
	TV("link", "success", syscall(SYS_link, "file", "hard"), "%s %s", is("file"), is("hard"));
	T("link", "new name is there", syscall(SYS_link, "file", "file2"));
	T("link", "new name is a dangling link", syscall(SYS_link, "file", "dangling"));
	T("link", "a directory", syscall(SYS_link, "dir", "dir2"));
	T("link", "onto itself", syscall(SYS_link, "file", "file"));
	TV("link", "a symbolic link", syscall(SYS_link, "link", "link2"), "%s", is("link2"));
	T("link", "slash behind the old file", syscall(SYS_link, "file/", "x"));
	T("link", "slash behind the new name", syscall(SYS_link, "file", "x/"));
	T("link", "into another file system", syscall(SYS_link, "file", "/dev/shm/x"));
	T("link", "new name is a directory's dot", syscall(SYS_link, "file", "dir/."));
	TV("linkat", "AT_SYMLINK_FOLLOW", syscall(SYS_linkat, AT_FDCWD, "link", AT_FDCWD, "follow", AT_SYMLINK_FOLLOW), "%s", is("follow"));
	T("linkat", "AT_SYMLINK_FOLLOW on a dangling link", syscall(SYS_linkat, AT_FDCWD, "dangling", AT_FDCWD, "y", AT_SYMLINK_FOLLOW));
	T("linkat", "unknown flag", syscall(SYS_linkat, AT_FDCWD, "file", AT_FDCWD, "y", 1));
	T("linkat", "new name is there", syscall(SYS_linkat, AT_FDCWD, "file", AT_FDCWD, "file2", 0));
	fd = must_open("dir", O_RDONLY, 0);
	TV("linkat", "between two directories", syscall(SYS_linkat, AT_FDCWD, "file", fd, "there", 0), "%s", is("dir/there"));
	T("linkat", "AT_EMPTY_PATH of a directory", syscall(SYS_linkat, fd, "", AT_FDCWD, "z", AT_EMPTY_PATH));
	fd = must_open("file2", O_RDONLY, 0);
	TV("linkat", "AT_EMPTY_PATH", syscall(SYS_linkat, fd, "", AT_FDCWD, "z", AT_EMPTY_PATH), "%s", is("z"));
	unlink("z");
	unlink("file2");
	T("linkat", "AT_EMPTY_PATH of a file without a name", syscall(SYS_linkat, fd, "", AT_FDCWD, "z", AT_EMPTY_PATH));
}

static void symbolic(void)
{
	make_names();
	TV("symlink", "success", syscall(SYS_symlink, "any text", "new"), "%s", is("new"));
	T("symlink", "name is there", syscall(SYS_symlink, "text", "file"));
	T("symlink", "name is a dangling link", syscall(SYS_symlink, "text", "dangling"));
	T("symlink", "empty text", syscall(SYS_symlink, "", "new2"));
	T("symlink", "bad text", syscall(SYS_symlink, BAD, "new2"));
	T("symlink", "text of 4095 bytes", syscall(SYS_symlink, long_name(4095), "new3"));
	T("symlink", "text of 4096 bytes", syscall(SYS_symlink, long_name(4096), "new4"));
	T("symlink", "slash behind the new name", syscall(SYS_symlink, "text", "new5/"));
	T("symlink", "name is a directory", syscall(SYS_symlink, "text", "dir"));
	TV("symlinkat", "below a directory", syscall(SYS_symlinkat, "text", must_open("dir", O_RDONLY, 0), "s"), "%s", is("dir/s"));
	T("symlinkat", "name is there", syscall(SYS_symlinkat, "text", AT_FDCWD, "file"));
	T("symlinkat", "bad text", syscall(SYS_symlinkat, BAD, AT_FDCWD, "new6"));
}

static void removing(void)
{
	int fd, dir;

	make_names();
	fd = must_open("file2", O_RDWR, 0);
	TV("unlink", "an open file", syscall(SYS_unlink, "file2"), "%s write %zd", is("file2"), write(fd, "x", 1));
	T("unlink", "no such file", syscall(SYS_unlink, "file2"));
	T("unlink", "a directory", syscall(SYS_unlink, "empty"));
	T("unlink", "dot", syscall(SYS_unlink, "."));
	T("unlink", "slash behind a file", syscall(SYS_unlink, "file/"));
	T("unlink", "slash behind a directory", syscall(SYS_unlink, "empty/"));
	TV("unlink", "a symbolic link", syscall(SYS_unlink, "link"), "%s %s", is("link"), is("file"));
	T("unlink", "slash behind a link to a directory", syscall(SYS_unlink, "dirlink/"));
	T("unlink", "a file in /proc", syscall(SYS_unlink, "/proc/self/stat"));
	dir = must_open("dir", O_RDONLY, 0);
	T("rmdir", "not empty", syscall(SYS_rmdir, "dir"));
	TV("rmdir", "success", syscall(SYS_rmdir, "empty"), "%s", is("empty"));
	T("rmdir", "no such directory", syscall(SYS_rmdir, "empty"));
	T("rmdir", "a file", syscall(SYS_rmdir, "file"));
	T("rmdir", "a link to a directory", syscall(SYS_rmdir, "dirlink"));
	T("rmdir", "slash behind a link to a directory", syscall(SYS_rmdir, "dirlink/"));
	T("rmdir", "dot at the end", syscall(SYS_rmdir, "dir/sub/."));
	T("rmdir", "dot-dot at the end", syscall(SYS_rmdir, "dir/sub/.."));
	T("rmdir", "the root", syscall(SYS_rmdir, "/"));
	T("rmdir", "a mount's root", syscall(SYS_rmdir, "/dev/shm"));
	T("unlinkat", "AT_REMOVEDIR, not empty", syscall(SYS_unlinkat, AT_FDCWD, "dir", AT_REMOVEDIR));
	T("unlinkat", "AT_REMOVEDIR of a file", syscall(SYS_unlinkat, AT_FDCWD, "file", AT_REMOVEDIR));
	T("unlinkat", "a directory without AT_REMOVEDIR", syscall(SYS_unlinkat, AT_FDCWD, "dir", 0));
	T("unlinkat", "unknown flag", syscall(SYS_unlinkat, AT_FDCWD, "file", 1));
	T("unlinkat", "AT_REMOVEDIR", syscall(SYS_unlinkat, dir, "sub", AT_REMOVEDIR));
	T("unlinkat", "a file below a directory", (make_file("dir/f", "x"), syscall(SYS_unlinkat, dir, "f", 0)));
	mkdir("dir/open", 0755);
	fd = must_open("dir/open", O_RDONLY, 0);
	TV("rmdir", "an open directory", syscall(SYS_rmdir, "dir/open"), "stat %d", fstat(fd, &(struct stat){0}));
	T("mkdirat", "below a directory that was removed", syscall(SYS_mkdirat, fd, "x", 0755));
	chdir("dir");
	T("rmdir", "the working directory", syscall(SYS_rmdir, "../dir"));
	T("mkdir", "in a working directory that was removed", syscall(SYS_mkdir, "x", 0755));
}

static void making(void)
{
	int dir;

	make_names();
	dir = must_open("dir", O_RDONLY, 0);
	TV("mkdir", "success", syscall(SYS_mkdir, "a", 0777), "%s", is("a"));
	TV("mkdir", "slash at the end", syscall(SYS_mkdir, "b/", 07777), "%s", is("b"));
	T("mkdir", "a directory is there", syscall(SYS_mkdir, "dir", 0755));
	T("mkdir", "a file is there", syscall(SYS_mkdir, "file", 0755));
	T("mkdir", "a dangling link is there", syscall(SYS_mkdir, "dangling", 0755));
	T("mkdir", "dot", syscall(SYS_mkdir, "dir/.", 0755));
	T("mkdir", "the root", syscall(SYS_mkdir, "/", 0755));
	T("mkdir", "in /proc", syscall(SYS_mkdir, "/proc/x", 0755));
	TV("mkdir", "counts as a link of its parent", syscall(SYS_mkdir, "dir/more", 0755), "%s", is("dir"));
	TV("mkdirat", "below a directory", syscall(SYS_mkdirat, dir, "c", 0700), "%s", is("dir/c"));
	T("mkdirat", "a directory is there", syscall(SYS_mkdirat, dir, "c", 0700));
	chmod("a", 02775);
	chown("a", 0, 100);
	mkdir("a/below", 0755);
	struct stat st;
	stat("a/below", &st);
	note("mkdir", "below a setgid directory", "%o gid=%u", st.st_mode, st.st_gid);
	make_file("a/f", "x");
	stat("a/f", &st);
	note("open", "a new file below a setgid directory", "%o gid=%u", st.st_mode, st.st_gid);
	TV("mknod", "a file", syscall(SYS_mknod, "n1", S_IFREG | 0666, 0), "%s", is("n1"));
	TV("mknod", "type 0", syscall(SYS_mknod, "n2", 0666, 0), "%s", is("n2"));
	TV("mknod", "a fifo", syscall(SYS_mknod, "n3", S_IFIFO | 0666, 0), "%s", is("n3"));
	TV("mknod", "a socket", syscall(SYS_mknod, "n4", S_IFSOCK | 0666, 0), "%s", is("n4"));
	TV("mknod", "a character device", syscall(SYS_mknod, "n5", S_IFCHR | 0666, makedev(1, 3)), "%s", is("n5"));
	TV("mknod", "a block device", syscall(SYS_mknod, "n6", S_IFBLK | 0666, makedev(8, 1)), "%s", is("n6"));
	T("mknod", "a directory", syscall(SYS_mknod, "n7", S_IFDIR | 0755, 0));
	T("mknod", "a link", syscall(SYS_mknod, "n7", S_IFLNK | 0755, 0));
	T("mknod", "type 0170000", syscall(SYS_mknod, "n7", 0170000, 0));
	T("mknod", "name is there", syscall(SYS_mknod, "file", S_IFREG | 0644, 0));
	T("mknod", "name is a dangling link", syscall(SYS_mknod, "dangling", S_IFREG | 0644, 0));
	T("mknod", "slash at the end", syscall(SYS_mknod, "n8/", S_IFREG | 0644, 0));
	TV("mknodat", "a fifo below a directory", syscall(SYS_mknodat, dir, "n", S_IFIFO | 0600, 0), "%s", is("dir/n"));
	T("mknodat", "name is there", syscall(SYS_mknodat, dir, "n", S_IFIFO | 0600, 0));
	T("mknodat", "a directory", syscall(SYS_mknodat, dir, "m", S_IFDIR | 0600, 0));
}

static void renaming(void)
{
	make_names();
	TV("rename", "success", syscall(SYS_rename, "file", "new"), "%s %s", is("file"), is("new"));
	TV("rename", "over a file", syscall(SYS_rename, "new", "file2"), "%s %s", is("new"), is("file2"));
	rename("file2", "file");
	T("rename", "no such file", syscall(SYS_rename, "absent2", "x"));
	T("rename", "onto itself", syscall(SYS_rename, "file", "file"));
	T("rename", "a file over a directory", syscall(SYS_rename, "file", "empty"));
	T("rename", "a directory over a file", syscall(SYS_rename, "empty", "file"));
	T("rename", "a directory over one that is not empty", syscall(SYS_rename, "empty", "dir"));
	TV("rename", "a directory over an empty one", (mkdir("empty2", 0700), syscall(SYS_rename, "empty2", "empty")), "%s", is("empty"));
	T("rename", "a directory into itself", syscall(SYS_rename, "dir", "dir/sub/x"));
	T("rename", "a directory over its ancestor", syscall(SYS_rename, "dir/sub", "dir"));
	T("rename", "dot", syscall(SYS_rename, ".", "x"));
	T("rename", "dot-dot at the end", syscall(SYS_rename, "dir/..", "x"));
	T("rename", "to dot", syscall(SYS_rename, "dir", "empty/."));
	T("rename", "the root", syscall(SYS_rename, "/", "x"));
	T("rename", "a slash behind a file", syscall(SYS_rename, "file/", "x"));
	T("rename", "a file to a name with a slash", syscall(SYS_rename, "file", "x/"));
	TV("rename", "a directory to a name with a slash", syscall(SYS_rename, "dir/", "moved/"), "%s %s", is("dir"), is("moved"));
	rename("moved", "dir");
	TV("rename", "a symbolic link itself", syscall(SYS_rename, "link", "link2"), "%s %s", is("link2"), is("file"));
	TV("rename", "over a symbolic link", (make_file("f3", "123"), syscall(SYS_rename, "f3", "link2")), "%s %s", is("link2"), is("file"));
	T("rename", "into another file system", syscall(SYS_rename, "file", "/dev/shm/x"));
	link("file", "hard");
	TV("rename", "over another name of the same file", syscall(SYS_rename, "file", "hard"), "%s %s", is("file"), is("hard"));
	TV("rename", "a directory to another parent", syscall(SYS_rename, "dir/sub", "empty/sub"), "%s %s", is("dir"), is("empty"));
	T("rename", "a mount's root", syscall(SYS_rename, "/dev/shm", "/dev/shm2"));
	T("renameat", "success", syscall(SYS_renameat, must_open("empty", O_RDONLY, 0), "sub", must_open("dir", O_RDONLY, 0), "sub"));
	T("renameat", "a file over a directory", syscall(SYS_renameat, AT_FDCWD, "file", AT_FDCWD, "empty"));
}

static void renaming2(void)
{
	make_names();
	T("renameat2", "NOREPLACE, name is free", syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "new", NOREPLACE));
	T("renameat2", "NOREPLACE, name is there", syscall(SYS_renameat2, AT_FDCWD, "new", AT_FDCWD, "file2", NOREPLACE));
	TV("renameat2", "EXCHANGE two files", syscall(SYS_renameat2, AT_FDCWD, "new", AT_FDCWD, "file2", EXCHANGE), "%s %s", is("new"), is("file2"));
	TV("renameat2", "EXCHANGE a file and a directory", syscall(SYS_renameat2, AT_FDCWD, "new", AT_FDCWD, "dir/sub", EXCHANGE), "%s %s %s",
	   is("new"), is("dir/sub"), is("dir"));
	T("renameat2", "EXCHANGE, new name is free", syscall(SYS_renameat2, AT_FDCWD, "file2", AT_FDCWD, "free", EXCHANGE));
	T("renameat2", "EXCHANGE a directory and one in it", syscall(SYS_renameat2, AT_FDCWD, "dir", AT_FDCWD, "dir/sub", EXCHANGE));
	T("renameat2", "NOREPLACE|EXCHANGE", syscall(SYS_renameat2, AT_FDCWD, "file2", AT_FDCWD, "empty", NOREPLACE | EXCHANGE));
	T("renameat2", "WHITEOUT|EXCHANGE", syscall(SYS_renameat2, AT_FDCWD, "file2", AT_FDCWD, "empty", WHITEOUT | EXCHANGE));
	T("renameat2", "unknown flag", syscall(SYS_renameat2, AT_FDCWD, "file2", AT_FDCWD, "x", 8));
	TV("renameat2", "WHITEOUT", syscall(SYS_renameat2, AT_FDCWD, "file2", AT_FDCWD, "white", WHITEOUT), "%s %s", is("file2"), is("white"));
	T("renameat2", "no flag", syscall(SYS_renameat2, AT_FDCWD, "white", AT_FDCWD, "white2", 0));
	T("renameat2", "second descriptor closed", syscall(SYS_renameat2, AT_FDCWD, "white2", NOFD, "x", 0));
	T("renameat2", "second path: bad pointer", syscall(SYS_renameat2, AT_FDCWD, "white2", AT_FDCWD, BAD, 0));
}

static void many_links(void)
{
	char name[16];

	symlink("/tmp/abi/names/chain/file", "l0");
	make_file("file", "x");
	for (int i = 1; i < 42; i++) {
		char to[16];
		snprintf(to, sizeof to, "l%d", i - 1);
		snprintf(name, sizeof name, "l%d", i);
		symlink(to, name);
	}
	T("open", "40 links", shut(open("l39", O_RDONLY)));
	T("open", "41 links", shut(open("l40", O_RDONLY)));
}

const struct section sections[] = {
	{"paths", paths}, {"linking", linking}, {"symbolic", symbolic}, {"removing", removing}, {"making", making},
	{"renaming", renaming}, {"renaming2", renaming2}, {"chain", many_links}, {NULL, NULL},
};
