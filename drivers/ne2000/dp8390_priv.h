/* dp8390_priv.h - between the files of the chip logic: registers, the data window, interrupts, and the steps of each part.
 * Included by: dp8390.c, dp8390_dma.c, dp8390_rx.c, dp8390_tx.c.
 * Never: by anything else.  */
#ifndef DRIVERS_NE2000_DP8390_PRIV_H
#define DRIVERS_NE2000_DP8390_PRIV_H
#include "drivers/ne2000/dp8390.h"
#include "drivers/ne2000/dp8390_regs.h"

#define TX_PAGE 0x40u       /* card memory begins here on every NE2000 with words */
#define TX_PAGES 6u         /* one full frame */
#define FRAME_MAX (ETH_HLEN + ETH_MTU)
#define FRAME_MAX_VLAN (FRAME_MAX + 4)
#define STOP_US 1600u       /* AN-874 2.2 step 3: the longest frame under way, with guard band */
#define IRQ_RX (ISR_PRX | ISR_RXE | ISR_OVW | ISR_CNT)
#define IRQ_TX (ISR_PTX | ISR_TXE)

static inline uint8_t dp_read(struct dp8390 *c, uint8_t reg) { return c->bus->read8(c->bus_ctx, reg); }
static inline void dp_write(struct dp8390 *c, uint8_t reg, uint8_t v) { c->bus->write8(c->bus_ctx, reg, v); }

/* ---- dp8390_dma.c: one transfer through the data port. The caller moves exactly the bytes announced; pieces may be odd:
 * the second half of a word waits in carry. */
struct dp_window {
	struct dp8390 *c;
	uint32_t addr;
	uint8_t carry;
	bool carried;
};
/** direction: CR_RD_READ or CR_RD_WRITE (then ISR_RDC was cleared before); addr is even. */
struct dp_window dp_window_open(struct dp8390 *c, uint32_t addr, uint32_t bytes, uint8_t direction);
void dp_window_read(struct dp_window *w, void *dst, uint32_t n);
void dp_window_write(struct dp_window *w, const void *src, uint32_t n);
/** End of a write: the odd byte, then until the chip has put everything into its memory. False: it never did. */
bool dp_window_flush(struct dp_window *w);
bool dp_card_write(struct dp8390 *c, uint32_t addr, const void *from, uint32_t n);
void dp_card_read(struct dp8390 *c, uint32_t addr, void *to, uint32_t n);
/** Until a bit of ISR is set, some 20 ms at most. */
bool dp_wait_isr(struct dp8390 *c, uint8_t bit);

/* ---- dp8390.c */
void dp_irq_set(struct dp8390 *c, bool on);
/** What the transmitter wants to be told has changed. */
void dp_irq_update(struct dp8390 *c);
/** Stop, forget everything, start again: frames in the card are lost and counted. */
void dp_full_reset(struct dp8390 *c);
static inline uint32_t dp_ring_pages(const struct dp8390 *c) { return (uint32_t)c->rx_stop - c->rx_start; }

/* ---- dp8390_tx.c */
/** ISR as read: frames that were sent or failed make room; the next one goes. */
void dp_tx_done(struct dp8390 *c, uint8_t isr);
/** Start the older loaded buffer, if nothing is on its way. */
void dp_tx_next(struct dp8390 *c);
/** Begin to send buffer i. */
void dp_tx_start(struct dp8390 *c, uint32_t i);
/** Frames in both buffers are lost; who waits for room hears of it. */
void dp_tx_drop(struct dp8390 *c);

#endif
