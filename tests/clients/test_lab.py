"""The laboratory's record, held against the clients: each visits every scenario in a run of its
own, and what it says itself is what the server says of it."""

import json
import os
import pathlib
import sys

import pytest

from laboratory import matrix
from laboratory.drive import CLIENTS
from laboratory.versions import VERSIONS
from lib import clients
from lib.daemon import BUILD, MAILSTORECTL, REPOSITORY, environment

TESTS = pathlib.Path(__file__).parents[1]
COMMITTED = REPOSITORY / "docs/lab/clients.md"
# Whoever takes longest begins first.
NAMES = sorted(CLIENTS, key=lambda name: name not in ("firefox", "chromium", "java"))

# A client is known by its ClientHello; these send another where the first came to nothing.
SECOND_HELLOS = {"firefox": {"closes"}}


class Run:
    """What a client said, and what the record says, both by scenario."""

    def __init__(self, folder):
        self.said = json.loads((folder / "said.json").read_text())
        self.report = json.loads((folder / "report.json").read_text())
        self.scenarios = json.loads((folder / "lab.json").read_text())["scenarios"]

    def results(self, scenario):
        """Of each client that the record knows, and that went there."""
        found = [result for client in self.report["clients"] for result in client["results"]
                 if result["scenario"] == scenario and result["verdict"] != "not-tried"]
        return found

    def disagreement(self, scenario):
        said = self.said[scenario]
        own = "accepted" if said is None else "refused"
        results = self.results(scenario)
        if results and all(result["verdict"].startswith(own + "-") for result in results):
            return None
        server = ["{verdict} ({end}, alert {alert}, {version}, {connections} connections)".format(
            **result) for result in results]
        return f"{scenario}: {own} ({said}); the record: {', '.join(server) or 'not tried'}"

    @property
    def accepted(self):
        return {scenario: code is None for scenario, code in self.said.items()}


def drive(name):
    def make(folder):
        done = clients.run(
            [MAILSTORECTL, "lab", "run", "--json", "--output", folder / "report.json",
             "--", sys.executable, "-m", "laboratory.drive", name, folder], within_s=280,
            env=environment({"PYTHONPATH": os.pathsep.join(
                str(TESTS / part) for part in ("clients", "system"))}))
        assert (folder / "said.json").exists(), done.stdout + done.stderr
        assert done.returncode in (0, 1), done.stdout + done.stderr
    return make


@pytest.fixture
def run(once):
    """run(name): that client's, driven once for all tests."""
    return lambda name: Run(once(f"laboratory-{name}", drive(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_record_says_what_the_client_says(run, name):
    ran = run(name)
    assert list(ran.said) == [scenario["scenario"] for scenario in ran.scenarios]
    found = [wrong for scenario in ran.said if (wrong := ran.disagreement(scenario))]
    assert not found, f"{name}:\n" + "\n".join(found)
    assert ran.report["lost"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_one_client(run, name):
    """So that what it did in one scenario tells what it meant in another."""
    _, *others = run(name).report["clients"]
    for other in others:
        tried = {result["scenario"] for result in other["results"]
                 if result["verdict"] != "not-tried"}
        assert tried <= SECOND_HELLOS.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_it_accepts_what_is_right_and_trusts_nobody_else(run, name):
    """Else its verdicts would mean nothing."""
    accepted = run(name).accepted
    assert accepted["right"]
    for bad in ("untrusted-root", "self-signed", "wrong-host", "expired-yesterday", "tampered",
                "foreign-key"):
        assert not accepted[bad], bad


@pytest.mark.timeout(600)
def test_the_table_of_clients_is_true(run):
    """What this run gives is in the build folder, ready to be committed. What the committed one
    says of other versions than those that run here is not judged."""
    scenarios = run(NAMES[0]).scenarios
    here = {name: matrix.Client(VERSIONS[name](), run(name).accepted) for name in CLIENTS}
    written = matrix.written(scenarios, here)
    (BUILD / "lab-clients.md").write_text(written)
    committed, expected = matrix.read(COMMITTED.read_text())
    assert expected == {each["scenario"]: each["expected"] for each in scenarios}
    assert list(committed) == list(here)
    for name, client in here.items():
        if committed[name].version == client.version:
            assert committed[name] == client, f"{name}: see {BUILD / 'lab-clients.md'}"
    if all(committed[name].version == client.version for name, client in here.items()):
        assert COMMITTED.read_text() == written
