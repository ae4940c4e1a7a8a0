/* rowid.h - an index for every row of table.def, for those who name a row in code: resolvers and restarts.
 * Used by: table.c, mux.c, sys_poll.c, sys_time.c.
 * Never: a fact that is not in table.def.  */
#ifndef KERNEL_SYSCALL_ROWID_H
#define KERNEL_SYSCALL_ROWID_H
#define HOME(n, id, ...) ROW_##id,
#define BODY(n, id, ...) ROW_##id,
#define BODYN(n, id, ...) ROW_##id,
#define BOTH(n, id, ...) ROW_##id,
#define MUX(n, id, ...) ROW_##id,
#define SUB(id, ...) ROW_##id,
#define INNER(...)
enum sysrow_id {
#include "kernel/syscall/table.def"
	ROW_COUNT
};
#undef HOME
#undef BODY
#undef BODYN
#undef BOTH
#undef MUX
#undef SUB
#undef INNER
#endif
