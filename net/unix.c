/* unix.c - sockets of AF_UNIX: their life, addresses, connections, state.
 * Called by: socket.c through socket_ops.
 * Never: moves bytes (unix_msg.c); collects sockets that lie in each other's queues.  */
#include "net/unix.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

static struct list_node bound = LIST_INIT(bound); /* sockets with an address, of struct unix_sock */
static const struct socket_ops unix_ops;

static bool connects(const struct unix_sock *u)
{
	return u->s.type != SOCK_DGRAM;
}

/* ---- life */
static struct linux_ucred cred_of(const struct fs_caller *who)
{
	return (struct linux_ucred){.pid = who->ops->pid(who), .uid = who->cred->euid, .gid = who->cred->egid};
}

static struct unix_sock *new_sock(uint32_t type, const struct linux_ucred *cred)
{
	struct unix_sock *u = kzalloc(sizeof *u);

	if (!u) return NULL;
	socket_init(&u->s, &unix_ops, AF_UNIX, type);
	u->refs = 1;
	list_init(&u->node);
	list_init(&u->msgs);
	list_init(&u->embryos);
	u->cred = *cred;
	u->peer_cred = (struct linux_ucred){.pid = 0, .uid = UINT32_MAX, .gid = UINT32_MAX};
	mutex_init(&u->reading, MUTEX_INODE);
	waitq_init(&u->readable);
	waitq_init(&u->writable);
	return u;
}

int unix_create(uint32_t type, uint32_t protocol, const struct fs_caller *who, struct socket **out)
{
	struct linux_ucred cred = cred_of(who);

	if (protocol != 0 && protocol != AF_UNIX) return -EPROTONOSUPPORT;
	if (type == 3) type = SOCK_DGRAM; /* SOCK_RAW, for compatibility: unix(7) */
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET) return -ESOCKTNOSUPPORT;
	struct unix_sock *u = new_sock(type, &cred);
	if (!u) return -ENOMEM;
	*out = &u->s;
	return 0;
}

void unix_unref(struct unix_sock *u)
{
	if (!u) return;
	KASSERT2(u->refs > 0, u->refs, u->s.type);
	if (--u->refs == 0) kfree(u);
}

void unix_wake(struct unix_sock *u)
{
	waitq_wake_all(&u->readable);
	waitq_wake_all(&u->writable);
}

static void drop_msgs(struct unix_sock *u)
{
	struct list_node *n;

	while ((n = list_pop_front(&u->msgs)) != NULL) unix_msg_free(list_entry(n, struct unix_msg, node));
	u->n_msgs = u->bytes = 0;
}

/* The other side of a connection sees the end. */
static void leave_peer(struct unix_sock *u, bool reset)
{
	struct unix_sock *p = u->peer;

	u->peer = NULL;
	if (!p) return;
	if (connects(u) && p->peer == u) {
		p->shut = UNIX_RCV_SHUT | UNIX_SND_SHUT;
		if (reset) p->s.error = ECONNRESET;
	}
	unix_wake(p);
	unix_unref(p);
}

static void end(struct unix_sock *u, bool reset)
{
	u->dead = true;
	leave_peer(u, reset || !list_empty(&u->msgs));
	drop_msgs(u);
	unix_wake(u);
	inode_unref(u->inode);
	u->inode = NULL;
	unix_unref(u);
}

static void unix_release(struct socket *s)
{
	struct unix_sock *u = unix_of(s);
	struct list_node *n;

	if (list_linked(&u->node)) list_remove(&u->node);
	while ((n = list_pop_front(&u->embryos)) != NULL) end(list_entry(n, struct unix_sock, node), true);
	end(u, false);
}

void unix_join(struct socket *sa, struct socket *sb)
{
	struct unix_sock *a = unix_of(sa), *b = unix_of(sb);

	a->refs++;
	b->refs++;
	a->peer = b;
	b->peer = a;
	a->peer_cred = b->cred;
	b->peer_cred = a->cred;
}

/* ---- addresses */
int unix_check_addr(const struct sock_addr *a)
{
	uint16_t family;

	if (a->len < sizeof family || a->len > sizeof(struct linux_sockaddr_un)) return -EINVAL;
	memcpy(&family, a->bytes, sizeof family);
	return family == AF_UNIX ? 0 : -EINVAL;
}

static bool abstract(const struct sock_addr *a)
{
	return a->len > 2 && a->bytes[2] == 0;
}

/* The path of an address, ended by NUL. */
static void path_of(const struct sock_addr *a, char path[UNIX_PATH_MAX + 1])
{
	uint32_t n = a->len - 2;

	memcpy(path, a->bytes + 2, n);
	path[n] = '\0';
}

/* Each type of socket has abstract names of its own. */
static struct unix_sock *find_abstract(const struct sock_addr *a, uint32_t type)
{
	struct unix_sock *u;

	list_for_each(u, &bound, node)
		if (u->s.type == type && u->addr.len == a->len && !memcmp(u->addr.bytes, a->bytes, a->len)) return u;
	return NULL;
}

static struct unix_sock *find_inode(const struct inode *i)
{
	struct unix_sock *u;

	list_for_each(u, &bound, node)
		if (u->inode == i) return u;
	return NULL;
}

static int find_path(const struct sock_addr *a, const struct fs_caller *who, struct unix_sock **out)
{
	char path[UNIX_PATH_MAX + 1];
	struct walk w;

	path_of(a, path);
	int err = name_walk(&w, NULL, path, WALK_FOLLOW, who);
	if (err) return err;
	err = inode_permission(w.name->inode, W_OK, who);
	if (!err) {
		*out = S_ISSOCK(w.name->inode->mode) ? find_inode(w.name->inode) : NULL;
		if (!*out) err = -ECONNREFUSED;
	}
	name_unref(w.name);
	return err;
}

int unix_find(const struct sock_addr *a, uint32_t type, const struct fs_caller *who, struct unix_sock **out)
{
	int err = 0;

	if (a->len <= 2) return -EINVAL;
	if (abstract(a)) {
		*out = find_abstract(a, type);
		if (!*out) err = -ECONNREFUSED;
	} else {
		err = find_path(a, who, out);
	}
	if (err) return err;
	if ((*out)->s.type != type) return -EPROTOTYPE;
	(*out)->refs++;
	return 0;
}

static int bind_path(struct unix_sock *u, const struct sock_addr *a, const struct fs_caller *who)
{
	char path[UNIX_PATH_MAX + 1];
	struct name *made;
	struct walk w;

	path_of(a, path);
	int err = name_walk(&w, NULL, path, WALK_PARENT, who);
	if (err) return err;
	err = w.trailing_slash ? -ENOENT : name_create(w.name, w.last, w.last_len, S_IFSOCK | 0777, 0, who, &made);
	name_unref(w.name);
	if (err) return err == -EEXIST ? -EADDRINUSE : err;
	inode_ref(u->inode = made->inode);
	name_unref(made);
	u->addr = *a;
	u->addr.len = 2 + (uint32_t)strlen(path) + 1;
	u->addr.bytes[u->addr.len - 1] = 0;
	return 0;
}

/* A second bind: the path is tried first. */
static int bind_again(const struct sock_addr *a, const struct fs_caller *who)
{
	char path[UNIX_PATH_MAX + 1];
	struct walk w;

	if (a->len == 2) return 0;
	if (abstract(a)) return -EINVAL;
	path_of(a, path);
	int err = name_walk(&w, NULL, path, 0, who);
	if (err) return err == -ENOENT ? -EINVAL : err;
	name_unref(w.name);
	return -EADDRINUSE;
}

static void bind_any(struct unix_sock *u)
{
	static uint32_t next;
	char name[8];

	u->addr = (struct sock_addr){.len = 2 + 6, .bytes = {AF_UNIX}};
	do {
		fmt_snprintf(name, sizeof name, "%05x", next++ & 0xfffff);
		memcpy(u->addr.bytes + 3, name, 5);
	} while (find_abstract(&u->addr, u->s.type));
}

static int unix_bind(struct socket *s, const struct sock_addr *a, const struct fs_caller *who)
{
	struct unix_sock *u = unix_of(s);
	int err = unix_check_addr(a);

	if (err) return err;
	if (u->addr.len) return bind_again(a, who);
	if (a->len == 2) {
		bind_any(u);
	} else if (abstract(a)) {
		if (find_abstract(a, s->type)) return -EADDRINUSE;
		u->addr = *a;
	} else {
		err = bind_path(u, a, who);
	}
	if (!err) list_push_back(&bound, &u->node);
	return err;
}

static int unix_getname(struct socket *s, bool peer, struct sock_addr *out)
{
	const struct unix_sock *u = unix_of(s);

	if (peer) {
		u = u->peer;
		if (!u) return -ENOTCONN;
	}
	if (u->addr.len) {
		*out = u->addr;
		return 0;
	}
	*out = (struct sock_addr){.len = 2, .bytes = {AF_UNIX}};
	return 0;
}

/* ---- connecting */
static int connect_dgram(struct unix_sock *u, const struct sock_addr *a, const struct fs_caller *who)
{
	struct unix_sock *to = NULL;
	uint16_t family;

	memcpy(&family, a->bytes, sizeof family);
	if (family != AF_UNSPEC) {
		int err = unix_check_addr(a);
		if (!err) err = unix_find(a, u->s.type, who, &to);
		if (err) return err;
		if (to->peer && to->peer != u) {
			unix_unref(to);
			return -EPERM;
		}
	}
	struct unix_sock *old = u->peer;
	u->peer = to;
	if (old) unix_wake(old);
	if (old && list_empty(&old->writable.waiters)) unix_unref(old); /* else somebody polls it by way of u: it stays */
	return 0;
}

/* A listener with room in its queue, referenced. */
static int find_listener(struct unix_sock *u, const struct sock_addr *a, bool nonblock, const struct fs_caller *who, struct unix_sock **out)
{
	uint64_t deadline = socket_deadline(u->s.sndtimeo_ns);

	for (;;) {
		int err = unix_find(a, u->s.type, who, out);
		if (err) return err;
		struct unix_sock *l = *out;
		if (l->dead || !l->s.listening || (l->shut & UNIX_RCV_SHUT)) err = -ECONNREFUSED;
		if (!err && l->n_embryos <= l->backlog) return 0;
		if (!err) err = nonblock ? -EAGAIN : waitq_sleep(&l->writable, CUT_SIGNAL | CUT_DESTROY, deadline);
		unix_unref(l);
		if (err == -ETIMEDOUT) return -EAGAIN;
		if (err) return err == -EINTR ? -ERESTARTSYS : err;
	}
}

static int unix_connect(struct socket *s, const struct sock_addr *a, bool nonblock, const struct fs_caller *who)
{
	struct unix_sock *u = unix_of(s), *l;

	if (a->len < 2) return -EINVAL;
	if (!connects(u)) return connect_dgram(u, a, who);
	int err = unix_check_addr(a);
	if (err) return err;
	err = find_listener(u, a, nonblock, who, &l);
	if (err) return err;
	if (u->peer || s->listening) {
		unix_unref(l);
		return u->peer ? -EISCONN : -EINVAL;
	}
	struct linux_ucred cred = cred_of(who);
	struct unix_sock *e = new_sock(s->type, &l->cred);
	if (!e) {
		unix_unref(l);
		return -ENOMEM;
	}
	e->addr = l->addr;
	u->cred = cred;
	unix_join(&u->s, &e->s);
	u->peer_cred = l->cred;
	e->s.passcred = l->s.passcred;
	list_push_back(&l->embryos, &e->node);
	l->n_embryos++;
	unix_wake(l);
	unix_wake(u);
	unix_unref(l);
	return 0;
}

static int unix_listen(struct socket *s, uint32_t backlog, const struct fs_caller *who)
{
	struct unix_sock *u = unix_of(s);

	if (!connects(u)) return -EOPNOTSUPP;
	if (!u->addr.len || u->peer) return -EINVAL;
	u->backlog = MIN(backlog, 4096u);
	u->cred = u->peer_cred = cred_of(who);
	s->listening = true;
	unix_wake(u);
	return 0;
}

static int unix_accept(struct socket *s, bool nonblock, struct socket **out)
{
	struct unix_sock *u = unix_of(s);
	uint64_t deadline = socket_deadline(s->rcvtimeo_ns);

	if (!connects(u)) return -EOPNOTSUPP;
	if (!s->listening) return -EINVAL;
	while (list_empty(&u->embryos)) {
		if (u->shut & UNIX_RCV_SHUT) return -EINVAL;
		if (nonblock) return -EAGAIN;
		int r = waitq_sleep(&u->readable, CUT_SIGNAL | CUT_DESTROY, deadline);
		if (r == -ETIMEDOUT) return -EAGAIN;
		if (r == -EINTR) return -ERESTARTSYS;
	}
	struct unix_sock *e = list_entry(list_pop_front(&u->embryos), struct unix_sock, node);
	u->n_embryos--;
	waitq_wake_all(&u->writable);
	*out = &e->s;
	return 0;
}

/* ---- state */
static int unix_shutdown(struct socket *s, uint32_t how)
{
	struct unix_sock *u = unix_of(s);
	uint32_t bits = how + 1; /* SHUT_RD, SHUT_WR, SHUT_RDWR */

	if (how > SHUT_RDWR) return -EINVAL;
	u->shut |= bits;
	if (u->peer && connects(u)) {
		u->peer->shut |= (bits & UNIX_RCV_SHUT ? UNIX_SND_SHUT : 0) | (bits & UNIX_SND_SHUT ? UNIX_RCV_SHUT : 0);
		unix_wake(u->peer);
	}
	unix_wake(u);
	return 0;
}

static bool can_send(const struct unix_sock *u)
{
	const struct unix_sock *to = u->peer;

	if (u->s.listening) return false;
	if (!to) return true;
	if (connects(u)) return to->bytes * 4 <= u->s.sndbuf;
	return to->dead || to->peer == u || to->n_msgs <= UNIX_DGRAM_QUEUE;
}

static uint32_t unix_poll(struct socket *s, struct pollset *ps)
{
	struct unix_sock *u = unix_of(s);
	uint32_t ready = 0;

	poll_wait(ps, &u->readable);
	poll_wait(ps, u->peer && !u->dead ? &u->peer->writable : &u->writable);
	if (s->error) ready |= POLLERR;
	if (u->shut == (UNIX_RCV_SHUT | UNIX_SND_SHUT)) ready |= POLLHUP;
	if (u->shut & UNIX_RCV_SHUT) ready |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (!list_empty(&u->msgs) || !list_empty(&u->embryos)) ready |= POLLIN | POLLRDNORM;
	if (connects(u) && !u->peer && !s->listening && !u->shut) ready |= POLLHUP;
	if (can_send(u)) ready |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return ready;
}

static int unix_getopt(struct socket *s, int32_t level, int32_t name, void *value, uint32_t *len)
{
	struct unix_sock *u = unix_of(s);

	if (name == SO_PEERGROUPS) return -ENODATA; /* whose groups would have to be kept: nobody asks */
	if (level != SOL_SOCKET || name != SO_PEERCRED) return -ENOPROTOOPT;
	*len = sizeof u->peer_cred;
	memcpy(value, &u->peer_cred, sizeof u->peer_cred);
	return 0;
}

static uint32_t unix_readable(struct socket *s)
{
	struct unix_sock *u = unix_of(s);
	const struct unix_msg *m = list_first(&u->msgs, struct unix_msg, node);

	return s->type != SOCK_DGRAM ? u->bytes : m ? m->len : 0;
}

static uint32_t unix_unsent(struct socket *s)
{
	const struct unix_sock *u = unix_of(s);

	return u->peer && connects(u) ? u->peer->bytes : 0;
}

static const struct socket_ops unix_ops = {
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.send = unix_send,
	.recv = unix_recv,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.getopt = unix_getopt,
	.readable_bytes = unix_readable,
	.unsent_bytes = unix_unsent,
	.release = unix_release,
};
