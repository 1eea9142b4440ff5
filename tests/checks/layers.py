"""Who may include whom: the table of docs/architecture.md, held.

Also: C libraries stay in the layers that own them, clocks and randomness behind their seams (loop and net),
and examples use public headers only.
"""

import re

import common

# layer: the layers it may include besides itself
MAY_INCLUDE = {
    "base": set(),
    "task": {"base"},
    "loop/seam": {"task", "base"},
    "loop": {"loop/seam", "task", "base"},
    "net/stream": {"base"},
    "net/write": {"net/stream", "task", "base"},
    "net/network": {"net/stream", "task", "base"},
    "net": {"net/network", "net/write", "net/stream", "loop/seam", "loop", "task", "base"},
    "tls/engine": {"base"},
    "tls/stream": {"tls/engine", "net/stream", "task", "base"},
    "http": {"base"},
    "http1/codec": {"http", "base"},
    "http1/connection": {"http1/codec", "http", "net/write", "net/stream", "task", "base"},
}
BELOW_CLIENT = set(MAY_INCLUDE) - {"loop", "net"}  # of these two only the seams
MAY_INCLUDE["client"] = BELOW_CLIENT
MAY_INCLUDE["testing"] = BELOW_CLIENT | {"client"}
MAY_INCLUDE["everything"] = set(MAY_INCLUDE)

# layer: its public headers, in include/skein/
PUBLIC = {
    "base": """bytes cancelled_error clock error ip_address
        detail/config detail/copyable detail/recycler detail/result""",
    "task": """as_completed barrier condition dump_tasks event first future gather mutex outcome queue
        semaphore shield sleep task task_group task_local this_task timeout detail/awaitable
        detail/batch detail/child detail/collect detail/context detail/deadline
        detail/queue_storage detail/ready_queue detail/report detail/scheduler detail/shared_state
        detail/task_handle detail/wait_line""",
    "loop/seam": "to_thread",
    "loop": "on_signal remote run uv wait_fd",
    "tls/engine": "tls_context tls_errc",
    "http": """auth_challenge content_coding content_disposition cookie_jar form headers http_version url
        web_link""",
    "client": """address_policy body_source client_request client_response client_session connect cookie_file har middleware
        multipart proxy rate_limit request_report retry_policy save_options serve session_options stream
        timeouts trace""",
    "testing": "testing testing_doctest testing_http testing_mock testing_network",
    "everything": "skein",
}
PUBLIC_LAYER = {f"{name}.hpp": layer for layer, names in PUBLIC.items() for name in names.split()}

# The files of loop and net that others may see: what a loop, a stream, a network is, not how one is made.
SEAMS = {
    "loop/host": "loop/seam",
    "loop/random.hpp": "loop/seam",
    "loop/to_thread.cpp": "loop/seam",
    "net/stream": "net/stream",
    "net/block": "net/stream",
    "net/write": "net/write",
    "net/address": "net/network",
    "net/listener.hpp": "net/network",
    "net/network.hpp": "net/network",
    "net/resolver.hpp": "net/network",
    "net/socket_options.hpp": "net/network",
}

# C library headers: who may include them
C_LIBRARIES = {
    r"uv\.h|uv/": {"loop", "net"},
    r"llhttp\.h": {"http1/codec"},
    r"openssl/": {"tls/engine"},
    r"zlib\.h|brotli/|zstd": {"http"},
    r"libpsl\.h|unicode/": {"http"},
    r"dlfcn\.h": {"base"},
}

# What goes around a seam; only loop and net may. (Also where a public header would do so.)
AROUND_SEAMS = {
    "libuv": r"\buv_\w+",
    "wall clock": r"(?<![\w>.])time\s*\(\s*(?:nullptr|NULL|0|&)|\b(?:gettimeofday|clock_gettime)\s*\(",
    "clock": r"\b\w+::now\s*\(\s*\)(?!\s*(?:const|noexcept|\{))",
    "random": r"(?<![\w>.])s?rand\s*\(|\brandom_device\b|\bgetrandom\s*\(|\bmt19937",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def layer_of(name):
    """The layer of a file by its path in the tree; None for a file outside the layers."""
    if name.startswith("include/skein/"):
        return PUBLIC_LAYER.get(name.removeprefix("include/skein/"), "unknown")
    if not name.startswith("src/"):
        return None
    inside = name.removeprefix("src/")
    folder, _, file = inside.partition("/")
    seam = SEAMS.get(inside) or SEAMS.get(re.sub(r"\.[ch]pp$", "", inside))
    if seam:
        return seam
    if folder == "tls":
        return "tls/stream" if file.startswith(("stream", "handshake")) else "tls/engine"
    if folder == "http1":
        return "http1/connection" if file.startswith(("connection", "body_buffer", "request_writer")) else "http1/codec"
    return folder if folder in MAY_INCLUDE else "unknown"


def target_of(quote, included):
    """The layer that an include leads to; None for one from outside the tree."""
    if included.startswith("skein/"):
        return layer_of("include/" + included)
    if quote == '"':
        return None if included == "skein_features.hpp" else layer_of("src/" + included)
    return None


def check_file(name, source):
    """The findings in one file."""
    findings = []

    def found(position, what):
        findings.append(f"{name}:{source.count(chr(10), 0, position) + 1}: {what}")

    layer = layer_of(name)
    if layer == "unknown":
        return [f"{name}:1: belongs to no layer (the tables are in tests/checks/layers.py)"]
    code = common.bare(source, keep_texts=True)
    for match in INCLUDE.finditer(code):
        quote, included = match.groups()
        if layer is None:
            if name.startswith("examples/") and (quote == '"' and layer_of("src/" + included) != "unknown"
                                                 or included.startswith("skein/detail/")):
                found(match.start(), f"an example includes {included}, which users cannot")
            continue
        target = target_of(quote, included)
        if target == "unknown":
            found(match.start(), f"includes {included}, which belongs to no layer")
        elif target is not None and target != layer and target not in MAY_INCLUDE[layer]:
            found(match.start(), f"{layer} may not include {target} ({included})")
        if name.startswith("include/") and quote == '"':
            found(match.start(), f"a public header includes the private {included}")
        for library, owners in C_LIBRARIES.items():
            public = name.startswith("include/") and (name, included) != ("include/skein/uv.hpp", "uv.h")
            if re.match(library, included) and (public or layer not in owners):
                found(match.start(), f"{included} does not belong in {name}")
    if layer not in (None, "loop", "net"):
        source = common.bare(source)
        for what, pattern in AROUND_SEAMS.items():
            for match in re.finditer(pattern, source):
                found(match.start(), f"{match[0]}...: {what} goes around its seam in {layer}")
    return findings


def check():
    names = [name for name in common.tree_files(".hpp", ".cpp")
             if name.startswith(("src/", "include/", "examples/"))]
    findings = [finding for name in names for finding in check_file(name, common.read(name))]
    findings += [f"include/skein/{header}: in the table of tests/checks/layers.py, but not in the tree"
                 for header in PUBLIC_LAYER if f"include/skein/{header}" not in names]
    return common.report("layers", findings, len(names))


if __name__ == "__main__":
    common.main(check)
