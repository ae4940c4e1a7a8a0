"""./godwit with the real kernel: every verb once, from the outside.  Skipped where the kernel is not built."""

import asyncio
import fcntl
import hashlib
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from conftest import TOP

from cluster import paths
from cluster.agent import Agent

pytestmark = pytest.mark.skipif(not os.path.exists(paths.KERNEL), reason="build/godwit.elf is not built")
BUSYBOX = os.path.join(TOP, "build/apt/tree/bin/busybox")


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def test_streams_and_status(godwit):
    done = godwit("run", "-n", "1", "--", "sh", "-c", "echo o; echo e >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "o\n", "e\n")


def test_two_nodes_and_the_hosts_sum(godwit):
    done = godwit("run", "-n", "2", "--", "sha256sum", "/bin/busybox")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{sha256(BUSYBOX)}  /bin/busybox\n"


def test_stdin_goes_through(godwit):
    data = "".join(random.Random(4).choices("abcdefgh\n", k=100_000))
    done = godwit("run", "-n", "1", "--", "cat", input=data, stdin=None)
    assert (done.returncode, done.stdout) == (0, data)


def test_sixteen_mib_is_enough(godwit):
    done = godwit("run", "-n", "2", "-m", "16", "--", "echo", "small")
    assert (done.returncode, done.stdout) == (0, "small\n")


@pytest.mark.parametrize("nic", ["ne2k_pci", "ne2k_isa"])
def test_both_cards(godwit, nic):
    done = godwit("run", "-n", "2", "--nic", nic, "--", "cat", "/proc/hpc/nodes/2/status")
    assert (done.returncode, done.stdout, done.stderr) == (0, "up\n", "")


def test_a_fixed_speed_node(godwit):
    done = godwit("run", "-n", "1", "--speed", "62.5", "--", "uname", "-s")
    assert (done.returncode, done.stdout) == (0, "Linux\n")


def test_added_files(godwit, tmp_path):
    script = tmp_path / "hello"
    script.write_text("#!/bin/sh\necho from the host $1\n" + "#" * 6000)
    script.chmod(0o755)
    done = godwit("run", "-n", "2", "--add", str(script), "--", "/root/hello", "x")
    assert (done.returncode, done.stdout) == (0, "from the host x\n")


def test_a_command_that_cannot_start(godwit):
    done = godwit("run", "-n", "1", "--", "no-such-command")
    assert done.returncode == 127 and "not found" in done.stderr.replace("No such file", "not found")


def test_poweroff_is_the_tools_failure(godwit):
    done = godwit("run", "-n", "1", "--", "sh", "-c", "poweroff; sleep 20")
    assert done.returncode == 125 and "node 1 stopped" in done.stderr


def test_keep(godwit, tmp_path):
    godwit("run", "-n", "2", "--keep", str(tmp_path / "k"), "--", "true")
    have = set(os.listdir(tmp_path / "k"))
    assert {"node1.console", "node2.console", "wire.pcap", "wire.json", "node1.cmd"} <= have
    assert (tmp_path / "k" / "wire.pcap").stat().st_size > 24


def test_a_cluster_that_stays(godwit):
    assert godwit("up", "-n", "3").returncode == 0
    try:
        table = godwit("status").stdout
        assert table.count(" up ") >= 3 and "node3.console" in table
        for node in "123":
            assert godwit("exec", node, "--", "hostname").stdout == f"node{node}\n"
        assert godwit("exec", "2", "--", "sh", "-c", "exit 9").returncode == 9
        assert godwit("kill", "3").returncode == 0
        assert "cut" in godwit("status").stdout
        assert "restart 3" in godwit("exec", "3", "--", "true").stderr
        assert godwit("restart", "3").returncode == 0
        assert godwit("exec", "3", "--", "hostname").stdout == "node3\n"
        assert godwit("pause", "2").returncode == 0
        assert "resume 2" in godwit("exec", "2", "--", "true").stderr
        assert godwit("resume", "2").returncode == 0
        assert godwit("exec", "2", "--", "echo", "on").stdout == "on\n"
        assert godwit("partition", "1/2,3").returncode == 0
        assert godwit("heal").returncode == 0
        assert "loss=0.05" in godwit("faults", "--loss", "0.05").stdout
        assert godwit("exec", "7", "--", "true").returncode == 125
    finally:
        assert godwit("down").returncode == 0
    assert godwit("down").returncode == 125


def test_exec_passes_ctrl_c_on(godwit):
    assert godwit("up", "-n", "1").returncode == 0
    try:
        script = "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done"
        tool = godwit("exec", "1", "--", "sh", "-c", script, start=subprocess.Popen, stdout=subprocess.PIPE,
                      stdin=subprocess.DEVNULL)
        assert tool.stdout.readline() == "ready\n"
        tool.send_signal(signal.SIGINT)
        assert tool.stdout.read() == "caught\n" and tool.wait(10) == 3
    finally:
        godwit("down")


class Terminal:
    """./godwit shell on a pseudo-terminal of 33 rows and 101 columns."""

    def __init__(self, run_dir):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
        self.slave = slave
        self.settings = termios.tcgetattr(slave)
        env = dict(os.environ, XDG_RUNTIME_DIR=str(run_dir))
        self.process = subprocess.Popen([os.path.join(TOP, "godwit"), "shell"], env=env, stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True)
        self.text = ""

    def wait(self, text, seconds=15):
        """Read until the text has come since the last wait."""
        end = time.monotonic() + seconds
        while text not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"no {text!r} in {self.text!r}"
            if select.select([self.master], [], [], left)[0]:
                self.text += os.read(self.master, 4096).decode(errors="replace")
        self.text = self.text.split(text, 1)[1]

    def type(self, text):
        os.write(self.master, text.encode())

    def left(self):
        """The tool has ended, and the settings are those of before."""
        status = self.process.wait(10)
        return status, termios.tcgetattr(self.slave) == self.settings


@pytest.fixture()
def one_node(godwit):
    assert godwit("up", "-n", "1").returncode == 0
    yield godwit
    godwit("down")


def test_shell_job_control_and_window(one_node):
    t = Terminal(one_node.run_dir)
    t.wait("# ")
    t.type("echo $((40+2))\r")
    t.wait("\n42")
    t.type("stty size\r")
    t.wait("33 101")
    fcntl.ioctl(t.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 70, 0, 0))
    os.kill(t.process.pid, signal.SIGWINCH)
    time.sleep(0.5)
    t.type("stty size\r")
    t.wait("20 70")
    t.type("sleep 100\r")
    time.sleep(0.5)
    t.type("\x1a")
    t.wait("Stopped")
    t.type("bg; kill %1; sleep 200\r")
    time.sleep(0.5)
    t.type("\x03")
    t.type("echo $((50+5))\r")
    t.wait("\n55")
    t.type("exit\r")
    assert t.left() == (0, True)


def test_shell_leaves_by_key_and_comes_back(one_node):
    t = Terminal(one_node.run_dir)
    t.wait("# ")
    t.type("cd /tmp\r")
    t.wait("# ")
    t.type("\x1d")
    assert t.left() == (0, True)
    t = Terminal(one_node.run_dir)
    t.type("pwd\r")
    t.wait("\n/tmp")
    second = Terminal(one_node.run_dir)
    second.wait("already")
    assert second.left()[0] == 125
    t.type("\x1d")
    assert t.left() == (0, True)


def test_a_killed_shell_restores_the_terminal(one_node):
    t = Terminal(one_node.run_dir)
    t.wait("# ")
    assert termios.tcgetattr(t.slave) != t.settings
    t.process.kill()
    t.process.wait()
    time.sleep(0.5)
    assert t.left() == (-9, True)


def test_iso_boots_from_cd(godwit, tmp_path):
    image = tmp_path / "godwit.iso"
    done = godwit("iso", str(image), "--append", "hostname=fromcd")
    if "iso needs" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    path = str(godwit.run_dir / "a")
    qemu = subprocess.Popen(["qemu-system-i386", "-accel", "tcg,tb-size=32", "-cpu", "pentium3", "-m", "64", "-display",
                             "none", "-nodefaults", "-vga", "std", "-cdrom", str(image), "-serial", "null", "-serial",
                             f"unix:{path},server=on,wait=off", "-netdev", "hubport,id=n0,hubid=0", "-device",
                             "ne2k_pci,netdev=n0,mac=52:54:00:67:00:05"], stderr=sys.stderr)

    async def hostname():
        agent = Agent("cd")
        await agent.connect(path)
        try:
            await asyncio.wait_for(agent.ready.wait(), 60)
            return await agent.capture(["sh", "-c", "hostname; cat /proc/hpc/nodes/5/status"])
        finally:
            agent.close()

    try:
        assert asyncio.run(hostname()) == (0, b"fromcd\nup\n", b"")
    finally:
        qemu.kill()
        qemu.wait()
