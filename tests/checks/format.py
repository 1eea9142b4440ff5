"""All C++ is as clang-format 14 leaves it. Other versions differ in details, so they do not count."""

import re
import shutil
import subprocess
import sys

import common


def find_tool():
    """clang-format 14, or None."""
    for name in ("clang-format-14", "clang-format"):
        tool = shutil.which(name)
        if tool:
            said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(r"version 14\.", said):
                return tool
    return None


def check_file(tool, path):
    """What clang-format says about one file; empty if all is well."""
    run = subprocess.run([tool, "--dry-run", "-Werror", "--style=file", path], cwd=common.ROOT,
                         capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


def check():
    tool = find_tool()
    if tool is None:
        print("format: there is no clang-format 14 here")
        return common.SKIPPED
    names = common.tree_files(".hpp", ".cpp")
    findings = [said for said in (check_file(tool, name) for name in names) if said]
    return common.report("format", findings, len(names))


if __name__ == "__main__":
    sys.exit(check())
