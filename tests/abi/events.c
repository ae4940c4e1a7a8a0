/* events: pipes, poll, ppoll, select, pselect6, epoll, eventfd, timerfd. */
#include "raw.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

static int p[2];
static void new_pipe(int flags) { must("pipe2", pipe2(p, flags)); }
static void no_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }
static const char *polled(int fd, short want) { static char t[24]; struct pollfd f = {fd, want, 0}; int r = poll(&f, 1, 0); snprintf(t, sizeof t, "%d %x", r, f.revents); return t; }
#define ALL (POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND | POLLRDHUP)
static void dies_of_pipe(void) { new_pipe(0); close(p[0]); if (write(p[1], "x", 1)) {} }
static void small_limit(void) { new_pipe(0); put("fcntl", "F_SETPIPE_SZ over the maximum, not root", sc(SYS_fcntl64, p[1], F_SETPIPE_SZ, 2 << 20)); }

static void pipes(void)
{
	char b[16384];
	int n, q[2];
	struct stat st;

	no_sigpipe();
	put("pipe", "bad pointer", sc(SYS_pipe, 16));
	put("pipe2", "bad pointer", sc(SYS_pipe2, 16, 0));
	put("pipe2", "unknown flag", sc(SYS_pipe2, p, O_APPEND));
	put("pipe2", "O_EXCL is not known", sc(SYS_pipe2, p, O_EXCL));
	put("pipe", "success", sc(SYS_pipe, p));
	note("pipe", "lowest descriptors", "%d", p[1] - p[0]);
	note("fcntl", "F_GETFL of both ends", "%x %x %d", fcntl(p[0], F_GETFL), fcntl(p[1], F_GETFL), fcntl(p[0], F_GETFD));
	put("pipe2", "all flags", sc(SYS_pipe2, q, O_CLOEXEC | O_NONBLOCK | O_DIRECT));
	note("fcntl", "F_GETFL of pipe2's ends", "%x %x %d", fcntl(q[0], F_GETFL), fcntl(q[1], F_GETFL), fcntl(q[0], F_GETFD));
	fstat(p[0], &st);
	note("fstat", "a pipe", "%o links %u size %ld block %ld", st.st_mode, (unsigned)st.st_nlink, (long)st.st_size, (long)st.st_blksize);
	put("write", "the reading end", sc(SYS_write, p[0], "x", 1));
	put("read", "the writing end", sc(SYS_read, p[1], b, 1));
	put("lseek", "a pipe", sc(SYS_lseek, p[0], 0, SEEK_SET));
	put("_llseek", "a pipe", sc(SYS__llseek, p[0], 0, 0, b, SEEK_SET));
	put("pread64", "a pipe", sc(SYS_pread64, p[0], b, 1, 0, 0));
	put("pwrite64", "a pipe", sc(SYS_pwrite64, p[1], b, 1, 0, 0));
	put("ftruncate", "a pipe", sc(SYS_ftruncate, p[1], 0));
	put("fsync", "a pipe", sc(SYS_fsync, p[1]));
	put("fallocate", "a pipe", sc(SYS_fallocate, p[1], 0, 0, 0, 1, 0));
	put("fadvise64", "a pipe", sc(SYS_fadvise64, p[0], 0, 0, 1, 0));
	put("readahead", "a pipe", sc(SYS_readahead, p[0], 0, 0, 1));
	put("fchdir", "a pipe", sc(SYS_fchdir, p[0]));
	put("getdents64", "a pipe", sc(SYS_getdents64, p[0], b, 100));
	put("ioctl", "a pipe, TCGETS", sc(SYS_ioctl, p[0], 0x5401, b));
	put("write", "nothing into a pipe", sc(SYS_write, p[1], b, 0));
	put("read", "nothing from an empty pipe", sc(SYS_read, p[0], b, 0));
	put("write", "a pipe", sc(SYS_write, p[1], "hello", 5));
	put("ioctl", "FIONREAD, pipe", (sc(SYS_ioctl, p[0], FIONREAD, &n), n));
	put("ioctl", "FIONREAD, the writing end", (sc(SYS_ioctl, p[1], FIONREAD, &n), n));
	put("read", "bad pointer, pipe", sc(SYS_read, p[0], 16, 5));
	put("read", "edge of memory, pipe", sc(SYS_read, p[0], edge(2), 5));
	put("read", "what is left in the pipe", sc(SYS_read, p[0], b, 16));
	put("write", "bad pointer, pipe", sc(SYS_write, p[1], 16, 5));
	put("write", "edge of memory, pipe", sc(SYS_write, p[1], edge(2), 5));
	put("ioctl", "FIONREAD after a bad write", (sc(SYS_ioctl, p[0], FIONREAD, &n), n));
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	read(p[0], b, sizeof b);
	put("read", "an empty pipe, nonblocking", sc(SYS_read, p[0], b, 1));
	put("read", "an empty pipe, bad pointer, nonblocking", sc(SYS_read, p[0], 16, 1));
	struct iovec v[3] = {{(void *)"ab", 2}, {NULL, 0}, {(void *)"cde", 3}}, bad[2] = {{(void *)"xy", 2}, {(void *)16, 2}};
	put("writev", "a pipe", sc(SYS_writev, p[1], v, 3));
	put("writev", "a pipe, second piece bad", sc(SYS_writev, p[1], bad, 2));
	put("read", "after writev", sc(SYS_read, p[0], b, 16));
	put("fcntl", "F_GETPIPE_SZ", sc(SYS_fcntl64, p[0], F_GETPIPE_SZ));
	put("fcntl", "F_SETPIPE_SZ 1", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 1));
	put("fcntl", "F_SETPIPE_SZ 5000", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 5000));
	put("fcntl", "F_SETPIPE_SZ 0", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 0));
	put("fcntl", "F_SETPIPE_SZ -1", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, -1));
	put("fcntl", "F_SETPIPE_SZ 2 MiB, root", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 2 << 20));
	put("fcntl", "F_SETPIPE_SZ 2 GiB", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 0x80000001));
	put("fcntl", "F_GETPIPE_SZ of a file", sc(SYS_fcntl64, 0, F_GETPIPE_SZ));
	as_user(1000, 1000, small_limit);
	put("fcntl", "F_SETPIPE_SZ 8192", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 8192));
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	put("write", "more than fits, nonblocking", sc(SYS_write, p[1], b, 10000));
	put("fcntl", "F_SETPIPE_SZ below what is in it", sc(SYS_fcntl64, p[0], F_SETPIPE_SZ, 4096));
	put("write", "a full pipe, nonblocking", sc(SYS_write, p[1], b, 1));
	note("poll", "writing end of a full pipe", "%s", polled(p[1], ALL));
	note("poll", "reading end of a full pipe", "%s", polled(p[0], ALL));
	put("read", "100 of a full pipe", sc(SYS_read, p[0], b, 100));
	put("write", "a pipe with 100 bytes of room in a used page", sc(SYS_write, p[1], b, 50));
	note("poll", "writing end, less than a page was read", "%s", polled(p[1], ALL));
	put("read", "to the page's end", sc(SYS_read, p[0], b, 3996));
	note("poll", "writing end, a page was read", "%s", polled(p[1], ALL));
	put("write", "PIPE_BUF bytes into a page of room", sc(SYS_write, p[1], b, 4096));
	read(p[0], b, 4096);
	put("write", "more than PIPE_BUF, part fits", sc(SYS_write, p[1], b, 4097));
	put("write", "PIPE_BUF bytes that do not fit: nothing", sc(SYS_write, p[1], b, 4096));
	close(p[1]);
	note("poll", "reading end, writer gone, bytes left", "%s", polled(p[0], ALL));
	while (read(p[0], b, sizeof b) > 0) {}
	put("read", "writer gone", sc(SYS_read, p[0], b, 1));
	note("poll", "reading end, writer gone", "%s", polled(p[0], ALL));
	new_pipe(0);
	note("poll", "reading end, empty", "%s", polled(p[0], ALL));
	note("poll", "writing end, empty", "%s", polled(p[1], ALL));
	close(p[0]);
	note("poll", "writing end, reader gone", "%s", polled(p[1], ALL));
	put("write", "reader gone", sc(SYS_write, p[1], "x", 1));
	put("write", "reader gone, nothing", sc(SYS_write, p[1], "x", 0));
	put("write", "reader gone, bad pointer", sc(SYS_write, p[1], 16, 1));
	signal(SIGPIPE, SIG_DFL);
	ends("write", "SIGPIPE of a pipe", dies_of_pipe);
	no_sigpipe();
	new_pipe(O_DIRECT | O_NONBLOCK);
	write(p[1], "abc", 3);
	write(p[1], "defgh", 5);
	put("read", "packets: one at a time", sc(SYS_read, p[0], b, 100));
	put("read", "packets: too little room", sc(SYS_read, p[0], b, 2));
	put("read", "packets: the rest is lost", sc(SYS_read, p[0], b, 100));
	put("write", "packets: two pages and a bit", sc(SYS_write, p[1], b, 9000));
	put("read", "packets: first of three", sc(SYS_read, p[0], b, sizeof b));
	put("read", "packets: second of three", sc(SYS_read, p[0], b, sizeof b));
	put("read", "packets: third of three", sc(SYS_read, p[0], b, sizeof b));
	for (n = 0; write(p[1], "x", 1) == 1; n++) {}
	put("write", "packets: so many one-byte packets fit", n);
	int fd = open("fifo", O_RDONLY | O_NONBLOCK);
	put("open", "a fifo that is not there", fd);
	must("mkfifo", mkfifo("fifo", 0600));
	put("open", "a fifo for writing, nobody reads, nonblocking", sc(SYS_open, "fifo", O_WRONLY | O_NONBLOCK));
	int r = (int)ok("open", "a fifo for reading, nonblocking", sc(SYS_open, "fifo", O_RDONLY | O_NONBLOCK));
	note("poll", "fifo, never had a writer", "%s", polled(r, ALL));
	put("read", "fifo without a writer", sc(SYS_read, r, b, 1));
	int w = (int)ok("open", "a fifo for writing, somebody reads", sc(SYS_open, "fifo", O_WRONLY | O_NONBLOCK));
	put("read", "fifo with a writer, empty", sc(SYS_read, r, b, 1));
	write(w, "z", 1);
	note("poll", "fifo with a byte", "%s", polled(r, ALL));
	close(w);
	note("poll", "fifo with a byte, writer gone", "%s", polled(r, ALL));
	read(r, b, 1);
	note("poll", "fifo, writer gone", "%s", polled(r, ALL));
	ok("open", "a fifo for both", sc(SYS_open, "fifo", O_RDWR));
}

static void polls(void)
{
	struct pollfd f[3];
	int n, file = must_open("f", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY), path = open(".", O_PATH);
	struct timespec t = {0, 1000000}, bad = {0, 1000000000}, neg = {-1, 0};
	struct { long long s; long n, pad; } t64 = {0, 1000000, 0}, bad64 = {0, 1000000000, 0};

	new_pipe(0);
	note("poll", "a file", "%s", polled(file, ALL));
	note("poll", "a directory", "%s", polled(dir, ALL));
	note("poll", "O_PATH", "%s", polled(path, ALL));
	note("poll", "/dev/null", "%s", polled(0, ALL));
	note("poll", "/dev/zero", "%s", polled(open("/dev/zero", O_RDONLY), ALL));
	note("poll", "bad fd", "%s", polled(NOFD, ALL));
	note("poll", "negative fd", "%s", polled(-5, ALL));
	note("poll", "nothing asked of a file", "%s", polled(file, 0));
	put("poll", "no files, time 0", sc(SYS_poll, NULL, 0, 0));
	put("poll", "no files, bad pointer", sc(SYS_poll, 16, 0, 0));
	put("poll", "no files, 5 ms", sc(SYS_poll, NULL, 0, 5));
	put("poll", "bad pointer", sc(SYS_poll, 16, 1, 0));
	put("poll", "too many", sc(SYS_poll, f, 5000, 0));
	f[0] = (struct pollfd){p[0], POLLIN, 0x77}, f[1] = (struct pollfd){-1, POLLIN, 0x77}, f[2] = (struct pollfd){NOFD, POLLIN, 0x77};
	n = poll(f, 3, 0);
	note("poll", "one not ready, one left out, one bad", "%d %x %x %x", n, f[0].revents, f[1].revents, f[2].revents);
	write(p[1], "x", 1);
	f[2].fd = p[1], f[2].events = POLLOUT;
	n = poll(f, 3, -1);
	note("poll", "two ready, for ever", "%d %x %x %x", n, f[0].revents, f[1].revents, f[2].revents);
	put("ppoll", "times out", sc(SYS_ppoll, NULL, 0, &t, NULL, 8));
	note("ppoll", "time left", "%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
	put("ppoll", "bad time", sc(SYS_ppoll, f, 1, &bad, NULL, 8));
	put("ppoll", "negative time", sc(SYS_ppoll, f, 1, &neg, NULL, 8));
	put("ppoll", "bad time pointer", sc(SYS_ppoll, f, 1, 16, NULL, 8));
	put("ppoll", "bad mask size", sc(SYS_ppoll, f, 1, NULL, &t, 4));
	put("ppoll", "bad mask pointer", sc(SYS_ppoll, f, 1, NULL, 16, 8));
	put("ppoll", "ready", sc(SYS_ppoll, f, 1, NULL, NULL, 0));
	put("ppoll_time64", "times out", sc(414, NULL, 0, &t64, NULL, 8));
	put("ppoll_time64", "bad time", sc(414, f, 1, &bad64, NULL, 8));
	put("ppoll_time64", "bad time pointer", sc(414, f, 1, 16, NULL, 8));
	put("ppoll_time64", "ready", sc(414, f, 1, NULL, NULL, 8));
}

static void caught(int s) { (void)s; }
static void masks(void)
{
	struct sigaction a = {.sa_handler = caught, .sa_flags = SA_RESTART};
	sigset_t all, none;
	uint64_t empty = 0;
	struct timespec t = {20, 0};
	sigaction(SIGUSR1, &a, NULL);
	sigfillset(&all), sigemptyset(&none);
	sigprocmask(SIG_BLOCK, &all, NULL);
	raise(SIGUSR1);
	put("ppoll", "a blocked signal that the mask lets in", sc(SYS_ppoll, NULL, 0, &t, &empty, 8));
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	note("ppoll", "the mask is back", "%d", sigismember(&now, SIGUSR1));
	raise(SIGUSR1);
	struct { const void *m; unsigned n; } arg = {&empty, 8}, wrong = {&empty, 4};
	put("pselect6", "a blocked signal that the mask lets in", sc(SYS_pselect6, 0, NULL, NULL, NULL, &t, &arg));
	put("pselect6", "bad mask size", sc(SYS_pselect6, 0, NULL, NULL, NULL, &t, &wrong));
	put("pselect6", "bad mask argument", sc(SYS_pselect6, 0, NULL, NULL, NULL, &t, 16));
	int ep = epoll_create1(0);
	struct epoll_event e;
	raise(SIGUSR1);
	put("epoll_pwait", "a blocked signal that the mask lets in", sc(SYS_epoll_pwait, ep, &e, 1, 20000, &empty, 8));
	put("epoll_pwait", "bad mask size", sc(SYS_epoll_pwait, ep, &e, 1, 0, &empty, 4));
	put("epoll_pwait", "no mask", sc(SYS_epoll_pwait, ep, &e, 1, 0, NULL, 0));
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	struct { long long s; long n, pad; } ms = {0, 1000000, 0}, bad = {0, -1, 0};
	put("epoll_pwait2", "times out", sc(441, ep, &e, 1, &ms, NULL, 0));
	put("epoll_pwait2", "bad time", sc(441, ep, &e, 1, &bad, NULL, 0));
	put("epoll_pwait2", "bad time pointer", sc(441, ep, &e, 1, 16, NULL, 0));
	put("epoll_pwait2", "no events", sc(441, ep, &e, 0, &ms, NULL, 0));
	put("epoll_pwait2", "bad fd", sc(441, NOFD, &e, 1, &ms, NULL, 0));
}

static const char *sets_text(long r, fd_set *a, fd_set *b, fd_set *c, int fd) { static char t[60]; snprintf(t, sizeof t, "%ld %d%d%d", r, a && FD_ISSET(fd, a), b && FD_ISSET(fd, b), c && FD_ISSET(fd, c)); return t; }
static int set_all(fd_set *a, fd_set *b, fd_set *c, int fd)
{
	FD_ZERO(a);
	FD_SET(fd, a);
	*b = *c = *a;
	return 0;
}

static void selects(void)
{
	fd_set r, w, x;
	struct timeval zero = {0, 0}, neg = {-1, 0}, big = {0, 2000000}, ms = {0, 1000};
	struct timespec zs = {0, 0}, bad = {0, 1000000000};
	int file = must_open("f", O_RDWR | O_CREAT, 0600);

#define SET(fd) set_all(&r, &w, &x, fd)
#define SEL(nr, n, time) sc(nr, n, &r, &w, &x, time)
	new_pipe(0);
	SET(p[0]);
	note("_newselect", "an empty pipe's reading end", "%s", sets_text(SEL(SYS__newselect, p[0] + 1, &zero), &r, &w, &x, p[0]));
	SET(p[1]);
	note("_newselect", "an empty pipe's writing end", "%s", sets_text(SEL(SYS__newselect, p[1] + 1, &zero), &r, &w, &x, p[1]));
	write(p[1], "x", 1);
	SET(p[0]);
	note("_newselect", "a byte in the pipe", "%s", sets_text(SEL(SYS__newselect, p[0] + 1, &zero), &r, &w, &x, p[0]));
	SET(p[0]);
	note("_newselect", "n is too small for it", "%s", sets_text(SEL(SYS__newselect, p[0], &zero), &r, &w, &x, p[0]));
	SET(file);
	note("_newselect", "a file", "%s", sets_text(SEL(SYS__newselect, file + 1, &zero), &r, &w, &x, file));
	SET(200);
	note("_newselect", "a descriptor that is not open", "%s", errno_name((int)-SEL(SYS__newselect, 201, &zero)));
	put("_newselect", "negative n", SEL(SYS__newselect, -1, &zero));
	SET(p[0]);
	put("_newselect", "n of 100000", SEL(SYS__newselect, 100000, &zero) < 0 ? -EBADF : 1);
	put("_newselect", "negative time", SEL(SYS__newselect, 0, &neg));
	put("_newselect", "microseconds over a second", (SET(p[0]), SEL(SYS__newselect, p[0] + 1, &big)));
	put("_newselect", "bad set pointer", sc(SYS__newselect, 1, 16, NULL, NULL, &zero));
	put("_newselect", "bad set pointer, n 0", sc(SYS__newselect, 0, 16, NULL, NULL, &zero));
	put("_newselect", "bad time pointer", sc(SYS__newselect, 0, NULL, NULL, NULL, 16));
	put("_newselect", "times out", sc(SYS__newselect, 0, NULL, NULL, NULL, &ms));
	note("_newselect", "time left", "%ld.%06ld", (long)ms.tv_sec, (long)ms.tv_usec);
	long args[5] = {0, 0, 0, 0, (long)&zero};
	put("select", "old form", sc(SYS_select, args));
	put("select", "old form, bad pointer", sc(SYS_select, 16));
	SET(p[0]);
	note("pselect6", "a byte in the pipe", "%s", sets_text(sc(SYS_pselect6, p[0] + 1, &r, &w, &x, &zs, NULL), &r, &w, &x, p[0]));
	put("pselect6", "bad time", sc(SYS_pselect6, 0, NULL, NULL, NULL, &bad, NULL));
	put("pselect6", "bad time pointer", sc(SYS_pselect6, 0, NULL, NULL, NULL, 16, NULL));
	put("pselect6_time64", "bad time pointer", sc(413, 0, NULL, NULL, NULL, 16, NULL));
	put("pselect6_time64", "time 0", sc(413, 0, NULL, NULL, NULL, (long long[]){0, 0}, NULL));
	close(p[1]);
	read(p[0], &r, 1);
	SET(p[0]);
	note("_newselect", "writer gone", "%s", sets_text(SEL(SYS__newselect, p[0] + 1, &zero), &r, &w, &x, p[0]));
	new_pipe(0);
	close(p[0]);
	SET(p[1]);
	note("_newselect", "reader gone", "%s", sets_text(SEL(SYS__newselect, p[1] + 1, &zero), &r, &w, &x, p[1]));
}

static long ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = {events, {.u64 = data}};
	return sc(SYS_epoll_ctl, ep, op, fd, &e);
}
static const char *waited(int ep)
{
	static char t[80];
	struct epoll_event e[4];
	long r = sc(SYS_epoll_wait, ep, e, 4, 0);
	int at = snprintf(t, sizeof t, "%ld", r);
	for (int i = 0; i < r; i++) at += snprintf(t + at, sizeof t - (size_t)at, " %x:%d", e[i].events, (int)e[i].data.u64);
	return t;
}

static void epolls(void)
{
	int ep, e2, file = must_open("f", O_RDWR | O_CREAT, 0600), i, chain[8];
	struct epoll_event e;

	put("epoll_create", "size 0", sc(SYS_epoll_create, 0));
	put("epoll_create", "size -1", sc(SYS_epoll_create, -1));
	ok("epoll_create", "size 1", sc(SYS_epoll_create, 1));
	put("epoll_create1", "unknown flag", sc(SYS_epoll_create1, 1));
	ep = (int)ok("epoll_create1", "cloexec", sc(SYS_epoll_create1, O_CLOEXEC));
	note("fcntl", "an epoll set's flags", "%d %x", fcntl(ep, F_GETFD), fcntl(ep, F_GETFL));
	put("read", "an epoll set", sc(SYS_read, ep, &e, 8));
	put("write", "an epoll set", sc(SYS_write, ep, &e, 8));
	put("lseek", "an epoll set", sc(SYS_lseek, ep, 0, 0));
	new_pipe(0);
	put("epoll_ctl", "bad set", ctl(NOFD, EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	put("epoll_ctl", "bad fd", ctl(ep, EPOLL_CTL_ADD, NOFD, EPOLLIN, 0));
	put("epoll_ctl", "no set", ctl(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN, 0));
	put("epoll_ctl", "itself", ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 0));
	put("epoll_ctl", "a file", ctl(ep, EPOLL_CTL_ADD, file, EPOLLIN, 0));
	put("epoll_ctl", "a directory", ctl(ep, EPOLL_CTL_ADD, open(".", O_RDONLY), EPOLLIN, 0));
	put("epoll_ctl", "/dev/null", ctl(ep, EPOLL_CTL_ADD, 0, EPOLLIN, 0));
	put("epoll_ctl", "unknown operation", ctl(ep, 9, p[0], EPOLLIN, 0));
	put("epoll_ctl", "ADD", ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	put("epoll_ctl", "ADD twice", ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	put("epoll_ctl", "MOD of one that is not in it", ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLIN, 1));
	put("epoll_ctl", "DEL of one that is not in it", ctl(ep, EPOLL_CTL_DEL, p[1], EPOLLIN, 1));
	put("epoll_ctl", "ADD, bad pointer", sc(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[1], 16));
	put("epoll_ctl", "DEL, bad pointer", sc(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, p[1], 16));
	put("epoll_ctl", "bad pointer and bad fd", sc(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, NOFD, 16));
	put("epoll_wait", "bad fd", sc(SYS_epoll_wait, NOFD, &e, 1, 0));
	put("epoll_wait", "no set", sc(SYS_epoll_wait, p[0], &e, 1, 0));
	put("epoll_wait", "0 events", sc(SYS_epoll_wait, ep, &e, 0, 0));
	put("epoll_wait", "-1 events", sc(SYS_epoll_wait, ep, &e, -1, 0));
	put("epoll_wait", "too many events", sc(SYS_epoll_wait, ep, &e, 0x7fffffff, 0));
	put("epoll_wait", "bad pointer, nothing ready", sc(SYS_epoll_wait, ep, 16, 1, 0));
	put("epoll_wait", "kernel's pointer", sc(SYS_epoll_wait, ep, KERNEL, 1, 0));
	note("epoll_wait", "nothing ready", "%s", waited(ep));
	write(p[1], "x", 1);
	note("epoll_wait", "level: ready", "%s", waited(ep));
	note("epoll_wait", "level: ready again", "%s", waited(ep));
	put("epoll_wait", "bad pointer, something ready", sc(SYS_epoll_wait, ep, 16, 1, 0));
	note("epoll_wait", "after a bad pointer", "%s", waited(ep));
	put("epoll_ctl", "MOD to edge", ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2));
	note("epoll_wait", "edge: after MOD", "%s", waited(ep));
	note("epoll_wait", "edge: told once", "%s", waited(ep));
	write(p[1], "x", 1);
	note("epoll_wait", "edge: one more byte", "%s", waited(ep));
	put("epoll_ctl", "MOD to oneshot", ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3));
	note("epoll_wait", "oneshot", "%s", waited(ep));
	write(p[1], "x", 1);
	note("epoll_wait", "oneshot: off", "%s", waited(ep));
	put("epoll_ctl", "MOD switches it on", ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 4));
	note("epoll_wait", "on again", "%s", waited(ep));
	put("epoll_ctl", "MOD to no events", ctl(ep, EPOLL_CTL_MOD, p[0], 0, 5));
	note("epoll_wait", "no events", "%s", waited(ep));
	close(p[1]);
	note("epoll_wait", "no events, writer gone", "%s", waited(ep));
	put("epoll_ctl", "DEL", ctl(ep, EPOLL_CTL_DEL, p[0], 0, 0));
	put("epoll_ctl", "DEL twice", ctl(ep, EPOLL_CTL_DEL, p[0], 0, 0));
	note("epoll_wait", "after DEL", "%s", waited(ep));
	new_pipe(0);
	put("epoll_ctl", "EXCLUSIVE", ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 6));
	put("epoll_ctl", "MOD of an EXCLUSIVE", ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 6));
	put("epoll_ctl", "MOD to EXCLUSIVE", (ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT, 7), ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLOUT | EPOLLEXCLUSIVE, 7)));
	int dup1 = dup(p[0]);
	put("epoll_ctl", "EXCLUSIVE with ONESHOT", ctl(ep, EPOLL_CTL_ADD, dup1, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 6));
	put("epoll_ctl", "EXCLUSIVE with PRI", ctl(ep, EPOLL_CTL_ADD, dup1, EPOLLPRI | EPOLLEXCLUSIVE, 6));
	note("epoll_wait", "writing end", "%s", waited(ep));
	put("epoll_ctl", "a duplicate is another", ctl(ep, EPOLL_CTL_ADD, dup1, EPOLLIN, 8));
	write(p[1], "x", 1);
	put("epoll_wait", "as many as are ready", sc(SYS_epoll_wait, ep, (struct epoll_event[4]){{0}}, 4, 0));
	put("epoll_wait", "not more than asked", sc(SYS_epoll_wait, ep, (struct epoll_event[4]){{0}}, 1, 0));
	ctl(ep, EPOLL_CTL_DEL, p[1], 0, 0), ctl(ep, EPOLL_CTL_DEL, dup1, 0, 0);
	close(p[0]);
	note("epoll_wait", "closed, but a duplicate lives", "%s", waited(ep));
	close(dup1);
	note("epoll_wait", "the last duplicate closed", "%s", waited(ep));
	/* sets in sets */
	e2 = epoll_create1(0);
	new_pipe(0);
	put("epoll_ctl", "a set in a set", ctl(e2, EPOLL_CTL_ADD, ep, EPOLLIN, 9));
	put("epoll_ctl", "a circle", ctl(ep, EPOLL_CTL_ADD, e2, EPOLLIN, 9));
	put("epoll_ctl", "EXCLUSIVE of a set", ctl(ep, EPOLL_CTL_ADD, epoll_create1(0), EPOLLIN | EPOLLEXCLUSIVE, 9));
	note("epoll_wait", "a set with nothing", "%s", waited(e2));
	ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT, 1);
	note("epoll_wait", "a set with something", "%s", waited(e2));
	note("poll", "a set with something ready", "%s", polled(ep, ALL));
	ctl(ep, EPOLL_CTL_DEL, p[1], 0, 0);
	note("poll", "a set with nothing ready", "%s", polled(ep, ALL));
	chain[0] = epoll_create1(0);
	for (i = 1; i < 8; i++) {
		chain[i] = epoll_create1(0);
		long r = ctl(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN, 0);
		if (r) { note("epoll_ctl", "sets in sets", "%d deep, then %s", i - 1, errno_name((int)-r)); break; }
	}
	int s[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	ctl(ep, EPOLL_CTL_ADD, s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 3);
	note("epoll_wait", "a socket, edge", "%s", waited(ep));
	note("epoll_wait", "a socket, edge, again", "%s", waited(ep));
	write(s[1], "x", 1);
	note("epoll_wait", "a socket, edge, a byte came", "%s", waited(ep));
	close(s[1]);
	note("epoll_wait", "a socket, edge, peer closed", "%s", waited(ep));
}

static void counters(void)
{
	uint64_t v = 5;
	int e = (int)ok("eventfd2", "success", sc(SYS_eventfd2, 3, O_NONBLOCK));
	put("eventfd2", "unknown flag", sc(SYS_eventfd2, 0, 2));
	ok("eventfd", "success", sc(SYS_eventfd, 3));
	note("poll", "eventfd of 3", "%s", polled(e, ALL));
	put("read", "eventfd, too short", sc(SYS_read, e, &v, 7));
	put("read", "eventfd, bad pointer", sc(SYS_read, e, 16, 8));
	note("read", "eventfd", "%ld %llu", sc(SYS_read, e, &v, 16), (unsigned long long)v);
	put("read", "eventfd of 0", sc(SYS_read, e, &v, 8));
	note("poll", "eventfd of 0", "%s", polled(e, ALL));
	put("write", "eventfd, too short", sc(SYS_write, e, &v, 4));
	put("write", "eventfd, bad pointer", sc(SYS_write, e, 16, 8));
	v = (uint64_t)-1;
	put("write", "eventfd, -1", sc(SYS_write, e, &v, 8));
	v = (uint64_t)-2;
	put("write", "eventfd, the most", sc(SYS_write, e, &v, 8));
	note("poll", "eventfd, full", "%s", polled(e, ALL));
	v = 1;
	put("write", "eventfd, full", sc(SYS_write, e, &v, 8));
	v = 0;
	put("write", "eventfd, 0", sc(SYS_write, e, &v, 8));
	note("read", "eventfd, the most", "%ld %llx", sc(SYS_read, e, &v, 8), (unsigned long long)v);
	put("lseek", "an eventfd", sc(SYS_lseek, e, 0, 0));
	put("pread64", "an eventfd", sc(SYS_pread64, e, &v, 8, 0, 0));
	int s = (int)sc(SYS_eventfd2, 2, O_NONBLOCK | 1);
	v = 0;
	note("read", "semaphore", "%ld %llu", sc(SYS_read, s, &v, 8), (unsigned long long)v);
	note("read", "semaphore again", "%ld %llu", sc(SYS_read, s, &v, 8), (unsigned long long)v);
	put("read", "semaphore of 0", sc(SYS_read, s, &v, 8));
	struct iovec two[2] = {{&v, 4}, {(char *)&v + 4, 4}};
	write(e, &(uint64_t){77}, 8);
	note("readv", "eventfd in two pieces", "%ld %llu", sc(SYS_readv, e, two, 2), (unsigned long long)v);
	struct stat st;
	fstat(e, &st);
	note("fstat", "an eventfd", "%o", st.st_mode);
	char t[40] = "", path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", e);
	note("readlink", "an eventfd's link", "%ld %s", (long)readlink(path, t, sizeof t - 1), t);
}

static void timers(void)
{
	struct { long is, in, vs, vn; } t = {0, 0, 100, 0}, o = {7, 7, 7, 7}, off = {0, 0, 0, 0}, bad = {0, 0, 0, 1000000000}, bi = {0, -1, 1, 0};
	struct { long long is; long in, p1; long long vs; long vn, p2; } t64 = {0, 0, 0, 50, 0, 0}, o64;
	uint64_t n = 0;
	int f = (int)ok("timerfd_create", "monotonic", sc(SYS_timerfd_create, 1, O_NONBLOCK));

	ok("timerfd_create", "realtime", sc(SYS_timerfd_create, 0, 0));
	ok("timerfd_create", "boottime", sc(SYS_timerfd_create, 7, O_CLOEXEC));
	put("timerfd_create", "process time", sc(SYS_timerfd_create, 2, 0));
	put("timerfd_create", "clock 99", sc(SYS_timerfd_create, 99, 0));
	put("timerfd_create", "unknown flag", sc(SYS_timerfd_create, 1, 1));
	put("timerfd_gettime", "disarmed", sc(SYS_timerfd_gettime, f, &o));
	note("timerfd_gettime", "disarmed: what it tells", "%ld %ld %ld %ld", o.is, o.in, o.vs, o.vn);
	put("read", "timerfd, disarmed", sc(SYS_read, f, &n, 8));
	note("poll", "timerfd, disarmed", "%s", polled(f, ALL));
	put("timerfd_settime", "100 s", sc(SYS_timerfd_settime, f, 0, &t, &o));
	note("timerfd_settime", "the old value", "%ld %ld %ld %ld", o.is, o.in, o.vs, o.vn);
	sc(SYS_timerfd_gettime, f, &o);
	note("timerfd_gettime", "armed", "%d", o.vs >= 90 && o.vs <= 100);
	put("timerfd_settime", "bad time", sc(SYS_timerfd_settime, f, 0, &bad, NULL));
	put("timerfd_settime", "bad interval", sc(SYS_timerfd_settime, f, 0, &bi, NULL));
	put("timerfd_settime", "unknown flag", sc(SYS_timerfd_settime, f, 4, &t, NULL));
	put("timerfd_settime", "bad pointer", sc(SYS_timerfd_settime, f, 0, 16, NULL));
	put("timerfd_settime", "no pointer", sc(SYS_timerfd_settime, f, 0, NULL, NULL));
	put("timerfd_settime", "bad fd", sc(SYS_timerfd_settime, NOFD, 0, &t, NULL));
	put("timerfd_settime", "no timer", sc(SYS_timerfd_settime, 0, 0, &t, NULL));
	put("timerfd_gettime", "bad pointer", sc(SYS_timerfd_gettime, f, 16));
	put("timerfd_gettime", "bad fd", sc(SYS_timerfd_gettime, NOFD, &o));
	put("timerfd_gettime", "no timer", sc(SYS_timerfd_gettime, 0, &o));
	t.vs = 0, t.vn = 1;
	put("timerfd_settime", "an absolute time that is over", sc(SYS_timerfd_settime, f, 1, &t, NULL));
	struct pollfd pf = {f, POLLIN, 0};
	note("poll", "timerfd runs out", "%d %x", poll(&pf, 1, 5000), pf.revents);
	put("read", "timerfd, too short", sc(SYS_read, f, &n, 4));
	note("read", "timerfd", "%ld %llu", sc(SYS_read, f, &n, 8), (unsigned long long)n);
	put("read", "timerfd, told already", sc(SYS_read, f, &n, 8));
	put("write", "a timerfd", sc(SYS_write, f, &n, 8));
	t.in = 1000000;
	sc(SYS_timerfd_settime, f, 0, &t, NULL);
	poll(&pf, 1, 5000);
	while (sc(SYS_timerfd_gettime, f, &o) == 0 && n < 3) { uint64_t k; if (read(f, &k, 8) == 8) n += k; }
	note("read", "timerfd with an interval", "%d", n >= 3);
	put("timerfd_settime", "disarm", sc(SYS_timerfd_settime, f, 0, &off, &o));
	note("timerfd_settime", "the old interval", "%ld %ld", o.is, o.in);
	put("timerfd_settime64", "50 s", sc(411, f, 0, &t64, NULL));
	put("timerfd_gettime64", "armed", sc(410, f, &o64));
	note("timerfd_gettime64", "armed: what it tells", "%d", o64.vs >= 40 && o64.vs <= 50);
	put("timerfd_settime64", "bad pointer", sc(411, f, 0, 16, NULL));
	put("timerfd_gettime64", "bad pointer", sc(410, f, 16));
	put("timerfd_settime64", "bad old pointer", sc(411, f, 0, &t64, 16));
	put("lseek", "a timerfd", sc(SYS_lseek, f, 0, 0));
}

const struct section sections[] = {
	{"pipes", pipes}, {"polls", polls}, {"masks", masks}, {"selects", selects}, {"epolls", epolls}, {"counters", counters}, {"timers", timers},
	{NULL, NULL},
};
