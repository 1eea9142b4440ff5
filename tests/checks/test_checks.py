"""The checks can fail: each is shown what it must refuse and what it must let pass."""

import concurrent.futures
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import aiohttp_names
import common
import coroutines
import format as format_check
import documents
import headers
import layers
import names
import text


class Layers(unittest.TestCase):
    def refuses(self, name, source, words):
        findings = layers.check_file(name, "// x\n" + source)
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(words, findings[0])
        self.assertIn(":2:", findings[0])

    def allows(self, name, source):
        self.assertEqual(layers.check_file(name, "// x\n" + source), [])

    def test_refuses_an_include_against_the_table(self):
        self.refuses("src/base/error.cpp", '#include "task/job.hpp"\n', "base may not include task")
        self.refuses("src/task/job.cpp", '#include "loop/loop.hpp"\n', "task may not include loop")
        self.refuses("src/http/url.cpp", '#include "net/stream.hpp"\n', "http may not include net/stream")
        self.refuses("src/http1/parser.cpp", '#include "net/stream.hpp"\n', "http1/codec may not include net/stream")
        self.refuses("src/client/connect.cpp", '#include "net/tcp.hpp"\n', "client may not include net")
        self.refuses("src/http1/connection.cpp", '#include "net/tcp.hpp"\n', "http1/connection may not include net")
        self.refuses("src/tls/stream.cpp", '#include "net/tcp.hpp"\n', "tls/stream may not include net")
        self.refuses("src/http/url.cpp", "#include <skein/client_session.hpp>\n", "http may not include client")
        self.refuses("src/client/pool.cpp", "#include <skein/skein.hpp>\n", "client may not include everything")
        self.refuses("include/skein/error.hpp", "#include <skein/task.hpp>\n", "base may not include task")

    def test_allows_what_the_table_allows(self):
        self.allows("src/http1/connection.cpp", '#include "net/stream.hpp"\n#include "http1/parser.hpp"\n')
        self.allows("src/tls/stream.hpp", '#include "tls/engine.hpp"\n#include "net/block.hpp"\n')
        self.allows("src/client/pool.cpp", '#include "http1/connection.hpp"\n#include <skein/error.hpp>\n')
        self.allows("src/base/error.cpp", '#include <vector>\n#include "skein_features.hpp"\n')
        self.allows("src/http/url.cpp", '// #include "client/pool.hpp"\n')

    def test_refuses_files_without_a_layer(self):
        self.assertIn("no layer", layers.check_file("include/skein/surprise.hpp", "")[0])
        self.assertIn("no layer", layers.check_file("src/misc/a.cpp", "")[0])
        self.refuses("src/client/pool.cpp", '#include "misc/a.hpp"\n', "belongs to no layer")

    def test_refuses_c_libraries_outside_their_layer(self):
        self.refuses("src/client/pool.cpp", "#include <uv.h>\n", "uv.h does not belong")
        self.refuses("src/tls/stream.cpp", "#include <openssl/ssl.h>\n", "does not belong")
        self.refuses("include/skein/url.hpp", "#include <unicode/uidna.h>\n", "does not belong")
        self.refuses("include/skein/run.hpp", "#include <uv.h>\n", "uv.h does not belong")
        self.refuses("include/skein/uv.hpp", "#include <llhttp.h>\n", "llhttp.h does not belong")
        self.allows("include/skein/uv.hpp", "#include <uv.h>\n")
        self.allows("src/net/tcp.cpp", "#include <uv.h>\n")
        self.allows("src/http/coding.cpp", "#include <zlib.h>\n")

    def test_refuses_ways_around_the_seams(self):
        for source in ("auto t = clock::now();", "auto t = std::chrono::system_clock::now();", "auto t = time(nullptr);",
                       "auto t = ::time(0);", "int i = rand();", "std::random_device r;", "int i = uv_now(l);"):
            self.refuses("src/client/pool.cpp", source + "\n", "goes around its seam")
        self.allows("src/loop/loop.cpp", "auto t = clock::now(); uv_run(l);\n")
        self.allows("src/http/date.cpp", "// uv_now()\nauto s = \"rand()\"; first_time(0); a.time(0); operand(1);\n")
        self.allows("src/testing/clock.cpp", "auto virtual_clock::now() const { return now_; }\n")

    def test_examples_use_public_headers(self):
        self.refuses("examples/hello.cpp", '#include "net/stream.hpp"\n', "which users cannot")
        self.refuses("examples/hello.cpp", "#include <skein/detail/job.hpp>\n", "which users cannot")
        self.allows("examples/get/main.cpp", '#include <skein/skein.hpp>\n#include "options.hpp"\n')


class Coroutines(unittest.TestCase):
    def refuses(self, code, times=1):
        code = f"task<> f() {{\n{code}\n}}\n"
        self.assertEqual(len(coroutines.check_source("x.cpp", code)), times, code)

    def allows(self, code):
        for source in (code, f"task<> f() {{\n{code}\n}}\n", f"class c {{ task<> f() {{\n{code}\n}} int a_{{}}; }};\n"):
            self.assertEqual(coroutines.check_source("x.cpp", source), [], source)

    def test_refuses_lambdas_that_capture_by_value(self):
        self.refuses("co_await f([s] { use(s); });")
        self.refuses("co_await f([=] { use(s); });")
        self.refuses("co_await f([&a, b = std::move(b)](int x) mutable -> task<> { co_return; });")
        self.refuses("auto x = co_await f(1, [self]() -> task<std::pair<int, int>> { co_await g(); });")
        self.refuses("co_await [s]() -> task<> { co_return; }();")
        self.refuses("if (co_await f([s] { return s; })) g();")
        self.refuses("while (auto x = co_await q.get([s] {})) {\n g(x);\n}")

    def test_allows_other_lambdas(self):
        self.allows("co_await f([&] { use(s); });")
        self.allows("co_await f([&a, this](int x) { use(a[x]); });")
        self.allows("co_await f([](int x) -> task<> { co_await g(x); }, 3);")
        self.allows("auto body = [s]() -> task<> { co_await g(s); };\nco_await f(std::move(body));")
        self.allows("f([s]() -> task<> { co_await g(); });")
        self.allows("for (auto& [a, b] : list) co_await f(a[1], b);")
        self.allows("[[maybe_unused]] auto x = co_await f(values[i]);")

    def test_looks_inside_lambdas(self):
        self.refuses("f([&]() -> task<> { co_await g([s] {}); });")
        self.refuses("auto h = [] { return [&]() -> task<> { co_await g({1}); }; };")

    def test_refuses_braced_temporaries_in_calls(self):
        self.refuses("co_await f({.a = text});")
        self.refuses("co_await f(opts{});")
        self.refuses("co_await s.get(u).headers({{\"k\", \"v\"}});")
        self.refuses("auto x = g(std::vector{1, 2}) + co_await f();")
        self.refuses("CHECK(co_await f(std::string{\"a\"}) == 1);")
        self.refuses("co_return co_await f<int>({text});")
        self.refuses("for (auto x : co_await f({1, 2})) g(x);")
        self.refuses("case 1:\n if (a) co_await f({});")

    def test_allows_other_braces(self):
        self.allows("co_await s.get(u).timeout({.total = 30s, .connect = 5s});")
        self.allows("co_await r.save_to(path, {.overwrite = true});")
        self.allows("opts o{.a = text};\nco_await f(o);")
        self.allows("std::vector<pair> v = {{\"a\", 1}, {\"b\", 2}};\nco_await f(v);")
        self.allows("f({1, 2});\nco_await g();")
        self.allows("if (g({1})) co_await f();")
        self.allows("try { co_await f(); } catch (const e&) { g({1}); }")
        self.allows("do { co_await f(); } while (g({1}));")
        self.allows("auto x{co_await f()};")
        self.allows("co_return opts{co_await f()};")

    def test_looks_at_what_it_is_told_to(self):
        with tempfile.TemporaryDirectory() as folder:
            below = pathlib.Path(folder, "deep")
            below.mkdir()
            (below / "ours.cc").write_text("task<> f() { co_await q.put(item{text, 1}); }\n")
            (below / "notes.txt").write_text("co_await q.put(item{text, 1});\n")
            with contextlib.redirect_stdout(io.StringIO()) as said:
                self.assertEqual(coroutines.check([folder]), 1)
                self.assertEqual(coroutines.check([folder + "/nothing.cpp"]), 1)
            self.assertIn("ours.cc:1: ", said.getvalue())
            self.assertIn("1 looked at, 1 found", said.getvalue())
            self.assertIn("nothing.cpp: cannot be read", said.getvalue())
            (below / "ours.cc").write_text("task<> f() { co_await q.put(one); }\n")
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(coroutines.check([folder]), 0)

    def test_refuses_co_await_in_a_branch(self):
        self.refuses("auto x = c ? co_await f() : g();")
        self.refuses("h(c ? g() : (co_await f()).value());")
        self.refuses("CHECK(co_await f() == (c ? g() : h));")
        self.refuses("auto x = (c ? a : std::string()) + co_await f();")
        self.allows("auto x = co_await f() ? a : b;")
        self.allows("auto x = g(c ? h() : i(), [&]() -> task<> { co_await f(); });")
        self.allows("h(c ? a : b, co_await f());")
        self.allows("auto y = c ? a : b;\nco_await f();")

    def test_refuses_a_short_circuited_co_await_in_the_condition_of_a_loop(self):
        self.refuses("while (a && co_await f()) g();")
        self.refuses("do { g(); } while (a || !co_await f());")
        self.refuses("for (int i = 0; i < n && co_await f(i); ++i) g();")
        self.refuses("auto h = [&]() -> task<> { while (!(a || (co_await f()).ok)) g(); };")
        self.allows("while (co_await f() && a) g();")
        self.allows("while (auto x = co_await q.get()) g();")
        self.allows("if (a && co_await f()) g();")
        self.allows("bool x = a && co_await f();")
        self.allows("while (a && b) co_await f();")

    def test_refuses_switch_on_co_await(self):
        self.refuses("switch (co_await f()) { case 1: g(); }")
        self.refuses("switch (int i = 1; co_await f(i)) { case 1: g(); }")
        self.allows("switch (int i = co_await f(); i) { case 1: g(); }")

    def test_obeys_a_marker_with_a_reason(self):
        self.allows("co_await f(opts{1});  // gcc12-ok: opts is trivial")
        self.refuses("co_await f(opts{1});  // gcc12-ok:")
        self.refuses("co_await f(opts{1});\n// gcc12-ok: too late")

    def test_is_not_misled_by_comments_and_texts(self):
        self.allows("// co_await f([s] {});\nauto t = \"co_await f({1})\";\nauto r = R\"(co_await f({1}))\"; /* { */")
        self.assertIn("cannot be read", coroutines.check_source("x.cpp", "void f() {")[0])

    def test_reads_the_code_of_pages(self):
        page = "co_await f({1})\n\n```cpp\nco_await f({1});\n```\n\n```text\nco_await f({1});\n```\n"
        self.assertEqual(len(coroutines.check_source("x.md", coroutines.code_blocks(page))), 1)


class Headers(unittest.TestCase):
    compiler = ["c++"]

    def findings(self, content):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "skein", "sample.hpp")
            path.parent.mkdir()
            path.write_text(content)
            return headers.check_header(self.compiler, folder, "skein/sample.hpp")

    def test_refuses_a_header_that_needs_another_first(self):
        self.assertIn("does not compile alone", self.findings("#pragma once\ninline std::string f();\n")[0])

    def test_refuses_a_header_that_cannot_come_twice(self):
        self.assertIn("does not compile alone", self.findings("struct s {};\n")[0])

    def test_refuses_the_headers_of_c_libraries(self):
        self.assertIn("zlib.h", "".join(self.findings("#pragma once\n#include <zlib.h>\n")))
        paths = ["a/uv.h", "a/openssl/ssl.h", "llhttp.h", "a/unicode/uidna.h", "a/zstd.h", "a/brotli/decode.h"]
        self.assertEqual(headers.private_headers(paths + ["a/string.h", "a/move_uv.hpp", "skein/uv.hpp"]), paths)

    def test_uv_hpp_alone_brings_libuv(self):
        self.assertEqual(headers.private_headers(["a/uv.h", "a/uv/unix.h", "a/llhttp.h"], "skein/uv.hpp"),
                         ["a/llhttp.h"])
        self.assertEqual(headers.private_headers(["a/uv.h"], "skein/run.hpp"), ["a/uv.h"])

    def test_allows_a_good_header(self):
        self.assertEqual(self.findings("#pragma once\n#include <string>\ninline std::string f() { return {}; }\n"), [])


class Documents(unittest.TestCase):
    compiler = ["c++"]

    def compiles(self, text):
        """What the compiler says against a page; empty if nothing."""
        with tempfile.TemporaryDirectory() as folder:
            page, source = pathlib.Path(folder, "page.md"), pathlib.Path(folder, "page.cpp")
            page.write_text(text)
            documents.generate(page, "docs/page.md", source)
            run = subprocess.run([*self.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                                  "-I", common.ROOT / "include", "-I", common.ROOT / "tests/documents", source],
                                 capture_output=True, text=True, timeout=100, check=False)
        return run.stderr

    def prints(self, text, printed, status=0):
        """The findings in a page whose programs all print the same."""
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "program")
            program.write_text(f"#!/bin/sh\nprintf '{printed}'\nexit {status}\n")
            program.chmod(0o755)
            return documents.check_page(program, "docs/page.md", text, concurrent.futures.ThreadPoolExecutor(1))

    PROGRAM = "```cpp\nint main() {\n    std::cout << 1;\n}\n```\n"

    def test_refuses_a_block_that_does_not_compile(self):
        found = self.compiles("Words.\n\n```cpp\nskein::task<> f() { co_await skein::slumber(1s); }\n```\n")
        self.assertIn("docs/page.md:4:", found)

    def test_refuses_a_row_of_a_table_that_does_not_compile(self):
        page = "| asyncio | skein | why |\n|---|---|---|\n| `sleep(1)` | `co_await skein::%s(1s)` | |\n"
        self.assertIn("docs/page.md:3:", self.compiles(page % "slumber"))
        self.assertEqual(self.compiles(page % "sleep"), "")
        self.assertEqual(self.compiles("| asyncio | why |\n|---|---|\n| `x` | `nothing of ours` |\n"), "")

    def test_allows_blocks_that_build_on_each_other(self):
        block = "```cpp\n#include <string>\ninline int f(int i) { return i; }\n```\n"
        self.assertEqual(self.compiles(block + "\n" + block + "\n```cpp\nint main() { f(1); }\n```\n"), "")

    def test_refuses_a_program_that_prints_something_else(self):
        page = "Words.\n\n" + self.PROGRAM + "\n```output\n1\n```\n"
        self.assertIn("docs/page.md:4: prints something else", self.prints(page, "2\\n")[0])
        self.assertIn("prints something else", self.prints(page, "1\\n1\\n")[0])
        self.assertEqual(self.prints(page, "1\\n"), [])

    def test_refuses_a_program_that_does_not_end_well(self):
        self.assertIn("ends with status 3", self.prints(self.PROGRAM, "1\\n", 3)[0])

    def test_refuses_an_output_that_nothing_prints(self):
        self.assertIn("is not run", self.prints("```cpp\nint i;\n```\n\n```output\n1\n```\n", "1\\n")[0])
        self.assertIn("belongs to no block", self.prints("Words.\n\n```output\n1\n```\n", "1\\n")[0])

    def test_runs_nothing_that_fetches_from_elsewhere(self):
        self.assertEqual(self.prints(self.PROGRAM.replace("1", '"http://example.org/"'), "", 3), [])

    def test_refuses_what_g_12_gets_wrong_in_a_table(self):
        page = "| skein |\n|---|\n| `co_await f([s] {})` |\n"
        self.assertIn("docs/page.md:3: a lambda", self.prints(page, "")[0])

    def test_refuses_a_page_that_is_not_built(self):
        self.assertIn("README.md: has code, but is not built", documents.missing_pages([]))

    def test_passes_over_a_page_without_code(self):
        self.assertIsNone(documents.program_of("docs/page.md", "Words.\n"))


class Names(unittest.TestCase):
    def findings(self, *rows):
        page = "\n".join(["| asyncio | skein | notes |", "|---|---|---|", *rows, "", "| asyncio | here |", "| `c` | d |"])
        return names.check_page("page.md", page, {"a", "b.b"})

    def test_refuses_a_table_that_lacks_a_name(self):
        self.assertIn("b.b is missing", self.findings("| `a` | `x` | |")[0])
        self.assertEqual(len(self.findings("| a, `b` | `a` | `b.b` |")), 2)
        self.assertIn("c is missing", names.check_page("page.md", "| asyncio | here |\n|---|---|\n| `c` | d |\n", {"c"})[0])

    def test_refuses_a_row_that_says_nothing(self):
        self.assertIn(":3: neither code", self.findings("| `a`, `b.b` | | |")[0])
        self.assertIn(":3: a dash without", self.findings("| `a`, `b.b` | - | |")[0])

    def test_allows_a_complete_table(self):
        self.assertEqual(self.findings("| `a` | `x` | |", "| `b.b(c=1)` | - | since |"), [])

    def test_an_argument_is_a_name_of_its_own(self):
        page = "| aiohttp | skein |\n|---|---|\n| `a(x=)`, `b(c=1)` | `d` |\n"
        self.assertEqual(names.check_page("page.md", page, {"a(x=)", "b"}), [])
        self.assertIn("a(y=) is missing", names.check_page("page.md", page, {"a(y=)"})[0])

    def test_wants_what_this_python_has(self):
        self.assertLessEqual({"gather", "Queue.shutdown", "TaskGroup", "loop.call_later"}, names.wanted_names())
        self.assertLessEqual({"ClientSession(base_url=)", "FormData.add_field", "get(json=)", "request"},
                             aiohttp_names.wanted_names())


class Text(unittest.TestCase):
    def findings(self, name, source):
        return text.check_file(name, source, exists=lambda name: name == "docs/a.md",
                               read=lambda name: "# The end\n```\n# no heading\n```\n## f(), and `g`\n")

    def refuses(self, name, source, words):
        findings = self.findings(name, source)
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(words, findings[0])

    def allows(self, name, source):
        self.assertEqual(self.findings(name, source), [])

    def test_every_file(self):
        self.refuses("a.py", "x = 1 \n", "white space")
        self.refuses("a.py", "x = 1\r\n", "white space")
        self.refuses("a.py", "\tx\n", "a tab")
        self.refuses("a.py", "x = 1", "newline")
        self.refuses("a.py", "x = 1\n\n", "empty line")
        self.allows("a.py", "x = 1\n\ny = 2\n")

    def test_paths_of_one_machine(self):
        for folder in ("wo" + "rk", "ho" + "me", "ro" + "ot"):
            self.refuses("tests/a.py", f"x = '/{folder}/me'\n", "one machine")
        self.refuses("dev", "cd /t" + "mp/x\n", "one machine")
        self.allows("tests/a.py", "x = '/t" + "mp/x'\n")
        self.allows("a.md", "See docs/home/x and tests/work/y.\n")

    def test_source_files(self):
        self.refuses("a.cpp", "int i;\n", "open with a comment")
        self.refuses("a.hpp", "// A.\nint i;\n", "#pragma once")
        self.refuses("a.hpp", "// A.\n#pragma once\nusing namespace std;\n", "using namespace")
        self.allows("a.cpp", "// A.\nusing namespace std::chrono_literals;\n")
        self.allows("a.hpp", "// A.\n#pragma once\n// using namespace std;\n")

    def test_links(self):
        self.refuses("README.md", "[b](docs/b.md)\n", "leads nowhere")
        self.refuses("docs/x.md", "[b](docs/a.md)\n", "leads nowhere")
        self.refuses("docs/x.md", "[b](a.md#the-middle)\n", "a.md#the-middle")
        self.refuses("docs/x.md", "[b](a.md#no-heading)\n", "a.md#no-heading")
        self.refuses("docs/x.md", "# Here\n[b](#there)\n", "#there")
        self.allows("README.md", "# Here\n[a](docs/a.md#the-end) [b](https://example.org/) [c](#here)\n")
        self.allows("docs/x.md", "[a](a.md) [a](a.md#f-and-g)\n")
        self.allows("docs/y/x.md", "[a](../a.md)\n")


class Format(unittest.TestCase):
    def test_refuses_what_the_tool_would_change(self):
        tool = format_check.find_tool()
        if tool is None:
            self.skipTest("there is no clang-format 14 here")
        with tempfile.TemporaryDirectory(dir=common.ROOT, prefix="build-format-") as folder:
            path = pathlib.Path(folder, "a.cpp")
            path.write_text("int  f( ) {\n  return 1; }\n")
            self.assertIn("code should be clang-formatted", format_check.check_file(tool, path))
            path.write_text("int f() {\n    return 1;\n}\n")
            self.assertEqual(format_check.check_file(tool, path), "")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        Headers.compiler = Documents.compiler = sys.argv[2:]
    result = unittest.main(argv=sys.argv[:2], exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(common.SKIPPED if len(result.skipped) == result.testsRun else 0)
