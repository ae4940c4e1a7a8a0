/* Memory and string functions for freestanding code, with the processor's string instructions.
 * Called by everything, and by code that the compiler generates.
 * Never linked into host programs: they have a C library (the test renames these). */
#include "lib/str.h"

/* A loop below must not be recognised as the very function it implements. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *(memcpy)(void *restrict to, const void *restrict from, size_t n)
{
	void *d = to;
	const void *s = from;
	size_t words = n >> 2, rest = n & 3;

	__asm__ volatile("rep movsl" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(rest) : : "memory");
	return to;
}

/* From the last byte down: the odd tail first, then whole words. */
static void copy_down(void *to, const void *from, size_t n)
{
	uint8_t *d = (uint8_t *)to + n;
	const uint8_t *s = (const uint8_t *)from + n;
	size_t words = n >> 2;

	for (size_t rest = n & 3; rest > 0; rest--)
		*--d = *--s;
	d -= 4;
	s -= 4;
	__asm__ volatile("std\n\trep movsl\n\tcld" : "+D"(d), "+S"(s), "+c"(words) : : "memory", "cc");
}

void *memmove(void *to, const void *from, size_t n)
{
	uintptr_t d = (uintptr_t)to, s = (uintptr_t)from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	copy_down(to, from, n);
	return to;
}

void *(memset)(void *to, int byte, size_t n)
{
	void *d = to;
	uint32_t word = (uint8_t)byte * 0x01010101u;
	size_t words = n >> 2, rest = n & 3;

	__asm__ volatile("rep stosl" : "+D"(d), "+c"(words) : "a"(word) : "memory");
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(word) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *p = a, *q = b;

	for (; n > 0; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const uint8_t *p = s;

	for (; n > 0; n--, p++)
		if (*p == (uint8_t)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0')
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)(uintptr_t)found;
	}
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}
