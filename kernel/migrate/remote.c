/* remote.c - a file of home's as a guest maps it: pages are asked for on fault, some ahead, and kept until used.
 * Called by: mm/area_file.c through backing_ops, clusterd.c for the answers.
 * Never: keeps a page that changed at home mapped as shared: only private mappings travel.  */
#include "kernel/base/clock.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/fmt.h"

#define ASK_AGAIN_NS (2 * NS_PER_S)
#define AHEAD 3u            /* pages asked for at once: the first and what sequential readers need next */
#define KEPT 16u
#define PATH_KEPT 64

struct remote {
	struct backing backing;
	uint32_t refs, unit, epoch, id;
	uint16_t home;
	uint64_t size;
	struct { uint32_t index, pfn; } kept[KEPT];
	uint32_t next_kept;
	char path[PATH_KEPT];
};

struct page_wait {
	struct list_node node;
	struct waitq wait;
	uint32_t ask;
	uint16_t home;
	struct inbox *answer;
	bool lost;
};
static struct list_node waits = LIST_INIT(waits);
static uint32_t next_ask;

static struct remote *remote_of(struct backing *b)
{
	return container_of(b, struct remote, backing);
}

static uint32_t take_kept(struct remote *r, uint32_t index)
{
	for (uint32_t i = 0; i < KEPT; i++) {
		if (r->kept[i].pfn == FRAME_NONE || r->kept[i].index != index) continue;
		frame_ref(r->kept[i].pfn);
		return r->kept[i].pfn;
	}
	return FRAME_NONE;
}

static void keep(struct remote *r, uint32_t index, uint32_t pfn)
{
	uint32_t i = r->next_kept++ % KEPT;

	if (r->kept[i].pfn != FRAME_NONE) frame_unref(r->kept[i].pfn);
	r->kept[i].index = index;
	r->kept[i].pfn = pfn;
}

void guest_on_page(const struct fx_message *m, const struct msg_page_ask *p)
{
	struct page_wait *w;

	list_for_each(w, &waits, node)
	{
		if (w->ask != p->ask || w->home != m->from || w->answer) continue;
		w->answer = inbox_keep(m);
		waitq_wake_all(&w->wait);
		return;
	}
	for (uint32_t i = 0; i < m->n_pages; i++) frame_unref(m->pages[i]);
}

void remote_peer_down(uint16_t node)
{
	struct page_wait *w;

	list_for_each(w, &waits, node)
	{
		if (w->home != node) continue;
		w->lost = true;
		waitq_wake_all(&w->wait);
	}
}

/* Ask home and wait. 0: w->answer is there; -EIO: home is gone, or this body is void. A freeze waits for the page: a copy on the
 * program's behalf must not meet a fault that home would not show. */
static int ask(struct remote *r, uint32_t index, uint32_t n, struct page_wait *w)
{
	uint8_t head[MSG_SMALL_MAX];
	struct msg_page_ask m = {.key = {.kind = MSG_PAGE_ASK, .home = r->home, .unit = r->unit, .epoch = r->epoch}, .ask = w->ask, .backing = r->id, .index = index, .n = n};
	uint32_t len = msg_put_page(head, &m);

	migrate_count.page_asks++;
	while (!w->answer && !w->lost) {
		/* said again: there may have been no memory for the question or its answer */
		if (cluster_send_wait(r->home, LANE_CONTROL, head, len, NULL, 0, 0, CUT_DESTROY)) return -EIO;
		uint64_t deadline = clock_now_ns() + ASK_AGAIN_NS;
		int s = 0;
		while (!w->answer && !w->lost && s != -ETIMEDOUT) {
			s = waitq_sleep(&w->wait, CUT_DESTROY, deadline);
			if (s == -EINTR && !w->answer) return -EIO;
		}
	}
	return w->answer ? 0 : -EIO;
}

static int take_answer(struct remote *r, struct inbox *i, uint32_t index, uint32_t *pfn)
{
	struct msg_page_ask p;

	KASSERT(msg_get_page(i->head, i->head_len, i->n_pages, &p));
	if (p.status) return p.status < 0 ? p.status : -EIO;
	if (i->last_len != PAGE_SIZE) return -EIO;
	*pfn = i->pages[0];
	for (uint32_t k = 1; k < i->n_pages; k++) keep(r, index + k, i->pages[k]);
	i->n_pages = 0;
	return 0;
}

static int remote_get_page(struct backing *b, uint32_t index, bool nowait, uint32_t *pfn)
{
	struct remote *r = remote_of(b);
	uint32_t n_pages = (uint32_t)((r->size + PAGE_MASK) >> PAGE_SHIFT);

	if (index >= n_pages) return -ENXIO;
	*pfn = take_kept(r, index);
	if (*pfn != FRAME_NONE) return 0;
	if (nowait) return -EAGAIN;
	struct page_wait w = {.ask = ++next_ask, .home = r->home};
	waitq_init(&w.wait);
	list_push_back(&waits, &w.node);
	int s = ask(r, index, MIN(AHEAD, n_pages - index), &w);
	list_remove(&w.node);
	if (s == 0) s = take_answer(r, w.answer, index, pfn);
	inbox_free(w.answer);
	return s;
}

static void remote_dirtied(struct backing *b, uint32_t index)
{
	UNUSED(b);
	UNUSED(index);
}

static uint64_t remote_size(struct backing *b)
{
	return remote_of(b)->size;
}

static void remote_ref(struct backing *b)
{
	remote_of(b)->refs++;
}

static void remote_unref(struct backing *b)
{
	struct remote *r = remote_of(b);

	if (--r->refs) return;
	for (uint32_t i = 0; i < KEPT; i++)
		if (r->kept[i].pfn != FRAME_NONE) frame_unref(r->kept[i].pfn);
	kfree(r);
}

static void remote_describe(struct backing *b, char *path, uint32_t size, uint32_t *dev, uint64_t *ino)
{
	struct remote *r = remote_of(b);

	if (path && size) fmt_snprintf(path, size, "%s", r->path);
	if (dev) *dev = 0;
	if (ino) *ino = r->id;
}

static const struct backing_ops remote_ops = {
	.get_page = remote_get_page, .dirtied = remote_dirtied, .size = remote_size, .ref = remote_ref, .unref = remote_unref,
	.describe = remote_describe,
};

struct backing *remote_backing(uint16_t home, uint32_t unit, uint32_t epoch, uint32_t id, uint64_t size, const char *path)
{
	struct remote *r = kzalloc(sizeof(*r));

	if (!r) return NULL;
	r->backing.ops = &remote_ops;
	r->refs = 1;
	r->home = home;
	r->unit = unit;
	r->epoch = epoch;
	r->id = id;
	r->size = size;
	fmt_snprintf(r->path, sizeof(r->path), "%s", path);
	return &r->backing;
}

void remote_renew(struct backing *b, uint32_t epoch)
{
	if (b->ops == &remote_ops) remote_of(b)->epoch = epoch;
}

bool remote_backing_id(struct backing *b, uint32_t *id)
{
	if (b->ops != &remote_ops) return false;
	*id = remote_of(b)->id;
	return true;
}
