"""Small stories that a mistake in the commit rule or in the calls' at-most-once cannot survive (tests/mutants.py).

They run in `make test` like any other: with the kernel as it is they are green.
"""

import re
import time

import pytest
from conftest import program, seconds


def test_each_call_is_made_once(cluster):
    """A program appends lines while it moves between two hosts, on a wire so slow that answers miss it: each line is there once."""
    lines = 200
    c = cluster(3, options=("--delay", "3", "--loss", "0.01", "--dup", "0.05", "--seed", "5"))
    mover = c.mover()
    job = c.start(1, "sh", "-c", f"read x; i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo $i; done > /tmp/lines; echo end", stdin=True)
    assert mover.move(job.pid, 2), mover.refused
    job.send(b"\n")
    for step in range(20):
        if not job.running() or not mover.move(job.pid, 3 - step % 2):
            break
    result = job.wait(80)
    assert (result.status, result.out) == (0, b"end\n")
    print(f"{mover.moved} moves")
    assert mover.moved >= 5, mover.refused
    assert c.sh(1, "cat /tmp/lines").split() == [str(i) for i in range(1, lines + 1)]


def test_lines_that_come_during_moves(cluster, rng):
    """What is typed while the reader is on its way between two hosts is read once: not lost, not doubled, in order."""
    c = cluster(3, options=("--delay", "2"))
    mover = c.mover()
    job = c.start(1, "cat", stdin=True)
    assert mover.move(job.pid, 2), mover.refused
    sent = b""
    for step in range(40):
        mover.process.stdin.write(b"%d %d\n" % (job.pid, 3 - step % 2))
        mover.process.stdin.flush()
        time.sleep(0.02 + rng.random() * 0.12)
        line = b"line %d\n" % step
        job.send(line)
        sent += line
        assert mover.lines.get(timeout=seconds(45)) == "ok", c.story()
    job.await_text(b"line 39\n")
    job.close_stdin()
    result = job.wait(30)
    assert (result.status, result.out, result.err) == (0, sent, b"")


@pytest.mark.alone
def test_one_body_only(cluster, rng):
    """A large body moves over a slow wire while its target's cable is cut: whoever wins, one body ran at any time."""
    file = program("musl", "dirty")
    c = cluster(3, add=[file], options=("--rate", "50"))
    mover, background = c.mover(), c.mover()
    job = c.start(1, f"/root/{file.name}", "3000")
    job.await_text(b"dirty\n")
    assert mover.move(job.pid, 2), mover.refused
    background.process.stdin.write(f"{job.pid} 3\n".encode())
    background.process.stdin.flush()
    time.sleep(0.3)
    c.hub("cut 3")
    answer = background.lines.get(timeout=seconds(60))
    assert answer.startswith("no"), answer
    assert c.where(job.pid) == "2"
    time.sleep(1)
    assert c.arrivals(3) == (0, 0), c.story()
    job.signal("USR1")
    result = job.wait(60)
    assert result.out == b"dirty\n768000 words, 0 wrong\n", result
    assert not re.search("PANIC", c.console(3))


@pytest.mark.alone
def test_target_dies_around_the_commit(cluster):
    """The target's power is cut at many moments round the commit: the process ends killed, or goes on whole; never both."""
    file = program("musl", "dirty")
    for delay in (0.02, 0.05, 0.09):
        c = cluster(3, add=[file])
        mover, background = c.mover(), c.mover()
        job = c.start(1, f"/root/{file.name}", "300")
        job.await_text(b"dirty\n")
        assert mover.move(job.pid, 2), mover.refused
        background.process.stdin.write(f"{job.pid} 3\n".encode())
        background.process.stdin.flush()
        time.sleep(delay)
        c.verb("kill", 3)
        answer = background.lines.get(timeout=seconds(40))
        time.sleep(4)
        running = [n for n in (1, 2) if c.cpu()[n] - c.status()[n]["cpu"] < 0]
        assert len(running) <= 1
        if answer == "ok":
            result = job.wait(30)
            assert result.status == 137, result
            continue
        assert job.running(), f"{answer}\n{c.story()}"
        assert c.where(job.pid) == "2"
        job.signal("USR1")
        assert job.wait(30).out == b"dirty\n76800 words, 0 wrong\n"
