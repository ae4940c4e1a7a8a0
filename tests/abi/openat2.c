/* openat2 - openat2 with every way to resolve a path, and the ioctls that every file has. */
#include "paths.h"

#include <linux/openat2.h>
#include <sys/ioctl.h>

static struct open_how how;

PATH(openat2, shut(syscall(SYS_openat2, AT_FDCWD, p, &how, sizeof how)))
FDC(openat2, shut(syscall(SYS_openat2, fd, "p_x", &how, sizeof how)))

static long open2(const char *path, unsigned long long flags, unsigned long long mode, unsigned long long resolve)
{
	struct open_how h = {flags, mode, resolve};

	return shut(syscall(SYS_openat2, AT_FDCWD, path, &h, sizeof h));
}

static void second_open(void)
{
	struct {
		struct open_how h;
		unsigned long long more;
	} wide = {{O_RDONLY, 0, 0}, 0};

	path_errors("openat2", p_openat2);
	at_errors("openat2", f_openat2);
	make_file("file", "x");
	mkdir("dir", 0755);
	make_file("dir/in", "x");
	symlink("file", "link");
	symlink("/tmp", "abs");
	symlink("../file", "dir/up");
	T("openat2", "a file", open2("file", O_RDONLY, 0, 0));
	T("openat2", "O_CREAT with a mode", open2("new", O_CREAT | O_RDWR, 0644, 0));
	T("openat2", "a mode without O_CREAT", open2("file", O_RDONLY, 0644, 0));
	T("openat2", "a mode with other bits", open2("new2", O_CREAT | O_RDWR, 0100644, 0));
	T("openat2", "unknown flags", open2("file", 0x100000000ull, 0, 0));
	T("openat2", "an unknown low flag", open2("file", 0x40000000, 0, 0));
	T("openat2", "O_PATH with O_CREAT", open2("file", O_PATH | O_CREAT, 0644, 0));
	T("openat2", "unknown way to resolve", open2("file", O_RDONLY, 0, 0x100));
	T("openat2", "RESOLVE_NO_SYMLINKS, a file", open2("file", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	T("openat2", "RESOLVE_NO_SYMLINKS, a link", open2("link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	T("openat2", "RESOLVE_BENEATH, below", open2("dir/in", O_RDONLY, 0, RESOLVE_BENEATH));
	T("openat2", "RESOLVE_BENEATH, dot-dot out", open2("../x", O_RDONLY, 0, RESOLVE_BENEATH));
	T("openat2", "RESOLVE_BENEATH, an absolute path", open2("/tmp", O_RDONLY, 0, RESOLVE_BENEATH));
	T("openat2", "RESOLVE_BENEATH, an absolute link", open2("abs", O_RDONLY, 0, RESOLVE_BENEATH));
	T("openat2", "RESOLVE_BENEATH, a link that stays below", open2("dir/up", O_RDONLY, 0, RESOLVE_BENEATH));
	T("openat2", "RESOLVE_IN_ROOT, an absolute path", open2("/file", O_RDONLY, 0, RESOLVE_IN_ROOT));
	T("openat2", "RESOLVE_IN_ROOT, dot-dot stays", open2("../../file", O_RDONLY, 0, RESOLVE_IN_ROOT));
	T("openat2", "RESOLVE_IN_ROOT|RESOLVE_BENEATH", open2("file", O_RDONLY, 0, RESOLVE_IN_ROOT | RESOLVE_BENEATH));
	T("openat2", "RESOLVE_NO_MAGICLINKS", open2("/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
	T("openat2", "RESOLVE_NO_XDEV into another file system", open2("/proc/self/stat", O_RDONLY, 0, RESOLVE_NO_XDEV));
	T("openat2", "RESOLVE_NO_XDEV, the same file system", open2("file", O_RDONLY, 0, RESOLVE_NO_XDEV));
	T("openat2", "size too small", syscall(SYS_openat2, AT_FDCWD, "file", &how, 16));
	T("openat2", "size above a page", syscall(SYS_openat2, AT_FDCWD, "file", &how, 8192));
	T("openat2", "a larger struct of zeros", shut(syscall(SYS_openat2, AT_FDCWD, "file", &wide, sizeof wide)));
	wide.more = 1;
	T("openat2", "a larger struct with something in it", shut(syscall(SYS_openat2, AT_FDCWD, "file", &wide, sizeof wide)));
	T("openat2", "bad struct", syscall(SYS_openat2, AT_FDCWD, "file", BAD, sizeof how));
}

static void any_ioctl(void)
{
	int n = 0, fd, dir;

	make_file("file", "abc");
	fd = must_open("file", O_RDWR, 0);
	dir = must_open(".", O_RDONLY, 0);
	T("ioctl", "descriptor: closed", syscall(SYS_ioctl, NOFD, FIOCLEX, 0));
	T("ioctl", "descriptor: O_PATH", syscall(SYS_ioctl, must_open("file", O_PATH, 0), FIOCLEX, 0));
	TV("ioctl", "FIOCLEX", syscall(SYS_ioctl, fd, FIOCLEX, 0), "%d", fcntl(fd, F_GETFD));
	TV("ioctl", "FIONCLEX", syscall(SYS_ioctl, fd, FIONCLEX, 0), "%d", fcntl(fd, F_GETFD));
	TV("ioctl", "FIONREAD of a file", syscall(SYS_ioctl, fd, FIONREAD, &n), "%d", n);
	T("ioctl", "FIONREAD of a file, bad pointer", syscall(SYS_ioctl, fd, FIONREAD, BAD));
	T("ioctl", "FIONREAD of a directory", syscall(SYS_ioctl, dir, FIONREAD, &n));
	n = 1;
	TV("ioctl", "FIONBIO", syscall(SYS_ioctl, fd, FIONBIO, &n), "%o", fcntl(fd, F_GETFL));
	T("ioctl", "FIONBIO, bad pointer", syscall(SYS_ioctl, fd, FIONBIO, BAD));
	T("ioctl", "TCGETS of any file", syscall(SYS_ioctl, fd, 0x5401, edge(60)));
	T("ioctl", "TCGETS of /dev/null", syscall(SYS_ioctl, 0, 0x5401, edge(60)));
	T("ioctl", "unknown command", syscall(SYS_ioctl, fd, 0x12345678, 0));
	T("ioctl", "FIGETBSZ of a file", syscall(SYS_ioctl, fd, 2, &n));
	T("ioctl", "FICLONE of a file", syscall(SYS_ioctl, fd, 0x40049409, fd));
	T("ioctl", "FS_IOC_GETFLAGS of a directory", syscall(SYS_ioctl, dir, 0x80046601, &n));
}

const struct section sections[] = {
	{"second", second_open}, {"ioctl", any_ioctl}, {NULL, NULL},
};
