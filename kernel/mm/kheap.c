/* kheap.c - small kernel objects, cut from single frames by size class; larger ones as runs of frames.
 * Called by: everybody, any context.
 * Never: sleeps; never hands out a page-aligned small object: that is how kfree tells both kinds apart. */
#include "kernel/mm/kheap.h"

#include "kernel/base/param.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/frame_priv.h"
#include "lib/str.h"

#define SLAB_MAGIC 0x51ab51abu
#define HEADER_BYTES 32u

/* Head of a page; objects follow. */
struct slab {
	uint32_t magic;
	uint16_t class, used;
	struct slab *next, *prev;   /* in its class's list while it has a free object */
	void *free;                 /* linked through the objects' first words */
};
_Static_assert(sizeof(struct slab) <= HEADER_BYTES, "objects begin behind the header, 16-aligned");

/* Sizes that divide 4064 bytes well: 8 * 496 and 4 * 1008 fit where 512 and 1024 would waste one object. */
static const uint16_t sizes[] = {16, 32, 48, 64, 80, 96, 128, 160, 192, 256, 336, 448, 576, 672, 1008, 1344, 2032};
#define N_CLASSES ARRAY_LEN(sizes)
#define SMALL_MAX 2032u

static struct slab *partial[N_CLASSES]; /* shared with irq, as all below */
static uint32_t used_bytes;

static uint32_t class_of(uint32_t bytes)
{
	uint32_t c = 0;
	while (sizes[c] < bytes) c++;
	return c;
}

static void link_slab(struct slab *s)
{
	s->prev = NULL;
	s->next = partial[s->class];
	if (s->next) s->next->prev = s;
	partial[s->class] = s;
}

static void unlink_slab(struct slab *s)
{
	if (s->prev) s->prev->next = s->next;
	else partial[s->class] = s->next;
	if (s->next) s->next->prev = s->prev;
	s->next = s->prev = NULL;
}

static struct slab *new_slab(uint32_t class)
{
	uint32_t pfn = frame_alloc();
	if (pfn == FRAME_NONE) return NULL;

	struct slab *s = frame_virt(pfn);
	uint8_t *base = (uint8_t *)s + HEADER_BYTES;
	*s = (struct slab){.magic = SLAB_MAGIC, .class = (uint16_t)class};
	for (uint32_t n = (PAGE_SIZE - HEADER_BYTES) / sizes[class]; n-- > 0;) {
		void **object = (void **)(void *)(base + n * sizes[class]);
		*object = s->free;
		s->free = object;
	}
	link_slab(s);
	return s;
}

static void *alloc_small(uint32_t bytes)
{
	uint32_t class = class_of(bytes);
	struct slab *s = partial[class];

	if (!s) s = new_slab(class);
	if (!s) return NULL;
	void **object = s->free;
	s->free = *object;
	s->used++;
	if (!s->free) unlink_slab(s);
	used_bytes += sizes[class];
	return object;
}

static void *alloc_run(uint32_t bytes)
{
	uint32_t n = PAGES(bytes);
	if (n > KHEAP_RUN_PAGES) return NULL;
	uint32_t pfn = n == 1 ? frame_alloc() : frame_run_alloc(n);
	if (!pfn) return NULL;
	used_bytes += n * PAGE_SIZE;
	return frame_virt(pfn);
}

void *kmalloc(uint32_t bytes)
{
	if (!bytes || bytes > KHEAP_RUN_PAGES * PAGE_SIZE) return NULL;
	uint32_t s = irq_save();
	void *p = bytes <= SMALL_MAX ? alloc_small(bytes) : alloc_run(bytes);
	irq_restore(s);
	return p;
}

void *kzalloc(uint32_t bytes)
{
	void *p = kmalloc(bytes);
	if (p) memset(p, 0, bytes);
	return p;
}

static void free_small(void *p)
{
	struct slab *s = (struct slab *)((uintptr_t)p & ~(uintptr_t)PAGE_MASK);
	KASSERT2(s->magic == SLAB_MAGIC && s->class < N_CLASSES && s->used, (uintptr_t)p, s->magic);
	uint32_t size = sizes[s->class], offset = (uint32_t)((uintptr_t)p & PAGE_MASK) - HEADER_BYTES;

	KASSERT2(offset % size == 0, (uintptr_t)p, size);
	if (!s->free) link_slab(s);
	*(void **)p = s->free;
	s->free = p;
	used_bytes -= size;
	if (--s->used) return;
	if (!s->next && !s->prev) return; /* the class's last page stays: the next object comes soon */
	unlink_slab(s);
	s->magic = 0;
	frame_unref(frame_of(s));
}

void kfree(void *p)
{
	if (!p) return;
	uint32_t s = irq_save();
	if ((uintptr_t)p & PAGE_MASK) free_small(p);
	else used_bytes -= frame_run_free(frame_of(p)) * PAGE_SIZE;
	irq_restore(s);
}

uint32_t kheap_used_bytes(void) { return used_bytes; }
