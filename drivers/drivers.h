/* drivers.h - the drivers, as main.c sees them.
 * Used by: kernel/base/main.c.
 * Never: anything of one driver alone.  */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

/** As the first thing after the log itself: its lines appear on COM1 and the screen. Interrupts off, no memory needed. */
void drivers_early(void);
/** proc context, when heap, interrupts and /dev are there: terminals, then disks (unless option nodisk), then cards
 *  (unless option nonet).
 *  Option console=ttyS0|tty1 names the terminal behind /dev/console. */
void drivers_init(void);
/** The first program is about to run: from here the consoles show warnings and worse, or what option loglevel=N (3, 4, 6, 7) says. */
void drivers_quiet(void);

#endif
