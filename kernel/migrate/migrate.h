/* migrate.h - what the files of kernel/migrate share: messages in, messages out, and the records of away halves.
 * Used by: kernel/migrate only (main.c calls migrate_init).
 * Never: seen by file, process or memory code; those know struct hallway.  */
#ifndef KERNEL_MIGRATE_MIGRATE_H
#define KERNEL_MIGRATE_MIGRATE_H
#include "cluster/fx.h"
#include "cluster/home/commit.h"
#include "cluster/migrate/source.h"
#include "cluster/migrate/target.h"
#include "cluster/msg.h"
#include "kernel/proc/proc.h"
#include "kernel/syscall/table.h"


/* ---- clusterd.c: the node and its messages */
/** A message kept for a thread: its pages belong to whoever holds it. */
struct inbox {
	struct list_node node;
	uint16_t from;
	uint16_t head_len, last_len;
	uint8_t n_pages;
	uint32_t pages[WIRE_PAGES_MAX];
	uint8_t head[];
};
struct inbox *inbox_keep(const struct fx_message *m);  /* takes the pages over; NULL (pages freed) when memory is gone. Net context */
void inbox_free(struct inbox *i);
uint32_t message_bytes(uint32_t n_pages, uint32_t last_len); /* bytes of the page bodies */
/** Send. One reference per page goes to the wire, on success and on failure. Any thread, or inside a delivery.
 *  -EAGAIN queue full, -EHOSTDOWN no such peer, -ENOMEM. */
int cluster_send(uint16_t to, uint8_t lane, const uint8_t *head, uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len);
/** The same, waiting for room (proc context); keeps the references on -EINTR (a heeded cut). */
int cluster_send_wait(uint16_t to, uint8_t lane, const uint8_t *head, uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len, uint32_t heeds);
/** A control message; queued for later if the peer's queue is full (small bounded store). Any context but irq. */
void cluster_ctl(uint16_t to, const struct msg_ctl *m);
bool cluster_peer_up(uint16_t node);
/** Home's monotonic clock minus ours, as well as it is known; false: unknown yet. */
bool cluster_clock_offset(uint16_t node, int64_t *offset_ns);
struct migrate_counters {
	uint32_t moves_out, moves_in, moves_failed, calls_away, calls_served, brought_home, replies_again, stale;
	uint32_t pages_out, pages_in, page_asks, page_tells, pokes, guests_lost, bodies_lost;
};
extern struct migrate_counters migrate_count;
/** kernel/migrate's threads: a job runs once in its own thread; freed after. -ENOMEM. */
struct job { struct thread thread; void (*run)(struct job *j); };
int job_start(struct job *j, const char *name, void (*run)(struct job *j)); /* j is kmalloc'ed, freed at the end */

/* ---- stream.c: up to 64 KiB of bytes in frames */
struct stream { uint32_t len; uint32_t pages[WIRE_PAGES_MAX]; };
bool stream_write(struct stream *s, uint32_t at, const void *from, uint32_t n); /* false: no memory or beyond 64 KiB; grows len */
bool stream_read(const struct stream *s, uint32_t at, void *to, uint32_t n);
void stream_free(struct stream *s);
void stream_ref_pages(const struct stream *s);      /* one more reference on each, for a message */
uint32_t stream_pages(const struct stream *s);
uint32_t stream_last_len(const struct stream *s);

/* ---- umem_deputy.c: windows of the call that a deputy serves */
struct parcel {
	uint32_t n;
	struct { uint32_t at, len; bool in, out; uint32_t in_base, out_base, filled; } w[MSG_WINDOWS_MAX];
	struct stream in, out;
	uint32_t transfer;          /* vector rows: bytes of the vector's pieces that have a window */
	bool partial;               /* vector rows: there is more than that */
	bool outs_kept;             /* `out` holds what the OUT windows held in the body */
};
void parcel_clear(struct parcel *p);
extern const struct umem_ops umem_deputy_ops;       /* ctx: struct parcel */
/** Windows of a row for these arguments, in the caller's memory: computes address, length and valid prefix; reads IN data.
 *  Proc context at the body's side (may fault). -ENOMEM. */
int parcel_gather(struct parcel *p, const struct sysrow *row, const uint32_t arg[6], uint32_t skip, struct umem *mem, struct space *s);
/** What call->slice is to be for a row whose windows these are: less came than that: the transfer is over. */
uint32_t parcel_slice(const struct parcel *p);
/** Store the OUT bytes into the body's memory: 0 or -EFAULT. */
int parcel_scatter(struct parcel *p, struct umem *mem);

/* ---- deputy.c */
struct deputy {
	struct waitq wait;
	struct inbox *request;      /* a CALL that nobody serves yet */
	bool busy, again, lost;
	uint32_t busy_k;            /* the call whose home half runs, or ran last */
	struct parcel parcel;
};
struct deputy *deputy_of(struct task *t);            /* makes it on first use; NULL no memory */
void deputy_serve(struct task *t);                   /* until the body is here and not frozen */
void deputy_result(struct task *t, int32_t result);  /* hallway.deputy */
void deputy_on_call(struct task *t, const struct fx_message *m, const struct msg_call *c); /* net context */
void deputy_learn(struct task *t, const struct msg_call *c); /* mirrors and figures. Any context */
/** The body has left: in_call says that a home half of this very call stayed behind under way. */
void deputy_settle(struct task *t, bool in_call);
void deputy_forget(struct task *t);
/** home: the body is gone for good. Net context. */
void deputy_lost(struct task *t);

/* ---- guest.c */
struct guest {
	struct list_node node;      /* of all guests here */
	struct task *task;
	struct waitq wait;
	struct inbox *reply;
	uint32_t epoch;
	uint32_t tried;             /* the last epoch offered to a target: home may have made it void, it is not used again */
	uint32_t asked_k;           /* the last call that home has heard of: it is not given up for lack of memory here */
	uint64_t told_ns;           /* when home was last told mirror and figures */
};
int guest_attach(struct task *t, uint32_t epoch);    /* -ENOMEM */
struct guest *guest_find(uint16_t home, uint32_t unit, uint32_t tid);
extern struct list_node guests;
void guest_on_reply(const struct fx_message *m, const struct msg_reply *r); /* net context */
void guest_on_poke(const struct msg_ctl *m);
void guest_on_kill(const struct msg_ctl *m);
void guest_peer_down(uint16_t node);
void guest_forget(struct task *t);
int32_t guest_call_home(struct task *t, bool *parked);
void guest_mirror(struct task *t);
/** hallway.report: lost if the body is to leave, or the peer does not take it. */
void guest_report(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result);
/** Tell homes what changed and no request carried; next time it is needed. Net context. */
uint64_t guests_step(uint64_t now_ns);
/** A file of home's, mapped by a guest. One reference. NULL no memory. */
struct backing *remote_backing(uint16_t home, uint32_t unit, uint32_t epoch, uint32_t id, uint64_t size, const char *path);
bool remote_backing_id(struct backing *b, uint32_t *id);  /* false: not a remote one */
/** The body has another epoch now (home's RESUME). Nothing for a backing that is not a remote one. */
void remote_renew(struct backing *b, uint32_t epoch);
void remote_peer_down(uint16_t node);
void guest_on_page(const struct fx_message *m, const struct msg_page_ask *p); /* TELL */

/* ---- unit.c: home's record of a movable unit */
struct pin { struct list_node node; uint32_t id; struct backing *backing; };
struct unit_home {
	struct commit commit;
	struct list_node pins;
	uint32_t next_pin;
	uint32_t tried;             /* the last epoch that a body here offered to a target */
	bool lost;                  /* the body is gone: nothing is committed any more */
	int32_t order_status;       /* 1: an order is under way */
	uint16_t order_to;          /* the node that has it */
	struct waitq order_done;
};
struct unit_home *unit_home_of(struct unit *u);       /* makes it; NULL no memory */
uint32_t unit_pin(struct unit *u, struct backing *b); /* id, 0: no memory */
struct backing *unit_pinned(struct unit *u, uint32_t id); /* referenced, or NULL */
void unit_drop_pins(struct unit *u);
void unit_on_ctl(uint16_t from, const struct msg_ctl *m);  /* READY STARTED ASK RESULT. Net context */
bool unit_accept(struct unit *u, uint16_t from, uint32_t epoch); /* commit_accept and what follows from it */
void unit_peer_down(uint16_t node);
void unit_forget(struct unit *u);
void unit_order_over(struct unit *u, int32_t status);
/** Move u to node (own number: home). Sleeps until it is done. 0 or -errno. */
int unit_move(struct unit *u, uint16_t node);
int unit_fetch(struct unit *u);                    /* hallway.fetch_body: home for a look, then back */
void unit_rows_register(void);

/* ---- depart.c */
/** Start moving the body of `t` (here) to target; the outcome goes to home as RESULT. 0: begun; -EBUSY, -ENOMEM. */
int depart_begin(struct task *t, uint16_t target);
void depart_on_ctl(uint16_t from, const struct msg_ctl *m);   /* ANSWER DONE RESUME ORDER. Net context */
void depart_peer_down(uint16_t node);
void depart_park(struct task *t);                              /* hallway.park */
void depart_bring_home(struct task *t);
void depart_forget(struct task *t);                            /* the task ends: waits until no move is about it */
void depart_send_back(struct task *t);

/* ---- arrive.c */
void arrive_on_offer(uint16_t from, const struct msg_ctl *m);
void arrive_on_bulk(const struct fx_message *m, const struct msg_key *key); /* CAPSULE PAGES END */
void arrive_on_ctl(uint16_t from, const struct msg_ctl *m);    /* ABORT GO KILL */
void arrive_peer_down(uint16_t node);

/* ---- capsule.c: the packed body */
/** Pack everything but the pages into s; home-side file backings become pins of their unit. -ENOMEM, -E2BIG, -EBUSY. */
int capsule_pack(struct stream *s, struct task *t);
/** Rebuild: a space with areas and body fields in *b, the call in *c. home_unit: NULL for a guest, else the unit whose pins resolve
 *  backings. -EINVAL malformed, -ENOMEM. On failure nothing is left. */
int capsule_unpack(const struct stream *s, struct body *b, struct call *c, uint32_t *tid, struct unit *home_unit, uint16_t home, uint32_t unit, uint32_t epoch);

/* ---- pager.c */
void pager_init(void);
void pager_on_ask(const struct fx_message *m); /* net context */
#endif
