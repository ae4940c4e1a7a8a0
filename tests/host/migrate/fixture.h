/* fixture.h - what kernel/migrate/capsule.c needs around it on the host: rows, pins, remote files, page tables that stay empty.
 * Used by: tests/fuzz/capsule_fuzz.c.
 * Never: linked into the kernel.  */
#ifndef TESTS_HOST_MIGRATE_FIXTURE_H
#define TESTS_HOST_MIGRATE_FIXTURE_H
#include "kernel/migrate/migrate.h"

#define FIXTURE_PINS 6u
enum fixture_row { ROW_HOME, ROW_BODY, ROW_BOTH, ROW_HOMEFIRST, ROW_MUX, ROW_ENDS, FIXTURE_ROWS };
extern struct unit fixture_unit;
struct backing *fixture_pin(uint32_t id);     /* 1..FIXTURE_PINS; no reference taken */
int32_t fixture_references(void);             /* held on pins and remote files, beyond the fixture's own */
void fixture_init(void);
#endif
