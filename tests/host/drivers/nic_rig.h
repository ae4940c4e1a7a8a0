/* nic_rig.h - a driver on a model of the chip: frames in, frames out, checked byte by byte.
 * Frame number `tag` has bytes that follow from tag and place, so any mix-up shows.  One rig for each test program. */
#ifndef TESTS_HOST_DRIVERS_NIC_RIG_H
#define TESTS_HOST_DRIVERS_NIC_RIG_H

#include "drivers/ne2000/dp8390.h"
#include "tests/host/drivers/chip.h"

extern struct chip chip;
extern struct dp8390 nic;
extern struct netdev_stats stats;

/** A number below `below`; set_up starts the sequence anew, rig_seed at another place. */
uint32_t rnd(uint32_t below);
void rig_seed(uint64_t from);

/** A driver started on a chip: `real` as the data sheet says or as QEMU does, `big` for the 32 KiB ring. */
void set_up(bool real, bool big);
/** No rule of the data sheet was broken. */
void tear_down(void);

/** The bytes of frame `tag`, to us. */
void make_frame(uint8_t *f, uint32_t tag, uint32_t len);
/** That frame arrives; false when the chip has no room. */
bool receive(uint32_t tag, uint32_t len);
/** The next frame must be this one; taken from `from` in pieces cut at random. */
void expect_frame(uint32_t tag, uint32_t len, uint32_t from);
void expect_empty(void);
/** Give the driver frame `tag` in pieces cut at random; its answer. */
int send_frame(uint32_t tag, uint32_t len);
/** The k-th frame on the wire is `tag`, padded to the shortest that Ethernet has. */
void expect_sent(uint32_t k, uint32_t tag, uint32_t len);

#endif
