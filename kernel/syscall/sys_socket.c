/* sys_socket.c - calls on sockets but those with an msghdr: making, naming, connecting, options, plain transfers.
 * Called by: dispatch.c through table.def (home halves); socketcall arrives here too, by mux.c.
 * Never: knows a family.  */
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sockarg.h"
#include "lib/str.h"

static struct fdtable *fds(const struct ucall *c)
{
	return ucall_group(c)->fds;
}

int arg_socket(struct ucall *c, uint32_t fd, struct file **f, struct socket **s)
{
	*f = arg_file(c, fd);
	if (!*f) return -EBADF;
	*s = socket_of(*f);
	if (*s) return 0;
	file_unref(*f);
	return -ENOTSOCK;
}

int fetch_addr(struct ucall *c, uint32_t at, uint32_t len, struct sock_addr *a)
{
	if (len > SOCKADDR_MAX) return -EINVAL;
	memset(a, 0, sizeof *a);
	a->len = len;
	return len ? umem_fetch(c->mem, a->bytes, uaddr(at), len) : 0;
}

int store_addr(struct ucall *c, uint32_t at, uint32_t room, const struct sock_addr *a)
{
	uint32_t n = MIN(room, a->len);

	return n ? umem_store(c->mem, uaddr(at), a->bytes, n) : 0;
}

int store_addr_and_len(struct ucall *c, uint32_t at, uint32_t len_at, const struct sock_addr *a)
{
	uint32_t room;
	int err = umem_fetch_u32(c->mem, uaddr(len_at), &room);

	if (err) return err;
	if ((int32_t)room < 0) return -EINVAL;
	err = store_addr(c, at, room, a);
	return err ? err : umem_store_u32(c->mem, uaddr(len_at), a->len);
}

/* ---- making */
#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static int check_type(uint32_t type)
{
	return type & ~(SOCK_TYPE_MASK | TYPE_FLAGS) ? -EINVAL : 0;
}

int32_t sys_socket(struct ucall *c)
{
	uint32_t type = c->arg[1];
	struct file *f;
	int32_t r = check_type(type);

	if (!r) r = socket_create(c->arg[0], type & SOCK_TYPE_MASK, c->arg[2], type & SOCK_NONBLOCK, ucall_who(c), &f);
	if (r) return r;
	r = fd_install(fds(c), f, 0, type & SOCK_CLOEXEC);
	if (r < 0) file_unref(f);
	return r;
}

int32_t sys_socketpair(struct ucall *c)
{
	uint32_t type = c->arg[1];
	struct file *f[2];
	int32_t fd[2] = {-1, -1}, err = check_type(type);

	if (!err) err = socket_pair(c->arg[0], type & SOCK_TYPE_MASK, c->arg[2], type & SOCK_NONBLOCK, ucall_who(c), f);
	if (err) return err;
	for (int i = 0; i < 2; i++) {
		fd[i] = err ? err : fd_install(fds(c), f[i], 0, type & SOCK_CLOEXEC);
		if (fd[i] < 0) {
			err = fd[i];
			file_unref(f[i]);
		}
	}
	if (!err) err = umem_store(c->mem, uaddr(c->arg[3]), fd, sizeof fd);
	if (!err) return 0;
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0) (void)fd_close(fds(c), fd[i], ucall_who(c));
	return err;
}

/* ---- names and connections */
typedef int32_t socket_act(struct ucall *c, struct file *f, struct socket *s);

/* What argument 0 names is held while `act` is at it. */
static int32_t with_socket(struct ucall *c, socket_act *act)
{
	struct socket *s;
	struct file *f;
	int32_t r = arg_socket(c, c->arg[0], &f, &s);

	if (r) return r;
	r = act(c, f, s);
	file_unref(f);
	return r;
}

static int32_t bind_it(struct ucall *c, struct file *f, struct socket *s)
{
	struct sock_addr a;
	int32_t r = fetch_addr(c, c->arg[1], c->arg[2], &a);

	UNUSED(f);
	return r ? r : s->ops->bind(s, &a, ucall_who(c));
}

static int32_t connect_it(struct ucall *c, struct file *f, struct socket *s)
{
	struct sock_addr a;
	int32_t r = fetch_addr(c, c->arg[1], c->arg[2], &a);

	return r ? r : s->ops->connect(s, &a, f->flags & O_NONBLOCK, ucall_who(c));
}

static int32_t listen_on(struct ucall *c, struct file *f, struct socket *s)
{
	UNUSED(f);
	return s->ops->listen(s, c->arg[1], ucall_who(c));
}

int32_t sys_bind(struct ucall *c) { return with_socket(c, bind_it); }
int32_t sys_connect(struct ucall *c) { return with_socket(c, connect_it); }
int32_t sys_listen(struct ucall *c) { return with_socket(c, listen_on); }

static int32_t accept_into(struct ucall *c, struct socket *made)
{
	struct file *f = socket_file(made, c->arg[3] & SOCK_NONBLOCK, ucall_who(c));
	struct sock_addr a;

	if (!f) return -ENOMEM;
	int32_t r = c->arg[1] ? made->ops->getname(made, true, &a) : 0;
	if (r) r = -ECONNABORTED;
	if (!r && c->arg[1]) r = store_addr_and_len(c, c->arg[1], c->arg[2], &a);
	if (!r) r = fd_install(fds(c), f, 0, c->arg[3] & SOCK_CLOEXEC);
	if (r < 0) file_unref(f);
	return r;
}

int32_t sys_accept4(struct ucall *c)
{
	struct socket *s, *made;
	struct file *f;

	int32_t r = arg_socket(c, c->arg[0], &f, &s);
	if (r == -EBADF) return r;
	if (!r && (c->arg[3] & ~TYPE_FLAGS)) file_unref(f);
	if (c->arg[3] & ~TYPE_FLAGS) return -EINVAL;
	if (r) return r;
	r = s->ops->accept(s, f->flags & O_NONBLOCK, &made);
	if (!r) r = accept_into(c, made);
	file_unref(f);
	return r;
}

static int32_t get_name(struct ucall *c, struct socket *s, bool peer)
{
	struct sock_addr a;
	int32_t r = s->ops->getname(s, peer, &a);

	return r ? r : store_addr_and_len(c, c->arg[1], c->arg[2], &a);
}

static int32_t own_name(struct ucall *c, struct file *f, struct socket *s)
{
	UNUSED(f);
	return get_name(c, s, false);
}

static int32_t peer_name(struct ucall *c, struct file *f, struct socket *s)
{
	UNUSED(f);
	return get_name(c, s, true);
}

static int32_t shut_down(struct ucall *c, struct file *f, struct socket *s)
{
	UNUSED(f);
	return s->ops->shutdown(s, c->arg[1]);
}

int32_t sys_getsockname(struct ucall *c) { return with_socket(c, own_name); }
int32_t sys_getpeername(struct ucall *c) { return with_socket(c, peer_name); }
int32_t sys_shutdown(struct ucall *c) { return with_socket(c, shut_down); }

/* ---- options */
static int32_t set_option(struct ucall *c, struct file *f, struct socket *s)
{
	uint8_t value[64] = {0};
	uint32_t len = c->arg[4];
	int32_t r = 0;

	UNUSED(f);
	if ((int32_t)len < 0) r = -EINVAL;
	if (!r && c->arg[1] != SOL_SOCKET) len = 0; /* told by the level, without a look at the value */
	if (!r && len) r = umem_fetch(c->mem, value, uaddr(c->arg[3]), MIN(len, (uint32_t)sizeof value));
	if (!r) r = socket_setopt(s, (int32_t)c->arg[1], (int32_t)c->arg[2], value, MIN(len, (uint32_t)sizeof value));
	return r;
}

int32_t sys_setsockopt(struct ucall *c) { return with_socket(c, set_option); }

static int32_t get_option(struct ucall *c, struct file *f, struct socket *s)
{
	uint8_t value[64];
	uint32_t len;
	int32_t r = 0;

	UNUSED(f);
	r = umem_fetch_u32(c->mem, uaddr(c->arg[4]), &len);
	if (!r && (int32_t)len < 0) r = -EINVAL;
	if (!r) r = socket_getopt(s, (int32_t)c->arg[1], (int32_t)c->arg[2], value, &len);
	if (!r && len) r = umem_store(c->mem, uaddr(c->arg[3]), value, len);
	if (!r) r = umem_store_u32(c->mem, uaddr(c->arg[4]), len);
	return r;
}

int32_t sys_getsockopt(struct ucall *c) { return with_socket(c, get_option); }

/* ---- plain transfers */
static int32_t send_to(struct ucall *c, struct file *f, struct socket *s)
{
	struct sock_addr a;
	struct uio u;
	int32_t r = 0;

	UNUSED(s);
	uio_init_user(&u, c->mem, uaddr(c->arg[1]), MIN(c->arg[2], 0x7ffff000u));
	struct sock_msg m = {.u = &u, .flags = c->arg[3], .addr = c->arg[4] ? &a : NULL};
	if (m.addr) r = fetch_addr(c, c->arg[4], c->arg[5], &a);
	if (!r) r = socket_send(f, &m, ucall_who(c));
	return r;
}

int32_t sys_sendto(struct ucall *c) { return with_socket(c, send_to); }

static int32_t receive_from(struct ucall *c, struct file *f, struct socket *s)
{
	struct sock_addr a = {.len = 0};
	struct uio u;
	int32_t r = 0;

	UNUSED(s);
	uio_init_user(&u, c->mem, uaddr(c->arg[1]), MIN(c->arg[2], 0x7ffff000u));
	struct sock_msg m = {.u = &u, .flags = c->arg[3], .addr = c->arg[4] ? &a : NULL};
	r = socket_recv(f, &m);
	for (uint32_t i = 0; i < m.n_files; i++) file_unref(m.files[i]);
	kfree(m.files);
	if (r >= 0 && m.addr) {
		int err = store_addr_and_len(c, c->arg[4], c->arg[5], &a);
		if (err) r = err;
	}
	return r;
}

int32_t sys_recvfrom(struct ucall *c) { return with_socket(c, receive_from); }
