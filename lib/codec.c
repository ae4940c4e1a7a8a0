/* Bounds-checked little-endian reader and writer.
 * Called by every decoder and encoder of frames, messages, capsules, ELF and archives.
 * Never runs over its buffer, whatever the bytes say. */
#include "lib/codec.h"

#include <stddef.h>

#include "lib/str.h"

void rd_init(struct reader *r, const void *bytes, uint32_t n)
{
	*r = (struct reader){ .at = bytes, .left = n };
}

const uint8_t *rd_take(struct reader *r, uint32_t n)
{
	const uint8_t *p = r->at;

	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	if (n > 0)
		r->at += n;
	r->left -= n;
	return p;
}

uint8_t rd_u8(struct reader *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p == NULL ? 0 : p[0];
}

uint16_t rd_u16(struct reader *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p == NULL ? 0 : (uint16_t)(p[0] | p[1] << 8);
}

uint32_t rd_u32(struct reader *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p == NULL ? 0 : p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t rd_u64(struct reader *r)
{
	const uint8_t *p = rd_take(r, 8);
	uint64_t v = 0;

	if (p != NULL)
		for (int i = 7; i >= 0; i--)
			v = v << 8 | p[i];
	return v;
}

void rd_bytes(struct reader *r, void *to, uint32_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (p == NULL)
		memset(to, 0, n);
	else if (n > 0)
		memcpy(to, p, n);
}

void rd_skip(struct reader *r, uint32_t n)
{
	(void)rd_take(r, n);
}

void rd_text(struct reader *r, char *to, uint32_t cap)
{
	uint32_t n = rd_u16(r);
	const uint8_t *p = rd_take(r, n);

	to[0] = '\0';
	if (p == NULL)
		return;
	if (n >= cap || (n > 0 && memchr(p, 0, n) != NULL)) {
		r->bad = true;
		return;
	}
	if (n > 0)
		memcpy(to, p, n);
	to[n] = '\0';
}

void wr_init(struct writer *w, void *buffer, uint32_t cap)
{
	*w = (struct writer){ .base = buffer, .cap = cap };
}

uint8_t *wr_reserve(struct writer *w, uint32_t n)
{
	uint8_t *p;

	if (w->bad || n > w->cap - w->n) {
		w->bad = true;
		return NULL;
	}
	p = w->base + w->n;
	w->n += n;
	return p;
}

static void put(struct writer *w, uint64_t v, uint32_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p == NULL)
		return;
	for (uint32_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

void wr_u8(struct writer *w, uint8_t v)
{
	put(w, v, 1);
}

void wr_u16(struct writer *w, uint16_t v)
{
	put(w, v, 2);
}

void wr_u32(struct writer *w, uint32_t v)
{
	put(w, v, 4);
}

void wr_u64(struct writer *w, uint64_t v)
{
	put(w, v, 8);
}

void wr_bytes(struct writer *w, const void *from, uint32_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p != NULL && n > 0)
		memcpy(p, from, n);
}

void wr_zeros(struct writer *w, uint32_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p != NULL && n > 0)
		memset(p, 0, n);
}

void wr_text(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	if (n > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_u16(w, (uint16_t)n);
	wr_bytes(w, text, (uint32_t)n);
}

void wr_patch_u32(struct writer *w, uint32_t at, uint32_t v)
{
	struct writer in = { .base = w->base, .n = at, .cap = w->n };

	if (at > w->n) {
		w->bad = true;
		return;
	}
	put(&in, v, 4);
	w->bad |= in.bad;
}
