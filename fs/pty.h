/* pty.h - pseudo-terminals: a terminal whose line is another open file.
 * Used by: fs_init, sys_fd.c (TIOCGPTPEER).
 * Never: outlives both its sides but as a spare for the next.  Source: pty(7), pts(4), ioctl_tty(2).  */
#ifndef FS_PTY_H
#define FS_PTY_H
#include "fs/file.h"
void pty_init(void);   /* /dev/ptmx and the file system devpts */
/** The slave of a master f, opened with flags (O_RDWR|O_NOCTTY...). -ENOTTY: f is no terminal; -EIO: no master, or
 *  locked; as file_open. May sleep. */
int pty_open_peer(struct file *f, uint32_t flags, const struct fs_caller *who, struct file **out);

/* ---- what devpts.c and pty.c share */
#define PTYS_MAX 256u
struct pty {
	struct tty *tty;
	uint32_t index;
	bool used, locked, master, slave_gone; /* slave_gone: it was open, and the last one was closed */
	bool packet;                           /* reads begin with a byte of TIOCPKT_... */
	uint32_t told;                         /* events that such a read has not brought yet */
	uint32_t slaves;                       /* open files of the slave */
	uint32_t mode, uid, gid;               /* of its node */
	struct mutex reading, writing;
	struct waitq readable, writable;       /* of the master */
	uint32_t head, tail;                   /* of out */
	uint8_t out[4096];                     /* what the slave wrote */
};
struct pty *pty_used(uint32_t index);      /* NULL: no such pair */
uint32_t pty_rdev(uint32_t index);
#define PTMX_RDEV ((5u << 8) | 2u)
int devpts_make(const char *source, const char *data, struct superblock **out);
#endif
