/* sys_splice.c - splice, tee, vmsplice: between pipes and files without the caller's memory, or between it and a pipe.
 * Called by: dispatch.c through table.def (home halves).
 * Never: holds a pipe's lock while the other side is written: bytes leave a pipe when they have arrived.
 * Bytes are copied, not pages moved: nobody can see the difference.  Source: splice(2), tee(2), vmsplice(2).  */
#include "kernel/base/sched.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL 15u

struct side {              /* of a splice */
	struct file *f;
	bool pipe;
	uint32_t off_at;       /* where the caller keeps the position; 0: the file's own */
	uint64_t pos;
};

static bool is_pipe(struct file *f)
{
	return pipe_fcntl_size(f, -1) > 0;
}

/* Room in a pipe, bytes; one that nobody will read is told as to a writer. */
static int32_t wait_room(struct ucall *c, struct file *f, bool nonblock)
{
	int32_t r = pipe_wait_room(f, nonblock);

	if (r == -EPIPE) ucall_who(c)->ops->raise(ucall_who(c), SIGPIPE);
	return r;
}

/* Take up to len bytes of a pipe to the other side; what it did not take stays in the pipe. */
static int32_t from_pipe(struct ucall *c, struct side *in, struct side *out, uint32_t len, bool nonblock, uint8_t *page)
{
	uint32_t done = 0;
	int32_t r = pipe_wait_data(in->f, nonblock);

	while (r > 0 && done < len) {
		struct uio u;
		uint32_t at, n = pipe_peek(in->f, 0, page, MIN(len - done, PAGE_SIZE), &at);
		if (!n) break;
		uio_init_kernel(&u, page, n);
		r = file_write(out->f, &u, out->off_at ? &out->pos : NULL, ucall_who(c));
		if (r <= 0) break;
		pipe_consume(in->f, at, (uint32_t)r);
		out->pos += (uint32_t)r;
		done += (uint32_t)r;
		if ((uint32_t)r < n) break;
		preempt_point();
	}
	return done ? (int32_t)done : r;
}

/* What the pipe has room for, from a file; a stream is asked once. */
static int32_t to_pipe(struct ucall *c, struct side *in, struct side *out, uint32_t len, bool nonblock, uint8_t *page)
{
	uint32_t done = 0;
	int32_t r = wait_room(c, out->f, nonblock);

	if (r > 0) len = MIN(len, (uint32_t)r);
	while (r > 0 && done < len) {
		struct uio u;
		uint32_t want = MIN(len - done, PAGE_SIZE);
		uio_init_kernel(&u, page, want);
		r = file_read(in->f, &u, in->off_at ? &in->pos : NULL, ucall_who(c));
		if (r <= 0) break;
		uint32_t got = (uint32_t)r;
		in->pos += got;
		uio_init_kernel(&u, page, got);
		r = file_write(out->f, &u, NULL, ucall_who(c));
		if (r <= 0) break;
		done += (uint32_t)r;
		if (got < want) break;
		preempt_point();
	}
	return done ? (int32_t)done : r;
}

/* From pipe to pipe, as much as there is and fits; it leaves the first if take. */
static int32_t between_pipes(struct ucall *c, struct file *in, struct file *out, uint32_t len, bool nonblock, bool take)
{
	uint8_t *page = kmalloc(PAGE_SIZE);
	uint32_t done = 0, at;
	int32_t r = page ? pipe_wait_data(in, nonblock) : -ENOMEM;

	if (r > 0) r = wait_room(c, out, nonblock);
	if (r > 0) len = MIN(len, (uint32_t)r);
	while (r > 0 && done < len) {
		struct uio u;
		uint32_t n = pipe_peek(in, take ? 0 : done, page, MIN(len - done, PAGE_SIZE), &at);
		if (!n) break;
		uio_init_kernel(&u, page, n);
		r = file_write(out, &u, NULL, ucall_who(c));
		if (r <= 0) break;
		if (take) pipe_consume(in, at, (uint32_t)r);
		done += (uint32_t)r;
		preempt_point();
	}
	kfree(page);
	return done ? (int32_t)done : r;
}

static int begin(struct ucall *c, struct side *s, uint32_t fd, uint32_t off_at)
{
	s->f = arg_file(c, fd);
	if (!s->f) return -EBADF;
	s->off_at = off_at;
	s->pipe = is_pipe(s->f);
	return 0;
}

/* What Linux refuses, in its order. */
static int check(const struct side *in, const struct side *out)
{
	if ((in->f->flags & O_ACCMODE) == O_WRONLY || (out->f->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
	if (!in->pipe && !out->pipe) return -EINVAL;
	if ((in->pipe && in->off_at) || (out->pipe && out->off_at)) return -ESPIPE;
	if (in->pipe && out->pipe && in->f->inode == out->f->inode) return -EINVAL;
	if (out->f->flags & O_APPEND && !out->pipe) return -EINVAL;
	if (!(in->pipe ? out->f->ops->write : in->f->ops->read)) return -EINVAL;
	return 0;
}

static int fetch_pos(struct ucall *c, struct side *s)
{
	if (!s->off_at) return 0;
	int err = umem_fetch(c->mem, &s->pos, uaddr(s->off_at), sizeof s->pos);
	if (err) return err;
	if (s->f->ops->seek == file_no_seek || (int64_t)s->pos < 0) return -EINVAL;
	return 0;
}

static int32_t move(struct ucall *c, struct side *in, struct side *out, uint32_t len, bool nonblock)
{
	if (in->pipe && out->pipe) return between_pipes(c, in->f, out->f, len, nonblock, true);
	uint8_t *page = kmalloc(PAGE_SIZE);
	if (!page) return -ENOMEM;
	int32_t r = in->pipe ? from_pipe(c, in, out, len, nonblock, page) : to_pipe(c, in, out, len, nonblock, page);
	struct side *other = in->pipe ? out : in;
	if (r > 0 && other->off_at && umem_store(c->mem, uaddr(other->off_at), &other->pos, sizeof other->pos)) r = -EFAULT;
	kfree(page);
	return r;
}

int32_t sys_splice(struct ucall *c)
{
	struct side in = {0}, out = {0};
	uint32_t len = MIN(c->arg[4], 0x7ffff000u), flags = c->arg[5];

	if (!len) return 0;
	if (flags & ~SPLICE_F_ALL) return -EINVAL;
	int32_t r = begin(c, &in, c->arg[0], c->arg[1]);
	if (!r) r = begin(c, &out, c->arg[2], c->arg[3]);
	if (!r) r = check(&in, &out);
	if (!r) r = fetch_pos(c, &in);
	if (!r) r = fetch_pos(c, &out);
	if (!r) r = move(c, &in, &out, len, flags & SPLICE_F_NONBLOCK || (in.f->flags | out.f->flags) & O_NONBLOCK);
	if (in.f) file_unref(in.f);
	if (out.f) file_unref(out.f);
	return r;
}

int32_t sys_tee(struct ucall *c)
{
	struct side in = {0}, out = {0};
	uint32_t len = MIN(c->arg[2], 0x7ffff000u), flags = c->arg[3];

	if (flags & ~SPLICE_F_ALL) return -EINVAL;
	if (!len) return 0;
	int32_t r = begin(c, &in, c->arg[0], 0);
	if (!r) r = begin(c, &out, c->arg[1], 0);
	if (!r) r = check(&in, &out);
	if (!r && !(in.pipe && out.pipe)) r = -EINVAL;
	if (!r) r = between_pipes(c, in.f, out.f, len, flags & SPLICE_F_NONBLOCK || (in.f->flags | out.f->flags) & O_NONBLOCK, false);
	if (in.f) file_unref(in.f);
	if (out.f) file_unref(out.f);
	return r;
}

/* The caller's pieces into the pipe as far as there is room, or its bytes into them. */
static int32_t with_memory(struct ucall *c, struct file *f, bool nonblock)
{
	bool in = (f->flags & O_ACCMODE) != O_RDONLY;
	struct uio_seg *segs;
	struct uio u;
	uint32_t n;
	int32_t r = arg_iovec(c, &segs, &n);

	if (r) return r;
	uio_init_vec(&u, c->mem, segs, n);
	if (u.left) r = in ? wait_room(c, f, nonblock) : pipe_wait_data(f, nonblock);
	if (r > 0 && in) u.left = MIN(u.left, (uint32_t)r);
	if (r > 0) r = in ? file_write(f, &u, NULL, ucall_who(c)) : file_read(f, &u, NULL, ucall_who(c));
	kfree(segs);
	return r;
}

int32_t sys_vmsplice(struct ucall *c)
{
	uint32_t flags = c->arg[3];

	if (flags & ~SPLICE_F_ALL) return -EINVAL;
	struct file *f = arg_file(c, c->arg[0]);
	if (!f) return -EBADF;
	int32_t r = is_pipe(f) ? with_memory(c, f, flags & SPLICE_F_NONBLOCK || f->flags & O_NONBLOCK) : -EBADF;
	file_unref(f);
	return r;
}
