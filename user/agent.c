/* The agent: runs the host tool's commands on a node, over a serial line.
 * Started by init as `agent /dev/ttyS1`; on the host by tests as `agent --fd N`.
 * Never touches the console's input; never gives up because of a bad byte or a failed command. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "user/agent_link.h"
#include "user/agent_session.h"

#define READY_EVERY_MS 1000 /* READY is repeated until the host says HELLO */
#define PARTIAL_MS     200  /* the rest of a frame that does not come */

static struct agent_link line;
static int child_pipe[2];
static struct termios modes; /* of the line; c_cc[VMIN] 0: it is no terminal */
static bool greeted, ack_due;
static uint16_t next_seq; /* of host frames */
static uint8_t nonce[8];

static void on_child(int number)
{
	int saved = errno;

	if (write(child_pipe[1], &(char){(char)number}, 1) < 0)
		errno = saved; /* full: a byte is waiting already */
	errno = saved;
}

/* ---- small helpers ---- */

static void send_text(uint8_t type, uint16_t id, const char *text)
{
	agent_link_send(&line, type, id, text, strlen(text));
}

static void send_ready(void)
{
	uint8_t payload[9 + 64] = {AGENT_VERSION};
	char *name = (char *)payload + 9;

	memcpy(payload + 1, nonce, sizeof nonce);
	gethostname(name, 63);
	agent_link_send(&line, AGENT_READY, 0, payload, 9 + strlen(name));
}

/* ---- what the host asks ---- */

/* The numbers of the nodes whose status begins with "up", with spaces between them. */
static void list_up(char *out, size_t size)
{
	DIR *dir = opendir("/proc/hpc/nodes");
	struct dirent *entry;
	size_t used = 0;

	out[0] = '\0';
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char path[64], text[16] = "";
		int fd;

		if (entry->d_name[0] == '.' || used + 8 > size)
			continue;
		snprintf(path, sizeof path, "/proc/hpc/nodes/%.16s/status", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof text - 1) > 0 && !strncmp(text, "up", 2))
			used += (size_t)snprintf(out + used, size - used, "%.5s ", entry->d_name);
		close(fd);
	}
	closedir(dir);
}

static void answer(const struct agent_frame *frame)
{
	char text[AGENT_PAYLOAD_MAX] = "?";

	if (frame->length == 5 && !memcmp(frame->payload, "peers", 5))
		list_up(text, sizeof text);
	send_text(AGENT_ANSWER, frame->session, text);
}

static void set_window(const struct agent_frame *frame)
{
	struct winsize size;
	int fd;

	if (frame->length < 4)
		return;
	memset(&size, 0, sizeof size);
	size.ws_row = (unsigned short)(frame->payload[0] | frame->payload[1] << 8);
	size.ws_col = (unsigned short)(frame->payload[2] | frame->payload[3] << 8);
	fd = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	ioctl(fd, TIOCSWINSZ, &size);
	close(fd);
}

static void handle_hello(const struct agent_frame *frame)
{
	sessions_end_all();
	greeted = true;
	next_seq = (uint16_t)(frame->seq + 1);
	if (frame->length == sizeof nonce)
		memcpy(nonce, frame->payload, sizeof nonce);
	send_ready();
}

static void send_ack(void)
{
	uint16_t last = (uint16_t)(next_seq - 1);

	agent_link_send(&line, AGENT_ACK, 0, (uint8_t[2]){(uint8_t)last, (uint8_t)(last >> 8)}, 2);
}

static void handle(const struct agent_frame *frame)
{
	if (frame->type == AGENT_HELLO) {
		if (greeted && frame->length == sizeof nonce && !memcmp(nonce, frame->payload, sizeof nonce))
			send_ready(); /* a repeat: our answer was lost */
		else
			handle_hello(frame);
		return;
	}
	if (!greeted)
		return;
	ack_due = true; /* also for a repeat, or if one before it was lost: the host goes back to what we say */
	if (frame->seq != next_seq)
		return;
	next_seq++;
	if (frame->type == AGENT_QUERY)
		answer(frame);
	else if (frame->type == AGENT_WINSIZE && frame->session == 0)
		set_window(frame);
	else
		sessions_handle(frame);
}

/* ---- the loop ---- */

/* How long the line alone lets us sleep, in ms. */
static int patience(void)
{
	if (!greeted)
		return READY_EVERY_MS;
	return modes.c_cc[VMIN] > 1 && line.used > line.taken ? PARTIAL_MS : -1;
}

static int open_line(int argc, char **argv)
{
	int fd;

	if (argc == 3 && !strcmp(argv[1], "--fd"))
		return atoi(argv[2]);
	if (argc != 2)
		return -1;
	fd = open(argv[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && tcgetattr(fd, &modes) == 0) {
		cfmakeraw(&modes);
		modes.c_cflag |= CLOCAL | CREAD;
		modes.c_cc[VMIN] = 1;
		modes.c_cc[VTIME] = 0;
		tcsetattr(fd, TCSANOW, &modes);
	} else {
		modes.c_cc[VMIN] = 0;
	}
	return fd;
}

/* Asks the terminal to wake us only when that many bytes have come: the UART brings them by the dozen. */
static void await(size_t bytes)
{
	cc_t least = (cc_t)(bytes < 255 ? bytes : 255);

	if (modes.c_cc[VMIN] == 0 || modes.c_cc[VMIN] == least)
		return;
	modes.c_cc[VMIN] = least;
	tcsetattr(line.fd, TCSANOW, &modes);
}

/* Takes what the line brought.  False when the line is gone. */
static bool serve_line(void)
{
	struct agent_frame frame;
	int got = agent_link_fill(&line);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	while (agent_link_next(&line, &frame))
		handle(&frame);
	if (ack_due)
		send_ack();
	ack_due = false;
	await(agent_link_missing(&line));
	return true;
}

/* Standard descriptors 0 to 2 must be taken, or pipes would land there. */
static void hold_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		close(fd);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	struct pollfd polls[2 + SESSION_POLLS];
	int fd;

	hold_standard_fds();
	fd = open_line(argc, argv);
	if (fd < 0 || pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return 1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &action, NULL);
	agent_link_init(&line, fd);
	sessions_init(&line);
	send_ready();
	for (;;) {
		int timeout = patience(), n;
		nfds_t count = sessions_poll(polls + 2, &timeout);
		bool child;

		polls[0] = (struct pollfd){.fd = line.fd, .events = POLLIN};
		polls[1] = (struct pollfd){.fd = child_pipe[0], .events = POLLIN};
		n = poll(polls, 2 + count, timeout);
		child = n <= 0 || polls[1].revents;
		if (n == 0 && !greeted)
			send_ready();
		if (n == 0 && line.used > line.taken)
			await(1); /* a piece of a frame, or of noise: every byte counts */
		if (n > 0 && polls[0].revents && !serve_line())
			return 1; /* init starts us again */
		if (n > 0 && child)
			while (read(child_pipe[0], (char[16]){0}, 16) > 0)
				;
		if (n > 0)
			sessions_serve(polls + 2, count);
		if (child)
			sessions_reap();
	}
}
