/* sys_copy.c - copy_file_range: from file to file without the caller's memory.
 * Called by: dispatch.c through table.def (a home half).
 * Never: holds two files' locks at once.  */
#include "abi/linux_types.h"
#include "kernel/base/sched.h"
#include "kernel/mm/kheap.h"
#include "kernel/syscall/sysarg.h"

struct end {               /* of a copy */
	struct file *f;
	uint32_t off_at;       /* where the caller keeps the position; 0: the file's own */
	uint64_t pos;
};

static int begin(struct ucall *c, struct end *e, uint32_t fd, uint32_t off_at)
{
	e->off_at = off_at;
	e->f = arg_file(c, fd);
	if (!e->f) return -EBADF;
	e->pos = e->f->pos;
	return 0;
}

static int fetch_pos(struct ucall *c, struct end *e)
{
	return e->off_at ? umem_fetch(c->mem, &e->pos, uaddr(e->off_at), sizeof e->pos) : 0;
}

static int store_pos(struct ucall *c, struct end *e)
{
	if (e->off_at) return umem_store(c->mem, uaddr(e->off_at), &e->pos, sizeof e->pos);
	mutex_lock(&e->f->pos_lock);
	e->f->pos = e->pos;
	mutex_unlock(&e->f->pos_lock);
	return 0;
}

/* What Linux refuses, in its order; *count is cut at the source's end. */
static int check(const struct end *in, const struct end *out, uint32_t *count)
{
	const struct inode *a = in->f->inode, *b = out->f->inode;

	if (S_ISDIR(a->mode) || S_ISDIR(b->mode)) return -EISDIR;
	if (!S_ISREG(a->mode) || !S_ISREG(b->mode)) return -EINVAL;
	if ((in->f->flags & O_ACCMODE) == O_WRONLY || (out->f->flags & O_ACCMODE) == O_RDONLY || (out->f->flags & O_APPEND)) return -EBADF;
	if ((int64_t)in->pos < 0 || (int64_t)out->pos < 0) return -EOVERFLOW;
	if (a->sb != b->sb) return -EXDEV;
	*count = in->pos >= a->size ? 0 : (uint32_t)MIN((uint64_t)*count, a->size - in->pos);
	if ((int64_t)(out->pos + *count) < 0) return -EOVERFLOW;
	if (a == b && out->pos + *count > in->pos && out->pos < in->pos + *count) return -EINVAL;
	return 0;
}

/** Page by page through the kernel; short when the source ends or the target is full. */
static int32_t copy(struct ucall *c, struct end *in, struct end *out, uint32_t count)
{
	uint8_t *page = kmalloc(PAGE_SIZE);
	uint32_t done = 0;
	int32_t r = 0;

	if (!page) return -ENOMEM;
	while (done < count) {
		struct uio u;
		r = file_read_kernel(in->f, page, MIN(count - done, PAGE_SIZE), in->pos, ucall_who(c));
		if (r <= 0) break;
		uint32_t got = (uint32_t)r;
		uio_init_kernel(&u, page, got);
		r = file_write(out->f, &u, &out->pos, ucall_who(c));
		if (r <= 0) break;
		done += (uint32_t)r;
		in->pos += (uint32_t)r;
		out->pos += (uint32_t)r;
		if ((uint32_t)r < got) break;
		preempt_point();
	}
	kfree(page);
	return done ? (int32_t)done : r;
}

int32_t sys_copy_file_range(struct ucall *c)
{
	struct end in = {0}, out = {0};
	uint32_t count = MIN(c->arg[4], 0x7ffff000u);
	int32_t r = begin(c, &in, c->arg[0], c->arg[1]);

	if (!r) r = begin(c, &out, c->arg[2], c->arg[3]);
	if (!r) r = fetch_pos(c, &in);
	if (!r) r = fetch_pos(c, &out);
	if (!r && c->arg[5]) r = -EINVAL;
	if (!r) r = check(&in, &out, &count);
	if (!r && count) r = copy(c, &in, &out, count);
	if (r > 0) {
		int err = store_pos(c, &in);
		if (!err) err = store_pos(c, &out);
		if (err) r = err;
	}
	if (in.f) file_unref(in.f);
	if (out.f) file_unref(out.f);
	return r;
}
