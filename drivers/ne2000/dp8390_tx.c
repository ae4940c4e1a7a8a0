/* dp8390_tx.c - sending: two buffers, of which one is loaded while the other is on the wire.
 * Called by: ne2000.c in net context; the receiving half when it reads the chip's status.
 * Never: waits for a frame to leave.  */
#include "drivers/ne2000/dp8390_priv.h"

#include "abi/linux_errno.h"

#define FRAME_MIN 60u       /* what a sender pads to, without CRC */
#define TX_POLLS 2u         /* a frame still not sent after so many seconds hangs */

void dp_tx_start(struct dp8390 *c, uint32_t i)
{
	dp_write(c, DP_TPSR, (uint8_t)(TX_PAGE + i * TX_PAGES));
	dp_write(c, DP_TBCR0, c->tx_len[i] & 0xff);
	dp_write(c, DP_TBCR1, c->tx_len[i] >> 8);
	dp_write(c, DP_CR, CR_PAGE0 | CR_STA | CR_TXP | CR_RD_ABORT);
	c->tx_state[i] = DP_TX_SENDING;
	c->tx_age = 0;
}

void dp_tx_next(struct dp8390 *c)
{
	uint32_t older = 1u - c->tx_last;
	if (c->recovering || c->tx_state[0] == DP_TX_SENDING || c->tx_state[1] == DP_TX_SENDING) return;
	if (c->tx_state[older] == DP_TX_LOADED) dp_tx_start(c, older);
	else if (c->tx_state[c->tx_last] == DP_TX_LOADED) dp_tx_start(c, c->tx_last);
}

void dp_tx_done(struct dp8390 *c, uint8_t isr)
{
	if ((isr & IRQ_TX) == 0) return;
	dp_write(c, DP_ISR, isr & IRQ_TX);
	for (uint32_t i = 0; i < 2; i++) {
		if (c->tx_state[i] != DP_TX_SENDING) continue;
		if ((isr & ISR_TXE) != 0) c->stats->tx_errors++;
		c->tx_state[i] = DP_TX_FREE;
	}
	if (c->tx_wanted) c->tx_room = true;
	c->tx_wanted = false;
	dp_tx_next(c);
	dp_irq_update(c);
}

static bool tx_load(struct dp8390 *c, uint32_t i, const struct netdev_seg *segs, uint32_t n, uint32_t len)
{
	static const uint8_t zeros[FRAME_MIN];
	uint32_t padded = MAX(len, FRAME_MIN);
	dp_write(c, DP_ISR, ISR_RDC);
	struct dp_window w = dp_window_open(c, (TX_PAGE + i * TX_PAGES) << 8, padded, CR_RD_WRITE);
	for (uint32_t s = 0; s < n; s++) dp_window_write(&w, segs[s].at, segs[s].len);
	dp_window_write(&w, zeros, padded - len);
	c->tx_len[i] = (uint16_t)padded;
	return dp_window_flush(&w);
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
	dp_tx_done(c, dp_read(c, DP_ISR));
	uint32_t i = c->tx_state[0] == DP_TX_FREE ? 0 : 1;
	if (c->tx_state[i] != DP_TX_FREE) {
		c->stats->tx_busy++;
		c->tx_wanted = true;
		dp_irq_update(c);
		return -EAGAIN;
	}
	if (!tx_load(c, i, segs, n, len)) {
		dp_full_reset(c);
		return -ENETDOWN;
	}
	c->tx_state[i] = DP_TX_LOADED;
	c->tx_last = (uint8_t)i;
	c->stats->tx_frames++;
	c->stats->tx_bytes += len;
	dp_tx_next(c);
	if (c->tx_state[i] == DP_TX_LOADED) dp_irq_update(c);
	return 0;
}

bool dp8390_take_tx_room(struct dp8390 *c)
{
	bool room = c->tx_room;
	c->tx_room = false;
	return room;
}

void dp_tx_drop(struct dp8390 *c)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (c->tx_state[i] != DP_TX_FREE) c->stats->tx_errors++;
		c->tx_state[i] = DP_TX_FREE;
	}
	if (c->tx_wanted) c->tx_room = true;
	c->tx_wanted = false;
}

void dp8390_poll(struct dp8390 *c)
{
	dp_tx_done(c, dp_read(c, DP_ISR));
	if (c->tx_state[0] != DP_TX_SENDING && c->tx_state[1] != DP_TX_SENDING) return;
	if (++c->tx_age < TX_POLLS) return;
	dp_full_reset(c);
}
