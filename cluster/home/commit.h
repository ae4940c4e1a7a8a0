/* commit.h - home's side of a move: who has the body, settled by one assignment (DESIGN "A move, one commit rule").
 * Used by: kernel/migrate/orders.c and the simulator.  Pure.
 * Never: lets two nodes believe at once that they may run a body.  */
#ifndef CLUSTER_HOME_COMMIT_H
#define CLUSTER_HOME_COMMIT_H
#include "lib/base.h"
struct commit {
	uint16_t self;         /* home */
	uint16_t route;        /* who has the body */
	uint16_t source;       /* still frozen since the last commit; 0: nobody */
	uint32_t epoch;
	uint32_t from_epoch;   /* what the body of `epoch` was made from; 0: it was not moved there */
	uint32_t void_epoch;   /* no epoch up to this one will be committed any more */
	bool started;          /* a message of `epoch` was accepted */
};
enum commit_kind { COMMIT_GO, COMMIT_KILL, COMMIT_DONE, COMMIT_RESUME };
/* An attempt's name is (the epoch it leaves, the epoch it wants): a body that home has given up, alive on a node that was cut off,
 * may try for a number that home gives to another.  Committed epochs are unique by themselves. */
struct commit_out {        /* messages to send, and what became of the body */
	struct { uint16_t node; enum commit_kind kind; uint32_t epoch; } msg[2];
	uint32_t n;
	bool moved;            /* route was assigned */
	bool lost;             /* the body is gone: the process ends with SIGKILL status */
};
void commit_init(struct commit *c, uint16_t self);
/** Target `from` is complete: wants to run epoch `to`, made from `source`'s `from_epoch` (which is thereby known to have run). */
void commit_ready(struct commit *c, uint16_t from, uint16_t source, uint32_t from_epoch, uint32_t to, struct commit_out *out);
/** A message of the body's own epoch from its route was accepted: the source may be released. False: stale, drop it. */
bool commit_accept(struct commit *c, uint16_t from, uint32_t epoch, struct commit_out *out);
/** Source `from` asks how the move to epoch `to` ended. */
void commit_ask(struct commit *c, uint16_t from, uint32_t to, struct commit_out *out);
void commit_peer_down(struct commit *c, uint16_t node, struct commit_out *out);
#endif
