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
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "user/agent_link.h"

#define SESSIONS_MAX   16
#define RECORD_MAX     (128 * 1024) /* argv and environment of one command */
#define READY_EVERY_MS 1000         /* READY is repeated until the host says HELLO */
#define PARTIAL_MS     200          /* the rest of a frame that does not come */
#define EXIT_POLL_MS   20           /* looks for the end of a command that closed its output */

struct session {
	bool used, running, ended; /* ended: the command is gone, its output may still be in the pipes */
	bool in_eof;               /* the host sent EOF: close stdin once the buffer is empty */
	uint16_t id;
	pid_t pid;
	int status;
	int in, out, err; /* our ends of the pipes; -1: closed */
	uint32_t credit;  /* bytes of output that the host is ready to take */
	size_t in_used, record_used;
	uint8_t *record;
	uint8_t in_buffer[AGENT_STDIN_CREDIT];
};

static struct session sessions[SESSIONS_MAX];
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

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void send_text(uint8_t type, uint16_t id, const char *text)
{
	agent_link_send(&line, type, id, text, strlen(text));
}

static void send_u32(uint8_t type, uint16_t id, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

	agent_link_send(&line, type, id, bytes, sizeof bytes);
}

static void send_ready(void)
{
	uint8_t payload[9 + 64] = {AGENT_VERSION};
	char *name = (char *)payload + 9;

	memcpy(payload + 1, nonce, sizeof nonce);
	gethostname(name, 63);
	agent_link_send(&line, AGENT_READY, 0, payload, 9 + strlen(name));
}

static struct session *find_session(uint16_t id, bool create)
{
	struct session *spare = NULL;

	for (int i = 0; i < SESSIONS_MAX; i++) {
		if (sessions[i].used && sessions[i].id == id)
			return &sessions[i];
		if (!sessions[i].used && !spare)
			spare = &sessions[i];
	}
	if (!create || !spare)
		return NULL;
	memset(spare, 0, offsetof(struct session, in_buffer));
	spare->used = true;
	spare->id = id;
	spare->in = spare->out = spare->err = -1;
	spare->credit = AGENT_OUTPUT_CREDIT;
	return spare;
}

static void free_session(struct session *s)
{
	close_fd(&s->in);
	close_fd(&s->out);
	close_fd(&s->err);
	free(s->record);
	s->record = NULL;
	s->used = false;
}

static void fail_session(struct session *s, const char *what, int error)
{
	char text[160];

	snprintf(text, sizeof text, "%s: %s", what, strerror(error));
	send_text(AGENT_FAIL, s->id, text);
	free_session(s);
}

/* ---- starting a command ---- */

/* The strings of a start record, found and counted before anything is done. */
struct start {
	unsigned flags;
	const char *cwd;
	char **argv;
	char **env; /* additions */
};

/* Cuts a record into a start; all pointers go into the record.  False if it is malformed or memory is short. */
static bool parse_start(struct session *s, struct start *start)
{
	size_t argc, envc, at = 5, count = 0;
	char **list;

	if (s->record_used < 7 || s->record[s->record_used - 1] != '\0')
		return false;
	start->flags = s->record[0];
	argc = s->record[1] | (size_t)s->record[2] << 8;
	envc = s->record[3] | (size_t)s->record[4] << 8;
	list = calloc(argc + envc + 3, sizeof *list);
	if (!list || argc == 0) {
		free(list);
		return false;
	}
	start->cwd = (const char *)s->record + at;
	at += strlen(start->cwd) + 1;
	start->argv = list;
	start->env = list + argc + 1;
	for (; at < s->record_used && count < argc + envc; count++) {
		char *text = (char *)s->record + at;

		(count < argc ? start->argv : start->env - argc)[count] = text;
		at += strlen(text) + 1;
	}
	if (count == argc + envc && at == s->record_used)
		return true;
	free(list);
	return false;
}

/* In the child: becomes the command.  fds are its stdin, stdout and stderr. */
static void run_child(const struct start *start, const int fds[3])
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	for (char **env = start->env; *env; env++)
		putenv(*env);
	if (start->cwd[0] && chdir(start->cwd) != 0) {
		dprintf(2, "godwit: %s: %s\n", start->cwd, strerror(errno));
		_exit(126);
	}
	execvp(start->argv[0], start->argv);
	dprintf(2, "godwit: %s: %s\n", start->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* A pipe whose ends do not leak into commands and lie above the standard descriptors. */
static bool open_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0;
}

/* Makes the pipes and the child.  Returns 0 or an errno; ends[i] holds the child's and our end. */
static int launch(struct session *s, const struct start *start)
{
	int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, error = 0;
	bool no_stdin = start->flags & AGENT_OPEN_NO_STDIN;

	if (no_stdin)
		ends[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if ((!no_stdin && !open_pipe(ends[0])) || !open_pipe(ends[1]) || !open_pipe(ends[2]))
		error = errno;
	s->pid = error ? -1 : fork();
	if (s->pid == 0)
		run_child(start, (int[3]){ends[0][0], ends[1][1], ends[2][1]});
	if (!error && s->pid < 0)
		error = errno;
	close_fd(&ends[0][0]);
	close_fd(&ends[1][1]);
	close_fd(&ends[2][1]);
	s->in = ends[0][1];
	s->out = ends[1][0];
	s->err = ends[2][0];
	if (s->in >= 0)
		fcntl(s->in, F_SETFL, O_NONBLOCK);
	if (s->out >= 0)
		fcntl(s->out, F_SETFL, O_NONBLOCK);
	if (s->err >= 0)
		fcntl(s->err, F_SETFL, O_NONBLOCK);
	s->running = !error;
	return error;
}

static void open_session(struct session *s)
{
	struct start start;
	int error;

	if (s->running || s->ended)
		return;
	if (!parse_start(s, &start)) {
		fail_session(s, "start record", EINVAL);
		return;
	}
	error = launch(s, &start);
	free(start.argv);
	if (error) {
		fail_session(s, "cannot start a process", error);
		return;
	}
	free(s->record);
	s->record = NULL;
}

static void append_record(struct session *s, const struct agent_frame *frame)
{
	uint8_t *bigger;

	if (s->running || s->record_used + frame->length > RECORD_MAX) {
		fail_session(s, "start record", E2BIG);
		return;
	}
	bigger = realloc(s->record, s->record_used + frame->length + 1);
	if (!bigger) {
		fail_session(s, "start record", ENOMEM);
		return;
	}
	s->record = bigger;
	memcpy(s->record + s->record_used, frame->payload, frame->length);
	s->record_used += frame->length;
}

/* ---- a running command ---- */

/* Writes buffered stdin into the pipe and gives the host credit for what went. */
static void drain_stdin(struct session *s)
{
	ssize_t n = 0;

	if (s->in_used && s->in >= 0) {
		n = write(s->in, s->in_buffer, s->in_used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			close_fd(&s->in); /* nobody reads: what comes is thrown away */
	}
	if (s->in < 0)
		n = (ssize_t)s->in_used;
	if (n > 0) {
		memmove(s->in_buffer, s->in_buffer + n, s->in_used - (size_t)n);
		s->in_used -= (size_t)n;
		send_u32(AGENT_CREDIT, s->id, (uint32_t)n);
	}
	if (s->in_eof && s->in_used == 0)
		close_fd(&s->in);
}

static void take_stdin(struct session *s, const struct agent_frame *frame)
{
	size_t room = sizeof s->in_buffer - s->in_used;
	size_t n = frame->length < room ? frame->length : room;

	memcpy(s->in_buffer + s->in_used, frame->payload, n);
	s->in_used += n;
	drain_stdin(s);
}

/* Sends what one output pipe holds, as far as the credit goes.  Returns whether something was sent. */
static bool pump_output(struct session *s, int *fd, uint8_t type)
{
	uint8_t bytes[AGENT_PAYLOAD_MAX];
	size_t want = s->credit < sizeof bytes ? s->credit : sizeof bytes;
	ssize_t n;

	if (*fd < 0 || want == 0)
		return false;
	n = read(*fd, bytes, want);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_fd(fd);
		return false;
	}
	s->credit -= (uint32_t)n;
	agent_link_send(&line, type, s->id, bytes, (size_t)n);
	return true;
}

/* A command that ended is reported once its pipes hold nothing more. */
static void finish_if_drained(struct session *s)
{
	if (!s->ended)
		return;
	while (pump_output(s, &s->out, AGENT_STDOUT) || pump_output(s, &s->err, AGENT_STDERR))
		;
	if (s->credit == 0 && (s->out >= 0 || s->err >= 0))
		return;
	send_u32(AGENT_EXIT, s->id, (uint32_t)s->status);
	free_session(s);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < SESSIONS_MAX; i++) {
			struct session *s = &sessions[i];

			if (!s->used || !s->running || s->pid != pid)
				continue;
			s->running = false;
			s->ended = true;
			s->status = status;
			finish_if_drained(s);
		}
}

static void end_all_sessions(void)
{
	for (int i = 0; i < SESSIONS_MAX; i++) {
		if (!sessions[i].used)
			continue;
		if (sessions[i].running)
			kill(-sessions[i].pid, SIGKILL);
		free_session(&sessions[i]);
	}
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

static void take_credit(struct session *s, const struct agent_frame *frame)
{
	if (frame->length < 4)
		return;
	s->credit += frame->payload[0] | (uint32_t)frame->payload[1] << 8 | (uint32_t)frame->payload[2] << 16 |
		     (uint32_t)frame->payload[3] << 24;
	finish_if_drained(s);
}

/* Frames of one session; the number is known to be free or in use. */
static void handle_session(const struct agent_frame *frame)
{
	bool starts = frame->type == AGENT_ARGS || frame->type == AGENT_OPEN;
	struct session *s = find_session(frame->session, starts);

	if (!s) {
		if (starts)
			send_text(AGENT_FAIL, frame->session, "too many commands at once on this node");
		return; /* else: it ended while the frame was under way */
	}
	switch (frame->type) {
	case AGENT_ARGS: append_record(s, frame); break;
	case AGENT_OPEN: open_session(s); break;
	case AGENT_STDIN: take_stdin(s, frame); break;
	case AGENT_EOF:
		s->in_eof = true;
		drain_stdin(s);
		break;
	case AGENT_CREDIT: take_credit(s, frame); break;
	case AGENT_SIGNAL:
		if (s->running && frame->length == 1)
			kill(-s->pid, frame->payload[0]);
		break;
	default: break;
	}
}

static void handle_hello(const struct agent_frame *frame)
{
	end_all_sessions();
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
	else if (frame->type == AGENT_WINSIZE)
		set_window(frame);
	else
		handle_session(frame);
}

/* ---- the loop ---- */

/* Fills the poll list; slots 3i+2.. belong to session i.  Returns the timeout in ms; *count: slots to look at. */
static int fill_polls(struct pollfd *polls, nfds_t *count)
{
	int timeout = !greeted ? READY_EVERY_MS : modes.c_cc[VMIN] > 1 && line.used > line.taken ? PARTIAL_MS : -1;

	*count = 2;
	polls[0] = (struct pollfd){.fd = line.fd, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = child_pipe[0], .events = POLLIN};
	for (int i = 0; i < SESSIONS_MAX; i++) {
		const struct session *s = &sessions[i];
		bool used = s->used, room = used && s->credit > 0;
		struct pollfd *p = polls + 2 + 3 * i;

		p[0] = (struct pollfd){.fd = used && s->in_used ? s->in : -1, .events = POLLOUT};
		p[1] = (struct pollfd){.fd = room ? s->out : -1, .events = POLLIN};
		p[2] = (struct pollfd){.fd = room ? s->err : -1, .events = POLLIN};
		if (used)
			*count = (nfds_t)(2 + 3 * (i + 1));
		if (used && s->running && s->out < 0 && s->err < 0)
			timeout = EXIT_POLL_MS;
	}
	return timeout;
}

static void serve_sessions(const struct pollfd *polls, nfds_t count)
{
	for (int i = 0; 2 + 3 * (nfds_t)i < count; i++) {
		struct session *s = &sessions[i];
		const struct pollfd *p = polls + 2 + 3 * i;

		if (!s->used)
			continue;
		if (p[0].revents)
			drain_stdin(s);
		if (p[1].revents)
			pump_output(s, &s->out, AGENT_STDOUT);
		if (p[2].revents)
			pump_output(s, &s->err, AGENT_STDERR);
	}
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
	struct pollfd polls[2 + 3 * SESSIONS_MAX];
	int fd;

	hold_standard_fds();
	fd = open_line(argc, argv);
	if (fd < 0 || pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return 1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &action, NULL);
	agent_link_init(&line, fd);
	send_ready();
	for (;;) {
		nfds_t count;
		int timeout = fill_polls(polls, &count), n = poll(polls, count, timeout);
		bool child = n <= 0 || polls[1].revents;

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
			serve_sessions(polls, count);
		if (child)
			reap();
	}
}
