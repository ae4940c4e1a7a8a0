/* sys_futex.c - futex(2), decoded.
 * Called by: dispatch.c through table.def (body halves: no frame when away).
 * Never: priority inheritance: -ENOSYS, which the C libraries accept.  */
#include "kernel/syscall/sysarg.h"
#include "kernel/proc/futex.h"
#include "kernel/proc/ptime.h"
#include "kernel/syscall/rowid.h"

static int32_t wait_until(struct ucall *c, uint32_t bits)
{
	struct body *b = &c->task->body;
	uint64_t deadline = b->park_deadline_ns;
	int r = futex_wait(c->task, c->arg[0], c->arg[2], bits, deadline);

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
	return futex_wake(c->task->body.space, c->arg[0], c->arg[2], FUTEX_BITSET_MATCH_ANY, c->arg[4], c->arg[3]);
}

static int32_t wake(struct ucall *c, uint32_t bits)
{
	if (!bits || (c->arg[0] & 3)) return -EINVAL;
	return futex_wake(c->task->body.space, c->arg[0], MAX(c->arg[2], 1u), bits, 0, 0);
}

static int32_t futex(struct ucall *c, enum time_kind kind)
{
	switch ((int32_t)c->arg[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT: return wait_for(c, kind, false, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET: return wait_for(c, kind, true, c->arg[5]);
	case FUTEX_WAKE: return wake(c, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET: return wake(c, c->arg[5]);
	case FUTEX_REQUEUE: return requeue(c, false);
	case FUTEX_CMP_REQUEUE: return requeue(c, true);
	default: return -ENOSYS;
	}
}

int32_t body_futex(struct ucall *c) { return futex(c, TIME_32); }
int32_t body_futex64(struct ucall *c) { return futex(c, TIME_64); }
