/* block.c - requests to disks: they wait, start in order, and wake who asked.
 * Called by: block drivers (irq and proc context), file systems and device nodes (proc context).
 * Never: lets two requests for the same sector run at once when one of them writes.  */
#include "fs/block.h"
#include "abi/linux_errno.h"
#include "fs/block_priv.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"

static struct block_disk *disks;

struct block_disk *block_first(void)
{
	return disks;
}

/* ---- the driver's side; interrupts off */
static bool overlap(const struct block_request *a, const struct block_request *b)
{
	if (a->op == BLOCK_READ && b->op == BLOCK_READ) return false;
	if (a->op == BLOCK_FLUSH || b->op == BLOCK_FLUSH) return false; /* a flush covers what has ended; who asks waited for that */
	return a->sector < b->sector + b->n_sectors && b->sector < a->sector + a->n_sectors;
}

/** May r start: nothing active, and nothing that came before it, touches its sectors. */
static bool may_start(const struct block_disk *d, const struct block_request *r)
{
	const struct block_request *o;

	list_for_each(o, &d->active, node)
		if (overlap(o, r)) return false;
	list_for_each(o, &d->waiting, node) {
		if (o == r) return true;
		if (overlap(o, r)) return false;
	}
	return true;
}

struct block_request *block_take(struct block_disk *d)
{
	struct block_request *r;

	list_for_each(r, &d->waiting, node) {
		if (!may_start(d, r)) continue;
		list_remove(&r->node);
		list_push_back(&d->active, &r->node);
		if (d->n_active++ == 0) d->busy_from_ns = clock_now_ns();
		return r;
	}
	return NULL;
}

void block_done(struct block_disk *d, struct block_request *r, int status)
{
	uint32_t s = irq_save();
	uint64_t now = clock_now_ns();

	list_remove(&r->node);
	if (--d->n_active == 0) d->busy_ns += now - d->busy_from_ns;
	d->stats[r->op].ios++;
	d->stats[r->op].sectors += r->n_sectors;
	d->stats[r->op].ms += (now - r->asked_ns) / NS_PER_MS;
	r->status = status;
	r->done = true;
	d->kick(d);
	waitq_wake_all(&d->changed);
	irq_restore(s);
}

/* ---- the asker's side */
static int submit(struct block_disk *d, struct block_request *r)
{
	ctx_assert_may_sleep();
	r->done = false;
	r->asked_ns = clock_now_ns();
	list_init(&r->node);
	uint32_t s = irq_save();
	list_push_back(&d->waiting, &r->node);
	d->kick(d);
	while (!r->done) (void)waitq_sleep(&d->changed, 0, FOREVER);
	irq_restore(s);
	return r->status;
}

static int sized(struct block_dev *dev, struct block_request *r)
{
	uint32_t bytes = 0;

	for (uint32_t n = 0; n < r->n_segs; n++) bytes += r->segs[n].bytes;
	KASSERT2((bytes & (SECTOR_BYTES - 1)) == 0 && bytes > 0, bytes, r->n_segs);
	r->n_sectors = bytes >> SECTOR_SHIFT;
	return r->sector >= dev->sectors || r->n_sectors > dev->sectors - r->sector ? -EIO : 0;
}

/** The first pieces of `whole` that one request of this disk may have, as `part`; returns how many pieces. */
static uint32_t cut(const struct block_disk *d, const struct block_request *whole, uint32_t from, struct block_request *part)
{
	uint32_t n = 0, sectors = 0;

	while (from + n < whole->n_segs && n < d->segs_max) {
		uint32_t more = whole->segs[from + n].bytes >> SECTOR_SHIFT;
		if (n > 0 && sectors + more > d->sectors_max) break;
		part->segs[n] = whole->segs[from + n];
		sectors += more;
		n++;
	}
	part->n_segs = n;
	part->n_sectors = sectors;
	return n;
}

int block_io(struct block_dev *dev, struct block_request *r)
{
	struct block_request part = {.op = r->op, .sector = dev->start + r->sector};
	int err = sized(dev, r);

	if (!err && r->op == BLOCK_WRITE && dev->disk->read_only) err = -EROFS;
	for (uint32_t at = 0; !err && at < r->n_segs;) {
		at += cut(dev->disk, r, at, &part);
		err = submit(dev->disk, &part);
		part.sector += part.n_sectors;
	}
	return err;
}

int block_flush(struct block_dev *dev)
{
	struct block_request r = {.op = BLOCK_FLUSH};

	return dev->disk->read_only ? 0 : submit(dev->disk, &r);
}

int block_flush_all(void)
{
	int err = 0;

	for (struct block_disk *d = disks; d; d = d->next) {
		int e = block_flush(&d->devs[0]);
		if (!err) err = e;
	}
	return err;
}

/* ---- registry */
struct block_dev *block_find(uint32_t rdev)
{
	for (struct block_disk *d = disks; d; d = d->next)
		for (uint32_t n = 0; n < ARRAY_LEN(d->devs); n++)
			if (d->devs[n].disk && d->devs[n].rdev == rdev) return &d->devs[n];
	return NULL;
}

void block_register(struct block_disk *d)
{
	struct block_disk **end = &disks;

	list_init(&d->waiting);
	list_init(&d->active);
	waitq_init(&d->changed);
	d->devs[0] = (struct block_dev){.disk = d, .rdev = d->rdev, .sectors = d->sectors};
	while (*end) end = &(*end)->next;
	*end = d;
	klog(LOG_INFO, "%s: %s, %u MiB%s", d->name, d->driver, (uint32_t)(d->sectors >> 11), d->read_only ? ", read only" : "");
	block_nodes_make(d);
}
