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
#define PIPE_MOST (64u << 20)   /* that root may ask for */
#define PIPE_MAX (1u << 20) /* /proc/sys/fs/pipe-max-size of Linux */

static const struct inode_ops pipe_inode_ops;
static struct superblock pipefs = {.fstype = "pipefs", .source = "pipefs", .dev = 0xff, .refs = 1};

struct pipe_page {
	uint32_t pfn;                   /* FRAME_NONE until written */
	uint16_t end;                   /* bytes end here and the next page follows; 0: it is filled to its last byte */
	bool packet;                    /* a read takes from this page only, and drops what it does not take */
};
struct pipe {
	uint32_t head, tail;
	uint32_t size;                  /* capacity in bytes, a power of two of at least a page */
	struct pipe_page *pages;        /* size / PAGE_SIZE of them */
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

static struct pipe_page *page_at(const struct pipe *p, uint32_t at)
{
	return &p->pages[(at & (p->size - 1)) >> PAGE_SHIFT];
}

static void drop_page(struct pipe *p, uint32_t at)
{
	struct pipe_page *page = page_at(p, at);

	if (page->pfn != FRAME_NONE) frame_unref(page->pfn);
	*page = (struct pipe_page){.pfn = FRAME_NONE};
}

/* Bytes from `at` on in its page; the last page's end at tail. */
static uint32_t bytes_here(const struct pipe *p, uint32_t at)
{
	const struct pipe_page *page = page_at(p, at);
	uint32_t end = ALIGN_DOWN(at, PAGE_SIZE) + (page->end ? page->end : PAGE_SIZE);

	return MIN(end - at, p->tail - at);
}

static uint32_t bytes_in(const struct pipe *p)
{
	uint32_t n = 0;

	for (uint32_t at = p->head; at != p->tail; at = MIN(ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE - at, p->tail - at) + at) n += bytes_here(p, at);
	return n;
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
/** n bytes of the page at head were taken; `rest` of it go too. */
static void passed(struct pipe *p, uint32_t n, bool rest)
{
	bool whole = rest || n == bytes_here(p, p->head);
	bool last = ALIGN_DOWN(p->head, PAGE_SIZE) == ALIGN_DOWN(p->tail, PAGE_SIZE);
	uint32_t next = ALIGN_DOWN(p->head, PAGE_SIZE) + PAGE_SIZE;

	p->head += n;
	if (!whole || last) return; /* the last page may be written on */
	drop_page(p, next - PAGE_SIZE);
	p->head = next;
}

/** Copy out what is there, up to the caller's size, or one packet; a page's part goes over as a whole or not at all, as on
 *  Linux. Holds `reading`. */
static int32_t take(struct pipe *p, struct uio *u)
{
	uint32_t done = 0;

	while (u->left > 0 && p->tail != p->head) {
		bool packet = page_at(p, p->head)->packet;
		uint32_t n = MIN(bytes_here(p, p->head), u->left);
		int32_t got = uio_to(u, (uint8_t *)frame_virt(page_at(p, p->head)->pfn) + (p->head & PAGE_MASK), n);
		if (got < (int32_t)n) {
			if (!done) return -EFAULT;
			break;
		}
		passed(p, n, packet);
		done += n;
		if (packet) break;
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

int32_t pipe_peek(struct file *f, void *buf, uint32_t n, bool nonblock)
{
	struct pipe *p = f->priv;

	while (p->head == p->tail) {
		if (p->n_writers == 0) return 0;
		if (nonblock) return -EAGAIN;
		if (waitq_sleep(&p->readable, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	n = MIN(n, bytes_here(p, p->head));
	memcpy(buf, (uint8_t *)frame_virt(page_at(p, p->head)->pfn) + (p->head & PAGE_MASK), n);
	return (int32_t)n;
}

void pipe_skip(struct file *f, uint32_t n)
{
	struct pipe *p = f->priv;

	mutex_lock(&p->reading);
	if (p->head != p->tail) passed(p, MIN(n, bytes_here(p, p->head)), page_at(p, p->head)->packet);
	if (!p->writing.owner) rewind_empty(p);
	mutex_unlock(&p->reading);
	waitq_wake_all(&p->writable);
}

/* ---- writing */
/** A page is written again only when it was read to its end, as on Linux: so the room counts from the head's page. */
static uint32_t room(const struct pipe *p)
{
	return p->size - (p->tail - ALIGN_DOWN(p->head, PAGE_SIZE));
}

/** Packets begin at a page's start: what was written before ends where it ends. */
static void begin_page(struct pipe *p)
{
	uint32_t off = p->tail & PAGE_MASK;
	bool empty = p->head == p->tail;

	if (!off) return;
	page_at(p, p->tail)->end = (uint16_t)off;
	if (empty) drop_page(p, p->tail);
	p->tail += PAGE_SIZE - off;
	if (empty) p->head = p->tail;
}

/** Copy in what fits; tail moves after each copy, which is whole or does not count. Holds `writing`. */
static int32_t give(struct pipe *p, struct uio *u, bool packets)
{
	uint32_t done = 0;

	if (packets) begin_page(p);
	while (u->left > 0 && room(p) > 0) {
		uint32_t off = p->tail & PAGE_MASK;
		uint32_t n = MIN(MIN(PAGE_SIZE - off, room(p)), u->left);
		struct pipe_page *page = page_at(p, p->tail);
		if (page->pfn == FRAME_NONE) page->pfn = frame_alloc();
		if (page->pfn == FRAME_NONE) return done ? (int32_t)done : -ENOMEM;
		int32_t got = uio_from(u, (uint8_t *)frame_virt(page->pfn) + off, n);
		if (got < (int32_t)n) return done ? (int32_t)done : -EFAULT;
		page->packet = packets;
		if (packets && n < PAGE_SIZE) page->end = (uint16_t)n;
		p->tail += packets ? PAGE_SIZE : n;
		done += n;
		waitq_wake_all(&p->readable);
	}
	return (int32_t)done;
}

/** Writes of up to PIPE_BUF go in whole or wait. */
static bool fits(const struct pipe *p, uint32_t left, uint32_t total, bool packets)
{
	if (packets) return p->size - (ALIGN_UP(p->tail, PAGE_SIZE) - ALIGN_DOWN(p->head, PAGE_SIZE)) >= PAGE_SIZE;
	return total <= PIPE_BUF ? room(p) >= left : room(p) > 0;
}

static int32_t fifo_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct pipe *p = f->priv;
	uint32_t total = u->left, done = 0;
	bool packets = (f->flags & O_DIRECT) != 0;
	int32_t err = 0;

	UNUSED(pos);
	UNUSED(who);
	while (u->left > 0) {
		mutex_lock(&p->writing);
		if (!p->reading.owner) rewind_empty(p);
		bool broken = p->n_readers == 0, some = !broken && fits(p, u->left, total, packets);
		int32_t n = some ? give(p, u, packets) : 0;
		mutex_unlock(&p->writing);
		if (n > 0) waitq_wake_all(&p->readable);
		if (n > 0) done += (uint32_t)n;
		err = broken ? -EPIPE : MIN(n, 0);
		if (err || u->left == 0) break;
		if (p->n_readers == 0 || fits(p, u->left, total, packets)) continue;
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
	return cmd == FIONREAD ? umem_store_u32(mem, uaddr(arg), bytes_in(p)) : -ENOTTY;
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
static void move_pages(struct pipe *p, struct pipe_page *pages, uint32_t size)
{
	uint32_t from = ALIGN_DOWN(p->head, PAGE_SIZE), n = p->tail - p->head, index = 0;

	for (uint32_t at = from; n > 0 && (int32_t)(p->tail - at) > 0; at += PAGE_SIZE) {
		struct pipe_page *page = page_at(p, at);
		pages[index++] = *page;
		*page = (struct pipe_page){.pfn = FRAME_NONE};
	}
	uint32_t head = n > 0 ? p->head - from : 0;
	drop_all(p);
	kfree(p->pages);
	p->pages = pages;
	p->size = size;
	p->head = head;
	p->tail = head + n;
}

static int32_t resize(struct pipe *p, uint32_t want, const struct fs_caller *who)
{
	uint32_t size = PAGE_SIZE;

	if (want > 1u << 31) return -EINVAL;
	if (want > PIPE_MAX && !has_cap(who, CAP_SYS_RESOURCE)) return -EPERM;
	if (want > PIPE_MOST) return -ENOMEM;
	while (size < want) size *= 2;
	uint32_t span = p->tail - ALIGN_DOWN(p->head, PAGE_SIZE);
	if (p->reading.owner || p->writing.owner || span > size) return -EBUSY;
	struct pipe_page *pages = kzalloc(size / PAGE_SIZE * (uint32_t)sizeof *pages);
	if (!pages) return -ENOMEM;
	move_pages(p, pages, size);
	waitq_wake_all(&p->writable);
	return (int32_t)size;
}

int32_t pipe_get_size(const struct file *f)
{
	return f->ops == &fifo_file_ops ? (int32_t)((const struct pipe *)f->priv)->size : -EBADF;
}

int32_t pipe_set_size(struct file *f, uint32_t bytes, const struct fs_caller *who)
{
	if (f->ops != &fifo_file_ops) return -EBADF;
	return resize(f->priv, bytes, who);
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
	ends[0] = i->fifo ? make_end(i, O_RDONLY | (flags & O_NONBLOCK)) : NULL;
	ends[1] = ends[0] ? make_end(i, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT))) : NULL;
	inode_unref(i);
	if (ends[1]) return 0;
	file_unref(ends[0]);
	return -ENOMEM;
}
