/* screen.c - VGA text mode behind the terminal emulator: /dev/tty1 and a log sink.
 * Called by: drivers.c, the tty layer, the log.
 * Never: reads video memory: what is shown is known, and only cells that changed are written (each access is slow).  */
#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/console/console.h"
#include "drivers/console/vt.h"
#include "fs/tty.h"
#include "lib/str.h"

#define VGA_TEXT 0xb8000u
#define CRTC_INDEX 0x3d4
#define CRTC_DATA 0x3d5
#define CRTC_CURSOR_START 0x0a
#define CRTC_CURSOR_HIGH 0x0e
#define CRTC_CURSOR_LOW 0x0f
#define CURSOR_OFF 0x20
#define CURSOR_LINES 0x0d /* an underline: scan lines 13 and 14 of 16 */
#define CHUNK 256u        /* bytes with interrupts off */
#define RDEV_TTY1 (4u << 8 | 1)

/* shared with irq (echo, log): irq_save */
static struct vt vt;
static uint16_t shown[VT_ROWS * VT_COLS];
static uint32_t shown_cursor = UINT32_MAX;
static struct tty *tty;

static void crtc(uint8_t index, uint8_t value)
{
	outb(CRTC_INDEX, index);
	outb(CRTC_DATA, value);
}

static void show_cursor(void)
{
	uint32_t at = vt.hidden ? UINT32_MAX - 1 : vt.at.row * VT_COLS + vt.at.col;
	if (at == shown_cursor) return;
	crtc(CRTC_CURSOR_START, vt.hidden ? CURSOR_OFF : CURSOR_LINES);
	if (!vt.hidden) {
		crtc(CRTC_CURSOR_HIGH, (uint8_t)(at >> 8));
		crtc(CRTC_CURSOR_LOW, at & 0xff);
	}
	shown_cursor = at;
}

static void show(void)
{
	volatile uint16_t *video = phys_to_virt(paddr(VGA_TEXT));
	for (uint32_t i = vt.dirty_from; i < vt.dirty_to; i++) {
		if (shown[i] == vt.cells[i]) continue;
		shown[i] = vt.cells[i];
		video[i] = vt.cells[i];
	}
	vt.dirty_to = 0;
	show_cursor();
}

static void put_chunk(const uint8_t *bytes, uint32_t n)
{
	uint32_t state = irq_save();
	vt_write(&vt, bytes, n);
	irq_restore(state);
}

static void write_all(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t done = 0; done < n; done += CHUNK) put_chunk(bytes + done, MIN(n - done, CHUNK));
	uint32_t state = irq_save();
	show();
	irq_restore(state);
}

/* ---- as a terminal ------------------------------------------------------------------------------- */

static uint32_t tty_write(struct tty *t, const uint8_t *bytes, uint32_t n)
{
	UNUSED(t);
	write_all(bytes, n);
	return n;
}

static const struct tty_driver_ops ops = {.write = tty_write};

static void reply(void *ctx, const char *text, uint32_t n)
{
	UNUSED(ctx);
	if (tty != NULL) tty_input(tty, (const uint8_t *)text, n);
}

bool screen_app_cursor(void) { return vt.app_cursor; }

/* ---- as a log sink ------------------------------------------------------------------------------- */

static void log_write(const char *text, uint32_t n)
{
	uint32_t from = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (text[i] != '\n') continue;
		put_chunk((const uint8_t *)text + from, i - from);
		put_chunk((const uint8_t *)"\r\n", 2);
		from = i + 1;
	}
	write_all((const uint8_t *)text + from, n - from);
}

static struct log_sink sink = {.write = log_write, .max = LOG_DEBUG};

void screen_log_level(enum log_level max) { sink.max = max; }

void screen_early(void)
{
	vt_init(&vt, reply, NULL);
	memset(shown, 0xff, sizeof shown);
	show();
	log_add_sink(&sink);
}

struct tty *screen_init(void)
{
	tty = tty_create("tty1", RDEV_TTY1, &ops, NULL);
	if (tty != NULL) tty_set_size(tty, VT_ROWS, VT_COLS);
	return tty;
}
