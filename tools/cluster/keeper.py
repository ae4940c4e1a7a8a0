"""A running cluster: its hub, its nodes, and the socket by which other godwit commands reach it.

`run` keeps its cluster in its own process; `up` leaves a keeper in the background.
Never outlives its nodes' use: when this process ends, however it ends, hub and QEMUs end too.
"""

import asyncio
import contextlib
import os
import shutil
import time

from . import paths
from .agent import Agent
from .fail import Fail
from .hubctl import Hub
from .image import fit_memory, node_roots
from .node import Node, find_qemu, uptime_text

BOOT_S = 60.0        # until every agent says READY, at full speed
BOOT_SLOW_S = 300.0  # the same for fixed-speed nodes
PEERS_S = 5.0        # until node 1 sees the others
SETTLE_S = 15.0      # for a node to write its disk and switch off
WATCH_S = 0.1        # how often QEMUs are looked at


class Cluster:
    """All of one cluster."""

    def __init__(self, options, name, say):
        self.options = options
        self.name = name
        self.say = say
        self.directory, self.lock = paths.claim(name)
        self.keep = os.path.abspath(options.keep) if options.keep else ""
        self.hub = Hub(self.directory)
        self.nodes = {}
        self.started = time.time()
        self.stopping = asyncio.Event()
        self.watcher = None
        self.warnings = []

    # ---- up and down ----

    def prepare(self):
        """Everything that can fail before a process is started."""
        find_qemu()
        paths.need_built(paths.KERNEL, "kernel")
        paths.need_built(paths.HUB, "hub")
        paths.need_built(paths.ROOT, "root")
        consoles = self.keep or self.directory
        try:
            os.makedirs(consoles, exist_ok=True)
            os.symlink(paths.KERNEL, os.path.join(self.directory, "godwit.elf"))
        except OSError as e:
            raise Fail(f"--keep {consoles}: {e.strerror}; name a directory that can be written") from e
        roots = node_roots(self.directory, self.options, self.say)
        memory = fit_memory(self.options, roots, self.say)
        for i, root in enumerate(roots):
            console = os.path.join(consoles, f"node{i + 1}.console")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(console)
            self.nodes[i + 1] = Node(i + 1, self.directory, console, memory[i], self.options.shifts[i],
                                     self.options.nic, root.path, self.append_of(i), self.options.disks[i])

    def append_of(self, i):
        """Kernel options of a node: a root on its disk if one was made."""
        if not self.options.on_disk or i > 0:
            return self.options.append
        return f"root=/dev/{'sda' if self.options.disks[0].ide else 'vda'} {self.options.append}"

    async def start(self):
        """Boot all nodes and wait until node 1 sees its peers."""
        self.prepare()
        pcap = os.path.join(self.keep, "wire.pcap") if self.keep else ""
        self.hub.start(len(self.nodes), self.options.faults, pcap)
        for node in self.nodes.values():
            self.power_on(node)
        self.write_state()
        self.watcher = asyncio.create_task(self._watch())
        await self.wait_ready(list(self.nodes.values()))
        if len(self.nodes) > 1:
            await self.wait_peers()
        self.write_state()

    def power_on(self, node):
        node.agent = Agent(f"node {node.number}")
        node.start()
        asyncio.get_running_loop().create_task(node.agent.connect(node.path("a")))
        if self.keep:
            with open(os.path.join(self.keep, f"node{node.number}.cmd"), "w", encoding="utf-8") as f:
                f.write("\n".join(node.command()) + "\n")

    async def wait_ready(self, nodes):
        """Until every agent of these nodes has answered; fails when one of them ends or is silent."""
        limit = BOOT_S if all(n.shift is None for n in nodes) else BOOT_SLOW_S
        end = time.monotonic() + limit
        for node in nodes:
            ready = asyncio.create_task(node.agent.ready.wait())
            gone = asyncio.create_task(node.gone.wait())
            try:
                await asyncio.wait([ready, gone], timeout=max(0.0, end - time.monotonic()),
                                   return_when=asyncio.FIRST_COMPLETED)
            finally:
                ready.cancel()
                gone.cancel()
            if node.agent.ready.is_set():
                continue
            keep = "" if self.keep else " (--keep DIR keeps consoles)"
            if node.gone.is_set():
                raise Fail(f"node {node.number} stopped while booting: {node.last_words()}{keep}")
            raise Fail(f"node {node.number} is not ready after {limit:g} s: {node.last_words()}{keep}")

    async def wait_peers(self):
        """Until node 1 has every other node up; goes on with a warning after a while."""
        agent = self.nodes[1].agent
        others = {str(n) for n in self.nodes if n != 1}
        end = time.monotonic() + PEERS_S
        up = set()
        while time.monotonic() < end:
            with contextlib.suppress(asyncio.TimeoutError):
                up = set((await agent.query("peers", 1.0)).split())
            if others <= up:
                return
            await asyncio.sleep(0.05)
        missing = " ".join(sorted(others - up, key=int))
        self.warnings.append(f"node 1 does not see node {missing} yet")

    async def _watch(self):
        while True:
            for node in self.nodes.values():
                if node.notice_end():
                    self.write_state()
            await asyncio.sleep(WATCH_S)

    def write_state(self):
        paths.write_json(os.path.join(self.directory, "state.json"), self.status())

    async def settle_disks(self):
        """Before a good end: nodes with disks write what they hold and switch themselves off. Others lose nothing."""
        nodes = [n for n in self.nodes.values() if n.disk and n.alive() and not n.paused and n.agent.ready.is_set()]
        for node in nodes:
            with contextlib.suppress(Fail, OSError):
                node.agent.open(["/bin/busybox", "poweroff", "-f"], no_stdin=True)
        end = time.monotonic() + SETTLE_S
        while any(n.alive() for n in nodes) and time.monotonic() < end:
            await asyncio.sleep(0.02)
        for node in nodes:
            if node.alive():
                self.say(f"warning: node {node.number} did not write its disk within {SETTLE_S:g} s")

    def stop(self):
        """End everything that was started, and remove the directory."""
        if self.watcher:
            self.watcher.cancel()
        for node in self.nodes.values():
            node.power_cut()
        if self.keep and self.hub.process and self.hub.process.poll() is None:
            with contextlib.suppress(Exception):
                paths.write_json(os.path.join(self.keep, "wire.json"), self.hub.ask("stats"))
        self.hub.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(self.lock.path)
        self.lock.release()

    # ---- what can be asked ----

    def node(self, number):
        if number not in self.nodes:
            raise Fail(f"no node {number}: this cluster has nodes 1 to {len(self.nodes)}")
        return self.nodes[number]

    def live(self, number):
        """A node that runs; fails for one that is off."""
        node = self.node(number)
        if not node.alive():
            raise Fail(f"node {number} is off: ./godwit restart {number}")
        return node

    def agent(self, number):
        """The agent of a node that is up."""
        node = self.live(number)
        if node.paused:
            raise Fail(f"node {number} is paused: ./godwit resume {number}")
        if not node.agent.ready.is_set():
            raise Fail(f"node {number} is still booting; its console is {node.console}")
        return node.agent

    def status(self):
        return {
            "name": self.name, "pid": os.getpid(), "age": uptime_text(self.started), "directory": self.directory,
            "nodes": [{
                "node": n.number, "state": n.state(), "pid": n.process.pid if n.alive() else 0,
                "cpu": round(n.cpu(), 2), "memory": n.memory, "shift": n.shift, "boots": n.boots,
                "line_repeats": n.agent.repeats if n.agent else 0, "console": n.console, "socket": n.path("c"), "qmp": n.path("m"),
            } for n in self.nodes.values()],
        }

    async def restart(self, number):
        node = self.node(number)
        node.power_cut()
        self.power_on(node)
        await self.wait_ready([node])
        self.write_state()

    async def request(self, op, args):
        """Carry out one request of another godwit command; returns a dict."""
        if op == "status":
            return self.status()
        if op == "down":
            self.stopping.set()
            return {"pid": os.getpid()}
        if op == "kill":
            self.live(args["node"]).power_cut()
            self.write_state()
        elif op == "restart":
            await self.restart(args["node"])
        elif op in ("pause", "resume"):
            await self.live(args["node"]).pause(op == "pause")
            self.write_state()
        elif op == "winsize":
            self.agent(args["node"]).winsize(args["rows"], args["columns"])
        elif op == "hub":
            return {"hub": self.hub.ask(args["line"])}
        else:
            raise Fail(f"unknown request {op}: the cluster was started by another version; ./godwit down")
        return {}
