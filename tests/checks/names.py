"""The tables in docs/asyncio.md and docs/aiohttp.md have every public name of what they stand for.

Those of the Python that runs this, and a list of what other versions have, or do not list themselves. That the code
in the tables compiles is for documents.py.
"""

import asyncio
import re

import aiohttp_names
import common

# From Python 3.12 on, or not in asyncio.__all__ of every version before.
LATER = {
    "BrokenBarrierError", "EventLoop", "QueueShutDown", "Runner", "TaskGroup", "Timeout", "create_eager_task_factory",
    "eager_task_factory", "run_coroutine_threadsafe", "timeout", "timeout_at",
}

# Members that programs use, and what belongs to asyncio's pages without being one of its names.
MEMBERS = {
    "Barrier": "abort broken n_waiting parties reset wait",
    "Condition": "notify notify_all wait wait_for",
    "Event": "clear is_set set wait",
    "Future": "add_done_callback cancel cancelled done exception get_loop remove_done_callback result set_exception "
              "set_result",
    "Handle": "cancel",
    "Lock": "acquire locked release",
    "Queue": "empty full get get_nowait join maxsize put put_nowait qsize shutdown task_done",
    "Runner": "close get_loop run",
    "Semaphore": "acquire locked release",
    "Task": "add_done_callback cancel cancelled cancelling done exception get_context get_coro get_name get_stack "
            "print_stack remove_done_callback result set_name uncancel",
    "TaskGroup": "create_task",
    "Timeout": "expired reschedule when",
    "loop": "add_reader add_signal_handler add_writer call_at call_exception_handler call_later call_soon "
            "call_soon_threadsafe close connect_read_pipe connect_write_pipe create_connection "
            "create_datagram_endpoint create_future create_server create_task default_exception_handler getaddrinfo "
            "getnameinfo get_task_factory is_running remove_reader remove_signal_handler remove_writer run_forever "
            "run_in_executor run_until_complete sendfile set_debug set_default_executor set_exception_handler "
            "set_task_factory shutdown_asyncgens shutdown_default_executor slow_callback_duration sock_accept "
            "sock_connect sock_recv sock_sendall start_tls stop time",
}
OTHERS = {"async def", "await", "contextvars.ContextVar", "copy_context", "ExceptionGroup", "Process"}


def wanted_names():
    members = {f"{owner}.{name}" for owner, names in MEMBERS.items() for name in names.split()}
    return set(asyncio.__all__) | LATER | members | OTHERS


def rows_of(page):
    """(line, cells) of the rows of the tables that have a column `skein` after the first."""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif inside and not set(cells[0]) <= set("-: "):
            yield number, cells
        elif cells[1:2] == ["skein"]:
            inside = True


def name_of(code):
    """What a cell names: `wait(timeout=5)` is wait; but `f(x=)` is the argument x."""
    return re.sub(r"\((?!\w+=\)).*\)", "", code)


def check_page(name, page, wanted):
    """The names without a row, and the rows that say nothing."""
    found, findings = set(), []
    for number, cells in rows_of(page):
        found |= {name_of(code) for code in re.findall(r"`([^`]+)`", cells[0])}
        if "`" not in cells[1] and cells[1:2] != ["-"]:
            findings.append(f"{name}:{number}: neither code nor a dash in the column skein")
        elif cells[1] == "-" and not "".join(cells[2:]):
            findings.append(f"{name}:{number}: a dash without a reason")
    return findings + [f"{name}: {missing} is missing" for missing in sorted(wanted - found)]


def check():
    findings, looked_at = [], 0
    for name, wanted in (("docs/asyncio.md", wanted_names()), ("docs/aiohttp.md", aiohttp_names.wanted_names())):
        findings += check_page(name, common.read(name), wanted)
        looked_at += len(wanted)
    return common.report("names", findings, looked_at)


if __name__ == "__main__":
    common.main(check)
