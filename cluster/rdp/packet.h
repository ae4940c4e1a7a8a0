/* The frame header: bytes to fields and back, and the payload checks.
 * Called by the node for every frame, by drivers' glue for the checks, by tests.
 * Never keeps anything; never reads beyond the length it is given. */
#ifndef CLUSTER_RDP_PACKET_H
#define CLUSTER_RDP_PACKET_H

#include "abi/wire.h"
#include "lib/base.h"

/** The fields of docs/wire.md, "Header". */
struct packet {
	uint8_t check, type, flags;
	uint8_t frag, n_pages;
	uint16_t len, src, dst, epoch;
	uint32_t src_inc, dst_inc;
	uint32_t seq, ack, sack;
	uint16_t credit, service, stamp, echo;
	uint32_t sum_a, sum_b;
};

enum packet_verdict {
	PACKET_OK,
	PACKET_SHORT,   /* fewer bytes than a header, or than it announces */
	PACKET_FOREIGN, /* not ours: magic */
	PACKET_VERSION, /* ours, of another version: only version and type can be read */
	PACKET_BROKEN,  /* header check */
	PACKET_SHAPE,   /* fields that no sender of this version writes */
};

/** Write the 64 header bytes, with version and header check. */
void packet_encode(const struct packet *h, uint8_t *out);

/** Read a header of `n` bytes at hand, followed by `payload` bytes on the wire (Ethernet padding
 *  counts).  On PACKET_OK every field is within its range for this kind of frame; DATA's frag and
 *  n_pages are checked against the message by cluster/rdp/reass.c.  *out is zero otherwise. */
MUST_CHECK enum packet_verdict packet_decode(const uint8_t *bytes, uint32_t n, uint32_t payload, struct packet *out);

struct packet_sums {
	uint32_t a, b;
};

/** The payload check of one kind (WIRE_CHECK_*) over `n` bytes, zero-padded to whole words.
 *  Any alignment; an even address is faster.  Context: any. */
struct packet_sums packet_check(uint8_t kind, const void *bytes, uint32_t n);

/** What HELLO, HELLO_ACK and RESET carry. */
struct packet_hello {
	uint64_t nonce;      /* sender's boot */
	uint64_t cluster;    /* hash of the cluster's name */
	uint64_t peer_nonce; /* the receiver's boot as the sender knows it; 0 unknown */
	uint32_t known_inc;  /* RESET: the incarnation that stands in the way */
	uint8_t reason;      /* RESET: PACKET_RESET_* */
	uint8_t version;     /* newest version the sender speaks */
};

enum packet_reset {
	PACKET_RESET_UNKNOWN = 1, /* no link with you: say HELLO */
	PACKET_RESET_WRONG_INC,   /* you speak to an earlier boot of mine */
	PACKET_RESET_EPOCH,       /* that link epoch is over */
	PACKET_RESET_INC_TAKEN,   /* your node number was seen with `known_inc`: take a higher one */
	PACKET_RESET_NUMBER_TAKEN,/* your node number belongs to a living machine */
	PACKET_RESET_VERSION,     /* I cannot read your version */
};

void packet_encode_hello(const struct packet_hello *h, uint8_t *out);

/** False: fewer than WIRE_HELLO_BYTES. */
MUST_CHECK bool packet_decode_hello(const uint8_t *bytes, uint32_t n, struct packet_hello *out);

/** What PROBE and PROBE_ACK carry: microseconds of monotonic clocks. */
struct packet_probe {
	uint64_t asked, heard, answered;
};

void packet_encode_probe(const struct packet_probe *p, uint8_t *out);
MUST_CHECK bool packet_decode_probe(const uint8_t *bytes, uint32_t n, struct packet_probe *out);

/** FNV-1a, 64 bits: the hash of a cluster's name. */
uint64_t packet_name_hash(const char *name);

#endif
