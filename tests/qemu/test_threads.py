"""Threads: what pthreads, clone, futex and signals promise; the same binaries print the same lines here and on the host.

Needs `make programs`; the programs are tests/programs/threads_*.c.
Never moves anything: a space with threads stays where it is.
"""

import pytest

from conftest import LIBCS, needs_i386_host, on_host, program, tool


def on_cluster(binary, *args, options=()):
    return tool("run", "-n", "1", *options, "--add", f"{binary}:/tests/p", "--", "/tests/p", *args, timeout=120)


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("name", ["threads_basic", "threads_signal", "threads_life", "threads_futex"])
def test_same_lines_as_on_the_host(libc, name):
    binary = program(libc, name)
    here, there = on_host([binary], cwd="/"), on_cluster(binary)
    assert there.out.decode() == here.out.decode()
    assert there.status == here.status == 0


@pytest.mark.parametrize("libc", LIBCS)
def test_every_way_to_end_at_once(libc):
    done = on_cluster(program(libc, "threads_storm"), "60")
    assert done.out == b"ended well 60, otherwise 0\n", done
    assert done.status == 0


@pytest.mark.parametrize("libc", LIBCS)
def test_64_threads_with_16_mib(libc):
    done = on_cluster(program(libc, "threads_many"), "64", "3", options=("--memory", "16"))
    assert done.out.decode() == "".join(f"round {n}: 64 joined, sum 3904\n" for n in range(3)), done
    assert done.status == 0
