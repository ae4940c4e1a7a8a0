/* random.c - random bytes: ChaCha20 with fast key erasure, seeded from the machine's clocks.
 * Called by: devs.c, getrandom.
 * Never: blocks.  Source: RFC 8439 section 2.3 (the block function).  */
#include "kernel/base/random.h"
#include "arch/arch.h"
#include "lib/str.h"

static uint32_t key[8];
static uint64_t n_blocks;

static uint32_t rotate(uint32_t v, uint32_t n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

static void block(uint32_t out[16])
{
	uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(in + 4, key, sizeof key);
	in[12] = (uint32_t)n_blocks;
	in[13] = (uint32_t)(n_blocks++ >> 32);
	memcpy(out, in, sizeof in);
	for (int n = 0; n < 10; n++) {
		quarter(out, 0, 4, 8, 12);
		quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14);
		quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15);
		quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13);
		quarter(out, 3, 4, 9, 14);
	}
	for (int n = 0; n < 16; n++) out[n] += in[n];
}

/** The moment of a request is a little entropy; the first one also takes what the machine has. */
static void stir(void)
{
	uint64_t now = arch_tsc();

	if (n_blocks == 0) {
		uint64_t seed = arch_random_seed();
		key[0] ^= (uint32_t)seed;
		key[1] ^= (uint32_t)(seed >> 32);
	}
	key[2] ^= (uint32_t)now;
	key[3] ^= (uint32_t)(now >> 32);
}

static void new_key(void)
{
	uint32_t b[16];

	block(b);
	memcpy(key, b, sizeof key);
}

void random_bytes(void *out, uint32_t n)
{
	uint8_t *to = out;
	uint32_t b[16];

	stir();
	new_key();
	while (n > 0) {
		uint32_t some = MIN(n, (uint32_t)sizeof b);
		block(b);
		memcpy(to, b, some);
		to += some;
		n -= some;
	}
	new_key(); /* what was given out cannot be computed from the state any more */
}

void random_mix(const void *bytes, uint32_t n)
{
	const uint8_t *p = bytes;

	stir();
	for (uint32_t at = 0; at < n; at++) {
		key[at / 4 % 8] ^= (uint32_t)p[at] << (at % 4 * 8);
		if (at % 32 == 31) new_key();
	}
	new_key();
}
