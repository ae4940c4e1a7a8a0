"""Commands on a node's terminal, driven by keys and seen on a screen: ./godwit exec and run as a person uses them."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import GODWIT, TOP, booted, seconds

sys.path.insert(0, str(TOP / "tests"))
from screen import Terminal  # noqa: E402  (shared with the tool's tests)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    yield from booted(tmp_path_factory, "terminal")


@pytest.fixture()
def on(node):
    """Starts a command of the node on a terminal."""
    made = []

    def start(*argv, rows=24, columns=80):
        command = [GODWIT, "exec", "--name", node.name, "1", "--", *argv]
        made.append(Terminal(command, rows, columns, patience=seconds(1)))
        return made[-1]

    yield start
    for t in made:
        t.close()


def test_window_job_control_and_status(on):
    t = on("sh", rows=30, columns=90)
    t.see(r"#$")
    t.run("stty size; tty; echo $TERM\r", r"^30 90\n/dev/pts/\d+\nxterm$")
    t.run("echo a; cat\r", "^a$")
    t.run("typed\r", "^typed\ntyped$")
    t.run("\x1a", "Stopped")
    t.run("jobs; bg; clear\r", r"^\[1\].*cat")
    t.run("fg\r", "^cat$")
    t.run("\x03", r"\^C\n/ #$")
    t.run("echo $((50+5))\r", "^55$")
    t.resize(20, 70)
    t.run("stty size\r", "^20 70$")
    t.type("exit 7\r")
    assert t.left() == (7, True)


def test_a_new_size_is_told(on):
    t = on("sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 1; done")
    t.see("^ready$")
    t.resize(33, 44)
    t.see("^33 44$")
    t.type("\x03")
    assert t.left() == (130, True)


def test_three_keys_leave(on, node):
    t = on("cat")
    t.run("here\r", "^here\nhere$")
    t.run("\x1d\x1dx\r", r"^\^\]\^\]x")
    t.type("\x1d\x1d\x1d")
    assert t.left() == (128 + signal.SIGHUP, True)
    node.sh(1, "while pidof cat > /dev/null; do usleep 50000; done")


def test_a_killed_tool_leaves_the_terminal_as_it_was(on):
    t = on("cat")
    t.run("here\r", "^here\nhere$")
    assert not t.restored()
    t.kill()
    t.process.wait()
    t._until(t.restored, "restored terminal", 15)


def test_run_has_a_terminal(tmp_path):
    t = Terminal([GODWIT, "run", "-n", "1", "--", "sh", "-c", "tty; stty size; read x; exit $x"], 25, 75,
                 patience=seconds(1))
    try:
        t.see(r"^/dev/pts/\d+\n25 75$", 60)
        t.type("9\r")
        assert t.left() == (9, True)
    finally:
        t.close()


def test_without_a_terminal_streams_stay_apart(node):
    t = node.exec(1, "sh", "-c", "tty; echo err >&2; exit 3")
    assert (t.status, t.out, t.err) == (3, b"not a tty\n", b"err\n")


def test_a_pipe_behind_keeps_it_from_a_terminal(node):
    """Input from a terminal and output into a pipe: the command gets pipes."""
    master, slave = os.openpty()
    done = subprocess.run([GODWIT, "exec", "--name", node.name, "1", "--", "test", "-t", "1"], stdin=slave,
                          capture_output=True, timeout=seconds(60), check=False)
    os.close(master)
    os.close(slave)
    assert done.returncode == 1
