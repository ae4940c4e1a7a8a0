"""What each verb of ./godwit does.

Called by main.py with checked options; returns the exit status.  Never parses text from the command line.
"""

import asyncio
import json
import os
import signal
import sys
import time

from . import iso, paths, relay, terminal, terminal_command
from .fail import FAILED, Fail
from .keeper import Cluster
from .pump import guarded, pump, stdin_usable

DOWN_S = 30.0   # until the keeper has ended; nodes with disks write them first


def note(text):
    print(f"godwit: {text}", file=sys.stderr, flush=True)


# ---- run ----

async def run_async(options):
    name = options.name if options.named else f"run-{os.getpid()}"
    cluster = Cluster(options, name, note)

    async def start(**how):
        return cluster.agent(1).open(options.argv, **how)

    async def work():
        await cluster.start()
        for warning in cluster.warnings:
            note("warning: " + warning)
        server = await relay.serve(cluster)
        try:
            status = await with_node(joined(start), cluster.nodes[1])
            await cluster.settle_disks()
            return status
        finally:
            server.close()

    try:
        return await guarded(work(), options.timeout)
    finally:
        cluster.stop()


async def joined(start):
    """Start a command and join it to this program's streams: a terminal to a terminal, else one by one."""
    if terminal_command.wanted():
        session = await start(env=terminal_command.environment(os.environ), window=terminal.window_size())
        return await terminal_command.converse(session)
    use_stdin = stdin_usable()
    return await pump(await start(no_stdin=not use_stdin), use_stdin)


async def with_node(work, node):
    """Await work that needs a node; a failure names what the node said last."""
    try:
        return await work
    except Fail as e:
        await asyncio.sleep(0.2)
        node.notice_end()
        if node.gone.is_set():
            raise Fail(f"node {node.number} stopped while the command ran: {node.last_words()}") from e
        raise Fail(f"node {node.number}: {e.text}") from e


def run(options):
    return asyncio_status(run_async(options))


def asyncio_status(work):
    """Run a coroutine to its end without waiting for threads that may hang in a read or write."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(work)


# ---- up, and its keeper in the background ----

def up(options):
    """Start the keeper, show what it says until the cluster stands."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        keeper_main(options, write_end)
    os.close(write_end)
    status = FAILED
    try:
        with os.fdopen(read_end, encoding="utf-8") as words:
            for line in words:
                message = json.loads(line)
                if "note" in message:
                    note(message["note"])
                elif "fail" in message:
                    raise Fail(message["fail"], message["status"])
                else:
                    status = 0
                    print_status(message["up"])
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        return 128 + signal.SIGINT
    if status:
        raise Fail("the cluster's keeper ended without a word; is the disk full?")
    return 0


def keeper_main(options, words_fd):
    """In the background process: keep the cluster until `down`."""
    os.setsid()
    words = os.fdopen(words_fd, "w", encoding="utf-8")

    def tell(**message):
        if not words.closed:
            words.write(json.dumps(message) + "\n")
            words.flush()

    status = 0
    try:
        status = asyncio_status(keep_async(options, words, tell))
        if status:
            tell(fail="interrupted", status=status)
    except Fail as e:
        tell(fail=e.text, status=e.status)
        status = e.status
    except OSError as e:
        tell(fail=f"{e.strerror or e} ({e.filename}); is the disk full, or a limit reached?", status=FAILED)
        status = FAILED
    except Exception as e:  # the last resort of a process without a terminal
        tell(fail=f"{type(e).__name__}: {e}", status=FAILED)
        status = FAILED
    os._exit(status)


async def keep_async(options, words, tell):
    cluster = Cluster(options, options.name, lambda text: tell(note=text))
    try:
        result = await guarded(cluster.start(), options.timeout)
        if result is not None:
            return result
        server = await relay.serve(cluster)
        for warning in cluster.warnings:
            tell(note="warning: " + warning)
        tell(up=cluster.status())
        detach(words)
        await guarded(cluster.stopping.wait(), 0)
        server.close()
        await cluster.settle_disks()
        await asyncio.sleep(0.05)
        return 0
    finally:
        cluster.stop()


def detach(words):
    """The cluster stands: let go of the terminal and of the waiting command."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    os.chdir("/")
    words.close()


# ---- verbs on a running cluster ----

def shell(options):
    answer = relay.ask(options.name, "status")
    node = next((n for n in answer["nodes"] if n["node"] == options.node), None)
    if node is None:
        raise Fail(f"no node {options.node}: this cluster has nodes 1 to {len(answer['nodes'])}")
    if not node["pid"]:
        raise Fail(f"node {options.node} is off: ./godwit restart {options.node}")

    def on_resize(rows, columns):
        try:
            relay.ask(options.name, "winsize", node=options.node, rows=rows, columns=columns)
        except Fail:
            pass  # the console works without an agent

    terminal.shell(options.node, node["socket"], node["console"], on_resize)
    return 0


def exec_(options):
    async def start(**how):
        holder.append(await relay.open_remote(options.name, options.node, options.argv, **how))
        return holder[0]

    def on_interrupt(number, count):
        """The first Ctrl-C is the command's; a second one leaves."""
        if number != signal.SIGINT or count > 1 or not holder:
            return False
        holder[0].signal(number)
        return True

    holder = []
    return asyncio_status(guarded(joined(start), options.timeout, on_interrupt))


def print_status(answer):
    print(f"cluster {answer['name']}: {len(answer['nodes'])} nodes, up {answer['age']}, keeper {answer['pid']}")
    print("NODE STATE      QEMU   CPU s  MIB  SPEED  CONSOLE")
    for n in answer["nodes"]:
        speed = "full" if n["shift"] is None else f"{1000 / 2 ** n['shift']:g}"
        print(f"{n['node']:4} {n['state']:9} {n['pid'] or '-':>6} {n['cpu']:7.2f} {n['memory']:4} {speed:>6}  "
              f"{n['console']}")


def status(options):
    names = [options.name] if options.named or paths.running(options.name) else paths.all_names()
    if not names:
        raise Fail("no cluster is running: ./godwit up starts one")
    for name in names:
        print_status(relay.ask(name, "status"))
    return 0


def down(options):
    pid = relay.ask(options.name, "down")["pid"]
    end = time.monotonic() + DOWN_S
    while paths.running(options.name):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            raise Fail(f"the keeper of {options.name} did not end within {DOWN_S:g} s and was killed")
        time.sleep(0.02)
    return 0


def on_node(options):
    """kill, restart, pause, resume."""
    relay.ask(options.name, options.verb, node=options.node)
    return 0


def wire(options):
    """partition, heal, faults."""
    if options.verb == "faults":
        for name, value in options.faults.items():
            relay.ask(options.name, "hub", line=f"{name} {value}")
        answer = relay.ask(options.name, "hub", line="faults")["hub"]
        print(" ".join(f"{k}={v}" for k, v in answer.items()))
    else:
        relay.ask(options.name, "hub", line=" ".join([options.verb, *options.words]))
    return 0


def make_iso(options):
    iso.make(options.words[0], options.append)
    print(f"{options.words[0]}: {os.path.getsize(options.words[0]) / (1 << 20):.1f} MiB; boots from CD or USB stick")
    return 0


TABLE = {
    "run": run, "up": up, "shell": shell, "exec": exec_, "status": status, "down": down, "kill": on_node,
    "restart": on_node, "pause": on_node, "resume": on_node, "partition": wire, "heal": wire, "faults": wire,
    "iso": make_iso,
}
