/* msgs.h - a random valid message of any kind, its encoding, and the decoder that belongs to it.
 * Used by: msg_test.c, tests/fuzz/msg_fuzz.c.
 * Never: makes what the kernel would not send; breaking it is the tests' part.  */
#ifndef TESTS_HOST_CLUSTER_MSGS_H
#define TESTS_HOST_CLUSTER_MSGS_H
#include "cluster/msg.h"
#include "lib/rng.h"

/** The last kind but MSG_CTL_LAST control kinds and six with layouts of their own. */
#define SAMPLE_KINDS (MSG_CTL_LAST + 6u)
struct sample {
	uint8_t kind;
	uint32_t n, n_pages, page_bytes;
	uint8_t head[WIRE_HEAD_MAX + 8];
	bool data_inline;
	uint8_t data[WIRE_HEAD_MAX];
	union {
		struct msg_ctl ctl;
		struct msg_call call;
		struct msg_reply reply;
		struct msg_pages pages;
		struct msg_capsule capsule;
		struct msg_page_ask page;
	} m;
};
/** The i-th kind, counted round and round. */
uint8_t sample_kind(uint32_t i);
void sample_make(struct sample *s, struct rng *rng, uint8_t kind);
/** Encode s->m again: its length. */
uint32_t sample_encode(struct sample *s);
/** Decode as a message of like's kind; *out can be encoded. */
bool sample_decode(const struct sample *like, const uint8_t *head, uint32_t n, uint32_t n_pages, uint32_t page_bytes, struct sample *out);
#endif
