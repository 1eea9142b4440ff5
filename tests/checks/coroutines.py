"""Refuses what g++ 12 gets wrong in an expression that has a co_await.

g++ 12 frees some temporaries of such an expression twice, or too early, without a warning:

    co_await f([s] { ... })         a lambda with captures that need a destructor (so: any but references)
    co_await f({.a = x}), f(T{x})   a braced temporary in a call; an initializer list does not even compile
    c ? co_await f() : g()          a co_await in a branch of ?:
    co_await f() == (c ? g() : h()) an object made in a branch of ?:, anywhere in the expression
    switch (co_await f())           no case is ever taken
    while (a && co_await f())       f() is called and awaited even if `a` is false; the same with || and for

What to write instead is in docs/architecture.md. Reads statements, not types; so where it is wrong, the line
says why it is safe: `// gcc12-ok: reason`. Looks at the C++ in the tree and at the C++ blocks of the pages.

    coroutines.py [FILE or FOLDER]...    in the place of the tree: yours, say
"""

import pathlib
import re
import sys

import common

# Calls that take a braced aggregate without members that need a destructor: that one is safe.
TRIVIAL_ARGUMENTS = {"retry", "save_to", "timeout"}

SUFFIXES = {".cpp", ".hpp", ".cc", ".hh", ".cxx", ".hxx", ".h", ".ipp", ".md"}
MARKER = re.compile(r"//\s*gcc12-ok:\s*\S")
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|\"\"|'x'|::|->|&&|\|\||[^\s\w]")
CLOSING = {"(": ")", "[": "]", "{": "}"}
NO_OPERAND = {"return", "co_return", "co_await", "co_yield", "case", "throw", "else", "do", "and", "or", "not"}
CONTROL = {"if", "for", "while", "switch", "catch"}
TYPE_WORDS = {"class", "struct", "union", "enum", "namespace"}
BEFORE_BLOCK = {"else", "do", "try", "const", "noexcept", "override", "final", "mutable", "constexpr", "extern"}


class Group:
    """A bracketed run of tokens; `kind` is its opening bracket."""

    def __init__(self, kind, line):
        self.kind, self.line, self.items = kind, line, []


class Token(str):
    line = 0


class Loop(Token):
    """Stands before an expression in the brackets of a loop."""


def parse(code):
    """Nested groups of the tokens of bare code. Throws ValueError where brackets do not match."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: "\n" * m[0].count("\n"), code, flags=re.M)
    stack = [Group("{", 1)]
    line, position = 1, 0
    for match in TOKEN.finditer(code):
        line += code.count("\n", position, match.start())
        position = match.start()
        text = match[0]
        if text in CLOSING:
            stack.append(Group(text, line))
            stack[-2].items.append(stack[-1])
        elif text in CLOSING.values():
            if len(stack) == 1 or CLOSING[stack[-1].kind] != text:
                raise ValueError(f"line {line}: unmatched {text}")
            stack.pop()
        else:
            token = Token(text)
            token.line = line
            stack[-1].items.append(token)
    if len(stack) != 1:
        raise ValueError(f"line {stack[-1].line}: {stack[-1].kind} is never closed")
    return stack[0]


def is_group(item, kind):
    return isinstance(item, Group) and item.kind == kind


def is_word(item):
    return isinstance(item, Token) and re.match(r"[A-Za-z_]", item) is not None


def lambda_body(items, i):
    """The index of the body, if a lambda begins at items[i]; else None."""
    if not is_group(items[i], "["):
        return None
    before = items[i - 1] if i else None
    if before is not None:
        if isinstance(before, Group) or (is_word(before) and before not in NO_OPERAND):
            return None  # a subscript, or `auto [a, b]`
        if before in ("&", "&&") and i > 1 and items[i - 2] == "auto":
            return None
        if before in ('""', ">"):
            return None
    if len(items[i].items) == 1 and is_group(items[i].items[0], "["):
        return None  # an attribute
    for j in range(i + 1, len(items)):
        if is_group(items[j], "{"):
            return j
        if items[j] in (";", ",", "=") and not any(is_group(item, "(") for item in items[i + 1:j]) \
                and "<" not in items[i + 1:j]:
            return None
    return None


def holds_statements(group):
    return ";" in group.items or any(
        is_group(item, "{") and not in_lambda(group.items, i) and holds_statements(item)
        for i, item in enumerate(group.items))


def is_block(words, group):
    """Whether the braces after `words`, the statement so far, are a body and not an initialiser."""
    before = words[-1] if words else None
    if before is None or before in BEFORE_BLOCK or is_group(before, "(") or is_group(before, "{"):
        return True
    calls = [i for i, word in enumerate(words) if is_group(word, "(")]
    if "=" not in words and not calls and any(word in TYPE_WORDS for word in words):
        return True
    if "=" not in words and calls and "->" in words[calls[0]:]:  # a trailing return type
        return True
    return holds_statements(group)


def in_lambda(items, i):
    return any(lambda_body(items, j) == i for j in range(i))


def statements(items):
    """Lists of items, each a full expression or part of one; the bodies inside come on their own."""
    current = []
    i = 0
    while i < len(items):
        item = items[i]
        end_of_lambda = lambda_body(items, i)
        if end_of_lambda is not None:  # stays whole: expressions() opens its body
            current += items[i:end_of_lambda + 1]
            i = end_of_lambda + 1
            continue
        if item == ";":
            yield current
            current = []
        elif is_group(item, "{") and is_block(current, item):
            yield current
            yield from statements(item.items)
            current = []
        elif is_group(item, "(") and current and current[-1] in CONTROL | {"constexpr"}:
            yield from controls(current[-1], item)
            current = []
        else:
            current.append(item)
        i += 1
    yield current


def controls(keyword, group):
    """The expressions in the brackets of if, for, while, switch: those of a loop behind a Loop, the last one of
    a switch behind its keyword."""
    part = []
    mark = [Loop()] if keyword in ("for", "while") else []
    for item in group.items:
        if item == ";":
            yield mark + part
            part = []
        else:
            part.append(item)
    yield ([keyword] if keyword == "switch" else mark) + part


def flat(items):
    """Every item of an expression and whether it is a capture list; lambda bodies are left out."""
    skip = set()
    for i, item in enumerate(items):
        body = lambda_body(items, i)
        if body is not None:
            skip.add(body)
        if i in skip:
            continue
        yield item, body is not None
        if isinstance(item, Group):
            yield from flat(item.items)


def bodies(items):
    """The bodies of the lambdas in an expression."""
    skip = set()
    for i, item in enumerate(items):
        body = lambda_body(items, i)
        if body is not None:
            skip.add(body)
            yield items[body].items
        elif i not in skip and isinstance(item, Group):
            yield from bodies(item.items)


def owns(capture):
    """Whether a capture list copies anything."""
    parts, part = [], []
    for item in capture.items:
        if item == ",":
            parts.append(part)
            part = []
        else:
            part.append(item)
    parts.append(part)
    return any(part and part[0] != "&" and part != ["this"] for part in parts)


def braces_in_calls(items, callee=None):
    """The braced temporaries between the brackets of calls; lambda bodies are none."""
    found = []
    for i, item in enumerate(items):
        if not isinstance(item, Group) or in_lambda(items, i) or lambda_body(items, i) is not None:
            continue
        if item.kind == "{":
            if callee is not None and callee not in TRIVIAL_ARGUMENTS:
                found.append(item)
            else:
                found += braces_in_calls(item.items, callee)
            continue
        inner = callee
        if item.kind == "(":
            inner = items[i - 1] if i and is_word(items[i - 1]) else ""
        found += braces_in_calls(item.items, inner)
    return found


def awaits(items):
    return any(item == "co_await" for item, _ in flat(items))


def branches(items):
    """(the `?`, what follows it in its brackets) for each ?: of this expression."""
    for i, item in enumerate(items):
        if item == "?":
            rest = items[i + 1:]
            yield item, rest[:rest.index(",")] if "," in rest else rest
        elif isinstance(item, Group) and not in_lambda(items, i):
            yield from branches(item.items)


def makes_objects(items):
    """Whether there is a call or a braced value, which may be an object with a destructor."""
    for i, item in enumerate(items):
        if isinstance(item, Group) and (item.kind == "{" or i and (is_word(items[i - 1]) or items[i - 1] == ">")):
            return True
        if isinstance(item, Group) and makes_objects(item.items):
            return True
    return False


def short_circuited_awaits(items):
    """The `co_await`s behind an && or ||."""
    found, behind = [], False
    for item, _ in flat(items):
        if item in ("&&", "||", "and", "or"):
            behind = True
        elif item == "co_await" and behind:
            found.append(item)
    return found


def check_expression(items):
    """(line, what) for each trap in one full expression, and those in the lambdas inside it."""
    if items and isinstance(items[0], Loop):
        items = items[1:]
        for word in short_circuited_awaits(items):
            yield word.line, "co_await behind && or || in the condition of a loop is always run: use if and break"
    if items and awaits(items):
        if items[0] == "switch":
            yield items[0].line, "switch (co_await ...) takes no case: switch (auto x = co_await ...; x)"
        for item, captures in flat(items):
            if captures and owns(item):
                yield item.line, "a lambda that captures by value: use [&], a named lambda, or pass arguments"
        for group in braces_in_calls(items):
            yield group.line, "a braced temporary in a call: name the value first"
        for mark, rest in branches(items):
            if awaits(rest):
                yield mark.line, "co_await in a branch of ?: - use if"
            elif makes_objects(rest):
                yield mark.line, "?: makes an object beside a co_await: name it first"
    for body in bodies(items):
        for inner in statements(body):
            yield from check_expression(inner)


def span(items):
    """First and last line of an expression, lambda bodies left out."""
    lines = [item.line for item, _ in flat(items)]
    return (min(lines), max(lines)) if lines else (0, 0)


def check_source(name, source):
    try:
        root = parse(common.bare(source))
    except ValueError as problem:
        return [f"{name}: cannot be read: {problem}"]
    marked = {number for number, line in enumerate(source.splitlines(), 1) if MARKER.search(line)}
    findings = []
    for items in statements(root.items):
        first, last = span(items)
        for line, what in check_expression(items):
            if not marked & ({line} | set(range(first, last + 1))):
                findings.append(f"{name}:{line}: {what}")
    return findings


def code_blocks(page):
    """The C++ of a Markdown page, everything else blanked, so that lines keep their numbers."""
    lines, inside = [], False
    for line in page.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside and line.strip() in ("```cpp", "```c++")
            lines.append("")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines)


def files_below(places):
    """The sources among what a command line names; a file that is named is one, whatever its suffix."""
    for place in map(pathlib.Path, places):
        if not place.is_dir():
            yield str(place)
            continue
        yield from sorted(str(path) for path in place.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def check(places=()):
    names = list(files_below(places)) if places else common.tree_files(".hpp", ".cpp", ".md")
    findings = []
    for name in names:
        try:
            source = pathlib.Path(name).read_text(encoding="utf-8") if places else common.read(name)
        except (OSError, UnicodeDecodeError) as problem:
            findings.append(f"{name}: cannot be read: {problem}")
            continue
        findings += check_source(name, code_blocks(source) if name.endswith(".md") else source)
    return common.report("coroutine patterns", findings, len(names))


if __name__ == "__main__":
    common.main(lambda: check(sys.argv[1:]))
