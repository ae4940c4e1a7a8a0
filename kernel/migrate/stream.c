/* stream.c - bytes in frames: what a message carries in its pages, written and read by offset.
 * Called by: umem_deputy.c, capsule.c, deputy.c, guest.c.
 * Never: longer than a message's 16 pages.  */
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "lib/str.h"

static uint8_t *page_of(const struct stream *s, uint32_t at)
{
	return (uint8_t *)frame_virt(s->pages[at >> PAGE_SHIFT]) + (at & PAGE_MASK);
}

bool stream_write(struct stream *s, uint32_t at, const void *from, uint32_t n)
{
	const uint8_t *p = from;

	if (at > sizeof(s->pages) / sizeof(s->pages[0]) * PAGE_SIZE - n) return false;
	while (n) {
		uint32_t part = MIN(n, PAGE_SIZE - (at & PAGE_MASK)), i = at >> PAGE_SHIFT;
		if (s->pages[i] == FRAME_NONE) s->pages[i] = frame_alloc_zero();
		if (s->pages[i] == FRAME_NONE) return false;
		if (p) {
			memcpy(page_of(s, at), p, part);
			p += part;
		} else {
			memset(page_of(s, at), 0, part);
		}
		at += part;
		n -= part;
		s->len = MAX(s->len, at);
	}
	return true;
}

bool stream_read(const struct stream *s, uint32_t at, void *to, uint32_t n)
{
	uint8_t *p = to;

	if (at > s->len || n > s->len - at) return false;
	while (n) {
		uint32_t part = MIN(n, PAGE_SIZE - (at & PAGE_MASK));
		if (s->pages[at >> PAGE_SHIFT] == FRAME_NONE)
			memset(p, 0, part);
		else
			memcpy(p, page_of(s, at), part);
		p += part;
		at += part;
		n -= part;
	}
	return true;
}

void stream_free(struct stream *s)
{
	for (uint32_t i = 0; i < WIRE_PAGES_MAX; i++)
		if (s->pages[i] != FRAME_NONE) frame_unref(s->pages[i]);
	memset(s, 0, sizeof(*s));
}

uint32_t stream_pages(const struct stream *s)
{
	return PAGES(s->len);
}

uint32_t stream_last_len(const struct stream *s)
{
	return s->len ? ((s->len - 1) & PAGE_MASK) + 1 : 0;
}

void stream_ref_pages(const struct stream *s)
{
	for (uint32_t i = 0; i < stream_pages(s); i++) frame_ref(s->pages[i]);
}
