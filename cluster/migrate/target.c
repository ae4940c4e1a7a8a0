/* target.c - the receiver's state machine of a move.
 * Called by: kernel/migrate/arrive.c, the simulator.  See target.h.
 * Never: builds or frees anything itself.  */
#include "cluster/migrate/target.h"

void target_begin(struct target *t, uint16_t self, uint16_t home, uint16_t source, uint32_t from_epoch, uint32_t to)
{
	*t = (struct target){.self = self, .home = home, .source = source, .from_epoch = from_epoch, .to = to};
}

bool target_complete(struct target *t)
{
	if (t->state != TARGET_RECEIVING) return false;
#ifdef MUTANT_GO
	t->state = TARGET_RUNS;
	return true;
#endif
	t->state = TARGET_READY;
	return true;
}

void target_fail(struct target *t)
{
	if (t->state == TARGET_RECEIVING) t->state = TARGET_DEAD;
}

void target_go(struct target *t, uint32_t from_epoch, uint32_t epoch)
{
	if (t->state == TARGET_READY && epoch == t->to && from_epoch == t->from_epoch) t->state = TARGET_RUNS;
}

void target_kill(struct target *t, uint32_t from_epoch, uint32_t epoch)
{
	if (epoch == t->to && from_epoch == t->from_epoch && t->state != TARGET_RUNS) t->state = TARGET_DEAD;
}

void target_peer_down(struct target *t, uint16_t node)
{
	if (t->state == TARGET_RUNS) return;
	if (node == t->home || (node == t->source && t->state == TARGET_RECEIVING)) t->state = TARGET_DEAD;
}
