"""Plays a program (see tests/random/program.hpp) with CPython's asyncio, and logs what happens to each body."""

import asyncio
import collections
import sys

from virtual_asyncio import VirtualLoop, WaitsForEver


class ProgramError(Exception):
    """What programs raise."""


def describe(error):
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, BaseExceptionGroup):
        return "group [" + ", ".join(sorted(describe(one) for one in error.exceptions)) + "]"
    if isinstance(error, ProgramError):
        return str(error)
    if isinstance(error, RuntimeError):
        return "misuse"
    return repr(error)


def with_limit(awaitable, ns):
    """wait_for() as it is since Python 3.12, whatever Python this is; that of 3.11 had other rules."""
    if ns <= 0 or sys.version_info >= (3, 12):
        return asyncio.wait_for(awaitable, ns)
    return limited(awaitable, ns)


async def limited(awaitable, ns):
    async with timeout(ns):
        return await awaitable


class Timeout(asyncio.Timeout):
    """As it is since Python 3.11.4. Before, it did nothing in a task that had caught a cancellation and gone on."""

    async def __aenter__(self):
        self.cancelled_before = asyncio.current_task().cancelling()
        return await super().__aenter__()

    async def __aexit__(self, kind, error, trace):
        await super().__aexit__(kind, error, trace)
        is_ours = asyncio.current_task().cancelling() <= self.cancelled_before
        if self.expired() and kind is asyncio.CancelledError and is_ours:
            raise TimeoutError from error


def timeout(ns):
    return Timeout(asyncio.get_running_loop().time() + ns)


async def to_its_end(work):
    """Lets a clean-up run to its end; what asyncio's documentation leaves to its users."""
    task = asyncio.ensure_future(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


class Place:
    """Where in the program an operation is."""

    def __init__(self, timeout=None, group=None, body=None):
        self.timeout, self.group, self.body = timeout, group, body

    def inside(self, body):
        return Place(self.timeout, self.group, body)


class Player:
    def __init__(self, loop):
        self.loop = loop
        self.log = []
        self.handles = {}
        self.promises = {}
        self.events = collections.defaultdict(asyncio.Event)
        self.locks = collections.defaultdict(asyncio.Lock)
        self.semaphores = collections.defaultdict(lambda: asyncio.Semaphore(2))
        self.conditions = collections.defaultdict(asyncio.Condition)
        self.queues = collections.defaultdict(lambda: asyncio.Queue(2))
        self.barriers = collections.defaultdict(lambda: asyncio.Barrier(2))
        # asyncio itself holds tasks only weakly: those that nobody awaits any more would vanish before their end.
        self.tasks = []
        loop.set_task_factory(self.make_task)

    def make_task(self, loop, work, **options):
        task = asyncio.Task(work, loop=loop, **options)
        self.tasks.append(task)
        return task

    def say(self, body, what):
        if self.loop.is_running():  # else what is left is being closed, which is no part of the program
            self.log.append((round(self.loop.time()), body, what, id(asyncio.current_task())))

    async def body(self, one, at):
        number = one["id"]
        self.say(number, "begins")
        try:
            for operation in one["ops"]:
                await self.step(operation, number, at)
        except BaseException as error:
            self.say(number, "ends: " + describe(error))
            raise
        self.say(number, "ends: value")
        return number

    async def step(self, one, number, at):
        try:
            said = await getattr(self, "do_" + one["op"])(one, at.inside(number))
        except BaseException as error:
            self.say(number, f"{one['op']}: {describe(error)}")
            raise
        if said:
            self.say(number, f"{one['op']}: {said}")

    def first(self, one, at):
        return self.body(one["bodies"][0], at)

    # ---- alone

    async def do_sleep(self, one, at):
        await asyncio.sleep(one.get("ns", 0))
        return "done"

    async def do_yield(self, one, at):
        await asyncio.sleep(0)
        return "done"

    async def do_fail(self, one, at):
        raise ProgramError(f"error {one['number']}")

    async def do_call(self, one, at):
        await self.first(one, at)

    async def do_try_errors(self, one, at):
        try:
            await self.first(one, at)
            return None
        except Exception:
            pass
        await self.body(one["bodies"][1], at)
        return "caught"

    async def do_try_cancelled(self, one, at):
        try:
            await self.first(one, at)
            return None
        except asyncio.CancelledError:
            pass
        await self.body(one["bodies"][1], at)
        return "caught"

    # ---- tasks

    async def do_spawn(self, one, at):
        self.handles[one["bodies"][0]["id"]] = self.loop.create_task(self.first(one, Place()))
        return "done"

    async def do_group_spawn(self, one, at):
        if at.group is None:
            return "none"
        work = self.first(one, Place(group=at.group))
        try:
            self.handles[one["bodies"][0]["id"]] = at.group.create_task(work)
        except RuntimeError:
            work.close()
            raise
        return "done"

    async def do_await_task(self, one, at):
        handle = self.handles.get(one["number"])
        if handle is None:
            return "none"
        await handle
        return "value"

    async def do_await_shielded(self, one, at):
        handle = self.handles.get(one["number"])
        if handle is None:
            return "none"
        await asyncio.shield(handle)
        return "value"

    async def do_wait_for_task(self, one, at):
        handle = self.handles.get(one["number"])
        if handle is None:
            return "none"
        await with_limit(handle, one.get("ns", 0))
        return "value"

    async def do_cancel(self, one, at):
        handle = self.handles.get(one["number"])
        if handle is None:
            return "none"
        return "true" if handle.cancel() else "false"

    # ---- scopes

    async def do_gather(self, one, at):
        values = await asyncio.gather(*[self.body(each, at) for each in one["bodies"]])
        return " ".join(map(str, values))

    async def do_settle(self, one, at):
        work = [self.body(each, at) for each in one["bodies"]]
        outcomes = await asyncio.gather(*work, return_exceptions=True)
        return " ".join(describe(each) if isinstance(each, BaseException) else str(each) for each in outcomes)

    def start(self, bodies, at):
        """Tasks, and a list that fills with them as they end."""
        ended = []
        tasks = [self.loop.create_task(self.body(each, at)) for each in bodies]
        for one in tasks:
            one.add_done_callback(ended.append)
        return tasks, ended

    async def end(self, tasks):
        for one in tasks:
            one.cancel()
        try:
            await to_its_end(asyncio.wait(tasks))
        finally:
            for one in tasks:
                one.cancelled() or one.exception()  # else asyncio says that nobody has asked

    async def do_first(self, one, at):
        tasks, ended = self.start(one["bodies"], at)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self.end(tasks)
        return str(ended[0].result())

    async def do_as_completed(self, one, at):
        count = len(one["bodies"]) // 2
        tasks, ended = self.start(one["bodies"][:count], at)
        said = []
        try:
            while len(said) < (one.get("number", 0) // 4 or count):
                if len(ended) == len(said):
                    await asyncio.wait([each for each in tasks if each not in ended],
                                       return_when=asyncio.FIRST_COMPLETED)
                task = ended[len(said)]
                error = asyncio.CancelledError() if task.cancelled() else task.exception()
                said.append(describe(error) if error else str(task.result()))
                await self.body(one["bodies"][count + len(said) - 1], at)
        finally:
            await self.end(tasks)
        return " ".join(said)

    async def do_wait_for(self, one, at):
        await with_limit(self.first(one, at), one.get("ns", 0))
        return "value"

    async def do_timeout(self, one, at):
        async with timeout(one.get("ns", 0)) as limit:
            await self.first(one, Place(limit, at.group))
        return "value"

    async def do_reschedule(self, one, at):
        if at.timeout is None or at.timeout.expired():
            return "none"
        at.timeout.reschedule(self.loop.time() + one.get("ns", 0))
        return "done"

    async def do_shield(self, one, at):
        await asyncio.shield(self.first(one, at))
        return "value"

    async def do_cleanup(self, one, at):
        try:
            await self.first(one, at)
        finally:
            await to_its_end(self.body(one["bodies"][1], at))
        return "value"

    async def do_group(self, one, at):
        async with asyncio.TaskGroup() as group:
            await self.first(one, Place(group=group))
        return "value"

    # ---- promises

    def promise(self, one):
        return self.promises.setdefault(one["number"], self.loop.create_future())

    async def do_await_promise(self, one, at):
        await self.promise(one)
        return "value"

    async def do_set_promise(self, one, at):
        if self.promise(one).done():
            return "false"
        self.promise(one).set_result(one["number"])
        return "true"

    async def do_break_promise(self, one, at):
        if self.promise(one).done():
            return "false"
        self.promise(one).set_exception(ProgramError(f"error {one['number']}"))
        return "true"

    async def do_cancel_promise(self, one, at):
        return "true" if self.promise(one).cancel() else "false"

    # ---- where tasks meet

    def event(self, one):
        return self.events[one["number"]]

    async def do_wait_event(self, one, at):
        await self.event(one).wait()
        return "done"

    async def do_set_event(self, one, at):
        self.event(one).set()
        return "done"

    async def do_clear_event(self, one, at):
        self.event(one).clear()
        return "done"

    async def do_with_lock(self, one, at):
        async with self.locks[one["number"]]:
            await self.first(one, at)
        return "done"

    async def do_with_permit(self, one, at):
        async with self.semaphores[one["number"]]:
            await self.first(one, at)
        return "done"

    async def do_wait_condition(self, one, at):
        async with self.conditions[one["number"]]:
            await self.conditions[one["number"]].wait()
        return "done"

    async def do_notify_one(self, one, at):
        async with self.conditions[one["number"]]:
            self.conditions[one["number"]].notify()
        return "done"

    async def do_notify_all(self, one, at):
        async with self.conditions[one["number"]]:
            self.conditions[one["number"]].notify_all()
        return "done"

    async def do_put(self, one, at):
        await self.queues[one["number"]].put(at.body)
        return "done"

    async def do_get(self, one, at):
        return f"item {await self.queues[one['number']].get()}"

    async def do_pass_barrier(self, one, at):
        await self.barriers[one["number"]].wait()
        return "done"

    # ---- the whole

    async def play(self, program):
        """The program, then the end of what it left behind: cancelled in rounds, as skein::run() does."""
        await asyncio.wait([self.loop.create_task(self.body(program, Place()))])
        while left := [each for each in self.handles.values() if not each.done()]:
            for each in left:
                each.cancel()
            await asyncio.wait(left)
        while shielded := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(shielded)


def play(program):
    """The log, as (ns, body, what, task); None if the program waits for ever."""
    loop = VirtualLoop()
    player = Player(loop)
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(player.play(program))
        return player.log
    except WaitsForEver:
        return None
    finally:
        loop.close()
        asyncio.set_event_loop(None)
