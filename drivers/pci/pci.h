/* pci.h - find PCI functions and switch them on.
 * Used by: drivers at boot.
 * Never: assigns addresses: the firmware has done that.  */
#ifndef DRIVERS_PCI_PCI_H
#define DRIVERS_PCI_PCI_H
#include "lib/base.h"

struct pci_function {
	uint8_t bus, device, function;
	uint16_t vendor_id, device_id;
	uint8_t class_code, subclass;
	uint8_t irq;              /* PIC line that the firmware routed; 255: none */
};
struct pci_bar {
	bool io;                  /* ports, else memory */
	uint32_t base;            /* 0: not assigned */
};

/** Call visit for each function of buses 0..255 that are there, until it returns false. proc context, at boot.
 *  Without PCI nothing is visited. Source: PCI Local Bus Specification 2.2, 3.2.2.3.2 (configuration mechanism 1), 6.1. */
void pci_scan(bool (*visit)(void *ctx, const struct pci_function *f), void *ctx);
/** Base address register n (0..5); 64-bit ones give their low half. */
struct pci_bar pci_bar(const struct pci_function *f, uint32_t n);
/** Let the function answer on its addresses, and be bus master if asked. */
void pci_enable(const struct pci_function *f, bool bus_master);
/** Configuration space by aligned 32-bit words. Any context. */
uint32_t pci_read(const struct pci_function *f, uint8_t offset);
void pci_write(const struct pci_function *f, uint8_t offset, uint32_t value);

#endif
