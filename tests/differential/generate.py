"""Makes programs, each from a seed, of which every effect on other tasks comes at a moment of its own.

Within one moment asyncio and skein may take turns in a different order: neither promises how many turns of its
loop an operation takes. So times are long random numbers, and whatever acts on others is preceded by a sleep.
"""

import random

PROMISES = 3
LEAVES = ["sleep", "yield"]
ANYWHERE = (["sleep"] * 4 + ["yield", "fail", "call", "try_errors", "try_cancelled"] + ["spawn"] * 4
            + ["await_task"] * 3 + ["await_shielded", "wait_for_task"] + ["cancel"] * 3
            + ["gather", "gather", "settle", "wait_for", "timeout", "group", "group"]
            + ["await_promise", "await_promise", "set_promise", "break_promise", "cancel_promise"]
            + ["shield", "cleanup"])
WAITS_FOR_TASK = {"await_task", "await_shielded", "wait_for_task"}
# At a moment of their own: what acts on others, or asks whether there is another.
ALONE = {"fail", "cancel", "set_promise", "break_promise", "cancel_promise", "reschedule"} | WAITS_FOR_TASK
ONE_BODY = {"call", "spawn", "group_spawn", "wait_for", "timeout", "shield", "group"}
SAME_TASK = {"call", "try_errors", "try_cancelled", "cleanup"}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.last_id = 0
        self.spawned = []
        self.budget = self.random.randint(5, 60)

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
            operation = self.operation(depth, timeout, group, shielded)
            if operation["op"] in ALONE:
                one["ops"].append(self.sleep())
            if depth == 0 and self.random.random() < 0.8:
                operation = self.caught(self.caught(operation, "try_errors"), "try_cancelled")
            one["ops"].append(operation)
        if self.random.random() < 0.5:
            one["ops"].append(self.sleep())
        return one

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
        return "sleep" if shielded and what == "await_promise" else what

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
            for inner in one.get("bodies", []):
                self.fix(inner, job if one["op"] in SAME_TASK else inner["id"])

    def setter(self):
        """Sets every promise, some time; nobody cancels it."""
        ops = []
        for number in range(1, PROMISES + 1):
            ops += [self.sleep(), {"op": "set_promise", "number": number}]
        return {"op": "spawn", "bodies": [{"id": self.new_id(), "ops": ops}]}


def generate(seed):
    return Generator(seed).program()
