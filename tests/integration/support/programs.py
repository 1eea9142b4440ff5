"""What tests of programs share: running them, servers that do as told, nginx, and unittest as a meson test."""

import base64
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

SKIPPED = 77  # meson's exit code for a test that could not run here
TIME_LIMIT = 120  # seconds that a program may take, sanitizers included
PROGRAM = ""  # set by main(): the program under test


def environment(**more):
    """Ours without proxies: these are between the tests' programs and servers only where a test says so."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")} | more


def run(*arguments, program=None, **options):
    """Runs a program to its end; its result has text, and `entries`, the lines of JSON on its output."""
    options.setdefault("env", environment())
    options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
    if options["stdin"] is None:
        del options["stdin"]
    if "stdout" not in options:
        options["stdout"] = subprocess.PIPE
    result = subprocess.run([program or PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, check=False,
                            timeout=TIME_LIMIT, **options)
    result.output, result.errors = ((stream or b"").decode() for stream in (result.stdout, result.stderr))
    result.entries = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    result.by_url = {entry["url"]: entry for entry in result.entries}
    return result


def sanitized():
    """Whether the program under test keeps freed memory, as the address sanitizer does."""
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


def reply(body=b"", *headers, status="200 OK"):
    """The bytes of a response with Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\r\n\r\n" + body


class Server:
    """A server on a loopback port. `routes` maps a target to the bytes to send, or to a function of the
    connection and the request's head; one that returns True keeps the connection. Any other target gets
    `otherwise`, 404. `wrap` makes a connection of a socket: TLS. `path` is that of a Unix socket, or @ and a
    name, to listen on instead."""

    def __init__(self, routes, wrap=None, path=None):
        self.routes, self.wrap, self.heads = routes, wrap, []
        self.otherwise = reply(b"none\n", status="404 Not Found")
        if path is None:
            self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
            self.port = self._socket.getsockname()[1]
            self.url = f"http{'s' if wrap else ''}://127.0.0.1:{self.port}"
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(path.replace("@", "\0") if path.startswith("@") else path)
            self._socket.listen(512)
        self.released = threading.Event()  # what stalls, waits for it
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self):
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            with self.wrap(connection) if self.wrap else connection as stream:
                while self._answer(stream):
                    pass
        except OSError:
            pass  # the client has gone

    def _answer(self, stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)
            if not byte:
                return False
            head += byte
        self.heads.append(head.decode("latin-1"))
        answer = self.routes.get(head.split(b" ")[1].decode(), self.otherwise)
        if callable(answer):
            return answer(stream, head) is True
        stream.sendall(answer)
        return True

    def stall(self, before=b""):
        """A route that sends something, and then nothing until the test is over."""
        def route(stream, _):
            stream.sendall(before)
            self.released.wait()
        return route

    def close(self):
        """Ends the server. The thread that accepts has ended before the socket is closed: else it could accept a
        connection of the next server, whose socket has the same number."""
        self.released.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()


def cut(answer, reset=False):
    """A route that sends bytes and closes, or resets, the connection."""
    def route(stream, _):
        stream.sendall(answer)
        if reset:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return route


def free_port():
    """A loopback port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start_server(test, port, *command):
    """Starts a program that listens on a loopback port, for the time of a test; skips that if it is not there."""
    if shutil.which(command[0]) is None:
        test.skipTest(f"there is no {command[0]} here")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               cwd=test.folder, preexec_fn=die_with_parent)
    test.addCleanup(process.wait)
    test.addCleanup(process.terminate)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} did not start") from None


class Certificates:
    """Certificates of a CA of a test's own: `ca` is the file of the CA, `pair(name)` makes another, for "IP:..." or
    "DNS:...", and gives the paths of it and of its key."""

    def __init__(self, test):
        if shutil.which("openssl") is None:
            test.skipTest("there is no openssl here")
        self._folder = test.folder
        self.ca = self._folder / "ca.pem"
        (self._folder / "openssl.conf").write_text("[req]\ndistinguished_name = name\n[name]\n")  # none of the system's
        self._make("ca", "-x509", "-subj", "/CN=test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                   "-addext", "keyUsage=critical,keyCertSign")

    def _make(self, name, *more):
        kind = ["-config", self._folder / "openssl.conf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        files = ["-keyout", self._folder / f"{name}.key", "-out", self._folder / f"{name}.pem"]
        subprocess.run(["openssl", "req", *kind, *files, "-nodes", "-days", "2", *more], check=True, capture_output=True)

    def pair(self, name, subject="IP:127.0.0.1"):
        self._make(name, "-x509", "-CA", self.ca, "-CAkey", self._folder / "ca.key", "-subj", f"/CN={name}",
                   "-addext", f"subjectAltName={subject}", "-addext", "basicConstraints=critical,CA:FALSE")
        return self._folder / f"{name}.pem", self._folder / f"{name}.key"

    def server(self, name="server", clients=ssl.CERT_NONE, subject="IP:127.0.0.1"):
        """What makes TLS servers of sockets; `clients` says whether they ask for a certificate of this CA."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair(name, subject))
        context.load_verify_locations(self.ca)
        context.verify_mode = clients
        return lambda connection: context.wrap_socket(connection, server_side=True)

    def pin(self, name):
        """Of its public key, as RFC 7469 has it."""
        key = self._folder / f"{name}.key"
        spki = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                              capture_output=True).stdout
        return "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode()


class Nginx:
    """nginx serves a folder, on a free port, with temporary files of its own. `more` is said of the server."""

    def __init__(self, root, work, more=""):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        paths = " ".join(f"{kind}_temp_path {work}/{kind};" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # `user` counts only for root, whose workers could not read the folder of a test otherwise.
        user = "user root;" if os.geteuid() == 0 else ""
        config = pathlib.Path(work, "nginx.conf")
        config.write_text(f"""daemon off; {user} worker_processes 1; pid {work}/pid; error_log {work}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; {paths} keepalive_requests 100000; sendfile on;
                server {{ listen 127.0.0.1:{self.port} backlog=512; root {root}; {more} }} }}""")
        self._process = subprocess.Popen(["nginx", "-e", f"{work}/start.log", "-p", work, "-c", config],
                                         stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError("nginx did not start: " + pathlib.Path(work, "start.log").read_text()) from None

    def close(self):
        self._process.terminate()
        self._process.wait()


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own, and servers that end with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="skein-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = self.folder / "out"

    def serve(self, routes, **options):
        server = Server(routes, **options)
        self.addCleanup(server.close)
        return server

    def nginx(self, root, more=""):
        if shutil.which("nginx") is None:
            self.skipTest("there is no nginx here")
        work = tempfile.mkdtemp(prefix="skein-nginx-", dir=self.folder)
        server = Nginx(root, work, more)
        self.addCleanup(server.close)
        return server

    def files(self):
        """What is in the output folder: name: content."""
        return {path.name: path.read_bytes() if path.is_file() else None for path in self.out.iterdir()}


def main():
    """Runs the tests of the module for the program that the command line names. A test of which everything
    was skipped counts as skipped, with its reasons shown."""
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv[1])
    result = unittest.main(module="__main__", argv=[sys.argv[0], "--verbose", *sys.argv[2:]], exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0)
