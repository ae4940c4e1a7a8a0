/* virtio_regs.h - the legacy interface of virtio over PCI, and the block device's requests.
 * Used by: drivers/block/virtio_blk*.c and its host test.  Section numbers: "Virtual I/O Device (VIRTIO) Version 1.1", OASIS.
 * Never: the modern (memory-mapped) interface: transitional devices offer both (2.2.3, 4.1.4.8).  */
#ifndef DRIVERS_BLOCK_VIRTIO_REGS_H
#define DRIVERS_BLOCK_VIRTIO_REGS_H
#include "lib/base.h"

#define VIRTIO_VENDOR 0x1af4u          /* 4.1.2 */
#define VIRTIO_BLK_TRANSITIONAL 0x1001u /* 4.1.2.1 */

/* Ports from base address register 0, 4.1.4.8 */
#define VP_DEVICE_FEATURES 0u   /* 32 */
#define VP_DRIVER_FEATURES 4u   /* 32 */
#define VP_QUEUE_PFN 8u         /* 32: address of the selected queue, by 4096 */
#define VP_QUEUE_SIZE 12u       /* 16, the device's; 0: no such queue */
#define VP_QUEUE_SELECT 14u     /* 16 */
#define VP_QUEUE_NOTIFY 16u     /* 16 */
#define VP_STATUS 18u           /* 8 */
#define VP_ISR 19u              /* 8; reading clears it and the interrupt, 4.1.4.5 */
#define VP_CONFIG 20u           /* the device's own, without MSI-X */
#define VP_PORTS 64u

/* Device status, 2.1 */
#define VS_ACKNOWLEDGE 1u
#define VS_DRIVER 2u
#define VS_DRIVER_OK 4u
#define VS_FAILED 128u

/* The split queue, 2.6; in one piece of memory with the used ring on a page of its own, 2.6.2 */
#define VQ_ALIGN 4096u
#define VD_NEXT 1u
#define VD_WRITE 2u             /* the device writes it */
struct vq_desc { uint64_t at; uint32_t bytes; uint16_t flags, next; };          /* 2.6.5 */
struct vq_avail { uint16_t flags, index, ring[]; };                             /* 2.6.6 */
struct vq_used_entry { uint32_t id, bytes; };
struct vq_used { uint16_t flags, index; struct vq_used_entry ring[]; };         /* 2.6.8 */
_Static_assert(sizeof(struct vq_desc) == 16 && sizeof(struct vq_used_entry) == 8, "virtio queue");

/* Block device, 5.2 */
#define VB_F_SIZE_MAX (1u << 1)
#define VB_F_SEG_MAX (1u << 2)
#define VB_F_RO (1u << 5)
#define VB_F_FLUSH (1u << 9)
#define VB_CAPACITY (VP_CONFIG + 0u)    /* 64: sectors of 512 bytes, 5.2.4 */
#define VB_SIZE_MAX (VP_CONFIG + 8u)    /* 32: bytes of one segment */
#define VB_SEG_MAX (VP_CONFIG + 12u)    /* 32: segments of one request */
#define VB_T_IN 0u                      /* 5.2.6 */
#define VB_T_OUT 1u
#define VB_T_FLUSH 4u
#define VB_S_OK 0u
struct vb_head { uint32_t type, reserved; uint64_t sector; };
_Static_assert(sizeof(struct vb_head) == 16, "virtio block request");
#endif
