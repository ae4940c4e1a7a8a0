/* A seedable generator of random numbers: xoshiro128++ 1.0, state filled by splitmix64.
 * Called by the protocol cores, the simulator and the tests.
 * Never looks at a clock or a global: the state is the caller's. */
#include "lib/rng.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void rng_seed(struct rng *r, uint64_t seed)
{
	uint64_t a = splitmix(&seed), b = splitmix(&seed);

	r->s[0] = (uint32_t)a;
	r->s[1] = (uint32_t)(a >> 32);
	r->s[2] = (uint32_t)b;
	r->s[3] = (uint32_t)(b >> 32) | 1; /* all zero would stay zero */
}

static uint32_t turn_left(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

uint32_t rng_u32(struct rng *r)
{
	uint32_t *s = r->s;
	uint32_t out = turn_left(s[0] + s[3], 7) + s[0], t = s[1] << 9;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = turn_left(s[3], 11);
	return out;
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t high = rng_u32(r);

	return high << 32 | rng_u32(r);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((uint64_t)rng_u32(r) * n >> 32);
}

uint32_t rng_range(struct rng *r, uint32_t low, uint32_t high)
{
	uint32_t span = high - low + 1;

	return span == 0 ? rng_u32(r) : low + rng_below(r, span);
}

bool rng_permille(struct rng *r, uint32_t n)
{
	return rng_below(r, 1000) < n;
}
