"""What may be in the way of a file, and how full a disk may be: nothing is lost, nothing half made is left."""

import hashlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, cut, reply, run


class Targets(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out.mkdir()
        self.server = self.serve({"/x": reply(b"new"), "/y": reply(b"other"), "/x.part": reply(b"a file")})
        self.url = self.server.url + "/x"
        self.victim = self.folder / "victim"
        self.victim.write_text("mine")

    def refused(self, *options, said="exists"):
        """/x is refused, and /y arrives all the same."""
        result = run("--dir", self.out, "--json", *options, self.url, self.server.url + "/y")
        self.assertEqual(result.returncode, 1, result.errors)
        error = result.by_url[self.url]["error"]
        self.assertEqual(error["kind"], "file")
        self.assertIn(said, error["message"])
        self.assertIn(str(self.out / "x"), error["message"])
        self.assertEqual((self.out / "y").read_bytes(), b"other")
        self.assertEqual(self.victim.read_text(), "mine")

    def test_a_file_is_replaced_only_by_force(self):
        (self.out / "x").write_text("old")
        self.refused()
        self.assertEqual(self.files(), {"x": b"old", "y": b"other"})
        result = run("--dir", self.out, "--force", self.url)
        self.assertEqual((result.returncode, (self.out / "x").read_bytes()), (0, b"new"))

    def test_a_download_that_fails_leaves_what_it_would_have_replaced(self):
        (self.out / "x").write_text("old")
        self.server.routes["/x"] = cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        result = run("--dir", self.out, "--force", self.url)
        self.assertEqual((result.returncode, self.files()), (1, {"x": b"old"}))

    def test_a_file_that_appears_meanwhile_is_not_replaced(self):
        def route(stream, _):
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
            while not (self.out / "x.part").exists():
                pass
            (self.out / "x").write_text("mine")
            stream.sendall(b"lf")
        self.server.routes["/x"] = route
        self.refused(said="meanwhile")
        self.assertEqual(self.files(), {"x": b"mine", "y": b"other"})

    def test_symbolic_links_are_not_followed(self):
        for target in (self.victim, self.folder / "nothing"):
            with self.subTest(target=target):
                (self.out / "x").symlink_to(target)
                self.refused()
                self.assertTrue((self.out / "x").is_symlink())
                self.assertFalse((self.folder / "nothing").exists())
                result = run("--dir", self.out, "--force", self.url)
                self.assertEqual((result.returncode, self.files()["x"]), (0, b"new"))
                self.assertFalse((self.out / "x").is_symlink())
                self.assertEqual(self.victim.read_text(), "mine")
                shutil.rmtree(self.out)
                self.out.mkdir()

    def test_a_part_file_in_the_way_is_kept(self):
        (self.out / "x.part").symlink_to(self.victim)
        self.refused(said="x.part is in the way")
        self.assertTrue((self.out / "x.part").is_symlink())
        result = run("--dir", self.out, "--force", self.url)
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"new", "y": b"other"}))
        self.assertEqual(self.victim.read_text(), "mine")

    def test_folders_pipes_and_devices_are_never_replaced(self):
        for make in (os.mkdir, os.mkfifo):
            for force in ((), ("--force",)):
                make(self.out / "x")
                self.refused(*force, said="no file that could be replaced")
                shutil.rmtree(self.out)
                self.out.mkdir()
        before = len(self.server.heads)
        result = run("--force", "-o", "/dev/null", self.url)
        self.assertEqual(result.returncode, 1)
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())
        self.assertEqual(len(self.server.heads), before)

    def test_a_file_with_another_checksum_does_not_get_its_name(self):
        right, wrong = hashlib.sha256(b"new").hexdigest(), hashlib.sha256(b"old").hexdigest()
        (self.out / "x").write_bytes(b"mine")
        result = run("--dir", self.out, "--force", "--json", "--checksum", f"sha256={wrong}", self.url)
        self.assertEqual((result.returncode, self.files()), (1, {"x": b"mine"}), result.errors)
        entry, = result.entries
        self.assertEqual((entry["error"]["kind"], entry["file"], entry["sha256"]), ("checksum", None, None))
        self.assertIn(f"sha256={right}, not {wrong}", result.errors)
        result = run("--dir", self.out, "--force", "--json", "--checksum", f"sha256={right.upper()}", self.url)
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"new"}), result.errors)
        self.assertEqual(result.entries[0]["sha256"], right)
        result = run("-o", "-", "--checksum", f"sha256={wrong}", self.url)
        self.assertEqual((result.returncode, result.output), (1, "new"), result.errors)

    def test_a_checksum_is_one_of_one_file(self):
        good = "sha256=" + "0" * 64
        for arguments in (("--checksum", "sha256=00"), ("--checksum", "md5=" + "0" * 32), ("--checksum", ""),
                          ("--checksum", "sha256=" + "g" * 64), ("--checksum", good, self.url),
                          ("--checksum", good, "--head"), ("--min-rate", "0"), ("--min-rate", "fast")):
            with self.subTest(arguments):
                result = run("--dir", self.out, *arguments, self.url)
                self.assertEqual((result.returncode, self.files()), (2, {}), result.errors)
                self.assertIn(arguments[0], result.errors)

    def test_two_urls_of_one_name_become_two_files(self):
        (self.folder / "urls").write_text(f"{self.url}?1\n{self.url}?2\n{self.url}?3\n")
        self.server.routes.update({f"/x?{i}": reply(b"%d" % i) for i in (1, 2, 3)})
        result = run("--dir", self.out, "--json", "-i", self.folder / "urls")
        self.assertEqual((result.returncode, set(self.files())), (0, {"x", "x (1)", "x (2)"}))
        for i in (1, 2, 3):
            path = pathlib.Path(result.by_url[f"{self.url}?{i}"]["path"])
            self.assertEqual(path.read_bytes(), b"%d" % i)

    def test_a_name_that_is_another_files_part_name_is_made_distinct(self):
        def route(stream, _):
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nn")
            while not (self.out / "x (1).part").exists():
                pass
            stream.sendall(b"w")
        self.server.routes["/x"] = route
        def second(stream, _):
            while not (self.out / "x.part").exists():
                pass
            stream.sendall(reply(b"a file"))
        self.server.routes["/x.part"] = second
        result = run("--dir", self.out, "--force", self.url, self.server.url + "/x.part")
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"nw", "x (1).part": b"a file"}))

    def test_output_names_the_file(self):
        result = run("-o", self.out / "name", self.url)
        self.assertEqual((result.returncode, self.files()), (0, {"name": b"new"}))
        run("-o", "there", self.url, cwd=self.out)
        run("-o", "in/there", "--dir", self.out, self.url)
        self.assertEqual((self.out / "there").read_bytes(), b"new")
        self.assertEqual((self.out / "in" / "there").read_bytes(), b"new")
        before = len(self.server.heads)
        result = run("-o", self.out / "name", self.url)
        self.assertEqual((result.returncode, len(self.server.heads)), (1, before))

    def test_files_get_the_usual_mode(self):
        run("--dir", self.out, self.url, preexec_fn=lambda: os.umask(0o027))
        self.assertEqual((self.out / "x").stat().st_mode & 0o7777, 0o640)


class Folders(ProgramTest):
    def nothing_done(self, folder):
        server = self.serve({"/x": reply(b"new")})
        result = run("--dir", folder, server.url + "/x")
        self.assertEqual(result.returncode, 3, result.errors)
        self.assertIn(str(folder), result.errors)
        self.assertEqual(server.heads, [])

    def test_a_folder_that_is_missing_is_made(self):
        server = self.serve({"/x": reply(b"new")})
        result = run("--dir", self.out / "a" / "b", server.url + "/x")
        self.assertEqual((result.returncode, (self.out / "a" / "b" / "x").read_bytes()), (0, b"new"))

    def test_a_folder_that_cannot_be_made_or_is_a_file_ends_it_before_anything_is_sent(self):
        self.out.write_text("a file")
        self.nothing_done(self.out)
        self.nothing_done(self.out / "below")

    def test_a_folder_that_cannot_be_written_to_ends_it_before_anything_is_sent(self):
        self.out.mkdir(mode=0o555)
        if os.geteuid() == 0:
            mount(self, "ro", self.out)
        self.nothing_done(self.out)


def mount(test, options, folder):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "skein-test", folder], capture_output=True, check=False)
    if done.returncode != 0:
        test.skipTest("no file system can be mounted here: " + done.stderr.decode().strip())
    test.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=True)


class FullDisk(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out.mkdir()
        self.server = self.serve({"/small": reply(b"small"), "/large": reply(bytes(4 << 20)), "/last": reply(b"last")})

    def check(self, said, **options):
        urls = [self.server.url + path for path in ("/small", "/large", "/last")]
        result = run("--dir", self.out, "--json", "-j", 1, *urls, **options)
        self.assertEqual(result.returncode, 1, result.errors)
        error = result.by_url[urls[1]]["error"]
        self.assertEqual((error["kind"], error["message"]), ("file", f"cannot write {self.out}/large.part: {said}"))
        self.assertEqual(self.files(), {"small": b"small", "last": b"last"}, result.errors)

    def test_a_full_disk_fails_the_file_that_does_not_fit(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")
        mount(self, "size=1m", self.out)
        self.check("No space left on device")

    def test_a_limit_on_file_sizes_fails_the_file_that_is_larger(self):
        self.check("File too large", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))


if __name__ == "__main__":
    programs.main()
