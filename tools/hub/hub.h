/* The Ethernet hub of a cluster of QEMUs: shared types of its few parts.
 * Used by the C files of tools/hub only.
 * Never linked into the kernel; plain Linux host code. */
#ifndef TOOLS_HUB_H
#define TOOLS_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PORTS_MAX     80    /* 64 nodes and some ports for tests that speak on the wire */
#define FRAME_MAX     9216
#define MACS_MAX      1024
#define QUEUE_MAX     4096  /* frames that wait for one port; more are dropped and counted */
#define ETH_HEADER    14
#define OUR_ETHERTYPE 0x88B5

/* One frame, shared by all deliveries of it. */
struct frame {
	unsigned refs;
	uint16_t length;
	uint8_t bytes[];
};

/* One frame on its way to one port. */
struct delivery {
	uint64_t due_ns;
	uint64_t order; /* equal times keep their order */
	struct frame *frame;
	uint16_t to, from;
};

struct counter {
	uint64_t frames, bytes;
	uint64_t ours_frames, ours_bytes; /* of these, our ethertype */
	uint64_t lost;                    /* dropped on purpose: --loss */
	uint64_t dropped;                 /* port gone or its queue full */
};

struct faults {
	double loss, dup, reorder, corrupt; /* probabilities, per delivery */
	double delay_ms, rate_mbit;         /* 0: none */
	uint64_t seed;
};

struct port {
	bool open, cut, connected;
	int group;              /* of a partition; all 0 when the net is whole */
	int rx_fd, tx_fd;
	uint64_t sends_until;   /* the port's own link is busy that long (rate) */
	uint64_t receives_until;
	uint64_t retry_ns;      /* do not try to connect before */
	struct delivery *queue; /* ring of QUEUE_MAX */
	unsigned head, used;
	bool blocked;           /* the receiver's socket is full: wait for it */
};

struct hub {
	const char *dir;
	struct port port[PORTS_MAX + 1]; /* index: port number, from 1 */
	struct counter pair[PORTS_MAX + 1][PORTS_MAX + 1];
	uint64_t rng[PORTS_MAX + 1][PORTS_MAX + 1];
	struct faults faults;
	struct { uint8_t mac[6]; uint16_t port; } macs[MACS_MAX];
	unsigned n_macs;
	struct delivery *heap; /* deliveries that are not due yet */
	size_t heap_used, heap_size;
	uint64_t order;
	int epoll_fd;
	FILE *pcap;
	bool partitioned, quit;
};

/** Monotonic nanoseconds. */
uint64_t hub_now(void);

/** Open a port: binds DIR/hN, sends to DIR/qN.  Returns 0 or -errno (-EEXIST: open already). */
int hub_open_port(struct hub *hub, unsigned number);

/** One frame that came from a port: learn, count, judge by the faults, queue for its receivers. */
void hub_forward(struct hub *hub, unsigned from, const uint8_t *bytes, size_t length);

/** Hand over what is due; returns nanoseconds until the next delivery, or -1 if none is waiting. */
int64_t hub_run_due(struct hub *hub);

/** Send what waits for a port, until its receiver is full. */
void hub_flush_port(struct hub *hub, unsigned number);

/** Restart the streams of chance from the seed. */
void hub_seed(struct hub *hub);

/** Start a pcap file (nanosecond format); NULL closes.  Returns 0 or -errno. */
int hub_pcap(struct hub *hub, const char *path);

/** Carry out one control line; writes a JSON answer of one line into out. */
void hub_control(struct hub *hub, char *line, FILE *out);

/** Set one fault by its name (loss, dup, reorder, corrupt, delay, rate, seed) and text. False if wrong. */
bool hub_set_fault(struct hub *hub, const char *name, const char *text);

#endif
