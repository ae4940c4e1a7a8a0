/* table.c - makes arrays of table.def: the rows, their indices, and the way from a number to a row.
 * Used by: entry.c (by number), kernel/migrate (by index), trace.c.
 * Never: knows what a row does.  */
#include "kernel/syscall/table.h"
#include "kernel/syscall/halves.h"
#include "kernel/syscall/rowid.h"

/* Short words of table.def. Windows: {direction, argument, kind of length, argument that tells it, bytes (each)}. */
#define Q SYS_QUICK
#define HOMEFIRST SYS_HOMEFIRST
#define SLICE_R SYS_SLICE_READ
#define SLICE_W SYS_SLICE_WRITE
#define IOV SYS_IOVEC
#define POS SYS_POS
#define NORESTORE SYS_NORESTORE
#define ENDS SYS_ENDS
#define IN(a, n) {WINDOW_IN, a, LEN_CONST, 0, n}
#define OUT(a, n) {WINDOW_OUT, a, LEN_CONST, 0, n}
#define IO(a, n) {WINDOW_INOUT, a, LEN_CONST, 0, n}
#define IN_N(a, count, each) {WINDOW_IN, a, LEN_ARG, count, each}
#define OUT_N(a, count, each) {WINDOW_OUT, a, LEN_ARG, count, each}
#define IO_N(a, count, each) {WINDOW_INOUT, a, LEN_ARG, count, each}
#define STR(a) {WINDOW_IN, a, LEN_STRING, 0, 4096}
#define STRN(a, n) {WINDOW_IN, a, LEN_STRING, 0, n}
#define IOV_IN(a, count) {WINDOW_IN, a, LEN_IOVEC, count, 8}
#define IOV_OUT(a, count) {WINDOW_OUT, a, LEN_IOVEC, count, 8}
#define FDS(a, nr) {WINDOW_INOUT, a, LEN_FDSET, nr, 4}

#define SUB_NR 0xffffu
#define HOME(n, id, h, f, letters, ...) [ROW_##id] = {.nr = n, .name = #id, .home = h, .flags = f, .args = letters, .w = {__VA_ARGS__}},
#define BODY(n, id, b, letters) [ROW_##id] = {.nr = n, .name = #id, .body = b, .args = letters},
#define BODYN(n, id, b, letters) [ROW_##id] = {.nr = n, .name = #id, .body = b, .flags = SYS_NORESTORE, .args = letters},
#define BOTH(n, id, h, b, fin, f, letters, ...) \
	[ROW_##id] = {.nr = n, .name = #id, .home = h, .body = b, .finish = fin, .flags = f, .args = letters, .w = {__VA_ARGS__}},
#define MUX(n, id, r, letters) [ROW_##id] = {.nr = n, .name = #id, .args = letters, .resolve = r},
#define SUB(id, shown, h, b, f, letters, ...) \
	[ROW_##id] = {.nr = SUB_NR, .name = shown, .home = h, .body = b, .flags = f, .args = letters, .w = {__VA_ARGS__}},
#define INNER(n, id, h, b, f)
static const struct sysrow rows[ROW_COUNT] = {
#include "kernel/syscall/table.def"
};
#undef HOME
#undef BODY
#undef BODYN
#undef BOTH
#undef MUX
#undef SUB
#undef INNER

#define HOME(...)
#define BODY(...)
#define BODYN(...)
#define BOTH(...)
#define MUX(...)
#define SUB(...)
#define INNER(n, id, h, b, f) const struct sysrow row_##id = {.nr = SYS_INNER + n, .name = #id, .home = h, .body = b, .flags = f, .args = ""};
#include "kernel/syscall/table.def"
#undef INNER
#define INNER(n, id, h, b, f) [n] = &row_##id,
static const struct sysrow *const inner[] = {
#include "kernel/syscall/table.def"
};
#undef HOME
#undef BODY
#undef BODYN
#undef BOTH
#undef MUX
#undef INNER

/* number -> index + 1; 0: no such call */
#define NUMBERS 512u
#define BYNR(n, id) [n] = ROW_##id + 1,
#define HOME(n, id, ...) BYNR(n, id)
#define BODY(n, id, ...) BYNR(n, id)
#define BODYN(n, id, ...) BYNR(n, id)
#define BOTH(n, id, ...) BYNR(n, id)
#define MUX(n, id, ...) BYNR(n, id)
#define INNER(...)
static const uint16_t by_number[NUMBERS] = {
#include "kernel/syscall/table.def"
};

const struct sysrow *sysrow_get(uint32_t nr)
{
	if (nr >= SYS_INNER) return nr - SYS_INNER < ARRAY_LEN(inner) ? inner[nr - SYS_INNER] : NULL;
	if (nr >= NUMBERS || !by_number[nr]) return NULL;
	return &rows[by_number[nr] - 1];
}

const struct sysrow *sysrow_by_index(uint32_t index)
{
	if (index < ROW_COUNT) return &rows[index];
	index -= ROW_COUNT;
	return index < ARRAY_LEN(inner) ? inner[index] : NULL;
}

uint32_t sysrow_index(const struct sysrow *row)
{
	if (row >= rows && row < rows + ROW_COUNT) return (uint32_t)(row - rows);
	KASSERT2(row->nr >= SYS_INNER && row->nr - SYS_INNER < (int)ARRAY_LEN(inner), row->nr, 0);
	return ROW_COUNT + row->nr - SYS_INNER;
}

uint32_t sysrow_count(void)
{
	return ROW_COUNT + ARRAY_LEN(inner);
}
