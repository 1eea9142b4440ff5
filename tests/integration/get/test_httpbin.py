"""httpbin under gunicorn hears what is sent: a server of others, and a decoder of forms of others."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, run


class Httpbin(ProgramTest):
    @classmethod
    def setUpClass(cls):
        gunicorn = shutil.which("gunicorn")
        if gunicorn is None:
            cls.skipTest(cls(), "there is no gunicorn here")
        cls.home = tempfile.mkdtemp(prefix="skein-httpbin-")
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        port = programs.free_port()
        cls.url = f"http://127.0.0.1:{port}"
        log = pathlib.Path(cls.home, "log")
        with open(log, "wb") as said:
            process = subprocess.Popen([gunicorn, "--bind", cls.url[7:], "--worker-class", "gthread", "--threads", "8",
                                        "--worker-tmp-dir", cls.home, "httpbin:app"], stdin=subprocess.DEVNULL, stdout=said,
                                       stderr=said, cwd=cls.home, preexec_fn=programs.die_with_parent,
                                       env={**os.environ, "HOME": cls.home, "PYTHONDONTWRITEBYTECODE": "1"})
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        while run("-q", "-o", "-", cls.url + "/get").returncode != 0:
            if process.poll() is not None:
                cls.skipTest(cls(), "httpbin does not start here: " + log.read_text()[-300:])

    def get(self, path, *arguments, code=0):
        result = run("--dir", self.out, "-o", "out", "--force", *arguments, self.url + path)
        self.assertEqual(result.returncode, code, result.errors)
        return (self.out / "out").read_bytes() if code == 0 else result.errors

    def heard(self, path, *arguments):
        return json.loads(self.get(path, *arguments))

    def test_forms_and_bodies(self):
        file = self.folder / "a b.txt"
        file.write_text("content \u00e9\n")
        self.assertEqual(self.heard("/post", "-d", "a=1", "-d", "b=x%26y")["form"], {"a": "1", "b": "x&y"})
        said = self.heard("/post", "-F", "title=T \u00e9", "-F", f"file=@{file}")
        self.assertEqual((said["form"], said["files"]), ({"title": "T \u00e9"}, {"file": "content \u00e9\n"}))
        self.assertEqual(self.heard("/put", "-X", "PUT", "--json-body", '{"a": [1]}')["json"], {"a": [1]})
        self.assertEqual(self.heard("/patch", "-X", "PATCH", "-d", f"@{file}", "-H", "Content-Type: text/plain")["data"],
                         "content \u00e9\n")
        self.assertEqual(self.heard("/anything", "-X", "DELETE")["method"], "DELETE")

    def test_a_large_file_arrives_as_it_is(self):
        file = self.folder / "large"
        file.write_bytes(os.urandom(3 << 20))
        said = self.heard("/post", "-F", f"file=@{file}", "--timeout", 60)["files"]["file"]
        self.assertIn(";base64,", said[:60])
        self.assertEqual(self.heard("/post", "-d", f"@{file}", "-H", "Content-Type: a/b")["headers"]["Content-Length"],
                         str(3 << 20))

    def test_passwords(self):
        self.assertTrue(self.heard("/basic-auth/ann/pw", "-u", "ann:pw")["authenticated"])
        self.assertTrue(self.heard("/bearer", "--bearer", "abc")["authenticated"])
        for algorithm in ("MD5", "SHA-256"):
            path = f"/digest-auth/auth/ann/pw/{algorithm}"
            self.assertTrue(self.heard(path, "-u", "ann:pw", "--digest")["authenticated"])
            self.assertIn("the server answered 401", self.get(path, "-u", "ann:no", "--digest", code=1))

    def test_compressed(self):
        for path, name in (("/gzip", "gzipped"), ("/deflate", "deflated")):
            self.assertTrue(self.heard(path, "--compressed")[name])
        result = run("-P", self.out, "--json", "--compressed", self.url + "/gzip")
        content = (self.out / "gzip").read_bytes()
        self.assertEqual((result.entries[0]["bytes"], result.entries[0]["sha256"]),
                         (len(content), hashlib.sha256(content).hexdigest()))
        self.assertEqual(self.get("/gzip")[:2], b"\x1f\x8b")  # as it came

    def test_redirects_and_cookies(self):
        jar = self.folder / "jar"
        self.assertEqual(self.heard("/relative-redirect/3")["url"], self.url + "/get")
        self.assertEqual(self.heard("/cookies/set?a=1", "-c", jar)["cookies"], {"a": "1"})
        self.assertEqual(self.heard("/cookies", "-b", jar)["cookies"], {"a": "1"})
        self.assertIn("302", self.get("/relative-redirect/1", "--no-location", code=1))

    def test_heads(self):
        result = run("-I", self.url + "/get")
        self.assertRegex(result.output, r"\AHTTP/1\.1 200 OK\n(?s:.*)Content-Type: application/json\n(?s:.*)\n\n\Z")


if __name__ == "__main__":
    programs.main()
