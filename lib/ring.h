/* A single-producer, single-consumer ring of bytes or small records over the caller's storage.
 * Called from an interrupt handler on one side and a thread on the other, on one processor.
 * Never blocks; never overwrites: a full ring refuses. */
#ifndef LIB_RING_H
#define LIB_RING_H

#include "lib/base.h"
#include "lib/str.h"

/** Counters run freely and are taken modulo the capacity, a power of two; each is written by one
 *  side only, so that on one processor no lock is needed. */
struct ring {
	volatile uint32_t put, got;
	uint32_t mask;
};

/** capacity: slots in the caller's array, a power of two. */
static inline void ring_init(struct ring *r, uint32_t capacity)
{
	KASSERT2(capacity > 0 && (capacity & (capacity - 1)) == 0, capacity, 0);
	*r = (struct ring){ .mask = capacity - 1 };
}

static inline uint32_t ring_used(const struct ring *r)
{
	return r->put - r->got;
}

static inline uint32_t ring_room(const struct ring *r)
{
	return r->mask + 1 - ring_used(r);
}

#define RING_BARRIER() __asm__ volatile("" : : : "memory")

/** Producer: index of the slot to fill next (only when ring_room() > 0); then ring_put_done(). */
static inline uint32_t ring_put_slot(const struct ring *r)
{
	return r->put & r->mask;
}

static inline void ring_put_done(struct ring *r)
{
	RING_BARRIER();
	r->put = r->put + 1;
}

/** Consumer: index of the oldest slot (only when ring_used() > 0); then ring_get_done(). */
static inline uint32_t ring_get_slot(const struct ring *r)
{
	return r->got & r->mask;
}

static inline void ring_get_done(struct ring *r)
{
	RING_BARRIER();
	r->got = r->got + 1;
}

/** Consumer: n slots from the oldest on are done with (ring_used() >= n). */
static inline void ring_get_many(struct ring *r, uint32_t n)
{
	RING_BARRIER();
	r->got = r->got + n;
}

/** Up to n bytes into a ring over `bytes`; returns how many fitted. */
static inline uint32_t ring_put_bytes(struct ring *r, uint8_t *bytes, const uint8_t *from, uint32_t n)
{
	uint32_t taken = MIN(n, ring_room(r));

	for (uint32_t done = 0; done < taken;) {
		uint32_t at = (r->put + done) & r->mask, run = MIN(taken - done, r->mask + 1 - at);
		memcpy(bytes + at, from + done, run);
		done += run;
	}
	RING_BARRIER();
	r->put = r->put + taken;
	return taken;
}

/** A byte into / out of a ring over `bytes`; false when full / empty. */
static inline bool ring_put_byte(struct ring *r, uint8_t *bytes, uint8_t b)
{
	if (ring_room(r) == 0)
		return false;
	bytes[ring_put_slot(r)] = b;
	ring_put_done(r);
	return true;
}

static inline bool ring_get_byte(struct ring *r, const uint8_t *bytes, uint8_t *b)
{
	if (ring_used(r) == 0)
		return false;
	*b = bytes[ring_get_slot(r)];
	ring_get_done(r);
	return true;
}

#endif
