"""Small rules for every file: how it begins and ends, what it may not name, and that links lead somewhere."""

import os
import re

import common

TEXT = (".hpp", ".cpp", ".py", ".md", ".build", ".txt", ".yml", ".in", ".wrap", "dev", "run", "Doxyfile",
        ".clang-format", ".clang-tidy", ".gitignore", "LICENSE")
LONG = 450  # lines; said, not refused

# Folders of one machine. In pieces, so that this file passes its own check.
MACHINE = re.compile(r"(?<![\w.}])/(?:wo" + r"rk|ho" + r"me|ro" + r"ot)/")
SCRATCH = re.compile(r"(?<![\w.}])/t" + r"mp/")  # tests may name it
LINK = re.compile(r"\]\((?!\w+:|\))([^)#\s]*)(?:#([^)\s]+))?[^)]*\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.M)
FENCED = re.compile(r"^```.*?^```$", re.S | re.M)


def is_data(name):
    return name.startswith(("tests/corpora/", "tests/fuzz/corpus"))


def anchors(page):
    """What a link into a page may name: its headings, as they are made into addresses."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCED.sub("", page)))
    return {heading.replace(" ", "-") for heading in headings}


def check_link(folder, target, anchor, own, exists, read):
    """Whether a link leads somewhere; `own` is the text of the page that it stands in."""
    if not target:
        return anchor in anchors(own)
    target = os.path.normpath(f"{folder}/{target}")
    if not exists(target):
        return False
    return anchor is None or not target.endswith(".md") or anchor in anchors(read(target))


def check_file(name, source, exists=lambda name: (common.ROOT / name).exists(), read=common.read):
    """The findings in one file."""
    findings = []
    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            findings.append(f"{name}:{number}: white space at the end")
        if "\t" in line:
            findings.append(f"{name}:{number}: a tab")
        if MACHINE.search(line) or (SCRATCH.search(line) and not name.startswith("tests/")):
            findings.append(f"{name}:{number}: a path of one machine")
    if source and (lines[-1] != "" or lines[-2:] == ["", ""]):
        findings.append(f"{name}:{len(lines)}: ends without a newline, or with an empty line")
    if name.endswith((".hpp", ".cpp")):
        findings += check_cpp(name, source)
    if name.endswith(".md"):
        folder = name.rpartition("/")[0] or "."
        prose = FENCED.sub(lambda code: "\n" * code[0].count("\n"), source)
        for match in LINK.finditer(prose):
            if not check_link(folder, match[1], match[2], source, exists, read):
                number = source.count("\n", 0, match.start()) + 1
                findings.append(f"{name}:{number}: the link to {match[0][2:-1]} leads nowhere")
    return findings


def check_cpp(name, source):
    findings = []
    if not source.startswith("//"):
        findings.append(f"{name}:1: must open with a comment: what it owns, what it may not know")
    if name.endswith(".hpp"):
        code = common.bare(source)
        if not re.search(r"^#pragma once$", code, re.M):
            findings.append(f"{name}:1: no #pragma once")
        for match in re.finditer(r"^[ \t]*using\s+namespace\b", code, re.M):
            findings.append(f"{name}:{code.count(chr(10), 0, match.start()) + 1}: using namespace in a header")
    return findings


def check():
    names = [name for name in common.tree_files(*TEXT) if not is_data(name)]
    findings = []
    for name in names:
        source = common.read(name)
        findings += check_file(name, source)
        if name.endswith((".hpp", ".cpp")) and source.count("\n") > LONG:
            print(f"note: {name} has {source.count(chr(10))} lines; is there a seam?")
    return common.report("text", findings, len(names))


if __name__ == "__main__":
    common.main(check)
