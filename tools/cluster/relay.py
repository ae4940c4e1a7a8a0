"""The socket between a running cluster and other godwit commands.

Server side for the process that keeps the cluster, client side for the commands.
A request is one line of JSON, and so is its answer; after an `exec` request both sides send
frames: a letter, a length (u32, little-endian), bytes.  Never used between machines.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct

from . import paths
from .agent import exit_status
from .fail import Fail

HEAD = struct.Struct("<cI")
WINDOW = struct.Struct("<HH")  # rows, columns
LINE_MAX = 1 << 20
LINGER_S = 5.0  # for the client to take a command's end and hang up


def socket_path(directory):
    return os.path.join(directory, "ctl")


# ---- server ----

async def serve(cluster):
    """Open the cluster's socket; returns the server."""
    async def client(reader, writer):
        try:
            await serve_client(cluster, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            with contextlib.suppress(Exception):
                writer.close()
    return await asyncio.start_unix_server(client, socket_path(cluster.directory), limit=LINE_MAX)


async def serve_client(cluster, reader, writer):
    line = await reader.readline()
    if not line:
        return
    request = json.loads(line)
    try:
        if request["op"] == "exec":
            agent = cluster.agent(request["node"])
            answer = {"ok": True}
        else:
            answer = await cluster.request(request["op"], request)
    except Fail as e:
        answer = {"error": e.text}
    except (OSError, asyncio.TimeoutError) as e:
        answer = {"error": f"{type(e).__name__}: {e}"}
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
    if request["op"] == "exec" and "ok" in answer:
        session = agent.open(request["argv"], env=request["env"], no_stdin=request["no_stdin"], window=request["window"])
        await relay_session(session, reader, writer)


async def relay_session(session, reader, writer):
    """Between one client and one command, until the command ends or the client is gone."""
    feeder = asyncio.create_task(feed_session(session, reader))
    try:
        while True:
            kind, value = await session.events.get()
            if kind in ("out", "err"):
                writer.write(HEAD.pack(kind[:1].encode(), len(value)) + value)
                await writer.drain()
                session.took(len(value))
                continue
            data = str(value).encode()
            writer.write(HEAD.pack(b"x" if kind == "exit" else b"f", len(data)) + data)
            await writer.drain()
            # a word of the client's that nobody reads would reset the connection and lose what was sent
            writer.write_eof()
            await asyncio.wait({feeder}, timeout=LINGER_S)
            return
    finally:
        feeder.cancel()
        if not session.over:
            asyncio.create_task(end_session(session))


async def feed_session(session, reader):
    try:
        while True:
            letter, length = HEAD.unpack(await reader.readexactly(HEAD.size))
            data = await reader.readexactly(length)
            if letter == b"i":
                await session.write(data)
            elif letter == b"n":
                session.eof()
            elif letter == b"s" and data:
                session.signal(data[0])
            elif letter == b"w":
                session.winsize(*WINDOW.unpack(data))
    except (asyncio.IncompleteReadError, ConnectionError):
        if not session.over:
            await end_session(session)


async def end_session(session):
    """The client went away: hang up, then kill."""
    session.signal(signal.SIGHUP)
    session.signal(signal.SIGCONT)
    await asyncio.sleep(1)
    session.signal(signal.SIGKILL)
    while not session.over:  # output nobody wants still needs its credit
        kind, value = await session.events.get()
        if kind in ("out", "err"):
            session.took(len(value))


# ---- client ----

def connect(name):
    """A connection to a running cluster."""
    directory = paths.cluster_dir(name)
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(socket_path(directory))
    except OSError:
        s.close()
        others = paths.all_names()
        hint = f"running: {' '.join(others)}" if others else "./godwit up starts one"
        raise Fail(f"no cluster named {name} is running ({hint})") from None
    return s


def read_answer(stream):
    line = stream.readline()
    if not line:
        raise Fail("the cluster ended meanwhile; ./godwit up starts one")
    answer = json.loads(line)
    if "error" in answer:
        raise Fail(answer["error"])
    return answer


def ask(name, op, **args):
    """One request and its answer."""
    with connect(name) as s, s.makefile("rwb") as stream:
        stream.write(json.dumps({"op": op, **args}).encode() + b"\n")
        stream.flush()
        return read_answer(stream)


class RemoteSession:
    """A command on a node, seen through the cluster's socket: the face of agent.Session."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.over = False

    def _send(self, letter, data=b""):
        if not self.over:
            self.writer.write(HEAD.pack(letter, len(data)) + data)

    async def write(self, data):
        self._send(b"i", data)
        await self.writer.drain()

    def eof(self):
        self._send(b"n")

    def signal(self, number):
        self._send(b"s", bytes([number]))

    def winsize(self, rows, columns):
        self._send(b"w", WINDOW.pack(rows, columns))

    def took(self, n):
        """Credit is the keeper's matter here: it waits while this end does not read."""

    async def next_event(self):
        try:
            letter, length = HEAD.unpack(await self.reader.readexactly(HEAD.size))
            data = await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return "fail", "the cluster ended meanwhile"
        if letter in b"oe":
            return ("out" if letter == b"o" else "err"), data
        self.over = True
        if letter == b"x":
            return "exit", int(data)
        return "fail", data.decode("utf-8", "replace")


async def open_remote(name, node, argv, no_stdin=False, env=(), window=None):
    """Start a command on a node of a running cluster; on a terminal, if its window is given."""
    s = connect(name)
    s.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=s, limit=LINE_MAX)
    request = {"op": "exec", "node": node, "argv": argv, "no_stdin": no_stdin, "env": list(env), "window": window}
    writer.write(json.dumps(request).encode() + b"\n")
    line = await reader.readline()
    answer = json.loads(line) if line else {"error": "the cluster ended meanwhile"}
    if "error" in answer:
        raise Fail(answer["error"])
    return RemoteSession(reader, writer)


async def exec_capture(name, node, argv, timeout=30.0):
    """Run a command on a node of a running cluster; returns (status, stdout, stderr).  For tests."""
    session = await open_remote(name, node, argv, True)
    out = {"out": bytearray(), "err": bytearray()}

    async def collect():
        while True:
            kind, value = await session.next_event()
            if kind not in out:
                break
            out[kind] += value
        if kind == "fail":
            raise Fail(value)
        return exit_status(value)

    status = await asyncio.wait_for(collect(), timeout)
    return status, bytes(out["out"]), bytes(out["err"])
