/* keyboard.c - the PS/2 keyboard: scan codes from the 8042 become input of the screen's terminal.
 * Called by: drivers.c at boot, interrupt line 1.
 * Never: waits for the keyboard beyond a bounded count.  Source: IBM PS/2 technical reference, "Keyboard/auxiliary controller".  */
#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/console/console.h"
#include "drivers/console/keymap.h"
#include "fs/tty.h"
#include "kernel/base/irq.h"

#define KBD_DATA 0x60
#define KBD_STATUS 0x64
#define STATUS_FULL 0x01  /* a byte waits for us */
#define STATUS_MOUSE 0x20 /* it is the mouse's */
#define KBD_IRQ 1u
#define BYTES_PER_IRQ 16u

static struct keymap keys;
static struct tty *tty;

static void key_irq(void *ctx)
{
	UNUSED(ctx);
	for (uint32_t i = 0; i < BYTES_PER_IRQ; i++) {
		uint8_t status = inb(KBD_STATUS), out[KEYMAP_BYTES];
		if ((status & STATUS_FULL) == 0 || status == 0xff) return;
		uint8_t code = inb(KBD_DATA);
		if ((status & STATUS_MOUSE) != 0) continue;
		uint32_t n = keymap_decode(&keys, code, screen_app_cursor(), out);
		if (keys.reset) arch_reboot();
		if (n != 0) tty_input(tty, out, n);
	}
}

static struct irq_handler handler = {.handle = key_irq};

void keyboard_init(struct tty *t)
{
	tty = t;
	for (uint32_t i = 0; i < BYTES_PER_IRQ && (inb(KBD_STATUS) & STATUS_FULL) != 0; i++) inb(KBD_DATA); /* what the firmware left */
	if (irq_attach(KBD_IRQ, &handler) != 0) klog(LOG_ERR, "keyboard: no interrupt");
}
