"""Redirects: followed or not, and how many."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Redirects(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve({"/0": reply(b"content")})
        for i in range(1, 13):
            self.server.routes[f"/{i}"] = reply(b"moved", f"Location: /{i - 1}", status="302 Found")

    def get(self, hops, *arguments):
        return run("--dir", self.out, "--json", *arguments, f"{self.server.url}/{hops}")

    def test_ten_are_followed(self):
        result = self.get(10)
        self.assertEqual((result.returncode, self.files()), (0, {"10": b"content"}))
        result = self.get(11)
        self.assertEqual((result.returncode, result.entries[0]["error"]["kind"]), (1, "redirects"))

    def test_another_number(self):
        self.assertEqual(self.get(12, "--max-redirs", 12).returncode, 0)
        self.assertEqual(self.get(3, "--max-redirs", 3).returncode, 0)
        self.assertEqual(self.get(4, "--max-redirs", 3).entries[0]["error"]["kind"], "redirects")
        self.assertEqual(self.get(1, "--max-redirs", 0).entries[0]["error"]["kind"], "redirects")

    def test_they_are_not_followed_if_that_is_not_wanted(self):
        result = self.get(1, "--no-location")
        self.assertEqual((result.returncode, self.files(), len(self.server.heads)), (1, {}, 1))
        self.assertEqual(result.entries[0]["status"], 302)
        self.assertIn("the server answered 302 Found", result.errors)
        self.assertEqual(self.get(1, "--no-location", "-L").returncode, 0)

    def test_heads_are_asked_for_along_them(self):
        result = run("-I", self.server.url + "/2")
        self.assertEqual(result.returncode, 0, result.errors)
        self.assertEqual(result.output, "HTTP/1.1 200 OK\nContent-Length: 7\n\n")
        self.assertEqual([head.split(" ")[:2] for head in self.server.heads],
                         [["HEAD", "/2"], ["HEAD", "/1"], ["HEAD", "/0"]])
        result = run("-I", "--no-location", self.server.url + "/2")
        self.assertIn("Location: /1\n", result.output)

    def test_the_default_is_in_the_help(self):
        text = " ".join(run("--help").output.split())
        self.assertIn("Follow redirects, or not; default: follow", text)
        self.assertIn("So many redirects at most; default: 10", text)


if __name__ == "__main__":
    programs.main()
