/* sys_splice.c - splice, tee, vmsplice: bytes between pipes and files without the caller's memory.  They are copied through a page
 * of the kernel; that nothing is copied is no promise of these calls.
 * Called by: dispatch.c through table.def (home halves).
 * Never: takes bytes out of a pipe before they are written.  Source: splice(2), tee(2), vmsplice(2).  */
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL 15u

struct way {               /* from a to b; a position pointer of 0 means the file's own */
	struct file *in, *out;
	uint64_t in_pos, out_pos;
	uint8_t *page;
	bool nonblock;
};

static bool is_pipe(const struct file *f)
{
	return f->ops == &fifo_file_ops;
}

static bool is_socket(const struct file *f)
{
	return f->inode && S_ISSOCK(f->inode->mode);
}

/** Room in a pipe: 0; -EPIPE (with its signal), -EAGAIN. Without nonblock the write itself waits. */
static int32_t room_in(struct ucall *c, struct file *pipe, bool nonblock)
{
	uint32_t ready = file_poll(pipe, NULL);

	if (ready & POLLERR) {
		ucall_who(c)->ops->raise(ucall_who(c), SIGPIPE);
		return -EPIPE;
	}
	return nonblock && !(ready & POLLOUT) ? -EAGAIN : 0;
}

static int32_t write_page(struct ucall *c, struct way *w, uint32_t n, const uint64_t *at)
{
	struct uio u;

	uio_init_kernel(&u, w->page, n);
	return file_write(w->out, &u, at, ucall_who(c));
}

/* Something to read in the pipe: its number of bytes (at most a page, left in the pipe), 0 at the end, -EAGAIN, -ERESTARTSYS. */
static int32_t look(struct way *w, uint32_t want)
{
	return pipe_peek(w->in, w->page, MIN(want, PAGE_SIZE), w->nonblock || (w->in->flags & O_NONBLOCK));
}

/* ---- the three directions; each goes on until the pipe is empty or full, and waits only before the first byte */

static int32_t pipe_out(struct ucall *c, struct way *w, uint32_t len, bool positioned, bool keep)
{
	bool to_pipe = is_pipe(w->out);
	uint32_t done = 0;
	int32_t r = 0;

	while (done < len) {
		int32_t n = look(w, len - done);
		if (n > 0 && to_pipe) r = room_in(c, w->out, done || w->nonblock || (w->out->flags & O_NONBLOCK));
		if (n > 0 && !r) r = write_page(c, w, (uint32_t)n, positioned ? &w->out_pos : NULL);
		if (n <= 0) r = n;
		if (r <= 0) break;
		if (!keep) pipe_skip(w->in, (uint32_t)r);
		done += (uint32_t)r;
		w->out_pos += (uint32_t)r;
		r = 0;
		w->nonblock = true;
		if (keep) break; /* what was seen once would be seen again */
	}
	return done ? (int32_t)done : r;
}

static int32_t file_to_pipe(struct ucall *c, struct way *w, uint32_t len)
{
	uint32_t done = 0;
	int32_t r = 0;

	while (done < len) {
		r = room_in(c, w->out, done || w->nonblock || (w->out->flags & O_NONBLOCK));
		if (!r) r = file_read_kernel(w->in, w->page, MIN(len - done, PAGE_SIZE), w->in_pos, ucall_who(c));
		if (r > 0) r = write_page(c, w, (uint32_t)r, NULL);
		if (r <= 0) break;
		done += (uint32_t)r;
		w->in_pos += (uint32_t)r;
		preempt_point();
	}
	return done ? (int32_t)done : r;
}

/* Only for the first bytes does it wait: what a socket has given cannot be put back. */
static int32_t socket_to_pipe(struct ucall *c, struct way *w, uint32_t len)
{
	uint32_t done = 0;
	int32_t r = 0;

	while (done < len) {
		struct uio u;
		r = room_in(c, w->out, done || w->nonblock || (w->out->flags & O_NONBLOCK));
		if (!r && (done || w->nonblock) && !(file_poll(w->in, NULL) & (POLLIN | POLLHUP))) r = -EAGAIN;
		uio_init_kernel(&u, w->page, MIN(len - done, PAGE_SIZE));
		if (!r) r = file_read(w->in, &u, NULL, ucall_who(c));
		if (r > 0) r = write_page(c, w, (uint32_t)r, NULL);
		if (r <= 0) break;
		done += (uint32_t)r;
	}
	return done ? (int32_t)done : r;
}

/* ---- splice */

static int32_t fetch_position(struct ucall *c, struct file *f, uint32_t at, uint64_t *pos)
{
	*pos = f->pos;
	if (!at) return 0;
	if (is_pipe(f) || is_socket(f)) return -ESPIPE;
	int err = umem_fetch(c->mem, pos, uaddr(at), sizeof *pos);
	return err ? err : (int64_t)*pos < 0 ? -EINVAL : 0;
}

static int32_t keep_position(struct ucall *c, struct file *f, uint32_t at, uint64_t pos)
{
	if (at) return umem_store(c->mem, uaddr(at), &pos, sizeof pos);
	mutex_lock(&f->pos_lock);
	f->pos = pos;
	mutex_unlock(&f->pos_lock);
	return 0;
}

static int32_t splice_refused(const struct way *w)
{
	if (!file_reads(w->in) || !file_writes(w->out)) return -EBADF;
	if (is_pipe(w->in)) {
		if (is_pipe(w->out)) return w->in->priv == w->out->priv ? -EINVAL : 0;
		return w->out->flags & O_APPEND ? -EINVAL : 0;
	}
	return is_pipe(w->out) && (w->in->ops == &regular_file_ops || is_socket(w->in)) ? 0 : -EINVAL;
}

static int32_t splice(struct ucall *c, struct way *w)
{
	uint32_t in_at = c->arg[1], out_at = c->arg[3], len = c->arg[4];
	int32_t r = fetch_position(c, w->in, in_at, &w->in_pos), err = 0;

	if (!r) r = fetch_position(c, w->out, out_at, &w->out_pos);
	if (!r) r = splice_refused(w);
	if (r) return r;
	if (is_socket(w->in)) {
		r = socket_to_pipe(c, w, len);
	} else if (!is_pipe(w->in)) {
		r = file_to_pipe(c, w, len);
		if (r > 0) err = keep_position(c, w->in, in_at, w->in_pos);
	} else {
		r = pipe_out(c, w, len, !is_pipe(w->out) && out_at, false);
		if (r > 0 && out_at) err = keep_position(c, w->out, out_at, w->out_pos);
	}
	return err ? err : r;
}

static int32_t tee(struct ucall *c, struct way *w)
{
	if (!file_reads(w->in) || !file_writes(w->out)) return -EBADF;
	if (!is_pipe(w->in) || !is_pipe(w->out) || w->in->priv == w->out->priv) return -EINVAL;
	return pipe_out(c, w, c->arg[2], false, true);
}

static int32_t with_files(struct ucall *c, uint32_t out_fd, uint32_t flags, int32_t (*act)(struct ucall *c, struct way *w))
{
	struct way w = {.in = arg_file(c, c->arg[0]), .out = arg_file(c, out_fd), .page = kmalloc(PAGE_SIZE),
	                .nonblock = (flags & SPLICE_F_NONBLOCK) != 0};
	int32_t r = !w.in || !w.out ? -EBADF : !w.page ? -ENOMEM : act(c, &w);

	kfree(w.page);
	if (w.in) file_unref(w.in);
	if (w.out) file_unref(w.out);
	return r;
}

int32_t sys_splice(struct ucall *c)
{
	if (!c->arg[4]) return 0;
	if (c->arg[5] & ~SPLICE_F_ALL) return -EINVAL;
	return with_files(c, c->arg[2], c->arg[5], splice);
}

int32_t sys_tee(struct ucall *c)
{
	if (c->arg[3] & ~SPLICE_F_ALL) return -EINVAL;
	if (!c->arg[2]) return 0;
	return with_files(c, c->arg[1], c->arg[3], tee);
}

/* Pages are never lent: writev into a pipe, readv out of one. */
int32_t sys_vmsplice(struct ucall *c)
{
	struct file *f = arg_file(c, c->arg[0]);
	bool nonblock = (c->arg[3] & SPLICE_F_NONBLOCK) != 0;
	int32_t r = 0;

	if (c->arg[3] & ~SPLICE_F_ALL)
		r = -EINVAL;
	else if (!f || !is_pipe(f))
		r = -EBADF;
	else if (file_writes(f) && c->arg[2])
		r = room_in(c, f, nonblock);
	else if (nonblock && c->arg[2] && !(file_poll(f, NULL) & (POLLIN | POLLHUP)))
		r = -EAGAIN;
	if (!r) r = file_writes(f) ? sys_writev(c) : sys_readv(c);
	if (f) file_unref(f);
	return r;
}
