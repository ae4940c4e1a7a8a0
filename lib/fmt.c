/* printf into a sink: parse one conversion, make its digits, pad, hand out.
 * Called by the log, panic, /proc rows, and the protocol cores for their log lines.
 * Never allocates, never sleeps, never uses floating point. */
#include "lib/fmt.h"

#include <stdbool.h>

#include "lib/fixed.h"
#include "lib/str.h"

#define DIGITS_MAX 24 /* 2^64 in octal has 22 digits */

struct out {
	fmt_put_fn put;
	void *ctx;
	size_t n;
};

struct spec {
	bool left, zero, alt;
	char sign;     /* 0, '+' or ' ' : what stands before a positive number */
	int width;
	int precision; /* -1: none given */
	int size;      /* 0 int, 1 long, 2 long long, -1 short, -2 char, 3 size_t */
};

static void emit(struct out *o, const char *text, size_t n)
{
	if (n > 0)
		o->put(o->ctx, text, n);
	o->n += n;
}

static void emit_many(struct out *o, char c, int n)
{
	char block[16];

	if (n <= 0)
		return;
	memset(block, c, sizeof block);
	for (; n > (int)sizeof block; n -= (int)sizeof block)
		emit(o, block, sizeof block);
	emit(o, block, (size_t)n);
}

static void emit_text(struct out *o, const struct spec *s, const char *text)
{
	size_t n;

	if (text == NULL)
		text = "(null)";
	n = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
	if (!s->left)
		emit_many(o, ' ', s->width - (int)n);
	emit(o, text, n);
	if (s->left)
		emit_many(o, ' ', s->width - (int)n);
}

/* prefix + zeros + digits, padded to the width. */
static void emit_number(struct out *o, const struct spec *s, const char *prefix, const char *digits, int n_digits)
{
	int n_prefix = (int)strlen(prefix), zeros = 0;

	if (s->precision > n_digits)
		zeros = s->precision - n_digits;
	else if (s->precision < 0 && s->zero && !s->left && s->width > n_prefix + n_digits)
		zeros = s->width - n_prefix - n_digits;
	if (!s->left)
		emit_many(o, ' ', s->width - n_prefix - zeros - n_digits);
	emit(o, prefix, (size_t)n_prefix);
	emit_many(o, '0', zeros);
	emit(o, digits, (size_t)n_digits);
	if (s->left)
		emit_many(o, ' ', s->width - n_prefix - zeros - n_digits);
}

static void emit_unsigned(struct out *o, const struct spec *s, uint64_t value, char conv, const char *prefix)
{
	const char *set = conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	uint32_t base = conv == 'o' ? 8 : conv == 'x' || conv == 'X' ? 16 : 10;
	char digits[DIGITS_MAX];
	int at = DIGITS_MAX;
	bool is_zero = value == 0;

	while (value != 0)
		digits[--at] = set[fixed_div64(&value, base)];
	if (is_zero && s->precision != 0)
		digits[--at] = '0';
	if (s->alt && !is_zero && base == 16)
		prefix = conv == 'X' ? "0X" : "0x";
	if (s->alt && base == 8 && (at == DIGITS_MAX || digits[at] != '0'))
		digits[--at] = '0';
	emit_number(o, s, prefix, digits + at, DIGITS_MAX - at);
}

static void emit_signed(struct out *o, const struct spec *s, int64_t value)
{
	const char *prefix = value < 0 ? "-" : s->sign == '+' ? "+" : s->sign == ' ' ? " " : "";
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	emit_unsigned(o, s, size, 'd', prefix);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		if (*f == '-')
			s->left = true;
		else if (*f == '0')
			s->zero = true;
		else if (*f == '#')
			s->alt = true;
		else if (*f == '+' || (*f == ' ' && s->sign == 0))
			s->sign = *f;
		else if (*f != ' ')
			return f;
	}
}

static const char *parse_digits(const char *f, int *value)
{
	int v = 0;

	for (; *f >= '0' && *f <= '9'; f++)
		if (v < 10000)
			v = v * 10 + (*f - '0');
	*value = v;
	return f;
}

static const char *parse_size(const char *f, struct spec *s)
{
	if (*f == 'z' || *f == 't') {
		s->size = 3;
		return f + 1;
	}
	for (; *f == 'l' && s->size < 2; f++)
		s->size++;
	for (; *f == 'h' && s->size <= 0 && s->size > -2; f++)
		s->size--;
	return f;
}

/* va_list may be an array type, so it is passed inside a struct. */
struct args {
	va_list list;
};

static const char *parse_spec(const char *f, struct spec *s, struct args *a)
{
	f = parse_flags(f, s);
	if (*f == '*') {
		s->width = va_arg(a->list, int);
		f++;
		if (s->width < 0) {
			s->left = true;
			s->width = -s->width;
		}
	} else {
		f = parse_digits(f, &s->width);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			s->precision = va_arg(a->list, int);
			f++;
		} else {
			f = parse_digits(f, &s->precision);
		}
	}
	return parse_size(f, s);
}

static int64_t take_signed(struct args *a, int size)
{
	switch (size) {
	case 3: return va_arg(a->list, ptrdiff_t);
	case 2: return va_arg(a->list, long long);
	case 1: return va_arg(a->list, long);
	case -1: return (short)va_arg(a->list, int);
	case -2: return (signed char)va_arg(a->list, int);
	default: return va_arg(a->list, int);
	}
}

static uint64_t take_unsigned(struct args *a, int size)
{
	switch (size) {
	case 3: return va_arg(a->list, size_t);
	case 2: return va_arg(a->list, unsigned long long);
	case 1: return va_arg(a->list, unsigned long);
	case -1: return (unsigned short)va_arg(a->list, unsigned);
	case -2: return (unsigned char)va_arg(a->list, unsigned);
	default: return va_arg(a->list, unsigned);
	}
}

/* Print the conversion `conv`; false when it is none of ours. */
static bool convert(struct out *o, struct spec *s, char conv, struct args *a)
{
	char one[2] = { 0, 0 };

	switch (conv) {
	case 'd':
	case 'i':
		emit_signed(o, s, take_signed(a, s->size));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		emit_unsigned(o, s, take_unsigned(a, s->size), conv, "");
		return true;
	case 'p':
		s->alt = false;
		emit_unsigned(o, s, (uintptr_t)va_arg(a->list, void *), 'x', "0x");
		return true;
	case 's':
		emit_text(o, s, va_arg(a->list, const char *));
		return true;
	case 'c':
		one[0] = (char)va_arg(a->list, int);
		if (!s->left)
			emit_many(o, ' ', s->width - 1);
		emit(o, one, 1);
		if (s->left)
			emit_many(o, ' ', s->width - 1);
		return true;
	case '%':
		emit(o, "%", 1);
		return true;
	default:
		return false;
	}
}

size_t fmt_vprint(fmt_put_fn put, void *ctx, const char *format, va_list list)
{
	struct out o = { .put = put, .ctx = ctx };
	struct args a;

	va_copy(a.list, list);
	while (*format != '\0') {
		const char *from = format;
		struct spec s = { .precision = -1 };

		while (*format != '\0' && *format != '%')
			format++;
		emit(&o, from, (size_t)(format - from));
		if (*format == '\0')
			break;
		from = format;
		format = parse_spec(format + 1, &s, &a);
		if (*format == '\0' || !convert(&o, &s, *format, &a)) {
			emit(&o, from, (size_t)(format - from));
			continue;
		}
		format++;
	}
	va_end(a.list);
	return o.n;
}

size_t fmt_print(fmt_put_fn put, void *ctx, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = fmt_vprint(put, ctx, format, args);
	va_end(args);
	return n;
}

struct buffer {
	char *at;
	size_t room; /* without the terminator */
};

static void put_buffer(void *ctx, const char *text, size_t n)
{
	struct buffer *b = ctx;

	if (n > b->room)
		n = b->room;
	if (n == 0)
		return;
	memcpy(b->at, text, n);
	b->at += n;
	b->room -= n;
}

size_t fmt_vsnprintf(char *buf, size_t cap, const char *format, va_list args)
{
	struct buffer b = { .at = buf, .room = cap > 0 ? cap - 1 : 0 };
	size_t n = fmt_vprint(put_buffer, &b, format, args);

	if (cap > 0)
		*b.at = '\0';
	return n;
}

size_t fmt_snprintf(char *buf, size_t cap, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = fmt_vsnprintf(buf, cap, format, args);
	va_end(args);
	return n;
}
