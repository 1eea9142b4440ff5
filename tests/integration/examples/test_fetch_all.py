"""fetch_all is the program of README.md, word for word, and does what it says there."""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run

ROOT = pathlib.Path(__file__).resolve().parents[3]


class FetchAll(ProgramTest):
    def test_it_is_the_program_of_the_readme(self):
        program = (ROOT / "examples" / "fetch_all.cpp").read_text()
        program = program[program.index("#include"):]
        self.assertIn("```cpp\n" + program + "```\n", (ROOT / "README.md").read_text())

    def test_a_hundred_urls_ten_at_a_time_and_errors_are_values(self):
        server = self.serve({f"/{i}": reply(b"x") for i in range(97)})
        lock, busy, most = threading.Lock(), [], []

        def wrap(route):
            def counted(stream, _):
                with lock:
                    busy.append(route)
                    most.append(len(busy))
                while len(server.heads) < 10:  # the first ten are there together
                    pass
                with lock:
                    busy.pop()
                stream.sendall(route)
                return True
            return counted

        server.routes = {target: wrap(route) for target, route in server.routes.items()}
        result = run(server.url + "/")
        self.assertEqual((result.returncode, result.output), (0, "1 " * 97 + "0 " * 3))
        self.assertEqual(len(server.heads), 100)
        self.assertLessEqual(max(most), 10)


if __name__ == "__main__":
    programs.main()
