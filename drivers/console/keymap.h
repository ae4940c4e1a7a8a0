/* keymap.h - scan codes of a PC keyboard to the bytes that Linux's console sends for them (US layout).
 * Used by: keyboard.c and host tests.
 * Never: touches hardware.  Source: IBM PS/2 technical reference, scan code set 1; console_codes(4), keyboards as loadkeys "us".  */
#ifndef DRIVERS_CONSOLE_KEYMAP_H
#define DRIVERS_CONSOLE_KEYMAP_H
#include "lib/base.h"

#define KEYMAP_BYTES 6u /* at most, for one scan code */

struct keymap {
	bool shift_left, shift_right, ctrl_left, ctrl_right, alt_left, alt_right;
	bool caps, num;
	bool extended;   /* the last code was 0xe0 */
	uint8_t skip;    /* codes left of the Pause key's sequence */
	bool reset;      /* set by Ctrl-Alt-Del; the owner acts and clears it */
};

/** One scan code in, the bytes typed by it out (none for most). app_cursor: arrows as ESC O x. Any context. */
uint32_t keymap_decode(struct keymap *k, uint8_t code, bool app_cursor, uint8_t out[KEYMAP_BYTES]);

#endif
