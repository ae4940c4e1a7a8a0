/* The simulated cluster: N real nodes, a bad wire between them, a ledger of every message.
 * Shared by world.c (nodes, workload), net.c (wire), check.c (invariants) and main.c (seeds).
 * Never uses a clock or randomness but the seed's. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "cluster/node.h"
#include "lib/rng.h"
#include "lib/timerq.h"

#define SIM_NODES   6
#define SIM_PAGES   192
#define SIM_RESERVE 16
#define SIM_TX      24
#define SIM_RX      12
#define SIM_PEERS   8
#define SIM_LIVES   16
#define SIM_RING    18
#define SIM_KEEP    64

struct sim_plan {
	uint32_t n_nodes, loss, dup, reorder, corrupt, straggle; /* permille */
	uint32_t busy_card, no_pages;                            /* permille */
	uint32_t n_cuts, n_pauses, n_restarts;
	uint32_t deadtime_ms, chaos_ms, send_gap_us, service_us;
};

enum sim_state { SIM_QUEUED, SIM_SENT, SIM_LOST, SIM_MOVED };

/* One message of the ledger. */
struct sim_msg {
	uint16_t src, dst, src_life;
	uint8_t lane, n_pages;
	uint16_t head_len, last_len;
	uint32_t number;                 /* within src, src_life, dst, lane */
	uint8_t state, delivered;
	uint32_t src_inc;
	uint32_t pages[WIRE_PAGES_MAX];
};

struct sim_node;

struct sim_world {
	uint64_t seed, now;
	struct rng rng;
	struct sim_plan plan;
	struct timerq events;
	struct sim_node *nodes;
	struct sim_msg *ledger;
	uint32_t n_ledger, cap_ledger;
	uint16_t cut[SIM_NODES];         /* bit k: frames to node index k are lost */
	bool healed, verbose;
	uint64_t n_frames, n_dropped, n_corrupt, n_delivered, n_steps;
	uint32_t n_ups, n_downs, n_lost, n_sent, n_rexmit, n_stops;
	const char *failed;
};

struct sim_node {
	struct sim_world *w;
	uint32_t index;                  /* node number - 1 */
	struct cnode c;
	struct peer peers[SIM_PEERS];
	struct rdp_msg tx[SIM_TX], rx[SIM_RX];
	uint8_t pages[SIM_PAGES][WIRE_PAGE_BYTES];
	bool used[SIM_PAGES];
	uint32_t n_used_pages, salt;
	struct { uint32_t pages[WIRE_PAGES_MAX]; uint32_t n; } keep[SIM_KEEP]; /* received, not yet freed */
	uint32_t n_keep;
	bool on, paused;
	int32_t life;
	uint32_t rtc;
	int64_t clock_skew_us;
	int32_t drift_ppm;
	struct timerq_node tick, work;
	uint64_t busy_until;
	uint32_t ring_used;
	uint32_t next_number[SIM_NODES][LANES];   /* as a sender */
	/* as a receiver, of each other node's life: last message's place in the ledger + 1 */
	uint32_t last[SIM_NODES][SIM_LIVES][LANES];
	bool up[SIM_NODES], owed_down[SIM_NODES];
	uint32_t up_inc[SIM_NODES];
	uint16_t up_epoch[SIM_NODES];
	uint32_t promised[SIM_NODES][LANES];
	bool wait_room[SIM_NODES][LANES];
	uint32_t n_loop_last;
};

#define SIM_CHECK(w, cond) do { if (!(cond)) sim_fail(w, #cond, __FILE__, __LINE__); } while (0)
void sim_fail(struct sim_world *w, const char *what, const char *file, int line);

/* world.c */
bool sim_run(uint64_t seed, bool verbose, struct sim_world *totals);
uint64_t sim_local_time(const struct sim_node *s, uint64_t now);
void sim_node_step_done(struct sim_node *s);
void sim_trace(struct sim_world *w, const char *format, ...) PRINTF_LIKE(2, 3);

/* net.c */
bool net_send(struct sim_node *from, const uint8_t *mac, const uint8_t *bytes, uint32_t n, const uint8_t *part, uint32_t part_len);
void net_event(struct sim_world *w, struct timerq_node *event);
bool net_is_event(const struct timerq_node *event);
void net_node_resume(struct sim_node *s);
void net_free_all(struct sim_world *w);
void sim_mac(uint32_t index, uint8_t *mac);

/* check.c */
extern const struct node_env sim_env;
void check_node(struct sim_node *s);
void check_end(struct sim_world *w);
bool sim_pages_take(struct sim_node *s, uint32_t n, uint32_t *handles, uint32_t keep_free);
void sim_pages_give(struct sim_node *s, const uint32_t *handles, uint32_t n);
uint8_t *sim_page(struct sim_node *s, uint32_t handle);
uint8_t *sim_page_bytes(void *ctx, uint32_t handle);
void sim_fill(uint8_t *to, uint32_t n, uint32_t key);

#endif
