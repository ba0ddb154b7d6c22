"""Clients that visit scenarios of the laboratory, and what a run tells them."""

import json
import shlex
import subprocess
import urllib.error
import urllib.request

from lib.daemon import environment
from lib.waiting import await_condition, deadline_s

SECONDS = 20


def curls(*names, before="", after="true", options=""):
    """A command for `lab run`: sends curl to some scenarios, one after the other."""
    visits = "\n".join(
        f"curl -s -o /dev/null --max-time {SECONDS} {options} "
        f"$(jq -r '.scenarios[] | select(.scenario == {json.dumps(name)}) | .url' "
        '"$MAILSTORED_LAB_JSON")' for name in names)
    return ["sh", "-c", f"{before}\n{visits}\n{after}"]


def fetch(url, method="GET", data=None, **headers):
    """(status, headers, octets); whatever the status is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=data, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=deadline_s(SECONDS)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


class Served:
    """A run, as its page tells of it."""

    def __init__(self, page, folder):
        self.page, self.folder = page, folder
        self.all = json.loads(fetch(f"{page}lab.json")[2])
        self.scenarios = {each["scenario"]: each for each in self.all["scenarios"]}
        self.ca = folder / f"ca-{self.all['run']}.pem"
        self.ca.write_bytes(fetch(f"{page}ca.pem")[2])

    def count(self, name):
        """How many connections to a scenario have ended."""
        return sum(each["connections"] for client in self.report()["clients"]
                   for each in client["results"] if each["scenario"] == name)

    def curl(self, name, *options):
        """Its exit status, when what it did is counted."""
        before = self.count(name)
        status = self.send_curl(name, *options)
        await_condition("curl is counted", lambda: self.count(name) > before)
        return status

    def send_curl(self, name, *options):
        """Its exit status."""
        each = self.scenarios[name]
        where = f"{each['host']}:{each['port']}:{each['address']}"
        return subprocess.run(
            ["curl", "-s", "-o", self.folder / "body", "--max-time", str(deadline_s(SECONDS)),
             "--cacert", self.ca, "--resolve", where, *options, each["url"]],
            env=environment({"no_proxy": "*"}), check=False).returncode

    def openssl(self, name, *options, ask=True):
        """openssl s_client, which verifies and sends a request if it likes what it sees."""
        each = self.scenarios[name]
        said = f"GET / HTTP/1.0\r\nUser-Agent: s_client {shlex.join(options)}\r\n\r\n"
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"{each['address']}:{each['port']}", "-servername",
             each["host"], "-verify_hostname", each["host"], "-CAfile", self.ca,
             "-verify_return_error", "-ign_eof", *options], input=said.encode() if ask else b"",
            capture_output=True, timeout=deadline_s(SECONDS), check=False)
        return done.returncode

    def report(self):
        return json.loads(fetch(f"{self.page}report.json")[2])

    def results(self, agent=None):
        """{scenario: its result} of the one client that came, or of that which calls itself so."""
        clients = [each for each in self.report()["clients"] if agent in (None, each["agent"])]
        assert len(clients) == 1, clients
        return {each["scenario"]: each for each in clients[0]["results"]}
