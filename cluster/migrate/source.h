/* source.h - the sender's side of a move, as a state machine.
 * Used by: kernel/migrate/depart.c and the simulator.  Pure: events in, the next thing to do out.
 * Never: decides alone once the target may be complete: doubt is settled by asking home.  */
#ifndef CLUSTER_MIGRATE_SOURCE_H
#define CLUSTER_MIGRATE_SOURCE_H
#include "lib/base.h"
enum source_state { SOURCE_OFFERED, SOURCE_STREAMING, SOURCE_DOUBT, SOURCE_OVER };
enum source_end { SOURCE_NOT_YET, SOURCE_GONE /* free the copy */, SOURCE_STAYS /* resume it */, SOURCE_DESTROYED /* home is dead */ };
struct source {
	enum source_state state;
	enum source_end end;
	uint16_t self, home, target;
	uint32_t epoch, to;       /* it has, it would have */
	int32_t error;            /* why it stays */
	bool ask_home;            /* to be sent by the driver, who clears it */
	bool abort_target;
};
/** The OFFER is to be sent by the caller. */
void source_begin(struct source *s, uint16_t self, uint16_t home, uint16_t target, uint32_t epoch, uint32_t to);
void source_answer(struct source *s, int32_t status);  /* the target's answer to the offer */
void source_sent_all(struct source *s);                /* about to send the END: from now on only home knows */
void source_fail(struct source *s, int32_t error);     /* our own failure before sent_all */
void source_verdict(struct source *s, bool done, uint32_t epoch); /* home: DONE, or RESUME with the epoch that is ours */
void source_timeout(struct source *s);                 /* nothing was heard for a while */
void source_peer_down(struct source *s, uint16_t node);
#endif
