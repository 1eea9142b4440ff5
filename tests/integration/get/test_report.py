"""The report on standard output: a line of JSON for each URL, whoever reads it."""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run

FIELDS = ["url", "source", "final_url", "via", "status", "file", "path", "bytes", "sha256", "seconds", "phases", "error"]


class Report(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve({"/x": reply(b"content"), "/moved": reply(b"", "Location: /x", status="301 Moved")})
        self.url = self.server.url + "/x"

    def test_each_line_has_all_fields(self):
        result = run("--dir", self.out, "--json", self.url, self.server.url + "/none", self.server.url + "/moved")
        self.assertEqual(len(result.entries), 3)
        for entry in result.entries:
            self.assertEqual(list(entry), FIELDS)
            self.assertGreaterEqual(entry["seconds"], 0)
        good, none, moved = (result.by_url[self.server.url + path] for path in ("/x", "/none", "/moved"))
        self.assertEqual((good["error"], good["bytes"], good["status"]), (None, 7, 200))
        self.assertEqual((none["path"], none["sha256"], none["bytes"], none["status"]), (None, None, 0, 404))
        self.assertEqual(set(none["error"]), {"kind", "message"})
        self.assertEqual(moved["final_url"], self.url)
        self.assertEqual(result.errors.count("\n"), 2)  # the failure, the sum

    def test_the_seconds_of_each_phase_are_in_it(self):
        dead = f"http://127.0.0.1:{programs.free_port()}/x"
        slow = self.server.url + "/slow"
        def route(stream, _):
            time.sleep(0.2)
            stream.sendall(reply(b"content"))
        self.server.routes["/slow"] = route
        result = run("--dir", self.out, "--json", slow, dead, "no url")
        phases = result.by_url[slow]["phases"]
        self.assertEqual(list(phases), ["pause", "pool", "dns", "connect", "proxy", "tls", "write", "first_byte", "read"])
        self.assertGreaterEqual(phases["first_byte"], 0.1)
        self.assertLessEqual(sum(phases.values()), result.by_url[slow]["seconds"] + 0.001)
        self.assertIsInstance(result.by_url[dead]["phases"]["connect"], float)
        self.assertIsNone(result.by_url["no url"]["phases"])

    def test_without_a_report_there_is_a_line_for_each_file(self):
        result = run("--dir", self.out, self.url)
        self.assertEqual(result.output, "")
        saved, total = result.errors.splitlines()
        self.assertEqual(saved, f"saved {self.out}/x, 7 B")
        self.assertRegex(total, r"^skein-get: 1 of 1 saved, 7 B in \d+\.\d s$")

    def test_quiet_says_only_what_went_wrong(self):
        self.assertEqual(run("--quiet", "--dir", self.out, self.url).errors, "")
        self.assertEqual(run("--quiet", "--dir", self.out, self.url).errors.count("\n"), 1)

    def test_a_reader_that_has_gone_stops_it(self):
        self.server.routes["/stalls"] = self.server.stall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        reading, writing = os.pipe()
        os.close(reading)
        result = run("--dir", self.out, "--json", self.server.url + "/stalls", self.url, stdout=writing)
        os.close(writing)
        self.assertEqual(result.returncode, 141)
        self.assertIn("cannot write to standard output: Broken pipe", result.errors)
        self.assertEqual(self.files(), {"x": b"content"})

    def test_a_report_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "wb") as full:
            result = run("--dir", self.out, "--json", self.url, stdout=full)
        self.assertEqual(result.returncode, 3)
        self.assertIn("cannot write to standard output: No space left on device", result.errors)

    def test_standard_streams_that_are_closed_harm_no_file(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                out = self.folder / closed.replace(" ", "")
                command = ["sh", "-c", f'exec "$@" {closed}', "sh", programs.PROGRAM, "--dir", out, self.url]
                done = subprocess.run(command, capture_output=True, check=False, timeout=programs.TIME_LIMIT)
                self.assertEqual((done.returncode, (out / "x").read_bytes()), (0, b"content"))


if __name__ == "__main__":
    programs.main()
