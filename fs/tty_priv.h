/* tty_priv.h - the terminal as tty.c and tty_ioctl.c share it.
 * Used by: those two and the host tests.
 * Never: included elsewhere.  */
#ifndef FS_TTY_PRIV_H
#define FS_TTY_PRIV_H
#include "fs/ldisc.h"
#include "fs/synth.h"
#include "fs/tty.h"
#include "lib/ring.h"
#define TTY_RAW 1024u
#define NOBODY UINT32_MAX
struct tty {
	/* fixed after tty_create */
	struct tty *next;
	struct dev_row row;
	const struct tty_driver_ops *ops;
	void *driver;
	/* shared with irq: one producer (the driver), one consumer (the tty thread) */
	struct ring raw;
	uint8_t raw_bytes[TTY_RAW];
	uint32_t need;             /* wake readers when that many bytes can be read; NOBODY: none waits */
	/* proc context */
	struct ldisc l;
	struct linux_winsize size;
	uint32_t session, pgrp;    /* whose controlling terminal; foreground group; 0 none */
	bool hung;
	struct mutex reading;
	struct waitq readable, writable;
};
extern struct dev_row tty_own_row, tty_console_row;
void tty_work(struct tty *t);  /* take the raw bytes in, push output on: the tty thread's step */
void tty_pump(struct tty *t);
void tty_tell(struct tty *t, uint32_t what); /* the driver, of TIOCPKT_... */
int tty_drain(struct tty *t);  /* until the driver took all output. -ERESTARTSYS. May sleep */
/** May the caller's group use t now? sig: SIGTTIN or SIGTTOU. 0; -EIO; -ERESTARTSYS after the signal was raised. */
int tty_check_background(struct tty *t, int sig, const struct fs_caller *who);
int tty_take_control(struct tty *t, const struct fs_caller *who);
void tty_reset(struct tty *t); /* as if just made: the pair of a pty is used again */
/** Any control of t, by a file of it or of its master. */
int32_t tty_control(struct tty *t, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who);
int32_t tty_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who);
#endif
