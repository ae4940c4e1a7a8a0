/* chip.c - the model of the DP8390: registers, ring, remote DMA.
 * Called by: dp8390_test.c.
 * Never: helps the driver: what is undefined in the data sheet counts as a rule break.  */
#include "tests/host/drivers/chip.h"

#include <string.h>

#include "drivers/ne2000/dp8390_regs.h"

static struct chip_sent sent_frames[CHIP_SENT_MAX];

static uint32_t mem_top(const struct chip *h) { return h->big ? 0xc000 : 0x8000; }

static bool stopped(const struct chip *h) { return h->in_reset || (h->cr & CR_STP) != 0; }

void chip_init(struct chip *h, bool real, bool big)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
	memset(h, 0, sizeof *h);
	h->real = real;
	h->big = big;
	h->cr = CR_STP | CR_RD_ABORT;
	h->sent = sent_frames;
	memset(h->mem, 0xee, sizeof h->mem);
	for (int i = 0; i < 32; i++) h->mem[i] = i / 2 < 6 ? mac[i / 2] : 0x57;
}

bool chip_irq_line(const struct chip *h) { return (h->isr & h->imr & 0x7f) != 0; }

/* ---- receiving ---------------------------------------------------------------------------------- */

static uint32_t ring_len(const struct chip *h) { return (uint32_t)h->pstop - h->pstart; }

static void put(struct chip *h, uint32_t *at, uint8_t b)
{
	h->mem[*at] = b;
	if (++*at == (uint32_t)h->pstop << 8) *at = (uint32_t)h->pstart << 8;
}

static void store(struct chip *h, const uint8_t *frame, uint32_t len, uint32_t pages)
{
	uint32_t next = h->curr + pages, at = (uint32_t)h->curr << 8, count = len + 4;
	if (next >= h->pstop) next -= ring_len(h);
	put(h, &at, RSR_PRX | ((frame[0] & 1) != 0 ? 0x20 : 0));
	put(h, &at, (uint8_t)next);
	put(h, &at, count & 0xff);
	put(h, &at, count >> 8);
	for (uint32_t i = 0; i < len; i++) put(h, &at, frame[i]);
	if (h->real)
		for (uint32_t i = 0; i < 4; i++) put(h, &at, 0xcc);
	h->curr = (uint8_t)next;
	h->isr |= ISR_PRX;
}

static bool room(struct chip *h, uint32_t pages)
{
	uint32_t avail;
	if (h->real) {
		/* the chip writes until CURR would meet BNRY */
		avail = h->curr == h->bnry ? 0 : (h->bnry + ring_len(h) - h->curr) % ring_len(h);
		return pages <= avail;
	}
	avail = h->curr < h->bnry ? (uint32_t)h->bnry - h->curr : ring_len(h) - (h->curr - h->bnry);
	return avail * 256 >= 1514 + 4;
}

bool chip_receive(struct chip *h, const uint8_t *frame, uint32_t len)
{
	uint32_t pages = (len + 4 + 4 + 255) / 256;
	if (stopped(h) || (h->rcr & RCR_MON) != 0 || (h->tcr & 0x06) != 0) {
		h->lost++;
		return false;
	}
	bool for_us = memcmp(frame, h->par, 6) == 0 || (memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0 && (h->rcr & RCR_AB) != 0);
	if (!for_us) return false;
	if (h->real && (h->isr & ISR_OVW) != 0) { /* in overwrite nothing is received until the recovery */
		h->lost++;
		return false;
	}
	if (!room(h, pages)) {
		h->lost++;
		if (h->real) h->isr |= ISR_OVW;
		return false;
	}
	store(h, frame, len, pages);
	return true;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static void send(struct chip *h)
{
	uint32_t at = (uint32_t)h->tpsr << 8;
	if (at < 0x4000 || at + h->tbcr > mem_top(h) || h->tx_busy || h->tbcr < 60 || h->tbcr > 1518) {
		h->rule_breaks++;
		return;
	}
	if ((h->tcr & 0x06) != 0) return; /* loopback: not on the wire */
	struct chip_sent *s = &h->sent[h->n_sent++ % CHIP_SENT_MAX];
	s->len = h->tbcr;
	memcpy(s->data, h->mem + at, h->tbcr);
	if (h->real || h->never_sends) {
		h->tx_busy = true;
		return;
	}
	h->isr |= ISR_PTX;
	h->cr &= (uint8_t)~CR_TXP;
}

void chip_tx_end(struct chip *h, bool ok)
{
	if (!h->tx_busy) return;
	h->tx_busy = false;
	h->cr &= (uint8_t)~CR_TXP;
	h->isr |= ok ? ISR_PTX : ISR_TXE;
}

/* ---- registers ---------------------------------------------------------------------------------- */

static void command(struct chip *h, uint8_t v)
{
	bool txp = (h->cr & CR_TXP) != 0;
	if ((v & CR_STP) != 0) {
		if (!stopped(h)) {
			h->stops++;
			h->stopped_us = h->clock_us;
			h->cut = (h->tcr & 0x06) == 0; /* it was on the wire */
		}
		h->isr |= ISR_RST;
	} else {
		if (stopped(h) && (v & CR_STA) != 0) {
			h->early_starts += h->cut && h->clock_us - h->stopped_us < 1600;
			h->in_reset = false;
		}
		h->isr &= (uint8_t)~ISR_RST;
	}
	h->cr = v | (txp && h->tx_busy ? CR_TXP : 0);
	if ((v & CR_STP) != 0 && h->real && h->tx_busy) { /* what is under way is cut: neither PTX nor TXE */
		h->tx_busy = false;
		h->cr &= (uint8_t)~CR_TXP;
		h->n_sent--;
	}
	if ((v & CR_TXP) != 0 && (v & CR_STP) == 0) send(h);
}

static uint8_t chip_read8(void *ctx, uint8_t reg)
{
	struct chip *h = ctx;
	if (reg == DP_CR) return h->cr;
	if ((h->cr & 0xc0) == CR_PAGE1) {
		if (reg == DP_CURR) return h->curr;
		if (reg >= DP_PAR0 && reg < DP_PAR0 + 6) return h->par[reg - DP_PAR0];
		return h->mar[reg - DP_MAR0];
	}
	switch (reg) {
	case DP_ISR: return h->isr;
	case DP_BNRY: return h->bnry;
	case DP_CNTR0:
	case DP_CNTR1:
	case DP_CNTR2: {
		uint8_t v = h->tally[reg - DP_CNTR0];
		h->tally[reg - DP_CNTR0] = 0;
		return v;
	}
	default: return 0;
	}
}

static void write_page1(struct chip *h, uint8_t reg, uint8_t v)
{
	if (reg == DP_CURR) h->curr = v;
	else if (reg >= DP_PAR0 && reg < DP_PAR0 + 6) h->par[reg - DP_PAR0] = v;
	else if (reg >= DP_MAR0) h->mar[reg - DP_MAR0] = v;
}

static void chip_write8(void *ctx, uint8_t reg, uint8_t v)
{
	struct chip *h = ctx;
	if (reg == DP_CR) {
		command(h, v);
		return;
	}
	if ((h->cr & 0xc0) == CR_PAGE1) {
		write_page1(h, reg, v);
		return;
	}
	switch (reg) {
	case DP_PSTART: h->pstart = v; break;
	case DP_PSTOP: h->pstop = v; break;
	case DP_BNRY:
		h->bnry = v;
		if (v < h->pstart || v >= h->pstop) h->rule_breaks++;
		break;
	case DP_TPSR: h->tpsr = v; break;
	case DP_TBCR0: h->tbcr = (uint16_t)((h->tbcr & 0xff00) | v); break;
	case DP_TBCR1: h->tbcr = (uint16_t)((h->tbcr & 0xff) | v << 8); break;
	case DP_ISR: h->isr &= (uint8_t)~(v & 0x7f); break;
	case DP_RSAR0: h->rsar = (uint16_t)((h->rsar & 0xff00) | v); break;
	case DP_RSAR1: h->rsar = (uint16_t)((h->rsar & 0xff) | v << 8); break;
	case DP_RBCR0: h->rbcr = (uint16_t)((h->rbcr & 0xff00) | v); break;
	case DP_RBCR1: h->rbcr = (uint16_t)((h->rbcr & 0xff) | v << 8); break;
	case DP_RCR: h->rcr = v; break;
	case DP_TCR: h->tcr = v; break;
	case DP_DCR: h->dcr = v; break;
	case DP_IMR: h->imr = v; break;
	default: h->rule_breaks++;
	}
}

/* ---- remote DMA --------------------------------------------------------------------------------- */

static bool mapped(const struct chip *h, uint32_t a) { return a < 32 || (a >= 0x4000 && a < mem_top(h)); }

static void dma_step(struct chip *h, uint32_t n)
{
	if (h->rbcr < n) h->rule_breaks++;
	h->rsar = (uint16_t)(h->rsar + n);
	if (h->rsar == h->pstop << 8) h->rsar = (uint16_t)(h->pstart << 8);
	h->rbcr = (uint16_t)(h->rbcr < n ? 0 : h->rbcr - n);
	if (h->rbcr != 0) return;
	if (h->stuck_rdc != 0 && (h->cr & CR_RD_WRITE) != 0) h->stuck_rdc--;
	else h->isr |= ISR_RDC;
}

static void dma_word(struct chip *h, uint8_t *bytes, uint32_t n, bool write)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t a = h->rsar + i;
		if (!write) bytes[i] = mapped(h, a) ? h->mem[a] : 0xff;
		else if (a >= 0x4000 && mapped(h, a)) h->mem[a] = bytes[i];
	}
	if ((h->dcr & DCR_WTS) == 0 || (h->rsar & (n - 1)) != 0) h->rule_breaks++;
	dma_step(h, n);
}

static void transfer(struct chip *h, uint8_t *p, uint32_t bytes, bool wide, bool write)
{
	if ((bytes & 1) != 0 || (h->cr & 0x38) != (write ? CR_RD_WRITE : CR_RD_READ)) h->rule_breaks++;
	while (bytes != 0) {
		uint32_t unit = wide && bytes >= 4 ? 4 : 2, moved = unit == 4 && h->no_wide ? 2 : unit;
		dma_word(h, p, moved, write);
		p += unit;
		bytes -= unit;
	}
}

static void chip_read_data(void *ctx, void *to, uint32_t bytes, bool wide) { transfer(ctx, to, bytes, wide, false); }

static void chip_write_data(void *ctx, const void *from, uint32_t bytes, bool wide)
{
	uint8_t copy[1600];
	memcpy(copy, from, bytes);
	transfer(ctx, copy, bytes, wide, true);
}

static void chip_reset(void *ctx)
{
	struct chip *h = ctx;
	h->in_reset = true;
	h->cr = CR_STP | CR_RD_ABORT;
	h->isr = ISR_RST;
	h->imr = 0;
}

static void chip_delay(void *ctx, uint32_t us) { ((struct chip *)ctx)->clock_us += us; }

const struct dp8390_bus chip_bus = {
	.read8 = chip_read8,
	.write8 = chip_write8,
	.read_data = chip_read_data,
	.write_data = chip_write_data,
	.reset = chip_reset,
	.delay_us = chip_delay,
};
