/* block_stub.h - requests for the tests of disk drivers: a queue as fs/block.c has it, without sleeping.
 * Used by: ata_test.c, virtio_test.c.
 * Never: linked into the kernel.  */
#ifndef TESTS_HOST_DRIVERS_BLOCK_STUB_H
#define TESTS_HOST_DRIVERS_BLOCK_STUB_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "abi/linux_errno.h"
#include "fs/block.h"
extern char stub_line[512];              /* what klog wrote last */
void stub_disk(struct block_disk *d);    /* as block_register: queues empty */
/** Ask for n sectors at `sector`, in pieces of `piece` bytes over buf, and kick the driver. */
void stub_ask(struct block_disk *d, struct block_request *r, enum block_op op, uint64_t sector, uint32_t n, uint8_t *buf, uint32_t piece);
#endif
