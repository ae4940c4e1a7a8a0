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
/** Remember the content now as what a power cut cannot take, and log later writes. */
void ramdisk_watch(void);
/** What a power cut now may leave: all that was flushed, and of the later writes each with this chance in 100. The disk holds it. */
void ramdisk_cut(uint32_t percent);
/** Mount at /mnt (made if needed), and unmount. */
int ramdisk_mount(uint32_t flags);
int ramdisk_umount(void);
/** Exit status of e2fsck with these options on the disk; with -y the disk holds what it left. */
int ramdisk_fsck(const char *options);
uint32_t ramdisk_random(uint32_t below);
extern uint64_t ramdisk_seed;
#endif
