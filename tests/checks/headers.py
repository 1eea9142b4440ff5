"""Every public header compiles alone, twice in a row, and brings no header of a C library with it; but
skein/uv.hpp is for programs that use libuv themselves.

Usage: headers.py COMPILER [ARGUMENT...]
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import common

PRIVATE = re.compile(r"(?:^|/)(?:(?:uv|llhttp|zlib|zconf|zstd|libpsl)\.h$|(?:uv|openssl|unicode|brotli)/[^/]+\.h$)")


OF_LIBUV = re.compile(r"(?:^|/)(?:uv\.h|uv/[^/]+\.h)$")


def private_headers(dependencies, header=""):
    """Those of a list of header paths that belong to a C library and that `header` must not bring."""
    return [path for path in dependencies
            if PRIVATE.search(path) and not (header == "skein/uv.hpp" and OF_LIBUV.search(path))]


def check_header(compiler, include, header):
    """The findings for one header, named as users include it, below the folder `include`."""
    with tempfile.TemporaryDirectory() as folder:
        source, rules = os.path.join(folder, "alone.cpp"), os.path.join(folder, "alone.d")
        pathlib.Path(source).write_text(f"#include <{header}>\n#include <{header}>\nint main() {{}}\n")
        run = subprocess.run([*compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", include,
                              "-fsyntax-only", "-MD", "-MF", rules, "-MT", "x", source],
                             capture_output=True, text=True, timeout=120, check=False)
        if run.returncode != 0:
            return [f"{header}: does not compile alone:\n{run.stderr}"]
        dependencies = pathlib.Path(rules).read_text().replace("\\\n", " ").split()[1:]
    if not any(path.endswith(header) for path in dependencies):
        return [f"{header}: the compiler did not say what it read"]
    return [f"{header}: brings {path}" for path in private_headers(dependencies, header)]


def check(compiler):
    headers = [name.removeprefix("include/") for name in common.tree_files(".hpp") if name.startswith("include/")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda header: check_header(compiler, str(common.ROOT / "include"), header), headers)
        return common.report("headers", [finding for found in results for finding in found], len(headers))


if __name__ == "__main__":
    sys.exit(check(sys.argv[1:] or ["c++"]))
