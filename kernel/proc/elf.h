/* elf.h - an ELF32 header read into a load plan: what to map where, where to start.
 * Used by: exec.c, and the host tests and fuzzer (tests/host/proc).
 * Never: touches memory of a process or a file: pure.  Source: System V ABI, ch. 4 and 5; i386 supplement; elf(5).  */
#ifndef KERNEL_PROC_ELF_H
#define KERNEL_PROC_ELF_H
#include "lib/base.h"

#define ELF_HEADER_BYTES 52u
#define ELF_PHDR_BYTES 32u
#define ELF_PHDRS_MAX 64u        /* Debian's largest i386 programs have 13 */
#define ELF_SEGMENTS_MAX 16u
#define ELF_INTERP_MAX 256u      /* longest interpreter path, with its NUL */

struct elf_segment {             /* addresses without the bias */
	uint32_t at, mem_len;        /* at need not be page-aligned: at % 4096 == file_off % 4096 */
	uint32_t file_off, file_len; /* file_len <= mem_len */
	uint32_t prot;               /* PROT_READ 1, WRITE 2, EXEC 4 */
};
struct elf_plan {
	struct elf_segment seg[ELF_SEGMENTS_MAX]; /* ascending, pages not overlapping */
	uint32_t n_segs;
	bool dynamic;                /* ET_DYN: a bias may be added to every address */
	uint32_t low, high;          /* page-aligned, all segments are inside; high exclusive */
	uint32_t entry;
	uint32_t phdr, n_phdrs;      /* where the program headers lie in memory (0: in no segment) */
	uint32_t code_start, code_end, data_start, data_end, brk; /* for /proc and the break */
	bool stack_exec;
	uint32_t interp_off, interp_len; /* the interpreter's path in the file, with NUL; len 0: none */
};

/** Where the program headers are, from the first n bytes of a file. 0; -ENOEXEC: not for this machine, or malformed. */
MUST_CHECK int elf_check_header(const uint8_t *head, uint32_t n, uint32_t *phoff, uint32_t *ph_bytes);
/** The plan, from the header (as checked before) and the program headers. limit: first address that is not a user's.
 *  0; -ENOEXEC: malformed, or more segments than we take. */
MUST_CHECK int elf_read(struct elf_plan *p, const uint8_t *head, uint32_t n, const uint8_t *phdrs, uint32_t ph_bytes,
			uint64_t file_size, uint32_t limit);
#endif
