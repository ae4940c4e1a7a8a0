"""The hub's process: started with a cluster, spoken to over its control socket.

Used by keeper.py and tests.  Never parses frames; that is the hub's.
"""

import json
import os
import socket
import subprocess
import time

from . import paths
from .fail import Fail
from .node import die_with_parent

START_S = 5.0


class Hub:
    """A running hub."""

    def __init__(self, directory):
        self.directory = directory
        self.control = os.path.join(directory, "hub.ctl")
        self.process = None

    def start(self, ports, faults=(), pcap=""):
        """Start the hub with its ports open; returns when it listens."""
        command = [paths.HUB, "--dir", self.directory, "--ports", str(ports), "--control", self.control,
                   "--with-parent"]
        for name, value in dict(faults).items():
            command += [f"--{name}", value]
        if pcap:
            command += ["--pcap", pcap]
        errors = os.path.join(self.directory, "hub.err")
        with open(errors, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)
        end = time.monotonic() + START_S
        while not os.path.exists(self.control):
            if self.process.poll() is not None or time.monotonic() > end:
                with open(errors, encoding="utf-8", errors="replace") as log:
                    said = log.read().strip().splitlines()
                raise Fail(f"the hub did not start: {said[0] if said else 'no reason given'}")
            time.sleep(0.005)

    def ask(self, line):
        """One control command; returns its answer as a dict."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            try:
                s.connect(self.control)
                s.sendall(line.encode() + b"\n")
                data = b""
                while not data.endswith(b"\n"):
                    part = s.recv(65536)
                    if not part:
                        raise OSError("closed")
                    data += part
            except OSError as e:
                raise Fail(f"the hub does not answer ({e}); ./godwit down and up again") from e
        answer = json.loads(data)
        if "error" in answer:
            raise Fail(f"the wire: {answer['error']}")
        return answer

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
