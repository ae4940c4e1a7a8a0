/* linux_time.h - time: what clocks, timers and their calls pass, as Linux i386 lays them out.
 * Included by: abi/linux_types.h, or alone.
 * Never: a type of our own.  Sources: man-pages 6.03; sizes measured on i386. */
#ifndef ABI_LINUX_TIME_H
#define ABI_LINUX_TIME_H
#include "abi/linux_base.h"

/* ---- time */
struct linux_timespec32 { int32_t sec, nsec; };
struct linux_timespec64 { linux_s64 sec; int32_t nsec; uint32_t pad; }; /* the pad is to be ignored */
struct linux_timeval { int32_t sec, usec; };
struct linux_timezone { int32_t minuteswest, dsttime; };
struct linux_itimerval { struct linux_timeval interval, value; };
struct linux_itimerspec32 { struct linux_timespec32 interval, value; };
struct linux_itimerspec64 { struct linux_timespec64 interval, value; };
struct linux_tms { int32_t utime, stime, cutime, cstime; };
struct linux_utimbuf { int32_t actime, modtime; };
LINUX_SIZE(linux_timespec32, 8);
LINUX_SIZE(linux_timespec64, 16);
LINUX_SIZE(linux_timeval, 8);
LINUX_SIZE(linux_itimerval, 16);
LINUX_SIZE(linux_itimerspec64, 32);
LINUX_SIZE(linux_tms, 16);
struct linux_timex32 {
	uint32_t modes;
	int32_t offset, freq, maxerror, esterror, status, constant, precision, tolerance, sec, usec, tick;
	int32_t ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai, unused[11];
};
struct linux_timex64 {
	uint32_t modes, pad1;
	linux_s64 offset, freq, maxerror, esterror;
	int32_t status, pad2;
	linux_s64 constant, precision, tolerance, sec, usec, tick, ppsfreq, jitter;
	int32_t shift, pad3;
	linux_s64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	int32_t tai, unused[11];
};
LINUX_SIZE(linux_timex32, 128);
LINUX_SIZE(linux_timex64, 208);
#define ADJ_OFFSET 0x1u
#define ADJ_FREQUENCY 0x2u
#define ADJ_MAXERROR 0x4u
#define ADJ_ESTERROR 0x8u
#define ADJ_STATUS 0x10u
#define ADJ_TIMECONST 0x20u
#define ADJ_TAI 0x80u
#define ADJ_SETOFFSET 0x100u
#define ADJ_MICRO 0x1000u
#define ADJ_NANO 0x2000u
#define ADJ_TICK 0x4000u
#define ADJ_ADJTIME 0x8000u
#define STA_PLL 0x1u
#define STA_UNSYNC 0x40u
#define STA_CLOCKERR 0x1000u
#define STA_NANO 0x2000u
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
#define TIMER_ABSTIME 1
#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2
#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

#endif
