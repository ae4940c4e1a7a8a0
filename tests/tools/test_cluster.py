"""Clusters whose kernel does nothing: time limits, Ctrl-C, names, and that nothing is left running."""

import os
import signal
import subprocess
import time

import pytest

from conftest import TOP


def ours(run_dir):
    """Pids of processes that have the run directory in their command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if str(run_dir).encode() in f.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def all_gone(run_dir):
    wait_for(lambda: not ours(run_dir))
    base = run_dir / "godwit"
    assert not base.exists() or not [n for n in os.listdir(base) if not n.endswith(".lock")]


def test_timeout_is_124(godwit, idle_kernel):
    done = godwit("run", "-n", "2", "--timeout", "1.5", "--", "true", kernel=idle_kernel)
    assert done.returncode == 124 and len(done.stderr.splitlines()) == 1
    all_gone(godwit.run_dir)


def test_up_gives_up_too(godwit, idle_kernel):
    done = godwit("up", "-n", "1", "--timeout", "1", kernel=idle_kernel)
    assert done.returncode == 124 and "--timeout" in done.stderr
    all_gone(godwit.run_dir)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_everything(godwit, idle_kernel, number):
    tool = godwit("run", "-n", "2", "--", "true", kernel=idle_kernel, start=subprocess.Popen, stderr=subprocess.PIPE)
    wait_for(lambda: len(ours(godwit.run_dir)) >= 3)
    tool.send_signal(number)
    assert tool.wait(10) == 128 + number
    all_gone(godwit.run_dir)


def test_a_killed_tool_leaves_no_qemu(godwit, idle_kernel):
    tool = godwit("run", "-n", "2", "--name", "x", "--", "true", kernel=idle_kernel, start=subprocess.Popen)
    wait_for(lambda: len(ours(godwit.run_dir)) >= 3)
    tool.kill()
    tool.wait()
    wait_for(lambda: not ours(godwit.run_dir))
    done = godwit("run", "--name", "x", "--timeout", "1", "--", "true", kernel=idle_kernel)
    assert done.returncode == 124  # the name is free again
    all_gone(godwit.run_dir)


def test_a_busy_name(godwit, idle_kernel):
    tool = godwit("run", "--name", "x", "--", "true", kernel=idle_kernel, start=subprocess.Popen)
    wait_for(lambda: len(ours(godwit.run_dir)) >= 3)
    done = godwit("up", "--name", "x", kernel=idle_kernel)
    assert done.returncode == 125 and "godwit down --name x" in done.stderr
    tool.send_signal(signal.SIGINT)
    tool.wait(10)
    all_gone(godwit.run_dir)


def test_a_dying_qemu_is_named(godwit, tmp_path):
    broken = tmp_path / "broken.elf"
    broken.write_bytes(b"not a kernel")
    done = godwit("run", "-n", "1", "--", "true", kernel=str(broken))
    assert done.returncode == 125
    assert done.stderr.startswith("godwit: node 1 stopped while booting: ") and len(done.stderr.splitlines()) == 1
    all_gone(godwit.run_dir)


def test_memory_that_does_not_fit(godwit, idle_kernel, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(bytes(60 << 20))
    done = godwit("run", "-m", "32", "--add", str(big), "--", "true", kernel=idle_kernel)
    assert done.returncode == 125 and "needs at least -m 76" in done.stderr
    done = godwit("run", "--add", str(big), "--timeout", "1", "--", "true", kernel=idle_kernel)
    assert done.returncode == 124 and "node 1 gets 76 MiB" in done.stderr
    done = godwit("run", "-n", "64", "-m", "3072", "--", "true", kernel=idle_kernel)
    assert done.returncode == 125 and "MiB free" in done.stderr
    all_gone(godwit.run_dir)


def test_a_clone_under_an_odd_path(godwit, idle_kernel, tmp_path):
    """Sockets lie elsewhere, so a long path with spaces and commas does no harm."""
    clone = tmp_path / ("a directory, with everything " + "x" * 120)
    clone.mkdir()
    for name in ("godwit", "tools", "build"):
        os.symlink(os.path.join(TOP, name), clone / name)
    env = dict(os.environ, XDG_RUNTIME_DIR=str(godwit.run_dir), GODWIT_KERNEL=idle_kernel)
    keep = clone / "kept, too"
    done = subprocess.run([clone / "godwit", "run", "-n", "1", "--timeout", "1", "--keep", keep, "--", "true"], env=env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 124, done.stderr
    assert (keep / "node1.console").exists() and (keep / "wire.pcap").exists()
    all_gone(godwit.run_dir)
