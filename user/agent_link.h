/* The agent's end of the framed line: find frames in a byte stream, write frames.
 * Used by user/agent.c and, on the host, by its tests.
 * Never looks into payloads. */
#ifndef USER_AGENT_LINK_H
#define USER_AGENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/agent_wire.h"

struct agent_frame {
	uint8_t type;
	uint16_t session, seq, length;
	const uint8_t *payload; /* inside the link's buffer, until the next call */
};

struct agent_link {
	int fd;
	uint16_t send_seq;
	size_t used, taken; /* bytes in the buffer; of these, already handed out */
	uint8_t buffer[4 * AGENT_PAYLOAD_MAX];
	uint8_t out[AGENT_HEADER_BYTES + AGENT_PAYLOAD_MAX + AGENT_CRC_BYTES];
};

/** Prepare a link over an open descriptor. */
void agent_link_init(struct agent_link *link, int fd);

/** Read what is there into the buffer.  Returns bytes read, 0 at end of file, -1 with errno. */
int agent_link_fill(struct agent_link *link);

/** Next whole, right frame; skips garbage.  Returns false if more bytes are needed. */
bool agent_link_next(struct agent_link *link, struct agent_frame *frame);

/** How many bytes are missing at least until agent_link_next can give another frame. */
size_t agent_link_missing(const struct agent_link *link);

/** Write one frame, waiting until the line took it.  length at most AGENT_PAYLOAD_MAX.
 *  Returns false if the line is broken. */
bool agent_link_send(struct agent_link *link, uint8_t type, uint16_t session, const void *payload, size_t length);

/** CRC-32 (IEEE 802.3, reflected) of length bytes. */
uint32_t agent_crc32(const uint8_t *bytes, size_t length);

#endif
