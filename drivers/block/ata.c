/* ata.c - the two classic ATA channels of a PC: ports, interrupts, names sda to sdd.
 * Called by: drivers.c at boot; the interrupt dispatcher; a timer.
 * Never: knows what the registers mean: that is ata_disk.c.
 * Source: ports and lines: "PCI IDE Controller Specification" 1.0, 2.1 (compatibility mode).  */
#include "drivers/block/disks.h"
#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/block/ata_disk.h"
#include "drivers/block/ata_regs.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/base/log.h"
#include "lib/str.h"

#define MAJOR 8u
#define MINORS 16u

struct port_channel {
	struct ata_channel c;
	struct irq_handler irq;
	struct ktimer timer;
	uint16_t command, control;
};

static uint16_t port(void *ctx, uint32_t reg)
{
	const struct port_channel *p = ctx;

	return (uint16_t)(reg == ATA_CONTROL ? p->control : p->command + reg);
}

static uint8_t bus_read(void *ctx, uint32_t reg) { return inb(port(ctx, reg)); }
static void bus_write(void *ctx, uint32_t reg, uint8_t v) { outb(port(ctx, reg), v); }
static void bus_read_data(void *ctx, void *to, uint32_t bytes) { insw(port(ctx, ATA_DATA), to, bytes / 2); }
static void bus_write_data(void *ctx, const void *from, uint32_t bytes) { outsw(port(ctx, ATA_DATA), from, bytes / 2); }

static void bus_delay_us(void *ctx, uint32_t us)
{
	UNUSED(ctx);
	uint64_t ticks = (uint64_t)us * arch_tsc_khz(), from = arch_tsc();
	while ((arch_tsc() - from) * 1000 < ticks) pio_delay();
}

static const struct ata_bus port_bus = {
	.read = bus_read, .write = bus_write, .read_data = bus_read_data, .write_data = bus_write_data, .delay_us = bus_delay_us,
};

static void on_irq(void *ctx)
{
	ata_interrupt(&((struct port_channel *)ctx)->c);
}

static void on_timer(struct ktimer *t)
{
	ata_timeout(&container_of(t, struct port_channel, timer)->c);
}

static void arm(struct ata_channel *c, bool on)
{
	struct port_channel *p = container_of(c, struct port_channel, c);

	if (on) ktimer_arm(&p->timer, clock_now_ns() + ATA_PATIENCE_NS);
	else ktimer_stop(&p->timer);
}

static void probe_channel(struct port_channel *p, uint32_t number, uint32_t line)
{
	p->c.bus = &port_bus;
	p->c.bus_ctx = p;
	p->c.arm = arm;
	p->irq = (struct irq_handler){.handle = on_irq, .ctx = p};
	ktimer_init(&p->timer, on_timer);
	ata_channel_probe(&p->c);
	if (!p->c.present[0] && !p->c.present[1]) return;
	if (irq_attach(line, &p->irq)) {
		klog(LOG_WARN, "ata: interrupt %u cannot be had", line);
		return;
	}
	for (uint32_t n = 0; n < 2; n++) {
		struct block_disk *d = &p->c.drives[n].disk;
		if (!p->c.present[n]) continue;
		str_copy(d->name, sizeof d->name, "sda");
		d->name[2] = (char)('a' + number * 2 + n);
		d->rdev = MAJOR << 8 | (number * 2 + n) * MINORS;
		block_register(d);
	}
}

void ata_probe(void)
{
	static struct port_channel channels[2] = {{.command = 0x1f0, .control = 0x3f6}, {.command = 0x170, .control = 0x376}};

	probe_channel(&channels[0], 0, 14);
	probe_channel(&channels[1], 1, 15);
}
