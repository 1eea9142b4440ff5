"""A download that is cut goes on where it was, if it is still the same file; else it fails, and leaves nothing."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, cut, reply, run

FILE = bytes(range(256)) * 4096


def cut_file(etags, piece=300_000, file=FILE):
    """A route that sends at most `piece` bytes of body and closes. Each response has the next of `etags`, then the
    last of them again. Also the list of what was asked for."""
    asked = []

    def route(stream, head):
        text = head.decode("latin-1")
        etag = etags.pop(0) if len(etags) > 1 else etags[0]
        wanted = re.search(r"\r\nRange: bytes=(\d+)-\r\n", text)
        same = re.search(r"\r\nIf-Range: (.*)\r\n", text)
        first = int(wanted[1]) if wanted and same and same[1] == etag else 0
        asked.append(first)
        body = file[first:]
        status = f"HTTP/1.1 206 Part\r\nContent-Range: bytes {first}-{len(file) - 1}/{len(file)}" if first else \
            "HTTP/1.1 200 OK"
        stream.sendall(f"{status}\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:piece])

    return route, asked


class Resume(ProgramTest):
    def test_a_file_that_comes_in_pieces_is_saved_whole(self):
        route, asked = cut_file(['"one"'])
        server = self.serve({"/file": route})
        result = run("--dir", self.out, "--json", server.url + "/file")
        self.assertEqual((result.returncode, self.files()), (0, {"file": FILE}), result.errors)
        self.assertEqual(asked, [0, 300_000, 600_000, 900_000])
        self.assertEqual(result.entries[0]["bytes"], len(FILE))

    def test_two_versions_are_never_mixed(self):
        route, asked = cut_file(['"one"', '"two"'])
        server = self.serve({"/file": route})
        result = run("--dir", self.out, "--json", server.url + "/file")
        self.assertEqual((result.returncode, self.files()), (1, {}), result.errors)
        self.assertEqual(asked, [0, 0])
        self.assertEqual(result.entries[0]["error"]["kind"], "payload")
        self.assertIn("another version of the file", result.errors)

    def test_a_file_that_does_not_get_on_is_given_up(self):
        stuck = cut(b"HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: 9\r\n\r\n")
        server = self.serve({"/file": stuck})
        result = run("--dir", self.out, "--json", server.url + "/file")
        self.assertEqual((result.returncode, self.files()), (1, {}), result.errors)
        self.assertEqual(len(server.heads), 3)
        self.assertIn("after 3 attempts", result.errors)

    def test_a_busy_server_is_asked_again_if_that_is_wanted(self):
        answers = [reply(b"busy", "Retry-After: 0", status="503 Busy")] * 2 + [reply(b"file")]
        server = self.serve({"/file": lambda stream, _: stream.sendall(answers[len(server.heads) - 1]) or True})
        result = run("--dir", self.out, "--retry", 2, server.url + "/file")
        self.assertEqual((result.returncode, self.files()), (0, {"file": b"file"}), result.errors)
        answers.insert(3, answers[0])
        result = run("--dir", self.out, "--force", server.url + "/file")
        self.assertEqual(result.returncode, 1)
        self.assertIn("503", result.errors)


if __name__ == "__main__":
    programs.main()
