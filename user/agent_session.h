/* The agent's sessions: the commands that run now, by the numbers that the host gave them.
 * Used by user/agent.c.
 * Never blocks: a command that does not read or write stops only itself. */
#ifndef USER_AGENT_SESSION_H
#define USER_AGENT_SESSION_H

#include <poll.h>

#include "user/agent_link.h"

#define SESSIONS_MAX  16
#define SESSION_POLLS (3 * SESSIONS_MAX) /* slots of sessions_poll */

/** Answers and output go over this line from now on. */
void sessions_init(struct agent_link *line);

/** A frame of one session: ARGS, OPEN, STDIN, EOF, CREDIT, SIGNAL, WINSIZE; others are ignored. */
void sessions_handle(const struct agent_frame *frame);

/** Fill the slots that poll should look at; returns how many.  *timeout (ms, -1 for ever) is lowered where a session needs it. */
nfds_t sessions_poll(struct pollfd polls[SESSION_POLLS], int *timeout);

/** Move what can be moved after a poll of `count` slots. */
void sessions_serve(const struct pollfd *polls, nfds_t count);

/** Take in the children that ended; report those whose output is out. */
void sessions_reap(void);

/** A new host: whatever runs is killed, without a word. */
void sessions_end_all(void);

#endif
