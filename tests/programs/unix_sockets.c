/* unix_sockets.c - AF_UNIX: streams, datagrams, packets, names, files and credentials in messages, ends and errors.
 * Run by: tests/qemu/test_ipc.py, at home, moved, and on the host, in an empty directory; the output is the same everywhere.
 * Never: prints a pid or a queue's exact capacity. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t pipes;

static void note(int sig)
{
	(void)sig;
	pipes++;
}

static void say(const char *what, long r)
{
	if (r < 0)
		printf("%s %ld %s\n", what, r, strerror(errno));
	else
		printf("%s %ld\n", what, r);
}

static void take(const char *what, int fd, size_t n, int flags)
{
	char buf[300] = "";
	ssize_t r = recv(fd, buf, n, flags);

	if (r < 0)
		say(what, r);
	else
		printf("%s %zd \"%.*s\"\n", what, r, (int)(r < 200 ? r : 200), buf);
}

static int events(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};

	poll(&p, 1, 0);
	return p.revents;
}

static socklen_t name_of(struct sockaddr_un *a, const char *path, int abstract)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path + abstract, path, strlen(path));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(path) + !abstract);
}

static void test_families(void)
{
	int sv[2];

	say("inet6 raw", socket(AF_UNIX, 77, 0));
	say("family", socket(99, SOCK_STREAM, 0));
	say("protocol", socket(AF_UNIX, SOCK_STREAM, 7));
	say("not a socket", listen(0, 1));
	say("bad fd", listen(999, 1));
	say("pair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sv));
	printf("flags %o %d\n", fcntl(sv[0], F_GETFL), fcntl(sv[0], F_GETFD));
	struct stat st;
	fstat(sv[0], &st);
	printf("mode %o\n", st.st_mode);
	say("seek", lseek(sv[0], 0, SEEK_SET));
	take("empty", sv[0], 10, 0);
	printf("events %x\n", events(sv[0]));
	close(sv[0]);
	close(sv[1]);
}

static void test_stream(void)
{
	int sv[2], n;

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	say("write", write(sv[0], "hello ", 6));
	say("send", send(sv[0], "world", 5, 0));
	say("fionread", ioctl(sv[1], FIONREAD, &n));
	printf("%d\n", n);
	take("peek", sv[1], 8, MSG_PEEK);
	take("recv", sv[1], 8, 0);
	take("rest", sv[1], 100, 0);
	take("dontwait", sv[1], 100, MSG_DONTWAIT);
	if (fork() == 0) {
		for (int i = 0; i < 5; i++) {
			usleep(10000);
			send(sv[0], "ab", 2, 0);
		}
		_exit(0);
	}
	take("waitall", sv[1], 10, MSG_WAITALL);
	wait(NULL);
	say("shutdown", shutdown(sv[0], SHUT_WR));
	printf("events %x %x\n", events(sv[0]), events(sv[1]));
	take("end", sv[1], 10, 0);
	pipes = 0;
	say("after shutdown", send(sv[0], "x", 1, 0));
	printf("sigpipe %d\n", pipes);
	say("nosignal", send(sv[0], "x", 1, MSG_NOSIGNAL));
	printf("sigpipe %d\n", pipes);
	say("other way", send(sv[1], "back", 4, 0));
	take("back", sv[0], 10, 0);
	close(sv[1]);
	printf("events %x\n", events(sv[0]));
	take("closed", sv[0], 10, 0);
	close(sv[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	write(sv[0], "unread", 6);
	write(sv[1], "data", 4);
	close(sv[1]);
	take("before reset", sv[0], 10, 0);
	take("reset", sv[0], 10, 0);
	take("then", sv[0], 10, 0);
	pipes = 0;
	say("write to none", write(sv[0], "x", 1));
	printf("sigpipe %d\n", pipes);
	close(sv[0]);
}

static void test_bulk(void)
{
	int sv[2];
	static char buf[70000];
	unsigned sum = 0, got = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	pid_t pid = fork();
	if (pid == 0) {
		close(sv[1]);
		for (int k = 0; k < 10; k++) {
			for (size_t i = 0; i < sizeof buf; i++) buf[i] = (char)(i * 7 + (size_t)k);
			for (size_t at = 0; at < sizeof buf;) {
				ssize_t n = write(sv[0], buf + at, sizeof buf - at);
				if (n <= 0) _exit(1);
				at += (size_t)n;
			}
		}
		_exit(0);
	}
	close(sv[0]);
	ssize_t n;
	while ((n = read(sv[1], buf, 33333)) > 0) {
		for (ssize_t i = 0; i < n; i++) sum = sum * 31 + (unsigned char)buf[i];
		got += (unsigned)n;
	}
	int status;
	waitpid(pid, &status, 0);
	printf("bulk %u %u %d\n", got, sum, status);
	close(sv[1]);
}

static void say_name(const char *what, int r, const struct sockaddr_un *a, const socklen_t *filled)
{
	socklen_t len = *filled;

	printf("%s %d family %d len %u \"", what, r, a->sun_family, (unsigned)len);
	for (socklen_t i = 2; i < len && i < sizeof *a; i++) {
		char c = ((const char *)a)[i];
		printf(c >= ' ' && c < 127 ? "%c" : "\\%o", c);
	}
	printf("\"\n");
}

static void test_listen(const char *where, int abstract)
{
	struct sockaddr_un a, b;
	socklen_t len = name_of(&a, where, abstract), blen;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), s = socket(AF_UNIX, SOCK_STREAM, 0), value;
	struct ucred u;

	printf("unconnected events %x\n", events(s));
	say("listen unbound", listen(l, 5));
	say("connect to none", connect(s, (struct sockaddr *)&a, len));
	say("bind", bind(l, (struct sockaddr *)&a, len));
	say("bind twice", bind(l, (struct sockaddr *)&a, len));
	say("bind taken", bind(s, (struct sockaddr *)&a, len));
	say("connect early", connect(s, (struct sockaddr *)&a, len));
	say("accept early", accept(l, NULL, NULL));
	say("listen", listen(l, 1));
	printf("listener events %x\n", events(l));
	say("connect", connect(s, (struct sockaddr *)&a, len));
	say("connect again", connect(s, (struct sockaddr *)&a, len));
	printf("listener events %x\n", events(l));
	say("early bytes", write(s, "early", 5));
	blen = sizeof b;
	int t = accept4(l, (struct sockaddr *)&b, &blen, SOCK_CLOEXEC);
	say_name("accept", t < 0 ? -1 : 0, &b, &blen);
	take("got", t, 10, 0);
	blen = sizeof b;
	say_name("peername", getpeername(s, (struct sockaddr *)&b, &blen), &b, &blen);
	blen = sizeof b;
	say_name("sockname", getsockname(t, (struct sockaddr *)&b, &blen), &b, &blen);
	blen = 4;
	memset(&b, 0, sizeof b);
	say_name("short", getsockname(t, (struct sockaddr *)&b, &blen), &b, &(socklen_t){4});
	printf("len %u\n", (unsigned)blen);
	blen = sizeof u;
	say("peercred", getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &blen));
	printf("%d %d %d\n", u.pid == getpid(), u.uid == geteuid(), u.gid == getegid());
	blen = sizeof value;
	getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &value, &blen);
	printf("acceptconn %d\n", value);
	getsockopt(l, SOL_SOCKET, SO_TYPE, &value, &blen);
	printf("type %d\n", value);
	int c1 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c2 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int c3 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	say("queue 1", connect(c1, (struct sockaddr *)&a, len));
	say("queue 2", connect(c2, (struct sockaddr *)&a, len));
	say("queue 3", connect(c3, (struct sockaddr *)&a, len));
	say("wrong type", connect(d, (struct sockaddr *)&a, len));
	fcntl(l, F_SETFL, O_NONBLOCK);
	close(l);
	take("orphan", c1, 10, 0);
	say("connect to closed", connect(c3, (struct sockaddr *)&a, len));
	close(c1);
	close(c2);
	close(c3);
	close(d);
	close(s);
	close(t);
	if (!abstract) {
		struct stat st;
		stat(where, &st);
		printf("inode %o\n", st.st_mode);
		say("open", open(where, O_RDWR));
		say("unlink", unlink(where));
	}
}

static void test_packets(int type)
{
	int sv[2];
	char x[10], y[10];
	struct iovec v[2] = {{x, 4}, {y, 3}};
	struct msghdr h = {.msg_iov = v, .msg_iovlen = 2};

	say("packets", socketpair(AF_UNIX, type, 0, sv));
	say("one", send(sv[0], "first", 5, 0));
	say("empty", send(sv[0], "", 0, 0));
	say("two", send(sv[0], "second one", 10, 0));
	take("one", sv[1], 100, 0);
	take("empty", sv[1], 100, 0);
	take("peek", sv[1], 3, MSG_PEEK | MSG_TRUNC);
	ssize_t n = recvmsg(sv[1], &h, 0);
	printf("recvmsg %zd \"%.4s\" \"%.3s\" flags %x\n", n, x, y, h.msg_flags);
	take("none", sv[1], 10, MSG_DONTWAIT);
	struct timeval tv = {0, 20000};
	say("timeout", setsockopt(sv[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	take("after", sv[1], 10, 0);
	close(sv[1]);
	say("to none", send(sv[0], "x", 1, MSG_NOSIGNAL));
	say("to none", send(sv[0], "x", 1, MSG_NOSIGNAL));
	close(sv[0]);
}

static void test_dgram_names(void)
{
	struct sockaddr_un a, b, from;
	socklen_t alen = name_of(&a, "first", 1), blen = name_of(&b, "dgram.sock", 0), flen = sizeof from;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), t = socket(AF_UNIX, SOCK_DGRAM, 0), u = socket(AF_UNIX, SOCK_DGRAM, 0);
	char buf[20];

	say("send unconnected", send(s, "x", 1, 0));
	say("bind", bind(s, (struct sockaddr *)&a, alen));
	say("bind", bind(t, (struct sockaddr *)&b, blen));
	say("sendto", sendto(s, "hi", 2, 0, (struct sockaddr *)&b, blen));
	ssize_t n = recvfrom(t, buf, sizeof buf, 0, (struct sockaddr *)&from, &flen);
	say_name("from", (int)n, &from, &flen);
	say("sendto", sendto(u, "anon", 4, 0, (struct sockaddr *)&b, blen));
	flen = sizeof from;
	n = recvfrom(t, buf, sizeof buf, 0, (struct sockaddr *)&from, &flen);
	printf("anonymous %zd len %u\n", n, (unsigned)flen);
	say("connect", connect(t, (struct sockaddr *)&a, alen));
	say("not its peer", sendto(u, "x", 1, 0, (struct sockaddr *)&b, blen));
	say("its peer", sendto(s, "y", 1, 0, (struct sockaddr *)&b, blen));
	take("y", t, 10, 0);
	say("listen", listen(s, 1));
	say("accept", accept(s, NULL, NULL));
	close(s);
	say("gone", send(t, "z", 1, 0));
	say("gone", send(t, "z", 1, 0));
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	say("autobind", bind(u, (struct sockaddr *)&a, 2));
	flen = sizeof from;
	getsockname(u, (struct sockaddr *)&from, &flen);
	printf("autobound %u\n", (unsigned)flen);
	say("short", bind(t, (struct sockaddr *)&a, 1));
	close(t);
	close(u);
	unlink("dgram.sock");
}

static ssize_t send_fds(int s, const char *text, const int *fd, size_t n, const struct ucred *cred)
{
	char control[200] = "";
	struct iovec v = {(void *)text, strlen(text)};
	struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control};
	struct cmsghdr *c = (struct cmsghdr *)control;

	h.msg_controllen = sizeof control;
	size_t used = 0;
	if (n) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fd, n * sizeof(int));
		used = CMSG_SPACE(n * sizeof(int));
		c = (struct cmsghdr *)(control + used);
	}
	if (cred) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_CREDENTIALS;
		c->cmsg_len = CMSG_LEN(sizeof *cred);
		memcpy(CMSG_DATA(c), cred, sizeof *cred);
		used += CMSG_SPACE(sizeof *cred);
	}
	h.msg_controllen = used;
	return sendmsg(s, &h, 0);
}

static int recv_fds(const char *what, int s, size_t room, int *out)
{
	char control[200], text[50] = "";
	struct iovec v = {text, sizeof text - 1};
	struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
	ssize_t n = recvmsg(s, &h, MSG_CMSG_CLOEXEC);
	int got = 0;

	printf("%s %zd \"%s\" flags %x:", what, n, text, h.msg_flags & ~MSG_CMSG_CLOEXEC);
	if (n < 0) h.msg_controllen = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_type == SCM_RIGHTS) {
			int k = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(out + got, CMSG_DATA(c), (size_t)k * sizeof(int));
			got += k;
			printf(" rights %d", k);
		}
		if (c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred u;
			memcpy(&u, CMSG_DATA(c), sizeof u);
			printf(" cred %d %d %d", u.pid == getpid(), u.uid == getuid(), u.gid == getgid());
		}
	}
	printf("\n");
	return got;
}

static void test_files(void)
{
	int sv[2], p[2], got[8], one = 1;
	char buf[20] = "";
	struct ucred me = {getpid(), getuid(), getgid()};

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	pipe(p);
	say("send fd", send_fds(sv[0], "take this", &p[1], 1, NULL));
	say("more", write(sv[0], "more", 4));
	close(p[1]);
	int n = recv_fds("got", sv[1], 200, got);
	say("count", n);
	printf("cloexec %d\n", fcntl(got[0], F_GETFD));
	take("more", sv[1], 10, 0);
	write(got[0], "through", 7);
	close(got[0]);
	n = (int)read(p[0], buf, sizeof buf);
	printf("pipe %d %s\n", n, buf);
	say("pipe end", read(p[0], buf, sizeof buf));
	int two[2] = {p[0], p[0]};
	say("send two", send_fds(sv[0], "two", two, 2, NULL));
	n = recv_fds("room for one", sv[1], CMSG_LEN(sizeof(int)), got);
	close(got[0]);
	two[0] = 999;
	say("bad fd", send_fds(sv[0], "bad", two, 2, NULL));
	say("dropped", send_fds(sv[0], "drop", &p[0], 1, NULL));
	take("plain", sv[1], 10, 0);
	say("passcred", setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
	write(sv[0], "who", 3);
	recv_fds("cred", sv[1], 200, got);
	say("explicit", send_fds(sv[0], "me", &p[0], 1, &me));
	n = recv_fds("both", sv[1], 200, got);
	if (n) close(got[0]);
	say("in flight", send_fds(sv[0], "lost", &p[0], 1, NULL));
	close(sv[0]);
	close(sv[1]);
	close(p[0]);
}

static void test_options(void)
{
	int sv[2], v = 1;
	socklen_t len = sizeof v;

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	say("level", setsockopt(sv[0], 6, 1, &v, sizeof v));
	say("option", setsockopt(sv[0], SOL_SOCKET, 9999, &v, sizeof v));
	say("get option", getsockopt(sv[0], SOL_SOCKET, 9999, &v, &len));
	say("short", setsockopt(sv[0], SOL_SOCKET, SO_REUSEADDR, &v, 2));
	say("error", getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &v, &len));
	printf("%d %u\n", v, (unsigned)len);
	say("domain", getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &v, &len));
	printf("%d\n", v);
	say("shutdown", shutdown(sv[0], 9));
	say("fault", send(sv[0], (void *)16, 10, 0));
	say("oob", send(sv[0], "x", 1, 0));
	say("fault", recv(sv[1], (void *)16, 10, 0));
	take("still there", sv[1], 10, 0);
	close(sv[0]);
	close(sv[1]);
}

int main(void)
{
	struct sigaction a = {.sa_handler = note};

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGPIPE, &a, NULL);
	umask(022);
	test_families();
	test_stream();
	test_bulk();
	test_listen("listen.sock", 0);
	test_listen("abstract name", 1);
	test_packets(SOCK_DGRAM);
	test_packets(SOCK_SEQPACKET);
	test_dgram_names();
	test_files();
	test_options();
	return 0;
}
