"""https: whom it trusts, and that --cacert is enough for a CA of one's own."""

import pathlib
import shutil
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run


class Tls(ProgramTest):
    def setUp(self):
        super().setUp()
        if shutil.which("openssl") is None:
            self.skipTest("there is no openssl here")
        self.certificate = self.folder / "certificate.pem"
        key = self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server = self.serve({"/x": reply(b"secret")},
                                 wrap=lambda connection: context.wrap_socket(connection, server_side=True))

    def test_a_ca_of_ones_own(self):
        result = run("--dir", self.out, "--cacert", self.certificate, self.server.url + "/x")
        self.assertEqual((result.returncode, self.files()), (0, {"x": b"secret"}), result.errors)

    def test_a_certificate_of_nobody_is_refused(self):
        result = run("--dir", self.out, "--json", self.server.url + "/x")
        self.assertEqual((result.returncode, self.files()), (1, {}))
        self.assertEqual(result.entries[0]["error"]["kind"], "tls")
        self.assertEqual(self.server.heads, [])

    def test_a_ca_file_that_cannot_be_used_ends_it(self):
        empty = self.folder / "empty"
        empty.touch()
        for path in (self.folder / "missing", empty):
            result = run("--dir", self.out, "--cacert", path, self.server.url + "/x")
            self.assertEqual(result.returncode, 3)
            self.assertIn(str(path), result.errors)


if __name__ == "__main__":
    programs.main()
