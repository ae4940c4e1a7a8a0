/* How far another node's monotonic clock is from ours: the best of the latest exchanges.
 * Called by cluster/member with the four times of a PROBE and its answer.
 * Never adjusts a clock; says how wrong it may be. */
#ifndef CLUSTER_MEMBER_CLOCKOFF_H
#define CLUSTER_MEMBER_CLOCKOFF_H

#include "lib/base.h"

#define CLOCKOFF_SAMPLES 8
#define CLOCKOFF_DRIFT_PPM 200 /* two crystals of 100 ppm against each other */

struct clockoff {
	struct {
		int64_t offset_us;
		uint64_t at_us;
		uint32_t delay_us;
	} sample[CLOCKOFF_SAMPLES];
	uint8_t n, next;
};

void clockoff_init(struct clockoff *c);

/** One exchange: asked and returned on our clock, heard and answered on the peer's (microseconds).
 *  Impossible times are dropped.  Source: RFC 5905, 8 (on-wire protocol). */
void clockoff_add(struct clockoff *c, uint64_t asked, uint64_t heard, uint64_t answered, uint64_t returned);

/** peer's clock = ours + *offset_us, wrong by at most *err_us (if the drift bound holds).
 *  False: no exchange yet. */
MUST_CHECK bool clockoff_get(const struct clockoff *c, uint64_t now_us, int64_t *offset_us, uint32_t *err_us);

#endif
