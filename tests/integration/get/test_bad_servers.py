"""What a server or the network can do wrong fails that file only, with its kind, and leaves nothing behind."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, cut, reply, run

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class BadServers(ProgramTest):
    def fetch(self, routes, kinds, *options):
        """Fetches all, a good file before and after each; `kinds` has what is to be said of each."""
        server = self.serve(dict(routes))
        good = {f"good-{i}": b"good %d" % i for i in range(len(kinds) + 1)}
        urls = [server.url + "/good-0"]
        for number, target in enumerate(kinds, 1):
            urls += [target if "//" in target else server.url + target, f"{server.url}/good-{number}"]
        server.routes.update({"/" + name: reply(body) for name, body in good.items()})
        result = run("--dir", self.out, "--json", *options, *urls)
        found = {target: (result.by_url[target if "//" in target else server.url + target]["error"] or {}).get("kind")
                 for target in kinds}
        self.assertEqual(found, kinds, result.errors)
        self.assertEqual(self.files(), good)
        self.assertEqual(result.returncode, 1, result.errors)
        self.assertEqual(len(result.entries), len(urls))
        return server, result

    def test_connections_that_cannot_be_made(self):
        dead = f"http://127.0.0.1:{programs.free_port()}/x"
        _, result = self.fetch({}, {dead: "connect", "http://no-such-host.invalid/x": "resolve"})
        self.assertIn("Connection refused", result.by_url[dead]["error"]["message"])
        self.assertIn("no-such-host.invalid", result.errors)

    def test_urls_that_are_none(self):
        kinds = dict.fromkeys(["http://", "http://a b/", "ftp://127.0.0.1/x", "ws://127.0.0.1/x", "//x",
                               "http://127.0.0.1:99999/"], "invalid_url")
        self.fetch({}, kinds)

    def test_peers_that_close_or_reset_in_each_phase(self):
        routes = {
            "/at-once": cut(b""), "/reset": cut(b"", reset=True), "/in-status": cut(b"HTTP/1.1 2"),
            "/in-head": cut(b"HTTP/1.1 200 OK\r\nContent-Le"), "/in-body": cut(HALF),
            "/in-body-reset": cut(HALF, reset=True), "/in-chunk": cut(CHUNKED + b"a\r\n12345"),
            "/before-last-chunk": cut(CHUNKED + b"5\r\n12345\r\n"),
        }
        body = {"/in-body", "/in-body-reset", "/in-chunk", "/before-last-chunk"}
        self.fetch(routes, {target: "payload" if target in body else "disconnected" for target in routes})

    def test_peers_that_stall_in_each_phase(self):
        server = self.serve({})
        for target, before in {"/head": b"", "/half-head": b"HTTP/1.1 200 OK\r\n", "/body": HALF,
                               "/chunk": CHUNKED + b"5\r\n12"}.items():
            server.routes[target] = server.stall(before)
        silent = self.serve({}, wrap=lambda connection: server.released.wait() and connection)
        kinds = {server.url + target: "timeout" for target in server.routes}
        kinds[silent.url.replace("http:", "https:") + "/tls"] = "timeout"
        self.fetch({}, kinds, "--timeout", "0.5", "-j", 16)

    def test_malformed_responses(self):
        routes = {
            "/no-http": cut(b"SSH-2.0-OpenSSH\r\n\r\n"), "/both-framings": cut(
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "/bad-length": cut(b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello"),
            "/bad-chunk": cut(CHUNKED + b"zz\r\nhello\r\n"),
            "/endless-head": cut(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000),
        }
        kinds = dict.fromkeys(routes, "protocol")
        kinds["/bad-chunk"] = "payload"
        self.fetch(routes, kinds)

    def test_only_the_body_of_a_success_is_saved(self):
        routes = {f"/{status}": reply(b"not the file", status=f"{status} Text") for status in
                  (206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 500, 503, 600)}
        routes["/304"] = b"HTTP/1.1 304 Not Modified\r\n\r\n"
        server, result = self.fetch(routes, dict.fromkeys(routes, "status"))
        self.assertEqual(result.by_url[server.url + "/404"]["status"], 404)
        self.assertIn("the server answered 404 Text", result.errors)

    def test_a_part_is_saved_for_who_asked_for_one(self):
        server = self.serve({"/x": reply(b"part", "Content-Range: bytes 0-3/9", status="206 Partial Content")})
        result = run("--dir", self.out, "-H", "Range: bytes=0-3", server.url + "/x")
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"part"}))

    def test_redirects_that_lead_nowhere(self):
        routes = {"/loop": reply(b"", "Location: /loop", status="302 Found"),
                  "/to-nothing": reply(b"", "Location: /none", status="302 Found"),
                  "/to-no-url": reply(b"", "Location: http://", status="302 Found")}
        server, result = self.fetch(routes, {"/loop": "redirects", "/to-nothing": "status", "/to-no-url": "invalid_url"})
        self.assertEqual(result.by_url[server.url + "/to-nothing"]["final_url"], server.url + "/none")

    def test_text_of_a_server_cannot_steer_a_terminal(self):
        odd = b"HTTP/1.1 404 \xc2\x9b2J\xff\xe2\x80\xae\r\nContent-Length: 0\r\n\r\n"
        server = self.serve({"/x": odd})
        result = run("--dir", self.out, "--json", server.url + "/x")
        self.assertIn("404 \\xc2\\x9b2J\\xff\\xe2\\x80\\xae", result.errors)
        self.assertTrue(result.output.isascii())
        self.assertFalse(any(ord(c) < 32 for c in result.output + result.errors if c != "\n"))


if __name__ == "__main__":
    programs.main()
