/* stat - the stat calls of all generations, statx, access, readlink, statfs. */
#include "paths.h"

#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

struct stat16 { /* stat(106), asm/stat.h */
	unsigned long dev, ino;
	unsigned short mode, nlink, uid, gid;
	unsigned long rdev, size, blksize, blocks, atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, unused[2];
};

struct stat64_i386 { /* stat64(195), asm/stat.h */
	unsigned long long dev;
	unsigned char pad0[4];
	unsigned long ino32;
	unsigned mode, nlink, uid, gid;
	unsigned long long rdev;
	unsigned char pad3[4];
	long long size;
	unsigned long blksize;
	unsigned long long blocks;
	unsigned long atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	unsigned long long ino;
} __attribute__((packed, aligned(4)));

static struct stat16 s16;
static struct stat64_i386 s64;
static struct statx sx;
static char buf[256];
static struct statfs fs;
static struct statfs64 fs64;

PATH(stat, syscall(SYS_stat, p, &s16))
PATH(lstat, syscall(SYS_lstat, p, &s16))
PATH(stat64, syscall(SYS_stat64, p, &s64))
PATH(lstat64, syscall(SYS_lstat64, p, &s64))
PATH(fstatat64, syscall(SYS_fstatat64, AT_FDCWD, p, &s64, 0))
PATH(statx, syscall(SYS_statx, AT_FDCWD, p, 0, 0x7ff, &sx))
PATH(access, syscall(SYS_access, p, F_OK))
PATH(faccessat, syscall(SYS_faccessat, AT_FDCWD, p, F_OK))
PATH(faccessat2, syscall(439, AT_FDCWD, p, F_OK, 0))
PATH(readlink, syscall(SYS_readlink, p, buf, sizeof buf))
PATH(readlinkat, syscall(SYS_readlinkat, AT_FDCWD, p, buf, sizeof buf))
PATH(statfs, syscall(SYS_statfs, p, &fs))
PATH(statfs64, syscall(SYS_statfs64, p, 84, &fs64))
FDC(fstat, syscall(SYS_fstat, fd, &s16))
FDC(fstat64, syscall(SYS_fstat64, fd, &s64))
FDC(fstatfs, syscall(SYS_fstatfs, fd, &fs))
FDC(fstatfs64, syscall(SYS_fstatfs64, fd, 84, &fs64))
FDC(fstatat64, syscall(SYS_fstatat64, fd, "p_name", &s64, 0))
FDC(statx, syscall(SYS_statx, fd, "p_name", 0, 0x7ff, &sx))
FDC(faccessat, syscall(SYS_faccessat, fd, "p_name", F_OK))
FDC(faccessat2, syscall(439, fd, "p_name", F_OK, 0))
FDC(readlinkat, syscall(SYS_readlinkat, fd, "p_name", buf, sizeof buf))

static void paths(void)
{
	path_errors("stat", p_stat);
	path_errors("lstat", p_lstat);
	path_errors("stat64", p_stat64);
	path_errors("lstat64", p_lstat64);
	path_errors("fstatat64", p_fstatat64);
	path_errors("statx", p_statx);
	path_errors("access", p_access);
	path_errors("faccessat", p_faccessat);
	path_errors("faccessat2", p_faccessat2);
	path_errors("readlink", p_readlink);
	path_errors("readlinkat", p_readlinkat);
	path_errors("statfs", p_statfs);
	path_errors("statfs64", p_statfs64);
	fd_errors("fstat", f_fstat);
	fd_errors("fstat64", f_fstat64);
	fd_errors("fstatfs", f_fstatfs);
	fd_errors("fstatfs64", f_fstatfs64);
	at_errors("fstatat64", f_fstatat64);
	at_errors("statx", f_statx);
	at_errors("faccessat", f_faccessat);
	at_errors("faccessat2", f_faccessat2);
	at_errors("readlinkat", f_readlinkat);
}

static const char *text16(void)
{
	static char t[128];

	snprintf(t, sizeof t, "mode=%o nlink=%u uid=%u gid=%u rdev=%lx size=%lu blksize=%lu", s16.mode, s16.nlink, s16.uid, s16.gid,
		 s16.rdev, S_ISDIR(s16.mode) ? 0 : s16.size, s16.blksize);
	memset(&s16, 0, sizeof s16);
	return t;
}

static const char *text64(void)
{
	static char t[160];

	snprintf(t, sizeof t, "mode=%o nlink=%u uid=%u gid=%u rdev=%llx size=%lld blksize=%lu blocks=%llu ino=%d", s64.mode, s64.nlink,
		 s64.uid, s64.gid, s64.rdev, S_ISDIR(s64.mode) ? 0 : s64.size, s64.blksize, s64.blocks, s64.ino32 == (unsigned long)s64.ino);
	memset(&s64, 0, sizeof s64);
	return t;
}

static void make_names(void)
{
	make_file("file", "12345");
	chown("file", 70000, 65535);
	mkdir("dir", 0750);
	mkdir("dir/sub", 0750);
	symlink("file", "link");
	mkfifo("fifo", 0600);
	link("fifo", "fifo2");
	mknod("null", S_IFCHR | 0666, makedev(1, 3));
	mknod("wide", S_IFBLK | 0660, makedev(0x123, 0x45678));
}

static void kinds(void)
{
	static const char *names[] = {"file", "dir", "link", "fifo", "null", "wide", "dir/", "dir/..", "link/"};
	char condition[40];

	make_names();
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(condition, sizeof condition, "what %s is", names[i]);
		TV("stat", condition, p_stat(names[i]), "%s", text16());
		TV("lstat", condition, p_lstat(names[i]), "%s", text16());
		TV("stat64", condition, p_stat64(names[i]), "%s", text64());
		TV("lstat64", condition, p_lstat64(names[i]), "%s", text64());
	}
	T("stat", "bad buffer", syscall(SYS_stat, "file", BAD));
	T("lstat", "bad buffer", syscall(SYS_lstat, "file", BAD));
	T("stat64", "bad buffer", syscall(SYS_stat64, "file", BAD));
	T("lstat64", "bad buffer", syscall(SYS_lstat64, "file", KERNEL));
	T("stat64", "buffer runs into no memory", syscall(SYS_stat64, "file", edge(50)));
	truncate64("file", 0x80000001ll);
	T("stat", "a file of 2 GiB", p_stat("file"));
	truncate64("file", 0x100000001ll);
	T("stat", "a file of 4 GiB", p_stat("file"));
	TV("stat64", "a file of 4 GiB", p_stat64("file"), "size=%lld", s64.size);
}

static void descriptors(void)
{
	int fd, p[2];

	make_names();
	fd = must_open("file", O_RDWR, 0);
	TV("fstat", "a file", f_fstat(fd), "%s", text16());
	TV("fstat64", "a file", f_fstat64(fd), "%s", text64());
	TV("fstat64", "after a write of 5000 bytes", (pwrite(fd, buf, 5, 4995), f_fstat64(fd)), "%s", text64());
	ftruncate(fd, 100000);
	TV("fstat64", "with a hole", f_fstat64(fd), "%s", text64());
	unlink("file");
	TV("fstat64", "after unlink", f_fstat64(fd), "%s", text64());
	T("fstat", "bad buffer", syscall(SYS_fstat, fd, BAD));
	T("fstat64", "bad buffer", syscall(SYS_fstat64, fd, BAD));
	pipe(p);
	f_fstat64(p[0]);
	TV("fstat64", "a pipe", f_fstat64(p[1]), "%s", text64());
	TV("fstat64", "a directory", f_fstat64(must_open("dir", O_RDONLY, 0)), "%s", text64());
	TV("fstat64", "/dev/null", f_fstat64(0), "%s", text64());
	TV("fstat64", "a link opened with O_PATH|O_NOFOLLOW", f_fstat64(must_open("link", O_PATH | O_NOFOLLOW, 0)), "%s", text64());
}

static void at_calls(void)
{
	int dir;

	make_names();
	dir = must_open("dir", O_RDONLY, 0);
	TV("fstatat64", "below a directory", syscall(SYS_fstatat64, dir, "sub", &s64, 0), "%s", text64());
	TV("fstatat64", "AT_SYMLINK_NOFOLLOW", syscall(SYS_fstatat64, AT_FDCWD, "link", &s64, AT_SYMLINK_NOFOLLOW), "%s", text64());
	TV("fstatat64", "AT_EMPTY_PATH", syscall(SYS_fstatat64, dir, "", &s64, AT_EMPTY_PATH), "%s", text64());
	TV("fstatat64", "AT_EMPTY_PATH of the working directory", syscall(SYS_fstatat64, AT_FDCWD, "", &s64, AT_EMPTY_PATH), "%s", text64());
	T("fstatat64", "AT_EMPTY_PATH, closed descriptor", syscall(SYS_fstatat64, NOFD, "", &s64, AT_EMPTY_PATH));
	T("fstatat64", "AT_NO_AUTOMOUNT", syscall(SYS_fstatat64, dir, "sub", &s64, AT_NO_AUTOMOUNT));
	T("fstatat64", "unknown flag", syscall(SYS_fstatat64, dir, "sub", &s64, 1));
	T("fstatat64", "bad buffer", syscall(SYS_fstatat64, dir, "sub", BAD, 0));
	T("fstatat64", "absolute path, closed descriptor", syscall(SYS_fstatat64, NOFD, "/", &s64, 0));
}

static const char *textx(void)
{
	static char t[200];

	snprintf(t, sizeof t, "mask=%x blksize=%u nlink=%u uid=%u gid=%u mode=%o size=%llu blocks=%llu rdev=%u:%u attr=%llx/%llx",
		 sx.stx_mask & 0xfff, sx.stx_blksize, sx.stx_nlink, sx.stx_uid, sx.stx_gid, sx.stx_mode,
		 S_ISDIR(sx.stx_mode) ? 0 : (unsigned long long)sx.stx_size, (unsigned long long)sx.stx_blocks, sx.stx_rdev_major,
		 sx.stx_rdev_minor, (unsigned long long)sx.stx_attributes, (unsigned long long)sx.stx_attributes_mask);
	memset(&sx, 0, sizeof sx);
	return t;
}

static long statx_of(int dir, const char *path, int flags, unsigned mask)
{
	return syscall(SYS_statx, dir, path, flags, mask, &sx);
}

static void statx_calls(void)
{
	int dir;

	make_names();
	dir = must_open("dir", O_RDONLY, 0);
	TV("statx", "a file", statx_of(AT_FDCWD, "file", 0, 0x7ff), "%s", textx());
	TV("statx", "with birth time", statx_of(AT_FDCWD, "file", 0, 0xfff), "%s", textx());
	TV("statx", "mask 0", statx_of(AT_FDCWD, "file", 0, 0), "%s", textx());
	TV("statx", "mask size only", statx_of(AT_FDCWD, "file", 0, 0x200), "%s", textx());
	TV("statx", "a device", statx_of(AT_FDCWD, "wide", 0, 0x7ff), "%s", textx());
	TV("statx", "a link", statx_of(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, 0x7ff), "%s", textx());
	TV("statx", "below a directory", statx_of(dir, "sub", 0, 0x7ff), "%s", textx());
	TV("statx", "AT_EMPTY_PATH", statx_of(dir, "", AT_EMPTY_PATH, 0x7ff), "%s", textx());
	T("statx", "null path without AT_EMPTY_PATH", statx_of(dir, NULL, 0, 0x7ff));
	T("statx", "null path with AT_EMPTY_PATH", statx_of(dir, NULL, AT_EMPTY_PATH, 0x7ff));
	T("statx", "reserved mask bit", statx_of(AT_FDCWD, "file", 0, 0x80000000));
	T("statx", "unknown flag", statx_of(AT_FDCWD, "file", 1, 0x7ff));
	T("statx", "AT_STATX_FORCE_SYNC", statx_of(AT_FDCWD, "file", 0x2000, 0x7ff));
	T("statx", "AT_STATX_DONT_SYNC", statx_of(AT_FDCWD, "file", 0x4000, 0x7ff));
	T("statx", "both kinds of synchronisation", statx_of(AT_FDCWD, "file", 0x6000, 0x7ff));
	T("statx", "bad buffer", syscall(SYS_statx, AT_FDCWD, "file", 0, 0x7ff, BAD));
	TV("statx", "a mount's root", statx_of(AT_FDCWD, "/tmp", 0, 0), "root=%d", (sx.stx_attributes & 0x2000) != 0);
	TV("statx", "/proc/self/exe", statx_of(AT_FDCWD, "/proc/self/exe", 0, 1), "mode=%o", sx.stx_mode & S_IFMT);
}

static void accesses(void)
{
	int dir;

	make_names();
	chmod("file", 0640);
	dir = must_open("dir", O_RDONLY, 0);
	T("access", "F_OK", syscall(SYS_access, "file", F_OK));
	T("access", "R_OK|W_OK of root", syscall(SYS_access, "file", R_OK | W_OK));
	T("access", "X_OK of root, no x bit", syscall(SYS_access, "file", X_OK));
	T("access", "X_OK of root on a directory", syscall(SYS_access, "dir", X_OK));
	T("access", "unknown mode", syscall(SYS_access, "file", 8));
	T("access", "mode -1", syscall(SYS_access, "file", -1));
	T("access", "a running program, W_OK", syscall(SYS_access, "/proc/self/exe", W_OK));
	T("faccessat", "below a directory", syscall(SYS_faccessat, dir, "sub", R_OK));
	T("faccessat", "X_OK of root, no x bit", syscall(SYS_faccessat, dir, "../file", X_OK));
	T("faccessat", "unknown mode", syscall(SYS_faccessat, dir, "sub", 8));
	T("faccessat2", "below a directory", syscall(439, dir, "sub", R_OK, 0));
	T("faccessat2", "AT_EACCESS", syscall(439, dir, "sub", R_OK, AT_EACCESS));
	symlink("absent", "dangling");
	T("faccessat2", "AT_SYMLINK_NOFOLLOW on a dangling link", syscall(439, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	T("faccessat2", "a dangling link", syscall(439, AT_FDCWD, "dangling", F_OK, 0));
	T("faccessat2", "AT_EMPTY_PATH", syscall(439, dir, "", R_OK, AT_EMPTY_PATH));
	T("faccessat2", "unknown flag", syscall(439, dir, "sub", R_OK, 1));
	T("faccessat2", "unknown mode", syscall(439, dir, "sub", 8, 0));
}

static void links(void)
{
	int dir;

	make_names();
	symlink("0123456789", "dir/ten");
	symlink(long_name(4095), "longest");
	dir = must_open("dir", O_RDONLY, 0);
	memset(buf, '#', sizeof buf);
	TV("readlink", "success", syscall(SYS_readlink, "link", buf, sizeof buf), "%.6s", buf);
	TV("readlink", "a buffer too small", syscall(SYS_readlink, "dir/ten", buf, 4), "%.6s", buf);
	T("readlink", "size 0", syscall(SYS_readlink, "link", buf, 0));
	T("readlink", "size -1", syscall(SYS_readlink, "link", buf, -1));
	T("readlink", "a file", syscall(SYS_readlink, "file", buf, sizeof buf));
	T("readlink", "a directory", syscall(SYS_readlink, "dir", buf, sizeof buf));
	T("readlink", "a slash behind a link to a file", syscall(SYS_readlink, "link/", buf, sizeof buf));
	T("readlink", "bad buffer", syscall(SYS_readlink, "link", BAD, 10));
	T("readlink", "the longest text", syscall(SYS_readlink, "longest", buf, sizeof buf));
	TV("readlinkat", "below a directory", syscall(SYS_readlinkat, dir, "ten", buf, sizeof buf), "%.10s", buf);
	T("readlinkat", "size 0", syscall(SYS_readlinkat, dir, "ten", buf, 0));
	T("readlinkat", "a file", syscall(SYS_readlinkat, dir, "../file", buf, sizeof buf));
	T("readlinkat", "empty path, descriptor of a link", syscall(SYS_readlinkat, must_open("link", O_PATH | O_NOFOLLOW, 0), "", buf, sizeof buf));
	T("readlinkat", "empty path, descriptor of a directory", syscall(SYS_readlinkat, dir, "", buf, sizeof buf));
	T("readlinkat", "bad buffer", syscall(SYS_readlinkat, dir, "ten", BAD, 10));
	memset(buf, 0, sizeof buf);
	TV("readlink", "/proc/self/cwd", syscall(SYS_readlink, "/proc/self/cwd", buf, sizeof buf), "%s", buf);
	memset(buf, 0, sizeof buf);
	TV("readlink", "/proc/self/fd/0", syscall(SYS_readlink, "/proc/self/fd/0", buf, sizeof buf), "%s", buf);
}

static void file_systems(void)
{
	make_names();
	TV("statfs", "a tmpfs", p_statfs("."), "type=%lx bsize=%ld namelen=%ld frsize=%ld flags=%lx", (long)fs.f_type, (long)fs.f_bsize,
	   (long)fs.f_namelen, (long)fs.f_frsize, (long)fs.f_flags & 0xf);
	TV("statfs", "/proc", p_statfs("/proc"), "type=%lx bsize=%ld namelen=%ld blocks=%ld", (long)fs.f_type, (long)fs.f_bsize,
	   (long)fs.f_namelen, (long)fs.f_blocks);
	TV("statfs", "/dev/pts", p_statfs("/dev/pts"), "type=%lx bsize=%ld namelen=%ld", (long)fs.f_type, (long)fs.f_bsize, (long)fs.f_namelen);
	TV("statfs", "/dev/shm", p_statfs("/dev/shm"), "type=%lx", (long)fs.f_type);
	T("statfs", "through a link", p_statfs("link"));
	T("statfs", "bad buffer", syscall(SYS_statfs, ".", BAD));
	TV("statfs64", "a tmpfs", p_statfs64("."), "type=%lx bsize=%ld namelen=%ld", (long)fs64.f_type, (long)fs64.f_bsize, (long)fs64.f_namelen);
	T("statfs64", "a wrong size", syscall(SYS_statfs64, ".", 80, &fs64));
	T("statfs64", "size 88", syscall(SYS_statfs64, ".", 88, &fs64));
	T("statfs64", "bad buffer", syscall(SYS_statfs64, ".", 84, BAD));
	TV("fstatfs", "a tmpfs", f_fstatfs(must_open("file", O_RDONLY, 0)), "type=%lx", (long)fs.f_type);
	T("fstatfs", "bad buffer", syscall(SYS_fstatfs, 1, BAD));
	TV("fstatfs64", "a tmpfs", f_fstatfs64(must_open("file", O_RDONLY, 0)), "type=%lx", (long)fs64.f_type);
	T("fstatfs64", "a wrong size", syscall(SYS_fstatfs64, 1, 85, &fs64));
	T("fstatfs64", "bad buffer", syscall(SYS_fstatfs64, 1, 84, BAD));
	int p[2];
	pipe(p);
	TV("fstatfs", "a pipe", f_fstatfs(p[0]), "type=%lx", (long)fs.f_type);
	TV("fstatfs64", "an O_PATH descriptor of a file", f_fstatfs64(must_open("file", O_PATH, 0)), "type=%lx", (long)fs64.f_type);
}

const struct section sections[] = {
	{"paths", paths}, {"kinds", kinds}, {"descriptors", descriptors}, {"at", at_calls}, {"statx", statx_calls},
	{"access", accesses}, {"links", links}, {"filesystems", file_systems}, {NULL, NULL},
};
