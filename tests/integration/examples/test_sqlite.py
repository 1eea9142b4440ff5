"""sqlite: queries that block answer, while the loop goes on ticking."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, run


class Sqlite(ProgramTest):
    def test_queries_answer_while_the_loop_ticks(self):
        result = run()
        self.assertEqual((result.returncode, result.errors), (0, ""))
        *sums, ticks = result.output.splitlines()
        self.assertEqual(sums, ["500000500000", "1000001000000"])
        # Two queries of a million rows take far longer than these; a loop that they block ticks once or not at all.
        self.assertGreaterEqual(int(re.fullmatch(r"(\d+) ticks", ticks)[1]), 5)


if __name__ == "__main__":
    programs.main()
