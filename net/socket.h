/* socket.h - sockets as files: what every family shares, and the operations each brings.
 * Used by: sys_socket.c and sys_sockmsg.c; net/unix.c fills socket_ops.
 * Never: touches an msghdr or a descriptor number: the system calls do.  Source: socket(7).  */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H
#include "abi/linux_socket.h"
#include "fs/file.h"
#define SOCKADDR_MAX 128u
struct sock_addr { uint32_t len; uint8_t bytes[SOCKADDR_MAX]; };
struct sock_msg {
	struct uio *u;
	uint32_t flags;               /* MSG_* asked for; MSG_DONTWAIT includes O_NONBLOCK */
	uint32_t flags_out;           /* MSG_TRUNC, MSG_EOR, found by recv */
	struct sock_addr *addr;       /* send: destination or NULL; recv: filled with the sender's, or NULL */
	/** Files that travel: send takes references over when it succeeds; recv hands references out. */
	struct file **files;          /* kmalloc block, owned by the holder of the files */
	uint32_t n_files;
	struct linux_ucred cred;      /* send: what the sender says of itself; recv: the sender's, if has_cred */
	bool has_cred;
};
struct socket;
struct socket_ops {
	int (*bind)(struct socket *s, const struct sock_addr *a, const struct fs_caller *who);
	int (*connect)(struct socket *s, const struct sock_addr *a, bool nonblock, const struct fs_caller *who);
	int (*listen)(struct socket *s, uint32_t backlog, const struct fs_caller *who);
	int (*accept)(struct socket *s, bool nonblock, struct socket **out);
	int (*getname)(struct socket *s, bool peer, struct sock_addr *out);
	int32_t (*send)(struct socket *s, struct sock_msg *m, const struct fs_caller *who); /* -EPIPE: the caller raises SIGPIPE */
	int32_t (*recv)(struct socket *s, struct sock_msg *m);
	int (*shutdown)(struct socket *s, uint32_t how);
	uint32_t (*poll)(struct socket *s, struct pollset *ps);
	/** SOL_SOCKET options that the family knows better, and its own levels. -ENOPROTOOPT: unknown. value: *len bytes. */
	int (*getopt)(struct socket *s, int32_t level, int32_t name, void *value, uint32_t *len);
	uint32_t (*readable_bytes)(struct socket *s);
	uint32_t (*unsent_bytes)(struct socket *s);
	void (*release)(struct socket *s);     /* the file is gone; frees s */
};
struct socket {
	const struct socket_ops *ops;
	uint16_t family, type;
	uint32_t protocol;
	int32_t error;                /* SO_ERROR: positive errno, told once */
	bool passcred, listening, reuse, keepalive, broadcast, debug, dontroute, oobinline, no_check, passsec;
	int32_t priority, mark;
	uint32_t sndbuf, rcvbuf, rcvlowat;
	struct linux_linger linger;
	uint64_t rcvtimeo_ns, sndtimeo_ns;   /* 0: for ever */
};
/** A socket and its file. -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM. type without SOCK_* flags; flags: O_NONBLOCK. */
MUST_CHECK int socket_create(uint32_t family, uint32_t type, uint32_t protocol, uint32_t flags, const struct fs_caller *who, struct file **out);
MUST_CHECK int socket_pair(uint32_t family, uint32_t type, uint32_t protocol, uint32_t flags, const struct fs_caller *who, struct file *out[2]);
/** Wrap a fresh socket (accept). Takes s over; NULL no memory (s is released). */
struct file *socket_file(struct socket *s, uint32_t flags, const struct fs_caller *who);
struct socket *socket_of(const struct file *f);   /* NULL: -ENOTSOCK */
void socket_init(struct socket *s, const struct socket_ops *ops, uint32_t family, uint32_t type);
int32_t socket_send(struct file *f, struct sock_msg *m, const struct fs_caller *who); /* raises SIGPIPE unless MSG_NOSIGNAL */
int32_t socket_recv(struct file *f, struct sock_msg *m);
MUST_CHECK int socket_setopt(struct socket *s, int32_t level, int32_t name, const void *value, uint32_t len);
MUST_CHECK int socket_getopt(struct socket *s, int32_t level, int32_t name, void *value, uint32_t *len); /* at most 64 bytes */
uint64_t socket_deadline(uint64_t timeout_ns);    /* FOREVER for 0 */
#endif
