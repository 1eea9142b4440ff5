"""postgres: slow queries on several connections of a real server at once, while the loop goes on ticking."""

import glob
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, run


def server_program(name):
    """A program of the server, which is not on the PATH everywhere; None if there is no server here."""
    installed = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return shutil.which(name) or (installed[-1] if installed else None)


class Postgres(ProgramTest):
    def start_server(self):
        """A server with a cluster of its own, reached by a socket in `self.data` only; it refuses to run as root."""
        if server_program("initdb") is None:
            self.skipTest("there is no PostgreSQL server here")
        self.data = tempfile.mkdtemp(prefix="skein-pg-")
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)
        as_user = {"stdin": subprocess.DEVNULL, "cwd": self.data}
        if os.geteuid() == 0:
            names = [user.pw_name for user in pwd.getpwall()]
            user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.data, user.pw_uid, user.pw_gid)
            as_user.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        cluster = os.path.join(self.data, "cluster")
        subprocess.run([server_program("initdb"), "--no-sync", "--auth=trust", "--username=skein", "--encoding=UTF8",
                        "--no-locale", "-D", cluster], check=True, stdout=subprocess.PIPE, **as_user)
        server = subprocess.Popen([server_program("postgres"), "-D", cluster, "-k", self.data, "-c",
                                   "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=1MB"],
                                  stderr=subprocess.PIPE, preexec_fn=programs.die_with_parent, text=True, **as_user)

        def stop():
            server.send_signal(signal.SIGINT)  # disconnects whoever is there
            server.communicate(timeout=programs.TIME_LIMIT)
        self.addCleanup(stop)
        log = ""
        while "ready to accept connections" not in log:
            line = server.stderr.readline()
            self.assertTrue(line, f"the server did not start:\n{log}")
            log += line
        return f"host={self.data} user=skein dbname=postgres"

    def test_queries_answer_at_once_while_the_loop_ticks(self):
        result = run(self.start_server())
        self.assertEqual((result.returncode, result.errors), (0, ""))
        *values, ticks = result.output.splitlines()
        self.assertEqual(values, ["11", "22", "33", "44"])
        # Half a second has fifty; a loop that the queries block, or that takes them one by one, ticks once for each.
        self.assertGreaterEqual(int(re.fullmatch(r"(\d+) ticks", ticks)[1]), 10)

    def test_a_server_that_is_not_there_is_an_error(self):
        result = run(f"host={self.folder} user=skein")
        self.assertEqual((result.returncode, result.output), (1, ""))
        self.assertIn("No such file or directory", result.errors)


if __name__ == "__main__":
    programs.main()
