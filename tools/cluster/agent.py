"""The tool's end of the line to one node's agent: sessions over numbered, acknowledged frames.

Used by keeper.py, one Agent for each boot of a node, and by tests against an agent on the host.
Never sends more than the agent's window, never holds more output than a session's credit.
"""

import asyncio
import contextlib
import os
import struct
from collections import deque

from . import wire
from .fail import Fail

CHUNK = 960        # payload of frames to the node: a dozen of them fit the window
REPEAT_S = 1.0     # unacknowledged frames are sent again after that long
CREDIT_STEP = 16384


class Session:
    """One command on a node.  events: ("out"|"err", bytes), ("exit", wait status), ("fail", text)."""

    def __init__(self, agent, number):
        self.agent = agent
        self.number = number
        self.events = asyncio.Queue()
        self.owed = 0                    # output bytes taken since the last credit was given
        self.credit = wire.STDIN_CREDIT  # stdin bytes we may send
        self.more_credit = asyncio.Event()
        self.over = False

    def took(self, n):
        """The consumer has disposed of n bytes of output."""
        self.owed += n
        if self.owed >= CREDIT_STEP and not self.over:
            self.agent.send(wire.CREDIT, self.number, struct.pack("<I", self.owed))
            self.owed = 0

    async def write(self, data):
        """Send stdin; waits while the command does not read."""
        while data and not self.over:
            while self.credit == 0 and not self.over:
                self.more_credit.clear()
                await self.more_credit.wait()
            part = data[:min(CHUNK, self.credit)]
            data = data[len(part):]
            self.credit -= len(part)
            self.agent.send(wire.STDIN, self.number, part)

    def eof(self):
        if not self.over:
            self.agent.send(wire.EOF, self.number)

    def signal(self, number):
        """Send a signal to the command's process group."""
        if not self.over:
            self.agent.send(wire.SIGNAL, self.number, bytes([number]))

    def winsize(self, rows, columns):
        """The size of the command's terminal."""
        if not self.over:
            self.agent.winsize(rows, columns, self.number)

    def finish(self, kind, value):
        self.over = True
        self.more_credit.set()
        self.events.put_nowait((kind, value))


class Agent:
    """The line to one node."""

    def __init__(self, label):
        self.label = label
        self.ready = asyncio.Event()
        self.name = ""
        self.sessions = {}
        self.answers = {}
        self.next_number = 0
        self.seq = 0
        self.waiting = deque()   # frames not sent yet: (type, session, payload)
        self.sent = deque()      # frames not acknowledged: (seq, bytes)
        self.sent_bytes = 0
        self.nonce = b""
        self.writer = None
        self.tasks = []
        self.repeat_at = 0.0
        self.repeats = 0

    async def start(self, reader, writer):
        self.writer = writer
        self.tasks = [asyncio.create_task(self._read(reader)), asyncio.create_task(self._repeat())]

    async def connect(self, path):
        """Join a unix socket that may not exist yet; waits for it."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(0.02)
        await self.start(reader, writer)

    def close(self, why="the node is gone"):
        """End the line; every open session fails."""
        for task in self.tasks:
            task.cancel()
        self._end_sessions(why)
        if self.writer:
            with contextlib.suppress(Exception):
                self.writer.close()

    # ---- line ----

    def send(self, kind, session, payload=b""):
        self.waiting.append((kind, session, payload))
        self._push()

    def _push(self):
        """Send what the window allows."""
        if not self.ready.is_set():
            return
        while self.waiting:
            kind, session, payload = self.waiting[0]
            size = wire.HEADER_BYTES + len(payload) + wire.CRC_BYTES
            if self.sent_bytes + size > wire.WINDOW_BYTES:
                return
            self.waiting.popleft()
            frame = wire.encode(kind, session, self.seq, payload)
            if not self.sent:
                self.repeat_at = asyncio.get_running_loop().time() + REPEAT_S
            self.sent.append((self.seq, frame))
            self.sent_bytes += size
            self.seq = (self.seq + 1) & 0xFFFF
            self.writer.write(frame)

    async def _repeat(self):
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(REPEAT_S / 4)
            if self.sent and loop.time() >= self.repeat_at:
                self.repeat_at = loop.time() + REPEAT_S
                self.repeats += 1
                for _, frame in self.sent:
                    self.writer.write(frame)

    def _acknowledge(self, seq):
        known = [n for n, _ in self.sent]
        if seq not in known:
            return
        while True:
            number, frame = self.sent.popleft()
            self.sent_bytes -= len(frame)
            if number == seq:
                break
        self.repeat_at = asyncio.get_running_loop().time() + REPEAT_S
        self._push()

    def _hello(self):
        """Answer an unasked READY: the agent has just started, or started again."""
        self._end_sessions("the node's agent started again")
        self.ready.clear()
        self.nonce = self.nonce or os.urandom(8)
        self.sent.clear()
        self.sent_bytes = 0
        self.writer.write(wire.encode(wire.HELLO, 0, 0, self.nonce))
        self.seq = 1

    def _end_sessions(self, why):
        for session in self.sessions.values():
            session.finish("fail", why)
        self.sessions.clear()
        for future in self.answers.values():
            if not future.done():
                future.set_exception(Fail(f"{self.label}: {why}"))
        self.answers.clear()

    async def _read(self, reader):
        decoder = wire.Decoder()
        while True:
            try:
                data = await reader.read(65536)
            except ConnectionError:
                data = b""
            if not data:
                self._end_sessions("the node is gone")
                return
            for frame in decoder.feed(data):
                self._take(frame)

    def _take(self, frame):
        if frame.type == wire.READY:
            self._take_ready(frame)
        elif frame.type == wire.ACK and len(frame.payload) == 2:
            self._acknowledge(struct.unpack("<H", frame.payload)[0])
        elif frame.type == wire.ANSWER:
            future = self.answers.pop(frame.session, None)
            if future and not future.done():
                future.set_result(frame.payload.decode("utf-8", "replace"))
        elif frame.session in self.sessions:
            self._take_session(self.sessions[frame.session], frame)

    def _take_ready(self, frame):
        if len(frame.payload) < 9:
            return
        if frame.payload[1:9] == self.nonce and self.nonce:
            if not self.ready.is_set():
                self.name = frame.payload[9:].decode("utf-8", "replace")
                self.ready.set()
                self._push()
            return
        if self.ready.is_set():
            self.nonce = b""
            self.waiting.clear()
        self._hello()

    def _take_session(self, session, frame):
        if frame.type == wire.STDOUT:
            session.events.put_nowait(("out", frame.payload))
        elif frame.type == wire.STDERR:
            session.events.put_nowait(("err", frame.payload))
        elif frame.type == wire.CREDIT and len(frame.payload) == 4:
            session.credit += struct.unpack("<I", frame.payload)[0]
            session.more_credit.set()
        elif frame.type == wire.EXIT and len(frame.payload) == 4:
            del self.sessions[session.number]
            session.finish("exit", struct.unpack("<I", frame.payload)[0])
        elif frame.type == wire.FAIL:
            del self.sessions[session.number]
            session.finish("fail", frame.payload.decode("utf-8", "replace"))

    # ---- what the tool asks ----

    def _number(self):
        while True:
            self.next_number = self.next_number % 0xFFFF + 1
            if self.next_number not in self.sessions and self.next_number not in self.answers:
                return self.next_number

    def open(self, argv, cwd="", env=(), no_stdin=False, window=None):
        """Start a command; returns its Session at once.  With a window (rows, columns) it runs on a terminal of that size."""
        session = Session(self, self._number())
        self.sessions[session.number] = session
        flags = (wire.OPEN_NO_STDIN if no_stdin else 0) | (wire.OPEN_TTY if window else 0)
        record = wire.start_record(argv, cwd, env, flags)
        for at in range(0, len(record), CHUNK):
            self.send(wire.ARGS, session.number, record[at:at + CHUNK])
        if window:
            session.winsize(*window)
        self.send(wire.OPEN, session.number)
        return session

    async def query(self, text, timeout=5.0):
        """Ask the agent; returns its text."""
        number = self._number()
        future = asyncio.get_running_loop().create_future()
        self.answers[number] = future
        self.send(wire.QUERY, number, text.encode())
        try:
            return await asyncio.wait_for(future, timeout)
        finally:
            self.answers.pop(number, None)

    def winsize(self, rows, columns, session=0):
        """The size of a session's terminal; of the console without one."""
        self.send(wire.WINSIZE, session, struct.pack("<HH", rows, columns))

    async def capture(self, argv, timeout=30.0, stdin=b"", env=()):
        """Run a command to its end; returns (exit status, stdout, stderr)."""
        session = self.open(argv, env=env, no_stdin=not stdin)
        out, err = bytearray(), bytearray()

        async def collect():
            while True:
                kind, value = await session.events.get()
                if kind == "out" or kind == "err":
                    (out if kind == "out" else err).extend(value)
                    session.took(len(value))
                elif kind == "exit":
                    return exit_status(value)
                else:
                    raise Fail(f"{self.label}: {value}")

        async def feed():
            await session.write(stdin)
            session.eof()

        feeder = asyncio.create_task(feed()) if stdin else None
        try:
            status = await asyncio.wait_for(collect(), timeout)
        except asyncio.TimeoutError:
            session.signal(9)
            raise Fail(f"{self.label}: {' '.join(argv)} did not end within {timeout:g} s") from None
        finally:
            if feeder:
                feeder.cancel()
        return status, bytes(out), bytes(err)


def exit_status(wait_status):
    """A shell's view of a wait status: the exit code, or 128 + signal."""
    signal = wait_status & 0x7F
    return 128 + signal if signal else (wait_status >> 8) & 0xFF
