/* log.c - the ring log, and panic's last words.
 * Called by: everybody, from any context.
 * Never: sleeps or allocates. */
#include "kernel/base/log.h"

#include "arch/arch.h"
#include "kernel/base/bootopt.h"
#include "kernel/base/clock.h"
#include "kernel/base/param.h"
#include "kernel/base/sched.h"
#include "lib/fmt.h"
#include "lib/str.h"

#define BACKTRACE_MAX 16u

static char ring[LOG_RING_BYTES];
static uint64_t written;           /* bytes ever; the ring holds the last LOG_RING_BYTES of them */
static struct log_sink *sinks;
static uint32_t max_level = UINT32_MAX; /* loglevel=; UINT32_MAX: not read yet */
static bool panicking;

static void early_write(const char *text, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (text[i] == '\n') arch_early_putc('\r');
		arch_early_putc(text[i]);
	}
}

static void to_ring(const char *text, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) ring[written++ & (LOG_RING_BYTES - 1)] = text[i];
}

static void to_sinks(uint32_t level, const char *text, uint32_t n)
{
	if (max_level == UINT32_MAX) max_level = bootopt_u32("loglevel", LOG_INFO);
	if (level > max_level) return;
	if (!sinks) early_write(text, n);
	for (struct log_sink *s = sinks; s; s = s->next)
		if (level <= (uint32_t)s->max) s->write(text, n);
}

void klog(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	uint64_t us = clock_now_ns() / NS_PER_US;
	va_list args;

	/* "<6>" is for readers of the ring only, as Linux's syslog(2) gives it */
	uint32_t head = (uint32_t)fmt_snprintf(line, sizeof line, "<%u>[%5u.%06u] ", (unsigned)level,
	                                       (uint32_t)(us / US_PER_S), (uint32_t)(us % US_PER_S));
	va_start(args, fmt);
	uint32_t n = head + (uint32_t)fmt_vsnprintf(line + head, sizeof line - head - 1, fmt, args);
	va_end(args);
	n = MIN(n, (uint32_t)sizeof line - 2);
	while (n > head && line[n - 1] == '\n') n--;
	line[n++] = '\n';

	uint32_t s = irq_save();
	to_ring(line, n);
	to_sinks(level, line + 3, n - 3);
	irq_restore(s);
}

void log_add_sink(struct log_sink *s)
{
	uint32_t state = irq_save();
	s->next = sinks;
	sinks = s;
	irq_restore(state);
}

uint32_t log_read(uint64_t *pos, char *out, uint32_t n)
{
	uint32_t s = irq_save(), done = 0;

	if (*pos > written) *pos = written;
	if (written - *pos > LOG_RING_BYTES) { /* overwritten: begin with the oldest whole line */
		*pos = written - LOG_RING_BYTES;
		while (*pos < written && ring[(*pos)++ & (LOG_RING_BYTES - 1)] != '\n') continue;
	}
	while (done < n && *pos < written) out[done++] = ring[(*pos)++ & (LOG_RING_BYTES - 1)];
	irq_restore(s);
	return done;
}

/* ---- symbols: sorted by address; linked in by the second pass (tools/ksyms.py) ---- */

struct ksym { uint32_t address, name; };
extern const uint32_t ksym_count;
extern const struct ksym ksym_table[];
extern const char ksym_names[];

const char *ksym_lookup(uint32_t address, uint32_t *offset)
{
	uint32_t lo = 0, hi = ksym_count;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (ksym_table[mid].address <= address) lo = mid + 1;
		else hi = mid;
	}
	if (lo == 0 || lo == ksym_count) return NULL; /* the last entry only ends the one before */
	*offset = address - ksym_table[lo - 1].address;
	return ksym_names + ksym_table[lo - 1].name;
}

/* ---- the end ---- */

static void show_backtrace(void)
{
	uint32_t at[BACKTRACE_MAX], n = arch_panic_backtrace(at, ARRAY_LEN(at));

	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = 0;
		const char *name = ksym_lookup(at[i], &off);
		klog(LOG_ERR, "  [%08x] %s+0x%x", at[i], name ? name : "?", off);
	}
}

/* What a quiet console has not shown, or has scrolled away: the end of the ring, to every sink whatever its level. */
static void show_last_lines(uint64_t end)
{
	uint64_t from = end > PANIC_LOG_BYTES ? end - PANIC_LOG_BYTES : 0;
	uint32_t column = from ? 999 : 0; /* not 0: inside a cut line; the first three characters are "<6>" */

	for (bool whole = from == 0; from < end; from++) {
		char c = ring[from & (LOG_RING_BYTES - 1)];
		if (whole && column >= 3) to_sinks(LOG_ERR, &c, 1);
		column++;
		if (c == '\n') {
			column = 0;
			whole = true;
		}
	}
}

static NORETURN void stop(void)
{
	char how[8];

	if (!bootopt_str("panic", how, sizeof how)) how[0] = 0;
	if (strcmp(how, "exit") == 0) arch_debug_exit(PANIC_EXIT_CODE);
	if (strcmp(how, "reboot") == 0) arch_reboot();
	klog(LOG_ERR, "halted");
	arch_halt();
}

void panic(const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	uint64_t before = written;
	va_list args;

	irq_save();
	if (panicking) stop(); /* a panic in panic */
	panicking = true;
	va_start(args, fmt);
	fmt_vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	klog(LOG_ERR, "last log lines:");
	show_last_lines(before);
	klog(LOG_ERR, "PANIC: %s (thread %s)", text, thread_current()->name);
	arch_panic_registers();
	show_backtrace();
	stop();
}

void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b)
{
	panic("%s:%d: broken: %s (0x%llx, 0x%llx)", file, line, expr, (unsigned long long)a, (unsigned long long)b);
}
