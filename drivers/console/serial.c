/* serial.c - COM1 and COM2 (16550A): /dev/ttyS0 and /dev/ttyS1, and the log on COM1.
 * Called by: drivers.c, the tty layer, the log, interrupt lines 4 and 3.
 * Never: loses log lines, also in a panic: they are sent by polling.
 * Source: National Semiconductor PC16550D data sheet, section 8.  */
#include "arch/arch.h"
#include "arch/i386/pio.h"
#include "drivers/console/console.h"
#include "fs/tty.h"
#include "kernel/base/irq.h"
#include "lib/ring.h"
#include "lib/str.h"

#define UART_DATA 0
#define UART_IER 1
#define UART_IIR 2 /* read; FCR when written */
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_SCRATCH 7
#define IER_RX 0x01
#define IER_TX 0x02
#define IIR_NONE 0x01
#define IIR_FIFO 0xc0  /* both bits: the FIFO works */
#define IIR_CAUSE 0x0e
#define CAUSE_RX 0x04  /* with a FIFO: it holds RX_TRIGGER bytes at least */
#define CAUSE_TX 0x02
#define FCR_ENABLE_CLEAR 0xc7 /* interrupts at 14 bytes or after a pause: each costs more than many bytes */
#define RX_TRIGGER 14u
#define LCR_8N1 0x03
#define LCR_DIVISOR 0x80
#define MCR_DTR_RTS_OUT2 0x0b /* OUT2 lets the interrupt out on a PC */
#define LSR_DATA 0x01
#define LSR_TX_EMPTY 0x20
#define DIVISOR_115200 1
#define FIFO_BYTES 16u
#define TX_RING 4096u
#define IRQ_LOOPS 64u        /* more causes than that in one interrupt come again */
#define POLL_MAX 200000u     /* polls for one character: a tenth of a second and more; then the line is taken for dead */
#define TTY_MAJOR 4u
#define TTY_MINOR_S0 64u

struct uart {
	uint16_t port;
	uint8_t irq_line;
	const char *name;
	bool present;
	/* shared with irq: irq_save */
	bool interrupts;      /* a handler is attached */
	bool dead;            /* did not take a character for seconds: polled output gives up at once, until it does */
	bool full;            /* the tty was told that its bytes do not fit */
	uint8_t ier;
	struct ring tx;
	uint8_t tx_bytes[TX_RING];
	struct tty *tty;
	struct irq_handler irq;
};

static struct uart uarts[2] = {
	{.port = 0x3f8, .irq_line = 4, .name = "ttyS0"},
	{.port = 0x2f8, .irq_line = 3, .name = "ttyS1"},
};

static uint8_t rd(const struct uart *u, uint32_t reg) { return inb((uint16_t)(u->port + reg)); }
static void wr(const struct uart *u, uint32_t reg, uint8_t v) { outb((uint16_t)(u->port + reg), v); }

static void set_ier(struct uart *u, uint8_t ier)
{
	if (u->ier == ier) return;
	u->ier = ier;
	wr(u, UART_IER, ier);
}

static void set_up(struct uart *u)
{
	ring_init(&u->tx, TX_RING);
	wr(u, UART_SCRATCH, 0x5a);
	bool keeps = rd(u, UART_SCRATCH) == 0x5a;
	wr(u, UART_SCRATCH, 0xa5);
	u->present = keeps && rd(u, UART_SCRATCH) == 0xa5;
	if (!u->present) return;
	u->ier = 0;
	wr(u, UART_IER, 0);
	wr(u, UART_LCR, LCR_DIVISOR);
	wr(u, UART_DATA, DIVISOR_115200);
	wr(u, UART_IER, 0); /* the divisor's high byte */
	wr(u, UART_LCR, LCR_8N1);
	wr(u, UART_IIR, FCR_ENABLE_CLEAR);
	wr(u, UART_MCR, MCR_DTR_RTS_OUT2);
}

/* ---- output ------------------------------------------------------------------------------------- */

static bool wait_empty(struct uart *u)
{
	uint32_t polls = u->dead ? 1 : POLL_MAX;
	for (uint32_t i = 0; i < polls; i++) {
		if ((rd(u, UART_LSR) & LSR_TX_EMPTY) == 0) continue;
		u->dead = false;
		return true;
	}
	u->dead = true;
	return false;
}

/* The FIFO is empty: up to 16 bytes of the ring go there. irq off. */
static void fill_fifo(struct uart *u)
{
	uint32_t n = MIN(ring_used(&u->tx), FIFO_BYTES);
	while (n != 0) {
		uint32_t from = ring_get_slot(&u->tx), run = MIN(n, TX_RING - from);
		outsb(u->port + UART_DATA, u->tx_bytes + from, run);
		ring_get_many(&u->tx, run);
		n -= run;
	}
	set_ier(u, ring_used(&u->tx) != 0 ? u->ier | IER_TX : u->ier & (uint8_t)~IER_TX);
}

/* Everything out by polling. irq off. */
static void flush(struct uart *u)
{
	while (ring_used(&u->tx) != 0 && wait_empty(u)) fill_fifo(u);
}

/* n bytes into the ring, as many as fit; the line begins to send. irq off. */
static uint32_t queue(struct uart *u, const uint8_t *bytes, uint32_t n)
{
	uint32_t taken = ring_put_bytes(&u->tx, u->tx_bytes, bytes, n);
	if ((u->ier & IER_TX) == 0 && (rd(u, UART_LSR) & LSR_TX_EMPTY) != 0) fill_fifo(u);
	else if (u->interrupts && ring_used(&u->tx) != 0) set_ier(u, u->ier | IER_TX);
	return taken;
}

static uint32_t tty_write(struct tty *t, const uint8_t *bytes, uint32_t n)
{
	struct uart *u = tty_driver_data(t);
	uint32_t state = irq_save();
	uint32_t taken = queue(u, bytes, n);
	u->full = u->full || taken < n;
	irq_restore(state);
	return taken;
}

/* ---- input -------------------------------------------------------------------------------------- */

/* As many bytes as the terminal keeps; the others stay in the FIFO, which holds the sender back where the line can.
 * sure: bytes that the chip is known to have; 0 not known. */
static void receive(struct uart *u, uint32_t sure)
{
	uint8_t bytes[FIFO_BYTES];
	uint32_t room = MIN(tty_input_room(u->tty), FIFO_BYTES), n = MIN(sure, room);
	insb(u->port + UART_DATA, bytes, n);
	for (; sure == 0 && n < room && (rd(u, UART_LSR) & LSR_DATA) != 0; n++) bytes[n] = rd(u, UART_DATA);
	if (n != 0) tty_input(u->tty, bytes, n);
	if (room == 0) set_ier(u, u->ier & (uint8_t)~IER_RX);
}

static void input_room(struct tty *t)
{
	struct uart *u = tty_driver_data(t);
	uint32_t state = irq_save();
	set_ier(u, u->ier | IER_RX);
	irq_restore(state);
}

/* The line is edge-triggered: until the chip has no cause left, or none that is enabled. */
static void uart_irq(void *ctx)
{
	struct uart *u = ctx;
	for (uint32_t i = 0; i < IRQ_LOOPS; i++) {
		uint8_t iir = rd(u, UART_IIR), cause = iir & IIR_CAUSE;
		if ((iir & IIR_NONE) != 0) break;
		if (cause == CAUSE_TX) fill_fifo(u); /* reading the cause has cleared it */
		else receive(u, cause == CAUSE_RX && (iir & IIR_FIFO) == IIR_FIFO ? RX_TRIGGER : 0);
	}
	if (!u->full || ring_used(&u->tx) > TX_RING / 2) return;
	u->full = false;
	tty_output_room(u->tty);
}

/* ---- as terminals ------------------------------------------------------------------------------- */

static const struct tty_driver_ops ops = {.write = tty_write, .input_room = input_room};

static void start(struct uart *u, uint32_t minor)
{
	if (!u->present) return;
	u->tty = tty_create(u->name, TTY_MAJOR << 8 | minor, &ops, u);
	if (u->tty == NULL) return;
	u->irq = (struct irq_handler){.handle = uart_irq, .ctx = u};
	if (irq_attach(u->irq_line, &u->irq) != 0) return;
	uint32_t state = irq_save();
	u->interrupts = true;
	set_ier(u, IER_RX);
	irq_restore(state);
}

struct tty *serial_init(void)
{
	for (uint32_t i = 0; i < ARRAY_LEN(uarts); i++) {
		if (uarts[i].present) wait_empty(&uarts[i]);
		set_up(&uarts[i]); /* COM1 again: the early console of arch has its own idea of it */
		start(&uarts[i], TTY_MINOR_S0 + i);
	}
	return uarts[0].tty;
}

/* ---- as a log sink ------------------------------------------------------------------------------- */

static void put_sure(struct uart *u, const uint8_t *bytes, uint32_t n)
{
	while (n != 0) {
		uint32_t taken = queue(u, bytes, n);
		bytes += taken;
		n -= taken;
		if (n == 0) return;
		flush(u);
		if (u->dead) return;
	}
}

static void log_write(const char *text, uint32_t n)
{
	struct uart *u = &uarts[0];
	uint32_t state = irq_save(), from = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (text[i] != '\n') continue;
		put_sure(u, (const uint8_t *)text + from, i - from);
		put_sure(u, (const uint8_t *)"\r\n", 2);
		from = i + 1;
	}
	put_sure(u, (const uint8_t *)text + from, n - from);
	flush(u); /* the log is never left in a ring that a panic may not empty */
	irq_restore(state);
}

static struct log_sink sink = {.write = log_write, .max = LOG_DEBUG};

void serial_log_level(enum log_level max) { sink.max = max; }

void serial_early(void)
{
	set_up(&uarts[0]);
	if (uarts[0].present) log_add_sink(&sink);
}
