/* What rdp.c (frames out) and ack.c (acks heard) share.
 * Included by these two only.
 * Never part of the interface. */
#ifndef CLUSTER_RDP_RDP_PRIV_H
#define CLUSTER_RDP_RDP_PRIV_H

#include "cluster/rdp/rdp.h"

#define AREQ_SAMPLES 3 /* round-trip samples; until then every frame may ask for an ack */

/** Where a frame in flight keeps its figures, and its bit in sacked, lost and resent. */
static inline uint32_t slot(uint32_t seq)
{
	return seq % RDP_SLOTS;
}

static inline uint32_t slot_bit(uint32_t seq)
{
	return 1u << slot(seq);
}

/** Frames that may be in flight now. */
static inline uint32_t window_of(const struct rdp_lane *a)
{
	return MIN(a->limit - a->una, (uint32_t)a->window);
}

/** Take a message off its queue and tell how it ended. */
void rdp_msg_finish(struct rdp_host *h, struct rdp_lane *a, struct rdp_msg *m, enum fx_sent how);

/** Something was lost: keep bulk frames further apart. */
void rdp_widen_gap(struct rdp_link *l);

/** Frames are out: their timer runs, if it did not yet. */
void rdp_arm_rto(const struct rdp_link *l, struct rdp_lane *a, uint64_t now);

#endif
