/* pipe.c - pipes and fifos: bytes in pages between writers and readers.
 * Called by: pipe2(2), open of fifos, read and write through file_ops.
 * Never: holds one lock for both ends: a reader asleep in a page fault delays no writer.
 *
 * Bytes [head, tail) are in the pipe; positions run freely. Only the holder of `reading` moves head, only the holder of
 * `writing` moves tail, each after its copy: so a copy may sleep, and a fault in it loses nothing.
 * Source: pipe(7), fifo(7).  */
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define PIPE_BUF 4096u
#define PIPE_DEFAULT 65536u
#define PIPE_MAX (1u << 20) /* /proc/sys/fs/pipe-max-size of Linux */

static const struct inode_ops pipe_inode_ops;
static struct superblock pipefs = {.fstype = "pipefs", .source = "pipefs", .dev = 0xff, .refs = 1};

struct pipe {
	uint32_t head, tail;
	uint32_t size;                  /* capacity in bytes, a power of two of at least a page */
	uint32_t *pages;                /* size / PAGE_SIZE frames, FRAME_NONE until written */
	uint32_t n_readers, n_writers;
	uint32_t readers_ever, writers_ever; /* counts opens: a fifo's opener waits for the other side to have come */
	struct mutex reading, writing;  /* MUTEX_INODE; never both */
	struct waitq readable, writable; /* openers wait here too */
};

static bool can_read(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY;
}

static bool can_write(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY;
}

/* ---- life */
static struct pipe *pipe_new(void)
{
	struct pipe *p = kzalloc(sizeof *p);

	if (!p) return NULL;
	p->size = PIPE_DEFAULT;
	p->pages = kzalloc(PIPE_DEFAULT / PAGE_SIZE * (uint32_t)sizeof *p->pages);
	if (!p->pages) {
		kfree(p);
		return NULL;
	}
	mutex_init(&p->reading, MUTEX_INODE);
	mutex_init(&p->writing, MUTEX_INODE);
	waitq_init(&p->readable);
	waitq_init(&p->writable);
	return p;
}

static void drop_page(struct pipe *p, uint32_t at)
{
	uint32_t *page = &p->pages[(at & (p->size - 1)) >> PAGE_SHIFT];

	if (*page != FRAME_NONE) frame_unref(*page);
	*page = FRAME_NONE;
}

static void drop_all(struct pipe *p)
{
	for (uint32_t at = 0; at < p->size; at += PAGE_SIZE) drop_page(p, at);
	p->head = p->tail = 0;
}

void fifo_free(struct inode *i)
{
	struct pipe *p = i->fifo;

	if (!p) return;
	KASSERT2(p->n_readers == 0 && p->n_writers == 0, p->n_readers, p->n_writers);
	drop_all(p);
	kfree(p->pages);
	kfree(p);
	i->fifo = NULL;
}

static void add_ends(struct pipe *p, const struct file *f)
{
	if (can_read(f)) {
		p->n_readers++;
		p->readers_ever++;
	}
	if (can_write(f)) {
		p->n_writers++;
		p->writers_ever++;
	}
	waitq_wake_all(&p->readable);
	waitq_wake_all(&p->writable);
}

static void fifo_release(struct file *f)
{
	struct pipe *p = f->priv;

	if (!p) return; /* open failed before it took an end */
	p->n_readers -= can_read(f);
	p->n_writers -= can_write(f);
	if (p->n_readers == 0 && p->n_writers == 0) drop_all(p);
	waitq_wake_all(&p->readable);
	waitq_wake_all(&p->writable);
}

/** An empty pipe starts again at a page's start and keeps no page. Nobody may be in a copy, but the caller itself. */
static void rewind_empty(struct pipe *p)
{
	if (p->head != p->tail) return;
	drop_page(p, p->head);
	p->head = p->tail = 0;
}

/* ---- reading */
/** Copy out what is there, up to the caller's size; head moves after each copy. Holds `reading`. */
static int32_t take(struct pipe *p, struct uio *u)
{
	uint32_t done = 0;

	while (u->left > 0 && p->tail != p->head) {
		uint32_t off = p->head & PAGE_MASK;
		uint32_t n = MIN(MIN(PAGE_SIZE - off, p->tail - p->head), u->left);
		uint32_t pfn = p->pages[(p->head & (p->size - 1)) >> PAGE_SHIFT];
		int32_t got = uio_to(u, (uint8_t *)frame_virt(pfn) + off, n);
		if (got < 0) return done ? (int32_t)done : got;
		if (off + (uint32_t)got == PAGE_SIZE) drop_page(p, p->head);
		p->head += (uint32_t)got;
		done += (uint32_t)got;
		if ((uint32_t)got < n) break;
	}
	if (!p->writing.owner) rewind_empty(p);
	return (int32_t)done;
}

static int32_t fifo_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct pipe *p = f->priv;
	int32_t n;

	UNUSED(pos);
	UNUSED(who);
	if (u->left == 0) return 0;
	for (;;) {
		mutex_lock(&p->reading);
		bool some = p->head != p->tail;
		n = some ? take(p, u) : 0;
		mutex_unlock(&p->reading);
		if (some) break;
		if (p->n_writers == 0) return 0;
		if (f->flags & O_NONBLOCK) return -EAGAIN;
		if (p->head != p->tail) continue;
		if (waitq_sleep(&p->readable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	if (n > 0) f->inode->atime = inode_now();
	waitq_wake_all(&p->writable);
	return n;
}

/* ---- writing */
/** A page is written again only when it was read to its end, as on Linux: so the room counts from the head's page. */
static uint32_t room(const struct pipe *p)
{
	return p->size - (p->tail - ALIGN_DOWN(p->head, PAGE_SIZE));
}

/** Copy in what fits, up to n bytes; tail moves after each copy. Holds `writing`. */
static int32_t give(struct pipe *p, struct uio *u)
{
	uint32_t done = 0;

	while (u->left > 0 && room(p) > 0) {
		uint32_t off = p->tail & PAGE_MASK;
		uint32_t n = MIN(MIN(PAGE_SIZE - off, room(p)), u->left);
		uint32_t *page = &p->pages[(p->tail & (p->size - 1)) >> PAGE_SHIFT];
		if (*page == FRAME_NONE) *page = frame_alloc();
		if (*page == FRAME_NONE) return done ? (int32_t)done : -ENOMEM;
		int32_t got = uio_from(u, (uint8_t *)frame_virt(*page) + off, n);
		if (got < 0) return done ? (int32_t)done : got;
		p->tail += (uint32_t)got;
		done += (uint32_t)got;
		if ((uint32_t)got < n) break;
		waitq_wake_all(&p->readable);
	}
	return (int32_t)done;
}

/** Writes of up to PIPE_BUF go in whole or wait. */
static bool fits(const struct pipe *p, uint32_t left, uint32_t total)
{
	return total <= PIPE_BUF ? room(p) >= left : room(p) > 0;
}

static int32_t fifo_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct pipe *p = f->priv;
	uint32_t total = u->left, done = 0;
	int32_t err = 0;

	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		mutex_lock(&p->writing);
		if (!p->reading.owner) rewind_empty(p);
		bool broken = p->n_readers == 0, some = !broken && fits(p, u->left, total);
		int32_t n = some ? give(p, u) : 0;
		mutex_unlock(&p->writing);
		if (n > 0) waitq_wake_all(&p->readable);
		if (n > 0) done += (uint32_t)n;
		err = broken ? -EPIPE : n < 0 ? n : some && n == 0 ? -EFAULT : 0;
		if (err || u->left == 0) break;
		if (p->n_readers == 0 || fits(p, u->left, total)) continue;
		if (f->flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (waitq_sleep(&p->writable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR)
			err = -ERESTARTSYS;
		if (err) break;
	}
	if (done > 0) inode_touch_data(f->inode);
	return done ? (int32_t)done : err;
}

/* ---- waiting, size, FIONREAD */
static uint32_t fifo_poll(struct file *f, struct pollset *ps)
{
	struct pipe *p = f->priv;
	uint32_t ready = 0;

	if (can_read(f)) {
		poll_wait(ps, &p->readable);
		if (p->head != p->tail) ready |= POLLIN | POLLRDNORM;
		if (p->n_writers == 0 && p->writers_ever > 0) ready |= POLLHUP;
	}
	if (can_write(f)) {
		poll_wait(ps, &p->writable);
		if (room(p) >= PIPE_BUF) ready |= POLLOUT | POLLWRNORM;
		if (p->n_readers == 0) ready |= POLLERR;
	}
	return ready;
}

static int32_t fifo_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	const struct pipe *p = f->priv;

	UNUSED(who);
	return cmd == FIONREAD ? umem_store_u32(mem, uaddr(arg), p->tail - p->head) : -ENOTTY;
}

const struct file_ops fifo_file_ops = {
	.read = fifo_read,
	.write = fifo_write,
	.seek = file_no_seek,
	.poll = fifo_poll,
	.ioctl = fifo_ioctl,
	.release = fifo_release,
};

/** Move the bytes to a new array of pages: page by page where they lie, so head and tail are renumbered from a page's start. */
static void move_pages(struct pipe *p, uint32_t *pages, uint32_t size)
{
	uint32_t from = ALIGN_DOWN(p->head, PAGE_SIZE), n = p->tail - p->head, index = 0;

	for (uint32_t at = from; n > 0 && (int32_t)(p->tail - at) > 0; at += PAGE_SIZE) {
		uint32_t *page = &p->pages[(at & (p->size - 1)) >> PAGE_SHIFT];
		pages[index++] = *page;
		*page = FRAME_NONE;
	}
	uint32_t head = n > 0 ? p->head - from : 0;
	drop_all(p);
	kfree(p->pages);
	p->pages = pages;
	p->size = size;
	p->head = head;
	p->tail = head + n;
}

static int32_t resize(struct pipe *p, uint32_t want)
{
	uint32_t size = PAGE_SIZE;

	if (want > PIPE_MAX) return -EPERM;
	while (size < want) size *= 2;
	uint32_t span = p->tail - ALIGN_DOWN(p->head, PAGE_SIZE);
	if (p->reading.owner || p->writing.owner || span > size) return -EBUSY;
	uint32_t *pages = kzalloc(size / PAGE_SIZE * (uint32_t)sizeof *pages);
	if (!pages) return -ENOMEM;
	move_pages(p, pages, size);
	waitq_wake_all(&p->writable);
	return (int32_t)size;
}

int32_t pipe_fcntl_size(struct file *f, int32_t set)
{
	if (f->ops != &fifo_file_ops) return -EBADF;
	struct pipe *p = f->priv;
	return set < 0 ? (int32_t)p->size : resize(p, (uint32_t)set);
}

/* ---- for splice */
int32_t pipe_wait_data(struct file *f, bool nonblock)
{
	struct pipe *p = f->priv;

	while (p->head == p->tail) {
		if (p->n_writers == 0) return 0;
		if (nonblock) return -EAGAIN;
		if (waitq_sleep(&p->readable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	return 1;
}

int32_t pipe_wait_room(struct file *f, bool nonblock)
{
	struct pipe *p = f->priv;

	while (p->n_readers > 0 && room(p) == 0) {
		if (nonblock) return -EAGAIN;
		if (waitq_sleep(&p->writable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	return p->n_readers > 0 ? (int32_t)room(p) : -EPIPE;
}

uint32_t pipe_peek(struct file *f, uint32_t skip, void *buf, uint32_t n, uint32_t *at)
{
	struct pipe *p = f->priv;
	uint32_t done = 0;

	mutex_lock(&p->reading);
	uint32_t have = p->tail - p->head;
	n = skip < have ? MIN(n, have - skip) : 0;
	*at = p->head;
	while (done < n) {
		uint32_t from = p->head + skip + done, off = from & PAGE_MASK, part = MIN(PAGE_SIZE - off, n - done);
		uint32_t pfn = p->pages[(from & (p->size - 1)) >> PAGE_SHIFT];
		memcpy((uint8_t *)buf + done, (uint8_t *)frame_virt(pfn) + off, part);
		done += part;
	}
	mutex_unlock(&p->reading);
	return n;
}

void pipe_consume(struct file *f, uint32_t at, uint32_t n)
{
	struct pipe *p = f->priv;

	mutex_lock(&p->reading);
	for (n = p->head == at ? MIN(n, p->tail - p->head) : 0; n > 0;) {
		uint32_t off = p->head & PAGE_MASK, part = MIN(PAGE_SIZE - off, n);
		if (off + part == PAGE_SIZE) drop_page(p, p->head);
		p->head += part;
		n -= part;
	}
	if (!p->writing.owner) rewind_empty(p);
	mutex_unlock(&p->reading);
	waitq_wake_all(&p->writable);
}

/* ---- opening fifos */
/** Wait until the other side has been opened since `ever` was read. */
static int wait_partner(struct waitq *q, const uint32_t *present, const uint32_t *ever)
{
	uint32_t before = *ever;

	while (*present == 0 && *ever == before)
		if (waitq_sleep(q, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	return 0;
}

int fifo_open(struct file *f, const struct fs_caller *who)
{
	struct inode *i = f->inode;
	bool nonblock = f->flags & O_NONBLOCK, both = can_read(f) && can_write(f);

	UNUSED(who);
	if (!i->fifo) i->fifo = pipe_new();
	struct pipe *p = i->fifo;
	if (!p) return -ENOMEM;
	if (nonblock && !can_read(f) && p->n_readers == 0) return -ENXIO;
	f->ops = &fifo_file_ops;
	f->priv = p;
	add_ends(p, f);
	if (nonblock || both || i->sb == &pipefs) return 0; /* a pipe met through /proc/PID/fd waits for nobody */
	if (can_read(f)) return wait_partner(&p->readable, &p->n_writers, &p->writers_ever);
	return wait_partner(&p->writable, &p->n_readers, &p->readers_ever);
}

/* ---- pipe2(2) */
static struct file *make_end(struct inode *i, uint32_t flags)
{
	struct file *f = file_new(i, NULL, &fifo_file_ops, flags);

	if (!f) return NULL;
	inode_ref(i);
	f->priv = i->fifo;
	add_ends(i->fifo, f);
	return f;
}

int pipe_create(struct file *ends[2], uint32_t flags, const struct fs_caller *who)
{
	struct inode *i = inode_new(&pipefs, &pipe_inode_ops, S_IFIFO | 0600);

	if (!i) return -ENOMEM;
	i->uid = who->cred->fsuid;
	i->gid = who->cred->fsgid;
	i->fifo = pipe_new();
	ends[0] = i->fifo ? make_end(i, O_RDONLY | (flags & (O_NONBLOCK | O_DIRECT))) : NULL;
	ends[1] = ends[0] ? make_end(i, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT))) : NULL;
	inode_unref(i);
	if (ends[1]) return 0;
	file_unref(ends[0]);
	return -ENOMEM;
}
