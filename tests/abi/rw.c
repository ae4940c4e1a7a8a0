/* rw - read, write, their vectored and positioned forms, lseek, _llseek. */
#include "paths.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

#define LARGE 0100000

static char buf[64];
static struct iovec one = {buf, 4};

FDC(read, syscall(SYS_read, fd, buf, 4))
FDC(write, syscall(SYS_write, fd, "1234", 4))
FDC(readv, syscall(SYS_readv, fd, &one, 1))
FDC(writev, syscall(SYS_writev, fd, &one, 1))
FDC(pread64, syscall(SYS_pread64, fd, buf, 4, 0, 0))
FDC(pwrite64, syscall(SYS_pwrite64, fd, buf, 4, 0, 0))
FDC(preadv, syscall(SYS_preadv, fd, &one, 1, 0, 0))
FDC(pwritev, syscall(SYS_pwritev, fd, &one, 1, 0, 0))
FDC(preadv2, syscall(SYS_preadv2, fd, &one, 1, 0, 0, 0))
FDC(pwritev2, syscall(SYS_pwritev2, fd, &one, 1, 0, 0, 0))
FDC(lseek, syscall(SYS_lseek, fd, 0, SEEK_CUR))

static long llseek_to(int fd, unsigned high, unsigned low, int whence, long long *result)
{
	return syscall(SYS__llseek, fd, high, low, result, whence);
}

static long f__llseek(int fd)
{
	long long at;

	return llseek_to(fd, 0, 0, SEEK_CUR, &at);
}

static long size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : (long)st.st_size;
}

static long at(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

static void descriptors(void)
{
	static const struct {
		const char *call;
		fd_call f;
		int writes;
	} all[] = {
		{"read", f_read, 0}, {"write", f_write, 1}, {"readv", f_readv, 0}, {"writev", f_writev, 1}, {"pread64", f_pread64, 0},
		{"pwrite64", f_pwrite64, 1}, {"preadv", f_preadv, 0}, {"pwritev", f_pwritev, 1}, {"preadv2", f_preadv2, 0},
		{"pwritev2", f_pwritev2, 1}, {"lseek", f_lseek, 0}, {"_llseek", f__llseek, 0},
	};
	int pipes[2], rd, wr, dir;

	make_file("file", "0123456789");
	rd = must_open("file", O_RDONLY, 0);
	wr = must_open("file", O_WRONLY, 0);
	dir = must_open(".", O_RDONLY, 0);
	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		fd_errors(all[i].call, all[i].f);
		T(all[i].call, "opened for reading only", all[i].f(rd));
		T(all[i].call, "opened for writing only", all[i].f(wr));
		T(all[i].call, "a directory", all[i].f(dir));
		must("pipe", pipe2(pipes, O_NONBLOCK));
		T(all[i].call, "the reading end of an empty pipe", all[i].f(pipes[0]));
		T(all[i].call, "the writing end of a pipe", all[i].f(pipes[1]));
		close(pipes[1]);
		if (!all[i].writes)
			T(all[i].call, "a pipe without a writer", all[i].f(pipes[0]));
		close(pipes[0]);
		lseek(rd, 0, SEEK_SET);
		lseek(wr, 0, SEEK_SET);
	}
}

static void reading(void)
{
	int fd;

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	TV("read", "some bytes", read(fd, buf, 4), "%.4s at %ld", buf, at(fd));
	T("read", "more than there are", read(fd, buf, sizeof buf));
	T("read", "at the end", read(fd, buf, sizeof buf));
	lseek(fd, 100, SEEK_SET);
	T("read", "from behind the end", read(fd, buf, sizeof buf));
	lseek(fd, 0, SEEK_SET);
	T("read", "0 bytes", read(fd, buf, 0));
	T("read", "0 bytes, bad pointer", read(fd, BAD, 0));
	TV("read", "bad pointer", syscall(SYS_read, fd, BAD, 4), "at %ld", at(fd));
	T("read", "kernel's memory", syscall(SYS_read, fd, KERNEL, 4));
	TV("read", "the buffer's end is no memory", syscall(SYS_read, fd, edge(3), 8), "at %ld", at(fd));
	lseek(fd, 0, SEEK_SET);
	T("read", "count -1", syscall(SYS_read, fd, buf, -1));
	lseek(fd, 0, SEEK_SET);
	T("read", "bad pointer at the end of the file", (lseek(fd, 0, SEEK_END), syscall(SYS_read, fd, BAD, 4)));
	T("read", "into memory that is read only", (lseek(fd, 0, SEEK_SET),
	  syscall(SYS_read, fd, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4)));
	TV("pread64", "success", syscall(SYS_pread64, fd, buf, 3, 5, 0), "%.3s", buf);
	T("pread64", "behind the end", syscall(SYS_pread64, fd, buf, 3, 50, 0));
	T("pread64", "negative place", syscall(SYS_pread64, fd, buf, 3, -1, -1));
	T("pread64", "a place above 4 GiB", syscall(SYS_pread64, fd, buf, 3, 0, 1));
	T("pread64", "bad pointer", syscall(SYS_pread64, fd, BAD, 3, 0, 0));
	T("pread64", "0 bytes", syscall(SYS_pread64, fd, buf, 0, 0, 0));
}

static void writing(void)
{
	int fd, app;

	fd = must_open("file", O_RDWR | O_CREAT, 0644);
	TV("write", "some bytes", write(fd, "abcdef", 6), "at %ld size %ld", at(fd), size_of(fd));
	T("write", "0 bytes", write(fd, "", 0));
	T("write", "0 bytes, bad pointer", syscall(SYS_write, fd, BAD, 0));
	TV("write", "bad pointer", syscall(SYS_write, fd, BAD, 5), "at %ld size %ld", at(fd), size_of(fd));
	T("write", "kernel's memory", syscall(SYS_write, fd, KERNEL, 5));
	TV("write", "the buffer's end is no memory", syscall(SYS_write, fd, edge(3), 8), "at %ld size %ld", at(fd), size_of(fd));
	ftruncate(fd, 6);
	lseek(fd, 5000, SEEK_SET);
	TV("write", "behind the end", write(fd, "x", 1), "size %ld", size_of(fd));
	TV("write", "behind the end: the hole", pread(fd, buf, 4, 4000), "%d", buf[0] | buf[1] | buf[2] | buf[3]);
	app = must_open("file", O_WRONLY | O_APPEND, 0);
	TV("write", "O_APPEND", write(app, "yy", 2), "at %ld size %ld", at(app), size_of(app));
	TV("pwrite64", "O_APPEND writes at the end", syscall(SYS_pwrite64, app, "zz", 2, 0, 0), "at %ld size %ld", at(app), size_of(app));
	TV("pwrite64", "success", syscall(SYS_pwrite64, fd, "PP", 2, 1, 0), "%zd %.3s at %ld", pread(fd, buf, 3, 0), buf, at(fd));
	T("pwrite64", "negative place", syscall(SYS_pwrite64, fd, "x", 1, -1, -1));
	T("pwrite64", "bad pointer", syscall(SYS_pwrite64, fd, BAD, 1, 0, 0));
	TV("pwrite64", "0 bytes behind the end", syscall(SYS_pwrite64, fd, "x", 0, 60000, 0), "size %ld", size_of(fd));
	T("pwrite64", "at 2 GiB without O_LARGEFILE", syscall(SYS_pwrite64, fd, "x", 1, 0x7fffffff, 0));
	TV("pwrite64", "across 2 GiB without O_LARGEFILE", syscall(SYS_pwrite64, fd, "xyz", 3, 0x7ffffffe, 0), "size %ld", size_of(fd));
	ftruncate(fd, 3);
	close(fd);
	fd = must_open("file", O_RDWR | LARGE, 0);
	T("pwrite64", "at 4 GiB with O_LARGEFILE", syscall(SYS_pwrite64, fd, "x", 1, 0, 1));
	TV("pread64", "at 4 GiB", syscall(SYS_pread64, fd, buf, 3, 0, 1), "%c", buf[0]);
	T("pwrite64", "at the largest place", syscall(SYS_pwrite64, fd, "x", 1, -1, 0x7fffffff));
	ftruncate(fd, 0);
}

/* The limit counts for the file of the lines, too: it is far behind its end. */
static void limits(void)
{
	struct rlimit r = {1000010, 1000010};
	int fd = must_open("file", O_RDWR | O_CREAT, 0644);

	lseek(fd, 1000000, SEEK_SET);
	setrlimit(RLIMIT_FSIZE, &r);
	signal(SIGXFSZ, SIG_IGN);
	TV("write", "across RLIMIT_FSIZE, a part", write(fd, "0123456789abc", 13), "size %ld", size_of(fd));
	T("write", "at RLIMIT_FSIZE, SIGXFSZ ignored", write(fd, "x", 1));
	T("write", "0 bytes at RLIMIT_FSIZE", write(fd, "x", 0));
	T("pwrite64", "behind RLIMIT_FSIZE", pwrite(fd, "x", 1, 1000100));
	T("ftruncate", "behind RLIMIT_FSIZE", ftruncate(fd, 1000011));
	T("ftruncate", "to RLIMIT_FSIZE", ftruncate(fd, 1000010));
	T("truncate", "behind RLIMIT_FSIZE", truncate("file", 1000011));
	T("fallocate", "behind RLIMIT_FSIZE", fallocate(fd, 0, 1000000, 11));
	T("truncate", "shorter, behind RLIMIT_FSIZE", truncate("file", 20));
}

static void over_limit(void)
{
	struct rlimit r = {10, 4096};
	int fd = must_open("file2", O_RDWR | O_CREAT, 0644);

	setrlimit(RLIMIT_FSIZE, &r);
	pwrite(fd, "x", 1, 10);
}

static void broken_pipe(void)
{
	int p[2];

	pipe(p);
	close(p[0]);
	write(p[1], "x", 1);
}

static void signals(void)
{
	int p[2];

	ends("write", "at RLIMIT_FSIZE, by default", over_limit);
	ends("write", "to a pipe without a reader, by default", broken_pipe);
	signal(SIGPIPE, SIG_IGN);
	pipe(p);
	close(p[0]);
	T("write", "to a pipe without a reader, SIGPIPE ignored", write(p[1], "x", 1));
	T("writev", "to a pipe without a reader, SIGPIPE ignored", f_writev(p[1]));
	T("write", "0 bytes to a pipe without a reader", write(p[1], "x", 0));
}

static void vectors(void)
{
	struct iovec v[3] = {{buf, 3}, {buf + 10, 0}, {buf + 20, 4}}, bad[2] = {{buf, 3}, {BAD, 4}};
	struct iovec minus[2] = {{buf, 3}, {buf, (size_t)-1}}, huge[2] = {{buf, 0x7fffffff}, {buf, 0x7fffffff}};
	int fd;

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	TV("readv", "three parts, one empty", syscall(SYS_readv, fd, v, 3), "%.3s %.4s", buf, buf + 20);
	TV("readv", "a second part that is bad", (lseek(fd, 0, SEEK_SET), syscall(SYS_readv, fd, bad, 2)), "at %ld", at(fd));
	T("readv", "a negative length", syscall(SYS_readv, fd, minus, 2));
	T("readv", "lengths above 2 GiB", (lseek(fd, 0, SEEK_SET), syscall(SYS_readv, fd, huge, 2)));
	T("readv", "no part", syscall(SYS_readv, fd, v, 0));
	T("readv", "no part, bad pointer", syscall(SYS_readv, fd, BAD, 0));
	T("readv", "-1 parts", syscall(SYS_readv, fd, v, -1));
	T("readv", "1025 parts", syscall(SYS_readv, fd, v, 1025));
	T("readv", "bad pointer", syscall(SYS_readv, fd, BAD, 2));
	T("readv", "vector runs into no memory", syscall(SYS_readv, fd, edge(8), 2));
	ftruncate(fd, 0);
	lseek(fd, 0, SEEK_SET);
	memcpy(buf, "abc", 3);
	memcpy(buf + 20, "defg", 4);
	TV("writev", "three parts, one empty", syscall(SYS_writev, fd, v, 3), "size %ld", size_of(fd));
	TV("writev", "a second part that is bad", syscall(SYS_writev, fd, bad, 2), "size %ld", size_of(fd));
	T("writev", "a negative length", syscall(SYS_writev, fd, minus, 2));
	T("writev", "no part", syscall(SYS_writev, fd, v, 0));
	T("writev", "1025 parts", syscall(SYS_writev, fd, v, 1025));
	T("writev", "bad pointer", syscall(SYS_writev, fd, BAD, 2));
	TV("preadv", "success", syscall(SYS_preadv, fd, v, 3, 1, 0), "%.3s at %ld", buf, at(fd));
	T("preadv", "negative place", syscall(SYS_preadv, fd, v, 3, -1, -1));
	T("preadv", "bad pointer", syscall(SYS_preadv, fd, BAD, 3, 0, 0));
	T("preadv", "1025 parts", syscall(SYS_preadv, fd, v, 1025, 0, 0));
	TV("pwritev", "success", syscall(SYS_pwritev, fd, v, 3, 20, 0), "size %ld at %ld", size_of(fd), at(fd));
	T("pwritev", "negative place", syscall(SYS_pwritev, fd, v, 3, -1, -1));
	T("pwritev", "bad pointer", syscall(SYS_pwritev, fd, BAD, 3, 0, 0));
	T("pwritev", "1025 parts", syscall(SYS_pwritev, fd, v, 1025, 0, 0));
}

static void vectors2(void)
{
	struct iovec v[2] = {{buf, 3}, {buf + 20, 4}};
	int fd, p[2];

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	TV("preadv2", "success", syscall(SYS_preadv2, fd, v, 2, 1, 0, 0), "%.3s at %ld", buf, at(fd));
	TV("preadv2", "place -1 is the file's own", syscall(SYS_preadv2, fd, v, 2, -1, -1, 0), "%.3s at %ld", buf, at(fd));
	T("preadv2", "place -2", syscall(SYS_preadv2, fd, v, 2, -2, -1, 0));
	T("preadv2", "unknown flag", syscall(SYS_preadv2, fd, v, 2, 0, 0, 0x100));
	T("preadv2", "RWF_HIPRI", syscall(SYS_preadv2, fd, v, 2, 0, 0, 1));
	T("preadv2", "RWF_NOWAIT", syscall(SYS_preadv2, fd, v, 2, 0, 0, 8));
	T("preadv2", "bad pointer", syscall(SYS_preadv2, fd, BAD, 2, 0, 0, 0));
	TV("pwritev2", "success", syscall(SYS_pwritev2, fd, v, 2, 1, 0, 0), "at %ld", at(fd));
	TV("pwritev2", "place -1 is the file's own", syscall(SYS_pwritev2, fd, v, 2, -1, -1, 0), "at %ld", at(fd));
	TV("pwritev2", "RWF_APPEND", syscall(SYS_pwritev2, fd, v, 2, 0, 0, 16), "size %ld at %ld", size_of(fd), at(fd));
	T("pwritev2", "RWF_DSYNC|RWF_SYNC", syscall(SYS_pwritev2, fd, v, 2, 0, 0, 6));
	T("pwritev2", "unknown flag", syscall(SYS_pwritev2, fd, v, 2, 0, 0, 0x100));
	T("pwritev2", "bad pointer", syscall(SYS_pwritev2, fd, BAD, 2, 0, 0, 0));
	pipe(p);
	T("pwritev2", "a pipe with place -1", syscall(SYS_pwritev2, p[1], v, 2, -1, -1, 0));
	T("preadv2", "a pipe with place -1", syscall(SYS_preadv2, p[0], v, 2, -1, -1, 0));
	T("preadv2", "an empty pipe, RWF_NOWAIT", syscall(SYS_preadv2, p[0], v, 2, -1, -1, 8));
}

static void seeking(void)
{
	long long where = 77;
	int fd;

	make_file("file", "0123456789");
	fd = must_open("file", O_RDWR, 0);
	T("lseek", "SEEK_SET", syscall(SYS_lseek, fd, 7, SEEK_SET));
	T("lseek", "SEEK_CUR back", syscall(SYS_lseek, fd, -2, SEEK_CUR));
	T("lseek", "SEEK_END", syscall(SYS_lseek, fd, -1, SEEK_END));
	T("lseek", "behind the end", syscall(SYS_lseek, fd, 100, SEEK_END));
	T("lseek", "SEEK_SET negative", syscall(SYS_lseek, fd, -1, SEEK_SET));
	T("lseek", "SEEK_CUR before the start", syscall(SYS_lseek, fd, -1000, SEEK_CUR));
	T("lseek", "unknown whence", syscall(SYS_lseek, fd, 0, 5));
	T("lseek", "whence -1", syscall(SYS_lseek, fd, 0, -1));
	T("lseek", "SEEK_DATA", syscall(SYS_lseek, fd, 3, SEEK_DATA));
	T("lseek", "SEEK_HOLE", syscall(SYS_lseek, fd, 3, SEEK_HOLE));
	T("lseek", "SEEK_DATA at the end", syscall(SYS_lseek, fd, 10, SEEK_DATA));
	T("lseek", "SEEK_HOLE behind the end", syscall(SYS_lseek, fd, 11, SEEK_HOLE));
	T("lseek", "SEEK_DATA negative", syscall(SYS_lseek, fd, -1, SEEK_DATA));
	ftruncate(fd, 40000);
	pwrite(fd, "x", 1, 20000);
	T("lseek", "SEEK_DATA over a hole", syscall(SYS_lseek, fd, 8192, SEEK_DATA));
	T("lseek", "SEEK_HOLE in data", syscall(SYS_lseek, fd, 20000, SEEK_HOLE));
	T("lseek", "SEEK_DATA in the last hole", syscall(SYS_lseek, fd, 30000, SEEK_DATA));
	T("lseek", "SEEK_HOLE from the start", syscall(SYS_lseek, fd, 0, SEEK_HOLE));
	T("lseek", "a result above 2 GiB", (llseek_to(fd, 0, 0xfffffff0, SEEK_SET, &where), syscall(SYS_lseek, fd, 0, SEEK_CUR)));
	TV("_llseek", "SEEK_SET above 4 GiB", llseek_to(fd, 1, 5, SEEK_SET, &where), "%lld", where);
	TV("_llseek", "SEEK_CUR back from there", llseek_to(fd, ~0u, -10u, SEEK_CUR, &where), "%lld", where);
	TV("_llseek", "SEEK_END", llseek_to(fd, 0, 2, SEEK_END, &where), "%lld", where);
	where = 77;
	TV("_llseek", "negative", llseek_to(fd, ~0u, 0, SEEK_SET, &where), "%lld", where);
	TV("_llseek", "unknown whence", llseek_to(fd, 0, 0, 9, &where), "%lld", where);
	T("_llseek", "above the largest file", llseek_to(fd, 0x7fffffff, ~0u, SEEK_SET, &where));
	TV("_llseek", "bad pointer", llseek_to(fd, 0, 3, SEEK_SET, BAD), "at %ld", at(fd));
	T("lseek", "SEEK_END of a directory", syscall(SYS_lseek, must_open(".", O_RDONLY, 0), 0, SEEK_END) != -1);
	T("lseek", "/dev/null", syscall(SYS_lseek, 0, 100, SEEK_SET));
	T("lseek", "/dev/zero, SEEK_END", syscall(SYS_lseek, must_open("/dev/zero", O_RDONLY, 0), 100, SEEK_END));
}

static void devices(void)
{
	int null = must_open("/dev/null", O_RDWR, 0), zero = must_open("/dev/zero", O_RDWR, 0), full = must_open("/dev/full", O_RDWR, 0);

	T("read", "/dev/null", read(null, buf, 4));
	T("write", "/dev/null", write(null, buf, 4));
	T("write", "/dev/null, bad pointer", syscall(SYS_write, null, BAD, 4));
	T("read", "/dev/null, bad pointer", syscall(SYS_read, null, BAD, 4));
	buf[0] = 'x';
	TV("read", "/dev/zero", read(zero, buf, 4), "%d", buf[0]);
	T("read", "/dev/zero, bad pointer", syscall(SYS_read, zero, BAD, 4));
	T("write", "/dev/zero", write(zero, buf, 4));
	T("write", "/dev/full", write(full, buf, 4));
	T("read", "/dev/full", read(full, buf, 4));
	T("read", "/dev/urandom", read(must_open("/dev/urandom", O_RDONLY, 0), buf, 32));
	T("write", "/dev/urandom", write(must_open("/dev/urandom", O_RDWR, 0), buf, 32));
	T("pread64", "/dev/zero", syscall(SYS_pread64, zero, buf, 4, 99, 0));
	T("pwrite64", "/dev/full", syscall(SYS_pwrite64, full, buf, 4, 0, 0));
}

const struct section sections[] = {
	{"descriptors", descriptors}, {"reading", reading}, {"writing", writing}, {"limits", limits}, {"signals", signals},
	{"vectors", vectors}, {"vectors2", vectors2}, {"seeking", seeking}, {"devices", devices}, {NULL, NULL},
};
