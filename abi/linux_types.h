/* linux_types.h - the structs and constants of the Linux i386 kernel interface, as its programs lay them out: all but sockets.
 * Included by: kernel, user programs and tests.
 * Never: has any itself. */
#ifndef ABI_LINUX_TYPES_H
#define ABI_LINUX_TYPES_H
#include "abi/linux_file.h"
#include "abi/linux_process.h"
#include "abi/linux_signal.h"
#include "abi/linux_time.h"
#include "abi/linux_tty.h"

#endif
