/* source.c - the sender's state machine of a move.
 * Called by: kernel/migrate/depart.c, the simulator.  See source.h.
 * Never: frees or resumes anything itself.  */
#include "cluster/migrate/source.h"
#include "abi/linux_errno.h"

void source_begin(struct source *s, uint16_t self, uint16_t home, uint16_t target, uint32_t epoch, uint32_t to)
{
	*s = (struct source){.self = self, .home = home, .target = target, .epoch = epoch, .to = to};
}

static void over(struct source *s, enum source_end end, int32_t error)
{
	if (s->state == SOURCE_OVER) return;
	s->state = SOURCE_OVER;
	s->end = end;
	s->error = error;
}

void source_answer(struct source *s, int32_t status)
{
	if (s->state != SOURCE_OFFERED) return;
	if (status == 0)
		s->state = SOURCE_STREAMING;
	else
		over(s, SOURCE_STAYS, status);
}

void source_sent_all(struct source *s)
{
	if (s->state == SOURCE_STREAMING) s->state = SOURCE_DOUBT;
}

void source_fail(struct source *s, int32_t error)
{
	if (s->state != SOURCE_OFFERED && s->state != SOURCE_STREAMING) return;
	s->abort_target = true;
	over(s, SOURCE_STAYS, error);
}

void source_verdict(struct source *s, bool done, uint32_t epoch)
{
	if (s->state != SOURCE_DOUBT) return;
	if (done) {
		if (epoch >= s->to) over(s, SOURCE_GONE, 0);
		return;
	}
	s->epoch = epoch;
	over(s, SOURCE_STAYS, -EHOSTDOWN);
}

void source_timeout(struct source *s)
{
	if (s->state == SOURCE_DOUBT)
		s->ask_home = true;
	else
		source_fail(s, -ETIMEDOUT);
}

void source_peer_down(struct source *s, uint16_t node)
{
	if (s->state == SOURCE_OVER) return;
	if (node == s->home) {
		over(s, SOURCE_DESTROYED, -EHOSTDOWN);
	} else if (node == s->target) {
#ifdef MUTANT_ASK
		over(s, SOURCE_STAYS, -EHOSTDOWN);
#endif
		if (s->state == SOURCE_DOUBT)
			s->ask_home = true;
		else
			over(s, SOURCE_STAYS, -EHOSTDOWN);
	}
}
