/* unix_sock: sockets of AF_UNIX, and the answers of families that are not there: by socketcall's direct relatives and socketcall. */
#include "raw.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define NB SOCK_NONBLOCK

static int sock(int type) { return (int)must("socket", socket(AF_UNIX, type, 0)); }
static socklen_t addr_of(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	if (path[0] == '@') { memcpy(a->sun_path + 1, path + 1, strlen(path) - 1); return (socklen_t)(2 + strlen(path)); }
	strcpy(a->sun_path, path);
	return (socklen_t)(2 + strlen(path) + 1);
}
static long bind_to(int s, const char *path) { struct sockaddr_un a; socklen_t n = addr_of(&a, path); return sc(SYS_bind, s, &a, n); }
static long conn_to(int s, const char *path) { struct sockaddr_un a; socklen_t n = addr_of(&a, path); return sc(SYS_connect, s, &a, n); }
static int listener(int type, const char *path, int backlog)
{
	int s = sock(type);
	must("bind", bind_to(s, path) ? -1 : 0);
	must("listen", listen(s, backlog));
	return s;
}
static const char *name_text(const struct sockaddr_un *a, socklen_t n)
{
	static char out[160];
	if (n <= 2) snprintf(out, sizeof out, "len %u family %d", n, n == 2 ? a->sun_family : -1);
	else if (a->sun_path[0] == 0) snprintf(out, sizeof out, "len %u abstract \"%.*s\"", n, (int)n - 3, a->sun_path + 1);
	else snprintf(out, sizeof out, "len %u path %.*s", n, n > 110 ? 108 : (int)n - 2, a->sun_path);
	return out;
}
static void name(const char *call, const char *cond, int nr, int s)
{
	struct sockaddr_un a;
	socklen_t n = sizeof a;
	memset(&a, 0x55, sizeof a);
	long r = sc(nr, s, &a, &n);
	if (r) put(call, cond, r); else note(call, cond, "0 %s", name_text(&a, n));
}
static void no_pipe(void) { signal(SIGPIPE, SIG_IGN); }

static void making(void)
{
	static const struct { int f; const char *n; } families[] = {{0, "AF_UNSPEC"}, {3, "AF_AX25"}, {5, "AF_APPLETALK"}, {9, "AF_X25"},
		{20, "AF_ASH"}, {30, "AF_TIPC"}, {46, "46"}, {1000, "1000"}, {-1, "-1"}};
	int p[2] = {7, 8}, q[2];
	char cond[64];

	for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
		put("socket", families[i].n, sc(SYS_socket, families[i].f, SOCK_STREAM, 0));
		snprintf(cond, sizeof cond, "%s, pair", families[i].n);
		put("socketpair", cond, sc(SYS_socketpair, families[i].f, SOCK_STREAM, 0, q));
	}
	ok("socket", "stream", sc(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	ok("socket", "dgram", sc(SYS_socket, AF_UNIX, SOCK_DGRAM, 0));
	ok("socket", "seqpacket", sc(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0));
	int raw = (int)ok("socket", "raw becomes dgram", sc(SYS_socket, AF_UNIX, SOCK_RAW, 0));
	int v = 0; socklen_t n = 4;
	getsockopt(raw, SOL_SOCKET, SO_TYPE, &v, &n);
	note("getsockopt", "SO_TYPE of a raw one", "%d", v);
	put("socket", "type 0", sc(SYS_socket, AF_UNIX, 0, 0));
	put("socket", "rdm", sc(SYS_socket, AF_UNIX, SOCK_RDM, 0));
	put("socket", "type 10", sc(SYS_socket, AF_UNIX, 10, 0));
	put("socket", "type 12", sc(SYS_socket, AF_UNIX, 12, 0));
	put("socket", "unknown flag", sc(SYS_socket, AF_UNIX, SOCK_STREAM | 0x100, 0));
	put("socket", "protocol 2", sc(SYS_socket, AF_UNIX, SOCK_STREAM, 2));
	ok("socket", "protocol PF_UNIX", sc(SYS_socket, AF_UNIX, SOCK_STREAM, 1));
	int s = (int)sc(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | NB, 0);
	note("socket", "CLOEXEC and NONBLOCK", "%d %x", fcntl(s, F_GETFD), fcntl(s, F_GETFL));
	s = sock(SOCK_STREAM);
	note("socket", "neither", "%d %x", fcntl(s, F_GETFD), fcntl(s, F_GETFL));
	struct stat st;
	fstat(s, &st);
	note("fstat", "a socket", "%o links %u", st.st_mode, (unsigned)st.st_nlink);
	put("socketpair", "stream", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p));
	note("socketpair", "lowest descriptors", "%d", p[1] - p[0]);
	put("socketpair", "bad pointer", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 16));
	put("socketpair", "kernel's pointer", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, KERNEL));
	put("socketpair", "dgram", sc(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, q));
	put("socketpair", "seqpacket", sc(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, q));
	put("socketpair", "type 0", sc(SYS_socketpair, AF_UNIX, 0, 0, q));
	put("socketpair", "protocol 5", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM, 5, q));
	put("socketpair", "unknown flag", sc(SYS_socketpair, AF_UNIX, SOCK_STREAM | 0x10, 0, q));
	long args[6] = {AF_UNIX, SOCK_STREAM, 0, (long)q};
	ok("socketcall", "socket", sc(SYS_socketcall, 1, args));
	ok("socketcall", "socketpair", sc(SYS_socketcall, 8, args));
	put("socketcall", "call 0", sc(SYS_socketcall, 0, args));
	put("socketcall", "call 21", sc(SYS_socketcall, 21, args));
	put("socketcall", "bad pointer", sc(SYS_socketcall, 1, 16));
	long bad[6] = {NOFD, 0, 0, 0, 0, 0};
	static const char *calls[] = {"", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
		"sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg"};
	int plain = open("f", O_RDWR | O_CREAT, 0600);
	for (int i = 2; i <= 20; i++) {
		if (i == 8) continue;
		bad[0] = NOFD;
		snprintf(cond, sizeof cond, "%s, bad fd", calls[i]);
		put("socketcall", cond, sc(SYS_socketcall, i, bad));
		bad[0] = plain;
		snprintf(cond, sizeof cond, "%s, no socket", calls[i]);
		put("socketcall", cond, sc(SYS_socketcall, i, bad));
	}
	put("accept4", "unknown flag", sc(SYS_accept4, s, 0, 0, 1));
	put("accept4", "unknown flag, bad fd", sc(SYS_accept4, NOFD, 0, 0, 1));
	put("accept4", "bad fd", sc(SYS_accept4, NOFD, 0, 0, 0));
	int path = open(".", O_PATH);
	put("getsockname", "O_PATH fd", sc(SYS_getsockname, path, 0, 0));
	put("lseek", "a socket", sc(SYS_lseek, s, 0, SEEK_SET));
	put("pread64", "a socket", sc(SYS_pread64, p[0], q, 1, 0, 0));
	put("ftruncate", "a socket", sc(SYS_ftruncate, s, 0));
	put("fsync", "a socket", sc(SYS_fsync, s));
	put("mmap2", "a socket", sc(SYS_mmap2, 0, PG, RW, MAP_SHARED, s, 0));
	put("ioctl", "a socket, unknown", sc(SYS_ioctl, s, 0x5413, q));
	put("getdents64", "a socket", sc(SYS_getdents64, s, q, 8));
}

static void binding(void)
{
	struct sockaddr_un a;
	int s = sock(SOCK_STREAM), t = sock(SOCK_STREAM), d = sock(SOCK_DGRAM);
	struct stat st;

	name("getsockname", "unbound", SYS_getsockname, s);
	name("getpeername", "unbound", SYS_getpeername, s);
	put("bind", "no address", sc(SYS_bind, s, NULL, 0));
	put("bind", "length 1", sc(SYS_bind, s, &a, 1));
	put("bind", "bad pointer", sc(SYS_bind, s, 16, 10));
	put("bind", "too long", sc(SYS_bind, s, &a, 111));
	put("bind", "129 bytes", sc(SYS_bind, s, &a, 129));
	put("bind", "negative length", sc(SYS_bind, s, &a, -1));
	a.sun_family = AF_INET;
	put("bind", "other family", sc(SYS_bind, s, &a, 16));
	put("bind", "bad fd", bind_to(NOFD, "x"));
	put("bind", "no socket", bind_to(0, "x"));
	put("bind", "a path", bind_to(s, "sock"));
	name("getsockname", "a path", SYS_getsockname, s);
	stat("sock", &st);
	note("stat64", "a socket's file", "%o", st.st_mode);
	put("bind", "a second time", bind_to(s, "sock2"));
	put("bind", "a second time, the same", bind_to(s, "sock"));
	put("bind", "a path in use", bind_to(t, "sock"));
	make_file("file", "");
	put("bind", "a path that is a file", bind_to(t, "file"));
	put("bind", "no such directory", bind_to(t, "absent/sock"));
	put("bind", "through a file", bind_to(t, "file/sock"));
	put("bind", "trailing slash", bind_to(t, "slash/"));
	put("bind", "empty path", sc(SYS_bind, t, (addr_of(&a, ""), &a), 3));
	name("getsockname", "empty path", SYS_getsockname, t);
	put("open", "a socket's file", sc(SYS_open, "sock", O_RDONLY));
	put("open", "a socket's file, O_PATH", sc(SYS_open, "sock", O_PATH) < 0 ? -1 : 0);
	t = sock(SOCK_STREAM);
	put("bind", "autobind", sc(SYS_bind, t, (addr_of(&a, ""), &a), 2));
	socklen_t n = sizeof a;
	getsockname(t, (struct sockaddr *)&a, &n);
	note("getsockname", "autobind", "len %u, first byte %d, hex %d", n, a.sun_path[0], (int)strspn(a.sun_path + 1, "0123456789abcdef") >= 5);
	put("bind", "autobind twice", sc(SYS_bind, t, (addr_of(&a, ""), &a), 2));
	t = sock(SOCK_STREAM);
	put("bind", "abstract", bind_to(t, "@abi-name"));
	name("getsockname", "abstract", SYS_getsockname, t);
	put("bind", "abstract in use", bind_to(sock(SOCK_STREAM), "@abi-name"));
	put("bind", "abstract of another type", bind_to(sock(SOCK_SEQPACKET), "@abi-name"));
	put("bind", "abstract, a prefix", bind_to(sock(SOCK_STREAM), "@abi-nam"));
	close(t);
	put("bind", "abstract, free after close", bind_to(sock(SOCK_STREAM), "@abi-name"));
	memset(&a, 'p', sizeof a);
	a.sun_family = AF_UNIX;
	put("bind", "path of 108 without end", sc(SYS_bind, d, &a, 110));
	name("getsockname", "path of 108 without end", SYS_getsockname, d);
	t = sock(SOCK_DGRAM);
	addr_of(&a, "abc");
	memcpy(a.sun_path + 4, "def", 4);
	put("bind", "NUL inside the path", sc(SYS_bind, t, &a, 10));
	name("getsockname", "NUL inside the path", SYS_getsockname, t);
	t = sock(SOCK_DGRAM);
	addr_of(&a, "unended");
	put("bind", "length without the NUL", sc(SYS_bind, t, &a, 9));
	name("getsockname", "length without the NUL", SYS_getsockname, t);
	n = 5;
	note("getsockname", "little room", "%d len %u", getsockname(t, (struct sockaddr *)&a, &n), n);
	n = 0;
	note("getsockname", "no room", "%d len %u", getsockname(t, (struct sockaddr *)&a, &n), n);
	n = (socklen_t)-1;
	put("getsockname", "negative room", sc(SYS_getsockname, t, &a, &n));
	n = 110;
	put("getsockname", "bad address pointer", sc(SYS_getsockname, t, 16, &n));
	put("getsockname", "bad length pointer", sc(SYS_getsockname, t, &a, 16));
	put("getsockname", "bad fd", sc(SYS_getsockname, NOFD, &a, &n));
	put("getsockname", "no socket", sc(SYS_getsockname, 0, &a, &n));
	umask(077);
	bind_to(sock(SOCK_STREAM), "masked");
	stat("masked", &st);
	note("bind", "umask", "%o", st.st_mode);
	unlink("sock");
	put("bind", "a path that was unlinked", bind_to(sock(SOCK_STREAM), "sock"));
}

static void plain_user(void)
{
	put("connect", "no write permission", conn_to(sock(SOCK_STREAM), "listen"));
	put("bind", "no permission", bind_to(sock(SOCK_STREAM), "mine"));
}

static void connecting(void)
{
	struct sockaddr_un a;
	int l = listener(SOCK_STREAM, "listen", 2), s, c, i, p[2], bound = sock(SOCK_STREAM);
	socklen_t n;
	char b[8];

	no_pipe();
	put("connect", "no such path", conn_to(sock(SOCK_STREAM), "absent"));
	put("connect", "no such abstract name", conn_to(sock(SOCK_STREAM), "@absent"));
	make_file("file", "");
	put("connect", "a plain file", conn_to(sock(SOCK_STREAM), "file"));
	put("connect", "through a file", conn_to(sock(SOCK_STREAM), "file/x"));
	put("connect", "a directory", conn_to(sock(SOCK_STREAM), "."));
	put("connect", "dgram to a stream", conn_to(sock(SOCK_DGRAM), "listen"));
	put("connect", "seqpacket to a stream", conn_to(sock(SOCK_SEQPACKET), "listen"));
	bind_to(bound, "bound");
	put("connect", "bound but not listening", conn_to(sock(SOCK_STREAM), "bound"));
	close(bound);
	put("connect", "its socket was closed", conn_to(sock(SOCK_STREAM), "bound"));
	put("connect", "length 0", sc(SYS_connect, sock(SOCK_STREAM), &a, 0));
	put("connect", "bad pointer", sc(SYS_connect, sock(SOCK_STREAM), 16, 10));
	put("connect", "129 bytes", sc(SYS_connect, sock(SOCK_STREAM), &a, 129));
	a.sun_family = AF_INET;
	put("connect", "other family", sc(SYS_connect, sock(SOCK_STREAM), &a, 16));
	a.sun_family = AF_UNIX;
	put("connect", "family only", sc(SYS_connect, sock(SOCK_STREAM), &a, 2));
	a.sun_family = AF_UNSPEC;
	put("connect", "AF_UNSPEC, stream", sc(SYS_connect, sock(SOCK_STREAM), &a, 16));
	put("connect", "AF_UNSPEC, dgram", sc(SYS_connect, sock(SOCK_DGRAM), &a, 16));
	put("connect", "bad fd", conn_to(NOFD, "listen"));
	put("connect", "no socket", conn_to(0, "listen"));
	chmod("listen", 0755);
	chmod(".", 0755);
	as_user(1000, 1000, plain_user);
	s = sock(SOCK_STREAM);
	put("connect", "success", conn_to(s, "listen"));
	put("connect", "twice", conn_to(s, "listen"));
	put("connect", "to itself: it listens", conn_to(l, "listen"));
	name("getpeername", "connected, not accepted", SYS_getpeername, s);
	n = sizeof a;
	memset(&a, 0x55, sizeof a);
	c = (int)sc(SYS_accept4, l, &a, &n, 0);
	ok("accept4", "success", c);
	note("accept4", "peer without a name", "%s", name_text(&a, n));
	name("getsockname", "the accepted one", SYS_getsockname, c);
	name("getpeername", "the accepted one", SYS_getpeername, c);
	name("getsockname", "the connected one", SYS_getsockname, s);
	put("listen", "a connected one", sc(SYS_listen, s, 1));
	put("accept4", "not listening", sc(SYS_accept4, s, 0, 0, 0));
	put("accept4", "dgram", sc(SYS_accept4, sock(SOCK_DGRAM), 0, 0, 0));
	put("accept4", "unbound", sc(SYS_accept4, sock(SOCK_STREAM), 0, 0, 0));
	put("listen", "dgram", sc(SYS_listen, sock(SOCK_DGRAM), 1));
	put("listen", "unbound", sc(SYS_listen, sock(SOCK_STREAM), 1));
	put("listen", "bad fd", sc(SYS_listen, NOFD, 1));
	put("listen", "no socket", sc(SYS_listen, 0, 1));
	put("listen", "again", sc(SYS_listen, l, 1));
	fcntl(l, F_SETFL, O_NONBLOCK);
	put("accept4", "nobody there, nonblocking", sc(SYS_accept4, l, 0, 0, 0));
	/* the backlog */
	for (i = 0; i < 6; i++) {
		int t = sock(SOCK_STREAM | NB);
		long r = conn_to(t, "listen");
		if (r) { note("connect", "backlog of 1 is full, nonblocking", "%s after %d", errno_name((int)-r), i); break; }
	}
	struct pollfd pf = {l, POLLIN | POLLOUT, 0};
	note("poll", "a listener with connections", "%d %x", poll(&pf, 1, 0), pf.revents);
	c = (int)sc(SYS_accept4, l, 0, 0, SOCK_CLOEXEC | NB);
	note("accept4", "flags", "%d %x", fcntl(c, F_GETFD), fcntl(c, F_GETFL));
	n = sizeof a;
	put("accept4", "bad address pointer", sc(SYS_accept4, l, 16, &n, 0));
	n = sizeof a;
	conn_to(sock(SOCK_STREAM | NB), "listen");
	put("accept4", "bad length pointer", sc(SYS_accept4, l, &a, 16, 0));
	put("read", "a listener", sc(SYS_read, l, b, 1));
	put("write", "a listener", sc(SYS_write, l, b, 1));
	pf = (struct pollfd){l, POLLIN | POLLOUT, 0};
	while (accept(l, 0, 0) >= 0) {}
	note("poll", "a listener without connections", "%d %x", poll(&pf, 1, 0), pf.revents);
	/* a bound client is known by its name */
	s = sock(SOCK_STREAM);
	bind_to(s, "client");
	must("connect", conn_to(s, "listen"));
	n = sizeof a;
	c = accept(l, (struct sockaddr *)&a, &n);
	note("accept4", "peer with a name", "%s", name_text(&a, n));
	name("getpeername", "peer with a name", SYS_getpeername, c);
	close(s);
	name("getpeername", "peer has gone", SYS_getpeername, c);
	/* pending connections when the listener goes */
	s = sock(SOCK_STREAM);
	must("connect", conn_to(s, "listen"));
	put("write", "to a connection that waits", sc(SYS_write, s, "abc", 3));
	close(l);
	pf = (struct pollfd){s, POLLIN | POLLOUT | POLLRDHUP, 0};
	note("poll", "its listener was closed", "%d %x", poll(&pf, 1, 0), pf.revents);
	put("read", "its listener was closed", sc(SYS_read, s, b, 8));
	put("read", "its listener was closed, again", sc(SYS_read, s, b, 8));
	put("write", "its listener was closed", sc(SYS_write, s, b, 1));
	/* datagrams */
	int d = sock(SOCK_DGRAM), e = sock(SOCK_DGRAM);
	bind_to(d, "dgram");
	put("connect", "dgram", conn_to(e, "dgram"));
	name("getpeername", "dgram", SYS_getpeername, e);
	put("connect", "dgram again", conn_to(e, "dgram"));
	a.sun_family = AF_UNSPEC;
	put("connect", "dgram, AF_UNSPEC dissolves", sc(SYS_connect, e, &a, 2));
	name("getpeername", "dissolved", SYS_getpeername, e);
	put("connect", "dgram to itself", conn_to(d, "dgram"));
	/* socketpair */
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	name("getsockname", "socketpair", SYS_getsockname, p[0]);
	name("getpeername", "socketpair", SYS_getpeername, p[0]);
	put("connect", "a socketpair", conn_to(p[0], "dgram"));
	n = 4;
	put("getpeername", "bad pointer", sc(SYS_getpeername, p[0], 16, &n));
	put("getpeername", "bad length pointer", sc(SYS_getpeername, p[0], &a, 16));
	put("getpeername", "bad fd", sc(SYS_getpeername, NOFD, &a, &n));
	put("getpeername", "no socket", sc(SYS_getpeername, 0, &a, &n));
	put("listen", "a socketpair", sc(SYS_listen, p[0], 1));
	/* seqpacket */
	l = listener(SOCK_SEQPACKET, "@seq", 5);
	s = sock(SOCK_SEQPACKET);
	put("connect", "seqpacket", conn_to(s, "@seq"));
	put("connect", "stream to a seqpacket's name", conn_to(sock(SOCK_STREAM), "@seq"));
	c = (int)ok("accept4", "seqpacket", sc(SYS_accept4, l, 0, 0, 0));
	put("write", "seqpacket", sc(SYS_write, s, "12345", 5));
	put("read", "seqpacket, too little room", sc(SYS_read, c, b, 3));
	put("recvfrom", "seqpacket, the rest is lost", sc(SYS_recvfrom, c, b, 8, MSG_DONTWAIT, 0, 0));
}

static void streams(void)
{
	int p[2];
	char b[64];
	struct pollfd pf;

	no_pipe();
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	put("sendto", "stream", sc(SYS_sendto, p[0], "hello", 5, 0, NULL, 0));
	put("sendto", "stream again", sc(SYS_sendto, p[0], "world", 5, 0, NULL, 0));
	put("ioctl", "FIONREAD, stream", (sc(SYS_ioctl, p[1], FIONREAD, b), *(int *)b));
	put("recvfrom", "MSG_PEEK, stream", sc(SYS_recvfrom, p[1], b, 3, MSG_PEEK, 0, 0));
	put("recvfrom", "reads over messages", sc(SYS_recvfrom, p[1], b, 8, 0, 0, 0));
	note("recvfrom", "what came", "%.8s", b);
	put("recvfrom", "the rest", sc(SYS_recvfrom, p[1], b, 8, 0, 0, 0));
	put("recvfrom", "empty, MSG_DONTWAIT", sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
	put("recvfrom", "length 0, empty", sc(SYS_recvfrom, p[1], b, 0, MSG_DONTWAIT, 0, 0));
	put("read", "length 0, empty stream", sc(SYS_read, p[1], b, 0));
	put("sendto", "length 0, stream", sc(SYS_sendto, p[0], b, 0, 0, NULL, 0));
	put("recvfrom", "after nothing was sent", sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
	put("sendto", "stream with an address, connected", sc(SYS_sendto, p[0], b, 1, 0, b, 16));
	put("sendto", "stream not connected", sc(SYS_sendto, sock(SOCK_STREAM), b, 1, 0, NULL, 0));
	put("sendto", "stream not connected, with an address", sc(SYS_sendto, sock(SOCK_STREAM), b, 1, 0, b, 16));
	put("recvfrom", "stream not connected", sc(SYS_recvfrom, sock(SOCK_STREAM), b, 1, 0, 0, 0));
	put("sendto", "bad pointer", sc(SYS_sendto, p[0], 16, 5, 0, NULL, 0));
	put("sendto", "edge of memory", sc(SYS_sendto, p[0], edge(3), 5, 0, NULL, 0));
	put("recvfrom", "after a bad send", sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
	sc(SYS_sendto, p[0], "abcdef", 6, 0, NULL, 0);
	put("recvfrom", "bad pointer", sc(SYS_recvfrom, p[1], 16, 8, MSG_DONTWAIT, 0, 0));
	put("recvfrom", "edge of memory", sc(SYS_recvfrom, p[1], edge(3), 6, MSG_DONTWAIT, 0, 0));
	put("recvfrom", "what a bad pointer left", sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
	put("sendto", "bad fd", sc(SYS_sendto, NOFD, b, 1, 0, NULL, 0));
	put("sendto", "no socket", sc(SYS_sendto, 0, b, 1, 0, NULL, 0));
	put("recvfrom", "bad fd", sc(SYS_recvfrom, NOFD, b, 1, 0, 0, 0));
	put("recvfrom", "no socket", sc(SYS_recvfrom, 0, b, 1, 0, 0, 0));
	put("recvfrom", "MSG_ERRQUEUE", sc(SYS_recvfrom, p[1], b, 1, MSG_ERRQUEUE | MSG_DONTWAIT, 0, 0));
	put("sendto", "unknown flags", sc(SYS_sendto, p[0], "uv", 2, 0x00100000, NULL, 0));
	put("recvfrom", "unknown flags", sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT | 0x00100000, 0, 0));
	sc(SYS_sendto, p[0], "wx", 2, 0, NULL, 0);
	put("recvfrom", "MSG_TRUNC of a stream", sc(SYS_recvfrom, p[1], b, 1, MSG_TRUNC, 0, 0));
	put("recvfrom", "MSG_WAITALL, MSG_DONTWAIT", sc(SYS_recvfrom, p[1], b, 8, MSG_WAITALL | MSG_DONTWAIT, 0, 0));
	sc(SYS_sendto, p[0], "ab", 2, 0, NULL, 0);
	socklen_t n = 16;
	struct sockaddr_un a;
	note("recvfrom", "address of a stream's sender", "%ld len %u", sc(SYS_recvfrom, p[1], b, 8, 0, &a, &n), n);
	/* full */
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	static char big[4096];
	long sum = 0, r;
	while ((r = sc(SYS_write, p[0], big, sizeof big)) > 0) sum += r;
	put("write", "a full stream, nonblocking", r);
	note("write", "more than 64 KiB went in", "%d", sum > 65536);
	pf = (struct pollfd){p[0], POLLIN | POLLOUT, 0};
	note("poll", "a full stream", "%d %x", poll(&pf, 1, 0), pf.revents);
	put("sendto", "a full stream, MSG_DONTWAIT", sc(SYS_sendto, p[0], big, 1, MSG_DONTWAIT, NULL, 0));
	int left = 0;
	ioctl(p[1], FIONREAD, &left);
	note("ioctl", "FIONREAD of a full stream", "%s", left == sum ? "all of it" : "other");
	struct timeval tv = {0, 20000};
	fcntl(p[0], F_SETFL, 0);
	put("setsockopt", "SO_SNDTIMEO", sc(SYS_setsockopt, p[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
	put("write", "a full stream, SO_SNDTIMEO", sc(SYS_write, p[0], big, 1));
	while (recv(p[1], big, sizeof big, MSG_DONTWAIT) > 0) {}
	pf = (struct pollfd){p[0], POLLIN | POLLOUT, 0};
	note("poll", "an emptied stream", "%d %x", poll(&pf, 1, 0), pf.revents);
	put("setsockopt", "SO_RCVTIMEO", sc(SYS_setsockopt, p[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	put("read", "an empty stream, SO_RCVTIMEO", sc(SYS_read, p[1], b, 1));
	put("recvfrom", "an empty stream, SO_RCVTIMEO", sc(SYS_recvfrom, p[1], b, 1, 0, 0, 0));
	/* the end */
	sc(SYS_write, p[0], "last", 4);
	sc(SYS_write, p[1], "unread", 6);
	close(p[0]);
	pf = (struct pollfd){p[1], POLLIN | POLLOUT | POLLRDHUP, 0};
	note("poll", "peer closed with unread bytes", "%d %x", poll(&pf, 1, 0), pf.revents);
	put("write", "peer closed", sc(SYS_write, p[1], b, 1));
	put("sendto", "peer closed, MSG_NOSIGNAL", sc(SYS_sendto, p[1], b, 1, MSG_NOSIGNAL, NULL, 0));
	n = 4;
	int v = 99;
	sc(SYS_getsockopt, p[1], SOL_SOCKET, SO_ERROR, &v, &n);
	note("getsockopt", "SO_ERROR after the peer closed with unread bytes", "%s", errno_name(v));
	sc(SYS_getsockopt, p[1], SOL_SOCKET, SO_ERROR, &v, &n);
	note("getsockopt", "SO_ERROR is told once", "%d", v);
	put("read", "peer closed: what is left", sc(SYS_read, p[1], b, 8));
	put("read", "peer closed: the end", sc(SYS_read, p[1], b, 8));
	name("getpeername", "peer closed", SYS_getpeername, p[1]);
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	sc(SYS_write, p[1], "unread", 6);
	close(p[0]);
	put("read", "peer closed with unread bytes", sc(SYS_read, p[1], b, 8));
	put("read", "peer closed with unread bytes, again", sc(SYS_read, p[1], b, 8));
}

static void raises(void)
{
	int p[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	close(p[0]);
	signal(SIGPIPE, SIG_DFL);
	if (write(p[1], "x", 1)) {}
}
static void raises_not(void)
{
	int p[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	close(p[0]);
	signal(SIGPIPE, SIG_DFL);
	send(p[1], "x", 1, MSG_NOSIGNAL);
}
static void seq_raises(void)
{
	int p[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p));
	close(p[0]);
	signal(SIGPIPE, SIG_DFL);
	send(p[1], "x", 1, 0);
}
static void dgram_raises(void)
{
	int p[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, p));
	signal(SIGPIPE, SIG_DFL);
	shutdown(p[0], SHUT_WR);
	send(p[0], "x", 1, 0);
}

static void shutdowns(void)
{
	static const struct { int type; const char *n; } kinds[] = {{SOCK_STREAM, "stream"}, {SOCK_DGRAM, "dgram"}, {SOCK_SEQPACKET, "seqpacket"}};
	int p[2];
	char b[8], cond[80];
	struct pollfd pf;

	no_pipe();
	for (unsigned i = 0; i < 3; i++) {
#define COND(text) (snprintf(cond, sizeof cond, "%s: %s", kinds[i].n, text), cond)
		must("socketpair", socketpair(AF_UNIX, kinds[i].type, 0, p));
		sc(SYS_write, p[0], "abc", 3);
		put("shutdown", COND("SHUT_WR"), sc(SYS_shutdown, p[0], SHUT_WR));
		put("write", COND("after SHUT_WR"), sc(SYS_write, p[0], "x", 1));
		put("sendto", COND("other way after SHUT_WR"), sc(SYS_sendto, p[1], "back", 4, 0, NULL, 0));
		pf = (struct pollfd){p[1], POLLIN | POLLOUT | POLLRDHUP, 0};
		note("poll", COND("peer did SHUT_WR"), "%d %x", poll(&pf, 1, 0), pf.revents);
		pf = (struct pollfd){p[0], POLLIN | POLLOUT | POLLRDHUP, 0};
		note("poll", COND("did SHUT_WR"), "%d %x", poll(&pf, 1, 0), pf.revents);
		put("recvfrom", COND("what was sent before SHUT_WR"), sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
		put("recvfrom", COND("after that"), sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
		put("shutdown", COND("SHUT_RD too"), sc(SYS_shutdown, p[0], SHUT_RD));
		put("recvfrom", COND("what had come before SHUT_RD"), sc(SYS_recvfrom, p[0], b, 8, MSG_DONTWAIT, 0, 0));
		put("recvfrom", COND("after SHUT_RD"), sc(SYS_recvfrom, p[0], b, 8, MSG_DONTWAIT, 0, 0));
		put("sendto", COND("to one that did SHUT_RD"), sc(SYS_sendto, p[1], "x", 1, MSG_DONTWAIT, NULL, 0));
		pf = (struct pollfd){p[0], POLLIN | POLLOUT | POLLRDHUP, 0};
		note("poll", COND("did both"), "%d %x", poll(&pf, 1, 0), pf.revents);
		put("shutdown", COND("unknown how"), sc(SYS_shutdown, p[0], 3));
		put("shutdown", COND("again"), sc(SYS_shutdown, p[0], SHUT_RDWR));
		put("shutdown", COND("not connected"), sc(SYS_shutdown, sock(kinds[i].type), SHUT_RDWR));
		close(p[0]);
		pf = (struct pollfd){p[1], POLLIN | POLLOUT | POLLRDHUP, 0};
		note("poll", COND("peer closed"), "%d %x", poll(&pf, 1, 0), pf.revents);
		put("sendto", COND("peer closed"), sc(SYS_sendto, p[1], "x", 1, MSG_DONTWAIT, NULL, 0));
		put("recvfrom", COND("peer closed"), sc(SYS_recvfrom, p[1], b, 8, MSG_DONTWAIT, 0, 0));
		pf = (struct pollfd){sock(kinds[i].type), POLLIN | POLLOUT | POLLRDHUP, 0};
		note("poll", COND("fresh"), "%d %x", poll(&pf, 1, 0), pf.revents);
		put("write", COND("fresh"), sc(SYS_write, pf.fd, "x", 1));
		put("recvfrom", COND("fresh"), sc(SYS_recvfrom, pf.fd, b, 1, MSG_DONTWAIT, 0, 0));
	}
	put("shutdown", "bad fd", sc(SYS_shutdown, NOFD, 0));
	put("shutdown", "no socket", sc(SYS_shutdown, 0, 0));
	ends("write", "SIGPIPE of a stream", raises);
	ends("sendto", "no SIGPIPE with MSG_NOSIGNAL", raises_not);
	ends("sendto", "SIGPIPE of a seqpacket", seq_raises);
	ends("sendto", "SIGPIPE of a dgram", dgram_raises);
}

static void datagrams(void)
{
	int d = sock(SOCK_DGRAM), e = sock(SOCK_DGRAM), f = sock(SOCK_DGRAM), i;
	struct sockaddr_un a, from;
	socklen_t n = addr_of(&a, "d"), m;
	char b[64];
	static char big[300000];

	no_pipe();
	bind_to(d, "d");
	put("sendto", "dgram not connected, no address", sc(SYS_sendto, e, "x", 1, 0, NULL, 0));
	put("write", "dgram not connected", sc(SYS_write, e, "x", 1));
	put("sendto", "dgram", sc(SYS_sendto, e, "one", 3, 0, &a, n));
	m = sizeof from;
	memset(&from, 0x55, sizeof from);
	put("recvfrom", "dgram of a nameless one", sc(SYS_recvfrom, d, b, 8, 0, &from, &m));
	note("recvfrom", "its address", "len %u", m);
	bind_to(e, "e");
	put("sendto", "dgram of length 0", sc(SYS_sendto, e, "", 0, 0, &a, n));
	put("sendto", "dgram of 5", sc(SYS_sendto, e, "12345", 5, 0, &a, n));
	m = sizeof from;
	put("recvfrom", "dgram of length 0", sc(SYS_recvfrom, d, b, 8, 0, &from, &m));
	note("recvfrom", "address of a bound one", "%s", name_text(&from, m));
	put("recvfrom", "MSG_PEEK|MSG_TRUNC, little room", sc(SYS_recvfrom, d, b, 2, MSG_PEEK | MSG_TRUNC, 0, 0));
	m = 4;
	put("recvfrom", "little room", sc(SYS_recvfrom, d, b, 2, 0, &from, &m));
	note("recvfrom", "little room for the address", "len %u", m);
	put("recvfrom", "the rest of it is lost", sc(SYS_recvfrom, d, b, 8, MSG_DONTWAIT, 0, 0));
	put("sendto", "no such name", sc(SYS_sendto, e, "x", 1, 0, &from, addr_of(&from, "absent")));
	put("sendto", "no such abstract name", sc(SYS_sendto, e, "x", 1, 0, &from, addr_of(&from, "@absent")));
	put("sendto", "a stream's name", (listener(SOCK_STREAM, "s", 1), sc(SYS_sendto, e, "x", 1, 0, &from, addr_of(&from, "s"))));
	put("sendto", "bad address pointer", sc(SYS_sendto, e, "x", 1, 0, 16, 10));
	put("sendto", "address too short", sc(SYS_sendto, e, "x", 1, 0, &a, 1));
	put("sendto", "address too long", sc(SYS_sendto, e, "x", 1, 0, &a, 129));
	put("sendto", "negative address length", sc(SYS_sendto, e, "x", 1, 0, &a, -1));
	a.sun_family = AF_INET;
	put("sendto", "other family", sc(SYS_sendto, e, "x", 1, 0, &a, n));
	a.sun_family = AF_UNIX;
	put("sendto", "dgram of 300000", sc(SYS_sendto, e, big, sizeof big, 0, &a, n));
	put("sendto", "dgram of 200000", sc(SYS_sendto, e, big, 200000, MSG_DONTWAIT, &a, n));
	put("recvfrom", "dgram of 200000", sc(SYS_recvfrom, d, big, sizeof big, MSG_DONTWAIT, 0, 0));
	put("sendto", "MSG_OOB, dgram", sc(SYS_sendto, e, "x", 1, MSG_OOB, &a, n));
	put("recvfrom", "MSG_OOB, dgram", sc(SYS_recvfrom, d, b, 1, MSG_OOB, 0, 0));
	put("sendto", "dgram bad pointer", sc(SYS_sendto, e, 16, 5, 0, &a, n));
	for (i = 0; i < 40; i++)
		if (sc(SYS_sendto, e, "q", 1, MSG_DONTWAIT, &a, n) < 0) break;
	note("sendto", "datagrams until the queue is full", "%d %s", i, errno_name((int)-sc(SYS_sendto, e, "q", 1, MSG_DONTWAIT, &a, n)));
	int left = 0;
	ioctl(d, FIONREAD, &left);
	note("ioctl", "FIONREAD, dgram", "%d", left);
	must("connect", conn_to(e, "d"));
	struct pollfd pf = {e, POLLOUT | POLLIN, 0};
	note("poll", "connected dgram, peer's queue is full", "%d %x", poll(&pf, 1, 0), pf.revents);
	recv(d, b, 8, 0);
	pf = (struct pollfd){e, POLLOUT | POLLIN, 0};
	note("poll", "one was taken", "%d %x", poll(&pf, 1, 0), pf.revents);
	while (recv(d, b, 8, MSG_DONTWAIT) >= 0) {}
	/* a connected one takes from its peer only */
	must("connect", conn_to(d, "e"));
	put("sendto", "to one that is connected to another", sc(SYS_sendto, f, "x", 1, 0, &a, n));
	put("connect", "to one that is connected to another", conn_to(f, "d"));
	put("sendto", "from its peer", sc(SYS_sendto, e, "x", 1, 0, NULL, 0));
	put("sendto", "connected, with another address", sc(SYS_sendto, e, "x", 1, 0, &a, n));
	put("sendto", "seqpacket not connected, with an address", sc(SYS_sendto, sock(SOCK_SEQPACKET), "x", 1, 0, &a, n));
	close(d);
	put("write", "the connected one closed", sc(SYS_write, e, "x", 1));
	put("write", "the connected one closed, again", sc(SYS_write, e, "x", 1));
	put("sendto", "name whose socket closed", sc(SYS_sendto, f, "x", 1, 0, &a, n));
	put("recvfrom", "nothing, nonblocking", sc(SYS_recvfrom, e, b, 8, MSG_DONTWAIT, 0, 0));
}

static void option(int s, int level, int opt, const char *n)
{
	char cond[64];
	union { int i[4]; struct linger l; struct timeval t; } v = {{-7, -7, -7, -7}};
	socklen_t len = sizeof v;
	long r = sc(SYS_getsockopt, s, level, opt, &v, &len);

	snprintf(cond, sizeof cond, "%s at first", n);
	if (r) put("getsockopt", cond, r);
	else if (len == 4) note("getsockopt", cond, "%d", v.i[0]);
	else note("getsockopt", cond, "len %u: %d %d", len, v.i[0], v.i[1]);
}

static void options(void)
{
	static const struct { int o; const char *n; } ints[] = {{SO_DEBUG, "SO_DEBUG"}, {SO_REUSEADDR, "SO_REUSEADDR"}, {SO_TYPE, "SO_TYPE"},
		{SO_ERROR, "SO_ERROR"}, {SO_DONTROUTE, "SO_DONTROUTE"}, {SO_BROADCAST, "SO_BROADCAST"}, {SO_SNDBUF, "SO_SNDBUF"}, {SO_RCVBUF, "SO_RCVBUF"},
		{SO_KEEPALIVE, "SO_KEEPALIVE"}, {SO_OOBINLINE, "SO_OOBINLINE"}, {SO_NO_CHECK, "SO_NO_CHECK"}, {SO_PRIORITY, "SO_PRIORITY"},
		{SO_LINGER, "SO_LINGER"}, {SO_REUSEPORT, "SO_REUSEPORT"}, {SO_PASSCRED, "SO_PASSCRED"}, {SO_RCVLOWAT, "SO_RCVLOWAT"},
		{SO_SNDLOWAT, "SO_SNDLOWAT"}, {SO_RCVTIMEO, "SO_RCVTIMEO"}, {SO_SNDTIMEO, "SO_SNDTIMEO"}, {SO_ACCEPTCONN, "SO_ACCEPTCONN"},
		{SO_PROTOCOL, "SO_PROTOCOL"}, {SO_DOMAIN, "SO_DOMAIN"}, {SO_PASSSEC, "SO_PASSSEC"},
		{SO_PEEK_OFF, "SO_PEEK_OFF"}, {SO_MARK, "SO_MARK"}, {SO_BUSY_POLL, "SO_BUSY_POLL"}, {SO_BINDTODEVICE, "SO_BINDTODEVICE"},
		{SO_SNDBUFFORCE, "SO_SNDBUFFORCE"}, {SO_PEERCRED, "SO_PEERCRED"}, {SO_PEERGROUPS, "SO_PEERGROUPS"}, {100, "option 100"}};
	static const int sets[] = {SO_DEBUG, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_PRIORITY,
		SO_PASSCRED, SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN, 100, SO_RCVLOWAT, SO_REUSEPORT, SO_SNDLOWAT, SO_PEERCRED};
	int s = sock(SOCK_STREAM), one = 1, v, p[2];
	socklen_t n;
	char cond[64];

	for (unsigned i = 0; i < sizeof ints / sizeof *ints; i++)
		if (ints[i].o != SO_PEERCRED) option(s, SOL_SOCKET, ints[i].o, ints[i].n);
	for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++) {
		snprintf(cond, sizeof cond, "option %d to 1", sets[i]);
		long r = sc(SYS_setsockopt, s, SOL_SOCKET, sets[i], &one, 4);
		put("setsockopt", cond, r);
		if (r) continue;
		n = 4, v = -5;
		sc(SYS_getsockopt, s, SOL_SOCKET, sets[i], &v, &n);
		snprintf(cond, sizeof cond, "option %d after 1", sets[i]);
		note("getsockopt", cond, "%d", v);
	}
	put("setsockopt", "too short", sc(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, 3));
	put("setsockopt", "length 0", sc(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, 0));
	put("setsockopt", "negative length", sc(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, -1));
	put("setsockopt", "bad pointer", sc(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, 16, 4));
	put("setsockopt", "other level", sc(SYS_setsockopt, s, 6, 1, &one, 4));
	put("setsockopt", "other level, bad pointer", sc(SYS_setsockopt, s, 6, 1, 16, 4));
	put("setsockopt", "bad fd", sc(SYS_setsockopt, NOFD, SOL_SOCKET, SO_REUSEADDR, &one, 4));
	put("setsockopt", "no socket", sc(SYS_setsockopt, 0, SOL_SOCKET, SO_REUSEADDR, &one, 4));
	put("getsockopt", "other level", sc(SYS_getsockopt, s, 6, 1, &v, &n));
	n = 2, v = -1;
	note("getsockopt", "little room", "%ld len %u %x", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, &v, &n), n, v);
	n = 0;
	note("getsockopt", "no room", "%ld len %u", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, &v, &n), n);
	n = 400;
	note("getsockopt", "much room", "%ld len %u", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, edge(4), &n), n);
	n = (socklen_t)-4;
	put("getsockopt", "negative room", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, &v, &n));
	n = 4;
	put("getsockopt", "bad pointer", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, 16, &n));
	put("getsockopt", "bad length pointer", sc(SYS_getsockopt, s, SOL_SOCKET, SO_TYPE, &v, 16));
	put("getsockopt", "bad fd", sc(SYS_getsockopt, NOFD, SOL_SOCKET, SO_TYPE, &v, &n));
	put("getsockopt", "no socket", sc(SYS_getsockopt, 0, SOL_SOCKET, SO_TYPE, &v, &n));
	static const int sizes[] = {0, 1, 3000, 10000, 100000, 212992, 1 << 20, -1};
	for (unsigned i = 0; i < 8; i++) {
		v = sizes[i];
		sc(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUF, &v, 4);
		snprintf(cond, sizeof cond, "SO_SNDBUF after %d", sizes[i]);
		n = 4;
		sc(SYS_getsockopt, s, SOL_SOCKET, SO_SNDBUF, &v, &n);
		note("getsockopt", cond, "%d", v);
		v = sizes[i];
		sc(SYS_setsockopt, s, SOL_SOCKET, SO_RCVBUF, &v, 4);
		snprintf(cond, sizeof cond, "SO_RCVBUF after %d", sizes[i]);
		n = 4;
		sc(SYS_getsockopt, s, SOL_SOCKET, SO_RCVBUF, &v, &n);
		note("getsockopt", cond, "%d", v);
	}
	v = 1 << 20;
	put("setsockopt", "SO_SNDBUFFORCE", sc(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUFFORCE, &v, 4));
	sc(SYS_getsockopt, s, SOL_SOCKET, SO_SNDBUF, &v, &n);
	note("getsockopt", "SO_SNDBUF after SO_SNDBUFFORCE", "%d", v);
	struct linger l = {1, 5};
	put("setsockopt", "SO_LINGER", sc(SYS_setsockopt, s, SOL_SOCKET, SO_LINGER, &l, sizeof l));
	put("setsockopt", "SO_LINGER, too short", sc(SYS_setsockopt, s, SOL_SOCKET, SO_LINGER, &l, 4));
	n = sizeof l;
	l = (struct linger){9, 9};
	note("getsockopt", "SO_LINGER", "%ld %d %d", sc(SYS_getsockopt, s, SOL_SOCKET, SO_LINGER, &l, &n), l.l_onoff, l.l_linger);
	struct timeval t = {3, 250000};
	put("setsockopt", "SO_RCVTIMEO 3.25", sc(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &t, 8));
	t = (struct timeval){0, 0}, n = 8;
	note("getsockopt", "SO_RCVTIMEO 3.25", "%ld %ld.%06ld len %u", sc(SYS_getsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &t, &n), (long)t.tv_sec, (long)t.tv_usec, n);
	t = (struct timeval){1, 1000000};
	put("setsockopt", "SO_RCVTIMEO, bad microseconds", sc(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &t, 8));
	t = (struct timeval){-1, 0};
	put("setsockopt", "SO_RCVTIMEO, negative", sc(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &t, 8));
	put("setsockopt", "SO_RCVTIMEO, too short", sc(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &t, 4));
	int64_t w[2] = {2, 500000};
	put("setsockopt", "SO_RCVTIMEO_NEW", sc(SYS_setsockopt, s, SOL_SOCKET, 66, w, 16));
	w[0] = w[1] = 0, n = 16;
	note("getsockopt", "SO_RCVTIMEO_NEW", "%ld %d.%06d len %u", sc(SYS_getsockopt, s, SOL_SOCKET, 66, w, &n), (int)w[0], (int)w[1], n);
	/* credentials of the peer */
	struct ucred c = {1, 2, 3};
	n = sizeof c;
	put("getsockopt", "SO_PEERCRED, not connected", sc(SYS_getsockopt, s, SOL_SOCKET, SO_PEERCRED, &c, &n));
	note("getsockopt", "SO_PEERCRED, not connected: what it tells", "%d %d %d", c.pid, (int)c.uid, (int)c.gid);
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	n = sizeof c;
	put("getsockopt", "SO_PEERCRED, pair", sc(SYS_getsockopt, p[0], SOL_SOCKET, SO_PEERCRED, &c, &n));
	note("getsockopt", "SO_PEERCRED, pair: what it tells", "%d %d %d", c.pid == getpid(), (int)c.uid, (int)c.gid);
	int b = listener(SOCK_STREAM, "l", 1);
	option(b, SOL_SOCKET, SO_ACCEPTCONN, "SO_ACCEPTCONN of a listener");
	n = sizeof c;
	sc(SYS_getsockopt, b, SOL_SOCKET, SO_PEERCRED, &c, &n);
	note("getsockopt", "SO_PEERCRED of a listener", "%d %d %d", c.pid == getpid(), (int)c.uid, (int)c.gid);
	int on = 1;
	put("ioctl", "FIONBIO of a socket", sc(SYS_ioctl, s, FIONBIO, &on));
	note("fcntl", "a socket after FIONBIO", "%x", fcntl(s, F_GETFL));
	put("ioctl", "FIONREAD of a listener", sc(SYS_ioctl, b, FIONREAD, &on));
	put("ioctl", "TIOCOUTQ of an empty pair", (sc(SYS_ioctl, p[0], TIOCOUTQ, &on), on));
	put("ioctl", "FIONREAD bad pointer", sc(SYS_ioctl, p[0], FIONREAD, 16));
}

const struct section sections[] = {
	{"making", making}, {"binding", binding}, {"connecting", connecting}, {"streams", streams}, {"shutdowns", shutdowns},
	{"datagrams", datagrams}, {"options", options}, {NULL, NULL},
};
