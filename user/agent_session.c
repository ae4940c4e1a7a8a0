/* The agent's sessions: a command each, its input, its output within the host's credit, its end.
 * Used by user/agent.c.
 * Never blocks: a command that does not read or write stops only itself. */
#define _GNU_SOURCE
#include "user/agent_session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/agent_start.h"

#define RECORD_MAX   (128 * 1024) /* argv and environment of one command */
#define EXIT_POLL_MS 20           /* looks for the end of a command that closed its output */

struct session {
	bool used, running, ended; /* ended: the command is gone, its output may still be in the pipes */
	bool in_eof;               /* the host sent EOF: close stdin once the buffer is empty */
	uint16_t id;
	int status;
	struct ends ends;          /* of the command that runs */
	struct winsize size;       /* of its terminal, if it gets one */
	uint32_t credit;           /* bytes of output that the host is ready to take */
	size_t in_used, record_used;
	uint8_t *record;
	uint8_t in_buffer[AGENT_STDIN_CREDIT];
};

static struct session sessions[SESSIONS_MAX];
static struct agent_link *line;

void sessions_init(struct agent_link *to)
{
	line = to;
}

static void send_text(uint8_t type, uint16_t id, const char *text)
{
	agent_link_send(line, type, id, text, strlen(text));
}

static void send_u32(uint8_t type, uint16_t id, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

	agent_link_send(line, type, id, bytes, sizeof bytes);
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
	spare->ends = (struct ends){.pid = -1, .in = -1, .out = -1, .err = -1};
	spare->credit = AGENT_OUTPUT_CREDIT;
	return spare;
}

static void free_session(struct session *s)
{
	close_fd(&s->ends.in);
	close_fd(&s->ends.out);
	close_fd(&s->ends.err);
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

static void open_session(struct session *s)
{
	struct start start;
	int error;

	if (s->running || s->ended)
		return;
	if (!start_parse(s->record, s->record_used, &start)) {
		fail_session(s, "start record", EINVAL);
		return;
	}
	error = start_command(&start, &s->size, &s->ends);
	free(start.argv);
	if (error) {
		fail_session(s, start.flags & AGENT_OPEN_TTY ? "cannot start a process on a terminal" : "cannot start a process", error);
		return;
	}
	s->running = true;
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

	if (s->in_used && s->ends.in >= 0) {
		n = write(s->ends.in, s->in_buffer, s->in_used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			close_fd(&s->ends.in); /* nobody reads: what comes is thrown away */
	}
	if (s->ends.in < 0)
		n = (ssize_t)s->in_used;
	if (n > 0) {
		memmove(s->in_buffer, s->in_buffer + n, s->in_used - (size_t)n);
		s->in_used -= (size_t)n;
		send_u32(AGENT_CREDIT, s->id, (uint32_t)n);
	}
	if (s->in_eof && s->in_used == 0)
		close_fd(&s->ends.in);
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
	agent_link_send(line, type, s->id, bytes, (size_t)n);
	return true;
}

/* A command that ended is reported once its pipes hold nothing more. */
static void finish_if_drained(struct session *s)
{
	if (!s->ended)
		return;
	while (pump_output(s, &s->ends.out, AGENT_STDOUT) || pump_output(s, &s->ends.err, AGENT_STDERR))
		;
	if (s->credit == 0 && (s->ends.out >= 0 || s->ends.err >= 0))
		return;
	send_u32(AGENT_EXIT, s->id, (uint32_t)s->status);
	free_session(s);
}

void sessions_reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < SESSIONS_MAX; i++) {
			struct session *s = &sessions[i];

			if (!s->used || !s->running || s->ends.pid != pid)
				continue;
			s->running = false;
			s->ended = true;
			s->status = status;
			finish_if_drained(s);
		}
}

void sessions_end_all(void)
{
	for (int i = 0; i < SESSIONS_MAX; i++) {
		if (!sessions[i].used)
			continue;
		if (sessions[i].running)
			kill(-sessions[i].ends.pid, SIGKILL);
		free_session(&sessions[i]);
	}
}

static void take_credit(struct session *s, const struct agent_frame *frame)
{
	if (frame->length < 4)
		return;
	s->credit += frame->payload[0] | (uint32_t)frame->payload[1] << 8 | (uint32_t)frame->payload[2] << 16 |
		     (uint32_t)frame->payload[3] << 24;
	finish_if_drained(s);
}

static uint16_t get_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Before OPEN it is the size that the terminal will have; a size of pipes does nothing. */
static void take_window(struct session *s, const struct agent_frame *frame)
{
	if (frame->length < 4)
		return;
	s->size.ws_row = get_u16(frame->payload);
	s->size.ws_col = get_u16(frame->payload + 2);
	if (s->running && s->ends.out >= 0)
		ioctl(s->ends.out, TIOCSWINSZ, &s->size);
}

void sessions_handle(const struct agent_frame *frame)
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
	case AGENT_WINSIZE: take_window(s, frame); break;
	case AGENT_SIGNAL:
		if (s->running && frame->length == 1)
			kill(-s->ends.pid, frame->payload[0]);
		break;
	default: break;
	}
}

nfds_t sessions_poll(struct pollfd polls[SESSION_POLLS], int *timeout)
{
	nfds_t count = 0;

	for (int i = 0; i < SESSIONS_MAX; i++) {
		const struct session *s = &sessions[i];
		bool used = s->used, room = used && s->credit > 0;
		struct pollfd *p = polls + 3 * i;

		p[0] = (struct pollfd){.fd = used && s->in_used ? s->ends.in : -1, .events = POLLOUT};
		p[1] = (struct pollfd){.fd = room ? s->ends.out : -1, .events = POLLIN};
		p[2] = (struct pollfd){.fd = room ? s->ends.err : -1, .events = POLLIN};
		if (used)
			count = (nfds_t)(3 * (i + 1));
		if (used && s->running && s->ends.out < 0 && s->ends.err < 0)
			*timeout = EXIT_POLL_MS;
	}
	return count;
}

void sessions_serve(const struct pollfd *polls, nfds_t count)
{
	for (int i = 0; 3 * (nfds_t)i < count; i++) {
		struct session *s = &sessions[i];
		const struct pollfd *p = polls + 3 * i;

		if (!s->used)
			continue;
		if (p[0].revents)
			drain_stdin(s);
		if (p[1].revents)
			pump_output(s, &s->ends.out, AGENT_STDOUT);
		if (p[2].revents)
			pump_output(s, &s->ends.err, AGENT_STDERR);
	}
}
