/* inotify.c - watches on inodes and the queues of events that they fill.
 * Called by: whoever changes or opens a file (notify_*); sys_event.c; file_ops.
 * Never: costs anything while nobody watches.  */
#include "fs/inotify.h"
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/eventfile.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define QUEUE_MAX 4096u
#define HEAD ((uint32_t)sizeof(struct linux_inotify_event))

struct event { struct list_node node; struct linux_inotify_event e; char name[]; };
struct group {
	struct list_node events;
	struct waitq changed;
	uint32_t n, bytes;
	int32_t last_wd;
};
struct watch {
	struct list_node node;      /* of all watches */
	struct group *g;
	struct inode *inode;        /* referenced */
	uint32_t mask;
	int32_t wd;
};
static struct list_node watches = LIST_INIT(watches);
static const struct file_ops inotify_ops;

uint32_t notify_cookie(void)
{
	static uint32_t last;

	return ++last;
}

/* ---- queues */
static uint32_t padded(uint32_t len)
{
	return len ? ALIGN_UP(len + 1, HEAD) : 0;
}

static bool same_as_last(const struct group *g, const struct linux_inotify_event *e, const char *text, uint32_t len)
{
	if (list_empty(&g->events)) return false;
	const struct event *last = list_entry(g->events.prev, struct event, node);
	return !memcmp(&last->e, e, sizeof *e) && (!len || (!memcmp(last->name, text, len) && !last->name[len]));
}

static void queue(struct group *g, int32_t wd, uint32_t mask, uint32_t cookie, const char *text, uint32_t len)
{
	struct linux_inotify_event e = {.wd = wd, .mask = mask, .cookie = cookie, .len = padded(len)};

	if (g->n >= QUEUE_MAX) {
		e = (struct linux_inotify_event){.wd = -1, .mask = IN_Q_OVERFLOW};
		len = 0;
	}
	if (same_as_last(g, &e, text, len)) return;
	struct event *v = kzalloc((uint32_t)sizeof *v + e.len);
	if (!v) return; /* no memory: the event is lost, as in an overflow */
	v->e = e;
	if (len) memcpy(v->name, text, len);
	list_push_back(&g->events, &v->node);
	g->n++;
	g->bytes += HEAD + e.len;
	waitq_wake_all(&g->changed);
}

static void end_watch(struct watch *w)
{
	queue(w->g, w->wd, IN_IGNORED, 0, NULL, 0);
	list_remove(&w->node);
	inode_unref(w->inode);
	kfree(w);
}

static void tell(struct inode *i, uint32_t mask, uint32_t cookie, const char *text, uint32_t len, uint32_t more)
{
	struct watch *w, *next;

	list_for_each_safe(w, next, &watches, node) {
		if (w->inode != i || !(w->mask & mask & IN_ALL_EVENTS)) continue;
		queue(w->g, w->wd, mask | more, cookie, text, len);
		if (w->mask & IN_ONESHOT) end_watch(w);
	}
}

/* ---- what others tell */
void notify_unmount(const struct superblock *sb)
{
	struct watch *w, *next;

	list_for_each_safe(w, next, &watches, node) {
		if (w->inode->sb != sb) continue;
		queue(w->g, w->wd, IN_UNMOUNT, 0, NULL, 0);
		end_watch(w);
	}
}

void notify_entry(struct inode *dir, uint32_t mask, uint32_t cookie, const char *text, uint32_t len, bool is_dir)
{
	if (!list_empty(&watches)) tell(dir, mask, cookie, text, len, is_dir ? IN_ISDIR : 0);
}

void notify_self(struct inode *i, uint32_t mask)
{
	bool dir = S_ISDIR(i->mode) && !(mask & (IN_DELETE_SELF | IN_MOVE_SELF));

	if (!list_empty(&watches)) tell(i, mask, 0, NULL, 0, dir ? IN_ISDIR : 0);
}

struct search { uint32_t ino, len; char text[NAME_MAX + 1]; };

static bool is_it(void *ctx, const char *name, uint32_t len, uint32_t ino, uint32_t dtype, uint64_t next_cookie)
{
	struct search *s = ctx;

	UNUSED(dtype);
	UNUSED(next_cookie);
	if (ino != s->ino || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))) return true;
	s->len = len;
	memcpy(s->text, name, len);
	return false;
}

/** A file that nobody holds by name: is it in a watched directory of memory (whose reading does not sleep)? */
static void tell_directories(struct inode *i, uint32_t mask)
{
	struct search s = {.ino = i->ino};
	struct inode *dir = NULL;
	struct watch *w;

	list_for_each(w, &watches, node) {
		struct file f = {.inode = w->inode};
		uint64_t cookie = 0;
		if (!S_ISDIR(w->inode->mode) || w->inode->sb != i->sb || w->inode->sb->write_inode || !w->inode->fops || !w->inode->fops->readdir) continue;
		if (w->inode->fops->readdir(&f, &cookie, is_it, &s) || !s.len) continue;
		dir = w->inode;
		break;
	}
	if (dir) tell(dir, mask, 0, s.text, s.len, S_ISDIR(i->mode) ? IN_ISDIR : 0);
}

void notify_file(struct inode *i, struct name *n, uint32_t mask)
{
	if (!i || list_empty(&watches)) return;
	struct name *found = n ? NULL : name_of_inode(i);
	if (!n) n = found;
	if (n && n->parent != n && !n->unlinked) tell(n->parent->inode, mask, 0, n->text, n->len, S_ISDIR(i->mode) ? IN_ISDIR : 0);
	if (!n) tell_directories(i, mask);
	notify_self(i, mask);
	name_unref(found);
}

void notify_removed(struct inode *i)
{
	struct watch *w, *next;

	if (list_empty(&watches)) return;
	if (!S_ISDIR(i->mode)) notify_self(i, IN_ATTRIB);
	if (i->nlink) return;
	notify_self(i, IN_DELETE_SELF);
	list_for_each_safe(w, next, &watches, node)
		if (w->inode == i) end_watch(w);
}

/* ---- watches */
bool inotify_is(const struct file *f)
{
	return f->ops == &inotify_ops;
}

int32_t inotify_watch(struct file *f, struct inode *i, uint32_t mask)
{
	struct group *g = f->priv;
	struct watch *w;

	if (!inotify_is(f) || !(mask & IN_ALL_EVENTS)) return -EINVAL;
	list_for_each(w, &watches, node) {
		if (w->g != g || w->inode != i) continue;
		if (mask & IN_MASK_CREATE) return -EEXIST;
		w->mask = (mask & IN_MASK_ADD ? w->mask : 0) | (mask & (IN_ALL_EVENTS | IN_ONESHOT));
		return w->wd;
	}
	w = kzalloc(sizeof *w);
	if (!w) return -ENOMEM;
	inode_ref(w->inode = i);
	w->g = g;
	w->mask = mask & (IN_ALL_EVENTS | IN_ONESHOT);
	w->wd = ++g->last_wd;
	list_push_back(&watches, &w->node);
	return w->wd;
}

int inotify_unwatch(struct file *f, int32_t wd)
{
	struct watch *w;

	if (!inotify_is(f)) return -EINVAL;
	list_for_each(w, &watches, node)
		if (w->g == f->priv && w->wd == wd) {
			end_watch(w);
			return 0;
		}
	return -EINVAL;
}

/* ---- as a file */
static int32_t inotify_read(struct file *f, struct uio *u, const uint64_t *pos, const struct fs_caller *who)
{
	struct group *g = f->priv;
	int32_t done = 0;

	UNUSED(pos);
	UNUSED(who);
	while (list_empty(&g->events)) {
		if (f->flags & O_NONBLOCK) return -EAGAIN;
		if (waitq_sleep(&g->changed, CUT_SIGNAL | CUT_DESTROY, FOREVER) == -EINTR) return -ERESTARTSYS;
	}
	while (!list_empty(&g->events)) {
		struct event *v = list_first(&g->events, struct event, node);
		uint32_t n = HEAD + v->e.len;
		if (n > u->left) return done ? done : -EINVAL;
		list_remove(&v->node);
		g->n--;
		g->bytes -= n;
		int32_t got = uio_to(u, &v->e, n);
		kfree(v);
		if (got != (int32_t)n) return done ? done : -EFAULT;
		done += got;
	}
	return done;
}

static uint32_t inotify_poll(struct file *f, struct pollset *ps)
{
	struct group *g = f->priv;

	poll_wait(ps, &g->changed);
	return list_empty(&g->events) ? 0 : POLLIN | POLLRDNORM;
}

static int32_t inotify_ioctl(struct file *f, uint32_t cmd, uint32_t arg, struct umem *mem, const struct fs_caller *who)
{
	const struct group *g = f->priv;

	UNUSED(who);
	return cmd == FIONREAD ? umem_store_u32(mem, uaddr(arg), g->bytes) : -ENOTTY;
}

static void inotify_release(struct file *f)
{
	struct group *g = f->priv;
	struct watch *w, *next;
	struct list_node *n;

	if (!g) return;
	list_for_each_safe(w, next, &watches, node)
		if (w->g == g) end_watch(w);
	while ((n = list_pop_front(&g->events)) != NULL) kfree(list_entry(n, struct event, node));
	kfree(g);
}

/** There is nothing to seek, and it is no error. */
static int64_t no_seek(struct file *f, int64_t off, int whence)
{
	UNUSED(f);
	UNUSED(off);
	UNUSED(whence);
	return 0;
}

static const struct file_ops inotify_ops = {
	.read = inotify_read,
	.seek = no_seek,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.release = inotify_release,
};

struct file *inotify_new(uint32_t flags, const struct fs_caller *who)
{
	struct group *g = kzalloc(sizeof *g);
	struct file *f = g ? anon_file(&inotify_ops, O_RDONLY | flags, who) : NULL;

	if (!f) {
		kfree(g);
		return NULL;
	}
	list_init(&g->events);
	waitq_init(&g->changed);
	f->priv = g;
	anon_file_name(f, "inotify");
	return f;
}
