/* msg.c - encodes and decodes the messages of msg.h.
 * Called by: kernel/migrate, tests, fuzzers.  Little-endian through lib/codec.
 * Never: trusts a count, a length or a kind.  */
#include "cluster/msg.h"

static void put_key(struct writer *w, const struct msg_key *k)
{
	wr_u8(w, k->kind);
	wr_u8(w, MSG_VERSION);
	wr_u16(w, k->home);
	wr_u32(w, k->unit);
	wr_u32(w, k->epoch);
}

static bool get_key(struct reader *r, struct msg_key *k)
{
	k->kind = rd_u8(r);
	uint8_t version = rd_u8(r);
	k->home = rd_u16(r);
	k->unit = rd_u32(r);
	k->epoch = rd_u32(r);
	return rd_ok(r) && version == MSG_VERSION && k->home >= WIRE_NODE_MIN && k->home <= WIRE_NODE_MAX;
}

bool msg_get_key(const uint8_t *head, uint32_t n, struct msg_key *key)
{
	struct reader r;
	rd_init(&r, head, n);
	return get_key(&r, key);
}

static uint32_t finish(const struct writer *w)
{
	KASSERT2(wr_ok(w), w->n, w->cap);
	return w->n;
}

uint32_t msg_put_ctl(uint8_t *head, const struct msg_ctl *m)
{
	struct writer w;
	wr_init(&w, head, MSG_SMALL_MAX);
	put_key(&w, &m->key);
	wr_u16(&w, m->node);
	wr_u16(&w, 0);
	wr_u32(&w, m->from_epoch);
	wr_u32(&w, m->tid);
	wr_u32(&w, m->pages);
	wr_u32(&w, m->features);
	wr_u32(&w, (uint32_t)m->status);
	return finish(&w);
}

bool msg_get_ctl(const uint8_t *head, uint32_t n, struct msg_ctl *m)
{
	struct reader r;
	rd_init(&r, head, n);
	if (!get_key(&r, &m->key)) return false;
	m->node = rd_u16(&r);
	rd_skip(&r, 2);
	m->from_epoch = rd_u32(&r);
	m->tid = rd_u32(&r);
	m->pages = rd_u32(&r);
	m->features = rd_u32(&r);
	m->status = (int32_t)rd_u32(&r);
	return rd_done(&r) && m->key.kind >= MSG_OFFER && m->key.kind <= MSG_CTL_LAST;
}

static void put_data(struct writer *w, uint32_t len, const uint8_t *inline_data)
{
	wr_u32(w, len);
	wr_u8(w, inline_data != NULL);
	if (inline_data) wr_bytes(w, inline_data, len);
}

/* Data that is said to be inline must be there; data in pages must have come. */
static bool get_data(struct reader *r, uint32_t page_bytes, uint32_t *len, const uint8_t **inline_data)
{
	*len = rd_u32(r);
	bool is_inline = rd_u8(r) != 0;
	*inline_data = NULL;
	if (!is_inline) return rd_done(r) && *len == page_bytes;
	if (*len > WIRE_HEAD_MAX) return false;
	*inline_data = rd_take(r, *len);
	return rd_done(r) && page_bytes == 0;
}

static void put_mirror_figures(struct writer *w, const struct msg_mirror *m, const struct msg_figures *f)
{
	wr_u64(w, m->mask);
	wr_u64(w, m->ignored);
	wr_u64(w, m->caught);
	wr_u64(w, f->user_ns);
	wr_u64(w, f->system_ns);
	wr_u32(w, f->min_faults);
	wr_u32(w, f->maj_faults);
	wr_u32(w, f->vm_pages);
	wr_u32(w, f->rss_pages);
	wr_u32(w, f->locked_pages);
}

static void get_mirror_figures(struct reader *r, struct msg_mirror *m, struct msg_figures *f)
{
	m->mask = rd_u64(r);
	m->ignored = rd_u64(r);
	m->caught = rd_u64(r);
	f->user_ns = rd_u64(r);
	f->system_ns = rd_u64(r);
	f->min_faults = rd_u32(r);
	f->maj_faults = rd_u32(r);
	f->vm_pages = rd_u32(r);
	f->rss_pages = rd_u32(r);
	f->locked_pages = rd_u32(r);
}

uint32_t msg_put_call(uint8_t *head, const struct msg_call *m, const uint8_t *inline_data)
{
	struct writer w;
	wr_init(&w, head, WIRE_HEAD_MAX);
	put_key(&w, &m->key);
	wr_u32(&w, m->tid);
	wr_u32(&w, m->k);
	wr_u32(&w, m->skip);
	wr_u16(&w, m->row);
	wr_u8(&w, m->nonblock);
	wr_u8(&w, m->n_windows);
	for (int i = 0; i < 6; i++) wr_u32(&w, m->arg[i]);
	put_mirror_figures(&w, &m->mirror, &m->used);
	for (uint32_t i = 0; i < m->n_windows; i++) {
		wr_u32(&w, m->w[i].at);
		wr_u32(&w, m->w[i].len);
		wr_u8(&w, (uint8_t)(m->w[i].in | m->w[i].out << 1));
	}
	put_data(&w, m->data_len, inline_data);
	return finish(&w);
}

static bool get_windows(struct reader *r, struct msg_call *m)
{
	uint32_t in = 0, out = 0;
	for (uint32_t i = 0; i < m->n_windows; i++) {
		struct msg_window *v = &m->w[i];
		v->at = rd_u32(r);
		v->len = rd_u32(r);
		uint8_t dir = rd_u8(r);
		v->in = dir & 1;
		v->out = (dir & 2) != 0;
		if (dir > 3 || v->len > WIRE_PAGES_MAX * WIRE_PAGE_BYTES || v->at + v->len < v->at) return false;
		in += v->in ? v->len : 0;
		out += v->out ? v->len : 0;
	}
	m->data_len = in;
	return rd_ok(r) && out <= WIRE_PAGES_MAX * WIRE_PAGE_BYTES && in <= WIRE_PAGES_MAX * WIRE_PAGE_BYTES;
}

bool msg_get_call(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_call *m)
{
	struct reader r;
	rd_init(&r, head, n);
	if (!get_key(&r, &m->key) || m->key.kind != MSG_CALL) return false;
	m->tid = rd_u32(&r);
	m->k = rd_u32(&r);
	m->skip = rd_u32(&r);
	m->row = rd_u16(&r);
	m->nonblock = rd_u8(&r) != 0;
	m->n_windows = rd_u8(&r);
	for (int i = 0; i < 6; i++) m->arg[i] = rd_u32(&r);
	get_mirror_figures(&r, &m->mirror, &m->used);
	if (!rd_ok(&r) || m->n_windows > MSG_WINDOWS_MAX || !get_windows(&r, m)) return false;
	uint32_t in = m->data_len;
	return get_data(&r, page_bytes, &m->data_len, &m->data_inline) && m->data_len == in;
}

/* flags of a reply */
#define REPLY_POKE 1u
#define REPLY_TRACED 2u

uint32_t msg_put_reply(uint8_t *head, const struct msg_reply *m, const uint8_t *inline_data)
{
	struct writer w;
	wr_init(&w, head, WIRE_HEAD_MAX);
	put_key(&w, &m->key);
	wr_u32(&w, m->tid);
	wr_u32(&w, m->k);
	wr_u32(&w, (uint32_t)m->result);
	wr_u8(&w, (uint8_t)((m->poke ? REPLY_POKE : 0) | (m->traced ? REPLY_TRACED : 0)));
	wr_u64(&w, m->pending);
	wr_u8(&w, m->n_windows);
	wr_u32(&w, (uint32_t)m->taken.signo);
	wr_u32(&w, (uint32_t)m->taken.code);
	wr_u32(&w, (uint32_t)m->taken.err);
	wr_u32(&w, m->taken.pid);
	wr_u32(&w, m->taken.uid);
	wr_u32(&w, (uint32_t)m->taken.status);
	wr_u32(&w, m->taken.value);
	wr_u32(&w, m->taken.addr);
	for (uint32_t i = 0; i < m->n_windows; i++) wr_u32(&w, m->filled[i]);
	put_data(&w, m->data_len, inline_data);
	return finish(&w);
}

static void get_info(struct reader *r, struct msg_info *i)
{
	i->signo = (int32_t)rd_u32(r);
	i->code = (int32_t)rd_u32(r);
	i->err = (int32_t)rd_u32(r);
	i->pid = rd_u32(r);
	i->uid = rd_u32(r);
	i->status = (int32_t)rd_u32(r);
	i->value = rd_u32(r);
	i->addr = rd_u32(r);
}

bool msg_get_reply(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_reply *m)
{
	struct reader r;
	uint32_t sum = 0;

	rd_init(&r, head, n);
	if (!get_key(&r, &m->key) || m->key.kind != MSG_REPLY) return false;
	m->tid = rd_u32(&r);
	m->k = rd_u32(&r);
	m->result = (int32_t)rd_u32(&r);
	uint8_t flags = rd_u8(&r);
	m->poke = flags & REPLY_POKE;
	m->traced = flags & REPLY_TRACED;
	m->pending = rd_u64(&r);
	m->n_windows = rd_u8(&r);
	get_info(&r, &m->taken);
	if (!rd_ok(&r) || flags > (REPLY_POKE | REPLY_TRACED) || m->n_windows > MSG_WINDOWS_MAX || m->taken.signo < 0 || m->taken.signo > 64) return false;
	for (uint32_t i = 0; i < m->n_windows; i++) {
		m->filled[i] = rd_u32(&r);
		if (m->filled[i] > WIRE_PAGES_MAX * WIRE_PAGE_BYTES) return false;
		sum += m->filled[i];
	}
	return get_data(&r, page_bytes, &m->data_len, &m->data_inline) && m->data_len == sum;
}

uint32_t msg_put_pages(uint8_t *head, const struct msg_pages *m)
{
	struct writer w;
	wr_init(&w, head, MSG_SMALL_MAX);
	put_key(&w, &m->key);
	wr_u32(&w, m->n);
	for (uint32_t i = 0; i < m->n; i++) wr_u32(&w, m->at[i]);
	return finish(&w);
}

bool msg_get_pages(const uint8_t *head, uint32_t n, uint32_t n_pages, struct msg_pages *m)
{
	struct reader r;
	rd_init(&r, head, n);
	if (!get_key(&r, &m->key) || m->key.kind != MSG_PAGES) return false;
	m->n = rd_u32(&r);
	if (m->n == 0 || m->n > MSG_PIECE_PAGES || m->n != n_pages) return false;
	for (uint32_t i = 0; i < m->n; i++) {
		m->at[i] = rd_u32(&r);
		if (m->at[i] & (WIRE_PAGE_BYTES - 1)) return false;
	}
	return rd_done(&r);
}

uint32_t msg_put_capsule(uint8_t *head, const struct msg_capsule *m)
{
	struct writer w;
	wr_init(&w, head, MSG_SMALL_MAX);
	put_key(&w, &m->key);
	wr_u32(&w, m->total);
	wr_u32(&w, m->offset);
	wr_u32(&w, m->len);
	return finish(&w);
}

bool msg_get_capsule(const uint8_t *head, uint32_t n, uint32_t page_bytes, struct msg_capsule *m)
{
	struct reader r;
	rd_init(&r, head, n);
	if (!get_key(&r, &m->key) || m->key.kind != MSG_CAPSULE) return false;
	m->total = rd_u32(&r);
	m->offset = rd_u32(&r);
	m->len = rd_u32(&r);
	return rd_done(&r) && m->len == page_bytes && m->len > 0 && m->offset <= m->total && m->len <= m->total - m->offset;
}

uint32_t msg_put_page(uint8_t *head, const struct msg_page_ask *m)
{
	struct writer w;
	wr_init(&w, head, MSG_SMALL_MAX);
	put_key(&w, &m->key);
	wr_u32(&w, m->ask);
	wr_u32(&w, m->backing);
	wr_u32(&w, m->index);
	wr_u32(&w, m->n);
	wr_u32(&w, (uint32_t)m->status);
	return finish(&w);
}

bool msg_get_page(const uint8_t *head, uint32_t n, uint32_t n_pages, struct msg_page_ask *m)
{
	struct reader r;
	rd_init(&r, head, n);
	if (!get_key(&r, &m->key) || (m->key.kind != MSG_PAGE_ASK && m->key.kind != MSG_PAGE_TELL)) return false;
	m->ask = rd_u32(&r);
	m->backing = rd_u32(&r);
	m->index = rd_u32(&r);
	m->n = rd_u32(&r);
	m->status = (int32_t)rd_u32(&r);
	if (!rd_done(&r) || m->n > MSG_PIECE_PAGES) return false;
	if (m->key.kind == MSG_PAGE_ASK) return n_pages == 0 && m->n >= 1;
	return m->n == n_pages && (m->status != 0 || m->n >= 1);
}
