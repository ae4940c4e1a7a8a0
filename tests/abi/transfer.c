/* transfer - sendfile, copy_file_range, splice, tee, vmsplice: bytes from descriptor to descriptor. */
#include "paths.h"

#include <sys/socket.h>
#include <sys/uio.h>

#define LARGE 0100000

static int in, out, rd, wr, dir, p[2], full[2];

static long sendf(int to, int from, long *at, size_t n)
{
	return syscall(SYS_sendfile, to, from, at, n);
}

static long sendf64(int to, int from, long long *at, size_t n)
{
	return syscall(SYS_sendfile64, to, from, at, n);
}

static long copyr(int from, long long *at, int to, long long *to_at, size_t n, unsigned flags)
{
	return syscall(SYS_copy_file_range, from, at, to, to_at, n, flags);
}

static long spl(int from, long long *at, int to, long long *to_at, size_t n, unsigned flags)
{
	return syscall(SYS_splice, from, at, to, to_at, n, flags);
}

static void open_all(void)
{
	make_file("in", "0123456789");
	make_file("out", "");
	in = must_open("in", O_RDONLY, 0);
	out = must_open("out", O_RDWR, 0);
	rd = must_open("out", O_RDONLY, 0);
	wr = must_open("in", O_WRONLY, 0);
	dir = must_open(".", O_RDONLY, 0);
	must("pipe", pipe2(p, O_NONBLOCK));
	must("pipe", pipe2(full, O_NONBLOCK));
	while (write(full[1], edge(4096), 4096) > 0)
		;
}

static const char *content(int fd)
{
	static char text[64];
	long n = pread(fd, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static const char *in_pipe(void)
{
	static char text[64];
	long n = read(p[0], text, sizeof text - 1);

	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? errno_name(errno) : text;
}

static long at(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

FDC(sendfile_in, sendf(out, fd, NULL, 4))
FDC(sendfile_out, sendf(fd, in, NULL, 4))
FDC(sendfile64_in, sendf64(out, fd, NULL, 4))
FDC(copy_in, copyr(fd, NULL, out, NULL, 4, 0))
FDC(copy_out, copyr(in, NULL, fd, NULL, 4, 0))
FDC(splice_in, spl(fd, NULL, p[1], NULL, 4, SPLICE_F_NONBLOCK))
FDC(splice_out, spl(p[0], NULL, fd, NULL, 4, SPLICE_F_NONBLOCK))
FDC(tee_in, syscall(SYS_tee, fd, p[1], 4, SPLICE_F_NONBLOCK))
FDC(vmsplice, syscall(SYS_vmsplice, fd, &(struct iovec){"abc", 3}, 1, SPLICE_F_NONBLOCK))

static void sends(void)
{
	long from = 2;
	long long from64 = 3;

	open_all();
	fd_errors("sendfile", f_sendfile_in);
	fd_errors("sendfile64", f_sendfile64_in);
	TV("sendfile", "from the file's place", sendf(out, in, NULL, 4), "%s at %ld %ld", content(out), at(in), at(out));
	TV("sendfile", "from an offset", sendf(out, in, &from, 3), "%s offset %ld at %ld", content(out), from, at(in));
	TV("sendfile", "more than there is", sendf(out, in, NULL, 100), "%s", content(out));
	T("sendfile", "at the end", sendf(out, in, NULL, 100));
	T("sendfile", "0 bytes", sendf(out, in, NULL, 0));
	T("sendfile", "bad offset pointer", sendf(out, in, BAD, 5));
	from = -1;
	T("sendfile", "negative offset", sendf(out, in, &from, 5));
	T("sendfile", "from a file opened for writing", sendf(out, wr, NULL, 5));
	T("sendfile", "to a file opened for reading", sendf(rd, in, NULL, 5));
	T("sendfile", "to a closed descriptor", f_sendfile_out(NOFD));
	T("sendfile", "from a directory", sendf(out, dir, NULL, 5));
	T("sendfile", "to a directory", sendf(dir, in, NULL, 5));
	T("sendfile", "from a pipe", sendf(out, p[0], NULL, 5));
	from = 0;
	T("sendfile", "from a pipe with an offset", sendf(out, p[0], &from, 5));
	T("sendfile", "to a pipe", (lseek(in, 0, SEEK_SET), sendf(p[1], in, NULL, 5)));
	note("sendfile", "to a pipe: what came", "%s", in_pipe());
	T("sendfile", "to a full pipe", sendf(full[1], in, NULL, 5));
	T("sendfile", "to an O_APPEND file", sendf(must_open("out", O_WRONLY | O_APPEND, 0), in, NULL, 5));
	T("sendfile", "from /dev/zero", sendf(out, must_open("/dev/zero", O_RDONLY, 0), NULL, 5));
	T("sendfile", "from /proc", sendf(out, must_open("/proc/self/comm", O_RDONLY, 0), NULL, 5));
	T("sendfile", "to /dev/null", (lseek(in, 0, SEEK_SET), sendf(must_open("/dev/null", O_WRONLY, 0), in, NULL, 5)));
	lseek(in, 0, SEEK_SET);
	ftruncate(out, 0);
	lseek(out, 0, SEEK_SET);
	TV("sendfile64", "from an offset", sendf64(out, in, &from64, 4), "%s offset %lld", content(out), from64);
	T("sendfile64", "bad offset pointer", sendf64(out, in, BAD, 4));
	from64 = -1;
	T("sendfile64", "negative offset", sendf64(out, in, &from64, 4));
	from64 = 0x100000000ll;
	T("sendfile64", "offset above 4 GiB", sendf64(out, in, &from64, 4));
	T("sendfile64", "to a closed descriptor", sendf64(NOFD, in, NULL, 4));
	int s[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	lseek(in, 0, SEEK_SET);
	T("sendfile64", "to a socket", sendf64(s[0], in, NULL, 4));
}

static void copies(void)
{
	long long a = 2, b = 1;

	open_all();
	fd_errors("copy_file_range", f_copy_in);
	TV("copy_file_range", "from place to place", copyr(in, NULL, out, NULL, 4, 0), "%s at %ld %ld", content(out), at(in), at(out));
	TV("copy_file_range", "with two offsets", copyr(in, &a, out, &b, 3, 0), "%s %lld %lld at %ld %ld", content(out), a, b, at(in), at(out));
	TV("copy_file_range", "more than there is", copyr(in, NULL, out, NULL, 100, 0), "%s", content(out));
	T("copy_file_range", "at the end", copyr(in, NULL, out, NULL, 100, 0));
	T("copy_file_range", "0 bytes", copyr(in, NULL, out, NULL, 0, 0));
	T("copy_file_range", "unknown flag", copyr(in, NULL, out, NULL, 1, 1));
	T("copy_file_range", "bad first offset", copyr(in, BAD, out, NULL, 1, 0));
	T("copy_file_range", "bad second offset", copyr(in, NULL, out, BAD, 1, 0));
	a = -1;
	T("copy_file_range", "negative offset", copyr(in, &a, out, NULL, 1, 0));
	T("copy_file_range", "to a closed descriptor", f_copy_out(NOFD));
	T("copy_file_range", "to a file opened for reading", copyr(in, NULL, rd, NULL, 1, 0));
	T("copy_file_range", "from a file opened for writing", copyr(wr, NULL, out, NULL, 1, 0));
	T("copy_file_range", "to an O_APPEND file", copyr(in, NULL, must_open("out", O_WRONLY | O_APPEND, 0), NULL, 1, 0));
	T("copy_file_range", "from a directory", copyr(dir, NULL, out, NULL, 1, 0));
	T("copy_file_range", "to a directory", copyr(in, NULL, dir, NULL, 1, 0));
	T("copy_file_range", "from a pipe", copyr(p[0], NULL, out, NULL, 1, 0));
	T("copy_file_range", "to a pipe", copyr(in, NULL, p[1], NULL, 1, 0));
	T("copy_file_range", "to /dev/null", copyr(in, NULL, must_open("/dev/null", O_WRONLY, 0), NULL, 1, 0));
	a = 0, b = 2;
	T("copy_file_range", "overlapping in one file", copyr(out, &a, out, &b, 4, 0));
	b = 4;
	a = 0;
	TV("copy_file_range", "apart in one file", copyr(out, &a, out, &b, 2, 0), "%.6s", content(out));
	int shm = must_open("/dev/shm/transfer", O_RDWR | O_CREAT, 0644);
	a = 0;
	T("copy_file_range", "into another file system", copyr(out, &a, shm, NULL, 4, 0));
	unlink("/dev/shm/transfer");
	int large = must_open("in", O_RDONLY | LARGE, 0);
	a = 0x100000000ll;
	T("copy_file_range", "offset behind the end", copyr(large, &a, out, NULL, 4, 0));
	a = 0x7fffffffffffffffll;
	T("copy_file_range", "offset and length too large", copyr(large, &a, out, NULL, 4, 0));
}

static void splices(void)
{
	long long a = 2;
	int q[2];

	open_all();
	fd_errors("splice", f_splice_in);
	pipe2(q, O_NONBLOCK);
	TV("splice", "file to pipe", spl(in, NULL, p[1], NULL, 4, 0), "%s at %ld", in_pipe(), at(in));
	TV("splice", "file to pipe from an offset", spl(in, &a, p[1], NULL, 3, 0), "%s %lld at %ld", in_pipe(), a, at(in));
	write(p[1], "abcdef", 6);
	TV("splice", "pipe to file", spl(p[0], NULL, out, NULL, 4, 0), "%s at %ld", content(out), at(out));
	a = 1;
	TV("splice", "pipe to file at an offset", spl(p[0], NULL, out, &a, 1, 0), "%s %lld", content(out), a);
	TV("splice", "pipe to pipe", spl(p[0], NULL, q[1], NULL, 10, 0), "%s", in_pipe());
	T("splice", "an empty pipe, O_NONBLOCK", spl(p[0], NULL, out, NULL, 4, 0));
	T("splice", "an empty pipe, SPLICE_F_NONBLOCK", spl(p[0], NULL, out, NULL, 4, SPLICE_F_NONBLOCK));
	T("splice", "to a full pipe", spl(in, NULL, full[1], NULL, 4, SPLICE_F_NONBLOCK));
	T("splice", "0 bytes", spl(in, NULL, p[1], NULL, 0, 0));
	T("splice", "unknown flag", spl(in, NULL, p[1], NULL, 4, 0x100));
	T("splice", "no pipe", spl(in, NULL, out, NULL, 4, 0));
	T("splice", "an offset for a pipe", spl(p[0], &a, out, NULL, 4, 0));
	T("splice", "an offset for the second pipe", spl(in, NULL, p[1], &a, 4, 0));
	T("splice", "bad offset", spl(in, BAD, p[1], NULL, 4, 0));
	T("splice", "a pipe to itself", spl(p[0], NULL, p[1], NULL, 4, 0));
	T("splice", "to a file opened for reading", (write(p[1], "x", 1), spl(p[0], NULL, rd, NULL, 4, 0)));
	T("splice", "from a file opened for writing", spl(wr, NULL, p[1], NULL, 4, 0));
	T("splice", "to a closed descriptor", f_splice_out(NOFD));
	T("splice", "to an O_APPEND file", spl(p[0], NULL, must_open("out", O_WRONLY | O_APPEND, 0), NULL, 4, 0));
	T("splice", "from a directory", spl(dir, NULL, p[1], NULL, 4, 0));
	T("splice", "the wrong ends of the pipes", spl(in, NULL, p[0], NULL, 4, 0));
	T("splice", "at the end of the file", (lseek(in, 0, SEEK_END), spl(in, NULL, p[1], NULL, 4, 0)));
	a = -1;
	T("splice", "negative offset", spl(in, &a, p[1], NULL, 4, 0));
	close(q[1]);
	in_pipe();
	T("splice", "to /dev/null", (write(p[1], "abc", 3), spl(p[0], NULL, must_open("/dev/null", O_WRONLY, 0), NULL, 4, 0)));
	T("splice", "from /dev/zero", spl(must_open("/dev/zero", O_RDONLY, 0), NULL, p[1], NULL, 4, 0));
	close(p[1]);
	in_pipe();
	T("splice", "a pipe without a writer", spl(p[0], NULL, out, NULL, 4, 0));
}

static void tees(void)
{
	struct iovec v[2] = {{"abc", 3}, {"defg", 4}}, bad[1] = {{BAD, 4}};
	static char into[16];
	struct iovec r[1] = {{into, 5}};
	int q[2], broken[2];

	open_all();
	pipe2(q, O_NONBLOCK);
	pipe(broken);
	close(broken[0]);
	signal(SIGPIPE, SIG_IGN);
	fd_errors("tee", f_tee_in);
	write(q[1], "hello", 5);
	TV("tee", "success", syscall(SYS_tee, q[0], p[1], 3, 0), "%s", in_pipe());
	T("tee", "the first pipe keeps its bytes", read(q[0], into, sizeof into));
	T("tee", "an empty pipe", syscall(SYS_tee, q[0], p[1], 3, 0));
	write(q[1], "x", 1);
	T("tee", "to a full pipe", syscall(SYS_tee, q[0], full[1], 3, 0));
	T("tee", "0 bytes", syscall(SYS_tee, q[0], p[1], 0, 0));
	T("tee", "a file", syscall(SYS_tee, in, p[1], 3, 0));
	T("tee", "a pipe and itself", syscall(SYS_tee, q[0], q[1], 3, 0));
	T("tee", "unknown flag", syscall(SYS_tee, q[0], p[1], 3, 0x100));
	T("tee", "the wrong ends", syscall(SYS_tee, q[1], p[1], 3, 0));
	T("tee", "to a pipe without a reader", syscall(SYS_tee, q[0], broken[1], 3, 0));
	fd_errors("vmsplice", f_vmsplice);
	in_pipe();
	TV("vmsplice", "into a pipe", syscall(SYS_vmsplice, p[1], v, 2, 0), "%s", in_pipe());
	write(p[1], "0123456", 7);
	TV("vmsplice", "out of a pipe", syscall(SYS_vmsplice, p[0], r, 1, 0), "%.5s", into);
	in_pipe();
	T("vmsplice", "out of an empty pipe", syscall(SYS_vmsplice, p[0], r, 1, SPLICE_F_NONBLOCK));
	T("vmsplice", "into a full pipe", syscall(SYS_vmsplice, full[1], v, 2, SPLICE_F_NONBLOCK));
	T("vmsplice", "no part", syscall(SYS_vmsplice, p[1], v, 0, 0));
	T("vmsplice", "1025 parts", syscall(SYS_vmsplice, p[1], v, 1025, 0));
	T("vmsplice", "bad vector", syscall(SYS_vmsplice, p[1], BAD, 1, 0));
	T("vmsplice", "bad part", syscall(SYS_vmsplice, p[1], bad, 1, 0));
	T("vmsplice", "a file", syscall(SYS_vmsplice, out, v, 1, 0));
	T("vmsplice", "unknown flag", syscall(SYS_vmsplice, p[1], v, 1, 0x100));
	T("vmsplice", "to a pipe without a reader", syscall(SYS_vmsplice, broken[1], v, 1, 0));
}

const struct section sections[] = {{"sends", sends}, {"copies", copies}, {"splices", splices}, {"tees", tees}, {NULL, NULL}};
