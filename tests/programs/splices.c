/* splices: splice, tee and vmsplice between pipes, files, sockets and memory; what moved and what was refused.
 * Run on the host and on nodes by tests/qemu; no arguments.
 * Never depends on time: what could sleep has its data, or is asked not to wait. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int a[2], b[2];

static void say(const char *what, ssize_t r)
{
	printf("%s: %zd%s%s\n", what, r < 0 ? -1 : r, r < 0 ? " " : "", r < 0 ? strerror(errno) : "");
	fflush(stdout);
}

/* What lies in a pipe, taken out. */
static void show(const char *what, int fd)
{
	char text[200];
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	n = read(fd, text, sizeof text);
	fcntl(fd, F_SETFL, 0);
	printf("%s holds %.*s\n", what, n < 0 ? 0 : (int)n, text);
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		say("write", -1);
}

static void files(int file)
{
	char text[64] = "";
	loff_t at = 2;

	put(a[1], "0123456789");
	say("pipe to file", splice(a[0], NULL, file, NULL, 4, 0));
	say("pipe to file at 2", splice(a[0], NULL, file, &at, 100, 0));
	printf("position %lld, of the file %lld\n", (long long)at, (long long)lseek(file, 0, SEEK_CUR));
	if (pread(file, text, sizeof text - 1, 0) >= 0)
		printf("file holds %s\n", text);
	at = 3;
	say("file to pipe", splice(file, &at, b[1], NULL, 100, 0));
	printf("position %lld\n", (long long)at);
	show("second", b[0]);
	at = 100;
	say("behind the end", splice(file, &at, b[1], NULL, 100, 0));
	at = -1;
	say("negative position", splice(file, &at, b[1], NULL, 100, 0));
}

static void pipes(void)
{
	put(a[1], "abcdef");
	say("tee", tee(a[0], b[1], 4, 0));
	show("second", b[0]);
	say("pipe to pipe", splice(a[0], NULL, b[1], NULL, 100, 0));
	show("first", a[0]);
	show("second", b[0]);
	say("nothing there", splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK));
	say("nothing to tee", tee(a[0], b[1], 1, SPLICE_F_NONBLOCK));
}

static void memory(void)
{
	static char large[200000] __attribute__((aligned(4096))), back[70000]; /* whole pages: Linux counts pages */
	struct iovec v[2] = {{(void *)"one ", 4}, {(void *)"two", 3}}, whole = {large, sizeof large}, into = {back, sizeof back};

	say("memory to pipe", vmsplice(a[1], v, 2, 0));
	show("first", a[0]);
	say("more than fits", vmsplice(a[1], &whole, 1, 0));
	say("full", vmsplice(a[1], &whole, 1, SPLICE_F_NONBLOCK));
	say("full for tee", tee(a[0], a[1], 1, SPLICE_F_NONBLOCK));
	say("pipe to memory", vmsplice(a[0], &into, 1, 0));
	say("empty", vmsplice(a[0], &into, 1, SPLICE_F_NONBLOCK));
	say("no memory there", vmsplice(a[1], &(struct iovec){(void *)8, 5}, 1, 0));
	say("no pieces", vmsplice(a[1], NULL, 0, 0));
}

static void refused(int file)
{
	loff_t at = 0;

	say("no pipe", splice(file, NULL, file, NULL, 1, 0));
	say("the same pipe", splice(a[0], NULL, a[1], NULL, 1, 0));
	say("wrong ends", splice(a[1], NULL, b[0], NULL, 1, 0));
	say("position in a pipe", splice(a[0], &at, b[1], NULL, 1, 0));
	say("bad flags", splice(a[0], NULL, b[1], NULL, 1, 16));
	say("no length", splice(a[0], NULL, 99, NULL, 0, 0));
	say("no such file", splice(a[0], NULL, 99, NULL, 1, 0));
	say("tee of a file", tee(file, a[1], 1, 0));
	say("tee, bad flags", tee(a[0], b[1], 1, 16));
	say("vmsplice of a file", vmsplice(file, &(struct iovec){&at, 1}, 1, 0));
	say("bad position", splice(a[0], NULL, file, (void *)8, 1, 0));
	fcntl(file, F_SETFL, O_APPEND);
	put(a[1], "x");
	say("to the end", splice(a[0], NULL, file, NULL, 1, 0));
	show("first", a[0]);
}

static void others(void)
{
	int s[2];
	char text[16] = "";

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return;
	put(a[1], "through");
	say("pipe to socket", splice(a[0], NULL, s[0], NULL, 100, 0));
	say("socket to pipe", splice(s[1], NULL, b[1], NULL, 100, 0));
	if (read(b[0], text, sizeof text - 1) > 0)
		printf("%s\n", text);
	int null = open("/dev/null", O_WRONLY);
	put(a[1], "gone");
	say("pipe to nothing", splice(a[0], NULL, null, NULL, 100, 0));
	show("first", a[0]);
}

/* Who waits is woken: by data, by the end, by a signal that goes on. */
static void waits(void)
{
	int p[2], status;

	if (pipe(p))
		return;
	pid_t pid = fork();
	if (pid == 0) {
		close(p[1]);
		ssize_t n = splice(p[0], NULL, b[1], NULL, 100, 0), end = splice(p[0], NULL, b[1], NULL, 100, 0);

		_exit(n == 5 && end == 0 ? 0 : 1);
	}
	close(p[0]);
	usleep(20000);
	put(p[1], "later");
	usleep(20000);
	close(p[1]);
	waitpid(pid, &status, 0);
	printf("waited: %d\n", status);
	show("second", b[0]);
	signal(SIGPIPE, SIG_IGN);
	if (pipe(p))
		return;
	close(p[0]);
	put(a[1], "z");
	say("nobody reads", splice(a[0], NULL, p[1], NULL, 1, 0));
	show("first", a[0]);
}

int main(void)
{
	char name[] = "/tmp/splices-XXXXXX";
	int file = mkstemp(name);

	if (file < 0 || pipe(a) || pipe(b))
		return 1;
	unlink(name);
	files(file);
	pipes();
	memory();
	refused(file);
	others();
	waits();
	return 0;
}
