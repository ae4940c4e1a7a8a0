/* kernel_errno.h - results that never reach a user program: how an interrupted or parked call is to go on.
 * Used by: home halves return them, the body half at the user boundary turns them into EINTR or a restart.
 * The ERESTART family (Linux's own numbers, which tracers print) stands in linux_errno.h.  */
#ifndef ABI_KERNEL_ERRNO_H
#define ABI_KERNEL_ERRNO_H
#include "abi/linux_errno.h"
#define EPARK 600                 /* the body is to leave: back to the user boundary, the call record stays */
#endif
