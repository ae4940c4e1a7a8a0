/* The cluster's frames: kinds, versions, sizes and field offsets.  docs/wire.md explains them.
 * Read by the datagram core, the drivers' demultiplexer and the tests.
 * Never a struct: frames are little-endian bytes, read and written by lib/codec. */
#ifndef ABI_WIRE_H
#define ABI_WIRE_H

#define WIRE_ETHERTYPE    0x88B5 /* IEEE 802 local experimental 1 */
#define WIRE_ETH_BYTES    14     /* destination, source, type */
#define WIRE_MAC_BYTES    6

#define WIRE_MAGIC        0x47   /* 'G' */
#define WIRE_VERSION      1
#define WIRE_HEADER_BYTES 64
#define WIRE_PAYLOAD_MAX  1432   /* 14 + 64 + 1432 = 1510 <= 1514 */
#define WIRE_NODE_MIN     1
#define WIRE_NODE_MAX     65534  /* 0: nobody yet; 65535: everybody */
#define WIRE_NODE_ALL     65535

/* Offsets of the header's fields; sizes in the comment. */
#define WIRE_OFF_MAGIC    0  /* 1 */
#define WIRE_OFF_VERSION  1  /* 1 */
#define WIRE_OFF_HLEN     2  /* 1: 64; a later version may be longer */
#define WIRE_OFF_CHECK    3  /* 1: WIRE_CHECK_*: how the payload is checked */
#define WIRE_OFF_TYPE     4  /* 1: WIRE_* kinds */
#define WIRE_OFF_FLAGS    5  /* 1: WIRE_F_* */
#define WIRE_OFF_LEN      6  /* 2: payload bytes */
#define WIRE_OFF_SRC      8  /* 2: node */
#define WIRE_OFF_DST      10 /* 2: node */
#define WIRE_OFF_SRC_INC  12 /* 4: sender's incarnation */
#define WIRE_OFF_DST_INC  16 /* 4: the receiver's incarnation as the sender knows it; 0 unknown */
#define WIRE_OFF_EPOCH    20 /* 2: link epoch */
#define WIRE_OFF_FRAG     22 /* 1: number of this frame in its message; 0 carries the head */
#define WIRE_OFF_PAGES    23 /* 1: pages of the message */
#define WIRE_OFF_SEQ      24 /* 4: per direction and lane */
#define WIRE_OFF_ACK      28 /* 4: next expected, of the frame's lane */
#define WIRE_OFF_SACK     32 /* 4: bit k: ack + 1 + k is here */
#define WIRE_OFF_CREDIT   36 /* 2: frames allowed beyond ack */
#define WIRE_OFF_SERVICE  38 /* 2: receiver's time per frame, 8 us */
#define WIRE_OFF_STAMP    40 /* 2: sender's clock, 1/4 ms; never 0 */
#define WIRE_OFF_ECHO     42 /* 2: stamp of the frame that caused this one; 0 none */
#define WIRE_OFF_SUM_A    44 /* 4: payload check, first word */
#define WIRE_OFF_SUM_B    48 /* 4: payload check, second word */
#define WIRE_OFF_HSUM     52 /* 4: header check, over all other bytes of the header */
#define WIRE_OFF_AUTH     56 /* 8: authentication tag; zero in version 1 */

/* Payload checks. */
#define WIRE_CHECK_NONE   0  /* loopback only */
#define WIRE_CHECK_SUMS   1  /* two word-wise 32-bit sums */
#define WIRE_CHECK_CRC32  2  /* CRC-32 (IEEE 802.3) in the first word */

/* Kinds of frame. */
#define WIRE_HELLO        1  /* here I am (broadcast or to one) */
#define WIRE_HELLO_ACK    2  /* I know you; here I am */
#define WIRE_DATA         3  /* a part of a message */
#define WIRE_ACK          4  /* what arrived; carries no sequence */
#define WIRE_PROBE        5  /* are you there; what is your clock */
#define WIRE_PROBE_ACK    6
#define WIRE_RESET        7  /* the incarnation or epoch you use is not the one I know */
#define WIRE_GOSSIP       8  /* one load vector window, unacknowledged */

/* Flags. */
#define WIRE_F_AREQ       0x01 /* acknowledge at once */
#define WIRE_F_FIRST      0x02 /* first frame of its message */
#define WIRE_F_LAST       0x04 /* last frame of its message */
#define WIRE_F_LANE       0x08 /* lane 1 (bulk), of seq, ack, sack and credit */
#define WIRE_F_REXMIT     0x10 /* sent before */
#define WIRE_F_NACK       0x20 /* this ack reports a fresh gap */

/* Messages. */
#define WIRE_HEAD_MAX     1368 /* bytes of a message that travel in its first frame */
#define WIRE_PAGES_MAX    16   /* page bodies of a message */
#define WIRE_PAGE_BYTES   4096
#define WIRE_PAGE_FRAMES  3    /* 1432 + 1432 + 1232 */
#define WIRE_FRAGS_MAX    (1 + WIRE_PAGES_MAX * WIRE_PAGE_FRAMES)

/* HELLO, HELLO_ACK and RESET carry this payload (docs/wire.md); longer ones are read up to here. */
#define WIRE_HELLO_BYTES  32

/* PROBE and PROBE_ACK carry three clocks (64-bit microseconds): asked, heard, answered. */
#define WIRE_PROBE_BYTES  24

_Static_assert(WIRE_OFF_AUTH + 8 == WIRE_HEADER_BYTES, "header fields fill the header");
_Static_assert(WIRE_PAYLOAD_MAX * 2 < WIRE_PAGE_BYTES && WIRE_PAYLOAD_MAX * 3 >= WIRE_PAGE_BYTES, "a page is 3 frames");

#endif
