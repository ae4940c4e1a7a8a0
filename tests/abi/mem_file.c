/* mem_file: mappings of files and shared memory: what is seen by whom, and what lies beyond the end; msync, mincore, madvise. */
#include "raw.h"

static char *map_fd(int fd, unsigned len, int prot, int how) { return (char *)sc(SYS_mmap2, 0, len, prot, how, fd, 0); }
static int new_file(const char *name, unsigned bytes)
{
	static char page[PG];
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	memset(page, 'x', sizeof page);
	for (unsigned done = 0; done < bytes; done += PG) if (write(fd, page, bytes - done < PG ? bytes - done : PG) < 0) break;
	return fd;
}

static void seen(void)
{
	fault_init();
	char buf[8] = "", *m, *n, *p;
	int fd = new_file("f1", 3 * PG), other = open("f1", O_RDONLY);

	m = map_fd(fd, 3 * PG, RW, MAP_SHARED);
	n = map_fd(other, 3 * PG, PROT_READ, MAP_SHARED);
	p = map_fd(fd, 3 * PG, RW, MAP_PRIVATE);
	m[5] = 'A';
	put("read", "after a shared write", pread(other, buf, 1, 5));
	note("read", "what a shared write left", "%c", buf[0]);
	note("mmap2", "second shared mapping sees it", "%c", n[5]);
	note("mmap2", "untouched private page sees it", "%c", p[5]);
	if (pwrite(fd, "B", 1, 6) != 1) return;
	note("write", "shared mapping sees it", "%c", m[6]);
	p[5] = 'P';
	note("mmap2", "private write is not shared", "%c %c", m[5], p[5]);
	if (pwrite(fd, "C", 1, 7) != 1) return;
	note("write", "private copy does not see it", "%c", p[7]);
	pid_t pid = fork();
	if (!pid) { m[8] = 'D'; p[8] = 'E'; _exit(0); }
	waitpid(pid, NULL, 0);
	note("fork", "child's shared and private writes", "%c %c", m[8], p[8]);
	close(fd), close(other);
	m[9] = 'F';
	fd = open("f1", O_RDWR);
	if (pread(fd, buf, 1, 9) != 1) return;
	note("close", "mapping lives on", "%c", buf[0]);
	unlink("f1");
	m[10] = 'G';
	note("unlink", "mapping lives on", "%c", n[10]);
	struct stat st;
	note("fstat", "links of an unlinked mapped file", "%d", fstat(fd, &st) ? -1 : (int)st.st_nlink);
	munmap(m, 3 * PG), munmap(n, 3 * PG), munmap(p, 3 * PG);
	close(fd);
}

static void beyond(void)
{
	fault_init();
	int fd = new_file("f2", PG + 100);
	char *m = map_fd(fd, 4 * PG, RW, MAP_SHARED), *p = map_fd(fd, 4 * PG, RW, MAP_PRIVATE);
	struct stat st;

	touch("access: shared, rest of the last page", m + PG + 200, 'r');
	touch("access: shared, rest of the last page, write", m + PG + 200, 'w');
	touch("access: shared, beyond the end", m + 2 * PG, 'r');
	touch("access: shared, beyond the end, write", m + 2 * PG + 7, 'w');
	touch("access: private, beyond the end", p + 3 * PG + 1, 'r');
	touch("access: private, beyond the end, write", p + 3 * PG + 1, 'w');
	fstat(fd, &st);
	note("fstat", "size after writes behind the end", "%ld", (long)st.st_size);
	char c = 'q';
	put("read", "behind the end", pread(fd, &c, 1, PG + 200));
	if (ftruncate(fd, 3 * PG)) return;
	touch("access: grown by ftruncate", m + 2 * PG, 'r');
	touch("access: what was written behind the old end", m + PG + 200, 'r');
	m[2 * PG] = 5, p[2 * PG + 1] = 6, m[10] = 7, p[10] = 8;
	if (ftruncate(fd, PG)) return;
	touch("access: shared, cut off by ftruncate", m + 2 * PG, 'r');
	touch("access: shared, cut off, write", m + PG, 'w');
	touch("access: private copy, cut off by ftruncate", p + 2 * PG + 1, 'r');
	touch("access: shared, still there", m + 10, 'r');
	touch("access: private copy, still there", p + 10, 'r');
	if (ftruncate(fd, 4 * PG)) return;
	touch("access: shared, grown again: zero", m + 2 * PG, 'r');
	touch("access: private, grown again: zero", p + 2 * PG + 1, 'r');
	m[5] = 9;
	if (ftruncate(fd, 0)) return;
	touch("access: truncated to nothing", m, 'r');
	put("read", "into a page beyond the end", sc(SYS_pread64, open("/dev/zero", O_RDONLY), m, 10, 0, 0));
	put("write", "from a page beyond the end", sc(SYS_write, open("/dev/null", O_WRONLY), m, 10));
	int pp[2];
	if (pipe(pp)) return;
	put("write", "to a pipe from a page beyond the end", sc(SYS_write, pp[1], m, 10));
	if (write(pp[1], "0123456789", 10) != 10) return;
	put("read", "from a pipe into a page beyond the end", sc(SYS_read, pp[0], m, 10));
	munmap(m, 4 * PG), munmap(p, 4 * PG);
	close(fd);
	fd = new_file("f3", 10);
	m = map_fd(fd, PG, RW, MAP_SHARED);
	if (ftruncate(fd, 20)) return;
	m[15] = 'z';
	if (pread(fd, &c, 1, 15) != 1) return;
	note("read", "mapped write in the grown part", "%c", c);
	m[30] = 'y';
	if (ftruncate(fd, 40)) return;
	if (pread(fd, &c, 1, 30) != 1) return;
	note("read", "mapped write behind the end, then grown", "%d", c);
	int e = new_file("f4", 0);
	m = map_fd(e, PG, RW, MAP_SHARED);
	ok("mmap2", "an empty file", (long)m);
	touch("access: empty file", m, 'r');
	if (write(e, "hello", 5) != 5) return;
	touch("access: empty file, after a write", m, 'r');
	close(e), close(fd);
}

static void syncs(void)
{
	fault_init();
	int fd = new_file("f5", 2 * PG);
	char *m = map_fd(fd, 2 * PG, RW, MAP_SHARED), *hole;

	put("msync", "MS_SYNC", sc(SYS_msync, m, 2 * PG, MS_SYNC));
	put("msync", "MS_ASYNC", sc(SYS_msync, m, 2 * PG, MS_ASYNC));
	put("msync", "MS_INVALIDATE", sc(SYS_msync, m, 2 * PG, MS_INVALIDATE));
	put("msync", "MS_SYNC|MS_INVALIDATE", sc(SYS_msync, m, 2 * PG, MS_SYNC | MS_INVALIDATE));
	put("msync", "no flags", sc(SYS_msync, m, 2 * PG, 0));
	put("msync", "MS_SYNC|MS_ASYNC", sc(SYS_msync, m, 2 * PG, MS_SYNC | MS_ASYNC));
	put("msync", "unknown flag", sc(SYS_msync, m, 2 * PG, 8));
	put("msync", "not aligned", sc(SYS_msync, m + 1, PG, MS_SYNC));
	put("msync", "length 0", sc(SYS_msync, m, 0, MS_SYNC));
	put("msync", "length 0 where nothing is", sc(SYS_msync, 0x1000000, 0, MS_SYNC));
	put("msync", "nothing there", sc(SYS_msync, 0x1000000, PG, MS_SYNC));
	put("msync", "nothing there, MS_ASYNC", sc(SYS_msync, 0x1000000, PG, MS_ASYNC));
	put("msync", "length that rounds to 0", sc(SYS_msync, m, 0xfffff001, MS_SYNC));
	put("msync", "over the end of memory", sc(SYS_msync, m, 0xfffff000, MS_SYNC));
	put("msync", "anonymous memory", sc(SYS_msync, hole = mmap(0, 3 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PG, MS_SYNC));
	munmap(hole + PG, PG);
	put("msync", "a hole in the range", sc(SYS_msync, hole, 3 * PG, MS_SYNC));
	put("msync", "a hole at the end", sc(SYS_msync, hole, 2 * PG, MS_ASYNC));
	sc(SYS_mlock, m, PG);
	put("msync", "MS_INVALIDATE of a locked page", sc(SYS_msync, m, 2 * PG, MS_INVALIDATE));
	put("msync", "MS_SYNC of a locked page", sc(SYS_msync, m, 2 * PG, MS_SYNC));
	sc(SYS_munlock, m, PG);
	put("msync", "MS_INVALIDATE after munlock", sc(SYS_msync, m, 2 * PG, MS_INVALIDATE));
	close(fd);
}

static void cores(void)
{
	fault_init();
	unsigned char v[8];
	char *m = mmap(0, 4 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = new_file("f6", 3 * PG);

	memset(v, 9, sizeof v);
	m[PG] = 1;
	put("mincore", "anonymous", sc(SYS_mincore, m, 4 * PG, v));
	note("mincore", "only the touched page", "%d%d%d%d %d", v[0], v[1], v[2], v[3], v[4]);
	mprotect(m, 4 * PG, PROT_NONE);
	sc(SYS_mincore, m, 4 * PG, v);
	note("mincore", "touched, then PROT_NONE", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	mprotect(m, 4 * PG, RW);
	madvise(m, 4 * PG, MADV_DONTNEED);
	sc(SYS_mincore, m, 4 * PG, v);
	note("mincore", "after MADV_DONTNEED", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	volatile char c = m[2 * PG];
	(void)c;
	sc(SYS_mincore, m, 4 * PG, v);
	note("mincore", "read of the zero page", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	put("mincore", "not aligned", sc(SYS_mincore, m + 1, PG, v));
	put("mincore", "length 0", sc(SYS_mincore, m, 0, v));
	put("mincore", "length 0 and a bad vector", sc(SYS_mincore, m, 0, 1));
	put("mincore", "length 0 where nothing is", sc(SYS_mincore, 0x1000000, 0, v));
	put("mincore", "bad vector", sc(SYS_mincore, m, PG, 1));
	put("mincore", "kernel's vector", sc(SYS_mincore, m, PG, 0xc0000000));
	put("mincore", "nothing there", sc(SYS_mincore, 0x1000000, PG, v));
	put("mincore", "beyond user space", sc(SYS_mincore, 0xc0000000, PG, v));
	put("mincore", "over the end", sc(SYS_mincore, m, 0xfffff000, v));
	put("mincore", "length not aligned", sc(SYS_mincore, m, PG + 1, v));
	munmap(m + 2 * PG, PG);
	put("mincore", "a hole", sc(SYS_mincore, m, 4 * PG, v));
	char *f = map_fd(fd, 4 * PG, RW, MAP_SHARED);
	put("mincore", "shared file", sc(SYS_mincore, f, 4 * PG, v));
	note("mincore", "shared file in the page cache, one beyond", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	char *p = map_fd(fd, 4 * PG, RW, MAP_PRIVATE);
	sc(SYS_mincore, p, 4 * PG, v);
	note("mincore", "private file in the page cache", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	int sparse = open("f7", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (ftruncate(sparse, 4 * PG)) return;
	if (pwrite(sparse, "x", 1, 2 * PG) != 1) return;
	f = map_fd(sparse, 4 * PG, RW, MAP_SHARED);
	sc(SYS_mincore, f, 4 * PG, v);
	note("mincore", "file with holes", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	int ro = open("/proc/self/exe", O_RDONLY);
	f = map_fd(ro, PG, PROT_READ, MAP_PRIVATE);
	sc(SYS_mincore, f, PG, v);
	note("mincore", "the program itself", "%d", v[0]);
}

static void advices(void)
{
	fault_init();
	static const struct { int a; const char *name; } all[] = {
		{0, "NORMAL"}, {1, "RANDOM"}, {2, "SEQUENTIAL"}, {3, "WILLNEED"}, {4, "DONTNEED"}, {5, "5"}, {6, "6"}, {7, "7"}, {8, "FREE"},
		{9, "REMOVE"}, {10, "DONTFORK"}, {11, "DOFORK"}, {12, "MERGEABLE"}, {13, "UNMERGEABLE"}, {14, "HUGEPAGE"}, {15, "NOHUGEPAGE"},
		{16, "DONTDUMP"}, {17, "DODUMP"}, {18, "WIPEONFORK"}, {19, "KEEPONFORK"}, {20, "COLD"}, {21, "PAGEOUT"}, {22, "POPULATE_READ"},
		{23, "POPULATE_WRITE"}, {24, "DONTNEED_LOCKED"}, {25, "COLLAPSE"}, {26, "26"}, {-1, "-1"}, {102, "102"}};
	char cond[80], *m, *f, *s;
	int fd = new_file("f8", 4 * PG);

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		m = mmap(0, 2 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		m[0] = 1;
		f = map_fd(fd, 2 * PG, RW, MAP_SHARED);
		s = map_fd(fd, 2 * PG, RW, MAP_PRIVATE);
		s[0] = 'w';
		sprintf(cond, "%s, anonymous", all[i].name);
		put("madvise", cond, sc(SYS_madvise, m, 2 * PG, all[i].a));
		if (all[i].a != 8 && all[i].a != 21) { sprintf(cond, "%s, anonymous: content", all[i].name); note("madvise", cond, "%d", m[0]); }
		sprintf(cond, "%s, private file", all[i].name);
		put("madvise", cond, sc(SYS_madvise, s, 2 * PG, all[i].a));
		if (all[i].a != 8 && all[i].a != 21) { sprintf(cond, "%s, private file: content", all[i].name); note("madvise", cond, "%d", s[0]); }
		sprintf(cond, "%s, shared file", all[i].name);
		put("madvise", cond, sc(SYS_madvise, f, 2 * PG, all[i].a));
		sprintf(cond, "%s, shared file: content", all[i].name);
		note("madvise", cond, "%d", f[0]);
		if (all[i].a == 9 && pwrite(fd, "x", 1, 0) != 1) return;
		munmap(m, 2 * PG), munmap(f, 2 * PG), munmap(s, 2 * PG);
	}
	m = mmap(0, 4 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	put("madvise", "not aligned", sc(SYS_madvise, m + 1, PG, MADV_NORMAL));
	put("madvise", "length 0", sc(SYS_madvise, m, 0, MADV_NORMAL));
	put("madvise", "length 0, bad advice", sc(SYS_madvise, m, 0, 99));
	put("madvise", "length that rounds to 0", sc(SYS_madvise, m, 0xfffff001, MADV_NORMAL));
	put("madvise", "over the end of memory", sc(SYS_madvise, m, 0xfffff000, MADV_NORMAL));
	put("madvise", "nothing there", sc(SYS_madvise, 0x1000000, PG, MADV_NORMAL));
	put("madvise", "nothing there, DONTNEED", sc(SYS_madvise, 0x1000000, PG, MADV_DONTNEED));
	put("madvise", "bad advice where nothing is", sc(SYS_madvise, 0x1000000, PG, 99));
	m[0] = m[3 * PG] = 1;
	munmap(m + PG, PG);
	put("madvise", "a hole, DONTNEED", sc(SYS_madvise, m, 4 * PG, MADV_DONTNEED));
	note("madvise", "both sides of the hole are dropped", "%d %d", m[0], m[3 * PG]);
	put("madvise", "a hole, WILLNEED", sc(SYS_madvise, m, 4 * PG, MADV_WILLNEED));
	put("madvise", "a hole, POPULATE_READ", sc(SYS_madvise, m, 4 * PG, 22));
	mprotect(m, PG, PROT_READ);
	put("madvise", "POPULATE_WRITE of a read-only page", sc(SYS_madvise, m, PG, 23));
	sc(SYS_mlock, m + 2 * PG, PG);
	put("madvise", "DONTNEED of a locked page", sc(SYS_madvise, m + 2 * PG, PG, MADV_DONTNEED));
	put("madvise", "FREE of a locked page", sc(SYS_madvise, m + 2 * PG, PG, 8));
	put("madvise", "DONTNEED_LOCKED of a locked page", sc(SYS_madvise, m + 2 * PG, PG, 24));
	put("madvise", "REMOVE of a locked page", sc(SYS_madvise, m + 2 * PG, PG, 9));
	int ro = open("f8", O_RDONLY);
	f = map_fd(ro, PG, PROT_READ, MAP_SHARED);
	put("madvise", "REMOVE of a read-only shared file", sc(SYS_madvise, f, PG, 9));
	f = map_fd(fd, 4 * PG, RW, MAP_SHARED);
	f[PG] = f[2 * PG] = 'k';
	put("madvise", "REMOVE in the middle", sc(SYS_madvise, f + PG, PG, 9));
	char c = 1;
	if (pread(fd, &c, 1, PG) != 1) return;
	note("read", "after REMOVE", "%d, behind it %c", c, f[2 * PG]);
	if (ftruncate(fd, PG)) return;
	put("madvise", "POPULATE_READ beyond the end of file", sc(SYS_madvise, f, 4 * PG, 22));
	/* fork: what the child finds */
	m = mmap(0, 3 * PG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[0] = m[PG] = m[2 * PG] = 'o';
	sc(SYS_madvise, m, PG, 18);
	sc(SYS_madvise, m + PG, PG, 10);
	pid_t pid = fork();
	if (!pid) {
		touch("access: child, WIPEONFORK", m, 'r');
		touch("access: child, DONTFORK", m + PG, 'r');
		touch("access: child, plain", m + 2 * PG, 'r');
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	touch("access: parent, WIPEONFORK", m, 'r');
	sc(SYS_madvise, m, PG, 19);
	sc(SYS_madvise, m + PG, PG, 11);
	pid = fork();
	if (!pid) {
		touch("access: child, KEEPONFORK", m, 'r');
		touch("access: child, DOFORK", m + PG, 'r');
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

const struct section sections[] = {
	{"seen", seen},
	{"beyond", beyond},
	{"syncs", syncs},
	{"cores", cores},
	{"advices", advices},
	{NULL, NULL},
};
