/* keymap.c - scan code set 1, US layout, as bytes of the Linux console.
 * Called by: keyboard.c for each code.
 * Never: keeps anything but modifiers.  */
#include "drivers/console/keymap.h"

#include "lib/str.h"

#define RELEASED 0x80
#define KEY_CTRL 0x1d
#define KEY_LSHIFT 0x2a
#define KEY_RSHIFT 0x36
#define KEY_ALT 0x38
#define KEY_CAPS 0x3a
#define KEY_F1 0x3b
#define KEY_F10 0x44
#define KEY_NUM 0x45
#define KEY_PAD_HOME 0x47
#define KEY_PAD_DEL 0x53
#define KEY_F11 0x57
#define KEY_F12 0x58
#define KEYS 0x3a

static const char plain[KEYS + 1] = "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[KEYS + 1] = "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static uint32_t text(uint8_t out[KEYMAP_BYTES], const char *s)
{
	uint32_t n = (uint32_t)strlen(s);
	memcpy(out, s, n);
	return n;
}

static uint32_t meta(const struct keymap *k, uint8_t c, uint8_t out[KEYMAP_BYTES])
{
	uint32_t n = 0;
	if (k->alt_left || k->alt_right) out[n++] = 0x1b;
	out[n++] = c;
	return n;
}

/* What Ctrl makes of a character; -1: nothing. */
static int control(char c)
{
	if (c >= 'a' && c <= 'z') return c - 'a' + 1;
	if (c >= '@' && c <= '_') return c - '@';
	switch (c) {
	case ' ':
	case '2': return 0;
	case '3': return 0x1b;
	case '4': return 0x1c;
	case '5': return 0x1d;
	case '6': return 0x1e;
	case '7':
	case '-':
	case '/': return 0x1f;
	case '8':
	case '?': return 0x7f;
	case '\177': return 0x08;
	default: return (uint8_t)c < 0x20 ? c : -1;
	}
}

static uint32_t character(const struct keymap *k, uint8_t code, uint8_t out[KEYMAP_BYTES])
{
	bool shift = k->shift_left || k->shift_right;
	char c = plain[code];
	if (c == 0) return 0;
	if (c >= 'a' && c <= 'z' ? shift != k->caps : shift) c = shifted[code];
	if (!k->ctrl_left && !k->ctrl_right) return meta(k, (uint8_t)c, out);
	int ctrl = control(c);
	return ctrl < 0 ? 0 : meta(k, (uint8_t)ctrl, out);
}

/* Keys of the cursor block and of the keypad without NumLock, in the keypad's order from Home to Del. */
static uint32_t cursor_key(uint8_t code, bool app_cursor, uint8_t out[KEYMAP_BYTES])
{
	static const char *const keys[] = {"\033[1~", "\033[A", "\033[5~", "-",      "\033[D", "\033[G", "\033[C",
					   "+",       "\033[4~", "\033[B", "\033[6~", "\033[2~", "\033[3~"};
	uint32_t n = text(out, keys[code - KEY_PAD_HOME]);
	if (n == 3 && app_cursor && out[2] <= 'D') out[1] = 'O';
	return n;
}

static uint32_t function_key(uint8_t code, uint8_t out[KEYMAP_BYTES])
{
	static const char *const keys[] = {"\033[[A",  "\033[[B",  "\033[[C",  "\033[[D",  "\033[[E",  "\033[17~",
					   "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~", "\033[24~"};
	return text(out, keys[code >= KEY_F11 ? code - KEY_F11 + 10 : code - KEY_F1]);
}

/* Shift, Ctrl, Alt: down or up. True if it was one of them. */
static bool modifier(struct keymap *k, uint8_t key, bool extended, bool down)
{
	switch (key) {
	case KEY_LSHIFT:
		if (!extended) k->shift_left = down; /* extended: a fake shift around the cursor keys */
		return true;
	case KEY_RSHIFT:
		if (!extended) k->shift_right = down;
		return true;
	case KEY_CTRL:
		*(extended ? &k->ctrl_right : &k->ctrl_left) = down;
		return true;
	case KEY_ALT:
		*(extended ? &k->alt_right : &k->alt_left) = down;
		return true;
	default: return false;
	}
}

static uint32_t pressed(struct keymap *k, uint8_t key, bool extended, bool app_cursor, uint8_t out[KEYMAP_BYTES])
{
	if (key == KEY_PAD_DEL && (k->ctrl_left || k->ctrl_right) && (k->alt_left || k->alt_right)) {
		k->reset = true;
		return 0;
	}
	if (key == KEY_CAPS || key == KEY_NUM) {
		bool *lock = key == KEY_CAPS ? &k->caps : &k->num;
		*lock = !*lock;
		return 0;
	}
	if (key >= KEY_PAD_HOME && key <= KEY_PAD_DEL) {
		static const char digits[] = "789-456+1230.";
		if (!extended && k->num) return meta(k, (uint8_t)digits[key - KEY_PAD_HOME], out);
		return cursor_key(key, app_cursor, out);
	}
	if ((key >= KEY_F1 && key <= KEY_F10) || key == KEY_F11 || key == KEY_F12) return function_key(key, out);
	if (key >= KEYS || (extended && plain[key] != '\r' && plain[key] != '/')) return 0;
	return character(k, key, out);
}

uint32_t keymap_decode(struct keymap *k, uint8_t code, bool app_cursor, uint8_t out[KEYMAP_BYTES])
{
	if (k->skip != 0) {
		k->skip--;
		return 0;
	}
	if (code == 0xe0 || code == 0xe1) {
		k->extended = code == 0xe0;
		k->skip = code == 0xe1 ? 5 : 0;
		return 0;
	}
	bool extended = k->extended;
	k->extended = false;
	uint8_t key = code & (uint8_t)~RELEASED;
	if (modifier(k, key, extended, code == key) || code != key) return 0;
	return pressed(k, key, extended, app_cursor, out);
}
