"""fetch_many fetches all its URLs, one after another and all at once."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class FetchMany(ProgramTest):
    def test_both_ways_fetch_everything(self):
        server = self.serve({f"/{size}": reply(bytes(size)) for size in (1, 10, 100)})
        result = run(*(f"{server.url}/{size}" for size in (1, 10, 100)))
        self.assertEqual((result.returncode, result.errors), (0, ""))
        self.assertTrue(re.fullmatch(r"one after another: +111 bytes in \d+\.\d{3} s\n"
                                     r"all at once: +111 bytes in \d+\.\d{3} s\n", result.output), result.output)
        self.assertEqual(len(server.heads), 6)

    def test_all_at_once_is_at_once(self):
        # The second time, no request is answered before all three are there.
        server = self.serve({})
        def route(stream, _):
            while 3 < len(server.heads) < 6:
                pass
            stream.sendall(reply(b"x"))
            return True
        server.otherwise = route
        self.assertEqual(run(*(f"{server.url}/{i}" for i in range(3))).returncode, 0)

    def test_an_error_is_said(self):
        server = self.serve({})
        result = run(server.url + "/none")
        self.assertEqual((result.returncode, result.output), (1, ""))
        self.assertIn("404", result.errors)
        self.assertEqual(run().returncode, 2)


if __name__ == "__main__":
    programs.main()
