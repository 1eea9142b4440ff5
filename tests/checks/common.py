"""What the checks share: the files of the tree, C++ without comments and texts, and how findings are told."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # meson's exit code for a test that could not run here


def tree_files(*suffixes):
    """Paths, relative to the root, of the files that are or could be committed, generated ones left out."""
    git = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, check=False)
    if git.returncode == 0:
        names = [os.fsdecode(name) for name in git.stdout.split(b"\0") if name]
    else:  # a release archive
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith(("build", ".git/"))]
    return sorted({name for name in names if name.endswith(suffixes or "") and (ROOT / name).is_file()})


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


_LEXEMES = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<raw>(?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)")"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<character>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')""", re.S | re.X)


def bare(source, keep_texts=False):
    """C++ source with comments blanked and texts emptied; every line keeps its number."""
    def blank(match):
        if match["comment"] is not None:
            return re.sub(r"[^\n]", " ", match[0])
        if keep_texts:
            return match[0]
        return ('""' if match["character"] is None else "'x'") + "\n" * match[0].count("\n")
    return _LEXEMES.sub(blank, source)


def report(title, findings, looked_at):
    """Prints the findings, one a line; the exit code of the check."""
    for finding in findings:
        print(finding)
    if not looked_at:
        print(f"{title}: there was nothing to look at")
        return 1
    print(f"{title}: {looked_at} looked at, {len(findings)} found")
    return 1 if findings else 0


def main(check):
    """Runs a check and ends the program with its exit code."""
    sys.exit(check())
