"""Disks: virtio and ATA, ext2 read and written by both sides, power cuts, a root on a disk in a small node.

Every image that a guest unmounted, or that a node had when it was switched off, must be clean by e2fsck -fn.
"""

import hashlib
import os
import random
import re
import subprocess
import time

import pytest
from conftest import SEED, needs_i386_host, program, seconds, tool

ENVIRONMENT = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
MOUNT = "mount -t ext2 /dev/$D /mnt"


def host(*argv, status=(0,)):
    done = subprocess.run([str(a) for a in argv], capture_output=True, check=False, env=ENVIRONMENT, timeout=seconds(120))
    assert done.returncode in status, f"{argv}: {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    return done.stdout


class Image:
    """A file with an ext2 file system."""

    def __init__(self, path, mib=24, block=1024, tree=None, options=()):
        self.path = path
        host("mke2fs", "-q", "-F", "-t", "ext2", "-b", block, *(["-d", tree] if tree else []), *options, path, f"{mib}M")

    def clean(self):
        host("e2fsck", "-fn", self.path)

    def read(self, name):
        return host("debugfs", "-R", f"cat {name}", self.path)

    def run(self, script, ide=False, memory=None, append="", timeout=85):
        """A shell script on a node with this disk ($D is its name); its output. The node is switched off after it."""
        options = ["--disk", f"{self.path},if=ide" if ide else self.path, "--append", f"loglevel=6 {append}"]
        if memory:
            options += ["-m", memory]
        done = tool("run", "-n", 1, *options, "--timeout", timeout, "--", "sh", "-ec", f"D={'sda' if ide else 'vda'}; {script}",
                    timeout=timeout + 30)
        assert done.status == 0, done
        return done.out.decode()


def host_tree(where):
    """Files of many kinds on the host; {name: sha256}."""
    sums = {}
    rng = random.Random(SEED)
    deep = "/".join(f"level{n}" for n in range(20))
    for name, size in (("empty", 0), ("one", 1), ("block", 1024), ("direct", 12 * 1024), ("tree", 700_001), ("a b", 5000),
                       (f"{deep}/bottom", 9000), *((f"many/file{n}", n * 37) for n in range(300))):
        data = rng.randbytes(size)
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sums[name] = hashlib.sha256(data).hexdigest()
    (where / "short").symlink_to("tree")
    (where / "long").symlink_to("../" * 25 + "mnt/tree")
    os.link(where / "tree", where / "second")
    return sums


@pytest.mark.limit(240)
@pytest.mark.parametrize("block,ide", [(1024, False), (4096, True)], ids=["virtio-1k", "ata-4k"])
def test_both_sides_read_what_the_other_wrote(tmp_path, block, ide):
    tree = tmp_path / "tree"
    sums = host_tree(tree)
    image = Image(tmp_path / "disk", tree=tree, block=block)
    out = image.run(f"""{MOUNT}
        cd /mnt; find . -type f | while read -r f; do sha256sum "$f"; done
        cat short long | sha256sum
        mkdir -p new/a/b/c; cp tree new/a/b/c/copy; seq 1 40000 > new/seq; ln new/seq new/hard; ln -s seq new/soft
        for i in $(seq 1 100); do echo $i > new/n$i; done; rm new/n?0; mv new/n11 new/a/; rm -r many
        dd if=/dev/zero of=new/sparse bs=1k count=1 seek=70000 2>/dev/null
        mkfifo new/fifo; mknod new/null c 1 3; chmod 640 new/seq; chown 12:34 new/seq; touch -d '2001-02-03 04:05:06' new/seq
        cd /; umount /mnt; {MOUNT}; cat /mnt/new/soft | sha256sum; ls -l /mnt/new/seq; ls /mnt/new | wc -l""", ide=ide, timeout=200)
    for name, digest in sums.items():
        assert f"{digest}  ./{name}\n" in out, name
    image.clean()
    seq = "".join(f"{n}\n" for n in range(1, 40001)).encode()
    assert hashlib.sha256(seq).hexdigest() in out
    assert re.search(r"-rw-r-----\s+2 12 +34 +228894 Feb  3  2001", out), out
    assert image.read("/new/seq") == image.read("/new/hard") == seq
    assert image.read("/new/a/b/c/copy") == (tree / "tree").read_bytes()
    assert image.read("/new/a/n11") == b"11\n"
    assert len(image.read("/new/sparse")) == 70001 * 1024
    names = host("debugfs", "-R", "ls -p /new", image.path).decode()
    assert "/n20/" not in names and "/n21/" in names
    assert "Type: FIFO" in host("debugfs", "-R", "stat /new/fifo", image.path).decode()


@pytest.mark.limit(150)
def test_full_disk(tmp_path):
    """ENOSPC, a whole file system, and room again after an unlink."""
    image = Image(tmp_path / "disk", mib=4)
    out = image.run(f"""{MOUNT}; cd /mnt; dd if=/dev/zero of=big bs=16k 2>&1 || true; df -k /mnt | tail -1
        for i in $(seq 1 3000); do mkdir d$i 2>/dev/null || break; done; echo more > more || true; rm big; echo again > again; cat again""", timeout=120)
    assert "No space left on device" in out
    assert out.rstrip().endswith("again")
    image.clean()


@pytest.mark.limit(300)
@pytest.mark.parametrize("ide", [False, True], ids=["virtio", "ata"])
def test_power_cut(cluster, tmp_path, ide):
    """In the middle of writing: e2fsck -fy repairs, and what was fsynced is complete."""
    rng = random.Random(SEED)
    image = Image(tmp_path / "disk", mib=32)
    disk = "sda" if ide else "vda"
    c = cluster(1, options=["--disk", f"{image.path}{',if=ide' if ide else ''}"])
    job = c.start(1, "sh", "-c", f"""mount -t ext2 /dev/{disk} /mnt; cd /mnt; i=0
        while :; do i=$((i+1)); mkdir -p d$((i%5)); dd if=/dev/urandom of=d$((i%5))/f$i bs=3000 count=$((i%40)) conv=fsync 2>/dev/null
        sha256sum d$((i%5))/f$i; cp d$((i%5))/f$i unsynced$((i%7)); rm -f unsynced$(((i+3)%7)); done""")
    job.await_text(b"/f%d\n" % rng.randrange(20, 60), timeout=200)
    time.sleep(rng.random())
    c.verb("kill", 1)
    job.wait(30)
    host("e2fsck", "-fy", image.path, status=(0, 1))
    image.clean()
    synced = re.findall(rb"([0-9a-f]{64})  (\S+)\n", bytes(job.out))
    assert len(synced) >= 19
    for digest, name in synced:
        assert hashlib.sha256(image.read(f"/{name.decode()}")).hexdigest() == digest.decode(), name


@pytest.mark.limit(150)
def test_mapped_file_is_synced(cluster, tmp_path):
    """What msync promised is there after a power cut."""
    image = Image(tmp_path / "disk", mib=8)
    file = program("musl", "disk_map")
    c = cluster(1, add=[file], options=["--disk", image.path])
    job = c.start(1, "sh", "-c", f"mount -t ext2 /dev/vda /mnt; exec /root/{file.name} /mnt/mapped")
    job.await_text(b"synced 300000\n", timeout=60)
    c.verb("kill", 1)
    job.wait(30)
    host("e2fsck", "-fy", image.path, status=(0, 1))
    wanted = bytearray((i * 7 + i // 256) & 255 if i // 5000 % 3 else 0 for i in range(300000))
    for i in range(0, 300000, 4096):
        wanted[i] ^= 0x55
    assert image.read("/mapped") == wanted


@pytest.mark.limit(150)
def test_mounts(tmp_path):
    """mount, remount, umount and what /proc tells of them; ioctls through busybox; a bad file system is refused."""
    image = Image(tmp_path / "disk", mib=8, block=4096)
    out = image.run(f"""cat /proc/partitions /proc/filesystems; for o in sz ss size64 ro; do blockdev --get$o /dev/$D; done
        mount -t ext2 -o ro /dev/$D /mnt; grep /mnt /proc/mounts; touch /mnt/x 2>&1 || true
        mount -o remount,rw /mnt; touch /mnt/x; exec 5>/mnt/open; umount /mnt 2>&1 || true; mount -o remount,ro /mnt 2>&1 || true
        exec 5>&-; mount -o remount,ro /mnt; grep /mnt /proc/mounts; umount /mnt; grep /mnt /proc/mounts || echo gone
        mount -t ext2 /dev/null /mnt 2>&1 || true; mount -t ext2 /dev/none /mnt 2>&1 || true
        dd if=/dev/zero of=/dev/$D bs=1k seek=1 count=1 conv=notrunc 2>/dev/null; mount -t ext2 /dev/$D /mnt 2>&1 || true
        busybox mke2fs -F /dev/$D > /dev/null; {MOUNT}; echo there > /mnt/file; umount /mnt""")
    assert re.search(r"^ 254 +0 +8192 vda$", out, re.M) and re.search(r"^\text2$", out, re.M)
    assert "16384\n512\n8388608\n0\n" in out
    assert re.search(r"^/dev/vda /mnt ext2 ro", out, re.M) and "gone" in out
    assert "Read-only file system" in out and out.count("busy") >= 2
    assert "Block device required" in out and "No such file" in out and "Invalid argument" in out
    image.clean()
    assert image.read("/file") == b"there\n"


def test_failures_in_one_line(tmp_path):
    for words, text in ((["--disk", tmp_path / "none"], "no such file"), (["--disk", f"{tmp_path}/a,if=scsi"], "if=ide"),
                        (["--disk", ""], "no file"), (["-n", "1", "--disk", "/etc/passwd,/etc/group"], "2 files for 1 nodes"),
                        (["--on", "disk", "--with", "bash"], "--disk FILE")):
        done = tool("run", *words, "--", "true")
        assert done.status == 125 and text in done.err.decode() and done.err.count(b"\n") == 1, done


@needs_i386_host
@pytest.mark.limit(600)
@pytest.mark.parametrize("package,memory,command,expected", [
    ("bash", 16, ["bash", "-c", "echo ${BASH_VERSION%%.*} $((6*7)); for i in 1 2 3; do bash -c 'echo sub'; done"], b"5 42\nsub\nsub\nsub\n"),
    ("python3", 24, ["python3", "-c", "import json, re; print(json.dumps({'answer': 42}))"], b'{"answer": 42}\n'),
], ids=["bash-16", "python3-24"])
def test_root_on_a_disk(tmp_path, package, memory, command, expected):
    """A dynamic program of Debian's in a small node, its files on the disk; and once more from the same disk."""
    disk = tmp_path / "disk"
    made = tool("run", "-n", 1, "-m", memory, "--disk", disk, "--with", package, "--on", "disk", "--", *command, timeout=300)
    assert (made.status, made.out) == (0, expected), made
    host("e2fsck", "-fn", disk)
    again = tool("run", "-n", 1, "-m", memory, "--disk", disk, "--append", "root=/dev/vda", "--", *command, timeout=120)
    assert (again.status, again.out) == (0, expected), again
    host("e2fsck", "-fn", disk)
