/* trace: shows the calls that a command makes, as strace does: trace [-c] [-f] [-T] [-o FILE] [-p PID]... [COMMAND [ARG...]]
 * Reads /dev/trace (kernel/proc/tracer.h); works for processes that are away, too.
 * Never stops a process: it is heard, not held. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDS_MAX  64
#define CALLS_MAX 512

struct count {
	char name[40];
	unsigned long calls, errors;
	unsigned long long ns;
};

static bool count_only, follow, times, to_file;
static const char *file_name;
static int pids[PIDS_MAX], n_pids;
static int device = -1;
static FILE *out;
static volatile sig_atomic_t interrupted;
static sigset_t heeding; /* the signals that may come while we wait */

static void die(const char *what)
{
	fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fputs("usage: trace [-c] [-f] [-T] [-o FILE] [-p PID]... [COMMAND [ARG...]]\n"
	      "  -c  count calls, errors and time, and print a table at the end\n"
	      "  -f  children too\n"
	      "  -T  the processor's time that each call took\n"
	      "  -o  write to FILE, not to standard error\n"
	      "  -p  a process that runs already; Ctrl-C leaves it alone again\n", stderr);
	exit(1);
}

/* One command to the device.  0 or an errno. */
static int tell(const char *verb, int pid)
{
	char text[32];
	int n = pid ? snprintf(text, sizeof text, "%s %d", verb, pid) : snprintf(text, sizeof text, "%s", verb);

	return write(device, text, (size_t)n) == n ? 0 : errno;
}

/* ---- the command */

/* Where execvp would find it; NULL with errno. */
static const char *find(const char *name)
{
	static char path[4096];
	const char *dirs = getenv("PATH");

	if (strchr(name, '/'))
		return name;
	for (dirs = dirs ? dirs : "/bin:/usr/bin"; *dirs;) {
		size_t n = strcspn(dirs, ":");

		snprintf(path, sizeof path, "%.*s%s%s", (int)n, dirs, n ? "/" : "", name);
		if (access(path, X_OK) == 0)
			return path;
		dirs += n + (dirs[n] == ':');
	}
	errno = ENOENT;
	return NULL;
}

/* A child that waits until it is watched, then becomes the command. */
static pid_t start(char **argv)
{
	const char *path = find(argv[0]);
	int go[2], error;
	pid_t pid;

	if (!path)
		die(argv[0]);
	if (pipe2(go, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		die("cannot start a process");
	if (pid == 0) {
		char byte;

		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		execv(path, argv);
		die(argv[0]);
	}
	error = tell("exec", pid);
	if (error) {
		kill(pid, SIGKILL);
		errno = error;
		die("/dev/trace");
	}
	if (write(go[1], "x", 1) != 1)
		die("cannot start a process");
	close(go[0]);
	close(go[1]);
	return pid;
}

/* ---- lines */

static void show_line(char *line)
{
	static int first_tid;
	static bool several;
	char *us, *text;
	int tid = (int)strtol(line, &us, 10);
	unsigned long long spent = strtoull(us, &text, 10);

	text += *text == ' ';
	if (!first_tid)
		first_tid = tid;
	several |= tid != first_tid && tid != 0;
	if (to_file && (follow || n_pids > 1))
		fprintf(out, "%-5d ", tid);
	else if (several && tid)
		fprintf(out, "[pid %5d] ", tid);
	fputs(text, out);
	if (times && *text != '-' && *text != '+' && tid)
		fprintf(out, " <%llu.%06llu>", spent / 1000000, spent % 1000000);
	putc('\n', out);
}

/* ---- the table */

static struct count counts[CALLS_MAX];
static int n_counts;

/* One row of the device's table; rows of one name are one call's. */
static void add_count(const char *line)
{
	struct count c;
	int i = 0;

	if (sscanf(line, "%39s %lu %lu %llu", c.name, &c.calls, &c.errors, &c.ns) != 4)
		return;
	while (i < n_counts && strcmp(counts[i].name, c.name) != 0)
		i++;
	if (i == CALLS_MAX)
		return;
	if (i == n_counts)
		strcpy(counts[n_counts++].name, c.name);
	counts[i].calls += c.calls;
	counts[i].errors += c.errors;
	counts[i].ns += c.ns;
}

static int by_time(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x->calls != y->calls ? (x->calls < y->calls ? 1 : -1) : strcmp(x->name, y->name);
}

static void show_row(const struct count *c, unsigned long long all_ns, const char *name)
{
	unsigned long long share = all_ns ? c->ns * 10000 / all_ns : 0, us = c->ns / 1000;
	char errors[16] = "";

	if (c->errors)
		snprintf(errors, sizeof errors, "%lu", c->errors);
	fprintf(out, "%3llu.%02llu %4llu.%06llu %11llu %9lu %9s %s\n", share / 100, share % 100, us / 1000000, us % 1000000,
		c->calls ? us / c->calls : 0, c->calls, errors, name);
}

static void show_table(void)
{
	static const char rule[] = "------ ----------- ----------- --------- --------- ----------------\n";
	struct count all = {.calls = 0};

	qsort(counts, (size_t)n_counts, sizeof counts[0], by_time);
	for (int i = 0; i < n_counts; i++) {
		all.calls += counts[i].calls;
		all.errors += counts[i].errors;
		all.ns += counts[i].ns;
	}
	fprintf(out, "%% time     seconds  usecs/call     calls    errors syscall\n%s", rule);
	for (int i = 0; i < n_counts; i++)
		show_row(&counts[i], all.ns, counts[i].name);
	fputs(rule, out);
	show_row(&all, all.ns, "total");
}

/* ---- reading */

static void on_interrupt(int number)
{
	interrupted = number;
}

/* Everything that the device says, line by line, until nothing is watched any more. */
static void listen(void)
{
	static char buffer[8192];
	size_t used = 0;

	for (;;) {
		struct pollfd ready = {.fd = device, .events = POLLIN};
		char *line = buffer, *end;
		ssize_t n;

		if (ppoll(&ready, 1, NULL, &heeding) < 0 && interrupted) {
			interrupted = 0;
			tell("detach", 0);
		}
		if (!ready.revents)
			continue;
		n = read(device, buffer + used, sizeof buffer - 1 - used);
		if (n <= 0)
			return;
		used += (size_t)n;
		for (; (end = memchr(line, '\n', used - (size_t)(line - buffer))); line = end + 1) {
			*end = '\0';
			count_only ? add_count(line) : show_line(line);
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
		if (used == sizeof buffer - 1)
			used = 0; /* no line is that long */
	}
}

static void take_signals(const struct sigaction *action)
{
	static const int taken[] = {SIGINT, SIGQUIT, SIGTERM};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
		sigaction(taken[i], action, NULL);
		sigaddset(&set, taken[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &heeding);
}

static void prepare_output(void)
{
	out = file_name ? fopen(file_name, "we") : stderr;
	if (!out)
		die(file_name);
	to_file = file_name != NULL;
	if (!to_file)
		setvbuf(out, NULL, _IOLBF, 0);
}

static void take_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+cfTo:p:")) != -1)
		switch (c) {
		case 'c': count_only = true; break;
		case 'f': follow = true; break;
		case 'T': times = true; break;
		case 'o': file_name = optarg; break;
		case 'p':
			if (n_pids == PIDS_MAX || (pids[n_pids++] = atoi(optarg)) <= 0)
				usage();
			break;
		default: usage();
		}
	if (optind == argc && n_pids == 0)
		usage();
}

static void attach_all(void)
{
	for (int i = 0; i < n_pids; i++) {
		char what[32];

		errno = tell("attach", pids[i]);
		if (!errno)
			continue;
		snprintf(what, sizeof what, "attach to %d", pids[i]);
		die(what);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	pid_t child = 0;
	int status = 0;

	take_options(argc, argv);
	prepare_output();
	device = open("/dev/trace", O_RDWR | O_CLOEXEC);
	if (device < 0)
		die("/dev/trace");
	if (count_only)
		tell("count", 0);
	if (follow)
		tell("follow", 0);
	if (optind < argc)
		child = start(argv + optind);
	if (child)
		action.sa_handler = SIG_IGN; /* the command hears it: its end is ours */
	take_signals(&action);
	attach_all();
	listen();
	if (count_only)
		show_table();
	fclose(out);
	if (!child || waitpid(child, &status, 0) != child)
		return 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
