"""Hostile input: wild system calls, broken programs, garbage on the wire.  Nothing may fall over, nothing may leak."""

import re
import time

import pytest
from conftest import BUSYBOX, NIGHTLY, LIBCS, needs_i386_host, on_host, program, relay, seconds

ETHERTYPE = b"\x88\xb5"


def free(c, node=1):
    return int(re.search(r"MemFree: +(\d+)", c.sh(node, "cat /proc/meminfo"))[1])


@pytest.mark.limit(200)
@pytest.mark.parametrize("seed", range(1, 9 if NIGHTLY else 2))
def test_every_call_with_wild_arguments(cluster, seed):
    file = program("musl", "wild")
    c = cluster(1, add=[file])
    c.exec(1, f"/root/{file.name}", "0", "40", "7")
    before = free(c)
    done = c.exec(1, f"/root/{file.name}", "0", "450", str(seed), timeout=180)
    assert done.status == 0 and done.out == b"calls 0 to 450 survived, 0 odd\n", f"{done}\n{c.story(30)}"
    assert free(c) > before - 400, c.sh(1, "cat /proc/meminfo; ps; ls -lR /tmp /root | head -n 30")
    assert c.sh(1, "echo alive; ps | wc -l").startswith("alive\n")


@pytest.mark.limit(200)
def test_wild_calls_away(cluster):
    """The same from a node away: the deputy must not believe the guest either."""
    file = program("musl", "wild")
    c = cluster(2, add=[file])
    for first, last in ((0, 150), (151, 300), (301, 450)):
        job = c.start(1, "sh", "-c", f"read x; exec /root/{file.name} {first} {last} 5", stdin=True)
        assert c.exec(1, "migrate", job.pid, "2").status == 0
        job.send(b"\n")
        result = job.wait(120)
        assert result.out == b"calls %d to %d survived, 0 odd\n" % (first, last), f"{result}\n{c.story(30)}"


def test_signals_faster_than_the_wire(cluster):
    """Thousands of signals to a body that is away and does not look: one message tells it, and no message is lost for them."""
    file = program("musl", "dirty")
    c = cluster(2, add=[file])
    job = c.start(1, f"/root/{file.name}", "100")
    job.await_text(b"dirty\n")
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    c.sh(1, f"kill -STOP {job.pid}; until grep -q T.*stopped /proc/{job.pid}/status; do :; done")
    before = c.stats(1)["pokes"]
    c.sh(1, f"i=0; while [ $i -lt 3000 ]; do kill -CHLD {job.pid}; kill -TERM {job.pid}; i=$((i+1)); done")
    assert c.stats(1)["pokes"] - before < 10
    c.sh(1, f"kill -CONT {job.pid}")
    assert job.wait().status == 128 + 15
    assert "lost" not in c.console(1)


@needs_i386_host
@pytest.mark.parametrize("node", [1, 2])
def test_wrong_pointers_get_linuxs_errno(cluster, tmp_path, node):
    """Each call with each of its pointers wrong, at home and away: the error's number is the host's."""
    file = program("musl", "badptr")
    expected = on_host([file, "."], cwd=tmp_path, stdin=b"\n")
    c = cluster(2, add=[file])
    job = c.start(1, "sh", "-c", f"mkdir /tmp/b; cd /tmp/b && exec /root/{file.name} .", stdin=True)
    if node == 2:
        c.sh(1, f"until [ $(cut -d' ' -f2 /proc/{job.pid}/stat) = '({file.name})' ]; do sleep 0.1; done; migrate {job.pid} 2")
    job.send(b"\n")
    job.close_stdin()
    result = job.wait()
    assert result.out.decode().splitlines() == expected.out.decode().splitlines()
    assert result == expected


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
def test_faults_away(cluster, libc):
    """A program that faults on its host dies there as it would at home."""
    file = program(libc, "faults")
    expected = on_host([file, "all"])
    c = cluster(2, add=[file])
    job = c.start(1, "sh", "-c", f"read x; exec /root/{file.name} all", stdin=True)
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    job.send(b"\n")
    assert job.wait().out == expected.out


def mutate(rng, image):
    """A damaged copy of an ELF file: mostly in its headers, sometimes cut short."""
    data = bytearray(image)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(0, 52 + 32 * 8) if rng.random() < 0.8 else rng.randrange(len(data))
        if rng.random() < 0.5:
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        else:
            at &= ~3
            data[at:at + 4] = rng.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0xC0000000, 0xBFFFF000, 0x1000, rng.randrange(2**32))).to_bytes(4, "little")
    if rng.random() < 0.15:
        del data[rng.randrange(len(data)):]
    return bytes(data)


@pytest.mark.limit(1600 if NIGHTLY else 200)
def test_damaged_programs(cluster, rng, tmp_path):
    """ENOEXEC, or a process that is killed or runs: never a panic, never a leak."""
    image = program("musl", "hello").read_bytes()
    number = 2000 if NIGHTLY else 200
    parts = [mutate(rng, image) for _ in range(number)]
    offsets, blob = [], b""
    for part in parts:
        offsets.append(f"{len(blob)} {len(part)}")
        blob += part
    (tmp_path / "blob").write_bytes(blob)
    (tmp_path / "list").write_text("\n".join(offsets) + "\n")
    c = cluster(1, add=[tmp_path / "blob", tmp_path / "list"])
    script = """cd /tmp; while read at n; do
        tail -c +$((at+1)) /root/blob | head -c $n > p; chmod 755 p
        timeout -s KILL 2 ./p < /dev/null > /dev/null 2>&1; s=$?; echo $s
    done < /root/list > /tmp/status; rm p; sort /tmp/status | uniq -c; sleep 4"""  # timeout's watchers end late
    c.sh(1, "cd /tmp; head -n 10 /root/list > /tmp/l; " + script.replace("/root/list", "/tmp/l"), timeout=60)
    before = free(c)
    out = c.sh(1, script, timeout=180 if not NIGHTLY else 1500)
    print(out)
    assert sum(int(line.split()[0]) for line in out.splitlines()) == number
    assert free(c) > before - 300


def test_damaged_scripts(cluster):
    """#! with no interpreter, a long one, a loop of them: errno as on Linux, no panic."""
    c = cluster(1)
    out = c.sh(1, r"""cd /tmp
        t() { chmod 755 f; (exec ./f) > /dev/null 2>&1; echo $?; }
        printf '#!\n' > f; t; printf '#!/no/such\n' > f; t; printf '#!/tmp/f\n' > f; t; printf '#! /bin/echo a\tb  \n' > f; t
        awk 'BEGIN { printf "#!"; for (i = 0; i < 500; i++) printf "/very/long"; print "" }' > f; t
        : > f; t; printf '\177ELF' > f; t; mkdir d; (exec ./d) 2> /dev/null; echo $?; printf 'echo plain $1\n' > g; chmod 755 g; ./g x""")
    lines = out.split()
    assert lines[3] == "0" and lines[-1] == "x" and all(s in ("0", "126", "127", "2") for s in lines[:8]), out


class Wire:
    """A port of our own on the hub: speaks on the cluster's wire through the control socket."""

    def __init__(self, cluster, port=70):
        self.cluster, self.port = cluster, port
        cluster.hub(f"port {port}")

    def send(self, frame):
        self.cluster.hub(f"inject {self.port} {frame.hex()}")


def frames_of(c):
    """Recorded frames of our ethertype from the pcap that --keep writes."""
    data = (c.keep / "wire.pcap").read_bytes()
    at, frames = 24, []
    while at + 16 <= len(data):
        length = int.from_bytes(data[at + 8:at + 12], "little")
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if len(frame) == length and frame[12:14] == ETHERTYPE:
            frames.append(frame)
    return frames


def damaged(rng, frame):
    data = bytearray(frame)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(14, min(len(data), 110)) if rng.random() < 0.8 else rng.randrange(14, len(data))
        data[at] = rng.choice((0, 0xFF, 0x80, data[at] ^ (1 << rng.randrange(8)), rng.randrange(256)))
    if rng.random() < 0.2:
        del data[rng.randrange(15, len(data)):]
    elif rng.random() < 0.1:
        data += bytes(rng.randrange(1, 300))
    return bytes(data[:1514])


@pytest.mark.limit(300)
def test_garbage_on_the_wire(cluster, rng):
    """20,000 frames, random, recorded and mutated, while a program is away: it goes on, and so do the nodes."""
    file = program("musl", "dirty")
    c = cluster(3, add=[file])
    mover = c.mover()
    job = c.start(1, f"/root/{file.name}", "1000")
    job.await_text(b"dirty\n")
    for node in (2, 3, 2):
        assert mover.move(job.pid, node), mover.refused
    recorded = frames_of(c)
    assert len(recorded) > 500
    wire = Wire(c)
    nodes = sorted({f[6:12] for f in recorded})
    start = time.monotonic()
    number = 20000
    for i in range(number):
        if rng.random() < 0.75:
            frame = damaged(rng, rng.choice(recorded))
        else:
            frame = rng.choice(nodes) + rng.choice(nodes) + ETHERTYPE + rng.randbytes(rng.randrange(1, 1500))
        wire.send(frame)
        if i % 2000 == 1999:
            assert mover.move(job.pid, 3 if i // 2000 % 2 else 2, timeout=60), (mover.refused, c.story())
    print(f"{number} frames in {time.monotonic() - start:.1f} s")
    assert c.where(job.pid) in ("2", "3")
    job.signal("USR1")
    assert job.wait().out == b"dirty\n256000 words, 0 wrong\n"


def test_moves_on_a_bad_wire(cluster, rng, tmp_path):
    """Loss, duplication, reordering and corruption: slower, and just as right."""
    file = program("musl", "ticks")
    expected = on_host([file, "300000", "30", "out"], cwd=tmp_path)
    c = cluster(3, add=[file], options=("--loss", "0.05", "--dup", "0.02", "--reorder", "0.05", "--corrupt", "0.02", "--seed", str(rng.randrange(10**6))))
    mover = c.mover()
    job = c.start(1, "sh", "-c", f"mkdir /tmp/w && cd /tmp/w && exec /root/{file.name} 300000 30 out")
    for step in range(12):
        if not job.running():
            break
        mover.move(job.pid, step % 3 + 1)
        time.sleep(0.1)
    assert job.wait() == expected
    assert mover.moved >= 5, mover.refused
    assert c.exec(1, "cat", "/tmp/w/out").out == (tmp_path / "out").read_bytes()


__all__ = ["BUSYBOX", "relay", "seconds"]
