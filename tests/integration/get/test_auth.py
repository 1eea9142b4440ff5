"""Who the requests say to be: the origin that was asked is told, and no other."""

import base64
import hashlib
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run

BASIC = "Basic " + base64.b64encode(b"ann:pass:word").decode()


def digest_route(user, password):
    """Asks for Digest (RFC 7616, SHA-256), and lets in who answers well."""
    def is_good(head):
        field = re.search(r"\r\nAuthorization: Digest (.*)\r\n", head)
        if not field:
            return False
        said = {name: value for name, _, value in re.findall(r'(\w+)=("?)([^",]*)\2', field[1])}
        def digest(*parts):
            return hashlib.sha256(":".join(parts).encode()).hexdigest()
        expected = digest(digest(user, "here", password), "n0nce", said["nc"], said["cnonce"], said["qop"],
                          digest("GET", said["uri"]))
        return said["response"] == expected
    def route(stream, head):
        if is_good(head.decode("latin-1")):
            stream.sendall(reply(b"secret"))
        else:
            stream.sendall(reply(b"", 'WWW-Authenticate: Digest realm="here", nonce="n0nce", algorithm=SHA-256, qop="auth"',
                                 status="401 Who"))
        return True
    return route


class Auth(ProgramTest):
    def setUp(self):
        super().setUp()
        self.other = self.serve({"/y": reply(b"y")})
        other = self.other.url.replace("127.0.0.1", "localhost")
        self.server = self.serve({"/x": reply(b"x"), "/away": reply(b"", f"Location: {other}/y", status="302 Found"),
                                  "/digest": digest_route("ann", "pass:word")})

    def said(self, server):
        """What the last request to it said."""
        return [line[15:] for line in server.heads[-1].split("\r\n") if line.startswith("Authorization: ")]

    def get(self, path, *arguments):
        return run("--dir", self.out, "--force", *arguments, self.server.url + path)

    def test_user_and_password(self):
        self.assertEqual(self.get("/x", "-u", "ann:pass:word").returncode, 0)
        self.assertEqual(self.said(self.server), [BASIC])

    def test_a_token(self):
        self.assertEqual(self.get("/x", "--bearer", "abc").returncode, 0)
        self.assertEqual(self.said(self.server), ["Bearer abc"])

    def test_another_origin_is_not_told(self):
        for arguments in (("-u", "ann:pass:word"), ("--bearer", "abc"), ("-u", "ann:pass:word", "--digest")):
            with self.subTest(arguments):
                self.assertEqual(self.get("/away", *arguments).returncode, 0)
                self.assertEqual(self.said(self.other), [])

    def test_digest_answers_what_it_is_asked(self):
        result = self.get("/digest", "-u", "ann:pass:word", "--digest")
        self.assertEqual((result.returncode, self.files()), (0, {"digest": b"secret"}), result.errors)
        self.assertNotIn("Basic", "".join(self.server.heads))

    def test_a_wrong_password_is_a_failure(self):
        result = self.get("/digest", "-u", "ann:wrong", "--digest")
        self.assertEqual((result.returncode, self.files(), len(self.server.heads)), (1, {}, 2))
        self.assertIn("the server answered 401 Who", result.errors)

    def test_netrc(self):
        netrc = self.folder / "netrc"
        netrc.write_text("machine 127.0.0.1 login ann password pass:word\n")
        self.assertEqual(self.get("/x", "--netrc-file", netrc).returncode, 0)
        self.assertEqual(self.said(self.server), [BASIC])
        self.assertEqual(self.get("/x").returncode, 0)
        self.assertEqual(self.said(self.server), [])

    def test_the_usual_netrc_must_be_private(self):
        home = self.folder / "home"
        home.mkdir()
        netrc = home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login ann password pass:word\n")
        for mode, code, said in ((0o644, 3, []), (0o600, 0, [BASIC])):
            netrc.chmod(mode)
            result = run("--dir", self.out, "--netrc", self.server.url + "/x", env={"HOME": str(home)})
            self.assertEqual(result.returncode, code, result.errors)
            self.assertEqual([line for head in self.server.heads for line in self.said(self.server)], said)
        self.assertEqual(run("--netrc-file", home / "none", self.server.url + "/x").returncode, 3)


if __name__ == "__main__":
    programs.main()
