/* linux_types.h - the structs and constants of the Linux i386 kernel interface, as its programs lay them out.
 * Included by: kernel, user programs and tests; 64-bit fields are 4-aligned here, so that sizes agree on every host.
 * Never: a type of our own.  Sources: man-pages 6.03 (stat(2), statx(2), termios(3), ...); sizes measured on i386. */
#ifndef ABI_LINUX_TYPES_H
#define ABI_LINUX_TYPES_H
#include <stdint.h>

typedef uint64_t linux_u64 __attribute__((aligned(4)));
typedef int64_t linux_s64 __attribute__((aligned(4)));
#define LINUX_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type " is " #bytes " bytes")

/* ---- time */
struct linux_timespec32 { int32_t sec, nsec; };
struct linux_timespec64 { linux_s64 sec; int32_t nsec; uint32_t pad; }; /* the pad is to be ignored */
struct linux_timeval { int32_t sec, usec; };
struct linux_timezone { int32_t minuteswest, dsttime; };
struct linux_itimerval { struct linux_timeval interval, value; };
struct linux_itimerspec32 { struct linux_timespec32 interval, value; };
struct linux_itimerspec64 { struct linux_timespec64 interval, value; };
struct linux_tms { int32_t utime, stime, cutime, cstime; };
struct linux_utimbuf { int32_t actime, modtime; };
LINUX_SIZE(linux_timespec32, 8);
LINUX_SIZE(linux_timespec64, 16);
LINUX_SIZE(linux_timeval, 8);
LINUX_SIZE(linux_itimerval, 16);
LINUX_SIZE(linux_itimerspec64, 32);
LINUX_SIZE(linux_tms, 16);
struct linux_timex32 {
	uint32_t modes;
	int32_t offset, freq, maxerror, esterror, status, constant, precision, tolerance, sec, usec, tick;
	int32_t ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai, unused[11];
};
struct linux_timex64 {
	uint32_t modes, pad1;
	linux_s64 offset, freq, maxerror, esterror;
	int32_t status, pad2;
	linux_s64 constant, precision, tolerance, sec, usec, tick, ppsfreq, jitter;
	int32_t shift, pad3;
	linux_s64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t tai, unused[11];
};
LINUX_SIZE(linux_timex32, 128);
LINUX_SIZE(linux_timex64, 208);
#define ADJ_OFFSET 0x1u
#define ADJ_FREQUENCY 0x2u
#define ADJ_MAXERROR 0x4u
#define ADJ_ESTERROR 0x8u
#define ADJ_STATUS 0x10u
#define ADJ_TIMECONST 0x20u
#define ADJ_TAI 0x80u
#define ADJ_SETOFFSET 0x100u
#define ADJ_MICRO 0x1000u
#define ADJ_NANO 0x2000u
#define ADJ_TICK 0x4000u
#define ADJ_ADJTIME 0x8000u
#define STA_PLL 0x1u
#define STA_UNSYNC 0x40u
#define STA_CLOCKERR 0x1000u
#define STA_NANO 0x2000u
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
#define TIMER_ABSTIME 1
#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2
#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

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

/* ---- terminals */
#define NCCS 19
struct linux_termios { uint32_t iflag, oflag, cflag, lflag; uint8_t line, cc[NCCS]; };
struct linux_termio { uint16_t iflag, oflag, cflag, lflag; uint8_t line, cc[8], pad; }; /* TCGETA family */
struct linux_termios2 { uint32_t iflag, oflag, cflag, lflag; uint8_t line, cc[NCCS]; uint32_t ispeed, ospeed; };
struct linux_winsize { uint16_t row, col, xpixel, ypixel; };
LINUX_SIZE(linux_termios, 36);
LINUX_SIZE(linux_termio, 18);
LINUX_SIZE(linux_termios2, 44);
LINUX_SIZE(linux_winsize, 8);
#define VINTR 0
#define VQUIT 1
#define VERASE 2
#define VKILL 3
#define VEOF 4
#define VTIME 5
#define VMIN 6
#define VSWTC 7
#define VSTART 8
#define VSTOP 9
#define VSUSP 10
#define VEOL 11
#define VREPRINT 12
#define VDISCARD 13
#define VWERASE 14
#define VLNEXT 15
#define VEOL2 16
/* iflag */
#define IGNBRK 0000001u
#define BRKINT 0000002u
#define IGNPAR 0000004u
#define PARMRK 0000010u
#define INPCK 0000020u
#define ISTRIP 0000040u
#define INLCR 0000100u
#define IGNCR 0000200u
#define ICRNL 0000400u
#define IUCLC 0001000u
#define IXON 0002000u
#define IXANY 0004000u
#define IXOFF 0010000u
#define IMAXBEL 0020000u
#define IUTF8 0040000u
/* oflag */
#define OPOST 0000001u
#define OLCUC 0000002u
#define ONLCR 0000004u
#define OCRNL 0000010u
#define ONOCR 0000020u
#define ONLRET 0000040u
#define TABDLY 0014000u
#define XTABS 0014000u
/* cflag */
#define CBAUD 0010017u
#define B0 0u
#define B9600 0000015u
#define B38400 0000017u
#define B115200 0010002u
#define CSIZE 0000060u
#define CS8 0000060u
#define CSTOPB 0000100u
#define CREAD 0000200u
#define PARENB 0000400u
#define PARODD 0001000u
#define HUPCL 0002000u
#define CLOCAL 0004000u
/* lflag */
#define ISIG 0000001u
#define ICANON 0000002u
#define XCASE 0000004u
#define ECHO 0000010u
#define ECHOE 0000020u
#define ECHOK 0000040u
#define ECHONL 0000100u
#define NOFLSH 0000200u
#define TOSTOP 0000400u
#define ECHOCTL 0001000u
#define ECHOPRT 0002000u
#define ECHOKE 0004000u
#define FLUSHO 0010000u
#define PENDIN 0040000u
#define IEXTEN 0100000u
#define EXTPROC 0200000u
/* ioctl numbers */
#define TCGETS 0x5401u
#define TCSETS 0x5402u
#define TCSETSW 0x5403u
#define TCSETSF 0x5404u
#define TCGETA 0x5405u
#define TCSETA 0x5406u
#define TCSETAW 0x5407u
#define TCSETAF 0x5408u
#define TCSBRK 0x5409u
#define TCXONC 0x540au
#define TCFLSH 0x540bu
#define TIOCEXCL 0x540cu
#define TIOCNXCL 0x540du
#define TIOCSCTTY 0x540eu
#define TIOCGPGRP 0x540fu
#define TIOCSPGRP 0x5410u
#define TIOCOUTQ 0x5411u
#define TIOCSTI 0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define TIOCMGET 0x5415u
#define FIONREAD 0x541bu
#define BLKROGET 0x125eu
#define BLKGETSIZE 0x1260u
#define BLKFLSBUF 0x1261u
#define BLKSSZGET 0x1268u
#define BLKDISCARD 0x1277u
#define BLKIOMIN 0x1278u
#define BLKIOOPT 0x1279u
#define BLKALIGNOFF 0x127au
#define BLKPBSZGET 0x127bu
#define BLKBSZGET 0x80041270u
#define BLKGETSIZE64 0x80041272u
#define HDIO_GETGEO 0x0301u
struct linux_hd_geometry { uint8_t heads, sectors; uint16_t cylinders; uint32_t start; };
LINUX_SIZE(linux_hd_geometry, 8);
#define TIOCINQ FIONREAD
#define TIOCCONS 0x541du
#define TIOCPKT 0x5420u
#define FIONBIO 0x5421u
#define TIOCNOTTY 0x5422u
#define TIOCSETD 0x5423u
#define TIOCGETD 0x5424u
#define TCSBRKP 0x5425u
#define TIOCGSID 0x5429u
#define TIOCGPTN 0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCSIG 0x40045436u
#define TIOCGPKT 0x80045438u
#define TIOCGPTLCK 0x80045439u
#define TIOCPKT_DATA 0u /* the first byte of a read in packet mode: data follow; else what happened, alone */
#define TIOCPKT_FLUSHREAD 1u
#define TIOCPKT_FLUSHWRITE 2u
#define TIOCPKT_STOP 4u
#define TIOCPKT_START 8u
#define TIOCPKT_NOSTOP 16u
#define TIOCPKT_DOSTOP 32u
#define TIOCPKT_IOCTL 64u
#define TIOCGPTPEER 0x5441u
#define TCGETS2 0x802c542au
#define TCSETS2 0x402c542bu
#define FIONCLEX 0x5450u
#define FIGETBSZ 2u
#define FICLONE 0x40049409u
#define FICLONERANGE 0x4020940du
#define FS_IOC_GETFLAGS 0x80046601u
#define FIOCLEX 0x5451u
#define FIOASYNC 0x5452u
#define FIOQSIZE 0x5460u
#define FICLONE 0x40049409u
#define TCIFLUSH 0u
#define TCOFLUSH 1u
#define TCIOFLUSH 2u
#define TCOOFF 0u
#define TCOON 1u
#define TCIOFF 2u
#define TCION 3u

/* ---- signals */
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPWR 30
#define SIGSYS 31
#define SIGRTMIN 32
#define LINUX_NSIG 64
#define SIG_DFL 0u
#define SIG_IGN 1u
#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO 4u
#define SA_RESTORER 0x04000000u
#define SA_ONSTACK 0x08000000u
#define SA_RESTART 0x10000000u
#define SA_NODEFER 0x40000000u
#define SA_RESETHAND 0x80000000u
#define SA_EXPOSE_TAGBITS 0x800u
#define SA_KNOWN (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)
#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ 2048u
struct linux_sigaction { uint32_t handler, flags, restorer; linux_u64 mask; };    /* rt_sigaction */
struct linux_old_sigaction { uint32_t handler, mask, flags, restorer; };          /* sigaction, call 67 */
struct linux_stack { uint32_t sp; int32_t flags; uint32_t size; };
struct linux_sigevent { uint32_t value; int32_t signo, notify; uint32_t tid, pad[12]; };
struct linux_siginfo {
	int32_t signo, err, code;
	union {
		struct { int32_t pid; uint32_t uid, value; } rt;                          /* kill, tkill, sigqueue */
		struct { int32_t tid, overrun; uint32_t value; } timer;
		struct { int32_t pid; uint32_t uid; int32_t status, utime, stime; } chld; /* status at 20 */
		struct { uint32_t addr; } fault;
		struct { int32_t band, fd; } poll;
		uint32_t pad[29];
	} u;
};
LINUX_SIZE(linux_sigaction, 20);
LINUX_SIZE(linux_old_sigaction, 16);
LINUX_SIZE(linux_stack, 12);
LINUX_SIZE(linux_sigevent, 64);
LINUX_SIZE(linux_siginfo, 128);
_Static_assert(__builtin_offsetof(struct linux_siginfo, u.chld.status) == 20, "si_status");
#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_QUEUE (-1)
#define SI_TIMER (-2)
#define SI_MESGQ (-3)
#define SI_ASYNCIO (-4)
#define SI_SIGIO (-5)
#define SI_TKILL (-6)
#define ILL_ILLOPN 2
#define ILL_BADSTK 8
#define FPE_INTDIV 1
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6
#define SIGEV_SIGNAL 0
#define SIGEV_NONE 1
#define SIGEV_THREAD 2
#define SIGEV_THREAD_ID 4

/* ---- processes */
#define CSIGNAL 0xffu
#define CLONE_VM 0x100u
#define CLONE_FS 0x200u
#define CLONE_FILES 0x400u
#define CLONE_SIGHAND 0x800u
#define CLONE_PIDFD 0x1000u
#define CLONE_PTRACE 0x2000u
#define CLONE_VFORK 0x4000u
#define CLONE_PARENT 0x8000u
#define CLONE_THREAD 0x10000u
#define CLONE_NEWNS 0x20000u
#define CLONE_SYSVSEM 0x40000u
#define CLONE_SETTLS 0x80000u
#define CLONE_PARENT_SETTID 0x100000u
#define CLONE_CHILD_CLEARTID 0x200000u
#define CLONE_DETACHED 0x400000u
#define CLONE_UNTRACED 0x800000u
#define CLONE_CHILD_SETTID 0x1000000u
#define CLONE_NEWCGROUP 0x2000000u
#define CLONE_NEWUTS 0x4000000u
#define CLONE_NEWIPC 0x8000000u
#define CLONE_NEWUSER 0x10000000u
#define CLONE_NEWPID 0x20000000u
#define CLONE_NEWNET 0x40000000u
#define CLONE_IO 0x80000000u
struct linux_clone_args {
	linux_u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
LINUX_SIZE(linux_clone_args, 88);
#define WNOHANG 1u
#define WUNTRACED 2u
#define WSTOPPED 2u
#define WEXITED 4u
#define WCONTINUED 8u
#define WNOWAIT 0x1000000u
#define W__WNOTHREAD 0x20000000u
#define W__WALL 0x40000000u
#define W__WCLONE 0x80000000u
#define P_ALL 0
#define P_PID 1
#define P_PGID 2
#define P_PIDFD 3
#define WSTATUS_EXIT(code) (((code) & 0xff) << 8)
#define WSTATUS_STOPPED(sig) (((sig) << 8) | 0x7f)
#define WSTATUS_CONTINUED 0xffff
#define WSTATUS_CORE 0x80
struct linux_user_desc { uint32_t entry, base, limit, flags; };
struct linux_rusage {
	struct linux_timeval utime, stime;
	int32_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
struct linux_rlimit { uint32_t cur, max; };
struct linux_rlimit64 { linux_u64 cur, max; };
struct linux_sysinfo {
	int32_t uptime;
	uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	uint8_t pad2[8];
};
struct linux_utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };
struct linux_sched_param { int32_t priority; };
struct linux_robust_list_head { uint32_t next; int32_t futex_offset; uint32_t pending; };
struct linux_cap_header { uint32_t version; int32_t pid; };
struct linux_cap_data { uint32_t effective, permitted, inheritable; };
LINUX_SIZE(linux_user_desc, 16);
LINUX_SIZE(linux_rusage, 72);
LINUX_SIZE(linux_rlimit64, 16);
LINUX_SIZE(linux_sysinfo, 64);
LINUX_SIZE(linux_utsname, 390);
LINUX_SIZE(linux_robust_list_head, 12);
#define LINUX_SI_LOAD_SHIFT 16
#define RUSAGE_SELF 0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD 1
#define RLIMIT_CPU 0
#define RLIMIT_FSIZE 1
#define RLIMIT_DATA 2
#define RLIMIT_STACK 3
#define RLIMIT_CORE 4
#define RLIMIT_RSS 5
#define RLIMIT_NPROC 6
#define RLIMIT_NOFILE 7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS 9
#define RLIMIT_LOCKS 10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE 12
#define RLIMIT_NICE 13
#define RLIMIT_RTPRIO 14
#define RLIMIT_RTTIME 15
#define RLIM_NLIMITS 16
#define RLIM_INFINITY (~0ull)
#define RLIM32_INFINITY 0xffffffffu
#define PRIO_PROCESS 0
#define PRIO_PGRP 1
#define PRIO_USER 2
#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#define SCHED_DEADLINE 6
#define SCHED_RESET_ON_FORK 0x40000000u
#define SCHED_FLAG_RESET_ON_FORK 1u
#define SCHED_FLAG_KEEP_POLICY 8u
#define SCHED_FLAG_KEEP_PARAMS 16u
struct linux_sched_attr {
	uint32_t size, policy;
	linux_u64 flags;
	int32_t nice;
	uint32_t priority;
	linux_u64 runtime, deadline, period;
	uint32_t util_min, util_max;
};
#define SCHED_ATTR_FIRST 48u /* the struct's first size */
LINUX_SIZE(linux_sched_attr, 56);
#define PR_SET_PDEATHSIG 1
#define PR_GET_PDEATHSIG 2
#define PR_GET_DUMPABLE 3
#define PR_SET_DUMPABLE 4
#define PR_GET_KEEPCAPS 7
#define PR_SET_KEEPCAPS 8
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_SECCOMP 21
#define PR_CAPBSET_READ 23
#define PR_CAPBSET_DROP 24
#define PR_GET_TSC 25
#define PR_SET_TSC 26
#define PR_SET_TIMERSLACK 29
#define PR_GET_TIMERSLACK 30
#define PR_GET_TIMING 13
#define PR_SET_TIMING 14
#define PR_SET_SECCOMP 22
#define PR_GET_SECUREBITS 27
#define PR_TASK_PERF_EVENTS_DISABLE 31
#define PR_TASK_PERF_EVENTS_ENABLE 32
#define PR_MCE_KILL 33
#define PR_MCE_KILL_GET 34
#define PR_GET_TID_ADDRESS 40
#define PR_SET_THP_DISABLE 41
#define PR_GET_THP_DISABLE 42
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39
#define PR_SET_VMA 0x53564d41
#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u
#define LINUX_REBOOT_MAGIC1 0xfee1deadu
#define LINUX_REBOOT_MAGIC2 672274793u
#define LINUX_REBOOT_MAGIC2A 85072278u
#define LINUX_REBOOT_MAGIC2B 369367448u
#define LINUX_REBOOT_MAGIC2C 537993216u
#define LINUX_REBOOT_CMD_RESTART 0x01234567u
#define LINUX_REBOOT_CMD_HALT 0xcdef0123u
#define LINUX_REBOOT_CMD_CAD_ON 0x89abcdefu
#define LINUX_REBOOT_CMD_CAD_OFF 0u
#define LINUX_REBOOT_CMD_POWER_OFF 0x4321fedcu
#define LINUX_REBOOT_CMD_RESTART2 0xa1b2c3d4u

/* ---- memory */
struct linux_mmap_arg { uint32_t addr, len, prot, flags; int32_t fd; uint32_t offset; }; /* old mmap, call 90 */
LINUX_SIZE(linux_mmap_arg, 24);
#define PROT_NONE 0u
#define PROT_READ 1u
#define PROT_WRITE 2u
#define PROT_EXEC 4u
#define PROT_SEM 8u
#define PROT_GROWSDOWN 0x01000000u
#define PROT_GROWSUP 0x02000000u
#define MAP_SHARED 0x01u
#define MAP_PRIVATE 0x02u
#define MAP_SHARED_VALIDATE 0x03u
#define MAP_TYPE 0x0fu
#define MAP_FIXED 0x10u
#define MAP_ANONYMOUS 0x20u
#define MAP_GROWSDOWN 0x0100u
#define MAP_DENYWRITE 0x0800u
#define MAP_EXECUTABLE 0x1000u
#define MAP_LOCKED 0x2000u
#define MAP_NORESERVE 0x4000u
#define MAP_POPULATE 0x8000u
#define MAP_NONBLOCK 0x10000u
#define MAP_STACK 0x20000u
#define MAP_HUGETLB 0x40000u
#define MAP_SYNC 0x80000u
#define MAP_FIXED_NOREPLACE 0x100000u
#define MAP_UNINITIALIZED 0x4000000u
#define MAP_HUGE_SIZES 0x7c000000u /* logarithm of a huge page */
#define MREMAP_MAYMOVE 1u
#define MREMAP_FIXED 2u
#define MREMAP_DONTUNMAP 4u
#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u
#define MADV_NORMAL 0
#define MADV_RANDOM 1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED 3
#define MADV_DONTNEED 4
#define MADV_FREE 8
#define MADV_REMOVE 9
#define MADV_DONTFORK 10
#define MADV_DOFORK 11
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#define MADV_DONTNEED_LOCKED 24
#define MADV_COLLAPSE 25
#define MCL_CURRENT 1u
#define MCL_FUTURE 2u
#define MCL_ONFAULT 4u
#define MLOCK_ONFAULT 1u

/* ---- futex */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_LOCK_PI 6
#define FUTEX_UNLOCK_PI 7
#define FUTEX_TRYLOCK_PI 8
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE_FLAG 128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_CMD_MASK (~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu
/* what a robust or pi lock's word holds: the owner's tid and two bits */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu
#define ROBUST_LIST_LIMIT 2048u
/* WAKE_OP's last argument: op 31..28, cmp 27..24, oparg 23..12, cmparg 11..0 */
#define FUTEX_OP_SET 0u
#define FUTEX_OP_ADD 1u
#define FUTEX_OP_OR 2u
#define FUTEX_OP_ANDN 3u
#define FUTEX_OP_XOR 4u
#define FUTEX_OP_OPARG_SHIFT 8u
#define FUTEX_OP_CMP_EQ 0u
#define FUTEX_OP_CMP_NE 1u
#define FUTEX_OP_CMP_LT 2u
#define FUTEX_OP_CMP_LE 3u
#define FUTEX_OP_CMP_GT 4u
#define FUTEX_OP_CMP_GE 5u

/* ---- the log */
#define SYSLOG_ACTION_READ 2
#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_READ_CLEAR 4
#define SYSLOG_ACTION_CLEAR 5
#define SYSLOG_ACTION_CONSOLE_OFF 6
#define SYSLOG_ACTION_CONSOLE_ON 7
#define SYSLOG_ACTION_CONSOLE_LEVEL 8
#define SYSLOG_ACTION_SIZE_UNREAD 9
#define SYSLOG_ACTION_SIZE_BUFFER 10

/* ---- capabilities(7) */
#define CAP_CHOWN 0
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define CAP_FOWNER 3
#define CAP_FSETID 4
#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_SETPCAP 8
#define CAP_LINUX_IMMUTABLE 9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_BROADCAST 11
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_IPC_LOCK 14
#define CAP_IPC_OWNER 15
#define CAP_SYS_MODULE 16
#define CAP_SYS_RAWIO 17
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_PACCT 20
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_MKNOD 27
#define CAP_LEASE 28
#define CAP_MAC_OVERRIDE 32
#define CAP_SYSLOG 34
#define CAP_LAST 40
#define CAP_ALL ((1ull << (CAP_LAST + 1)) - 1)
#endif
