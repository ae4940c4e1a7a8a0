"""tools/bootstrap.sh on imagined hosts: what it installs, what it says, when it refuses with status 2."""

import os
import subprocess

import pytest
from conftest import TOP

SCRIPT = os.path.join(TOP, "tools", "bootstrap.sh")


class Host:
    """A PATH of small stand-ins that write down how they were called."""

    def __init__(self, where):
        self.bin = where / "bin"
        self.bin.mkdir()
        self.log = where / "log"
        self.os_release = where / "os-release"
        self.os_release.write_text("ID=debian\n")
        for name in ("sh", "sed", "cut", "tr", "printf", "grep", "dirname", "env", "cat"):
            os.symlink(subprocess.run(["sh", "-c", f"command -v {name}"], capture_output=True, text=True,
                                      check=True).stdout.strip() if name != "printf" else "/usr/bin/printf",
                       self.bin / name)
        self.program("id", "echo 1000")
        self.program("dpkg-query", 'case "$*" in *nasm*|*python3-pytest*) exit 1;; *) printf installed;; esac')
        self.program("apt-get", f'echo "apt-get $*" >> {self.log}')

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, group="run"):
        self.log.write_text("")
        env = {"PATH": str(self.bin), "GODWIT_OS_RELEASE": str(self.os_release)}
        done = subprocess.run(["/bin/sh", SCRIPT, group], env=env, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        return done, self.log.read_text()


@pytest.fixture()
def host(tmp_path):
    return Host(tmp_path)


def test_nothing_missing_needs_nothing(host):
    host.program("dpkg-query", "printf installed")
    done, calls = host.run()
    assert (done.returncode, done.stdout, done.stderr, calls) == (0, "", "", "")


def test_without_rights_it_refuses(host):
    done, calls = host.run()
    assert done.returncode == 2 and calls == ""
    assert "apt-get install --no-install-recommends -y nasm\n" in done.stderr
    assert "nasm python3-pytest" in host.run("test")[0].stderr


def test_as_root_it_installs_and_says_why(host):
    host.program("id", "echo 0")
    done, calls = host.run()
    assert done.returncode == 0
    assert "nasm" in done.stdout and "assembles" in done.stdout
    lines = calls.splitlines()
    assert "update" in lines[0] and " -s " in lines[1]
    assert "-y" in lines[2] and "--no-install-recommends nasm" in lines[2]


def test_sudo_is_used_when_it_gives_rights(host):
    host.program("sudo", f'echo "sudo $*" >> {host.log}; [ "$1" = -n ] && shift; "$@"')
    done, calls = host.run()
    assert done.returncode == 0 and "sudo -n" in calls and "install" in calls
    host.program("sudo", "exit 1")
    done, calls = host.run()
    assert done.returncode == 2 and calls == "" and "sudo gives no rights" in done.stderr


def test_a_failed_update_is_a_warning(host):
    host.program("id", "echo 0")
    host.program("apt-get", f'echo "apt-get $*" >> {host.log}; case "$*" in *update*) exit 100;; esac')
    done, calls = host.run()
    assert done.returncode == 0 and "warning: apt-get update failed" in done.stderr and "install" in calls


def test_nothing_half_done_when_a_package_has_no_candidate(host):
    host.program("id", "echo 0")
    host.program("apt-get", f'echo "apt-get $*" >> {host.log}; case "$*" in *-s*) echo "E: Unable"; exit 100;; esac')
    done, calls = host.run()
    assert done.returncode == 2 and "E: Unable" in done.stderr and "-y" not in calls


def test_another_distribution(host):
    host.program("id", "echo 0")
    host.os_release.write_text("ID=fedora\n")
    done, calls = host.run()
    assert done.returncode == 2 and "not Debian (fedora)" in done.stderr and calls == ""
    os.unlink(host.bin / "dpkg-query")
    done, _ = host.run()
    assert done.returncode == 2 and "no apt" in done.stderr and "qemu-system-x86" in done.stderr
