/* block_stub.c - requests for the tests of disk drivers.
 * Called by: the drivers under test, and their tests.
 * Never: reorders.  */
#include "tests/host/drivers/block_stub.h"
#include "kernel/base/log.h"

char stub_line[512];
uint32_t irq_save(void) { return 0; }
void irq_restore(uint32_t state) { UNUSED(state); }

void klog(enum log_level level, const char *fmt, ...)
{
	va_list args;

	UNUSED(level);
	va_start(args, fmt);
	vsnprintf(stub_line, sizeof stub_line, fmt, args);
	va_end(args);
}

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s:%d: %s (%llu, %llu)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	abort();
}

void stub_disk(struct block_disk *d)
{
	list_init(&d->waiting);
	list_init(&d->active);
}

struct block_request *block_take(struct block_disk *d)
{
	struct list_node *n = list_pop_front(&d->waiting);

	if (!n) return NULL;
	list_push_back(&d->active, n);
	d->n_active++;
	return list_entry(n, struct block_request, node);
}

void block_done(struct block_disk *d, struct block_request *r, int status)
{
	assert_false(r->done);
	list_remove(&r->node);
	d->n_active--;
	r->status = status;
	r->done = true;
	d->kick(d);
}

void stub_ask(struct block_disk *d, struct block_request *r, enum block_op op, uint64_t sector, uint32_t n, uint8_t *buf, uint32_t piece)
{
	memset(r, 0, sizeof *r);
	r->op = op;
	r->sector = sector;
	r->n_sectors = n;
	for (uint32_t at = 0; at < n * SECTOR_BYTES; at += piece)
		r->segs[r->n_segs++] = (struct block_seg){.at = buf + at, .bytes = MIN(piece, n * SECTOR_BYTES - at)};
	list_init(&r->node);
	list_push_back(&d->waiting, &r->node);
	d->kick(d);
}
