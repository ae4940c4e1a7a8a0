/* sys_adjtime.c - adjtimex, clock_adjtime: what the clock's discipline is told and tells. Its words are kept; only a step
 * (ADJ_SETOFFSET) moves the clock: no NTP daemon's slewing is done.
 * Called by: dispatch.c through table.def (home halves).
 * Never: changes the rate of the clock.  Source: adjtimex(2); Linux's kernel/time/ntp.c. */
#include "kernel/syscall/sysarg.h"
#include "kernel/base/clock.h"
#include "lib/str.h"

#define TIME_ERROR 5 /* not synchronised: nobody disciplines this clock */
#define STATUS_READ_ONLY 0xff00u
#define ERROR_MAX_US 16000000
#define TOLERANCE 32768000
#define FREQUENCY_MAX 32768000

struct discipline { int32_t offset, frequency, max_error, est_error, constant, tick_us, tai, adjust_left; uint32_t status; };
static struct discipline ntp = {.max_error = ERROR_MAX_US, .est_error = ERROR_MAX_US, .constant = 2, .tick_us = 10000, .status = STA_UNSYNC};

static int32_t check(const struct linux_timex64 *x, bool may)
{
	if (x->modes & ADJ_ADJTIME) {
		if (!(x->modes & ADJ_OFFSET)) return -EINVAL; /* ADJ_OFFSET_SINGLESHOT */
		if (!(x->modes & ADJ_NANO) && !may) return -EPERM; /* the bit means "only look" here */
	} else {
		if (x->modes && !may) return -EPERM;
		if ((x->modes & ADJ_TICK) && (x->tick < 9000 || x->tick > 11000)) return -EINVAL;
	}
	if (!(x->modes & ADJ_SETOFFSET)) return 0;
	if (!may) return -EPERM;
	return x->usec < 0 || x->usec >= ((x->modes & ADJ_NANO) ? (int64_t)NS_PER_S : (int64_t)US_PER_S) ? -EINVAL : 0;
}

static int32_t between(int64_t v, int32_t min, int32_t max)
{
	return v < min ? min : v > max ? max : (int32_t)v;
}

static void step(const struct linux_timex64 *x)
{
	int64_t ns = x->sec * (int64_t)NS_PER_S + ((x->modes & ADJ_NANO) ? x->usec : x->usec * 1000);

	clock_set_wall_offset(clock_wall_offset_ns() + ns);
}

static void keep(const struct linux_timex64 *x)
{
	if (x->modes & ADJ_STATUS) ntp.status = (ntp.status & STATUS_READ_ONLY) | ((uint32_t)x->status & ~STATUS_READ_ONLY);
	if (x->modes & ADJ_NANO) ntp.status |= STA_NANO;
	if (x->modes & ADJ_MICRO) ntp.status &= ~STA_NANO;
	if (x->modes & ADJ_FREQUENCY) ntp.frequency = between(x->freq, -FREQUENCY_MAX, FREQUENCY_MAX);
	if (x->modes & ADJ_MAXERROR) ntp.max_error = (int32_t)x->maxerror;
	if (x->modes & ADJ_ESTERROR) ntp.est_error = (int32_t)x->esterror;
	if (x->modes & ADJ_TIMECONST) ntp.constant = between(x->constant + ((ntp.status & STA_NANO) ? 0 : 4), 0, 10);
	if ((x->modes & ADJ_TAI) && x->constant > 0) ntp.tai = (int32_t)x->constant;
	if (x->modes & ADJ_TICK) ntp.tick_us = (int32_t)x->tick;
	if ((x->modes & ADJ_OFFSET) && (ntp.status & STA_PLL)) ntp.offset = (int32_t)x->offset;
}

static int32_t adjust(struct linux_timex64 *x, bool may)
{
	int32_t r = check(x, may), old = ntp.adjust_left;
	bool single = x->modes & ADJ_ADJTIME;
	uint32_t rest;

	if (r) return r;
	if (x->modes & ADJ_SETOFFSET) step(x);
	if (single && !(x->modes & ADJ_NANO)) ntp.adjust_left = (int32_t)x->offset;
	if (!single) keep(x);
	uint64_t s = split_ns(clock_now_ns() + (uint64_t)clock_wall_offset_ns(), &rest);
	*x = (struct linux_timex64){
		.modes = x->modes, .offset = single ? old : ntp.offset, .freq = ntp.frequency, .maxerror = ntp.max_error, .esterror = ntp.est_error,
		.status = (int32_t)ntp.status, .constant = ntp.constant, .precision = 1, .tolerance = TOLERANCE, .sec = (int64_t)s,
		.usec = (ntp.status & STA_NANO) ? rest : rest / 1000, .tick = ntp.tick_us, .tai = ntp.tai,
	};
	return (ntp.status & (STA_UNSYNC | STA_CLOCKERR)) ? TIME_ERROR : 0;
}

static void widen(const struct linux_timex32 *n, struct linux_timex64 *x)
{
	*x = (struct linux_timex64){
		.modes = n->modes, .offset = n->offset, .freq = n->freq, .maxerror = n->maxerror, .esterror = n->esterror, .status = n->status,
		.constant = n->constant, .sec = n->sec, .usec = n->usec, .tick = n->tick, .tai = n->tai,
	};
}

static void narrow(const struct linux_timex64 *x, struct linux_timex32 *n)
{
	*n = (struct linux_timex32){
		.modes = x->modes, .offset = (int32_t)x->offset, .freq = (int32_t)x->freq, .maxerror = (int32_t)x->maxerror,
		.esterror = (int32_t)x->esterror, .status = x->status, .constant = (int32_t)x->constant, .precision = (int32_t)x->precision,
		.tolerance = (int32_t)x->tolerance, .sec = (int32_t)x->sec, .usec = (int32_t)x->usec, .tick = (int32_t)x->tick, .tai = x->tai,
	};
}

static int32_t adjust32(struct ucall *c, uint32_t at)
{
	struct linux_timex32 n;
	struct linux_timex64 x;

	if (umem_fetch(c->mem, &n, uaddr(at), sizeof n)) return -EFAULT;
	widen(&n, &x);
	int32_t r = adjust(&x, has_cap(ucall_who(c), CAP_SYS_TIME));
	if (r < 0) return r;
	narrow(&x, &n);
	return umem_store(c->mem, uaddr(at), &n, sizeof n) ? -EFAULT : r;
}

int32_t sys_adjtimex(struct ucall *c) { return adjust32(c, c->arg[0]); }

/* Only the wall clock can be adjusted. */
static int32_t adjustable(uint32_t clock)
{
	if (clock == CLOCK_REALTIME) return 0;
	return (int32_t)clock >= 0 && clock <= CLOCK_TAI && clock != 10 ? -EOPNOTSUPP : -EINVAL;
}

int32_t sys_clock_adjtime(struct ucall *c)
{
	uint8_t probe[sizeof(struct linux_timex32)];

	if (umem_fetch(c->mem, probe, uaddr(c->arg[1]), sizeof probe)) return -EFAULT;
	int32_t r = adjustable(c->arg[0]);
	return r ? r : adjust32(c, c->arg[1]);
}

int32_t sys_clock_adjtime64(struct ucall *c)
{
	struct linux_timex64 x;

	if (umem_fetch(c->mem, &x, uaddr(c->arg[1]), sizeof x)) return -EFAULT;
	int32_t r = adjustable(c->arg[0]);
	if (!r) r = adjust(&x, has_cap(ucall_who(c), CAP_SYS_TIME));
	if (r < 0) return r;
	return umem_store(c->mem, uaddr(c->arg[1]), &x, sizeof x) ? -EFAULT : r;
}
