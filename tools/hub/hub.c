/* The Ethernet of a cluster of QEMUs: unix datagram sockets joined like a learning hub.
 * Started by the host tool:  hub --dir DIR --ports N --control PATH [--loss P ...] [--pcap FILE]
 * Never needs root; port N reads DIR/hN and writes DIR/qN, the other way round from the QEMU's view. */
#define _GNU_SOURCE
#include "tools/hub/hub.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX  16
#define CLIENT_LINE_MAX    32768 /* an injected jumbo frame in hexadecimal */
#define READ_BURST   64    /* frames taken from one port before the others get their turn */
#define TAG_LISTEN   (1u << 17)
#define TAG_CLIENT   (1u << 18)

struct client {
	int fd; /* 0: free */
	size_t used;
	char line[CLIENT_LINE_MAX];
};

static struct hub hub;
static struct client clients[CLIENTS_MAX];

static void on_signal(int number)
{
	(void)number;
	hub.quit = true;
}

static int die(const char *what, int error)
{
	fprintf(stderr, "hub: %s: %s\n", what, strerror(error));
	return 1;
}

static int listen_on(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_LISTEN};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* the name appears only when somebody listens behind it: who waits for it may connect at once */
	if ((size_t)snprintf(addr.sun_path, sizeof addr.sun_path, "%s~", path) >= sizeof addr.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(addr.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, CLIENTS_MAX) != 0 ||
	    rename(addr.sun_path, path) != 0)
		return -1;
	epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, fd, &event);
	return fd;
}

static void accept_client(int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < CLIENTS_MAX; i++)
		if (!clients[i].fd) {
			struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_CLIENT | i};

			clients[i].fd = fd;
			clients[i].used = 0;
			epoll_ctl(hub.epoll_fd, EPOLL_CTL_ADD, fd, &event);
			return;
		}
	if (fd >= 0)
		close(fd);
}

static void close_client(struct client *c)
{
	close(c->fd);
	c->fd = 0;
}

/* Carries out one line; the answer is written in one go (answers are small against a socket's buffer). */
static bool serve_line(struct client *c, char *line)
{
	char *text = NULL;
	size_t length = 0, done = 0;
	FILE *out = open_memstream(&text, &length);

	hub_control(&hub, line, out);
	fclose(out);
	while (done < length) {
		ssize_t n = send(c->fd, text + done, length - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			usleep(200);
			continue;
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	free(text);
	return done == length;
}

static void read_client(struct client *c)
{
	ssize_t n = read(c->fd, c->line + c->used, sizeof c->line - 1 - c->used);
	char *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close_client(c);
		return;
	}
	c->used += (size_t)n;
	c->line[c->used] = '\0';
	while ((end = strchr(c->line, '\n')) != NULL) {
		size_t taken = (size_t)(end - c->line) + 1;

		*end = '\0';
		if (!serve_line(c, c->line)) {
			close_client(c);
			return;
		}
		memmove(c->line, c->line + taken, c->used - taken + 1);
		c->used -= taken;
	}
	if (c->used == sizeof c->line - 1)
		close_client(c);
}

static void read_port(unsigned number)
{
	static uint8_t bytes[FRAME_MAX];

	for (int i = 0; i < READ_BURST; i++) {
		ssize_t n = recv(hub.port[number].rx_fd, bytes, sizeof bytes, 0);

		if (n < 0)
			return;
		hub_forward(&hub, number, bytes, (size_t)n);
	}
}

static void dispatch(const struct epoll_event *event, int listen_fd)
{
	uint64_t tag = event->data.u64;

	if (tag & TAG_LISTEN)
		accept_client(listen_fd);
	else if (tag & TAG_CLIENT)
		read_client(&clients[tag & 0xFFFF]);
	else if (tag >> 16)
		hub_flush_port(&hub, (unsigned)(tag & 0xFFFF));
	else
		read_port((unsigned)tag);
}

/* Waits for events; kernels before 5.11 know only milliseconds. */
static int wait_events(struct epoll_event *events, int max, int64_t wait_ns)
{
	struct timespec ts = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
	int n = epoll_pwait2(hub.epoll_fd, events, max, wait_ns < 0 ? NULL : &ts, NULL);

	if (n < 0 && errno == ENOSYS)
		n = epoll_wait(hub.epoll_fd, events, max, wait_ns < 0 ? -1 : (int)((wait_ns + 999999) / 1000000));
	return n;
}

static void serve(int listen_fd)
{
	struct epoll_event events[64];

	while (!hub.quit) {
		int64_t wait_ns = hub_run_due(&hub);
		int n;

		if (wait_ns < 0 && hub.pcap)
			fflush(hub.pcap);
		n = wait_events(events, 64, wait_ns);
		for (int i = 0; i < n; i++)
			dispatch(&events[i], listen_fd);
	}
}

static void usage(void)
{
	fputs("usage: hub --dir DIR --ports N --control PATH [--with-parent] [--pcap FILE]\n"
	      "           [--loss P] [--dup P] [--reorder P] [--corrupt P] [--delay MS] [--rate MBIT] [--seed S]\n",
	      stderr);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"dir", 1, NULL, 'd'}, {"ports", 1, NULL, 'n'}, {"control", 1, NULL, 'c'}, {"pcap", 1, NULL, 'p'},
		{"with-parent", 0, NULL, 'w'}, {"loss", 1, NULL, 'f'}, {"dup", 1, NULL, 'f'}, {"reorder", 1, NULL, 'f'},
		{"corrupt", 1, NULL, 'f'}, {"delay", 1, NULL, 'f'}, {"rate", 1, NULL, 'f'}, {"seed", 1, NULL, 'f'},
		{NULL, 0, NULL, 0}};
	const char *control = NULL, *pcap = NULL;
	int ports = 0, which = 0, option, listen_fd, error;

	hub.faults.seed = 1;
	hub_seed(&hub);
	while ((option = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (option == 'd')
			hub.dir = optarg;
		else if (option == 'n')
			ports = atoi(optarg);
		else if (option == 'c')
			control = optarg;
		else if (option == 'p')
			pcap = optarg;
		else if (option == 'w')
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		else if (option != 'f' || !hub_set_fault(&hub, options[which].name, optarg)) {
			usage();
			return 2;
		}
	}
	if (!hub.dir || !control || ports < 0 || ports > PORTS_MAX || optind != argc) {
		usage();
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
	hub.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 1; i <= ports; i++)
		if ((error = hub_open_port(&hub, (unsigned)i)) != 0)
			return die("cannot open a port", -error);
	if (pcap && (error = hub_pcap(&hub, pcap)) != 0)
		return die(pcap, -error);
	listen_fd = listen_on(control);
	if (listen_fd < 0)
		return die(control, errno);
	serve(listen_fd);
	hub_pcap(&hub, NULL);
	return 0;
}
