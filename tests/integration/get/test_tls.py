"""https: whom it trusts, who it says to be to whom, and that a CA of one's own, a folder of them or a pin is enough."""

import pathlib
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import Certificates, ProgramTest, reply, run


class TlsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self)
        self.ca = self.certificates.ca
        self.server = self.serve({"/x": reply(b"secret")}, wrap=self.certificates.server())

    def get(self, *arguments, path="/x"):
        return run("--dir", self.out, "--force", "--json", *arguments, self.server.url + path)

    def saves(self, *arguments):
        result = self.get(*arguments)
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"secret"}), result.errors)
        return result

    def refuses(self, *arguments, said=""):
        result = self.get(*arguments)
        self.assertEqual((result.returncode, self.files()), (1, {}), result.errors)
        self.assertEqual(result.entries[0]["error"]["kind"], "tls")
        self.assertIn(said, result.errors)
        self.assertEqual(self.server.heads, [])

    def ends(self, code, *arguments, said):
        result = self.get(*arguments)
        self.assertEqual((result.returncode, result.entries, self.server.heads), (code, [], []), result.errors)
        self.assertIn(str(said), result.errors)


class Trust(TlsTest):
    def test_a_ca_of_ones_own(self):
        self.saves("--cacert", self.ca)

    def test_a_certificate_of_nobody_is_refused(self):
        self.refuses()

    def test_a_folder_of_cas(self):
        folder = self.folder / "cas"
        folder.mkdir()
        (folder / "ca.pem").write_bytes(self.ca.read_bytes())
        self.refuses("--capath", folder)  # nobody finds it by its name
        subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
        self.saves("--capath", folder)

    def test_cas_take_the_place_of_those_of_the_system(self):
        certificate, _ = self.certificates.pair("other")
        for arguments, code in (((), 0), (("--cacert", certificate), 1)):
            result = run("--dir", self.out, *arguments, self.server.url + "/x",
                         env=programs.environment(SSL_CERT_FILE=str(self.ca)))
            self.assertEqual(result.returncode, code, result.errors)

    def test_what_cannot_be_used_ends_it(self):
        empty = self.folder / "empty"
        empty.touch()
        for path in (self.folder / "missing", empty):
            self.ends(3, "--cacert", path, said=path)
            self.ends(3, "--capath", path, said=path)
        self.ends(2, "--cacert", "", said="--cacert: is empty")


class Pins(TlsTest):
    def test_a_pin_of_the_server_or_its_ca_beside_others(self):
        other = "sha256/" + "A" * 43 + "="
        for name in ("server", "ca"):
            self.saves("--cacert", self.ca, "--pin", other, "--pin", self.certificates.pin(name))
            self.server.heads.clear()

    def test_another_key_is_refused_and_the_right_pin_is_said(self):
        self.refuses("--cacert", self.ca, "--pin", "sha256/" + "A" * 43 + "=", said=self.certificates.pin("server"))

    def test_a_pin_does_not_replace_a_ca(self):
        self.refuses("--pin", self.certificates.pin("server"))

    def test_what_is_no_pin_is_a_mistake(self):
        for text in ("", "sha256/abc", "md5/" + "A" * 43 + "=", "A" * 43 + "="):
            self.ends(2, "--pin", text, said="--pin: a pin of a key is")


class Insecure(TlsTest):
    def test_it_is_said_loudly_and_once(self):
        other = self.serve({"/y": reply(b"y")}, wrap=self.certificates.server("other"))
        for more in ((), ("--quiet",)):
            result = self.saves("-k", *more)
            self.assertEqual(result.errors.count("NO SERVER IS VERIFIED"), 1)
        result = run("--dir", self.out, "--force", "--insecure", self.server.url + "/x", other.url + "/y")
        self.assertEqual((result.returncode, result.errors.count("NO SERVER IS VERIFIED")), (0, 1), result.errors)
        self.assertNotIn("believes anybody", result.errors)

    def test_nothing_is_said_of_what_is_not_encrypted(self):
        plain = self.serve({"/x": reply(b"plain")})
        result = run("--dir", self.out, "-k", "-q", plain.url + "/x")
        self.assertEqual((result.returncode, result.errors), (0, ""))

    def test_with_a_pin_only_that_key_is_believed(self):
        result = self.saves("-k", "--pin", self.certificates.pin("server"))
        self.assertNotIn("VERIFIED", result.errors)
        (self.out / "x").unlink()
        self.server.heads.clear()
        self.refuses("-k", "--pin", self.certificates.pin("ca"))

    def test_a_ca_has_no_use_with_it(self):
        self.ends(2, "-k", "--cacert", self.ca, said="--cacert")
        self.ends(2, "-k", "--capath", self.folder, said="--capath")


class Identity(TlsTest):
    def setUp(self):
        super().setUp()
        self.mine, self.key = self.certificates.pair("me")
        strict = self.certificates.server("strict", clients=ssl.CERT_REQUIRED)
        self.server = self.serve({"/x": reply(b"secret")}, wrap=strict)

    def test_a_certificate_and_its_key_in_two_files_or_one(self):
        both = self.folder / "both.pem"
        both.write_bytes(self.mine.read_bytes() + self.key.read_bytes())
        self.saves("--cacert", self.ca, "--cert", self.mine, "--key", self.key)
        self.saves("--cacert", self.ca, "--cert", both)

    def test_nginx_sees_it(self):
        root = self.folder / "root"
        root.mkdir()
        (root / "x").write_text("secret")
        certificate, key = self.certificates.pair("nginx")
        port = programs.free_port()
        self.nginx(root, f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; "
                         f"ssl_client_certificate {self.ca}; ssl_verify_client on;")
        self.server.url = f"https://127.0.0.1:{port}"
        self.saves("--cacert", self.ca, "--cert", self.mine, "--key", self.key)
        result = self.get("--cacert", self.ca)
        self.assertEqual((result.returncode, result.entries[0]["status"]), (1, 400), result.errors)

    def test_who_shows_none_is_refused(self):
        result = self.get("--cacert", self.ca)
        self.assertEqual((result.returncode, self.files(), self.server.heads), (1, {}, []))
        # TLS 1.3 lets it ask first, and refuses then.
        self.assertIn(result.entries[0]["error"]["kind"], ("tls", "disconnected"), result.errors)

    def test_another_origin_is_not_shown_it(self):
        shown = []
        def route(stream, _):
            shown.append(bool(stream.getpeercert()))
            stream.sendall(reply(b"y"))
        other = self.serve({"/y": route}, wrap=self.certificates.server("other", clients=ssl.CERT_OPTIONAL))
        self.server.routes["/away"] = reply(b"", f"Location: {other.url}/y", status="302 Found")
        arguments = ("--cacert", self.ca, "--cert", self.mine, "--key", self.key)
        self.assertEqual(self.get(*arguments, path="/away").returncode, 0)
        self.assertEqual(run("--dir", self.out, "--force", *arguments, other.url + "/y").returncode, 0)
        self.assertEqual(shown, [False, True])

    def test_what_cannot_be_used_ends_it(self):
        _, wrong = self.certificates.pair("other")
        missing = self.folder / "missing"
        self.ends(3, "--cert", missing, said=missing)
        self.ends(3, "--cert", self.mine, said="no PEM private key")
        self.ends(3, "--cert", self.mine, "--key", missing, said=missing)
        self.ends(3, "--cert", self.mine, "--key", wrong, said=wrong)
        locked = self.folder / "locked.key"
        subprocess.run(["openssl", "pkey", "-in", self.key, "-out", locked, "-aes128", "-passout", "pass:abc"], check=True)
        self.ends(3, "--cert", self.mine, "--key", locked, said="is encrypted")
        self.ends(2, "--key", self.key, said="--cert")


if __name__ == "__main__":
    programs.main()
