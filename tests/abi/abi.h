/* abi.h - what the families of system-call cases share.
 * A family is one file: it defines `sections`; abi.c has main.  Each case prints one line, `call | condition | result`:
 *
 *     openat | O_DIRECTORY on a file | -1 ENOTDIR
 *
 * `call` is the row's name in kernel/syscall/table.def.  A (call, condition) pair stands once in all families.  What is printed
 * must be the same in every run: no pids, times, addresses.  The working directory is an empty one on a tmpfs, umask 022, user
 * root; descriptors 0 (/dev/null), 1 and 2 (files) are open.
 * Sources of the conditions: the man pages' ERRORS sections and POSIX. */
#ifndef TESTS_ABI_H
#define TESTS_ABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A part of a family, run in a process (and process group) of its own, in an empty directory of its own.  A section that dies or
 * takes longer than SECTION_SECONDS costs its remaining lines only, and one line says so. */
struct section {
	const char *name;
	void (*run)(void);
};

#define SECTION_SECONDS 60

extern const struct section sections[]; /* the last one's name is NULL */

/* The case's line: the value, "ok" for any value not negative if `hide`, or "-1 ENAME"; then the text, if any. */
void abi_line(const char *call, const char *condition, long long value, int error, int hide, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* The value of a call that returns -1 with errno. */
#define T(call, condition, expr) \
	do { \
		errno = 0; \
		long long t_value = (long long)(expr); \
		abi_line(call, condition, t_value, errno, 0, NULL); \
	} while (0)

/* The same for a value that differs between runs (a pid, an address): "ok". */
#define OK(call, condition, expr) \
	do { \
		errno = 0; \
		long long t_value = (long long)(expr); \
		abi_line(call, condition, t_value, errno, 1, NULL); \
	} while (0)

/* The same, followed by a printf text that is made after the call. */
#define TV(call, condition, expr, ...) \
	do { \
		errno = 0; \
		long long t_value = (long long)(expr); \
		abi_line(call, condition, t_value, errno, 0, __VA_ARGS__); \
	} while (0)

/* The same with the value hidden. */
#define OKV(call, condition, expr, ...) \
	do { \
		errno = 0; \
		long long t_value = (long long)(expr); \
		abi_line(call, condition, t_value, errno, 1, __VA_ARGS__); \
	} while (0)

/* A line of text only: `call | condition | text`. */
void note(const char *call, const char *condition, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Runs fn in a child with an alarm of 10 s; returns the wait status. */
int in_child(void (*fn)(void));

/* Runs fn in a child and prints how it ended: "exit 0", "killed SIGSEGV". */
void ends(const char *call, const char *condition, void (*fn)(void));

/* The same with a number handed over. */
void ends_with(const char *call, const char *condition, void (*fn)(int), int arg);

/* fn in a child with this user and group and no others (and so no capabilities); its lines count as the section's. */
void as_user(unsigned uid, unsigned gid, void (*fn)(void));

/* "0" for a status of exit 0, "exit N", "killed SIGNAME"; "stopped SIGNAME"; in a static buffer. */
const char *status_text(int status);

/* errno's name; "0" for none. */
const char *errno_name(int error);

/* Addresses that are no memory: below the first page; the kernel's; n bytes before a page that is not there. */
#define BAD ((void *)16)
#define KERNEL ((void *)0xc0100000u)
void *edge(size_t n);

/* A descriptor that is not open, and one out of range. */
#define NOFD 500
#define HUGEFD 100000

/* Makes a file with this text (mode 0644); ends the section if it cannot. */
void make_file(const char *path, const char *text);

/* Opens, or ends the section. */
int must_open(const char *path, int flags, int mode);

/* Ends the section with a line that names the place, unless the value is not negative; returns it. */
long must(const char *what, long value);

/* Closes a descriptor that a call returned; 0, or -1 with the call's errno: for cases whose descriptor is of no interest. */
int shut(long fd);

/* Waits a moment (10 ms): for polling a condition only. */
void moment(void);

/* A path of n characters 'a' in a static buffer (n below 8192). */
const char *long_name(size_t n);

#endif
