/* elf_test.c - the ELF reader: programs as Debian's and musl's linkers make them, malformed ones, and 200,000 mutations.
 * Run by: make test-host-proc.
 * Never: needs a file: the headers are built here.  */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/linux_errno.h"
#include "kernel/proc/elf.h"
#include "lib/rng.h"

#include <cmocka.h>

#define LIMIT 0xbffff000u
#define FILE_SIZE 2000000u
enum { LOAD = 1, INTERP = 3, NOTE = 4, TLS = 7, RELRO = 0x6474e552, STACK = 0x6474e551 };
enum { X = 1, W = 2, R = 4 };

struct image {
	uint8_t bytes[ELF_HEADER_BYTES + ELF_PHDRS_MAX * ELF_PHDR_BYTES];
	uint32_t n_phdrs;
};

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	fprintf(stderr, "%s:%d: %s (%llu, %llu)\n", file, line, expr, (unsigned long long)a, (unsigned long long)b);
	abort();
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static void start(struct image *m, uint32_t type, uint32_t entry)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 1, 1, 1};

	memset(m, 0, sizeof *m);
	memcpy(m->bytes, ident, sizeof ident);
	put16(m->bytes + 16, type);
	put16(m->bytes + 18, 3);
	put32(m->bytes + 20, 1);
	put32(m->bytes + 24, entry);
	put32(m->bytes + 28, ELF_HEADER_BYTES);
	put16(m->bytes + 40, ELF_HEADER_BYTES);
	put16(m->bytes + 42, ELF_PHDR_BYTES);
}

static void add(struct image *m, uint32_t type, uint32_t off, uint32_t at, uint32_t filesz, uint32_t memsz, uint32_t flags)
{
	uint8_t *p = m->bytes + ELF_HEADER_BYTES + m->n_phdrs * ELF_PHDR_BYTES;

	put32(p, type);
	put32(p + 4, off);
	put32(p + 8, at);
	put32(p + 12, at);
	put32(p + 16, filesz);
	put32(p + 20, memsz);
	put32(p + 24, flags);
	put32(p + 28, 4096);
	put16(m->bytes + 44, ++m->n_phdrs);
}

/* As the kernel does it: the head, then the program headers it names. */
static int read_image(const struct image *m, struct elf_plan *p)
{
	uint32_t phoff, n;
	int err = elf_check_header(m->bytes, sizeof m->bytes, &phoff, &n);

	if (err) return err;
	if (phoff > sizeof m->bytes) return -ENOEXEC;
	uint32_t have = (uint32_t)sizeof m->bytes - phoff;
	return elf_read(p, m->bytes, sizeof m->bytes, m->bytes + phoff, n < have ? n : have, FILE_SIZE, LIMIT);
}

/* Debian's busybox-static: ET_EXEC, text, rodata, data with bss, TLS, RELRO. */
static void busybox(struct image *m)
{
	start(m, 2, 0x0804a3d0);
	add(m, LOAD, 0, 0x08048000, 0x268, 0x268, R);
	add(m, LOAD, 0x1000, 0x08049000, 0x17b6d1, 0x17b6d1, R | X);
	add(m, LOAD, 0x17d000, 0x081c5000, 0x5f3c4, 0x5f3c4, R);
	add(m, LOAD, 0x1dc8d0, 0x082258d0, 0x87f8, 0xf9a4, R | W);
	add(m, NOTE, 0x134, 0x08048134, 0x44, 0x44, R);
	add(m, TLS, 0x1dc8d0, 0x082258d0, 0x14, 0x4c, R);
	add(m, STACK, 0, 0, 0, 0, R | W);
	add(m, RELRO, 0x1dc8d0, 0x082258d0, 0x6730, 0x6730, R);
}

static void dynamic_pie(struct image *m)
{
	start(m, 3, 0x1090);
	add(m, INTERP, 0x174, 0x174, 19, 19, R);
	add(m, LOAD, 0, 0, 0x3f4, 0x3f4, R);
	add(m, LOAD, 0x1000, 0x1000, 0x2a0, 0x2a0, R | X);
	add(m, LOAD, 0x2000, 0x2000, 0x1ac, 0x1ac, R);
	add(m, LOAD, 0x2ed8, 0x3ed8, 0x130, 0x134, R | W);
	add(m, STACK, 0, 0, 0, 0, R | W);
}

static void test_static(void **state)
{
	struct image m;
	struct elf_plan p;

	(void)state;
	busybox(&m);
	assert_int_equal(read_image(&m, &p), 0);
	assert_int_equal(p.n_segs, 4);
	assert_false(p.dynamic);
	assert_false(p.stack_exec);
	assert_int_equal(p.entry, 0x0804a3d0);
	assert_int_equal(p.phdr, 0x08048034);
	assert_int_equal(p.n_phdrs, 8);
	assert_int_equal(p.low, 0x08048000);
	assert_int_equal(p.high, 0x08236000);
	assert_int_equal(p.brk, 0x082258d0 + 0xf9a4);
	assert_int_equal(p.seg[1].prot, 5);
	assert_int_equal(p.seg[3].prot, 3);
	assert_int_equal(p.code_end, 0x08049000 + 0x17b6d1);
	assert_int_equal(p.interp_len, 0);
}

static void test_pie(void **state)
{
	struct image m;
	struct elf_plan p;

	(void)state;
	dynamic_pie(&m);
	assert_int_equal(read_image(&m, &p), 0);
	assert_true(p.dynamic);
	assert_int_equal(p.low, 0);
	assert_int_equal(p.high, 0x5000);
	assert_int_equal(p.phdr, 0x34);
	assert_int_equal(p.interp_off, 0x174);
	assert_int_equal(p.interp_len, 19);
	/* static-pie is the same without an interpreter; no PT_GNU_STACK means an executable stack */
	start(&m, 3, 0x1090);
	add(&m, LOAD, 0, 0, 0x3f4, 0x3f4, R);
	assert_int_equal(read_image(&m, &p), 0);
	assert_true(p.dynamic && p.stack_exec && !p.interp_len);
}

static void refused(struct image *m)
{
	struct elf_plan p;
	assert_int_equal(read_image(m, &p), -ENOEXEC);
}

static void test_header_refused(void **state)
{
	static const struct { uint32_t at, value; } bad[] = {
		{0, 0}, {1, 'e'}, {4, 2}, {5, 2}, {6, 0},     /* magic, 64-bit, big-endian, version */
		{16, 1}, {16, 4}, {18, 62}, {20, 2},          /* relocatable, core, x86-64 */
		{42, 56}, {44, 0}, {44, ELF_PHDRS_MAX + 1}, {28, 0}, {31, 0x80},
	};
	struct image m;
	uint32_t off, n;

	(void)state;
	for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		busybox(&m);
		m.bytes[bad[i].at] = (uint8_t)bad[i].value;
		refused(&m);
	}
	busybox(&m);
	for (uint32_t len = 0; len < 46; len++) assert_int_equal(elf_check_header(m.bytes, len, &off, &n), -ENOEXEC);
}

static void one_segment(uint32_t type, uint32_t off, uint32_t at, uint32_t filesz, uint32_t memsz)
{
	struct image m;

	start(&m, type, 0x1000);
	add(&m, LOAD, off, at, filesz, memsz, R | X);
	refused(&m);
}

static void test_segments_refused(void **state)
{
	struct image m;
	struct elf_plan p;

	(void)state;
	one_segment(2, 0, 0x08048000, 0x2000, 0x1000);          /* more in the file than in memory */
	one_segment(2, 0x10, 0x08048000, 0x10, 0x10);           /* offset and address differ in the page */
	one_segment(2, 0x1000, 0x08048000, FILE_SIZE, FILE_SIZE); /* truncated file */
	one_segment(2, 0xfffff000, 0x08048000, 0x2000, 0x2000); /* offset + size wraps */
	one_segment(2, 0, 0, 0x100, 0x100);                     /* page 0 */
	one_segment(2, 0, 0xbfffe000, 0x100, 0x1001);           /* into the kernel's part */
	one_segment(2, 0, 0xfffff000, 0x100, 0x2000);           /* wraps */
	start(&m, 2, 0x1000);
	refused(&m);                                            /* nothing */
	add(&m, NOTE, 0, 0, 0, 0, R);
	refused(&m);                                            /* nothing to load */
	start(&m, 2, 0x08048000);
	add(&m, LOAD, 0, 0x08049000, 0x100, 0x100, R);
	add(&m, LOAD, 0, 0x08048000, 0x100, 0x100, R);
	refused(&m);                                            /* descending */
	start(&m, 2, 0x08048000);
	add(&m, LOAD, 0, 0x08048000, 0x1100, 0x1100, R);
	add(&m, LOAD, 0x1200, 0x08049200, 0x100, 0x100, R);
	refused(&m);                                            /* one page, two owners */
	start(&m, 2, 0xc0000000);
	add(&m, LOAD, 0, 0x08048000, 0x1100, 0x1100, R);
	refused(&m);                                            /* starts in the kernel */
	start(&m, 2, 0x08048000);
	for (uint32_t i = 0; i <= ELF_SEGMENTS_MAX; i++) add(&m, LOAD, 0, 0x08048000 + i * 4096, 16, 16, R);
	refused(&m);                                            /* too many */
	dynamic_pie(&m);
	add(&m, INTERP, 0x174, 0x174, 19, 19, R);
	refused(&m);                                            /* two interpreters */
	dynamic_pie(&m);
	put32(m.bytes + ELF_HEADER_BYTES + 16, ELF_INTERP_MAX + 1);
	refused(&m);
	put32(m.bytes + ELF_HEADER_BYTES + 16, 1);
	refused(&m);
	busybox(&m);
	assert_int_equal(elf_read(&p, m.bytes, sizeof m.bytes, m.bytes + 52, 7 * 32, FILE_SIZE, LIMIT), -ENOEXEC); /* cut off */
}

/* What is accepted can be mapped: that is all the kernel relies on. */
static void check_plan(const struct elf_plan *p)
{
	uint32_t last = 0;

	assert_in_range(p->n_segs, 1, ELF_SEGMENTS_MAX);
	for (uint32_t i = 0; i < p->n_segs; i++) {
		const struct elf_segment *s = &p->seg[i];
		assert_true(s->mem_len > 0 && s->file_len <= s->mem_len);
		assert_true(s->at + s->mem_len > s->at && s->at + s->mem_len <= LIMIT);
		assert_true((s->at & PAGE_MASK) == (s->file_off & PAGE_MASK));
		assert_true(i == 0 || ALIGN_DOWN(s->at, PAGE_SIZE) >= last);
		assert_true(s->file_len == 0 || (uint64_t)s->file_off + s->file_len <= FILE_SIZE);
		last = ALIGN_UP(s->at + s->mem_len, PAGE_SIZE);
		assert_true(s->at >= p->low && last <= p->high);
	}
	assert_true(p->dynamic || p->low >= PAGE_SIZE);
	assert_true(p->entry < LIMIT);
	assert_true(p->interp_len == 0 || (p->interp_len >= 2 && p->interp_len <= ELF_INTERP_MAX));
	assert_true((uint64_t)p->interp_off + p->interp_len <= FILE_SIZE);
}

static void mutate(struct image *m, struct rng *rng)
{
	static const uint32_t odd[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff000, 4096, LIMIT, LIMIT - 1};
	uint32_t n = 1 + rng_below(rng, 6), area = ELF_HEADER_BYTES + (m->n_phdrs + 1) * ELF_PHDR_BYTES;

	while (n--) {
		uint32_t at = 16 + rng_below(rng, area - 16);
		if (rng_below(rng, 2)) {
			m->bytes[at] = (uint8_t)rng_u32(rng);
		} else {
			at &= ~3u;
			put32(m->bytes + at, odd[rng_below(rng, sizeof odd / sizeof odd[0])]);
		}
	}
}

static void test_fuzz(void **state)
{
	const char *seed_text = getenv("SEED"), *n_text = getenv("FUZZ");
	uint32_t n = n_text ? (uint32_t)atoi(n_text) : 200000, taken = 0;
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 0) : 1;
	struct rng rng;

	(void)state;
	rng_seed(&rng, seed);
	for (uint32_t i = 0; i < n; i++) {
		/* an allocation of its own, so that the sanitizer sees one byte too far */
		struct image m, *copy = malloc(sizeof m);
		struct elf_plan p;
		if (rng_below(&rng, 2)) busybox(&m);
		else dynamic_pie(&m);
		mutate(&m, &rng);
		memcpy(copy, &m, sizeof m);
		int err = read_image(copy, &p);
		free(copy);
		if (err) {
			assert_int_equal(err, -ENOEXEC);
			continue;
		}
		check_plan(&p);
		taken++;
	}
	printf("elf fuzz: seed %llu, %u mutations, %u accepted (replay: SEED=%llu make test-host-proc)\n", (unsigned long long)seed, n, taken,
	       (unsigned long long)seed);
	assert_true(n < 1000 || taken > n / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_pie),
		cmocka_unit_test(test_header_refused),
		cmocka_unit_test(test_segments_refused),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
