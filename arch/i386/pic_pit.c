/* pic_pit.c - the two 8259 interrupt controllers, the 8254 timer, and the TSC measured against it.
 * Called by: trap.c around each interrupt; kernel/base/clock.c arms the timer.
 * Never: ticks by itself. */
#include "arch/i386/i386.h"
#include "arch/i386/pio.h"

#include "kernel/base/bootopt.h"
#include "kernel/base/irq.h"

#define PIC1 0x20u
#define PIC2 0xa0u
#define PIC_EOI 0x20u
#define PIC_READ_ISR 0x0bu
#define CASCADE 2u

#define PIT_CH0 0x40u
#define PIT_CH2 0x42u
#define PIT_COMMAND 0x43u
#define PIT_CH0_MODE0 0x30u /* low byte, high byte; terminal count raises irq 0 once */
#define PIT_CH2_MODE0 0xb0u
#define PIT_HZ 1193182u
#define PORT_B 0x61u        /* bit 0 gate of channel 2, bit 1 speaker, bit 5 output of channel 2 */

#define CALIBRATE_ROUNDS 5u
#define CALIBRATE_ROUNDS_MAX 50
#define CALIBRATE_COUNT 11932u /* 10 ms */
#define CALIBRATE_GOOD_PPM 3000u

static uint16_t pic_mask = 0xffff & ~(1u << CASCADE);
static uint32_t tsc_khz;

/* ---- 8259.  Source: Intel 8259A data sheet, "Initialization command words". */

static void write_mask(void)
{
	outb(PIC1 + 1, (uint8_t)pic_mask);
	outb(PIC2 + 1, (uint8_t)(pic_mask >> 8));
}

void pic_init(void)
{
	outb(PIC1, 0x11); /* cascade, edge or as the ELCR says, ICW4 follows */
	outb(PIC2, 0x11);
	outb(PIC1 + 1, VECTOR_IRQ);
	outb(PIC2 + 1, VECTOR_IRQ + 8);
	outb(PIC1 + 1, 1u << CASCADE);
	outb(PIC2 + 1, CASCADE);
	outb(PIC1 + 1, 1); /* 8086 mode, EOI by hand */
	outb(PIC2 + 1, 1);
	write_mask();
}

/* A line that fell before it was asked for shows as the lowest one, without its bit in service. */
bool pic_begin(uint32_t line)
{
	if (line == 7) {
		outb(PIC1, PIC_READ_ISR);
		return inb(PIC1) & 0x80;
	}
	if (line == 15) {
		outb(PIC2, PIC_READ_ISR);
		if (inb(PIC2) & 0x80) return true;
		outb(PIC1, PIC_EOI); /* the first controller did see its cascade */
		return false;
	}
	return true;
}

void pic_end(uint32_t line)
{
	if (line >= 8) outb(PIC2, PIC_EOI);
	outb(PIC1, PIC_EOI);
}

void arch_irq_unmask(uint32_t line)
{
	if (line > 15 || line == CASCADE) return;
	uint32_t s = irq_save();
	pic_mask = (uint16_t)(pic_mask & ~(1u << line));
	if (line < 8) outb(PIC1 + 1, (uint8_t)pic_mask);
	else outb(PIC2 + 1, (uint8_t)(pic_mask >> 8));
	irq_restore(s);
}

/* ---- 8254.  Source: Intel 8254 data sheet, mode 0. */

void arch_timer_arm(uint32_t us)
{
	us = MAX(1u, MIN(us, 54000u));
	uint32_t count = (uint32_t)(((uint64_t)us * PIT_HZ + US_PER_S - 1) / US_PER_S);
	uint32_t s = irq_save();

	outb(PIT_COMMAND, PIT_CH0_MODE0);
	outb(PIT_CH0, (uint8_t)count);
	outb(PIT_CH0, (uint8_t)(count >> 8));
	irq_restore(s);
}

/* ---- TSC ---- */

uint64_t arch_tsc(void)
{
	uint64_t v;
	__asm__ volatile("rdtsc" : "=A"(v));
	return v;
}

uint32_t arch_tsc_khz(void) { return tsc_khz; }

/* One 10 ms run of channel 2. The start lies between two readings of the TSC and so does the end; *doubt is the sum of
 * both gaps: what a host that took the CPU away in between spoils. */
static uint64_t calibrate_once(uint32_t count, uint64_t *doubt)
{
	uint64_t start_a, start_b, end_a, end_b, before;

	outb(PORT_B, (uint8_t)((inb(PORT_B) & ~2u) | 1u));
	outb(PIT_COMMAND, PIT_CH2_MODE0);
	outb(PIT_CH2, count & 0xff);
	start_a = arch_tsc();
	outb(PIT_CH2, (uint8_t)(count >> 8));
	start_b = arch_tsc();
	end_b = before = start_b;
	do { /* the last "not yet" was true at some time after `end_a`, its reading may have been held up */
		end_a = before;
		before = end_b;
		bool over = inb(PORT_B) & 0x20;
		end_b = arch_tsc();
		if (over) break;
	} while (end_b - start_a < 1ull << 40);
	*doubt = (start_b - start_a) + (end_b - end_a);
	return (end_a + end_b) / 2 - (start_a + start_b) / 2;
}

/* Doubt is what may have passed unseen at both ends: on a busy host a QEMU is put aside for milliseconds. The round with the
 * least doubt for its length counts; short rounds are between them since they slip through where long ones do not. */
void pit_calibrate(void)
{
	uint64_t best_khz = 0, best_ppm = UINT64_MAX;

	for (uint32_t i = 0; i < CALIBRATE_ROUNDS || (i < CALIBRATE_ROUNDS_MAX && best_ppm > CALIBRATE_GOOD_PPM); i++) {
		uint32_t count = (i & 1) ? CALIBRATE_COUNT / 8 : CALIBRATE_COUNT;
		uint64_t doubt, ticks = calibrate_once(count, &doubt);
		uint64_t ppm = ticks ? doubt * 1000000 / ticks : UINT64_MAX;
		if (ppm >= best_ppm) continue;
		best_ppm = ppm;
		best_khz = (ticks * PIT_HZ / count + 500) / 1000;
	}
	tsc_khz = (uint32_t)best_khz;
	if (tsc_khz < 100) tsc_khz = 100; /* a machine slower than any that has a TSC: the measurement is void */
}

void arch_clock_init(void)
{
	uint32_t khz = bootopt_u32("tsc", 0);

	if (khz) tsc_khz = khz;
	else pit_calibrate();
}
