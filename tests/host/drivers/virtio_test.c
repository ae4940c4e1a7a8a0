/* virtio_test.c - the virtio disk driver against a model of the legacy device, one that lies too.
 * Called by: make test-host-drivers.
 * Never: lets the device touch memory that the driver did not name.  */
#include "drivers/block/virtio_disk.h"
#include "tests/host/drivers/block_stub.h"

#define SECTORS 4096u
static uint8_t content[SECTORS][SECTOR_BYTES];
static struct model {
	uint8_t status, isr;
	uint32_t features, driver_features, pfn, size;
	uint16_t seen;
	uint32_t flushes;
	bool ro, mute;             /* mute: takes requests, answers none */
	uint32_t wrong_id;         /* answer with this descriptor instead; 0: honestly */
	uint8_t answer;            /* status of requests */
} m;
static struct virtio_disk d;
static uint8_t *queue;
static uint64_t pages[256];    /* addresses as the device sees them: index into here plus offset, so that lies show */
static uint32_t n_pages;

static uint64_t address(void *ctx, const void *memory)
{
	uint64_t at = (uintptr_t)memory;

	UNUSED(ctx);
	for (uint32_t n = 0; n < n_pages; n++)
		if (pages[n] == at >> 12) return ((uint64_t)n + 1) << 12 | (at & 4095);
	assert_true(n_pages < ARRAY_LEN(pages));
	pages[n_pages++] = at >> 12;
	return (uint64_t)n_pages << 12 | (at & 4095);
}

static void *memory(uint64_t at)
{
	assert_true(at >> 12 >= 1 && at >> 12 <= n_pages);
	return (void *)(uintptr_t)(pages[(at >> 12) - 1] << 12 | (at & 4095));
}

/* ---- the device */
static void serve(uint16_t first)
{
	const struct vq_desc *e = &d.desc[first];
	struct vb_head head;
	uint64_t sector;

	memcpy(&head, memory(e->at), sizeof head);
	assert_int_equal(e->bytes, sizeof head);
	assert_false(e->flags & VD_WRITE);
	sector = head.sector;
	for (e = &d.desc[e->next]; e->flags & VD_NEXT; e = &d.desc[e->next]) {
		uint8_t *at = memory(e->at);
		assert_true(sector + e->bytes / SECTOR_BYTES <= SECTORS);
		assert_int_equal((e->flags & VD_WRITE) != 0, head.type == VB_T_IN);
		if (head.type == VB_T_IN) memcpy(at, content[sector], e->bytes);
		else memcpy(content[sector], at, e->bytes);
		sector += e->bytes / SECTOR_BYTES;
	}
	assert_true((e->flags & VD_WRITE) && e->bytes == 1);
	*(uint8_t *)memory(e->at) = m.answer;
	m.flushes += head.type == VB_T_FLUSH;
}

static void run_queue(void)
{
	while (!m.mute && m.seen != d.avail->index) {
		uint16_t first = d.avail->ring[m.seen++ % m.size];
		serve(first);
		d.used->ring[d.used->index % m.size].id = m.wrong_id ? m.wrong_id : first;
		d.used->index++;
		m.isr = 1;
	}
}

static uint8_t read8(void *ctx, uint32_t reg)
{
	uint8_t v = reg == VP_STATUS ? m.status : m.isr;

	UNUSED(ctx);
	if (reg == VP_ISR) m.isr = 0;
	return v;
}

static uint16_t read16(void *ctx, uint32_t reg) { UNUSED(ctx); return reg == VP_QUEUE_SIZE ? (uint16_t)m.size : 0; }

static uint32_t read32(void *ctx, uint32_t reg)
{
	UNUSED(ctx);
	if (reg == VP_DEVICE_FEATURES) return m.features;
	return reg == VB_CAPACITY ? SECTORS : reg == VB_SEG_MAX ? 20 : 0;
}

static void write8(void *ctx, uint32_t reg, uint8_t v) { UNUSED(ctx); if (reg == VP_STATUS) m.status = v; }
static void write16(void *ctx, uint32_t reg, uint16_t v) { UNUSED(ctx); UNUSED(v); if (reg == VP_QUEUE_NOTIFY && (m.status & VS_DRIVER_OK)) run_queue(); }

static void write32(void *ctx, uint32_t reg, uint32_t v)
{
	UNUSED(ctx);
	if (reg == VP_DRIVER_FEATURES) m.driver_features = v;
	if (reg == VP_QUEUE_PFN) m.pfn = v;
}

static const struct virtio_bus bus = {.read8 = read8, .read16 = read16, .read32 = read32, .write8 = write8, .write16 = write16, .write32 = write32, .address = address};

static int set_up(void **state)
{
	UNUSED(state);
	memset(&m, 0, sizeof m);
	memset(&d, 0, sizeof d);
	n_pages = 0;
	m.size = 128;
	m.features = VB_F_SEG_MAX | VB_F_FLUSH | 0xff000000u;
	d.bus = &bus;
	queue = aligned_alloc(4096, 32768);
	memset(queue, 0, 32768);
	return 0;
}

static void start(void)
{
	assert_int_equal(virtio_disk_begin(&d, 32768), 0);
	assert_true(virtio_queue_bytes(m.size) <= 32768);
	virtio_disk_start(&d, queue);
	stub_disk(&d.disk);
}

static int tear_down(void **state)
{
	UNUSED(state);
	free(queue);
	return 0;
}

static void interrupts(void) { while (m.isr) assert_true(virtio_disk_interrupt(&d)); }

/* ---- tests */
static void starts_as_the_standard_says(void **state)
{
	UNUSED(state);
	start();
	assert_int_equal(m.status, VS_ACKNOWLEDGE | VS_DRIVER | VS_DRIVER_OK);
	assert_int_equal(m.driver_features, VB_F_SEG_MAX | VB_F_FLUSH);
	assert_int_equal((uint64_t)m.pfn * 4096, address(NULL, queue));
	assert_int_equal(d.disk.sectors, SECTORS);
	assert_int_equal(d.disk.segs_max, 20);
	assert_false(d.disk.read_only);
	assert_false(virtio_disk_interrupt(&d)); /* somebody else's */
}

static void reads_and_writes(void **state)
{
	static uint8_t out[64 * SECTOR_BYTES], in[64 * SECTOR_BYTES];
	struct block_request r;
	UNUSED(state);

	start();
	for (uint32_t k = 0; k < 500; k++) { /* round the rings several times */
		uint32_t n = 1 + k % 64;
		for (uint32_t b = 0; b < n * SECTOR_BYTES; b++) out[b] = (uint8_t)(b + k);
		stub_ask(&d.disk, &r, BLOCK_WRITE, k * 7, n, out, 4096);
		interrupts();
		assert_true(r.done && r.status == 0);
		stub_ask(&d.disk, &r, BLOCK_READ, k * 7, n, in, n > 16 ? 4096 : 1024);
		interrupts();
		assert_true(r.done && r.status == 0);
		assert_memory_equal(in, out, n * SECTOR_BYTES);
		assert_int_equal(d.n_free, d.size);
	}
	stub_ask(&d.disk, &r, BLOCK_FLUSH, 0, 0, NULL, 512);
	interrupts();
	assert_true(r.done && r.status == 0 && m.flushes == 1);
}

static void many_at_once(void **state)
{
	static uint8_t buf[40][4096];
	static struct block_request r[40];
	UNUSED(state);

	start();
	m.mute = true;
	for (uint32_t k = 0; k < 40; k++) {
		memset(content[k * 8], (int)k, 4096);
		stub_ask(&d.disk, &r[k], BLOCK_READ, k * 8, 8, buf[k], 4096);
	}
	m.mute = false;
	run_queue();
	interrupts();
	for (uint32_t k = 0; k < 40; k++) assert_true(r[k].done && r[k].status == 0 && buf[k][4095] == k);
}

static void errors_are_told(void **state)
{
	static uint8_t buf[4096];
	struct block_request r;
	UNUSED(state);

	start();
	for (m.answer = 1; m.answer < 4; m.answer++) {
		stub_ask(&d.disk, &r, BLOCK_READ, 0, 8, buf, 4096);
		interrupts();
		assert_true(r.done && r.status == -EIO);
	}
	m.answer = 0;
	stub_ask(&d.disk, &r, BLOCK_READ, 0, 8, buf, 4096);
	interrupts();
	assert_true(r.done && r.status == 0);
}

static void a_lying_device_is_given_up(void **state)
{
	static uint8_t buf[4096];
	struct block_request r;
	UNUSED(state);

	start();
	m.wrong_id = 0xabcdef;
	stub_ask(&d.disk, &r, BLOCK_READ, 0, 8, buf, 4096);
	interrupts();
	assert_true(r.done && r.status == -EIO && d.broken);
	assert_non_null(strstr(stub_line, "given up"));
	assert_int_equal(m.status, 0);
	stub_ask(&d.disk, &r, BLOCK_READ, 0, 8, buf, 4096);
	assert_true(r.done && r.status == -EIO);
}

static void a_lost_count_is_noticed(void **state)
{
	static uint8_t buf[4096];
	struct block_request r;
	UNUSED(state);

	start();
	stub_ask(&d.disk, &r, BLOCK_READ, 0, 8, buf, 4096);
	d.used->index = (uint16_t)(d.used->index + 60000); /* more answers than requests */
	interrupts();
	assert_true(r.done && d.broken);
}

static void impossible_queues_are_refused(void **state)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 100, 4096, 65535};
	UNUSED(state);

	for (uint32_t k = 0; k < ARRAY_LEN(sizes); k++) {
		m.size = sizes[k];
		assert_int_equal(virtio_disk_begin(&d, 32768), -ENODEV);
		assert_true(m.status & VS_FAILED);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(starts_as_the_standard_says), TEST(reads_and_writes), TEST(many_at_once), TEST(errors_are_told),
		TEST(a_lying_device_is_given_up), TEST(a_lost_count_is_noticed), TEST(impossible_queues_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
