"""Terminals in pairs, sockets of AF_UNIX, event files, System V IPC: the same programs here and on the host, at home and moved."""

import os

import pytest
from conftest import LIBCS, needs_i386_host, on_host, program

PROGRAMS = ["pty_pairs", "unix_sockets", "epoll_events", "sysv_ipc", "inotify_events", "splices", "mqueues"]
ARGS = {"mqueues": ["root"] if os.geteuid() == 0 else []}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    from conftest import Cluster
    adds = [f"{program(libc, name)}:/root/{libc}-{name}" for libc in LIBCS for name in PROGRAMS]
    one = Cluster(tmp_path_factory.mktemp("ipc"), 1, add=adds)
    yield one
    try:
        one.alive()
    finally:
        one.down()


@needs_i386_host
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_at_home_as_on_the_host(node, tmp_path, libc, name):
    expected = on_host([program(libc, name), *ARGS.get(name, [])], cwd=tmp_path)
    done = node.exec(1, "sh", "-c", f"mkdir -p /tmp/{libc}{name} && cd /tmp/{libc}{name} && exec /root/{libc}-{name} $*", "sh", *ARGS.get(name, []))
    assert done.out.decode().splitlines() == expected.out.decode().splitlines()
    assert done == expected


def test_nothing_stays_behind(node):
    assert node.sh(1, "ls /dev/pts").split() == ["ptmx"]


@needs_i386_host
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_away_as_on_the_host(cluster, tmp_path, name):
    """From a shell that has moved: its calls go home by the wire."""
    here = tmp_path / "host"
    here.mkdir()
    expected = on_host([program("glibc", name), *ARGS.get(name, [])], cwd=here)
    two = cluster(2, add=[f"{program('glibc', name)}:/root/{name}"])
    done = two.exec(1, "sh", "-c", f"cd /tmp && echo 2 > /proc/$$/goto; exec /root/{name} $*", "sh", *ARGS.get(name, []))
    assert done.out.decode().splitlines() == expected.out.decode().splitlines()
