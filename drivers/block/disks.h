/* disks.h - the disk drivers, as drivers.c sees them.
 * Used by: drivers/drivers.c.
 * Never: anything of one driver alone.  */
#ifndef DRIVERS_BLOCK_DISKS_H
#define DRIVERS_BLOCK_DISKS_H
/** Look for disks of the driver's kind and register them. proc context, at boot; may sleep. None there: quick. */
void virtio_blk_probe(void);
void ata_probe(void);
#endif
