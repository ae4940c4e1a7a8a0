/* capsule_fuzz.c - packs random bodies, breaks the capsules, and unpacks them, also with memory running out on the way.
 * Called by: make test-host-msg (20,000 capsules) and nightly; sanitizers watch.  capsule_fuzz COUNT [SEED].
 * Never: runs the body; what is refused must have left nothing, what is accepted must be a body that can run.  */
#include <stdio.h>
#include <string.h>

#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/rng.h"
#include "tests/host/migrate/fixture.h"
#include "tests/host/stubs/stubs.h"

unsigned long strtoul(const char *text, char **end, int base); /* <stdlib.h> has wait.h's names, as abi/linux_types.h has */

#define CAPSULE_MAX 65536u
static struct rng rng;
static uint8_t bytes[CAPSULE_MAX];
static unsigned long long n_built, n_refused, n_starved;

static void promise(bool holds, const char *what)
{
	if (holds) return;
	fprintf(stderr, "not ok - %s\n", what);
	__builtin_abort();
}

/* ---- a body worth packing */

static struct actions *some_actions(void)
{
	struct actions *a = kzalloc(sizeof(*a));

	promise(a != NULL, "no memory for the test");
	a->refs = 1;
	for (uint32_t i = 0; i < 64; i++) a->act[i].handler = rng_u32(&rng);
	return a;
}

static struct space *some_space(bool home)
{
	struct space *s = space_new();
	uint32_t at = 0x8048000;

	promise(s != NULL, "no memory for the test");
	for (uint32_t i = rng_below(&rng, 12); i > 0; i--) {
		uint32_t len = PAGE_SIZE * rng_range(&rng, 1, 300), id = rng_below(&rng, 3) ? rng_range(&rng, 1, FIXTURE_PINS) : 0;
		struct backing *b = id == 0 ? NULL : home ? unit_pinned(&fixture_unit, id) : remote_backing(2, 3, 4, id, 99999, "/lib/some");
		int32_t r = space_map(s, at, len, rng_below(&rng, 8), MAP_FIXED | MAP_PRIVATE | (b ? 0 : MAP_ANONYMOUS), rng_below(&rng, 16) & ~AREA_SHARED, b, rng_below(&rng, 50));
		promise(r > 0, "a plain area could not be mapped");
		if (b) b->ops->unref(b);
		at += len + PAGE_SIZE * rng_below(&rng, 1000);
	}
	s->brk_start = s->brk = at;
	s->brk += rng_below(&rng, 5000);
	return s;
}

static void some_call(struct call *c)
{
	static const struct { enum call_phase phase; int row; } good[] = {
		{CALL_NONE, -1}, {CALL_NONE, ROW_HOME}, {CALL_START, ROW_HOME}, {CALL_START, ROW_BODY}, {CALL_START, ROW_HOMEFIRST}, {CALL_HOME, ROW_HOME},
		{CALL_HOME, ROW_BOTH}, {CALL_BODY, ROW_BODY}, {CALL_BODY, ROW_BOTH}, {CALL_HOME, ROW_ENDS},
	};
	uint32_t i = rng_below(&rng, ARRAY_LEN(good));

	*c = (struct call){.phase = good[i].phase, .row = good[i].row < 0 ? NULL : sysrow_by_index((uint32_t)good[i].row), .k = rng_u32(&rng)};
	for (int k = 0; k < 6; k++) c->arg[k] = rng_u32(&rng);
}

static struct task *some_task(bool home)
{
	static struct task only;
	static struct group group;
	struct task *t = &only;

	memset(t, 0, sizeof(*t));
	t->has_home = home;
	t->home.group = &group;
	t->home.unit = &fixture_unit;
	t->body.space = some_space(home);
	t->body.actions = some_actions();
	t->body.user.regs.cs = USER_CS;
	t->body.user.regs.ss = USER_DS;
	t->body.user.tls.desc[0][1] = rng_permille(&rng, 500) ? 0x00dff300 : 0;
	t->body.pid = t->body.tid = rng_range(&rng, 1, 30000);
	t->body.mask = rng_u64(&rng);
	t->body.taken.signo = (int32_t)rng_below(&rng, 65);
	if (rng_permille(&rng, 300)) t->body.restart.row = sysrow_by_index(ROW_BODY);
	some_call(&t->call);
	return t;
}

static void drop_body(struct body *b)
{
	space_unref(b->space);
	kfree(b->actions);
}

/* The packed body in bytes[]: its length. */
static uint32_t pack(bool home)
{
	struct task *t = some_task(home);
	struct stream s = {0};

	promise(capsule_pack(&s, t) == 0, "a body could not be packed");
	uint32_t n = s.len;
	promise(stream_read(&s, 0, bytes, n), "a stream could not be read");
	stream_free(&s);
	drop_body(&t->body);
	return n;
}

/* ---- breaking it */

static uint32_t nasty(void)
{
	static const uint32_t some[] = {0, 1, 2, 3, 4, 5, 7, 64, 65, 0x7f, 0xff, 0x1000, 0x1001, 1536, 1537, USER_END, USER_END - PAGE_SIZE, 0xc0000000, 0xfffff000, 0xffffffff, 0x80000000, 0x7fffffff};
	return rng_permille(&rng, 700) ? some[rng_below(&rng, ARRAY_LEN(some))] : rng_u32(&rng);
}

/* The offset of some part's length, so that changes hit fields and not only the large FPU image. */
static uint32_t some_part(uint32_t n)
{
	uint32_t at = 0, want = rng_below(&rng, 20);

	while (want-- && at + 4 < n) {
		uint32_t len;
		memcpy(&len, bytes + at, 4);
		if (at + 4 + len + 4 >= n) break;
		at += 4 + len;
	}
	return at;
}

static uint32_t mutate(uint32_t n)
{
	for (uint32_t i = rng_below(&rng, 4); i > 0; i--) {
		uint32_t v = nasty(), at = rng_permille(&rng, 300) ? rng_below(&rng, n) : some_part(n) + rng_below(&rng, 200);
		at = MIN(at, n - 1);
		switch (rng_below(&rng, 3)) {
		case 0: bytes[at] = (uint8_t)v; break;
		case 1: bytes[at] ^= (uint8_t)(1u << rng_below(&rng, 8)); break;
		default: memcpy(bytes + at, &v, MIN(4u, n - at)); break;
		}
	}
	if (rng_permille(&rng, 150)) { /* a field of an area, or of what the space says of itself */
		uint32_t at = some_part(n) + 4 + 4 * rng_below(&rng, 16), v = nasty() & ~(rng_permille(&rng, 500) ? PAGE_MASK : 0u);
		if (at + 4 <= n) memcpy(bytes + at, &v, 4);
	}
	if (rng_permille(&rng, 80)) n = rng_below(&rng, n) + 1;
	if (rng_permille(&rng, 50)) n = MIN(n + rng_below(&rng, 300), CAPSULE_MAX);
	return n;
}

/* ---- building it */

static void check_areas(const struct space *s)
{
	struct area *a;
	uint32_t end = USER_START, n = 0, pages = 0;

	list_for_each(a, &s->areas, node) {
		promise(!((a->start | a->end) & PAGE_MASK) && a->start < a->end, "an area has no whole pages");
		promise(a->start >= end && a->end <= USER_END, "an area overlaps or is none of user mode's");
		promise(a->prot <= 7, "an area has a protection that is none");
		end = a->end;
		pages += (a->end - a->start) >> PAGE_SHIFT;
		n++;
	}
	promise(n == s->n_areas && n <= SPACE_AREAS_MAX && pages == s->total_pages, "the areas are counted wrong");
	promise(s->brk_start <= s->brk && s->brk < USER_END, "the break is not in user memory");
}

static void check_call(const struct call *c)
{
	promise(c->phase <= CALL_BODY, "a call is in no phase that moves");
	if (c->phase == CALL_NONE) return;
	promise(c->row && (c->row->home || c->row->body), "a call has no row");
	promise(c->phase != CALL_HOME || c->row->home, "a call waits for a half that is not there");
	promise(c->phase != CALL_BODY || c->row->body, "a call runs a half that is not there");
	promise(!(c->row->flags & SYS_HOMEFIRST) || c->phase == CALL_START, "a call of home's only has begun elsewhere");
}

static void check_body(const struct body *b, const struct call *c)
{
	promise((b->user.regs.cs | 3) == USER_CS && (b->user.regs.ss | 3) == USER_DS, "the registers are not user mode's");
	for (int i = 0; i < 3; i++) {
		uint32_t high = b->user.tls.desc[i][1];
		promise((!high && !b->user.tls.desc[i][0]) || (high >> 12 & 7) == 7, "a descriptor is not user mode's");
	}
	promise(b->taken.signo >= 0 && b->taken.signo <= 64 && b->forced.signo >= 0 && b->forced.signo <= 64, "there is no such signal");
	check_areas(b->space);
	check_call(c);
}

static void unpack(uint32_t n, bool home, bool broken)
{
	static struct body only;
	struct body *b = &only;
	struct stream s = {0};
	struct call c;
	uint32_t tid = 0;

	memset(b, 0, sizeof(*b));
	promise(stream_write(&s, 0, bytes, n), "a stream could not be written");
	uint32_t heap = stub_heap_pieces(), frames = stub_frames_used();
	int32_t refs = fixture_references();
	bool starve = rng_permille(&rng, 200);
	if (starve) stub_refuse_after = (int32_t)rng_below(&rng, 40);
	int r = capsule_unpack(&s, b, &c, &tid, home ? &fixture_unit : NULL, home ? 1 : 2, 42, 7);
	stub_refuse_after = -1;
	if (r == 0) {
		n_built++;
		promise(tid == b->tid && b->home_node == (home ? 1 : 2) && b->unit == 42, "the body has another name");
		check_body(b, &c);
		drop_body(b);
	} else if (starve) {
		n_starved++;
	} else {
		n_refused++;
		promise(broken, "a whole capsule was refused");
		promise(r < 0 && r > -4096, "the refusal has no reason");
	}
	promise(stub_heap_pieces() == heap, "memory was lost");
	promise(stub_frames_used() == frames, "frames were lost");
	promise(fixture_references() == refs, "references to files were lost");
	stream_free(&s);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;

	rng_seed(&rng, seed);
	stub_reset();
	fixture_init();
	uint32_t n = 0;
	bool home = false;
	for (unsigned long i = 0; i < count; i++) {
		home = rng_permille(&rng, 500);
		n = pack(home);
		unpack(n, home, false);
		unpack(mutate(n), home, true);
	}
	promise(stub_heap_pieces() == 0 && stub_frames_used() == 0 && fixture_references() == 0, "something was left at the end");
	printf("%s - %lu capsules (seed %lu): %llu built, %llu refused, %llu without memory\n", n_built && n_refused ? "ok" : "not ok", count, seed, n_built, n_refused, n_starved);
	return n_built && n_refused ? 0 : 1;
}
