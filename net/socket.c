/* socket.c - sockets as files: making them, reading and writing through file_ops, the options every family has.
 * Called by: sys_socket.c, the file table.
 * Never: knows a family's addresses or queues.  */
#include "net/socket.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "lib/fixed.h"
#include "lib/str.h"
#include "net/unix.h"

#define BUF_DEFAULT 180224u   /* net.core.wmem_default of a 32-bit Linux, and the most that may be asked for */
#define SNDBUF_LEAST 4480u
#define RCVBUF_LEAST 2240u
#define OPT_MAX 64u
#define FAMILIES 46u          /* numbers that Linux knows */
#define SOCK_TYPES 11u

static const struct inode_ops sock_inode_ops;
static struct superblock sockfs = {.fstype = "sockfs", .source = "sockfs", .dev = 0xfe, .refs = 1};
static const struct file_ops sock_file_ops;

/* ---- life */
void socket_init(struct socket *s, const struct socket_ops *ops, uint32_t family, uint32_t type)
{
	s->ops = ops;
	s->family = (uint16_t)family;
	s->type = (uint16_t)type;
	s->sndbuf = s->rcvbuf = BUF_DEFAULT;
	s->rcvlowat = 1;
}

struct file *socket_file(struct socket *s, uint32_t flags, const struct fs_caller *who)
{
	struct inode *i = inode_new(&sockfs, &sock_inode_ops, S_IFSOCK | 0777);
	struct file *f = i ? file_new(i, NULL, &sock_file_ops, O_RDWR | flags) : NULL;

	if (!f) {
		inode_unref(i);
		s->ops->release(s);
		return NULL;
	}
	i->uid = who->cred->fsuid;
	i->gid = who->cred->fsgid;
	f->priv = s;
	return f;
}

struct socket *socket_of(const struct file *f)
{
	return f->ops == &sock_file_ops ? f->priv : NULL;
}

int socket_create(uint32_t family, uint32_t type, uint32_t protocol, uint32_t flags, const struct fs_caller *who, struct file **out)
{
	struct socket *s;

	if (family < FAMILIES && type >= SOCK_TYPES) return -EINVAL;
	if (family != AF_UNIX) return -EAFNOSUPPORT;
	int err = unix_create(type, protocol, who, &s);
	if (err) return err;
	*out = socket_file(s, flags, who);
	return *out ? 0 : -ENOMEM;
}

int socket_pair(uint32_t family, uint32_t type, uint32_t protocol, uint32_t flags, const struct fs_caller *who, struct file *out[2])
{
	int err = socket_create(family, type, protocol, flags, who, &out[0]);

	if (err) return err;
	err = socket_create(family, type, protocol, flags, who, &out[1]);
	if (!err) {
		unix_join(out[0]->priv, out[1]->priv);
		return 0;
	}
	file_unref(out[0]);
	return err;
}

/* ---- bytes */
int32_t socket_send(struct file *f, struct sock_msg *m, const struct fs_caller *who)
{
	struct socket *s = f->priv;

	if (f->flags & O_NONBLOCK) m->flags |= MSG_DONTWAIT;
	int32_t r = s->ops->send(s, m, who);
	if (r == -EPIPE && s->type == SOCK_STREAM && !(m->flags & MSG_NOSIGNAL)) who->ops->raise(who, SIGPIPE);
	return r;
}

int32_t socket_recv(struct file *f, struct sock_msg *m)
{
	struct socket *s = f->priv;

	if (f->flags & O_NONBLOCK) m->flags |= MSG_DONTWAIT;
	return s->ops->recv(s, m);
}

static int32_t sock_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct sock_msg m = {.u = u};

	if (u->left == 0) return 0;
	UNUSED(pos);
	UNUSED(who);
	int32_t r = socket_recv(f, &m);
	for (uint32_t i = 0; i < m.n_files; i++) file_unref(m.files[i]); /* nobody asked for them */
	kfree(m.files);
	return r;
}

static int32_t sock_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct sock_msg m = {.u = u, .flags = MSG_NOSIGNAL}; /* file_write raises it */

	UNUSED(pos);
	return socket_send(f, &m, who);
}

static uint32_t sock_poll(struct file *f, struct pollset *ps)
{
	struct socket *s = f->priv;

	return s->ops->poll(s, ps);
}

static int32_t sock_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	struct socket *s = f->priv;

	UNUSED(who);
	switch (cmd) {
	case FIONREAD: return s->listening ? -EINVAL : umem_store_u32(mem, uaddr(arg), s->ops->readable_bytes(s));
	case TIOCOUTQ: return umem_store_u32(mem, uaddr(arg), s->ops->unsent_bytes(s));
	default: return -ENOTTY;
	}
}

static void sock_release(struct file *f)
{
	struct socket *s = f->priv;

	if (s) s->ops->release(s);
}

static const struct file_ops sock_file_ops = {
	.read = sock_read,
	.write = sock_write,
	.seek = file_no_seek,
	.poll = sock_poll,
	.ioctl = sock_ioctl,
	.release = sock_release,
};

uint64_t socket_deadline(uint64_t timeout_ns)
{
	return timeout_ns ? clock_now_ns() + timeout_ns : FOREVER;
}

/* ---- options: socket(7) */
static int get_time(const void *value, uint32_t len, bool wide, uint64_t *ns)
{
	int64_t s, us;

	if (len < (wide ? 16u : 8u)) return -EINVAL;
	if (wide) {
		memcpy(&s, value, 8);
		memcpy(&us, (const uint8_t *)value + 8, 8);
	} else {
		struct linux_timeval v;
		memcpy(&v, value, sizeof v);
		s = v.sec;
		us = v.usec;
	}
	if (us < 0 || us >= 1000000) return -EDOM;
	if (s < 0 || s > 9000000000ll) s = 0;
	*ns = (uint64_t)s * NS_PER_S + (uint64_t)us * 1000;
	return 0;
}

static uint32_t put_time_value(uint8_t *out, bool wide, uint64_t ns)
{
	uint32_t rest = fixed_div64(&ns, (uint32_t)NS_PER_S) / 1000;

	if (wide) {
		uint64_t v[2] = {ns, rest};
		memcpy(out, v, 16);
		return 16;
	}
	struct linux_timeval v = {(int32_t)ns, (int32_t)rest};
	memcpy(out, &v, 8);
	return 8;
}

/* Doubled, as socket(7) says. */
static uint32_t buffer_size(int32_t asked, bool force, uint32_t least)
{
	uint32_t n = force ? (uint32_t)MIN(MAX(asked, 0), INT32_MAX / 2) : MIN((uint32_t)asked, BUF_DEFAULT);

	return MAX(n * 2, least);
}

/* Marks that are kept and told, and change nothing here. */
static bool *plain_mark(struct socket *s, int32_t name)
{
	switch (name) {
	case SO_DEBUG: return &s->debug;
	case SO_REUSEADDR: return &s->reuse;
	case SO_DONTROUTE: return &s->dontroute;
	case SO_BROADCAST: return &s->broadcast;
	case SO_KEEPALIVE: return &s->keepalive;
	case SO_OOBINLINE: return &s->oobinline;
	case SO_NO_CHECK: return &s->no_check;
	case SO_PASSCRED: return &s->passcred;
	case SO_PASSSEC: return &s->passsec;
	default: return NULL;
	}
}

static int set_linger(struct socket *s, const void *value, uint32_t len)
{
	if (len < sizeof s->linger) return -EINVAL;
	memcpy(&s->linger, value, sizeof s->linger);
	return 0;
}

int socket_setopt(struct socket *s, int32_t level, int32_t name, const void *value, uint32_t len)
{
	int32_t v;

	if (level != SOL_SOCKET) return -EOPNOTSUPP;
	if (len < 4) return -EINVAL;
	memcpy(&v, value, 4);
	bool *mark = plain_mark(s, name);
	if (mark) {
		*mark = v != 0;
		return 0;
	}
	switch (name) {
	case SO_REUSEPORT: return v ? -EOPNOTSUPP : 0;
	case SO_PRIORITY: s->priority = v; return 0;
	case SO_MARK: s->mark = v; return 0;
	case SO_SNDBUF: case SO_SNDBUFFORCE: s->sndbuf = buffer_size(v, name == SO_SNDBUFFORCE, SNDBUF_LEAST); return 0;
	case SO_RCVBUF: case SO_RCVBUFFORCE: s->rcvbuf = buffer_size(v, name == SO_RCVBUFFORCE, RCVBUF_LEAST); return 0;
	case SO_RCVLOWAT: s->rcvlowat = v < 0 ? INT32_MAX : MAX((uint32_t)v, 1u); return 0;
	case SO_LINGER: return set_linger(s, value, len);
	case SO_RCVTIMEO_OLD: case SO_RCVTIMEO_NEW: return get_time(value, len, name == SO_RCVTIMEO_NEW, &s->rcvtimeo_ns);
	case SO_SNDTIMEO_OLD: case SO_SNDTIMEO_NEW: return get_time(value, len, name == SO_SNDTIMEO_NEW, &s->sndtimeo_ns);
	default: return -ENOPROTOOPT;
	}
}

static int32_t take_error(struct socket *s)
{
	int32_t e = s->error;

	s->error = 0;
	return e;
}

int socket_getopt(struct socket *s, int32_t level, int32_t name, void *value, uint32_t *len)
{
	uint8_t out[OPT_MAX];
	uint32_t n = 4;
	int32_t v = 0;

	if (level != SOL_SOCKET) return -EOPNOTSUPP;
	const bool *mark = plain_mark(s, name);
	if (mark) {
		v = *mark;
		memcpy(out, &v, 4);
		goto have;
	}
	switch (name) {
	case SO_REUSEPORT: case SO_BUSY_POLL: break;
	case SO_PRIORITY: v = s->priority; break;
	case SO_MARK: v = s->mark; break;
	case SO_PEEK_OFF: v = -1; break;
	case SO_BINDTODEVICE: n = 0; break;
	case SO_TYPE: v = s->type; break;
	case SO_DOMAIN: v = s->family; break;
	case SO_PROTOCOL: v = (int32_t)s->protocol; break;
	case SO_ERROR: v = take_error(s); break;
	case SO_SNDBUF: v = (int32_t)s->sndbuf; break;
	case SO_RCVBUF: v = (int32_t)s->rcvbuf; break;
	case SO_RCVLOWAT: v = (int32_t)s->rcvlowat; break;
	case SO_SNDLOWAT: v = 1; break;
	case SO_ACCEPTCONN: v = s->listening; break;
	case SO_LINGER:
		n = sizeof s->linger;
		memcpy(out, &s->linger, n);
		break;
	case SO_RCVTIMEO_OLD: case SO_RCVTIMEO_NEW: n = put_time_value(out, name == SO_RCVTIMEO_NEW, s->rcvtimeo_ns); break;
	case SO_SNDTIMEO_OLD: case SO_SNDTIMEO_NEW: n = put_time_value(out, name == SO_SNDTIMEO_NEW, s->sndtimeo_ns); break;
	default:
		n = sizeof out;
		int err = s->ops->getopt(s, level, name, out, &n);
		if (err) return err;
		goto have;
	}
	if (n == 4) memcpy(out, &v, 4);
have:
	*len = MIN(*len, n);
	memcpy(value, out, *len);
	return 0;
}
