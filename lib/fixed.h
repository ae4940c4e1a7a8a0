/* Arithmetic that neither overflows nor needs the compiler's run-time library.
 * Called by formatting, clocks and the protocol cores.
 * Never uses floating point. */
#ifndef LIB_FIXED_H
#define LIB_FIXED_H

#include <stdint.h>

/** *n /= d; returns the remainder.  d > 0.  Two 32-bit divisions: on i386 a 64-bit `/` would call
 *  the compiler's library, which the kernel does not link. */
static inline uint32_t fixed_div64(uint64_t *n, uint32_t d)
{
#if defined(__i386__)
	uint32_t high = (uint32_t)(*n >> 32), low = (uint32_t)*n;
	uint32_t q_high = high / d, q_low, rest = high % d;

	__asm__("divl %4" : "=a"(q_low), "=d"(rest) : "0"(low), "1"(rest), "r"(d) : "cc");
	*n = ((uint64_t)q_high << 32) | q_low;
	return rest;
#else
	uint32_t rest = (uint32_t)(*n % d);

	*n /= d;
	return rest;
#endif
}

/** n / d, as a value. */
static inline uint64_t fixed_quot64(uint64_t n, uint32_t d)
{
	fixed_div64(&n, d);
	return n;
}

/** a * b / c with a 64-bit product; the quotient is cut to 32 bits by saturating.  c > 0. */
static inline uint32_t fixed_muldiv(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t product = (uint64_t)a * b;

	fixed_div64(&product, c);
	return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

/** a + b, at most UINT32_MAX. */
static inline uint32_t fixed_add_sat(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/** a - b, at least 0. */
static inline uint32_t fixed_sub_sat(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

#endif
