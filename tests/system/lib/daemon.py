"""The real daemon, started on a folder of its own and ended with the test."""

import glob
import hashlib
import os
import pathlib
import re
import signal
import subprocess

from lib.configuration import configuration
from lib.http import ANY_SERVER, Connection
from lib.waiting import await_condition, deadline_s

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("MAILSTORED_BUILD", REPOSITORY / "build"))
MAILSTORED = BUILD / "daemon" / "mailstored"
MAILSTORECTL = BUILD / "ctl" / "mailstorectl"

SANITIZER_REPORT = re.compile(
    r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:)")

EX_USAGE, EX_UNAVAILABLE, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 64, 69, 73, 75, 78


def fingerprint(der):
    """As the daemon writes it: SHA-256, upper-case, with colons."""
    return hashlib.sha256(der).digest().hex(":").upper()


def environment(extra=None):
    """The test's environment without what a service manager or user may have put there."""
    passed = {name: value for name, value in os.environ.items()
              if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS",
                              "LISTEN_PID", "LISTEN_FDNAMES", "JOURNAL_STREAM", "XDG_STATE_HOME")}
    passed["LC_ALL"] = "C.UTF-8"
    # A test that watches memory must not count what AddressSanitizer keeps of what was freed.
    passed["ASAN_OPTIONS"] = passed.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=16"
    passed.update(extra or {})
    return passed


def run_mailstored(*arguments, wrap=(), env=None, **options):
    """Runs it to its end (--check-config, refused starts), with its output as text."""
    return subprocess.run([*wrap, str(MAILSTORED), *map(str, arguments)], env=environment(env),
                          capture_output=True, text=True, timeout=deadline_s(30), check=False,
                          **options)


class Daemon:
    """One process. Its folder holds mailstored.conf, state/ and log."""

    def __init__(self, folder, config=None, listen=("web-access=127.0.0.1:0",), state=None,
                 store=None, arguments=(), wrap=(), env=None):
        self.folder = pathlib.Path(folder)
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.store = pathlib.Path(store) if store else self.state / "certs"
        self.config = self.folder / "mailstored.conf"
        self.configure(config if config is not None else {})
        self.command = [*map(str, wrap), str(MAILSTORED), "--config", str(self.config),
                        "--state", str(self.state)]
        self.command += [f"--listen={where}" for where in listen]
        self.command += map(str, arguments)
        self.env = environment(env)
        self.log_path = self.folder / "log"
        self.process = None
        self.expected_status = 0

    # ---- its life

    def configure(self, config):
        """Writes its configuration: a dict (see lib.configuration) or the text itself.

        Unless told otherwise the slow poll is slower than any test, so that it mends nothing that
        the watch has missed."""
        if not isinstance(config, str):
            config = configuration({"store": {"poll_interval_s": 86400}, **config})
        self.config.write_text(config)

    def start(self, wait=True):
        if wait:  # a killed one left it behind
            self.listening_path.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.env, cwd=self.folder)
        if wait:
            self.await_listening()
        return self

    def await_listening(self):
        def up():
            assert self.process.poll() is None, \
                f"ended with status {self.process.returncode} before it listened"
            return self.listening_path.exists()
        await_condition("the daemon listens", up)

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def await_end(self, within_s=20):
        """Waits for the process; its exit status."""
        return self.process.wait(timeout=deadline_s(within_s))

    def stop(self):
        """Asks it to stop and waits; its exit status."""
        self.signal(signal.SIGTERM)
        return self.await_end()

    def kill(self):
        """As a power cut would: no chance to tidy up."""
        self.expected_status = -signal.SIGKILL
        self.process.kill()
        return self.await_end()

    def restart(self):
        self.stop()
        self.expected_status = 0
        return self.start()

    def finish(self):
        """Ends what still runs; complaints about how it went, as text, or None."""
        if self.process is None:
            return None
        complaint = None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.await_end()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return f"mailstored {self.pid} did not stop at SIGTERM"
        if self.process.returncode != self.expected_status:
            complaint = f"mailstored ended with status {self.process.returncode}"
        if SANITIZER_REPORT.search(self.log):
            complaint = "a sanitizer reported (see the daemon's log)"
        return complaint

    # ---- what it says

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def mark(self):
        """Where the log stands now; for await_log(since=…)."""
        return len(self.log)

    def await_log(self, pattern, since=0, within_s=10):
        """Waits for a line that the regular expression finds; the match."""
        found = re.compile(pattern, re.MULTILINE)
        return await_condition(f"the log says {pattern!r}",
                               lambda: found.search(self.log, since), within_s)

    @property
    def listening_path(self):
        return self.state / "listening"

    @property
    def listening(self):
        """[(service, protocol, address, port)]"""
        lines = self.listening_path.read_text().splitlines()
        return [(service, protocol, address, int(port))
                for service, protocol, address, port in map(str.split, lines)]

    def port(self, service="web-access", address=None, index=0):
        found = [row[3] for row in self.listening
                 if row[0] == service and address in (None, row[2])]
        assert len(found) > index, f"no listener {index} of {service} in {self.listening}"
        return found[index]

    # ---- what it does

    def reload(self):
        """SIGHUP; does not wait: what should come of it is the test's to await."""
        self.signal(signal.SIGHUP)

    def connect(self, service="web-access", address="127.0.0.1", port=None, sni=None,
                context=ANY_SERVER, **options):
        return Connection(address, port or self.port(service), sni=sni, context=context, **options)

    def fetch(self, path="/", *, service="web-access", address="127.0.0.1", port=None, sni=None,
              context=ANY_SERVER, source=None, **request):
        """One request on a connection of its own, nothing verified."""
        with self.connect(service, address, port, sni, context, source=source) as connection:
            return connection.ask(path, **request)

    def served_certificate(self, **how):
        with self.connect(**how) as connection:
            return connection.certificate

    def served_fingerprint(self, **how):
        return fingerprint(self.served_certificate(**how))

    def await_served(self, certificate, within_s=10, **how):
        """Waits until this certificate (lib.certs.Certificate or DER) is what a client gets."""
        wanted = fingerprint(getattr(certificate, "der", certificate))
        await_condition(f"{wanted} is served", lambda: self.served_fingerprint(**how) == wanted,
                        within_s)

    # ---- what it costs

    @property
    def cpu_s(self):
        """Processor seconds of all its threads so far, to the nanosecond where Linux counts so."""
        spent = 0
        for path in glob.glob(f"/proc/{self.pid}/task/*/schedstat"):
            with open(path) as stat:
                spent += int(stat.read().split()[0])
        if spent:
            return spent / 1e9
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_kb(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1])

    @property
    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def is_sanitized():
    """Does the build carry a sanitizer? Its memory figures mean nothing then."""
    binary = MAILSTORED.read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary
