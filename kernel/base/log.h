/* log.h - the ring log, and panic's last words.
 * Used by: everybody.  Lines go to the ring (read by /dev/kmsg, syslog(2)) and to every registered console sink.
 * Never: sleeps or allocates.  */
#ifndef KERNEL_BASE_LOG_H
#define KERNEL_BASE_LOG_H
#include "lib/base.h"
enum log_level { LOG_ERR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };
void klog(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3); /* a line; no newline needed; any context */
NORETURN void panic(const char *fmt, ...) PRINTF_LIKE(1, 2); /* registers, symbolic backtrace, last log lines, halt or reboot (panic=reboot) */
struct log_sink {
	struct log_sink *next;
	void (*write)(const char *text, uint32_t n); /* any context, never sleeps */
	enum log_level max;                           /* lines above this level are not shown here */
};
void log_add_sink(struct log_sink *s);
/** Copy log text from absolute position *pos (0: oldest kept); advances *pos; returns bytes. For /dev/kmsg and syslog(2). */
uint32_t log_read(uint64_t *pos, char *out, uint32_t n);
/** Kernel symbol for an address ("name+0x12"); the table is made by tools/ksyms.py at link time. */
const char *ksym_lookup(uint32_t address, uint32_t *offset);
#endif
