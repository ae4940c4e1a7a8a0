/* ldisc.c - the line discipline: canonical editing, echo, signals, flow control, output processing.
 * Called by: tty.c.
 * Never: sleeps or allocates; echo that finds no room is lost, as on a slow line.  Source: termios(3).  */
#include "fs/ldisc.h"
#include "lib/str.h"

#define TAB 8u

void ldisc_init(struct ldisc *l)
{
	static const uint8_t chars[NCCS] = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1, [VSTART] = 17, [VSTOP] = 19,
		[VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	};

	memset(l, 0, sizeof *l);
	l->tio.iflag = ICRNL | IXON;
	l->tio.oflag = OPOST | ONLCR;
	l->tio.cflag = B38400 | CS8 | CREAD | HUPCL | CLOCAL;
	l->tio.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	memcpy(l->tio.cc, chars, sizeof chars);
}

/* ---- output */
uint32_t ldisc_out_room(const struct ldisc *l)
{
	return LDISC_OUT - (l->out_head - l->out_tail);
}

uint32_t ldisc_out_run(const struct ldisc *l, const uint8_t **run)
{
	uint32_t at = l->out_tail % LDISC_OUT;

	*run = l->out + at;
	return MIN(l->out_head - l->out_tail, LDISC_OUT - at);
}

void ldisc_out_done(struct ldisc *l, uint32_t n)
{
	l->out_tail += n;
}

static void out(struct ldisc *l, uint8_t c)
{
	if (ldisc_out_room(l) > 0) l->out[l->out_head++ % LDISC_OUT] = c;
}

/** A newline, or what stands for one. */
static void out_newline(struct ldisc *l)
{
	if (l->tio.oflag & ONLCR) out(l, '\r');
	if (l->tio.oflag & (ONLCR | ONLRET)) l->column = 0;
	out(l, '\n');
}

static void out_return(struct ldisc *l)
{
	if ((l->tio.oflag & ONOCR) && l->column == 0) return;
	if (l->tio.oflag & OCRNL) {
		out(l, '\n');
		if (l->tio.oflag & ONLRET) l->column = 0;
		return;
	}
	out(l, '\r');
	l->column = 0;
}

static void out_tab(struct ldisc *l)
{
	uint32_t n = TAB - l->column % TAB;

	l->column += n;
	if ((l->tio.oflag & TABDLY) != XTABS) {
		out(l, '\t');
		return;
	}
	while (n--) out(l, ' ');
}

/** Continuation bytes of UTF-8 take no column. */
static bool continues(const struct ldisc *l, uint8_t c)
{
	return (l->tio.iflag & IUTF8) && (c & 0xc0) == 0x80;
}

static void out_processed(struct ldisc *l, uint8_t c)
{
	if (!(l->tio.oflag & OPOST)) {
		out(l, c);
		return;
	}
	switch (c) {
	case '\n': out_newline(l); return;
	case '\r': out_return(l); return;
	case '\t': out_tab(l); return;
	case '\b': if (l->column > 0) l->column--; break;
	default:
		if ((l->tio.oflag & OLCUC) && c >= 'a' && c <= 'z') c = (uint8_t)(c - 32);
		if (c >= ' ' && c != 127 && !continues(l, c)) l->column++;
	}
	out(l, c);
}

/** Without OPOST: bytes as they are. */
static uint32_t output_plain(struct ldisc *l, const uint8_t *from, uint32_t n)
{
	n = MIN(n, ldisc_out_room(l));
	for (uint32_t done = 0; done < n;) {
		uint32_t at = l->out_head % LDISC_OUT, run = MIN(n - done, LDISC_OUT - at);
		memcpy(l->out + at, from + done, run);
		l->out_head += run;
		done += run;
	}
	return n;
}

uint32_t ldisc_output(struct ldisc *l, const uint8_t *from, uint32_t n)
{
	uint32_t done = 0;

	if (!(l->tio.oflag & OPOST)) return output_plain(l, from, n);
	while (done < n && ldisc_out_room(l) >= TAB) out_processed(l, from[done++]);
	return done;
}

void ldisc_flush_output(struct ldisc *l)
{
	l->out_tail = l->out_head;
}

/* ---- echo */
static bool on(const struct ldisc *l, uint32_t lflag)
{
	return l->tio.lflag & lflag;
}

static bool shown_as_two(const struct ldisc *l, uint8_t c)
{
	return on(l, ECHOCTL) && (c < ' ' || c == 127) && c != '\t' && c != '\n';
}

static void echo(struct ldisc *l, uint8_t c)
{
	if (!on(l, ECHO)) {
		if (c == '\n' && on(l, ECHONL) && on(l, ICANON)) out_processed(l, c);
		return;
	}
	if (l->head == l->canon) l->line_column = l->column;
	if (shown_as_two(l, c)) {
		out_processed(l, '^');
		out_processed(l, c ^ 0x40);
	} else {
		out_processed(l, c);
	}
}

/** The column behind the line being edited, up to ring position `end`. */
static uint32_t column_at(const struct ldisc *l, uint32_t end)
{
	uint32_t column = l->line_column;

	for (uint32_t at = l->canon; at != end; at++) {
		uint8_t c = l->in[at % LDISC_IN];
		if (c == '\t')
			column += TAB - column % TAB;
		else if (shown_as_two(l, c))
			column += 2;
		else if (c >= ' ' && !continues(l, c))
			column++;
	}
	return column;
}

/** Take the cursor back over what was just erased: ring bytes from head on, up to `end`. */
static void wipe(struct ldisc *l, uint32_t end)
{
	uint32_t now = column_at(l, l->head), before = column_at(l, end);
	bool tab = l->in[l->head % LDISC_IN] == '\t';

	for (uint32_t n = before - now; n > 0; n--) {
		out_processed(l, '\b');
		if (tab) continue; /* a tab leaves nothing to overwrite */
		out_processed(l, ' ');
		out_processed(l, '\b');
	}
}

/* ---- editing the line from canon to head */
static bool is_char(const struct ldisc *l, uint32_t which, uint8_t c)
{
	return c != 0 && l->tio.cc[which] == c; /* 0 disables a special character */
}

static void erase_one(struct ldisc *l)
{
	uint32_t end = l->head;

	do l->head--;
	while (l->head != l->canon && continues(l, l->in[l->head % LDISC_IN]));
	if (on(l, ECHO) && on(l, ECHOE)) wipe(l, end);
}

static void erase(struct ldisc *l, uint8_t c)
{
	if (l->head == l->canon) return;
	erase_one(l);
	if (on(l, ECHO) && !on(l, ECHOE)) echo(l, c);
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

static void erase_word(struct ldisc *l)
{
	bool in_word = false;

	while (l->head != l->canon) {
		bool word = is_word(l->in[(l->head - 1) % LDISC_IN]);
		if (in_word && !word) return;
		in_word = word;
		erase_one(l);
	}
}

static void kill_line(struct ldisc *l, uint8_t c)
{
	if (on(l, ECHO) && on(l, ECHOK) && on(l, ECHOKE) && on(l, ECHOE)) {
		while (l->head != l->canon) erase_one(l);
		return;
	}
	l->head = l->canon;
	echo(l, c);
	if (on(l, ECHOK)) echo(l, '\n');
}

static void reprint(struct ldisc *l, uint8_t c)
{
	uint32_t end = l->head;

	echo(l, c);
	echo(l, '\n');
	l->line_column = l->column;
	for (uint32_t at = l->canon; at != end; at++) {
		uint8_t b = l->in[at % LDISC_IN];
		if (shown_as_two(l, b)) {
			out_processed(l, '^');
			b ^= 0x40;
		}
		out_processed(l, b);
	}
}

/* ---- taking bytes in */
static void put(struct ldisc *l, uint8_t c, bool end)
{
	uint32_t at = l->head++ % LDISC_IN;

	l->in[at] = c;
	if (end)
		l->ends[at / 32] |= 1u << (at % 32);
	else
		l->ends[at / 32] &= ~(1u << (at % 32));
	if (end) l->canon = l->head;
}

static void put_plain(struct ldisc *l, uint8_t c)
{
	if (l->head - l->tail >= LDISC_IN - 1) { /* the last slot is for the line's end */
		if (l->tio.iflag & IMAXBEL) out(l, 7);
		return;
	}
	echo(l, c);
	put(l, c, false);
}

static void put_end(struct ldisc *l, uint8_t c)
{
	if (l->head - l->tail < LDISC_IN) put(l, c, true);
}

static int signal_of(const struct ldisc *l, uint8_t c)
{
	if (is_char(l, VINTR, c)) return SIGINT;
	if (is_char(l, VQUIT, c)) return SIGQUIT;
	return is_char(l, VSUSP, c) ? SIGTSTP : 0;
}

static int take_signal(struct ldisc *l, int sig, uint8_t c)
{
	if (!on(l, NOFLSH)) {
		ldisc_flush_input(l);
		ldisc_flush_output(l);
	}
	l->stopped = false;
	echo(l, c);
	return sig;
}

/** Returns false when the byte has no special meaning in canonical mode. */
static bool edit(struct ldisc *l, uint8_t c)
{
	if (is_char(l, VERASE, c))
		erase(l, c);
	else if (is_char(l, VKILL, c))
		kill_line(l, c);
	else if (on(l, IEXTEN) && is_char(l, VWERASE, c))
		erase_word(l);
	else if (on(l, IEXTEN) && is_char(l, VREPRINT, c) && on(l, ECHO))
		reprint(l, c);
	else if (on(l, IEXTEN) && is_char(l, VLNEXT, c)) {
		l->quote = true;
		if (on(l, ECHO) && on(l, ECHOCTL)) {
			out_processed(l, '^');
			out_processed(l, '\b');
		}
	} else if (is_char(l, VEOF, c))
		put_end(l, 0);
	else if (c == '\n' || is_char(l, VEOL, c) || (on(l, IEXTEN) && is_char(l, VEOL2, c))) {
		echo(l, c);
		put_end(l, c);
	} else
		return false;
	return true;
}

/** Flow control: true when the byte was for it. */
static bool flow(struct ldisc *l, uint8_t c)
{
	if (!(l->tio.iflag & IXON)) return false;
	if (is_char(l, VSTART, c) || is_char(l, VSTOP, c)) {
		l->stopped = is_char(l, VSTOP, c) && !(l->stopped && is_char(l, VSTART, c));
		return true;
	}
	if (l->tio.iflag & IXANY) l->stopped = false;
	return false;
}

int ldisc_input(struct ldisc *l, uint8_t c)
{
	uint32_t iflag = l->tio.iflag;

	if (l->quote) {
		l->quote = false;
		put_plain(l, c);
		return 0;
	}
	if (iflag & ISTRIP) c &= 0x7f;
	if ((iflag & IUCLC) && on(l, IEXTEN) && c >= 'A' && c <= 'Z') c = (uint8_t)(c + 32);
	if (flow(l, c)) return 0;
	int sig = on(l, ISIG) ? signal_of(l, c) : 0;
	if (sig) return take_signal(l, sig, c);
	if (c == '\r') {
		if (iflag & IGNCR) return 0;
		if (iflag & ICRNL) c = '\n';
	} else if (c == '\n' && (iflag & INLCR)) {
		c = '\r';
	}
	if (!on(l, ICANON) || !edit(l, c)) put_plain(l, c);
	return 0;
}

bool ldisc_plain(const struct ldisc *l)
{
	return !(l->tio.iflag & (ISTRIP | IUCLC | IXON | IGNCR | ICRNL | INLCR)) && !on(l, ISIG | ICANON | ECHO) && !l->quote;
}

uint32_t ldisc_input_plain(struct ldisc *l, const uint8_t *from, uint32_t n)
{
	n = MIN(n, LDISC_IN - 1 - MIN(l->head - l->tail, LDISC_IN - 1));
	for (uint32_t done = 0; done < n;) {
		uint32_t at = l->head % LDISC_IN, run = MIN(n - done, LDISC_IN - at);
		memcpy(l->in + at, from + done, run);
		for (uint32_t end = at + run; at < end; at++) l->ends[at / 32] &= ~(1u << (at % 32));
		l->head += run;
		done += run;
	}
	return n;
}

void ldisc_flush_input(struct ldisc *l)
{
	l->tail = l->canon = l->head;
	l->flushes++;
}

/* ---- giving bytes out */
uint32_t ldisc_readable(const struct ldisc *l)
{
	return (ldisc_canonical(l) ? l->canon : l->head) - l->tail;
}

bool ldisc_in_full(const struct ldisc *l)
{
	return l->head - l->tail >= LDISC_IN - 1 && ldisc_readable(l) > 0;
}

static bool is_end(const struct ldisc *l, uint32_t at)
{
	at %= LDISC_IN;
	return l->ends[at / 32] >> (at % 32) & 1;
}

uint32_t ldisc_peek(const struct ldisc *l, uint8_t *to, uint32_t n, uint32_t *took, bool *line)
{
	uint32_t at = l->tail, end = at + ldisc_readable(l), done = 0;
	bool canonical = ldisc_canonical(l);

	*line = false;
	if (!canonical) {
		*took = n = MIN(n, end - at);
		for (uint32_t run; done < n; done += run, at += run) {
			run = MIN(n - done, LDISC_IN - at % LDISC_IN);
			memcpy(to + done, l->in + at % LDISC_IN, run);
		}
		return n;
	}
	for (; at != end && !*line; at++) {
		uint8_t c = l->in[at % LDISC_IN];
		bool eof = is_end(l, at) && c == 0;
		if (done == n && !eof) break; /* a VEOF right behind a full buffer goes with it, or the next read would see an end */
		*line = is_end(l, at);
		if (!eof) to[done++] = c;
	}
	*took = at - l->tail;
	return done;
}

void ldisc_take(struct ldisc *l, uint32_t took)
{
	l->tail += took;
	if ((int32_t)(l->canon - l->tail) < 0) l->canon = l->tail;
}

void ldisc_set(struct ldisc *l, const struct linux_termios *tio)
{
	bool was = ldisc_canonical(l);

	l->tio = *tio;
	if (!was && ldisc_canonical(l)) l->canon = l->head; /* what is there counts as complete */
	l->quote = false;
	if (!(tio->iflag & IXON)) l->stopped = false;
}
