/* umem_deputy.c - "somebody's memory" when it is a node away: the windows that came with the call.
 * Called by: umem.c through umem_deputy_ops, deputy.c and guest.c.
 * Never: waits for the wire; beyond a window's valid prefix it faults where local memory would.  */
#include "kernel/migrate/migrate.h"
#include "lib/str.h"

static uint32_t deputy_fetch(struct umem *m, void *dst, uaddr_t src, uint32_t n)
{
	const struct parcel *p = m->ctx;
	uint32_t best = 0, from = 0;

	for (uint32_t i = 0; i < p->n; i++) { /* windows may overlap: the one that reaches farthest */
		uint32_t off = src.v - p->w[i].at;
		if (!p->w[i].in || off >= p->w[i].len || p->w[i].len - off <= best) continue;
		best = p->w[i].len - off;
		from = p->w[i].in_base + off;
	}
	uint32_t part = MIN(n, best);
	return part && stream_read(&p->in, from, dst, part) ? part : 0;
}

/* The first store into a window that is read and written: what is not stored keeps the value that came. */
static bool begin_inout(struct parcel *p, uint32_t i)
{
	uint8_t part[256];

	for (uint32_t n = 0; n < p->w[i].len;) {
		uint32_t len = MIN(sizeof(part), p->w[i].len - n);
		if (!stream_read(&p->in, p->w[i].in_base + n, part, len)) return false;
		if (!stream_write(&p->out, p->w[i].out_base + n, part, len)) return false;
		n += len;
	}
	p->w[i].filled = p->w[i].len;
	return true;
}

static uint32_t deputy_store(struct umem *m, uaddr_t dst, const void *src, uint32_t n)
{
	struct parcel *p = m->ctx;

	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t off = dst.v - p->w[i].at;
		if (!p->w[i].out || off >= p->w[i].len) continue;
		uint32_t part = MIN(n, p->w[i].len - off);
		if (p->w[i].in && !p->w[i].filled && !begin_inout(p, i)) return 0;
		uint32_t end = p->w[i].out_base + p->w[i].filled, at = p->w[i].out_base + off;
		/* a gap: bytes travel from the window's start */
		if (at > end && !p->outs_kept && !stream_write(&p->out, end, NULL, at - end)) return 0;
		if (!stream_write(&p->out, at, src, part)) return 0;
		p->w[i].filled = MAX(p->w[i].filled, off + part);
		return part;
	}
	return 0;
}

const struct umem_ops umem_deputy_ops = {.fetch = deputy_fetch, .store = deputy_store};

void parcel_clear(struct parcel *p)
{
	stream_free(&p->in);
	stream_free(&p->out);
	memset(p, 0, sizeof(*p));
}

/* Bytes that a window wants, before the memory is looked at. */
static uint32_t window_wants(const struct window *w, const uint32_t arg[6], struct umem *mem)
{
	uint32_t v = 0;

	switch (w->len_kind) {
	case LEN_CONST: return w->len;
	case LEN_ARG: return arg[w->len_arg] > SYSCALL_SLICE / w->len ? SYSCALL_SLICE : arg[w->len_arg] * w->len;
	case LEN_U32_AT: return umem_fetch_u32(mem, uaddr(arg[w->len_arg]), &v) ? 0 : MIN(v, SYSCALL_SLICE);
	case LEN_STRING: return w->len;
	case LEN_FDSET: return MIN((arg[w->len_arg] + 31) / 32 * 4, 8192u);
	default: return 0;
	}
}

static uint32_t string_length(struct umem *mem, uaddr_t at, uint32_t max)
{
	uint8_t part[64];
	uint32_t n = 0;

	while (n < max) {
		uint32_t got = umem_fetch_some(mem, part, uaddr_add(at, n), MIN(sizeof(part), max - n));
		for (uint32_t i = 0; i < got; i++)
			if (part[i] == 0) return n + i + 1;
		n += got;
		if (got == 0) break;
	}
	return n;
}

static int copy_in(struct parcel *p, struct umem *mem, uint32_t at, uint32_t len)
{
	uint8_t part[256];

	for (uint32_t n = 0; n < len;) {
		uint32_t want = MIN(sizeof(part), len - n);
		uint32_t got = umem_fetch_some(mem, part, uaddr(at + n), want);
		if (got != want) return -EFAULT;
		if (!stream_write(&p->in, p->in.len, part, got)) return -ENOMEM;
		n += got;
	}
	return 0;
}

static int add_window(struct parcel *p, uint32_t at, uint32_t want, uint8_t dir, struct umem *mem, struct space *s, uint32_t *out_total)
{
	bool in = dir != WINDOW_OUT, out = dir != WINDOW_IN;

	if (at == 0 || want == 0) return 0;
	if (p->n == MSG_WINDOWS_MAX) return 0; /* beyond: the home half meets a fault, and a transfer a short count */
	if (in) want = MIN(want, SYSCALL_SLICE - MIN(p->in.len, SYSCALL_SLICE));
	if (out) want = MIN(want, SYSCALL_SLICE - *out_total);
	uint32_t len = space_probe(s, at, want, out);
	if (len == 0) return 0;
	p->w[p->n].at = at;
	p->w[p->n].len = len;
	p->w[p->n].in = in;
	p->w[p->n].out = out;
	p->w[p->n].in_base = p->in.len;
	p->w[p->n].out_base = *out_total;
	p->n++;
	if (out) *out_total += len;
	return in ? copy_in(p, mem, at, len) : 0;
}

/* The iovec itself, then what it points at, without the bytes that earlier slices have moved. */
static int add_iovec(struct parcel *p, const struct window *w, const uint32_t arg[6], uint32_t skip, struct umem *mem, struct space *s,
		     uint32_t *out_total)
{
	uint32_t at = arg[w->arg], n = MIN(arg[w->len_arg], 1024u), iov[2];
	int r = add_window(p, at, n * sizeof(iov), WINDOW_IN, mem, s, out_total);

	for (uint32_t i = 0; r == 0 && i < n && !p->partial; i++) {
		p->partial = p->n == MSG_WINDOWS_MAX || umem_fetch(mem, iov, uaddr(at + i * sizeof(iov)), sizeof(iov));
		if (p->partial) break;
		uint32_t gone = MIN(skip, iov[1]), want = iov[1] - gone, had = p->n;
		skip -= gone;
		r = add_window(p, iov[0] + gone, want, w->dir, mem, s, out_total);
		uint32_t len = p->n > had ? p->w[had].len : 0;
		p->transfer += len;
		p->partial = len < want;
	}
	return r;
}

uint32_t parcel_slice(const struct parcel *p)
{
	return p->partial ? MAX(p->transfer, 1u) : UINT32_MAX;
}

int parcel_gather(struct parcel *p, const struct sysrow *row, const uint32_t arg[6], uint32_t skip, struct umem *mem, struct space *s)
{
	uint32_t out_total = 0;
	int r = 0;

	parcel_clear(p);
	for (uint32_t i = 0; r == 0 && i < WINDOWS_MAX && row->w[i].dir != WINDOW_NONE; i++) {
		const struct window *w = &row->w[i];
		if (w->len_kind == LEN_IOVEC) {
			r = add_iovec(p, w, arg, skip, mem, s, &out_total);
			continue;
		}
		uint32_t want = window_wants(w, arg, mem);
		if (w->len_kind == LEN_STRING) want = arg[w->arg] ? string_length(mem, uaddr(arg[w->arg]), want) : 0;
		r = add_window(p, arg[w->arg], want, w->dir, mem, s, &out_total);
	}
	if (r) parcel_clear(p);
	return r;
}

int parcel_scatter(struct parcel *p, struct umem *mem)
{
	uint8_t part[256];

	for (uint32_t i = 0; i < p->n; i++) {
		for (uint32_t n = 0; n < p->w[i].filled;) {
			uint32_t len = MIN(sizeof(part), p->w[i].filled - n);
			if (!stream_read(&p->out, p->w[i].out_base + n, part, len)) return -EFAULT;
			if (umem_store(mem, uaddr(p->w[i].at + n), part, len)) return -EFAULT;
			n += len;
		}
	}
	return 0;
}
