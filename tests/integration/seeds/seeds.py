"""What the seed programs of examples/ print, and that they take the time that concurrency promises.

Usage: seeds.py NAME PROGRAM

Here alone time is measured: at the least what the sleeps ask for, at the most less than one after the other would
take. A busy machine may be slow to start a program; where that is all that went wrong, it gets a second chance.
"""

import re
import subprocess
import sys
import time

NUMBER = r"\d+(?:\.\d+)?(?:e[-+]\d+)?"

# The lines, as regular expressions, and from how many to how many seconds; a group in a line is a time, too.
SEEDS = {
    "hello": (["hello \\.\\.\\."] * 2 + ["\\.\\.\\. world!"] * 2, 1.0, 1.9),
    "count": (["One"] * 3 + ["Two"] * 3 + [f"executed in ({NUMBER}) seconds"], 1.0, 1.9),
    "say_something": (["started", "hello", "world", f"finished after ({NUMBER}) seconds"], 2.0, 2.9),
    "say_something_gather": (["started", "hello", "world", f"finished after ({NUMBER}) seconds"], 2.0, 2.9),
    "cancelled_future": (["done: true, cancelled: true", "waiting for it throws cancelled_error"], 0.0, 0.9),
    "workers": ([f"20 jobs in ({NUMBER}) seconds"], 0.5, 1.4),
    "timeout": (["timeout!", "timed out after 1 s"], 1.0, 1.9),
}


def judge(output, elapsed, lines, least, most):
    """Complaints about what was printed, and about the time."""
    printed = output.splitlines()
    wrong, slow = [], []
    if len(printed) != len(lines):
        return [f"{len(printed)} lines where {len(lines)} were expected"], slow
    times = [("the program", elapsed)]
    for line, pattern in zip(printed, lines):
        match = re.fullmatch(pattern, line)
        if match is None:
            wrong.append(f"{line!r} is not {pattern!r}")
        elif match.groups():
            times.append((repr(line), float(match[1])))
    for what, seconds in times:
        # The clock of a program and ours are read at different moments, and numbers are printed rounded.
        if seconds < least - 0.02:
            wrong.append(f"{what}: {seconds:.3f} s, less than {least} s")
        if seconds >= most:
            slow.append(f"{what}: {seconds:.3f} s, not less than {most} s")
    return wrong, slow


def main(name, program):
    lines, least, most = SEEDS[name]
    for last in (False, True):
        start = time.monotonic()
        done = subprocess.run([program], capture_output=True, text=True, timeout=30)
        elapsed = time.monotonic() - start
        wrong, slow = judge(done.stdout, elapsed, lines, least, most)
        if done.returncode != 0:
            wrong.append(f"exit status {done.returncode}")
        if done.stderr:
            wrong.append(f"on standard error: {done.stderr}")
        if wrong or (slow and last):
            print(done.stdout, end="")
            print(*wrong, *slow, sep="\n")
            return 1
        if not slow:
            return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
