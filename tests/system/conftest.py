"""Fixtures of the system tests: the real daemon, certificates, the log on failure.

Nothing here uses a fixed port, a fixed folder, or a process that the test did not start.
"""

import pytest

from lib.certs import CertificateFactory
from lib.daemon import MAILSTORED, Daemon


def pytest_sessionstart(session):
    if not MAILSTORED.exists():
        pytest.exit(f"{MAILSTORED} is not built; MAILSTORED_BUILD names another build folder", 4)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for daemon in getattr(item, "daemons", []) + getattr(item.getparent(pytest.Module),
                                                             "daemons", []):
            lines = daemon.log.splitlines()
            left_out = [f"… {len(lines) - 300} lines …"] if len(lines) > 300 else []
            report.sections.append((f"log of {' '.join(daemon.command)}",
                                    "\n".join(left_out + lines[-300:])))


def starter(node, folder):
    """Gives start(config, …), and when the test is over ends what it started."""
    node.daemons = started = []

    def start(config=None, wait=True, prepare=None, **options):
        own = folder / f"daemon{len(started)}"
        own.mkdir()
        made = Daemon(own, config, **options)
        started.append(made)
        if prepare:
            prepare(made)
        return made.start(wait)

    yield start
    complaints = [complaint for made in started if (complaint := made.finish())]
    assert not complaints, "; ".join(complaints)


@pytest.fixture
def daemon(request, tmp_path):
    """daemon(config, …) starts one; see lib.daemon.Daemon. `wait=False`: does not wait until it
    listens; `prepare(made)` is called before the start."""
    yield from starter(request.node, tmp_path)


@pytest.fixture(scope="module")
def module_daemon(request, tmp_path_factory):
    """The same for a daemon that the tests of a file share."""
    yield from starter(request.node, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="session")
def certs():
    """Certificates of every kind; see lib.certs."""
    return CertificateFactory()
