"""-v: what happens, in lines on standard error, without a secret in them."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Verbose(ProgramTest):
    def test_heads_and_connections_are_shown(self):
        server = self.serve({"/moved": reply(b"", "Location: /x", status="301 Moved"), "/x": reply(b"content")})
        result = run("--dir", self.out, "-v", "-d", "a=b", server.url + "/moved")
        lines = result.errors.splitlines()
        host = server.url[7:]
        self.assertEqual(result.returncode, 0, result.errors)
        self.assertEqual(lines[0], f"[1] * asks for {server.url}/moved")
        for line in (f"[1] * connected to {host}", "[1] > POST /moved HTTP/1.1", f"[1] > Host: {host}",
                     "[1] > Content-Type: application/x-www-form-urlencoded", "[1] * sent 3 bytes of the body",
                     "[1] < HTTP/1.1 301 Moved", "[1] < Location: /x", f"[1] * goes on to {server.url}/x",
                     f"[1] * uses the connection to {host} again", "[1] > GET /x HTTP/1.1", "[1] < HTTP/1.1 200 OK",
                     "[1] < Content-Length: 7", "[1] * done, 7 bytes of body"):
            self.assertIn(line, lines)
        self.assertEqual(result.output, "")
        self.assertNotIn("content\n", result.errors)

    def test_requests_are_told_apart(self):
        server = self.serve({"/x": reply(b"x"), "/y": reply(b"y")})
        result = run("--dir", self.out, "-v", server.url + "/x", server.url + "/y")
        for path in "xy":
            number = next(line[:4] for line in result.errors.splitlines() if line.endswith(f"> GET /{path} HTTP/1.1"))
            self.assertIn(f"{number}* asks for {server.url}/{path}", result.errors)

    def test_a_large_body_is_one_line(self):
        def route(stream, _):
            left = 1 << 20
            while left:
                left -= len(stream.recv(min(left, 65536)))
            stream.sendall(reply(b"x"))
        server = self.serve({"/x": route})
        large = self.folder / "large"
        large.write_bytes(bytes(1 << 20))
        result = run("--dir", self.out, "-v", "-d", f"@{large}", server.url + "/x")
        self.assertEqual([line for line in result.errors.splitlines() if "bytes of the body" in line],
                         ["[1] * sent 1048576 bytes of the body"])

    def test_a_failure_is_shown(self):
        dead = f"http://127.0.0.1:{programs.free_port()}/x"
        result = run("--dir", self.out, "-v", dead)
        self.assertRegex(result.errors, r"\[1\] \* failed: .*Connection refused")

    def test_secrets_are_masked(self):
        server = self.serve({})
        host = server.url[7:]
        server.otherwise = reply(b"", "Set-Cookie: sid=s3cret; Path=/", f"Location: http://ann:s3cret@{host}/y",
                                 f"Content-Location: http://ann:s3cret@{host}/z", "X-Auth-Token: s3cret", status="201 Made")
        jar = self.folder / "jar"
        jar.write_text("127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\ts3cret\n")
        secrets = {
            ("-u", "ann:s3cret"): "> Authorization: Basic ***", ("--bearer", "s3cret"): "> Authorization: Bearer ***",
            ("-b", jar): "> Cookie: sid=***", ("-H", "Cookie: a=s3cret; b=s3cret"): "> Cookie: a=***; b=***",
            ("-H", "X-Api-Key: s3cret"): "> X-Api-Key: ***", ("-H", f"Referer: http://a:s3cret@{host}/"): "> Referer: http://***",
        }
        for arguments, shown in secrets.items():
            with self.subTest(arguments):
                result = run("--dir", self.out, "--force", "-v", *arguments, server.url + "/x")
                self.assertEqual(result.returncode, 0, result.errors)
                self.assertIn(shown, result.errors)
                self.assertIn("< Set-Cookie: sid=***; Path=/", result.errors)
                self.assertNotIn("s3cret", result.errors)
        result = run("--dir", self.out, "--force", "-v", f"http://ann:s3cret@{host}/x")
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("s3cret", result.errors)
        self.assertIn("Authorization: Basic YW5uOnMzY3JldA==", server.heads[-1])

    def test_text_of_a_server_cannot_steer_a_terminal(self):
        server = self.serve({})
        server.otherwise = reply(b"", b"X-Odd: \xc2\x9b2J\xff\xe2\x80\xae")
        result = run("--dir", self.out, "-v", server.url + "/x")
        self.assertIn("[1] < X-Odd: \\xc2\\x9b2J\\xff\\xe2\\x80\\xae", result.errors)


if __name__ == "__main__":
    programs.main()
