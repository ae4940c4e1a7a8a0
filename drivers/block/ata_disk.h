/* ata_disk.h - ATA drives by programmed I/O, over a bus that a test can replace.
 * Used by: ata.c (ports of the two classic channels), tests/host/drivers.
 * Never: knows where the channels are.  */
#ifndef DRIVERS_BLOCK_ATA_DISK_H
#define DRIVERS_BLOCK_ATA_DISK_H
#include "fs/block.h"
#define ATA_SECTORS_MAX 128u   /* of one command */
#define ATA_PATIENCE_NS (10 * NS_PER_S) /* a drive that spins up may take so long */

struct ata_bus {
	uint8_t (*read)(void *ctx, uint32_t reg);
	void (*write)(void *ctx, uint32_t reg, uint8_t v);
	void (*read_data)(void *ctx, void *to, uint32_t bytes);
	void (*write_data)(void *ctx, const void *from, uint32_t bytes);
	void (*delay_us)(void *ctx, uint32_t us);
};
struct ata_channel;
struct ata_drive {
	struct block_disk disk;
	struct ata_channel *channel;
	bool second, lba48, flushes;
	uint32_t multiple;             /* sectors moved for one interrupt */
	char model[41];
};
/** One channel works on one request of one of its two drives. */
struct ata_channel {
	/* fixed */
	const struct ata_bus *bus;
	void *bus_ctx;
	void (*arm)(struct ata_channel *c, bool on); /* call ata_timeout ATA_PATIENCE_NS from now, or not */
	/* shared with irq */
	struct ata_drive drives[2];
	bool present[2];
	struct ata_drive *active;      /* whose request is under way; NULL: idle */
	struct block_request *request;
	uint32_t moved, seg, seg_off;  /* sectors that went through the data register; where the next goes to */
	uint32_t n_commands;           /* statistics for tests */
};

/** Reset the channel and ask both drives who they are. c->bus, arm set, the rest zero. Fills drives[] and present[] (disk's fields
 *  but name and rdev). An empty channel takes some ms at most. proc context, before its interrupt is attached. */
void ata_channel_probe(struct ata_channel *c);
/** The channel's interrupt. Interrupts off. */
void ata_interrupt(struct ata_channel *c);
/** The drive did not answer in time: its request is -EIO, the channel is reset. Interrupts off. */
void ata_timeout(struct ata_channel *c);
#endif
