/* The agent's end of the framed line.
 * Called by user/agent.c only.
 * Never trusts a length before the header's sum, nor a payload before its CRC. */
#include "user/agent_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void agent_link_init(struct agent_link *link, int fd)
{
	memset(link, 0, sizeof *link);
	link->fd = fd;
}

uint32_t agent_crc32(const uint8_t *bytes, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = 0xFFFFFFFFu;

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t v = i;

			for (int bit = 0; bit < 8; bit++)
				v = (v >> 1) ^ (v & 1 ? 0xEDB88320u : 0);
			table[i] = v;
		}
	while (length--)
		crc = (crc >> 8) ^ table[(crc ^ *bytes++) & 0xFF];
	return ~crc;
}

int agent_link_fill(struct agent_link *link)
{
	ssize_t n;

	if (link->taken) {
		memmove(link->buffer, link->buffer + link->taken, link->used - link->taken);
		link->used -= link->taken;
		link->taken = 0;
	}
	n = read(link->fd, link->buffer + link->used, sizeof link->buffer - link->used);
	if (n > 0)
		link->used += (size_t)n;
	return (int)n;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint8_t header_sum(const uint8_t *head)
{
	uint8_t sum = 0;

	for (int i = 2; i < AGENT_HEADER_BYTES - 1; i++)
		sum = (uint8_t)(sum + head[i]);
	return sum;
}

bool agent_link_next(struct agent_link *link, struct agent_frame *frame)
{
	while (link->used - link->taken >= AGENT_HEADER_BYTES) {
		const uint8_t *head = link->buffer + link->taken;
		uint16_t length = get16(head + 7);

		if (head[0] != AGENT_MARK0 || head[1] != AGENT_MARK1 || length > AGENT_PAYLOAD_MAX ||
		    head[9] != header_sum(head)) {
			link->taken++;
			continue;
		}
		if (link->used - link->taken < (size_t)AGENT_HEADER_BYTES + length + AGENT_CRC_BYTES)
			return false;
		if (get32(head + AGENT_HEADER_BYTES + length) != agent_crc32(head + 2, 8u + length)) {
			link->taken++;
			continue;
		}
		*frame = (struct agent_frame){.type = head[2], .session = get16(head + 3), .seq = get16(head + 5),
					      .length = length, .payload = head + AGENT_HEADER_BYTES};
		link->taken += (size_t)AGENT_HEADER_BYTES + length + AGENT_CRC_BYTES;
		return true;
	}
	return false;
}

size_t agent_link_missing(const struct agent_link *link)
{
	size_t have = link->used - link->taken, want = AGENT_HEADER_BYTES + AGENT_CRC_BYTES;

	if (have >= AGENT_HEADER_BYTES) /* of a header that was found right */
		want += get16(link->buffer + link->taken + 7);
	return want > have ? want - have : 1;
}

static bool write_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};

			poll(&wait, 1, 1000);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

bool agent_link_send(struct agent_link *link, uint8_t type, uint16_t session, const void *payload, size_t length)
{
	uint8_t *out = link->out;
	uint32_t crc;

	if (length > AGENT_PAYLOAD_MAX)
		return false;
	out[0] = AGENT_MARK0;
	out[1] = AGENT_MARK1;
	out[2] = type;
	out[3] = (uint8_t)session;
	out[4] = (uint8_t)(session >> 8);
	out[5] = (uint8_t)link->send_seq;
	out[6] = (uint8_t)(link->send_seq >> 8);
	out[7] = (uint8_t)length;
	out[8] = (uint8_t)(length >> 8);
	out[9] = header_sum(out);
	if (length)
		memcpy(out + AGENT_HEADER_BYTES, payload, length);
	crc = agent_crc32(out + 2, 8 + length);
	for (int i = 0; i < 4; i++)
		out[AGENT_HEADER_BYTES + length + (size_t)i] = (uint8_t)(crc >> 8 * i);
	link->send_seq++;
	return write_all(link->fd, out, AGENT_HEADER_BYTES + length + AGENT_CRC_BYTES);
}
