/* procfs_maps.c - /proc/PID/maps and smaps: the areas of a space, and what of them is in memory.
 * Called by: fs/synth.c through the rows (procfs_rows.c).
 * Never: reads another node's memory: a body that is away comes home for it.  Source: proc(5).  */
#include "kernel/proc/procfs_rows.h"
#include "fs/synth.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)

/* ---- maps */
static const char *area_label(const struct area *a)
{
	if (a->flags & AREA_HEAP) return "[heap]";
	return (a->flags & AREA_STACK) ? "[stack]" : NULL;
}

static void map_line(struct text_sink *s, const struct group *g, const struct area *a, char *path)
{
	uint32_t dev = 0, start = s->len;
	uint64_t ino = 0;
	const char *label = area_label(a);

	path[0] = 0;
	if (a->backing) {
		if (a->backing->ops->describe) a->backing->ops->describe(a->backing, path, PATH_MAX, &dev, &ino);
		bool is_exe = g->exe && a->backing == &g->exe->inode->backing;
		if (!path[0] && is_exe && name_path(g->exe, g->who.root, path, PATH_MAX) < 0) path[0] = 0;
		label = path;
	}
	sink_printf(s, "%08x-%08x %c%c%c%c %08x %02x:%02x %llu", a->start, a->end, a->prot & PROT_READ ? 'r' : '-',
		    a->prot & PROT_WRITE ? 'w' : '-', a->prot & PROT_EXEC ? 'x' : '-', a->flags & AREA_SHARED ? 's' : 'p',
		    a->backing ? a->pgoff << PAGE_SHIFT : 0, dev >> 8, dev & 255, (unsigned long long)ino);
	if (label && label[0]) {
		uint32_t used = s->len - start;
		sink_printf(s, "%*s%s", used < 73 ? (int)(73 - used) : 1, "", label);
	}
	sink_printf(s, "\n");
}

/* ---- smaps. Counts are of pages; share: of the sum of shares, in 1/4096 of a page */
struct counts { uint32_t rss, share, shared_clean, shared_dirty, private_clean, private_dirty, referenced, anonymous; };

static void count_page(struct counts *n, uint32_t e)
{
	/* one reference of a file's page is the page cache's own */
	uint32_t users = frame_refs(PTE_FRAME(e)), dirty = e & PTE_DIRTY || !(e & PTE_FILE);

	if ((e & PTE_FILE) && users > 1) users--;
	n->rss++;
	n->share += PAGE_SIZE / MAX(users, 1u);
	n->referenced += (e & PTE_ACCESSED) != 0;
	n->anonymous += !(e & PTE_FILE);
	if (users > 1)
		*(dirty ? &n->shared_dirty : &n->shared_clean) += 1;
	else
		*(dirty ? &n->private_dirty : &n->private_clean) += 1;
}

static void count_area(const struct space *m, const struct area *a, struct counts *n)
{
	uaddr_t at = uaddr(a->start);

	memset(n, 0, sizeof *n);
	for (; at.v < a->end && arch_pte_next(&m->pd, &at, uaddr(a->end)); at.v += PAGE_SIZE) {
		uint32_t e = arch_pte_get(&m->pd, at);
		if (pte_resident(e)) count_page(n, e);
	}
}

static void line(struct text_sink *s, const char *what, uint32_t kib)
{
	sink_printf(s, "%-15s %8u kB\n", what, kib);
}

static void flags_line(struct text_sink *s, const struct area *a)
{
	bool shared = (a->flags & AREA_SHARED) != 0;

	sink_printf(s, "VmFlags:%s%s%s%s mr%s me%s%s%s%s%s%s \n", a->prot & PROT_READ ? " rd" : "", a->prot & PROT_WRITE ? " wr" : "",
		    a->prot & PROT_EXEC ? " ex" : "", shared ? " sh" : "", a->flags & AREA_NOWRITE ? "" : " mw",
		    shared && !(a->flags & AREA_NOWRITE) ? " ms" : "", a->flags & AREA_GROWSDOWN ? " gd" : "", a->flags & AREA_LOCKED ? " lo" : "",
		    a->flags & AREA_DONTFORK ? " dc" : "", !shared && (a->prot & PROT_WRITE) ? " ac" : "", a->flags & AREA_WIPEONFORK ? " wf" : "");
}

static void smap(struct text_sink *s, const struct space *m, const struct area *a)
{
	struct counts n;

	count_area(m, a, &n);
	line(s, "Size:", (a->end - a->start) / 1024);
	line(s, "KernelPageSize:", KIB_PER_PAGE);
	line(s, "MMUPageSize:", KIB_PER_PAGE);
	line(s, "Rss:", n.rss * KIB_PER_PAGE);
	line(s, "Pss:", n.share / 1024);
	line(s, "Pss_Dirty:", (n.shared_dirty + n.private_dirty) * KIB_PER_PAGE);
	line(s, "Shared_Clean:", n.shared_clean * KIB_PER_PAGE);
	line(s, "Shared_Dirty:", n.shared_dirty * KIB_PER_PAGE);
	line(s, "Private_Clean:", n.private_clean * KIB_PER_PAGE);
	line(s, "Private_Dirty:", n.private_dirty * KIB_PER_PAGE);
	line(s, "Referenced:", n.referenced * KIB_PER_PAGE);
	line(s, "Anonymous:", n.anonymous * KIB_PER_PAGE);
	line(s, "LazyFree:", 0);
	line(s, "AnonHugePages:", 0);
	line(s, "ShmemPmdMapped:", 0);
	line(s, "FilePmdMapped:", 0);
	sink_printf(s, "Shared_Hugetlb: %8u kB\nPrivate_Hugetlb: %7u kB\n", 0u, 0u);
	line(s, "Swap:", 0);
	line(s, "SwapPss:", 0);
	line(s, "Locked:", a->flags & AREA_LOCKED ? n.share / 1024 : 0);
	sink_printf(s, "THPeligible:    %d\n", 0);
	flags_line(s, a);
}

/* The space of g's first task, here; NULL: it cannot be had. */
static struct space *space_here(struct group *g)
{
	struct task *t = group_task(g);
	struct space *m = procfs_space(g);

	if (m || !t || !hallway.fetch_body || hallway.fetch_body(t->home.unit)) return m;
	return list_empty(&g->tasks) ? NULL : procfs_space(g);
}

static int show_areas(struct text_sink *s, uint32_t pid, const struct fs_caller *who, bool figures)
{
	struct group *g;
	struct area *a;
	int err = procfs_find(pid, &g);

	if (!err && !procfs_may_look(g, who)) err = -EACCES;
	if (err || list_empty(&g->tasks)) return err;
	char *path = kmalloc(PATH_MAX);
	if (!path) return -ENOMEM;
	group_ref(g);
	struct space *m = space_here(g);
	if (m) /* nothing in here sleeps, so the list stays as it is */
		list_for_each(a, &m->areas, node) {
			map_line(s, g, a, path);
			if (figures) smap(s, m, a);
		}
	group_unref(g);
	kfree(path);
	return m ? 0 : -EIO;
}

int procfs_show_maps(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	return show_areas(s, pid, who, false);
}

int procfs_show_smaps(struct text_sink *s, uint32_t pid, const struct fs_caller *who)
{
	return show_areas(s, pid, who, true);
}
