/* block.h - disks: registered by drivers, asked for sectors, seen as /dev nodes with their pages in the one page cache.
 * Used by: drivers/block, file systems on a disk, writeback.c.
 * Never: knows what the sectors hold, but for a partition table.  */
#ifndef FS_BLOCK_H
#define FS_BLOCK_H
#include "fs/inode.h"
#define SECTOR_BYTES 512u
#define SECTOR_SHIFT 9
#define BLOCK_SEGS_MAX 32u       /* pieces of memory in one request: a run of the page cache */
#define BLOCK_PARTITIONS_MAX 4u  /* primary ones of an MBR */
enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };
/** Memory that the machine maps directly (frames, heap; never a stack): whole sectors, within one page. */
struct block_seg { void *at; uint32_t bytes; };
struct block_request {
	struct list_node node;
	enum block_op op;
	uint64_t sector;             /* of the disk */
	uint32_t n_sectors, n_segs;
	struct block_seg segs[BLOCK_SEGS_MAX];
	uint64_t asked_ns;
	int status;
	bool done;
	uint32_t slot;               /* the driver's own while it has the request */
};
struct block_disk;
/** What can be opened and mounted: a whole disk (number 0) or a partition of it. */
struct block_dev {
	struct block_disk *disk;     /* NULL: no such partition */
	char name[8];                /* "vda", "vda1" */
	uint32_t rdev;
	uint64_t start, sectors;     /* on the disk */
	struct inode *inode;         /* its pages; made at first use, kept */
	const void *holder;          /* the file system mounted on it */
};
struct block_disk {
	/* by the driver, before block_register; fixed */
	const char *driver;          /* for the log */
	char name[6];                /* "vda", "sda" */
	uint32_t rdev;               /* of the whole disk; partitions follow */
	uint64_t sectors;
	bool read_only;
	uint32_t segs_max;           /* pieces that one request may have, at most BLOCK_SEGS_MAX; sectors_max: and sectors */
	uint32_t sectors_max;
	/** Requests wait: take what you can with block_take. Interrupts off; any context; must not sleep. */
	void (*kick)(struct block_disk *d);
	void *priv;
	/* shared with irq: irq_save */
	struct list_node waiting, active;
	struct waitq changed;
	struct block_stats { uint64_t ios, sectors, ms; } stats[3]; /* by enum block_op, finished ones */
	uint64_t busy_ns, busy_from_ns;
	uint32_t n_active;
	/* proc context */
	struct block_disk *next;
	struct block_dev devs[1 + BLOCK_PARTITIONS_MAX];
};

/* ---- for drivers */
/** A disk is there and answers: reads its partition table, makes its nodes. The struct stays. proc context, may sleep. */
void block_register(struct block_disk *d);
/** The next request for the driver, now active; NULL: none waits that may start (one that overlaps an active one waits for it).
 *  Interrupts off. */
struct block_request *block_take(struct block_disk *d);
/** The driver has finished a request it took: 0 or -EIO. Any context. */
void block_done(struct block_disk *d, struct block_request *r, int status);

/* ---- for file systems */
/** The device with this number, or NULL. */
struct block_dev *block_find(uint32_t rdev);
/** Move the request's segments (op, sector of the device, segs filled in; n_sectors is computed). May sleep. -EIO: beyond the end,
 *  or the disk said so; -EROFS. */
int block_io(struct block_dev *dev, struct block_request *r);
/** The disk's own cache goes to its platters. -EIO. */
int block_flush(struct block_dev *dev);
/** The inode whose pages are the device's bytes; made when needed. Referenced by the device for ever. -ENOMEM. */
int block_inode(struct block_dev *dev, struct inode **out);
/** A file system takes the device (0, or -EBUSY), and lets go of it. Its pages are written back and dropped both times. */
int block_claim(struct block_dev *dev, const void *holder);
void block_release(struct block_dev *dev);
/** Is this a device's inode, and has a file system claimed it? */
bool block_is_held(const struct inode *i);
int block_flush_all(void);
/** Open of a block device node: fills f->ops and f->priv. -ENXIO no such device, -EROFS. */
int block_open(struct file *f);
struct block_disk *block_first(void);
/** /proc/partitions and /proc/diskstats. Context: boot. */
void block_init(void);
#endif
