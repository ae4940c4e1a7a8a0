/* machine.c - the rest of a PC: start of the arch part, early serial port, wall clock, entropy, power.
 * Called by: main.c, clock.c, panic.
 * Never: needed while the kernel runs. */
#include "arch/i386/i386.h"
#include "arch/i386/pio.h"

#include "kernel/base/log.h"

#define COM1 0x3f8u
#define CMOS_INDEX 0x70u
#define CMOS_DATA 0x71u
#define FW_CFG_SELECT 0x510u
#define FW_CFG_DATA 0x511u
#define QEMU_PM1A 0x604u
#define DEBUG_EXIT 0xf4u
#define CPUID_RDRAND (1u << 30)

static bool early_serial;

/* 115200 8N1, polled. Source: National Semiconductor PC16550D data sheet. */
static void early_serial_init(void)
{
	outb(COM1 + 7, 0x5a); /* scratch: is a UART there at all? */
	early_serial = inb(COM1 + 7) == 0x5a;
	if (!early_serial) return;
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x80);
	outb(COM1 + 0, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03);
	outb(COM1 + 2, 0x07);
	outb(COM1 + 4, 0x0b);
}

void arch_early_putc(char c)
{
	if (!early_serial) return;
	for (uint32_t i = 0; i < 100000 && !(inb(COM1 + 5) & 0x20); i++) continue;
	outb(COM1, (uint8_t)c);
}

void arch_init(uint32_t loader_magic, uint32_t loader_info)
{
	early_serial_init();
	tables_init();
	pic_init();
	multiboot_read(loader_magic, loader_info);
}

/* ---- wall clock.  Source: Motorola MC146818 data sheet; century register as in the IBM AT's. */

static uint8_t cmos(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static uint32_t from_bcd(uint32_t v) { return (v >> 4) * 10 + (v & 15); }

static void cmos_write(uint8_t index, uint8_t value)
{
	outb(CMOS_INDEX, index);
	outb(CMOS_DATA, value);
}

struct rtc { uint8_t second, minute, hour, day, month, year; };

static struct rtc rtc_read(void)
{
	for (uint32_t i = 0; i < 10000 && (cmos(0x0a) & 0x80); i++) pio_delay(); /* an update is under way */
	return (struct rtc){cmos(0), cmos(2), cmos(4), cmos(7), cmos(8), cmos(9)};
}

static bool rtc_same(const struct rtc *a, const struct rtc *b)
{
	return a->second == b->second && a->minute == b->minute && a->hour == b->hour && a->day == b->day &&
		a->month == b->month && a->year == b->year;
}

/* Days from 1970-01-01 of a date in 2000..2099. */
static uint32_t days_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
	static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	uint32_t leap_days = (year + 3) / 4; /* of the years before, 2000 included */

	if (month > 2 && year % 4 == 0) leap_days++;
	return 10957 + year * 365 + leap_days + before[month - 1] + day - 1;
}

/* Source: Motorola MC146818A data sheet, registers A (rate 15: 2 Hz), B (PIE) and C (read to acknowledge). */
void arch_heartbeat_start(void)
{
	uint32_t s = irq_save();

	cmos_write(0x0a, (uint8_t)((cmos(0x0a) & 0xf0) | 0x0f));
	cmos_write(0x0b, cmos(0x0b) | 0x40);
	(void)cmos(0x0c);
	irq_restore(s);
}

void arch_heartbeat_ack(void)
{
	(void)cmos(0x0c);
}

uint64_t arch_rtc_seconds(void)
{
	struct rtc a, b = rtc_read();
	uint32_t tries = 0;

	do {
		a = b;
		b = rtc_read();
	} while (!rtc_same(&a, &b) && ++tries < 100);

	uint8_t mode = cmos(0x0b);
	bool bcd = !(mode & 4), half_day = !(mode & 2);
	bool afternoon = half_day && (a.hour & 0x80);
	uint32_t hour = a.hour & (half_day ? 0x7f : 0xff);
	uint32_t f[6] = {a.second, a.minute, hour, a.day, a.month, a.year};
	for (uint32_t i = 0; bcd && i < 6; i++) f[i] = from_bcd(f[i]);
	if (half_day) f[2] = f[2] % 12 + (afternoon ? 12 : 0);
	if (f[4] < 1 || f[4] > 12 || f[3] < 1 || f[3] > 31 || f[5] > 99) return 946684800; /* no clock: 2000-01-01 */
	return (uint64_t)days_since_1970(f[5], f[4], f[3]) * 86400 + f[2] * 3600 + f[1] * 60 + f[0];
}

uint64_t arch_random_seed(void)
{
	uint32_t id[4];
	uint64_t seed = arch_tsc() * 0x9e3779b97f4a7c15ull;

	cpuid(1, id);
	if (id[2] & CPUID_RDRAND)
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t r;
			bool ok;
			__asm__ volatile("rdrand %0; setc %1" : "=r"(r), "=qm"(ok) : : "cc");
			if (ok) seed = (seed << 13 | seed >> 51) ^ r;
		}
	for (uint32_t i = 0; i < 64; i++) { /* jitter of the timer's port against the TSC */
		outb(0x43, 0);
		uint32_t lo = inb(0x40), hi = inb(0x40);
		seed = (seed << 7 | seed >> 57) ^ arch_tsc() ^ (hi << 8 | lo);
	}
	return seed ^ (arch_rtc_seconds() << 32);
}

/* ---- power ---- */

void arch_halt(void)
{
	for (;;) __asm__ volatile("cli; hlt");
}

void arch_reboot(void)
{
	cli();
	for (uint32_t i = 0; i < 100000 && (inb(0x64) & 2); i++) pio_delay();
	outb(0x64, 0xfe); /* the keyboard controller pulls the CPU's reset line */
	for (uint32_t i = 0; i < 100000; i++) pio_delay();
	struct { uint16_t limit; uint32_t base; } PACKED none = {0, 0};
	__asm__ volatile("lidt %0; int3" : : "m"(none)); /* no table: triple fault */
	arch_halt();
}

void arch_debug_exit(uint8_t code)
{
	cli();
	outb(DEBUG_EXIT, code);
	arch_halt();
}

static bool is_qemu(void)
{
	static const char want[4] = {'Q', 'E', 'M', 'U'};
	outw(FW_CFG_SELECT, 0);
	for (uint32_t i = 0; i < sizeof want; i++)
		if (inb(FW_CFG_DATA) != (uint8_t)want[i]) return false;
	return true;
}

void arch_poweroff(void)
{
	cli();
	if (is_qemu()) {
		outw(QEMU_PM1A, 0x2000); /* sleep enable, type "off"; QEMU's other thread acts on it some time later */
		for (uint32_t i = 0; i < 500000; i++) pio_delay();
		outb(DEBUG_EXIT, 0);
	}
	klog(LOG_ERR, "It is now safe to turn off this machine.");
	arch_halt();
}
