/* dirs - getdents, getdents64, chdir, fchdir, getcwd, chroot. */
#include "paths.h"

#include <dirent.h>
#include <sys/mount.h>

struct dent { /* getdents(141) */
	unsigned long ino, off;
	unsigned short reclen;
	char name[];
};

struct dent64 { /* getdents64(220) */
	unsigned long long ino;
	long long off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static char buf[8192] __attribute__((aligned(8)));

PATH(chdir, syscall(SYS_chdir, p))
PATH(chroot, syscall(SYS_chroot, p))
FDC(getdents, syscall(SYS_getdents, fd, buf, sizeof buf))
FDC(getdents64, syscall(SYS_getdents64, fd, buf, sizeof buf))
FDC(fchdir, syscall(SYS_fchdir, fd))

static void paths(void)
{
	path_errors("chdir", p_chdir);
	path_errors("chroot", p_chroot);
	fd_errors("getdents", f_getdents);
	fd_errors("getdents64", f_getdents64);
	T("fchdir", "descriptor: closed", f_fchdir(NOFD));
	T("fchdir", "descriptor: -1", f_fchdir(-1));
	T("fchdir", "descriptor: a file", f_fchdir(must_open("p_file", O_RDONLY, 0)));
	T("fchdir", "descriptor: a file, O_PATH", f_fchdir(must_open("p_file", O_PATH, 0)));
	T("chdir", "a file", p_chdir("p_file"));
	T("chroot", "a file", p_chroot("p_file"));
	T("getdents", "a file", f_getdents(must_open("p_file", O_RDONLY, 0)));
	T("getdents64", "a file", f_getdents64(must_open("p_file", O_RDONLY, 0)));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a directory in order of the alphabet, each with its type. */
static const char *all_names(int fd)
{
	static char text[512];
	static char names[64][40];
	char *sorted[64];
	int n = 0;
	long got;

	lseek(fd, 0, SEEK_SET);
	while ((got = syscall(SYS_getdents64, fd, buf, 200)) > 0)
		for (long at = 0; at < got; at += ((struct dent64 *)(buf + at))->reclen) {
			struct dent64 *d = (struct dent64 *)(buf + at);
			if (n < 64)
				snprintf(names[n], sizeof names[n], "%s/%u", d->name, d->type);
			n++;
		}
	for (int i = 0; i < n && i < 64; i++)
		sorted[i] = names[i];
	qsort(sorted, (size_t)n, sizeof sorted[0], by_text);
	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", sorted[i]);
	return text;
}

static void make_names(void)
{
	mkdir("dir", 0755);
	make_file("dir/file", "x");
	mkdir("dir/sub", 0755);
	symlink("file", "dir/link");
	mkfifo("dir/fifo", 0644);
	mknod("dir/chr", S_IFCHR | 0600, 0x103);
	mknod("dir/blk", S_IFBLK | 0600, 0x801);
	mknod("dir/sock", S_IFSOCK | 0600, 0);
}

static int count64(int fd, unsigned room)
{
	int n = 0;
	long got;

	while ((got = syscall(SYS_getdents64, fd, buf, room)) > 0)
		for (long at = 0; at < got; at += ((struct dent64 *)(buf + at))->reclen)
			n++;
	return n;
}

static void listing(void)
{
	struct dent *old = (struct dent *)buf;
	struct dent64 *new = (struct dent64 *)buf;
	int fd;

	make_names();
	fd = must_open("dir", O_RDONLY, 0);
	note("getdents64", "all kinds", "%s", all_names(fd));
	T("getdents64", "at the end", f_getdents64(fd));
	lseek(fd, 0, SEEK_SET);
	TV("getdents64", "room for one name only", syscall(SYS_getdents64, fd, buf, 24), "%s", new->name);
	T("getdents64", "room for no name", syscall(SYS_getdents64, fd, buf, 20));
	T("getdents64", "no room", syscall(SYS_getdents64, fd, buf, 0));
	T("getdents64", "bad pointer", syscall(SYS_getdents64, fd, BAD, 1000));
	lseek(fd, 0, SEEK_SET);
	T("getdents64", "runs into no memory", syscall(SYS_getdents64, fd, edge(30), 1000));
	lseek(fd, 0, SEEK_SET);
	TV("getdents64", "the first two", syscall(SYS_getdents64, fd, buf, 48), "%s %s", new->name, ((struct dent64 *)(buf + new->reclen))->name);
	lseek(fd, 0, SEEK_SET);
	TV("getdents", "the first", syscall(SYS_getdents, fd, buf, 16), "%s type %d", old->name, buf[old->reclen - 1]);
	T("getdents", "room for no name", syscall(SYS_getdents, fd, buf, 12));
	T("getdents", "bad pointer", syscall(SYS_getdents, fd, BAD, 1000));
	T("getdents", "the rest, then the end", (f_getdents(fd), f_getdents(fd)));
	for (int i = 0; i < 100; i++) {
		snprintf(buf, sizeof buf, "dir/sub/%d", i);
		make_file(buf, "");
	}
	fd = must_open("dir/sub", O_RDONLY, 0);
	note("getdents64", "a hundred names in small bites", "%d", count64(fd, 64));
	lseek(fd, 0, SEEK_SET);
	int n = 0;
	while (syscall(SYS_getdents64, fd, buf, 32) > 0 && n < 1000) {
		char path[64];
		snprintf(path, sizeof path, "dir/sub/%s", new->name);
		unlink(path);
		n++;
	}
	note("getdents64", "every name unlinked as it is read", "%d, rmdir %d", n, rmdir("dir/sub"));
	note("getdents64", "a directory that was removed", "%ld", syscall(SYS_getdents64, fd, buf, sizeof buf));
	lseek(fd, 0, SEEK_SET);
	T("getdents64", "a directory that was removed, from the start", syscall(SYS_getdents64, fd, buf, sizeof buf));
}

static void seeking(void)
{
	struct dent64 *d = (struct dent64 *)buf;
	char name[40];
	long long off;
	int fd;

	make_names();
	fd = must_open("dir", O_RDONLY, 0);
	syscall(SYS_getdents64, fd, buf, 24);
	syscall(SYS_getdents64, fd, buf, 24);
	off = d->off;
	syscall(SYS_getdents64, fd, buf, 32);
	strcpy(name, d->name);
	syscall(SYS_getdents64, fd, buf, sizeof buf);
	lseek(fd, (off_t)off, SEEK_SET);
	syscall(SYS_getdents64, fd, buf, 32);
	note("getdents64", "lseek to d_off comes back", "%s", strcmp(name, d->name) ? "another name" : "same name");
	close(fd);
	fd = must_open("dir", O_PATH, 0);
	T("getdents64", "an O_PATH directory", f_getdents64(fd));
}

static const char *cwd(void)
{
	static char text[256];
	long n = syscall(SYS_getcwd, text, sizeof text);

	return n < 0 ? errno_name(errno) : text;
}

static void working(void)
{
	int fd, closed;

	make_names();
	fd = must_open(".", O_RDONLY, 0);
	TV("getcwd", "success", syscall(SYS_getcwd, buf, sizeof buf), "%s", buf);
	T("getcwd", "room for all but the end", syscall(SYS_getcwd, buf, strlen("/tmp/abi/dirs/working")));
	T("getcwd", "just enough room", syscall(SYS_getcwd, buf, strlen("/tmp/abi/dirs/working") + 1));
	T("getcwd", "no room", syscall(SYS_getcwd, buf, 0));
	T("getcwd", "bad pointer", syscall(SYS_getcwd, BAD, 100));
	T("getcwd", "null pointer", syscall(SYS_getcwd, NULL, 100));
	T("getcwd", "runs into no memory", syscall(SYS_getcwd, edge(5), 100));
	TV("chdir", "success", p_chdir("dir/sub"), "%s", cwd());
	TV("chdir", "dot-dot", p_chdir(".."), "%s", cwd());
	TV("fchdir", "success", f_fchdir(fd), "%s", cwd());
	TV("fchdir", "an O_PATH descriptor", f_fchdir(must_open("dir", O_PATH, 0)), "%s", cwd());
	TV("chdir", "an empty path", p_chdir(""), "%s", cwd());
	f_fchdir(fd);
	symlink("dir/sub", "tosub");
	TV("chdir", "through a link", p_chdir("tosub"), "%s", cwd());
	f_fchdir(fd);
	mkdir("gone", 0755);
	closed = must_open("gone", O_RDONLY, 0);
	p_chdir("gone");
	rmdir("../gone");
	T("getcwd", "a directory that was removed", syscall(SYS_getcwd, buf, sizeof buf));
	TV("chdir", "dot-dot of a directory that was removed", p_chdir(".."), "%s", cwd());
	T("fchdir", "a directory that was removed", f_fchdir(closed));
	f_fchdir(fd);
	mkdir("old", 0755);
	p_chdir("old");
	rename("../old", "../new");
	note("getcwd", "a directory that was renamed", "%s", cwd());
	p_chdir("/");
	TV("getcwd", "the root", syscall(SYS_getcwd, buf, sizeof buf), "%s", cwd());
}

static void other_root(void)
{
	int fd;

	make_names();
	fd = must_open(".", O_RDONLY, 0);
	mkdir("dir/sub/deep", 0755);
	symlink("/deep", "dir/sub/abs");
	TV("chroot", "success: the working directory stays", syscall(SYS_chroot, "dir/sub"), "%s", cwd());
	TV("chroot", "dot-dot at the root", (p_chdir("/"), p_chdir("..")), "%s", cwd());
	T("chroot", "an absolute path", shut(open("/deep", O_RDONLY)));
	T("chroot", "outside", shut(open("/tmp", O_RDONLY)));
	T("chroot", "an absolute link", shut(open("/abs", O_RDONLY | O_DIRECTORY)));
	TV("chroot", "a descriptor from before leads out", f_fchdir(fd), "%d", access("dir/file", F_OK));
	T("getcwd", "outside the root", syscall(SYS_getcwd, buf, sizeof buf));
	buf[12] = 0;
	note("getcwd", "outside the root, text", "%s", buf);
}

const struct section sections[] = {
	{"paths", paths}, {"listing", listing}, {"seeking", seeking}, {"working", working}, {"root", other_root}, {NULL, NULL},
};
