/* sys_sockmsg.c - sendmsg, recvmsg and their plural forms: msghdrs with vectors, addresses, files and credentials.
 * Called by: dispatch.c through table.def (home halves; a body that is away comes home first).
 * Never: moves bytes itself.  Source: cmsg(3), sendmsg(2), recvmsg(2), unix(7).  */
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sockarg.h"
#include "lib/str.h"

#define CONTROL_MAX 20480u    /* net.core.optmem_max */
#define MSG_WAITFORONE 0x10000u

static struct fdtable *fds(const struct ucall *c)
{
	return ucall_group(c)->fds;
}

/* ---- decoding */
/* The vector as checked pieces in a kmalloc block (NULL when there are none). */
static int fetch_vector(struct ucall *c, const struct linux_msghdr *h, struct uio_seg **out)
{
	uint32_t sum = 0;

	*out = NULL;
	if (h->iovlen > IOV_MAX) return -EMSGSIZE;
	if (!h->iovlen) return 0;
	struct uio_seg *segs = kmalloc(h->iovlen * (uint32_t)sizeof *segs);
	if (!segs) return -ENOMEM;
	int err = umem_fetch(c->mem, segs, uaddr(h->iov), h->iovlen * (uint32_t)sizeof *segs);
	for (uint32_t i = 0; i < h->iovlen && !err; i++) {
		if (segs[i].len > 0x7fffffffu - sum) err = -EINVAL;
		sum += segs[i].len;
	}
	if (err) {
		kfree(segs);
		return err;
	}
	*out = segs;
	return 0;
}

static void drop_files(struct sock_msg *m)
{
	for (uint32_t i = 0; i < m->n_files; i++) file_unref(m->files[i]);
	kfree(m->files);
	m->files = NULL;
	m->n_files = 0;
}

/* ---- what is sent beside the bytes */
static int take_rights(struct ucall *c, const uint8_t *data, uint32_t len, struct sock_msg *m)
{
	uint32_t n = len / 4;
	int32_t fd;

	if (n == 0) return 0;
	if (m->n_files + n > SCM_MAX_FD) return -EINVAL;
	struct file **all = kmalloc((m->n_files + n) * (uint32_t)sizeof *all);
	if (!all) return -ENOMEM;
	if (m->n_files) memcpy(all, m->files, m->n_files * sizeof *all);
	kfree(m->files);
	m->files = all;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(&fd, data + 4 * i, 4);
		all[m->n_files] = arg_file_any(c, (uint32_t)fd);
		if (!all[m->n_files]) return -EBADF;
		m->n_files++;
	}
	return 0;
}

static bool may_claim(uint32_t id, uint32_t a, uint32_t b, uint32_t s)
{
	return id == a || id == b || id == s;
}

static int take_credentials(struct ucall *c, const uint8_t *data, uint32_t len, struct sock_msg *m)
{
	const struct fs_caller *who = ucall_who(c);
	const struct cred *k = who->cred;

	if (len != sizeof m->cred) return -EINVAL;
	memcpy(&m->cred, data, sizeof m->cred);
	m->has_cred = true;
	if (m->cred.pid != who->ops->pid(who) && capable(who) && !group_find(m->cred.pid)) return -ESRCH;
	if (capable(who)) return 0;
	if (m->cred.pid != who->ops->pid(who)) return -EPERM;
	return may_claim(m->cred.uid, k->uid, k->euid, k->suid) && may_claim(m->cred.gid, k->gid, k->egid, k->sgid) ? 0 : -EPERM;
}

static int parse_control(struct ucall *c, const uint8_t *buf, uint32_t total, struct sock_msg *m)
{
	struct linux_cmsghdr h;
	int err = 0;

	for (uint32_t at = 0; !err && at + sizeof h <= total; at += CMSG_ALIGN4(h.len)) {
		memcpy(&h, buf + at, sizeof h);
		if (h.len < sizeof h || h.len > total - at) return -EINVAL;
		const uint8_t *data = buf + at + sizeof h;
		uint32_t len = h.len - (uint32_t)sizeof h;
		if (h.level != SOL_SOCKET) continue;
		if (h.type == SCM_RIGHTS)
			err = take_rights(c, data, len, m);
		else if (h.type == SCM_CREDENTIALS)
			err = take_credentials(c, data, len, m);
		else
			err = -EINVAL;
	}
	return err;
}

static int fetch_control(struct ucall *c, const struct linux_msghdr *h, struct sock_msg *m)
{
	if (!h->control || !h->controllen) return 0;
	if (h->controllen > CONTROL_MAX) return -ENOBUFS;
	uint8_t *buf = kmalloc(h->controllen);
	if (!buf) return -ENOBUFS;
	int err = umem_fetch(c->mem, buf, uaddr(h->control), h->controllen);
	if (!err) err = parse_control(c, buf, h->controllen, m);
	kfree(buf);
	return err;
}

static int32_t send_one(struct ucall *c, struct file *f, uint32_t at, uint32_t flags)
{
	struct linux_msghdr h;
	struct sock_addr a;
	struct uio_seg *segs;
	struct uio u;
	struct sock_msg m = {.u = &u, .flags = flags};
	int32_t r = umem_fetch(c->mem, &h, uaddr(at), sizeof h);

	if (r) return r;
	if ((int32_t)h.namelen < 0) return -EINVAL;
	if (h.name && h.namelen) {
		r = fetch_addr(c, h.name, MIN(h.namelen, SOCKADDR_MAX), &a);
		m.addr = &a;
	}
	if (!r) r = fetch_vector(c, &h, &segs);
	if (r) return r;
	r = fetch_control(c, &h, &m);
	if (!r) {
		uio_init_vec(&u, c->mem, segs, h.iovlen);
		r = socket_send(f, &m, ucall_who(c));
	}
	drop_files(&m);
	kfree(segs);
	return r;
}

/* ---- what is received beside the bytes */
struct control { uint32_t at, left, used; bool cut; };

static int put_cmsg(struct ucall *c, struct control *k, int32_t type, const void *data, uint32_t len)
{
	struct linux_cmsghdr h = {.len = (uint32_t)sizeof h + len, .level = SOL_SOCKET, .type = type};

	if (k->left < sizeof h) {
		k->cut = true;
		return 0;
	}
	if (h.len > k->left) {
		h.len = k->left;
		k->cut = true;
	}
	int err = umem_store(c->mem, uaddr(k->at + k->used), &h, sizeof h);
	if (!err && h.len > sizeof h) err = umem_store(c->mem, uaddr(k->at + k->used + (uint32_t)sizeof h), data, h.len - (uint32_t)sizeof h);
	uint32_t step = MIN(CMSG_ALIGN4(h.len), k->left);
	k->used += step;
	k->left -= step;
	return err;
}

/* As many of the files as there is room for become descriptors. */
static int put_rights(struct ucall *c, struct control *k, struct sock_msg *m, uint32_t flags)
{
	uint32_t room = k->left < sizeof(struct linux_cmsghdr) ? 0 : (k->left - (uint32_t)sizeof(struct linux_cmsghdr)) / 4;
	uint32_t n = MIN(room, m->n_files), done = 0;
	int32_t *fd = n ? kmalloc(n * 4) : NULL;

	if (fd)
		for (; done < n; done++) {
			fd[done] = fd_install(fds(c), m->files[done], 0, (flags & MSG_CMSG_CLOEXEC) != 0);
			if (fd[done] < 0) break;
		}
	for (uint32_t i = done; i < m->n_files; i++) file_unref(m->files[i]);
	if (done < m->n_files) k->cut = true;
	int err = done ? put_cmsg(c, k, SCM_RIGHTS, fd, done * 4) : 0;
	kfree(fd);
	kfree(m->files);
	m->files = NULL;
	m->n_files = 0;
	return err;
}

static int put_control(struct ucall *c, struct socket *s, struct linux_msghdr *h, struct sock_msg *m)
{
	struct control k = {.at = h->control, .left = h->control ? h->controllen : 0};
	int err = 0;

	if (s->passcred && m->has_cred) err = put_cmsg(c, &k, SCM_CREDENTIALS, &m->cred, sizeof m->cred);
	if (m->n_files) {
		int e = put_rights(c, &k, m, m->flags);
		if (!err) err = e;
	}
	h->controllen = k.used;
	if (k.cut) m->flags_out |= MSG_CTRUNC;
	return err;
}

static int32_t recv_one(struct ucall *c, struct file *f, struct socket *s, uint32_t at, uint32_t flags)
{
	struct linux_msghdr h;
	struct sock_addr a = {.len = 0};
	struct uio_seg *segs;
	struct uio u;
	struct sock_msg m = {.u = &u, .flags = flags};
	int32_t r = umem_fetch(c->mem, &h, uaddr(at), sizeof h);

	if (r) return r;
	if ((int32_t)h.namelen < 0) return -EINVAL;
	if (h.name) m.addr = &a;
	r = fetch_vector(c, &h, &segs);
	if (r) return r;
	uio_init_vec(&u, c->mem, segs, h.iovlen);
	r = socket_recv(f, &m);
	kfree(segs);
	if (r < 0) return r;
	int err = m.addr ? store_addr(c, h.name, h.namelen, &a) : 0;
	h.namelen = m.addr ? a.len : h.namelen;
	int e = put_control(c, s, &h, &m);
	if (!err) err = e;
	h.flags = m.flags_out | (flags & MSG_CMSG_CLOEXEC);
	if (!err && h.name) err = umem_store_u32(c->mem, uaddr(at + 4), h.namelen);
	if (!err) err = umem_store_u32(c->mem, uaddr(at + 20), h.controllen);
	if (!err) err = umem_store_u32(c->mem, uaddr(at + 24), h.flags);
	return err ? err : r;
}

/* ---- the calls */
int32_t sys_sendmsg(struct ucall *c)
{
	struct socket *s;
	struct file *f;
	int32_t r = arg_socket(c, c->arg[0], &f, &s);

	if (r) return r;
	r = send_one(c, f, c->arg[1], c->arg[2]);
	file_unref(f);
	return r;
}

int32_t sys_recvmsg(struct ucall *c)
{
	struct socket *s;
	struct file *f;
	int32_t r = arg_socket(c, c->arg[0], &f, &s);

	if (r) return r;
	r = recv_one(c, f, s, c->arg[1], c->arg[2]);
	file_unref(f);
	return r;
}

static int store_count(struct ucall *c, uint32_t at, int32_t n)
{
	return umem_store_u32(c->mem, uaddr(at + (uint32_t)sizeof(struct linux_msghdr)), (uint32_t)n);
}

int32_t sys_sendmmsg(struct ucall *c)
{
	uint32_t n = MIN(c->arg[2], IOV_MAX), done = 0;
	struct socket *s;
	struct file *f;
	int32_t r = arg_socket(c, c->arg[0], &f, &s);

	if (r) return r;
	for (; done < n; done++) {
		uint32_t at = c->arg[1] + done * (uint32_t)sizeof(struct linux_mmsghdr);
		r = send_one(c, f, at, c->arg[3]);
		if (r >= 0) r = store_count(c, at, r);
		if (r < 0) break;
	}
	file_unref(f);
	return done ? (int32_t)done : r;
}

static int32_t recvmmsg(struct ucall *c, enum time_kind kind)
{
	uint32_t n = MIN(c->arg[2], IOV_MAX), done = 0, flags = c->arg[3];
	uint64_t deadline = FOREVER, ns;
	struct socket *s;
	struct file *f;
	int32_t r = c->arg[4] ? arg_time(c, c->arg[4], kind, &ns) : 0;

	if (r) return r;
	if (c->arg[4]) deadline = clock_now_ns() + ns;
	r = arg_socket(c, c->arg[0], &f, &s);
	if (r) return r;
	for (; done < n && (done == 0 || clock_now_ns() < deadline); done++) {
		uint32_t at = c->arg[1] + done * (uint32_t)sizeof(struct linux_mmsghdr);
		r = recv_one(c, f, s, at, flags & ~MSG_WAITFORONE);
		if (r >= 0) r = store_count(c, at, r);
		if (r < 0) break;
		if (flags & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
	}
	file_unref(f);
	return done ? (int32_t)done : r;
}

int32_t sys_recvmmsg(struct ucall *c) { return recvmmsg(c, TIME_32); }
int32_t sys_recvmmsg64(struct ucall *c) { return recvmmsg(c, TIME_64); }
