"""Shared by the tests of the host tool: they need no kernel and no rights."""

import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))

IDLE_KERNEL = """
	.section .text
	.align 4
	.long 0x1BADB002, 3, -(0x1BADB002 + 3)
	.globl _start
_start:	cli
	hlt
	jmp _start
"""


@pytest.fixture(scope="session")
def idle_kernel(tmp_path_factory):
    """A multiboot kernel that does nothing, for ever."""
    where = tmp_path_factory.mktemp("idle")
    source, target = where / "idle.s", where / "idle.elf"
    source.write_text(IDLE_KERNEL)
    subprocess.run(["i686-linux-gnu-gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x100000",
                    "-Wl,--build-id=none", "-o", target, source], check=True)
    return str(target)


@pytest.fixture()
def godwit():
    """Runs ./godwit with a private runtime directory (short: sockets); returns the finished process."""
    temp = tempfile.TemporaryDirectory(prefix="gw-")
    run_dir = pathlib.Path(temp.name)

    def call(*args, kernel="", **more):
        env = dict(os.environ, XDG_RUNTIME_DIR=str(run_dir))
        if kernel:
            env["GODWIT_KERNEL"] = kernel
        kind = more.pop("start", subprocess.run)
        if kind is subprocess.run:
            more.setdefault("stdin", subprocess.DEVNULL)
            more.setdefault("timeout", 60)
            more.setdefault("capture_output", True)
        return kind([os.path.join(TOP, "godwit"), *args], env=env, text=True, **more)

    call.run_dir = run_dir
    yield call
    temp.cleanup()
