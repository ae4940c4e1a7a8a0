/* main.c - the boot, readable as a story.
 * Called by: boot/multiboot.asm, once.
 * Never: does anything itself; each line is a subsystem's own init. */
#include "kernel/base/main.h"

#include "arch/arch.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/log.h"
#include "kernel/base/sched.h"
#include "kernel/mm/frame.h"

void kmain(uint32_t loader_magic, uint32_t loader_info)
{
	/* a machine: tables, memory, time, threads */
	arch_init(loader_magic, loader_info);
	klog(LOG_INFO, "Godwit: %s", bootopt_line());
	frame_init(boot_info.mem_bytes);
	arch_memory_init();
	clock_init();
	sched_init();
	sched_set_idle_work(frame_idle_work);

	/* from here on everything happens in threads; this one becomes the idle thread */
	sched_idle();
}
