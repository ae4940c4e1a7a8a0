/* net_priv.h - what the files of net/ share and nobody else may see.
 * Included by: netdev.c, stack.c, proc_dev.c.
 * Never: by anything outside net/.  */
#ifndef NET_NET_PRIV_H
#define NET_NET_PRIV_H
#include "net/netdev.h"
#define NET_DRAIN_FRAMES 16 /* per card and turn: then others have the CPU, so that timers run under any flood */
/** Hand waiting frames of all cards to their protocols, at most NET_DRAIN_FRAMES per card; a card found empty may
 *  interrupt again. Returns frames handled; *more: there may be others. Net context. */
uint32_t netdev_drain(bool *more);
/** Watchdogs of all cards. Net context, once a second. */
void netdev_poll_all(void);
/** Card d has work: the net thread is to drain. Any context. */
void net_thread_wake(void);
/** /proc/net/dev. proc context, once. */
void proc_net_dev_register(void);
#endif
