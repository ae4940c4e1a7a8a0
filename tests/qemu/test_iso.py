"""The image for real PCs boots from a CD, and written to a stick, to a shell."""

import os

import pytest
from conftest import tool
from test_single import direct_qemu, talk


def test_boots_from_cd(tmp_path):
    image = tmp_path / "godwit.iso"
    done = tool("iso", str(image))
    assert done.status == 0 and image.stat().st_size > 1 << 20, done
    process = direct_qemu(tmp_path, "-cdrom", str(image), "-boot", "d", "-nic", "none", "-vga", "std", "-m", "32", append=None)
    try:
        text = talk(process, b"echo $((6*7))-ok; uname -s; cat /proc/cmdline\n", b"42-ok", timeout=120)
        assert b"Godwit" in text
    finally:
        process.kill()
        process.wait()


@pytest.mark.nightly
def test_boots_from_a_usb_stick(tmp_path):
    image = tmp_path / "godwit.iso"
    assert tool("iso", str(image)).status == 0
    os.truncate(image, 64 << 20)  # a stick is larger than what is written to it
    stick = ["-device", "usb-ehci", "-drive", f"file={image},format=raw,if=none,id=stick,readonly=on",
             "-device", "usb-storage,drive=stick,bootindex=0"]
    process = direct_qemu(tmp_path, *stick, "-nic", "none", "-vga", "std", "-m", "32", append=None)
    try:
        talk(process, b"echo $((6*7))-ok\n", b"42-ok", timeout=120)
    finally:
        process.kill()
        process.wait()


def test_iso_needs_a_place(tmp_path):
    for place, reason in ((tmp_path / "absent" / "x.iso", b"no directory"), (tmp_path, b"is a directory")):
        done = tool("iso", str(place))
        assert done.status == 125 and len(done.err.splitlines()) == 1 and reason in done.err, done
