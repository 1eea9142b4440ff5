"""Makes a program that fails smaller."""


def variants(body):
    """The program with one thing left out, in every way: an operation, or what is around its bodies."""
    for at, one in enumerate(body["ops"]):
        before, after = body["ops"][:at], body["ops"][at + 1:]
        yield {**body, "ops": before + after}
        bodies = one.get("bodies", [])
        for inner in bodies:
            yield {**body, "ops": before + inner["ops"] + after}
        if one["op"] in ("gather", "settle", "first") and len(bodies) > 1:
            for gone in range(len(bodies)):
                yield {**body, "ops": before + [{**one, "bodies": bodies[:gone] + bodies[gone + 1:]}] + after}
        for place, inner in enumerate(bodies):
            for smaller in variants(inner):
                changed = bodies[:place] + [smaller] + bodies[place + 1:]
                yield {**body, "ops": before + [{**one, "bodies": changed}] + after}


def shrink(program, fails):
    """The smallest program of which fails(program) is still true."""
    while True:
        for smaller in variants(program):
            if fails(smaller):
                program = smaller
                break
        else:
            return program
