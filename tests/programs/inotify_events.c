/* inotify_events.c - watches on a directory and a file: names, moves, ends of watches, errors.
 * Run by: tests/qemu/test_ipc.py, in an empty directory, at home, moved, and on the host; the output is the same everywhere.
 * Never: prints a cookie, only whether two are the same. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int n;

static void say(const char *what, long r)
{
	if (r < 0)
		printf("%s %ld %s\n", what, r, strerror(errno));
	else
		printf("%s %ld\n", what, r);
}

static void show(const char *what)
{
	static char buf[4096] __attribute__((aligned(8)));
	unsigned cookie = 0;
	ssize_t len = read(n, buf, sizeof buf);

	printf("%s:", what);
	if (len < 0) printf(" %s", strerror(errno));
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *e = (const void *)(buf + at);
		printf(" %d:%x", e->wd, e->mask);
		if (e->len) printf(":%s/%u", e->name, e->len);
		if (e->cookie) printf(":%s", e->cookie == cookie ? "same" : "cookie");
		cookie = e->cookie;
		at += (ssize_t)(sizeof *e + e->len);
	}
	printf("\n");
}

int main(void)
{
	struct pollfd p;
	char c, small[8];
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	say("flags", inotify_init1(77));
	n = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	mkdir("d", 0755);
	say("absent", inotify_add_watch(n, "absent", IN_CREATE));
	say("no mask", inotify_add_watch(n, "d", 0));
	say("bad fd", inotify_add_watch(999, "d", IN_CREATE));
	say("no inotify", inotify_add_watch(0, "d", IN_CREATE));
	say("watch", inotify_add_watch(n, "d", IN_ALL_EVENTS & ~(IN_ACCESS | IN_OPEN | IN_CLOSE_NOWRITE)));
	show("nothing");
	fd = open("d/file", O_CREAT | O_RDWR, 0644);
	show("create");
	write(fd, "abc", 3);
	write(fd, "def", 3);
	show("write");
	p = (struct pollfd){.fd = n, .events = POLLIN};
	printf("poll %d\n", poll(&p, 1, 0));
	close(fd);
	printf("poll %d\n", poll(&p, 1, 0));
	int bytes = 0;
	ioctl(n, FIONREAD, &bytes);
	printf("bytes %d\n", bytes);
	say("small", read(n, small, sizeof small));
	show("close");
	chmod("d/file", 0600);
	show("chmod");
	truncate("d/file", 2);
	show("truncate");
	say("file", inotify_add_watch(n, "d/file", IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_OPEN | IN_ACCESS | IN_CLOSE));
	fd = open("d/file", O_RDONLY);
	read(fd, &c, 1);
	close(fd);
	show("read");
	rename("d/file", "d/longer-name-than-sixteen");
	show("rename");
	rename("d/longer-name-than-sixteen", "out");
	show("out");
	rename("out", "d/in");
	show("in");
	mkdir("d/sub", 0755);
	rmdir("d/sub");
	symlink("x", "d/link");
	link("d/in", "d/hard");
	unlink("d/link");
	show("others");
	unlink("d/hard");
	show("one of two");
	unlink("d/in");
	show("last");
	int wd = inotify_add_watch(n, "d", IN_CREATE | IN_ONESHOT);
	say("same watch", wd);
	say("create only", inotify_add_watch(n, "d", IN_CREATE | IN_MASK_CREATE));
	mkdir("d/one", 0755);
	mkdir("d/two", 0755);
	show("once");
	wd = inotify_add_watch(n, "d", IN_DELETE);
	say("again", wd);
	say("remove", inotify_rm_watch(n, wd));
	say("remove", inotify_rm_watch(n, wd));
	show("ignored");
	say("only directories", inotify_add_watch(n, "/proc/self/exe", IN_OPEN | IN_ONLYDIR));
	rmdir("d/one");
	rmdir("d/two");
	say("self", inotify_add_watch(n, "d", IN_DELETE_SELF));
	rmdir("d");
	show("self");
	close(n);
	return 0;
}
