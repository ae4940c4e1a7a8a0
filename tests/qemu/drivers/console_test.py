"""Serial line, screen and keyboard of a whole node: input is held back instead of lost, and the screen shows what a program draws."""
import hashlib
import os
import re
import socket
import subprocess
import threading
import time

import pytest

ELF = os.environ.get("GODWIT_ELF", "build/godwit.elf")
ROOT = os.environ.get("GODWIT_ROOT", "build/root.cpio")
KEYS = {" ": "spc", "/": "slash", "\n": "ret", ":": "shift-semicolon", "!": "shift-1", "|": "shift-backslash", "-": "minus", "\x1b": "esc"}


class Node:
    def __init__(self, tmp):
        self.vga = tmp / "vga"
        ends = {name: str(tmp / name) for name in ("serial", "monitor")}
        self.qemu = subprocess.Popen(
            ["qemu-system-i386", "-accel", "tcg,tb-size=32", "-m", "32", "-display", "none", "-kernel", ELF, "-initrd", ROOT,
             "-append", "loglevel=3", "-nic", "none", "-serial", f"unix:{ends['serial']},server=on,wait=off",
             "-monitor", f"unix:{ends['monitor']},server=on,wait=off"])
        self.serial, self.mon = (self.connect(ends[n]) for n in ("serial", "monitor"))
        self.mon_read(self.mon)

    @staticmethod
    def connect(path):
        for _ in range(100):
            try:
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                s.settimeout(20)
                return s
            except OSError:
                time.sleep(0.05)
        raise AssertionError("no " + path)

    @staticmethod
    def mon_read(s):
        out = b""
        while not out.endswith(b"(qemu) "):
            out += s.recv(4096)

    def monitor(self, command):
        self.mon.sendall(command.encode() + b"\n")
        self.mon_read(self.mon)

    def until(self, text):
        out = b""
        while text not in out:
            out += self.serial.recv(65536)
        return out

    def run(self, command):
        """Output of a shell command on the serial line; the mark is written so that its echo does not match."""
        self.serial.sendall(command.encode() + b"; echo EN''D\n")
        return self.until(b"END\r\n")

    def keys(self, text):
        for c in text:
            self.monitor("sendkey " + KEYS.get(c, "shift-" + c.lower() if c.isupper() else c) + " 30")
            time.sleep(0.15)  # held for 30 ms: on a busy host a shift key must not last into the next key

    def screen(self):
        self.monitor(f'pmemsave 0xb8000 4000 "{self.vga}"')
        cells = self.vga.read_bytes()
        return [cells[r * 160:r * 160 + 160:2].decode("cp437").rstrip(" \0") for r in range(25)]

    def wait_screen(self, pattern, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = "\n".join(self.screen())
            if re.search(pattern, text, re.M):
                return text
            time.sleep(0.2)
        raise AssertionError(f"{pattern} not on the screen:\n{text}")


@pytest.fixture
def node(tmp_path):
    n = Node(tmp_path)
    try:
        n.serial.sendall(b"\n")
        n.until(b"# ")
        yield n
    finally:
        n.qemu.kill()
        n.qemu.wait()


@pytest.mark.parametrize("mode", ["raw", "sane"])
def test_pasted_input_is_held_back(node, mode):
    """More than every buffer on the way holds, at once, while nobody reads for a second: each byte arrives."""
    lines = b"".join(b"line %06d %s\n" % (i, b"x" * (i % 61)) for i in range(5000))
    data = os.urandom(200000) if mode == "raw" else lines
    node.serial.sendall(f"stty {mode} -echo; echo REA''DY; sleep 1; head -c {len(data)} | sha256sum; stty sane; echo EN''D\n".encode())
    node.until(b"READY")
    sender = threading.Thread(target=node.serial.sendall, args=(data,))
    sender.start()
    assert hashlib.sha256(data).hexdigest().encode() in node.until(b"END")
    sender.join()


def test_output_arrives_whole(node):
    out = node.run("seq 1 20000").replace(b"\r\n", b"\n")
    assert b"".join(b"%d\n" % i for i in range(1, 20001)) in out


def test_output_into_a_blocked_line(node):
    """Nobody reads the line for a while: the writer waits, the machine does not."""
    node.serial.sendall(b"seq 1 100000 > /dev/ttyS0 & sleep 3; date +%s > /tmp/b; seq 1 3 > /tmp/a; wait; cat /tmp/a; echo EN''D\n")
    time.sleep(4)
    assert node.until(b"END").replace(b"\r\n", b"\n").count(b"\n1\n2\n3\n") >= 1


def test_screen_and_keyboard(node):
    node.wait_screen(r"#$")  # init's own shell: a second one would take keys from it
    node.keys("echo Hi | tr h j\n")
    node.wait_screen(r"^Hi$")
    node.keys("vi /etc/passwd\n")
    text = node.wait_screen(r"^root:")
    assert text.count("~") >= 15
    node.keys("dd:q!\n")
    node.wait_screen(r"#$")
    node.keys("sleep 100\n")
    node.monitor("sendkey ctrl-c")
    node.keys("echo again\n")
    node.wait_screen(r"^again$")
