"""The C++ of the README and of docs/ compiles, runs, and prints what the pages say.

    documents.py generate PAGE NAME OUTPUT    a page as one source file, for the program that has all of them
    documents.py run PROGRAM NAME...          runs what that program has, and compares

In a page:

    ```cpp       Declarations, or a whole program. Each block sees those above it, and may use their names anew.
                 One with `int main()` is run, and must end well, unless it names example.org or example.com:
                 a test fetches nothing from elsewhere.
    ```output    What the block above prints, standard error included.

    | ... | skein | ...    The code in this column of a table: expressions, or statements where they end in `;`.
                           Compiled, in a coroutine each, after all blocks of the page.
"""

import concurrent.futures
import difflib
import os
import pathlib
import re
import subprocess
import sys

import common
import coroutines

# With its lines under the name of the page, g++ takes the code for that of a header, where lambdas want care.
PRELUDE = """#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
#include "documents.hpp"
#include <skein/skein.hpp>
#include <iostream>
"""
BLOCK = re.compile(r"^```cpp\n(?P<code>.*?)^```\n(?:\n?```output\n(?P<output>.*?)^```\n)?", re.S | re.M)
OUTPUT = re.compile(r"^```output\n.*?^```\n", re.S | re.M)
INCLUDE = re.compile(r"^#include .*$", re.M)
MAIN = re.compile(r"^int main\(.*?\) \{", re.M)
ELSEWHERE = re.compile(r"\bexample\.(?:org|com)\b")
SECONDS = 60  # for one program


class Block:
    """A block of a page: where it begins, its code, and what it prints, if the page says so."""

    def __init__(self, text, match):
        self.line = text.count("\n", 0, match.start("code")) + 1
        self.code, self.output = match["code"], match["output"]
        has_main = MAIN.search(self.code) is not None
        self.is_run = "int main() {" in self.code and ELSEWHERE.search(self.code) is None
        self.problem = None
        if self.output is not None and not self.is_run:
            self.problem = "prints something, but is not run"
        elif has_main and "return" in self.code[MAIN.search(self.code).end():]:
            self.problem = "main may not return a value: it is not main any more"


def blocks_of(text):
    return [Block(text, match) for match in BLOCK.finditer(text)]


def cells_of(text):
    """(line, code) of every code span in the columns named skein of the tables of a page."""
    column = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            column = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if column is None:
            column = cells.index("skein") if "skein" in cells else sys.maxsize
        elif column < len(cells):
            for code in re.findall(r"`([^`]+)`", cells[column]):
                yield number, code


def program_of(name, text):
    """A page as one source, in a namespace of its own: each block in one inside that of the block before, each
    line under its own number. None if there is no code."""
    blocks, cells = blocks_of(text), list(cells_of(text))
    if not blocks and not cells:
        return None
    includes, parts = [PRELUDE], ["using namespace std::chrono_literals;"]
    parts.append("namespace page_" + re.sub(r"\W", "_", name) + " {")  # pages have blocks at the same line
    for block in blocks:
        code = block.code
        for match in INCLUDE.finditer(code):
            line = block.line + code.count("\n", 0, match.start())
            includes.append(f'#line {line} "{name}"\n{match[0]}\n')
        code = INCLUDE.sub("", code)
        # Not main any more, it may no longer end without a return.
        code = MAIN.sub(lambda match: match[0].replace("int main", "void program", 1), code)
        parts.append(f'namespace block_{block.line} {{\n#line {block.line} "{name}"\n{code}')
        if block.is_run:
            parts.append(f'const documents::entry documents_entry_("{name}:{block.line}", program);')
    for number, (line, code) in enumerate(cells):
        statement = code if code.endswith(";") else f"(void)({code});"
        parts.append(f"skein::task<> cell_{number}() {{\n#line {line} \"{name}\"\n{statement}\nco_return;\n}}")
    return "".join(includes) + "\n".join(parts) + "\n" + "}" * (len(blocks) + 1) + "\n"


def generate(page, name, output):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    pathlib.Path(output).write_text(program_of(name, text) or "// No code.\n", encoding="utf-8")


def check_block(program, name, block):
    """The findings of one block, run by `program` under the name it was entered with."""
    where = f"{name}:{block.line}"
    if block.problem is not None:
        return [f"{where}: {block.problem}"]
    if not block.is_run:
        return []
    try:
        run = subprocess.run([program, where], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [f"{where}: does not end"]
    if run.returncode != 0:
        return [f"{where}: ends with status {run.returncode}:\n{run.stdout}"]
    if block.output is None or run.stdout == block.output:
        return []
    difference = difflib.unified_diff(block.output.splitlines(), run.stdout.splitlines(), "the page", "the program",
                                      lineterm="")
    return [f"{where}: prints something else:\n" + "\n".join(difference)]


def check_page(program, name, text, pool):
    findings = []
    for number, code in cells_of(text):
        findings += coroutines.check_source(name, "\n" * (number - 1) + code)
    shown = {match.end() for match in BLOCK.finditer(text) if match["output"] is not None}
    for match in OUTPUT.finditer(text):
        if match.end() not in shown:
            findings.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: the output belongs to no block")
    for found in pool.map(lambda block: check_block(program, name, block), blocks_of(text)):
        findings += found
    return findings


def missing_pages(names):
    """The findings of pages with code that are not among those built."""
    wanted = [name for name in common.tree_files(".md") if name == "README.md" or name.startswith("docs/")]
    return [f"{name}: has code, but is not built" for name in wanted
            if name not in names and program_of(name, common.read(name))]


def run_all(program, names):
    findings = missing_pages(names)
    # They wait more than they compute.
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        for name in names:
            findings += check_page(program, name, common.read(name), pool)
    return common.report("documents", findings, sum(len(blocks_of(common.read(name))) for name in names))


if __name__ == "__main__":
    if sys.argv[1] == "generate":
        generate(*sys.argv[2:])
    else:
        sys.exit(run_all(sys.argv[2], sys.argv[3:]))
