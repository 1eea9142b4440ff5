"""The demo: skein-get fetches 300 files from a server on this machine, and every byte is checked.

Usage: run.py PATH_OF_SKEIN_GET [--files N] [--jobs N]

The server is Python's asyncio on a loopback port, HTTP/1.1 with keep-alive. Files are of 0 bytes to 8 MiB, made
on the fly from a seed. What skein-get saved, and what its report says (--json: a line of JSON for each URL,
with "url", "status", "bytes" and "path"), must agree with what was made. Exit code 0 if it does.
"""

import argparse
import asyncio
import hashlib
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time

SEED = 20260101
LARGEST = 8 << 20
TIME_LIMIT = 240  # seconds for skein-get


def make_files(count):
    """name: content. Sizes are spread evenly over the orders of magnitude; both ends are there."""
    chance = random.Random(SEED)
    sizes = [0, 1, LARGEST] + [int(2 ** chance.uniform(0, 22)) for _ in range(count - 3)]
    return {f"file-{number:03}.bin": chance.randbytes(size) for number, size in enumerate(sizes[:count])}


class Origin:
    """Serves the files on a free loopback port, in a thread with a loop of its own."""

    def __init__(self, files):
        self.files = files
        self.connections = 0
        self.requests = 0
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0, limit=64 << 10, backlog=512))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _connection(self, reader, writer):
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                body = self.files.get(target.removeprefix("/"))
                found = body is not None and method == "GET"
                body = body if found else b"no such file\n"
                status = "200 OK" if found else "404 Not Found"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\n"
                             f"Content-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has what it wanted
        finally:
            writer.close()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)


def fetch(program, urls, folder, jobs):
    """Runs skein-get on a list of URLs; its report, and the wall and CPU seconds it took."""
    listing = folder / "urls.txt"
    listing.write_text("".join(url + "\n" for url in urls))
    started = time.monotonic()
    run = subprocess.run([program, "--dir", folder / "out", "--jobs", str(jobs), "--json", "-i", listing],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT, check=False)
    wall = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode != 0:
        raise SystemExit(f"demo: skein-get ended with exit code {run.returncode}\n{run.stdout[-2000:]}")
    try:
        report = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
    except ValueError as problem:
        raise SystemExit(f"demo: the report of skein-get is not JSON, line by line: {problem}") from None
    return report, wall, used.ru_utime + used.ru_stime


def differences(files, report, base, out):
    """Where what was saved or reported differs from what was served; one line each."""
    told = {entry.get("url"): entry for entry in report}
    for name, content in files.items():
        entry = told.get(base + name)
        if entry is None:
            yield f"{name}: not in the report"
            continue
        path = pathlib.Path(entry.get("path") or name)
        path = path if path.is_absolute() or path.is_file() else out / path.name
        if not path.is_file():
            yield f"{name}: was not saved"
        elif hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(content).digest():
            yield f"{name}: the saved bytes differ"
        if entry.get("status") != 200 or entry.get("bytes") != len(content):
            yield f"{name}: reported as {entry.get('status')}, {entry.get('bytes')} bytes; served 200, {len(content)}"
        if entry.get("sha256") not in (None, hashlib.sha256(content).hexdigest()):
            yield f"{name}: the reported hash differs"
    saved = {path.name for path in out.iterdir()}
    for name in sorted(saved ^ set(files)):
        yield f"{name}: {'left behind' if name in saved else 'missing'} in the folder"


def main():
    parser = argparse.ArgumentParser(description="fetch files from a server on this machine, check every byte")
    parser.add_argument("program")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=32)
    options = parser.parse_args()

    files = make_files(max(options.files, 3))
    total = sum(map(len, files.values()))
    origin = Origin(files)
    base = f"http://127.0.0.1:{origin.port}/"
    print(f"demo: {len(files)} files, {total / 1e6:.1f} MB, served on port {origin.port}", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="skein-demo-") as folder:
            folder = pathlib.Path(folder)
            (folder / "out").mkdir()
            report, wall, cpu = fetch(options.program, [base + name for name in files], folder, options.jobs)
            wrong = list(differences(files, report, base, folder / "out"))
    except subprocess.TimeoutExpired:
        raise SystemExit(f"demo: skein-get did not end within {TIME_LIMIT} s") from None
    finally:
        origin.stop()
    for line in wrong[:20]:
        print(line)
    print(f"demo: {len(files)} files, {total / 1e6:.1f} MB in {wall:.2f} s, {total / 1e6 / wall:.0f} MB/s,"
          f" {cpu:.2f} s of CPU; {origin.requests} requests on {origin.connections} connections")
    print(f"demo: {len(wrong)} differences" if wrong else "demo: every file is as it was served")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
