/* fixture.c - the surroundings of capsule.c on the host.
 * Called by: the code under test.  See fixture.h.
 * Never: has a page: areas only.  */
#include "tests/host/migrate/fixture.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/tracer.h"
#include "kernel/proc/ptime.h"
#include <string.h>

uint16_t this_node = 1;
struct unit fixture_unit = {.id = 42};
static int32_t n_refs;

/* ---- rows */
static int32_t half(struct ucall *c) { UNUSED(c); return 0; }
static const struct sysrow *resolve(struct ucall *c) { UNUSED(c); return NULL; }
bool trace_all = true; /* every call is heard of */
static const struct sysrow rows[FIXTURE_ROWS] = {
	[ROW_HOME] = {.name = "home", .home = half}, [ROW_BODY] = {.name = "body", .body = half}, [ROW_BOTH] = {.name = "both", .home = half, .body = half},
	[ROW_HOMEFIRST] = {.name = "homefirst", .home = half, .body = half, .finish = half, .flags = SYS_HOMEFIRST},
	[ROW_MUX] = {.name = "mux", .resolve = resolve}, [ROW_ENDS] = {.name = "ends", .home = half, .flags = SYS_ENDS},
};
const struct sysrow *sysrow_by_index(uint32_t index) { return index < FIXTURE_ROWS ? &rows[index] : NULL; }
uint32_t sysrow_index(const struct sysrow *row) { return (uint32_t)(row - rows); }
bool group_traced(const struct group *g) { return g->tracer != NULL; }

/* ---- files: pins at home, remote ones elsewhere */
struct file_stub { struct backing backing; uint32_t id, refs; bool remote; };
static struct file_stub pins[FIXTURE_PINS];

static void stub_ref(struct backing *b)
{
	container_of(b, struct file_stub, backing)->refs++;
	n_refs++;
}

static void stub_unref(struct backing *b)
{
	struct file_stub *f = container_of(b, struct file_stub, backing);

	KASSERT(f->refs > 0);
	n_refs--;
	if (--f->refs == 0 && f->remote) kfree(f);
}

static uint64_t stub_size(struct backing *b) { UNUSED(b); return 123456; }

static void stub_describe(struct backing *b, char *path, uint32_t size, uint32_t *dev, uint64_t *ino)
{
	UNUSED(b);
	UNUSED(dev);
	UNUSED(ino);
	if (path && size > 8) strcpy(path, "/bin/sh");
}

static const struct backing_ops pin_ops = {.ref = stub_ref, .unref = stub_unref, .size = stub_size, .describe = stub_describe};
static const struct backing_ops remote_ops = {.ref = stub_ref, .unref = stub_unref, .size = stub_size, .describe = stub_describe};

struct backing *remote_backing(uint16_t home, uint32_t unit, uint32_t epoch, uint32_t id, uint64_t size, const char *path)
{
	struct file_stub *f = kzalloc(sizeof(*f));

	UNUSED(home);
	UNUSED(unit);
	UNUSED(epoch);
	UNUSED(size);
	if (!f || strlen(path) >= 64) return NULL;
	f->backing.ops = &remote_ops;
	f->id = id;
	f->remote = true;
	f->refs = 1;
	n_refs++;
	return &f->backing;
}

bool remote_backing_id(struct backing *b, uint32_t *id)
{
	if (b->ops != &remote_ops) return false;
	*id = container_of(b, struct file_stub, backing)->id;
	return true;
}

struct backing *fixture_pin(uint32_t id) { return &pins[id - 1].backing; }

uint32_t unit_pin(struct unit *u, struct backing *b)
{
	UNUSED(u);
	return container_of(b, struct file_stub, backing)->id;
}

struct backing *unit_pinned(struct unit *u, uint32_t id)
{
	UNUSED(u);
	if (id < 1 || id > FIXTURE_PINS) return NULL;
	stub_ref(&pins[id - 1].backing);
	return &pins[id - 1].backing;
}

int32_t fixture_references(void) { return n_refs; }

static int shared_object(uint64_t bytes, struct backing **out)
{
	*out = remote_backing(1, 0, 0, 0, bytes, "");
	return *out ? 0 : -ENOMEM;
}

void fixture_init(void)
{
	space_shared_backing = shared_object;
	for (uint32_t i = 0; i < FIXTURE_PINS; i++) pins[i] = (struct file_stub){.backing = {&pin_ops}, .id = i + 1, .refs = 1};
}

/* ---- a machine without page tables */
int arch_pd_new(struct arch_pd *pd) { void *p = kmalloc(1); memcpy(pd, &(uint32_t){p != NULL}, 4); kfree(p); return p ? 0 : -ENOMEM; }
void arch_pd_free(struct arch_pd *pd) { UNUSED(pd); }
uint32_t arch_pte_get(const struct arch_pd *pd, uaddr_t at) { UNUSED(pd); UNUSED(at); return 0; }
int arch_pte_set(struct arch_pd *pd, uaddr_t at, uint32_t pte) { UNUSED(pd); UNUSED(at); UNUSED(pte); return 0; }
uint32_t *arch_pte_slots(const struct arch_pd *pd, uaddr_t at, uint32_t *n) { UNUSED(pd); UNUSED(at); *n = 0; return NULL; }
void arch_pte_changed(const struct arch_pd *pd, uaddr_t at) { UNUSED(pd); UNUSED(at); }
int arch_pte_make(struct arch_pd *pd, uaddr_t at) { UNUSED(pd); UNUSED(at); return 0; }
bool arch_pte_next(const struct arch_pd *pd, uaddr_t *at, uaddr_t end) { UNUSED(pd); UNUSED(at); UNUSED(end); return false; }
void arch_pd_free_tables(struct arch_pd *pd, uaddr_t from, uaddr_t to)
{
	UNUSED(pd);
	KASSERT2(from.v <= to.v && to.v <= USER_END, from.v, to.v); /* beyond lies the kernel's part */
}
void arch_pd_load(const struct arch_pd *pd) { UNUSED(pd); }
void arch_pd_load_kernel(void) {}
struct fault_result space_fault(struct space *s, uint32_t at, uint32_t kind)
{
	UNUSED(s);
	UNUSED(at);
	UNUSED(kind);
	return (struct fault_result){11, 1};
}
void arch_user_init(struct arch_user *u) { memset(u, 0, sizeof(*u)); }
void arch_user_sync(struct arch_user *u) { UNUSED(u); }
bool arch_user_sanitise(struct arch_user *u) { return (u->regs.cs | 3) == USER_CS && (u->regs.ss | 3) == USER_DS; }

/* ---- clocks and figures */
uint32_t arch_cpu_features(void) { return 0; }
int64_t ptime_wall_offset(const struct task *t) { UNUSED(t); return 0; }
uint64_t ptime_monotonic(struct task *t) { UNUSED(t); return 5; }
bool cluster_clock_offset(uint16_t node, int64_t *offset_ns) { UNUSED(node); UNUSED(offset_ns); return false; }
sigset64 signal_pending_set(const struct task *t) { UNUSED(t); return 0; }
struct figures task_figures(const struct task *t) { return t->body.base; }
