/* printf into a sink.
 * Called by the log, panic, /proc rows, and the protocol cores for their log lines.
 * Never allocates, never sleeps, never uses floating point. */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/** Takes the next n characters (not terminated) of the output. */
typedef void (*fmt_put_fn)(void *ctx, const char *text, size_t n);

/** Format into `put`, called with a few characters at a time.  Conversions: d i u x X o p s c %;
 *  flags 0 - + space #; width and precision as numbers or `*`; sizes hh h l ll z.  An unknown
 *  conversion is printed as it stands and eats no argument.  %s of NULL prints (null).
 *  Returns the number of characters.  Context: any, also irq. */
size_t fmt_vprint(fmt_put_fn put, void *ctx, const char *format, va_list args);

__attribute__((format(printf, 3, 4)))
size_t fmt_print(fmt_put_fn put, void *ctx, const char *format, ...);

/** Format into buf (cap bytes; the text is cut to fit and always terminated when cap > 0).
 *  Returns the length the whole text has: a result >= cap means that it was cut. */
__attribute__((format(printf, 3, 4)))
size_t fmt_snprintf(char *buf, size_t cap, const char *format, ...);

size_t fmt_vsnprintf(char *buf, size_t cap, const char *format, va_list args);

#endif
