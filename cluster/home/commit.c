/* commit.c - the assignment that decides where a body is, and every doubt about it.
 * Called by: kernel/migrate/orders.c, the simulator.  See commit.h.
 * Never: sends anything itself; the answers are in struct commit_out.  */
#include "cluster/home/commit.h"

static void say(struct commit_out *out, uint16_t node, enum commit_kind kind, uint32_t epoch)
{
	KASSERT(out->n < ARRAY_LEN(out->msg));
	out->msg[out->n].node = node;
	out->msg[out->n].kind = kind;
	out->msg[out->n].epoch = epoch;
	out->n++;
}

void commit_init(struct commit *c, uint16_t self)
{
	*c = (struct commit){.self = self, .route = self, .epoch = 1, .started = true};
}

void commit_ready(struct commit *c, uint16_t from, uint16_t source, uint32_t from_epoch, uint32_t to, struct commit_out *out)
{
	*out = (struct commit_out){0};
	if (c->route == from && c->epoch == to && c->from_epoch == from_epoch) { /* said again */
		say(out, from, COMMIT_GO, to);
		return;
	}
#ifdef MUTANT_COMMIT
	(void)from_epoch;
	if (false) {
#else
	if (from_epoch != c->epoch || source != c->route || to <= c->epoch || to <= c->void_epoch) {
#endif
		say(out, from, COMMIT_KILL, to);
		return;
	}
	/* made from the body of this epoch, so that did run: what it was made from may go, although its own word is not here yet */
	if (c->source) say(out, c->source, COMMIT_DONE, c->epoch);
	c->source = c->route;
	c->route = from;
	c->epoch = to;
	c->from_epoch = from_epoch;
	c->started = false;
	out->moved = true;
	say(out, from, COMMIT_GO, to);
}

bool commit_accept(struct commit *c, uint16_t from, uint32_t epoch, struct commit_out *out)
{
	*out = (struct commit_out){0};
	if (from != c->route || epoch != c->epoch) return false;
	c->started = true;
	if (c->source) say(out, c->source, COMMIT_DONE, c->epoch);
	c->source = 0;
	return true;
}

void commit_ask(struct commit *c, uint16_t from, uint32_t to, struct commit_out *out)
{
	*out = (struct commit_out){0};
	if (from == c->route && c->epoch < to) { /* not committed, and now it never will be */
		c->void_epoch = MAX(c->void_epoch, to);
		say(out, from, COMMIT_RESUME, c->epoch);
	} else if (from != c->route && from != c->source) {
		say(out, from, COMMIT_DONE, to);
	}
	/* else: committed, but the target has not spoken yet: DONE follows its first message, RESUME its death */
}

void commit_peer_down(struct commit *c, uint16_t node, struct commit_out *out)
{
	*out = (struct commit_out){0};
	if (c->source == node) c->source = 0;
	if (c->route != node || node == c->self) return;
	if (!c->started && c->source) {
		c->route = c->source;
		c->source = 0;
		c->epoch++;
		c->from_epoch = 0;
		c->started = true;
		out->moved = true;
		say(out, c->route, COMMIT_RESUME, c->epoch);
		return;
	}
	out->lost = true;
}
