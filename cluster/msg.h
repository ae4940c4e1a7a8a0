/* msg.h - every message above the datagram layer: what the kernels say to each other about bodies.
 * Used by: kernel/migrate, cluster/migrate's tests, the fuzzer.  Encoded and decoded here and nowhere else.
 * Never: a struct on the wire; decoders refuse what is too short, too long or out of range.  */
#ifndef CLUSTER_MSG_H
#define CLUSTER_MSG_H
#include "abi/wire.h"
#include "lib/base.h"
#include "lib/codec.h"

#define MSG_VERSION 1
enum msg_kind {
	/* one layout, struct msg_ctl */
	MSG_OFFER = 1,    /* source -> target: room for `pages` pages, CPU `features`? */
	MSG_ANSWER,       /* target -> source: status 0 or -errno */
	MSG_END,          /* source -> target, bulk lane: that was all; `pages` in number */
	MSG_ABORT,        /* source -> target: forget it */
	MSG_READY,        /* target -> home: complete; node = source, from_epoch = the epoch it left */
	MSG_GO,           /* home -> target: committed, run; from_epoch as in its READY */
	MSG_KILL,         /* home -> target: no, from_epoch as in its READY; or -> stale host, from_epoch 0: destroy that body */
	MSG_STARTED,      /* target -> home: the first message of the new epoch */
	MSG_ASK,          /* source -> home: how did it end? */
	MSG_DONE,         /* home -> source: free your copy */
	MSG_RESUME,       /* home -> source: go on, epoch is yours; node unused */
	MSG_ORDER,        /* home -> host: move it to `node` */
	MSG_RESULT,       /* host -> home: order's outcome in status */
	MSG_POKE,         /* home -> host: task `tid` has a deliverable signal */
	MSG_CTL_LAST = MSG_POKE,
	/* layouts of their own */
	MSG_CAPSULE = 32, /* source -> target, bulk: a piece of the packed body */
	MSG_PAGES,        /* source -> target, bulk: page bodies and their addresses */
	MSG_CALL,         /* host -> home: run the home half */
	MSG_REPLY,        /* home -> host */
	MSG_PAGE_ASK,     /* host -> home: pages of a file */
	MSG_PAGE_TELL,    /* home -> host */
};

/** Which body: names at home. Starts every message. */
struct msg_key {
	uint8_t kind;
	uint16_t home;
	uint32_t unit, epoch;
};
struct msg_ctl {
	struct msg_key key;
	uint16_t node;
	uint32_t from_epoch, tid, pages, features;
	int32_t status;
};
#define MSG_WINDOWS_MAX 32
struct msg_window {
	uint32_t at, len; /* len: the valid prefix */
	bool in, out;
};
struct msg_figures { uint64_t user_ns, system_ns; uint32_t min_faults, maj_faults, vm_pages, rss_pages, locked_pages; };
struct msg_mirror { uint64_t mask, ignored, caught; };
struct msg_call {
	struct msg_key key;
	uint32_t tid, k;            /* k 0: no call, only the mirror and the figures; and, row not 0, that a traced body made this one */
	uint32_t skip;              /* vector transfers: bytes moved by earlier slices; k 0: the result */
	uint16_t row;
	bool nonblock;
	uint32_t arg[6];
	struct msg_mirror mirror;
	struct msg_figures used;
	uint8_t n_windows;
	struct msg_window w[MSG_WINDOWS_MAX];
	uint32_t data_len;          /* IN bytes, windows back to back: after the head's fields if `data_inline`, else in the pages */
	const uint8_t *data_inline; /* decoded: inside the head */
};
struct msg_info { int32_t signo, code, err; uint32_t pid, uid; int32_t status; uint32_t value, addr; };
struct msg_reply {
	struct msg_key key;
	uint32_t tid, k;
	int32_t result;
	bool poke;                  /* a signal is deliverable now */
	bool traced;                /* home wants to hear of calls that are made where the body is */
	uint64_t pending;           /* signals that wait at home, blocked ones too: unblocking one of them asks at once */
	struct msg_info taken;      /* TAKE only; signo 0: none */
	uint8_t n_windows;
	uint32_t filled[MSG_WINDOWS_MAX]; /* OUT bytes per window of the call, in order; 0 for IN windows */
	uint32_t data_len;
	const uint8_t *data_inline;
};
#define MSG_PIECE_PAGES 16
struct msg_pages {
	struct msg_key key;
	uint32_t n;
	uint32_t at[MSG_PIECE_PAGES];
};
struct msg_capsule {
	struct msg_key key;
	uint32_t total;             /* bytes of the whole capsule; pieces come in order */
	uint32_t offset, len;
};
struct msg_page_ask {
	struct msg_key key;
	uint32_t ask;               /* number of the question */
	uint32_t backing, index, n; /* n pages from index, 1..16 */
	int32_t status;             /* TELL: 0 or -errno; n pages follow as bodies */
};

/** Every encoder returns the head's length. Buffers hold MSG_SMALL_MAX bytes; for CALL and REPLY WIRE_HEAD_MAX. */
#define MSG_SMALL_MAX 128u
uint32_t msg_put_ctl(uint8_t *head, const struct msg_ctl *m);
uint32_t msg_put_call(uint8_t *head, const struct msg_call *m, const uint8_t *inline_data); /* inline_data NULL: in pages */
uint32_t msg_put_reply(uint8_t *head, const struct msg_reply *m, const uint8_t *inline_data);
uint32_t msg_put_pages(uint8_t *head, const struct msg_pages *m);
uint32_t msg_put_capsule(uint8_t *head, const struct msg_capsule *m);
uint32_t msg_put_page(uint8_t *head, const struct msg_page_ask *m); /* kind ASK or TELL */
/** Bytes of data that fit inline beside these fields. */
#define MSG_CALL_ROOM (WIRE_HEAD_MAX - 150u - MSG_WINDOWS_MAX * 9u)
#define MSG_REPLY_ROOM (WIRE_HEAD_MAX - 80u - MSG_WINDOWS_MAX * 4u)

/** Decoders: false on anything malformed. Pure. */
bool msg_get_key(const uint8_t *head, uint32_t n, struct msg_key *key);
bool msg_get_ctl(const uint8_t *head, uint32_t n, struct msg_ctl *m);
bool msg_get_call(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_call *m);   /* page_bytes: bytes of bodies that came along */
bool msg_get_reply(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_reply *m);
bool msg_get_pages(const uint8_t *head, uint32_t n, uint32_t n_pages, struct msg_pages *m);
bool msg_get_capsule(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_capsule *m);
bool msg_get_page(const uint8_t *head, uint32_t n, uint32_t n_pages, struct msg_page_ask *m);
#endif
