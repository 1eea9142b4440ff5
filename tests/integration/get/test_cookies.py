"""Cookies: kept for a run, and from one run to the next by files."""

import pathlib
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Cookies(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve({"/login": reply(b"", "Set-Cookie: s=1; Path=/; Max-Age=1000", "Location: /file",
                                                  status="302 Found"),
                                  "/file": reply(b"content")})
        self.jar = self.folder / "jar"

    def cookies(self):
        """What the last request sent."""
        return [line[8:] for line in self.server.heads[-1].split("\r\n") if line.startswith("Cookie: ")]

    def get(self, *arguments):
        return run("--dir", self.out, "--force", *arguments)

    def test_a_redirect_sets_what_the_next_request_sends(self):
        self.assertEqual(self.get(self.server.url + "/login").returncode, 0)
        self.assertEqual(self.cookies(), ["s=1"])

    def test_nothing_is_kept_beyond_a_run(self):
        self.get(self.server.url + "/login")
        self.get(self.server.url + "/file")
        self.assertEqual(self.cookies(), [])

    def test_a_file_carries_them_to_the_next_run(self):
        self.assertEqual(self.get("-c", self.jar, self.server.url + "/login").returncode, 0)
        self.assertEqual(stat.S_IMODE(self.jar.stat().st_mode), 0o600)
        self.assertTrue(self.jar.read_text().startswith("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t"))
        self.assertEqual(self.get("-b", self.jar, "-c", self.jar, self.server.url + "/file").returncode, 0)
        self.assertEqual(self.cookies(), ["s=1"])
        self.assertIn("s\t1\n", self.jar.read_text())

    def test_a_broken_line_is_said_and_the_others_count(self):
        self.jar.write_text("broken\n127.0.0.1\tFALSE\t/\tFALSE\t0\tgood\t1\n")
        result = self.get("-b", self.jar, self.server.url + "/file")
        self.assertEqual((result.returncode, self.cookies()), (0, ["good=1"]))
        self.assertIn(f"{self.jar}:1: not used: ", result.errors)

    def test_a_file_that_cannot_be_read_ends_it(self):
        result = self.get("-b", self.folder / "missing", self.server.url + "/file")
        self.assertEqual((result.returncode, self.server.heads), (3, []))
        self.assertIn(str(self.folder / "missing"), result.errors)

    def test_a_file_that_cannot_be_written_is_said(self):
        result = self.get("-c", self.folder / "missing" / "jar", self.server.url + "/file")
        self.assertEqual((result.returncode, self.files()), (3, {"file": b"content"}))
        self.assertIn(str(self.folder / "missing" / "jar"), result.errors)


if __name__ == "__main__":
    programs.main()
