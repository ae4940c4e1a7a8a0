/* dp8390.c - chip logic of the DP8390: ring, transmit buffers, overwrite recovery.
 * Called by: ne2000.c in net context, and dp8390_interrupt from its handler.
 * Never: trusts what the ring says; waits longer than a bounded count.  */
#include "drivers/ne2000/dp8390.h"

#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "drivers/ne2000/dp8390_regs.h"
#include "lib/str.h"

#define TX_PAGE 0x40u       /* card memory begins here on every NE2000 with words */
#define TX_PAGES 6u         /* one full frame */
#define RX_PAGE (TX_PAGE + 2 * TX_PAGES)
#define STOP_16K 0x80u
#define STOP_32K 0xc0u
#define FRAME_MIN 60u       /* what a sender pads to, without CRC */
#define FRAME_MAX (ETH_HLEN + ETH_MTU)
#define FRAME_MAX_VLAN (FRAME_MAX + 4)
#define SPINS 20000u        /* polls of a status bit: some 20 ms on an ISA bus */
#define STOP_US 1600u       /* AN-874 2.2 step 3: the longest frame under way, with guard band */
#define BAD_MAX 16u         /* damaged frames per look: others want the CPU as well */
#define TX_POLLS 2u         /* a frame still not sent after so many seconds hangs */
#define IRQ_RX (ISR_PRX | ISR_RXE | ISR_OVW | ISR_CNT)
#define IRQ_TX (ISR_PTX | ISR_TXE)

static uint8_t rd(struct dp8390 *c, uint8_t reg) { return c->bus->read8(c->bus_ctx, reg); }
static void wr(struct dp8390 *c, uint8_t reg, uint8_t v) { c->bus->write8(c->bus_ctx, reg, v); }

/* ---- remote DMA --------------------------------------------------------------------------------- */

/* One transfer through the data port. The caller moves exactly the bytes announced; pieces may be odd: the second
 * half of a word waits in carry. */
struct window {
	struct dp8390 *c;
	uint32_t addr;
	uint8_t carry;
	bool carried;
};

static struct window window_open(struct dp8390 *c, uint32_t addr, uint32_t bytes, uint8_t direction)
{
	uint32_t even = (bytes + 1) & ~1u;
	wr(c, DP_RSAR0, addr & 0xff);
	wr(c, DP_RSAR1, addr >> 8);
	wr(c, DP_RBCR0, even & 0xff);
	wr(c, DP_RBCR1, even >> 8);
	wr(c, DP_CR, CR_PAGE0 | CR_STA | direction);
	return (struct window){.c = c, .addr = addr};
}

/* Whole words; a first one alone where 32-bit accesses would not be aligned in card memory. */
static void window_read_words(struct window *w, uint8_t *to, uint32_t bytes)
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

static void window_write_words(struct window *w, const uint8_t *from, uint32_t bytes)
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

static void window_read(struct window *w, void *dst, uint32_t n)
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

static void window_write(struct window *w, const void *src, uint32_t n)
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

static bool wait_isr(struct dp8390 *c, uint8_t bit)
{
	for (uint32_t i = 0; i < SPINS; i++)
		if ((rd(c, DP_ISR) & bit) != 0) return true;
	return false;
}

/* End of a write: the odd byte, then until the chip has put everything into its memory. */
static bool window_flush(struct window *w)
{
	uint8_t pad = 0;
	if (w->carried) window_write(w, &pad, 1);
	return wait_isr(w->c, ISR_RDC);
}

static bool card_write(struct dp8390 *c, uint32_t addr, const void *from, uint32_t n)
{
	wr(c, DP_ISR, ISR_RDC);
	struct window w = window_open(c, addr, n, CR_RD_WRITE);
	window_write(&w, from, n);
	return window_flush(&w);
}

static void card_read(struct dp8390 *c, uint32_t addr, void *to, uint32_t n)
{
	struct window w = window_open(c, addr, n, CR_RD_READ);
	window_read(&w, to, n);
}

/* ---- pages of the ring -------------------------------------------------------------------------- */

static uint32_t ring_pages(const struct dp8390 *c) { return (uint32_t)c->rx_stop - c->rx_start; }

static uint32_t ring_distance(const struct dp8390 *c, uint8_t from, uint8_t to)
{
	return to >= from ? (uint32_t)to - from : ring_pages(c) - ((uint32_t)from - to);
}

static bool in_ring(const struct dp8390 *c, uint8_t page) { return page >= c->rx_start && page < c->rx_stop; }

/* Everything before c->next is the chip's again. BNRY stays one page behind, so that a full ring differs from an empty one
 * (data sheet 7.2 "Buffer Ring Pointers"). */
static void give_back(struct dp8390 *c, uint8_t next)
{
	c->next = next;
	c->frame_len = 0;
	wr(c, DP_BNRY, next == c->rx_start ? c->rx_stop - 1 : next - 1);
}

static uint8_t read_curr(struct dp8390 *c)
{
	uint32_t state = irq_save(); /* the handler of a shared line must not meet page 1 */
	wr(c, DP_CR, CR_PAGE1 | CR_STA | CR_RD_ABORT);
	uint8_t curr = rd(c, DP_CURR);
	wr(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
	irq_restore(state);
	return curr;
}

/* ---- interrupt mask ----------------------------------------------------------------------------- */

/* Sent frames interrupt only when somebody waits for the room: else the next dp8390_tx finds out. */
static uint8_t wanted_irqs(const struct dp8390 *c)
{
	bool queued = c->tx_state[0] == DP_TX_LOADED || c->tx_state[1] == DP_TX_LOADED;
	return (uint8_t)(IRQ_RX | (c->tx_wanted || queued ? IRQ_TX : 0));
}

static void irq_update(struct dp8390 *c)
{
	uint32_t state = irq_save();
	if (c->irq_on) wr(c, DP_IMR, wanted_irqs(c));
	irq_restore(state);
}

static void irq_set(struct dp8390 *c, bool on)
{
	uint32_t state = irq_save();
	if (c->irq_on != on) {
		c->irq_on = on;
		wr(c, DP_IMR, on ? wanted_irqs(c) : 0);
	}
	irq_restore(state);
}

bool dp8390_interrupt(struct dp8390 *c)
{
	if (!c->irq_on || (rd(c, DP_ISR) & wanted_irqs(c)) == 0) return false;
	wr(c, DP_IMR, 0);
	c->irq_on = false;
	return true;
}

/* ---- setting up --------------------------------------------------------------------------------- */

/* The data sheet's order (section 12 "Initialization Procedures"); ends receiving, with interrupts masked. */
static void setup(struct dp8390 *c)
{
	wr(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	c->bus->delay_us(c->bus_ctx, STOP_US);
	wr(c, DP_DCR, DCR_FT8 | DCR_LS | DCR_WTS);
	wr(c, DP_RBCR0, 0);
	wr(c, DP_RBCR1, 0);
	wr(c, DP_RCR, RCR_AB);
	wr(c, DP_TCR, TCR_LOOPBACK);
	wr(c, DP_PSTART, c->rx_start);
	wr(c, DP_PSTOP, c->rx_stop);
	wr(c, DP_BNRY, c->rx_start);
	wr(c, DP_ISR, 0xff);
	wr(c, DP_IMR, 0);
	wr(c, DP_CR, CR_PAGE1 | CR_STP | CR_RD_ABORT);
	for (uint8_t i = 0; i < ETH_ALEN; i++) wr(c, DP_PAR0 + i, c->mac[i]);
	for (uint8_t i = 0; i < 8; i++) wr(c, DP_MAR0 + i, 0);
	wr(c, DP_CURR, c->rx_start + 1);
	wr(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	wr(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
	wr(c, DP_TCR, TCR_NORMAL);
	c->next = c->curr = c->rx_start + 1;
	c->frame_len = 0;
	c->recovering = c->resend = false;
}

/* Frames in both transmit buffers are lost; who waits for room hears of it. */
static void drop_tx(struct dp8390 *c)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (c->tx_state[i] != DP_TX_FREE) c->stats->tx_errors++;
		c->tx_state[i] = DP_TX_FREE;
	}
	if (c->tx_wanted) c->tx_room = true;
	c->tx_wanted = false;
}

static void full_reset(struct dp8390 *c)
{
	uint32_t state = irq_save();
	bool on = c->irq_on;
	c->irq_on = false;
	irq_restore(state);
	c->stats->ring_resets++;
	drop_tx(c);
	setup(c);
	irq_set(c, on);
}

static bool holds(struct dp8390 *c, uint32_t addr, const uint8_t *pattern)
{
	uint8_t back[8];
	card_read(c, addr, back, sizeof back);
	return memcmp(back, pattern, sizeof back) == 0;
}

/* 32 KiB if the upper half keeps a pattern and is not the lower half again (databook of the board: none; QEMU has 32,
 * the original and the RTL8029 have 16). */
static bool find_memory(struct dp8390 *c)
{
	static const uint8_t low[8] = {0x47, 0x6f, 0x64, 0x77, 0x69, 0x74, 0x00, 0xff};
	static const uint8_t high[8] = {0xb8, 0x90, 0x9b, 0x88, 0x96, 0x8b, 0xff, 0x00};
	uint32_t l = TX_PAGE << 8, h = STOP_16K << 8, top = (STOP_32K << 8) - sizeof high;
	if (!card_write(c, l, low, sizeof low) || !holds(c, l, low)) return false;
	bool big = card_write(c, h, high, sizeof high) && card_write(c, top, high, sizeof high);
	big = big && holds(c, h, high) && holds(c, top, high) && holds(c, l, low);
	c->rx_stop = big ? STOP_32K : STOP_16K;
	c->rx_start = RX_PAGE;
	return big || (card_write(c, l, low, sizeof low) && holds(c, l, low));
}

/* 32-bit accesses count only if they mean the same as 16-bit ones, both ways. */
static void find_width(struct dp8390 *c)
{
	static const uint8_t one[8] = {1, 2, 3, 4, 5, 6, 7, 8}, two[8] = {0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87};
	uint32_t at = TX_PAGE << 8;
	if (!c->can_wide) return;
	c->wide = true;
	bool ok = card_write(c, at, one, sizeof one);
	c->wide = false;
	ok = ok && holds(c, at, one) && card_write(c, at, two, sizeof two);
	c->wide = true;
	c->wide = ok && holds(c, at, two);
}

int dp8390_init(struct dp8390 *c)
{
	uint8_t prom[32];
	c->bus->reset(c->bus_ctx);
	if (!wait_isr(c, ISR_RST)) return -ENODEV;
	wr(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	wr(c, DP_DCR, DCR_FT8 | DCR_LS | DCR_WTS);
	wr(c, DP_IMR, 0);
	wr(c, DP_ISR, 0xff);
	wr(c, DP_RCR, RCR_MON);
	wr(c, DP_TCR, TCR_LOOPBACK);
	card_read(c, 0, prom, sizeof prom); /* each byte stands twice */
	for (uint32_t i = 0; i < ETH_ALEN; i++) c->mac[i] = prom[2 * i];
	bool zero = true;
	for (uint32_t i = 0; i < ETH_ALEN; i++) zero = zero && c->mac[i] == 0;
	if (zero || (c->mac[0] & 1) != 0 || !find_memory(c)) return -ENODEV;
	find_width(c);
	wr(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	return 0;
}

void dp8390_start(struct dp8390 *c)
{
	setup(c);
	irq_set(c, true);
}

uint32_t dp8390_ring_frames(const struct dp8390 *c)
{
	return (ring_pages(c) - (TX_PAGES + 1)) / TX_PAGES;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static void tx_start(struct dp8390 *c, uint32_t i)
{
	wr(c, DP_TPSR, (uint8_t)(TX_PAGE + i * TX_PAGES));
	wr(c, DP_TBCR0, c->tx_len[i] & 0xff);
	wr(c, DP_TBCR1, c->tx_len[i] >> 8);
	wr(c, DP_CR, CR_PAGE0 | CR_STA | CR_TXP | CR_RD_ABORT);
	c->tx_state[i] = DP_TX_SENDING;
	c->tx_age = 0;
}

/* Start the older loaded buffer, if nothing is on its way. */
static void tx_next(struct dp8390 *c)
{
	uint32_t older = 1u - c->tx_last;
	if (c->recovering || c->tx_state[0] == DP_TX_SENDING || c->tx_state[1] == DP_TX_SENDING) return;
	if (c->tx_state[older] == DP_TX_LOADED) tx_start(c, older);
	else if (c->tx_state[c->tx_last] == DP_TX_LOADED) tx_start(c, c->tx_last);
}

static void tx_done(struct dp8390 *c, uint8_t isr)
{
	if ((isr & IRQ_TX) == 0) return;
	wr(c, DP_ISR, isr & IRQ_TX);
	for (uint32_t i = 0; i < 2; i++) {
		if (c->tx_state[i] != DP_TX_SENDING) continue;
		if ((isr & ISR_TXE) != 0) c->stats->tx_errors++;
		c->tx_state[i] = DP_TX_FREE;
	}
	if (c->tx_wanted) c->tx_room = true;
	c->tx_wanted = false;
	tx_next(c);
	irq_update(c);
}

static bool tx_load(struct dp8390 *c, uint32_t i, const struct netdev_seg *segs, uint32_t n, uint32_t len)
{
	static const uint8_t zeros[FRAME_MIN];
	uint32_t padded = MAX(len, FRAME_MIN);
	wr(c, DP_ISR, ISR_RDC);
	struct window w = window_open(c, (TX_PAGE + i * TX_PAGES) << 8, padded, CR_RD_WRITE);
	for (uint32_t s = 0; s < n; s++) window_write(&w, segs[s].at, segs[s].len);
	window_write(&w, zeros, padded - len);
	c->tx_len[i] = (uint16_t)padded;
	return window_flush(&w);
}

int dp8390_tx(struct dp8390 *c, const struct netdev_seg *segs, uint32_t n)
{
	uint32_t len = 0;
	for (uint32_t s = 0; s < n; s++) {
		if (segs[s].len > FRAME_MAX) return -EMSGSIZE;
		len += segs[s].len;
		if (len > FRAME_MAX) return -EMSGSIZE;
	}
	if (len < ETH_HLEN) return -EINVAL;
	tx_done(c, rd(c, DP_ISR));
	uint32_t i = c->tx_state[0] == DP_TX_FREE ? 0 : 1;
	if (c->tx_state[i] != DP_TX_FREE) {
		c->stats->tx_busy++;
		c->tx_wanted = true;
		irq_update(c);
		return -EAGAIN;
	}
	if (!tx_load(c, i, segs, n, len)) {
		full_reset(c);
		return -ENETDOWN;
	}
	c->tx_state[i] = DP_TX_LOADED;
	c->tx_last = (uint8_t)i;
	c->stats->tx_frames++;
	c->stats->tx_bytes += len;
	tx_next(c);
	if (c->tx_state[i] == DP_TX_LOADED) irq_update(c);
	return 0;
}

bool dp8390_take_tx_room(struct dp8390 *c)
{
	bool room = c->tx_room;
	c->tx_room = false;
	return room;
}

/* ---- overwrite ---------------------------------------------------------------------------------- */

/* AN-874 2.2, steps 1 to 7: stop, wait for what is under way, restart in loopback so that the ring only empties. */
static void recovery_begin(struct dp8390 *c)
{
	bool sending = (rd(c, DP_CR) & CR_TXP) != 0;
	c->stats->rx_overruns++;
	wr(c, DP_CR, CR_PAGE0 | CR_STP | CR_RD_ABORT);
	c->bus->delay_us(c->bus_ctx, STOP_US);
	wr(c, DP_RBCR0, 0);
	wr(c, DP_RBCR1, 0);
	c->resend = sending && (rd(c, DP_ISR) & IRQ_TX) == 0;
	c->recovering = true;
	wr(c, DP_TCR, TCR_LOOPBACK);
	wr(c, DP_CR, CR_PAGE0 | CR_STA | CR_RD_ABORT);
}

/* Steps 9 to 11, the ring being empty: receive again, and send again what was cut short. */
static void recovery_end(struct dp8390 *c)
{
	wr(c, DP_ISR, ISR_OVW);
	wr(c, DP_TCR, TCR_NORMAL);
	c->recovering = false;
	for (uint32_t i = 0; i < 2 && c->resend; i++)
		if (c->tx_state[i] == DP_TX_SENDING) tx_start(c, i);
	c->resend = false;
	tx_next(c);
}

/* ---- receiving ---------------------------------------------------------------------------------- */

static void read_tallies(struct dp8390 *c)
{
	c->stats->rx_errors += rd(c, DP_CNTR0);
	c->stats->rx_errors += rd(c, DP_CNTR1);
	c->stats->rx_dropped += rd(c, DP_CNTR2);
	wr(c, DP_ISR, ISR_CNT);
}

/* Look at everything the chip asks for; false: there is no frame. Acknowledges before CURR is read, so that a frame that
 * comes later asks again. */
static bool refill(struct dp8390 *c)
{
	irq_set(c, false);
	uint8_t isr = rd(c, DP_ISR);
	if ((isr & ISR_CNT) != 0) read_tallies(c);
	if ((isr & ISR_OVW) != 0 && !c->recovering) {
		recovery_begin(c);
		isr = rd(c, DP_ISR);
	}
	tx_done(c, isr);
	if ((isr & (ISR_PRX | ISR_RXE)) != 0) wr(c, DP_ISR, isr & (ISR_PRX | ISR_RXE));
	c->curr = read_curr(c);
	if (!in_ring(c, c->curr)) {
		full_reset(c);
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
		struct window w = window_open(c, (uint32_t)c->next << 8, sizeof h + NETDEV_PEEK, CR_RD_READ);
		window_read(&w, h, sizeof h);
		window_read(&w, c->head, NETDEV_PEEK); /* lies within the frame's first page */
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
	struct window w = window_open(c, addr - odd, n + odd, CR_RD_READ);
	if (odd != 0) window_read(&w, &before, 1);
	while (n != 0) {
		const struct netdev_seg *s = &f->segs[f->at];
		uint32_t piece = MIN(n, s->len - f->done);
		window_read(&w, (uint8_t *)s->at + f->done, piece);
		n -= piece;
		f->done += piece;
		if (f->done < s->len) continue;
		f->at++;
		f->done = 0;
	}
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
	if (addr >= end) addr -= ring_pages(c) << 8;
	uint32_t first = MIN(want, end - addr);
	struct fill f = {.segs = segs, .n = n};
	fill_from(c, &f, addr, first);
	fill_from(c, &f, (uint32_t)c->rx_start << 8, want - first);
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
	irq_set(c, true);
	return true;
}

void dp8390_poll(struct dp8390 *c)
{
	tx_done(c, rd(c, DP_ISR));
	if (c->tx_state[0] != DP_TX_SENDING && c->tx_state[1] != DP_TX_SENDING) return;
	if (++c->tx_age < TX_POLLS) return;
	full_reset(c);
}
