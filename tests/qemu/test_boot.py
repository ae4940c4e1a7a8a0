"""A machine from power on: what it uses, what it needs, what it says when it cannot go on; the shell on its screen."""

import re
import subprocess

import pytest
from conftest import TOP, seconds, tool
from drivers.console_test import Node as Screen
from test_single import direct_qemu, talk

ROOT = TOP / "build" / "root.cpio"


def free_kib(meminfo):
    return int(re.search(r"MemFree: +(\d+) kB", meminfo)[1])


def boot_to_the_end(tmp_path, append, *more, timeout=60):
    """Boots a machine that is to stop by itself; its exit status and all that its console said."""
    qemu = direct_qemu(tmp_path, "-nic", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", *more, append=append)
    try:
        text, _ = qemu.communicate(timeout=seconds(timeout))
    except subprocess.TimeoutExpired:
        qemu.kill()
        text, _ = qemu.communicate()
        pytest.fail(f"it did not stop: {text[-1500:]!r}")
    return qemu.returncode, text.decode(errors="replace")


def test_memory_used_after_boot():
    """Kernel, tables, buffers, agent and shells of a whole node: under 4 MiB; the root's own bytes are not the kernel's."""
    done = tool("run", "-n", "1", "-m", "64", "--", "cat", "/proc/meminfo")
    assert done.status == 0, done
    used = 64 * 1024 - free_kib(done.out.decode()) - ROOT.stat().st_size // 1024
    assert used < 4096, f"{used} KiB"


def test_smallest_machine_alone(tmp_path):
    """16 MiB, no network card: programs run, the biggest one there is among them."""
    qemu = direct_qemu(tmp_path, "-nic", "none")
    try:
        text = talk(qemu, b"cat /bin/busybox | gzip | gunzip | cmp - /bin/busybox && echo sa''me\n", b"same")
        assert b"PANIC" not in text
    finally:
        qemu.kill()
        qemu.wait()


def test_forks_and_execs_leave_nothing(cluster):
    """200 programs started and gone: each page is free again, but for a few of the caches."""
    c = cluster(1)
    loop = "i=0; while [ $i -lt 200 ]; do /bin/busybox true; i=$((i+1)); done; sleep 0.2; cat /proc/meminfo"
    c.sh(1, loop)
    before = free_kib(c.sh(1, loop))
    after = free_kib(c.sh(1, loop))
    assert after >= before - 16, f"{before} KiB free, then {after}"


BACKTRACE = re.compile(r"^\[ *[\d.]+\]   \[[0-9a-f]{8}\] (\w+)\+0x[0-9a-f]+\r?$", re.M)


def test_panic_names_functions(tmp_path):
    """An init that ends leaves nothing to run: the reason, the last log lines and who called whom, by name."""
    status, text = boot_to_the_end(tmp_path, "init=/bin/true panic=exit")
    assert status == 85, text
    assert re.search(r"PANIC: init \(pid 1, true\) ended with status 0x0", text), text
    assert "last log lines" in text and text.count("node 1 of the cluster") == 2, text
    assert re.search(r"ebx [0-9a-f]{8} esi [0-9a-f]{8} edi [0-9a-f]{8} ebp f[0-9a-f]{7} esp f[0-9a-f]{7}", text), text
    names = BACKTRACE.findall(text.split("PANIC")[1])
    assert names[0] == "panic" and "home_exit_group" in names and "sys_exit_group" in names, text


def test_panic_reboots(tmp_path):
    status, text = boot_to_the_end(tmp_path, "init=/bin/true panic=reboot")
    assert status == 0 and "PANIC" in text


def test_no_root_is_told(tmp_path):
    """Without a boot module there is no program: a sentence that says what to give."""
    qemu = subprocess.run(["qemu-system-i386", "-nodefaults", "-accel", "tcg,tb-size=32", "-m", "16", "-display", "none", "-serial", "stdio",
                           "-no-reboot", "-nic", "none", "-kernel", TOP / "build" / "godwit.elf", "-append", "panic=reboot"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=seconds(60))
    assert "no init found: give one with init=PATH" in qemu.stdout, qemu.stdout


def test_wrong_init_is_passed_over(tmp_path):
    """A mistyped init= costs a line in the log, not the machine."""
    qemu = direct_qemu(tmp_path, "-nic", "none", append="init=/bin/absent panic=exit")
    try:
        assert b"init=/bin/absent cannot be run" in talk(qemu, b"echo he''re\n", b"here")
    finally:
        qemu.kill()
        qemu.wait()


SHELLS = "cat /proc/[0-9]*/stat | grep -c '(ash) . 1 '"  # those that init started


def test_screen_has_a_shell_of_its_own(tmp_path):
    """Screen and keyboard log in beside the serial line, and again after `exit`; each has its own terminal and session."""
    node = Screen(tmp_path)
    try:
        node.serial.sendall(b"\n")
        node.until(b"# ")
        node.wait_screen(r"# ?$")
        node.keys("tty\n")
        node.wait_screen(r"^/dev/tty1$")
        assert re.search(rb"\n/dev/(console|ttyS0)\r", node.run("tty"))
        shells = node.run(SHELLS)
        assert b"\n2\r" in shells, shells
        node.keys("echo one lives\n")
        node.keys("exit\n")
        node.wait_screen(r"exit\n(.*\n)*.*# ?$")
        node.keys("echo two lives\n")
        node.wait_screen(r"^two lives$")
        assert b"\n2\r" in node.run(SHELLS)
    finally:
        node.qemu.kill()
        node.qemu.wait()
