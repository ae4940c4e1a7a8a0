/* size - truncate, ftruncate, fallocate, the sync calls, fadvise, readahead. */
#include "paths.h"

#include <linux/falloc.h>
#include <sys/mman.h>

#define LARGE 0100000

PATH(truncate, syscall(SYS_truncate, p, 5))
PATH(truncate64, syscall(SYS_truncate64, p, 5, 0))
FDC(ftruncate, syscall(SYS_ftruncate, fd, 5))
FDC(ftruncate64, syscall(SYS_ftruncate64, fd, 5, 0))
FDC(fallocate, syscall(SYS_fallocate, fd, 0, 0, 0, 5, 0))
FDC(fsync, syscall(SYS_fsync, fd))
FDC(fdatasync, syscall(SYS_fdatasync, fd))
FDC(syncfs, syscall(SYS_syncfs, fd))
FDC(sync_file_range, syscall(SYS_sync_file_range, fd, 0, 0, 0, 0, 0))
FDC(fadvise64, syscall(SYS_fadvise64, fd, 0, 0, 0, 0))
FDC(fadvise64_64, syscall(SYS_fadvise64_64, fd, 0, 0, 0, 0, 0))
FDC(readahead, syscall(SYS_readahead, fd, 0, 0, 100))

static void descriptors(void)
{
	static const struct {
		const char *call;
		fd_call f;
	} all[] = {
		{"ftruncate", f_ftruncate}, {"ftruncate64", f_ftruncate64}, {"fallocate", f_fallocate}, {"fsync", f_fsync},
		{"fdatasync", f_fdatasync}, {"syncfs", f_syncfs}, {"sync_file_range", f_sync_file_range}, {"fadvise64", f_fadvise64},
		{"fadvise64_64", f_fadvise64_64}, {"readahead", f_readahead},
	};
	int p[2], rd, wr, dir, null = 0;

	make_file("file", "0123456789");
	rd = must_open("file", O_RDONLY, 0);
	wr = must_open("file", O_WRONLY, 0);
	dir = must_open(".", O_RDONLY, 0);
	pipe(p);
	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		fd_errors(all[i].call, all[i].f);
		T(all[i].call, "a file", all[i].f(wr));
		T(all[i].call, "a file opened for reading", all[i].f(rd));
		T(all[i].call, "a directory", all[i].f(dir));
		T(all[i].call, "a pipe's writing end", all[i].f(p[1]));
		T(all[i].call, "/dev/null", all[i].f(null));
	}
}

static long long size_of(const char *path)
{
	struct stat64 st;

	return stat64(path, &st) ? -1 : st.st_size;
}

static long blocks_of(const char *path)
{
	struct stat64 st;

	return stat64(path, &st) ? -1 : (long)st.st_blocks;
}

static void truncating(void)
{
	char c[4] = "xxx";
	int fd;

	path_errors("truncate", p_truncate);
	path_errors("truncate64", p_truncate64);
	make_file("file", "0123456789");
	mkdir("dir", 0755);
	mkfifo("fifo", 0644);
	symlink("file", "link");
	TV("truncate", "shorter", syscall(SYS_truncate, "file", 5), "size=%lld", size_of("file"));
	TV("truncate", "longer", syscall(SYS_truncate, "file", 50), "size=%lld", size_of("file"));
	fd = must_open("file", O_RDWR, 0);
	TV("truncate", "what was cut reads as zeros", pread(fd, c, 3, 7), "%d %d", c[0], c[2]);
	TV("truncate", "through a link", syscall(SYS_truncate, "link", 3), "size=%lld", size_of("file"));
	T("truncate", "negative", syscall(SYS_truncate, "file", -1));
	T("truncate", "a directory", syscall(SYS_truncate, "dir", 0));
	T("truncate", "a fifo", syscall(SYS_truncate, "fifo", 0));
	T("truncate", "/dev/null", syscall(SYS_truncate, "/dev/null", 0));
	T("truncate", "a running program", syscall(SYS_truncate, "/proc/self/exe", 0));
	T("truncate", "a file in /proc", syscall(SYS_truncate, "/proc/self/stat", 0));
	TV("truncate64", "above 4 GiB", syscall(SYS_truncate64, "file", 7, 1), "size=%lld", size_of("file"));
	T("truncate64", "negative", syscall(SYS_truncate64, "file", 0, -1));
	T("truncate64", "more than a file can have", syscall(SYS_truncate64, "file", -1, 0x7fffffff));
	TV("ftruncate", "success", syscall(SYS_ftruncate, fd, 100), "size=%lld", size_of("file"));
	T("ftruncate", "negative", syscall(SYS_ftruncate, fd, -1));
	T("ftruncate64", "above 2 GiB without O_LARGEFILE", syscall(SYS_ftruncate64, fd, 0x80000000, 0));
	fd = must_open("file", O_RDWR | LARGE, 0);
	TV("ftruncate64", "above 2 GiB with O_LARGEFILE", syscall(SYS_ftruncate64, fd, 0x80000000, 0), "size=%lld", size_of("file"));
	T("ftruncate64", "negative", syscall(SYS_ftruncate64, fd, 0, -1));
	syscall(SYS_ftruncate64, fd, 0, 0);
	lseek(fd, 50, SEEK_SET);
	write(fd, "end", 3);
	TV("ftruncate", "the place stays", syscall(SYS_ftruncate, fd, 0), "at %ld", (long)lseek(fd, 0, SEEK_CUR));
}

static char first_of(int fd, long at)
{
	char c = '?';

	pread(fd, &c, 1, at);
	return c ? c : '0';
}

static long falloc(int fd, int mode, long long at, long long len)
{
	return syscall(SYS_fallocate, fd, mode, (unsigned)at, (unsigned)(at >> 32), (unsigned)len, (unsigned)(len >> 32));
}

static void allocating(void)
{
	int fd = must_open("file", O_RDWR | O_CREAT, 0644);

	TV("fallocate", "makes room and grows", falloc(fd, 0, 0, 10000), "size=%lld blocks=%ld", size_of("file"), blocks_of("file"));
	TV("fallocate", "FALLOC_FL_KEEP_SIZE", falloc(fd, FALLOC_FL_KEEP_SIZE, 10000, 10000), "size=%lld blocks=%ld", size_of("file"),
	   blocks_of("file"));
	pwrite(fd, "a", 1, 0);
	pwrite(fd, "b", 1, 5000);
	pwrite(fd, "c", 1, 9000);
	TV("fallocate", "over data keeps it", falloc(fd, 0, 0, 6000), "%c%c%c", first_of(fd, 0), first_of(fd, 5000), first_of(fd, 9000));
	TV("fallocate", "punches a hole", falloc(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), "%c%c%c size=%lld blocks=%ld",
	   first_of(fd, 0), first_of(fd, 5000), first_of(fd, 9000), size_of("file"), blocks_of("file"));
	pwrite(fd, "def", 3, 100);
	TV("fallocate", "punches a part of a page", falloc(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 101, 1), "%c%c%c",
	   first_of(fd, 100), first_of(fd, 101), first_of(fd, 102));
	T("fallocate", "punching without FALLOC_FL_KEEP_SIZE", falloc(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
	T("fallocate", "FALLOC_FL_ZERO_RANGE on tmpfs", falloc(fd, FALLOC_FL_ZERO_RANGE, 0, 10));
	T("fallocate", "FALLOC_FL_COLLAPSE_RANGE on tmpfs", falloc(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
	T("fallocate", "FALLOC_FL_INSERT_RANGE on tmpfs", falloc(fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
	T("fallocate", "unknown mode", falloc(fd, 0x100, 0, 10));
	T("fallocate", "length 0", falloc(fd, 0, 0, 0));
	T("fallocate", "negative length", falloc(fd, 0, 0, -5));
	T("fallocate", "negative place", falloc(fd, 0, -5, 10));
	T("fallocate", "end above the largest file", falloc(fd, 0, 0x7ffffffffffffff0ll, 100));
	T("fallocate", "more than there is memory", falloc(fd, 0, 0, 0x10000000000ll));
	ftruncate(fd, 0);
}

static void advising(void)
{
	int fd;

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	for (int i = 1; i < 6; i++) {
		char condition[32];
		snprintf(condition, sizeof condition, "advice %d", i);
		T("fadvise64", condition, syscall(SYS_fadvise64, fd, 0, 0, 10, i));
		T("fadvise64_64", condition, syscall(SYS_fadvise64_64, fd, 0, 0, 10, 0, i));
	}
	T("fadvise64", "unknown advice", syscall(SYS_fadvise64, fd, 0, 0, 10, 6));
	T("fadvise64", "negative length", syscall(SYS_fadvise64, fd, 0, 0, -1, 0));
	T("fadvise64_64", "unknown advice", syscall(SYS_fadvise64_64, fd, 0, 0, 10, 0, 99));
	T("fadvise64_64", "negative length", syscall(SYS_fadvise64_64, fd, 0, 0, -1, -1, 0));
	T("fadvise64_64", "negative place", syscall(SYS_fadvise64_64, fd, -1, -1, 10, 0, 0));
	T("readahead", "behind the end", syscall(SYS_readahead, fd, 5000, 0, 100));
	T("readahead", "negative place", syscall(SYS_readahead, fd, -1, -1, 100));
	T("sync_file_range", "all three flags", syscall(SYS_sync_file_range, fd, 0, 0, 10, 0, 7));
	T("sync_file_range", "unknown flag", syscall(SYS_sync_file_range, fd, 0, 0, 10, 0, 8));
	T("sync_file_range", "negative place", syscall(SYS_sync_file_range, fd, -1, -1, 10, 0, 7));
	T("sync_file_range", "negative length", syscall(SYS_sync_file_range, fd, 0, 0, -1, -1, 7));
	T("sync", "success", syscall(SYS_sync));
}

const struct section sections[] = {
	{"descriptors", descriptors}, {"truncating", truncating}, {"allocating", allocating}, {"advising", advising}, {NULL, NULL},
};
