/* Unit tests of cluster/rdp/reass.c: frames that contradict each other, in every order.
 * Called by make test-host.
 * Never sends anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cluster/rdp/rdp.h"

#define SLOTS 8

static struct {
	struct rdp_host h;
	struct rdp_lane lane;
	struct rdp_msg slots[SLOTS];
	uint32_t n_pages;  /* handed out */
	bool no_pages;
} t;

static bool page_alloc(void *ctx, uint32_t n, uint32_t *handles, bool urgent)
{
	UNUSED(ctx);
	UNUSED(urgent);
	if (t.no_pages)
		return false;
	for (uint32_t i = 0; i < n; i++)
		handles[i] = 50 + t.n_pages + i;
	t.n_pages += n;
	return true;
}

static void page_free(void *ctx, uint32_t handle)
{
	UNUSED(ctx);
	assert_true(handle >= 50);
	t.n_pages--;
}

static const struct node_env env = { .page_alloc = page_alloc, .page_free = page_free };

static int begin(void **state)
{
	UNUSED(state);
	memset(&t, 0, sizeof t);
	t.h.env = &env;
	list_init(&t.h.rx_free);
	list_init(&t.lane.parts);
	t.lane.deliver = t.lane.rcv_nxt = 100;
	for (int i = 0; i < SLOTS; i++)
		list_push_back(&t.h.rx_free, &t.slots[i].node);
	t.h.n_rx_free = SLOTS;
	return 0;
}

static int end(void **state)
{
	UNUSED(state);
	while (!list_empty(&t.lane.parts))
		reass_drop(&t.h, list_first(&t.lane.parts, struct rdp_msg, node));
	return t.n_pages != 0 || t.h.n_rx_free != SLOTS;
}

static struct packet frame(uint32_t seq, uint8_t frag, uint8_t n_pages, uint16_t len, uint8_t flags)
{
	return (struct packet){ .type = WIRE_DATA, .seq = seq, .frag = frag, .n_pages = n_pages, .len = len, .flags = flags };
}

/* Place a frame and mark it; NULL when refused. */
static struct rdp_msg *put(uint32_t seq, uint8_t frag, uint8_t n_pages, uint16_t len, uint8_t flags)
{
	static const uint8_t bounce[WIRE_PAYLOAD_MAX];
	struct packet p = frame(seq, frag, n_pages, len, flags);
	struct fx_part part;
	bool fresh, no_memory;
	struct rdp_msg *m;

	assert_true(reass_shape_ok(&p));
	m = reass_find(&t.h, &t.lane, &p, &part, &fresh, &no_memory);
	if (m != NULL)
		reass_mark(m, &p, bounce);
	return m;
}

static bool shape(uint8_t frag, uint8_t n_pages, uint16_t len, uint8_t flags)
{
	struct packet p = frame(0, frag, n_pages, len, flags);

	return reass_shape_ok(&p);
}

#define F WIRE_F_FIRST
#define L WIRE_F_LAST

static void shapes(void **state)
{
	UNUSED(state);
	assert_true(shape(0, 0, 0, F | L) && shape(0, 0, WIRE_HEAD_MAX, F | L) && shape(0, 16, 9, F));
	assert_false(shape(0, 0, WIRE_HEAD_MAX + 1, F | L)); /* head too long */
	assert_false(shape(0, 0, 1, L) || shape(0, 0, 1, F) || shape(0, 1, 1, F | L));
	assert_false(shape(0, 17, 1, F));                    /* too many pages */
	assert_true(shape(1, 1, 1432, 0) && shape(2, 1, 1432, 0) && shape(3, 1, 1232, L));
	assert_false(shape(1, 1, 1431, 0));                  /* short, but not the last */
	assert_false(shape(3, 1, 1232, 0));                  /* nothing can follow */
	assert_false(shape(3, 1, 1233, L));                  /* beyond the page */
	assert_false(shape(4, 1, 1, L));                     /* beyond the message */
	assert_false(shape(1, 0, 1, L) || shape(1, 1, 0, L) || shape(1, 1, 1432, F));
	assert_false(shape(1, 2, 7, L));                     /* the last frame is not of the last page */
	assert_true(shape(4, 2, 7, L));
}

static void number_of_frames(void **state)
{
	UNUSED(state);
	assert_int_equal(rdp_n_frags(0, 0), 1);
	assert_int_equal(rdp_n_frags(1, 1), 2);
	assert_int_equal(rdp_n_frags(1, 1432), 2);
	assert_int_equal(rdp_n_frags(1, 1433), 3);
	assert_int_equal(rdp_n_frags(1, 4096), 4);
	assert_int_equal(rdp_n_frags(16, 4096), WIRE_FRAGS_MAX);
}

static void frames_come_in_any_order(void **state)
{
	struct rdp_msg *m = put(103, 3, 1, 1000, L);

	UNUSED(state);
	assert_non_null(m);
	assert_ptr_equal(put(101, 1, 1, 1432, 0), m);
	assert_ptr_equal(put(100, 0, 1, 5, F), m);
	assert_ptr_equal(put(102, 2, 1, 1432, 0), m);
	assert_int_equal(m->base, 100);
	assert_int_equal(m->n_frags, 4);
	assert_int_equal(m->last_len, 2864 + 1000);
	assert_int_equal(m->got, 0xf);
}

static void contradictions_are_refused(void **state)
{
	UNUSED(state);
	assert_non_null(put(102, 2, 1, 40, L));  /* a message of frames 100..102 */
	assert_null(put(103, 3, 1, 1232, L));    /* a frame behind its last */
	assert_null(put(101, 1, 2, 1432, 0));    /* another number of pages */
	assert_null(put(101, 1, 1, 9, L));       /* a second last frame */
	assert_null(put(101, 0, 0, 1, F | L));   /* a message in the middle of it */
	assert_non_null(put(103, 0, 0, 1, F | L));
}

static void last_frame_before_one_that_is_here(void **state)
{
	UNUSED(state);
	assert_non_null(put(102, 2, 1, 1432, 0));
	assert_null(put(101, 1, 1, 9, L));
}

static void messages_do_not_overlap(void **state)
{
	UNUSED(state);
	assert_non_null(put(110, 0, 0, 1, F | L));
	assert_null(put(108, 0, 2, 1, F));        /* has at least 5 frames */
	assert_non_null(put(108, 0, 1, 1, F));    /* has at least 2 */
	assert_null(put(110, 2, 1, 1432, 0));     /* its third is another message */
	assert_null(put(99, 0, 0, 1, F | L));     /* delivered long ago */
	assert_null(put(101, 2, 1, 1432, 0));     /* begins before */
}

static void memory_is_kept_for_the_next_in_order(void **state)
{
	uint32_t seq = 110;

	UNUSED(state);
	while (put(seq, 0, 0, 1, F | L) != NULL)
		seq += 2;
	assert_int_equal(t.h.n_rx_free, RDP_RX_RESERVE);
	assert_non_null(put(100, 0, 1, 1, F)); /* this one everybody waits for */
}

static void no_pages_no_part(void **state)
{
	struct packet p = frame(101, 1, 1, 1432, 0);
	struct fx_part part;
	bool fresh, no_memory;

	UNUSED(state);
	t.no_pages = true;
	assert_null(reass_find(&t.h, &t.lane, &p, &part, &fresh, &no_memory));
	assert_true(no_memory);
	assert_true(list_empty(&t.lane.parts));
}

static void place_in_the_page(void **state)
{
	struct packet p = frame(106, 6, 2, 1232, L);
	struct fx_part part;
	bool fresh, no_memory;

	UNUSED(state);
	assert_non_null(reass_find(&t.h, &t.lane, &p, &part, &fresh, &no_memory));
	assert_true(fresh);
	assert_int_equal(part.handle, 51);
	assert_int_equal(part.offset, 2864);
	assert_int_equal(part.len, 1232);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes), cmocka_unit_test(number_of_frames),
		cmocka_unit_test_setup_teardown(frames_come_in_any_order, begin, end),
		cmocka_unit_test_setup_teardown(contradictions_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(last_frame_before_one_that_is_here, begin, end),
		cmocka_unit_test_setup_teardown(messages_do_not_overlap, begin, end),
		cmocka_unit_test_setup_teardown(memory_is_kept_for_the_next_in_order, begin, end),
		cmocka_unit_test_setup_teardown(no_pages_no_part, begin, end),
		cmocka_unit_test_setup_teardown(place_in_the_page, begin, end),
	};

	return cmocka_run_group_tests_name("cluster/reass", tests, NULL, NULL);
}
