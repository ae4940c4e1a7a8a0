/* tty.h - terminals: the line discipline between a driver's bytes and a session's processes.
 * Used by: drivers/console (below), file table (above).  Output through the driver's write, input pushed by tty_input.
 * Never: touches hardware.  Source: termios(3), tty_ioctl(4), credentials(7), setpgid(2).  */
#ifndef FS_TTY_H
#define FS_TTY_H
#include "fs/file.h"
struct tty;
struct tty_driver_ops {
	uint32_t (*write)(struct tty *t, const uint8_t *bytes, uint32_t n); /* bytes taken; the rest after tty_output_room */
	void (*set_termios)(struct tty *t);                                 /* speed etc. changed; may be NULL */
	void (*input_room)(struct tty *t);  /* tty_input_room was 0 and there is room again; any context; may be NULL */
	int (*open)(struct tty *t);         /* a file of it is being opened: 0, or -errno to refuse; may be NULL */
	void (*close)(struct tty *t);       /* a file that open allowed is gone; may be NULL */
	void (*event)(struct tty *t, uint32_t what); /* TIOCPKT_... happened to the queues, the flow or the modes; may be NULL */
};
/** Make a terminal and register it in /dev under name (NULL: one of devpts) with rdev. The tty lives for ever. NULL no memory. proc context. */
struct tty *tty_create(const char *name, uint32_t rdev, const struct tty_driver_ops *ops, void *driver);
void *tty_driver_data(const struct tty *t);
/** Bytes from the line. irq or thread context; beyond a full raw ring bytes are dropped. A thread of the tty
 *  layer takes them from there: echo, line editing and the signals of ISIG need no reader. */
void tty_input(struct tty *t, const uint8_t *bytes, uint32_t n);
/** Bytes that tty_input would keep now: a driver that can hold its line back asks first. Any context. */
uint32_t tty_input_room(const struct tty *t);
void tty_output_room(struct tty *t);     /* the driver can take more; any context */
void tty_set_size(struct tty *t, uint32_t rows, uint32_t cols);
void tty_hangup(struct tty *t);
void tty_session_end(struct tty *t, uint32_t session); /* session leader exits: SIGHUP SIGCONT to the foreground group, ctty given up */
uint32_t tty_rdev(const struct tty *t);
uint32_t tty_session(const struct tty *t);    /* whose controlling terminal it is; 0 none */
uint32_t tty_foreground(const struct tty *t); /* pgrp, for /proc/PID/stat tpgid */
/** /dev/console and /dev/tty: console is an alias of this terminal. */
void tty_set_console(struct tty *t);
#endif
