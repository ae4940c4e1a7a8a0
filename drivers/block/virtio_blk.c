/* virtio_blk.c - virtio disks on PCI: find them, reach them by ports, hook them up as vda, vdb...
 * Called by: drivers.c at boot; the interrupt dispatcher.
 * Never: knows what the registers mean: that is virtio_disk.c.  */
#include "drivers/block/disks.h"
#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/block/virtio_disk.h"
#include "drivers/pci/pci.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define MAJOR 254u       /* Debian's Linux gives virtblk this one */
#define MINORS 16u       /* of each disk: itself and its partitions */
#define DISKS_MAX 8u
#define QUEUE_BYTES_MAX 32768u /* kheap's largest piece; QEMU's queues of 128 or 256 take 8 to 12 KiB */

struct card {
	struct virtio_disk d;
	struct irq_handler irq;
	uint16_t port;
};
static uint32_t n_cards;

static uint16_t port(void *ctx, uint32_t reg) { return (uint16_t)(((struct card *)ctx)->port + reg); }
static uint8_t read8(void *ctx, uint32_t reg) { return inb(port(ctx, reg)); }
static uint16_t read16(void *ctx, uint32_t reg) { return inw(port(ctx, reg)); }
static uint32_t read32(void *ctx, uint32_t reg) { return inl(port(ctx, reg)); }
static void write8(void *ctx, uint32_t reg, uint8_t v) { outb(port(ctx, reg), v); }
static void write16(void *ctx, uint32_t reg, uint16_t v) { outw(port(ctx, reg), v); }
static void write32(void *ctx, uint32_t reg, uint32_t v) { outl(port(ctx, reg), v); }

static uint64_t address(void *ctx, const void *memory)
{
	UNUSED(ctx);
	return virt_to_phys(memory).v;
}

static const struct virtio_bus port_bus = {
	.read8 = read8, .read16 = read16, .read32 = read32, .write8 = write8, .write16 = write16, .write32 = write32, .address = address,
};

static void on_irq(void *ctx)
{
	virtio_disk_interrupt(&((struct card *)ctx)->d);
}

/** The queue must start on a page: kheap's large pieces do. */
static bool start(struct card *c)
{
	if (virtio_disk_begin(&c->d, QUEUE_BYTES_MAX)) return false;
	void *queue = kzalloc(MAX(virtio_queue_bytes(c->d.size), PAGE_SIZE));
	if (!queue || ((uintptr_t)queue & PAGE_MASK)) {
		kfree(queue);
		return false;
	}
	virtio_disk_start(&c->d, queue);
	return true;
}

static void attach(uint16_t at, uint32_t irq)
{
	struct card *c = kzalloc(sizeof *c);

	if (!c) return;
	c->port = at;
	c->d.bus = &port_bus;
	c->d.bus_ctx = c;
	c->irq = (struct irq_handler){.handle = on_irq, .ctx = c};
	str_copy(c->d.disk.name, sizeof c->d.disk.name, "vda");
	c->d.disk.name[2] = (char)('a' + n_cards);
	c->d.disk.rdev = MAJOR << 8 | n_cards * MINORS;
	if (!start(c) || irq_attach(irq, &c->irq)) {
		klog(LOG_WARN, "virtio disk at 0x%x: it does not start", at);
		kfree(c);
		return;
	}
	n_cards++;
	block_register(&c->d.disk);
}

static bool visit(void *ctx, const struct pci_function *f)
{
	UNUSED(ctx);
	if (f->vendor_id != VIRTIO_VENDOR || f->device_id != VIRTIO_BLK_TRANSITIONAL || n_cards == DISKS_MAX) return true;
	struct pci_bar bar = pci_bar(f, 0);
	if (!bar.io || bar.base == 0 || bar.base > 0xffffu - VP_PORTS || f->irq > 15) {
		klog(LOG_WARN, "pci %u:%u.%u: virtio disk without ports or interrupt", f->bus, f->device, f->function);
		return true;
	}
	pci_enable(f, true);
	attach((uint16_t)bar.base, f->irq);
	return true;
}

void virtio_blk_probe(void)
{
	pci_scan(visit, NULL);
}
