/* ata_test.c - the ATA driver against a model of a channel with two drives.
 * Called by: make test-host-drivers.
 * Never: lets the model help: an access that the standard forbids counts as a rule break.  */
#include "drivers/block/ata_disk.h"
#include "drivers/block/ata_regs.h"
#include "tests/host/drivers/block_stub.h"

#define SECTORS 4096u
static struct drive {
	bool there, lba48;
	uint32_t multiple_max, multiple;
	uint64_t sectors;
	uint8_t bytes[SECTORS][SECTOR_BYTES];
	uint64_t bad;              /* a sector that cannot be read or written; 0: none */
} drives[2];
static struct model {
	uint8_t file[2][9];        /* registers; [0]: what was written before */
	bool second, irq, nien, reset, busy_for_ever, silent, writing;
	uint8_t status, error;
	uint64_t at, left;         /* of the command under way, in sectors */
	uint32_t block;            /* sectors of one interrupt */
	uint16_t buffer[128 * 256];
	uint32_t ready, taken;     /* words in the buffer, words that went through the data register */
	uint32_t flushes, rule_breaks, commands_ext;
} m;
static struct ata_channel c;
static bool armed;

static struct drive *drive(void) { return &drives[m.second]; }

/* ---- the model */
static void raise(void) { m.irq = !m.nien; }

static void fail_command(uint8_t error)
{
	m.status = ST_DRDY | ST_ERR;
	m.error = error;
	m.left = 0;
	raise();
}

static void next_read(void)
{
	uint32_t n = (uint32_t)MIN(m.left, (uint64_t)m.block);

	for (uint32_t k = 0; k < n; k++) {
		if (m.at + k >= drive()->sectors || (drive()->bad && m.at + k == drive()->bad)) {
			fail_command(0x40);
			return;
		}
		memcpy(m.buffer + k * 256, drive()->bytes[(m.at + k) % SECTORS], SECTOR_BYTES);
	}
	m.ready = n * 256;
	m.taken = 0;
	m.status = ST_DRDY | ST_DRQ;
	raise();
}

static void want_write(bool tell)
{
	m.ready = (uint32_t)MIN(m.left, (uint64_t)m.block) * 256;
	m.taken = 0;
	m.status = ST_DRDY | ST_DRQ;
	if (tell) raise();
}

static void identify(void)
{
	uint16_t *id = m.buffer;
	uint32_t small = (uint32_t)MIN(drive()->sectors, (uint64_t)LBA28_MAX);

	memset(id, 0, SECTOR_BYTES);
	memcpy(id + ID_MODEL, "OMED LIDKS                              ", 40);
	id[ID_MULTIPLE] = (uint16_t)(0x8000 | drive()->multiple_max);
	id[ID_CAPABILITIES] = ID_CAP_LBA;
	id[ID_SECTORS28] = (uint16_t)small;
	id[ID_SECTORS28 + 1] = (uint16_t)(small >> 16);
	id[ID_COMMANDS] = (uint16_t)(0x4000 | ID_CMD_FLUSH | (drive()->lba48 ? ID_CMD_LBA48 : 0));
	for (uint32_t k = 0; k < 4 && drive()->lba48; k++) id[ID_SECTORS48 + k] = (uint16_t)(drive()->sectors >> (16 * k));
	m.ready = 256;
	m.taken = 0;
	m.left = 0;
	m.status = ST_DRDY | ST_DRQ;
	raise();
}

static void transfer(bool write, bool ext, bool many)
{
	const uint8_t *now = m.file[1], *old = m.file[0];

	m.at = now[ATA_LBA_LOW] | now[ATA_LBA_MID] << 8 | now[ATA_LBA_HIGH] << 16;
	m.left = now[ATA_COUNT];
	if (ext) {
		m.at |= (uint64_t)old[ATA_LBA_LOW] << 24 | (uint64_t)old[ATA_LBA_MID] << 32 | (uint64_t)old[ATA_LBA_HIGH] << 40;
		m.left |= (uint64_t)old[ATA_COUNT] << 8;
		m.commands_ext++;
		if (!drive()->lba48) m.rule_breaks++;
	} else {
		m.at |= (uint64_t)(now[ATA_DEVICE] & 0x0f) << 24;
	}
	if (m.left == 0) m.left = ext ? 65536 : 256;
	m.block = many ? drive()->multiple : 1;
	m.writing = write;
	if (many && drive()->multiple == 0) {
		fail_command(0x04);
		return;
	}
	if (m.silent) m.status = ST_BSY;
	else if (write) want_write(false);
	else next_read();
}

static void command(uint8_t what)
{
	if (m.status & (ST_BSY | ST_DRQ)) m.rule_breaks++;
	m.irq = false;
	m.error = 0;
	if (!drive()->there) return;
	switch (what) {
	case CMD_IDENTIFY: identify(); break;
	case CMD_READ: transfer(false, false, false); break;
	case CMD_READ_EXT: transfer(false, true, false); break;
	case CMD_READ_MULTIPLE: transfer(false, false, true); break;
	case CMD_READ_MULTIPLE_EXT: transfer(false, true, true); break;
	case CMD_WRITE: transfer(true, false, false); break;
	case CMD_WRITE_EXT: transfer(true, true, false); break;
	case CMD_WRITE_MULTIPLE: transfer(true, false, true); break;
	case CMD_WRITE_MULTIPLE_EXT: transfer(true, true, true); break;
	case CMD_SET_MULTIPLE: drive()->multiple = m.file[1][ATA_COUNT]; m.status = ST_DRDY; raise(); break;
	case CMD_FLUSH:
	case CMD_FLUSH_EXT: m.flushes++; m.status = ST_DRDY; raise(); break;
	default: fail_command(0x04);
	}
}

static uint8_t bus_read(void *ctx, uint32_t reg)
{
	UNUSED(ctx);
	if (!drives[0].there && !drives[1].there) return 0xff;
	if (!drive()->there) return 0;
	if (reg == ATA_STATUS) m.irq = false;
	if (reg == ATA_STATUS || reg == ATA_CONTROL) return m.busy_for_ever ? ST_BSY : m.status;
	return reg == ATA_ERROR ? m.error : m.file[1][reg];
}

static void bus_write(void *ctx, uint32_t reg, uint8_t v)
{
	UNUSED(ctx);
	if (reg == ATA_CONTROL) {
		if (v & CTL_SRST) {
			m.reset = true;
			m.status = ST_BSY;
			m.irq = false;
		} else if (m.reset) {
			m.reset = false;
			m.silent = false;
			m.status = ST_DRDY;
			m.left = 0;
			drives[0].multiple = drives[1].multiple = 0;
		}
		m.nien = v & CTL_NIEN;
	} else if (reg == ATA_COMMAND) {
		command(v);
	} else {
		m.file[0][reg] = m.file[1][reg];
		m.file[1][reg] = v;
		if (reg == ATA_DEVICE) m.second = v & DEV_SECOND;
	}
}

static void took_all(void)
{
	if (m.writing && m.left) {
		uint32_t n = m.ready / 256;
		for (uint32_t k = 0; k < n; k++) {
			if (drive()->bad && m.at + k == drive()->bad) {
				fail_command(0x40);
				return;
			}
			memcpy(drive()->bytes[(m.at + k) % SECTORS], m.buffer + k * 256, SECTOR_BYTES);
		}
	}
	uint64_t n = MIN(m.left, (uint64_t)m.ready / 256);
	m.at += n;
	m.left -= n;
	m.status = ST_DRDY;
	if (m.left && m.writing) want_write(true);
	else if (m.left) next_read();
	else if (m.writing) raise();
	if (!m.left) m.writing = false;
}

static void data(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t k = 0; k < bytes; k += 2) {
		if (!(m.status & ST_DRQ) || m.taken == m.ready) {
			m.rule_breaks++;
			return;
		}
		if (to) memcpy(to + k, m.buffer + m.taken, 2);
		else memcpy(m.buffer + m.taken, from + k, 2);
		if (++m.taken == m.ready) took_all();
	}
}

static void bus_read_data(void *ctx, void *to, uint32_t bytes) { UNUSED(ctx); data(to, NULL, bytes); }
static void bus_write_data(void *ctx, const void *from, uint32_t bytes) { UNUSED(ctx); data(NULL, from, bytes); }
static void bus_delay(void *ctx, uint32_t us) { UNUSED(ctx); UNUSED(us); }
static void arm(struct ata_channel *ch, bool on) { UNUSED(ch); armed = on; }
static const struct ata_bus bus = {.read = bus_read, .write = bus_write, .read_data = bus_read_data, .write_data = bus_write_data, .delay_us = bus_delay};

static void interrupts(void)
{
	for (uint32_t n = 0; m.irq; n++) {
		assert_true(n < 10000);
		ata_interrupt(&c);
	}
}

/* ---- tests */
static int set_up(void **state)
{
	UNUSED(state);
	memset(&m, 0, sizeof m);
	memset(drives, 0, sizeof drives);
	memset(&c, 0, sizeof c);
	m.status = ST_DRDY;
	armed = false;
	drives[0] = (struct drive){.there = true, .lba48 = true, .multiple_max = 16, .sectors = SECTORS};
	c.bus = &bus;
	c.arm = arm;
	return 0;
}

static void probe(void)
{
	ata_channel_probe(&c);
	stub_disk(&c.drives[0].disk);
	stub_disk(&c.drives[1].disk);
}

static int tear_down(void **state)
{
	UNUSED(state);
	assert_int_equal(m.rule_breaks, 0);
	assert_false(armed);
	return 0;
}

static void round_trip(struct ata_drive *d, struct drive *real, uint64_t sector, uint32_t n, uint32_t piece)
{
	static uint8_t out[128 * SECTOR_BYTES], in[128 * SECTOR_BYTES];
	struct block_request r;

	for (uint32_t k = 0; k < n * SECTOR_BYTES; k++) out[k] = (uint8_t)(k * 7 + n + sector);
	stub_ask(&d->disk, &r, BLOCK_WRITE, sector, n, out, piece);
	interrupts();
	assert_true(r.done && r.status == 0);
	assert_memory_equal(real->bytes[sector % SECTORS], out, SECTOR_BYTES);
	stub_ask(&d->disk, &r, BLOCK_READ, sector, n, in, piece);
	interrupts();
	assert_true(r.done && r.status == 0);
	assert_memory_equal(in, out, n * SECTOR_BYTES);
}

static void reads_and_writes(void **state)
{
	static const uint32_t counts[] = {1, 2, 7, 8, 16, 17, 31, 32, 100, 128};
	UNUSED(state);

	for (uint32_t many = 0; many <= 16; many += 8) {
		set_up(state);
		drives[0].multiple_max = many;
		probe();
		assert_true(c.present[0] && !c.present[1]);
		assert_string_equal(c.drives[0].model, "MODEL DISK");
		for (uint32_t k = 0; k < ARRAY_LEN(counts); k++) round_trip(&c.drives[0], &drives[0], 5 + k * 131, counts[k], k & 1 ? 4096 : 1024 + 3072 * (counts[k] > 31));
		assert_int_equal(m.commands_ext, 0);
	}
}

static void far_sectors_take_48_bits(void **state)
{
	UNUSED(state);
	drives[0].sectors = 1ull << 33;
	probe();
	assert_int_equal(c.drives[0].disk.sectors, 1ull << 33);
	round_trip(&c.drives[0], &drives[0], 0x123456789ull, 33, 4096);
	round_trip(&c.drives[0], &drives[0], LBA28_MAX - 3, 8, 4096);
	assert_int_equal(m.commands_ext, 4);
}

static void two_drives_share_the_channel(void **state)
{
	static uint8_t a[SECTOR_BYTES], b[SECTOR_BYTES];
	struct block_request ra, rb;
	UNUSED(state);

	drives[1] = (struct drive){.there = true, .multiple_max = 1, .sectors = 100};
	probe();
	assert_true(c.present[0] && c.present[1]);
	memset(drives[0].bytes[3], 'a', SECTOR_BYTES);
	memset(drives[1].bytes[3], 'b', SECTOR_BYTES);
	stub_ask(&c.drives[0].disk, &ra, BLOCK_READ, 3, 1, a, 512);
	stub_ask(&c.drives[1].disk, &rb, BLOCK_READ, 3, 1, b, 512);
	assert_false(rb.done);
	interrupts();
	assert_true(ra.done && rb.done && a[0] == 'a' && b[511] == 'b');
}

static void flushes(void **state)
{
	struct block_request r;
	UNUSED(state);
	probe();
	stub_ask(&c.drives[0].disk, &r, BLOCK_FLUSH, 0, 0, NULL, 512);
	interrupts();
	assert_true(r.done && r.status == 0);
	assert_int_equal(m.flushes, 1);
}

static void errors_are_told_and_the_drive_goes_on(void **state)
{
	static uint8_t buf[64 * SECTOR_BYTES];
	struct block_request r;
	UNUSED(state);

	probe();
	for (uint32_t k = 0; k < 2; k++) {
		drives[0].bad = 20;
		stub_ask(&c.drives[0].disk, &r, k ? BLOCK_WRITE : BLOCK_READ, 0, 64, buf, 4096);
		interrupts();
		assert_true(r.done && r.status == -EIO);
		drives[0].bad = 0;
		round_trip(&c.drives[0], &drives[0], 0, 64, 4096);
	}
}

static void a_silent_drive_is_given_up(void **state)
{
	static uint8_t buf[SECTOR_BYTES];
	struct block_request r;
	UNUSED(state);

	probe();
	m.silent = true;
	stub_ask(&c.drives[0].disk, &r, BLOCK_READ, 0, 1, buf, 512);
	interrupts();
	assert_false(r.done);
	assert_true(armed);
	ata_timeout(&c);
	assert_true(r.done && r.status == -EIO);
	round_trip(&c.drives[0], &drives[0], 9, 4, 2048);
	ata_timeout(&c); /* late: nothing is under way */
	ata_interrupt(&c);
}

static void nobody_there(void **state)
{
	UNUSED(state);
	drives[0].there = false;
	probe();
	assert_true(!c.present[0] && !c.present[1]);
	drives[1].there = true; /* only a second drive */
	drives[1].sectors = 50;
	memset(&c.present, 0, sizeof c.present);
	probe();
	assert_true(!c.present[0] && c.present[1]);
	m.busy_for_ever = true;
	memset(&c.present, 0, sizeof c.present);
	probe();
	assert_true(!c.present[0] && !c.present[1]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_and_writes), TEST(far_sectors_take_48_bits), TEST(two_drives_share_the_channel), TEST(flushes),
		TEST(errors_are_told_and_the_drive_goes_on), TEST(a_silent_drive_is_given_up), TEST(nobody_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
