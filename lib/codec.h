/* Bounds-checked little-endian reader and writer: the only way at bytes that came from outside.
 * Called by every decoder and encoder of frames, messages, capsules, ELF and archives.
 * Never runs over; one failed step makes all later ones fail, so a decoder checks once at its end. */
#ifndef LIB_CODEC_H
#define LIB_CODEC_H

#include <stdbool.h>
#include <stdint.h>

/** A cursor over bytes that somebody else owns.  Copy it to look ahead. */
struct reader {
	const uint8_t *at;
	uint32_t left;
	bool bad; /* a step asked for more than was left */
};

void rd_init(struct reader *r, const void *bytes, uint32_t n);

/* The next integer, little-endian; 0 when too few bytes are left (the reader is then bad). */
uint8_t rd_u8(struct reader *r);
uint16_t rd_u16(struct reader *r);
uint32_t rd_u32(struct reader *r);
uint64_t rd_u64(struct reader *r);

/** The next n bytes in place, or NULL when too few are left (n = 0 gives a pointer nobody may read). */
const uint8_t *rd_take(struct reader *r, uint32_t n);

/** Copy the next n bytes to `to`; too few: `to` is zeroed and the reader is bad. */
void rd_bytes(struct reader *r, void *to, uint32_t n);

void rd_skip(struct reader *r, uint32_t n);

/** A text of at most cap - 1 bytes, written by wr_text; always terminated; a longer one, or one
 *  with a zero byte inside, makes the reader bad and `to` empty. */
void rd_text(struct reader *r, char *to, uint32_t cap);

/** Every step so far found its bytes. */
static inline bool rd_ok(const struct reader *r)
{
	return !r->bad;
}

/** Every step so far found its bytes and nothing is left over. */
static inline bool rd_done(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

/** A cursor that writes into a buffer of fixed size. */
struct writer {
	uint8_t *base;
	uint32_t n;   /* bytes written */
	uint32_t cap;
	bool bad;     /* something did not fit */
};

void wr_init(struct writer *w, void *buffer, uint32_t cap);

void wr_u8(struct writer *w, uint8_t v);
void wr_u16(struct writer *w, uint16_t v);
void wr_u32(struct writer *w, uint32_t v);
void wr_u64(struct writer *w, uint64_t v);
void wr_bytes(struct writer *w, const void *from, uint32_t n);
void wr_zeros(struct writer *w, uint32_t n);

/** Length (16 bits) and bytes of a terminated text; longer than 65,535 makes the writer bad. */
void wr_text(struct writer *w, const char *text);

/** Room for n bytes to be filled in by the caller, or NULL when they do not fit. */
uint8_t *wr_reserve(struct writer *w, uint32_t n);

/** Overwrite four bytes written before, at offset `at` (a count known only later). */
void wr_patch_u32(struct writer *w, uint32_t at, uint32_t v);

/** Everything fitted. */
static inline bool wr_ok(const struct writer *w)
{
	return !w->bad;
}

#endif
