/* unix_msg.c - what travels over sockets of AF_UNIX: bytes, datagrams, files and credentials in messages.
 * Called by: socket.c through socket_ops.
 * Never: keeps a copy's target while it sleeps: the other side may be gone after every copy, and is looked at again.  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "kernel/base/clock.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"
#include "net/unix.h"

#define BLOCK_DATA (PAGE_SIZE - (uint32_t)sizeof(struct unix_block))

/* ---- messages */
void unix_msg_free(struct unix_msg *m)
{
	struct unix_block *b;

	while ((b = m->first) != NULL) {
		m->first = b->next;
		kfree(b);
	}
	for (uint32_t i = 0; i < m->n_files; i++) file_unref(m->files[i]);
	kfree(m->files);
	kfree(m->from);
	kfree(m);
}

/* n bytes of the caller's. *short: a fault came after the first of them. */
static int msg_fill(struct unix_msg *m, struct uio *u, uint32_t n)
{
	struct unix_block **end = &m->first;

	while (m->len < n) {
		uint32_t part = MIN(n - m->len, BLOCK_DATA);
		struct unix_block *b = kmalloc((uint32_t)sizeof *b + part);
		if (!b) return -ENOBUFS;
		b->next = NULL;
		*end = b;
		end = &b->next;
		int32_t got = uio_from(u, b->data, part);
		if (got < (int32_t)part) return -EFAULT;
		b->len = part;
		m->len += part;
	}
	return 0;
}

static int msg_new(struct sock_msg *sm, uint32_t n, struct unix_msg **out)
{
	struct unix_msg *m = kzalloc(sizeof *m);

	if (!m) return -ENOBUFS;
	m->cred = sm->cred;
	int err = msg_fill(m, sm->u, n);
	if (err) {
		unix_msg_free(m);
		return err;
	}
	*out = m;
	return 0;
}

/* The files go with the first message of a call. */
static void take_files(struct unix_msg *m, struct sock_msg *sm)
{
	m->files = sm->files;
	m->n_files = sm->n_files;
	sm->files = NULL;
	sm->n_files = 0;
}

static void deliver(struct unix_sock *to, struct unix_msg *m)
{
	list_push_back(&to->msgs, &m->node);
	to->n_msgs++;
	to->bytes += m->len;
	waitq_wake_all(&to->readable);
}

/* Bytes of m from offset off on to the caller, n at most: how many could be copied. */
static int32_t msg_copy(const struct unix_msg *m, uint32_t off, struct uio *u, uint32_t n)
{
	uint32_t done = 0, at = 0;

	for (const struct unix_block *b = m->first; b && done < n; at += b->len, b = b->next) {
		if (off + done >= at + b->len) continue;
		uint32_t from = off + done - at, part = MIN(b->len - from, n - done);
		int32_t got = uio_to(u, b->data + from, part);
		if (got < 0) return done ? (int32_t)done : got;
		done += (uint32_t)got;
		if ((uint32_t)got < part) break;
	}
	return (int32_t)done;
}

static int sleep_on(struct waitq *q, uint64_t deadline, bool nonblock)
{
	if (nonblock) return -EAGAIN;
	int r = waitq_sleep(q, CUT_SIGNAL | CUT_DESTROY, deadline);
	return r == -ETIMEDOUT ? -EAGAIN : r == -EINTR ? (deadline == FOREVER ? -ERESTARTSYS : -EINTR) : r;
}

/* ---- sending */
static bool full(const struct unix_sock *u, const struct unix_sock *to)
{
	return to->bytes >= u->s.sndbuf;
}

static int32_t send_stream(struct unix_sock *u, struct sock_msg *sm)
{
	uint64_t deadline = socket_deadline(u->s.sndtimeo_ns);
	uint32_t done = 0;
	int32_t err = 0;

	if (sm->addr) return u->peer ? -EISCONN : -EOPNOTSUPP;
	if (!u->peer && !u->shut) return -ENOTCONN;
	while (!err && sm->u->left > 0) {
		struct unix_msg *m;
		if ((u->shut & UNIX_SND_SHUT) || u->peer->dead || (u->peer->shut & UNIX_RCV_SHUT)) {
			err = -EPIPE;
			break;
		}
		if (full(u, u->peer)) {
			err = sleep_on(&u->peer->writable, deadline, sm->flags & MSG_DONTWAIT);
			continue;
		}
		err = msg_new(sm, MIN(sm->u->left, BLOCK_DATA), &m);
		if (err) break;
		if (u->peer->dead || (u->shut & UNIX_SND_SHUT)) { /* while the copy slept */
			unix_msg_free(m);
			err = -EPIPE;
			break;
		}
		take_files(m, sm);
		done += m->len;
		deliver(u->peer, m);
	}
	return done ? (int32_t)done : err;
}

/* Where a datagram goes, referenced. */
static int destination(struct unix_sock *u, struct sock_msg *sm, const struct fs_caller *who, struct unix_sock **out)
{
	if (sm->addr && u->s.type == SOCK_DGRAM) {
		int err = unix_check_addr(sm->addr);
		return err ? err : unix_find(sm->addr, SOCK_DGRAM, who, out);
	}
	if (!u->peer) return -ENOTCONN;
	*out = u->peer;
	u->peer->refs++;
	return 0;
}

/* May a message go to `to` now? 1: it must wait. */
static int may_send(struct unix_sock *u, const struct unix_sock *to)
{
	if (u->s.type == SOCK_DGRAM && to->peer && to->peer != u && !to->dead) return -EPERM;
	if (u->shut & UNIX_SND_SHUT) return -EPIPE;
	if (to->dead) return u->s.type == SOCK_SEQPACKET ? -EPIPE : -ECONNREFUSED;
	if (to->shut & UNIX_RCV_SHUT) return -EPIPE;
	if (u->s.type == SOCK_SEQPACKET) return full(u, to);
	return to->peer != u && to->n_msgs > UNIX_DGRAM_QUEUE ? 1 : full(u, to);
}

static int wait_for_room(struct unix_sock *u, struct unix_sock *to, bool nonblock)
{
	uint64_t deadline = socket_deadline(u->s.sndtimeo_ns);
	int r;

	while ((r = may_send(u, to)) == 1) {
		r = sleep_on(&to->writable, deadline, nonblock);
		if (r) return r;
	}
	return r;
}

static int set_from(struct unix_msg *m, const struct unix_sock *u)
{
	if (!u->addr.len) return 0;
	m->from = kmalloc(sizeof *m->from);
	if (!m->from) return -ENOBUFS;
	*m->from = u->addr;
	return 0;
}

/* The connected one has gone: the connection of a datagram socket goes too. */
static void forget_dead(struct unix_sock *u, struct unix_sock *to)
{
	if (u->s.type != SOCK_DGRAM || u->peer != to || !to->dead) return;
	u->peer = NULL;
	if (list_empty(&to->writable.waiters)) unix_unref(to);
}

static int32_t send_packet(struct unix_sock *u, struct sock_msg *sm, const struct fs_caller *who)
{
	struct unix_sock *to;
	struct unix_msg *m;
	uint32_t n = sm->u->left;

	if (u->s.type == SOCK_SEQPACKET && sm->addr && !u->peer) return -ENOTCONN;
	int err = destination(u, sm, who, &to);
	if (err) return err;
	err = n > u->s.sndbuf - 32 ? -EMSGSIZE : msg_new(sm, n, &m);
	if (err) {
		unix_unref(to);
		return err;
	}
	err = set_from(m, u);
	if (!err) err = wait_for_room(u, to, sm->flags & MSG_DONTWAIT);
	if (!err) {
		take_files(m, sm);
		deliver(to, m);
	} else {
		unix_msg_free(m);
		if (err == -ECONNREFUSED) forget_dead(u, to);
	}
	unix_unref(to);
	return err ? err : (int32_t)n;
}

int32_t unix_send(struct socket *s, struct sock_msg *m, const struct fs_caller *who)
{
	struct unix_sock *u = unix_of(s);

	if (m->flags & MSG_OOB) return -EOPNOTSUPP;
	if (!m->has_cred) m->cred = (struct linux_ucred){who->ops->pid(who), who->cred->uid, who->cred->gid};
	return s->type == SOCK_STREAM ? send_stream(u, m) : send_packet(u, m, who);
}

/* ---- receiving */
/* Until there is a message: 0; 1 at the end of the stream; -EAGAIN, -ERESTARTSYS, the socket's error. */
static int wait_msg(struct unix_sock *u, struct sock_msg *sm, uint64_t deadline)
{
	while (list_empty(&u->msgs)) {
		if (u->s.error) {
			int err = -u->s.error;
			u->s.error = 0;
			return err;
		}
		bool ended = u->shut & UNIX_RCV_SHUT;
		if (ended && (u->s.type != SOCK_DGRAM || !(sm->flags & MSG_DONTWAIT))) return 1;
		int r = sleep_on(&u->readable, deadline, sm->flags & MSG_DONTWAIT);
		if (r) return r;
	}
	return 0;
}

static int copy_files(const struct unix_msg *m, struct sock_msg *sm)
{
	sm->files = kmalloc(m->n_files * (uint32_t)sizeof *sm->files);
	if (!sm->files) return -ENOBUFS;
	for (uint32_t i = 0; i < m->n_files; i++) file_ref(sm->files[i] = m->files[i]);
	sm->n_files = m->n_files;
	return 0;
}

/* The files of m, or with MSG_PEEK further references, to the receiver. */
static void give_files(struct unix_msg *m, struct sock_msg *sm)
{
	if (m->n_files == 0) return;
	if (sm->flags & MSG_PEEK) {
		if (copy_files(m, sm)) sm->n_files = 0;
		return;
	}
	sm->files = m->files;
	sm->n_files = m->n_files;
	m->files = NULL;
	m->n_files = 0;
}

static void remove_msg(struct unix_sock *u, struct unix_msg *m)
{
	list_remove(&m->node);
	u->n_msgs--;
	unix_msg_free(m);
	waitq_wake_all(&u->writable);
}

static bool same_sender(const struct unix_msg *m, const struct sock_msg *sm)
{
	return m->cred.pid == sm->cred.pid && m->cred.uid == sm->cred.uid && m->cred.gid == sm->cred.gid;
}

/* Read on through messages; files and other senders end a read. `reading` is held: nobody else takes messages. */
static int32_t take_stream(struct unix_sock *u, struct sock_msg *sm, uint32_t *done)
{
	struct unix_msg *m, *next;
	bool peek = sm->flags & MSG_PEEK;

	list_for_each_safe(m, next, &u->msgs, node) {
		if (sm->u->left == 0 && *done) return 1;
		if (sm->has_cred && u->s.passcred && !same_sender(m, sm)) return 1;
		if (sm->n_files && m->n_files) return 1;
		sm->cred = m->cred;
		sm->has_cred = true;
		uint32_t want = MIN(m->len - m->off, sm->u->left);
		int32_t got = msg_copy(m, m->off, sm->u, want);
		if (got < (int32_t)want) return *done ? 1 : -EFAULT; /* a message is copied as a whole: nothing of it is taken */
		if (m->n_files) give_files(m, sm);
		*done += (uint32_t)got;
		if (!peek) {
			m->off += (uint32_t)got;
			u->bytes -= (uint32_t)got;
		}
		bool whole = (uint32_t)got == m->len - (peek ? m->off : 0) || m->off == m->len;
		next = list_entry(m->node.next, struct unix_msg, node); /* the copy may have slept: more came */
		if (!peek && m->off == m->len) remove_msg(u, m);
		if (!whole || sm->n_files) return 1;
	}
	return 0;
}

static int32_t recv_stream(struct unix_sock *u, struct sock_msg *sm)
{
	uint64_t deadline = socket_deadline(u->s.rcvtimeo_ns);
	uint32_t done = 0, want = sm->u->left;
	int32_t r;

	if (u->s.listening) return -EINVAL;
	if (!u->peer && !(u->shut & UNIX_RCV_SHUT)) return -EINVAL;
	uint32_t least = sm->flags & MSG_WAITALL ? want : MIN(u->s.rcvlowat, want);
	do {
		r = wait_msg(u, sm, deadline);
		if (r) break;
		mutex_lock(&u->reading);
		r = take_stream(u, sm, &done);
		mutex_unlock(&u->reading);
	} while (r == 0 && (done == 0 ? want > 0 : done < least && !(sm->flags & MSG_PEEK)));
	if (sm->addr && done && u->peer) *sm->addr = u->peer->addr;
	return done || r >= 0 ? (int32_t)done : r;
}

static int32_t recv_packet(struct unix_sock *u, struct sock_msg *sm)
{
	uint64_t deadline = socket_deadline(u->s.rcvtimeo_ns);
	int32_t r;

	if (u->s.type == SOCK_SEQPACKET && !u->peer && !u->shut) return -ENOTCONN;
	do { /* another reader may take it while we wait for the mutex */
		r = wait_msg(u, sm, deadline);
		if (r) return r == 1 ? 0 : r;
		mutex_lock(&u->reading);
		if (!list_empty(&u->msgs)) break;
		mutex_unlock(&u->reading);
	} while (true);
	struct unix_msg *m = list_first(&u->msgs, struct unix_msg, node);
	uint32_t want = MIN(m->len, sm->u->left);
	r = msg_copy(m, 0, sm->u, want);
	if (r >= 0 && (uint32_t)r < want) r = -EFAULT;
	if (r >= 0) {
		if (want < m->len) sm->flags_out |= MSG_TRUNC;
		if (sm->flags & MSG_TRUNC) r = (int32_t)m->len;
		if (sm->addr) *sm->addr = m->from ? *m->from : (struct sock_addr){.len = 0};
		sm->cred = m->cred;
		sm->has_cred = true;
		give_files(m, sm);
	}
	if (!(sm->flags & MSG_PEEK)) {
		u->bytes -= m->len;
		remove_msg(u, m);
	}
	mutex_unlock(&u->reading);
	return r;
}

int32_t unix_recv(struct socket *s, struct sock_msg *m)
{
	struct unix_sock *u = unix_of(s);

	if (m->flags & MSG_OOB) return -EOPNOTSUPP;
	return s->type == SOCK_STREAM ? recv_stream(u, m) : recv_packet(u, m);
}
