/* dp8390_regs.h - registers and bits of the National Semiconductor DP8390 network interface controller.
 * Included by: dp8390.c, ne2000.c and the chip model of the host tests.
 * Never: anything but names.  Source: DP8390D/NS32490D data sheet, July 1995, section 10 "Internal Registers"
 * (10.1 address assignments, 10.3 register descriptions); board offsets: NE2000 as QEMU and the RTL8029AS data sheet have it.  */
#ifndef DRIVERS_NE2000_DP8390_REGS_H
#define DRIVERS_NE2000_DP8390_REGS_H

#define DP_CR      0x00 /* command, all pages */

/* page 0 */
#define DP_PSTART  0x01 /* write: first page of the receive ring */
#define DP_PSTOP   0x02 /* write: page behind the ring's last */
#define DP_BNRY    0x03 /* last page that the host has read */
#define DP_TSR     0x04 /* read: transmit status */
#define DP_TPSR    0x04 /* write: first page of the frame to send */
#define DP_NCR     0x05 /* read: collisions */
#define DP_TBCR0   0x05 /* write: bytes to send */
#define DP_TBCR1   0x06
#define DP_ISR     0x07 /* write 1 to clear */
#define DP_RSAR0   0x08 /* write: remote start address */
#define DP_RSAR1   0x09
#define DP_RBCR0   0x0a /* write: remote byte count */
#define DP_RBCR1   0x0b
#define DP_RSR     0x0c /* read: receive status */
#define DP_RCR     0x0c /* write: receive configuration */
#define DP_CNTR0   0x0d /* read, and cleared by it: frame alignment errors */
#define DP_TCR     0x0d /* write: transmit configuration */
#define DP_CNTR1   0x0e /* read, and cleared by it: CRC errors */
#define DP_DCR     0x0e /* write: data configuration */
#define DP_CNTR2   0x0f /* read, and cleared by it: missed frames */
#define DP_IMR     0x0f /* write: interrupt mask */

/* page 1 */
#define DP_PAR0    0x01 /* station address, 6 registers */
#define DP_CURR    0x07 /* page that the next frame goes to */
#define DP_MAR0    0x08 /* multicast filter, 8 registers */

/* board: data port and reset port behind the chip's 16 registers */
#define NE_DATA    0x10
#define NE_RESET   0x1f
#define NE_PORTS   0x20

/* command */
#define CR_STP     0x01
#define CR_STA     0x02
#define CR_TXP     0x04
#define CR_RD_READ 0x08
#define CR_RD_WRITE 0x10
#define CR_RD_ABORT 0x20
#define CR_PAGE0   0x00
#define CR_PAGE1   0x40

/* interrupt status and mask */
#define ISR_PRX    0x01 /* frame received */
#define ISR_PTX    0x02 /* frame sent */
#define ISR_RXE    0x04 /* received with error */
#define ISR_TXE    0x08 /* sending failed */
#define ISR_OVW    0x10 /* the ring is full, a frame was lost */
#define ISR_CNT    0x20 /* a tally counter is half full */
#define ISR_RDC    0x40 /* remote DMA complete */
#define ISR_RST    0x80 /* stopped */

#define DCR_WTS    0x01 /* word transfers */
#define DCR_LS     0x08 /* normal operation, no loopback */
#define DCR_FT8    0x40 /* FIFO threshold: 8 bytes */

#define TCR_NORMAL 0x00
#define TCR_LOOPBACK 0x02 /* mode 1: inside the chip */

#define RCR_AB     0x04 /* accept broadcast */
#define RCR_MON    0x20 /* monitor: store nothing */

#define RSR_PRX    0x01 /* good frame; also first byte of a frame's ring header */
#define RSR_CRC    0x02
#define RSR_FAE    0x04
#define RSR_FO     0x08

#define TSR_PTX    0x01
#define TSR_COL    0x04
#define TSR_ABT    0x08
#define TSR_CRS    0x10
#define TSR_FU     0x20

#define DP_PAGE_BYTES 256u
#define DP_HEADER_BYTES 4u /* ring header: status, next page, byte count low, high (frame + CRC) */

#endif
