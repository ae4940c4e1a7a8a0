"""tools/hub: frames in and out through real unix sockets, faults, counters, cables, partitions, pcap."""

import os
import socket
import struct
import tempfile
import time

import pytest

from cluster.fail import Fail
from cluster.hubctl import Hub

OURS = 0x88B5
BROADCAST = b"\xff" * 6


def mac(n):
    return bytes([0x52, 0x54, 0, 0x67, 0, n])


def frame(to, sender, number=0, size=64, kind=OURS):
    head = (to if isinstance(to, bytes) else mac(to)) + mac(sender) + struct.pack(">HI", kind, number)
    return head + bytes(size - len(head))


def number_of(data):
    return struct.unpack_from(">I", data, 14)[0]


class Card:
    """What a QEMU is to the hub: a pair of datagram addresses."""

    def __init__(self, directory, n):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = os.path.join(directory, f"q{n}")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket.bind(self.path)
        self.to = os.path.join(directory, f"h{n}")

    def send(self, data):
        self.socket.settimeout(2)
        self.socket.sendto(data, self.to)

    def receive(self, timeout=2.0):
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65536)
        except (socket.timeout, BlockingIOError):
            return None

    def drain(self, quiet=0.15):
        got = []
        while (data := self.receive(quiet)) is not None:
            got.append(data)
        return got


class Net:
    def __init__(self, ports, **faults):
        self.temp = tempfile.TemporaryDirectory(prefix="hub-")
        self.pcap = os.path.join(self.temp.name, "wire.pcap")
        self.hub = Hub(self.temp.name)
        self.cards = {n: Card(self.temp.name, n) for n in range(1, ports + 1)}
        self.hub.start(ports, {k: str(v) for k, v in faults.items()}, self.pcap)

    def counter(self, a, b, what):
        for pair in self.hub.ask("stats")["pairs"]:
            if (pair["from"], pair["to"]) == (a, b):
                return pair[what]
        return 0


@pytest.fixture()
def net():
    made = []

    def make(ports, **faults):
        made.append(Net(ports, **faults))
        return made[-1]
    yield make
    for n in made:
        n.hub.stop()
        n.temp.cleanup()


def test_broadcast_reaches_all_but_the_sender(net):
    n = net(3)
    n.cards[1].send(frame(BROADCAST, 1, 7))
    assert number_of(n.cards[2].receive()) == 7
    assert number_of(n.cards[3].receive()) == 7
    assert n.cards[1].receive(0.1) is None


def test_learns_where_a_station_is(net):
    n = net(3)
    n.cards[2].send(frame(BROADCAST, 2))
    assert n.cards[1].receive() and n.cards[3].receive()
    n.cards[1].send(frame(2, 1, 9))
    assert number_of(n.cards[2].receive()) == 9
    assert n.cards[3].receive(0.1) is None


def test_a_burst_survives_a_slow_receiver(net):
    """The socket holds about ten frames; the hub's own queue holds the rest."""
    n = net(2)
    n.cards[2].send(frame(BROADCAST, 2))
    n.cards[1].receive()
    for i in range(1000):
        n.cards[1].send(frame(2, 1, i, 1514))
    time.sleep(0.2)
    assert [number_of(d) for d in n.cards[2].drain()] == list(range(1000))
    assert n.counter(1, 2, "dropped") == 0


def test_counters_by_pair_and_ethertype(net):
    n = net(2)
    n.cards[1].send(frame(BROADCAST, 1, size=100))
    n.cards[1].send(frame(BROADCAST, 1, size=60, kind=0x0806))
    n.cards[2].drain()
    assert n.counter(1, 2, "frames") == 2
    assert n.counter(1, 2, "bytes") == 160
    assert n.counter(1, 2, "ours_frames") == 1
    assert n.counter(1, 2, "ours_bytes") == 100
    n.hub.ask("reset")
    assert n.counter(1, 2, "frames") == 0


def lost_numbers(n, count=400):
    for i in range(count):
        n.cards[1].send(frame(BROADCAST, 1, i))
        if i % 8 == 7:
            time.sleep(0.001)
    return [number_of(d) for d in n.cards[2].drain()]


def test_loss_repeats_with_its_seed(net):
    first = lost_numbers(net(2, loss=0.2, seed=5))
    again = lost_numbers(net(2, loss=0.2, seed=5))
    other = lost_numbers(net(2, loss=0.2, seed=6))
    assert first == again != other
    assert 270 < len(first) < 370


def test_duplicates_and_corruption(net):
    n = net(2, dup=1)
    n.cards[1].send(frame(BROADCAST, 1, 3))
    assert len(n.cards[2].drain()) == 2
    n.hub.ask("dup 0")
    n.hub.ask("corrupt 1")
    sent = frame(BROADCAST, 1, 3)
    n.cards[1].send(sent)
    got = n.cards[2].receive()
    assert sum(bin(a ^ b).count("1") for a, b in zip(sent, got)) == 1


def test_reorder_changes_the_order_and_loses_nothing(net):
    n = net(2, reorder=0.3, seed=2)
    got = lost_numbers(n, 200)
    assert sorted(got) == list(range(200)) and got != sorted(got)


def test_delay_and_rate(net):
    n = net(2, delay=60)
    start = time.monotonic()
    n.cards[1].send(frame(BROADCAST, 1))
    assert n.cards[2].receive()
    assert time.monotonic() - start >= 0.06
    n.hub.ask("delay 0")
    n.hub.ask("rate 10")
    start = time.monotonic()
    for i in range(50):  # 50 full frames at 10 Mbit/s: 61 ms
        n.cards[1].send(frame(BROADCAST, 1, i, 1514))
    assert len(n.cards[2].drain(0.05)) == 50
    assert 0.055 < time.monotonic() - start < 0.5


def test_cut_join_partition_heal(net):
    n = net(4)

    def heard():
        n.cards[1].send(frame(BROADCAST, 1))
        return [i for i in (2, 3, 4) if n.cards[i].receive(0.15)]

    assert heard() == [2, 3, 4]
    n.hub.ask("cut 3")
    assert heard() == [2, 4]
    n.hub.ask("join 3")
    n.hub.ask("partition 1,2/3,4")
    assert heard() == [2]
    n.hub.ask("heal")
    assert heard() == [2, 3, 4]
    for bad in ("partition 1,9/2", "partition 1/1", "cut 9", "loss 2", "loss x", "frob"):
        with pytest.raises(Fail):
            n.hub.ask(bad)
    assert heard() == [2, 3, 4]


def test_a_node_that_comes_back_is_reached(net):
    n = net(2)
    n.cards[1].send(frame(BROADCAST, 1))
    assert n.cards[2].receive()
    n.cards[2].socket.close()
    os.unlink(n.cards[2].path)
    n.cards[1].send(frame(BROADCAST, 1))
    time.sleep(0.05)
    n.cards[2] = Card(n.temp.name, 2)
    n.cards[1].send(frame(BROADCAST, 1, 5))
    assert number_of(n.cards[2].receive()) == 5


def test_inject_new_port_and_pcap(net):
    n = net(2)
    n.hub.ask("port 70")
    n.hub.ask("inject 70 " + frame(BROADCAST, 70, 8).hex())
    assert number_of(n.cards[1].receive()) == 8
    n.hub.ask("pcap off")
    with open(n.pcap, "rb") as f:
        data = f.read()
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    assert len(data) == 24 + 16 + 64


def test_many_at_once_lose_nothing(net):
    """Eight ports talk at the same time; every frame arrives, in order for each pair."""
    n = net(8)
    for i in n.cards:
        n.cards[i].send(frame(BROADCAST, i))
    for i in n.cards:
        n.cards[i].drain(0.05)
    got = {i: [] for i in n.cards}
    for k in range(200):
        for i in n.cards:
            n.cards[i].send(frame(i % 8 + 1, i, k))
        for i in n.cards:
            while (d := n.cards[i].receive(0)) is not None:
                got[i].append(number_of(d))
    for i in n.cards:
        got[i] += [number_of(d) for d in n.cards[i].drain(0.1)]
        assert got[i] == list(range(200))
