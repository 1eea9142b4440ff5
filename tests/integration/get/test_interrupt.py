"""Ctrl-C, and the signals of a system that shuts down: nothing half made is left, what is whole stays, and the shell
sees the signal. A second one ends it at once."""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50000


class Interrupt(ProgramTest):
    def start(self, *arguments, **options):
        process = subprocess.Popen([programs.PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, start_new_session=True, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def fetch_until_stalled(self, **options):
        """Starts it on a server that stalls in various places; returns when one file is whole and all else hangs."""
        server = self.serve({"/whole": reply(b"whole")})
        stalled = ("head", "body", "other-body")
        for name in stalled:
            server.routes["/" + name] = server.stall(b"" if name == "head" else HALF)
        errors = open(self.folder / "errors", "wb")
        self.addCleanup(errors.close)
        process = self.start("--dir", self.out, "-j", 4, *(f"{server.url}/{name}" for name in ("whole", *stalled)),
                             f"{server.url}/never", stderr=errors, **options)
        while not all((self.out / name).exists() for name in ("whole", "body.part", "other-body.part")) \
                or len(server.heads) < 5:
            self.assertIsNone(process.poll())
        return process

    def test_the_first_signal_removes_part_files_and_keeps_whole_ones(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                shutil.rmtree(self.out, ignore_errors=True)
                process = self.fetch_until_stalled()
                os.killpg(process.pid, number)
                process.communicate(timeout=programs.TIME_LIMIT)
                self.assertEqual(process.returncode, -number)
                self.assertEqual(self.files(), {"whole": b"whole"})
                self.assertIn("interrupted: 1 of 5 saved", (self.folder / "errors").read_text())

    def test_a_hangup_that_is_ignored_stays_so(self):
        process = self.fetch_until_stalled(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        ignored = re.search(r"SigIgn:\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]
        self.assertTrue(int(ignored, 16) & 1 << signal.SIGHUP - 1)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=programs.TIME_LIMIT)
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_a_second_ctrl_c_ends_it_at_once(self):
        # Nobody reads the report: the first has to wait for the write that is under way.
        listing = self.folder / "list"
        listing.write_text("no url at all\n" * 10_000)
        process = self.start("--dir", self.out, "--json", "-i", listing, stderr=subprocess.DEVNULL)
        reading, _, _ = select.select([process.stdout], [], [], programs.TIME_LIMIT)
        self.assertTrue(reading)
        while process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertLess(len(process.stdout.read()), 1 << 20)


if __name__ == "__main__":
    programs.main()
