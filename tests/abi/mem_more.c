/* mem_more: mremap, mlock and its relatives, remap_file_pages, memfd_create, process_vm_*, membarrier, NUMA answers. */
#include "raw.h"
#include <sys/resource.h>
#include <sys/uio.h>

static char *mem(unsigned pages) { return mmap(0, pages * PG, RW, ANON, -1, 0); }
static long remap(void *at, unsigned long old, unsigned long new, int flags, void *to) { return sc(SYS_mremap, at, old, new, flags, to); }
/* the result beside an address */
static void beside(const char *cond, long r, const char *base)
{
	if (failed(r)) put("mremap", cond, r);
	else if (base && r == (long)base) note("mremap", cond, "in place");
	else note("mremap", cond, "moved");
}
static int file_of(unsigned pages)
{
	static unsigned n;
	char name[16], page[PG];
	snprintf(name, sizeof name, "f%u", n++);
	int fd = must_open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (unsigned i = 0; i < pages; i++) { memset(page, (int)('a' + i), PG); must("write", write(fd, page, PG)); }
	return fd;
}

static void remaps(void)
{
	fault_init();
	char *m = mem(8), *t = mem(16), *n;

	for (int i = 0; i < 8; i++) m[i * PG] = (char)('0' + i);
	put("mremap", "unknown flag", remap(m, PG, PG, 8, 0));
	put("mremap", "fixed without maymove", remap(m, PG, PG, MREMAP_FIXED, t));
	put("mremap", "dontunmap without maymove", remap(m, PG, PG, 4, t));
	put("mremap", "dontunmap, sizes differ", remap(m, PG, 2 * PG, 5, t));
	put("mremap", "not aligned", remap(m + 1, PG, PG, 0, 0));
	put("mremap", "new size 0", remap(m, PG, 0, 0, 0));
	put("mremap", "old size 0, private", remap(m, 0, PG, MREMAP_MAYMOVE, 0));
	put("mremap", "nothing there", remap((void *)0x1000000, PG, 2 * PG, MREMAP_MAYMOVE, 0));
	put("mremap", "nothing there, shrinks", remap((void *)0x1000000, 2 * PG, PG, 0, 0));
	put("mremap", "old size over the area", remap(m + 4 * PG, 0x10000000, 0x20000000, MREMAP_MAYMOVE, 0));
	put("mremap", "new size 3 GiB", remap(m, PG, 0xc0000000, MREMAP_MAYMOVE, 0));
	put("mremap", "new size of all memory", remap(m, PG, 0xfffff000, MREMAP_MAYMOVE, 0));
	put("mremap", "new size that rounds to 0", remap(m, PG, 0xfffff001, MREMAP_MAYMOVE, 0));
	put("mremap", "fixed, target not aligned", remap(m, PG, PG, 3, t + 1));
	put("mremap", "fixed, target beyond user space", remap(m, PG, PG, 3, (void *)0xc0000000));
	put("mremap", "fixed, target overlaps", remap(m, 4 * PG, 4 * PG, 3, m + 2 * PG));
	put("mremap", "fixed, target overlaps from below", remap(m + 2 * PG, 2 * PG, 3 * PG, 3, m));
	beside("same size", remap(m, 8 * PG, 8 * PG, 0, 0), m);
	beside("shrinks", remap(m, 8 * PG, 6 * PG, 0, 0), m);
	touch("access: mremap, what was cut off", m + 6 * PG, 'r');
	beside("grows in place", remap(m, 6 * PG, 8 * PG, 0, 0), m);
	touch("access: mremap, what was added", m + 6 * PG, 'r');
	n = mmap(m + 8 * PG, PG, PROT_READ, ANON | MAP_FIXED, -1, 0);
	put("mremap", "no room to grow", remap(m, 8 * PG, 9 * PG, 0, 0));
	put("mremap", "a part of it, no room to grow", remap(m + PG, PG, 2 * PG, 0, 0));
	n = (char *)remap(m + PG, 2 * PG, 4 * PG, MREMAP_MAYMOVE, 0);
	beside("a part of it may move", (long)n, m + PG);
	note("mremap", "content moved with it", "%c %c %d", n[0], n[PG], n[2 * PG]);
	touch("access: mremap, the old place", m + PG, 'r');
	touch("access: mremap, before the old place", m, 'r');
	touch("access: mremap, behind the old place", m + 3 * PG, 'r');
	put("mremap", "over a hole", remap(m, 4 * PG, 8 * PG, MREMAP_MAYMOVE, 0));
	put("mremap", "over a hole, shrinks", remap(m, 8 * PG, 5 * PG, 0, 0) == (long)m ? 0 : -1);
	t[PG] = 'T', t[3 * PG] = 'U';
	note("mremap", "fixed over something", "%s", remap(n, 2 * PG, 2 * PG, 3, t + PG) == (long)(t + PG) ? "there" : "not");
	note("mremap", "fixed: content", "%c %c %c", t[PG], t[2 * PG], t[3 * PG]);
	note("mremap", "fixed, shrinks", "%s", remap(t + PG, 2 * PG, PG, 3, t + 6 * PG) == (long)(t + 6 * PG) ? "there" : "not");
	touch("access: mremap, rest of the shrunk", t + 2 * PG, 'r');
	note("mremap", "fixed, grows", "%s", remap(t + 6 * PG, PG, 3 * PG, 3, t + 10 * PG) == (long)(t + 10 * PG) ? "there" : "not");
	note("mremap", "fixed, grows: content", "%c %d", t[10 * PG], t[12 * PG]);
	/* MREMAP_DONTUNMAP */
	m = mem(2);
	m[0] = 'd';
	n = (char *)remap(m, 2 * PG, 2 * PG, 5, 0);
	beside("dontunmap", (long)n, m);
	note("mremap", "dontunmap: new and old content", "%c %d", n[0], m[0]);
	t = mem(2);
	note("mremap", "dontunmap and fixed", "%s", remap(n, 2 * PG, 2 * PG, 7, t) == (long)t ? "there" : "not");
	note("mremap", "dontunmap and fixed: content", "%c %d", t[0], n[0]);
	/* shared anonymous: old size 0 makes a second mapping */
	m = mmap(0, 2 * PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	m[PG] = 's';
	n = (char *)remap(m, 0, 2 * PG, MREMAP_MAYMOVE, 0);
	beside("old size 0, shared", (long)n, m);
	if (!failed((long)n)) {
		n[PG + 1] = 'x';
		note("mremap", "old size 0, shared: same pages", "%c %c", n[PG], m[PG + 1]);
	}
	put("mremap", "old size 0, shared, may not move", remap(m, 0, 2 * PG, 0, 0));
	n = (char *)remap(m, 2 * PG, 4 * PG, MREMAP_MAYMOVE, 0);
	touch("access: mremap, shared anonymous grown", n + 3 * PG, 'r');
	/* files */
	int fd = file_of(4);
	m = mmap(0, 2 * PG, RW, MAP_SHARED, fd, PG);
	n = (char *)remap(m, 2 * PG, 4 * PG, MREMAP_MAYMOVE, 0);
	note("mremap", "shared file grows", "%c %c %c", n[0], n[PG], n[2 * PG]);
	touch("access: mremap, shared file beyond the end", n + 3 * PG, 'r');
	n = (char *)remap(n + PG, PG, PG, 3, t);
	note("mremap", "a page of a file moves", "%c", t[0]);
	m = mmap(0, 4 * PG, RW, MAP_PRIVATE, fd, 0);
	m[PG] = 'p';
	n = (char *)remap(m, 2 * PG, 2 * PG, 5, 0);
	note("mremap", "dontunmap of a private file", "%c %c, old %c %c", n[0], n[PG], m[0], m[PG]);
	m = mmap(0, PG, PROT_NONE, ANON, -1, 0);
	n = (char *)remap(m, PG, 2 * PG, MREMAP_MAYMOVE, 0);
	touch("access: mremap, PROT_NONE stays", n, 'r');
	m = mem(3);
	mprotect(m + PG, PG, PROT_READ);
	put("mremap", "over areas that differ", remap(m, 3 * PG, 4 * PG, MREMAP_MAYMOVE, 0));
	note("mremap", "shrinks over areas that differ", "%s", remap(m, 3 * PG, PG, 0, 0) == (long)m ? "in place" : "not");
	touch("access: mremap, a shrunk away area", m + PG, 'r');
}

static unsigned vmlck(void)
{
	char text[2048], *p;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	p = strstr(text, "VmLck:");
	return p ? (unsigned)strtoul(p + 6, NULL, 10) : 9999;
}

static void locked(const char *what, const char *cond) { note(what, cond, "%u kB", vmlck()); }

static void limits(void)
{
	struct rlimit64 { unsigned long long cur, max; } r;
	char *m = mem(8);
	sc(SYS_prlimit64, 0, RLIMIT_MEMLOCK, NULL, &r);
	note("prlimit64", "RLIMIT_MEMLOCK at first", "%llu %llu", r.cur, r.max);
	struct rlimit four = {4 * PG, 4 * PG};
	setrlimit(RLIMIT_MEMLOCK, &four);
	put("mlock", "not root, up to the limit", sc(SYS_mlock, m, 4 * PG));
	put("mlock", "not root, one more", sc(SYS_mlock, m + 4 * PG, PG));
	put("mlock", "not root, the same again", sc(SYS_mlock, m, 4 * PG));
	put("mlock", "not root, partly locked, over the limit", sc(SYS_mlock, m + 2 * PG, 4 * PG));
	put("mlock2", "not root, over the limit", sc(376, m + 4 * PG, PG, 1));
	put("mmap2", "MAP_LOCKED over the limit", sc(SYS_mmap2, 0, PG, RW, ANON | MAP_LOCKED, -1, 0));
	put("munlock", "not root, a page", sc(SYS_munlock, m, PG));
}

static void limits_again(void)
{
	struct rlimit four = {4 * PG, 4 * PG};
	char *m = mem(8);

	setrlimit(RLIMIT_MEMLOCK, &four);
	sc(SYS_mlock, m, 3 * PG);
	ok("mmap2", "MAP_LOCKED in the limit", sc(SYS_mmap2, 0, PG, RW, ANON | MAP_LOCKED, -1, 0));
	locked("mlock", "VmLck at the limit");
	put("mlockall", "MCL_CURRENT over the limit", sc(SYS_mlockall, MCL_CURRENT));
	put("mlockall", "not root, MCL_FUTURE", sc(SYS_mlockall, MCL_FUTURE));
	put("munlockall", "not root", sc(SYS_munlockall));
}

static void no_locks(void)
{
	struct rlimit none = {0, 0};
	char *m = mem(1);

	setrlimit(RLIMIT_MEMLOCK, &none);
	put("mlock", "limit 0", sc(SYS_mlock, m, PG));
	put("mlock", "limit 0, nothing there", sc(SYS_mlock, 0x1000000, PG));
	put("mlock2", "limit 0, bad flag", sc(376, m, PG, 8));
	put("mlockall", "limit 0", sc(SYS_mlockall, MCL_CURRENT));
	put("mlockall", "limit 0, bad flag", sc(SYS_mlockall, 8));
	put("munlock", "limit 0", sc(SYS_munlock, m, PG));
	put("mmap2", "MAP_LOCKED with limit 0", sc(SYS_mmap2, 0, PG, RW, ANON | MAP_LOCKED, -1, 0));
}

static void child_locked(void) { locked("fork", "locks are not inherited"); }

static void locks(void)
{
	unsigned char v[4];
	char *m = mem(4);

	put("mlock", "two pages", sc(SYS_mlock, m, 2 * PG));
	locked("mlock", "VmLck of two pages");
	sc(SYS_mincore, m, 4 * PG, v);
	note("mincore", "after mlock", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	put("mlock", "not aligned: rounds down", sc(SYS_mlock, m + PG + 100, PG));
	locked("mlock", "VmLck of three pages");
	put("mlock", "again", sc(SYS_mlock, m, 2 * PG));
	locked("mlock", "VmLck after locking again");
	in_child(child_locked);
	put("munlock", "a page in the middle", sc(SYS_munlock, m + PG, 1));
	locked("munlock", "VmLck of two again");
	put("mlock", "length 0", sc(SYS_mlock, m, 0));
	put("munlock", "length 0", sc(SYS_munlock, m, 0));
	put("mlock", "nothing there", sc(SYS_mlock, 0x1000000, PG));
	put("munlock", "nothing there", sc(SYS_munlock, 0x1000000, PG));
	put("mlock", "end wraps", sc(SYS_mlock, m, 0xfffff000));
	put("munlock", "end wraps", sc(SYS_munlock, m, 0xfffff000));
	put("mlock", "beyond user space", sc(SYS_mlock, 0xc0000000, PG));
	munmap(m + PG, PG);
	put("mlock", "a hole", sc(SYS_mlock, m, 4 * PG));
	locked("mlock", "VmLck: locked up to the hole");
	put("munlock", "a hole", sc(SYS_munlock, m, 4 * PG));
	locked("munlock", "VmLck with a hole");
	munmap(m, 4 * PG);
	m = mem(4);
	sc(SYS_mlock, m, 4 * PG);
	munmap(m, 2 * PG);
	locked("munmap", "VmLck after munmap of locked pages");
	m = (char *)sc(SYS_mremap, m + 2 * PG, 2 * PG, 6 * PG, MREMAP_MAYMOVE, 0);
	locked("mremap", "VmLck after growing");
	sc(SYS_mincore, m + 2 * PG, 4 * PG, v);
	note("mincore", "locked pages that mremap added", "%d%d%d%d", v[0], v[1], v[2], v[3]);
	munmap(m, 6 * PG);
	m = mmap(0, 2 * PG, PROT_NONE, ANON, -1, 0);
	put("mlock", "PROT_NONE", sc(SYS_mlock, m, PG));
	locked("mlock", "VmLck of PROT_NONE");
	munmap(m, 2 * PG);
	m = mem(2);
	put("mlock2", "flags 0", sc(376, m, PG, 0));
	put("mlock2", "on fault", sc(376, m + PG, PG, 1));
	sc(SYS_mincore, m, 2 * PG, v);
	note("mincore", "after mlock2", "%d%d", v[0], v[1]);
	locked("mlock2", "VmLck of both kinds");
	put("mlock2", "unknown flag", sc(376, m, PG, 2));
	put("mlock2", "nothing there", sc(376, 0x1000000, PG, 0));
	put("mlock2", "a locked page to on fault", sc(376, m, PG, 1));
	put("mlockall", "no flags", sc(SYS_mlockall, 0));
	put("mlockall", "unknown flag", sc(SYS_mlockall, 8));
	put("mlockall", "MCL_ONFAULT alone", sc(SYS_mlockall, 4));
	put("munlockall", "success", sc(SYS_munlockall));
	locked("munlockall", "VmLck");
	put("mlockall", "MCL_FUTURE", sc(SYS_mlockall, MCL_FUTURE));
	locked("mlockall", "VmLck: nothing yet");
	m = mem(3);
	locked("mlockall", "VmLck after mmap");
	sc(SYS_mincore, m, 3 * PG, v);
	note("mincore", "mmap after MCL_FUTURE", "%d%d%d", v[0], v[1], v[2]);
	put("mlockall", "MCL_FUTURE|MCL_ONFAULT", sc(SYS_mlockall, 6));
	char *n = mem(3);
	sc(SYS_mincore, n, 3 * PG, v);
	note("mincore", "mmap after MCL_FUTURE|MCL_ONFAULT", "%d%d%d", v[0], v[1], v[2]);
	locked("mlockall", "VmLck of both");
	put("mlockall", "MCL_CURRENT", sc(SYS_mlockall, MCL_CURRENT));
	note("mlockall", "VmLck of all", "%s", vmlck() > 20 ? "much" : "little");
	put("munlockall", "after all", sc(SYS_munlockall));
	locked("munlockall", "VmLck after all");
}

static void lock_limits(void)
{
	as_user(1000, 1000, limits);
	as_user(1000, 1000, limits_again);
	as_user(1000, 1000, no_locks);
}

static void file_pages(void)
{
	int fd = file_of(4);
	char *m = mmap(0, 4 * PG, RW, MAP_SHARED, fd, 0), *p = mmap(0, 4 * PG, RW, MAP_PRIVATE, fd, 0);

	put("remap_file_pages", "a page elsewhere", sc(SYS_remap_file_pages, m, PG, 0, 2, 0));
	note("remap_file_pages", "content", "%c %c %c", m[0], m[PG], m[2 * PG]);
	put("remap_file_pages", "protection given", sc(SYS_remap_file_pages, m, PG, PROT_READ, 2, 0));
	put("remap_file_pages", "private", sc(SYS_remap_file_pages, p, PG, 0, 2, 0));
	put("remap_file_pages", "nothing there", sc(SYS_remap_file_pages, 0x1000000, PG, 0, 2, 0));
	put("remap_file_pages", "offset overflows", sc(SYS_remap_file_pages, m, 2 * PG, 0, 0xffffffff, 0));
	put("remap_file_pages", "length 0", sc(SYS_remap_file_pages, m, 0, 0, 2, 0));
}

static void memfds(void)
{
	int fd = (int)ok("memfd_create", "plain", sc(356, "abi", 0));
	char path[32], text[64] = "";
	struct stat st;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	note("memfd_create", "its link", "%ld %s", (long)readlink(path, text, sizeof text - 1), text);
	fstat(fd, &st);
	note("memfd_create", "its stat", "%o links %u size %ld", st.st_mode, (unsigned)st.st_nlink, (long)st.st_size);
	note("memfd_create", "its open flags", "%x", fcntl(fd, F_GETFL));
	put("memfd_create", "bad pointer", sc(356, 1, 0));
	put("memfd_create", "unknown flag", sc(356, "x", 0x100));
	put("memfd_create", "huge page size without MFD_HUGETLB", sc(356, "x", 21u << 26));
	put("memfd_create", "name of 249", sc(356, long_name(249), 0) > 0 ? 0 : -1);
	put("memfd_create", "name of 250", sc(356, long_name(250), 0));
	ok("memfd_create", "empty name", sc(356, "", 1));
	put("fcntl", "F_GETFD of MFD_CLOEXEC", sc(SYS_fcntl64, sc(356, "y", 1), F_GETFD));
	put("write", "a memfd", sc(SYS_write, fd, "hello", 5));
	put("fcntl", "F_GET_SEALS, not sealable", sc(SYS_fcntl64, fd, 1034));
	put("fcntl", "F_ADD_SEALS, not sealable", sc(SYS_fcntl64, fd, 1033, 1));
	int s = (int)sc(356, "s", 2);
	put("fcntl", "F_GET_SEALS, sealable", sc(SYS_fcntl64, s, 1034));
	put("ftruncate", "a memfd", sc(SYS_ftruncate, s, 2 * PG));
	put("fcntl", "F_ADD_SEALS, unknown", sc(SYS_fcntl64, s, 1033, 0x80));
	put("fcntl", "F_SEAL_GROW", sc(SYS_fcntl64, s, 1033, 4));
	put("ftruncate", "F_SEAL_GROW, grows", sc(SYS_ftruncate, s, 3 * PG));
	put("write", "F_SEAL_GROW, inside", sc(SYS_pwrite64, s, "abc", 3, 0, 0));
	put("write", "F_SEAL_GROW, beyond the end", sc(SYS_pwrite64, s, "abc", 3, 2 * PG, 0));
	put("fallocate", "F_SEAL_GROW, beyond the end", sc(SYS_fallocate, s, 0, 0, 0, 4 * PG, 0));
	put("ftruncate", "F_SEAL_GROW, shrinks", sc(SYS_ftruncate, s, PG));
	put("fcntl", "F_SEAL_SHRINK", sc(SYS_fcntl64, s, 1033, 2));
	put("ftruncate", "F_SEAL_SHRINK, shrinks", sc(SYS_ftruncate, s, 0));
	char *m = mmap(0, PG, RW, MAP_SHARED, s, 0);
	put("fcntl", "F_SEAL_WRITE, mapped shared", sc(SYS_fcntl64, s, 1033, 8));
	put("fcntl", "F_SEAL_FUTURE_WRITE, mapped shared", sc(SYS_fcntl64, s, 1033, 16));
	m[0] = 'm';
	put("write", "F_SEAL_FUTURE_WRITE", sc(SYS_pwrite64, s, "abc", 3, 0, 0));
	put("mmap2", "F_SEAL_FUTURE_WRITE, shared for writing", sc(SYS_mmap2, 0, PG, RW, MAP_SHARED, s, 0));
	munmap(m, PG);
	put("fcntl", "F_SEAL_WRITE", sc(SYS_fcntl64, s, 1033, 8));
	put("write", "F_SEAL_WRITE", sc(SYS_pwrite64, s, "abc", 3, 0, 0));
	put("mmap2", "F_SEAL_WRITE, shared for writing", sc(SYS_mmap2, 0, PG, RW, MAP_SHARED, s, 0));
	ok("mmap2", "F_SEAL_WRITE, private", sc(SYS_mmap2, 0, PG, RW, MAP_PRIVATE, s, 0));
	m = mmap(0, PG, PROT_READ, MAP_SHARED, s, 0);
	ok("mmap2", "F_SEAL_WRITE, shared for reading", (long)m);
	put("mprotect", "F_SEAL_WRITE, to writing", sc(SYS_mprotect, m, PG, RW));
	put("fcntl", "F_SEAL_SEAL", sc(SYS_fcntl64, s, 1033, 1));
	put("fcntl", "F_ADD_SEALS after F_SEAL_SEAL", sc(SYS_fcntl64, s, 1033, 2));
	put("fcntl", "F_GET_SEALS, all", sc(SYS_fcntl64, s, 1034));
	int f = file_of(1), ro = open(path, O_RDONLY);
	put("fcntl", "F_GET_SEALS of a plain file", sc(SYS_fcntl64, f, 1034));
	put("fcntl", "F_ADD_SEALS of a plain file", sc(SYS_fcntl64, f, 1033, 1));
	put("fcntl", "F_GET_SEALS of /dev/null", sc(SYS_fcntl64, 0, 1034));
	put("fcntl", "F_ADD_SEALS read-only fd", sc(SYS_fcntl64, ro, 1033, 1));
	put("fcntl", "F_GET_SEALS bad fd", sc(SYS_fcntl64, NOFD, 1034));
	char c = 0;
	put("open", "a memfd through /proc", read(ro, &c, 1));
	note("read", "a memfd through /proc", "%c", c);
	put("lseek", "a memfd's position", sc(SYS_lseek, fd, 0, SEEK_CUR));
	char *a = mmap(0, PG, RW, MAP_SHARED, fd, 0), *b = mmap(0, PG, RW, MAP_SHARED, fd, 0);
	a[1] = 'Q';
	note("mmap2", "a memfd twice", "%c%c", b[0], b[1]);
}

static char victim_text[] = "remote text";
static int go[2];
static void peer(void) { char c; close(go[1]); if (read(go[0], &c, 1)) _exit(1); }

static void others(void)
{
	char buf[32] = "";
	struct iovec l = {buf, 11}, r = {victim_text, 11}, two[2] = {{victim_text, 3}, {(void *)1, 4}};

	must("pipe", pipe(go));
	pid_t pid = fork();
	if (!pid) { peer(); _exit(0); }
	put("process_vm_readv", "a child", sc(347, pid, &l, 1, &r, 1, 0));
	note("process_vm_readv", "what came", "%.11s", buf);
	memcpy(buf, "WRITTEN", 7);
	l.iov_len = 7;
	put("process_vm_writev", "a child", sc(348, pid, &l, 1, &r, 1, 0));
	memset(buf, 0, sizeof buf);
	l.iov_len = 11;
	sc(347, pid, &l, 1, &r, 1, 0);
	note("process_vm_readv", "after the write", "%.11s, mine %s", buf, victim_text);
	put("process_vm_readv", "second piece is bad", sc(347, pid, &l, 1, two, 2, 0));
	put("process_vm_readv", "first piece is bad", sc(347, pid, &l, 1, two + 1, 1, 0));
	put("process_vm_readv", "local bad", sc(347, pid, two + 1, 1, &r, 1, 0));
	put("process_vm_readv", "bad vector", sc(347, pid, 1, 1, &r, 1, 0));
	put("process_vm_readv", "bad remote vector", sc(347, pid, &l, 1, 1, 1, 0));
	close(go[1]);
	waitpid(pid, NULL, 0);
}

static void other_errors(void)
{
	char buf[32] = "";
	struct iovec l = {buf, 11}, r = {victim_text, 11};

	must("pipe", pipe(go));
	pid_t pid = fork();
	if (!pid) { peer(); _exit(0); }
	put("process_vm_readv", "flags", sc(347, pid, &l, 1, &r, 1, 1));
	put("process_vm_readv", "no such process", sc(347, 0x3fffffff, &l, 1, &r, 1, 0));
	put("process_vm_readv", "too many pieces", sc(347, pid, &l, 1025, &r, 1, 0));
	put("process_vm_readv", "too many remote pieces", sc(347, pid, &l, 1, &r, 1025, 0));
	put("process_vm_readv", "no pieces", sc(347, pid, &l, 0, &r, 1, 0));
	put("process_vm_readv", "no remote pieces", sc(347, pid, &l, 1, &r, 0, 0));
	l.iov_len = 5;
	put("process_vm_readv", "local is shorter", sc(347, pid, &l, 1, &r, 1, 0));
	put("process_vm_readv", "itself", sc(347, getpid(), &l, 1, &r, 1, 0));
	pid_t other = fork();
	if (!other) {
		must("setresuid", setresuid(1000, 1000, 1000));
		put("process_vm_readv", "root's process, not root", sc(347, pid, &l, 1, &r, 1, 0));
		put("process_vm_writev", "root's process, not root", sc(348, pid, &l, 1, &r, 1, 0));
		_exit(0);
	}
	waitpid(other, NULL, 0);
	close(go[1]);
	waitpid(pid, NULL, 0);
	put("process_vm_readv", "it has ended", sc(347, pid, &l, 1, &r, 1, 0));
}

static void barriers(void)
{
	put("membarrier", "query", sc(375, 0, 0, 0));
	put("membarrier", "global", sc(375, 1, 0, 0));
	put("membarrier", "private, not registered", sc(375, 8, 0, 0));
	put("membarrier", "register private", sc(375, 16, 0, 0));
	put("membarrier", "private", sc(375, 8, 0, 0));
	put("membarrier", "register global expedited", sc(375, 4, 0, 0));
	put("membarrier", "global expedited", sc(375, 2, 0, 0));
	put("membarrier", "unknown command", sc(375, 1 << 20, 0, 0));
	put("membarrier", "two commands", sc(375, 3, 0, 0));
	put("membarrier", "flags", sc(375, 0, 1, 0));
	put("membarrier", "sync core, not registered", sc(375, 32, 0, 0));
}

static void numa(void)
{
	int mode = 77;
	unsigned long mask[4] = {9, 9, 9, 9}, one = 1;
	char *m = mem(1);

	put("get_mempolicy", "default", sc(SYS_get_mempolicy, &mode, mask, 64, 0, 0));
	note("get_mempolicy", "default: what it tells", "%d %lx", mode, mask[0]);
	put("get_mempolicy", "unknown flags", sc(SYS_get_mempolicy, &mode, mask, 64, 0, 8));
	put("get_mempolicy", "address without flag", sc(SYS_get_mempolicy, &mode, mask, 64, m, 0));
	put("set_mempolicy", "default", sc(SYS_set_mempolicy, 0, NULL, 0));
	put("set_mempolicy", "bind to node 0", sc(SYS_set_mempolicy, 2, &one, 8));
	put("set_mempolicy", "unknown mode", sc(SYS_set_mempolicy, 99, &one, 8));
	put("mbind", "default", sc(SYS_mbind, m, PG, 0, NULL, 0, 0));
	put("mbind", "unknown mode", sc(SYS_mbind, m, PG, 99, &one, 8, 0));
	put("migrate_pages", "to the same node", sc(SYS_migrate_pages, 0, 8, &one, &one));
	put("move_pages", "nothing", sc(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0));
}

const struct section sections[] = {
	{"remaps", remaps}, {"locks", locks}, {"lock_limits", lock_limits}, {"file_pages", file_pages}, {"memfds", memfds}, {"others", others}, {"other_errors", other_errors}, {"barriers", barriers},
	{"numa", numa}, {NULL, NULL},
};
