"""What is asked: methods, headers and bodies, and that a mistake in the command line sends nothing."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Requests(ProgramTest):
    def setUp(self):
        super().setUp()
        self.bodies = []
        self.server = self.serve({"/x": self.take, "/y": self.take})
        self.url = self.server.url + "/x"
        self.file = self.folder / "sent.bin"
        self.file.write_bytes(bytes(range(256)) * 1000)

    def read_body(self, stream, head):
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head, re.I)
        body = b""
        while length and len(body) < int(length[1]):
            body += stream.recv(65536)
        self.bodies.append(body)

    def take(self, stream, head):
        self.read_body(stream, head)
        stream.sendall(reply(b"" if head.startswith(b"HEAD") else b"answer"))
        return True

    def send(self, *arguments, **options):
        """The method, the headers by name, and the body that arrive."""
        result = run("--dir", self.out, "--force", *arguments, self.url, **options)
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"answer"}), result.errors)
        line, *fields = self.server.heads[-1].rstrip().split("\r\n")
        return line.split(" ")[0], {name.lower(): value for name, value in (f.split(": ", 1) for f in fields)}, self.bodies[-1]

    def test_a_plain_get(self):
        method, fields, body = self.send()
        self.assertEqual((method, body), ("GET", b""))
        self.assertNotIn("content-length", fields)
        self.assertEqual(fields["accept-encoding"], "identity")

    def test_data_is_posted_as_a_form(self):
        method, fields, body = self.send("-d", "a=1", "--data", "b=%26")
        self.assertEqual((method, body), ("POST", b"a=1&b=%26"))
        self.assertEqual(fields["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(self.send("-d", "")[0::2], ("POST", b""))

    def test_data_from_a_file_and_from_standard_input_is_sent_as_it_is(self):
        method, fields, body = self.send("-d", f"@{self.file}", "-H", "Content-Type: image/png")
        self.assertEqual((method, body, fields["content-type"]), ("POST", self.file.read_bytes(), "image/png"))
        self.assertEqual(self.send("-d", "@-", input=b"a\0\nb\n")[2], b"a\0\nb\n")

    def test_another_method(self):
        self.assertEqual(self.send("-X", "PUT", "-d", f"@{self.file}")[0], "PUT")
        self.assertEqual(self.send("--request", "DELETE")[0], "DELETE")

    def test_json(self):
        method, fields, body = self.send("--json-body", '{"a": [1, "\u00e9"]}')
        self.assertEqual((method, fields["content-type"]), ("POST", "application/json"))
        self.assertEqual(body.decode(), '{"a": [1, "\u00e9"]}')
        (self.folder / "a.json").write_text("[1]\n")
        self.assertEqual(self.send("--json-body", f"@{self.folder}/a.json")[2], b"[1]\n")

    def test_a_form_with_a_file(self):
        method, fields, body = self.send("-F", "title=a=b", "-F", f"photo=@{self.file}")
        boundary = re.fullmatch("multipart/form-data; boundary=(.*)", fields["content-type"])[1].encode()
        parts = body.split(b"--" + boundary)
        self.assertEqual(method, "POST")
        self.assertIn(b'name="title"\r\n\r\na=b\r\n', parts[1])
        self.assertIn(b'name="photo"; filename="sent.bin"', parts[2])
        self.assertTrue(parts[2].endswith(b"\r\n\r\n" + self.file.read_bytes() + b"\r\n"))

    def test_a_body_goes_with_each_url_and_with_each_try(self):
        answers = [reply(b"", "Retry-After: 0", status="503 Busy"), reply(b"answer")]
        def busy(stream, head):
            self.read_body(stream, head)
            stream.sendall(answers.pop(0))
            return True
        self.server.routes["/busy"] = busy
        result = run("--dir", self.out, "--retry", 1, "-j", 1, "-X", "PUT", "-d", f"@{self.file}", self.url,
                     self.server.url + "/busy", self.server.url + "/y")
        self.assertEqual(result.returncode, 0, result.errors)
        self.assertEqual(self.bodies, [self.file.read_bytes()] * 4)

    def test_heads_are_written_and_nothing_is_saved(self):
        self.server.routes["/x"] = reply(b"", "X-Test: \u00e9\x9b2J".encode())
        result = run("-I", self.url, self.server.url + "/none", cwd=self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("HTTP/1.1 200 OK\nContent-Length: 0\nX-Test: \u00e9\\xc2\\x9b2J\n\n", result.output)
        self.assertIn("HTTP/1.1 404 Not Found\nContent-Length: 5\n\n", result.output)
        self.assertIn("the server answered 404", result.errors)
        self.assertEqual({head.split(" ")[0] for head in self.server.heads}, {"HEAD"})
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sent.bin"])
        self.assertIn("HTTP/1.1 200 OK\n", run("-X", "HEAD", self.url, cwd=self.folder).output)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["sent.bin"])
        result = run("--head", "--json", self.url)
        self.assertEqual([(entry["status"], entry["path"]) for entry in map(json.loads, result.output.splitlines())],
                         [(200, None)])

    def test_a_mistake_is_said_and_sends_nothing(self):
        for arguments, said in {
                ("-X", "G T"): "request method: not a token", ("-X", ""): "--request: is empty",
                ("-X", "CONNECT"): "for proxies", ("-X", "HEAD", "-d", "a"): "no body", ("-X", "HEAD", "-o", "a"): "saves nothing", ("-H", "no colon"): "no colon",
                ("-H", "Content-Length: 3"): "Content-Length", ("-H", "A: b\r\nC: d"): "--header",
                ("-F", "novalue"): "novalue", ("-F", "=v"): "NAME=VALUE", ("--json-body", "{"): "is not JSON",
                ("-d", "a", "-F", "b=c"): "--form", ("-d", "a", "--json-body", "1"): "--json-body", ("-d", "a", "-I"): "--head",
                ("-d", "a", "-d", "@f"): "stands alone", ("-I", "-X", "GET"): "--head", ("-I", "-o", "f"): "--output",
                ("-u", "nobody"): "USER:PASSWORD", ("-u", "a:s3cret\n"): "control", ("--digest",): "--user",
                ("-u", "a:b", "--bearer", "c"): "excludes", ("--bearer", "s3cret\n"): "control", ("--max-redirs", "-1"): "--max-redirs",
                ("-d", "@-", "-i", "-"): "read once", ("-F", "a=@-", "-F", "b=@-"): "read once",
                ("-o", "-", "--json"): "--json"}.items():
            with self.subTest(arguments):
                result = run(*arguments, self.url)
                self.assertEqual((result.returncode, self.server.heads), (2, []), result.errors)
                self.assertIn(said, result.errors)
                self.assertNotIn("s3cret", result.errors)
                self.assertEqual(result.errors.count("skein-get: "), 1)

    def test_a_file_that_cannot_be_read_ends_it(self):
        missing = self.folder / "missing"
        for arguments in (("-d", f"@{missing}"), ("-F", f"a=@{missing}"), ("--json-body", f"@{missing}"),
                          ("-d", f"@{self.folder}")):
            with self.subTest(arguments):
                result = run(*arguments, self.url)
                self.assertEqual((result.returncode, self.server.heads), (3, []))
                self.assertIn("cannot read " + arguments[1].partition("@")[2], result.errors)


if __name__ == "__main__":
    programs.main()
