"""threads: plain threads get their pages from a loop in another thread, and their errors too."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Threads(ProgramTest):
    def test_each_thread_gets_its_answers_in_order(self):
        server = self.serve({f"/{page}": reply(b"page %d" % page) for page in range(4)})
        result = run(server.url + "/")
        self.assertEqual((result.returncode, result.errors), (0, ""))
        lines = result.output.splitlines()
        for worker in range(4):
            mine = [line for line in lines if line.startswith(f"{worker}.")]
            self.assertEqual(mine[:4], [f"{worker}.{page}: page {page}" for page in range(4)])
            self.assertRegex(mine[4], rf"^{worker}\.4: .*404")
        self.assertEqual((len(lines), len(server.heads)), (20, 20))


if __name__ == "__main__":
    programs.main()
