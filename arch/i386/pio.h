/* pio.h - port input and output, and the few instructions C has no word for.
 * Used by: arch/i386 and port-driven drivers.
 * Never: knows what lies behind a port.  */
#ifndef ARCH_I386_PIO_H
#define ARCH_I386_PIO_H

#include "lib/base.h"

static inline void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory"); }
static inline void outw(uint16_t port, uint16_t v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory"); }
static inline void outl(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory"); }

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;
	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t v;
	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t v;
	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

/** n units from one port into memory, or from memory to one port: one instruction each. */
static inline void insb(uint16_t port, void *to, uint32_t n)
{
	__asm__ volatile("rep insb" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}
static inline void insw(uint16_t port, void *to, uint32_t n)
{
	__asm__ volatile("rep insw" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}
static inline void insl(uint16_t port, void *to, uint32_t n)
{
	__asm__ volatile("rep insl" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}
static inline void outsb(uint16_t port, const void *from, uint32_t n)
{
	__asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}
static inline void outsw(uint16_t port, const void *from, uint32_t n)
{
	__asm__ volatile("rep outsw" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}
static inline void outsl(uint16_t port, const void *from, uint32_t n)
{
	__asm__ volatile("rep outsl" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}

/** A short pause that old ISA chips want between two accesses: a write to the POST port. */
static inline void pio_delay(void) { outb(0x80, 0); }

#endif
