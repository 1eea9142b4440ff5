"""The same random programs, run by CPython's asyncio and by skein: each task must see the same, at the same times.

    test_differential.py RANDOM_PROGRAMS [FIRST [COUNT]]

Where the logs of a program differ, one of the differences that docs/differences.md lists must have come up in it
(skein's player says which), or a task must have been cancelled at the very moment at which something else
happened to it. Anything else is a failure. Seeds and their number also come from the environment:
SKEIN_DIFFERENTIAL_FIRST, SKEIN_DIFFERENTIAL_COUNT.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
if sys.version_info < (3, 11):
    print("skipped: asyncio has task groups and timeouts since Python 3.11")
    sys.exit(SKIPPED)

from generate import generate  # noqa: E402: older ones cannot read these
from player import play  # noqa: E402
from shrink import shrink  # noqa: E402

DIFFERENCES = pathlib.Path(__file__).resolve().parents[2] / "docs/differences.md"
ONE_MOMENT = "at one moment"
LEAST_EQUAL = 0.6  # of the programs; else there is more to explain than to compare


def listed_differences():
    """The names in the table of the page."""
    return set(re.findall(r"^\| `([a-z-]+)` \|", DIFFERENCES.read_text(encoding="utf-8"), re.M))


def by_body(log):
    """What each body saw, in its order. Order between bodies is compared by time only."""
    bodies = collections.defaultdict(list)
    for ns, body, what, *_ in log:
        bodies[body].append((ns, what))
    return bodies


def cancelled_at_one_moment(log):
    """Whether a task was cancelled at a moment at which something else had happened to it before."""
    seen = set()
    for ns, _, what, task in log:
        if not what.endswith(": cancelled"):
            seen.add((ns, task))
        elif (ns, task) in seen:
            return True
    return False


def first_difference(ours, theirs):
    """The earliest event that only one of the two has."""
    ours, theirs = by_body(ours), by_body(theirs)
    found = []
    for body in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(body, []), theirs.get(body, [])
        for at in range(max(len(mine), len(other))):
            pair = [log[at] if at < len(log) else (1 << 62, "nothing") for log in (mine, other)]
            if pair[0] != pair[1]:
                found.append((min(pair[0][0], pair[1][0]), body, *pair))
                break
    if not found:
        return None
    _, body, mine, other = min(found)
    return f"body {body}: skein {mine[1]} at {mine[0]}, asyncio {other[1]} at {other[0]}"


def play_ours(program, programs):
    text = "".join(json.dumps(one) + "\n" for one in programs)
    done = subprocess.run([program, "--play"], input=text, capture_output=True, text=True, timeout=600)
    sys.stderr.write(done.stderr)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(programs):
        sys.exit(f"skein's player ended with {done.returncode} after {len(answers)} of {len(programs)} programs")
    return answers


class Comparison:
    def __init__(self, player):
        self.player = player
        self.known = listed_differences()
        self.equal = self.events = self.failed = 0
        self.explained = collections.Counter()

    def why(self, ours, theirs):
        """What explains that the logs differ: names; None if they are equal, or else what is wrong, as text."""
        if ours["failures"]:
            return "; ".join(ours["failures"])
        if unknown := set(ours["differences"]) - self.known:
            return f"differences that the page does not list: {sorted(unknown)}"
        different = "asyncio waits for ever" if theirs is None else first_difference(ours["log"], theirs)
        if different is None:
            return None
        if ours["differences"]:
            return ours["differences"]
        if theirs is not None and (cancelled_at_one_moment(theirs) or cancelled_at_one_moment(ours["log"])):
            return [ONE_MOMENT]
        return different

    def add(self, seed, program, ours):
        theirs = play(program)
        why = self.why(ours, theirs)
        if why is None:
            self.equal += 1
            self.events += len(theirs)
        elif not isinstance(why, str):
            self.explained.update(why)
        else:
            self.failed += 1
            print(f"FAILED: seed {seed}: {why}")
            if self.failed <= 3:
                self.show(program)

    def show(self, program):
        small = shrink(program, lambda one: isinstance(self.why(play_ours(self.player, [one])[0], play(one)), str))
        print("the smallest form that fails:")
        print(json.dumps(small))
        print(self.why(play_ours(self.player, [small])[0], play(small)))


def main(player, first, count):
    comparison = Comparison(player)
    batch = 500
    for start in range(first, first + count, batch):
        seeds = range(start, min(start + batch, first + count))
        programs = [generate(seed) for seed in seeds]
        for seed, program, ours in zip(seeds, programs, play_ours(player, programs)):
            comparison.add(seed, program, ours)
    print(f"seeds {first} to {first + count - 1}: {count} programs; {comparison.equal} equal, "
          f"{comparison.events} events in them; {comparison.failed} failed")
    for name, times in sorted(comparison.explained.items()):
        print(f"    explained: {name} {times}")
    enough = comparison.equal >= LEAST_EQUAL * count
    if not enough:
        print(f"FAILED: too few are equal, of {count}")
    return 0 if enough and comparison.failed == 0 else 1


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:4]]
    first = numbers[0] if numbers else int(os.environ.get("SKEIN_DIFFERENTIAL_FIRST", "1"))
    count = numbers[1] if len(numbers) > 1 else int(os.environ.get("SKEIN_DIFFERENTIAL_COUNT", "1000"))
    sys.exit(main(sys.argv[1], first, count))
