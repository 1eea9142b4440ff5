"""Makes programs, each from a seed, of which every effect on other tasks comes at a moment of its own.

Within one moment asyncio and skein may take turns in a different order: neither promises how many turns of its
loop an operation takes. So times are long random numbers, and whatever acts on others is preceded by a sleep.
"""

import random

PROMISES = 3
LEAVES = ["sleep", "yield"]
ANYWHERE = (["sleep"] * 4 + ["yield", "fail", "call", "try_errors", "try_cancelled"] + ["spawn"] * 4
            + ["await_task"] * 3 + ["await_shielded", "wait_for_task"] + ["cancel"] * 3
            + ["gather", "gather", "settle", "first", "as_completed", "wait_for", "timeout", "group", "group"]
            + ["await_promise", "await_promise", "set_promise", "break_promise", "cancel_promise"]
            + ["shield", "cleanup"])
WAITS_FOR_TASK = {"await_task", "await_shielded", "wait_for_task"}
# At a moment of their own: what acts on others, or asks whether there is another.
ALONE = {"fail", "cancel", "set_promise", "break_promise", "cancel_promise", "reschedule"} | WAITS_FOR_TASK
WAITS_FOR_OTHERS = ["wait_event"] + ["wait_condition"] * 2 + ["put"] * 2 + ["get"] * 2 + ["pass_barrier"] * 2
MEETINGS = (WAITS_FOR_OTHERS + ["with_lock"] * 2 + ["with_permit"] * 3
            + ["set_event", "clear_event", "notify_one", "notify_all"])
ONE_BODY = {"call", "spawn", "group_spawn", "wait_for", "timeout", "shield", "group"}
SAME_TASK = {"call", "try_errors", "try_cancelled", "cleanup", "with_lock", "with_permit"}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.last_id = 0
        self.spawned = []
        self.budget = self.random.randint(5, 60)
        self.meets = self.random.random() < 0.5
        self.locked = False  # others wait for what is being made: it must not wait for them

    def program(self):
        main = self.body(0, False, False, False)
        self.fix(main, main["id"])
        main["ops"].insert(0, self.setter())
        main["ops"].append(self.sleep())
        return main

    def ns(self, bits=40):
        return self.random.getrandbits(bits) + 1

    def sleep(self):
        return {"op": "sleep", "ns": self.ns()}

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def body(self, depth, timeout, group, shielded):
        one = {"id": self.new_id(), "ops": []}
        if depth > 0 and self.random.random() < 0.8:
            one["ops"].append(self.sleep())
        for _ in range(self.random.randint(1, 30 if depth == 0 else 6)):
            if self.budget <= 0:
                break
            self.budget -= 1
            meets = self.meets and not shielded and not self.locked and depth < 5 and self.random.random() < 0.4
            if meets:
                operation = self.meeting(depth, timeout, group)
            else:
                operation = self.operation(depth, timeout, group, shielded)
            if meets or operation["op"] in ALONE:
                one["ops"].append(self.sleep())
            if depth == 0 and self.random.random() < 0.8:
                operation = self.caught(self.caught(operation, "try_errors"), "try_cancelled")
            one["ops"].append(operation)
        if self.random.random() < 0.5:
            one["ops"].append(self.sleep())
        return one

    def late(self, body):
        """Does not end at the moment at which others begin, who might be stopped by that."""
        body["ops"].insert(0, self.sleep())
        return body

    def caught(self, operation, how):
        return {"op": how, "bodies": [{"id": self.new_id(), "ops": [operation]}, {"id": self.new_id(), "ops": []}]}

    def kind(self, depth, timeout, group, shielded):
        if depth >= 5:
            return self.random.choice(LEAVES)
        if timeout and self.random.random() < 0.2:
            return "reschedule"
        if group and self.random.random() < 0.4:
            return "group_spawn"
        what = self.random.choice(ANYWHERE)
        if self.locked and what in WAITS_FOR_TASK:
            return "sleep"
        return "sleep" if (shielded or self.locked) and what == "await_promise" else what

    def meeting(self, depth, timeout, group):
        """On a lock, a queue or the like. What might wait for ever gets a time limit."""
        one = {"op": self.random.choice(MEETINGS), "number": self.random.randint(1, 2)}
        if one["op"] in ("with_lock", "with_permit"):
            self.locked = True
            one["bodies"] = [self.body(depth + 1, timeout, group, False)]
            self.locked = False
        if one["op"] not in WAITS_FOR_OTHERS:
            return one
        limited = {"op": "wait_for", "ns": self.ns(41), "bodies": [{"id": self.new_id(), "ops": [one]}]}
        return self.caught(limited, "try_errors") if self.random.random() < 0.5 else limited

    def operation(self, depth, timeout, group, shielded):
        what = self.kind(depth, timeout, group, shielded)
        one = {"op": what}
        if what in ("sleep", "reschedule"):
            one["ns"] = self.ns()
        elif what in ("wait_for", "wait_for_task"):
            one["ns"] = self.ns(41) if self.random.random() < 0.9 else 0
        elif what == "timeout":
            one["ns"] = self.ns(41)
        elif what == "fail":
            one["number"] = self.random.randint(1, 9)
        elif what.endswith("_promise"):
            one["number"] = self.random.randint(1, PROMISES)

        def inside(timeout=timeout, group=group, shielded=shielded):
            return self.body(depth + 1, timeout, group, shielded)

        if what in ("spawn", "group_spawn"):
            one["bodies"] = [inside(False, what == "group_spawn")]
            self.spawned.append(one["bodies"][0]["id"])
        elif what in ("gather", "settle"):
            one["bodies"] = [inside() for _ in range(self.random.randint(1, 4))]
        elif what == "first":
            one["bodies"] = [self.late(inside()) for _ in range(self.random.randint(1, 4))]
        elif what == "as_completed":
            count = self.random.randint(1, 4)
            one["number"] = 4 * self.random.choice([0, 0, self.random.randint(1, count)])
            one["bodies"] = [self.late(inside()) for _ in range(count)] + [inside() for _ in range(count)]
        elif what == "group":
            one["bodies"] = [inside(False, True)]
        elif what == "timeout":
            one["bodies"] = [inside(True)]
        elif what == "shield":
            one["bodies"] = [inside(False, False, True)]
        elif what == "cleanup":
            one["bodies"] = [inside(), inside(False, False, True)]
        elif what in ("try_errors", "try_cancelled"):
            one["bodies"] = [inside(), inside()]
        elif what in ONE_BODY:
            one["bodies"] = [inside()]
        return one

    def fix(self, body, job):
        """Only now it is known which tasks there are. Who waits has a smaller id, so there is no circle."""
        for one in body["ops"]:
            if one["op"] in WAITS_FOR_TASK or one["op"] == "cancel":
                may = [each for each in self.spawned if one["op"] == "cancel" or each > job]
                if may:
                    one["number"] = self.random.choice(may)
                else:
                    one.clear()
                    one["op"] = "yield"
            bodies = one.get("bodies", [])
            for place, inner in enumerate(bodies):
                same = one["op"] in SAME_TASK or (one["op"] == "as_completed" and place >= len(bodies) / 2)
                self.fix(inner, job if same else inner["id"])

    def setter(self):
        """Sets every promise, some time; nobody cancels it."""
        ops = []
        for number in range(1, PROMISES + 1):
            ops += [self.sleep(), {"op": "set_promise", "number": number}]
        return {"op": "spawn", "bodies": [{"id": self.new_id(), "ops": ops}]}


def generate(seed):
    return Generator(seed).program()
