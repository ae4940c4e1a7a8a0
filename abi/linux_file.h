/* linux_file.h - files: stat, directories, open, fcntl, locks, vectors, poll, mounts, as Linux i386 lays them out.
 * Included by: abi/linux_types.h, or alone.
 * Never: a type of our own.  Sources: man-pages 6.03; sizes measured on i386. */
#ifndef ABI_LINUX_FILE_H
#define ABI_LINUX_FILE_H
#include "abi/linux_base.h"
#include "abi/linux_time.h"

/* ---- files: stat */
struct linux_stat {             /* oldstat's successor, calls 106-108 */
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, blksize, blocks;
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	uint32_t unused4, unused5;
};
struct linux_stat64 {
	linux_u64 dev;
	uint8_t pad0[4];
	uint32_t ino32, mode, nlink, uid, gid;
	linux_u64 rdev;
	uint8_t pad3[4];
	linux_s64 size;
	uint32_t blksize;
	linux_u64 blocks;           /* of 512 bytes */
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	linux_u64 ino;
};
struct linux_statx_timestamp { linux_s64 sec; uint32_t nsec; int32_t pad; };
struct linux_statx {
	uint32_t mask, blksize;
	linux_u64 attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad0;
	linux_u64 ino, size, blocks, attributes_mask;
	struct linux_statx_timestamp atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	linux_u64 mnt_id;
	uint32_t dio_mem_align, dio_offset_align;
	linux_u64 spare[12];
};
LINUX_SIZE(linux_stat, 64);
LINUX_SIZE(linux_stat64, 96);
LINUX_SIZE(linux_statx, 256);
_Static_assert(__builtin_offsetof(struct linux_stat64, ino32) == 12 && __builtin_offsetof(struct linux_stat64, rdev) == 32 &&
	__builtin_offsetof(struct linux_stat64, size) == 44 && __builtin_offsetof(struct linux_stat64, blocks) == 56 &&
	__builtin_offsetof(struct linux_stat64, ino) == 88, "stat64 offsets");
#define STATX_TYPE 0x1u
#define STATX_MODE 0x2u
#define STATX_NLINK 0x4u
#define STATX_UID 0x8u
#define STATX_GID 0x10u
#define STATX_ATIME 0x20u
#define STATX_MTIME 0x40u
#define STATX_CTIME 0x80u
#define STATX_INO 0x100u
#define STATX_SIZE 0x200u
#define STATX_BLOCKS 0x400u
#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME 0x800u
#define STATX_MNT_ID 0x1000u
#define STATX_ATTR_IMMUTABLE 0x10u
#define STATX_ATTR_APPEND 0x20u
#define STATX_ATTR_NODUMP 0x40u
#define STATX_ATTR_AUTOMOUNT 0x1000u
#define STATX_ATTR_MOUNT_ROOT 0x2000u
#define STATX_ATTR_DAX 0x200000u
#define STATX__RESERVED 0x80000000u

#define S_IFMT 0170000u
#define S_IFSOCK 0140000u
#define S_IFLNK 0120000u
#define S_IFREG 0100000u
#define S_IFBLK 0060000u
#define S_IFDIR 0040000u
#define S_IFCHR 0020000u
#define S_IFIFO 0010000u
#define S_ISUID 04000u
#define S_ISGID 02000u
#define S_ISVTX 01000u
#define S_ISTYPE(mode, type) (((mode) & S_IFMT) == (type))
#define S_ISREG(m) S_ISTYPE(m, S_IFREG)
#define S_ISDIR(m) S_ISTYPE(m, S_IFDIR)
#define S_ISLNK(m) S_ISTYPE(m, S_IFLNK)
#define S_ISCHR(m) S_ISTYPE(m, S_IFCHR)
#define S_ISBLK(m) S_ISTYPE(m, S_IFBLK)
#define S_ISFIFO(m) S_ISTYPE(m, S_IFIFO)
#define S_ISSOCK(m) S_ISTYPE(m, S_IFSOCK)
#define R_OK 4
#define W_OK 2
#define X_OK 1
#define F_OK 0

struct linux_statfs {
	uint32_t type, bsize, blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	uint32_t namelen, frsize, flags, spare[4];
};
struct linux_statfs64 {
	uint32_t type, bsize;
	linux_u64 blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	uint32_t namelen, frsize, flags, spare[4];
};
LINUX_SIZE(linux_statfs, 64);
LINUX_SIZE(linux_statfs64, 84);
#define TMPFS_MAGIC 0x01021994u
#define PROC_SUPER_MAGIC 0x9fa0u
#define SYSFS_MAGIC 0x62656572u
#define DEVPTS_SUPER_MAGIC 0x1cd1u
#define EXT2_SUPER_MAGIC 0xef53u
#define SOCKFS_MAGIC 0x534f434bu
#define ANON_INODE_FS_MAGIC 0x09041934u
#define PIPEFS_MAGIC 0x50495045u
#define ST_RDONLY 1u
#define ST_VALID 0x20u
#define ST_RELATIME 0x1000u

/* ---- files: directories. d_name follows; reclen is a multiple of 8 (4 for the old one, whose last byte is the type) */
struct linux_dirent64 { linux_u64 ino; linux_s64 off; uint16_t reclen; uint8_t type; char name[]; } __attribute__((packed));
struct linux_dirent { uint32_t ino, off; uint16_t reclen; char name[]; } __attribute__((packed));
_Static_assert(sizeof(struct linux_dirent64) == 19 && sizeof(struct linux_dirent) == 10, "dirent heads");
#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define MODE_TO_DT(mode) (((mode) & S_IFMT) >> 12)

/* ---- files: open and *at */
#define O_RDONLY 0u
#define O_WRONLY 1u
#define O_RDWR 2u
#define O_ACCMODE 3u
#define O_CREAT 0100u
#define O_EXCL 0200u
#define O_NOCTTY 0400u
#define O_TRUNC 01000u
#define O_APPEND 02000u
#define O_NONBLOCK 04000u
#define O_NDELAY O_NONBLOCK
#define O_DSYNC 010000u
#define O_ASYNC 020000u
#define O_DIRECT 040000u
#define O_LARGEFILE 0100000u
#define O_DIRECTORY 0200000u
#define O_NOFOLLOW 0400000u
#define O_NOATIME 01000000u
#define O_CLOEXEC 02000000u
#define O_SYNC 04010000u
#define O_PATH 010000000u
#define O_TMPFILE 020200000u
#define AT_FDCWD (-100)
#define AT_SYMLINK_NOFOLLOW 0x100u
#define AT_EACCESS 0x200u
#define AT_REMOVEDIR 0x200u
#define AT_SYMLINK_FOLLOW 0x400u
#define AT_NO_AUTOMOUNT 0x800u
#define AT_EMPTY_PATH 0x1000u
#define AT_STATX_SYNC_TYPE 0x6000u
#define RENAME_NOREPLACE 1u
#define RENAME_EXCHANGE 2u
#define RENAME_WHITEOUT 4u
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_DATA 3
#define SEEK_HOLE 4
#define XATTR_CREATE 1u
#define XATTR_REPLACE 2u
struct linux_open_how { linux_u64 flags, mode, resolve; };
#define RESOLVE_NO_XDEV 1u
#define RESOLVE_NO_MAGICLINKS 2u
#define RESOLVE_NO_SYMLINKS 4u
#define RESOLVE_BENEATH 8u
#define RESOLVE_IN_ROOT 16u
#define RESOLVE_CACHED 32u
#define RWF_HIPRI 1u
#define RWF_DSYNC 2u
#define RWF_SYNC 4u
#define RWF_NOWAIT 8u
#define RWF_APPEND 16u
#define FALLOC_FL_KEEP_SIZE 1u
#define FALLOC_FL_PUNCH_HOLE 2u

/* ---- files: fcntl and locks */
struct linux_flock { int16_t type, whence; int32_t start, len, pid; };
struct linux_flock64 { int16_t type, whence; linux_s64 start, len; int32_t pid; };
LINUX_SIZE(linux_flock, 16);
LINUX_SIZE(linux_flock64, 24);
#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_SETOWN 8
#define F_GETOWN 9
#define F_SETSIG 10
#define F_GETSIG 11
#define F_GETLK64 12
#define F_SETLK64 13
#define F_SETLKW64 14
#define F_SETOWN_EX 15
#define F_GETOWN_EX 16
#define F_OWNER_TID 0u
#define F_OWNER_PID 1u
#define F_OWNER_PGRP 2u
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#define F_SEAL_SEAL 1u
#define F_SETLEASE 1024
#define F_GETLEASE 1025
#define F_NOTIFY 1026
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1u
#define F_SEAL_SHRINK 2u
#define F_SEAL_GROW 4u
#define F_SEAL_WRITE 8u
#define F_SEAL_FUTURE_WRITE 16u
#define MFD_CLOEXEC 1u
#define MFD_ALLOW_SEALING 2u
#define MFD_HUGETLB 4u
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define FD_CLOEXEC 1
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_MAND 32u
#define LOCK_UN 8u

/* ---- files: vectors, poll, select */
struct linux_iovec { uint32_t base, len; };
struct linux_pollfd { int32_t fd; uint16_t events, revents; };
LINUX_SIZE(linux_iovec, 8);
LINUX_SIZE(linux_pollfd, 8);
#define IOV_MAX 1024
#define POLLIN 0x1u
#define POLLPRI 0x2u
#define POLLOUT 0x4u
#define POLLERR 0x8u
#define POLLHUP 0x10u
#define POLLNVAL 0x20u
#define POLLRDNORM 0x40u
#define POLLRDBAND 0x80u
#define POLLWRNORM 0x100u
#define POLLWRBAND 0x200u
#define POLLMSG 0x400u
#define POLLRDHUP 0x2000u
#define FD_SETSIZE 1024
struct linux_sel_arg { uint32_t n, in, out, ex, tv; };  /* old select, call 82 */
struct linux_sigset_arg { uint32_t set, size; };        /* 6th argument of pselect6 */

/* ---- mounts */
#define MS_RDONLY 1u
#define MS_NOSUID 2u
#define MS_NODEV 4u
#define MS_NOEXEC 8u
#define MS_SYNCHRONOUS 16u
#define MS_REMOUNT 32u
#define MS_MANDLOCK 64u
#define MS_DIRSYNC 128u
#define MS_NOATIME 1024u
#define MS_NODIRATIME 2048u
#define MS_BIND 4096u
#define MS_MOVE 8192u
#define MS_REC 16384u
#define MS_SILENT 32768u
#define MS_UNBINDABLE 0x20000u
#define MS_PRIVATE 0x40000u
#define MS_SLAVE 0x80000u
#define MS_SHARED 0x100000u
#define MS_RELATIME 0x200000u
#define MS_STRICTATIME 0x1000000u
#define MS_MGC_VAL 0xc0ed0000u
#define MS_MGC_MSK 0xffff0000u
#define MNT_FORCE 1u
#define MNT_DETACH 2u
#define MNT_EXPIRE 4u
#define UMOUNT_NOFOLLOW 8u

#endif
