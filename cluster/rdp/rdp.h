/* Reliable datagrams to one peer: two lanes, each with its own sequence, window, selective repeat,
 * look-ahead acknowledgement and credit.  rdp.c sends, ack.c hears acks, rx.c receives, reass.c
 * collects the parts of a message.
 * Called by cluster/node.c and cluster/member.  Never decides who is alive, never sees an address. */
#ifndef CLUSTER_RDP_RDP_H
#define CLUSTER_RDP_RDP_H

#include "cluster/fx.h"
#include "cluster/rdp/packet.h"
#include "lib/list.h"

#define RDP_SEQ_FIRST      0xffffff00u /* of every lane: so that every link soon sees the wrap */
#define RDP_SLOTS          32      /* frames in flight that a lane can tell apart: the sack's width */
#define RDP_WINDOW_START   8
#define RDP_WINDOW_MAX     16
#define RDP_CREDIT_FIRST   2       /* what a sender may assume before it heard an ack */
#define RDP_CREDIT_CONTROL 4
#define RDP_CREDIT_MAX     12
#define RDP_RTO_FIRST_US   200000
#define RDP_RTO_MIN_US     50000
#define RDP_RTO_MAX_US     1000000
#define RDP_DELACK_US      20000
#define RDP_SAMPLE_AGE_US  1000000
#define RDP_PACE_MAX_US    5000
#define RDP_ACTIVE_US      1000000 /* a peer that sent bulk this lately shares the ring's credit */
#define RDP_RX_RESERVE     4       /* receive slots that only the next message of a lane may take */
#define RDP_TX_RESERVE     8       /* send slots that bulk may not take */
#define RDP_QUEUE_CONTROL  16      /* messages a peer's lane may have unfinished */
#define RDP_QUEUE_BULK     8

/** A message, queued for sending or being put together. */
struct rdp_msg {
	struct list_node node;
	uint64_t cookie;    /* sending: for msg_done */
	uint64_t got;       /* receiving: bit f: frame f is here */
	uint32_t base;      /* seq of its first frame */
	uint16_t head_len, last_len;
	uint8_t lane, n_pages;
	uint8_t n_frags;    /* receiving: 0 until its last frame came */
	uint32_t pages[WIRE_PAGES_MAX];
	uint8_t head[WIRE_HEAD_MAX];
};

/** ALGORITHMS.md 6.10. */
struct rdp_counters {
	uint32_t tx_frames, rx_frames, rexmit, dups, nacks, rtos, areqs, acks;
	uint32_t stalls, stall_us;
	uint32_t tx_msgs, rx_msgs;
	uint32_t no_memory, out_of_window, bad_shape, bad_ack;
};

struct rdp_lane {
	/* sending: sequence numbers wrap; una <= next <= end, una <= limit */
	struct list_node queue;       /* struct rdp_msg by base */
	uint32_t una, next, end;      /* oldest unacked; next new; behind the last queued */
	uint32_t limit;               /* first seq beyond the peer's credit */
	uint32_t sacked, lost, resent;/* bit seq % RDP_SLOTS, of una..next-1 */
	uint32_t sent_us[RDP_SLOTS], order[RDP_SLOTS], next_order;
	uint64_t rto_at;              /* 0: off */
	uint64_t stalled_at;          /* 0: not stalled */
	uint16_t n_queued, window, clean;
	uint8_t backoff;
	bool refused;                 /* somebody got -EAGAIN */
	/* look-ahead */
	bool areq_out;
	uint8_t dist;
	uint16_t areq_stamp, since_areq, spare_run;
	uint32_t areq_us;
	/* receiving */
	uint32_t rcv_nxt, have;       /* have: bit k: rcv_nxt + 1 + k is here */
	uint32_t deliver;             /* base of the next message to deliver */
	uint32_t promised;            /* first seq beyond the credit we gave; never goes back */
	struct list_node parts;       /* struct rdp_msg by base */
	bool ack_now, nack;
	uint16_t unacked, echo;
	uint32_t gap_seq;
	uint64_t nack_at, ack_at;     /* last NACK; when a delayed ack is due (0: none) */
};

struct rdp_link {
	uint8_t mac[WIRE_MAC_BYTES];
	uint16_t node, epoch;
	uint32_t inc;
	bool open;
	bool dirty;                   /* wants rdp_pump() when the node is no longer busy */
	struct rdp_lane lane[LANES];
	uint32_t srtt_us, rttvar_us;
	uint32_t n_samples;
	uint64_t sample_at;
	uint32_t service_us;          /* the peer's time per frame, as it says */
	uint32_t gap_us;              /* pacing between bulk frames */
	uint64_t bulk_at;             /* next bulk frame not before; 0: at once */
	bool paced;                   /* a bulk frame waits for bulk_at */
	uint16_t clean_frames;
	uint64_t active_until;        /* counts as an active bulk sender to us */
	struct rdp_counters count;
};

/** What all links of a node share.  Filled by cluster/node.c. */
struct rdp_host {
	const struct node_env *env;
	void *ctx;
	uint16_t node;
	uint32_t inc;
	uint16_t ring_credit;         /* frames the receive ring can take, all peers together */
	uint16_t n_active;
	uint16_t service;             /* our own time per frame, 8 us */
	bool busy;                    /* inside an operation of the environment: only queue */
	bool blocked;                 /* the card had no room */
	struct list_node tx_free, rx_free;
	uint32_t n_tx_free, n_rx_free;
	uint8_t frame[WIRE_HEADER_BYTES + WIRE_PAYLOAD_MAX];
	uint8_t bounce[WIRE_PAYLOAD_MAX + 8];
};

/** Where the payload of a DATA frame belongs. */
struct rdp_place {
	struct rdp_msg *part;         /* NULL: a whole message in one frame, next in order */
	bool fresh;                   /* part was created for this frame */
	bool again;                   /* only with MUTANT_DUP */
	struct fx_part page;          /* of frag > 0 */
};

/* --- rdp.c: life, sending; ack.c: rdp_hear_ack --- */

/** Start both lanes anew, for the incarnation and epoch in `l`. */
void rdp_link_open(struct rdp_link *l);

/** End both lanes: parts freed, unfinished messages reported MSG_LOST. */
void rdp_link_close(struct rdp_host *h, struct rdp_link *l);

/** Queue a message.  0; -EAGAIN: no room, env->room() will tell. */
MUST_CHECK int rdp_send(struct rdp_host *h, struct rdp_link *l, const struct fx_message *m, uint64_t cookie);

/** Would rdp_send() on this lane find room? */
bool rdp_has_room(const struct rdp_host *h, const struct rdp_link *l, uint8_t lane);

/** Send what may be sent now: lost frames, new frames, due acks. */
void rdp_pump(struct rdp_host *h, struct rdp_link *l, uint64_t now);

/** Run timers that are due; sends nothing: rdp_pump() follows. */
void rdp_timers(struct rdp_link *l, uint64_t now);

/** When rdp_timers() and rdp_pump() have work again, if nothing else happens. */
uint64_t rdp_deadline(const struct rdp_link *l);

/** Take the ack, sack, credit and echo of an accepted DATA or ACK frame. */
void rdp_hear_ack(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p);

/** Send a frame that belongs to no lane, with `n` payload bytes already at h->frame + 64. */
void rdp_send_plain(struct rdp_host *h, const uint8_t *mac, struct packet *p, uint32_t n);

/* --- rx.c --- */

/** A DATA frame is here: where does its payload go?  False: nowhere (its ack part still counts). */
MUST_CHECK bool rdp_place(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p,
			  struct rdp_place *out);

/** The payload is in its place and its check was right: accept, deliver what became whole. */
void rdp_accept(struct rdp_host *h, struct rdp_link *l, uint64_t now, const struct packet *p,
		const struct rdp_place *place);

/** The payload's check was wrong: as if nothing had come. */
void rdp_refuse(struct rdp_host *h, const struct rdp_place *place);

/** Credit to announce now on a lane: frames beyond rcv_nxt. */
uint16_t rdp_credit(const struct rdp_host *h, struct rdp_link *l, uint8_t lane, uint64_t now);

/* --- reass.c --- */

/** Find or make the message that a DATA frame belongs to.  NULL: malformed, contradicts what is
 *  here, or no memory (told by *no_memory).  For frag > 0 *page names the place of the payload. */
struct rdp_msg *reass_find(struct rdp_host *h, struct rdp_lane *lane, const struct packet *p, struct fx_part *page,
			   bool *fresh, bool *no_memory);

/** A frame is in its place. */
void reass_mark(struct rdp_msg *part, const struct packet *p, const uint8_t *bounce);

/** Fields of a DATA frame that can be checked without its message. */
bool reass_shape_ok(const struct packet *p);

/** Give back a message being put together, its pages too. */
void reass_drop(struct rdp_host *h, struct rdp_msg *part);

/** Give back the slot only: the pages went to the receiver. */
void reass_release(struct rdp_host *h, struct rdp_msg *part);

/** Frames in which a message of n_pages pages, the last one with last_len bytes, travels. */
uint8_t rdp_n_frags(uint8_t n_pages, uint16_t last_len);

#endif
