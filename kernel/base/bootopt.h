/* bootopt.h - options of the kernel command line, "k=v k=v flag".
 * Used by: main.c and every module with an option; each option is listed in docs/options.md.
 * Never: changed after boot.  */
#ifndef KERNEL_BASE_BOOTOPT_H
#define KERNEL_BASE_BOOTOPT_H
#include "kernel/base/param.h"
#include "lib/base.h"
/** Copies the line. Options are k=v, k="v w" or a bare flag; of two with one key the last counts. */
void bootopt_init(const char *cmdline);
const char *bootopt_line(void);                        /* for /proc/cmdline */
bool bootopt_str(const char *key, char *out, uint32_t size); /* false: absent */
uint32_t bootopt_u32(const char *key, uint32_t dflt); /* decimal or 0x; dflt when absent or no number */
bool bootopt_flag(const char *key);                    /* "key" or "key=1"; "key=0" is false */
/** What the boot loader gave. */
struct boot_module { paddr_t start; uint32_t bytes; };
/** A usable piece of memory: whole pages, below DIRECT_MAX_BYTES. The kernel's image and the module lie in such pieces. */
struct boot_range { uint32_t first_pfn, n_pages; };
struct boot_info {
	struct boot_module initrd;    /* bytes 0: none */
	uint32_t mem_bytes;           /* end of the highest usable page */
	uint32_t lost_bytes;          /* memory above the direct map, unused */
	uint32_t n_ranges;
	struct boot_range ranges[BOOT_RANGES_MAX];
};
extern struct boot_info boot_info;
#endif
