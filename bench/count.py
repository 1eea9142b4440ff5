"""Counts what does not vary: instructions and heap calls of a request, memory of an idle connection.

    count.py HTTP_LOAD IDLE

Both programs of this folder. callgrind counts the instructions of the process and who calls whom, nginx serves. A
figure is the slope between a shorter and a longer run, so start-up and the first connections are not in it.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
CONNECTIONS = 500
HEAP = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}
# Name, scheme, arguments after the count, requests of the shorter and the longer run.
SCENARIOS = [
    ("keep-alive", "http", ["64"], 256, 1256),
    ("a connection each", "http", ["64", "--close"], 256, 1256),
    ("TLS keep-alive", "https", ["64"], 256, 1256),
    ("TLS, a handshake each", "https", ["8", "--close"], 40, 140),
    ("TLS, a resumed one each", "https", ["8", "--close", "--resume"], 40, 140),
]
NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  ssl_protocols TLSv1.3;
  ssl_certificate {folder}/cert.pem;
  ssl_certificate_key {folder}/key.pem;
  ssl_session_cache shared:sessions:1m;
  server {{
    listen 127.0.0.1:{http} backlog=1024;
    listen 127.0.0.1:{https} ssl backlog=1024;
    default_type text/plain;
    return 200 "{body}";
  }}
}}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.ports = dict(zip(("http", "https"), free_ports(2)))
        self.ca = folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                        "-keyout", folder / "key.pem", "-out", self.ca], check=True, capture_output=True)
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, body="x" * 130, **self.ports))
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", config])

    def __enter__(self):
        for _ in range(100):
            if self.process.poll() is not None:
                break
            try:
                for port in self.ports.values():
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        sys.exit("nginx does not start: " + (self.folder / "error.log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def arguments(self, scheme, more):
        trust = ["--cacert", str(self.ca)] if scheme == "https" else []
        return [f"{scheme}://127.0.0.1:{self.ports[scheme]}/", *more, *trust]


def read_profile(path):
    """Instructions, and how often the heap was asked for memory: by whomever, and by OpenSSL."""
    names, instructions, callee, caller = {}, 0, None, None
    asked = {"all": 0, "OpenSSL": 0}
    for line in path.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            names.setdefault(match[2], match[3])
            if match[1] == "fn":
                caller = names[match[2]]
            else:
                callee = names[match[2]]
        elif line.startswith("calls=") and callee in HEAP:
            times = int(line[6:].split()[0])
            asked["all"] += times
            asked["OpenSSL"] += times if caller.startswith("CRYPTO_") else 0
        elif line.startswith("totals:"):
            instructions = int(line.split()[1])
    return instructions, asked["all"], asked["OpenSSL"]


def profile(program, arguments, folder):
    out = folder / "profile"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *arguments],
                          capture_output=True, text=True, timeout=200)
    if done.returncode != 0:
        sys.exit(f"{program} failed: {done.stdout} {done.stderr[-500:]}")
    return read_profile(out)


def count_requests(program, server):
    print(f"{'a GET of 130 bytes':<26}{'instructions':>14}{'heap calls':>12}{'of OpenSSL':>12}")
    for name, scheme, more, short, long in SCENARIOS:
        first, second = (profile(program, server.arguments(scheme, [str(n), *more]), server.folder)
                         for n in (short, long))
        each = [(b - a) / (long - short) for a, b in zip(first, second)]
        print(f"{name:<26}{each[0]:>14,.0f}{each[1]:>12.2f}{each[2]:>12.2f}", flush=True)


def weigh_connections(program, server):
    print(f"\n{'an idle connection':<26}{'bytes of heap':>14}{'resident':>12}")
    for scheme in ("http", "https"):
        done = subprocess.run([program, *server.arguments(scheme, [str(CONNECTIONS)])], check=True,
                              capture_output=True, text=True, timeout=100)
        each = json.loads(done.stdout)
        print(f"{scheme:<26}{each['heap_bytes']:>14,.0f}{each['resident_bytes']:>12,.0f}")


def main(http_load, idle):
    missing = [tool for tool in ("nginx", "openssl", "valgrind") if shutil.which(tool) is None]
    if missing:
        print("skipped, for want of " + ", ".join(missing))
        return SKIPPED
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="skein-bench-") as folder, Server(pathlib.Path(folder)) as server:
        os.chmod(folder, 0o755)
        count_requests(http_load, server)
        weigh_connections(idle, server)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
