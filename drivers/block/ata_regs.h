/* ata_regs.h - an ATA channel's registers and the commands that we use.
 * Used by: drivers/block/ata*.c and their host test.  Sections: "AT Attachment with Packet Interface - 6" (ATA/ATAPI-6,
 * T13/1410D revision 3b), unless another is named.
 * Never: bus-master DMA: programmed I/O works on every controller that has these ports.  */
#ifndef DRIVERS_BLOCK_ATA_REGS_H
#define DRIVERS_BLOCK_ATA_REGS_H

/* Command block, by offset from 0x1f0 or 0x170; 7.1 to 7.15 */
#define ATA_DATA 0u
#define ATA_ERROR 1u      /* reading */
#define ATA_FEATURES 1u   /* writing */
#define ATA_COUNT 2u
#define ATA_LBA_LOW 3u
#define ATA_LBA_MID 4u
#define ATA_LBA_HIGH 5u
#define ATA_DEVICE 6u
#define ATA_STATUS 7u     /* reading: also takes the interrupt back */
#define ATA_COMMAND 7u    /* writing */
#define ATA_CONTROL 8u    /* ours: the device control register, 0x3f6 or 0x376; reading: alternate status */

#define ST_ERR 0x01u
#define ST_DRQ 0x08u
#define ST_DF 0x20u
#define ST_DRDY 0x40u
#define ST_BSY 0x80u
#define CTL_NIEN 0x02u    /* no interrupts */
#define CTL_SRST 0x04u
#define DEV_LBA 0x40u
#define DEV_OBSOLETE 0xa0u /* bits 7 and 5, set as old drives want them */
#define DEV_SECOND 0x10u

#define CMD_READ 0x20u            /* 8.34 READ SECTOR(S) */
#define CMD_READ_EXT 0x24u
#define CMD_READ_MULTIPLE 0xc4u   /* 8.31 */
#define CMD_READ_MULTIPLE_EXT 0x29u
#define CMD_WRITE 0x30u           /* 8.62 */
#define CMD_WRITE_EXT 0x34u
#define CMD_WRITE_MULTIPLE 0xc5u  /* 8.59 */
#define CMD_WRITE_MULTIPLE_EXT 0x39u
#define CMD_SET_MULTIPLE 0xc6u    /* 8.49 */
#define CMD_FLUSH 0xe7u           /* 8.12 */
#define CMD_FLUSH_EXT 0xeau
#define CMD_IDENTIFY 0xecu        /* 8.15 */

/* IDENTIFY DEVICE, by 16-bit word: 8.15.8 */
#define ID_MODEL 27u              /* to 46, bytes swapped */
#define ID_MULTIPLE 47u           /* bits 7..0: most sectors for one interrupt */
#define ID_CAPABILITIES 49u
#define ID_CAP_LBA 0x0200u
#define ID_SECTORS28 60u          /* and 61 */
#define ID_COMMANDS 83u           /* valid when bits 15..14 are 01 */
#define ID_CMD_LBA48 0x0400u
#define ID_CMD_FLUSH 0x1000u
#define ID_SECTORS48 100u         /* to 103 */
#define LBA28_MAX 0x0fffffffu
#endif
