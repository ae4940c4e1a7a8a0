/* ramdisk.h - a disk in the test's memory that remembers what was written since the last flush.
 * Used by: the tests of ext2.
 * Never: reorders by itself: ramdisk_cut says what a power cut leaves.  */
#ifndef TESTS_HOST_FS_RAMDISK_H
#define TESTS_HOST_FS_RAMDISK_H
#include "tests/host/fs/fixture.h"
#include "fs/block.h"
#include "fs/ext2/ext2.h"
#define RAMDISK_BYTES_MAX (80u << 20)
extern uint8_t *ramdisk;             /* its content, as reads see it */
extern uint32_t ramdisk_bytes;
extern uint32_t ramdisk_fail_every;  /* every so many requests fail with -EIO; 0: none does */
extern uint64_t ramdisk_writes;
/** Once, before all tests: the disk "vda" is registered. */
int ramdisk_group(void **state);
/** Fixture and an empty disk; the end asserts that the device kept nothing. */
int ramdisk_begin(void **state);
int ramdisk_end(void **state);
/** Make the disk hold what `mke2fs -t ext2 OPTIONS` makes of so many bytes. */
void ramdisk_mkfs(const char *options, uint32_t bytes);
void ramdisk_load(const char *path);
void ramdisk_save(const char *path);
/** The power will be cut at the write of this number of sectors from now, or by ramdisk_cut: the disk then goes on as if nothing
 *  had happened, but what the cut left is kept: all that was flushed, and of the later writes each with `percent` chance.
 *  at_cut is called at that moment. */
void ramdisk_watch(uint32_t sectors, uint32_t percent, void (*at_cut)(void));
/** The disk holds what the cut left; cuts now if it did not come yet. */
void ramdisk_cut(void);
/** Mount at /mnt (made if needed), and unmount. */
int ramdisk_mount(uint32_t flags);
int ramdisk_umount(void);
/** Exit status of e2fsck with these options on the disk; with -y the disk holds what it left. */
int ramdisk_fsck(const char *options);
uint32_t ramdisk_random(uint32_t below);
extern uint64_t ramdisk_seed;
#endif
