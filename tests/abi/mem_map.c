/* mem_map: mmap2, mmap, munmap, mprotect, brk: arguments, places, faults. */
#include "raw.h"

static long map(uintptr_t at, unsigned long len, int prot, int flags, int fd, unsigned long pgoff)
{
	return sc(SYS_mmap2, at, len, prot, flags, fd, pgoff);
}
static char *mem(unsigned pages) { return (char *)map(0, pages * PG, RW, ANON, -1, 0); }
static int file_of(const char *name, unsigned bytes)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (unsigned i = 0; i < bytes; i++) { char c = (char)('a' + i % 26); if (write(fd, &c, 1) != 1) break; }
	return fd;
}

static void arguments(void)
{
	fault_init();
	int fd = file_of("m1", 100), ro = open("m1", O_RDONLY), wo = open("m1", O_WRONLY), dir = open(".", O_RDONLY), p[2];
	int path = open("m1", O_PATH);
	if (pipe(p)) return;

	put("mmap2", "length 0", map(0, 0, RW, ANON, -1, 0));
	put("mmap2", "neither shared nor private", map(0, PG, RW, MAP_ANONYMOUS, -1, 0));
	put("mmap2", "type 4", map(0, PG, RW, MAP_ANONYMOUS | 4, -1, 0));
	ok("mmap2", "shared and validate, anonymous", map(0, PG, RW, MAP_ANONYMOUS | 3, -1, 0));
	ok("mmap2", "validate with MAP_UNINITIALIZED, file", map(0, PG, RW, 3 | 0x4000000, fd, 0));
	put("mmap2", "validate with unknown flag, file", map(0, PG, RW, 3 | 0x200000, fd, 0));
	put("mmap2", "validate with MAP_SYNC, file", map(0, PG, RW, 3 | 0x80000, fd, 0));
	ok("mmap2", "shared with unknown flag, file", map(0, PG, RW, MAP_SHARED | 0x4000000, fd, 0));
	ok("mmap2", "validate with known flags, file", map(0, PG, RW, 3 | MAP_NORESERVE, fd, 0));
	put("mmap2", "fixed, address not aligned", map(0x50000123, PG, RW, ANON | MAP_FIXED, -1, 0));
	put("mmap2", "fixed beyond user space", map(0xc0000000, PG, RW, ANON | MAP_FIXED, -1, 0));
	put("mmap2", "fixed over the end", map(0xbffff000, 2 * PG, RW, ANON | MAP_FIXED, -1, 0));
	put("mmap2", "length of all memory", map(0, 0xfffff000, PROT_NONE, ANON | MAP_NORESERVE, -1, 0));
	put("mmap2", "length that rounds to 0", map(0, 0xfffff001, PROT_NONE, ANON | MAP_NORESERVE, -1, 0));
	put("mmap2", "3 GiB", map(0, 0xc0000000, PROT_NONE, ANON | MAP_NORESERVE, -1, 0));
	put("mmap2", "bad fd", map(0, PG, RW, MAP_PRIVATE, -1, 0));
	put("mmap2", "bad fd 1000", map(0, PG, RW, MAP_SHARED, 1000, 0));
	put("mmap2", "O_PATH fd", map(0, PG, PROT_READ, MAP_PRIVATE, path, 0));
	put("mmap2", "pipe", map(0, PG, PROT_READ, MAP_PRIVATE, p[0], 0));
	put("mmap2", "directory", map(0, PG, PROT_READ, MAP_PRIVATE, dir, 0));
	put("mmap2", "write-only file, private read", map(0, PG, PROT_READ, MAP_PRIVATE, wo, 0));
	put("mmap2", "write-only file, shared write", map(0, PG, PROT_WRITE, MAP_SHARED, wo, 0));
	put("mmap2", "read-only file, shared write", map(0, PG, RW, MAP_SHARED, ro, 0));
	ok("mmap2", "read-only file, shared read", map(0, PG, PROT_READ, MAP_SHARED, ro, 0));
	ok("mmap2", "read-only file, private write", map(0, PG, RW, MAP_PRIVATE, ro, 0));
	put("mmap2", "file, length 0", map(0, 0, RW, MAP_PRIVATE, fd, 0));
	put("mmap2", "bad fd and length 0", map(0, 0, RW, MAP_PRIVATE, -1, 0));
	put("mmap2", "bad fd and bad type", map(0, PG, RW, 0, -1, 0));
	put("mmap2", "file, neither shared nor private", map(0, PG, RW, 0, fd, 0));
	put("mmap2", "offset and length over 32 bit pages", map(0, 2 * PG, PROT_READ, MAP_PRIVATE, fd, 0xffffffff));
	ok("mmap2", "offset at the very end of what files can have", map(0, PG, PROT_READ, MAP_PRIVATE, fd, 0xfffffffe));
	ok("mmap2", "offset 8 TiB", map(0, PG, PROT_READ, MAP_PRIVATE, fd, 0x7ffffff0));
	ok("mmap2", "anonymous with a wild offset", map(0, PG, RW, ANON, -1, 0x12345));
	ok("mmap2", "anonymous with an fd", map(0, PG, RW, ANON, fd, 0));
	ok("mmap2", "unknown protection bits", map(0, PG, 0xff, ANON, -1, 0));
	ok("mmap2", "MAP_GROWSDOWN", map(0, PG, RW, ANON | MAP_GROWSDOWN, -1, 0));
	put("mmap2", "MAP_GROWSDOWN shared", map(0, PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
	put("mmap2", "MAP_GROWSDOWN of a file", map(0, PG, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
	ok("mmap2", "MAP_STACK and MAP_NORESERVE", map(0, PG, RW, ANON | MAP_STACK | MAP_NORESERVE, -1, 0));
	ok("mmap2", "MAP_DENYWRITE and MAP_EXECUTABLE", map(0, PG, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE | MAP_EXECUTABLE, fd, 0));
	put("mmap2", "MAP_HUGETLB", map(0, 4u << 20, RW, ANON | MAP_HUGETLB, -1, 0));
	put("mmap2", "MAP_HUGETLB of a file", map(0, 4u << 20, RW, MAP_PRIVATE | MAP_HUGETLB, fd, 0));
	uint32_t old[6] = {0, PG, RW, ANON, (uint32_t)-1, 123};
	put("mmap", "offset not aligned", sc(SYS_mmap, old));
	old[5] = 0;
	ok("mmap", "anonymous", sc(SYS_mmap, old));
	put("mmap", "bad pointer", sc(SYS_mmap, 1));
	old[3] = MAP_PRIVATE, old[4] = (uint32_t)fd, old[2] = PROT_READ;
	long at = ok("mmap", "file", sc(SYS_mmap, old));
	note("mmap", "file content", "%.5s", (char *)at);
	old[3] = 0;
	put("mmap", "neither shared nor private", sc(SYS_mmap, old));
	close(fd); close(ro); close(wo); close(dir); close(path);
}

static void places(void)
{
	fault_init();
	char *m = mem(8);
	ok("munmap", "a hole", munmap(m + 2 * PG, 2 * PG));
	note("mmap2", "hint in the hole", "%s", map((uintptr_t)m + 2 * PG, 2 * PG, RW, ANON, -1, 0) == (long)(m + 2 * PG) ? "taken" : "elsewhere");
	note("mmap2", "hint in use", "%s", map((uintptr_t)m, PG, RW, ANON, -1, 0) == (long)m ? "taken" : "elsewhere");
	munmap(m + 2 * PG, 2 * PG);
	note("mmap2", "hint not aligned", "%s", map((uintptr_t)m + 2 * PG + 5, PG, RW, ANON, -1, 0) == (long)(m + 2 * PG) ? "rounded down" :
	     "other");
	note("mmap2", "hint beyond user space", "%s", (unsigned long)map(0xfff00000, PG, RW, ANON, -1, 0) < 0xc0000000 ? "elsewhere" : "error");
	put("mmap2", "noreplace over something", map((uintptr_t)m, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	put("mmap2", "noreplace partly over something", map((uintptr_t)m + 2 * PG, 4 * PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	munmap(m, 8 * PG);
	ok("mmap2", "noreplace free", map((uintptr_t)m, 4 * PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	put("mmap2", "noreplace not aligned", map((uintptr_t)m + 1, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	m[0] = 7;
	ok("mmap2", "fixed over something", map((uintptr_t)m, PG, RW, ANON | MAP_FIXED, -1, 0) == (long)m ? 0 : -1);
	note("mmap2", "fixed: content is new", "%d", m[0]);
	char *a = mem(1), *b = mem(1);
	note("mmap2", "two in a row grow down", "%s", b < a ? "yes" : "no");
	put("munmap", "length 0", sc(SYS_munmap, m, 0));
	put("munmap", "not aligned", sc(SYS_munmap, m + 1, PG));
	put("munmap", "beyond user space", sc(SYS_munmap, 0xc0000000, PG));
	put("munmap", "over the end", sc(SYS_munmap, 0xbffff000, 2 * PG));
	put("munmap", "length that rounds to 0", sc(SYS_munmap, m, 0xfffff001));
	put("munmap", "nothing there", sc(SYS_munmap, 0x1000000, PG));
	put("munmap", "length 1 takes a page", sc(SYS_munmap, m + PG, 1));
	touch("access: after munmap", m + PG, 'r');
	touch("access: the page after", m + 2 * PG, 'r');
	munmap(m, 4 * PG);
	put("munmap", "twice", sc(SYS_munmap, m, 4 * PG));
}

static void protections(void)
{
	fault_init();
	static const int prots[] = {PROT_NONE, PROT_READ, PROT_WRITE, RW, PROT_EXEC, PROT_READ | PROT_EXEC};
	static const char *names[] = {"PROT_NONE", "PROT_READ", "PROT_WRITE", "PROT_READ|WRITE", "PROT_EXEC", "PROT_READ|EXEC"};
	char cond[64], *m;

	for (unsigned i = 0; i < 6; i++) {
		m = (char *)map(0, PG, prots[i], ANON, -1, 0);
		sprintf(cond, "fresh %s, read", names[i]);
		touch(cond, m, 'r');
		sprintf(cond, "fresh %s, write", names[i]);
		touch(cond, m + 8, 'w');
		munmap(m, PG);
	}
	m = mem(4);
	for (unsigned i = 0; i < 6; i++) {
		m[0] = 3;
		put("mprotect", names[i], sc(SYS_mprotect, m, PG, prots[i]));
		sprintf(cond, "touched, then %s, read", names[i]);
		touch(cond, m, 'r');
		sprintf(cond, "touched, then %s, write", names[i]);
		touch(cond, m + 8, 'w');
		mprotect(m, PG, RW);
		sprintf(cond, "%s and back: content", names[i]);
		touch(cond, m, 'r');
	}
	put("mprotect", "not aligned", sc(SYS_mprotect, m + 1, PG, RW));
	put("mprotect", "length 0", sc(SYS_mprotect, m, 0, RW));
	put("mprotect", "length 0 where nothing is", sc(SYS_mprotect, 0x1000000, 0, RW));
	put("mprotect", "nothing there", sc(SYS_mprotect, 0x1000000, PG, RW));
	put("mprotect", "unknown bits", sc(SYS_mprotect, m, PG, 0x100));
	put("mprotect", "PROT_SEM", sc(SYS_mprotect, m, PG, RW | 8));
	put("mprotect", "grows down and up", sc(SYS_mprotect, m, PG, RW | PROT_GROWSDOWN | PROT_GROWSUP));
	put("mprotect", "grows down, not a stack", sc(SYS_mprotect, m, PG, RW | PROT_GROWSDOWN));
	put("mprotect", "grows up", sc(SYS_mprotect, m, PG, RW | PROT_GROWSUP));
	put("mprotect", "length that rounds to 0", sc(SYS_mprotect, m, 0xfffff001, RW));
	put("mprotect", "over the end of memory", sc(SYS_mprotect, m, 0xffffe000, RW));
	munmap(m + PG, PG);
	put("mprotect", "a hole in the range", sc(SYS_mprotect, m, 4 * PG, PROT_READ));
	touch("access: before the hole: changed", m, 'w');
	touch("access: behind the hole: not changed", m + 2 * PG, 'w');
	put("mprotect", "begins in a hole", sc(SYS_mprotect, m + PG, 2 * PG, PROT_READ));
	int fd = file_of("m2", 100), ro = open("m2", O_RDONLY);
	m = (char *)map(0, PG, PROT_READ, MAP_SHARED, ro, 0);
	put("mprotect", "shared of a read-only file to write", sc(SYS_mprotect, m, PG, RW));
	m = (char *)map(0, PG, PROT_READ, MAP_PRIVATE, ro, 0);
	put("mprotect", "private of a read-only file to write", sc(SYS_mprotect, m, PG, RW));
	touch("access: that private page", m, 'w');
	m = (char *)map(0, PG, PROT_NONE, MAP_SHARED, fd, 0);
	put("mprotect", "shared of a writable file to write", sc(SYS_mprotect, m, PG, RW));
	touch("access: that shared page", m, 'w');
	char c = 0;
	if (pread(fd, &c, 1, 0) != 1) return;
	note("read", "file after a shared write", "%d", c);
	char *k = (char *)map(0, PG, RW, ANON, -1, 0);
	touch("access: kernel memory", (void *)0xc0000000, 'r');
	touch("access: kernel memory, write", (void *)0xc0100000, 'w');
	touch("access: page 0", (void *)0, 'r');
	touch("access: page 0, write", (void *)16, 'w');
	touch("access: nothing there", (void *)0x1000123, 'r');
	munmap(k, PG);
}

static void breaks(void)
{
	fault_init();
	uintptr_t b = (uintptr_t)sc(SYS_brk, 0), a = (b + PG - 1) & ~(PG - 1);

	note("brk", "0 tells it", "%s", b ? "address" : "0");
	note("brk", "below its start", "%s", (uintptr_t)sc(SYS_brk, 0x1000) == b ? "unchanged" : "changed");
	note("brk", "beyond user space", "%s", (uintptr_t)sc(SYS_brk, 0xd0000000) == b ? "unchanged" : "changed");
	note("brk", "up by 3 pages and 5", "%+ld", sc(SYS_brk, a + 3 * PG + 5) - (long)a);
	touch("access: new heap", (void *)(a + 2 * PG), 'r');
	touch("access: new heap, last byte", (void *)(a + 4 * PG - 1), 'w');
	touch("access: behind the heap", (void *)(a + 4 * PG), 'w');
	note("brk", "down", "%+ld", sc(SYS_brk, a + PG) - (long)a);
	touch("access: heap given back", (void *)(a + 2 * PG), 'r');
	note("brk", "up again", "%+ld", sc(SYS_brk, a + 4 * PG) - (long)a);
	touch("access: heap that came again", (void *)(a + 4 * PG - 1), 'r');
	map(a + 6 * PG, PG, RW, ANON | MAP_FIXED, -1, 0);
	note("brk", "up to a mapping", "%+ld", sc(SYS_brk, a + 6 * PG) - (long)a);
	note("brk", "over a mapping", "%+ld", sc(SYS_brk, a + 7 * PG) - (long)a);
	note("brk", "1 GiB more than there is memory", "%s", (uintptr_t)sc(SYS_brk, a + (1u << 30)) == a + 4 * PG ? "unchanged" : "changed");
	sc(SYS_brk, b);
}

static void grows(void)
{
	fault_init();
	char *m = (char *)map(0, 64 * PG, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	munmap(m, 64 * PG);
	/* far from everything else: the gap below a growing area is 256 pages */
	char *top = (char *)0x60000000;
	char *g = (char *)map((uintptr_t)top, 2 * PG, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	if (g != top) return;
	touch("access: growing area, below it", top - 1, 'w');
	touch("access: growing area, 10 pages below", top - 10 * PG, 'w');
	touch("access: growing area, in between", top - 5 * PG, 'r');
	put("munmap", "grown part", sc(SYS_munmap, top - 10 * PG, PG));
	char *low = (char *)map((uintptr_t)top - 300 * PG, PG, RW, ANON | MAP_FIXED, -1, 0);
	touch("access: growing, 200 pages under it", top - 100 * PG, 'w');
	touch("access: growing, 250 pages under it", top - 50 * PG, 'w');
	touch("access: growing, 280 pages under it", top - 20 * PG, 'w');
	munmap(low, PG);
	put("mprotect", "growing area, PROT_GROWSDOWN", sc(SYS_mprotect, top + PG, PG, PROT_READ | PROT_GROWSDOWN));
	touch("access: its lower end is changed too", top, 'w');
}

static void devices(void)
{
	fault_init();
	int z = open("/dev/zero", O_RDWR), n = open("/dev/null", O_RDWR), f = open("/dev/full", O_RDWR);
	char *p = (char *)map(0, 2 * PG, RW, MAP_PRIVATE, z, 0);
	ok("mmap2", "/dev/zero private", (long)p);
	touch("access: /dev/zero private", p + PG, 'r');
	touch("access: /dev/zero private, write", p + PG, 'w');
	char *s = (char *)map(0, 2 * PG, RW, MAP_SHARED, z, 0);
	ok("mmap2", "/dev/zero shared", (long)s);
	s[0] = 1;
	pid_t pid = fork();
	if (!pid) { s[0] = 2; p[0] = 9; _exit(0); }
	waitpid(pid, NULL, 0);
	note("fork", "child wrote to /dev/zero shared", "%d", s[0]);
	note("fork", "child wrote to /dev/zero private", "%d", p[0]);
	put("mmap2", "/dev/null", map(0, PG, RW, MAP_PRIVATE, n, 0));
	ok("mmap2", "/dev/full", map(0, PG, RW, MAP_PRIVATE, f, 0));
	int t = open("/proc/self/status", O_RDONLY);
	put("mmap2", "a file of /proc", map(0, PG, PROT_READ, MAP_PRIVATE, t, 0));
	ok("mmap2", "/dev/zero shared with an offset", map(0, PG, RW, MAP_SHARED, z, 5));
}

static void low(void)
{
	put("mmap2", "fixed at 0, not root", map(0, PG, RW, ANON | MAP_FIXED, -1, 0));
	put("mmap2", "fixed at 60 KiB, not root", map(0xf000, PG, RW, ANON | MAP_FIXED, -1, 0));
	ok("mmap2", "fixed at 64 KiB, not root", map(0x10000, PG, RW, ANON | MAP_FIXED, -1, 0));
	note("mmap2", "hint 4096, not root", "%s", (unsigned long)map(0x1000, PG, RW, ANON, -1, 0) > 0x10000 ? "elsewhere" : "there");
}

static void lowest(void)
{
	as_user(1000, 1000, low);
}

static void populated(void)
{
	fault_init();
	unsigned char in[4];
	char *m = (char *)map(0, 4 * PG, RW, ANON | MAP_POPULATE, -1, 0);
	put("mincore", "MAP_POPULATE", sc(SYS_mincore, m, 4 * PG, in));
	note("mincore", "MAP_POPULATE pages", "%d%d%d%d", in[0], in[1], in[2], in[3]);
	m = (char *)map(0, 4 * PG, PROT_NONE, ANON | MAP_POPULATE, -1, 0);
	sc(SYS_mincore, m, 4 * PG, in);
	note("mincore", "MAP_POPULATE PROT_NONE", "%d%d%d%d", in[0], in[1], in[2], in[3]);
	m = (char *)map(0, 4 * PG, RW, ANON | MAP_POPULATE | MAP_NONBLOCK, -1, 0);
	sc(SYS_mincore, m, 4 * PG, in);
	note("mincore", "MAP_POPULATE|NONBLOCK", "%d%d%d%d", in[0], in[1], in[2], in[3]);
	m = (char *)map(0, 4 * PG, RW, ANON | MAP_LOCKED, -1, 0);
	sc(SYS_mincore, m, 4 * PG, in);
	note("mincore", "MAP_LOCKED", "%d%d%d%d", in[0], in[1], in[2], in[3]);
	m = (char *)map(0, 4 * PG, PROT_READ, ANON | MAP_POPULATE, -1, 0);
	sc(SYS_mincore, m, 4 * PG, in);
	note("mincore", "MAP_POPULATE read only", "%d%d%d%d", in[0], in[1], in[2], in[3]);
}

const struct section sections[] = {
	{"arguments", arguments},
	{"places", places},
	{"protections", protections},
	{"breaks", breaks},
	{"grows", grows},
	{"devices", devices},
	{"lowest", lowest},
	{"populated", populated},
	{NULL, NULL},
};
