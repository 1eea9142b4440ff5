"""Every C++ block of the README and of docs/ compiles: the blocks of one document in order, as one program.

Usage: documents.py COMPILER [ARGUMENT...]
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import common

PRELUDE = """#include <skein/skein.hpp>
#include <iostream>
using namespace std::chrono_literals;
"""
BLOCK = re.compile(r"^```cpp\n(.*?)^```", re.S | re.M)


def program_of(name, text):
    """The blocks of a document as one source, each line under its own number; each has a main of its own."""
    parts = [PRELUDE]
    for number, block in enumerate(BLOCK.finditer(text)):
        line = text.count("\n", 0, block.start(1)) + 1
        # Not main any more, it may no longer end without a return.
        code = re.sub(r"\bint main\((.*?)\) \{", rf"void main_{number}(\1) {{", block[1])
        parts.append(f'#line {line} "{name}"\n{code}')
    return "\n".join(parts) if len(parts) > 1 else None


def check_document(compiler, include, name, text):
    """The findings in one document; None if it has no C++."""
    program = program_of(name, text)
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "blocks.cpp")
        source.write_text(program)
        run = subprocess.run([*compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-I", include,
                              "-fsyntax-only", source], capture_output=True, text=True, timeout=200, check=False)
    return [] if run.returncode == 0 else [f"{name}: a block does not compile:\n{run.stderr}"]


def check(compiler):
    names = [name for name in common.tree_files(".md") if name == "README.md" or name.startswith("docs/")]
    results = [check_document(compiler, str(common.ROOT / "include"), name, common.read(name)) for name in names]
    results = [findings for findings in results if findings is not None]
    return common.report("documents", [finding for one in results for finding in one], len(results))


if __name__ == "__main__":
    sys.exit(check(sys.argv[1:] or ["c++"]))
