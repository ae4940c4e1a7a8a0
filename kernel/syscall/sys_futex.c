/* sys_futex.c - futex(2), decoded.
 * Called by: dispatch.c through table.def (body halves: no frame when away).
 * Never: priority inheritance: -ENOSYS, which the C libraries accept.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/futex.h"
#include "kernel/proc/ptime.h"
#include "kernel/syscall/rowid.h"

static bool private(const struct ucall *c)
{
	return (c->arg[1] & FUTEX_PRIVATE_FLAG) != 0;
}

static int32_t wait_until(struct ucall *c, uint32_t bits)
{
	struct body *b = &c->task->body;
	uint64_t deadline = b->park_deadline_ns;
	int r = futex_wait(c->task, c->arg[0], private(c), c->arg[2], bits, deadline);

	if (r != -EINTR) return r;
	if (deadline == FOREVER) return -ERESTARTSYS;
	b->restart.row = sysrow_by_index(ROW_restart_futex);
	for (int i = 0; i < 6; i++) b->restart.arg[i] = c->arg[i];
	b->restart.arg[5] = bits;
	return -ERESTART_RESTARTBLOCK;
}

int32_t body_restart_futex(struct ucall *c)
{
	return wait_until(c, c->arg[5]);
}

/* WAIT has a relative timeout, WAIT_BITSET an absolute one of the clock it names. */
static int32_t wait_for(struct ucall *c, enum time_kind kind, bool absolute, uint32_t bits)
{
	struct task *t = c->task;
	uint64_t ns;

	if (!bits || (c->arg[0] & 3)) return -EINVAL;
	if (t->call.resumed) return wait_until(c, bits);
	t->body.park_deadline_ns = FOREVER;
	if (c->arg[3]) {
		int32_t r = arg_time(c, c->arg[3], kind, &ns);
		if (r) return r;
		if (!absolute) {
			ns += ptime_monotonic(t);
		} else if (c->arg[1] & FUTEX_CLOCK_REALTIME) {
			int64_t mono = (int64_t)ns - ptime_wall_offset(t);
			ns = mono < 0 ? 0 : (uint64_t)mono;
		}
		t->body.park_deadline_ns = ns;
	}
	return wait_until(c, bits);
}

static int32_t requeue(struct ucall *c, bool compare)
{
	uint32_t now;

	if ((c->arg[0] | c->arg[4]) & 3) return -EINVAL;
	if ((int32_t)c->arg[2] < 0 || (int32_t)c->arg[3] < 0) return -EINVAL;
	if (compare) {
		if (umem_fetch_u32(c->mem, uaddr(c->arg[0]), &now)) return -EFAULT;
		if (now != c->arg[5]) return -EAGAIN;
	}
	return futex_requeue(c->task->body.space, c->arg[0], private(c), (int32_t)c->arg[2], c->arg[4], (int32_t)c->arg[3]);
}

static int32_t wake(struct ucall *c, uint32_t bits)
{
	if (!bits || (c->arg[0] & 3)) return -EINVAL;
	return futex_wake(c->task->body.space, c->arg[0], private(c), (int32_t)c->arg[2], bits);
}

/* ---- WAKE_OP: change the second word, wake at the first, and at the second if its old value says so */

static int32_t sign_extend_12(uint32_t v)
{
	return (int32_t)(v << 20) >> 20;
}

static int32_t apply(uint32_t how, uint32_t old, uint32_t arg, uint32_t *new)
{
	switch (how) {
	case FUTEX_OP_SET: *new = arg; return 0;
	case FUTEX_OP_ADD: *new = old + arg; return 0;
	case FUTEX_OP_OR: *new = old | arg; return 0;
	case FUTEX_OP_ANDN: *new = old & ~arg; return 0;
	case FUTEX_OP_XOR: *new = old ^ arg; return 0;
	default: return -ENOSYS;
	}
}

/* 1, 0, or -ENOSYS */
static int32_t compare(uint32_t how, int32_t old, int32_t arg)
{
	switch (how) {
	case FUTEX_OP_CMP_EQ: return old == arg;
	case FUTEX_OP_CMP_NE: return old != arg;
	case FUTEX_OP_CMP_LT: return old < arg;
	case FUTEX_OP_CMP_LE: return old <= arg;
	case FUTEX_OP_CMP_GT: return old > arg;
	case FUTEX_OP_CMP_GE: return old >= arg;
	default: return -ENOSYS;
	}
}

static int32_t change_second(struct ucall *c, uint32_t *old)
{
	uint32_t code = c->arg[5], arg = (uint32_t)sign_extend_12(code >> 12), new;
	int32_t r;

	if ((code >> 28) & FUTEX_OP_OPARG_SHIFT) arg = 1u << (arg & 31);
	do {
		if (umem_fetch_u32(c->mem, uaddr(c->arg[4]), old)) return -EFAULT;
		r = apply((code >> 28) & 7, *old, arg, &new);
		if (!r) r = futex_exchange(c->task, c->arg[4], *old, new);
	} while (r == -EAGAIN);
	return r;
}

static int32_t wake_op(struct ucall *c)
{
	struct space *s = c->task->body.space;
	uint32_t code = c->arg[5], old;

	if ((c->arg[0] | c->arg[4]) & 3) return -EINVAL;
	int32_t r = change_second(c, &old);
	if (r) return r;
	int32_t also = compare((code >> 24) & 15, (int32_t)old, sign_extend_12(code));
	if (also < 0) return also;
	r = futex_wake(s, c->arg[0], private(c), (int32_t)c->arg[2], FUTEX_BITSET_MATCH_ANY);
	if (r < 0 || !also) return r;
	also = futex_wake(s, c->arg[4], private(c), (int32_t)c->arg[3], FUTEX_BITSET_MATCH_ANY);
	return also < 0 ? also : r + also;
}

static int32_t futex(struct ucall *c, enum time_kind kind)
{
	int32_t command = (int32_t)c->arg[1] & FUTEX_CMD_MASK;

	if ((c->arg[1] & FUTEX_CLOCK_REALTIME) && command != FUTEX_WAIT_BITSET) return -ENOSYS;
	switch (command) {
	case FUTEX_WAIT: return wait_for(c, kind, false, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET: return wait_for(c, kind, true, c->arg[5]);
	case FUTEX_WAKE: return wake(c, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET: return wake(c, c->arg[5]);
	case FUTEX_REQUEUE: return requeue(c, false);
	case FUTEX_CMP_REQUEUE: return requeue(c, true);
	case FUTEX_WAKE_OP: return wake_op(c);
	default: return -ENOSYS;
	}
}

int32_t body_futex(struct ucall *c) { return futex(c, TIME_32); }
int32_t body_futex64(struct ucall *c) { return futex(c, TIME_64); }
