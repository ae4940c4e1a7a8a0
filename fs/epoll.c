/* epoll.c - sets of watched files: whoever becomes ready puts itself on the set's list.
 * Called by: sys_event.c; wakes of the watched files' queues (any context); file_unref.
 * Never: keeps a watched file alive, or polls a file that nothing was heard of.
 *
 * An item's waiters leave a queue when it wakes them, and mark the item; looking at the item (look) registers them anew.  */
#include "abi/linux_errno.h"
#include "fs/eventfile.h"
#include "kernel/mm/kheap.h"

#define QUEUES 2u          /* that one file may announce */
#define NEST_MAX 4u        /* sets in sets in sets, epoll_ctl(2) ELOOP */
#define CONTROL_BITS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

struct epoll {
	struct list_node all;          /* of all sets */
	struct list_node items;
	struct list_node ready;        /* shared with irq: irq_save */
	struct waitq wait;
	uint32_t height;               /* sets below this one */
};
struct epoll_item {
	struct list_node in_set;
	struct list_node in_ready;     /* shared with irq */
	struct epoll_item *next_of_file;
	struct epoll *ep;
	struct file *file;             /* not referenced: its end ends the item */
	int32_t fd;
	struct linux_epoll_event ev;
	struct pollset ps;
	struct waiter waiters[QUEUES];
};
static struct list_node sets = LIST_INIT(sets);
static const struct file_ops epoll_ops;

static void mark_ready(struct epoll_item *it)
{
	uint32_t irq = irq_save();

	if (!list_linked(&it->in_ready)) list_push_back(&it->ep->ready, &it->in_ready);
	irq_restore(irq);
}

/* Any context. */
static void item_woken(struct waiter *w)
{
	struct epoll_item *it = w->of;

	mark_ready(it);
	waitq_wake_all(&it->ep->wait);
}

/** What is ready of a file; from now on its changes mark the item. */
static uint32_t look(struct epoll_item *it)
{
	pollset_clear(&it->ps);
	return file_poll(it->file, &it->ps) & ((it->ev.events & ~CONTROL_BITS) | POLLERR | POLLHUP);
}

static bool off(const struct epoll_item *it)
{
	return (it->ev.events & ~CONTROL_BITS) == 0 && (it->ev.events & EPOLLONESHOT);
}

/* ---- items */
static void unlink_from_file(struct epoll_item *it)
{
	struct epoll_item **at = &it->file->watches;

	while (*at != it) at = &(*at)->next_of_file;
	*at = it->next_of_file;
}

static void item_free(struct epoll_item *it)
{
	pollset_clear(&it->ps);
	uint32_t irq = irq_save();
	list_remove(&it->in_ready);
	irq_restore(irq);
	list_remove(&it->in_set);
	unlink_from_file(it);
	kfree(it);
}

void epoll_forget(struct file *f)
{
	while (f->watches) item_free(f->watches);
}

static struct epoll_item *find(const struct epoll *ep, const struct file *f, int32_t fd)
{
	for (struct epoll_item *it = f->watches; it; it = it->next_of_file)
		if (it->ep == ep && it->fd == fd) return it;
	return NULL;
}

static void look_first(struct epoll_item *it)
{
	if (!off(it) && look(it)) {
		mark_ready(it);
		waitq_wake_all(&it->ep->wait);
	}
}

/** Heights of all sets anew, from the bottom up: false when one is too high, or they go in a circle. */
static bool measure(void)
{
	struct epoll *ep;
	struct epoll_item *it;

	list_for_each(ep, &sets, all) ep->height = 0;
	for (uint32_t round = 0; round <= NEST_MAX + 1; round++) {
		bool grew = false;
		list_for_each(ep, &sets, all)
			list_for_each(it, &ep->items, in_set) {
				const struct epoll *below = it->file->ops == &epoll_ops ? it->file->priv : NULL;
				if (!below || ep->height > below->height) continue;
				ep->height = below->height + 1;
				if (ep->height > NEST_MAX) return false;
				grew = true;
			}
		if (!grew) return true;
	}
	return false;
}

static int add(struct epoll *ep, int32_t fd, struct file *f, const struct linux_epoll_event *ev)
{
	struct epoll_item *it = kzalloc(sizeof *it);

	if (!it) return -ENOMEM;
	it->ep = ep;
	it->file = f;
	it->fd = fd;
	it->ev = *ev;
	it->ps = (struct pollset){.waiters = it->waiters, .max = QUEUES, .woken = item_woken, .of = it};
	list_init(&it->in_ready);
	list_push_back(&ep->items, &it->in_set);
	it->next_of_file = f->watches;
	f->watches = it;
	if (f->ops == &epoll_ops && !measure()) {
		item_free(it);
		(void)measure();
		return -ELOOP;
	}
	look_first(it);
	return 0;
}

/* epoll_ctl(2) on EPOLLEXCLUSIVE: when a file is added only, never a set, and with few companions. */
static int check_exclusive(uint32_t op, const struct file *f, const struct linux_epoll_event *ev)
{
	const uint32_t companions = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

	if ((op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD) || !(ev->events & EPOLLEXCLUSIVE)) return 0;
	return op == EPOLL_CTL_MOD || f->ops == &epoll_ops || (ev->events & ~companions) ? -EINVAL : 0;
}

int epoll_control(struct file *epf, uint32_t op, int32_t fd, struct file *f, const struct linux_epoll_event *ev)
{
	struct epoll *ep = epf->priv;

	if (!f->ops->poll) return -EPERM;
	if (epf->ops != &epoll_ops || epf == f) return -EINVAL;
	int err = check_exclusive(op, f, ev);
	if (err) return err;
	struct epoll_item *it = find(ep, f, fd);
	switch (op) {
	case EPOLL_CTL_ADD: return it ? -EEXIST : add(ep, fd, f, ev);
	case EPOLL_CTL_DEL:
		if (!it) return -ENOENT;
		item_free(it);
		return 0;
	case EPOLL_CTL_MOD:
		if (!it) return -ENOENT;
		if (it->ev.events & EPOLLEXCLUSIVE) return -EINVAL;
		it->ev = *ev;
		look_first(it);
		return 0;
	default: return -EINVAL;
	}
}

/* ---- waiting */
static struct epoll_item *take_ready(struct list_node *list)
{
	if (list_empty(list)) return NULL;
	uint32_t irq = irq_save();
	struct list_node *n = list_pop_front(list);

	irq_restore(irq);
	return n ? list_entry(n, struct epoll_item, in_ready) : NULL;
}

int32_t epoll_collect(struct file *epf, struct linux_epoll_event *out, uint32_t max)
{
	struct epoll *ep = epf->priv;
	struct list_node again = LIST_INIT(again);
	struct epoll_item *it;
	uint32_t n = 0;

	if (epf->ops != &epoll_ops) return -EINVAL;
	while (n < max && (it = take_ready(&ep->ready)) != NULL) { /* nothing here sleeps: no item goes meanwhile */
		uint32_t events = off(it) ? 0 : look(it);
		if (!events) continue;
		out[n] = it->ev;
		out[n++].events = events;
		if (it->ev.events & EPOLLONESHOT)
			it->ev.events &= CONTROL_BITS;
		else if (!(it->ev.events & EPOLLET) && !list_linked(&it->in_ready))
			list_push_back(&again, &it->in_ready);
	}
	while ((it = take_ready(&again)) != NULL) mark_ready(it); /* behind those that were not reached */
	return (int32_t)n;
}

int epoll_sleep(struct file *epf, uint64_t deadline_ns)
{
	struct epoll *ep = epf->priv;
	uint32_t irq = irq_save();
	int r = list_empty(&ep->ready) ? waitq_sleep(&ep->wait, CUT_SIGNAL | CUT_DESTROY, deadline_ns) : 0;

	irq_restore(irq);
	return r;
}

/* A set in a set, or in poll(2): depth is bounded by NEST_MAX. */
static uint32_t epoll_poll(struct file *f, struct pollset *ps)
{
	struct epoll *ep = f->priv;
	struct epoll_item *it;

	poll_wait(ps, &ep->wait);
	list_for_each(it, &ep->items, in_set)
		if (list_linked(&it->in_ready) && !off(it) && (file_poll(it->file, NULL) & ((it->ev.events & ~CONTROL_BITS) | POLLERR | POLLHUP)))
			return POLLIN | POLLRDNORM;
	return 0;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;

	if (!ep) return;
	while (!list_empty(&ep->items)) item_free(list_first(&ep->items, struct epoll_item, in_set));
	list_remove(&ep->all);
	kfree(ep);
}

static const struct file_ops epoll_ops = {.seek = file_noop_seek, .poll = epoll_poll, .release = epoll_release};

struct file *epoll_new(const struct fs_caller *who)
{
	struct epoll *ep = kzalloc(sizeof *ep);
	struct file *f = ep ? anon_file(&epoll_ops, O_RDWR, who) : NULL;

	if (!f) {
		kfree(ep);
		return NULL;
	}
	list_init(&ep->items);
	list_init(&ep->ready);
	waitq_init(&ep->wait);
	list_push_back(&sets, &ep->all);
	f->priv = ep;
	anon_file_name(f, "[eventpoll]");
	return f;
}
