"""user/agent.c and tools/cluster/agent.py against each other: the real i386 agent, run on this host."""

import asyncio
import os
import random
import socket
import subprocess

import pytest
from conftest import TOP

from cluster import wire
from cluster.agent import Agent, exit_status
from cluster.fail import Fail
from cluster.terminal_command import environment, term_name

AGENT = os.path.join(TOP, "build", "user", "agent")


def with_agent(test, noise=None):
    """Run an async test with an Agent joined to an agent process; noise(bytes) may spoil what it hears."""
    async def main():
        ours, theirs = socket.socketpair()
        process = subprocess.Popen([AGENT, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()])
        theirs.close()
        agent = Agent("test")
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            if noise:
                plain = writer.write
                writer.write = lambda data: plain(noise(data))
            await agent.start(reader, writer)
            await asyncio.wait_for(agent.ready.wait(), 10)
            await asyncio.wait_for(test(agent), 60)
        finally:
            agent.close()
            process.kill()
            process.wait()
    asyncio.run(main())


def test_status_and_streams_apart():
    async def test(agent):
        got = await agent.capture(["sh", "-c", "echo out; echo err >&2; exit 7"])
        assert got == (7, b"out\n", b"err\n")
        status, out, err = await agent.capture(["no-such-command-here"])
        assert status == 127 and out == b"" and b"No such file" in err
        assert (await agent.capture(["sh", "-c", "kill -9 $$"]))[0] == 137
    with_agent(test)


def test_arguments_and_environment_pass_unchanged():
    async def test(agent):
        words = ["a b", "", "$x", "ä\n'\"", "x" * 5000]
        out = (await agent.capture(["printf", "[%s]", *words]))[1]
        assert out.decode() == "".join(f"[{w}]" for w in words)
        out = (await agent.capture(["sh", "-c", "echo $GODWIT_X"], env=["GODWIT_X=here"]))[1]
        assert out == b"here\n"
    with_agent(test)


def test_large_streams_both_ways():
    async def test(agent):
        data = random.Random(1).randbytes(700_000)
        assert await agent.capture(["cat"], stdin=data) == (0, data, b"")
    with_agent(test)


def test_sessions_run_side_by_side():
    async def test(agent):
        jobs = [agent.capture(["sh", "-c", f"sleep 0.2; echo {i}; exit {i}"]) for i in range(12)]
        for i, (status, out, _) in enumerate(await asyncio.gather(*jobs)):
            assert (status, out) == (i, f"{i}\n".encode())
    with_agent(test)


def test_a_reader_that_does_not_read_stops_only_itself():
    async def test(agent):
        stuck = agent.open(["yes"], no_stdin=True)
        await asyncio.sleep(0.3)
        held = sum(len(v) for k, v in list(stuck.events._queue) if k == "out")
        assert 0 < held <= wire.OUTPUT_CREDIT
        assert (await agent.capture(["echo", "on"]))[1] == b"on\n"
        stuck.signal(15)
    with_agent(test)


def test_a_command_that_does_not_read_stdin():
    async def test(agent):
        status, out, _ = await agent.capture(["sh", "-c", "sleep 0.2; echo done"], stdin=b"x" * 300_000)
        assert (status, out) == (0, b"done\n")
    with_agent(test)


def test_background_jobs_do_not_hold_the_session():
    async def test(agent):
        status, out, _ = await agent.capture(["sh", "-c", "sleep 30 & echo $!; exit 0"], timeout=5)
        assert status == 0
        os.kill(int(out), 9)
    with_agent(test)


def test_signals_reach_the_whole_group():
    async def test(agent):
        session = agent.open(["sh", "-c", "trap 'echo caught; exit 5' INT; while :; do sleep 0.05; done"])
        await asyncio.sleep(0.3)
        session.signal(2)
        out = b""
        while True:
            kind, value = await session.events.get()
            if kind == "exit":
                break
            out += value
        assert exit_status(value) == 5 and out == b"caught\n"
    with_agent(test)


def test_too_many_sessions_fail_one_by_one():
    async def test(agent):
        held = [agent.open(["sleep", "20"], no_stdin=True) for _ in range(16)]
        with pytest.raises(Fail):
            await agent.capture(["true"])
        held[0].signal(9)
        assert (await held[0].events.get())[0] == "exit"
        assert (await agent.capture(["true"]))[0] == 0
        for session in held[1:]:
            session.signal(9)
    with_agent(test)


def test_query_answers():
    async def test(agent):
        assert set((await agent.query("peers")).split()) <= {str(i) for i in range(65536)}
        assert await agent.query("what") == "?"
    with_agent(test)


def test_a_spoiled_line_repairs_itself():
    """Lost and changed bytes towards the node: frames are repeated, commands still run exactly once."""
    rng = random.Random(3)
    state = {"calls": 0}

    def noise(data):
        state["calls"] += 1
        if state["calls"] < 3 or rng.random() > 0.15:
            return data
        spoiled = bytearray(data)
        at = rng.randrange(len(spoiled))
        if rng.random() < 0.5:
            del spoiled[at]
        else:
            spoiled[at] ^= 1 << rng.randrange(8)
        return bytes(spoiled)

    async def test(agent):
        data = rng.randbytes(8000)
        assert await agent.capture(["cat"], stdin=data, timeout=50) == (0, data, b"")
        assert agent.repeats > 0
    with_agent(test, noise)


def test_garbage_before_and_between_frames():
    d = wire.Decoder()
    good = wire.encode(wire.STDOUT, 3, 9, b"hello")
    bad = bytearray(good)
    bad[12] ^= 1
    frames = d.feed(b"\xa7\xa7\x67noise" + good + bytes(bad) + b"\x00" + good[:7])
    frames += d.feed(good[7:])
    assert [(f.type, f.session, f.seq, f.payload) for f in frames] == [(wire.STDOUT, 3, 9, b"hello")] * 2


async def until(session, text, out=b""):
    while text not in out:
        kind, value = await asyncio.wait_for(session.events.get(), 20)
        assert kind == "out", (kind, value, out)
        out += value
    return out.split(text, 1)[1]


async def ended(session):
    while True:
        kind, value = await asyncio.wait_for(session.events.get(), 20)
        if kind not in ("out", "err"):
            return kind, exit_status(value)


def test_a_command_on_a_terminal():
    """A controlling terminal of the size that was asked for; a new size is told by a signal; keys make signals."""
    async def test(agent):
        script = ("trap 'stty size' WINCH; trap 'echo int' INT; test -t 0 && test -t 1 && test -t 2 && stty size "
                  "&& ps -o tty= -p $$; while :; do sleep 0.05; done")
        session = agent.open(["sh", "-c", script], env=["TERM=vt220"], window=(31, 97))
        rest = await until(session, b"31 97\r\n")
        rest = await until(session, b"pts/", rest)
        session.winsize(20, 50)
        rest = await until(session, b"20 50\r\n", rest)
        await session.write(b"\x03")
        rest = await until(session, b"int\r\n", rest)
        await session.write(b"\x1c")
        assert await ended(session) == ("exit", 128 + 3)
    with_agent(test)


def test_a_terminal_ends_with_its_command():
    """What still holds the terminal is hung up, and does not hold the session."""
    async def test(agent):
        session = agent.open(["sh", "-c", "sleep 30 & echo $!; exit 4"], window=(24, 80))
        pid = int((await until_line(session)).decode())
        assert await ended(session) == ("exit", 4)
        for _ in range(100):
            if not alive(pid):
                break
            await asyncio.sleep(0.05)
        assert not alive(pid)
    with_agent(test)


async def until_line(session, out=b""):
    while b"\n" not in out:
        out += (await asyncio.wait_for(session.events.get(), 20))[1]
    return out.split(b"\n")[0]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().split()[2] != "Z"
    except OSError:
        return False


def test_terminals_that_a_node_knows():
    assert [term_name(n) for n in ("xterm", "xterm-kitty", "tmux-direct", "screen.linux", "vt220", "wy60", "")] == \
        ["xterm", "xterm-256color", "tmux-256color", "screen-256color", "vt220", "vt100", "dumb"]
    assert environment({"TERM": "xterm", "LC_ALL": "de_DE.UTF-8"}) == ["TERM=xterm"]
