/* Starting a command: its start record, its pipes or its terminal, its process.
 * Used by user/agent_session.c.
 * Never sends anything: what went wrong comes back as an errno. */
#ifndef USER_AGENT_START_H
#define USER_AGENT_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

/** The strings of a start record, found and counted before anything is done. */
struct start {
	unsigned flags;  /* AGENT_OPEN_... */
	const char *cwd; /* "": the agent's */
	char **argv;
	char **env; /* additions */
};

/** What a started command is seen through.  Our ends do not block; -1: there is none. */
struct ends {
	pid_t pid;
	int in, out, err;
};

/** Cut a record of `used` bytes into a start; all its strings stay in the record, argv is the caller's to free.
 *  False if the record is malformed or memory is short. */
bool start_parse(uint8_t *record, size_t used, struct start *start);

/** Run the command, leader of a session of its own.  With AGENT_OPEN_TTY it has a terminal of `size` as its controlling
 *  one, in and out are descriptors of the master, err is -1; otherwise pipes.  Returns 0 or an errno, then without ends. */
int start_command(const struct start *start, const struct winsize *size, struct ends *ends);

/** Close *fd if it is open, and forget it. */
void close_fd(int *fd);

#endif
