/* fixture.h - a root tmpfs and a caller for the tests of fs.
 * Used by: tests/host/fs.
 * Never: leaves anything behind: fixture_end asserts that heap and frames are as before.  */
#ifndef TESTS_HOST_FS_FIXTURE_H
#define TESTS_HOST_FS_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "abi/kernel_errno.h"
#include "abi/linux_errno.h"
#include "fs/file.h"
#include "fs/pages.h"
#include "fs/synth_priv.h"
#include "lib/str.h"
#include "tests/host/stubs/stubs.h"

extern struct cred user_cred;
extern struct fs_caller who;           /* root (uid 0) unless a test changes user_cred */
extern uint32_t raised, raised_pgrp;   /* the last signals through ops, and through fs_signal_pgrp */
extern uint32_t pgrp_signal, pgrp_signalled;
extern bool leader, deaf, orphaned;    /* what the ops answer */
extern struct tty *ctty;
extern uint32_t my_pgrp, my_session;
int fixture_begin(void **state);       /* cmocka setup: names, root, caller */
int fixture_end(void **state);
struct superblock *root_sb(void);
int open_at(const char *path, uint32_t flags, struct file **out);     /* mode 0644 */
int walk_to(const char *path, uint32_t flags, struct name **out);
int make_dir(const char *path);
int make_link(const char *path, const char *text);
int make_hard(const char *path, const char *to);
int rm(const char *path);
int rm_dir(const char *path);
int mv(const char *a, const char *b, uint32_t flags);
void write_file(const char *path, const char *text);
/** Content as text; "" and *err for failures. Static buffer of 64 KiB. */
const char *read_path(const char *path);
int32_t read_some(struct file *f, void *buf, uint32_t n);
int32_t write_some(struct file *f, const void *buf, uint32_t n);
/** Names in a directory, each followed by a blank. */
const char *list_dir(const char *path);
int exists(const char *path);          /* 0 or -errno; the last link is not followed */
#endif
