/* irq.h - who answers which interrupt line.
 * Used by: drivers and the timer.  Handlers run on the interrupt stack with interrupts off.
 * Never: lets a handler sleep.  */
#ifndef KERNEL_BASE_IRQ_H
#define KERNEL_BASE_IRQ_H
#include "lib/base.h"
struct irq_handler {
	struct irq_handler *next;
	void (*handle)(void *ctx); /* acknowledges or masks its device, wakes a thread */
	void *ctx;
};
int irq_attach(uint32_t line, struct irq_handler *h); /* several handlers share a line; unmasks it. -EINVAL */
void irq_dispatch(uint32_t line);
uint64_t irq_count(uint32_t line);
bool in_irq(void);
#endif
