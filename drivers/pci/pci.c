/* pci.c - PCI configuration space by mechanism 1 (ports 0xcf8 and 0xcfc).
 * Called by: drivers that look for their cards at boot.
 * Never: changes what the firmware assigned.  */
#include "drivers/pci/pci.h"

#include "arch/arch.h"
#include "arch/i386/pio.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_ENABLE 0x80000000u

#define PCI_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_CLASS 0x08
#define PCI_HEADER 0x0c
#define PCI_BAR0 0x10
#define PCI_BUSES 0x18    /* of a bridge: primary, secondary, subordinate */
#define PCI_INTERRUPT 0x3c
#define COMMAND_IO 1u
#define COMMAND_MEMORY 2u
#define COMMAND_MASTER 4u
#define HEADER_MULTI 0x80u
#define CLASS_BRIDGE 6u
#define SUBCLASS_PCI 4u

uint32_t pci_read(const struct pci_function *f, uint8_t offset)
{
	uint32_t state = irq_save();
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)f->bus << 16 | (uint32_t)f->device << 11 | (uint32_t)f->function << 8 | (offset & 0xfcu));
	uint32_t value = inl(CONFIG_DATA);
	irq_restore(state);
	return value;
}

void pci_write(const struct pci_function *f, uint8_t offset, uint32_t value)
{
	uint32_t state = irq_save();
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)f->bus << 16 | (uint32_t)f->device << 11 | (uint32_t)f->function << 8 | (offset & 0xfcu));
	outl(CONFIG_DATA, value);
	irq_restore(state);
}

static bool mechanism_1(void)
{
	uint32_t before = inl(CONFIG_ADDRESS);
	outl(CONFIG_ADDRESS, CONFIG_ENABLE);
	bool there = inl(CONFIG_ADDRESS) == CONFIG_ENABLE;
	outl(CONFIG_ADDRESS, before);
	return there;
}

/* Buses still to be looked at, as a bit map: bridges add theirs. */
struct scan {
	uint32_t todo[8], seen[8];
	bool (*visit)(void *ctx, const struct pci_function *f);
	void *ctx;
};

static void scan_add(struct scan *s, uint8_t bus)
{
	if ((s->seen[bus / 32] >> (bus % 32) & 1) != 0) return;
	s->seen[bus / 32] |= 1u << (bus % 32);
	s->todo[bus / 32] |= 1u << (bus % 32);
}

/* False: there is nothing, or (with *stop set) the visitor has had enough. */
static bool scan_function(struct scan *s, struct pci_function *f, bool *stop)
{
	uint32_t id = pci_read(f, PCI_ID);
	if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0) return false;
	uint32_t class = pci_read(f, PCI_CLASS);
	f->vendor_id = id & 0xffff;
	f->device_id = id >> 16;
	f->class_code = class >> 24;
	f->subclass = class >> 16 & 0xff;
	f->irq = pci_read(f, PCI_INTERRUPT) & 0xff;
	if (f->class_code == CLASS_BRIDGE && f->subclass == SUBCLASS_PCI) scan_add(s, pci_read(f, PCI_BUSES) >> 8 & 0xff);
	*stop = !s->visit(s->ctx, f);
	return !*stop;
}

static bool scan_device(struct scan *s, uint8_t bus, uint8_t device)
{
	bool stop = false;
	struct pci_function f = {.bus = bus, .device = device};
	if (!scan_function(s, &f, &stop)) return !stop;
	if ((pci_read(&f, PCI_HEADER) >> 16 & HEADER_MULTI) == 0) return true;
	for (uint8_t n = 1; n < 8 && !stop; n++) {
		f.function = n;
		scan_function(s, &f, &stop);
	}
	return !stop;
}

void pci_scan(bool (*visit)(void *ctx, const struct pci_function *f), void *ctx)
{
	struct scan s = {.visit = visit, .ctx = ctx};
	if (!mechanism_1()) return;
	scan_add(&s, 0);
	for (uint32_t bus = 0; bus < 256; bus++) {
		if ((s.todo[bus / 32] >> (bus % 32) & 1) == 0) continue;
		for (uint8_t device = 0; device < 32; device++)
			if (!scan_device(&s, (uint8_t)bus, device)) return;
	}
}

struct pci_bar pci_bar(const struct pci_function *f, uint32_t n)
{
	uint32_t v = pci_read(f, (uint8_t)(PCI_BAR0 + 4 * n));
	bool io = (v & 1) != 0;
	return (struct pci_bar){.io = io, .base = v & (io ? ~3u : ~15u)};
}

void pci_enable(const struct pci_function *f, bool bus_master)
{
	uint32_t command = pci_read(f, PCI_COMMAND) & 0xffff; /* writing 0 to the status half changes nothing */
	pci_write(f, PCI_COMMAND, command | COMMAND_IO | COMMAND_MEMORY | (bus_master ? COMMAND_MASTER : 0));
}
