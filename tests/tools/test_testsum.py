"""tools/testsum.py: the closing line adds up what different test programs print."""

import os
import subprocess

import pytest
from conftest import TOP


def closing(*words):
    done = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "tools/testsum.py"), *words], capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines()[-1], done.returncode


@pytest.mark.parametrize("text, line", [
    ("3 passed, 1 failed, 2 skipped", "3 passed, 1 failed, 2 skipped"),
    ("=== 1 failed, 4 passed, 2 skipped in 1.00s ===", "4 passed, 1 failed, 2 skipped"),
    ("84 passed, 17 skipped in 28.85s", "84 passed, 0 failed, 17 skipped"),
    ("[  PASSED  ] 5 test(s).\n[  FAILED  ] 2 test(s), listed below:", "5 passed, 2 failed, 0 skipped"),
    ("ok 1 a\nnot ok 2 b\nok 3 c # SKIP no net", "1 passed, 1 failed, 1 skipped"),
    ("nothing countable", "1 passed, 0 failed, 0 skipped"),
])
def test_counts(text, line, tmp_path):
    (tmp_path / "out").write_text(text + "\n")
    assert closing(f"x=cat {tmp_path}/out")[0] == line


def test_a_failing_command_fails():
    assert closing("a=echo '2 passed, 0 failed, 0 skipped'; exit 3", "b=true") == ("3 passed, 1 failed, 0 skipped", 1)
    assert closing("a=true", "b=true") == ("2 passed, 0 failed, 0 skipped", 0)
