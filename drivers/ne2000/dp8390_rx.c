/* dp8390_rx.c - receiving: the ring, its headers, and recovery when it overflowed.
 * Called by: ne2000.c in net context.
 * Never: trusts what the ring says.  */
#include "drivers/ne2000/dp8390_priv.h"

#include "arch/arch.h"
#include "lib/str.h"

#define BAD_MAX 16u         /* damaged frames per look: others want the CPU as well */

/* ---- pages of the ring -------------------------------------------------------------------------- */

static uint32_t ring_distance(const struct dp8390 *c, uint8_t from, uint8_t to)
{
	return to >= from ? (uint32_t)to - from : dp_ring_pages(c) - ((uint32_t)from - to);
}

static bool in_ring(const struct dp8390 *c, uint8_t page) { return page >= c->rx_start && page < c->rx_stop; }

/* Everything before c->next is the chip's again. BNRY stays one page behind, so that a full ring differs from an empty one
 * (data sheet 7.2 "Buffer Ring Pointers"). */
static void give_back(struct dp8390 *c, uint8_t next)
{
	c->next = next;
	c->frame_len = 0;
	dp_write(c, DP_BNRY, next == c->rx_start ? c->rx_stop - 1 : next - 1);
}

static uint8_t read_curr(struct dp8390 *c)
{
	uint32_t state = irq_save(); /* the handler of a shared line must not meet page 1 */
	dp_write(c, DP_CR, CR_PAGE1 | CR_STA | CR_RD_ABORT);
	uint8_t curr = dp_read(c, DP_CURR);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
	irq_restore(state);
	return curr;
}

/* ---- overwrite ---------------------------------------------------------------------------------- */

/* AN-874 2.2, steps 1 to 7: stop, wait for what is under way, restart in loopback so that the ring only empties. */
static void recovery_begin(struct dp8390 *c)
{
	bool sending = (dp_read(c, DP_CR) & CR_TXP) != 0;
	c->stats->rx_overruns++;
	dp_write(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	c->bus->delay_us(c->bus_ctx, STOP_US);
	dp_write(c, DP_RBCR0, 0);
	dp_write(c, DP_RBCR1, 0);
	c->resend = sending && (dp_read(c, DP_ISR) & IRQ_TX) == 0;
	c->recovering = true;
	dp_write(c, DP_TCR, TCR_LOOPBACK);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
}

/* Steps 9 to 11, the ring being empty: receive again, and send again what was cut short. */
static void recovery_end(struct dp8390 *c)
{
	dp_write(c, DP_ISR, ISR_OVW);
	dp_write(c, DP_TCR, TCR_NORMAL);
	c->recovering = false;
	for (uint32_t i = 0; i < 2 && c->resend; i++)
		if (c->tx_state[i] == DP_TX_SENDING) dp_tx_start(c, i);
	c->resend = false;
	dp_tx_next(c);
}

/* ---- receiving ---------------------------------------------------------------------------------- */

static void read_tallies(struct dp8390 *c)
{
	c->stats->rx_errors += dp_read(c, DP_CNTR0);
	c->stats->rx_errors += dp_read(c, DP_CNTR1);
	c->stats->rx_dropped += dp_read(c, DP_CNTR2);
	dp_write(c, DP_ISR, ISR_CNT);
}

/* Look at everything the chip asks for; false: there is no frame. Acknowledges before CURR is read, so that a frame that
 * comes later asks again. */
static bool refill(struct dp8390 *c)
{
	dp_irq_set(c, false);
	uint8_t isr = dp_read(c, DP_ISR);
	if ((isr & ISR_CNT) != 0) read_tallies(c);
	if ((isr & ISR_OVW) != 0 && !c->recovering) {
		recovery_begin(c);
		isr = dp_read(c, DP_ISR);
	}
	dp_tx_done(c, isr);
	if ((isr & (ISR_PRX | ISR_RXE)) != 0) dp_write(c, DP_ISR, isr & (ISR_PRX | ISR_RXE));
	c->curr = read_curr(c);
	if (!in_ring(c, c->curr)) {
		dp_full_reset(c);
		return false;
	}
	if (c->curr != c->next) return true;
	if (c->recovering) recovery_end(c);
	return false;
}

/* The frame at c->next as its ring header tells it: false if that cannot be. A frame of len bytes takes len + 4 header
 * bytes and, with its CRC, may take one page more; it never reaches past CURR. */
static bool header_ok(const struct dp8390 *c, const uint8_t h[DP_HEADER_BYTES], uint32_t *len)
{
	uint32_t count = h[2] | (uint32_t)h[3] << 8;
	if (!in_ring(c, h[1]) || count < ETH_HLEN + 4 || count > FRAME_MAX_VLAN + 4) return false;
	*len = count - 4;
	uint32_t pages = (*len + DP_HEADER_BYTES) / DP_PAGE_BYTES + 1, span = ring_distance(c, c->next, h[1]);
	return (span == pages || span == pages + 1) && span <= ring_distance(c, c->next, c->curr);
}

/* Nothing in the ring can be believed: what is there is lost, what comes next is good. */
static void resync(struct dp8390 *c)
{
	c->stats->ring_resets++;
	give_back(c, c->curr);
}

uint32_t dp8390_rx_peek(struct dp8390 *c, uint8_t head[NETDEV_PEEK])
{
	for (uint32_t bad = 0; c->frame_len == 0; bad++) {
		if (bad == BAD_MAX || (c->next == c->curr && !refill(c))) return 0;
		uint8_t h[DP_HEADER_BYTES];
		uint32_t len;
		struct dp_window w = dp_window_open(c, (uint32_t)c->next << 8, sizeof h + NETDEV_PEEK, CR_RD_READ);
		dp_window_read(&w, h, sizeof h);
		dp_window_read(&w, c->head, NETDEV_PEEK); /* lies within the frame's first page */
		if (!header_ok(c, h, &len)) {
			resync(c);
		} else if ((h[0] & (RSR_PRX | RSR_CRC | RSR_FAE | RSR_FO)) != RSR_PRX) {
			c->stats->rx_errors++;
			give_back(c, h[1]);
		} else {
			c->frame_len = len;
			c->frame_next = h[1];
		}
	}
	memcpy(head, c->head, MIN(c->frame_len, NETDEV_PEEK));
	return c->frame_len;
}

/* Segments being filled, in order. */
struct fill {
	const struct netdev_seg *segs;
	uint32_t n, at, done; /* segment, bytes of it already filled */
};

/* n bytes of card memory from addr, which do not cross the ring's end. */
static void fill_from(struct dp8390 *c, struct fill *f, uint32_t addr, uint32_t n)
{
	uint8_t before;
	uint32_t odd = addr & 1;
	if (n == 0) return;
	struct dp_window w = dp_window_open(c, addr - odd, n + odd, CR_RD_READ);
	if (odd != 0) dp_window_read(&w, &before, 1);
	while (n != 0) {
		const struct netdev_seg *s = &f->segs[f->at];
		uint32_t piece = MIN(n, s->len - f->done);
		dp_window_read(&w, (uint8_t *)s->at + f->done, piece);
		n -= piece;
		f->done += piece;
		if (f->done < s->len) continue;
		f->at++;
		f->done = 0;
	}
}

/* QEMU takes an exactly full ring (CURR == BNRY) for empty and writes over unread frames, perhaps over the one being
 * read; it begins with the page before it, so that the ring header goes first. */
static bool overwritten(struct dp8390 *c)
{
	uint8_t h[DP_HEADER_BYTES];
	dp_card_read(c, (uint32_t)c->next << 8, h, sizeof h);
	return h[1] != c->frame_next || (h[2] | (uint32_t)h[3] << 8) != c->frame_len + 4;
}

bool dp8390_rx_take(struct dp8390 *c, uint32_t from, const struct netdev_seg *segs, uint32_t n)
{
	uint32_t room = 0;
	if (c->frame_len == 0 || from > c->frame_len) {
		dp8390_rx_skip(c);
		return false;
	}
	for (uint32_t s = 0; s < n; s++) room = MIN(room + MIN(segs[s].len, FRAME_MAX_VLAN), FRAME_MAX_VLAN);
	uint32_t want = MIN(room, c->frame_len - from);
	uint32_t addr = ((uint32_t)c->next << 8) + DP_HEADER_BYTES + from, end = (uint32_t)c->rx_stop << 8;
	if (addr >= end) addr -= dp_ring_pages(c) << 8;
	uint32_t first = MIN(want, end - addr);
	struct fill f = {.segs = segs, .n = n};
	fill_from(c, &f, addr, first);
	fill_from(c, &f, (uint32_t)c->rx_start << 8, want - first);
	if (overwritten(c)) {
		c->curr = read_curr(c);
		if (in_ring(c, c->curr)) resync(c);
		else dp_full_reset(c);
		return false;
	}
	dp8390_rx_skip(c);
	return true;
}

void dp8390_rx_skip(struct dp8390 *c)
{
	if (c->frame_len == 0) return;
	c->stats->rx_frames++;
	c->stats->rx_bytes += c->frame_len;
	give_back(c, c->frame_next);
}

bool dp8390_rx_enable(struct dp8390 *c)
{
	if (c->frame_len != 0 || c->next != c->curr || refill(c)) return false;
	dp_irq_set(c, true);
	return true;
}
