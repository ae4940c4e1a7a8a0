/* ne2000.c - NE2000 boards: find them on ISA and PCI, reach the chip by ports, hook it up as a network card.
 * Called by: drivers.c at boot; the net layer through netdev_ops; the interrupt dispatcher.
 * Never: knows what the chip's registers mean beyond probing: that is dp8390.c.  */
#include "drivers/ne2000/ne2000.h"

#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/ne2000/dp8390.h"
#include "drivers/ne2000/dp8390_regs.h"
#include "drivers/pci/pci.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define ISA_PORT 0x300u
#define ISA_IRQ 9u
#define REALTEK 0x10ecu
#define RTL8029 0x8029u

struct board {
	struct netdev dev;
	struct dp8390 chip;
	struct irq_handler irq;
	uint16_t port;
};

static uint32_t n_boards;

/* ---- the bus ------------------------------------------------------------------------------------ */

static uint8_t bus_read8(void *ctx, uint8_t reg) { return inb((uint16_t)(((struct board *)ctx)->port + reg)); }
static void bus_write8(void *ctx, uint8_t reg, uint8_t v) { outb((uint16_t)(((struct board *)ctx)->port + reg), v); }

static void bus_read_data(void *ctx, void *to, uint32_t bytes, bool wide)
{
	uint16_t port = (uint16_t)(((struct board *)ctx)->port + NE_DATA);
	if (!wide) {
		insw(port, to, bytes / 2);
		return;
	}
	insl(port, to, bytes / 4);
	if ((bytes & 2) != 0) insw(port, (uint8_t *)to + (bytes & ~3u), 1);
}

static void bus_write_data(void *ctx, const void *from, uint32_t bytes, bool wide)
{
	uint16_t port = (uint16_t)(((struct board *)ctx)->port + NE_DATA);
	if (!wide) {
		outsw(port, from, bytes / 2);
		return;
	}
	outsl(port, from, bytes / 4);
	if ((bytes & 2) != 0) outsw(port, (const uint8_t *)from + (bytes & ~3u), 1);
}

/* Reading the reset port asserts reset, writing it back ends it. */
static void bus_reset(void *ctx)
{
	uint16_t port = (uint16_t)(((struct board *)ctx)->port + NE_RESET);
	outb(port, inb(port));
}

static void bus_delay_us(void *ctx, uint32_t us)
{
	UNUSED(ctx);
	uint64_t ticks = (uint64_t)us * arch_tsc_khz(), from = arch_tsc();
	while ((arch_tsc() - from) * 1000 < ticks) pio_delay();
}

static const struct dp8390_bus port_bus = {
	.read8 = bus_read8,
	.write8 = bus_write8,
	.read_data = bus_read_data,
	.write_data = bus_write_data,
	.reset = bus_reset,
	.delay_us = bus_delay_us,
};

/* ---- as a network card -------------------------------------------------------------------------- */

static struct dp8390 *chip_of(struct netdev *d) { return &((struct board *)d->priv)->chip; }

static void tell_room(struct netdev *d)
{
	if (dp8390_take_tx_room(chip_of(d))) netdev_tx_room(d);
}

static uint32_t ne_rx_peek(struct netdev *d, uint8_t head[NETDEV_PEEK])
{
	uint32_t len = dp8390_rx_peek(chip_of(d), head);
	tell_room(d);
	return len;
}

static bool ne_rx_take(struct netdev *d, uint32_t from, const struct netdev_seg *segs, uint32_t n)
{
	return dp8390_rx_take(chip_of(d), from, segs, n);
}

static void ne_rx_skip(struct netdev *d) { dp8390_rx_skip(chip_of(d)); }

static int ne_tx(struct netdev *d, const struct netdev_seg *segs, uint32_t n)
{
	int r = dp8390_tx(chip_of(d), segs, n);
	if (chip_of(d)->tx_room) netdev_wake(d); /* the net thread tells those who wait: not the sender, who is in its own call */
	return r;
}

static bool ne_rx_enable(struct netdev *d)
{
	bool done = dp8390_rx_enable(chip_of(d));
	tell_room(d);
	return done;
}

static void ne_poll(struct netdev *d)
{
	dp8390_poll(chip_of(d));
	tell_room(d);
}

static const struct netdev_ops ne_ops = {
	.rx_peek = ne_rx_peek,
	.rx_take = ne_rx_take,
	.rx_skip = ne_rx_skip,
	.tx = ne_tx,
	.rx_enable = ne_rx_enable,
	.poll = ne_poll,
};

static void ne_irq(void *ctx)
{
	struct board *b = ctx;
	if (dp8390_interrupt(&b->chip)) netdev_wake(&b->dev);
}

/* ---- finding boards ----------------------------------------------------------------------------- */

static bool attach(uint16_t port, uint32_t irq, const char *driver)
{
	struct board *b = kzalloc(sizeof *b);
	if (b == NULL) return false;
	b->port = port;
	b->chip = (struct dp8390){.bus = &port_bus, .bus_ctx = b, .can_wide = true, .stats = &b->dev.stats};
	b->irq = (struct irq_handler){.handle = ne_irq, .ctx = b};
	if (dp8390_init(&b->chip) != 0 || irq_attach(irq, &b->irq) != 0) {
		kfree(b);
		return false;
	}
	b->dev.ops = &ne_ops;
	b->dev.driver = driver;
	b->dev.priv = b;
	b->dev.rx_ring_frames = dp8390_ring_frames(&b->chip);
	memcpy(b->dev.mac, b->chip.mac, ETH_ALEN);
	fmt_snprintf(b->dev.name, sizeof b->dev.name, "eth%u", n_boards++);
	netdev_register(&b->dev);
	dp8390_start(&b->chip);
	const uint8_t *m = b->dev.mac;
	klog(LOG_INFO, "%s: %s at 0x%x irq %u, %02x:%02x:%02x:%02x:%02x:%02x, ring of %u frames, %u bit", b->dev.name, driver, port,
	     irq, m[0], m[1], m[2], m[3], m[4], m[5], b->dev.rx_ring_frames, b->chip.wide ? 32u : 16u);
	return true;
}

static bool visit_pci(void *ctx, const struct pci_function *f)
{
	UNUSED(ctx);
	if (f->vendor_id != REALTEK || f->device_id != RTL8029) return true;
	struct pci_bar bar = pci_bar(f, 0);
	if (!bar.io || bar.base == 0 || bar.base > 0xffffu - NE_PORTS || f->irq > 15) {
		klog(LOG_WARN, "pci %u:%u.%u: RTL8029 without ports or interrupt", f->bus, f->device, f->function);
		return true;
	}
	pci_enable(f, false);
	if (!attach((uint16_t)bar.base, f->irq, "ne2k-pci")) klog(LOG_WARN, "RTL8029 at 0x%x does not answer", bar.base);
	return true;
}

/* Is a DP8390 at port? Asked so that another device there comes to little harm: a write and a read that only this chip
 * answers so (page 1 keeps what is written to MAR5, page 0 gives at that place a counter that reading clears). */
static bool isa_present(uint16_t port)
{
	uint8_t before = inb(port);
	if (before == 0xff) return false;
	outb(port + DP_CR, CR_PAGE1 | CR_STP | CR_RD_ABORT);
	uint8_t kept = inb(port + DP_CNTR0);
	outb(port + DP_CNTR0, 0xff);
	outb(port + DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	inb(port + DP_CNTR0);
	if (inb(port + DP_CNTR0) == 0) return true;
	outb(port, before);
	outb(port + DP_CNTR0, kept);
	return false;
}

static void probe_isa(void)
{
	char option[24];
	uint32_t port = ISA_PORT, irq = ISA_IRQ;
	bool given = bootopt_str("ne2k", option, sizeof option);
	if (given) {
		const char *end;
		if (strcmp(option, "off") == 0) return;
		if (!str_to_u32(option, &end, &port) || *end != ',' || !str_to_u32(end + 1, &end, &irq) || *end != 0 || port > 0xffffu - NE_PORTS || irq > 15) {
			klog(LOG_WARN, "option ne2k=%s: expected PORT,IRQ or off", option);
			return;
		}
	}
	bool there = isa_present((uint16_t)port) && attach((uint16_t)port, irq, "ne2k-isa");
	if (!there && given) klog(LOG_WARN, "no NE2000 at 0x%x", port);
}

void ne2000_probe(void)
{
	pci_scan(visit_pci, NULL);
	probe_isa();
}
