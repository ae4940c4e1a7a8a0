/* chip.h - a model of the DP8390 and its board's memory, as QEMU's device and as real silicon behave.
 * Used by: dp8390_test.c, behind struct dp8390_bus.
 * Never: knows the driver.  Source: DP8390D data sheet; QEMU hw/net/ne2000.c for the differences named below.  */
#ifndef TESTS_HOST_DRIVERS_CHIP_H
#define TESTS_HOST_DRIVERS_CHIP_H

#include "drivers/ne2000/dp8390.h"

#define CHIP_MEM 0xc000u
#define CHIP_SENT_MAX 4096u

struct chip_sent { uint16_t len; uint8_t data[1600]; };

struct chip {
	/* which chip */
	bool real;            /* real: stops at BNRY with OVW, frames carry CRC, sending takes time.
	                       * else QEMU: CURR == BNRY counts as empty, drops silently without room for a maximum frame,
	                       * sends at once */
	bool big;             /* 32 KiB, else 16 */
	bool no_wide;         /* 32-bit accesses are not understood */
	uint32_t stuck_rdc;   /* remote writes that never complete */
	/* registers */
	uint8_t cr, isr, imr, rcr, tcr, dcr, pstart, pstop, bnry, curr, tpsr, par[6], mar[8];
	uint16_t rsar, rbcr, tbcr;
	bool in_reset;
	bool cut;             /* the last STOP stopped a chip that was on the wire */
	uint8_t tally[3];
	uint8_t mem[CHIP_MEM];
	uint64_t clock_us, stopped_us;
	bool tx_busy;
	bool never_sends;     /* transmissions hang */
	/* what came out */
	struct chip_sent *sent;
	uint32_t n_sent;
	uint32_t lost;        /* frames that found no room */
	uint32_t stops;       /* STOP commands seen while it ran */
	uint32_t early_starts; /* restarted less than 1.6 ms after STOP */
	uint32_t rule_breaks; /* accesses that the data sheet forbids */
};

extern const struct dp8390_bus chip_bus;

void chip_init(struct chip *h, bool real, bool big);
/** A frame from the wire (without CRC): true if it was stored. */
bool chip_receive(struct chip *h, const uint8_t *frame, uint32_t len);
/** Real chips: the transmission under way ends; ok: with PTX, else with TXE. */
void chip_tx_end(struct chip *h, bool ok);
bool chip_irq_line(const struct chip *h);

#endif
