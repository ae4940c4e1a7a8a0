/* What member.c (handshake) and liveness.c (timers) share.
 * Included by these two only.
 * Never part of the interface. */
#ifndef CLUSTER_MEMBER_MEMBER_PRIV_H
#define CLUSTER_MEMBER_MEMBER_PRIV_H

#include "cluster/node.h"

#define MEMBER_HELLO_US     250000  /* between HELLOs to one peer until the link is up */
#define MEMBER_HELLO_TRIES  10
#define MEMBER_QUICK_PROBES 4       /* for the clock, right after the link is up */

/** The link is agreed on: open it, tell the environment. */
void member_up(struct cnode *n, struct peer *peer, uint64_t now);

/** The one verdict on this incarnation and epoch; nothing if the peer is not up. */
void member_down(struct cnode *n, struct peer *peer, uint64_t now, enum fx_down why);

/** HELLO to everybody; HELLO or HELLO_ACK to one. */
void member_broadcast(struct cnode *n);
void member_hello(struct cnode *n, struct peer *peer, uint8_t type);

#endif
