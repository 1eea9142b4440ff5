"""Optional libraries: loaded when they are needed, and only then; what one is missing for says so."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, environment, reply, run

NAMES = os.environ["SKEIN_LAZY_LIBRARIES"].split()  # "libzstd": those that this build loads


class Libraries(ProgramTest):
    def without(self, *names):
        """An environment in which these libraries are broken: files of their names come first."""
        for name in names:
            (self.folder / name).write_text("no library")
        return environment(LD_LIBRARY_PATH=str(self.folder))

    def soname(self, library):
        """As the program notes it."""
        found = [word for word in pathlib.Path(programs.PROGRAM).read_bytes().split(b'"')
                 if word.startswith(library.encode() + b".so.")]
        self.assertTrue(found, f"no note names {library}")
        return found[0].decode()

    def test_a_program_is_not_linked_with_them_and_notes_what_it_may_load(self):
        def readelf(what):  # it ends with 1 if it does not know what a note is for
            return subprocess.run(["readelf", what, "-W", programs.PROGRAM], check=False, capture_output=True,
                                  text=True).stdout
        dynamic, notes = readelf("-d"), readelf("-n")
        self.assertIn("[libssl.so", dynamic)
        self.assertIn("407c0c0a", notes)
        for name in NAMES:
            self.assertNotIn(f"[{name}.so", dynamic)
            self.soname(name)

    def test_a_body_that_cannot_be_decompressed_says_which_library_is_missing(self):
        for library, coding in ("libbrotlidec", "br"), ("libzstd", "zstd"):
            if library not in NAMES:
                continue
            with self.subTest(coding):
                server = self.serve({"/file": reply(b"squeezed", f"Content-Encoding: {coding}")})
                soname = self.soname(library)
                result = run("--compressed", "--dir", self.out, server.url + "/file", env=self.without(soname))
                self.assertEqual((result.returncode, self.files()), (1, {}))
                self.assertIn(f"for the content coding {coding}, {soname} cannot be loaded: ", result.errors)

    def test_a_body_is_decompressed_without_the_library_that_compresses(self):
        if "libbrotlienc" not in NAMES:
            self.skipTest("this build does not load brotli")
        server = self.serve({"/file": reply(b"\x0b\x02\x80hello\x03", "Content-Encoding: br")})
        result = run("--compressed", "--dir", self.out, server.url + "/file",
                     env=self.without(self.soname("libbrotlienc")))
        self.assertEqual((result.returncode, self.files()), (0, {"file": b"hello"}), result.errors)

    def test_a_host_that_cannot_be_translated_says_which_library_is_missing(self):
        if "libicuuc" not in NAMES:
            self.skipTest("this build does not load ICU")
        soname = self.soname("libicuuc")
        result = run("--dir", self.out, "http://b\u00fccher.test/", env=self.without(soname))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"it has an international host name, and {soname} cannot be loaded", result.errors)

    def test_without_the_public_suffixes_a_cookie_stays_with_the_host_that_set_it(self):
        if "libpsl" not in NAMES:
            self.skipTest("this build does not load libpsl")
        server = self.serve({"/set": reply(b"", "Set-Cookie: s=1; Domain=example.test"), "/get": reply(b"")})

        def cookies(env):
            hosts = [f"{name}.example.test:{server.port}" for name in ("one", "two")]
            jar = self.folder / "jar"
            jar.unlink(missing_ok=True)
            for host, path in zip(hosts, ("/set", "/get")):
                resolve = ["--resolve", f"{host}:127.0.0.1"]
                jars = ["-c", jar] + (["-b", jar] if jar.exists() else [])
                result = run("--force", "--dir", self.out, *resolve, *jars, f"http://{host}{path}", env=env)
                self.assertEqual(result.returncode, 0, result.errors)
            return "Cookie: s=1" in server.heads[-1]

        self.assertTrue(cookies(environment()))
        self.assertFalse(cookies(self.without(self.soname("libpsl"))))


if __name__ == "__main__":
    programs.main()
