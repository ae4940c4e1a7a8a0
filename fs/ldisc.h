/* ldisc.h - the line discipline: what a terminal does to the bytes that pass through it.
 * Used by: tty.c and the host tests.  Pure state: no sleeping, no driver, no process.
 * Never: reads one byte twice; positions run freely over rings.  Source: termios(3).  */
#ifndef FS_LDISC_H
#define FS_LDISC_H
#include "abi/linux_types.h"
#include "lib/base.h"
#define LDISC_IN 4096u  /* a line of 4095 bytes and its end, termios(3) "Canonical mode" */
#define LDISC_OUT 2048u
struct ldisc {
	struct linux_termios tio;
	uint8_t in[LDISC_IN];
	uint32_t ends[LDISC_IN / 32]; /* bit: this byte ends a line; with byte 0: VEOF, itself not delivered */
	uint32_t tail, canon, head;   /* read up to; complete lines up to; written up to */
	uint8_t out[LDISC_OUT];
	uint32_t out_tail, out_head;
	uint32_t column, line_column; /* of the output; where the line being edited began */
	uint32_t flushes;             /* counts discarded inputs: a reader that slept asks whether its bytes are still there */
	bool quote;                   /* VLNEXT: the next byte is taken as it is */
	bool stopped;                 /* by VSTOP or TCOOFF */
};
/** As a fresh terminal: stty sane, 38400 baud. */
void ldisc_init(struct ldisc *l);
/** A byte from the line: edits, echoes into out. Returns the signal it stands for (queues are flushed by then), or 0. */
int ldisc_input(struct ldisc *l, uint8_t c);
/** Does input pass through unchanged, without echo or signals? */
bool ldisc_plain(const struct ldisc *l);
/** Input of a plain discipline, as much as fits: returns how many bytes were taken. */
uint32_t ldisc_input_plain(struct ldisc *l, const uint8_t *from, uint32_t n);
/** Input is full and a reader could make room: bytes had better wait before the discipline. (Full without anything to read they
 *  are discarded instead, so that the line can still be ended.) */
bool ldisc_in_full(const struct ldisc *l);
/** Bytes for a reader now: of complete lines in canonical mode (a lone VEOF counts 1), else all. */
uint32_t ldisc_readable(const struct ldisc *l);
/** Copy up to n bytes for a reader, of one line at most in canonical mode, without taking them. *took: how many ring bytes they are
 *  (VEOF included); *line: a line ended there. Returns the bytes copied. */
uint32_t ldisc_peek(const struct ldisc *l, uint8_t *to, uint32_t n, uint32_t *took, bool *line);
void ldisc_take(struct ldisc *l, uint32_t took);
/** Bytes from a writer, through OPOST into out: how many were taken (less than n: out is full). */
uint32_t ldisc_output(struct ldisc *l, const uint8_t *from, uint32_t n);
uint32_t ldisc_out_room(const struct ldisc *l);
/** The next run of output bytes for the driver; 0 none. */
uint32_t ldisc_out_run(const struct ldisc *l, const uint8_t **run);
void ldisc_out_done(struct ldisc *l, uint32_t n);
void ldisc_flush_input(struct ldisc *l);
void ldisc_flush_output(struct ldisc *l);
void ldisc_set(struct ldisc *l, const struct linux_termios *tio);
static inline bool ldisc_canonical(const struct ldisc *l) { return l->tio.lflag & ICANON; }
#endif
