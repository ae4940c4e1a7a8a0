/* netdev.h - network cards as the kernel sees them: frames are peeked, then taken where they belong, or skipped.
 * Used by: drivers (implement), net/netdev.c (registry and drain), kernel/migrate/clusterd.c (our ethertype).
 * Never: copies a frame that nobody wants.  */
#ifndef NET_NETDEV_H
#define NET_NETDEV_H
#include "lib/base.h"
#define ETH_ALEN 6
#define ETH_HLEN 14
#define ETH_MTU 1500
#define ETHERTYPE_GODWIT 0x88b5u
#define NETDEV_PEEK 80 /* bytes that rx_peek delivers at most: Ethernet header and our 64 bytes fit */
struct netdev_seg { void *at; uint32_t len; };
struct netdev;
struct netdev_ops {
	/** Copy the first bytes (min(len, NETDEV_PEEK)) of the oldest received frame to head; returns the frame's whole length
	 *  (without CRC), 0 when there is none. The frame stays. Net context. */
	uint32_t (*rx_peek)(struct netdev *d, uint8_t head[NETDEV_PEEK]);
	/** Copy frame bytes from offset `from` into the segments (in order) and drop the frame. False: the ring was damaged. */
	bool (*rx_take)(struct netdev *d, uint32_t from, const struct netdev_seg *segs, uint32_t n);
	void (*rx_skip)(struct netdev *d);
	/** Send one frame made of the segments (at least the Ethernet header; padded to 60). 0; -EAGAIN: transmitter busy
	 *  (tx_room is called when there is room again); -ENETDOWN. Net context. */
	int (*tx)(struct netdev *d, const struct netdev_seg *segs, uint32_t n);
	/** After draining: take interrupts again; returns false if frames came meanwhile (drain again). Net context. */
	bool (*rx_enable)(struct netdev *d);
	/** Once a second or so in net context: watchdog of the transmitter, link state. */
	void (*poll)(struct netdev *d);
};
struct netdev_stats {
	uint64_t rx_frames, rx_bytes, rx_dropped, rx_overruns, rx_errors, ring_resets;
	uint64_t tx_frames, tx_bytes, tx_errors, tx_busy;
};
struct netdev {
	const struct netdev_ops *ops;
	char name[8];             /* eth0, ... */
	const char *driver;
	uint8_t mac[ETH_ALEN];
	uint32_t rx_ring_frames;  /* full-sized frames that the ring holds: the credit pool of the datagram core */
	struct netdev_stats stats;
	void *priv;
	struct netdev *next;
};
/** Register a card that is initialised and receiving. Proc context at boot. */
void netdev_register(struct netdev *d);
struct netdev *netdev_first(void);
/** irq context: the card (masked by its handler) has work: wake the net thread. */
void netdev_wake(struct netdev *d);
/** net context, called by the driver: somebody was told -EAGAIN and there is room now: all protocols hear of it. */
void netdev_tx_room(struct netdev *d);
/** Who takes frames of an ethertype: called in net context with the peeked head; must take or skip. */
struct netdev_proto {
	struct netdev_proto *next;
	uint16_t ethertype;
	void (*input)(struct netdev *d, const uint8_t head[NETDEV_PEEK], uint32_t len);
	void (*tx_room)(struct netdev *d);
};
void netdev_add_proto(struct netdev_proto *p);
/** A stepper: run in net context after frames and when its deadline comes; returns its next deadline (clock_now_ns). */
struct net_stepper { struct net_stepper *next; uint64_t (*step)(uint64_t now_ns); uint64_t deadline_ns; };
void net_add_stepper(struct net_stepper *s);
void net_kick(void);      /* run steppers soon; any context */
void net_thread_start(void);
#endif
