/* mem_proc: /proc/self/maps, smaps and statm after calls on memory. */
#include "raw.h"

/* The line of the area that begins at `at`, its first two columns left out of it when it has a name; what follows a label. */
static char text[65536];
static const char *read_file(const char *path)
{
	int fd = must_open(path, O_RDONLY, 0);
	size_t n = 0;
	ssize_t r;
	while ((r = read(fd, text + n, sizeof text - 1 - n)) > 0) n += (size_t)r;
	close(fd);
	text[n] = 0;
	return text;
}
static char *area_of(const char *path, const void *at)
{
	char start[16];
	read_file(path);
	snprintf(start, sizeof start, "%08lx-", (unsigned long)at);
	for (char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, start, 9)) return p;
	return NULL;
}
/* pages, protection, offset and name */
static void shape(const char *call, const char *cond, const void *at)
{
	unsigned long start, end, off;
	char prot[8], dev[8], name[100] = "";
	unsigned long long ino;
	char *p = area_of("/proc/self/maps", at);
	if (!p) { note(call, cond, "no area"); return; }
	p[strcspn(p, "\n")] = 0;
	sscanf(p, "%lx-%lx %7s %lx %7s %llu %99[^\n]", &start, &end, prot, &off, dev, &ino, name);
	char *slash = strrchr(name, '/');
	note(call, cond, "%lu pages %s offset %lx \"%s\"", (end - start) / PG, prot, off, slash ? slash : name);
}
/* A figure of the area whose lines begin at `area`. */
static int figure(const char *area, const char *what)
{
	const char *end = area ? strstr(area, "VmFlags:") : NULL, *p = area ? strstr(area, what) : NULL;
	return p && p < end ? atoi(p + strlen(what)) : -1;
}
static void figures(const char *call, const char *cond, const void *start)
{
	const char *at = area_of("/proc/self/smaps", start);
	note(call, cond, "Size %d Rss %d Pss %d Shared %d+%d Private %d+%d Anonymous %d Locked %d", figure(at, "Size:"), figure(at, "Rss:"),
	     figure(at, "Pss:"), figure(at, "Shared_Clean:"), figure(at, "Shared_Dirty:"), figure(at, "Private_Clean:"), figure(at, "Private_Dirty:"),
	     figure(at, "Anonymous:"), figure(at, "Locked:"));
}

/* Placed where nothing else is, so that neighbours do not join them. */
static char *at(unsigned page) { return (char *)0x50000000 + page * PG; }
static char *place(unsigned page, unsigned n, int prot, int flags, int fd) { return mmap(at(page), n * PG, prot, flags | MAP_FIXED, fd, 0); }

static void joined(void)
{
	place(0, 4, RW, ANON, -1);
	shape("mmap2", "maps: anonymous", at(0));
	place(4, 4, RW, ANON, -1);
	shape("mmap2", "maps: joined with its neighbour", at(0));
	place(8, 2, PROT_READ, ANON, -1);
	shape("mmap2", "maps: not joined, other protection", at(0));
	mprotect(at(8), 2 * PG, RW);
	shape("mprotect", "maps: joined after mprotect", at(0));
}

static void cut(void)
{
	place(0, 10, RW, ANON, -1);
	mprotect(at(3), PG, PROT_NONE);
	shape("mprotect", "maps: cut in three, the first", at(0));
	shape("mprotect", "maps: cut in three, the second", at(3));
	shape("mprotect", "maps: cut in three, the third", at(4));
	mprotect(at(3), PG, PROT_READ | PROT_WRITE | PROT_EXEC);
	shape("mprotect", "maps: all rights", at(3));
	munmap(at(5), PG);
	shape("munmap", "maps: behind a hole", at(6));
}

static void files(void)
{
	int fd = must_open("mapped", O_RDWR | O_CREAT, 0600);
	must("ftruncate", ftruncate(fd, 8 * PG));

	place(20, 3, RW, MAP_SHARED, fd);
	shape("mmap2", "maps: a shared file", at(20));
	mmap(at(30), 2 * PG, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 3 * PG);
	shape("mmap2", "maps: a private file with an offset", at(30));
	munmap(at(30), PG);
	shape("munmap", "maps: the first page of a file goes", at(31));
	place(40, 3, PROT_READ, MAP_SHARED, fd);
	mprotect(at(41), PG, RW);
	shape("mprotect", "maps: the middle of a file", at(41));
	place(50, 2, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	shape("mmap2", "maps: shared anonymous", at(50));
	unlink("mapped");
	shape("unlink", "maps: an unlinked file", at(20));
	int m = (int)sc(356, "name", 0);
	must("ftruncate", ftruncate(m, PG));
	place(60, 1, RW, MAP_SHARED, m);
	shape("memfd_create", "maps: a memfd", at(60));
}

static void changed(void)
{
	place(6, 4, RW, ANON, -1);
	char *r = mremap(at(6), PG, 4 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, at(70));
	shape("mremap", "maps: moved and grown", r);
	madvise(at(70), PG, MADV_DONTFORK);
	shape("madvise", "maps: cut by an advice", at(70));
	mlock(at(72), PG);
	shape("mlock", "maps: cut by a lock", at(72));
}

static void memory(void)
{
	char *m = place(100, 4, RW, ANON, -1);
	figures("mmap2", "smaps: untouched", m);
	m[0] = m[PG] = 1;
	figures("mmap2", "smaps: two pages touched", m);
	madvise(m, PG, MADV_DONTNEED);
	figures("madvise", "smaps: one given back", m);
	mlock(m, 4 * PG);
	figures("mlock", "smaps: all locked", m);
	munlock(m, 4 * PG);
	figures("munlock", "smaps: unlocked", m);
	mprotect(m, 4 * PG, PROT_NONE);
	figures("mprotect", "smaps: no rights", m);
}

static void other_figures(void)
{
	int fd = must_open("f", O_RDWR | O_CREAT, 0600);
	char page[PG], *m;
	memset(page, 'x', PG);
	for (int i = 0; i < 4; i++) must("write", write(fd, page, PG));
	m = place(110, 4, RW, MAP_PRIVATE, fd);
	m[0] = 1;
	const char *p = area_of("/proc/self/smaps", m);
	note("mmap2", "smaps: a private page of a file is anonymous", "%d", figure(p, "Anonymous:"));
	note("mmap2", "smaps: page sizes", "%d %d", figure(p, "KernelPageSize:"), figure(p, "MMUPageSize:"));
	long a[7], b[7];
	sscanf(read_file("/proc/self/statm"), "%ld %ld %ld %ld %ld %ld %ld", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6);
	m = place(120, 50, RW, ANON, -1);
	for (int i = 0; i < 20; i++) m[i * PG] = 1;
	sscanf(read_file("/proc/self/statm"), "%ld %ld %ld %ld %ld %ld %ld", b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6);
	note("mmap2", "statm: size, data, unused fields", "%ld %ld %ld %ld", b[0] - a[0], b[5] - a[5], b[4], b[6]);
}

const struct section sections[] = {{"joined", joined}, {"cut", cut}, {"files", files}, {"changed", changed}, {"memory", memory}, {"other_figures", other_figures}, {NULL, NULL}};
