/* Memory and string functions of the C library that a freestanding program needs.
 * Called by everything; on the host the C library's own versions are linked instead.
 * Never allocates, never looks at a locale. */
#ifndef LIB_STR_H
#define LIB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in C11 7.24, same names and types (gcc may emit calls to the first four by itself).
 * Context: any.  Source: C11 7.24; strnlen(3). */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

#if __STDC_HOSTED__ == 0 && !defined memcpy /* a few bytes, known in advance, are moved in place */
#define memcpy(...) __builtin_memcpy(__VA_ARGS__)
#define memset(...) __builtin_memset(__VA_ARGS__)
#endif

/** Copy the text src into dst (cap bytes, cap >= 1), cut if needed, always terminated.
 *  Returns the length of src: a result >= cap means that it was cut. */
size_t str_copy(char *dst, size_t cap, const char *src);

/** Does s begin with prefix? */
bool str_begins(const char *s, const char *prefix);

/** Read an unsigned number: decimal, or hexadecimal after 0x.  *end (may be NULL) is set behind
 *  the last digit.  Returns false, and leaves *out, for no digit or a value above UINT32_MAX. */
bool str_to_u32(const char *s, const char **end, uint32_t *out);

#endif
