"""What is shown on a terminal while files arrive, and that it leaves a tidy screen."""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import termios
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest


class Screen:
    """As much of a terminal as it takes: lines, the cursor's, and what erases."""

    def __init__(self):
        self.lines, self.row = [""], 0

    def feed(self, text):
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\n":
                self.row += 1
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif match := re.fullmatch(r"\x1b\[(\d+)A", part):
                self.row -= int(match[1])
                assert self.row >= 0
            elif part == "\x1b[J":
                self.lines[self.row:] = [""]
            elif part != "\r" and not part.startswith("\x1b[?7"):
                self.lines[self.row] += part


class Progress(ProgramTest):
    def watch(self, arguments, seen, then, term="xterm", columns=None):
        """Runs the program on a terminal; calls `then` once `seen` matches what it shows. All it showed."""
        ours, theirs = pty.openpty()
        if columns:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([programs.PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "TERM": term})
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the terminal has no program any more
                break
            if then is not None and re.search(seen, shown):
                then()
                then = None
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertIsNone(then, shown)
        return shown.decode().replace("\r\n", "\n")

    def half_way(self):
        released = threading.Event()
        def route(stream, _):
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 100_000)
            released.wait()
            stream.sendall(b"x" * 100_000)
        return route, released

    def test_files_and_total_are_shown_and_the_block_goes_at_the_end(self):
        route, released = self.half_way()
        server = self.serve({"/a.bin": route, "/b.bin": route})
        shown = self.watch(["--dir", self.out, server.url + "/a.bin", server.url + "/b.bin"],
                           rb"200\.0 kB  \d", released.set)
        self.assertRegex(shown, r"a\.bin +\[#{8} {8}\]   50% of 200\.0 kB  [\d.]+ [kM]?B/s(  \d+:\d\d left)?\n")
        self.assertRegex(shown, r"0 of 2 files  200\.0 kB  [\d.]+ [kM]?B/s")
        screen = Screen()
        screen.feed(shown)
        lines = screen.lines
        self.assertEqual(set(lines[:2]), {f"saved {self.out}/{name}, 200.0 kB" for name in ("a.bin", "b.bin")})
        self.assertRegex(lines[2], r"^skein-get: 2 of 2 saved, 400\.0 kB in ")
        self.assertEqual(lines[3:], [""])
        self.assertEqual(shown.count("\x1b[?7l"), shown.count("\x1b[?7h"))

    def test_a_line_fits_the_terminal(self):
        name = "a-name-that-is-longer-than-there-is-room-for-on-most-terminals.bin"
        for columns, has_bar in ((200, True), (80, True), (79, False), (40, False)):
            with self.subTest(columns):
                route, released = self.half_way()
                server = self.serve({"/" + name: route})
                shown = self.watch(["--force", "--dir", self.out, f"{server.url}/{name}"], rb"100\.0 kB  \d", released.set,
                                   columns=columns)
                lines = [line for line in re.split(r"\n|\x1b\[[?\d;]*[A-Za-z]", shown) if "50% of" in line]
                self.assertTrue(lines)
                self.assertEqual({"[####" in line for line in lines}, {has_bar})
                self.assertLessEqual(max(map(len, lines)), max(columns, 58))

    def test_a_body_that_is_sent_is_shown(self):
        size = 64 << 20  # more than sockets hold
        released = threading.Event()
        def route(stream, _):
            released.wait()
            left = size
            while left:
                left -= len(stream.recv(min(left, 1 << 20)))
            stream.sendall(programs.reply(b"thanks"))
        server = self.serve({"/a": route})
        body = self.folder / "body"
        with open(body, "wb") as file:
            file.truncate(size)
        shown = self.watch(["--dir", self.out, "-d", f"@{body}", server.url + "/a"],
                           rb"to 127\.0\.0\.1 +\[#* +\] +\d\d?% of 67\.1 MB", released.set)
        self.assertRegex(shown, r"0 of 1 files  0 B  0 B/s")  # what is saved counts
        self.assertIn("1 of 1 saved, 6 B", shown)

    def test_a_file_of_unknown_size_has_no_bar(self):
        released = threading.Event()
        def route(stream, _):
            stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + b"x" * 100_000 + b"\r\n")
            released.wait()
            stream.sendall(b"0\r\n\r\n")
        server = self.serve({"/a.bin": route})
        shown = self.watch(["--dir", self.out, server.url + "/a.bin"], rb"a\.bin +100\.0 kB  \d", released.set)
        self.assertNotIn("[#", shown)

    def test_hostile_names_do_not_reach_the_terminal(self):
        route, released = self.half_way()
        server = self.serve({})
        server.otherwise = route
        shown = self.watch(["--dir", self.out, server.url + "/%1b%5b2Jx%c2%9b2J"], rb"50% of", released.set)
        self.assertEqual(re.sub(r"\x1b\[(\d+A|J|\?7[lh])", "", shown).count("\x1b"), 0)
        self.assertNotIn("\x9b", shown)

    def test_a_terminal_that_can_nothing_gets_lines(self):
        route, released = self.half_way()
        server = self.serve({"/a.bin": route})
        released.set()
        shown = self.watch(["--dir", self.out, server.url + "/a.bin"], b"saved", lambda: None, term="dumb")
        self.assertNotIn("\x1b", shown)
        self.assertEqual(shown.count("\n"), 2)


if __name__ == "__main__":
    programs.main()
