"""A booted Debian: real systemd, journal and dpkg, in namespaces of its own."""

import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

BOOT = pathlib.Path(__file__).with_name("boot")
numbers = itertools.count()


def await_condition(what, condition, within_s=20):
    """The first true value of condition(); fails with `what` when the deadline passes."""
    end = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(0.02)
    return value


class Machine:
    def __init__(self, root):
        self.scratch = tempfile.mkdtemp(prefix="mailstored-machine-")
        self.cgroup = f"mailstored-test-{os.getpid()}-{next(numbers)}"
        self.outer = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net",
             BOOT, root, self.scratch],
            env={**os.environ, "CGROUP": self.cgroup}, stdin=subprocess.DEVNULL)
        self.init = await_condition("systemd starts", self.find_init)
        await_condition("systemd is up", lambda: self.run(
            "systemctl", "is-system-running", "--wait", check=False).stdout.strip()
            in ("running", "degraded"))

    def find_init(self):
        assert self.outer.poll() is None, "the machine did not boot"
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        for pid in map(int, children.read_text().split()):
            if os.readlink(f"/proc/{pid}/exe").endswith("/systemd"):
                return pid
        return None

    def power_off(self):
        """Nothing in it outlives its process 1, nor do its mounts; the cgroups stay behind."""
        if self.outer.poll() is None:
            os.kill(self.init, signal.SIGKILL)
            self.outer.wait()
        shutil.rmtree(self.scratch)
        subprocess.run(
            ["unshare", "--mount", "sh", "-euc",
             'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +',
             "sh", self.cgroup], check=True)

    # ---- doing things in it

    def inside(self, *namespaces):
        return ["nsenter", "--target", str(self.init), *namespaces]

    def run(self, *command, check=True, **options):
        """Runs a command of the machine's; its output as text."""
        done = subprocess.run(
            [*self.inside("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"),
             "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", *map(str, command)],
            capture_output=True, text=True, timeout=120, check=False, **options)
        assert not check or done.returncode == 0, \
            f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def sh(self, script, check=True):
        return self.run("sh", "-euc", script, check=check).stdout

    def path(self, absolute):
        return pathlib.Path(f"/proc/{self.init}/root{absolute}")

    def install(self, deb):
        shutil.copy(deb, self.path("/root/mailstored.deb"))
        return self.run("dpkg", "--install", "/root/mailstored.deb").stdout

    # ---- its service

    def unit(self, name, unit="mailstored.service"):
        """A property of the unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def await_unit(self, name, wanted, unit="mailstored.service"):
        await_condition(f"{name} of {unit} is {wanted}", lambda: self.unit(name, unit) == wanted)

    def journal(self, unit="mailstored.service"):
        """[(priority, message)]"""
        self.run("journalctl", "--sync")
        lines = self.run("journalctl", "--unit", unit, "--output", "json").stdout.splitlines()
        records = map(json.loads, lines)
        return [(int(record["PRIORITY"]), record["MESSAGE"]) for record in records]

    def await_journal(self, pattern):
        """Waits for a message that the regular expression finds; its priority and text."""
        return await_condition(f"the journal says {pattern!r}", lambda: next(
            (line for line in self.journal() if re.search(pattern, line[1])), None))

    def fetch(self, url, *options):
        return self.run("curl", "--silent", "--show-error", "--insecure", "--fail",
                        "--max-time", "10", *options, url).stdout

    def served_fingerprint(self, where="127.0.0.1:8462"):
        return self.sh(f"openssl s_client -connect {where} </dev/null 2>/dev/null |"
                       " openssl x509 -noout -fingerprint -sha256").strip().partition("=")[2]

    def await_served(self, fingerprint):
        await_condition(f"{fingerprint} is served",
                        lambda: self.served_fingerprint() == fingerprint)

    def make_certificate(self, path, name):
        """Chain and key in one file, written aside and moved; its fingerprint."""
        self.sh(f"cd /tmp && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                f" -days 30 -subj /CN={name} -addext subjectAltName=DNS:{name}"
                f" -keyout key -out chain 2>/dev/null; umask 077; cat chain key >{path}.tmp;"
                f" chown --reference=$(dirname {path}) {path}.tmp; mv {path}.tmp {path}")
        return self.sh("openssl x509 -noout -fingerprint -sha256 -in /tmp/chain"
                       ).strip().partition("=")[2]
