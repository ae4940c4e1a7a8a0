/* ata_disk.c - ATA drives by programmed I/O: commands, data by the interrupt, errors.
 * Called by: ata.c; block.c through kick.
 * Never: waits with interrupts off for more than a drive's documented short delays.
 * Source: ATA/ATAPI-6, 9.5 (PIO data-in), 9.6 (PIO data-out), 9.4 (non-data), 9.2 (software reset).  */
#include "drivers/block/ata_disk.h"
#include "abi/linux_errno.h"
#include "arch/arch.h"
#include "drivers/block/ata_regs.h"
#include "kernel/base/log.h"
#include "lib/str.h"

#define POLL_US 10u
#define SHORT_US 1000u     /* between a command and DRQ of its first block, 9.6: drives take less */
#define RESET_US 3000000u  /* of a present drive after reset: the standard gives 31 s, real ones take less */
#define IDENTIFY_US 3000000u

static uint8_t in(const struct ata_channel *c, uint32_t reg) { return c->bus->read(c->bus_ctx, reg); }
static void out(const struct ata_channel *c, uint32_t reg, uint8_t v) { c->bus->write(c->bus_ctx, reg, v); }

/** The alternate status until BSY is clear, for at most us; 0xff: it never was. */
static uint8_t settle(const struct ata_channel *c, uint32_t us)
{
	uint8_t st = in(c, ATA_CONTROL);

	for (uint32_t waited = 0; (st & ST_BSY) && waited < us; waited += POLL_US) {
		c->bus->delay_us(c->bus_ctx, POLL_US);
		st = in(c, ATA_CONTROL);
	}
	return st & ST_BSY ? 0xff : st;
}

static void select(const struct ata_channel *c, bool second, uint8_t lba_top)
{
	out(c, ATA_DEVICE, (uint8_t)(DEV_OBSOLETE | DEV_LBA | (second ? DEV_SECOND : 0) | lba_top));
	c->bus->delay_us(c->bus_ctx, 1); /* 400 ns: 7.6.5 */
}

/* ---- the request under way; interrupts off */
static uint32_t block_sectors(const struct ata_channel *c)
{
	return MIN(c->active->multiple, c->request->n_sectors - c->moved);
}

/** One interrupt's sectors through the data register. */
static void move_block(struct ata_channel *c)
{
	struct block_request *r = c->request;
	uint32_t left = block_sectors(c) * SECTOR_BYTES;

	c->moved += left / SECTOR_BYTES;
	while (left > 0) {
		struct block_seg *s = &r->segs[c->seg];
		uint32_t n = MIN(left, s->bytes - c->seg_off);
		if (r->op == BLOCK_READ)
			c->bus->read_data(c->bus_ctx, (uint8_t *)s->at + c->seg_off, n);
		else
			c->bus->write_data(c->bus_ctx, (const uint8_t *)s->at + c->seg_off, n);
		left -= n;
		c->seg_off += n;
		if (c->seg_off < s->bytes) continue;
		c->seg++;
		c->seg_off = 0;
	}
}

static void start_next(struct ata_channel *c);

static void finish(struct ata_channel *c, int status)
{
	struct ata_drive *d = c->active;
	struct block_request *r = c->request;

	c->arm(c, false);
	c->active = NULL;
	c->request = NULL;
	block_done(&d->disk, r, status);
	start_next(c); /* the other drive's turn, if this one has nothing more */
}

/** Soft reset, 9.2: whatever was under way is forgotten by both drives. */
static void reset(const struct ata_channel *c)
{
	out(c, ATA_CONTROL, CTL_SRST | CTL_NIEN);
	c->bus->delay_us(c->bus_ctx, 5);
	out(c, ATA_CONTROL, CTL_NIEN);
	c->bus->delay_us(c->bus_ctx, 2000);
}

static void set_multiple(struct ata_channel *c, struct ata_drive *d)
{
	if (d->multiple <= 1) return;
	select(c, d->second, 0);
	out(c, ATA_COUNT, (uint8_t)d->multiple);
	out(c, ATA_COMMAND, CMD_SET_MULTIPLE);
	c->bus->delay_us(c->bus_ctx, 1);
	uint8_t st = settle(c, SHORT_US * 100);
	if (st == 0xff || (st & (ST_ERR | ST_DF))) d->multiple = 1;
	(void)in(c, ATA_STATUS);
}

static void recover(struct ata_channel *c)
{
	reset(c);
	(void)settle(c, SHORT_US * 100);
	for (uint32_t n = 0; n < 2; n++)
		if (c->present[n]) set_multiple(c, &c->drives[n]); /* a reset may forget it */
	out(c, ATA_CONTROL, 0);
}

static void fail(struct ata_channel *c, const char *why, uint8_t st)
{
	klog(LOG_ERR, "%s: %s %u sectors at %u: %s (status %02x, error %02x)", c->active->disk.name,
	     c->request->op == BLOCK_READ ? "reading" : c->request->op == BLOCK_WRITE ? "writing" : "flushing", c->request->n_sectors,
	     (uint32_t)c->request->sector, why, st, in(c, ATA_ERROR));
	recover(c);
	finish(c, -EIO);
}

static uint8_t command_for(const struct ata_drive *d, const struct block_request *r, bool ext)
{
	bool many = d->multiple > 1;

	if (r->op == BLOCK_FLUSH) return d->lba48 ? CMD_FLUSH_EXT : CMD_FLUSH;
	if (r->op == BLOCK_READ) return many ? (ext ? CMD_READ_MULTIPLE_EXT : CMD_READ_MULTIPLE) : (ext ? CMD_READ_EXT : CMD_READ);
	return many ? (ext ? CMD_WRITE_MULTIPLE_EXT : CMD_WRITE_MULTIPLE) : (ext ? CMD_WRITE_EXT : CMD_WRITE);
}

/** Sector and count into the registers; those of 48 bits take the high halves first, 6.20. */
static void put_address(struct ata_channel *c, const struct ata_drive *d, const struct block_request *r, bool ext)
{
	uint64_t at = r->sector;

	select(c, d->second, ext ? 0 : (uint8_t)(at >> 24 & 0x0f));
	if (ext) {
		out(c, ATA_COUNT, (uint8_t)(r->n_sectors >> 8));
		out(c, ATA_LBA_LOW, (uint8_t)(at >> 24));
		out(c, ATA_LBA_MID, (uint8_t)(at >> 32));
		out(c, ATA_LBA_HIGH, (uint8_t)(at >> 40));
	}
	out(c, ATA_COUNT, (uint8_t)r->n_sectors);
	out(c, ATA_LBA_LOW, (uint8_t)at);
	out(c, ATA_LBA_MID, (uint8_t)(at >> 8));
	out(c, ATA_LBA_HIGH, (uint8_t)(at >> 16));
}

static void start(struct ata_channel *c, struct ata_drive *d, struct block_request *r)
{
	bool ext = d->lba48 && r->op != BLOCK_FLUSH && r->sector + r->n_sectors > LBA28_MAX;

	c->active = d;
	c->request = r;
	c->moved = c->seg = c->seg_off = 0;
	c->n_commands++;
	c->arm(c, true);
	if (settle(c, SHORT_US) == 0xff) {
		fail(c, "the drive is busy for ever", 0xff);
		return;
	}
	if (r->op == BLOCK_FLUSH) select(c, d->second, 0);
	else put_address(c, d, r, ext);
	out(c, ATA_COMMAND, command_for(d, r, ext));
	c->bus->delay_us(c->bus_ctx, 1);
	if (r->op != BLOCK_WRITE) return;
	/* the first block of a write goes without an interrupt, 9.6 */
	uint8_t st = settle(c, SHORT_US * 100);
	if (st != 0xff && (st & ST_DRQ) && !(st & (ST_ERR | ST_DF))) move_block(c);
	else fail(c, "the drive takes no data", st);
}

static void start_next(struct ata_channel *c)
{
	for (uint32_t n = 0; n < 2 && !c->active; n++) {
		struct ata_drive *d = &c->drives[n];
		struct block_request *r = c->present[n] ? block_take(&d->disk) : NULL;
		if (r && r->op == BLOCK_FLUSH && !d->flushes)
			block_done(&d->disk, r, 0); /* no such command, so no cache to be flushed */
		else if (r)
			start(c, d, r);
	}
}

static void kick(struct block_disk *disk)
{
	struct ata_drive *d = disk->priv;

	if (!d->channel->active) start_next(d->channel);
}

void ata_interrupt(struct ata_channel *c)
{
	uint8_t st = in(c, ATA_STATUS); /* takes the interrupt back */

	if (!c->active || (st & ST_BSY)) return;
	struct block_request *r = c->request;
	if (st & (ST_ERR | ST_DF)) {
		fail(c, "the drive reports an error", st);
		return;
	}
	bool more = r->op != BLOCK_FLUSH && c->moved < r->n_sectors;
	if (more && !(st & ST_DRQ)) return; /* not ours yet: a shared or late interrupt; the timeout watches */
	if (more) move_block(c);
	/* a read is done with its last block; a write with the interrupt after it, 9.6 */
	if (r->op == BLOCK_READ ? c->moved == r->n_sectors : !more) finish(c, 0);
}

void ata_timeout(struct ata_channel *c)
{
	if (c->active) fail(c, "the drive does not answer", in(c, ATA_CONTROL));
}

/* ---- who is there */
static void read_model(struct ata_drive *d, const uint16_t *id)
{
	uint32_t n = 0;

	for (; n < 40; n++) {
		char ch = (char)(id[ID_MODEL + n / 2] >> (n & 1 ? 0 : 8));
		d->model[n] = ch >= ' ' && ch < 0x7f ? ch : '?';
	}
	while (n > 0 && d->model[n - 1] == ' ') n--;
	d->model[n] = '\0';
}

static bool understand(struct ata_drive *d, const uint16_t *id)
{
	bool told = (id[ID_COMMANDS] & 0xc000) == 0x4000;

	if (!(id[ID_CAPABILITIES] & ID_CAP_LBA)) return false;
	d->lba48 = told && (id[ID_COMMANDS] & ID_CMD_LBA48);
	d->flushes = told && (id[ID_COMMANDS] & ID_CMD_FLUSH);
	d->disk.sectors = id[ID_SECTORS28] | (uint32_t)id[ID_SECTORS28 + 1] << 16;
	if (d->lba48) {
		uint64_t wide = id[ID_SECTORS48] | (uint32_t)id[ID_SECTORS48 + 1] << 16 | (uint64_t)id[ID_SECTORS48 + 2] << 32;
		if (wide) d->disk.sectors = wide;
	} else {
		d->disk.sectors = MIN(d->disk.sectors, (uint64_t)LBA28_MAX);
	}
	uint32_t many = id[ID_MULTIPLE] & 0xff;
	d->multiple = many && (many & (many - 1)) == 0 ? MIN(many, ATA_SECTORS_MAX) : 1;
	read_model(d, id);
	return d->disk.sectors > 0;
}

/** The registers of an absent drive read as ones, or keep nothing; a packet device shows its signature and is left alone, 9.12. */
static bool identify(struct ata_channel *c, struct ata_drive *d)
{
	uint16_t id[256];

	select(c, d->second, 0);
	if (in(c, ATA_STATUS) == 0xff) return false;
	out(c, ATA_LBA_LOW, 0x55);
	out(c, ATA_COUNT, 0xaa);
	if (settle(c, RESET_US) == 0xff) return false;
	out(c, ATA_LBA_LOW, 0x55);
	out(c, ATA_COUNT, 0xaa);
	if (in(c, ATA_LBA_LOW) != 0x55 || in(c, ATA_COUNT) != 0xaa) return false;
	out(c, ATA_COUNT, 0);
	out(c, ATA_LBA_LOW, 0);
	out(c, ATA_LBA_MID, 0);
	out(c, ATA_LBA_HIGH, 0);
	out(c, ATA_COMMAND, CMD_IDENTIFY);
	c->bus->delay_us(c->bus_ctx, 1);
	uint8_t st = in(c, ATA_STATUS);
	if (st == 0 || st == 0xff) return false;
	st = settle(c, IDENTIFY_US);
	if (st == 0xff || (st & (ST_ERR | ST_DF)) || !(st & ST_DRQ)) return false;
	c->bus->read_data(c->bus_ctx, id, sizeof id);
	(void)in(c, ATA_STATUS);
	return understand(d, id);
}

void ata_channel_probe(struct ata_channel *c)
{
	select(c, false, 0);
	if (in(c, ATA_STATUS) == 0xff) return; /* nothing drives the bus */
	reset(c);
	for (uint32_t n = 0; n < 2; n++) {
		struct ata_drive *d = &c->drives[n];
		d->channel = c;
		d->second = n == 1;
		if (!identify(c, d)) continue;
		d->disk.driver = d->model;
		d->disk.segs_max = BLOCK_SEGS_MAX;
		d->disk.sectors_max = ATA_SECTORS_MAX;
		d->disk.kick = kick;
		d->disk.priv = d;
		c->present[n] = true;
		set_multiple(c, d);
	}
	(void)in(c, ATA_STATUS);
	out(c, ATA_CONTROL, 0); /* interrupts on */
}
