/* sysfs_rows.c - the few files of /sys that programs look for: how many processors there are, and what they share.
 * Called by: proc_init; through proc_row.
 * Never: more than a constant: a node has one processor.  Source: Linux's Documentation/ABI, sysfs-devices-system-cpu.  */
#include "fs/synth.h"
#include "kernel/proc/procfs_rows.h"

#define CONSTANT(id, text) \
	static int show_##id(struct text_sink *s, const struct fs_caller *who) \
	{ \
		UNUSED(who); \
		sink_printf(s, text "\n"); \
		return 0; \
	}
CONSTANT(nothing, "")
CONSTANT(zero, "0")
CONSTANT(mask, "1")
CONSTANT(no_huge_pages, "always madvise [never]")

#define CPU "devices/system/cpu/"
#define TOPOLOGY CPU "cpu0/topology/"

void sysfs_rows_init(void)
{
	static struct proc_row rows[] = {
		{.path = CPU "online", .mode = 0444, .show = show_zero},
		{.path = CPU "possible", .mode = 0444, .show = show_zero},
		{.path = CPU "present", .mode = 0444, .show = show_zero},
		{.path = CPU "offline", .mode = 0444, .show = show_nothing},
		{.path = CPU "isolated", .mode = 0444, .show = show_nothing},
		{.path = CPU "kernel_max", .mode = 0444, .show = show_zero},
		{.path = TOPOLOGY "physical_package_id", .mode = 0444, .show = show_zero},
		{.path = TOPOLOGY "core_id", .mode = 0444, .show = show_zero},
		{.path = TOPOLOGY "core_cpus", .mode = 0444, .show = show_mask},
		{.path = TOPOLOGY "core_cpus_list", .mode = 0444, .show = show_zero},
		{.path = TOPOLOGY "core_siblings", .mode = 0444, .show = show_mask},
		{.path = TOPOLOGY "core_siblings_list", .mode = 0444, .show = show_zero},
		{.path = TOPOLOGY "thread_siblings", .mode = 0444, .show = show_mask},
		{.path = TOPOLOGY "thread_siblings_list", .mode = 0444, .show = show_zero},
		{.path = "kernel/mm/transparent_hugepage/enabled", .mode = 0444, .show = show_no_huge_pages},
	};

	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) sys_register(&rows[i]);
}
