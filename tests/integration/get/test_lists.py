"""Lists of URLs, and command lines with mistakes."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Lists(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve({f"/{name}": reply(name.encode()) for name in "abcdef"})
        self.list = self.folder / "urls.txt"

    def test_blank_lines_comments_and_all_line_ends(self):
        url = self.server.url
        self.list.write_bytes(f"\ufeff{url}/a\r\n\r\n  # a comment\n\n \t {url}/b \t\n#{url}/f\n{url}/c#x\n{url}/d"
                              .encode())
        result = run("--dir", self.out, "-i", self.list, url + "/e")
        self.assertEqual(result.returncode, 0, result.errors)
        self.assertEqual(self.files(), {name: name.encode() for name in "abcde"})

    def test_a_broken_line_is_named_and_harms_no_other(self):
        self.list.write_bytes(b"# list\n%s/a\nno url\n\x00\x1b[2J\n%s\n%s/b" % (
            self.server.url.encode(), b"http://a/" + b"x" * 200_000, self.server.url.encode()))
        result = run("--dir", self.out, "--json", "-i", self.list)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.files(), {"a": b"a", "b": b"b"})
        failed = [entry for entry in result.entries if entry["error"]]
        self.assertEqual({entry["source"] for entry in failed}, {f"{self.list}:{line}" for line in (3, 4, 5)})
        self.assertEqual({entry["error"]["kind"] for entry in failed}, {"invalid_url"})
        for line in (3, 4, 5):
            self.assertIn(f"{self.list}:{line}: ", result.errors)
        self.assertNotIn("\x1b", result.errors)

    def test_standard_input(self):
        listing = f"{self.server.url}/a\nbroken\n".encode()
        result = run("--dir", self.out, "-i", "-", input=listing)
        self.assertEqual((result.returncode, self.files()), (1, {"a": b"a"}))
        self.assertIn("stdin:2: ", result.errors)

    def test_two_lists_at_once(self):
        other = self.folder / "other.txt"
        self.list.write_text(self.server.url + "/a")
        other.write_text(self.server.url + "/b")
        result = run("--dir", self.out, "-i", self.list, "-i", other)
        self.assertEqual((result.returncode, self.files()), (0, {"a": b"a", "b": b"b"}))

    def test_lists_without_a_url_are_a_mistake(self):
        self.list.write_text("# nothing\n\n")
        result = run("-i", self.list)
        self.assertEqual((result.returncode, result.errors), (2, f"skein-get: no URL in {self.list}\n"))

    def test_lists_that_cannot_be_read(self):
        for path in (self.folder / "missing", self.folder):
            result = run("-i", path, self.server.url + "/a", "--dir", self.out)
            self.assertEqual(result.returncode, 3)
            self.assertIn(f"cannot read {path}", result.errors)
            self.assertFalse(self.out.exists())


class CommandLine(ProgramTest):
    def test_mistakes_are_said_in_a_line_and_nothing_is_done(self):
        url = self.serve({}).url + "/x"
        for arguments in ([], ["--no-such"], ["--jobs", "0", url], ["--jobs", "x", url], ["--jobs", "-1", url],
                          ["--timeout", "0", url], ["--timeout", "nan", url], ["--timeout", "-1", url],
                          ["-H", "no colon", url], ["-H", "a b: c", url], ["-H", "A: b\nC: d", url],
                          ["-H", "Content-Length: 5", url], ["-o", "", url], ["-o", "..", url],
                          ["-o", "x", url, url], ["-o", "x", "-i", "-", url], ["-i", "-", "-i", "-"], ["-i"]):
            with self.subTest(arguments=arguments):
                result = run(*arguments, cwd=self.folder)
                self.assertEqual(result.returncode, 2, result.errors)
                self.assertEqual(result.errors.count("\n"), 1, result.errors)
                self.assertTrue(result.errors.startswith("skein-get: "))
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_help_has_the_options_and_the_exit_codes(self):
        result = run("--help")
        self.assertEqual((result.returncode, result.errors), (0, ""))
        for word in ("  0 ", "  1 ", "  2 ", "  3 ", "130", "141"):
            self.assertIn(word, result.output)
        self.assertRegex(run("--version").output, r"^skein-get \d+\.\d+\.\d+\n$")

    def test_help_and_the_page_have_the_same_options(self):
        page = (pathlib.Path(__file__).resolve().parents[3] / "docs" / "skein-get.md").read_text(encoding="utf-8")
        listed = {option for row in re.findall(r"^\| (`-.*?) \|", page, re.M) for option in re.findall(r"`(--?[\w-]+)", row)}
        known = {option for line in re.findall(r"^  (-\S+)", run("--help").output, re.M)
                 for option in re.sub(r"\{\w+\}", "", line).split(",")}
        self.assertGreater(len(known), 30)
        self.assertEqual(known - {"-h", "--help", "--version"}, listed)

    def test_headers_are_sent(self):
        server = self.serve({"/x": reply(b"x")})
        result = run("--dir", self.out, "-H", "X-One: 1", "-H", "User-Agent: me", server.url + "/x")
        self.assertEqual(result.returncode, 0, result.errors)
        head = server.heads[0].lower()
        self.assertIn("\r\nx-one: 1\r\n", head)
        self.assertEqual(head.count("user-agent"), 1)
        self.assertIn("\r\nuser-agent: me\r\n", head)
        self.assertIn("\r\naccept-encoding: identity\r\n", head)

    def test_headers_stay_with_their_origin(self):
        other = self.serve({"/x": reply(b"x")})
        server = self.serve({"/x": reply(b"", f"Location: {other.url}/x", status="302 Found")})
        result = run("--dir", self.out, "-H", "X-Api-Key: secret", server.url + "/x")
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"x"}))
        self.assertIn("secret", server.heads[0])
        self.assertNotIn("secret", other.heads[0])

    def test_secrets_of_a_url_are_not_told(self):
        server = self.serve({})
        url = server.url.replace("//", "//user:secret@") + "/x"
        result = run("--dir", self.out, "--json", url, "http://user:secret@a b/")
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("secret", result.output + result.errors)
        self.assertIn("authorization: basic dxnlcjpzzwnyzxq=", server.heads[0].lower())


if __name__ == "__main__":
    programs.main()
