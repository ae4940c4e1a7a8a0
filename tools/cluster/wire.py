"""Frames between the tool and a node's agent, on the node's second serial port.

The same facts as user/agent_wire.h, which explains them.  Used by agent.py and the tests.
Never keeps a frame whose sums are wrong; garbage between frames is skipped.
"""

import struct
import zlib
from dataclasses import dataclass

MARK = b"\xa7\x67"
HEADER_BYTES = 10
CRC_BYTES = 4
PAYLOAD_MAX = 1024
WINDOW_BYTES = 12288
VERSION = 1
STDIN_CREDIT = 16384
OUTPUT_CREDIT = 65536

HELLO, ARGS, OPEN, STDIN, EOF, CREDIT, SIGNAL, WINSIZE, QUERY = range(1, 10)
ACK = 10
READY, STDOUT, STDERR, EXIT, FAIL, ANSWER = range(16, 22)

OPEN_NO_STDIN, OPEN_TTY = 1, 2  # flags of a start record


@dataclass
class Frame:
    """One frame as it was on the line."""
    type: int
    session: int
    seq: int
    payload: bytes


def encode(kind, session, seq, payload=b""):
    """The bytes of one frame; payload at most PAYLOAD_MAX."""
    if len(payload) > PAYLOAD_MAX:
        raise ValueError("payload too long")
    head = struct.pack("<BHHH", kind, session, seq & 0xFFFF, len(payload))
    body = head + bytes([sum(head) & 0xFF]) + payload
    return MARK + body + struct.pack("<I", zlib.crc32(body))


class Decoder:
    """Finds frames in a stream of bytes."""

    def __init__(self):
        self.buffer = bytearray()
        self.skipped = 0  # bytes of garbage so far

    def feed(self, data):
        """Take bytes; returns the frames that became whole."""
        self.buffer += data
        frames = []
        while True:
            frame = self._next()
            if frame is None:
                return frames
            frames.append(frame)

    def _skip(self, n):
        del self.buffer[:n]
        self.skipped += n

    def _next(self):
        while len(self.buffer) >= HEADER_BYTES:
            at = self.buffer.find(MARK)
            if at < 0:
                self._skip(len(self.buffer) - 1)
                return None
            if at:
                self._skip(at)
                continue
            head = self.buffer[2:9]
            kind, session, seq, length = struct.unpack("<BHHH", head)
            if length > PAYLOAD_MAX or sum(head) & 0xFF != self.buffer[9]:
                self._skip(1)
                continue
            end = HEADER_BYTES + length
            if len(self.buffer) < end + CRC_BYTES:
                return None
            crc, = struct.unpack_from("<I", self.buffer, end)
            if zlib.crc32(self.buffer[2:end]) != crc:
                self._skip(1)
                continue
            payload = bytes(self.buffer[HEADER_BYTES:end])
            del self.buffer[:end + CRC_BYTES]
            return Frame(kind, session, seq, payload)
        return None


def start_record(argv, cwd="", env=(), flags=0):
    """What ARGS frames carry before OPEN: flags, counts, strings."""
    strings = [cwd, *argv, *env]
    blob = b"".join(s.encode("utf-8", "surrogateescape") + b"\0" for s in strings)
    return struct.pack("<BHH", flags, len(argv), len(env)) + blob
