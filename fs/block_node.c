/* block_node.c - disks as files: nodes in /dev, their ioctls, partitions, /proc/partitions and /proc/diskstats.
 * Called by: block.c at registration; files through file_ops.
 * Never: a second copy: reads and writes of a node use the page cache that its file system's metadata lives in.
 * Source: sd(4); proc(5); Linux's admin-guide/iostats; the table of an MBR: UEFI Specification 2.9, 5.2.1.  */
#include "fs/block_priv.h"
#include "abi/linux_errno.h"
#include "fs/pages.h"
#include "fs/synth_priv.h"
#include "fs/writeback.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/codec.h"
#include "lib/fmt.h"

#define GEO_HEADS 16u     /* what Linux tells of disks that have no real geometry */
#define GEO_SECTORS 63u
#define MBR_TABLE 446u
#define MBR_SIGNATURE 510u
#define MBR_EXTENDED(type) ((type) == 0x05 || (type) == 0x0f || (type) == 0x85)

/* ---- the device's pages */
static int move_pages(struct block_dev *dev, struct block_request *r)
{
	return r->n_segs ? block_io(dev, r) : 0;
}

static int op_read_pages(struct inode *i, uint32_t first, uint32_t n, const uint32_t *pfn)
{
	struct block_dev *dev = i->priv;
	struct block_request r = {.op = BLOCK_READ, .sector = (uint64_t)first << (PAGE_SHIFT - SECTOR_SHIFT)};

	for (uint32_t k = 0; k < n; k++) {
		uint64_t at = (uint64_t)(first + k) << PAGE_SHIFT;
		if (at >= i->size) break;
		r.segs[r.n_segs++] = (struct block_seg){.at = frame_virt(pfn[k]), .bytes = (uint32_t)MIN(i->size - at, (uint64_t)PAGE_SIZE)};
	}
	return move_pages(dev, &r);
}

/** Runs of marked parts, each a request: unmarked ones may be older than what a file system wrote behind this cache's back. */
static int op_write_pages(struct inode *i, uint32_t first, uint32_t n, const struct page_out *out)
{
	struct block_request r = {.op = BLOCK_WRITE};
	uint64_t end = 0;
	int err = 0;

	for (uint32_t k = 0; k < n * 4 && !err; k++) {
		uint64_t at = ((uint64_t)first << PAGE_SHIFT) + k * (PAGE_SIZE / 4);
		if (!(out[k / 4].mask >> (k & 3) & 1) || at >= i->size) continue;
		uint32_t bytes = (uint32_t)MIN(i->size - at, (uint64_t)PAGE_SIZE / 4);
		if (r.n_segs == BLOCK_SEGS_MAX || (r.n_segs && at != end)) {
			err = move_pages(i->priv, &r);
			r.n_segs = 0;
		}
		if (r.n_segs == 0) r.sector = at >> SECTOR_SHIFT;
		r.segs[r.n_segs++] = (struct block_seg){.at = (uint8_t *)frame_virt(out[k / 4].pfn) + (k & 3) * (PAGE_SIZE / 4), .bytes = bytes};
		end = at + bytes;
	}
	return err ? err : move_pages(i->priv, &r);
}

static const struct inode_ops bdev_ops = {.read_pages = op_read_pages, .write_pages = op_write_pages};

int block_inode(struct block_dev *dev, struct inode **out)
{
	static struct superblock sb = {.fstype = "bdev", .source = "block device", .refs = 1};

	if (!dev->inode) {
		struct inode *i = inode_new(&sb, &bdev_ops, S_IFBLK | 0660);
		if (!i) return -ENOMEM;
		i->ino = i->rdev = dev->rdev;
		i->size = dev->sectors << SECTOR_SHIFT;
		i->priv = dev;
		dev->inode = i;
	}
	*out = dev->inode;
	return 0;
}

bool block_is_held(const struct inode *i)
{
	return i->ops == &bdev_ops && ((const struct block_dev *)i->priv)->holder;
}

int block_claim(struct block_dev *dev, const void *holder)
{
	struct inode *i;
	int err = block_inode(dev, &i);

	if (!err && dev->holder) err = -EBUSY;
	if (!err && dev != &dev->disk->devs[0] && dev->disk->devs[0].holder) err = -EBUSY;
	for (uint32_t n = 1; !err && dev == &dev->disk->devs[0] && n <= BLOCK_PARTITIONS_MAX; n++)
		if (dev->disk->devs[n].holder) err = -EBUSY;
	if (!err) err = writeback_pages(i);
	if (err) return err;
	pages_drop_clean(i);
	dev->holder = holder;
	return 0;
}

void block_release(struct block_dev *dev)
{
	(void)writeback_pages(dev->inode);
	pages_drop_clean(dev->inode);
	dev->holder = NULL;
}

/* ---- as files */
static struct block_dev *dev_of(const struct file *f) { return f->priv; }

/** Files that seek for themselves keep their position for themselves (file.c); a position of the caller's own stays. */
static int32_t moved(struct file *f, const uint64_t *pos, int32_t n)
{
	if (pos == &f->pos && n > 0) f->pos += (uint32_t)n;
	return n;
}

static int32_t node_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	UNUSED(who);
	return moved(f, pos, pages_read(dev_of(f)->inode, u, *pos));
}

static int32_t node_write(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct inode *i = dev_of(f)->inode;
	uint32_t want = u->left;

	UNUSED(who);
	if (dev_of(f)->disk->read_only) return -EPERM;
	if (want == 0) return 0;
	if (*pos >= i->size) return -ENOSPC;
	mutex_lock(&i->lock);
	u->left = (uint32_t)MIN(i->size - *pos, (uint64_t)want);
	uint32_t cut = want - u->left;
	int32_t n = pages_write(i, u, *pos);
	u->left += cut;
	mutex_unlock(&i->lock);
	return moved(f, pos, n);
}

static int64_t node_seek(struct file *f, int64_t off, int whence)
{
	int64_t size = (int64_t)dev_of(f)->inode->size, to = off;

	if (whence == SEEK_CUR) to += (int64_t)f->pos;
	else if (whence == SEEK_END) to += size;
	else if (whence != SEEK_SET) return -EINVAL;
	if (to < 0 || to > size) return -EINVAL;
	f->pos = (uint64_t)to;
	return to;
}

static int node_fsync(struct file *f)
{
	int err = writeback_pages(dev_of(f)->inode), e = block_flush(dev_of(f));

	return err ? err : e;
}

static void node_release(struct file *f)
{
	if ((f->flags & O_ACCMODE) != O_RDONLY && !dev_of(f)->holder) (void)writeback_pages(dev_of(f)->inode);
}

static int store_geometry(const struct block_dev *dev, struct umem *mem, uint32_t arg)
{
	uint64_t cylinders = dev->sectors / (GEO_HEADS * GEO_SECTORS);
	struct linux_hd_geometry g = {.heads = GEO_HEADS, .sectors = GEO_SECTORS, .cylinders = (uint16_t)MIN(cylinders, 65535ull),
	                              .start = (uint32_t)dev->start};

	return umem_store(mem, uaddr(arg), &g, sizeof g);
}

static int32_t flush_buffers(const struct file *f, const struct fs_caller *who)
{
	struct inode *i = dev_of(f)->inode;

	if (!capable(who)) return -EACCES;
	int err = writeback_pages(i);
	pages_drop_clean(i);
	return err;
}

static int32_t node_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	const struct block_dev *dev = dev_of(f);
	uint64_t bytes = dev->sectors << SECTOR_SHIFT;

	switch (cmd) {
	case BLKROGET: return umem_store_u32(mem, uaddr(arg), dev->disk->read_only);
	case BLKGETSIZE: return dev->sectors >> 32 ? -EFBIG : umem_store_u32(mem, uaddr(arg), (uint32_t)dev->sectors);
	case BLKGETSIZE64: return umem_store(mem, uaddr(arg), &bytes, sizeof bytes);
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKIOMIN: return umem_store_u32(mem, uaddr(arg), SECTOR_BYTES);
	case BLKBSZGET: return umem_store_u32(mem, uaddr(arg), PAGE_SIZE);
	case BLKIOOPT:
	case BLKALIGNOFF: return umem_store_u32(mem, uaddr(arg), 0);
	case BLKFLSBUF: return flush_buffers(f, who);
	case BLKDISCARD: return -EOPNOTSUPP;
	case HDIO_GETGEO: return store_geometry(dev, mem, arg);
	default: return -ENOTTY;
	}
}

static const struct file_ops node_ops = {
	.read = node_read,
	.write = node_write,
	.seek = node_seek,
	.ioctl = node_ioctl,
	.fsync = node_fsync,
	.release = node_release,
};

int block_open(struct file *f)
{
	struct block_dev *dev = block_find(f->inode->rdev);
	struct inode *i;

	if (!dev) return -ENXIO;
	int err = block_inode(dev, &i);
	if (err) return err;
	f->priv = dev;
	f->ops = &node_ops;
	return 0;
}

/* ---- nodes and partitions */
static void add_node(struct block_dev *dev)
{
	struct dev_row *row = kzalloc(sizeof *row);

	if (!row) return;
	*row = (struct dev_row){.name = dev->name, .rdev = dev->rdev, .mode = S_IFBLK | 0660};
	dev_register(row); /* for ever: disks do not leave */
}

/** One entry of the table: status, first CHS, type, last CHS, first sector, sectors. */
static void take_partition(struct block_disk *d, uint32_t number, struct reader *entry)
{
	uint32_t type, start, sectors;

	rd_skip(entry, 4);
	type = rd_u8(entry);
	rd_skip(entry, 3);
	start = rd_u32(entry);
	sectors = rd_u32(entry);
	if (!rd_ok(entry) || type == 0 || sectors == 0 || MBR_EXTENDED(type)) return;
	if (start == 0 || start >= d->sectors || sectors > d->sectors - start) return;
	struct block_dev *dev = &d->devs[number];
	*dev = (struct block_dev){.disk = d, .rdev = d->rdev + number, .start = start, .sectors = sectors};
	fmt_snprintf(dev->name, sizeof dev->name, "%s%u", d->name, number);
	add_node(dev);
}

static void read_partitions(struct block_disk *d)
{
	struct inode *i;
	struct reader r;
	uint32_t pfn;

	if (block_inode(&d->devs[0], &i) || pages_get(i, 0, false, &pfn)) {
		klog(LOG_WARN, "%s: its first sector cannot be read", d->name);
		return;
	}
	const uint8_t *mbr = frame_virt(pfn);
	if (mbr[MBR_SIGNATURE] == 0x55 && mbr[MBR_SIGNATURE + 1] == 0xaa)
		for (uint32_t n = 0; n < BLOCK_PARTITIONS_MAX; n++) {
			rd_init(&r, mbr + MBR_TABLE + 16 * n, 16);
			take_partition(d, n + 1, &r);
		}
	frame_unref(pfn);
}

void block_nodes_make(struct block_disk *d)
{
	fmt_snprintf(d->devs[0].name, sizeof d->devs[0].name, "%s", d->name);
	add_node(&d->devs[0]);
	if (d->sectors > 0) read_partitions(d);
}

/* ---- /proc */
static void each_dev(struct text_sink *s, void (*line)(struct text_sink *, const struct block_dev *))
{
	for (const struct block_disk *d = block_first(); d; d = d->next)
		for (uint32_t n = 0; n < ARRAY_LEN(d->devs); n++)
			if (d->devs[n].disk) line(s, &d->devs[n]);
}

static void partition_line(struct text_sink *s, const struct block_dev *dev)
{
	sink_printf(s, "%4u  %7u %10u %s\n", dev->rdev >> 8, dev->rdev & 0xff, (uint32_t)(dev->sectors >> 1), dev->name);
}

static int show_partitions(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	if (!block_first()) return 0;
	sink_printf(s, "major minor  #blocks  name\n\n");
	each_dev(s, partition_line);
	return 0;
}

/** Partitions are not counted apart: they show zeros. */
static void stats_line(struct text_sink *s, const struct block_dev *dev)
{
	static const struct block_disk none;
	const struct block_disk *d = dev == &dev->disk->devs[0] ? dev->disk : &none;
	const struct block_stats *r = &d->stats[BLOCK_READ], *w = &d->stats[BLOCK_WRITE], *f = &d->stats[BLOCK_FLUSH];
	uint64_t busy = d->busy_ns + (d->n_active ? clock_now_ns() - d->busy_from_ns : 0);

	sink_printf(s, "%4u %7u %s %llu 0 %llu %llu %llu 0 %llu %llu %u %llu %llu 0 0 0 0 %llu %llu\n", dev->rdev >> 8, dev->rdev & 0xff, dev->name,
	            (unsigned long long)r->ios, (unsigned long long)r->sectors, (unsigned long long)r->ms, (unsigned long long)w->ios,
	            (unsigned long long)w->sectors, (unsigned long long)w->ms, d->n_active, (unsigned long long)(busy / NS_PER_MS),
	            (unsigned long long)(r->ms + w->ms + f->ms), (unsigned long long)f->ios, (unsigned long long)f->ms);
}

static int show_diskstats(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	each_dev(s, stats_line);
	return 0;
}

void block_init(void)
{
	static struct proc_row rows[] = {
		{.path = "partitions", .mode = 0444, .show = show_partitions},
		{.path = "diskstats", .mode = 0444, .show = show_diskstats},
	};

	for (uint32_t n = 0; n < ARRAY_LEN(rows); n++) proc_register(&rows[n]);
}
