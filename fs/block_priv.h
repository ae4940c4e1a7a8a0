/* block_priv.h - what block.c and block_node.c share.
 * Used by: those two.
 * Never: included elsewhere.  */
#ifndef FS_BLOCK_PRIV_H
#define FS_BLOCK_PRIV_H
#include "fs/block.h"
/** Partitions of a registered disk, and nodes in /dev for it and them. May sleep. */
void block_nodes_make(struct block_disk *d);
#endif
