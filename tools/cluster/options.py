"""The tool's options: what each verb takes, checked with one line for every mistake.

Used by main.py.  Never starts anything.
"""

import argparse
import os
import random
from dataclasses import dataclass, field

from .fail import Usage

NODES_MAX = 64
SPEEDS = {"250": 2, "125": 3, "62.5": 4, "31.25": 5, "15.625": 6, "7.8125": 7, "3.90625": 8}  # MIPS: icount shift
MEMORY_DEFAULT = 64
MEMORY_MIN, MEMORY_MAX = 8, 3072

USAGE = """\
./godwit: a cluster of PCs in QEMU, each running the Godwit kernel

  ./godwit run  [options] [--] COMMAND [ARG...]   boot a throw-away cluster, run
                                      COMMAND on node 1, exit with its status
  ./godwit up   [options]             boot a cluster that stays
  ./godwit shell [NODE]               a terminal on a node (Ctrl-] leaves)
  ./godwit exec NODE -- COMMAND...    run COMMAND on a node, exit as it does
                                      (run and exec on a terminal give COMMAND a
                                      terminal; Ctrl-] three times leaves)
  ./godwit status                     nodes, their state, their consoles' files
  ./godwit down                       stop everything
  ./godwit kill NODE                  cut a node's power
  ./godwit restart NODE               boot a node again
  ./godwit pause NODE | resume NODE   stop a node's clock | let it go on
  ./godwit partition 1,2/3,4 | heal   split the wire | join it again
  ./godwit faults [--loss P ...]      change or show the wire's faults
  ./godwit iso FILE                   a bootable image for real PCs (BIOS)

options of run and up:
  -n, --nodes N            1..64 (default 2)
  -m, --memory MIB[,...]   memory of each node (default 64)
  --speed MIPS[,...]       fixed-speed nodes, in million instructions per
                           second: 250 125 62.5 31.25 15.625 7.8125 3.90625
  --add FILE[:PATH]        put a host file into node 1's root, default PATH
                           /root/NAME; repeatable
  --with PKG[,PKG...]      put Debian i386 packages with their dependencies
                           into node 1's root; fetched once, kept in build/
  --with-docs              their documentation, manual pages and locales too
  --on all                 --add and --with go to every node
  --on disk                they and the base root go to node 1's --disk FILE,
                           which is made and becomes the node's root
  --disk FILE[,...]        a raw image as node 1's disk, /dev/vda; several:
                           one per node, an empty word for a node without;
                           words if=ide (an ATA drive, /dev/sda) and ro
                           (write-protected) hold for all of them
  --append "k=v ..."       kernel options (docs/options.md)
  --loss P --dup P --reorder P --corrupt P --delay MS --rate MBIT
                           faults and limits of the wire; P from 0 to 1
  --seed S                 seed of the faults
  --timeout S              give up, exit 124
  --keep DIR               keep consoles and a pcap of the wire
  --nic ne2k_pci|ne2k_isa  the nodes' network card
options of all verbs:
  --name NAME              which cluster (default: default)

exit status: the command's own; 125 when the tool failed, 124 after --timeout
"""


@dataclass
class Disk:
    """A file that a node has as its disk."""
    path: str
    ide: bool = False
    read_only: bool = False


@dataclass
class Options:
    """One invocation, checked."""
    verb: str
    name: str = "default"
    named: bool = False
    nodes: int = 2
    memory: list = field(default_factory=list)   # one per node; None: the default
    shifts: list = field(default_factory=list)   # one per node; None: plain speed
    add: list = field(default_factory=list)
    packages: list = field(default_factory=list)
    docs: bool = False
    on_all: bool = False
    on_disk: bool = False
    append: str = ""
    faults: dict = field(default_factory=dict)
    timeout: float = 0.0
    keep: str = ""
    nic: str = "ne2k_pci"
    disks: list = field(default_factory=list)    # one Disk or None per node
    node: int = 1
    argv: list = field(default_factory=list)
    words: list = field(default_factory=list)


class Parser(argparse.ArgumentParser):
    """argparse with our kind of failure."""

    def error(self, message):
        raise Usage(f"{self.prog.split()[-1]}: {message} (./godwit --help)")


def number(text, low, high, what, kind=int):
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise Usage(f"{what} {text}: a number from {low} to {high}")
    return value


def per_node(text, nodes, what, convert):
    """One value for all nodes, or one for each of the first nodes, the last for the rest."""
    values = [convert(word) for word in text.split(",")]
    if len(values) > nodes:
        raise Usage(f"{what} {text}: {len(values)} values for {nodes} nodes")
    return values + [values[-1]] * (nodes - len(values))


def speed_shift(text):
    for mips, shift in SPEEDS.items():
        if text == mips:
            return shift
    raise Usage(f"--speed {text}: one of {' '.join(SPEEDS)}")


def add_fault_options(parser):
    for name in ("loss", "dup", "reorder", "corrupt", "delay", "rate", "seed"):
        parser.add_argument(f"--{name}")


def read_faults(space):
    """The wire's faults that were given, as text for the hub."""
    faults = {}
    for name, high, kind in (("loss", 1, float), ("dup", 1, float), ("reorder", 1, float), ("corrupt", 1, float),
                             ("delay", 60000, float), ("rate", 100000, float), ("seed", 2**63, int)):
        text = getattr(space, name)
        if text is not None:
            faults[name] = f"{number(text, 0, high, '--' + name, kind)}"
    return faults


def read_disks(text, nodes, to_make=False):
    """--disk FILE[,FILE...][,if=ide|if=virtio][,ro]: one Disk or None for each node; to_make: the first is made later."""
    words, ide, read_only = [], False, False
    for word in text.split(",") if text else []:
        if word in ("if=ide", "if=virtio"):
            ide = word == "if=ide"
        elif word.startswith("if="):
            raise Usage(f"--disk {word}: if=virtio or if=ide")
        elif word == "ro":
            read_only = True
        else:
            words.append(word)
    if text is not None and not any(words):
        raise Usage(f"--disk {text}: no file given")
    if len(words) > nodes:
        raise Usage(f"--disk {text}: {len(words)} files for {nodes} nodes")
    if to_make and (not words or not words[0] or read_only):
        raise Usage("--on disk: --disk FILE names the file to make, for node 1 and not read-only")
    if to_make and os.path.exists(words[0]):
        raise Usage(f"--disk {words[0]}: exists; to boot from it give --append root=/dev/{'s' if ide else 'v'}da and no --on disk")
    for path in filter(None, words[1:] if to_make else words):
        if not os.path.isfile(path):
            raise Usage(f"--disk {path}: no such file")
        if not os.access(path, os.R_OK if read_only else os.R_OK | os.W_OK):
            raise Usage(f"--disk {path}: not {'readable' if read_only else 'readable and writable (or give ,ro)'}")
    disks = [Disk(os.path.abspath(path), ide, read_only) if path else None for path in words]
    return disks + [None] * (nodes - len(disks))


def boot_options(parser):
    parser.add_argument("-n", "--nodes")
    parser.add_argument("-m", "--memory")
    parser.add_argument("--speed")
    parser.add_argument("--add", action="append", default=[])
    parser.add_argument("--with", dest="packages", action="append", default=[])
    parser.add_argument("--with-docs", dest="docs", action="store_true")
    parser.add_argument("--on", choices=["all", "disk"])
    parser.add_argument("--append", action="append", default=[])
    parser.add_argument("--disk")
    parser.add_argument("--keep", default="")
    parser.add_argument("--nic", choices=["ne2k_pci", "ne2k_isa"], default="ne2k_pci")
    add_fault_options(parser)


def take_boot(options, space):
    if space.nodes is not None:
        options.nodes = number(space.nodes, 1, NODES_MAX, "-n")
    n = options.nodes
    options.memory = [None] * n
    if space.memory is not None:
        options.memory = per_node(space.memory, n, "-m", lambda t: number(t, MEMORY_MIN, MEMORY_MAX, "-m"))
    options.shifts = per_node(space.speed, n, "--speed", speed_shift) if space.speed is not None else [None] * n
    options.add, options.on_all, options.keep = space.add, space.on == "all", space.keep
    options.on_disk = space.on == "disk"
    options.packages = [name for words in space.packages for name in words.split(",") if name]
    options.docs = space.docs
    options.append = " ".join(space.append)
    options.nic = space.nic
    options.disks = read_disks(space.disk, n, options.on_disk)
    options.faults = read_faults(space)
    options.faults.setdefault("seed", str(random.randrange(1, 2**31)))


def split_command(args):
    """Separate the tool's options from the command: at --, or at the first word that is no option's."""
    if "--" in args:
        at = args.index("--")
        return args[:at], args[at + 1:]
    with_value = {"-n", "--nodes", "-m", "--memory", "--speed", "--add", "--with", "--on", "--append", "--disk", "--keep", "--nic",
                  "--loss", "--dup", "--reorder", "--corrupt", "--delay", "--rate", "--seed", "--timeout", "--name"}
    at = 0
    while at < len(args) and args[at].startswith("-"):
        at += 2 if args[at] in with_value else 1
    return args[:at], args[at:]


def parser_for(verb):
    parser = Parser(prog=f"godwit {verb}", add_help=False, allow_abbrev=False)
    parser.add_argument("--name")
    if verb in ("run", "up", "exec", "restart"):
        parser.add_argument("--timeout")
    if verb in ("run", "up"):
        boot_options(parser)
    if verb == "iso":
        parser.add_argument("--append", action="append", default=[])
    if verb == "faults":
        add_fault_options(parser)
    if verb in ("exec", "kill", "restart", "pause", "resume"):
        parser.add_argument("node")
    if verb == "shell":
        parser.add_argument("node", nargs="?", default="1")
    if verb == "partition":
        parser.add_argument("groups")
    if verb == "iso":
        parser.add_argument("file")
    return parser


VERBS = ("run", "up", "shell", "exec", "status", "down", "kill", "restart", "pause", "resume", "partition", "heal",
         "faults", "iso")


def exec_words(args):
    """exec NODE [--] COMMAND: options and the node, then the command."""
    if "--" in args:
        return split_command(args)
    head, rest = split_command(args)
    return head + rest[:1], rest[1:]


def parse(args):
    """Turn the command line into Options, or fail with one line."""
    if not args or args[0] in ("-h", "--help", "help"):
        return None
    verb, args = args[0], args[1:]
    if verb not in VERBS:
        raise Usage(f"unknown verb {verb}: one of {' '.join(VERBS)}")
    if "--help" in args[:1] or "-h" in args[:1]:
        return None
    options = Options(verb)
    if verb == "run":
        args, options.argv = split_command(args)
    elif verb == "exec":
        args, options.argv = exec_words(args)
    space = parser_for(verb).parse_args(args)
    if verb in ("run", "exec") and not options.argv:
        raise Usage(f"{verb}: no command given")
    if space.name is not None:
        options.name, options.named = space.name, True
    if getattr(space, "timeout", None) is not None:
        options.timeout = number(space.timeout, 0.1, 10**7, "--timeout", float)
    if verb in ("run", "up"):
        take_boot(options, space)
    elif verb == "iso":
        options.append = " ".join(space.append)
        options.words = [space.file]
    elif verb == "faults":
        options.faults = read_faults(space)
    elif verb == "partition":
        options.words = [space.groups]
    if getattr(space, "node", None) is not None:
        options.node = number(space.node, 1, NODES_MAX, "node")
    return options
