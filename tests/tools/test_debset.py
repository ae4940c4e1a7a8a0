"""tools/debset.py: what a package becomes in a node's root."""

import subprocess

import debset
import mkinitrd
import pytest

SCRIPT = """\
case "$1" in
  configure)
update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/gawk 10 \\
  --slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/gawk.1.gz \\
  --slave /usr/bin/nawk nawk /usr/bin/gawk
update-alternatives --quiet \\
    --install /usr/bin/cc cc /usr/bin/gcc 20 \\
    #--slave /usr/share/man/man1/cc.1.gz cc.1.gz /usr/share/man/man1/gcc.1.gz
update-alternatives --install /usr/bin/x x /usr/bin/$1 5
update-alternatives --remove rename /usr/bin/prename
"""


def test_alternatives_are_read_off():
    assert debset.alternatives(SCRIPT) == [
        (10, [("/usr/bin/awk", "awk", "/usr/bin/gawk"),
              ("/usr/share/man/man1/awk.1.gz", "awk.1.gz", "/usr/share/man/man1/gawk.1.gz"),
              ("/usr/bin/nawk", "nawk", "/usr/bin/gawk")]),
        (20, [("/usr/bin/cc", "cc", "/usr/bin/gcc")])]


def test_alternatives_point_to_what_is_there():
    root = mkinitrd.Root()
    root.text("usr/bin/gawk", "g", 0o755)
    root.text("usr/bin/mawk", "m", 0o755)
    debset.add_alternatives(root, [SCRIPT, SCRIPT.replace("gawk 10", "mawk 5")])
    assert root.entries["usr/bin/awk"].data == b"/etc/alternatives/awk"
    assert root.entries["etc/alternatives/awk"].data == b"/usr/bin/gawk"
    assert "usr/bin/cc" not in root.entries and "usr/share/man/man1/awk.1.gz" not in root.entries


def package(tmp_path):
    """A package of our own, built with dpkg-deb."""
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text("Package: probe\nVersion: 1\nArchitecture: i386\nMaintainer: x <x@y>\n"
                                             "Description: probe\n")
    for name in ("bin/tool", "usr/share/doc/probe/README", "usr/share/man/man1/tool.1.gz", "lib/i386-linux-gnu/libx.so.1"):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tree / "bin" / "tool").chmod(0o4755)
    (tree / "bin" / "again").hardlink_to(tree / "bin" / "tool")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(tmp_path / "probe.deb")], check=True,
                   capture_output=True)
    return str(tmp_path / "probe.deb")


@pytest.mark.parametrize("docs", [False, True])
def test_files_of_a_package(tmp_path, docs):
    root = debset.collect([["probe", "1", package(tmp_path)]], docs)
    assert root.entries["usr/bin/tool"].mode == 0o104755
    assert root.entries["usr/bin/again"] is root.entries["usr/bin/tool"]
    assert root.entries["usr/lib/i386-linux-gnu/libx.so.1"].data == b"lib/i386-linux-gnu/libx.so.1"
    assert ("usr/share/doc/probe/README" in root.entries) == docs
    assert ("usr/share/man/man1/tool.1.gz" in root.entries) == docs


def test_a_damaged_package_is_named(tmp_path):
    path = tmp_path / "bad.deb"
    path.write_bytes(b"no archive")
    with pytest.raises(debset.aptroot.AptRootError, match="bad.deb is damaged"):
        debset.collect([["bad", "1", str(path)]], False)


def test_names_are_checked(tmp_path):
    with pytest.raises(debset.aptroot.AptRootError, match="no name"):
        debset.packed(str(tmp_path), ["a;b"], False)
