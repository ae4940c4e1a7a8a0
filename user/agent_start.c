/* Starting a command: its start record, its pipes or its terminal, its process.
 * Used by user/agent_session.c.
 * Never lets our ends leak into a command, nor its signals' dispositions differ from a login's. */
#define _GNU_SOURCE
#include "user/agent_start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "user/agent_wire.h"

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool start_parse(uint8_t *record, size_t used, struct start *start)
{
	size_t argc, envc, at = 5, count = 0;
	char **list;

	if (used < 7 || record[used - 1] != '\0')
		return false;
	start->flags = record[0];
	argc = record[1] | (size_t)record[2] << 8;
	envc = record[3] | (size_t)record[4] << 8;
	list = calloc(argc + envc + 3, sizeof *list);
	if (!list || argc == 0) {
		free(list);
		return false;
	}
	start->cwd = (const char *)record + at;
	at += strlen(start->cwd) + 1;
	start->argv = list;
	start->env = list + argc + 1;
	for (; at < used && count < argc + envc; count++) {
		char *text = (char *)record + at;

		(count < argc ? start->argv : start->env - argc)[count] = text;
		at += strlen(text) + 1;
	}
	if (count == argc + envc && at == used)
		return true;
	free(list);
	return false;
}

/* In the child: becomes the command.  fds are its stdin, stdout and stderr. */
static void run_child(const struct start *start, const int fds[3])
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (start->flags & AGENT_OPEN_TTY)
		ioctl(fds[0], TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	for (char **env = start->env; *env; env++)
		putenv(*env);
	if (start->cwd[0] && chdir(start->cwd) != 0) {
		dprintf(2, "godwit: %s: %s\n", start->cwd, strerror(errno));
		_exit(126);
	}
	execvp(start->argv[0], start->argv);
	dprintf(2, "godwit: %s: %s\n", start->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void do_not_block(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* A pipe whose ends do not leak into commands and lie above the standard descriptors. */
static bool open_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0;
}

/* A pair: theirs is the terminal, ours[0] and ours[1] are the master twice, to be closed one by one. */
static int open_terminal(int ours[2], int *theirs, const struct winsize *size)
{
	struct termios modes;

	ours[0] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ours[0] < 0)
		return errno;
	if (ioctl(ours[0], TIOCSPTLCK, &(int){0}) != 0)
		return errno;
	*theirs = ioctl(ours[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ours[1] = fcntl(ours[0], F_DUPFD_CLOEXEC, 3);
	if (*theirs < 0 || ours[1] < 0)
		return errno;
	ioctl(*theirs, TIOCSWINSZ, size);
	if (tcgetattr(*theirs, &modes) == 0) {
		modes.c_iflag |= IUTF8; /* as the host's terminals are: one key erases one character */
		tcsetattr(*theirs, TCSANOW, &modes);
	}
	return 0;
}

static int start_on_terminal(const struct start *start, const struct winsize *size, struct ends *ends)
{
	int ours[2] = {-1, -1}, theirs = -1, error = open_terminal(ours, &theirs, size);

	ends->pid = error ? -1 : fork();
	if (ends->pid == 0)
		run_child(start, (int[3]){theirs, theirs, theirs});
	if (!error && ends->pid < 0)
		error = errno;
	close_fd(&theirs);
	ends->in = ours[0];
	ends->out = ours[1];
	ends->err = -1;
	return error;
}

static int start_on_pipes(const struct start *start, struct ends *ends)
{
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, error = 0;
	bool no_stdin = start->flags & AGENT_OPEN_NO_STDIN;

	if (no_stdin)
		pipes[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if ((!no_stdin && !open_pipe(pipes[0])) || !open_pipe(pipes[1]) || !open_pipe(pipes[2]))
		error = errno;
	ends->pid = error ? -1 : fork();
	if (ends->pid == 0)
		run_child(start, (int[3]){pipes[0][0], pipes[1][1], pipes[2][1]});
	if (!error && ends->pid < 0)
		error = errno;
	close_fd(&pipes[0][0]);
	close_fd(&pipes[1][1]);
	close_fd(&pipes[2][1]);
	ends->in = pipes[0][1];
	ends->out = pipes[1][0];
	ends->err = pipes[2][0];
	return error;
}

int start_command(const struct start *start, const struct winsize *size, struct ends *ends)
{
	int error = start->flags & AGENT_OPEN_TTY ? start_on_terminal(start, size, ends) : start_on_pipes(start, ends);

	if (error) {
		close_fd(&ends->in);
		close_fd(&ends->out);
		close_fd(&ends->err);
		return error;
	}
	do_not_block(ends->in);
	do_not_block(ends->out);
	do_not_block(ends->err);
	return 0;
}
