/* attr - chmod, chown, utime and their generations, umask, extended attributes. */
#include "paths.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

static struct timeval tv[2] = {{1000, 250000}, {2000, 500000}};
static struct { long sec, nsec; } ts[2] = {{1000, 7}, {2000, 9}};
static struct { long long sec; long nsec, pad; } ts64[2] = {{5000000000ll, 7, 0}, {6000000000ll, 9, 0}};
static struct { long a, m; } ut = {1000, 2000};
static char value[64];

PATH(chmod, syscall(SYS_chmod, p, 0644))
PATH(fchmodat, syscall(SYS_fchmodat, AT_FDCWD, p, 0644))
PATH(chown, syscall(SYS_chown, p, 1, 1))
PATH(lchown, syscall(SYS_lchown, p, 1, 1))
PATH(chown32, syscall(SYS_chown32, p, 1, 1))
PATH(lchown32, syscall(SYS_lchown32, p, 1, 1))
PATH(fchownat, syscall(SYS_fchownat, AT_FDCWD, p, 1, 1, 0))
PATH(utime, syscall(SYS_utime, p, &ut))
PATH(utimes, syscall(SYS_utimes, p, tv))
PATH(futimesat, syscall(SYS_futimesat, AT_FDCWD, p, tv))
PATH(utimensat, syscall(SYS_utimensat, AT_FDCWD, p, ts, 0))
PATH(utimensat64, syscall(412, AT_FDCWD, p, ts64, 0))
PATH(setxattr, syscall(SYS_setxattr, p, "user.x", "v", 1, 0))
PATH(lsetxattr, syscall(SYS_lsetxattr, p, "user.x", "v", 1, 0))
PATH(getxattr, syscall(SYS_getxattr, p, "user.x", value, sizeof value))
PATH(lgetxattr, syscall(SYS_lgetxattr, p, "user.x", value, sizeof value))
PATH(listxattr, syscall(SYS_listxattr, p, value, sizeof value))
PATH(llistxattr, syscall(SYS_llistxattr, p, value, sizeof value))
PATH(removexattr, syscall(SYS_removexattr, p, "user.x"))
PATH(lremovexattr, syscall(SYS_lremovexattr, p, "user.x"))
FDC(fchmod, syscall(SYS_fchmod, fd, 0644))
FDC(fchown, syscall(SYS_fchown, fd, 1, 1))
FDC(fchown32, syscall(SYS_fchown32, fd, 1, 1))
FDC(fchmodat, syscall(SYS_fchmodat, fd, "p_x", 0644))
FDC(fchownat, syscall(SYS_fchownat, fd, "p_x", 1, 1, 0))
FDC(futimesat, syscall(SYS_futimesat, fd, "p_x", tv))
FDC(utimensat, syscall(SYS_utimensat, fd, "p_x", ts, 0))
FDC(utimensat64, syscall(412, fd, "p_x", ts64, 0))
FDC(fsetxattr, syscall(SYS_fsetxattr, fd, "user.x", "v", 1, 0))
FDC(fgetxattr, syscall(SYS_fgetxattr, fd, "user.x", value, sizeof value))
FDC(flistxattr, syscall(SYS_flistxattr, fd, value, sizeof value))
FDC(fremovexattr, syscall(SYS_fremovexattr, fd, "user.x"))

static void paths(void)
{
	path_errors("chmod", p_chmod);
	path_errors("fchmodat", p_fchmodat);
	path_errors("chown", p_chown);
	path_errors("lchown", p_lchown);
	path_errors("chown32", p_chown32);
	path_errors("lchown32", p_lchown32);
	path_errors("fchownat", p_fchownat);
	path_errors("utime", p_utime);
	path_errors("utimes", p_utimes);
	T("futimesat", "path: null pointer, working directory", p_futimesat(NULL));
	T("futimesat", "path: empty", p_futimesat(""));
	T("futimesat", "path: bad pointer", p_futimesat(BAD));
	T("utimensat", "path: null pointer, working directory", p_utimensat(NULL));
	T("utimensat", "path: empty", p_utimensat(""));
	T("utimensat", "path: bad pointer", p_utimensat(BAD));
	T("utimensat_time64", "path: null pointer, working directory", p_utimensat64(NULL));
	T("utimensat_time64", "path: empty", p_utimensat64(""));
	T("utimensat_time64", "path: bad pointer", p_utimensat64(BAD));
	fd_errors("fchmod", f_fchmod);
	fd_errors("fchown", f_fchown);
	fd_errors("fchown32", f_fchown32);
	at_errors("fchmodat", f_fchmodat);
	at_errors("fchownat", f_fchownat);
	at_errors("futimesat", f_futimesat);
	at_errors("utimensat", f_utimensat);
	at_errors("utimensat_time64", f_utimensat64);
}

static const char *owner(const char *path)
{
	static char text[48];
	struct stat st;

	if (lstat(path, &st))
		return "absent";
	snprintf(text, sizeof text, "%o %u:%u", st.st_mode, st.st_uid, st.st_gid);
	return text;
}

static void modes(void)
{
	int fd;

	make_file("file", "x");
	mkdir("dir", 0755);
	symlink("file", "link");
	TV("chmod", "every bit", syscall(SYS_chmod, "file", 07777), "%s", owner("file"));
	TV("chmod", "type bits are no matter", syscall(SYS_chmod, "file", 0170600), "%s", owner("file"));
	TV("chmod", "a directory", syscall(SYS_chmod, "dir", 01777), "%s", owner("dir"));
	TV("chmod", "through a link", syscall(SYS_chmod, "link", 0640), "%s", owner("file"));
	T("chmod", "a file in /proc", syscall(SYS_chmod, "/proc/self/stat", 0644));
	fd = must_open("file", O_RDONLY, 0);
	TV("fchmod", "success", syscall(SYS_fchmod, fd, 04711), "%s", owner("file"));
	TV("fchmodat", "success", syscall(SYS_fchmodat, AT_FDCWD, "link", 0600), "%s", owner("file"));
	T("fchmodat", "empty path", syscall(SYS_fchmodat, fd, "", 0600));
	T("umask", "the old one", (syscall(SYS_umask, 0777), syscall(SYS_umask, 022)));
	T("umask", "more than 0777", (syscall(SYS_umask, 0xffff), syscall(SYS_umask, 022)));
}

static void owners(void)
{
	int fd;

	make_file("file", "x");
	symlink("file", "link");
	symlink("absent", "dangling");
	mkdir("dir", 0755);
	fd = must_open("file", O_RDWR, 0);
	TV("chown", "success", syscall(SYS_chown, "file", 1, 2), "%s", owner("file"));
	TV("chown", "-1 keeps", syscall(SYS_chown, "file", -1, 5), "%s", owner("file"));
	TV("chown", "16 bits of -1 keep", syscall(SYS_chown, "file", 0xffff, 6), "%s", owner("file"));
	TV("chown", "65534", syscall(SYS_chown, "file", 65534, 65534), "%s", owner("file"));
	TV("chown", "more than 16 bits", syscall(SYS_chown, "file", 70000, 70001), "%s", owner("file"));
	TV("chown32", "more than 16 bits", syscall(SYS_chown32, "file", 70000, 70001), "%s", owner("file"));
	TV("chown32", "65535", syscall(SYS_chown32, "file", 65535, 65535), "%s", owner("file"));
	TV("chown32", "-1 keeps both", syscall(SYS_chown32, "file", -1, -1), "%s", owner("file"));
	TV("chown32", "the largest", syscall(SYS_chown32, "file", -2, -2), "%s", owner("file"));
	TV("chown32", "through a link", syscall(SYS_chown32, "link", 7, 7), "%s", owner("file"));
	T("chown32", "a dangling link", syscall(SYS_chown32, "dangling", 7, 7));
	TV("lchown32", "a link", syscall(SYS_lchown32, "dangling", 8, 9), "%s", owner("dangling"));
	TV("lchown", "a link", syscall(SYS_lchown, "link", 10, 11), "%s", owner("link"));
	TV("fchown", "success", syscall(SYS_fchown, fd, 12, 13), "%s", owner("file"));
	TV("fchown32", "success", syscall(SYS_fchown32, fd, 100000, -1), "%s", owner("file"));
	TV("fchownat", "success", syscall(SYS_fchownat, AT_FDCWD, "link", 14, 15, 0), "%s", owner("file"));
	TV("fchownat", "AT_SYMLINK_NOFOLLOW", syscall(SYS_fchownat, AT_FDCWD, "link", 16, 17, AT_SYMLINK_NOFOLLOW), "%s", owner("link"));
	TV("fchownat", "AT_EMPTY_PATH", syscall(SYS_fchownat, fd, "", 18, 19, AT_EMPTY_PATH), "%s", owner("file"));
	T("fchownat", "unknown flag", syscall(SYS_fchownat, AT_FDCWD, "link", 16, 17, 1));
	chmod("file", 06755);
	TV("chown32", "clears the setuid bits", syscall(SYS_chown32, "file", 0, 0), "%s", owner("file"));
	chmod("file", 06745);
	TV("chown32", "setgid without x stays", syscall(SYS_chown32, "file", 0, 0), "%s", owner("file"));
	chmod("file", 06755);
	TV("chown32", "-1 -1 clears them, too", syscall(SYS_chown32, "file", -1, -1), "%s", owner("file"));
	chmod("dir", 06755);
	TV("chown32", "a directory keeps them", syscall(SYS_chown32, "dir", 1, 1), "%s", owner("dir"));
	chmod("file", 06777);
	pwrite(fd, "y", 1, 0);
	note("write", "root's write keeps the setuid bits", "%s", owner("file"));
}

static const char *times(const char *path)
{
	static char text[96];
	struct stat st;

	if (lstat(path, &st))
		return "absent";
	snprintf(text, sizeof text, "%lld.%09ld %lld.%09ld", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
		 st.st_mtim.tv_nsec);
	return text;
}

static const char *times64(const char *path)
{
	static char text[96];
	struct statx sx;

	if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0x7ff, &sx))
		return "absent";
	snprintf(text, sizeof text, "%lld %lld", (long long)sx.stx_atime.tv_sec, (long long)sx.stx_mtime.tv_sec);
	return text;
}

/* Whether a call set the present time: any time since 2020. */
static int fresh(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_mtim.tv_sec > 3000;
}

static void setting_times(void)
{
	struct timeval odd[2] = {{1, 1000000}, {2, 0}}, minus[2] = {{1, -1}, {2, 0}};
	long now[4] = {0, UTIME_NOW, 0, UTIME_NOW}, omit[4] = {5, UTIME_OMIT, 6, UTIME_OMIT}, half[4] = {77, 5, 6, UTIME_OMIT};
	long wild[4] = {1, 1000000000, 2, 0}, before[4] = {-5, 3, -6, 4};
	int fd;

	make_file("file", "x");
	symlink("file", "link");
	fd = must_open("file", O_RDWR, 0);
	TV("utime", "success", syscall(SYS_utime, "file", &ut), "%s", times("file"));
	TV("utime", "null: now", syscall(SYS_utime, "file", NULL), "%d", fresh("file"));
	T("utime", "bad times", syscall(SYS_utime, "file", BAD));
	TV("utimes", "success", syscall(SYS_utimes, "file", tv), "%s", times("file"));
	TV("utimes", "null: now", syscall(SYS_utimes, "file", NULL), "%d", fresh("file"));
	T("utimes", "1000000 microseconds", syscall(SYS_utimes, "file", odd));
	T("utimes", "-1 microseconds", syscall(SYS_utimes, "file", minus));
	T("utimes", "bad times", syscall(SYS_utimes, "file", BAD));
	TV("futimesat", "success", syscall(SYS_futimesat, AT_FDCWD, "file", tv), "%s", times("file"));
	TV("futimesat", "a descriptor without a path", syscall(SYS_futimesat, fd, NULL, tv), "%s", times("file"));
	T("futimesat", "1000000 microseconds", syscall(SYS_futimesat, AT_FDCWD, "file", odd));
	T("futimesat", "bad times", syscall(SYS_futimesat, AT_FDCWD, "file", BAD));
	TV("utimensat", "success", syscall(SYS_utimensat, AT_FDCWD, "file", ts, 0), "%s", times("file"));
	TV("utimensat", "UTIME_OMIT", syscall(SYS_utimensat, AT_FDCWD, "file", omit, 0), "%s", times("file"));
	TV("utimensat", "one UTIME_OMIT", syscall(SYS_utimensat, AT_FDCWD, "file", half, 0), "%s", times("file"));
	TV("utimensat", "UTIME_NOW", syscall(SYS_utimensat, AT_FDCWD, "file", now, 0), "%d", fresh("file"));
	T("utimensat", "1000000000 nanoseconds", syscall(SYS_utimensat, AT_FDCWD, "file", wild, 0));
	TV("utimensat", "before 1970", syscall(SYS_utimensat, AT_FDCWD, "file", before, 0), "%s", times("file"));
	TV("utimensat", "AT_SYMLINK_NOFOLLOW", syscall(SYS_utimensat, AT_FDCWD, "link", ts, AT_SYMLINK_NOFOLLOW), "%s", times("link"));
	TV("utimensat", "a descriptor without a path", syscall(SYS_utimensat, fd, NULL, ts, 0), "%s", times("file"));
	T("utimensat", "a descriptor without a path, a flag", syscall(SYS_utimensat, fd, NULL, ts, AT_SYMLINK_NOFOLLOW));
	T("utimensat", "a closed descriptor without a path", syscall(SYS_utimensat, NOFD, NULL, ts, 0));
	TV("utimensat", "AT_EMPTY_PATH", syscall(SYS_utimensat, fd, "", half, AT_EMPTY_PATH), "%s", times("file"));
	T("utimensat", "an O_PATH descriptor without a path", syscall(SYS_utimensat, must_open("file", O_PATH, 0), NULL, ts, 0));
	T("utimensat", "unknown flag", syscall(SYS_utimensat, AT_FDCWD, "file", ts, 1));
	T("utimensat", "bad times", syscall(SYS_utimensat, AT_FDCWD, "file", BAD, 0));
	T("utimensat", "UTIME_OMIT of an absent file", syscall(SYS_utimensat, AT_FDCWD, "absent", omit, 0));
	T("utimensat", "times of an absent file", syscall(SYS_utimensat, AT_FDCWD, "absent", ts, 0));
	TV("utimensat_time64", "after 2038", syscall(412, AT_FDCWD, "file", ts64, 0), "%s", times64("file"));
	T("utimensat_time64", "null: now", syscall(412, AT_FDCWD, "file", NULL, 0));
	T("utimensat_time64", "bad times", syscall(412, AT_FDCWD, "file", BAD, 0));
	T("utimensat_time64", "unknown flag", syscall(412, AT_FDCWD, "file", ts64, 1));
}

static long mtime(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_mtim.tv_sec;
}

/* Which calls mark which times: everything is set to 1000/2000 first. */
static void marking(void)
{
	char c;
	int fd, dir;

	make_file("file", "0123");
	mkdir("dir", 0755);
	fd = must_open("file", O_RDWR, 0);
	dir = must_open("dir", O_RDONLY, 0);
#define MARKS(call, condition, path, expr) \
	(syscall(SYS_utimes, path, tv), (void)(expr), note(call, condition, "mtime %s", mtime(path) == 2000 ? "kept" : "marked"))
	MARKS("write", "marks the time", "file", write(fd, "x", 1));
	MARKS("write", "0 bytes mark no time", "file", write(fd, "x", 0));
	MARKS("read", "marks no mtime", "file", pread(fd, &c, 1, 0));
	MARKS("ftruncate", "to another size marks the time", "file", ftruncate(fd, 2));
	MARKS("ftruncate", "to the same size marks the time", "file", ftruncate(fd, 2));
	MARKS("truncate", "to the same size", "file", truncate("file", 2));
	MARKS("open", "O_TRUNC of an empty file", "file", (ftruncate(fd, 0), utimes("file", tv), shut(open("file", O_RDWR | O_TRUNC))));
	MARKS("chmod", "marks no mtime", "file", chmod("file", 0600));
	MARKS("open", "a new name marks the directory", "dir", shut(open("dir/x", O_CREAT | O_RDWR, 0644)));
	MARKS("open", "an existing name does not mark the directory", "dir", shut(open("dir/x", O_CREAT | O_RDWR, 0644)));
	MARKS("link", "marks the directory", "dir", link("file", "dir/y"));
	MARKS("link", "does not mark the file", "file", link("file", "dir/z"));
	MARKS("rename", "marks the directory", "dir", rename("dir/y", "dir/w"));
	MARKS("unlink", "marks the directory", "dir", unlink("dir/w"));
	MARKS("mkdir", "marks the directory", "dir", mkdir("dir/d", 0755));
	MARKS("rmdir", "marks the directory", "dir", rmdir("dir/d"));
	MARKS("fallocate", "marks the time", "file", fallocate(fd, 0, 0, 100));
	close(dir);
}

static void xattr_paths(void)
{
	path_errors("setxattr", p_setxattr);
	path_errors("lsetxattr", p_lsetxattr);
	path_errors("getxattr", p_getxattr);
	path_errors("lgetxattr", p_lgetxattr);
	path_errors("listxattr", p_listxattr);
	path_errors("llistxattr", p_llistxattr);
	path_errors("removexattr", p_removexattr);
	path_errors("lremovexattr", p_lremovexattr);
	fd_errors("fsetxattr", f_fsetxattr);
	fd_errors("fgetxattr", f_fgetxattr);
	fd_errors("flistxattr", f_flistxattr);
	fd_errors("fremovexattr", f_fremovexattr);
}

static void xattrs(void)
{
	int fd;

	make_file("file", "x");
	symlink("file", "link");
	fd = must_open("file", O_RDWR, 0);
	T("setxattr", "user. on tmpfs", p_setxattr("file"));
	T("setxattr", "a name without a dot", syscall(SYS_setxattr, "file", "plain", "v", 1, 0));
	T("setxattr", "an empty name", syscall(SYS_setxattr, "file", "", "v", 1, 0));
	T("setxattr", "a name of 256 bytes", syscall(SYS_setxattr, "file", long_name(256), "v", 1, 0));
	T("setxattr", "a bad name", syscall(SYS_setxattr, "file", BAD, "v", 1, 0));
	T("setxattr", "unknown flag", syscall(SYS_setxattr, "file", "user.x", "v", 1, 4));
	T("setxattr", "a value of 65537 bytes", syscall(SYS_setxattr, "file", "user.x", value, 65537, 0));
	T("setxattr", "a bad value", syscall(SYS_setxattr, "file", "user.x", BAD, 5, 0));
	T("setxattr", "trusted. on tmpfs", syscall(SYS_setxattr, "file", "trusted.x", "v", 1, 0));
	T("getxattr", "trusted. that was set", syscall(SYS_getxattr, "file", "trusted.x", value, sizeof value));
	T("getxattr", "user. on tmpfs", p_getxattr("file"));
	T("getxattr", "an empty name", syscall(SYS_getxattr, "file", "", value, 1));
	T("getxattr", "a bad name", syscall(SYS_getxattr, "file", BAD, value, 1));
	T("getxattr", "an unknown name space", syscall(SYS_getxattr, "file", "none.x", value, 1));
	T("getxattr", "security.capability", syscall(SYS_getxattr, "file", "security.capability", value, sizeof value));
	T("getxattr", "system.posix_acl_access", syscall(SYS_getxattr, "file", "system.posix_acl_access", value, sizeof value));
	T("listxattr", "after that", p_listxattr("file"));
	T("listxattr", "size 0", syscall(SYS_listxattr, "file", NULL, 0));
	T("removexattr", "user. on tmpfs", p_removexattr("file"));
	T("removexattr", "trusted.", syscall(SYS_removexattr, "file", "trusted.x"));
	T("removexattr", "trusted. again", syscall(SYS_removexattr, "file", "trusted.x"));
	T("lsetxattr", "a link", p_lsetxattr("link"));
	T("lgetxattr", "a link", p_lgetxattr("link"));
	T("llistxattr", "a link", p_llistxattr("link"));
	T("lremovexattr", "a link", p_lremovexattr("link"));
	T("fsetxattr", "user. on tmpfs", f_fsetxattr(fd));
	T("fgetxattr", "user. on tmpfs", f_fgetxattr(fd));
	T("flistxattr", "nothing", f_flistxattr(fd));
	T("fremovexattr", "user. on tmpfs", f_fremovexattr(fd));
	T("getxattr", "/proc", p_getxattr("/proc/self/stat"));
	T("listxattr", "/proc", p_listxattr("/proc/self/stat"));
}

const struct section sections[] = {
	{"paths", paths}, {"modes", modes}, {"owners", owners}, {"times", setting_times}, {"marking", marking},
	{"xattr_paths", xattr_paths}, {"xattrs", xattrs}, {NULL, NULL},
};
