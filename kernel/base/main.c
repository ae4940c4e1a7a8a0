/* main.c - the boot, readable as a story.
 * Called by: boot/multiboot.asm, once.
 * Never: does anything itself; each line is a subsystem's own init. */
#include "kernel/base/main.h"

#include "arch/arch.h"
#include "drivers/drivers.h"
#include "fs/fs_init.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/migrate/init.h"
#include "kernel/mm/frame.h"
#include "kernel/proc/proc.h"
#include "kernel/syscall/table.h"
#include "net/netdev.h"

/* What may sleep runs in a thread. */
static void boot_main(void *arg)
{
	UNUSED(arg);
	/* files: names, the root from the boot module, /dev and /proc */
	fs_init();
	/* processes: tables, signals, /proc/PID */
	proc_init();
	trace_init();
	/* terminals and cards */
	drivers_init();
	fs_root_from_disk();
	net_thread_start();
	/* the cluster: who we are, who the others are, what may come and go */
	migrate_init();
	/* the first program */
	drivers_quiet();
	proc_start_init();
	thread_exit();
}

void kmain(uint32_t loader_magic, uint32_t loader_info)
{
	static struct thread boot;

	drivers_early();
	/* a machine: tables, memory, time, threads */
	arch_init(loader_magic, loader_info);
	klog(LOG_INFO, "Godwit: %s", bootopt_line());
	frame_init(boot_info.mem_bytes);
	arch_memory_init();
	clock_init();
	sched_init();
	sched_set_idle_work(frame_idle_work);

	boot.system = true;
	if (thread_init(&boot, "boot", boot_main, NULL)) panic("no memory to boot in: a node needs 16 MiB");
	thread_start(&boot);
	/* from here on everything happens in threads; this one becomes the idle thread */
	sched_idle();
}
