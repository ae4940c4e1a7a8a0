/* sys_file.c - calls that move bytes of an open file: read and write in all forms, seeking.
 * Called by: dispatch.c through table.def (home halves).
 * Never: touches the caller's memory but through uio.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/mm/kheap.h"

/* A further slice of a stream's read must not wait for what is not there yet. */
static bool would_wait(const struct ucall *c, struct file *f)
{
	return c->nonblock && !(file_poll(f, NULL) & (POLLIN | POLLHUP | POLLERR));
}

static int32_t read_uio(struct ucall *c, struct file *f, struct uio *u, const uint64_t *at)
{
	if (would_wait(c, f)) return 0;
	return file_read(f, u, at, ucall_who(c));
}

/* -ESPIPE for a position on a stream; pos from two argument words; n bytes are not to go beyond what a position can say */
static int check_pos(const struct file *f, uint64_t pos, uint32_t n)
{
	if ((int64_t)pos < 0 || (int64_t)(pos + n) < 0) return -EINVAL;
	if (S_ISFIFO(f->inode->mode) || S_ISSOCK(f->inode->mode)) return -ESPIPE;
	return 0;
}

static uint64_t arg_pos(const struct ucall *c)
{
	return (uint64_t)c->arg[4] << 32 | c->arg[3];
}

static int32_t move_simple(struct ucall *c, bool out, bool with_pos)
{
	struct file *f = arg_file(c, c->arg[0]);
	struct uio u;
	uint64_t pos = with_pos ? arg_pos(c) : 0;
	int32_t r = 0;

	if (!f) return -EBADF;
	uio_init_user(&u, c->mem, uaddr(c->arg[1]), MIN(c->arg[2], 0x7ffff000u));
	if (with_pos) r = check_pos(f, pos, c->arg[2]);
	if (!r && !(out ? file_writes(f) : file_reads(f))) r = -EBADF;
	if (!r && c->arg[2] > USER_END - MIN(c->arg[1], USER_END)) r = -EFAULT; /* before any of it is looked at */
	if (!r) r = out ? file_write(f, &u, with_pos ? &pos : NULL, ucall_who(c)) : read_uio(c, f, &u, with_pos ? &pos : NULL);
	file_unref(f);
	return r;
}

int32_t sys_read(struct ucall *c) { return move_simple(c, false, false); }
int32_t sys_write(struct ucall *c) { return move_simple(c, true, false); }
int32_t sys_pread64(struct ucall *c) { return move_simple(c, false, true); }
int32_t sys_pwrite64(struct ucall *c) { return move_simple(c, true, true); }

/* ---- vectors */

/* Drop what earlier slices moved, keep at most a slice. Returns the number of pieces left, which start at segs[0]. */
static uint32_t trim_segs(struct uio_seg *segs, uint32_t n, uint32_t skip)
{
	uint32_t out = 0, room = SYSCALL_SLICE;

	for (uint32_t i = 0; i < n && room; i++) {
		struct uio_seg s = segs[i];
		uint32_t cut = MIN(skip, s.len);
		skip -= cut;
		s.at.v += cut;
		s.len = MIN(s.len - cut, room);
		if (!s.len) continue;
		room -= s.len;
		segs[out++] = s;
	}
	return out;
}

#define TRANSFER_MAX 0x7ffff000u

int arg_iovec(struct ucall *c, struct uio_seg **out, uint32_t *n)
{
	uint32_t count = c->arg[2], sum = 0;

	*out = NULL;
	*n = 0;
	if (count > IOV_MAX) return -EINVAL;
	if (!count) return 0;
	_Static_assert(sizeof(struct uio_seg) == sizeof(struct linux_iovec), "an iovec is fetched as pieces");
	struct uio_seg *segs = kmalloc(count * sizeof *segs);
	if (!segs) return -ENOMEM;
	int err = umem_fetch(c->mem, segs, uaddr(c->arg[1]), count * (uint32_t)sizeof *segs);
	for (uint32_t i = 0; i < count && !err; i++) {
		if (segs[i].len > 0x7fffffffu) err = -EINVAL;
		segs[i].len = MIN(segs[i].len, TRANSFER_MAX - sum); /* the rest is not moved: read(2) NOTES */
		sum += segs[i].len;
	}
	if (err) {
		kfree(segs);
		return err;
	}
	*out = segs;
	*n = trim_segs(segs, count, c->skip);
	return 0;
}

static int32_t move_vector(struct ucall *c, bool out, const uint64_t *pos, bool at_end)
{
	struct file *f = arg_file(c, c->arg[0]);
	struct uio_seg *segs;
	struct uio u;
	uint32_t n;

	if (!f) return -EBADF;
	int32_t r = pos && !at_end ? check_pos(f, *pos, 0) : 0;
	if (!r && !(out ? file_writes(f) : file_reads(f))) r = -EBADF;
	if (!r) r = arg_iovec(c, &segs, &n);
	if (!r) {
		uio_init_vec(&u, c->mem, segs, n);
		if (c->skip && !n)
			r = 0;
		else
			r = out ? file_write(f, &u, pos, ucall_who(c)) : read_uio(c, f, &u, pos);
		kfree(segs);
	}
	file_unref(f);
	return r;
}

int32_t sys_readv(struct ucall *c) { return move_vector(c, false, NULL, false); }
int32_t sys_writev(struct ucall *c) { return move_vector(c, true, NULL, false); }

static int32_t move_vector_at(struct ucall *c, bool out)
{
	uint64_t pos = arg_pos(c);

	return move_vector(c, out, &pos, false);
}

int32_t sys_preadv(struct ucall *c) { return move_vector_at(c, false); }
int32_t sys_pwritev(struct ucall *c) { return move_vector_at(c, true); }

/* A position of -1 is the file's own. Of the flags only RWF_APPEND changes anything: no file here waits for a device in a read,
 * and RWF_NOWAIT is not supported, as on Linux's tmpfs. */
static int32_t move_vector2(struct ucall *c, bool out)
{
	uint64_t end = FILE_AT_END;
	uint32_t known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND;

	if (c->arg[5] & ~known) return -EOPNOTSUPP;
	if (out && (c->arg[5] & RWF_APPEND) && arg_pos(c) + 1 - c->skip != 0) return move_vector(c, true, &end, true);
	/* a slice's position is -1 + done: beyond the first slice the low word alone wrapped */
	if (arg_pos(c) + 1 - c->skip == 0) return move_vector(c, out, NULL, false);
	return move_vector_at(c, out);
}

int32_t sys_preadv2(struct ucall *c) { return move_vector2(c, false); }
int32_t sys_pwritev2(struct ucall *c) { return move_vector2(c, true); }

/* ---- seeking */

static int64_t seek(struct ucall *c, int64_t off, uint32_t whence)
{
	struct file *f = arg_file(c, c->arg[0]);

	if (!f) return -EBADF;
	int64_t r = whence > SEEK_HOLE ? -EINVAL : file_seek(f, off, (int)whence);
	file_unref(f);
	return r;
}

int32_t sys_lseek(struct ucall *c)
{
	int64_t r = seek(c, (int32_t)c->arg[1], c->arg[2]);

	return r > INT32_MAX ? -EOVERFLOW : (int32_t)r;
}

int32_t sys_llseek(struct ucall *c)
{
	int64_t r = seek(c, (int64_t)((uint64_t)c->arg[1] << 32 | c->arg[2]), c->arg[4]);

	if (r < 0) return (int32_t)r;
	return umem_store(c->mem, uaddr(c->arg[3]), &r, 8);
}

/* ---- sendfile: through one kernel page */

static int32_t send_some(struct ucall *c, struct file *in, struct file *out, uint64_t *pos, uint32_t count)
{
	uint8_t *page = kmalloc(PAGE_SIZE);
	uint32_t done = 0;
	int32_t r = 0;

	if (!page) return -ENOMEM;
	while (done < count) {
		struct uio u;
		r = file_read_kernel(in, page, MIN(count - done, PAGE_SIZE), *pos, ucall_who(c));
		if (r <= 0) break;
		uint32_t got = (uint32_t)r;
		uio_init_kernel(&u, page, got);
		r = file_write(out, &u, NULL, ucall_who(c));
		if (r <= 0) break;
		done += (uint32_t)r;
		*pos += (uint32_t)r;
		if ((uint32_t)r < got) break;
		preempt_point();
	}
	kfree(page);
	return done ? (int32_t)done : r;
}

static int32_t sendfile_between(struct ucall *c, struct file *in, struct file *out, uint32_t off_bytes)
{
	uint64_t pos = in->pos;
	int err = 0;

	if ((in->flags & O_ACCMODE) == O_WRONLY || (out->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
	if (c->arg[2] && S_ISFIFO(in->inode->mode)) return -ESPIPE;
	if (!S_ISREG(in->inode->mode) || in->ops != &regular_file_ops || (out->flags & O_APPEND)) return -EINVAL;
	if (c->arg[2]) {
		pos = 0;
		err = umem_fetch(c->mem, &pos, uaddr(c->arg[2]), off_bytes);
		if (!err && (off_bytes == 4 ? (int32_t)pos < 0 : (int64_t)pos < 0)) err = -EINVAL;
	}
	if (err) return err;
	int32_t r = send_some(c, in, out, &pos, MIN(c->arg[3], 0x7ffff000u));
	if (r < 0) return r;
	if (c->arg[2]) {
		err = umem_store(c->mem, uaddr(c->arg[2]), &pos, off_bytes);
		return err ? err : r;
	}
	mutex_lock(&in->pos_lock);
	in->pos = pos;
	mutex_unlock(&in->pos_lock);
	return r;
}

static int32_t sendfile(struct ucall *c, uint32_t off_bytes)
{
	struct file *out = arg_file(c, c->arg[0]), *in = arg_file(c, c->arg[1]);
	int32_t r = out && in ? sendfile_between(c, in, out, off_bytes) : -EBADF;

	if (out) file_unref(out);
	if (in) file_unref(in);
	return r;
}

int32_t sys_sendfile(struct ucall *c) { return sendfile(c, 4); }
int32_t sys_sendfile64(struct ucall *c) { return sendfile(c, 8); }
