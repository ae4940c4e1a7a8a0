/* dp8390.c - the DP8390 itself: finding out what it is, setting it up, its interrupts.
 * Called by: ne2000.c at boot and from its interrupt handler; the other files of the chip logic.
 * Never: touches a frame: see dp8390_rx.c and dp8390_tx.c.  */
#include "drivers/ne2000/dp8390.h"

#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "drivers/ne2000/dp8390_priv.h"
#include "lib/str.h"

#define RX_PAGE (TX_PAGE + 2 * TX_PAGES)
#define STOP_16K 0x80u
#define STOP_32K 0xc0u

/* ---- interrupt mask ----------------------------------------------------------------------------- */

/* Sent frames interrupt only when somebody waits for the room: else the next dp8390_tx finds out. */
static uint8_t wanted_irqs(const struct dp8390 *c)
{
	bool queued = c->tx_state[0] == DP_TX_LOADED || c->tx_state[1] == DP_TX_LOADED;
	return (uint8_t)(IRQ_RX | (c->tx_wanted || queued ? IRQ_TX : 0));
}

void dp_irq_update(struct dp8390 *c)
{
	uint32_t state = irq_save();
	if (c->irq_on) dp_write(c, DP_IMR, wanted_irqs(c));
	irq_restore(state);
}

void dp_irq_set(struct dp8390 *c, bool on)
{
	uint32_t state = irq_save();
	if (c->irq_on != on) {
		c->irq_on = on;
		dp_write(c, DP_IMR, on ? wanted_irqs(c) : 0);
	}
	irq_restore(state);
}

bool dp8390_interrupt(struct dp8390 *c)
{
	if (!c->irq_on || (dp_read(c, DP_ISR) & wanted_irqs(c)) == 0) return false;
	dp_write(c, DP_IMR, 0);
	c->irq_on = false;
	return true;
}

/* ---- setting up --------------------------------------------------------------------------------- */

/* The data sheet's order (section 12 "Initialization Procedures"); ends receiving, with interrupts masked. */
static void setup(struct dp8390 *c)
{
	dp_write(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	c->bus->delay_us(c->bus_ctx, STOP_US);
	dp_write(c, DP_DCR, DCR_FT8 | DCR_LS | DCR_WTS);
	dp_write(c, DP_RBCR0, 0);
	dp_write(c, DP_RBCR1, 0);
	dp_write(c, DP_RCR, RCR_AB);
	dp_write(c, DP_TCR, TCR_LOOPBACK);
	dp_write(c, DP_PSTART, c->rx_start);
	dp_write(c, DP_PSTOP, c->rx_stop);
	dp_write(c, DP_BNRY, c->rx_start);
	dp_write(c, DP_ISR, 0xff);
	dp_write(c, DP_IMR, 0);
	dp_write(c, DP_CR, CR_PAGE1 | CR_STP | CR_RD_ABORT);
	for (uint8_t i = 0; i < ETH_ALEN; i++) dp_write(c, DP_PAR0 + i, c->mac[i]);
	for (uint8_t i = 0; i < 8; i++) dp_write(c, DP_MAR0 + i, 0);
	dp_write(c, DP_CURR, c->rx_start + 1);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
	dp_write(c, DP_TCR, TCR_NORMAL);
	c->next = c->curr = c->rx_start + 1;
	c->frame_len = 0;
	c->recovering = c->resend = false;
}

void dp_full_reset(struct dp8390 *c)
{
	bool on = c->irq_on;
	dp_irq_set(c, false);
	c->stats->ring_resets++;
	dp_tx_drop(c);
	setup(c);
	dp_irq_set(c, on);
}

static bool holds(struct dp8390 *c, uint32_t addr, const uint8_t *pattern)
{
	uint8_t back[8];
	dp_card_read(c, addr, back, sizeof back);
	return memcmp(back, pattern, sizeof back) == 0;
}

/* 32 KiB if the upper half keeps a pattern and is not the lower half again (databook of the board: none; QEMU has 32,
 * the original and the RTL8029 have 16). */
static bool find_memory(struct dp8390 *c)
{
	static const uint8_t low[8] = {0x47, 0x6f, 0x64, 0x77, 0x69, 0x74, 0x00, 0xff};
	static const uint8_t high[8] = {0xb8, 0x90, 0x9b, 0x88, 0x96, 0x8b, 0xff, 0x00};
	uint32_t l = TX_PAGE << 8, h = STOP_16K << 8, top = (STOP_32K << 8) - sizeof high;
	if (!dp_card_write(c, l, low, sizeof low) || !holds(c, l, low)) return false;
	bool big = dp_card_write(c, h, high, sizeof high) && dp_card_write(c, top, high, sizeof high);
	big = big && holds(c, h, high) && holds(c, top, high) && holds(c, l, low);
	c->rx_stop = big ? STOP_32K : STOP_16K;
	c->rx_start = RX_PAGE;
	return big || (dp_card_write(c, l, low, sizeof low) && holds(c, l, low));
}

/* 32-bit accesses count only if they mean the same as 16-bit ones, both ways. */
static void find_width(struct dp8390 *c)
{
	static const uint8_t one[8] = {1, 2, 3, 4, 5, 6, 7, 8}, two[8] = {0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87};
	uint32_t at = TX_PAGE << 8;
	if (!c->can_wide) return;
	c->wide = true;
	bool ok = dp_card_write(c, at, one, sizeof one);
	c->wide = false;
	ok = ok && holds(c, at, one) && dp_card_write(c, at, two, sizeof two);
	c->wide = true;
	c->wide = ok && holds(c, at, two);
}

int dp8390_init(struct dp8390 *c)
{
	uint8_t prom[32];
	c->bus->reset(c->bus_ctx);
	if (!dp_wait_isr(c, ISR_RST)) return -ENODEV;
	dp_write(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	dp_write(c, DP_DCR, DCR_FT8 | DCR_LS | DCR_WTS);
	dp_write(c, DP_IMR, 0);
	dp_write(c, DP_ISR, 0xff);
	dp_write(c, DP_RCR, RCR_MON);
	dp_write(c, DP_TCR, TCR_LOOPBACK);
	dp_card_read(c, 0, prom, sizeof prom); /* each byte stands twice */
	for (uint32_t i = 0; i < ETH_ALEN; i++) c->mac[i] = prom[2 * i];
	bool zero = true;
	for (uint32_t i = 0; i < ETH_ALEN; i++) zero = zero && c->mac[i] == 0;
	if (zero || (c->mac[0] & 1) != 0 || !find_memory(c)) return -ENODEV;
	find_width(c);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	return 0;
}

void dp8390_start(struct dp8390 *c)
{
	setup(c);
	dp_irq_set(c, true);
}

uint32_t dp8390_ring_frames(const struct dp8390 *c)
{
	return (dp_ring_pages(c) - (TX_PAGES + 1)) / TX_PAGES;
}
