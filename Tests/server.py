"""A real server process for the tests: started on a free port, watched, and ended by its pid."""

import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def binary():
    """The executable under test: HALLEY_BINARY (or HALLEY_BIN), else the newest of the two builds."""
    for name in ("HALLEY_BINARY", "HALLEY_BIN"):
        if os.environ.get(name):
            return Path(os.environ[name])
    builds = [ROOT / ".build" / kind / "halley" for kind in ("release", "debug")]
    found = [path for path in builds if path.exists()]
    if not found:
        raise RuntimeError("no halley binary: run 'swift build' or set HALLEY_BINARY")
    return max(found, key=lambda path: path.stat().st_mtime)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, within=10.0, every=0.05):
    """Waits until condition() is true; returns its last value."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


class Server:
    """One `halley serve`. Use it as a context manager or call stop()."""

    def __init__(self, config=None, flags=(), port=None, awaits="/_halley/health"):
        self.host = "127.0.0.1"
        self.port = port or free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="halley-test-")
        self.log_path = Path(self.folder.name) / "log"
        self.config_path = Path(self.folder.name) / "halley.yaml"
        command = [str(binary()), "serve", "--listen", f"{self.host}:{self.port}", *flags]
        if config is not None:
            self.write_config(config)
            command += ["--config", str(self.config_path)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_raise_descriptors)
        self.pid = self.process.pid
        self._await_ready(awaits)

    def write_config(self, text):
        """Replaces the configuration file in one step, as editors and deployment tools do."""
        new = self.config_path.with_suffix(".new")
        new.write_text(text)
        new.replace(self.config_path)

    @property
    def origin(self):
        return f"http://{self.host}:{self.port}"

    @property
    def authority(self):
        return f"{self.host}:{self.port}"

    def url(self, path):
        return self.origin + path

    def log(self):
        return self.log_path.read_text(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def health(self):
        """The JSON of /_halley/health, flattened to {dotted name: number}."""
        with urllib.request.urlopen(self.url("/_halley/health"), timeout=5) as answer:
            return dict(_numbers(json.load(answer)))

    def gauges(self, report=None):
        """What must fall back after the clients have left: everything in the health report that counts live things."""
        words = ("waiter", "connection", "timer", "subscri", "queued", "socket", "stream", "pending", "held")
        return {
            name: value for name, value in (report or self.health()).items()
            if any(word in name.lower() for word in words) and "total" not in name.lower()
        }

    def descriptors(self):
        """How many sockets the process has open."""
        count = 0
        for entry in os.scandir(f"/proc/{self.pid}/fd"):
            try:
                count += os.readlink(entry.path).startswith("socket:")
            except FileNotFoundError:
                pass
        return count

    def listeners(self):
        """How many of them listen: one an event loop, all on the same port."""
        rows = Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()[1:]
        return sum(row.split()[1].endswith(f":{self.port:04X}") and row.split()[3] == "0A" for row in rows)

    def memory(self):
        """Resident bytes that are the process's own."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))

    def processor_time(self):
        """Seconds the process has spent on the processor."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def publish(self, channel, body, content_type="text/plain", **fields):
        """POSTs to a hub channel; returns the message id."""
        request = urllib.request.Request(
            self.url(f"/hub/{channel}"), data=body if isinstance(body, bytes) else body.encode(), method="POST",
            headers={"Content-Type": content_type, **fields})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["id"]

    def poll(self, channel, cursor="", hold=None, timeout=60):
        """One poll of a hub channel; returns the decoded answer."""
        query = "&".join(
            part for part in (f"cursor={cursor}" if cursor else "", "" if hold is None else f"hold={hold}") if part)
        with urllib.request.urlopen(self.url(f"/hub/{channel}?{query}"), timeout=timeout) as answer:
            return json.load(answer)

    def stop(self):
        """Ends the process by its pid and returns its exit status; kills it if it does not leave in time."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        status = self.process.returncode
        self.folder.cleanup()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _await_ready(self, path):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if not self.alive():
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            try:
                urllib.request.urlopen(self.url(path), timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(f"the server did not answer {path} in 20 s:\n{self.log()}")


def _raise_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _numbers(value, name=""):
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _numbers(inner, f"{name}.{index}")
