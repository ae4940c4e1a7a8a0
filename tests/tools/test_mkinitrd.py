"""tools/mkinitrd.py: the archive's layout, checked by a reader of our own and by cpio."""

import os
import subprocess

import mkinitrd
import pytest
from conftest import TOP

ARCHIVE = os.path.join(TOP, "build", "root.cpio")


def records(data):
    """(name, mode, data offset, size, rdev) of each newc record."""
    at = 0
    while True:
        assert data[at:at + 6] == b"070701"
        f = [int(data[at + 6 + 8 * k:at + 14 + 8 * k], 16) for k in range(13)]
        name = data[at + 110:at + 110 + f[11]].rstrip(b"\0").decode()
        start = (at + 110 + f[11] + 3) // 4 * 4
        if name == "TRAILER!!!":
            return
        yield name, f[1], start, f[6], (f[9], f[10])
        at = (start + f[6] + 3) // 4 * 4


def read(path=ARCHIVE):
    with open(path, "rb") as f:
        return f.read()


def test_large_files_start_on_pages():
    large = [r for r in records(read()) if r[3] >= 4096]
    assert large and all(start % 4096 == 0 for _, _, start, _, _ in large)


def test_what_a_node_needs_is_there():
    have = {name: (mode, rdev) for name, mode, _, _, rdev in records(read())}
    for name in ("usr/bin/busybox", "usr/sbin/init", "usr/bin/migrate", "usr/bin/mps", "usr/lib/godwit/agent"):
        assert have[name][0] == 0o100755
    assert have["tmp"][0] == 0o41777
    assert have["dev/console"] == (0o20600, (5, 1))
    for name in ("bin", "sbin", "lib", "usr/bin/sh", "usr/bin/awk", "usr/bin/sha256sum", "usr/bin/ps", "usr/bin/vi", "etc/mtab"):
        assert have[name][0] == 0o120777
    for name in ("etc/passwd", "etc/group", "etc/hosts", "etc/profile", "etc/shells", "etc/hostname"):
        assert have[name][0] == 0o100644


def test_busybox_is_unmodified():
    data = read()
    _, _, start, size, _ = next(r for r in records(data) if r[0] == "usr/bin/busybox")
    with open(os.path.join(TOP, "build/apt/tree/bin/busybox"), "rb") as f:
        assert f.read() == data[start:start + size]


def test_parents_come_before_children():
    seen = {""}
    for name, mode, *_ in records(read()):
        assert os.path.dirname(name) in seen, name
        if mode & 0o170000 == 0o040000:
            seen.add(name)


def test_cpio_reads_it():
    out = subprocess.run(["cpio", "-it", "--quiet"], input=read(), capture_output=True, check=True).stdout
    assert b"bin/busybox" in out and b"sbin/init" in out


def test_add_keeps_mode_and_places_the_file(tmp_path):
    source = tmp_path / "with space.sh"
    source.write_bytes(b"x" * 5000)
    source.chmod(0o750)
    root = mkinitrd.Root()
    mkinitrd.add_spec(root, str(source))
    mkinitrd.add_spec(root, f"{source}:/opt/tool")
    mkinitrd.add_spec(root, f"{source}:/opt/dir/")
    have = {name: (mode, size, start % 4096) for name, mode, start, size, _ in records(root.archive())}
    for name in ("root/with space.sh", "opt/tool", "opt/dir/with space.sh"):
        assert have[name] == (0o100750, 5000, 0)
    assert have["opt"][0] == 0o40755


@pytest.mark.parametrize("spec", ["/no/such/file", "/etc:/x", "/etc/passwd:/../x", ":/x", "/etc/passwd:/"])
def test_add_refuses(spec):
    if spec == "/etc/passwd:/":
        root = mkinitrd.Root()
        mkinitrd.add_spec(root, spec)
        assert "passwd" in root.entries
        return
    with pytest.raises(mkinitrd.RootError):
        mkinitrd.add_spec(mkinitrd.Root(), spec)


def test_merged_paths():
    for path, want in (("/bin/sh", "usr/bin/sh"), ("./lib/ld-linux.so.2", "usr/lib/ld-linux.so.2"), ("usr/sbin/x", "usr/sbin/x"),
                       ("/etc//x", "etc/x"), ("./", ""), ("/library/x", "library/x")):
        assert mkinitrd.canonical(path) == want


def test_a_part_before_another():
    """A part without a trailer, with a hard link, and a second one behind it: one archive, data on pages."""
    first, second = mkinitrd.Root(), mkinitrd.Root()
    first.text("usr/bin/one", "y" * 4097)
    first.entries["usr/bin/two"] = first.entries["usr/bin/one"]
    second.text("etc/large", "z" * 9000)
    part = first.archive(trailer=False)
    data = part + second.archive(start=len(part))
    have = {name: (start, size) for name, _, start, size, _ in records(data)}
    assert have["usr/bin/one"][1] == 4097 and have["usr/bin/two"][1] == 0
    assert have["usr/bin/one"][0] % 4096 == have["etc/large"][0] % 4096 == 0
    assert len(data) % 4096 == 0
    out = subprocess.run(["cpio", "-itv", "--quiet"], input=data, capture_output=True, check=True).stdout
    assert [line.split()[1] for line in out.splitlines() if b"usr/bin/" in line] == [b"2", b"2"]
    assert first.memory() >= 8192
