"""Fixtures of the tests with clients that others wrote; those of the system tests are here, too."""

import fcntl
import os
import shutil

import pytest

from lib.machine import Machine
from made import HOST, MADE, Made
from system.conftest import (certs, daemon, module_daemon,  # noqa: F401
                             pytest_runtest_makereport, pytest_sessionstart)
from visit.browsers import Chromium, ChromiumOnWindows, Firefox
from visit.command_line import Curl, GnuTls, OpenSsl, Python, Wget
from visit.interpreters import Perl, Php
from visit.nss import Nss, NssVfyserv
from visit.virtual_machines import Java, Node

CLIENTS = {client.__name__: client for client in (
    Curl, Wget, OpenSsl, GnuTls, Python, Nss, NssVfyserv, Java, Node, Php, Perl, Chromium,
    ChromiumOnWindows, Firefox)}


def pytest_generate_tests(metafunc):
    """A test with the argument `client` is run with each, or with those that its mark names
    (`@pytest.mark.clients("Curl")`). All of a browser's are run by one process of pytest-xdist's
    `--dist loadgroup`, so that it is started as seldom as may be."""
    if "client" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("clients")
    names = mark.args if mark else [name for name in CLIENTS if name != "ChromiumOnWindows"]
    metafunc.parametrize("client", [
        pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names],
        indirect=True, scope="session")


def pytest_configure(config):
    config.addinivalue_line("markers", "clients(*names): which clients the test is run with")


@pytest.fixture(scope="session")
def client(request, tmp_path_factory):
    """One of CLIENTS, in a state of its own."""
    made = CLIENTS[request.param](tmp_path_factory.mktemp(request.param))
    yield made
    made.close()


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """once(name, make): the folder that make(folder) filled, for all processes of this run. What
    takes long (keys of RSA 4096) is made a single time."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def get(name, make):
        folder = root / f"made-{name}"
        with open(root / f"made-{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                shutil.rmtree(folder, ignore_errors=True)  # of one who failed
                folder.mkdir()
                make(folder)
                (folder / "complete").touch()
        return folder

    return get


@pytest.fixture
def made(request, once):
    """One of made.MADE, by indirect parametrization."""
    return Made(once(request.param, MADE[request.param]), request.param)


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path / "machine")
    made.run_well("sh", "-c", f"echo 127.0.0.1 {HOST} >>/etc/hosts")
    yield made
    made.close()
