/* fpstate.c - the two shapes of FPU state in a signal frame: the FXSAVE image and the older FNSAVE image in front of it.
 * Called by: sigframe.c and its test.  Pure.
 * Never: touches the FPU.  Source: Intel SDM vol. 1, 8.1.10 (FNSAVE image) and 10.5.1 (FXSAVE area). */
#include "kernel/proc/sigframe.h"
#include "lib/str.h"

#define FX_TAG 4u
#define FX_OPCODE 6u
#define FX_ST 32u

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* Two bits a register: 0 valid, 1 zero, 2 special, 3 empty. */
static uint32_t tag_of(const uint8_t st[10])
{
	uint32_t exponent = get16(st + 8) & 0x7fff;
	bool integer_bit = (st[7] & 0x80) != 0, zero = true;

	for (int i = 0; i < 8; i++) zero &= st[i] == 0;
	if (exponent == 0x7fff) return 2;
	if (exponent == 0) return zero ? 1 : 2;
	return integer_bit ? 0 : 2;
}

static uint32_t full_tags(const uint8_t fx[512])
{
	uint32_t top = get16(fx + 2) >> 11 & 7, tags = 0;

	if (!fx[FX_TAG]) return 0xffff; /* all empty, as most programs leave them */

	for (uint32_t i = 0; i < 8; i++) {
		uint32_t tag = (fx[FX_TAG] >> i & 1) ? tag_of(fx + FX_ST + 16 * ((i - top) & 7)) : 3;
		tags |= tag << (2 * i);
	}
	return tags;
}

void fpstate_from_fxsave(const uint8_t fx[512], uint32_t out[28])
{
	uint32_t ip, data;

	memcpy(&ip, fx + 8, 4);
	memcpy(&data, fx + 16, 4);
	out[0] = 0xffff0000u | get16(fx);
	out[1] = 0xffff0000u | get16(fx + 2);
	out[2] = 0xffff0000u | full_tags(fx);
	out[3] = ip;
	out[4] = get16(fx + 12) | (uint32_t)get16(fx + FX_OPCODE) << 16;
	out[5] = data;
	out[6] = 0xffff0000u | get16(fx + 20);
	for (uint32_t i = 0; i < 8; i++) memcpy((uint8_t *)out + 28 + 10 * i, fx + FX_ST + 16 * i, 10);
	out[27] = get16(fx + 2); /* status; magic 0: an FXSAVE image follows */
}

void fpstate_to_fxsave(const uint32_t in[28], uint8_t fx[512])
{
	put16(fx, in[0]);
	put16(fx + 2, in[1]);
	fx[FX_TAG] = 0;
	for (uint32_t i = 0; i < 8; i++)
		if ((in[2] >> (2 * i) & 3) != 3) fx[FX_TAG] |= (uint8_t)(1u << i);
	put16(fx + FX_OPCODE, in[4] >> 16 & 0x7ff);
	memcpy(fx + 8, &in[3], 4);
	put16(fx + 12, in[4]);
	memcpy(fx + 16, &in[5], 4);
	put16(fx + 20, in[6]);
	for (uint32_t i = 0; i < 8; i++) memcpy(fx + FX_ST + 16 * i, (const uint8_t *)in + 28 + 10 * i, 10);
}
