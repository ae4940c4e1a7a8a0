"""Power cuts: of the host, of the home, of a third node, and of each in the middle of a move."""

import re
import time

import pytest
from conftest import NIGHTLY, program, seconds


pytestmark = pytest.mark.alone  # nodes that are not heard for 3 s are dead: not while other tests take the CPU


def until(what, timeout=10):
    """Waits for a condition; fails after so many seconds."""
    end = time.monotonic() + seconds(timeout)
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_host_dies(cluster):
    """The process ends at home with SIGKILL status and a log line, within 10 s; its parent's wait returns."""
    file = program("musl", "spin")
    c = cluster(2, add=[file])
    job = c.start(1, "sh", "-c", f"/root/{file.name} & p=$!; migrate $p 2; echo $p; wait $p; echo status $?")
    job.await_text(b"spinning")
    until(lambda: re.search(rb"^\d+$", bytes(job.out), re.M), 20)
    pid = int(re.search(rb"^(\d+)$", bytes(job.out), re.M)[1])
    until(lambda: c.where(pid) == "2")
    start = time.monotonic()
    c.verb("kill", 2)
    result = job.wait(30)
    assert b"status 137" in result.out, result
    assert time.monotonic() - start < seconds(10)
    assert re.search(rf"(process|pid) {pid}\b.*(lost|killed|gone|ended)", c.console(1)), c.story()
    assert c.exec(1, "cat", f"/proc/{pid}/stat").status != 0


def test_host_dies_while_home_half_sleeps(cluster):
    """Also when the body was asleep in a read or in a timer."""
    file = program("musl", "sleeper")
    c = cluster(3, add=[file])
    mover = c.mover()
    jobs = [c.start(1, f"/root/{file.name}", *mode, stdin=True) for mode in (["read"], ["nanosleep", "60000"], ["poll", "60000"])]
    time.sleep(0.5)
    for job in jobs:
        assert mover.move(job.pid, 3), mover.refused
    c.verb("kill", 3)
    for job in jobs:
        assert job.wait(30).status == 137


def test_home_dies(cluster):
    """Its guests are removed within 10 s, and the memory they had is free again."""
    file = program("musl", "dirty")
    c = cluster(2, add=[file])
    mover = c.mover()

    def free():
        return int(re.search(r"MemFree: +(\d+)", c.sh(2, "cat /proc/meminfo"))[1])

    before = free()
    job = c.start(1, f"/root/{file.name}", "8000")
    job.await_text(b"dirty\n")
    assert mover.move(job.pid, 2), mover.refused
    assert free() < before - 7000
    c.verb("kill", 1)
    until(lambda: c.stats(2)["guests_lost"] == 1)
    until(lambda: free() > before - 400)
    cpu = c.cpu()[2]
    time.sleep(2)
    assert c.cpu()[2] - cpu < 1, "the guest still computes"


def test_third_node_dies(cluster):
    """1 -> 2 -> 3, then node 2 is cut: only home and host matter."""
    file = program("glibc", "ticks")
    c = cluster(3, add=[file])
    mover = c.mover()
    job = c.start(1, "sh", "-c", f"cd /tmp && exec /root/{file.name} 400000 40 out")
    job.await_text(b"1 ")
    assert mover.move(job.pid, 2) and mover.move(job.pid, 3), mover.refused
    c.verb("kill", 2)
    time.sleep(5)
    assert c.sh(1, f"cat /proc/{job.pid}/where 2>/dev/null; true").strip() in ("3", "")
    result = job.wait(120)
    assert result.status == 42 and result.err == b"the timer ticked\n" and b"\nfile " in result.out, result


@pytest.mark.parametrize("victim", ["target", "source", "home", "third"])
def test_power_cut_in_the_middle_of_a_move(cluster, rng, victim):
    """A large program moves 2 -> 3 and somebody dies at a random moment of it."""
    file = program("musl", "dirty")
    for _ in range(12 if NIGHTLY else 2):
        c = cluster(4, add=[file], options=("--rate", "100"))
        mover, background = c.mover(), c.mover()
        job = c.start(1, f"/root/{file.name}", "6000")
        job.await_text(b"dirty\n")
        assert mover.move(job.pid, 2), mover.refused
        background.process.stdin.write(f"{job.pid} 3\n".encode())
        background.process.stdin.flush()
        time.sleep(rng.random() * 1.2)
        c.verb("kill", {"target": 3, "source": 2, "home": 1, "third": 4}[victim])
        if victim == "home":
            until(lambda: all(re.search(r"\b(down|dead)\b", c.console(n)) for n in (2, 3)), 20)
            time.sleep(3)
            for n in (2, 3):
                used = int(re.search(r"MemFree: +(\d+)", c.sh(n, "cat /proc/meminfo"))[1])
                assert used > 50000, f"node {n} still holds the body\n{c.story()}"
            continue
        answer = background.lines.get(timeout=seconds(60))
        c.sh(1, f"kill -USR1 {job.pid} 2>/dev/null; true")
        result = job.wait(60)
        if victim == "third":
            assert answer == "ok"
        if victim == "third" or answer == "ok" and victim == "source":
            assert result.out == b"dirty\n1536000 words, 0 wrong\n", (answer, result)
        else:
            assert result.status == 137 or result.out.endswith(b"0 wrong\n") and result.status == 0, (answer, result)
        if victim == "target" and answer.startswith("no"):
            assert result.status == 0, f"the move failed ({answer}), so the process must go on at its source: {result}\n{c.story()}"
        until(lambda: c.exec(1, "cat", f"/proc/{job.pid}/stat").status != 0)


def test_a_node_comes_back(cluster):
    """Cut and switched on again: it is a member again, and takes guests."""
    file = program("musl", "spin")
    c = cluster(2, add=[file])
    c.verb("kill", 2)
    until(lambda: c.sh(1, "cat /proc/hpc/nodes/2/status 2>/dev/null; true").strip() != "up", 15)
    c.verb("restart", 2, timeout=120)
    until(lambda: c.sh(1, "cat /proc/hpc/nodes/2/status").strip() == "up", 20)
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    job.signal("USR1")
    assert job.wait().out == b"spinning\nenough\n"


def test_a_short_pause_harms_nobody(cluster):
    """A node that stands still for less than deadtime is not given up."""
    file = program("musl", "spin")
    c = cluster(2, add=[file])
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    c.verb("pause", 2)
    time.sleep(1.2)
    c.verb("resume", 2)
    time.sleep(1)
    assert c.where(job.pid) == "2"
    job.signal("USR1")
    assert job.wait().out == b"spinning\nenough\n"


def test_partition_and_heal(cluster):
    """The wire is split: the process ends at home, the guest away; healed, both nodes work together again."""
    file = program("musl", "spin")
    c = cluster(2, add=[file])
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    c.verb("partition", "1/2")
    assert job.wait(30).status == 137
    until(lambda: c.stats(2)["guests_lost"] == 1, 15)
    c.verb("heal")
    until(lambda: c.sh(1, "cat /proc/hpc/nodes/2/status").strip() == "up", 20)
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    until(lambda: c.exec(1, "migrate", job.pid, "2").status == 0, 20)
    job.signal("USR1")
    assert job.wait().out == b"spinning\nenough\n"
