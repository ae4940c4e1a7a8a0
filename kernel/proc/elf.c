/* elf.c - an ELF32 header read into a load plan.
 * Called by: exec.c, host tests.
 * Never: believes a number it has not checked.  */
#include "kernel/proc/elf.h"
#include "abi/linux_errno.h"
#include "lib/codec.h"
#include "lib/str.h"

enum { ET_EXEC = 2, ET_DYN = 3, EM_386 = 3, EM_486 = 6 };
enum { PT_LOAD = 1, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

struct header {
	uint16_t type, machine, phentsize, phnum;
	uint32_t version, entry, phoff;
};
struct phdr {
	uint32_t type, offset, vaddr, filesz, memsz, flags;
};

static bool read_header(struct header *h, const uint8_t *head, uint32_t n)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 1 /* 32-bit */, 1 /* little-endian */, 1 /* version */};
	struct reader r;

	rd_init(&r, head, n);
	const uint8_t *id = rd_take(&r, 16);
	if (!id || memcmp(id, ident, sizeof ident)) return false;
	h->type = rd_u16(&r);
	h->machine = rd_u16(&r);
	h->version = rd_u32(&r);
	h->entry = rd_u32(&r);
	h->phoff = rd_u32(&r);
	rd_skip(&r, 4 + 4 + 2); /* section headers, flags, header size */
	h->phentsize = rd_u16(&r);
	h->phnum = rd_u16(&r);
	return rd_ok(&r);
}

static bool header_ok(const struct header *h)
{
	if (h->type != ET_EXEC && h->type != ET_DYN) return false;
	if (h->machine != EM_386 && h->machine != EM_486) return false;
	if (h->version != 1 || h->phentsize != ELF_PHDR_BYTES) return false;
	if (h->phnum == 0 || h->phnum > ELF_PHDRS_MAX) return false;
	return h->phoff >= ELF_HEADER_BYTES && h->phoff <= INT32_MAX;
}

int elf_check_header(const uint8_t *head, uint32_t n, uint32_t *phoff, uint32_t *ph_bytes)
{
	struct header h;

	if (!read_header(&h, head, n) || !header_ok(&h)) return -ENOEXEC;
	*phoff = h.phoff;
	*ph_bytes = h.phnum * ELF_PHDR_BYTES;
	return 0;
}

static void read_phdr(struct phdr *p, struct reader *r)
{
	p->type = rd_u32(r);
	p->offset = rd_u32(r);
	p->vaddr = rd_u32(r);
	rd_skip(r, 4); /* physical address */
	p->filesz = rd_u32(r);
	p->memsz = rd_u32(r);
	p->flags = rd_u32(r);
	rd_skip(r, 4); /* alignment: pages are what we have */
}

static bool in_file(const struct phdr *h, uint64_t file_size)
{
	return (uint64_t)h->offset + h->filesz <= file_size;
}

static bool load_ok(const struct elf_plan *p, const struct phdr *h, uint64_t file_size, uint32_t limit)
{
	if (p->n_segs == ELF_SEGMENTS_MAX || h->filesz > h->memsz) return false;
	if (h->filesz && !in_file(h, file_size)) return false;
	if ((h->vaddr & PAGE_MASK) != (h->offset & PAGE_MASK)) return false;
	if (h->memsz > limit || h->vaddr > limit - h->memsz) return false;
	if (!p->dynamic && h->vaddr < PAGE_SIZE) return false;
	return p->n_segs == 0 || ALIGN_DOWN(h->vaddr, PAGE_SIZE) >= p->high;
}

static void note_bounds(struct elf_plan *p, const struct phdr *h)
{
	uint32_t file_end = h->vaddr + h->filesz, end = h->vaddr + h->memsz;

	if (p->n_segs == 0) p->low = p->code_start = ALIGN_DOWN(h->vaddr, PAGE_SIZE);
	p->high = ALIGN_UP(end, PAGE_SIZE);
	if (h->flags & PF_X) p->code_end = MAX(p->code_end, file_end);
	p->data_start = h->vaddr;
	p->data_end = file_end;
	p->brk = end;
}

static void add_segment(struct elf_plan *p, const struct phdr *h, const struct header *eh)
{
	struct elf_segment *s = &p->seg[p->n_segs];

	note_bounds(p, h);
	*s = (struct elf_segment){.at = h->vaddr, .mem_len = h->memsz, .file_off = h->offset, .file_len = h->filesz};
	s->prot = (h->flags & PF_R ? 1 : 0) | (h->flags & PF_W ? 2 : 0) | (h->flags & PF_X ? 4 : 0);
	uint64_t ph_end = (uint64_t)eh->phoff + eh->phnum * ELF_PHDR_BYTES;
	if (h->offset <= eh->phoff && ph_end <= (uint64_t)h->offset + h->filesz) p->phdr = h->vaddr + (eh->phoff - h->offset);
	p->n_segs++;
}

static bool take_phdr(struct elf_plan *p, const struct phdr *h, const struct header *eh, uint64_t file_size, uint32_t limit)
{
	switch (h->type) {
	case PT_LOAD:
		if (h->memsz == 0) return true;
		if (!load_ok(p, h, file_size, limit)) return false;
		add_segment(p, h, eh);
		return true;
	case PT_INTERP:
		if (p->interp_len || !in_file(h, file_size)) return false;
		if (h->filesz < 2 || h->filesz > ELF_INTERP_MAX) return false;
		p->interp_off = h->offset;
		p->interp_len = h->filesz;
		return true;
	case PT_GNU_STACK:
		p->stack_exec = (h->flags & PF_X) != 0;
		return true;
	default:
		return true;
	}
}

int elf_read(struct elf_plan *p, const uint8_t *head, uint32_t n, const uint8_t *phdrs, uint32_t ph_bytes, uint64_t file_size,
	     uint32_t limit)
{
	struct header eh;
	struct reader r;

	memset(p, 0, sizeof *p);
	if (!read_header(&eh, head, n) || !header_ok(&eh)) return -ENOEXEC;
	if (ph_bytes < eh.phnum * ELF_PHDR_BYTES) return -ENOEXEC;
	p->dynamic = eh.type == ET_DYN;
	p->stack_exec = true; /* without PT_GNU_STACK, as Linux on i386 */
	p->entry = eh.entry;
	p->n_phdrs = eh.phnum;
	rd_init(&r, phdrs, ph_bytes);
	for (uint32_t i = 0; i < eh.phnum; i++) {
		struct phdr h;
		read_phdr(&h, &r);
		if (!rd_ok(&r) || !take_phdr(p, &h, &eh, file_size, limit)) return -ENOEXEC;
	}
	if (p->n_segs == 0 || p->entry >= limit) return -ENOEXEC;
	return 0;
}
