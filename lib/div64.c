/* Division of 64-bit numbers, which the compiler asks for by these names: the kernel's calls pass arguments in registers,
 * so that libgcc's versions do not fit.
 * Called by code that the compiler generates.
 * Never linked into host programs: they have libgcc (the test renames these).  Source: libgcc, "Integer arithmetic". */
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t a, uint64_t b, uint64_t *rest);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divmoddi4(int64_t a, int64_t b, int64_t *rest);
int64_t __divdi3(int64_t a, int64_t b);
int64_t __moddi3(int64_t a, int64_t b);
int __ctzdi2(uint64_t a);

/* high * 2^32 + low by b; high < b, so the quotient has 32 bits. */
static uint32_t divide(uint32_t high, uint32_t low, uint32_t b, uint32_t *rest)
{
	uint32_t q;

	__asm__("divl %4" : "=a"(q), "=d"(*rest) : "0"(low), "1"(high), "rm"(b) : "cc");
	return q;
}

/* b has more than 32 bits. Both are shortened until b has 32: the quotient is then right or one too large. */
static uint64_t by_large(uint64_t a, uint64_t b, uint64_t *rest)
{
	uint32_t shift = 32 - (uint32_t)__builtin_clz((uint32_t)(b >> 32)), unused;
	uint64_t short_a = a >> 1;
	uint32_t q = divide((uint32_t)(short_a >> 32), (uint32_t)short_a, (uint32_t)(b >> shift), &unused);

	q >>= shift - 1;
	if (q) q--; /* at most one too small now, never too large */
	*rest = a - q * b;
	if (*rest < b) return q;
	*rest -= b;
	return q + 1;
}

uint64_t __udivmoddi4(uint64_t a, uint64_t b, uint64_t *rest)
{
	uint32_t r, high;
	uint64_t unused;

	if (b >> 32) return by_large(a, b, rest ? rest : &unused);
	high = divide(0, (uint32_t)(a >> 32), (uint32_t)b, &r);
	uint32_t low = divide(r, (uint32_t)a, (uint32_t)b, &r);
	if (rest) *rest = r;
	return (uint64_t)high << 32 | low;
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
	return __udivmoddi4(a, b, 0);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
	uint64_t rest;

	__udivmoddi4(a, b, &rest);
	return rest;
}

static uint64_t magnitude(int64_t a)
{
	return a < 0 ? -(uint64_t)a : (uint64_t)a;
}

int64_t __divmoddi4(int64_t a, int64_t b, int64_t *rest)
{
	uint64_t r, q = __udivmoddi4(magnitude(a), magnitude(b), &r);

	*rest = (int64_t)(a < 0 ? -r : r); /* the rest has the sign of a */
	return (int64_t)((a < 0) != (b < 0) ? -q : q);
}

int64_t __divdi3(int64_t a, int64_t b)
{
	int64_t rest;

	return __divmoddi4(a, b, &rest);
}

int64_t __moddi3(int64_t a, int64_t b)
{
	int64_t rest;

	__divmoddi4(a, b, &rest);
	return rest;
}

/* Zero bits below the lowest one; a is not 0. */
int __ctzdi2(uint64_t a)
{
	return (uint32_t)a ? __builtin_ctz((uint32_t)a) : 32 + __builtin_ctz((uint32_t)(a >> 32));
}
