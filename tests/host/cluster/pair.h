/* A few real nodes on a perfect wire under virtual time: the harness of the unit tests and the fuzzer.
 * Called by tests/host/cluster and tests/fuzz.
 * Never loses a frame unless told to. */
#ifndef TESTS_HOST_CLUSTER_PAIR_H
#define TESTS_HOST_CLUSTER_PAIR_H

#include "cluster/node.h"

#define PAIR_NODES 3
#define PAIR_PAGES 128
#define PAIR_TX    24
#define PAIR_RX    12
#define PAIR_WIRE  512
#define PAIR_LOG   64
#define PAIR_GOT   256

struct pair_node;

struct pair_frame {
	uint16_t to, len;            /* index of the receiver */
	uint64_t due;
	uint8_t mac[WIRE_MAC_BYTES]; /* sender */
	uint8_t bytes[WIRE_HEADER_BYTES + WIRE_PAYLOAD_MAX];
};

/** A message that a node received. */
struct pair_got {
	uint16_t from, head_len, last_len;
	uint8_t lane, n_pages;
	uint8_t head[32];            /* its first bytes */
};

struct pair {
	uint64_t now, delay_us;
	struct pair_node *nodes[PAIR_NODES];
	uint32_t n_nodes;
	struct pair_frame wire[PAIR_WIRE];
	uint32_t wire_put, wire_got;
	/** Sees every frame when it is sent; false: it is lost.  May be NULL. */
	bool (*filter)(struct pair *p, uint32_t from, struct pair_frame *f);
	uint32_t n_by_type[16], n_sent_frames;
};

struct pair_node {
	struct pair *p;
	uint32_t index;
	struct cnode c;
	struct peer peers[4];
	struct rdp_msg tx[PAIR_TX], rx[PAIR_RX];
	uint8_t mac[WIRE_MAC_BYTES];
	uint8_t pages[PAIR_PAGES][WIRE_PAGE_BYTES];
	bool used[PAIR_PAGES];
	uint32_t n_used, no_pages;   /* no_pages: so many page_alloc calls fail */
	uint32_t card_busy;          /* so many send_frame calls fail */
	bool dead;                   /* hears and does nothing */
	struct pair_got got[PAIR_GOT];
	uint32_t n_got, n_done[3], n_up, n_down, n_room;
	enum fx_down why;
	uint64_t down_at;
	char log[PAIR_LOG][160];
	uint32_t n_log;
	bool echo;                   /* answers each control message from a peer by one of 4 bytes */
	uint64_t deadline;
};

/** The configuration node `index` (number index + 1) gets unless changed. */
struct cnode_config pair_config(struct pair *p, uint32_t index);

struct pair *pair_new(uint32_t n_nodes);
void pair_free(struct pair *p);

/** (Re)start one node with a configuration. */
void pair_boot(struct pair *p, uint32_t index, const struct cnode_config *cfg);

/** Start all nodes and run until each sees each. */
struct pair *pair_linked(uint32_t n_nodes);

/** Let virtual time pass. */
void pair_run(struct pair *p, uint64_t us);

/** Send `head_len` bytes of filler (first byte `tag`) and n_pages pages from one node to another. */
int pair_send(struct pair *p, uint32_t from, uint32_t to, uint8_t lane, uint8_t tag, uint32_t head_len, uint32_t n_pages,
	      uint32_t last_len);

/** Did this node log a text that contains `what`? */
bool pair_logged(const struct pair_node *s, const char *what);

/** Deliver bytes to a node as if from `mac`. */
void pair_inject(struct pair_node *s, const uint8_t *mac, const uint8_t *bytes, uint32_t len);

uint8_t *pair_page_bytes(void *ctx, uint32_t handle);

#endif
