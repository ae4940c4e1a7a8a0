/* dp8390.h - the network chip of NE2000 boards, apart from any bus.
 * Used by: ne2000.c, and host tests with a model of the chip behind struct dp8390_bus.
 * Never: sleeps, allocates, or knows a port number.
 * Source: DP8390D/NS32490D data sheet, July 1995 (ring: section 7 "Packet Reception"; overwrite: AN-874 section 2.2).  */
#ifndef DRIVERS_NE2000_DP8390_H
#define DRIVERS_NE2000_DP8390_H

#include "net/netdev.h"

/** How the chip is reached. Data transfers go through the remote DMA window; bytes is even. */
struct dp8390_bus {
	uint8_t (*read8)(void *ctx, uint8_t reg);
	void (*write8)(void *ctx, uint8_t reg, uint8_t value);
	void (*read_data)(void *ctx, void *to, uint32_t bytes, bool wide);         /* wide: 32-bit accesses, a last word by 16 */
	void (*write_data)(void *ctx, const void *from, uint32_t bytes, bool wide);
	void (*reset)(void *ctx);              /* the board's reset port */
	void (*delay_us)(void *ctx, uint32_t us); /* busy wait */
};

enum dp8390_tx_state { DP_TX_FREE, DP_TX_LOADED, DP_TX_SENDING };

struct dp8390 {
	/* fixed after dp8390_init */
	const struct dp8390_bus *bus;
	void *bus_ctx;
	bool can_wide, wide;          /* the bus may do 32-bit accesses; the card takes them */
	uint8_t mac[ETH_ALEN];
	uint8_t rx_start, rx_stop;    /* ring pages [start, stop) */
	struct netdev_stats *stats;
	/* shared with irq: irq_save */
	bool irq_on;                  /* the chip may interrupt */
	/* net context only */
	uint8_t next;                 /* page of the oldest frame not yet taken; BNRY is the page before */
	uint8_t curr;                 /* last seen CURR */
	uint32_t frame_len;           /* of the peeked frame, without CRC; 0: none is peeked */
	uint8_t frame_next;           /* page behind it */
	uint8_t head[NETDEV_PEEK];    /* its first bytes */
	bool recovering;              /* an overwrite is being drained: loopback, nothing is sent */
	bool resend;                  /* a transmission was cut short by the recovery */
	enum dp8390_tx_state tx_state[2];
	uint16_t tx_len[2];
	uint8_t tx_last;              /* buffer that was loaded last: the other one is older */
	uint8_t tx_age;               /* polls since the transmission under way began */
	bool tx_wanted;               /* a caller was told -EAGAIN */
	bool tx_room;                 /* and there is room now: tx_room is owed */
};

/** Reset the chip, read the station address, find out the memory (16 or 32 KiB) and width; the chip is left stopped.
 *  c: bus, bus_ctx, can_wide and stats are filled in, the rest zero.
 *  Returns 0; -ENODEV: that is no NE2000. proc context, at boot. */
MUST_CHECK int dp8390_init(struct dp8390 *c);
/** Begin receiving and interrupting (the handler is attached). proc or net context. */
void dp8390_start(struct dp8390 *c);
/** Full-sized frames that the ring holds without coming near an exact fit. */
uint32_t dp8390_ring_frames(const struct dp8390 *c);
/** irq context: true if the chip asked for service; it is masked then, and the net thread must drain. */
bool dp8390_interrupt(struct dp8390 *c);

/* As in struct netdev_ops; net context. */
uint32_t dp8390_rx_peek(struct dp8390 *c, uint8_t head[NETDEV_PEEK]);
bool dp8390_rx_take(struct dp8390 *c, uint32_t from, const struct netdev_seg *segs, uint32_t n);
void dp8390_rx_skip(struct dp8390 *c);
int dp8390_tx(struct dp8390 *c, const struct netdev_seg *segs, uint32_t n);
bool dp8390_rx_enable(struct dp8390 *c);
void dp8390_poll(struct dp8390 *c);
/** True once after room came back for somebody who was told -EAGAIN. */
bool dp8390_take_tx_room(struct dp8390 *c);

#endif
