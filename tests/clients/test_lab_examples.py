"""The worked examples of docs/lab, each run as its README says: every scenario is tried, and the
suite and the server agree on what the client does wrong, which known.txt tells to the letter."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest

from lib.daemon import MAILSTORECTL, environment
from lib.waiting import deadline_s

EXAMPLES = pathlib.Path(__file__).parents[2] / "docs/lab"
JARS = pathlib.Path("/usr/share/java")
JUNIT, GSON = JARS / "junit-platform-console-standalone.jar", JARS / "gson.jar"


def run(folder, *command, **variables):
    """In the example's folder. What it says, both streams, and its status."""
    return subprocess.run([str(word) for word in command], cwd=folder, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment(variables), timeout=deadline_s(200))


class Example:
    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(EXAMPLES / self.name, folder)
        self.known = folder / "known.txt"

    def prepare(self):
        """What is done before, and outside of the laboratory."""

    def results(self, said):
        """What the suite says of each scenario: did its test pass?"""
        found = re.findall(self.line, said, re.MULTILINE)
        return {scenario: word in ("ok", "PASS") for word, scenario in found}

    def wrong(self):
        """The scenarios in known.txt."""
        return set(re.findall(r"^([a-z]\S*) +\S", self.known.read_text(), re.MULTILINE))

    def run(self, *options):
        """In the laboratory: its status, what the suite says, what the server says (JUnit). Where
        there is a proxy, which nobody must use: its port is bound, and nobody listens."""
        report = self.folder / "report.xml"
        with socket.socket() as proxy:
            proxy.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
            ran = run(self.folder, MAILSTORECTL, "lab", "run", "--known", self.known, "--format",
                      "junit", "--output", report, *options, "--", *self.command,
                      https_proxy=url, HTTPS_PROXY=url)
        return ran.returncode, self.results(ran.stdout), xml.parse(report).getroot(), ran.stdout


class Pytest(Example):
    name = "pytest"
    command = [sys.executable, "-m", "pytest", "-q", "--junit-xml=suite.xml", "test_tls.py"]

    def results(self, said):
        cases = xml.parse(self.folder / "suite.xml").iter("testcase")
        return {re.fullmatch(r"test_client\[(.*)\]", case.get("name"))[1]: len(case) == 0
                for case in cases}


class JUnit(Example):
    name = "junit"
    command = ["java", "-jar", JUNIT, "-cp", f"classes:{GSON}", "--select-class", "ClientTest",
               "--reports-dir", "reports"]

    def prepare(self):
        built = run(self.folder, "javac", "-d", "classes", "-cp", f"{JUNIT}:{GSON}",
                    "ClientTest.java")
        assert built.returncode == 0, built.stdout

    def results(self, said):
        cases = xml.parse(self.folder / "reports/TEST-junit-jupiter.xml").iter("testcase")
        return {re.search(r"^display-name: (.*)$", case.find("system-out").text, re.M)[1]:
                case.find("failure") is None for case in cases}


class Go(Example):
    name = "go"
    command = ["go", "test", "-count=1", "-v", "."]
    line = r"^ +--- (PASS|FAIL): TestClient/(\S+)"


class Node(Example):
    name = "node"
    command = ["node", "--test", "--test-reporter=tap", "tls.test.mjs"]
    line = r"^ *(ok|not ok) \d+ - ([a-z0-9-]+)$"

    def prepare(self):
        """What the README says of Debian's."""
        asked = run(self.folder, "node", "-p", "process.config.variables.node_shared_openssl")
        if asked.stdout.strip() == "true":
            lines = self.known.read_text().splitlines(keepends=True)
            self.known.write_text("".join(line for line in lines if "rsa-1024" not in line))


class Shell(Example):
    name = "shell"
    command = ["./tls.sh"]
    line = r"^(ok|not ok) \d+ - (\S+)"


@pytest.fixture(params=[Pytest, JUnit, Go, Node, Shell], ids=lambda example: example.name)
def example(request, tmp_path):
    made = request.param(tmp_path / "example")
    made.prepare()
    return made


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    """All there are, by what a right client does."""
    told = run(tmp_path_factory.mktemp("lab"), MAILSTORECTL, "lab", "run", "--output", "report",
               "--", "sh", "-c", 'cat "$MAILSTORED_LAB_JSON"').stdout
    start, end = told.index("{"), told.rindex("}") + 1
    return {scenario["scenario"]: scenario["expected"]
            for scenario in json.loads(told[start:end])["scenarios"]}


def cases(report, outcome):
    """The scenarios in the server's report; by outcome ("failure", "skipped", …) or all (None)."""
    [suite] = report  # one client
    return {case.get("name") for case in suite.iter("testcase")
            if outcome is None or case.find(outcome) is not None}


def test_it_tries_all_and_is_wrong_where_it_is_known_to_be(example, scenarios):
    status, results, report, said = example.run("--command-must-succeed")
    assert {scenario for scenario, passed in results.items() if not passed} == set(), said
    assert status == 0, said
    assert set(results) == cases(report, None) == set(scenarios)
    assert cases(report, "skipped") == example.wrong() != set()
    assert cases(report, "failure") == cases(report, "error") == set()


def test_its_list_must_be_true(example, scenarios):
    """What is not in it fails, and what is in it and not wrong fails as well."""
    left_out, mended = "revoked-stapled", "untrusted-root"
    text = re.sub(rf"^{left_out} .*\n", "", example.known.read_text(), flags=re.MULTILINE)
    example.known.write_text(f"{text}{mended} it was once\n")
    status, results, report, said = example.run()
    assert {scenario for scenario, passed in results.items() if not passed} == {left_out, mended}
    assert set(results) == set(scenarios)
    assert status == 1
    assert cases(report, "failure") == {left_out}
    assert f"no client is wrong in {mended} any more" in said


def test_it_fails_nobody_elsewhere(example):
    """Among other tests, without a laboratory. The script, which is all there is, says why not."""
    ran = run(example.folder, *example.command)
    if example.name == "shell":
        assert ran.returncode != 0 and "this runs inside of mailstorectl lab run" in ran.stdout
    else:
        assert ran.returncode == 0 and "skip" in ran.stdout.lower(), ran.stdout
