/* virtio_disk.c - the virtio block device: one queue, a chain of descriptors for each request.
 * Called by: virtio_blk.c at boot and from its interrupt; block.c through kick.
 * Never: believes the device: a number out of range makes the disk broken, and its requests -EIO.
 * Source: VIRTIO 1.1, 2.6 (split queues), 3.1.1 and 3.1.2 (start, legacy), 5.2 (block device).  */
#include "drivers/block/virtio_disk.h"
#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "kernel/base/log.h"
#include "lib/str.h"

#define NO_DESC 0xffffu
#define SECTORS_MAX 1024u

/* The compiler must not move memory accesses across this; x86 itself keeps stores, and loads, in order. */
#define barrier() __asm__ volatile("" : : : "memory")

static uint32_t used_at(uint32_t size)
{
	return ALIGN_UP(size * (uint32_t)sizeof(struct vq_desc) + 4 + 2 * size + 2, VQ_ALIGN);
}

uint32_t virtio_queue_bytes(uint32_t size)
{
	return used_at(size) + ALIGN_UP(4 + size * (uint32_t)sizeof(struct vq_used_entry) + 2, VQ_ALIGN);
}

/* ---- start */
static void set_status(struct virtio_disk *d, uint8_t bits)
{
	d->bus->write8(d->bus_ctx, VP_STATUS, (uint8_t)(d->bus->read8(d->bus_ctx, VP_STATUS) | bits));
}

int virtio_disk_begin(struct virtio_disk *d, uint32_t bytes_max)
{
	d->bus->write8(d->bus_ctx, VP_STATUS, 0); /* reset */
	set_status(d, VS_ACKNOWLEDGE);
	set_status(d, VS_DRIVER);
	d->bus->write16(d->bus_ctx, VP_QUEUE_SELECT, 0);
	d->size = d->bus->read16(d->bus_ctx, VP_QUEUE_SIZE);
	bool power = d->size >= 4 && d->size <= 32768 && (d->size & (d->size - 1)) == 0;
	if (power && virtio_queue_bytes(d->size) <= bytes_max) return 0;
	set_status(d, VS_FAILED);
	return -ENODEV;
}

static void make_queue(struct virtio_disk *d, uint8_t *queue)
{
	d->desc = (struct vq_desc *)queue;
	d->avail = (struct vq_avail *)(queue + d->size * sizeof(struct vq_desc));
	d->used = (volatile struct vq_used *)(queue + used_at(d->size));
	for (uint32_t n = 0; n < d->size; n++) d->desc[n].next = (uint16_t)(n + 1 < d->size ? n + 1 : NO_DESC);
	d->free = 0;
	d->n_free = (uint16_t)d->size;
	d->bus->write32(d->bus_ctx, VP_QUEUE_PFN, (uint32_t)(d->bus->address(d->bus_ctx, queue) / VQ_ALIGN));
}

static void kick(struct block_disk *disk);

static void read_sizes(struct virtio_disk *d, uint32_t features)
{
	uint32_t segs = features & VB_F_SEG_MAX ? d->bus->read32(d->bus_ctx, VB_SEG_MAX) : BLOCK_SEGS_MAX;
	uint32_t low = d->bus->read32(d->bus_ctx, VB_CAPACITY), high = d->bus->read32(d->bus_ctx, VB_CAPACITY + 4);

	d->disk.sectors = (uint64_t)high << 32 | low;
	d->disk.read_only = features & VB_F_RO;
	d->disk.segs_max = MIN(MIN(MAX(segs, 1u), BLOCK_SEGS_MAX), d->size - 2);
	d->disk.sectors_max = SECTORS_MAX;
	d->flushes = features & VB_F_FLUSH;
}

void virtio_disk_start(struct virtio_disk *d, void *queue)
{
	uint32_t wanted = VB_F_SEG_MAX | VB_F_RO | VB_F_FLUSH;
	uint32_t features = d->bus->read32(d->bus_ctx, VP_DEVICE_FEATURES) & wanted;

	d->bus->write32(d->bus_ctx, VP_DRIVER_FEATURES, features);
	make_queue(d, queue);
	read_sizes(d, features);
	d->disk.driver = "virtio";
	d->disk.kick = kick;
	d->disk.priv = d;
	set_status(d, VS_DRIVER_OK);
}

/* ---- requests; interrupts off */
static uint16_t take_desc(struct virtio_disk *d, const void *memory, uint32_t bytes, uint16_t flags)
{
	uint16_t n = d->free;
	struct vq_desc *e = &d->desc[n];

	d->free = e->next;
	d->n_free--;
	e->at = d->bus->address(d->bus_ctx, memory);
	e->bytes = bytes;
	e->flags = (uint16_t)(flags | VD_NEXT);
	return n; /* its next is the next free one: a chain is built by taking in a row */
}

static void give_chain(struct virtio_disk *d, uint16_t first)
{
	uint16_t last = first;

	for (d->n_free++; d->desc[last].flags & VD_NEXT; d->n_free++) last = d->desc[last].next;
	d->desc[last].next = d->free;
	d->free = first;
}

static void send(struct virtio_disk *d, struct virtio_slot *s, struct block_request *r)
{
	static const uint32_t types[] = {[BLOCK_READ] = VB_T_IN, [BLOCK_WRITE] = VB_T_OUT, [BLOCK_FLUSH] = VB_T_FLUSH};

	s->request = r;
	s->status = 0xff;
	s->head = (struct vb_head){.type = types[r->op], .sector = r->op == BLOCK_FLUSH ? 0 : r->sector};
	s->first = take_desc(d, &s->head, sizeof s->head, 0);
	for (uint32_t n = 0; n < r->n_segs; n++) take_desc(d, r->segs[n].at, r->segs[n].bytes, r->op == BLOCK_READ ? VD_WRITE : 0);
	uint16_t last = take_desc(d, &s->status, 1, VD_WRITE);
	d->desc[last].flags = VD_WRITE; /* the end of the chain; its next still leads to the free ones: not read by the device */
	d->avail->ring[d->avail->index % d->size] = s->first;
	barrier();
	d->avail->index++;
	barrier();
	d->bus->write16(d->bus_ctx, VP_QUEUE_NOTIFY, 0);
}

static struct virtio_slot *free_slot(struct virtio_disk *d)
{
	for (uint32_t n = 0; n < VIRTIO_SLOTS; n++)
		if (!d->slots[n].request) return &d->slots[n];
	return NULL;
}

static void kick(struct block_disk *disk)
{
	struct virtio_disk *d = disk->priv;
	struct virtio_slot *s;
	struct block_request *r;

	while ((s = free_slot(d)) != NULL && d->n_free >= BLOCK_SEGS_MAX + 2 && (r = block_take(disk)) != NULL) {
		if (d->broken)
			block_done(disk, r, -EIO);
		else if (r->op == BLOCK_FLUSH && !d->flushes)
			block_done(disk, r, 0); /* a device without the feature has no cache, 5.2.6.2 */
		else
			send(d, s, r);
	}
}

/* ---- answers */
/** It cannot be trusted any more: everything fails. What the device has may still be written by it: the slots stay taken. */
static void give_up(struct virtio_disk *d, const char *why, uint32_t number)
{
	klog(LOG_ERR, "%s: the device %s (%u): given up", d->disk.name, why, number);
	d->broken = true;
	d->bus->write8(d->bus_ctx, VP_STATUS, 0); /* reset: it lets go of our memory */
	for (uint32_t n = 0; n < VIRTIO_SLOTS; n++) {
		struct block_request *r = d->slots[n].request;
		d->slots[n].request = NULL;
		if (r) block_done(&d->disk, r, -EIO);
	}
	d->n_free = (uint16_t)d->size;
	kick(&d->disk);
}

static struct virtio_slot *slot_of(struct virtio_disk *d, uint32_t first)
{
	for (uint32_t n = 0; n < VIRTIO_SLOTS; n++)
		if (d->slots[n].request && d->slots[n].first == first) return &d->slots[n];
	return NULL;
}

static void finish(struct virtio_disk *d, struct virtio_slot *s)
{
	struct block_request *r = s->request;

	give_chain(d, s->first);
	s->request = NULL;
	block_done(&d->disk, r, s->status == VB_S_OK ? 0 : -EIO);
}

bool virtio_disk_interrupt(struct virtio_disk *d)
{
	if (!(d->bus->read8(d->bus_ctx, VP_ISR) & 1)) return false;
	for (uint32_t n = 0; !d->broken && d->used->index != d->seen; n++) {
		barrier();
		uint32_t id = d->used->ring[d->seen % d->size].id;
		struct virtio_slot *s = slot_of(d, id);
		if (!s || n > d->size) {
			give_up(d, "ended a request that it does not have", id);
			break;
		}
		d->seen++;
		finish(d, s);
	}
	return true;
}
