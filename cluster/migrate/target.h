/* target.h - the receiver's side of a move, as a state machine.
 * Used by: kernel/migrate/arrive.c and the simulator.  Pure.
 * Never: lets a body run before home said GO.  */
#ifndef CLUSTER_MIGRATE_TARGET_H
#define CLUSTER_MIGRATE_TARGET_H
#include "lib/base.h"
enum target_state { TARGET_RECEIVING, TARGET_READY, TARGET_RUNS, TARGET_DEAD };
struct target {
	enum target_state state;
	uint16_t self, home, source;
	uint32_t from_epoch, to;
};
void target_begin(struct target *t, uint16_t self, uint16_t home, uint16_t source, uint32_t from_epoch, uint32_t to);
bool target_complete(struct target *t);          /* all came: true: send READY to home */
void target_fail(struct target *t);              /* our own failure, or the source's ABORT, before complete */
/** Home's answers to this attempt; those to another of the same number change nothing. */
void target_go(struct target *t, uint32_t from_epoch, uint32_t epoch);
void target_kill(struct target *t, uint32_t from_epoch, uint32_t epoch);
void target_peer_down(struct target *t, uint16_t node);
#endif
