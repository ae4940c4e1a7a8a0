/* ne2000.h - NE2000 boards on ISA and PCI.
 * Used by: drivers/drivers.c.
 * Never: used by anything else: cards are reached through net/netdev.h.  */
#ifndef DRIVERS_NE2000_NE2000_H
#define DRIVERS_NE2000_NE2000_H

/** Find all boards and register them as eth0, eth1...: PCI ones first, then the ISA one.
 *  Option ne2k=PORT,IRQ names another ISA place than 0x300,9; ne2k=off looks for none. proc context, at boot. */
void ne2000_probe(void);

#endif
