/* Collects the frames of a message: the head into a slot, page bytes into pages named in advance.
 * Called by rx.c only.
 * Never accepts a frame that contradicts an earlier one; never lets two messages overlap. */
#include "cluster/rdp/rdp.h"

#include "lib/str.h"

uint8_t rdp_n_frags(uint8_t n_pages, uint16_t last_len)
{
	if (n_pages == 0)
		return 1;
	return (uint8_t)(1 + (n_pages - 1) * WIRE_PAGE_FRAMES + (last_len + WIRE_PAYLOAD_MAX - 1) / WIRE_PAYLOAD_MAX);
}

static uint32_t frag_page(uint32_t frag)
{
	return (frag - 1) / WIRE_PAGE_FRAMES;
}

static uint32_t frag_offset(uint32_t frag)
{
	return (frag - 1) % WIRE_PAGE_FRAMES * WIRE_PAYLOAD_MAX;
}

static bool head_shape_ok(const struct packet *p)
{
	bool last = p->flags & WIRE_F_LAST;

	return (p->flags & WIRE_F_FIRST) && last == (p->n_pages == 0) && p->len <= WIRE_HEAD_MAX;
}

bool reass_shape_ok(const struct packet *p)
{
	uint32_t page, full;

	if (p->n_pages > WIRE_PAGES_MAX)
		return false;
	if (p->frag == 0)
		return head_shape_ok(p);
	page = frag_page(p->frag);
	if ((p->flags & WIRE_F_FIRST) || page >= p->n_pages || p->len == 0)
		return false;
	full = MIN(WIRE_PAYLOAD_MAX, WIRE_PAGE_BYTES - frag_offset(p->frag));
	if (p->flags & WIRE_F_LAST)
		return page == p->n_pages - 1u && p->len <= full;
	return p->len == full && p->frag < p->n_pages * WIRE_PAGE_FRAMES;
}

/* The fewest frames a message can have, as far as we know it. */
static uint32_t frags_at_least(const struct rdp_msg *part)
{
	return part->n_frags != 0 ? part->n_frags : rdp_n_frags(part->n_pages, 1);
}

static bool fits_part(const struct rdp_lane *lane, const struct rdp_msg *part, const struct packet *p)
{
	bool last = p->flags & WIRE_F_LAST;

	if (part->n_pages != p->n_pages)
		return false;
	if (part->n_frags != 0)
		return p->frag < part->n_frags && last == (p->frag == part->n_frags - 1);
	if (last && part->got >> p->frag >> 1 != 0)
		return false; /* something behind the last frame is already here */
	if (part->node.next != &lane->parts) {
		const struct rdp_msg *after = list_entry(part->node.next, struct rdp_msg, node);

		return after->base - part->base > p->frag;
	}
	return true;
}

/* Room for a new message between its neighbours?  *after is the node to link it behind. */
static bool find_gap(struct rdp_lane *lane, const struct packet *p, uint32_t base, struct list_node **after)
{
	uint32_t need = MAX(p->frag + 1u, (uint32_t)rdp_n_frags(p->n_pages, 1));
	struct rdp_msg *m;

	*after = &lane->parts;
	if ((int32_t)(base - lane->deliver) < 0)
		return false;
	list_for_each(m, &lane->parts, node) {
		if ((int32_t)(base - m->base) < 0)
			return m->base - base >= need;
		if (base - m->base < frags_at_least(m))
			return false;
		*after = &m->node;
	}
	return true;
}

static struct rdp_msg *part_new(struct rdp_host *h, struct rdp_lane *lane, const struct packet *p, uint32_t base)
{
	bool urgent = base == lane->deliver;
	struct rdp_msg *m;

	if (h->n_rx_free == 0 || (!urgent && h->n_rx_free <= RDP_RX_RESERVE))
		return NULL;
	m = list_first(&h->rx_free, struct rdp_msg, node);
	if (p->n_pages > 0 && !h->env->page_alloc(h->ctx, p->n_pages, m->pages, urgent))
		return NULL;
	list_remove(&m->node);
	h->n_rx_free--;
	m->base = base;
	m->n_pages = p->n_pages;
	m->n_frags = 0;
	m->got = 0;
	m->head_len = m->last_len = 0;
	return m;
}

struct rdp_msg *reass_find(struct rdp_host *h, struct rdp_lane *lane, const struct packet *p, struct fx_part *page,
			   bool *fresh, bool *no_memory)
{
	uint32_t base = p->seq - p->frag;
	struct list_node *after;
	struct rdp_msg *m, *found = NULL;

	*fresh = *no_memory = false;
	list_for_each(m, &lane->parts, node)
		if (m->base == base)
			found = m;
	if (found != NULL && !fits_part(lane, found, p))
		return NULL;
	if (found == NULL) {
		if (!find_gap(lane, p, base, &after))
			return NULL;
		found = part_new(h, lane, p, base);
		if (found == NULL) {
			*no_memory = true;
			return NULL;
		}
		list_insert_after(after, &found->node);
		*fresh = true;
	}
	if (p->frag > 0)
		*page = (struct fx_part){ .handle = found->pages[frag_page(p->frag)],
					  .offset = (uint16_t)frag_offset(p->frag), .len = p->len };
	return found;
}

void reass_mark(struct rdp_msg *part, const struct packet *p, const uint8_t *bounce)
{
	part->got |= (uint64_t)1 << p->frag;
	if (p->frag == 0) {
		part->head_len = p->len;
		memcpy(part->head, bounce, p->len);
	}
	if (p->flags & WIRE_F_LAST) {
		part->n_frags = p->frag + 1;
		part->last_len = p->frag == 0 ? 0 : (uint16_t)(frag_offset(p->frag) + p->len);
	}
}

void reass_release(struct rdp_host *h, struct rdp_msg *part)
{
	list_remove(&part->node);
	list_push_front(&h->rx_free, &part->node);
	h->n_rx_free++;
}

void reass_drop(struct rdp_host *h, struct rdp_msg *part)
{
	for (uint32_t i = 0; i < part->n_pages; i++)
		h->env->page_free(h->ctx, part->pages[i]);
	reass_release(h, part);
}
