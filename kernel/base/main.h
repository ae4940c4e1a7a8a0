/* main.h - the C entry of the kernel.
 * Used by: boot/multiboot.asm.
 * Never: called twice.  */
#ifndef KERNEL_BASE_MAIN_H
#define KERNEL_BASE_MAIN_H
#include "lib/base.h"
/** loader_magic and loader_info: EAX and EBX as the Multiboot loader left them. Interrupts off, boot stack. */
NORETURN void kmain(uint32_t loader_magic, uint32_t loader_info);
#endif
