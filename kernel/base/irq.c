/* irq.c - who answers which interrupt line.
 * Called by: kernel_irq (entry.c) for each interrupt; drivers attach.
 * Never: lets a handler sleep. */
#include "kernel/base/irq.h"

#include "abi/linux_errno.h"
#include "arch/arch.h"

#define N_LINES 16u

static struct irq_handler *handlers[N_LINES];
static uint64_t counts[N_LINES];
static bool inside;

int irq_attach(uint32_t line, struct irq_handler *h)
{
	if (line >= N_LINES) return -EINVAL;
	uint32_t s = irq_save();
	h->next = handlers[line];
	handlers[line] = h;
	irq_restore(s);
	arch_irq_unmask(line);
	return 0;
}

void irq_dispatch(uint32_t line)
{
	inside = true;
	counts[line]++;
	for (struct irq_handler *h = handlers[line]; h; h = h->next) h->handle(h->ctx);
	inside = false;
}

uint64_t irq_count(uint32_t line)
{
	if (line >= N_LINES) return 0;
	uint32_t s = irq_save();
	uint64_t n = counts[line];
	irq_restore(s);
	return n;
}

bool in_irq(void) { return inside; }
