"""One node: its QEMU, from power on to power off.

Used by keeper.py.  Never speaks to the guest; that is agent.py's.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import time

from .fail import Fail

QEMU = "qemu-system-i386"
CPU_MODEL = "pentium3"  # FXSR and SSE, PGE, PSE, TSC: fixed, so that processes may move between all nodes
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """In a child: end when the process that runs the cluster ends, however it ends; ignore Ctrl-C."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()


def quoted(path):
    """A path inside a QEMU option."""
    return path.replace(",", ",,")


def find_qemu():
    if not shutil.which(QEMU):
        raise Fail(f"{QEMU} is not installed: run `make packages`, or apt-get install qemu-system-x86")


def cpu_seconds(pid):
    """CPU time of a process so far, in seconds; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            fields = f.read().rsplit(b")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Node:
    """What the cluster knows about one node."""

    def __init__(self, number, directory, console, memory, shift, nic, root, append, disk=None):
        self.number = number
        self.directory = directory
        self.console = console
        self.memory = memory
        self.shift = shift
        self.nic = nic
        self.root = root
        self.append = append
        self.disk = disk      # options.Disk, or None
        self.process = None
        self.paused = False
        self.agent = None
        self.ended_cpu = 0.0  # CPU seconds of the lives before this one
        self.boots = 0
        self.cut = False      # the last end was a power cut
        self.gone = asyncio.Event()

    def path(self, kind):
        """Short names: c console, a agent, m machine protocol, q and h the wire."""
        return os.path.join(self.directory, f"{kind}{self.number}")

    def command(self):
        """The QEMU command line."""
        n = self.number
        mac = f"52:54:00:67:{n >> 8:02x}:{n & 255:02x}"
        nic = f"{self.nic},netdev=n0,mac={mac}" + (",romfile=" if self.nic == "ne2k_pci" else "")
        command = [
            QEMU, "-name", f"godwit-{n}", "-no-user-config", "-nodefaults", "-accel", "tcg,tb-size=32",
            "-cpu", CPU_MODEL, "-m", str(self.memory), "-display", "none", "-vga", "std",
            "-kernel", os.path.join(self.directory, "godwit.elf"), "-initrd", self.root,
            "-append", f"node={n} panic=exit {self.append}".strip(),
            "-netdev", f"dgram,id=n0,local.type=unix,local.path={self.path('q')},"
                       f"remote.type=unix,remote.path={self.path('h')}",
            "-device", nic,
            "-chardev", f"socket,id=console,path={self.path('c')},server=on,wait=off,"
                        f"logfile={quoted(self.console)},logappend=on",
            "-serial", "chardev:console",
            "-chardev", f"socket,id=agent,path={self.path('a')},server=on,wait=off", "-serial", "chardev:agent",
            "-qmp", f"unix:{self.path('m')},server=on,wait=off",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-no-reboot",
        ]
        if self.disk:
            # what the guest has not flushed may be lost with the host, not with QEMU: the file is the host's cache
            command += ["-drive", f"file={quoted(self.disk.path)},if=none,id=disk,format=raw,cache=writeback"
                                  + (",readonly=on" if self.disk.read_only else ""),
                        "-device", "ide-hd,drive=disk,bus=ide.0" if self.disk.ide else "virtio-blk-pci,drive=disk"]
        if self.shift is not None:
            command += ["-icount", f"shift={self.shift},align=on,sleep=on"]
        return command

    def start(self):
        """Power on."""
        for kind in "cam":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(kind))
        errors = open(self.path("e"), "wb")
        try:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            preexec_fn=die_with_parent)
        except OSError as e:
            raise Fail(f"cannot start {QEMU}: {e.strerror}; run `make packages`") from e
        finally:
            errors.close()
        self.boots += 1
        self.paused = self.cut = False
        self.gone = asyncio.Event()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def notice_end(self):
        """Account for a QEMU that has ended; returns True the first time."""
        if self.process is None or self.process.poll() is None or self.gone.is_set():
            return False
        if self.agent:
            self.agent.close()
        self.gone.set()
        return True

    def power_cut(self):
        """The plug is pulled: no warning, nothing flushed."""
        if self.alive():
            self.ended_cpu += cpu_seconds(self.process.pid)
            self.cut = True
            self.process.kill()
            self.process.wait()
        self.notice_end()

    def state(self):
        if self.process is None:
            return "off"
        if self.alive():
            if self.paused:
                return "paused"
            return "up" if self.agent and self.agent.ready.is_set() else "booting"
        return "cut" if self.cut else f"ended({self.process.returncode})"

    def cpu(self):
        """CPU seconds of this node's QEMUs, this life and those before."""
        return self.ended_cpu + (cpu_seconds(self.process.pid) if self.alive() else 0.0)

    def last_words(self):
        """What QEMU or the console said last, for a failure's one line."""
        for path in (self.path("e"), self.console):
            with contextlib.suppress(OSError), open(path, "rb") as f:
                f.seek(max(0, os.path.getsize(path) - 4096))
                lines = [line.strip() for line in f.read().decode("utf-8", "replace").splitlines()]
                lines = [line for line in lines if line and "guest is now late" not in line]
                lines = [line for line in lines if "PANIC" in line] or lines
                if lines:
                    return lines[-1][:160]
        return "nothing on its console"

    async def qmp(self, command, **arguments):
        """One command of QEMU's machine protocol; returns its answer."""
        reader, writer = await asyncio.open_unix_connection(self.path("m"))
        try:
            await reader.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                writer.write(json.dumps(request).encode() + b"\n")
                answer = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(await asyncio.wait_for(reader.readline(), 10))
            if "error" in answer:
                raise Fail(f"node {self.number}: {answer['error'].get('desc', 'QEMU refused')}")
            return answer["return"]
        finally:
            writer.close()

    async def pause(self, on):
        await self.qmp("stop" if on else "cont")
        self.paused = on


def uptime_text(since):
    seconds = int(time.time() - since)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
