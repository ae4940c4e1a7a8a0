/* sleeper: sleeps in one way and reports how it woke; moved by tests/qemu while it sleeps.
 * Arguments: nanosleep MS | read | wait MS | poll MS | stop | fork MS | pipe MS | sigwait.
 * Never prints a time: only whether the sleep had the right length. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	if (nanosleep(&t, NULL))
		perror("nanosleep");
}

/* Early is wrong at once, late only when it is much. */
static int length_right(long long start, long ms)
{
	long long took = now_ms() - start;

	return took >= ms && took < ms + 5000;
}

static int in_nanosleep(long ms)
{
	long long start = now_ms();

	sleep_ms(ms);
	printf("slept %s\n", length_right(start, ms) ? "right" : "wrong");
	return 0;
}

static int in_read(void)
{
	char line[100];
	ssize_t n = read(0, line, sizeof line - 1);

	if (n < 0) {
		perror("read");
		return 1;
	}
	line[n] = '\0';
	printf("read %s", line);
	return 3;
}

static int in_poll(long ms)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};
	long long start = now_ms();
	int r = poll(&p, 1, (int)ms);

	if (r == 1)
		return in_read();
	printf("poll %d, %s\n", r, length_right(start, ms) ? "right" : "wrong");
	return r < 0;
}

static int in_wait(long ms)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sleep_ms(ms);
		_exit(23);
	}
	if (wait(&status) != pid)
		perror("wait");
	printf("child ended with %d\n", WEXITSTATUS(status));
	return 0;
}

/* Parent and child go on after the fork, each computing, for a while. */
static int in_fork(long ms)
{
	unsigned long long n = 0;
	long long end;
	int status, ends[2];
	pid_t pid;
	char word[6] = "";

	if (pipe(ends))
		return 1;
	pid = fork();
	end = now_ms() + ms;
	while (now_ms() < end)
		n++;
	if (pid == 0)
		_exit(write(ends[1], "child", 5) == 5 && n ? 9 : 1);
	if (read(ends[0], word, 5) != 5 || waitpid(pid, &status, 0) != pid)
		return 1;
	printf("%s %d\n", word, WEXITSTATUS(status));
	return 0;
}

/* Blocked in writing to a full pipe that the child empties late. */
static int in_pipe(long ms)
{
	static char block[200000];
	char buffer[5000];
	size_t got = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends))
		return 1;
	memset(block, 'x', sizeof block);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		sleep_ms(ms);
		while ((n = read(ends[0], buffer, sizeof buffer)) > 0)
			for (ssize_t i = 0; i < n; i++)
				got += buffer[i] == 'x';
		_exit(got == sizeof block ? 11 : 12);
	}
	close(ends[0]);
	n = write(ends[1], block, sizeof block);
	close(ends[1]);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	printf("wrote %ld, child %d\n", (long)n, WEXITSTATUS(status));
	return 0;
}

static int in_stop(void)
{
	printf("before\n");
	fflush(stdout);
	raise(SIGSTOP);
	printf("after\n");
	return 0;
}

static int in_sigwait(void)
{
	siginfo_t info;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("waiting\n");
	fflush(stdout);
	r = sigwaitinfo(&set, &info);
	printf("signal %d, %s\n", r, info.si_code == SI_USER ? "by a process" : "otherwise");
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	long ms = argc > 2 ? atol(argv[2]) : 1000;

	if (!strcmp(how, "nanosleep"))
		return in_nanosleep(ms);
	if (!strcmp(how, "read"))
		return in_read();
	if (!strcmp(how, "poll"))
		return in_poll(ms);
	if (!strcmp(how, "wait"))
		return in_wait(ms);
	if (!strcmp(how, "fork"))
		return in_fork(ms);
	if (!strcmp(how, "pipe"))
		return in_pipe(ms);
	if (!strcmp(how, "stop"))
		return in_stop();
	if (!strcmp(how, "sigwait"))
		return in_sigwait();
	fprintf(stderr, "usage: sleeper nanosleep|read|poll|wait|fork|pipe|stop|sigwait [MS]\n");
	return 2;
}
