/* virtio_disk.h - the virtio block device's logic, over a bus that a test can replace.
 * Used by: virtio_blk.c (ports of a PCI card), tests/host/drivers.
 * Never: knows PCI.  */
#ifndef DRIVERS_BLOCK_VIRTIO_DISK_H
#define DRIVERS_BLOCK_VIRTIO_DISK_H
#include "drivers/block/virtio_regs.h"
#include "fs/block.h"
#define VIRTIO_SLOTS 16u /* requests under way at once */

/** The card's registers by offset, and what a device's address of our memory is. */
struct virtio_bus {
	uint8_t (*read8)(void *ctx, uint32_t reg);
	uint16_t (*read16)(void *ctx, uint32_t reg);
	uint32_t (*read32)(void *ctx, uint32_t reg);
	void (*write8)(void *ctx, uint32_t reg, uint8_t v);
	void (*write16)(void *ctx, uint32_t reg, uint16_t v);
	void (*write32)(void *ctx, uint32_t reg, uint32_t v);
	uint64_t (*address)(void *ctx, const void *memory);
};
struct virtio_slot {
	struct vb_head head;           /* the device reads it */
	uint8_t status;                /* the device writes it */
	uint16_t first;                /* of its chain of descriptors */
	struct block_request *request; /* NULL: free */
};
struct virtio_disk {
	/* fixed */
	const struct virtio_bus *bus;
	void *bus_ctx;
	struct block_disk disk;
	uint32_t size;                 /* of the queue */
	struct vq_desc *desc;
	struct vq_avail *avail;
	volatile struct vq_used *used;
	bool flushes;                  /* the device has a cache to be flushed */
	/* shared with irq */
	uint16_t free, n_free;         /* chain of free descriptors, through next */
	uint16_t seen;                 /* used entries that were handled */
	bool broken;                   /* it answered nonsense: every request is -EIO from here on */
	struct virtio_slot slots[VIRTIO_SLOTS];
};

/** Bytes of memory, page-aligned and in one piece, that a queue of so many descriptors needs (2.6.2). */
uint32_t virtio_queue_bytes(uint32_t size);
/** Wake the device up, to the point where its queue's size is known: d->bus is set, the rest zero. -ENODEV no queue,
 *  or one larger than `bytes_max` can hold. */
MUST_CHECK int virtio_disk_begin(struct virtio_disk *d, uint32_t bytes_max);
/** Go on, with zeroed memory for the queue: sizes, features, ready. disk's fields but name and rdev are set. */
void virtio_disk_start(struct virtio_disk *d, void *queue);
/** The interrupt line is up: false if it was not this device. Interrupts off. */
bool virtio_disk_interrupt(struct virtio_disk *d);
#endif
