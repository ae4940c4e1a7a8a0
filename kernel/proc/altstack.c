/* altstack.c - a thread's alternate signal stack.
 * Called by: sigaltstack, delivery and return of signals, fork and exec.
 * Never: touches user memory.  */
#include "kernel/proc/altstack.h"

bool altstack_holds(const struct body *b, uint32_t sp)
{
	return b->altstack_size && sp > b->altstack_sp && sp - b->altstack_sp <= b->altstack_size;
}

bool altstack_in_use(const struct body *b, uint32_t sp)
{
	return !(b->altstack_flags & SS_AUTODISARM) && altstack_holds(b, sp);
}

struct linux_stack altstack_tell(const struct body *b, uint32_t sp)
{
	uint32_t state = !b->altstack_size ? SS_DISABLE : altstack_in_use(b, sp) ? SS_ONSTACK : 0;

	return (struct linux_stack){b->altstack_sp, (int32_t)(state | (b->altstack_flags & SS_AUTODISARM)), b->altstack_size};
}

int altstack_change(struct body *b, const struct linux_stack *s, uint32_t sp)
{
	uint32_t flags = (uint32_t)s->flags, mode = flags & ~SS_AUTODISARM;

	if (altstack_in_use(b, sp)) return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode) return -EINVAL;
	if (mode != SS_DISABLE && s->size < MINSIGSTKSZ) return -ENOMEM;
	b->altstack_sp = mode == SS_DISABLE ? 0 : s->sp;
	b->altstack_size = mode == SS_DISABLE ? 0 : s->size;
	b->altstack_flags = flags;
	return 0;
}

void altstack_none(struct body *b)
{
	b->altstack_sp = b->altstack_size = 0;
	b->altstack_flags = SS_DISABLE;
}
