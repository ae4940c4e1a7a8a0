/* vt_csi.c - what the terminal's control sequences (ESC [ ...) do.
 * Called by: vt.c when a sequence is complete.
 * Never: goes outside the screen, whatever the numbers.  */
#include "drivers/console/vt_priv.h"

#include "lib/fmt.h"
#include "lib/str.h"

/* Parameter i, where 0 and absence mean dflt. */
static int32_t param(const struct vt *v, uint32_t i, int32_t dflt)
{
	return i < v->n_params && v->params[i] != 0 ? (int32_t)v->params[i] : dflt;
}

static void erase_display(struct vt *v)
{
	uint32_t here = v->at.row * VT_COLS + v->at.col, all = VT_ROWS * VT_COLS;
	switch (v->params[0]) {
	case 0: vt_erase(v, here, all); break;
	case 1: vt_erase(v, 0, here + 1); break;
	case 2:
	case 3: vt_erase(v, 0, all); break;
	default: break;
	}
}

static void erase_line(struct vt *v)
{
	uint32_t line = v->at.row * VT_COLS, here = line + v->at.col;
	switch (v->params[0]) {
	case 0: vt_erase(v, here, line + VT_COLS); break;
	case 1: vt_erase(v, line, here + 1); break;
	case 2: vt_erase(v, line, line + VT_COLS); break;
	default: break;
	}
}

/* Move the rest of the line by n columns: right (insert) or left (delete). */
static void shift_line(struct vt *v, uint32_t n, bool insert)
{
	uint32_t left = VT_COLS - v->at.col, at = v->at.row * VT_COLS + v->at.col;
	n = MIN(n, left);
	uint16_t *cell = &v->cells[at];
	vt_touch(v, at, at + left);
	if (insert) {
		memmove(cell + n, cell, (left - n) * sizeof *cell);
		vt_erase(v, at, at + n);
	} else {
		memmove(cell, cell + n, (left - n) * sizeof *cell);
		vt_erase(v, at + left - n, at + left);
	}
	v->wrap_next = false;
}

static void shift_lines(struct vt *v, int32_t n)
{
	if (v->at.row < v->top || v->at.row >= v->bottom) return;
	vt_scroll(v, v->at.row, n);
	v->at.col = 0;
	v->wrap_next = false;
}

/* Up and down stop at the region's edge, when they start inside it. */
static void move_rows(struct vt *v, int32_t by)
{
	int32_t row = (int32_t)v->at.row + by;
	if (by < 0 && v->at.row >= v->top) row = MAX(row, (int32_t)v->top);
	if (by > 0 && v->at.row < v->bottom) row = MIN(row, (int32_t)v->bottom - 1);
	vt_goto(v, row, (int32_t)v->at.col);
}

static void set_region(struct vt *v)
{
	int32_t top = param(v, 0, 1), bottom = param(v, 1, (int32_t)VT_ROWS);
	if (top >= bottom || bottom > (int32_t)VT_ROWS) return;
	v->top = (uint32_t)top - 1;
	v->bottom = (uint32_t)bottom;
	vt_goto(v, v->at.origin ? (int32_t)v->top : 0, 0);
}

static void set_mode(struct vt *v, bool on)
{
	for (uint32_t i = 0; i < v->n_params; i++) {
		switch (v->private << 8 | v->params[i]) {
		case 4: v->insert = on; break;
		case 20: v->newline = on; break;
		case '?' << 8 | 1: v->app_cursor = on; break;
		case '?' << 8 | 6:
			v->at.origin = on;
			vt_goto(v, on ? (int32_t)v->top : 0, 0);
			break;
		case '?' << 8 | 7: v->autowrap = on; break;
		case '?' << 8 | 25: v->hidden = !on; break;
		default: break;
		}
	}
}

static void report(struct vt *v)
{
	char text[24];
	if (v->private != 0) return;
	if (v->params[0] == 5) v->reply(v->reply_ctx, "\033[0n", 4);
	if (v->params[0] != 6) return;
	uint32_t row = v->at.row - (v->at.origin ? v->top : 0);
	v->reply(v->reply_ctx, text, (uint32_t)fmt_snprintf(text, sizeof text, "\033[%u;%uR", row + 1, v->at.col + 1));
}

/* The nearest of the 16 colours to one of the 256 (xterm's cube and greys). */
static uint8_t colour_256(uint32_t n)
{
	if (n < 16) return (uint8_t)n;
	if (n >= 232) return n < 238 ? 8 : n < 250 ? 7 : 15;
	uint32_t r = (n - 16) / 36, g = (n - 16) / 6 % 6, b = (n - 16) % 6, high = MAX(r, MAX(g, b));
	if (high == 0) return 0;
	return (uint8_t)((2 * r > high) | (2 * g > high) << 1 | (2 * b > high) << 2 | (high > 3 ? 8 : 0));
}

/* 38;5;n and 38;2;r;g;b: returns how many parameters were eaten behind the 38. */
static uint32_t extended_colour(struct vt *v, uint32_t i, uint8_t *colour)
{
	const uint32_t *p = &v->params[i];
	if (i + 2 < v->n_params && p[1] == 5) {
		*colour = colour_256(p[2]);
		return 2;
	}
	if (i + 4 >= v->n_params || p[1] != 2) return 1;
	*colour = (uint8_t)((p[2] > 96) | (p[3] > 96) << 1 | (p[4] > 96) << 2 | (MAX(p[2], MAX(p[3], p[4])) > 200 ? 8 : 0));
	return 4;
}

static void rendition_off(struct vt *v)
{
	struct vt_cursor *a = &v->at;
	a->fg = 7;
	a->bg = 0;
	a->bold = a->blink = a->reverse = a->underline = a->dim = a->invisible = false;
}

static void rendition(struct vt *v, uint32_t p)
{
	struct vt_cursor *a = &v->at;
	switch (p) {
	case 0: rendition_off(v); break;
	case 1: a->bold = true; break;
	case 2: a->dim = true; break;
	case 4: a->underline = true; break;
	case 5: a->blink = true; break;
	case 7: a->reverse = true; break;
	case 8: a->invisible = true; break;
	case 21:
	case 22: a->bold = a->dim = false; break;
	case 24: a->underline = false; break;
	case 25: a->blink = false; break;
	case 27: a->reverse = false; break;
	case 28: a->invisible = false; break;
	case 39: a->fg = 7; break;
	case 49: a->bg = 0; break;
	default:
		if (p >= 30 && p <= 37) a->fg = (uint8_t)(p - 30);
		else if (p >= 40 && p <= 47) a->bg = (uint8_t)(p - 40);
		else if (p >= 90 && p <= 97) a->fg = (uint8_t)(p - 90 + 8);
		else if (p >= 100 && p <= 107) a->bg = (uint8_t)(p - 100);
	}
}

static void renditions(struct vt *v)
{
	for (uint32_t i = 0; i < v->n_params; i++) {
		uint8_t colour = 0;
		if (v->params[i] == 38) {
			i += extended_colour(v, i, &colour);
			v->at.fg = colour;
		} else if (v->params[i] == 48) {
			i += extended_colour(v, i, &colour);
			v->at.bg = colour;
		} else {
			rendition(v, v->params[i]);
		}
	}
}

static void clear_tabs(struct vt *v)
{
	if (v->params[0] == 3) memset(v->tabs, 0, sizeof v->tabs);
	else if (v->params[0] == 0) v->tabs[v->at.col / 8] &= (uint8_t)~(1u << (v->at.col % 8));
}

static void repeat(struct vt *v, int32_t n)
{
	n = MIN(n, (int32_t)(VT_ROWS * VT_COLS));
	while (n-- > 0) vt_put(v, v->last);
}

void vt_csi(struct vt *v, uint8_t final)
{
	int32_t n = param(v, 0, 1), row = (int32_t)v->at.row, col = (int32_t)v->at.col, base = v->at.origin ? (int32_t)v->top : 0;
	if (v->private != 0 && final != 'h' && final != 'l') return; /* private reports and xterm's key options */
	switch (final) {
	case '@': shift_line(v, (uint32_t)n, true); break;
	case 'A': move_rows(v, -n); break;
	case 'B':
	case 'e': move_rows(v, n); break;
	case 'C':
	case 'a': vt_goto(v, row, col + n); break;
	case 'D': vt_goto(v, row, col - n); break;
	case 'E':
		move_rows(v, n);
		v->at.col = 0;
		break;
	case 'F':
		move_rows(v, -n);
		v->at.col = 0;
		break;
	case 'G':
	case '`': vt_goto(v, row, n - 1); break;
	case 'H':
	case 'f': vt_goto(v, base + n - 1, param(v, 1, 1) - 1); break;
	case 'J': erase_display(v); break;
	case 'K': erase_line(v); break;
	case 'L': shift_lines(v, -n); break;
	case 'M': shift_lines(v, n); break;
	case 'P': shift_line(v, (uint32_t)n, false); break;
	case 'S': vt_scroll(v, v->top, n); break;
	case 'T': vt_scroll(v, v->top, -n); break;
	case 'X': vt_erase(v, v->at.row * VT_COLS + v->at.col, v->at.row * VT_COLS + MIN(v->at.col + (uint32_t)n, VT_COLS)); break;
	case 'b': repeat(v, n); break;
	case 'c': v->reply(v->reply_ctx, "\033[?6c", 5); break;
	case 'd': vt_goto(v, base + n - 1, col); break;
	case 'g': clear_tabs(v); break;
	case 'h': set_mode(v, true); break;
	case 'l': set_mode(v, false); break;
	case 'm': renditions(v); break;
	case 'n': report(v); break;
	case 'r': set_region(v); break;
	case 's': vt_save(v); break;
	case 'u': vt_restore(v); break;
	default: break;
	}
}
