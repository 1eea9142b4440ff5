"""Where connections go and where they come from: names, families, local addresses, Unix sockets, public addresses only."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import Certificates, ProgramTest, reply, run


class Connections(ProgramTest):
    def setUp(self):
        super().setUp()
        self.peers = []
        def route(stream, _):
            self.peers.append(stream.getpeername()[0])
            stream.sendall(reply(b"content"))
        self.server = self.serve({"/x": route})
        self.port = self.server.port

    def get(self, *arguments, **variables):
        return run("--dir", self.out, "--force", "--json", *arguments, env=programs.environment(**variables))

    def saves(self, *arguments, **variables):
        result = self.get(*arguments, **variables)
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"content"}), result.errors)
        return result

    def fails(self, kind, said, *arguments):
        result = self.get(*arguments)
        self.assertEqual((result.returncode, result.entries[0]["error"]["kind"]), (1, kind), result.errors)
        self.assertIn(said, result.entries[0]["error"]["message"])

    def mistake(self, said, *arguments):
        result = self.get(*arguments)
        self.assertEqual((result.returncode, result.entries, self.server.heads), (2, [], []), result.errors)
        self.assertIn(said, result.errors)


class Names(Connections):
    def test_an_address_for_a_name(self):
        for name, host in (("a.invalid", "a.invalid"), ("A.Invalid", "a.invalid"), ("a.invalid", "A.INVALID."),
                           ("a.invalid.", "a.invalid"), ("b\u00fccher.invalid", "xn--bcher-kva.invalid"),
                           ("192.0.2.1", "192.0.2.1")):
            with self.subTest(name=name, host=host):
                self.saves("--resolve", f"{name}:{self.port}:127.0.0.1", f"http://{host}:{self.port}/x")
        self.assertIn(f"Host: a.invalid:{self.port}\r\n", self.server.heads[0])

    def test_several_addresses_are_tried_and_the_last_word_counts(self):
        url = f"http://a.invalid:{self.port}/x"
        self.saves("--resolve", f"a.invalid:{self.port}:::1,[::1],127.0.0.1", url)
        self.saves("--resolve", f"a.invalid:{self.port}:127.0.0.9", "--resolve", f"a.invalid:{self.port}:127.0.0.1", url)

    def test_only_that_port_is_meant(self):
        self.fails("resolve", "cannot resolve host 'a.invalid'", "--resolve", "a.invalid:1:127.0.0.1",
                   f"http://a.invalid:{self.port}/x")

    def test_tls_verifies_the_name(self):
        certificates = Certificates(self)
        secure = self.serve({"/x": reply(b"content")}, wrap=certificates.server(subject="DNS:a.invalid"))
        for name, code in (("a", 0), ("b", 1)):
            result = self.get("--cacert", certificates.ca, "--resolve", f"{name}.invalid:{secure.port}:127.0.0.1",
                              f"https://{name}.invalid:{secure.port}/x")
            self.assertEqual(result.returncode, code, result.errors)

    def test_what_is_none_is_a_mistake(self):
        for text in ("", "a", "a:80", "a::127.0.0.1", ":80:127.0.0.1", "a:x:127.0.0.1", "a:99999:127.0.0.1",
                     "*:80:127.0.0.1", "a/b:80:127.0.0.1", "u@a:80:127.0.0.1", "+a:80:127.0.0.1", "a:80:", "a:80:b", "a:80:127.0.0.1,",
                     "a:80:127.1", "a:80:1.2.3.4:5"):
            with self.subTest(text):
                self.mistake("--resolve: ", "--resolve", text, self.server.url + "/x")


class Families(Connections):
    def test_only_the_family_that_is_asked_for(self):
        self.mistake("--ipv4 excludes --ipv6", "-4", "-6", self.server.url + "/x")
        both = ("--resolve", f"a.invalid:{self.port}:::1,127.0.0.1", f"http://a.invalid:{self.port}/x")
        self.saves("-4", *both)
        self.fails("connect", "[::1]", "-6", *both)
        self.fails("resolve", "it has no IPv6 address", "--ipv6", self.server.url + "/x")


class LocalAddresses(Connections):
    def test_connections_come_from_there(self):
        self.saves("--interface", "127.0.0.2", self.server.url + "/x")
        self.saves(self.server.url + "/x")
        self.assertEqual(self.peers, ["127.0.0.2", "127.0.0.1"])

    def test_one_that_is_not_ours_is_said(self):
        self.fails("connect", "192.0.2.1", "--interface", "192.0.2.1", self.server.url + "/x")

    def test_what_is_none_is_a_mistake(self):
        for text in ("lo", "", "127.1"):
            self.mistake("is no address; of an interface, say its address", "--interface", text, self.server.url + "/x")
        self.mistake("is of the other family than --ipv6", "-6", "--interface", "127.0.0.2", self.server.url + "/x")


class UnixSockets(Connections):
    def test_all_goes_there_whatever_the_url_says(self):
        for path in (str(self.folder / "socket"), f"@skein-test-{self.port}"):
            server = self.serve({"/x": reply(b"content")}, path=path)
            self.saves("--unix-socket", path, "http://docker.invalid:81/x", http_proxy="http://127.0.0.1:1")
            self.assertIn("Host: docker.invalid:81\r\n", server.heads[0])

    def test_nginx_on_one(self):
        root = self.folder / "root"
        root.mkdir()
        (root / "x").write_text("content")
        self.nginx(root, f"listen unix:{self.folder}/socket;")
        self.saves("--unix-socket", self.folder / "socket", "http://files.invalid/x")

    def test_tls_with_the_name_of_the_url(self):
        certificates = Certificates(self)
        path = str(self.folder / "socket")
        self.serve({"/x": reply(b"content")}, path=path, wrap=certificates.server(subject="DNS:a.invalid"))
        self.saves("--unix-socket", path, "--cacert", certificates.ca, "https://a.invalid/x")

    def test_one_that_is_not_there(self):
        missing = str(self.folder / "missing")
        self.fails("connect", f"unix:{missing}: ", "--unix-socket", missing, self.server.url + "/x")
        self.assertEqual(self.server.heads, [])

    def test_mistakes(self):
        url = self.server.url + "/x"
        self.mistake("is empty", "--unix-socket", "", url)
        self.mistake("--unix-socket", "--unix-socket", "s", "-x", "h:1", url)
        self.mistake("--unix-socket", "--unix-socket", "s", "--public-only", url)


class PublicOnly(Connections):
    def test_this_machine_is_refused_under_any_name(self):
        why = "refused by the address policy public_only: loopback"
        port = self.port
        for arguments in ((f"http://127.0.0.1:{port}/x",), (f"http://0x7f.1:{port}/x",), (f"http://localhost:{port}/x",),
                          (f"http://[::ffff:127.0.0.1]:{port}/x",),
                          ("--resolve", f"a.invalid:{port}:127.0.0.1", f"http://a.invalid:{port}/x")):
            self.fails("connect", why, "--public-only", *arguments)
        self.fails("connect", "link-local", "--public-only", "http://169.254.169.254/latest/meta-data/")
        self.assertEqual(self.server.heads, [])


if __name__ == "__main__":
    programs.main()
