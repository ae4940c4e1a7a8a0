/* disk.h - ext2 as it lies on a disk: little-endian, as is this machine.
 * Used by: fs/ext2 alone.  All of it comes from outside: every number is checked where it is used.
 * Never: holds a pointer.  Source: "The Second Extended File System", D. Poirier, sections 3 to 4; Linux's ext2.h.  */
#ifndef FS_EXT2_DISK_H
#define FS_EXT2_DISK_H
#include "lib/base.h"
#define EXT2_SUPER_AT 1024u       /* bytes from the start of the device */
#define EXT2_MAGIC 0xef53u
#define EXT2_ROOT_INO 2u
#define EXT2_OLD_FIRST_INO 11u
#define EXT2_OLD_INODE_BYTES 128u
#define EXT2_VALID_FS 1u          /* s_state: cleanly unmounted */
#define EXT2_ERROR_FS 2u
/* s_feature_incompat */
#define EXT2_INCOMPAT_FILETYPE 2u
#define EXT2_INCOMPAT_KNOWN EXT2_INCOMPAT_FILETYPE
/* s_feature_ro_compat */
#define EXT2_RO_SPARSE_SUPER 1u
#define EXT2_RO_LARGE_FILE 2u
#define EXT2_RO_KNOWN (EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE)

struct ext2_super {
	uint32_t inodes, blocks, reserved_blocks, free_blocks, free_inodes, first_data_block;
	uint32_t log_block_bytes;     /* 1024 << this */
	uint32_t log_frag_bytes, blocks_per_group, frags_per_group, inodes_per_group;
	uint32_t mtime, wtime;
	uint16_t mount_count, max_mount_count, magic, state, errors, minor_revision;
	uint32_t last_check, check_interval, creator_os, revision;
	uint16_t reserved_uid, reserved_gid;
	/* revision 1 */
	uint32_t first_ino;
	uint16_t inode_bytes, group_of_this;
	uint32_t compat, incompat, ro_compat;
	uint8_t uuid[16];
	char label[16], last_mounted[64];
	uint32_t compression;
	uint8_t prealloc_blocks, prealloc_dir_blocks;
	uint16_t reserved_gdt_blocks;
};
_Static_assert(sizeof(struct ext2_super) == 208, "ext2 superblock");

struct ext2_group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t free_blocks, free_inodes, dirs, pad;
	uint32_t reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "ext2 group descriptor");

#define EXT2_DIRECT 12u
#define EXT2_SLOTS 15u            /* 12 direct blocks, then one tree each of height 1, 2, 3 */
#define EXT2_FAST_LINK (EXT2_SLOTS * 4)
struct ext2_dinode {
	uint16_t mode, uid;
	uint32_t size, atime, ctime, mtime, dtime;
	uint16_t gid, links;
	uint32_t blocks;              /* of 512 bytes */
	uint32_t flags, version;
	uint32_t block[EXT2_SLOTS];
	uint32_t generation, file_acl;
	uint32_t size_high;           /* of regular files */
	uint32_t frag_block;
	uint8_t frag, frag_bytes;
	uint16_t pad, uid_high, gid_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct ext2_dinode) == 128, "ext2 inode");

struct ext2_entry {
	uint32_t ino;                 /* 0: unused */
	uint16_t bytes;               /* to the next entry; a multiple of 4, never across a block's end */
	uint8_t len, type;            /* type: with EXT2_INCOMPAT_FILETYPE, else len's high byte (0) */
	char name[];
};
#define EXT2_ENTRY_HEAD 8u
#define EXT2_ENTRY_BYTES(len) ALIGN_UP(EXT2_ENTRY_HEAD + (len), 4)

#define EXT2_INDEX_FLAG 0x1000u   /* inode flags: hashed directory */

#define EXT2_XATTR_MAGIC 0xea020000u
struct ext2_xattr_head { uint32_t magic, users, blocks, hash; };
#endif
