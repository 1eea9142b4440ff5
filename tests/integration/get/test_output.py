"""-o -: the file on standard output, and nothing else."""

import os
import pathlib
import pty
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, cut, reply, run

FILE = bytes(range(256)) * 8192  # more than a pipe holds


class Output(ProgramTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve({"/x": reply(FILE)})
        self.url = self.server.url + "/x"

    def get(self, *arguments, **options):
        """Standard output as bytes, and what was said; `arguments` in an empty folder."""
        done = subprocess.run([programs.PROGRAM, "-o", "-", *arguments], stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=self.folder, check=False,
                              timeout=programs.TIME_LIMIT, **options)
        self.assertEqual(list(self.folder.iterdir()), [])
        return done.returncode, done.stdout, done.stderr.decode()

    def test_every_byte_and_nothing_else(self):
        self.assertEqual(self.get(self.url), (0, FILE, ""))

    def test_a_terminal_for_messages_gets_no_progress(self):
        ours, theirs = pty.openpty()
        done = subprocess.run([programs.PROGRAM, "-o", "-", self.url], stdout=subprocess.PIPE, stderr=theirs,
                              stdin=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"}, check=False,
                              timeout=programs.TIME_LIMIT)
        os.write(theirs, b"end")
        shown = os.read(ours, 65536)
        os.close(theirs)
        os.close(ours)
        self.assertEqual((done.returncode, done.stdout, shown), (0, FILE, b"end"))

    def test_what_is_no_file_is_not_written(self):
        code, output, said = self.get(self.server.url + "/none")
        self.assertEqual((code, output), (1, b""))
        self.assertIn("the server answered 404", said)

    def test_a_file_that_is_cut_is_an_error(self):
        self.server.routes["/x"] = cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        code, output, said = self.get(self.url)
        self.assertEqual((code, output), (1, b"half"))
        self.assertIn(self.url, said)

    def test_a_reader_that_has_gone_is_an_error(self):
        reading, writing = os.pipe()
        os.close(reading)
        code, _, said = self.get(self.url, stdout=writing)
        os.close(writing)
        self.assertEqual(code, 141)
        self.assertEqual(said, "skein-get: cannot write to standard output: Broken pipe\n")

    def test_a_reader_that_goes_half_way_is_an_error(self):
        process = subprocess.Popen([programs.PROGRAM, "-o", "-", self.url], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertEqual(process.stdout.read(1000), FILE[:1000])
        process.stdout.close()
        said = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(programs.TIME_LIMIT), 141)
        self.assertEqual(said, "skein-get: cannot write to standard output: Broken pipe\n")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            code, _, said = self.get(self.url, stdout=full)
        self.assertEqual(code, 3)
        self.assertIn("cannot write to standard output: No space left on device", said)

    def test_it_is_for_one_url(self):
        code, output, said = self.get(self.url, self.url)
        self.assertEqual((code, output), (2, b""))
        self.assertIn("exactly one URL", said)

    def test_a_file_may_be_called_so(self):
        result = run("-o", "./-", self.url, cwd=self.folder)
        self.assertEqual((result.returncode, (self.folder / "-").read_bytes()), (0, FILE))


if __name__ == "__main__":
    programs.main()
