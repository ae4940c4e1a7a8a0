/* open - open, openat, creat, close, close_range. */
#include "paths.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define LARGE 0100000

PATH(open, shut(syscall(SYS_open, p, O_RDONLY)))
PATH(openat, shut(syscall(SYS_openat, AT_FDCWD, p, O_RDONLY)))
PATH(creat, shut(syscall(SYS_creat, p, 0644)))
FDC(openat, shut(syscall(SYS_openat, fd, "x", O_RDONLY | O_CREAT, 0644)))
FDC(close, syscall(SYS_close, fd))

static long op(const char *path, int flags)
{
	return shut(syscall(SYS_open, path, flags, 0644));
}

static long opat(const char *path, int flags)
{
	return shut(syscall(SYS_openat, AT_FDCWD, path, flags, 0644));
}

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode;
}

static void make_names(void)
{
	make_file("file", "12345");
	mkdir("dir", 0755);
	symlink("loop", "loop");
	symlink("absent", "dangling");
	symlink("file", "link");
	symlink("dir", "dirlink");
	mkfifo("fifo", 0644);
}

static void paths(void)
{
	path_errors("open", p_open);
	path_errors("openat", p_openat);
	path_errors("creat", p_creat);
	at_errors("openat", f_openat);
	fd_errors("close", f_close);
}

static void flags(void)
{
	make_names();
	T("open", "a file", op("file", O_RDONLY));
	T("open", "no such file", op("absent2", O_RDONLY));
	T("open", "a directory, O_RDONLY", op("dir", O_RDONLY));
	T("open", "a directory, O_WRONLY", op("dir", O_WRONLY));
	T("open", "a directory, O_RDWR", op("dir", O_RDWR));
	T("open", "a directory, O_RDONLY|O_TRUNC", op("dir", O_RDONLY | O_TRUNC));
	T("open", "a directory, O_CREAT", op("dir", O_RDONLY | O_CREAT));
	T("open", "a directory, O_CREAT|O_EXCL", op("dir", O_RDONLY | O_CREAT | O_EXCL));
	T("open", "O_EXCL on a file", op("file", O_RDWR | O_CREAT | O_EXCL));
	T("open", "O_EXCL on a dangling link", op("dangling", O_RDWR | O_CREAT | O_EXCL));
	T("open", "O_EXCL without O_CREAT", op("file", O_RDONLY | O_EXCL));
	TV("open", "O_CREAT on a dangling link", op("dangling", O_RDWR | O_CREAT), "target size=%ld", size_of("absent"));
	unlink("absent");
	T("open", "O_DIRECTORY on a file", op("file", O_RDONLY | O_DIRECTORY));
	T("open", "O_DIRECTORY on a directory", op("dir", O_RDONLY | O_DIRECTORY));
	T("open", "O_DIRECTORY on a link to a directory", op("dirlink", O_RDONLY | O_DIRECTORY));
	T("open", "O_DIRECTORY|O_NOFOLLOW on a link to a directory", op("dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	TV("open", "O_DIRECTORY|O_CREAT of a new name", op("dircreat", O_RDONLY | O_DIRECTORY | O_CREAT), "there=%d",
	   mode_of("dircreat") != 0);
	T("open", "O_NOFOLLOW on a link", op("link", O_RDONLY | O_NOFOLLOW));
	T("open", "O_NOFOLLOW below a link", op("dirlink/.", O_RDONLY | O_NOFOLLOW));
	T("open", "O_NOFOLLOW|O_PATH on a link", op("link", O_PATH | O_NOFOLLOW));
	T("open", "O_NOFOLLOW|O_CREAT on a dangling link", op("dangling", O_RDWR | O_CREAT | O_NOFOLLOW));
	T("open", "a loop of links", op("loop", O_RDONLY));
	T("open", "a loop of links, O_CREAT", op("loop", O_RDONLY | O_CREAT));
	T("open", "slash after a file", op("file/", O_RDONLY));
	T("open", "slash after a directory", op("dir/", O_RDONLY));
	T("open", "slash after a link to a file", op("link/", O_RDONLY));
	T("open", "slash after a new name, O_CREAT", op("new/", O_RDWR | O_CREAT));
	T("open", "slash after a file, O_CREAT", op("file/", O_RDWR | O_CREAT));
	T("open", "double slashes and dots", op("dir//.././/file", O_RDONLY));
	T("open", "name of 255 bytes, O_CREAT", op(long_name(255), O_RDWR | O_CREAT));
	T("open", "name of 256 bytes, O_CREAT", op(long_name(256), O_RDWR | O_CREAT));
	T("open", "path of 4095 bytes", op(dots(4095), O_RDONLY));
	T("open", "O_DIRECT on tmpfs", op("file", O_RDONLY | O_DIRECT));
	T("open", "O_SYNC|O_DSYNC|O_NOATIME|O_NOCTTY|O_ASYNC", op("file", O_RDWR | O_SYNC | O_DSYNC | O_NOATIME | O_NOCTTY | O_ASYNC));
	T("open", "unknown flags", op("file", O_RDONLY | 0x78000000));
	T("open", "device without a driver", (mknod("odd", S_IFCHR | 0644, makedev(240, 77)), op("odd", O_RDONLY)));
	T("open", "block device without a driver", (mknod("oddb", S_IFBLK | 0644, makedev(240, 77)), op("oddb", O_RDONLY)));
	T("open", "/dev/tty, no terminal", op("/dev/tty", O_RDWR));
	T("open", "fifo without a reader, O_WRONLY|O_NONBLOCK", op("fifo", O_WRONLY | O_NONBLOCK));
	T("open", "fifo without a writer, O_RDONLY|O_NONBLOCK", op("fifo", O_RDONLY | O_NONBLOCK));
	T("open", "fifo, O_RDWR", op("fifo", O_RDWR));
	T("open", "its own program for writing", op("/proc/self/exe", O_WRONLY));
}

static void more_openat(void)
{
	int dir, file, path;

	make_names();
	T("openat", "a file", opat("file", O_RDONLY));
	T("openat", "O_DIRECTORY on a file", opat("file", O_RDONLY | O_DIRECTORY));
	T("openat", "O_NOFOLLOW on a link", opat("link", O_RDONLY | O_NOFOLLOW));
	T("openat", "a directory, O_WRONLY", opat("dir", O_WRONLY));
	dir = must_open("dir", O_RDONLY, 0);
	file = must_open("file", O_RDONLY, 0);
	path = must_open("dir", O_PATH, 0);
	TV("openat", "O_CREAT below a descriptor", shut(syscall(SYS_openat, dir, "below", O_RDWR | O_CREAT, 0600)), "mode=%o", mode_of("dir/below"));
	T("openat", "below an O_PATH descriptor", shut(syscall(SYS_openat, path, "below", O_RDONLY)));
	T("openat", "dot-dot below a descriptor", shut(syscall(SYS_openat, dir, "../file", O_RDONLY)));
	T("openat", "absolute path, closed descriptor", shut(syscall(SYS_openat, NOFD, "/tmp", O_RDONLY)));
	T("openat", "absolute path, descriptor of a file", shut(syscall(SYS_openat, file, "/tmp", O_RDONLY)));
	T("openat", "empty path below a directory", shut(syscall(SYS_openat, dir, "", O_RDONLY)));
	rename("dir", "other");
	T("openat", "below a directory that was renamed", shut(syscall(SYS_openat, dir, "below", O_RDONLY)));
	unlink("other/below");
	rmdir("other");
	T("openat", "O_CREAT below a directory that was removed", shut(syscall(SYS_openat, dir, "x", O_RDWR | O_CREAT, 0600)));
	T("openat", "dot of a directory that was removed", shut(syscall(SYS_openat, dir, ".", O_RDONLY)));
}

static void modes(void)
{
	umask(027);
	TV("open", "mode 0777 under umask 027", shut(syscall(SYS_open, "a", O_CREAT | O_RDWR, 0777)), "mode=%o", mode_of("a"));
	TV("openat", "mode 06755 under umask 027", shut(syscall(SYS_openat, AT_FDCWD, "b", O_CREAT | O_RDWR, 06755)), "mode=%o", mode_of("b"));
	TV("creat", "mode 07777 under umask 027", shut(syscall(SYS_creat, "c", 07777)), "mode=%o", mode_of("c"));
	TV("open", "mode with a type in it", shut(syscall(SYS_open, "d", O_CREAT | O_RDWR, 0170644)), "mode=%o", mode_of("d"));
	umask(022);
	TV("open", "mode 0 still gives a descriptor", write((int)syscall(SYS_open, "e", O_CREAT | O_RDWR, 0), "x", 1), "mode=%o", mode_of("e"));
	make_file("t", "12345");
	TV("open", "O_TRUNC|O_WRONLY", op("t", O_WRONLY | O_TRUNC), "size=%ld", size_of("t"));
	make_file("t", "12345");
	TV("open", "O_TRUNC|O_RDONLY", op("t", O_RDONLY | O_TRUNC), "size=%ld", size_of("t"));
	make_file("t", "12345");
	TV("creat", "on a file", shut(syscall(SYS_creat, "t", 0600)), "size=%ld mode=%o", size_of("t"), mode_of("t"));
	mkdir("dir", 0755);
	T("creat", "on a directory", shut(syscall(SYS_creat, "dir", 0600)));
	T("creat", "slash at the end", shut(syscall(SYS_creat, "new/", 0600)));
	T("creat", "a running program", shut(syscall(SYS_creat, "/proc/self/exe", 0600)));
}

/* What the descriptor says of itself. */
static void status(void)
{
	char c;
	int fd;

	make_names();
	fd = (int)syscall(SYS_open, "file", O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_CREAT | O_TRUNC | O_NOCTTY, 0644);
	note("open", "flags that stay", "%o %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	close(fd);
	fd = (int)syscall(SYS_open, "file", O_RDONLY | O_SYNC | O_DSYNC | O_NOATIME | O_NOFOLLOW | LARGE);
	note("open", "more flags that stay", "%o %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	close(fd);
	fd = (int)syscall(SYS_open, "dir", O_RDONLY | O_DIRECTORY);
	note("open", "flags of a directory", "%o", fcntl(fd, F_GETFL));
	close(fd);
	fd = (int)syscall(SYS_open, "file", O_PATH | O_RDWR | O_CLOEXEC | O_APPEND);
	note("open", "flags of O_PATH", "%o %d", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	T("open", "O_PATH, then read", read(fd, &c, 1));
	T("open", "O_PATH, then fchmod", fchmod(fd, 0600));
	T("open", "O_PATH, then lseek", lseek(fd, 0, SEEK_SET));
	T("open", "O_PATH, then ioctl", syscall(SYS_ioctl, fd, 0x5401, &c));
	T("open", "O_PATH, then ftruncate", ftruncate(fd, 0));
	T("open", "O_PATH of an absent file", op("absent", O_PATH));
	T("open", "O_PATH|O_CREAT of an absent file", op("absent", O_PATH | O_CREAT));
	close(fd);
	fd = (int)syscall(SYS_open, "file", 3);
	TV("open", "access mode 3", fd >= 0 ? 0 : -1, "flags=%o", fcntl(fd, F_GETFL));
	T("open", "access mode 3, then read", read(fd, &c, 1));
	T("open", "access mode 3, then write", write(fd, "x", 1));
	close(fd);
	fd = (int)syscall(SYS_open, "file", O_RDONLY);
	T("open", "O_RDONLY, then write", write(fd, "x", 1));
	close(fd);
	fd = (int)syscall(SYS_open, "file", O_WRONLY);
	T("open", "O_WRONLY, then read", read(fd, &c, 1));
	close(fd);
	T("open", "the lowest descriptor is taken", (close(0), syscall(SYS_open, "file", O_RDONLY)));
	must_open("file", O_RDONLY, 0);
}

static void tmpfile_case(void)
{
	char path[64];
	struct stat st;
	int fd;

	make_names();
	T("open", "O_TMPFILE, O_RDONLY", op("dir", O_TMPFILE | O_RDONLY));
	T("open", "O_TMPFILE on a file", op("file", O_TMPFILE | O_RDWR));
	T("open", "O_TMPFILE on an absent name", op("absent", O_TMPFILE | O_RDWR));
	T("open", "O_TMPFILE|O_CREAT", op("dir", O_TMPFILE | O_RDWR | O_CREAT));
	fd = (int)syscall(SYS_open, "dir", O_TMPFILE | O_RDWR, 0640);
	fstat(fd, &st);
	TV("open", "O_TMPFILE", fd >= 0 ? 0 : -1, "links=%u mode=%o", (unsigned)st.st_nlink, st.st_mode);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	T("linkat", "an O_TMPFILE through /proc", linkat(AT_FDCWD, path, AT_FDCWD, "dir/named", AT_SYMLINK_FOLLOW));
	T("linkat", "an O_TMPFILE with AT_EMPTY_PATH, again", linkat(fd, "", AT_FDCWD, "dir/named2", AT_EMPTY_PATH));
	close(fd);
	fd = (int)syscall(SYS_open, "dir", O_TMPFILE | O_RDWR | O_EXCL, 0640);
	T("linkat", "an O_TMPFILE that was opened with O_EXCL", linkat(fd, "", AT_FDCWD, "dir/named3", AT_EMPTY_PATH));
	close(fd);
}

static void special(void)
{
	struct sockaddr_un name = {AF_UNIX, "sock"};
	struct rlimit few = {8, 4096};
	char path[64];
	int s = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	make_names();
	bind(s, (struct sockaddr *)&name, sizeof name);
	T("open", "a socket's name", op("sock", O_RDWR));
	T("open", "a socket's name, O_PATH", op("sock", O_PATH));
	close(s);
	fd = must_open("big", O_RDWR | O_CREAT | LARGE, 0644);
	ftruncate64(fd, 0x80000000ll);
	close(fd);
	T("open", "a file of 2 GiB without O_LARGEFILE", op("big", O_RDONLY));
	T("open", "a file of 2 GiB with O_LARGEFILE", op("big", O_RDONLY | LARGE));
	T("open", "a file of 2 GiB, O_PATH", op("big", O_PATH));
	fd = must_open("big", O_RDWR | LARGE, 0);
	ftruncate64(fd, 0x7fffffffll);
	close(fd);
	T("open", "a file of 2 GiB - 1 without O_LARGEFILE", op("big", O_RDONLY));
	fd = must_open("file", O_RDONLY, 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	T("open", "a descriptor again through /proc, O_RDWR", op(path, O_RDWR));
	unlink("file");
	T("open", "a removed file again through /proc", op(path, O_RDONLY));
	T("open", "a descriptor's name in /proc with O_NOFOLLOW", op(path, O_RDONLY | O_NOFOLLOW));
	close(fd);
	T("open", "a closed descriptor's name in /proc", op(path, O_RDONLY));
	setrlimit(RLIMIT_NOFILE, &few);
	while (open("dir", O_RDONLY) >= 0)
		;
	T("open", "no descriptor left", op("dir", O_RDONLY));
	T("openat", "no descriptor left", opat("dir", O_RDONLY));
	T("creat", "no descriptor left", shut(syscall(SYS_creat, "newfile", 0644)));
	note("creat", "no descriptor left: is the file there", "%d", access("newfile", F_OK));
	T("open", "no descriptor left, absent file", op("absent", O_RDONLY));
}

static void blocking_fifo(void)
{
	char c = '?';
	pid_t pid;
	int fd;

	mkfifo("fifo", 0644);
	pid = fork();
	if (pid == 0) {
		fd = open("fifo", O_WRONLY);
		write(fd, "w", 1);
		_exit(0);
	}
	fd = (int)syscall(SYS_open, "fifo", O_RDONLY);
	TV("open", "a fifo waits for its writer", read(fd, &c, 1), "%c", c);
	waitpid(pid, NULL, 0);
	T("open", "a fifo whose writer has gone ends", read(fd, &c, 1));
	T("open", "a fifo without a reader any more, O_WRONLY|O_NONBLOCK", op("fifo", O_WRONLY | O_NONBLOCK));
}

static void closing(void)
{
	int fd = must_open(".", O_RDONLY, 0);

	T("close", "success", syscall(SYS_close, fd));
	T("close", "twice", syscall(SYS_close, fd));
	T("close_range", "first above last", syscall(SYS_close_range, 10, 9, 0));
	T("close_range", "unknown flag", syscall(SYS_close_range, 10, 20, 1));
	T("close_range", "nothing open there", syscall(SYS_close_range, 900, 910, 0));
	dup2(1, 20);
	dup2(1, 21);
	dup2(1, 22);
	TV("close_range", "one of three", syscall(SYS_close_range, 21, 21, 0), "%d %d %d", fcntl(20, F_GETFD), fcntl(21, F_GETFD),
	   fcntl(22, F_GETFD));
	TV("close_range", "CLOSE_RANGE_CLOEXEC", syscall(SYS_close_range, 20, 22, 4), "%d %d %d", fcntl(20, F_GETFD),
	   fcntl(21, F_GETFD), fcntl(22, F_GETFD));
	TV("close_range", "CLOSE_RANGE_UNSHARE", syscall(SYS_close_range, 20, 20, 2), "%d %d", fcntl(20, F_GETFD), fcntl(22, F_GETFD));
	TV("close_range", "to the end", syscall(SYS_close_range, 3, ~0u, 0), "%d", fcntl(22, F_GETFD));
}

const struct section sections[] = {
	{"paths", paths}, {"flags", flags}, {"openat", more_openat}, {"modes", modes}, {"status", status}, {"tmpfile", tmpfile_case},
	{"special", special}, {"fifo", blocking_fifo}, {"closing", closing}, {NULL, NULL},
};
