/* unix.h - sockets of AF_UNIX: what net/socket.c needs to make them, and what the two files of the family share.
 * Used by: socket.c, unix.c, unix_msg.c.
 * Never: included outside net.  Source: unix(7).  */
#ifndef NET_UNIX_H
#define NET_UNIX_H
#include "lib/list.h"
#include "net/socket.h"
MUST_CHECK int unix_create(uint32_t type, uint32_t protocol, const struct fs_caller *who, struct socket **out);
void unix_join(struct socket *a, struct socket *b);  /* socketpair(2) */

/* ---- private */
#define UNIX_RCV_SHUT 1u
#define UNIX_SND_SHUT 2u
struct unix_block { struct unix_block *next; uint32_t len; uint8_t data[]; };
struct unix_msg {
	struct list_node node;
	struct unix_block *first;
	uint32_t len, off;            /* bytes in all; of them read (streams) */
	struct linux_ucred cred;
	struct file **files;          /* kmalloc block; NULL: none */
	uint32_t n_files;
	struct sock_addr *from;       /* kmalloc block of datagrams with an address; NULL: none */
};
struct unix_sock {
	struct socket s;
	uint32_t refs;                /* its file; sockets connected to it; the list it is queued in */
	struct list_node node;        /* of all bound ones; of embryos in a listener's queue */
	struct unix_sock *peer;       /* referenced */
	struct list_node msgs;        /* received, of struct unix_msg */
	struct list_node embryos;     /* a listener's: connected, not yet accepted */
	uint32_t n_msgs, n_embryos, backlog, bytes;
	uint32_t shut;
	bool dead;                    /* its file is gone */
	struct sock_addr addr;        /* len 0: none */
	struct inode *inode;          /* of a path; referenced */
	struct linux_ucred cred, peer_cred;
	struct mutex reading;         /* streams: one reader's copy at a time */
	struct waitq readable, writable; /* writable: senders to this socket, connecters to this listener */
};
static inline struct unix_sock *unix_of(struct socket *s) { return container_of(s, struct unix_sock, s); }
void unix_unref(struct unix_sock *u);
void unix_wake(struct unix_sock *u);
void unix_msg_free(struct unix_msg *m);
/** The bound socket of an address, referenced. -ECONNREFUSED, -EPROTOTYPE, walks' errors. */
MUST_CHECK int unix_find(const struct sock_addr *a, uint32_t type, const struct fs_caller *who, struct unix_sock **out);
MUST_CHECK int unix_check_addr(const struct sock_addr *a);
int32_t unix_send(struct socket *s, struct sock_msg *m, const struct fs_caller *who);
int32_t unix_recv(struct socket *s, struct sock_msg *m);
#define UNIX_DGRAM_QUEUE 10u     /* datagrams waiting, net.unix.max_dgram_qlen */
#endif
