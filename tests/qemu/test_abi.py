"""System calls, case by case, beside what Debian's Linux said: each family at home, and once more walking between two other nodes.

Linux's side is recorded in tests/abi/expected (docs/testing-abi.md)."""

import re
import sys

import pytest
from conftest import TOP, Cluster

sys.path.insert(0, str(TOP / "tests" / "abi"))
import abi  # noqa: E402

NODES = 3


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    where = tmp_path_factory.mktemp("abi")
    (where / "run").write_text(abi.RUN)
    (where / "run").chmod(0o755)
    files = [f"{where}/run:/abi/run"] + [f"{TOP}/build/abi/{name}:/abi/{name}" for name in abi.families()]
    c = Cluster(where / "c", NODES, add=files)
    try:
        c.sh(1, "mount -t tmpfs tmpfs /tmp; chmod 1777 /tmp; mkdir -m 1777 /tmp/abi")
        yield c
        c.alive()
    finally:
        c.down()


def outcome(cluster, family, moved):
    """The family's differences from Linux, and its remarks."""
    nodes = "ABI_NODES=2,3 " if moved else ""
    out = cluster.sh(1, f"{nodes}setsid sh /abi/run {family}; echo status $?; cat /tmp/{family}.out; rm -rf /tmp/abi/{family}", timeout=900 if moved else 200)
    status, _, lines = out.partition("\n")
    assert status == "status 0", out[:500]
    return abi.differences(family, lines), cluster.sh(1, f"cat /tmp/{family}.err")


def report(found):
    return f"{len(found)} differences from Linux\n" + "\n".join(found)


@pytest.mark.limit(240)
@pytest.mark.parametrize("family", abi.families())
def test_at_home(three, family):
    found, _ = outcome(three, family, False)
    assert not found, report(found)


@pytest.mark.limit(960)
@pytest.mark.parametrize("family", abi.families())
def test_moved(three, family):
    found, remarks = outcome(three, family, True)
    assert not found, report(found)
    assert sum(map(int, re.findall(r"moved (\d+)", remarks))) > 0, remarks


def test_excused_differences_are_few():
    rows = abi.excused()
    assert len(rows) <= abi.EXCUSED_MAX
    cases = abi.all_cases()
    odd = [row for row in rows if row[1:] not in cases]
    assert not odd, f"excused, but no case: {odd}"
