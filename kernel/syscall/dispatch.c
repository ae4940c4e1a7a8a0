/* dispatch.c - runs a call: home half (here, or through the hallway), then body half, then the finish step at home.
 * Called by: entry.c, and kernel/migrate after a move.  The only place that knows that there are places.
 * Never: keeps anything of a call but its record t->call.  */
#include "kernel/syscall/table.h"
#include "kernel/base/log.h"
#include "lib/str.h"

void call_record(struct call *c, const struct sysrow *row)
{
	c->row = row;
	c->phase = CALL_START;
	c->home_result = 0;
	c->done = 0;
	c->slice = 0;
	c->resumed = false;
	c->inner = false;
}

/* A transfer in slices: those that move bytes and whose length is an argument. */
static bool sliced(const struct call *c)
{
	return (c->row->flags & (SYS_SLICE_READ | SYS_SLICE_WRITE)) != 0;
}

void call_slice_args(const struct call *c, uint32_t arg[6])
{
	memcpy(arg, c->arg, sizeof c->arg);
	if (!sliced(c) || !c->done) {
		bool beyond = arg[2] > USER_END - MIN(arg[1], USER_END); /* no such buffer: the call says so, whatever is in its first slice */
		if (sliced(c) && !(c->row->flags & SYS_IOVEC) && !beyond) arg[2] = MIN(arg[2], SYSCALL_SLICE);
		return;
	}
	if (!(c->row->flags & SYS_IOVEC)) {
		arg[1] += c->done;
		arg[2] = MIN(arg[2] - c->done, SYSCALL_SLICE);
	}
	if (c->row->flags & SYS_POS) {
		uint64_t pos = ((uint64_t)arg[4] << 32 | arg[3]) + c->done;
		arg[3] = (uint32_t)pos;
		arg[4] = (uint32_t)(pos >> 32);
	}
}

static void slice_ucall(struct task *t, struct ucall *u)
{
	*u = (struct ucall){.task = t, .mem = &t->umem, .home_result = t->call.home_result};
	call_slice_args(&t->call, u->arg);
	u->skip = t->call.done;
	u->nonblock = t->call.done > 0 && (t->call.row->flags & SYS_SLICE_READ);
}

static bool is_away(const struct task *t)
{
	return !t->has_home;
}

/* The program is over with this call. */
static void call_over(struct task *t, int32_t result)
{
	const struct sysrow *row = t->call.row;
	bool inner = t->call.inner;

	t->call.phase = CALL_NONE;
	t->call.inner = false;
	if (row->flags & SYS_ENDS) {
		t->exiting = true;
		return;
	}
	if (inner) return;
	if (!(row->flags & SYS_NORESTORE) || result < 0) t->body.user.regs.eax = (uint32_t)result;
	if (traced(t)) trace_exit(t, row, t->call.arg, result);
}

/* How far is the transfer? Returns true when another slice follows. */
static bool next_slice(struct call *c)
{
	int32_t got = c->home_result;

	if (!sliced(c)) return false;
	if (got < 0) {
		/* an error after bytes have moved is the next call's error */
		if (c->done) c->home_result = (int32_t)c->done;
		return false;
	}
	c->done += (uint32_t)got;
	c->home_result = (int32_t)c->done;
	if ((uint32_t)got < c->slice) return false;
	return (c->row->flags & SYS_IOVEC) || c->done < c->arg[2];
}

/* While the home half ran; or it is about to. */
static bool body_left(const struct task *t)
{
	return !t->has_body || t->body.space->freeze || t->umem.ops != &umem_local_ops;
}

/* Run the home half where it belongs. Returns false when the thread must go to the boundary. */
static bool run_home(struct task *t)
{
	struct call *c = &t->call;

	if (is_away(t)) {
		bool parked = false;
		int32_t r = hallway.call_home(t, &parked);
		if (parked) return false;
		c->home_result = r;
		return true;
	}
	if (t->home.kept.valid && t->home.kept.k == c->k) { /* it ended while the body was away or frozen */
		t->home.kept.valid = false;
		c->home_result = t->home.kept.result;
		return true;
	}
	struct ucall u;
	slice_ucall(t, &u);
	int32_t r = c->row->home(&u);
	if (body_left(t)) {
		hallway.deputy(t, r); /* the body left or is leaving: the record is as it came back */
		return false;
	}
	c->home_result = r;
	return true;
}

static bool step_start(struct task *t)
{
	struct call *c = &t->call;

	if (is_away(t) && (c->row->flags & SYS_HOMEFIRST)) {
		hallway.bring_home(t);
		return false;
	}
	if (!c->row->home) {
		c->phase = CALL_BODY;
		return true;
	}
	c->k++;
	if (sliced(c)) c->slice = (c->row->flags & SYS_IOVEC) ? SYSCALL_SLICE : MIN(c->arg[2] - c->done, SYSCALL_SLICE);
	c->phase = CALL_HOME;
	return true;
}

static bool step_home(struct task *t)
{
	struct call *c = &t->call;

	if (!run_home(t)) return false;
	if (next_slice(c)) {
		c->phase = CALL_START;
		return true;
	}
	if (c->home_result < 0 || !c->row->body) {
		call_over(t, c->home_result);
		return false;
	}
	c->phase = CALL_BODY;
	return true;
}

static void step_body(struct task *t)
{
	struct call *c = &t->call;
	struct ucall u;
	slice_ucall(t, &u);
	int32_t r = c->row->body(&u);

	if (r == -EPARK) {
		c->resumed = true;
		return;
	}
	if (c->row->finish) {
		c->phase = CALL_FINISH; /* only rows that run at home have one: see SYS_HOMEFIRST */
		u.body_result = r;
		r = c->row->finish(&u);
	}
	call_over(t, r);
}

/* One half at most, no second slice, nothing to be seen to afterwards. */
static bool is_short(const struct task *t)
{
	const struct sysrow *row = t->call.row;

	if ((row->home && row->body) || (row->flags & (SYS_IOVEC | SYS_NORESTORE | SYS_ENDS)) || !t->has_home || t->home.kept.valid) return false;
	return !(row->flags & (SYS_SLICE_READ | SYS_SLICE_WRITE)) || t->call.arg[2] <= SYSCALL_SLICE;
}

/* The steps below in one: most calls are this. The record is as they keep it, for the body may leave meanwhile. */
static void call_short(struct task *t)
{
	struct call *c = &t->call;
	struct ucall u = {.task = t, .mem = &t->umem,
	                  .arg = {c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5]}};

	int32_t r;
	if (c->row->home) {
		c->k++;
		c->slice = c->arg[2];
		c->phase = CALL_HOME;
		r = c->row->home(&u);
		if (body_left(t)) {
			hallway.deputy(t, r);
			return;
		}
	} else {
		c->phase = CALL_BODY;
		r = c->row->body(&u);
		if (r == -EPARK) {
			c->resumed = true;
			return;
		}
	}
	c->phase = CALL_NONE;
	t->body.user.regs.eax = (uint32_t)r;
	if (traced(t)) trace_exit(t, c->row, c->arg, r);
}

void call_start(struct task *t)
{
	if (is_short(t)) call_short(t);
	else call_continue(t);
}

bool call_continue(struct task *t)
{
	struct call *c = &t->call;

	do {
		if (c->phase == CALL_START && !step_start(t)) break;
		if (c->phase == CALL_HOME && !step_home(t)) break;
	} while (c->phase == CALL_START); /* another slice */
	if (c->phase == CALL_BODY || c->phase == CALL_FINISH) step_body(t);
	return c->phase == CALL_NONE;
}

int32_t call_inner(struct task *t, const struct sysrow *row, const uint32_t arg[6], bool *parked)
{
	KASSERT2(t->call.phase == CALL_NONE, t->call.phase, row->nr);
	memcpy(t->call.arg, arg, sizeof t->call.arg);
	call_record(&t->call, row);
	t->call.inner = true;
	*parked = !call_continue(t);
	return *parked ? 0 : t->call.home_result;
}
