/* forks: children, pipes, exit codes, signals between relatives; output depends on its arguments only.
 * Run on the host and on a cluster by tests/qemu; arguments: rounds, work per child.
 * Never prints pids. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3

static volatile sig_atomic_t children_ended, called;

static void on_child(int number)
{
	(void)number;
	children_ended++;
}

static void on_call(int number)
{
	(void)number;
	called++;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t work(uint32_t n, uint32_t h)
{
	for (uint32_t i = 0; i < n; i++)
		h = (h ^ (h << 5)) * 2654435761u + i;
	return h;
}

/* The child computes, sends its result in two pieces, and ends with a status of its own. */
static void child(int out, int round, int number, uint32_t amount)
{
	uint32_t h = work(amount, (uint32_t)(round * 100 + number));

	if (write(out, &h, 2) != 2 || write(out, (char *)&h + 2, 2) != 2)
		_exit(99);
	_exit(number * 10 + round % 10);
}

static uint32_t read_word(int in)
{
	uint32_t word;
	size_t got = 0;

	while (got < sizeof word) {
		ssize_t n = read(in, (char *)&word + got, sizeof word - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fail("read from a child");
		got += (size_t)n;
	}
	return word;
}

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t r;

	do
		r = waitpid(pid, status, 0);
	while (r < 0 && errno == EINTR);
	return r;
}

static void one_round(int round, uint32_t amount)
{
	pid_t pid[CHILDREN];
	int in[CHILDREN], ends[2], status;

	for (int i = 0; i < CHILDREN; i++) {
		if (pipe(ends))
			fail("pipe");
		pid[i] = fork();
		if (pid[i] < 0)
			fail("fork");
		if (pid[i] == 0) {
			close(ends[0]);
			child(ends[1], round, i + 1, amount);
		}
		close(ends[1]);
		in[i] = ends[0];
	}
	printf("round %d own %08x:", round, work(amount, (uint32_t)round));
	for (int i = 0; i < CHILDREN; i++) {
		uint32_t word = read_word(in[i]);
		char more;

		if (read(in[i], &more, 1) != 0)
			fail("the pipe has no end");
		close(in[i]);
		if (wait_for(pid[i], &status) != pid[i] || !WIFEXITED(status))
			fail("waitpid");
		printf(" %08x/%d", word, WEXITSTATUS(status));
	}
	printf("\n");
	fflush(stdout);
}

/* A child that waits for a signal, is stopped, goes on, and dies of SIGTERM. */
static void signals_between(void)
{
	sigset_t block, old;
	pid_t pid;
	int status;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &old);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		while (!called)
			sigsuspend(&old);
		kill(getppid(), SIGUSR2);
		for (;;)
			pause();
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	called = 0;
	kill(pid, SIGUSR1);
	while (!called)
		usleep(1000);
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		fail("not stopped");
	printf("stopped by %d\n", WSTOPSIG(status));
	kill(pid, SIGCONT);
	if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
		fail("not continued");
	kill(pid, SIGTERM);
	if (wait_for(pid, &status) != pid || !WIFSIGNALED(status))
		fail("not killed");
	printf("killed by %d\n", WTERMSIG(status));
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
	int rounds, status;
	uint32_t amount;

	if (argc != 3) {
		fprintf(stderr, "usage: forks ROUNDS WORK\n");
		return 2;
	}
	rounds = atoi(argv[1]);
	amount = (uint32_t)strtoul(argv[2], NULL, 0);
	sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = on_call;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	for (int round = 1; round <= rounds; round++)
		one_round(round, amount);
	signals_between();
	printf("SIGCHLD %s\n", children_ended ? "came" : "never came");
	status = system("exit 5");
	printf("system %d\n", WEXITSTATUS(status));
	if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD)
		printf("children are left\n");
	return 17;
}
