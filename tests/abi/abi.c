/* abi.c - the frame around a family's sections: one process each, guarded by time; lines; moving while it runs.
 * Linked into every family.  ABI_NODES=2,3 makes each section go to these nodes in turn, first before its first case, then after
 * every few lines; how often it went is told on stderr.
 * Never prints through stdio's buffers: a child must not print its parent's lines again. */
#include "abi.h"

#include <grp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#define LINES_PER_MOVE 40
#define CHILD_SECONDS 10
#define MOVED_FACTOR 5 /* a move may take seconds on a busy machine */
#define PLACE "/tmp/abi"

static const char *nodes;      /* text of ABI_NODES, or NULL */
static unsigned next_node;     /* index into it */
static unsigned lines, moved, refused;

/* The n-th of the comma-separated nodes, beginning anew after the last. */
static size_t node_text(unsigned n, char *out)
{
	const char *p = nodes;
	size_t len = 0;

	while (n-- > 0) {
		p = strchr(p, ',');
		p = p ? p + 1 : nodes;
	}
	while (p[len] && p[len] != ',' && len < 8) {
		out[len] = p[len];
		len++;
	}
	return len;
}

/* To the next node.  May be refused (other root, other user, shared memory): then the case runs where it is. */
static void move_on(void)
{
	int saved = errno;
	char text[8];
	size_t len = node_text(next_node++, text);
	int fd = open("/proc/self/goto", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		moved++;
	else
		refused++;
	if (fd >= 0)
		close(fd);
	errno = saved;
}

static void put(const char *text, size_t len)
{
	int saved = errno;

	while (len > 0) {
		ssize_t n = write(1, text, len);
		if (n < 0 && errno != EINTR)
			_exit(99);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	if (nodes && ++lines % LINES_PER_MOVE == 0)
		move_on();
	errno = saved;
}

static void put_line(const char *call, const char *condition, const char *result, const char *more)
{
	char text[1024];
	int n = snprintf(text, sizeof text - 1, "%s | %s | %s%s%s", call, condition, result, *more ? " " : "", more);

	if (n > (int)sizeof text - 2)
		n = (int)sizeof text - 2;
	text[n++] = '\n';
	put(text, (size_t)n);
}

const char *errno_name(int error)
{
	static char number[16];
	const char *name = strerrorname_np(error);

	if (name)
		return error == EOPNOTSUPP ? "EOPNOTSUPP" : name;
	snprintf(number, sizeof number, "E%d", error);
	return number;
}

void abi_line(const char *call, const char *condition, long long value, int error, int hide, const char *format, ...)
{
	char result[64], more[800] = "";
	va_list args;

	if (format) {
		va_start(args, format);
		vsnprintf(more, sizeof more, format, args);
		va_end(args);
	}
	if (value == -1 && error)
		snprintf(result, sizeof result, "-1 %s", errno_name(error));
	else if (hide && value >= 0)
		snprintf(result, sizeof result, "ok");
	else
		snprintf(result, sizeof result, "%lld", value);
	put_line(call, condition, result, more);
}

void note(const char *call, const char *condition, const char *format, ...)
{
	char text[900];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put_line(call, condition, text, "");
}

const char *status_text(int status)
{
	static char text[48];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof text, "killed SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "?");
	else if (WIFSTOPPED(status))
		snprintf(text, sizeof text, "stopped SIG%s", sigabbrev_np(WSTOPSIG(status)) ?: "?");
	else
		snprintf(text, sizeof text, "exit %d", WEXITSTATUS(status));
	return text;
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static void begin_child(void)
{
	alarm(nodes ? MOVED_FACTOR * CHILD_SECONDS : CHILD_SECONDS);
	lines = 0;
	if (nodes)
		move_on();
}

int in_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		begin_child();
		fn();
		_exit(0);
	}
	return reap(pid);
}

void ends(const char *call, const char *condition, void (*fn)(void))
{
	note(call, condition, "%s", status_text(in_child(fn)));
}

void ends_with(const char *call, const char *condition, void (*fn)(int), int arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		begin_child();
		fn(arg);
		_exit(0);
	}
	note(call, condition, "%s", status_text(reap(pid)));
}

void as_user(unsigned uid, unsigned gid, void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		begin_child();
		if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
			_exit(98);
		fn();
		_exit(0);
	}
	int status = reap(pid);
	if (status != 0)
		note("as_user", "ended", "%s", status_text(status));
}

void *edge(size_t n)
{
	static char *end;

	if (!end) {
		char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			_exit(97);
		munmap(p + 2 * 4096, 4096);
		memset(p, 'e', 2 * 4096);
		end = p + 2 * 4096;
	}
	return end - n;
}

long must(const char *what, long value)
{
	if (value < 0) {
		note("section", what, "cannot go on: %s", errno_name(errno));
		_exit(96);
	}
	return value;
}

int must_open(const char *path, int flags, int mode)
{
	return (int)must(path, open(path, flags, mode));
}

void make_file(const char *path, const char *text)
{
	int fd = must_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	must(path, write(fd, text, strlen(text)));
	close(fd);
}

int shut(long fd)
{
	if (fd < 0)
		return -1;
	close((int)fd);
	return 0;
}

void moment(void)
{
	struct timespec t = {0, 10000000};

	nanosleep(&t, NULL);
}

const char *long_name(size_t n)
{
	static char name[8192];

	memset(name, 'a', n);
	name[n] = '\0';
	return name;
}

/* ---- the frame */

static pid_t running;

static void too_late(int number)
{
	(void)number;
	kill(-running, SIGKILL);
	kill(running, SIGKILL);
}

static void limit(int which, unsigned soft, unsigned hard)
{
	struct rlimit r = {soft, hard};

	setrlimit((unsigned)which, &r);
}

static void run_section(const struct section *s)
{
	signal(SIGALRM, SIG_DFL);
	setpgid(0, 0);
	if (mkdir(s->name, 0755) && errno != EEXIST)
		_exit(95);
	if (chdir(s->name))
		_exit(95);
	if (nodes)
		move_on();
	s->run();
	if (nodes)
		dprintf(2, "%s: moved %u refused %u\n", s->name, moved, refused);
	_exit(0);
}

static void guard(const struct section *s)
{
	running = fork();
	if (running < 0)
		exit(94);
	if (running == 0)
		run_section(s);
	setpgid(running, running);
	alarm(nodes ? MOVED_FACTOR * SECTION_SECONDS : SECTION_SECONDS);
	int status = reap(running);
	alarm(0);
	kill(-running, SIGKILL);
	if (status != 0)
		note("section", s->name, "%s", status_text(status));
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	struct sigaction late = {.sa_handler = too_late};

	nodes = getenv("ABI_NODES");
	syscall(SYS_close_range, 3, ~0u, 0);
	limit(RLIMIT_NOFILE, 1024, 4096);
	limit(RLIMIT_CORE, 0, 0);
	umask(022);
	mkdir(PLACE, 0755);
	if (chdir(PLACE) || (mkdir(name, 0755) && errno != EEXIST) || chdir(name))
		return 93;
	sigaction(SIGALRM, &late, NULL);
	for (const struct section *s = sections; s->name; s++)
		if (argc < 2 || strcmp(argv[1], s->name) == 0)
			guard(s);
	return 0;
}
