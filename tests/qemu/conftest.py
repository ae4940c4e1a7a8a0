"""System tests: whole clusters in QEMU, driven from outside by ./godwit and its control sockets.

Used by every test_*.py here.  Needs `make kernel root hub programs`; GODWIT_KERNEL names another kernel.
Never ends a QEMU that it did not start: each cluster has a name of its own and is taken down by that name.
"""

import itertools
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))
from cluster import relay  # noqa: E402  (the tool's own modules)

GODWIT = str(TOP / "godwit")
PROGRAMS = TOP / "build" / "programs"
BUSYBOX = TOP / "build" / "apt" / "tree" / "bin" / "busybox"
LIBCS = ("glibc", "musl")
PATIENCE = float(os.environ.get("TEST_PATIENCE", "1"))  # stretches every timeout on slow machines
NIGHTLY = os.environ.get("NIGHTLY", "") not in ("", "0")
SEED = int(os.environ.get("TEST_SEED", "0")) or random.randrange(1, 10**6)
count = itertools.count(1)


def pytest_configure(config):
    def stop(number, frame):
        raise KeyboardInterrupt  # so that clusters are taken down

    signal.signal(signal.SIGTERM, stop)
    for number in (signal.SIGHUP, signal.SIGQUIT):  # ignored under nohup: the programs run on the host would inherit that
        signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # ... and this one by a shell's `&`
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "nightly: too long for `make test`; runs with NIGHTLY=1")
    config.addinivalue_line("markers", "limit(seconds): how long this test may take at most")
    config.addinivalue_line("markers", "alone: measures time; needs a quiet machine")


def pytest_report_header():
    return f"TEST_SEED={SEED} (random moments; set it to repeat them)"


def pytest_collection_modifyitems(config, items):
    """Long tests belong to the nightly run; they are left out, not skipped."""
    if NIGHTLY:
        return
    left_out = [item for item in items if item.get_closest_marker("nightly")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def seconds(n):
    return n * PATIENCE


def program(libc, name):
    """A test program's file; built by `make programs`."""
    path = PROGRAMS / f"{libc}-{name}"
    if not path.exists():
        pytest.fail(f"{path} is missing: run `make programs`")
    return path


def busybox_has_host():
    try:
        return subprocess.run([BUSYBOX, "true"], check=False).returncode == 0
    except OSError:
        return False


needs_i386_host = pytest.mark.skipif(not busybox_has_host(), reason="this host cannot run i386 programs")


class Result:
    """What a command left: exit status, stdout, stderr."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __eq__(self, other):
        return (self.status, self.out, self.err) == (other.status, other.out, other.err)

    def __repr__(self):
        return f"status {self.status}\nstdout {self.out[-1500:]!r}\nstderr {self.err[-1500:]!r}"


def on_host(argv, cwd=None, stdin=b"", timeout=120):
    """The same command on this host; busybox applets are the same binary's."""
    done = subprocess.run([str(a) for a in argv], input=stdin, capture_output=True, cwd=cwd, check=False,
                          timeout=seconds(timeout), env={"PATH": "/bin:/usr/bin", "HOME": "/root", "LC_ALL": "C"})
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Result(status, done.stdout, done.stderr)


def tool(*args, stdin=None, timeout=60, env=None, **more):
    """Run ./godwit."""
    if stdin is None:
        more["stdin"] = subprocess.DEVNULL
    else:
        more["input"] = stdin
    done = subprocess.run([GODWIT, *[str(a) for a in args]], capture_output=True, check=False,
                          timeout=seconds(timeout), env=env, **more)
    return Result(done.returncode, done.stdout, done.stderr)


class Job:
    """A program on a node, started so that its pid is known; output is collected as it comes."""

    def __init__(self, cluster, node, argv, stdin=False):
        self.cluster, self.node = cluster, node
        command = [GODWIT, "exec", "--name", cluster.name, str(node), "--", "sh", "-c", 'echo $$ >&2; exec "$@"', "sh",
                   *[str(a) for a in argv]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = bytearray(), bytearray()
        self.change = threading.Condition()
        self.threads = [threading.Thread(target=self._collect, args=(stream, into), daemon=True)
                        for stream, into in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self.threads:
            thread.start()
        self.await_text(b"\n", self.err)
        first, _, rest = bytes(self.err).partition(b"\n")
        self.pid = int(first)
        self.pid_line = len(first) + 1

    def _collect(self, stream, into):
        while True:
            data = os.read(stream.fileno(), 65536)
            with self.change:
                into.extend(data)
                self.change.notify_all()
            if not data:
                return

    def await_text(self, text, where=None, timeout=30):
        """Until the program's output contains the text."""
        where = self.out if where is None else where
        end = time.monotonic() + seconds(timeout)
        with self.change:
            while text not in where:
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None and not self.change.wait(0.3) and text not in where:
                    raise AssertionError(f"no {text!r} in {bytes(where)[-500:]!r}; stderr {bytes(self.err)[-500:]!r}")
                self.change.wait(min(left, 0.3))

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close_stdin(self):
        self.process.stdin.close()

    def running(self):
        return self.process.poll() is None

    def signal(self, name):
        self.cluster.sh(self.node, f"kill -{name} {self.pid}")

    def wait(self, timeout=60):
        """Until the program has ended; returns its Result."""
        try:
            status = self.process.wait(seconds(timeout))
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the program did not end within {timeout} s; so far {bytes(self.out)[-800:]!r} "
                                 f"{bytes(self.err)[-300:]!r}\n{self.cluster.story()}") from None
        for thread in self.threads:
            thread.join(5)
        return Result(status, bytes(self.out), bytes(self.err[self.pid_line:]))


class Mover:
    """Moves processes by the command `migrate`, from one shell that stays."""

    SCRIPT = 'while read p n; do m=$(migrate $p $n 2>&1) && echo "ok" || echo "no $m"; done'

    def __init__(self, cluster, node=1):
        self.process = subprocess.Popen([GODWIT, "exec", "--name", cluster.name, str(node), "--", "sh", "-c", self.SCRIPT],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.cluster, self.moved, self.refused = cluster, 0, []

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").strip())
        self.lines.put("no the mover's shell has ended")

    def move(self, pid, node, timeout=45):
        """True when the move was done; otherwise the reason is the last of `refused`."""
        try:
            self.process.stdin.write(f"{pid} {node}\n".encode())
            self.process.stdin.flush()
            answer = self.lines.get(timeout=seconds(timeout))
        except BrokenPipeError:
            answer = "no the mover's shell has ended"
        except queue.Empty:
            raise AssertionError(f"migrate {pid} {node} did not return within {timeout} s\n{self.cluster.story()}") from None
        if answer == "ok":
            self.moved += 1
            return True
        self.refused.append(answer[3:])
        return False

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Cluster:
    """A cluster that stays up until `down`."""

    def __init__(self, keep, nodes=2, options=(), add=(), append="", patient=True):
        self.name = f"t{os.getpid()}-{next(count)}"
        self.keep = pathlib.Path(keep)
        self.size = nodes
        command = [GODWIT, "up", "--name", self.name, "-n", str(nodes), "--keep", str(self.keep),
                   "--append", f"loglevel=6 {'deadtime=12000' if patient else ''} {append}".strip(), *options]
        for spec in add:
            command += ["--add", str(spec)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=seconds(900 if "--with" in command else 180))  # packages are packed at first use
        assert done.returncode == 0, f"{done.stderr}\n{self.story()}"
        assert "does not see" not in done.stderr, done.stderr

    def exec(self, node, *argv, stdin=None, timeout=60):
        return tool("exec", "--name", self.name, node, "--", *argv, stdin=stdin, timeout=timeout)

    def sh(self, node, script, timeout=60):
        """A shell script on a node; its stdout, which must come with status 0."""
        done = self.exec(node, "sh", "-c", script, timeout=timeout)
        assert done.status == 0, f"{script}: {done}\n{self.story()}"
        return done.out.decode(errors="replace")

    def start(self, node, *argv, stdin=False):
        return Job(self, node, argv, stdin)

    def mover(self, node=1):
        return Mover(self, node)

    def status(self):
        return {n["node"]: n for n in relay.ask(self.name, "status")["nodes"]}

    def cpu(self):
        return {n: s["cpu"] for n, s in self.status().items()}

    def hub(self, line):
        return relay.ask(self.name, "hub", line=line)["hub"]

    def traffic(self):
        """Bytes of our frames by (from, to)."""
        return {(p["from"], p["to"]): p["ours_bytes"] for p in self.hub("stats")["pairs"]}

    def frames(self):
        return sum(p["ours_frames"] for p in self.hub("stats")["pairs"])

    def stats(self, node):
        """/proc/hpc/stats as numbers."""
        return {k: int(v) for k, v in re.findall(r"^(\w+) (\d+)$", self.sh(node, "cat /proc/hpc/stats"), re.M)}

    def verb(self, *args, timeout=60):
        done = tool(args[0], "--name", self.name, *args[1:], timeout=timeout)
        assert done.status == 0, f"{args}: {done}\n{self.story()}"
        return done

    def where(self, pid, node=1):
        return self.sh(node, f"cat /proc/{pid}/where").strip()

    def console(self, node):
        path = self.keep / f"node{node}.console"
        return path.read_text(errors="replace") if path.exists() else ""

    def commits(self, node=1):
        """Moves that this home committed, by its console's log."""
        return len(re.findall(r"commit epoch \d+ on node \d+", self.console(node)))

    def arrivals(self, node):
        """Bodies that came to this node and ran, by its console's log; of these, how many in user mode."""
        found = re.findall(r"unit \d+ of node \d+ runs here, epoch \d+, (in user mode|in a call)", self.console(node))
        return len(found), found.count("in user mode")

    def story(self, lines=12):
        """The ends of all consoles, for a failure's report."""
        parts = []
        for n in range(1, self.size + 1):
            tail = "\n".join(self.console(n).splitlines()[-lines:])
            parts.append(f"---- console of node {n}\n{tail}")
        return "\n".join(parts)

    def alive(self):
        """All nodes that were not switched off on purpose still run, and nobody panicked."""
        for n, s in self.status().items():
            assert s["state"] in ("up", "cut"), f"node {n} is {s['state']}\n{self.story()}"
            assert "PANIC" not in self.console(n), self.story(40)

    def down(self):
        tool("down", "--name", self.name)


@pytest.fixture(autouse=True)
def limit(request):
    """No test hangs: it fails after its time."""
    def over(number, frame):
        raise AssertionError("the test took too long")

    mark = request.node.get_closest_marker("limit")
    old = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds(mark.args[0] if mark else 1800 if NIGHTLY else 90))
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)


@pytest.fixture()
def cluster(tmp_path, request):
    """Makes clusters: cluster(nodes=4, add=[...]).  Each must be whole at the end.

    Tests that are not marked `alone` give silent nodes more time than the default of 3 s: the machine may be busy.
    """
    made = []

    def make(nodes=2, **more):
        keep = tmp_path / f"c{len(made)}"
        one = Cluster(keep, nodes, patient=not request.node.get_closest_marker("alone"), **more)
        made.append(one)
        return one

    yield make
    signal.setitimer(signal.ITIMER_REAL, 0)  # the test's time is over; its clusters are taken down in any case
    try:
        for one in made:
            one.alive()
    finally:
        for one in made:
            one.down()
            if not NIGHTLY:
                (one.keep / "wire.pcap").unlink(missing_ok=True)


@pytest.fixture()
def rng(request):
    """Random moments: the seed is in the report's header, and each test has its own stream."""
    return random.Random(f"{SEED} {request.node.name}")


def booted(tmp_path_factory, name, nodes=1, options=()):
    """A cluster for a whole file of tests: `yield from` it in a fixture of the module."""
    c = Cluster(tmp_path_factory.mktemp(name) / "c", nodes, options)
    try:
        yield c
        c.alive()
    finally:
        c.down()


__all__ = ["BUSYBOX", "GODWIT", "LIBCS", "NIGHTLY", "TOP", "Cluster", "Job", "Mover", "Result", "booted", "needs_i386_host",
           "on_host", "program", "seconds", "tool", "json", "shutil"]
