/* vt.h - a text screen that understands what programs send to TERM=linux (and vt100, vt220).
 * Used by: screen.c with the VGA text memory behind it, and host tests.
 * Never: touches hardware, allocates, or knows where its cells are shown.
 * Source: console_codes(4); ECMA-48 5th edition; DEC VT100 user guide, chapter 3.  */
#ifndef DRIVERS_CONSOLE_VT_H
#define DRIVERS_CONSOLE_VT_H
#include "lib/base.h"

#define VT_ROWS 25u
#define VT_COLS 80u
#define VT_PARAMS 16u

enum vt_state { VT_TEXT, VT_ESC, VT_CSI, VT_CSI_IGNORE, VT_OSC, VT_OSC_ESC, VT_OSC_PALETTE, VT_CHARSET, VT_HASH, VT_PERCENT };

/** What ESC 7 keeps. */
struct vt_cursor {
	uint32_t row, col;
	uint8_t fg, bg;
	bool bold, blink, reverse, underline, dim, invisible;
	bool graphics[2];   /* G0, G1 are the line drawing set */
	uint8_t shift;      /* which of them is in use */
	bool origin;
};

struct vt {
	uint16_t cells[VT_ROWS * VT_COLS]; /* VGA: attribute << 8 | code page 437 */
	uint32_t dirty_from, dirty_to; /* cells [from, to) may have changed since the owner set to = 0 */
	struct vt_cursor at, saved;
	uint32_t top, bottom;  /* scrolling region [top, bottom) */
	bool wrap_next;        /* the last column was written: the next character goes to a new line */
	bool autowrap, insert, newline, hidden;
	bool app_cursor;       /* arrow keys send ESC O x */
	uint8_t tabs[VT_COLS / 8];
	uint8_t last;          /* character that REP repeats */
	/* parser */
	enum vt_state state;
	uint32_t params[VT_PARAMS], n_params;
	uint8_t private, intermediate, charset, skip;
	uint32_t utf8;
	uint8_t utf8_left;
	/* answers of the terminal, to the tty as input */
	void (*reply)(void *ctx, const char *text, uint32_t n);
	void *reply_ctx;
};

void vt_init(struct vt *v, void (*reply)(void *ctx, const char *text, uint32_t n), void *ctx);
/** Any bytes at all are safe. Any context; the caller keeps two from meeting. */
void vt_write(struct vt *v, const uint8_t *bytes, uint32_t n);

#endif
