"""skein-get fetches many files at once, whole, in flat memory, and reports what is on disk."""

import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, run


# A process counts what its parent had when it was forked: so a small one starts the program.
MEASURE = """import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def peak_memory(*arguments):
    """Runs the program; its exit code and the most memory it had, in KiB."""
    result = subprocess.run([sys.executable, "-S", "-c", MEASURE, programs.PROGRAM, "--quiet",
                             *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return tuple(map(int, result.stdout.split()))


class Many(ProgramTest):
    def make_site(self, count):
        site = self.folder / "site"
        site.mkdir()
        chance = random.Random(1)
        content = {f"{i:03}.bin": chance.randbytes(int(2 ** chance.uniform(0, 20))) for i in range(count)}
        for name, data in content.items():
            (site / name).write_bytes(data)
        return site, content

    def agree(self, result, base, content):
        """The report, the disk and what was served say the same of each file."""
        self.assertEqual(self.files(), content)
        for name, data in content.items():
            entry = result.by_url[base + name]
            self.assertEqual(pathlib.Path(entry["path"]), self.out / name)
            self.assertEqual((entry["status"], entry["bytes"], entry["error"]), (200, len(data), None))
            self.assertEqual(entry["sha256"], hashlib.sha256(data).hexdigest())
            self.assertEqual((entry["final_url"], entry["file"]), (base + name, entry["path"]))

    def test_500_files_from_nginx_32_at_a_time_arrive_as_they_are(self):
        site, content = self.make_site(500)
        base = self.nginx(site).url + "/"
        listing = "".join(base + name + "\n" for name in content)
        result = run("--dir", self.out, "-j", 32, "--json", "-i", "-", input=listing.encode())
        self.assertEqual((result.returncode, result.errors.count("\n")), (0, 1))
        self.assertEqual(len(result.entries), 500)
        self.agree(result, base, content)

    def test_a_dead_host_among_them_leaves_the_others_unharmed(self):
        site, content = self.make_site(60)
        base = self.nginx(site).url + "/"
        dead = f"http://127.0.0.1:{programs.free_port()}/x"
        urls = [base + name for name in content]
        for place in (0, 20, 40):
            urls.insert(place, dead)
        result = run("--dir", self.out, "--json", *urls)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([entry["error"]["kind"] for entry in result.entries if entry["error"]], ["connect"] * 3)
        self.agree(result, base, content)

    def test_memory_does_not_grow_with_the_number_of_urls(self):
        site, _ = self.make_site(1)
        base = self.nginx(site).url + "/000.bin?"
        lists = {}
        for count in (100, 10_000):
            lists[count] = self.folder / f"{count}.txt"
            lists[count].write_text("".join(f"{base}{i}\n" for i in range(count)))
        used = {}
        # In memory where that is possible: a disk takes its time to sync 10,000 files.
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix="skein-test-", dir=shared) as folder:
            for count, path in lists.items():
                out = pathlib.Path(folder, str(count))
                code, used[count] = peak_memory("--dir", out, "-j", 16, "-i", path)
                self.assertEqual((code, len(list(out.iterdir()))), (0, count))
        if programs.sanitized():
            self.skipTest("all were saved; memory says nothing under the address sanitizer")
        self.assertLess(used[10_000] - used[100], 8 << 10)

    def test_memory_does_not_grow_with_the_size_of_a_file(self):
        site = self.folder / "site"
        site.mkdir()
        with open(site / "large", "wb") as file:
            file.truncate(256 << 20)
        code, used = peak_memory("--dir", self.out, self.nginx(site).url + "/large")
        self.assertEqual(code, 0)
        self.assertEqual((self.out / "large").stat().st_size, 256 << 20)
        if programs.sanitized():
            self.skipTest("it was saved; memory says nothing under the address sanitizer")
        self.assertLess(used, 32 << 10)


if __name__ == "__main__":
    programs.main()
