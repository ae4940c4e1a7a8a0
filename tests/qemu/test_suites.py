"""Other people's test suites on a node, and what no program may do to it: exhaustion, and fuzzers' calls.

Small sizes here; the nightly run has the sizes of docs/nightly.md.  What Linux does with the suites is recorded in tests/suites.
"""

import re
import sys
import time

import pytest
from conftest import NIGHTLY, TOP, Cluster, program, seconds

sys.path.insert(0, str(TOP / "tests" / "suites"))
import busybox_suite  # noqa: E402
import stress_list  # noqa: E402

SETTLED_KIB = 128  # what may be gone after a run that gave all back: pages of object classes not used before

nightly = pytest.mark.nightly


def free(c, node=1):
    return int(re.search(r"MemFree: +(\d+)", c.sh(node, "cat /proc/meminfo"))[1])


def wait_settled(c, before, what, node=1):
    """Until memory is back: bodies and inodes end a little after those who held them."""
    end = time.monotonic() + seconds(15)
    while free(c, node) < before - SETTLED_KIB:
        assert time.monotonic() < end, f"{what}: {before} KiB were free, now {free(c, node)}\n{c.sh(node, 'cat /proc/meminfo; ps')}"
        time.sleep(0.5)


# ---- memory and what else runs out

EXHAUSTED = {
    "processes": "each refused or killed", "overcommit": "refused or killed", "tmpfs": "full", "files": "full", "pipes": "no more",
    "forks": "a tall tree", "threads": "no more", "descriptors": "EMFILE, all polled", "maps": "ENOMEM",
}


@pytest.fixture(scope="module")
def small_node(tmp_path_factory):
    c = Cluster(tmp_path_factory.mktemp("small") / "c", 1, ["-m", "24"], [f"{program('musl', 'exhaust')}:/root/exhaust"])
    try:
        for what in ("forks", "threads"):  # caches of stacks and of object classes fill once
            c.exec(1, "/root/exhaust", what, timeout=120)
        yield c
        c.alive()
    finally:
        c.down()


@pytest.mark.limit(240)
@pytest.mark.parametrize("what", EXHAUSTED)
def test_exhaustion(small_node, what):
    """A refusal with its errno first, then a killed process and a line that says which and why; all comes back."""
    before = free(small_node)
    log = len(small_node.console(1))
    done = small_node.exec(1, "/root/exhaust", what, timeout=200)
    assert (done.status, done.out.decode()) == (0, f"{what}: {EXHAUSTED[what]}\n"), f"{done}\n{small_node.story()}"
    wait_settled(small_node, before, what)
    killed = re.findall(r"out of memory.*", small_node.console(1)[log:])
    assert all(re.search(r"killed process \d+ \(exhaust\), the largest here with \d+ KiB; \d+ KiB free", line) for line in killed), killed
    if what in ("processes", "overcommit"):
        assert killed, small_node.story()
    assert small_node.sh(1, "ps | grep -c '[e]xhaust' || true").strip() == "0"


# ---- fuzzers

OUTSIDE = "hostname; cat /proc/mounts /proc/sys/kernel/*; ls -laR /root /etc /home /mnt /usr; cat /etc/*; find /dev | sort; umask; stat -c '%a %U' /tmp"


def outside(c):
    """What a process of nobody must not be able to change, once the last of its terminals is gone."""
    end = time.monotonic() + seconds(15)
    while c.sh(1, "ls /dev/pts").split() != ["ptmx"]:
        assert time.monotonic() < end, c.sh(1, "ls -l /dev/pts; ps; ls -l /proc/*/fd 2> /dev/null | grep pt")
        time.sleep(0.5)
    return c.sh(1, f"({OUTSIDE}) 2>&1").splitlines()


def assert_same_world(c, world, what):
    now = outside(c)
    changed = sorted(set(now) ^ set(world))
    assert now == world, f"{what} changed something outside: {changed[:20]}"


@pytest.mark.limit(14400 if NIGHTLY else 200)
def test_hostile_calls(cluster):
    """Every number with hostile arguments from six processes at once, as nobody."""
    c = cluster(1, add=[f"{program('musl', 'hostile')}:/root/hostile"])
    c.exec(1, "/root/hostile", "99", "1500", "6", timeout=120)
    c.sh(1, "rm -rf /tmp/hostile")
    before, world = free(c), outside(c)
    for seed in range(1, 11 if NIGHTLY else 2):
        calls = "100000" if NIGHTLY else "3000"
        done = c.exec(1, "/root/hostile", seed, calls, "6", timeout=3000 if NIGHTLY else 150)
        assert (done.status, done.out.decode()) == (0, f"{calls} calls and more\n"), f"seed {seed}: {done}\n{c.story()}"
        c.sh(1, "rm -rf /tmp/hostile")
        wait_settled(c, before, f"seed {seed}")
        assert c.sh(1, "ls -A /tmp; ps | grep -c '[h]ostile' || true") == "0\n"
        assert_same_world(c, world, f"seed {seed}")
        assert "PANIC" not in c.console(1)


@pytest.mark.limit(14400 if NIGHTLY else 240)
def test_hostile_calls_away(cluster):
    """The same from bodies that are on another node: their home serves what they ask for, and both stay whole."""
    c = cluster(2, add=[f"{program('musl', 'hostile')}:/root/hostile"])
    c.exec(1, "/root/hostile", "99", "300", "4", "2", timeout=150)
    c.sh(1, "rm -rf /tmp/hostile")
    before, there, world = free(c), free(c, 2), outside(c)
    for seed in range(1, 11 if NIGHTLY else 2):
        calls = "10000" if NIGHTLY else "500"
        done = c.exec(1, "/root/hostile", seed, calls, "4", "2", timeout=3000 if NIGHTLY else 200)
        assert (done.status, done.out.decode()) == (0, f"{calls} calls and more\n"), f"seed {seed}: {done}\n{c.story()}"
        c.sh(1, "rm -rf /tmp/hostile")
        wait_settled(c, before, f"seed {seed}, home")
        wait_settled(c, there, f"seed {seed}, host", 2)
        assert_same_world(c, world, f"seed {seed}")
    assert c.stats(2)["moves_in"] > 5


# trinity crashes by itself over AF_UNIX, on Linux too: it is told to make no sockets
TRINITY = "mkdir -m 777 /tmp/t && exec su nobody -s /bin/sh -c 'cd /tmp/t && exec trinity -q -l off -C 8 --disable-fds=sockets -N %d -s %d'"


@nightly
@pytest.mark.limit(43200)
def test_trinity(cluster):
    """Debian's trinity as nobody: no panic, no leak, no effect outside."""
    c = cluster(1, options=("--with", "trinity", "-m", "256"))
    c.exec(1, "sh", "-c", TRINITY % (500, 99), timeout=600)
    c.sh(1, "rm -rf /tmp/t; ipcrm -a")
    before, world = free(c), outside(c)
    for seed in range(1, 11):
        done = c.exec(1, "sh", "-c", TRINITY % (100000, seed), timeout=4000)
        made = re.search(rb"Ran (\d+) syscalls", done.out)
        assert made and int(made[1]) >= 100000, f"seed {seed}: {done}\n{c.story()}"
        c.sh(1, "killall -9 trinity 2> /dev/null; rm -rf /tmp/t; ipcs -m | awk '$2 ~ /^[0-9]+$/ { print $2 }' | xargs -r -n 1 ipcrm -m")
        wait_settled(c, before, f"seed {seed}")
        assert_same_world(c, world, f"seed {seed}")
        assert "PANIC" not in c.console(1)


# ---- busybox's own tests

SLICE = ("cut", "cp", "mv", "expr", "touch", "ash-redir")


@pytest.mark.limit(14400 if NIGHTLY else 240)
def test_busybox_suite(cluster, tmp_path):
    """Busybox's own cases: what passes on Linux passes here, and what does not does not, but for docs/suites.md's list."""
    names = () if NIGHTLY else SLICE
    (tmp_path / "job").write_text(busybox_suite.command(names))
    c = cluster(1, options=("-m", "128"), add=[f"{busybox_suite.pack()}:/root/busybox.tar", f"{busybox_suite.SCRIPT}:/root/busybox.sh",
                                               f"{tmp_path}/job:/root/job"])
    done = c.exec(1, "sh", "/root/job", timeout=14000 if NIGHTLY else 200)
    found = busybox_suite.results(done.out.decode(errors="replace"))
    assert sum(v == "PASS" for v in found.values()) > (700 if NIGHTLY else 30), done
    wrong = busybox_suite.differences(found, names)
    assert not wrong, "\n".join(wrong)


# ---- stress-ng

STRESS_SLICE = ("access", "brk", "clone", "dentry", "futex", "mmapaddr", "pipe", "sem-sysv", "sigsegv", "vfork")


@pytest.mark.limit(14400 if NIGHTLY else 240)
def test_stress_ng(cluster):
    """Every stressor that passes on Linux passes here, but for docs/suites.md's list."""
    names = [n for n in stress_list.recorded() if n not in busybox_suite.excused()] if NIGHTLY else STRESS_SLICE
    c = cluster(1, options=("--with", "stress-ng", "-m", str(stress_list.MEMORY)), add=[f"{stress_list.SCRIPT}:/root/stress.sh"])
    for at in range(0, len(names), 10):
        some = names[at:at + 10]
        before = free(c)
        done = c.exec(1, "sh", "/root/stress.sh", str(stress_list.SECONDS if NIGHTLY else 1), *some, timeout=1200)
        text = done.out.decode(errors="replace")
        found = stress_list.results(text.splitlines())
        assert [n for n in some if found.get(n) not in ("passed", "idle")] == [], f"{text}\n{c.story()}"
        if at:
            wait_settled(c, before - 1024, " ".join(some))
        assert "PANIC" not in c.console(1)
