/* One node of the cluster: who the others are, reliable messages to them, their clocks.
 * Called by kernel/migrate/clusterd.c (in net context) and by the simulator: the same object.
 * Never allocates, sleeps, or looks at a clock: storage, time and effects are the caller's. */
#ifndef CLUSTER_NODE_H
#define CLUSTER_NODE_H

#include "cluster/fx.h"
#include "cluster/member/clockoff.h"
#include "cluster/rdp/rdp.h"
#include "lib/rng.h"

#define CNODE_NAME_MAX 32
#define CNODE_DEADTIME_MS 3000

/* Storage for 64 peers: about 260 KiB in all; a small node may give less of each. */
#define CNODE_PEERS 64
#define CNODE_TX_SLOTS 64 /* at least RDP_TX_RESERVE + 2 */
#define CNODE_RX_SLOTS 40 /* at least RDP_RX_RESERVE + 2 */

struct cnode_config {
	uint16_t node;              /* 1..65534 */
	uint8_t mac[WIRE_MAC_BYTES];
	uint32_t incarnation;       /* proposal: RTC seconds since 2020; at least 1 */
	uint64_t nonce;             /* random, different at every boot, not 0 */
	const char *cluster;        /* cluster=NAME; "" is a name too */
	uint32_t deadtime_ms;       /* 0: CNODE_DEADTIME_MS */
	uint16_t ring_frames;       /* full frames the card's receive ring holds; 0: 18 (QEMU's NE2000) */
	uint64_t seed;
	const struct node_env *env;
	void *ctx;
	struct peer *peers;         /* n_peers records, any content */
	struct rdp_msg *tx, *rx;    /* message slots, any content */
	uint32_t n_peers, n_tx, n_rx;
};

enum peer_state {
	PEER_NONE, /* record is free */
	PEER_HALF, /* heard of; not yet sure that it heard us */
	PEER_UP,   /* linked */
	PEER_DEAD, /* verdict given for inc and epoch - 1; a new HELLO may raise the link again */
};

struct peer {
	enum peer_state state;
	bool was_up;               /* some boot of this node number was linked with us */
	struct rdp_link link;      /* node, mac, inc and epoch are here */
	uint64_t nonce;
	uint64_t heard_at;         /* last frame, or the start of a new count */
	uint64_t timer_at;         /* HALF: next HELLO; UP: next PROBE */
	uint64_t clock_at;         /* last PROBE sent */
	uint64_t reset_at;         /* no RESET to it before */
	uint64_t dead_at;
	uint16_t n_probes;         /* since heard_at */
	uint16_t n_quick;          /* clock probes still to be sent quickly; HALF: HELLOs sent */
	struct clockoff clock;
};

/** Frames dropped before they reached a link, and other figures of the node. */
struct cnode_counters {
	uint32_t short_frames, foreign, version, header_check, shape, payload_check;
	uint32_t other_cluster, not_for_us, unknown_peer, wrong_mac, stale, resets_sent, no_record, tx_blocked;
};

struct cnode {
	struct rdp_host host;      /* first: what links share */
	uint8_t mac[WIRE_MAC_BYTES];
	uint64_t nonce, cluster_hash;
	char cluster[CNODE_NAME_MAX];
	uint32_t deadtime_ms;
	struct rng rng;
	struct peer *peers;
	uint32_t n_peers, n_used;  /* records 0..n_used-1 may be in use */
	struct list_node loop;     /* messages to ourselves */
	bool loop_refused[LANES];
	uint32_t n_loop;
	bool started, alone;       /* alone: another machine has our number */
	uint64_t hello_at;
	uint32_t n_hellos;
	uint64_t version_log_at;   /* no complaint about a foreign version before */
	uint64_t reset_at;         /* no RESET to strangers before */
	uint64_t now;
	/* between cnode_rx_header() and cnode_rx_commit() */
	struct {
		bool pending;
		struct packet p;
		struct rdp_place place;
		struct peer *peer;
		uint8_t mac[WIRE_MAC_BYTES];
	} rx;
	struct cnode_counters count;
};

/** Begin life.  Copies what it needs of cfg, but env and the storage must stay. */
void cnode_init(struct cnode *n, const struct cnode_config *cfg);

/** Begin to look for the others: HELLO at 0, 50, 100, 200 ... ms, then every 5 s for ever. */
void cnode_start(struct cnode *n, uint64_t now_us);

/** End at once, as by a power cut: nothing is sent, no verdict is given; unfinished messages are
 *  reported MSG_LOST and pages of half-received ones freed.  cnode_init() begins the next life. */
void cnode_stop(struct cnode *n);

/** Run what is due: retransmissions, delayed acks, probes, verdicts, messages to ourselves, and
 *  sending that had found the card full.  To be called at the returned time, and once after every
 *  batch of received frames or cnode_send() calls (which may have moved that time).
 *  Microseconds of a monotonic clock. */
uint64_t cnode_tick(struct cnode *n, uint64_t now_us);

/* --- receiving: header, then payload to where it belongs, then the verdict over its check --- */

enum cnode_rx {
	CNODE_RX_DROP,   /* skip the frame; nothing to commit */
	CNODE_RX_INLINE, /* copy `len` bytes to `bytes` */
	CNODE_RX_PAGE,   /* copy `len` bytes into page `handle` at `offset` */
};

struct cnode_place {
	uint8_t check;   /* WIRE_CHECK_*: what to compute over the copied bytes, with packet_check() */
	uint16_t len;    /* may be 0: nothing to copy, commit all the same */
	uint8_t *bytes;
	uint32_t handle;
	uint16_t offset;
};

/** A frame of WIRE_ETHERTYPE is here: its 64 header bytes (n: bytes at hand, fewer are refused) and
 *  `payload` bytes that follow on the wire (Ethernet padding counts).  Unless DROP, the payload must
 *  be copied as *out says and cnode_rx_commit() called before anything else of this node. */
MUST_CHECK enum cnode_rx cnode_rx_header(struct cnode *n, uint64_t now_us, const uint8_t *src_mac, const uint8_t *header,
					 uint32_t n_bytes, uint32_t payload, struct cnode_place *out);

/** The payload is copied; sums: packet_check(place.check, copied bytes, place.len).  A wrong check
 *  makes the frame one that never came.  Deliveries and other effects happen here. */
void cnode_rx_commit(struct cnode *n, uint64_t now_us, struct packet_sums sums);

/** Both steps for a frame that lies in memory from its header on; `page_bytes` answers where a page
 *  is (NULL: no page can be addressed).  For tests, and cards that receive into buffers. */
void cnode_rx(struct cnode *n, uint64_t now_us, const uint8_t *src_mac, const uint8_t *frame, uint32_t len,
	      uint8_t *(*page_bytes)(void *ctx, uint32_t handle));

/* --- sending --- */

/** Queue a message: head (copied) and pages (handles; they stay untouched until env->msg_done()
 *  with this cookie).  last_len: bytes of the last page, 1..4096; 0 without pages.
 *  To this very node: delivered by the next cnode_tick().  May be called from the environment's
 *  operations (see fx.h).  Returns 0; -EAGAIN: queue full, env->room() will follow;
 *  -EHOSTUNREACH: no such peer is up; -EINVAL: lengths. */
MUST_CHECK int cnode_send(struct cnode *n, uint64_t now_us, uint16_t node, uint8_t lane, const uint8_t *head,
			  uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len, uint64_t cookie);

/** Our own time per received frame, in microseconds, as the glue measured it (told to senders). */
void cnode_set_service(struct cnode *n, uint32_t us);

/* --- questions --- */

/** The incarnation under which this node is known (it may be raised in the first seconds). */
static inline uint32_t cnode_incarnation(const struct cnode *n)
{
	return n->host.inc;
}

/** Link state of one node number; PEER_NONE if never heard of.  Our own number: PEER_UP. */
enum peer_state cnode_peer_state(const struct cnode *n, uint16_t node);

/** peer's monotonic clock = ours + *offset_us, wrong by at most *err_us.  False: not known yet. */
MUST_CHECK bool cnode_clock(const struct cnode *n, uint64_t now_us, uint16_t node, int64_t *offset_us, uint32_t *err_us);

struct cnode_peer_info {
	uint16_t node, epoch;
	enum peer_state state;
	uint32_t inc;
	uint8_t mac[WIRE_MAC_BYTES];
	uint64_t heard_at;
	uint32_t srtt_us, service_us, gap_us;
	uint8_t dist[LANES];
	uint16_t window[LANES], queued[LANES];
	struct rdp_counters count;
};

/** Peers for /proc: call with *at = 0 first; false when there are no more. */
MUST_CHECK bool cnode_peer_next(const struct cnode *n, uint32_t *at, struct cnode_peer_info *out);

/* --- for cluster/member --- */

struct peer *cnode_find_peer(const struct cnode *n, uint16_t node);
void cnode_log(struct cnode *n, enum fx_log level, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
