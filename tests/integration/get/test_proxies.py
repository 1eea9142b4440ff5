"""Proxies: which are asked, for whom, who hears what, and that nothing goes directly by mistake."""

import base64
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import Certificates, ProgramTest, reply, run

SECRET = "Proxy-Authorization: Basic " + base64.b64encode(b"ann:s3cret").decode() + "\r\n"
FAR = "http://far.invalid/x"  # only a proxy reaches it


class ProxyTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.proxy = self.serve({FAR: reply(b"by proxy")})
        self.near = self.serve({"/x": reply(b"directly")})
        self.host = self.proxy.url[7:]

    def get(self, *arguments, **variables):
        return run("--dir", self.out, "--force", "--json", *arguments, env=programs.environment(**variables))

    def saves(self, content, *arguments, **variables):
        result = self.get(*arguments, **variables)
        self.assertEqual((result.returncode, self.files()), (0, {"x": content}), result.errors)
        return result

    def fails(self, kind, *arguments, **variables):
        result = self.get(*arguments, **variables)
        self.assertEqual((result.returncode, result.entries[0]["error"]["kind"]), (1, kind), result.errors)
        return result


class CommandLine(ProxyTest):
    def test_a_proxy_is_asked_whatever_the_host(self):
        self.saves(b"by proxy", "-x", self.proxy.url, FAR)
        self.proxy.routes[self.near.url + "/x"] = reply(b"by proxy")
        self.saves(b"by proxy", "--proxy", self.host, self.near.url + "/x")
        self.assertEqual(self.near.heads, [])

    def test_its_password_is_for_it_alone_and_is_not_shown(self):
        result = self.saves(b"by proxy", "-v", "-x", f"http://ann:s3cret@{self.host}", FAR)
        self.assertIn(SECRET, self.proxy.heads[0])
        self.assertIn(f"* connected to {self.host}, the proxy http://{self.host}\n", result.errors)
        self.assertNotIn("s3cret", result.errors + result.output)
        self.assertIn("> Proxy-Authorization: Basic ***\n", result.errors)
        self.assertNotIn(SECRET.split()[-1], result.errors)

    def test_a_header_for_it_is_for_it_alone(self):
        said = ("-H", "Proxy-Authorization: Other s3cret")
        result = self.saves(b"by proxy", "-v", *said, "-x", self.proxy.url, FAR)
        self.assertIn("\r\nProxy-Authorization: Other s3cret\r\n", self.proxy.heads[0])
        self.assertNotIn("s3cret", result.errors)
        self.saves(b"directly", *said, self.near.url + "/x")
        self.assertNotIn("s3cret", self.near.heads[0])

    def test_a_proxy_that_wants_a_password(self):
        self.proxy.routes[FAR] = reply(b"who?", 'Proxy-Authenticate: Basic realm="p"', status="407 Who")
        self.assertIn("407", self.fails("proxy", "-x", self.proxy.url, FAR).errors)
        self.assertEqual(self.files(), {})

    def test_one_that_is_not_there(self):
        self.fails("connect", "-x", f"127.0.0.1:{programs.free_port()}", self.near.url + "/x")
        self.assertEqual(self.near.heads, [])

    def test_hosts_that_are_spared(self):
        near = self.near.url + "/x"
        for list_ in ("127.0.0.1", "10.0.0.0/8, 127.0.0.0/8", "*"):
            self.saves(b"directly", "-x", self.proxy.url, "--noproxy", list_, near)
        self.saves(b"directly", "-x", self.proxy.url, near, NO_PROXY="127.0.0.1")
        self.saves(b"directly", "-x", self.proxy.url, "--noproxy", "far.invalid", near, NO_PROXY="127.0.0.1")
        self.saves(b"by proxy", "-x", self.proxy.url, "--noproxy", "near.invalid", FAR)

    def test_what_is_no_proxy_is_a_mistake(self):
        for text in ("", "ftp://ann:s3cret@h", "http://ann:s3cret@h/path", "socks5://:s3cret@h", "http://"):
            with self.subTest(text):
                result = self.get("-x", text, FAR)
                self.assertEqual((result.returncode, result.entries), (2, []), result.errors)
                self.assertIn("--proxy: ", result.errors)
                self.assertNotIn("s3cret", result.errors)


class Environment(ProxyTest):
    def test_its_proxies_are_asked(self):
        for name in ("http_proxy", "ALL_PROXY"):
            result = self.saves(b"by proxy", FAR, **{name: self.host})
            self.assertEqual(result.entries[0]["via"], self.proxy.url)

    def test_but_not_for_who_is_spared_nor_for_this_machine(self):
        spared = ((["--noproxy", "*"], {}), (["--noproxy", ".invalid"], {}), ([], {"no_proxy": "invalid"}))
        for arguments, variables in spared:
            self.fails("resolve", *arguments, FAR, http_proxy=self.host, **variables)
        result = self.saves(b"directly", self.near.url + "/x", http_proxy=self.host)
        self.assertIsNone(result.entries[0]["via"])
        self.assertEqual(self.proxy.heads, [])

    def test_the_command_line_counts_instead(self):
        dead = f"127.0.0.1:{programs.free_port()}"
        self.saves(b"by proxy", "-x", self.host, FAR, http_proxy=dead)

    def test_what_is_no_proxy_ends_it(self):
        result = self.get(FAR, http_proxy="ftp://ann:s3cret@h")
        self.assertEqual((result.returncode, result.entries), (3, []))
        self.assertIn("the environment variable http_proxy: ", result.errors)
        self.assertNotIn("s3cret", result.errors)


class PublicOnly(ProxyTest):
    def test_a_proxy_has_to_be_trusted(self):
        guarded = ("--public-only", "-x", self.proxy.url, FAR)
        self.assertIn("a proxy that is not trusted", self.fails("connect", *guarded).errors)
        self.fails("connect", "--public-only", FAR, http_proxy=self.proxy.url)
        self.assertEqual(self.proxy.heads, [])
        self.saves(b"by proxy", "--trust-proxy", *guarded)

    def test_trust_is_for_a_proxy_under_a_policy(self):
        for arguments in (("-x", self.proxy.url), ("--public-only",)):
            self.assertEqual(self.get("--trust-proxy", *arguments, FAR).returncode, 2)


class RealProxies(ProxyTest):
    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self)
        self.secure = self.serve({"/x": reply(b"secret")}, wrap=self.certificates.server())
        self.trust = ("--cacert", self.certificates.ca)
        self.port = programs.free_port()

    def test_tinyproxy_makes_a_tunnel(self):
        config = self.folder / "tinyproxy.conf"
        config.write_text(f"Port {self.port}\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 10\nBasicAuth ann s3cret\n")
        programs.start_server(self, self.port, "tinyproxy", "-d", "-c", str(config))
        url = self.secure.url + "/x"
        proxy = f"ann:s3cret@127.0.0.1:{self.port}"
        result = self.saves(b"secret", "-v", *self.trust, "-x", proxy, url)
        self.assertIn(f"* asks the proxy http://127.0.0.1:{self.port} for a tunnel\n", result.errors)
        self.assertNotIn("Proxy-Authorization", "".join(self.secure.heads))
        self.saves(b"directly", "-x", proxy, self.near.url + "/x")
        self.fails("tls", "-x", proxy, url)  # the CA of the origin is needed all the same
        self.fails("proxy", *self.trust, "-x", f"ann:wrong@127.0.0.1:{self.port}", url)

    def test_microsocks_takes_addresses_and_names(self):
        programs.start_server(self, self.port, "microsocks", "-i", "127.0.0.1", "-p", str(self.port),
                              "-u", "ann", "-P", "s3cret")
        for scheme in ("socks5", "socks5h"):
            proxy = f"{scheme}://ann:s3cret@127.0.0.1:{self.port}"
            self.saves(b"secret", *self.trust, "-x", proxy, self.secure.url + "/x")
            self.saves(b"directly", "-x", proxy, self.near.url.replace("127.0.0.1", "localhost") + "/x")
        self.fails("proxy", "-x", f"socks5://ann:wrong@127.0.0.1:{self.port}", self.near.url + "/x")


class SecureProxy(ProxyTest):
    def setUp(self):
        super().setUp()
        self.wrap = Certificates(self).server()
        self.proxy = self.serve({FAR: reply(b"by proxy")}, wrap=self.wrap)
        self.assertTrue(self.proxy.url.startswith("https:"))
        self.trust = ("--cacert", self.folder / "ca.pem")
        # Of the command line, and of the environment.
        self.ways = ((("-x", self.proxy.url), {}), ((), {"http_proxy": self.proxy.url}))

    def test_it_is_verified_whatever_is_said_of_servers(self):
        pin = ("--pin", "sha256/" + "A" * 43 + "=")
        for way, variables in self.ways:
            self.saves(b"by proxy", *self.trust, *way, FAR, **variables)
            self.saves(b"by proxy", *self.trust, *pin, *way, FAR, **variables)
            self.proxy.heads.clear()
            for said in ((), ("-k",), ("-k", *pin)):
                self.fails("tls", *said, *way, FAR, **variables)
            self.assertEqual(self.proxy.heads, [])

    def test_unless_that_is_said_of_proxies(self):
        for way, variables in self.ways:
            result = self.saves(b"by proxy", "--proxy-insecure", *way, FAR, **variables)
            self.assertIn("believes anybody", result.errors)

    def test_which_says_nothing_of_servers(self):
        server = self.serve({"/x": reply(b"secret")}, wrap=self.wrap)
        self.fails("tls", "--proxy-insecure", server.url + "/x")


if __name__ == "__main__":
    programs.main()
