"""Mounts: bind, rbind, move, remount, umount -l; what /proc says about them; /sys.  Expected output is Linux's."""

import re

import pytest
from conftest import booted


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    yield from booted(tmp_path_factory, "mounts")


def said(node, script):
    """Output and errors of a script that runs in a fresh directory, which must have no mounts at the end."""
    out = node.sh(1, f"D=$(mktemp -d); cd $D; {{ {script}\n}} 2>&1; cd /; grep -c $D /proc/mounts; rm -rf $D")
    assert out.endswith("\n0\n") or out == "0\n", out
    return re.sub(r"/tmp/tmp\.\w+", "D", out[:-2])


def test_bind_shows_the_same_files(node):
    assert said(node, """mkdir a b; echo one > a/f; mount --bind a b; cat b/f; echo two >> b/f; cat a/f; stat -c %i a/f b/f | uniq | wc -l
mkdir b/d; rmdir a/d; ls b; touch o; ln o b/x; mv o b/o; ls b; ln b/o a/p; umount b; ls b""") == """one
one
two
1
f
ln: b/x: Invalid cross-device link
f
o
ln: a/p: Invalid cross-device link
"""


def test_names_changed_through_the_other_place(node):
    """A name that is held open at one place does not hide what was done at the other."""
    assert said(node, """mkdir a b; echo one > a/f; mount --bind a b; exec 3< b/f; rm a/f; ls b; cat b/f; echo new > a/f; cat b/f
cat <&3; exec 3< b/f; mv a/f a/g; cat b/f; cat b/g; exec 3<&-; umount b""") == \
        "cat: can't open 'b/f': No such file or directory\nnew\none\ncat: can't open 'b/f': No such file or directory\nnew\n"


def test_bind_of_a_file_and_refusals(node):
    assert said(node, """touch f1; echo file > f2; mkdir d; mount --bind f2 f1; cat f1; umount f1; cat f1; mount --bind f2 d
mount --bind d f1; mount --bind none d; umount d""") == """file
mount: mounting f2 on d failed: Not a directory
mount: mounting d on f1 failed: Not a directory
mount: mounting none on d failed: No such file or directory
umount: can't unmount d: Invalid argument
"""


def test_read_only_at_one_place(node):
    assert said(node, """mkdir a b; mount --bind a b; mount -o remount,bind,ro b; touch b/x; mkdir b/d; touch a/x && rm b/x; ls b
grep $D/b /proc/mounts | cut -d' ' -f4; mount -o remount,bind,rw b; rm b/x; ls a; umount b""") == """touch: b/x: Read-only file system
mkdir: can't create directory 'b/d': Read-only file system
rm: can't remove 'b/x': Read-only file system
x
ro
"""


def test_mounts_in_mounts(node):
    """bind leaves out what is mounted inside, rbind takes it along; umount -l takes all away, open files live on."""
    assert said(node, """mkdir -p a/sub b c; mount -t tmpfs inner a/sub; echo in > a/sub/x; mount --bind a b; ls b/sub; mount --rbind a c
cat c/sub/x; umount a/sub; cat c/sub/x; umount c; exec 3< c/sub/x; umount -l c; ls c; cat <&3; exec 3<&-; umount b""") == \
        "in\nin\numount: can't unmount D/c: Device or resource busy\nin\n"


def test_moving_a_mount(node):
    assert said(node, """mkdir a b; mount --move a b; mount -t tmpfs t a; echo q > a/q; mount --move a b; ls a b; mkdir b/d
mount --move b b/d; umount b; ls b""") == """mount: mounting a on b failed: Invalid argument
a:

b:
q
mount: mounting b on b/d failed: Too many levels of symbolic links
"""


def test_what_proc_tells(node):
    out = said(node, """mkdir -p a/d 'b c'; mount -t tmpfs -o noexec,mode=700 src a; mkdir a/deep; mount --bind a/deep 'b c'; stat -c %a a
grep $D /proc/mounts; grep $D /proc/self/mountinfo; umount 'b c'; umount a""")
    lines = out.splitlines()
    assert lines[:3] == ["700", "src D/a tmpfs rw,noexec,relatime 0 0", r"src D/b\040c tmpfs rw,noexec,relatime 0 0"], out
    first, second = [re.fullmatch(r"(\d+) (\d+) (0:\d+) (\S+) (\S+) rw,noexec,relatime - tmpfs src rw", line).groups() for line in lines[3:]]
    assert first[1] == second[1] and first[0] != second[0] and first[2] == second[2]
    assert (first[3:], second[3:]) == (("/", "D/a"), ("/deep", r"D/b\040c"))


def test_proc_and_sys_at_another_place(node):
    assert said(node, """mkdir p; mount --bind /proc p; cat p/self/comm; test -d p/$$ && echo there; umount p
mount -t sysfs s p; cat p/devices/system/cpu/online; umount p; mount -t devpts -o newinstance,ptmxmode=0666 d p && ls p; umount p""") == \
        "cat\nthere\n0\nptmx\n"


def test_sys(node):
    """What programs look for reads as on a Linux machine with one processor; what is not there is not there."""
    assert node.sh(1, """cd /sys/devices/system/cpu; for f in online possible present offline isolated; do echo "$f $(cat $f)"; done
cat cpu0/topology/core_id cpu0/topology/thread_siblings; stat -c '%s %a' online; ls -d cpu[0-9]*; cat /sys/class/none 2>&1
echo 1 2>&1 > online; nproc; stat -f -c %t /sys""").splitlines() == [
        "online 0", "possible 0", "present 0", "offline ", "isolated ", "0", "1", "4096 444", "cpu0",
        "cat: can't open '/sys/class/none': No such file or directory", "sh: can't create online: Permission denied", "1", "62656572"]
