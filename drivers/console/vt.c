/* vt.c - the terminal's parser: characters, UTF-8, control codes, and the cells they change.
 * Called by: screen.c; vt_csi.c for the cells.
 * Never: fails: what it does not know it swallows, as a terminal does.  */
#include "drivers/console/vt.h"

#include "drivers/console/vt_priv.h"
#include "lib/str.h"

#define ESC 0x1b
#define PARAM_MAX 9999u

/* ---- cells -------------------------------------------------------------------------------------- */

uint8_t vt_attribute(const struct vt *v)
{
	static const uint8_t vga[8] = {0, 4, 2, 6, 1, 5, 3, 7}; /* ANSI counts red first, VGA blue */
	const struct vt_cursor *a = &v->at;
	uint8_t fg = vga[a->fg & 7] | (a->fg & 8), bg = vga[a->bg & 7];
	if (a->underline) fg = 3;
	else if (a->dim) fg = 8;
	if (a->bold) fg |= 8;
	if (a->reverse) {
		uint8_t t = fg;
		fg = bg | (fg & 8);
		bg = t & 7;
	}
	if (a->invisible) fg = bg;
	return (uint8_t)(fg | bg << 4 | (a->blink ? 0x80 : 0));
}

static uint16_t blank(const struct vt *v)
{
	uint8_t bg = (uint8_t)(vt_attribute(v) & 0x70);
	return (uint16_t)(' ' | (bg | (v->at.reverse ? 0 : 7)) << 8);
}

void vt_erase(struct vt *v, uint32_t from, uint32_t to)
{
	uint16_t b = blank(v);
	to = MIN(to, VT_ROWS * VT_COLS);
	if (from < to) vt_touch(v, from, to);
	for (uint32_t i = from; i < to; i++) v->cells[i] = b;
}

void vt_scroll(struct vt *v, uint32_t from, int32_t n)
{
	uint32_t lines = v->bottom - from, by = (uint32_t)(n < 0 ? -n : n);
	if (from >= v->bottom) return;
	if (by > lines) by = lines;
	uint32_t kept = (lines - by) * VT_COLS * sizeof v->cells[0];
	uint16_t *first = &v->cells[from * VT_COLS];
	vt_touch(v, from * VT_COLS, v->bottom * VT_COLS);
	if (n > 0) {
		memmove(first, first + by * VT_COLS, kept);
		vt_erase(v, (v->bottom - by) * VT_COLS, v->bottom * VT_COLS);
	} else {
		memmove(first + by * VT_COLS, first, kept);
		vt_erase(v, from * VT_COLS, (from + by) * VT_COLS);
	}
}

void vt_goto(struct vt *v, int32_t row, int32_t col)
{
	int32_t low = v->at.origin ? (int32_t)v->top : 0, high = (int32_t)(v->at.origin ? v->bottom : VT_ROWS) - 1;
	v->at.row = (uint32_t)MIN(MAX(row, low), high);
	v->at.col = (uint32_t)MIN(MAX(col, 0), (int32_t)VT_COLS - 1);
	v->wrap_next = false;
}

static void line_feed(struct vt *v)
{
	if (v->at.row + 1 == v->bottom) vt_scroll(v, v->top, 1);
	else if (v->at.row + 1 < VT_ROWS) v->at.row++;
	v->wrap_next = false;
}

static void reverse_line_feed(struct vt *v)
{
	if (v->at.row == v->top) vt_scroll(v, v->top, -1);
	else if (v->at.row > 0) v->at.row--;
	v->wrap_next = false;
}

void vt_put(struct vt *v, uint8_t c)
{
	if (v->wrap_next && v->autowrap) {
		v->at.col = 0;
		line_feed(v);
	}
	uint32_t at = v->at.row * VT_COLS + v->at.col;
	uint16_t *cell = &v->cells[at];
	vt_touch(v, at, v->insert ? (v->at.row + 1) * VT_COLS : at + 1);
	if (v->insert) memmove(cell + 1, cell, (VT_COLS - 1 - v->at.col) * sizeof *cell);
	*cell = (uint16_t)(c | vt_attribute(v) << 8);
	v->last = c;
	if (v->at.col + 1 < VT_COLS) v->at.col++;
	else v->wrap_next = true;
}

/* ---- characters --------------------------------------------------------------------------------- */

/* Code page 437 for what full-screen programs draw with; everything else is a question mark. */
static uint8_t cp437(uint32_t u)
{
	static const struct { uint16_t u; uint8_t c; } map[] = {
		{0x00a0, ' '}, {0x00a1, 0xad}, {0x00a3, 0x9c}, {0x00a5, 0x9d}, {0x00a7, 0x15}, {0x00ab, 0xae}, {0x00ac, 0xaa},
		{0x00b0, 0xf8}, {0x00b1, 0xf1}, {0x00b2, 0xfd}, {0x00b5, 0xe6}, {0x00b6, 0x14}, {0x00b7, 0xfa}, {0x00bb, 0xaf},
		{0x00bc, 0xac}, {0x00bd, 0xab}, {0x00bf, 0xa8}, {0x00c4, 0x8e}, {0x00c5, 0x8f}, {0x00c6, 0x92}, {0x00c7, 0x80},
		{0x00c9, 0x90}, {0x00d1, 0xa5}, {0x00d6, 0x99}, {0x00dc, 0x9a}, {0x00df, 0xe1}, {0x00e0, 0x85}, {0x00e1, 0xa0},
		{0x00e2, 0x83}, {0x00e4, 0x84}, {0x00e5, 0x86}, {0x00e6, 0x91}, {0x00e7, 0x87}, {0x00e8, 0x8a}, {0x00e9, 0x82},
		{0x00ea, 0x88}, {0x00eb, 0x89}, {0x00ec, 0x8d}, {0x00ed, 0xa1}, {0x00ee, 0x8c}, {0x00ef, 0x8b}, {0x00f1, 0xa4},
		{0x00f2, 0x95}, {0x00f3, 0xa2}, {0x00f4, 0x93}, {0x00f6, 0x94}, {0x00f7, 0xf6}, {0x00f9, 0x97}, {0x00fa, 0xa3},
		{0x00fb, 0x96}, {0x00fc, 0x81}, {0x00ff, 0x98}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''},
		{0x201c, '"'}, {0x201d, '"'}, {0x2022, 0x07}, {0x2190, 0x1b}, {0x2191, 0x18}, {0x2192, 0x1a}, {0x2193, 0x19},
		{0x2500, 0xc4}, {0x2502, 0xb3}, {0x250c, 0xda}, {0x2510, 0xbf}, {0x2514, 0xc0}, {0x2518, 0xd9}, {0x251c, 0xc3},
		{0x2524, 0xb4}, {0x252c, 0xc2}, {0x2534, 0xc1}, {0x253c, 0xc5}, {0x2550, 0xcd}, {0x2551, 0xba}, {0x2554, 0xc9},
		{0x2557, 0xbb}, {0x255a, 0xc8}, {0x255d, 0xbc}, {0x2580, 0xdf}, {0x2584, 0xdc}, {0x2588, 0xdb}, {0x2591, 0xb0},
		{0x2592, 0xb1}, {0x2593, 0xb2}, {0x25a0, 0xfe},
	};
	if (u < 0x7f) return (uint8_t)u;
	for (uint32_t i = 0; i < ARRAY_LEN(map); i++)
		if (map[i].u == u) return map[i].c;
	return '?';
}

/* DEC special graphics, 0x60..0x7e (VT100 user guide, table 3-9). */
static uint8_t dec_graphics(uint8_t c)
{
	static const uint8_t map[31] = {
		0x04, 0xb1, '?', '?', '?', '?', 0xf8, 0xf1, '?', '?', 0xd9, 0xbf, 0xda, 0xc0, 0xc5, 0xc4,
		0xc4, 0xc4, 0xc4, 0xc4, 0xc3, 0xb4, 0xc1, 0xc2, 0xb3, 0xf3, 0xf2, 0xe3, 0xd8, 0x9c, 0xfa,
	};
	return c >= 0x60 && c <= 0x7e ? map[c - 0x60] : c;
}

static void printable(struct vt *v, uint8_t c)
{
	v->utf8_left = 0;
	if (c < 0x80) {
		vt_put(v, v->at.graphics[v->at.shift] ? dec_graphics(c) : c);
	} else if (c >= 0xc2 && c <= 0xf4) {
		v->utf8_left = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		v->utf8 = c & (0x3fu >> v->utf8_left);
	} else {
		vt_put(v, '?');
	}
}

static void continuation(struct vt *v, uint8_t c)
{
	v->utf8 = v->utf8 << 6 | (c & 0x3f);
	if (--v->utf8_left == 0) vt_put(v, cp437(v->utf8));
}

static void tab(struct vt *v)
{
	uint32_t col = v->at.col + 1;
	while (col < VT_COLS - 1 && (v->tabs[col / 8] >> (col % 8) & 1) == 0) col++;
	v->at.col = MIN(col, VT_COLS - 1);
	v->wrap_next = false;
}

/* C0 controls work in the middle of a sequence too. */
static void control(struct vt *v, uint8_t c)
{
	switch (c) {
	case '\b':
		if (v->at.col > 0) v->at.col--;
		v->wrap_next = false;
		break;
	case '\t':
		tab(v);
		break;
	case '\n':
	case '\v':
	case '\f':
		line_feed(v);
		if (v->newline) v->at.col = 0;
		break;
	case '\r':
		v->at.col = 0;
		v->wrap_next = false;
		break;
	case 0x0e:
	case 0x0f:
		v->at.shift = c == 0x0e;
		break;
	case 0x18:
	case 0x1a:
		v->state = VT_TEXT;
		break;
	case ESC:
		v->state = VT_ESC;
		break;
	default: /* NUL, BEL and the rest: nothing to see */
		break;
	}
}

/* ---- sequences ---------------------------------------------------------------------------------- */

static void csi_begin(struct vt *v)
{
	memset(v->params, 0, sizeof v->params);
	v->n_params = 0;
	v->private = v->intermediate = 0;
	v->state = VT_CSI;
}

static void escape(struct vt *v, uint8_t c)
{
	v->state = VT_TEXT;
	switch (c) {
	case '[': csi_begin(v); break;
	case ']': v->state = VT_OSC; break;
	case '(':
	case ')':
		v->charset = c == ')';
		v->state = VT_CHARSET;
		break;
	case '#': v->state = VT_HASH; break;
	case '%': v->state = VT_PERCENT; break;
	case '7': vt_save(v); break;
	case '8': vt_restore(v); break;
	case 'D': line_feed(v); break;
	case 'E':
		v->at.col = 0;
		line_feed(v);
		break;
	case 'H': v->tabs[v->at.col / 8] |= (uint8_t)(1u << (v->at.col % 8)); break;
	case 'M': reverse_line_feed(v); break;
	case 'Z': v->reply(v->reply_ctx, "\033[?6c", 5); break;
	case 'c': vt_reset(v); break;
	default: break; /* keypad modes and what nobody sends */
	}
}

static void csi(struct vt *v, uint8_t c)
{
	uint32_t *p = &v->params[v->n_params];
	if (c >= '0' && c <= '9') {
		*p = MIN(*p * 10 + (c - '0'), PARAM_MAX);
	} else if (c == ';' || c == ':') {
		if (++v->n_params == VT_PARAMS) v->state = VT_CSI_IGNORE;
	} else if (c >= 0x3c && c <= 0x3f) {
		v->private = c;
	} else if (c == '[') {
		v->state = VT_CHARSET; /* ESC [ [ x: echo of a function key, one more character */
		v->charset = 2;
	} else if (c >= 0x20 && c <= 0x2f) {
		v->intermediate = c;
	} else {
		v->state = VT_TEXT;
		v->n_params++;
		if (v->intermediate == 0 && c >= 0x40 && c <= 0x7e) vt_csi(v, c);
	}
}

/* ESC ] string BEL or ST; Linux's own ESC ] P nrrggbb and ESC ] R have no end mark. */
static void osc(struct vt *v, uint8_t c)
{
	if (c == 0x07 || c == 0x18 || c == '\n') v->state = VT_TEXT; /* an end, or a string that was none */
	else if (c == ESC) v->state = VT_OSC_ESC;
	else if (c == 'R' && v->skip == 0) v->state = VT_TEXT;
	else if (c == 'P' && v->skip == 0) {
		v->state = VT_OSC_PALETTE;
		v->skip = 7;
		return;
	}
	v->skip = v->state == VT_OSC;
}

static void fill_with_e(struct vt *v)
{
	vt_touch(v, 0, VT_ROWS * VT_COLS);
	for (uint32_t i = 0; i < VT_ROWS * VT_COLS; i++) v->cells[i] = 'E' | 7 << 8;
}

static void sequence(struct vt *v, uint8_t c)
{
	switch (v->state) {
	case VT_ESC:
		v->skip = 0;
		escape(v, c);
		return;
	case VT_CSI:
		csi(v, c);
		return;
	case VT_CSI_IGNORE:
		if (c >= 0x40) v->state = VT_TEXT;
		return;
	case VT_OSC_PALETTE:
		if (--v->skip == 0) v->state = VT_TEXT;
		return;
	case VT_CHARSET:
		if (v->charset < 2) v->at.graphics[v->charset] = c == '0';
		break;
	case VT_HASH:
		if (c == '8') fill_with_e(v);
		break;
	default: /* VT_PERCENT: UTF-8 stays on; VT_OSC_ESC: the string's end */
		break;
	}
	v->state = VT_TEXT;
}

static void byte(struct vt *v, uint8_t c)
{
	if (v->state == VT_OSC) osc(v, c);
	else if (c < 0x20) control(v, c);
	else if (v->state != VT_TEXT) sequence(v, c);
	else if (v->utf8_left != 0 && (c & 0xc0) == 0x80) continuation(v, c);
	else if (c != 0x7f) printable(v, c);
}

void vt_write(struct vt *v, const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) byte(v, bytes[i]);
}

/* ---- state -------------------------------------------------------------------------------------- */

void vt_save(struct vt *v) { v->saved = v->at; }

void vt_restore(struct vt *v)
{
	v->at = v->saved;
	v->wrap_next = false;
}

void vt_reset(struct vt *v)
{
	v->at = (struct vt_cursor){.fg = 7};
	v->saved = v->at;
	v->top = 0;
	v->bottom = VT_ROWS;
	v->wrap_next = v->insert = v->newline = v->hidden = v->app_cursor = false;
	v->autowrap = true;
	v->state = VT_TEXT;
	v->utf8_left = 0;
	memset(v->tabs, 1, sizeof v->tabs); /* every eighth column */
	vt_erase(v, 0, VT_ROWS * VT_COLS);
}

void vt_init(struct vt *v, void (*reply)(void *ctx, const char *text, uint32_t n), void *ctx)
{
	memset(v, 0, sizeof *v);
	v->reply = reply;
	v->reply_ctx = ctx;
	v->last = ' ';
	vt_reset(v);
}
