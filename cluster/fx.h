/* What the pure cluster code asks of its surroundings: one table of operations, called synchronously.
 * Filled in by kernel/migrate/clusterd.c, by the simulator and by tests.
 * Never names an address: pages are opaque handles, nodes are numbers, time is an argument. */
#ifndef CLUSTER_FX_H
#define CLUSTER_FX_H

#include "abi/wire.h"
#include "lib/base.h"

enum fx_lane { LANE_CONTROL = 0, LANE_BULK = 1, LANES = 2 };

/** A piece of a page body. */
struct fx_part {
	uint32_t handle;
	uint16_t offset, len; /* inside the page's 4096 bytes */
};

/** A message that arrived whole.  `head` is valid during the call only; the handles belong to the
 *  receiver from now on. */
struct fx_message {
	uint16_t from;
	uint8_t lane;
	uint8_t n_pages;          /* 0..WIRE_PAGES_MAX */
	uint16_t last_len;        /* bytes used of the last page, 1..4096; 0 without pages */
	uint16_t head_len;        /* 0..WIRE_HEAD_MAX */
	uint32_t from_inc;        /* sender's incarnation */
	const uint8_t *head;
	const uint32_t *pages;
};

/** How a message that was queued for sending ended. */
enum fx_sent {
	MSG_SENT,  /* the peer has it, whole; its pages are the sender's again */
	MSG_LOST,  /* the link ended first; the peer may or may not have it; pages are the sender's again */
	MSG_MOVED, /* it went to this very node: the receiver owns the pages now */
};

/** Why a link ended. */
enum fx_down {
	DOWN_SILENT,   /* deadtime without any frame, and enough probes */
	DOWN_REBOOT,   /* the peer came back with a higher incarnation */
	DOWN_CUT,      /* the peer gave its verdict on us first */
	DOWN_RENAMED,  /* we had to take a higher incarnation ourselves */
};

enum fx_log { FX_ERROR, FX_WARN, FX_INFO, FX_DEBUG };

/** All operations are mandatory.  None may call back into the node, except: cnode_send() and the
 *  read-only questions are allowed from deliver, peer_up, peer_down, msg_done and room.
 *  Order: for each incarnation and link epoch of a peer one peer_up, then deliveries, then for
 *  every unfinished message msg_done(MSG_LOST), then one peer_down. */
struct node_env {
	/** Send one frame to `mac` (all ones: broadcast): n bytes (header and inline payload), then the
	 *  page part if not NULL.  Bytes are valid during the call only.  Returns false when the card
	 *  has no room: the core tries again at the next cnode_tick(), every millisecond if need be.
	 *  No card, or its cable out: true, the frame is lost as on any wire. */
	bool (*send_frame)(void *ctx, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const struct fx_part *part);
	/** The payload check (packet_check() of kind `check`) over a page part about to be sent. */
	void (*part_sums)(void *ctx, uint8_t check, const struct fx_part *part, uint32_t *a, uint32_t *b);
	void (*deliver)(void *ctx, const struct fx_message *m);
	void (*peer_up)(void *ctx, uint16_t node, uint32_t inc);
	void (*peer_down)(void *ctx, uint16_t node, uint32_t inc, enum fx_down why);
	/** n pages to receive into: all or none.  `urgent`: the message is the next to be delivered on
	 *  its lane; keep at least WIRE_PAGES_MAX pages that only urgent requests may take, so that
	 *  messages out of order cannot starve the one that everybody waits for. */
	bool (*page_alloc)(void *ctx, uint32_t n, uint32_t *handles, bool urgent);
	void (*page_free)(void *ctx, uint32_t handle);
	void (*msg_done)(void *ctx, uint64_t cookie, enum fx_sent how);
	/** cnode_send() to this node and lane had answered -EAGAIN; now there is room. */
	void (*room)(void *ctx, uint16_t node, uint8_t lane);
	void (*log)(void *ctx, enum fx_log level, const char *text);
};

#endif
