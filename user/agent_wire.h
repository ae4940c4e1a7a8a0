/* The frames between the host tool and a node's agent, on the second serial port.
 * Used by user/agent*.c; tools/cluster/agentwire.py holds the same facts for the host.
 * Never seen by the kernel: to it this is plain terminal data.
 *
 * Frame: A7 67 | type u8 | session u16 | seq u16 | length u16 | header sum u8 | payload | crc32 u32,
 * little-endian.  The header sum is the low byte of the sum of type..length; the CRC (IEEE) covers
 * type..payload, the sum included.  A receiver that finds a wrong sum looks for the next marker after the bad one.
 *
 * Host to node frames carry a running seq and are acknowledged one by one; the host keeps at most
 * AGENT_WINDOW_BYTES unacknowledged and repeats after a timeout. What a terminal's input queue cannot take waits on
 * the line: the node's driver holds it back.
 * HELLO starts a new numbering.  Node to host frames are numbered too, but not repeated. */
#ifndef USER_AGENT_WIRE_H
#define USER_AGENT_WIRE_H

#define AGENT_MARK0         0xA7
#define AGENT_MARK1         0x67
#define AGENT_HEADER_BYTES  10
#define AGENT_CRC_BYTES     4
#define AGENT_PAYLOAD_MAX   1024
#define AGENT_WINDOW_BYTES  12288
#define AGENT_VERSION       1

#define AGENT_STDIN_CREDIT  16384 /* bytes of stdin the host may send before the node gives more */
#define AGENT_OUTPUT_CREDIT 65536 /* bytes of output a session may send before the host gives more */

enum agent_type {
	/* host to node */
	AGENT_HELLO = 1,   /* payload: 8-byte nonce; ends all sessions; answered by READY */
	AGENT_ARGS = 2,    /* append the payload to the session's start record */
	AGENT_OPEN = 3,    /* start the command of the record: u8 flags, u16 argc, u16 envc, then
	                      NUL-ended strings: cwd, argv, additions to the environment */
	AGENT_STDIN = 4,
	AGENT_EOF = 5,     /* stdin ends */
	AGENT_CREDIT = 6,  /* both ways: u32, that many more bytes may be sent */
	AGENT_SIGNAL = 7,  /* u8: signal for the session's process group */
	AGENT_WINSIZE = 8, /* u16 rows, u16 columns: of the session's terminal (before OPEN: as it shall start), with
	                      session 0 of the console */
	AGENT_QUERY = 9,   /* text; answered by ANSWER */
	/* node to host */
	AGENT_ACK = 10,    /* u16: the last seq taken in order */
	AGENT_READY = 16,  /* u8 version, 8-byte nonce (zeros: unasked), then the node's name */
	AGENT_STDOUT = 17,
	AGENT_STDERR = 18,
	AGENT_EXIT = 19,   /* u32: wait status; the session's number is free again */
	AGENT_FAIL = 20,   /* text: the command was not started; the session's number is free again */
	AGENT_ANSWER = 21,
};

/* flags of OPEN */
#define AGENT_OPEN_NO_STDIN 1 /* stdin is /dev/null */
#define AGENT_OPEN_TTY      2 /* stdin, stdout and stderr are a terminal; its output comes as STDOUT */

#endif
