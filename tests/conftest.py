"""For all tests in Python: a skipped test is a failure in continuous integration."""

import pytest

from listed_skips import skipping_fails


def judge(report):
    if report.skipped and not hasattr(report, "wasxfail") and skipping_fails(report.nodeid):
        report.outcome = "failed"
        report.longrepr = f"skipped, and tests/README.md does not list it: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    judge((yield).get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    judge((yield).get_result())
