/* procfs_node.c - /proc files about this machine, in the formats that ps, top, free, uptime and vmstat read.
 * Called by: fs/synth.c through the rows.
 * Never: waits.  Source: proc(5).  */
#include "fs/pages.h"
#include "fs/writeback.h"
#include "fs/synth.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/irq.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kheap.h"
#include "kernel/proc/ids.h"
#include "kernel/proc/loadavg.h"
#include "kernel/proc/procfs_rows.h"
#include "kernel/proc/task.h"
#include "kernel/proc/uts.h"

#define TICK_NS (NS_PER_S / 100) /* USER_HZ */

static uint32_t kib(uint32_t pages)
{
	return pages * (PAGE_SIZE / 1024);
}

/* ---- time */
static void cpu_line(struct text_sink *s, const char *name)
{
	uint64_t now = clock_now_ns(), idle = sched_idle_ns(), user = task_user_total_ns();
	uint64_t busy = now > idle + user ? now - idle - user : 0;

	sink_printf(s, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, (unsigned long long)(user / TICK_NS),
		    (unsigned long long)(busy / TICK_NS), (unsigned long long)(idle / TICK_NS));
}

static int show_stat(struct text_sink *s, const struct fs_caller *who)
{
	uint64_t boot = (uint64_t)clock_wall_offset_ns() / NS_PER_S, irqs = 0;

	UNUSED(who);
	for (uint32_t i = 0; i < 16; i++) irqs += irq_count(i);
	cpu_line(s, "cpu ");
	cpu_line(s, "cpu0");
	sink_printf(s, "intr %llu", (unsigned long long)irqs);
	for (uint32_t i = 0; i < 16; i++) sink_printf(s, " %llu", (unsigned long long)irq_count(i));
	sink_printf(s, "\nctxt %llu\nbtime %llu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n", (unsigned long long)irqs,
		    (unsigned long long)boot, pids_made(), MAX(sched_runnable(), 1u));
	return 0;
}

static int show_uptime(struct text_sink *s, const struct fs_caller *who)
{
	uint64_t up = clock_now_ns() / (NS_PER_S / 100), idle = sched_idle_ns() / (NS_PER_S / 100);

	UNUSED(who);
	sink_printf(s, "%llu.%02u %llu.%02u\n", (unsigned long long)(up / 100), (unsigned)(up % 100),
		    (unsigned long long)(idle / 100), (unsigned)(idle % 100));
	return 0;
}

static uint32_t count_tasks(void)
{
	struct group *g;
	uint32_t n = 0;

	list_for_each(g, &all_groups, in_all) n += MAX(g->n_tasks, 1u);
	return n;
}

static int show_loadavg(struct text_sink *s, const struct fs_caller *who)
{
	uint32_t avg[3];

	UNUSED(who);
	loadavg_get(avg);
	for (int i = 0; i < 3; i++) {
		uint32_t v = avg[i] + (1 << LOADAVG_SHIFT) / 200; /* rounded to hundredths */
		sink_printf(s, "%u.%02u ", v >> LOADAVG_SHIFT, (v & ((1 << LOADAVG_SHIFT) - 1)) * 100 >> LOADAVG_SHIFT);
	}
	sink_printf(s, "%u/%u %u\n", MAX(sched_runnable(), 1u), count_tasks(), pid_last());
	return 0;
}

/* ---- memory */
static int show_meminfo(struct text_sink *s, const struct fs_caller *who)
{
	const struct { const char *name; uint32_t kb; } rows[] = {
		{"MemTotal:", kib(frame_total())},      {"MemFree:", kib(frame_free_count())},
		{"MemAvailable:", kib(frame_free_count() + pages_disk_total - pages_dirty_total)}, {"Buffers:", 0},
		{"Cached:", kib(pages_cached_total)},   {"SwapCached:", 0},
		{"Active:", 0},                         {"Inactive:", 0},
		{"SwapTotal:", 0},                      {"SwapFree:", 0},
		{"Dirty:", kib(pages_dirty_total)},     {"Writeback:", 0},
		{"Shmem:", kib(pages_cached_total - pages_disk_total)},    {"Slab:", kheap_used_bytes() / 1024},
		{"SReclaimable:", 0},                   {"SUnreclaim:", kheap_used_bytes() / 1024},
	};

	UNUSED(who);
	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) sink_printf(s, "%-15s %8u kB\n", rows[i].name, rows[i].kb);
	return 0;
}

static int show_vmstat(struct text_sink *s, const struct fs_caller *who)
{
	struct figures sum = {0};
	struct group *g;

	UNUSED(who);
	list_for_each(g, &all_groups, in_all) {
		struct figures f = group_figures(g);
		figures_add(&sum, &f);
	}
	sink_printf(s, "nr_free_pages %u\nnr_file_pages %u\nnr_shmem %u\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault %u\npgmajfault %u\n",
		    frame_free_count(), pages_cached_total, pages_cached_total - pages_disk_total, sum.min_faults, sum.maj_faults);
	return 0;
}

/* ---- the machine and its names */
static int show_cpuinfo(struct text_sink *s, const struct fs_caller *who)
{
	static const char *const flags[32] = {
		"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", NULL, "sep", "mtrr", "pge", "mca", "cmov",
		"pat", "pse36", "pn", "clflush", NULL, "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
	};
	uint32_t khz = arch_tsc_khz(), have = arch_cpu_features();

	UNUSED(who);
	sink_printf(s, "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 6\nmodel name\t: %s\nstepping\t: 0\n", UTS_MACHINE);
	sink_printf(s, "cpu MHz\t\t: %u.%03u\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\n", khz / 1000, khz % 1000);
	sink_printf(s, "fpu_exception\t: yes\ncpuid level\t: 1\nwp\t\t: yes\nflags\t\t:");
	for (uint32_t i = 0; i < 32; i++)
		if (flags[i] && (have >> i & 1)) sink_printf(s, " %s", flags[i]);
	sink_printf(s, "\nbogomips\t: %u.%02u\n\n", khz / 500, khz / 5 % 100);
	return 0;
}

static int show_version(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	sink_printf(s, "%s version %s (Godwit) %s\n", UTS_SYSNAME, UTS_RELEASE, UTS_VERSION);
	return 0;
}

static int show_cmdline(struct text_sink *s, const struct fs_caller *who)
{
	UNUSED(who);
	sink_printf(s, "%s\n", bootopt_line());
	return 0;
}

#define TEXT_ROW(id, format, value) \
	static int show_##id(struct text_sink *s, const struct fs_caller *who) \
	{ \
		UNUSED(who); \
		sink_printf(s, format "\n", value); \
		return 0; \
	}
TEXT_ROW(hostname, "%s", uts_hostname())
TEXT_ROW(domainname, "%s", uts_domainname())
TEXT_ROW(osrelease, "%s", UTS_RELEASE)
TEXT_ROW(ostype, "%s", UTS_SYSNAME)
TEXT_ROW(osversion, "%s", UTS_VERSION)
TEXT_ROW(pid_max, "%u", PID_MAX)
TEXT_ROW(overcommit, "%u", 0u)

static int store_hostname(const char *text, uint32_t n, const struct fs_caller *who)
{
	if (!capable(who)) return -EPERM;
	while (n && text[n - 1] == '\n') n--;
	return uts_set_hostname(text, n);
}

void procfs_node_init(void)
{
	static struct proc_row rows[] = {
		{.path = "stat", .mode = 0444, .show = show_stat},
		{.path = "uptime", .mode = 0444, .show = show_uptime},
		{.path = "loadavg", .mode = 0444, .show = show_loadavg},
		{.path = "meminfo", .mode = 0444, .show = show_meminfo},
		{.path = "vmstat", .mode = 0444, .show = show_vmstat},
		{.path = "cpuinfo", .mode = 0444, .show = show_cpuinfo},
		{.path = "version", .mode = 0444, .show = show_version},
		{.path = "cmdline", .mode = 0444, .show = show_cmdline},
		{.path = "sys/kernel/hostname", .mode = 0644, .show = show_hostname, .store = store_hostname},
		{.path = "sys/kernel/domainname", .mode = 0444, .show = show_domainname},
		{.path = "sys/kernel/osrelease", .mode = 0444, .show = show_osrelease},
		{.path = "sys/kernel/ostype", .mode = 0444, .show = show_ostype},
		{.path = "sys/kernel/version", .mode = 0444, .show = show_osversion},
		{.path = "sys/kernel/pid_max", .mode = 0444, .show = show_pid_max},
		{.path = "sys/vm/overcommit_memory", .mode = 0444, .show = show_overcommit},
	};

	for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) proc_register(&rows[i]);
	loadavg_init();
}
