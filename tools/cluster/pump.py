"""Joins a command on a node to this program's own stdin, stdout and stderr.

Used by the verbs run and exec.  Never blocks the event loop: a thread reads stdin, threads write.
"""

import asyncio
import os
import signal
import threading

from .agent import exit_status
from .fail import FAILED, TIMED_OUT, Fail


def stdin_usable():
    """Whether stdin is open, and not a terminal that another job is using."""
    try:
        os.fstat(0)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


class StdinReader:
    """Reads stdin in a thread, as fast as the command takes it."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.queue = asyncio.Queue()
        self.room = threading.Semaphore(4)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            self.room.acquire()
            try:
                data = os.read(0, 4096)
            except OSError:
                data = b""
            try:
                self.loop.call_soon_threadsafe(self.queue.put_nowait, data)
            except RuntimeError:
                return
            if not data:
                return

    async def feed(self, session, leave=None):
        """Until stdin ends, or leave(bytes) says so."""
        while True:
            data = await self.queue.get()
            if not data:
                session.eof()
                return
            if leave and leave(data):
                return
            await session.write(data)
            self.room.release()


async def next_event(session):
    if hasattr(session, "next_event"):
        return await session.next_event()
    return await session.events.get()


async def drain(session):
    """Print what the command prints until it ends; returns its exit status."""
    while True:
        kind, value = await next_event(session)
        if kind in ("out", "err"):
            try:
                await asyncio.to_thread(write_all, 1 if kind == "out" else 2, value)
            except OSError:  # nobody reads what we print: as for any filter
                session.signal(signal.SIGPIPE)
                return 128 + signal.SIGPIPE
            session.took(len(value))
        elif kind == "exit":
            return exit_status(value)
        else:
            raise Fail(value)


async def pump(session, use_stdin, leave=None):
    """Until the command ends; returns its exit status.  With leave, a terminal's: the end of input hangs up, and so does
    leave(bytes) when it says so."""
    tasks = [asyncio.create_task(drain(session))]
    if use_stdin:
        tasks.append(asyncio.create_task(StdinReader().feed(session, leave)))
    try:
        await asyncio.wait(tasks if leave else tasks[:1], return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            return tasks[0].result()
        session.signal(signal.SIGHUP)
        return 128 + signal.SIGHUP
    finally:
        for task in tasks:
            task.cancel()


async def guarded(work, timeout, on_interrupt=None):
    """Await work with --timeout and with Ctrl-C, SIGTERM and SIGHUP; returns its result or a status."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    caught = []

    def interrupt(number):
        caught.append(number)
        if on_interrupt is None or not on_interrupt(number, len(caught)):
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, interrupt, number)
    try:
        done, _ = await asyncio.wait([task], timeout=timeout or None)
        if not done:
            task.cancel()
            await asyncio.wait([task])
            raise Fail(f"gave up after {timeout:g} s (--timeout)", TIMED_OUT)
        if task.cancelled():
            return 128 + caught[0] if caught else FAILED
        return task.result()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
