/* console.h - the machine's own terminals: two serial lines, the screen with the keyboard.
 * Used by: drivers/drivers.c; serial.c, screen.c and keyboard.c implement it.
 * Never: used above the drivers: they see ttys and the log.  */
#ifndef DRIVERS_CONSOLE_CONSOLE_H
#define DRIVERS_CONSOLE_CONSOLE_H
#include "kernel/base/log.h"

struct tty;

/** Before anything else logs, without interrupts or memory: the log goes to COM1 and to the screen. */
void serial_early(void);
void screen_early(void);
/** proc context, at boot: terminals with interrupts. NULL: COM1 (the screen) is not there. */
struct tty *serial_init(void);  /* /dev/ttyS0, which is returned, and /dev/ttyS1 */
struct tty *screen_init(void);  /* /dev/tty1 */
void keyboard_init(struct tty *t);
/** Keys: bytes typed at the screen's terminal; reads the terminal's arrow key mode. */
bool screen_app_cursor(void);
/** From here on the log's lines above max stay in the ring only. */
void serial_log_level(enum log_level max);
void screen_log_level(enum log_level max);

#endif
