/* A seedable generator of random numbers (xoshiro128++ 1.0; not for secrets).
 * Called by the protocol cores, the simulator and the tests.
 * Never looks at a clock or a global: the state is the caller's. */
#ifndef LIB_RNG_H
#define LIB_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint32_t s[4];
};

/** Every seed, 0 too, gives a good sequence of its own. */
void rng_seed(struct rng *r, uint64_t seed);

uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);

/** 0..n-1, evenly; n > 0. */
uint32_t rng_below(struct rng *r, uint32_t n);

/** low..high, both included; low <= high. */
uint32_t rng_range(struct rng *r, uint32_t low, uint32_t high);

/** True in n of 1,000 cases. */
bool rng_permille(struct rng *r, uint32_t n);

#endif
