/* sockarg.h - decoding that the two files of socket calls share.
 * Used by: sys_socket.c, sys_sockmsg.c.
 * Never: starts an operation of a socket.  */
#ifndef KERNEL_SYSCALL_SOCKARG_H
#define KERNEL_SYSCALL_SOCKARG_H
#include "kernel/syscall/sysarg.h"
#include "net/socket.h"
/** The socket of a descriptor and its open file, referenced. -EBADF, -ENOTSOCK. */
MUST_CHECK int arg_socket(struct ucall *c, uint32_t fd, struct file **f, struct socket **s);
MUST_CHECK int fetch_addr(struct ucall *c, uint32_t at, uint32_t len, struct sock_addr *a);
/** The address to user memory, cut to room; -EFAULT. */
MUST_CHECK int store_addr(struct ucall *c, uint32_t at, uint32_t room, const struct sock_addr *a);
/** As accept, getsockname...: the room stands at len_at, and gets the full length. */
MUST_CHECK int store_addr_and_len(struct ucall *c, uint32_t at, uint32_t len_at, const struct sock_addr *a);
#endif
