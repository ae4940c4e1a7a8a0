/* linux_socket.h - sockets of the Linux i386 interface: families, options, messages.
 * Included by: net, kernel/syscall.
 * Never: a type of our own.  Sources: socket(7), unix(7), cmsg(3), recv(2).  */
#ifndef ABI_LINUX_SOCKET_H
#define ABI_LINUX_SOCKET_H
#include "abi/linux_types.h"
#define AF_UNSPEC 0
#define AF_UNIX 1
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MASK 0xfu
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC O_CLOEXEC
#define SHUT_RD 0u
#define SHUT_WR 1u
#define SHUT_RDWR 2u
#define SOL_SOCKET 1
#define SO_DEBUG 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_DONTROUTE 5
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_OOBINLINE 10
#define SO_NO_CHECK 11
#define SO_PRIORITY 12
#define SO_LINGER 13
#define SO_REUSEPORT 15
#define SO_PASSCRED 16
#define SO_PEERCRED 17
#define SO_RCVLOWAT 18
#define SO_SNDLOWAT 19
#define SO_RCVTIMEO_OLD 20
#define SO_SNDTIMEO_OLD 21
#define SO_BINDTODEVICE 25
#define SO_ACCEPTCONN 30
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33
#define SO_PASSSEC 34
#define SO_MARK 36
#define SO_PROTOCOL 38
#define SO_DOMAIN 39
#define SO_PEEK_OFF 42
#define SO_BUSY_POLL 46
#define SO_PEERGROUPS 59
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67
#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD 253u
#define MSG_OOB 1u
#define MSG_PEEK 2u
#define MSG_CTRUNC 8u
#define MSG_TRUNC 0x20u
#define MSG_DONTWAIT 0x40u
#define MSG_EOR 0x80u
#define MSG_WAITALL 0x100u
#define MSG_NOSIGNAL 0x4000u
#define MSG_CMSG_CLOEXEC 0x40000000u
#define UNIX_PATH_MAX 108u
struct linux_sockaddr_un { uint16_t family; char path[UNIX_PATH_MAX]; };
struct linux_ucred { uint32_t pid, uid, gid; };
struct linux_msghdr { uint32_t name, namelen, iov, iovlen, control, controllen, flags; };
struct linux_cmsghdr { uint32_t len; int32_t level, type; };
struct linux_mmsghdr { struct linux_msghdr hdr; uint32_t len; };
struct linux_linger { int32_t onoff, linger; };
LINUX_SIZE(linux_sockaddr_un, 110);
LINUX_SIZE(linux_msghdr, 28);
LINUX_SIZE(linux_cmsghdr, 12);
#define CMSG_ALIGN4(n) (((n) + 3u) & ~3u)
#endif
