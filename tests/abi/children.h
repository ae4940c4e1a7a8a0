/* children.h - children that only wait to be ended.
 * Used by families of processes and signals, with abi.h.  */
#ifndef TESTS_ABI_CHILDREN_H
#define TESTS_ABI_CHILDREN_H
#include "abi.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* One that sleeps until a signal ends it. */
static inline pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static inline void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
