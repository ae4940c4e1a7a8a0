/* Small helpers over texts, beyond what the C library has.
 * Called by everything; unlike str.c also linked into host programs.
 * Never allocates. */
#include "lib/str.h"

size_t str_copy(char *dst, size_t cap, const char *src)
{
	size_t n = strlen(src), put = n < cap ? n : cap - 1;

	memcpy(dst, src, put);
	dst[put] = '\0';
	return n;
}

bool str_begins(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool str_to_u32(const char *s, const char **end, uint32_t *out)
{
	uint32_t base = 10, value = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_of(s[2]) < 16) {
		base = 16;
		s += 2;
	}
	if (digit_of(*s) >= (int)base)
		return false;
	for (; digit_of(*s) < (int)base; s++) {
		uint32_t digit = (uint32_t)digit_of(*s);

		if (value > (UINT32_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (end != NULL)
		*end = s;
	*out = value;
	return true;
}
