/* How far another node's monotonic clock is from ours: the best of the latest exchanges.
 * Called by cluster/member with the four times of a PROBE and its answer.
 * Never adjusts a clock; says how wrong it may be. */
#include "cluster/member/clockoff.h"

#include "lib/fixed.h"

#define DELAY_MAX_US 10000000u

void clockoff_init(struct clockoff *c)
{
	*c = (struct clockoff){ .n = 0 };
}

void clockoff_add(struct clockoff *c, uint64_t asked, uint64_t heard, uint64_t answered, uint64_t returned)
{
	uint64_t round = returned - asked, there = answered - heard;

	if (returned < asked || answered < heard || round > DELAY_MAX_US || there > round)
		return;
	c->sample[c->next].offset_us = ((int64_t)(heard - asked) + (int64_t)(answered - returned)) / 2;
	c->sample[c->next].delay_us = (uint32_t)(round - there);
	c->sample[c->next].at_us = returned;
	c->next = (uint8_t)((c->next + 1) % CLOCKOFF_SAMPLES);
	if (c->n < CLOCKOFF_SAMPLES)
		c->n++;
}

bool clockoff_get(const struct clockoff *c, uint64_t now_us, int64_t *offset_us, uint32_t *err_us)
{
	*err_us = UINT32_MAX;
	*offset_us = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t age = now_us - MIN(c->sample[i].at_us, now_us);
		uint64_t drift = fixed_quot64(MIN(age, (uint64_t)1 << 44) * CLOCKOFF_DRIFT_PPM, 1000000);
		uint64_t err = c->sample[i].delay_us / 2 + drift + 1;

		if (err < *err_us) {
			*err_us = (uint32_t)err;
			*offset_us = c->sample[i].offset_us;
		}
	}
	return c->n > 0;
}
