/* Who is there: handshake, incarnations, link epochs, liveness and the one verdict of death.
 * Called by cluster/node.c for all frames that are not DATA or ACK, and for timers.
 * Never touches messages but by opening and closing a link. */
#ifndef CLUSTER_MEMBER_MEMBER_H
#define CLUSTER_MEMBER_MEMBER_H

#include "cluster/node.h"

/** Forget all peers; the first HELLO is due at once. */
void member_start(struct cnode *n, uint64_t now);

/** The peer a DATA, ACK, PROBE or PROBE_ACK frame comes from, if its MAC, incarnations and link
 *  epoch are right; else NULL, and the sender may have been told by a RESET. */
struct peer *member_admit(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p);

/** HELLO, HELLO_ACK. */
void member_rx_hello(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
		     const struct packet_hello *h);

/** RESET. */
void member_rx_reset(struct cnode *n, uint64_t now, const uint8_t *mac, const struct packet *p,
		     const struct packet_hello *h);

/** PROBE, PROBE_ACK of an admitted peer. */
void member_rx_probe(struct cnode *n, uint64_t now, struct peer *peer, const struct packet *p,
		     const struct packet_probe *probe);

/** A frame of ours but of another version. */
void member_rx_version(struct cnode *n, uint64_t now, const uint8_t *mac, uint8_t version, uint8_t type,
		       uint16_t src);

/** HELLO broadcasts, HELLO repeats, probes, verdicts that are due. */
void member_timers(struct cnode *n, uint64_t now);

/** When member_timers() has work again. */
uint64_t member_deadline(const struct cnode *n);

#endif
