/* multiboot.c - what the boot loader tells: memory map, command line, module.
 * Called by: arch_init, once, while all of low memory is still mapped.
 * Never: allocates or logs; everything is copied out, the loader's tables are free afterwards. */
#include "arch/i386/i386.h"

#include "kernel/base/bootopt.h"

/* Source: Multiboot Specification 0.6.96, section 3.3. */
#define MULTIBOOT_LOADED 0x2badb002u
#define INFO_MEMORY 1u
#define INFO_CMDLINE 4u
#define INFO_MODULES 8u
#define INFO_MAP 0x40u
#define RANGE_USABLE 1u

struct multiboot_info {
	uint32_t flags, mem_lower_kib, mem_upper_kib, boot_device, cmdline, n_modules, modules, symbols[4], map_bytes, map;
};
struct multiboot_module { uint32_t start, end, cmdline, reserved; };
struct multiboot_range { uint32_t size; uint64_t base, length; uint32_t type; } PACKED;

struct boot_info boot_info;

static void add_range(uint64_t base, uint64_t length)
{
	uint64_t end = base + length;

	if (end > DIRECT_MAX_BYTES) {
		uint64_t lost = end - MAX(base, (uint64_t)DIRECT_MAX_BYTES) + boot_info.lost_bytes;
		boot_info.lost_bytes = (uint32_t)MIN(lost, (uint64_t)UINT32_MAX);
		end = DIRECT_MAX_BYTES;
	}
	if (base >= end) return;
	uint32_t first = PAGES((uint32_t)base), last = (uint32_t)end >> PAGE_SHIFT;
	if (first == 0) first = 1; /* page 0: the BIOS's data, and no frame's number */
	if (first >= last || boot_info.n_ranges == BOOT_RANGES_MAX) return;
	boot_info.ranges[boot_info.n_ranges++] = (struct boot_range){first, last - first};
	boot_info.mem_bytes = MAX(boot_info.mem_bytes, last << PAGE_SHIFT);
}

static const void *low(uint32_t phys) { return phys_to_virt(paddr(phys)); }

static void read_map(const struct multiboot_info *info)
{
	const uint8_t *p = low(info->map), *end = p + info->map_bytes;

	while (p + sizeof(struct multiboot_range) <= end) {
		const struct multiboot_range *r = (const void *)p;
		if (r->type == RANGE_USABLE) add_range(r->base, r->length);
		p += r->size + sizeof r->size;
	}
}

void multiboot_read(uint32_t magic, uint32_t info_phys)
{
	const struct multiboot_info *info = low(info_phys);

	if (magic != MULTIBOOT_LOADED) {
		bootopt_init("");
		return;
	}
	bootopt_init(info->flags & INFO_CMDLINE ? low(info->cmdline) : "");
	if (info->flags & INFO_MAP) {
		read_map(info);
	} else if (info->flags & INFO_MEMORY) {
		add_range(0, (uint64_t)info->mem_lower_kib << 10);
		add_range(1u << 20, (uint64_t)info->mem_upper_kib << 10);
	}
	if ((info->flags & INFO_MODULES) && info->n_modules) {
		const struct multiboot_module *m = low(info->modules);
		if (m->end > m->start && m->end <= DIRECT_MAX_BYTES)
			boot_info.initrd = (struct boot_module){paddr(m->start), m->end - m->start};
	}
}
