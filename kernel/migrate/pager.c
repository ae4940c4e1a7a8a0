/* pager.c - serves pages of files to guests: home's side of remote.c.
 * Called by: clusterd.c for each question; works in its own two threads, since a page may have to come from a disk.
 * Never: waits for another node.  */
#include "kernel/base/log.h"
#include "kernel/migrate/migrate.h"
#include "kernel/mm/frame.h"

#define PAGERS 2

static struct list_node asks = LIST_INIT(asks);
static struct waitq work = WAITQ_INIT(work);
static struct thread threads[PAGERS];

void pager_on_ask(const struct fx_message *m)
{
	struct inbox *i = inbox_keep(m);

	if (!i) return;
	list_push_back(&asks, &i->node);
	waitq_wake_one(&work);
}

static struct backing *backing_asked_for(const struct inbox *i, const struct msg_page_ask *q)
{
	struct unit *u = q->key.home == this_node ? unit_find(q->key.unit) : NULL;

	if (!u || !unit_accept(u, i->from, q->key.epoch)) return NULL;
	return unit_pinned(u, q->backing);
}

static uint32_t get_pages(struct backing *b, const struct msg_page_ask *q, uint32_t *pages, int32_t *status)
{
	uint32_t n = 0;

	for (; n < q->n; n++) {
		int r = b->ops->get_page(b, q->index + n, n > 0, &pages[n]);
		if (r == 0) continue;
		if (n == 0) *status = r;
		break;
	}
	return n;
}

static void serve(struct inbox *i)
{
	struct msg_page_ask q;
	uint32_t pages[MSG_PIECE_PAGES];
	uint8_t head[MSG_SMALL_MAX];

	if (!msg_get_page(i->head, i->head_len, 0, &q)) return;
	struct msg_page_ask a = q;
	a.key.kind = MSG_PAGE_TELL;
	a.status = 0;
	struct backing *b = backing_asked_for(i, &q);
	if (b) {
		a.n = get_pages(b, &q, pages, &a.status);
		b->ops->unref(b);
	} else {
		a.n = 0;
		a.status = -EIO;
	}
	migrate_count.page_tells += a.n;
	uint32_t len = msg_put_page(head, &a);
	cluster_send_wait(i->from, a.n ? LANE_BULK : LANE_CONTROL, head, len, pages, a.n, a.n ? PAGE_SIZE : 0, 0);
}

static void pager_main(void *arg)
{
	UNUSED(arg);
	for (;;) {
		struct list_node *n = list_pop_front(&asks);
		if (!n) {
			waitq_sleep(&work, 0, FOREVER);
			continue;
		}
		struct inbox *i = list_entry(n, struct inbox, node);
		serve(i);
		inbox_free(i);
	}
}

void pager_init(void)
{
	for (uint32_t i = 0; i < PAGERS; i++) {
		threads[i].system = true;
		if (thread_init(&threads[i], "pager", pager_main, NULL)) panic("no memory for the pagers at boot: give this machine more memory");
		thread_start(&threads[i]);
	}
}
