"""Moving: any program, at any moment, between any nodes; nothing in its output shows it."""

import re
import time

import pytest
from conftest import BUSYBOX, LIBCS, NIGHTLY, needs_i386_host, on_host, program

NODES = 4
MOVES = 200 if NIGHTLY else 20


def move_while_it_runs(job, mover, rng, pids=None):
    """Moves the job's process (or any of those that pids() names) at random moments until it ends, to every node equally often."""
    here, targets, step, took = {}, [], 0, 0.0
    while job.running():
        time.sleep(rng.random() * max(0.08, 3 * took))  # it gets on with its work, too: a large one takes long to move
        if step % 8 == 0:
            choice = pids() if pids else [job.pid]
        step += 1
        if not choice:
            continue
        pid = rng.choice(choice)
        targets = targets or rng.sample(range(1, NODES + 1), NODES)
        to = targets.pop()
        start = time.monotonic()
        if to != here.get(pid, 1) and mover.move(pid, to):
            here[pid] = to
        took = time.monotonic() - start


def move_through_runs(c, rng, start, check, pids=None):
    """Runs a program, again and again if need be, until it was moved MOVES times, half of them in user mode, by the logs of both
    sides; check(result) looks at each run.  At night each node must have had a tenth of the CPU time, seen from the host."""
    mover = c.mover()
    before, runs = c.cpu(), 0
    while True:
        had = mover.moved
        job = start()
        move_while_it_runs(job, mover, rng, pids and (lambda job=job: pids(job)))
        check(job.wait(300))
        runs += 1
        assert mover.moved > had, f"not one move while it ran: {mover.refused[-3:]}"
        arrived, in_user = (sum(column) for column in zip(*[c.arrivals(n) for n in range(1, NODES + 1)]))
        if mover.moved >= MOVES and in_user >= MOVES // 2:
            break
        assert mover.moved < 5 * MOVES, f"{in_user} of {arrived} moves in user mode"
    used = {n: after - before[n] for n, after in c.cpu().items()}
    committed = c.commits()
    print(f"{mover.moved} moves in {runs} runs, {committed} commits, {arrived} arrivals, {in_user} in user mode; CPU {used}")
    refusals_are_ends(mover)
    assert committed >= mover.moved and arrived == committed
    if NIGHTLY:
        assert all(share >= sum(used.values()) / 10 for share in used.values()), used


def relatives(c, parent, itself):
    """The children of a process, and the process itself if asked for: what a mover may choose from."""
    found = c.sh(1, "for p in /proc/[0-9]*; do read -r a b c d e < $p/stat 2>/dev/null && "
                    "[ \"$b\" != '(sh)' ] && echo ${p#/proc/} $d; done; true")
    parents = dict(map(int, line.split()) for line in found.splitlines() if len(line.split()) == 2)
    return [p for p, its in parents.items() if its == parent or (itself and p == parent)]


def refusals_are_ends(mover):
    """A move may be refused because the process ended, and for no other reason."""
    odd = [r for r in mover.refused if "no such process" not in r and "No such process" not in r and r != "the mover's shell has ended"]
    assert not odd, odd


# name, arguments for about 3 s of work on a quiet machine, forks
WORK = [("ticks", [250000 * (8 if NIGHTLY else 1), 60, "out"], False), ("forks", [120 * (8 if NIGHTLY else 1), 900000], True)]


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("name,args,forks", WORK)
@pytest.mark.limit(1800 if NIGHTLY else 240)  # runs repeated until all moves are made
def test_moved_at_random_moments(cluster, rng, tmp_path, libc, name, args, forks):
    """A program alone, or with its children."""
    file = program(libc, name)
    expected = on_host([file, *args], cwd=tmp_path, timeout=300)
    c = cluster(NODES, add=[file])

    def start():
        job = c.start(1, "sh", "-c", 'rm -rf /tmp/w && mkdir /tmp/w && cd /tmp/w && exec "$@"', "sh", f"/root/{file.name}", *args)
        job.await_text(b"\n")  # the program itself, no longer the shell that starts it
        return job

    def check(result):
        assert result == expected
        for path in tmp_path.iterdir():
            if path.is_file():
                assert c.exec(1, "cat", f"/tmp/w/{path.name}").out == path.read_bytes()

    move_through_runs(c, rng, start, check, (lambda job: relatives(c, job.pid, True)) if forks else None)
    if not forks:
        assert sum(c.stats(n)["brought_home"] for n in range(1, NODES + 1)) == 0


@needs_i386_host
@pytest.mark.parametrize("script", [
    "/root/musl-noise 8000000 | gzip -c | sha256sum",
    "awk 'BEGIN { x = 1; for (i = 0; i < 300000; i++) { x = (x * 16807) % 2147483647; if (i % 50000 == 0) print i, x } }'",
    "/root/musl-noise 3000000 text | sort | sha256sum",
], ids=["gzip", "awk", "sort"])
@pytest.mark.limit(1800 if NIGHTLY else 240)
def test_pipelines_moved(cluster, rng, tmp_path, script):
    """Every process of the pipeline is moved, by its own pid, while data flows through."""
    noise = program("musl", "noise")
    host = script.replace("/root/musl-noise", str(noise))
    expected = on_host([BUSYBOX, "sh", "-c", host], cwd=tmp_path, timeout=300)
    c = cluster(NODES, add=[noise])

    def check(result):
        assert result == expected

    move_through_runs(c, rng, lambda: c.start(1, "sh", "-c", script), check, lambda job: relatives(c, job.pid, "|" not in script))
    assert sum(c.stats(n)["brought_home"] for n in range(1, NODES + 1)) == 0


def test_every_node_computes(cluster, rng):
    """A program that spins and is moved round: each QEMU has a share of the CPU time, seen from the host."""
    file = program("musl", "spin")
    c = cluster(NODES, add=[file])
    mover = c.mover()
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    before = c.cpu()
    for step in range(4 * NODES):
        time.sleep(0.4)
        assert mover.move(job.pid, (step + 1) % NODES + 1), mover.refused
    used = {n: after - before[n] for n, after in c.cpu().items()}
    job.signal("USR1")
    assert job.wait().out == b"spinning\nenough\n"
    total = sum(used.values())
    assert all(share >= total / 10 for share in used.values()), used


@pytest.mark.alone
def test_preempted_within_100_ms(cluster):
    """A program that makes no call and no fault leaves a fixed-speed node within 100 ms of the order."""
    file = program("musl", "spin")
    c = cluster(3, add=[file], options=("--speed", "62.5"))
    took = c.sh(1, f"""/root/{file.name} quiet > /tmp/o & p=$!; sleep 0.5
        for n in 2 3 2 1 3 1; do
            read a x < /proc/uptime; echo $n > /proc/$p/goto || exit 1; read b x < /proc/uptime
            echo "$n $a $b $(cat /proc/$p/where)"; sleep 0.2
        done; kill -USR1 $p; wait $p; cat /tmp/o""", timeout=120)
    assert took.endswith("spinning\nenough\n"), took
    for line in took.splitlines()[:6]:
        node, start, end, where = line.split()
        assert where == (node if node != "1" else "0"), took
        assert float(end) - float(start) <= 0.105, took


@pytest.mark.parametrize("mode,send,expected", [
    ("nanosleep 3500", None, (0, b"slept right\n")),
    ("read", b"a line\n", (3, b"read a line\n")),
    ("poll 30000", b"for poll\n", (3, b"read for poll\n")),
    ("poll 3500", None, (0, b"poll 0, right\n")),
    ("wait 3500", None, (0, b"child ended with 23\n")),
    ("fork 3500", None, (0, b"child 9\n")),
    ("pipe 3500", None, (0, b"wrote 200000, child 11\n")),
    ("sigwait", "USR1", (0, b"waiting\nsignal 10, by a process\n")),
    ("stop", "CONT", (0, b"before\nafter\n")),
])
@pytest.mark.parametrize("libc", LIBCS if NIGHTLY else LIBCS[1:])
def test_moved_while_it_sleeps(cluster, libc, mode, send, expected):
    file = program(libc, "sleeper")
    c = cluster(3, add=[file])
    mover = c.mover()
    job = c.start(1, f"/root/{file.name}", *mode.split(), stdin=True)
    time.sleep(0.4)
    if mode == "stop":
        job.await_text(b"before")
    _, _, ms = mode.partition(" ")
    last = time.monotonic() + (int(ms) / 1000 - 1.5 if ms and not send else 60)
    for node in (2, 3, 1, 3):
        if time.monotonic() > last:
            break
        assert mover.move(job.pid, node), (mode, node, mover.refused)
        assert c.where(job.pid) == ("0" if node == 1 else str(node))
        if mode == "stop":
            assert c.sh(1, f"cut -d' ' -f3 /proc/{job.pid}/stat") == "T\n"
    if isinstance(send, bytes):
        job.send(send)
    elif send:
        job.signal(send)
    result = job.wait()
    assert (result.status, result.out, result.err) == (*expected, b"")


def test_moved_while_it_reads_a_terminal(cluster):
    from test_single import Terminal
    c = cluster(2)
    mover = c.mover()
    t = Terminal(c.status()[1]["socket"])
    t.type(b"\n")
    t.expect(rb"# ")
    t.type(b"sh -c 'echo pid $$; read line; echo got $line; read line; echo then $line'; echo status $?\n")
    pid = int(t.expect(rb"\npid (\d+)")[1])
    time.sleep(0.3)
    assert mover.move(pid, 2), mover.refused
    t.type(b"hello\n")
    t.expect(rb"\ngot hello")
    assert c.where(pid) == "2"
    t.type(b"a\x7fworld\n")
    t.expect(rb"\nthen world")
    t.expect(rb"\nstatus 0")


def test_keys_and_signals_reach_an_away_program(cluster):
    """Ctrl-Z, fg, Ctrl-C at the terminal at home; kill, ps and wait."""
    from test_single import Terminal
    c = cluster(2)
    mover = c.mover()
    t = Terminal(c.status()[1]["socket"])
    t.type(b"\n")
    t.expect(rb"# ")
    t.type(b"sh -c 'echo pid $$; i=0; while :; do i=$((i+1)); done'\n")
    pid = int(t.expect(rb"\npid (\d+)")[1])
    assert mover.move(pid, 2), mover.refused
    t.type(b"\x1a")
    t.expect(rb"Stopped")
    assert c.sh(1, f"cut -d' ' -f3 /proc/{pid}/stat") == "T\n"
    t.type(b"fg\n")
    t.expect(rb"fg\r?\n")
    time.sleep(0.3)
    assert f" {pid} " in c.sh(1, "ps")
    assert c.where(pid) == "2"
    t.type(b"\x03")
    t.expect(rb"# ")
    t.type(b"echo status $?\n")
    t.expect(rb"\nstatus 130")
    assert c.exec(1, "cat", f"/proc/{pid}/stat").status != 0


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
def test_calls_away_as_on_the_host(cluster, tmp_path, libc):
    file = program(libc, "calls")
    expected = on_host([file, "."], cwd=tmp_path, stdin=b"\n")
    c = cluster(2, add=[file])
    mover = c.mover()
    job = c.start(1, "sh", "-c", f"mkdir -p /tmp/c && cd /tmp/c && exec /root/{file.name} .", stdin=True)
    time.sleep(0.4)
    assert mover.move(job.pid, 2), mover.refused
    job.send(b"\n")
    job.close_stdin()
    result = job.wait()
    assert result.out.decode().splitlines() == expected.out.decode().splitlines()
    assert result == expected


def test_trace_of_an_away_process(cluster):
    """Its home's log shows the calls that home serves, paths and all; the one that slept through the move among them."""
    c = cluster(2)
    job = c.start(1, "sh", "-c", "read line; cd /absent 2> /dev/null; cd /tmp; exit 4", stdin=True)
    c.sh(1, f"echo 1 > /proc/{job.pid}/trace; migrate {job.pid} 2")
    job.send(b"\n")
    assert job.wait().status == 4
    log = c.sh(1, "dmesg")
    for line in ("read(0, ", 'chdir("/absent") = -1 ENOENT (No such file or directory)', 'chdir("/tmp") = 0', "exit_group(4)"):
        assert log.count(f"[{job.pid}] {line}") == 1, (line, log)


def test_calls_of_the_body_send_no_frame(cluster):
    file = program("musl", "quiet")
    c = cluster(2, add=[file])
    mover = c.mover()
    job = c.start(1, f"/root/{file.name}", stdin=True)
    job.await_text(b"ready")
    assert mover.move(job.pid, 2), mover.refused
    counts = {}
    for turns in (1, 0, 1000, 0, 1000):
        before, start, served = c.frames(), time.monotonic(), c.stats(1)["calls_served"]
        job.out.clear()
        job.send(b"%d\n" % turns)
        job.await_text(b"done\n")
        counts[turns] = (c.frames() - before, time.monotonic() - start, c.stats(1)["calls_served"] - served)
    job.close_stdin()
    assert job.wait().status == 0
    # a read and a write; the rest is the nodes' own talk, by the clock
    assert counts[1000][2] <= 4, counts
    assert counts[1000][0] <= counts[0][0] + 30 + 20 * counts[1000][1], counts


def test_pages_go_straight_from_2_to_3(cluster):
    """At least 95 % of the page bytes of a move 2 -> 3 pass from 2 to 3, by the hub's counters."""
    file = program("musl", "dirty")
    c = cluster(3, add=[file])
    mover = c.mover()
    job = c.start(1, f"/root/{file.name}", "8192")
    job.await_text(b"dirty\n")
    assert mover.move(job.pid, 2), mover.refused
    before = c.traffic()
    assert mover.move(job.pid, 3), mover.refused
    after = c.traffic()
    delta = {pair: after.get(pair, 0) - before.get(pair, 0) for pair in after}
    straight, other = delta.get((2, 3), 0), sum(v for pair, v in delta.items() if pair not in ((2, 3), (3, 2)))
    assert straight >= 8192 * 1024
    assert other <= straight * 0.05, delta
    job.signal("USR1")
    assert job.wait(120).out == b"dirty\n2097152 words, 0 wrong\n"


def test_a_move_that_cannot_be_done(cluster):
    """An error that names the cause; the process goes on where it was."""
    file = program("musl", "spin")
    c = cluster(3, add=[file])
    job = c.start(1, f"/root/{file.name}", "quiet")
    job.await_text(b"spinning\n")
    for node, reason in (("77", "not up"), ("0x2", "usage"), ("99999", "usage"), ("65535", "usage")):
        done = c.exec(1, "migrate", job.pid, node)
        assert done.status != 0 and reason in done.err.decode(), (node, done)
    c.verb("kill", 3)
    done = c.exec(1, "migrate", job.pid, "3", timeout=60)
    assert done.status == 1 and len(done.err) > 10, done
    assert c.where(job.pid) == "0"
    assert c.exec(1, "migrate", job.pid, "2").status == 0
    done = c.exec(1, "migrate", job.pid, "3", timeout=60)
    assert done.status == 1 and c.where(job.pid) == "2"
    assert c.exec(1, "migrate", "99999", "2").status == 1
    assert c.sh(1, f"cat /proc/{job.pid}/cantmove") == ""
    assert c.sh(1, f"cat /proc/{job.pid}/nmigs") == "1\n"
    job.signal("USR1")
    assert job.wait().out == b"spinning\nenough\n"


def test_no_room_on_the_target(cluster):
    """A body that does not fit is refused before anything was sent, and goes on."""
    file = program("musl", "dirty")
    c = cluster(2, add=[file], options=("-m", "64,16"))
    job = c.start(1, f"/root/{file.name}", "24000")
    job.await_text(b"dirty\n")
    done = c.exec(1, "migrate", job.pid, "2")
    assert done.status == 1 and re.search("memory", done.err.decode()), done
    assert c.where(job.pid) == "0"
    job.signal("USR1")
    assert job.wait(120).out == b"dirty\n6144000 words, 0 wrong\n"


def test_many_programs_at_once(cluster, rng):
    """Six programs on four nodes, moved in turn; all come to their right ends."""
    file = program("musl", "dirty")
    c = cluster(NODES, add=[file])
    mover = c.mover()
    jobs = [c.start(1, f"/root/{file.name}", "400") for _ in range(6)]
    for job in jobs:
        job.await_text(b"dirty\n")
    for _ in range(MOVES * 2):
        assert mover.move(rng.choice(jobs).pid, rng.randrange(1, NODES + 1)), mover.refused
    for job in jobs:
        job.signal("USR1")
    for job in jobs:
        assert job.wait().out == b"dirty\n102400 words, 0 wrong\n"


def test_processes_of_every_node(cluster):
    """No master: nodes 2 and 3 send their own programs away too, crosswise."""
    file = program("musl", "dirty")
    c = cluster(3, add=[file], options=("--on", "all"))
    jobs = {n: c.start(n, f"/root/{file.name}", "300") for n in (1, 2, 3)}
    movers = {n: c.mover(n) for n in jobs}
    for n, job in jobs.items():
        job.await_text(b"dirty\n")
    for turn in range(6):
        for n, job in jobs.items():
            assert movers[n].move(job.pid, (n + turn) % 3 + 1), movers[n].refused
    for n, job in jobs.items():
        c.sh(n, f"kill -USR1 {job.pid}")
        assert job.wait().out == b"dirty\n76800 words, 0 wrong\n"
