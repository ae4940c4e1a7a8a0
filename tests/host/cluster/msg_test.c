/* msg_test.c - every message there and back, cut off at every length, and with each field out of its range.
 * Called by: make test-host-msg.
 * Never: looks at bytes but through the encoders; a decoder gets a buffer of exactly its length, so that the sanitizer sees more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/cluster/msgs.h"

/* ---- there and back */

static void there_and_back(void **state)
{
	(void)state;
	struct rng rng;

	rng_seed(&rng, 1);
	for (uint32_t i = 0; i < 20000; i++) {
		struct sample s, t;
		sample_make(&s, &rng, sample_kind(i));
		assert_true(sample_decode(&s, s.head, s.n, s.n_pages, s.page_bytes, &t));
		uint32_t n = sample_encode(&t);
		assert_int_equal(n, s.n);
		assert_memory_equal(t.head, s.head, n);
	}
}

static void fields_arrive(void **state)
{
	(void)state;
	uint8_t head[WIRE_HEAD_MAX];
	struct msg_ctl c = {.key = {.kind = MSG_READY, .home = 7, .unit = 0x11223344, .epoch = 9}, .node = 5, .from_epoch = 8, .tid = 77, .pages = 123, .features = 0xf00d, .status = -12}, d;

	assert_true(msg_get_ctl(head, msg_put_ctl(head, &c), &d));
	assert_int_equal(d.key.kind, MSG_READY);
	assert_int_equal(d.key.home, 7);
	assert_int_equal(d.key.unit, 0x11223344);
	assert_int_equal(d.key.epoch, 9);
	assert_int_equal(d.node, 5);
	assert_int_equal(d.from_epoch, 8);
	assert_int_equal(d.tid, 77);
	assert_int_equal(d.pages, 123);
	assert_int_equal(d.features, 0xf00d);
	assert_int_equal(d.status, -12);

	struct msg_call call = {.key = {.kind = MSG_CALL, .home = 1, .unit = 2, .epoch = 3}, .tid = 4, .k = 5, .skip = 6, .row = 7, .nonblock = true, .arg = {1, 2, 3, 4, 5, 6},
		.mirror = {1ull << 40, 2, 3}, .used = {4, 5, 6, 7, 8, 9, 10}, .n_windows = 2, .w = {{0x1000, 3, true, false}, {0x2000, 10, false, true}}, .data_len = 3}, got;
	assert_true(msg_get_call(head, msg_put_call(head, &call, (const uint8_t *)"abc"), 0, &got));
	assert_int_equal(got.k, 5);
	assert_int_equal(got.skip, 6);
	assert_int_equal(got.row, 7);
	assert_true(got.nonblock);
	assert_int_equal(got.arg[5], 6);
	assert_true(got.mirror.mask == 1ull << 40 && got.used.rss_pages == 9);
	assert_true(got.w[0].in && !got.w[0].out && !got.w[1].in && got.w[1].out);
	assert_int_equal(got.data_len, 3);
	assert_memory_equal(got.data_inline, "abc", 3);

	struct msg_reply r = {.key = {.kind = MSG_REPLY, .home = 1}, .tid = 2, .k = 3, .result = -4, .poke = true, .traced = true, .taken = {.signo = 9, .code = -1, .pid = 5, .addr = 6},
		.n_windows = 2, .filled = {0, 2}, .data_len = 2}, s;
	assert_true(msg_get_reply(head, msg_put_reply(head, &r, (const uint8_t *)"xy"), 0, &s));
	assert_true(s.result == -4 && s.poke && s.traced && s.taken.signo == 9 && s.taken.code == -1 && s.taken.addr == 6 && s.filled[1] == 2);
	assert_memory_equal(s.data_inline, "xy", 2);
}

/* What fits beside the largest head is what the constants promise. */
static void largest(void **state)
{
	(void)state;
	static uint8_t head[WIRE_HEAD_MAX], data[WIRE_HEAD_MAX];
	struct msg_call c = {.key = {.kind = MSG_CALL, .home = 1}, .n_windows = MSG_WINDOWS_MAX, .data_len = MSG_CALL_ROOM}, c2;
	struct msg_reply r = {.key = {.kind = MSG_REPLY, .home = 1}, .n_windows = MSG_WINDOWS_MAX, .data_len = MSG_REPLY_ROOM}, r2;

	c.w[3] = (struct msg_window){.at = 0x5000, .len = MSG_CALL_ROOM, .in = true};
	assert_true(msg_get_call(head, msg_put_call(head, &c, data), 0, &c2));
	r.filled[31] = MSG_REPLY_ROOM;
	assert_true(msg_get_reply(head, msg_put_reply(head, &r, data), 0, &r2));
}

/* ---- cut off, or with something behind */

static bool decodes(const struct sample *s, uint32_t n, uint32_t n_pages, uint32_t page_bytes)
{
	struct sample t;
	uint8_t *exact = malloc(n ? n : 1);

	memset(exact, 0x77, n ? n : 1);
	memcpy(exact, s->head, MIN(n, s->n));
	bool ok = sample_decode(s, exact, n, n_pages, page_bytes, &t);
	free(exact);
	return ok;
}

static void every_length(void **state)
{
	(void)state;
	struct rng rng;

	rng_seed(&rng, 2);
	for (uint32_t i = 0; i < 40 * SAMPLE_KINDS; i++) {
		struct sample s;
		sample_make(&s, &rng, sample_kind(i));
		assert_true(decodes(&s, s.n, s.n_pages, s.page_bytes));
		for (uint32_t n = 0; n < s.n; n++) assert_false(decodes(&s, n, s.n_pages, s.page_bytes));
		assert_false(decodes(&s, s.n + 1, s.n_pages, s.page_bytes));
		assert_false(decodes(&s, s.n + 4, s.n_pages, s.page_bytes));
	}
}

/* The pages that came must be those that the head tells of. */
static void wrong_pages(void **state)
{
	(void)state;
	struct rng rng;

	rng_seed(&rng, 3);
	for (uint32_t i = 0; i < 40 * SAMPLE_KINDS; i++) {
		struct sample s;
		sample_make(&s, &rng, sample_kind(i));
		if (s.kind <= MSG_CTL_LAST) continue; /* clusterd.c refuses pages with these */
		assert_false(decodes(&s, s.n, s.n_pages + 1, s.page_bytes + WIRE_PAGE_BYTES));
		if (s.n_pages) assert_false(decodes(&s, s.n, 0, 0));
	}
}

/* ---- fields out of range */

static void keys(void **state)
{
	(void)state;
	struct rng rng;

	rng_seed(&rng, 4);
	for (uint32_t i = 0; i < 4 * SAMPLE_KINDS; i++) {
		struct sample s;
		sample_make(&s, &rng, sample_kind(i));
		uint8_t kind = s.head[0];
		s.head[0] = 0;
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
		s.head[0] = MSG_PAGE_TELL + 1;
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
		s.head[0] = MSG_CTL_LAST + 1;
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
		s.head[0] = kind;
		s.head[1] ^= 1; /* another version */
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
		s.head[1] ^= 1;
		s.head[2] = s.head[3] = 0; /* home: nobody, everybody */
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
		s.head[2] = s.head[3] = 0xff;
		assert_false(decodes(&s, s.n, s.n_pages, s.page_bytes));
	}
}

#define CALL_OF(...) (struct msg_call){.key = {.kind = MSG_CALL, .home = 1}, __VA_ARGS__}
#define REPLY_OF(...) (struct msg_reply){.key = {.kind = MSG_REPLY, .home = 1}, __VA_ARGS__}

static bool call_is_good(const struct msg_call *c, const uint8_t *data, uint32_t page_bytes)
{
	uint8_t head[WIRE_HEAD_MAX];
	struct msg_call got;
	return msg_get_call(head, msg_put_call(head, c, data), page_bytes, &got);
}

static bool reply_is_good(const struct msg_reply *r, const uint8_t *data, uint32_t page_bytes)
{
	uint8_t head[WIRE_HEAD_MAX];
	struct msg_reply got;
	return msg_get_reply(head, msg_put_reply(head, r, data), page_bytes, &got);
}

static void windows(void **state)
{
	(void)state;
	uint8_t head[WIRE_HEAD_MAX], data[64] = {0};
	struct msg_call c = CALL_OF(.n_windows = 1, .w = {{0x1000, 65536, false, true}}), got;

	assert_true(call_is_good(&c, data, 0));
	c.w[0].len = 65537;
	assert_false(call_is_good(&c, data, 0));
	c = CALL_OF(.n_windows = 2, .w = {{0x1000, 65536, false, true}, {0x1000, 1, false, true}}); /* 64 KiB in all */
	assert_false(call_is_good(&c, data, 0));
	c = CALL_OF(.n_windows = 1, .w = {{0xfffffff0, 17, false, true}}); /* over the end of memory */
	assert_false(call_is_good(&c, data, 0));
	c = CALL_OF(.n_windows = 1, .w = {{0x1000, 4, true, false}}, .data_len = 5); /* data that no window has */
	assert_false(call_is_good(&c, data, 0));
	c.data_len = 4;
	assert_true(call_is_good(&c, data, 0));
	assert_false(call_is_good(&c, data, 4)); /* inline and in pages */
	c = CALL_OF(.n_windows = 2, .w = {{0x1000, 65536, true, false}, {0x1000, 1, true, false}}, .data_len = 65537);
	assert_false(call_is_good(&c, NULL, 65537));
	c = CALL_OF(.n_windows = 1, .w = {{0x1000, 4, true, false}}, .data_len = 4);
	assert_false(call_is_good(&c, NULL, 5));
	assert_true(call_is_good(&c, NULL, 4));

	c = CALL_OF(.n_windows = 1, .w = {{0x1000, 4, false, true}});
	uint32_t n = msg_put_call(head, &c, data);
	head[n - 6] = 4; /* the window's direction: no such bit */
	assert_false(msg_get_call(head, n, 0, &got));
	head[n - 6] = 2;
	assert_true(msg_get_call(head, n, 0, &got));
	head[12 + 15] = MSG_WINDOWS_MAX + 1;
	assert_false(msg_get_call(head, n, 0, &got));
	head[12 + 15] = 255;
	assert_false(msg_get_call(head, n, 0, &got));
}

static void replies(void **state)
{
	(void)state;
	uint8_t head[WIRE_HEAD_MAX], data[64] = {0};
	struct msg_reply r = REPLY_OF(.taken = {.signo = 64}), got;

	assert_true(reply_is_good(&r, data, 0));
	r.taken.signo = 65;
	assert_false(reply_is_good(&r, data, 0));
	r.taken.signo = -1;
	assert_false(reply_is_good(&r, data, 0));
	r = REPLY_OF(.n_windows = 1, .filled = {65537}, .data_len = 65537);
	assert_false(reply_is_good(&r, NULL, 65537));
	r = REPLY_OF(.n_windows = 1, .filled = {3}, .data_len = 4);
	assert_false(reply_is_good(&r, data, 0));
	r = REPLY_OF(.n_windows = 2, .filled = {3, 4}, .data_len = 7);
	assert_true(reply_is_good(&r, data, 0));
	assert_true(reply_is_good(&r, NULL, 7));
	assert_false(reply_is_good(&r, NULL, 6));
	uint32_t n = msg_put_reply(head, &r, data);
	head[n - 7 - 5 - 2 * 4 - sizeof(r.taken) - 1] = MSG_WINDOWS_MAX + 1;
	assert_false(msg_get_reply(head, n, 0, &got));
	n = msg_put_reply(head, &r, data);
	memset(head + n - 7 - 5, 0xff, 4); /* a length that no head holds */
	assert_false(msg_get_reply(head, n, 0, &got));
}

static void bulk(void **state)
{
	(void)state;
	uint8_t head[WIRE_HEAD_MAX];
	struct msg_pages p = {.key = {.kind = MSG_PAGES, .home = 1}, .n = 2, .at = {0x1000, 0x2000}}, pg;
	struct msg_capsule c = {.key = {.kind = MSG_CAPSULE, .home = 1}, .total = 100, .offset = 0, .len = 100}, cg;
	struct msg_page_ask a = {.key = {.kind = MSG_PAGE_ASK, .home = 1}, .n = 1}, ag;

	assert_true(msg_get_pages(head, msg_put_pages(head, &p), 2, &pg));
	assert_false(msg_get_pages(head, msg_put_pages(head, &p), 3, &pg));
	p.at[1] = 0x2004;
	assert_false(msg_get_pages(head, msg_put_pages(head, &p), 2, &pg));
	p.n = 0;
	assert_false(msg_get_pages(head, msg_put_pages(head, &p), 0, &pg));
	p.n = 1;
	uint32_t n = msg_put_pages(head, &p);
	head[12] = MSG_PIECE_PAGES + 1;
	assert_false(msg_get_pages(head, n, MSG_PIECE_PAGES + 1, &pg));

	assert_true(msg_get_capsule(head, msg_put_capsule(head, &c), 100, &cg));
	assert_false(msg_get_capsule(head, msg_put_capsule(head, &c), 99, &cg));
	c.offset = 1;
	assert_false(msg_get_capsule(head, msg_put_capsule(head, &c), 100, &cg));
	c.offset = 0xffffffff;
	assert_false(msg_get_capsule(head, msg_put_capsule(head, &c), 100, &cg));
	c.offset = c.len = 0;
	assert_false(msg_get_capsule(head, msg_put_capsule(head, &c), 0, &cg));

	assert_true(msg_get_page(head, msg_put_page(head, &a), 0, &ag));
	assert_false(msg_get_page(head, msg_put_page(head, &a), 1, &ag));
	a.n = 0;
	assert_false(msg_get_page(head, msg_put_page(head, &a), 0, &ag));
	a.n = MSG_PIECE_PAGES + 1;
	assert_false(msg_get_page(head, msg_put_page(head, &a), 0, &ag));
	a.key.kind = MSG_PAGE_TELL;
	a.n = 2;
	assert_true(msg_get_page(head, msg_put_page(head, &a), 2, &ag));
	assert_false(msg_get_page(head, msg_put_page(head, &a), 1, &ag));
	a.n = 0; /* nothing, and no reason why */
	assert_false(msg_get_page(head, msg_put_page(head, &a), 0, &ag));
	a.status = -5;
	assert_true(msg_get_page(head, msg_put_page(head, &a), 0, &ag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(fields_arrive), cmocka_unit_test(largest),
		cmocka_unit_test(every_length), cmocka_unit_test(wrong_pages), cmocka_unit_test(keys),
		cmocka_unit_test(windows), cmocka_unit_test(replies), cmocka_unit_test(bulk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
