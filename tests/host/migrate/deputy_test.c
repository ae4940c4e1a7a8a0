/* deputy_test.c - the deputy's side of a call: asked twice, asked before the mover's thread has run, and the windows it works on.
 * Called by: make test-host-msg.
 * Never: has a wire: what is sent is kept in `sent`.  */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/sigmask.h"
#include "tests/host/migrate/fixture.h"
#include "tests/host/stubs/stubs.h"

/* ---- what deputy.c needs beside the fixture */
struct migrate_counters migrate_count;
struct hallway hallway;
static struct { uint32_t n; struct msg_reply last; } sent;

int cluster_send_wait(uint16_t to, uint8_t lane, const uint8_t *head, uint32_t head_len, const uint32_t *pages, uint32_t n_pages, uint32_t last_len, uint32_t heeds)
{
	UNUSED(to);
	UNUSED(lane);
	UNUSED(heeds);
	assert_true(msg_get_reply(head, head_len, message_bytes(n_pages, last_len), &sent.last));
	for (uint32_t i = 0; i < n_pages; i++) frame_unref(pages[i]);
	sent.n++;
	return 0;
}

uint32_t message_bytes(uint32_t n_pages, uint32_t last_len) { return n_pages ? (n_pages - 1) * PAGE_SIZE + last_len : 0; }

struct inbox *inbox_keep(const struct fx_message *m)
{
	struct inbox *i = kzalloc((uint32_t)sizeof(*i) + m->head_len);
	i->head_len = m->head_len;
	memcpy(i->head, m->head, m->head_len);
	return i;
}

void inbox_free(struct inbox *i) { kfree(i); }
void mirror_apply(struct task *t, const uint32_t arg[6]) { UNUSED(t); UNUSED(arg); }
bool signal_deliverable(const struct task *t) { UNUSED(t); return false; }
void thread_cut(struct thread *t, uint32_t cut) { t->cuts |= cut; }
void umem_init_local(struct umem *m, struct space *s, struct waitq *thaw) { *m = (struct umem){.ctx = s, .thaw = thaw}; }
void home_exit_group(struct task *t, int32_t status, const struct figures *used) { UNUSED(t); UNUSED(status); UNUSED(used); }
void task_end(struct task *t) { UNUSED(t); __builtin_abort(); }
static uint32_t n_traced; /* calls that a tracer would hear of here */
void trace_enter(struct task *t, const struct sysrow *row, const uint32_t arg[6]) { UNUSED(t); UNUSED(row); UNUSED(arg); }
void trace_exit(struct task *t, const struct sysrow *row, const uint32_t arg[6], int32_t result) { UNUSED(t); UNUSED(row); UNUSED(arg); UNUSED(result); n_traced++; }
void trace_signal(struct task *t, const struct ksiginfo *info) { UNUSED(t); UNUSED(info); }
static uint32_t readable; /* what of the body's memory can be touched, from STUB_USER on */
uint32_t space_probe(struct space *s, uint32_t at, uint32_t max, bool write)
{
	UNUSED(s);
	UNUSED(write);
	return at < STUB_USER || at - STUB_USER >= readable ? 0 : MIN(max, readable - (at - STUB_USER));
}

/* ---- a home task whose body is away */
static struct task only;
static struct unit unit = {.id = 42, .route = 2, .epoch = 3};
static struct group group;

static struct deputy *setup(void)
{
	memset(&only, 0, sizeof(only));
	memset(&sent, 0, sizeof(sent));
	only.has_home = true;
	only.home.unit = &unit;
	only.home.group = &group;
	only.home.tid = 5;
	return deputy_of(&only);
}

static void ask(uint32_t k)
{
	uint8_t head[WIRE_HEAD_MAX];
	struct msg_call c = {.key = {.kind = MSG_CALL, .home = 1, .unit = 42, .epoch = 3}, .tid = 5, .k = k, .row = ROW_HOME};
	struct fx_message m = {.from = 2, .head = head, .head_len = (uint16_t)msg_put_call(head, &c, (const uint8_t *)"")};
	deputy_on_call(&only, &m, &c);
}

/* The deputy works until there is nothing to do: then its task ends, for the test. */
static int nothing_to_do(void) { only.exiting = true; return 0; }

static void work(void)
{
	stub_on_sleep = nothing_to_do;
	only.exiting = false;
	deputy_serve(&only);
}

/* ---- calls */

static void a_call_asked_twice_runs_once(void **state)
{
	(void)state;
	uint32_t before = migrate_count.calls_served;

	setup();
	ask(1);
	ask(1);
	work();
	assert_int_equal(sent.n, 1);
	ask(1);
	work();
	assert_int_equal(sent.n, 2);
	assert_int_equal(sent.last.k, 1);
	assert_int_equal(migrate_count.calls_served - before, 1);
	assert_int_equal(n_traced, 1);
	assert_false(sent.last.traced);
	group.tracer = (struct tracer *)&group; /* somebody watches from now on: the answer says so */
	ask(2);
	work();
	assert_int_equal(migrate_count.calls_served - before, 2);
	assert_true(sent.last.traced);
	group.tracer = NULL;
	deputy_forget(&only);
	assert_int_equal(stub_heap_pieces(), 0);
}

/* Found by review: the CALL came in one batch with STARTED, and the home half that slept through the move ran again. */
static void asked_before_the_mover_has_run(void **state)
{
	(void)state;
	uint32_t before = migrate_count.calls_served;
	struct deputy *d = setup();

	only.call = (struct call){.phase = CALL_HOME, .k = 7, .row = sysrow_by_index(ROW_HOME)};
	only.has_body = true;
	ask(7); /* home has committed, the body's copy is still here */
	only.has_body = false;
	deputy_settle(&only, true);
	assert_true(d->busy);
	assert_null(d->request);
	ask(7); /* said again while its home half sleeps */
	assert_null(d->request);
	stub_on_sleep = nothing_to_do;
	deputy_result(&only, 33);
	assert_int_equal(sent.n, 1);
	assert_int_equal(sent.last.result, 33);
	assert_int_equal(migrate_count.calls_served, before);
	deputy_forget(&only);
	assert_int_equal(stub_heap_pieces(), 0);
}

static void answered_while_frozen(void **state)
{
	(void)state;
	struct deputy *d = setup();

	only.call = (struct call){.phase = CALL_HOME, .k = 7, .row = sysrow_by_index(ROW_HOME)};
	only.home.kept.k = 7;
	only.home.kept.result = 44;
	only.home.kept.valid = true;
	ask(7);
	deputy_settle(&only, true);
	assert_false(d->busy);
	work();
	assert_int_equal(sent.n, 1);
	assert_int_equal(sent.last.result, 44);
	deputy_forget(&only);
}

/* Another call than the one that stayed behind waits its turn. */
static void the_next_call_is_not_taken_for_it(void **state)
{
	(void)state;
	struct deputy *d = setup();

	only.call = (struct call){.phase = CALL_NONE, .k = 7};
	ask(8);
	deputy_settle(&only, false);
	assert_non_null(d->request);
	work();
	assert_int_equal(sent.last.k, 8);
	deputy_forget(&only);
}

/* ---- windows */

static struct parcel *one_window(uint32_t len)
{
	static struct parcel p;
	parcel_clear(&p);
	p.n = 1;
	p.w[0].at = 0x8000;
	p.w[0].len = len;
	p.w[0].out = true;
	return &p;
}

/* Found by review: a first store behind the window's start left a hole in the pages that are sent. */
static void a_store_behind_the_start(void **state)
{
	(void)state;
	struct parcel *p = one_window(3 * PAGE_SIZE);
	struct umem m = {.ctx = p};
	uint8_t got[8];

	assert_int_equal(umem_deputy_ops.store(&m, uaddr(0x8000 + 2 * PAGE_SIZE), "abcd", 4), 4);
	assert_int_equal(p->w[0].filled, 2 * PAGE_SIZE + 4);
	for (uint32_t i = 0; i < stream_pages(&p->out); i++) assert_int_not_equal(p->out.pages[i], FRAME_NONE);
	assert_true(stream_read(&p->out, 2 * PAGE_SIZE, got, 4));
	assert_memory_equal(got, "abcd", 4);
	assert_int_equal(umem_deputy_ops.store(&m, uaddr(0x8000 + 3 * PAGE_SIZE), "x", 1), 0);
	parcel_clear(p);
	assert_int_equal(stub_frames_used(), 0);
}

static void bytes_stored_before_the_move_stay(void **state)
{
	(void)state;
	struct parcel *p = one_window(100);
	struct umem m = {.ctx = p};
	uint8_t got[8];

	assert_true(stream_write(&p->out, 0, "before..", 8)); /* depart.c's keep_outs */
	p->outs_kept = true;
	assert_int_equal(umem_deputy_ops.store(&m, uaddr(0x8000 + 6), "!!", 2), 2);
	assert_int_equal(p->w[0].filled, 8);
	assert_true(stream_read(&p->out, 0, got, 8));
	assert_memory_equal(got, "before!!", 8);
	parcel_clear(p);
}

static const struct sysrow vector_row = {.name = "writev", .flags = SYS_IOVEC | SYS_SLICE_WRITE, .w = {{.dir = WINDOW_IN, .arg = 1, .len_kind = LEN_IOVEC, .len_arg = 2}}};

/* Found by review: when all of a vector had been moved, an empty slice followed for ever. */
static void vectors_come_to_an_end(void **state)
{
	(void)state;
	static uint8_t bytes[8192];
	static struct parcel p;
	struct stub_umem u;
	uint32_t iov[2] = {STUB_USER + 1000, 50}, arg[6] = {1, STUB_USER, 1};

	stub_umem_init(&u, bytes, sizeof(bytes));
	readable = sizeof(bytes);
	memcpy(bytes, iov, sizeof(iov));
	assert_int_equal(parcel_gather(&p, &vector_row, arg, 0, &u.m, NULL), 0);
	assert_int_equal(p.transfer, 50);
	assert_true(parcel_slice(&p) > 50);
	assert_int_equal(parcel_gather(&p, &vector_row, arg, 50, &u.m, NULL), 0);
	assert_int_equal(p.transfer, 0);
	assert_true(parcel_slice(&p) > 0);

	for (uint32_t i = 0; i < 40; i++) memcpy(bytes + i * sizeof(iov), iov, sizeof(iov));
	arg[2] = 40; /* more pieces than a message has windows */
	assert_int_equal(parcel_gather(&p, &vector_row, arg, 0, &u.m, NULL), 0);
	assert_int_equal(p.transfer, (MSG_WINDOWS_MAX - 1) * 50);
	assert_int_equal(parcel_slice(&p), p.transfer);

	iov[1] = 10000; /* a piece that ends in nowhere: what there is of it, then a slice of its own to fault in */
	memcpy(bytes, iov, sizeof(iov));
	assert_int_equal(parcel_gather(&p, &vector_row, arg, 0, &u.m, NULL), 0);
	assert_int_equal(p.transfer, sizeof(bytes) - 1000);
	assert_int_equal(parcel_slice(&p), p.transfer);
	parcel_clear(&p);
	assert_int_equal(stub_frames_used(), 0);
}

static int before_each(void **state)
{
	(void)state;
	stub_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_call_asked_twice_runs_once, before_each), cmocka_unit_test_setup(asked_before_the_mover_has_run, before_each),
		cmocka_unit_test_setup(answered_while_frozen, before_each), cmocka_unit_test_setup(the_next_call_is_not_taken_for_it, before_each),
		cmocka_unit_test_setup(a_store_behind_the_start, before_each), cmocka_unit_test_setup(bytes_stored_before_the_move_stay, before_each),
		cmocka_unit_test_setup(vectors_come_to_an_end, before_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
