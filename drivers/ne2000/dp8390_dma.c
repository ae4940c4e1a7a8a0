/* dp8390_dma.c - card memory through the remote DMA window, 16 or 32 bits at a time.
 * Called by: the other files of the chip logic, in net context or at boot.
 * Never: waits longer than a bounded count.  Source: DP8390D data sheet, section 8 "Remote DMA".  */
#include "drivers/ne2000/dp8390_priv.h"

#define SPINS 20000u        /* polls of a status bit: some 20 ms on an ISA bus */

struct dp_window dp_window_open(struct dp8390 *c, uint32_t addr, uint32_t bytes, uint8_t direction)
{
	uint32_t even = (bytes + 1) & ~1u;
	dp_write(c, DP_RSAR0, addr & 0xff);
	dp_write(c, DP_RSAR1, addr >> 8);
	dp_write(c, DP_RBCR0, even & 0xff);
	dp_write(c, DP_RBCR1, even >> 8);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STA | direction);
	return (struct dp_window){.c = c, .addr = addr};
}

/* Whole words; a first one alone where 32-bit accesses would not be aligned in card memory. */
static void window_read_words(struct dp_window *w, uint8_t *to, uint32_t bytes)
{
	struct dp8390 *c = w->c;
	if (c->wide && (w->addr & 2) != 0 && bytes >= 2) {
		c->bus->read_data(c->bus_ctx, to, 2, false);
		to += 2;
		bytes -= 2;
		w->addr += 2;
	}
	if (bytes != 0) c->bus->read_data(c->bus_ctx, to, bytes, c->wide);
	w->addr += bytes;
}

static void window_write_words(struct dp_window *w, const uint8_t *from, uint32_t bytes)
{
	struct dp8390 *c = w->c;
	if (c->wide && (w->addr & 2) != 0 && bytes >= 2) {
		c->bus->write_data(c->bus_ctx, from, 2, false);
		from += 2;
		bytes -= 2;
		w->addr += 2;
	}
	if (bytes != 0) c->bus->write_data(c->bus_ctx, from, bytes, c->wide);
	w->addr += bytes;
}

void dp_window_read(struct dp_window *w, void *dst, uint32_t n)
{
	uint8_t *to = dst, pair[2];
	if (n != 0 && w->carried) {
		*to++ = w->carry;
		w->carried = false;
		n--;
	}
	window_read_words(w, to, n & ~1u);
	if ((n & 1) == 0) return;
	window_read_words(w, pair, 2);
	to[n - 1] = pair[0];
	w->carry = pair[1];
	w->carried = true;
}

void dp_window_write(struct dp_window *w, const void *src, uint32_t n)
{
	const uint8_t *from = src;
	if (n != 0 && w->carried) {
		uint8_t pair[2] = {w->carry, *from++};
		window_write_words(w, pair, 2);
		w->carried = false;
		n--;
	}
	window_write_words(w, from, n & ~1u);
	if ((n & 1) == 0) return;
	w->carry = from[n - 1];
	w->carried = true;
}

bool dp_wait_isr(struct dp8390 *c, uint8_t bit)
{
	for (uint32_t i = 0; i < SPINS; i++)
		if ((dp_read(c, DP_ISR) & bit) != 0) return true;
	return false;
}

/* End of a write: the odd byte, then until the chip has put everything into its memory. */
bool dp_window_flush(struct dp_window *w)
{
	uint8_t pad = 0;
	if (w->carried) dp_window_write(w, &pad, 1);
	return dp_wait_isr(w->c, ISR_RDC);
}

bool dp_card_write(struct dp8390 *c, uint32_t addr, const void *from, uint32_t n)
{
	dp_write(c, DP_ISR, ISR_RDC);
	struct dp_window w = dp_window_open(c, addr, n, CR_RD_WRITE);
	dp_window_write(&w, from, n);
	return dp_window_flush(&w);
}

void dp_card_read(struct dp8390 *c, uint32_t addr, void *to, uint32_t n)
{
	struct dp_window w = dp_window_open(c, addr, n, CR_RD_READ);
	dp_window_read(&w, to, n);
}
