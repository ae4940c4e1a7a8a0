"""tools/aptroot.py: conversion of the host's sources; the second time works without network; the host is untouched."""

import os
import subprocess

import aptroot
from conftest import TOP

LIST = """\
# comment
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb cdrom:[Debian]/ bookworm main
deb http://other.example/repo nodistro main
"""

DEB822 = """\
Types: deb deb-src
URIs: http://mirror.example/debian
# why
Suites: bookworm bookworm-updates nodistro
Components: main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://third.example/
Suites: stable
Components: nonfree
"""


def test_one_line_sources():
    assert aptroot.convert_list(LIST, "bookworm").splitlines() == [
        "deb [signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian bookworm main contrib",
        "deb http://security.example/debian-security bookworm-security main",
    ]


def test_deb822_sources():
    out = aptroot.convert_deb822(DEB822, "bookworm")
    assert "URIs: http://mirror.example/debian" in out
    assert "Suites: bookworm bookworm-updates\n" in out
    assert "Types: deb\n" in out and "Architectures" not in out
    assert " -----END PGP PUBLIC KEY BLOCK-----" in out
    assert "off.example" not in out and "third.example" not in out


def test_second_time_needs_no_network():
    """Everything is in the build's apt root already: apt itself is not even started."""
    root = os.path.join(TOP, "build", "apt")
    env = dict(os.environ, PATH="/nonexistent")
    command = ["/usr/bin/python3", os.path.join(TOP, "tools/aptroot.py"), root, "busybox-static", "musl-dev"]
    out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert "busybox-static" in out and "fetching" not in out


def test_a_missing_mirror_is_one_line(tmp_path):
    root = str(tmp_path / "apt")
    env = dict(os.environ, http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")
    done = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "tools/aptroot.py"), root, "busybox-static"], env=env,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("aptroot: cannot fetch busybox-static")


def test_the_host_keeps_its_architectures():
    """The foreign packages are i386; dpkg of this host was never told so."""
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package}:${Architecture}\n"], capture_output=True, text=True,
                         check=True).stdout
    assert "busybox-static:i386" not in out and "musl-dev:i386" not in out
