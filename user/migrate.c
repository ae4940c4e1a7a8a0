/* migrate PID NODE|home: moves a process by writing its /proc/PID/goto.
 * Called by users and tests; exit status 0 only when the move is done.
 * Never guesses a reason: it prints what the kernel said. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 256

/* Decimal number from 1 to max, nothing else in the text. */
static int is_number(const char *text, long max)
{
	long value = 0;

	if (*text == '\0')
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		value = value * 10 + (*text - '0');
		if (value > max)
			return 0;
	}
	return value > 0;
}

/* What the kernel lists as obstacles, in one line; empty if nothing or unreadable. */
static void read_cantmove(const char *pid, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	out[0] = '\0';
	snprintf(path, sizeof path, "/proc/%s/cantmove", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		n = 0;
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if (*p == '\n')
			*p = ' ';
}

static const char *reason(int error, const char *target)
{
	switch (error) {
	case ENOENT:
	case ESRCH: return "no such process";
	case EINVAL: return "neither a node number nor home";
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENXIO: return strcmp(target, "home") ? "that node is not up" : "home is not reachable";
	case ENOMEM: return "not enough memory on the target node";
	case EBUSY: return "the process is on the move already, or cannot move now";
	case EPERM:
	case EACCES: return "not permitted";
	case ETIMEDOUT: return "the target node did not answer in time";
	default: return strerror(error);
	}
}

int main(int argc, char **argv)
{
	char path[64], obstacles[TEXT_MAX];
	ssize_t n;
	int fd, error;

	if (argc != 3 || !is_number(argv[1], 99999999) ||
	    !(is_number(argv[2], 65534) || !strcmp(argv[2], "home"))) {
		fprintf(stderr, "usage: migrate PID NODE|home\n");
		return 2;
	}
	snprintf(path, sizeof path, "/proc/%s/goto", argv[1]);
	fd = open(path, O_WRONLY);
	if (fd < 0) {
		fprintf(stderr, "migrate: %s: %s\n", argv[1], reason(errno, argv[2]));
		return 1;
	}
	n = write(fd, argv[2], strlen(argv[2]));
	error = n < 0 ? errno : 0;
	close(fd);
	if (n == (ssize_t)strlen(argv[2]))
		return 0;
	read_cantmove(argv[1], obstacles, sizeof obstacles);
	fprintf(stderr, "migrate: %s to %s: %s (%s)%s%s\n", argv[1], argv[2], error ? reason(error, argv[2]) : "short write",
		error ? strerror(error) : "incomplete", obstacles[0] ? "; cannot move: " : "", obstacles);
	return 1;
}
