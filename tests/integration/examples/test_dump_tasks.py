"""What dump_tasks prints: every task of the program, who waits for what, and where in its code."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, run

PLACE = r"\((\w+\.[ch]pp):(\d+)\)"
AGE = r"\d+ ms old"


class DumpTasks(ProgramTest):
    def test_the_tree(self):
        result = run()
        self.assertEqual(result.returncode, 0, result.output)
        lines = result.output.splitlines()
        for want in (
            rf"- main task, {AGE}, running",
            rf'- task "upload", {AGE}, sleeping, 59 min \d+ s left',
            rf'- task "report", {AGE}, awaiting the future of task "upload"',
            rf"    at report {PLACE}",
            rf'- task "sensors", {AGE}, waiting for 1 task',
            rf"    at poll_sensors {PLACE}",
            rf"    created in main_task {PLACE}",
            rf"    - task, {AGE}, sleeping, 59 min \d+ s left",
            rf"        at read_sensor {PLACE}",
        ):
            self.assertTrue(any(re.fullmatch(want, line) for line in lines), f"{want}\nin\n{result.output}")
        sensors = next(i for i, line in enumerate(lines) if '"sensors"' in line)
        reading = next(i for i, line in enumerate(lines) if "read_sensor" in line)
        self.assertLess(sensors, reading)


if __name__ == "__main__":
    programs.main()
