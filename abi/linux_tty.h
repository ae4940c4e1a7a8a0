/* linux_tty.h - terminals: termios, ioctls, pseudo-terminals, as Linux i386 lays them out.
 * Included by: abi/linux_types.h, or alone.
 * Never: a type of our own.  Sources: man-pages 6.03; sizes measured on i386. */
#ifndef ABI_LINUX_TTY_H
#define ABI_LINUX_TTY_H
#include "abi/linux_base.h"

/* ---- terminals */
#define NCCS 19
struct linux_termios { uint32_t iflag, oflag, cflag, lflag; uint8_t line, cc[NCCS]; };
struct linux_termio { uint16_t iflag, oflag, cflag, lflag; uint8_t line, cc[8], pad; }; /* TCGETA family */
struct linux_termios2 { uint32_t iflag, oflag, cflag, lflag; uint8_t line, cc[NCCS]; uint32_t ispeed, ospeed; };
struct linux_winsize { uint16_t row, col, xpixel, ypixel; };
LINUX_SIZE(linux_termios, 36);
LINUX_SIZE(linux_termio, 18);
LINUX_SIZE(linux_termios2, 44);
LINUX_SIZE(linux_winsize, 8);
#define VINTR 0
#define VQUIT 1
#define VERASE 2
#define VKILL 3
#define VEOF 4
#define VTIME 5
#define VMIN 6
#define VSWTC 7
#define VSTART 8
#define VSTOP 9
#define VSUSP 10
#define VEOL 11
#define VREPRINT 12
#define VDISCARD 13
#define VWERASE 14
#define VLNEXT 15
#define VEOL2 16
/* iflag */
#define IGNBRK 0000001u
#define BRKINT 0000002u
#define IGNPAR 0000004u
#define PARMRK 0000010u
#define INPCK 0000020u
#define ISTRIP 0000040u
#define INLCR 0000100u
#define IGNCR 0000200u
#define ICRNL 0000400u
#define IUCLC 0001000u
#define IXON 0002000u
#define IXANY 0004000u
#define IXOFF 0010000u
#define IMAXBEL 0020000u
#define IUTF8 0040000u
/* oflag */
#define OPOST 0000001u
#define OLCUC 0000002u
#define ONLCR 0000004u
#define OCRNL 0000010u
#define ONOCR 0000020u
#define ONLRET 0000040u
#define TABDLY 0014000u
#define XTABS 0014000u
/* cflag */
#define CBAUD 0010017u
#define B0 0u
#define B9600 0000015u
#define B38400 0000017u
#define B115200 0010002u
#define CSIZE 0000060u
#define CS8 0000060u
#define CSTOPB 0000100u
#define CREAD 0000200u
#define PARENB 0000400u
#define PARODD 0001000u
#define HUPCL 0002000u
#define CLOCAL 0004000u
/* lflag */
#define ISIG 0000001u
#define ICANON 0000002u
#define XCASE 0000004u
#define ECHO 0000010u
#define ECHOE 0000020u
#define ECHOK 0000040u
#define ECHONL 0000100u
#define NOFLSH 0000200u
#define TOSTOP 0000400u
#define ECHOCTL 0001000u
#define ECHOPRT 0002000u
#define ECHOKE 0004000u
#define FLUSHO 0010000u
#define PENDIN 0040000u
#define IEXTEN 0100000u
#define EXTPROC 0200000u
/* ioctl numbers */
#define TCGETS 0x5401u
#define TCSETS 0x5402u
#define TCSETSW 0x5403u
#define TCSETSF 0x5404u
#define TCGETA 0x5405u
#define TCSETA 0x5406u
#define TCSETAW 0x5407u
#define TCSETAF 0x5408u
#define TCSBRK 0x5409u
#define TCXONC 0x540au
#define TCFLSH 0x540bu
#define TIOCEXCL 0x540cu
#define TIOCNXCL 0x540du
#define TIOCSCTTY 0x540eu
#define TIOCGPGRP 0x540fu
#define TIOCSPGRP 0x5410u
#define TIOCOUTQ 0x5411u
#define TIOCSTI 0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define TIOCMGET 0x5415u
#define FIONREAD 0x541bu
#define BLKROGET 0x125eu
#define BLKGETSIZE 0x1260u
#define BLKFLSBUF 0x1261u
#define BLKSSZGET 0x1268u
#define BLKDISCARD 0x1277u
#define BLKIOMIN 0x1278u
#define BLKIOOPT 0x1279u
#define BLKALIGNOFF 0x127au
#define BLKPBSZGET 0x127bu
#define BLKBSZGET 0x80041270u
#define BLKGETSIZE64 0x80041272u
#define HDIO_GETGEO 0x0301u
struct linux_hd_geometry { uint8_t heads, sectors; uint16_t cylinders; uint32_t start; };
LINUX_SIZE(linux_hd_geometry, 8);
#define TIOCINQ FIONREAD
#define TIOCCONS 0x541du
#define TIOCPKT 0x5420u
#define FIONBIO 0x5421u
#define TIOCNOTTY 0x5422u
#define TIOCSETD 0x5423u
#define TIOCGETD 0x5424u
#define TCSBRKP 0x5425u
#define TIOCGSID 0x5429u
#define TIOCGPTN 0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCSIG 0x40045436u
#define TIOCGPKT 0x80045438u
#define TIOCGPTLCK 0x80045439u
#define TIOCPKT_DATA 0u /* the first byte of a read in packet mode: data follow; else what happened, alone */
#define TIOCPKT_FLUSHREAD 1u
#define TIOCPKT_FLUSHWRITE 2u
#define TIOCPKT_STOP 4u
#define TIOCPKT_START 8u
#define TIOCPKT_NOSTOP 16u
#define TIOCPKT_DOSTOP 32u
#define TIOCPKT_IOCTL 64u
#define TIOCGPTPEER 0x5441u
#define TCGETS2 0x802c542au
#define TCSETS2 0x402c542bu
#define FIONCLEX 0x5450u
#define FIGETBSZ 2u
#define FICLONE 0x40049409u
#define FICLONERANGE 0x4020940du
#define FS_IOC_GETFLAGS 0x80046601u
#define FIOCLEX 0x5451u
#define FIOASYNC 0x5452u
#define FIOQSIZE 0x5460u
#define FICLONE 0x40049409u
#define TCIFLUSH 0u
#define TCOFLUSH 1u
#define TCIOFLUSH 2u
#define TCOOFF 0u
#define TCOON 1u
#define TCIOFF 2u
#define TCION 3u

#endif
