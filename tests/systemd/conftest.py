"""Fixtures of the tests with a real systemd. They need root: a machine is booted."""

import os

import pytest

from debian_root import debian_root, package
from machine import Machine


@pytest.fixture(scope="session")
def deb():
    return package()


@pytest.fixture(scope="session")
def root(deb):
    assert os.geteuid() == 0, "booting a machine needs root"
    return debian_root(deb)


@pytest.fixture
def bare_machine(root):
    """Booted, mailstored not installed."""
    made = Machine(root)
    yield made
    made.power_off()


@pytest.fixture
def machine(request, bare_machine, deb):
    """With mailstored installed and running, as the package leaves it."""
    bare_machine.install(deb)
    request.node.machine = bare_machine
    return bare_machine


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    machine = getattr(item, "machine", None)
    if call.when == "call" and report.failed and machine:
        report.sections.append(("the machine's journal", machine.run(
            "journalctl", "--no-pager", "--lines", "200", check=False).stdout))
