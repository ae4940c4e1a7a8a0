/* sockmsg: sendmsg, recvmsg and their plural forms: vectors, descriptors, credentials, flags. */
#include "raw.h"
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static int p[2];
static void pair(int type) { must("socketpair", socketpair(AF_UNIX, type, 0, p)); }
struct ucred_ { int pid; unsigned uid, gid; };
union room { char b[512]; struct cmsghdr h; };

static long send_control(int s, int level, int type, const void *data, unsigned len, const char *text)
{
	union room c;
	struct iovec v = {(void *)(uintptr_t)text, strlen(text)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = CMSG_LEN(len)};
	c.h = (struct cmsghdr){CMSG_LEN(len), level, type};
	memcpy(CMSG_DATA(&c.h), data, len);
	return sc(SYS_sendmsg, s, &m, 0);
}
static int got_fds[16], n_fds;
/* What came: bytes, flags, control messages. */
static const char *receive(int s, unsigned room, unsigned control, int flags)
{
	static char out[200];
	static char buf[64];
	union room c;
	struct iovec v = {buf, room};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = control};
	memset(buf, 0, sizeof buf);
	n_fds = 0;
	long r = sc(SYS_recvmsg, s, &m, flags);
	if (r < 0) { snprintf(out, sizeof out, "%s", errno_name((int)-r)); return out; }
	int at = snprintf(out, sizeof out, "%ld \"%.20s\" flags %x control %u", r, buf, m.msg_flags, (unsigned)m.msg_controllen);
	for (struct cmsghdr *h = m.msg_controllen >= sizeof c.h ? &c.h : NULL; h; h = CMSG_NXTHDR(&m, h)) {
		unsigned n = h->cmsg_len < sizeof *h ? 0 : h->cmsg_len - (unsigned)sizeof *h;
		if (h->cmsg_type == SCM_RIGHTS) {
			n_fds = (int)(n / 4);
			memcpy(got_fds, CMSG_DATA(h), n);
			at += snprintf(out + at, sizeof out - (size_t)at, " rights %d", n_fds);
		} else if (h->cmsg_type == SCM_CREDENTIALS) {
			struct ucred_ k;
			memcpy(&k, CMSG_DATA(h), sizeof k);
			at += snprintf(out + at, sizeof out - (size_t)at, " creds %s %u %u", k.pid == getpid() ? "me" : k.pid == 0 ? "0" : "other", k.uid, k.gid);
		} else at += snprintf(out + at, sizeof out - (size_t)at, " type %d", h->cmsg_type);
	}
	return out;
}

static void rights(void)
{
	int q[2], fds[300], file = must_open("f", O_RDWR | O_CREAT, 0600);
	struct stat a, b;
	char c;

	pair(SOCK_STREAM);
	must("pipe", pipe(q));
	put("sendmsg", "a descriptor", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, &file, 4, "x"));
	note("recvmsg", "a descriptor", "%s", receive(p[1], 10, 100, 0));
	fstat(file, &a), fstat(got_fds[0], &b);
	note("recvmsg", "the same file, another number", "%d %d", a.st_ino == b.st_ino, got_fds[0] != file);
	note("fcntl", "a received descriptor's flags", "%d", fcntl(got_fds[0], F_GETFD));
	fds[0] = q[0], fds[1] = q[1], fds[2] = file;
	put("sendmsg", "three descriptors", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 12, "y"));
	note("recvmsg", "three descriptors, close on exec", "%s", receive(p[1], 10, 100, MSG_CMSG_CLOEXEC));
	note("fcntl", "flags with MSG_CMSG_CLOEXEC", "%d", fcntl(got_fds[0], F_GETFD));
	put("write", "a received pipe", write(got_fds[1], "p", 1));
	put("read", "what went through a received pipe", read(q[0], &c, 1));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 12, "z");
	note("recvmsg", "room for two", "%s", receive(p[1], 10, CMSG_LEN(8), 0));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 12, "z");
	note("recvmsg", "room for none", "%s", receive(p[1], 10, CMSG_LEN(0), 0));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 12, "z");
	note("recvmsg", "no room at all", "%s", receive(p[1], 10, 0, 0));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "peek");
	note("recvmsg", "MSG_PEEK gives them too", "%s", receive(p[1], 10, 100, MSG_PEEK));
	note("recvmsg", "and they are still there", "%s", receive(p[1], 10, 100, 0));
}

static void streams(void)
{
	int fds[60] = {must_open("f", O_RDWR | O_CREAT, 0600)};

	pair(SOCK_STREAM);
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "abc");
	send(p[0], "def", 3, 0);
	note("recvmsg", "a read ends behind descriptors", "%s", receive(p[1], 10, 100, 0));
	note("recvmsg", "the bytes behind them", "%s", receive(p[1], 10, 100, 0));
	send(p[0], "abc", 3, 0);
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "def");
	note("recvmsg", "a read goes on up to descriptors", "%s", receive(p[1], 10, 100, 0));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "ghi");
	put("read", "descriptors are lost by read", read(p[1], fds + 50, 10));
	note("recvmsg", "after read", "%s", receive(p[1], 10, 100, MSG_DONTWAIT));
	send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "jklm");
	note("recvmsg", "part of the bytes", "%s", receive(p[1], 2, 100, 0));
	note("recvmsg", "the other part", "%s", receive(p[1], 2, 100, 0));
	put("sendmsg", "descriptors without a byte, stream", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, ""));
	note("recvmsg", "nothing came of it", "%s", receive(p[1], 2, 100, MSG_DONTWAIT));
}

static void refused(void)
{
	int fds[4], file = must_open("f", O_RDWR | O_CREAT, 0600);

	pair(SOCK_STREAM);
	fds[0] = NOFD;
	put("sendmsg", "a bad descriptor", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "x"));
	fds[0] = -1;
	put("sendmsg", "a negative descriptor", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 4, "x"));
	put("sendmsg", "no descriptors in the message", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, fds, 0, "x"));
	note("recvmsg", "no descriptors in the message", "%s", receive(p[1], 10, 100, 0));
	put("sendmsg", "unknown control message", send_control(p[0], SOL_SOCKET, 99, fds, 4, "x"));
	put("sendmsg", "another level is passed over", send_control(p[0], 6, 1, fds, 4, "x"));
	note("recvmsg", "another level is passed over", "%s", receive(p[1], 10, 100, 0));
	union room c2;
	struct iovec v = {(void *)"x", 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c2, .msg_controllen = 4};
	put("sendmsg", "control too short for a header", sc(SYS_sendmsg, p[0], &m, 0));
	c2.h = (struct cmsghdr){4, SOL_SOCKET, SCM_RIGHTS};
	m.msg_controllen = 16;
	put("sendmsg", "control message shorter than its header", sc(SYS_sendmsg, p[0], &m, 0));
	c2.h.cmsg_len = 100;
	put("sendmsg", "control message longer than the buffer", sc(SYS_sendmsg, p[0], &m, 0));
	m.msg_controllen = 0x7fffffff;
	put("sendmsg", "control of 2 GiB", sc(SYS_sendmsg, p[0], &m, 0));
	m.msg_controllen = 16, m.msg_control = (void *)16;
	put("sendmsg", "bad control pointer", sc(SYS_sendmsg, p[0], &m, 0));
	/* a socket in its own queue */
	int s[2];
	must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	put("sendmsg", "a socket through itself", send_control(s[0], SOL_SOCKET, SCM_RIGHTS, &s[1], 4, "x"));
	close(s[0]), close(s[1]);
	pair(SOCK_DGRAM);
	put("sendmsg", "descriptors without a byte, dgram", send_control(p[0], SOL_SOCKET, SCM_RIGHTS, &file, 4, ""));
	note("recvmsg", "descriptors without a byte, dgram", "%s", receive(p[1], 10, 100, 0));
}

static void own_creds(void)
{
	struct ucred_ k = {getpid(), 1000, 1000};
	pair(SOCK_STREAM);
	put("sendmsg", "own credentials, not root", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &k, 12, "x"));
}

static void others_creds(void)
{
	struct ucred_ root = {getpid(), 0, 0}, init = {1, 1000, 1000};
	pair(SOCK_STREAM);
	put("sendmsg", "root's credentials, not root", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &root, 12, "x"));
	put("sendmsg", "another's pid, not root", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &init, 12, "x"));
}

static void creds(void)
{
	struct ucred_ k = {getpid(), 0, 0}, other = {1, 5, 6}, gone = {0x3ffffff, 0, 0};
	int on = 1;

	pair(SOCK_STREAM);
	put("sendmsg", "credentials", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &k, 12, "x"));
	note("recvmsg", "SO_PASSCRED is off", "%s", receive(p[1], 10, 100, 0));
	put("setsockopt", "SO_PASSCRED", sc(SYS_setsockopt, p[1], SOL_SOCKET, SO_PASSCRED, &on, 4));
	send(p[0], "y", 1, 0);
	note("recvmsg", "SO_PASSCRED: filled in", "%s", receive(p[1], 10, 100, 0));
	send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &other, 12, "z");
	note("recvmsg", "SO_PASSCRED: as they were sent", "%s", receive(p[1], 10, 100, 0));
	put("sendmsg", "credentials of no process", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &gone, 12, "x"));
	put("sendmsg", "credentials too short", send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &k, 8, "x"));
	send(p[0], "w", 1, 0);
	note("recvmsg", "room too small for credentials", "%s", receive(p[1], 10, 16, 0));
	send(p[0], "a", 1, 0);
	send_control(p[0], SOL_SOCKET, SCM_CREDENTIALS, &other, 12, "b");
	note("recvmsg", "a read ends at other credentials", "%s", receive(p[1], 10, 100, 0));
	note("recvmsg", "the others", "%s", receive(p[1], 10, 100, 0));
}

static void claims(void)
{
	as_user(1000, 1000, own_creds);
	as_user(1000, 1000, others_creds);
}

static void vectors(void)
{
	char a[4], b[4];
	struct iovec v[3] = {{(void *)"abc", 3}, {NULL, 0}, {(void *)"defg", 4}}, w[2] = {{a, 3}, {b, 4}}, bad[2] = {{(void *)"xy", 2}, {(void *)16, 3}}, neg = {a, (size_t)-1};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 3};
	struct sockaddr_un u = {.sun_family = AF_UNIX};

	pair(SOCK_STREAM);
	put("sendmsg", "three pieces", sc(SYS_sendmsg, p[0], &m, 0));
	m.msg_iov = w, m.msg_iovlen = 2, m.msg_flags = 0x55, m.msg_namelen = 33;
	put("recvmsg", "two pieces", sc(SYS_recvmsg, p[1], &m, 0));
	note("recvmsg", "what came", "%.3s %.4s flags %x namelen %u", a, b, m.msg_flags, m.msg_namelen);
	m.msg_iov = bad;
	put("sendmsg", "second piece is bad", sc(SYS_sendmsg, p[0], &m, 0));
	put("recvmsg", "nothing came of it, nonblocking", sc(SYS_recvmsg, p[1], &m, MSG_DONTWAIT));
	m.msg_iov = &neg, m.msg_iovlen = 1;
	put("sendmsg", "negative length", sc(SYS_sendmsg, p[0], &m, 0));
	put("recvmsg", "negative length", sc(SYS_recvmsg, p[1], &m, MSG_DONTWAIT));
	m.msg_iov = v, m.msg_iovlen = 1025;
	put("sendmsg", "too many pieces", sc(SYS_sendmsg, p[0], &m, 0));
	put("recvmsg", "too many pieces", sc(SYS_recvmsg, p[1], &m, MSG_DONTWAIT));
	m.msg_iov = (void *)16, m.msg_iovlen = 1;
	put("sendmsg", "bad vector", sc(SYS_sendmsg, p[0], &m, 0));
	m.msg_iovlen = 0;
	put("sendmsg", "no pieces, stream", sc(SYS_sendmsg, p[0], &m, 0));
	put("sendmsg", "bad pointer", sc(SYS_sendmsg, p[0], 16, 0));
	put("recvmsg", "bad pointer", sc(SYS_recvmsg, p[0], 16, 0));
	put("sendmsg", "bad fd", sc(SYS_sendmsg, NOFD, &m, 0));
	put("recvmsg", "bad fd", sc(SYS_recvmsg, NOFD, &m, 0));
	put("sendmsg", "no socket", sc(SYS_sendmsg, 0, &m, 0));
	put("recvmsg", "no socket", sc(SYS_recvmsg, 0, &m, 0));
	m = (struct msghdr){.msg_iov = v, .msg_iovlen = 1, .msg_name = &u, .msg_namelen = sizeof u};
	put("sendmsg", "an address on a connected stream", sc(SYS_sendmsg, p[0], &m, 0));
	m.msg_namelen = (socklen_t)-1;
	put("sendmsg", "negative address length", sc(SYS_sendmsg, p[0], &m, 0));
	put("recvmsg", "negative address length", sc(SYS_recvmsg, p[1], &m, MSG_DONTWAIT));
	m.msg_name = (void *)16, m.msg_namelen = 10;
	put("sendmsg", "bad address pointer", sc(SYS_sendmsg, p[0], &m, 0));
}

static void addresses(void)
{
	char a[4];
	struct iovec v[3] = {{(void *)"abc", 3}, {NULL, 0}, {(void *)"defg", 4}}, w[1] = {{a, 3}};
	struct msghdr m;
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	int d[2], l;

	d[0] = socket(AF_UNIX, SOCK_DGRAM, 0), d[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	strcpy(u.sun_path, "to");
	must("bind", bind(d[1], (void *)&u, 5));
	m = (struct msghdr){.msg_iov = v, .msg_iovlen = 3, .msg_name = &u, .msg_namelen = 5};
	put("sendmsg", "dgram with an address", sc(SYS_sendmsg, d[0], &m, 0));
	m = (struct msghdr){.msg_iov = w, .msg_iovlen = 1, .msg_name = &u, .msg_namelen = sizeof u};
	put("recvmsg", "dgram, too little room", sc(SYS_recvmsg, d[1], &m, 0));
	note("recvmsg", "dgram, too little room: flags", "%x namelen %u", m.msg_flags, m.msg_namelen);
	strcpy(u.sun_path, "from");
	bind(d[0], (void *)&u, 7);
	strcpy(u.sun_path, "to");
	for (l = 0; l < 2; l++) sendto(d[0], "abcdef", 6, 0, (void *)&u, 5);
	m = (struct msghdr){.msg_iov = w, .msg_iovlen = 1, .msg_name = &u, .msg_namelen = 4};
	put("recvmsg", "dgram, MSG_TRUNC and MSG_PEEK", sc(SYS_recvmsg, d[1], &m, MSG_TRUNC | MSG_PEEK));
	note("recvmsg", "dgram, little room for the address", "flags %x namelen %u", m.msg_flags, m.msg_namelen);
	m.msg_namelen = sizeof u;
	sc(SYS_recvmsg, d[1], &m, 0);
	note("recvmsg", "dgram, the address", "%s", u.sun_path);
}

static void packets(void)
{
	pair(SOCK_SEQPACKET);
	send(p[0], "rec1", 4, 0), send(p[0], "rec2", 4, MSG_EOR);
	note("recvmsg", "seqpacket", "%s", receive(p[1], 10, 0, 0));
	note("recvmsg", "seqpacket, MSG_EOR", "%s", receive(p[1], 2, 0, 0));
	note("recvmsg", "seqpacket, empty", "%s", receive(p[1], 2, 0, MSG_DONTWAIT));
	put("sendto", "seqpacket of length 0", sc(SYS_sendto, p[0], "", 0, 0, NULL, 0));
	note("recvmsg", "seqpacket of length 0", "%s", receive(p[1], 2, 0, MSG_DONTWAIT));
}

static void many(void)
{
	struct mmsghdr { struct msghdr h; unsigned len; } m[4];
	char buf[4][8];
	struct iovec v[4] = {{(void *)"one", 3}, {(void *)"two2", 4}, {(void *)"three", 5}, {(void *)16, 4}}, r[4];

	pair(SOCK_DGRAM);
	memset(m, 0, sizeof m);
	for (int i = 0; i < 4; i++) m[i].h.msg_iov = &v[i], m[i].h.msg_iovlen = 1, r[i] = (struct iovec){buf[i], 8};
	put("sendmmsg", "three", sc(SYS_sendmmsg, p[0], m, 3, 0));
	note("sendmmsg", "lengths", "%u %u %u", m[0].len, m[1].len, m[2].len);
	put("sendmmsg", "the second fails", sc(SYS_sendmmsg, p[0], m + 2, 2, 0));
	put("sendmmsg", "the first fails", sc(SYS_sendmmsg, p[0], m + 3, 1, 0));
	put("sendmmsg", "none", sc(SYS_sendmmsg, p[0], m, 0, 0));
	put("sendmmsg", "bad pointer", sc(SYS_sendmmsg, p[0], 16, 1, 0));
	put("sendmmsg", "bad fd", sc(SYS_sendmmsg, NOFD, m, 1, 0));
	put("sendmmsg", "no socket", sc(SYS_sendmmsg, 0, m, 1, 0));
	for (int i = 0; i < 4; i++) m[i].h.msg_iov = &r[i];
	put("recvmmsg", "three of four", sc(SYS_recvmmsg, p[1], m, 3, 0, NULL));
	note("recvmmsg", "lengths and bytes", "%u %u %u %.3s %.4s %.5s", m[0].len, m[1].len, m[2].len, buf[0], buf[1], buf[2]);
	put("recvmmsg", "the last, MSG_DONTWAIT", sc(SYS_recvmmsg, p[1], m, 4, MSG_DONTWAIT, NULL));
	put("recvmmsg", "none there, MSG_DONTWAIT", sc(SYS_recvmmsg, p[1], m, 4, MSG_DONTWAIT, NULL));
}

static void many_times(void)
{
	struct mmsghdr { struct msghdr h; unsigned len; } m[4];
	char buf[4][8];
	struct iovec r[4];
	struct timespec zero = {0, 0}, bad = {0, -1}, ms = {0, 5000000};

	pair(SOCK_DGRAM);
	memset(m, 0, sizeof m);
	for (int i = 0; i < 4; i++) r[i] = (struct iovec){buf[i], 8}, m[i].h.msg_iov = &r[i], m[i].h.msg_iovlen = 1;
	send(p[0], "a", 1, 0), send(p[0], "b", 1, 0);
	put("recvmmsg", "MSG_WAITFORONE", sc(SYS_recvmmsg, p[1], m, 4, 0x10000, NULL));
	send(p[0], "a", 1, 0);
	put("recvmmsg", "time 0", sc(SYS_recvmmsg, p[1], m, 4, 0, &zero));
	put("recvmmsg", "bad time", sc(SYS_recvmmsg, p[1], m, 4, 0, &bad));
	put("recvmmsg", "bad time pointer", sc(SYS_recvmmsg, p[1], m, 4, 0, 16));
	put("recvmmsg", "bad pointer", sc(SYS_recvmmsg, p[1], 16, 1, MSG_DONTWAIT, NULL));
	put("recvmmsg", "bad fd", sc(SYS_recvmmsg, NOFD, m, 1, 0, NULL));
	put("recvmmsg", "no socket", sc(SYS_recvmmsg, 0, m, 1, 0, NULL));
	send(p[0], "a", 1, 0);
	put("recvmmsg", "one there and a time, MSG_DONTWAIT", sc(SYS_recvmmsg, p[1], m, 2, MSG_DONTWAIT, &ms));
	send(p[0], "a", 1, 0);
	long long t64[2] = {0, 5000000};
	put("recvmmsg_time64", "one, MSG_DONTWAIT", sc(417, p[1], m, 2, MSG_DONTWAIT, t64));
	put("recvmmsg_time64", "bad time pointer", sc(417, p[1], m, 2, MSG_DONTWAIT, 16));
	put("recvmmsg_time64", "bad fd", sc(417, NOFD, m, 2, MSG_DONTWAIT, NULL));
}

const struct section sections[] = {{"rights", rights}, {"streams", streams}, {"refused", refused}, {"creds", creds}, {"claims", claims}, {"vectors", vectors}, {"addresses", addresses}, {"packets", packets}, {"many", many}, {"many_times", many_times}, {NULL, NULL}};
